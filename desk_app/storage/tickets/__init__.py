"""Tickets: the repository, lists, the conversation."""
