"""Reading mail: from raw bytes to what a careful person would see (mail.md 2 and 6)."""

from desk_app.channels.email.reading.fingerprint import synthetic_message_id
from desk_app.channels.email.reading.reader import read_message

READER_VERSION = 1
"""Raised whenever the reading of the same mail gets better, so that `desk-app reparse` finds what to read again."""

__all__ = ["READER_VERSION", "read_message", "synthetic_message_id"]
