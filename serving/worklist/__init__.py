"""Ranked lists as people work with them: what an entry is, where lists are kept, how they leave."""
