"""The checks, a module for each subject; `features/quality/register.py` lists them all."""
