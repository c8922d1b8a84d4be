"""Reading mail: from raw bytes to what a careful person would see (mail.md 2 and 6)."""

from desk_app.channels.email.reading.fingerprint import synthetic_message_id
from desk_app.channels.email.reading.reader import read_message

__all__ = ["read_message", "synthetic_message_id"]
