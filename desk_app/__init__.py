"""Desk App: a desktop help desk for small businesses."""

__version__ = "0.1.0"
