"""How people and systems use a model: scoring, worklists, HTTP and pages."""
