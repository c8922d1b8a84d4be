"""Plugins in the database: what the desk keeps of them, and their own tables."""
