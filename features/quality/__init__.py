"""The quality report: what a History holds, what is wrong with it, and which models it supports."""
