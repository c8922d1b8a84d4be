"""Telegram: the Bot API as a channel of the desk."""
