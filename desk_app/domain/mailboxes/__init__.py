"""Mailboxes: addresses the desk answers from, and how mail is taken over from them."""
