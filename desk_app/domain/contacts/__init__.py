"""Contacts: the people outside."""
