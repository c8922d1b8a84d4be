"""Connecting mailboxes and keeping them well."""
