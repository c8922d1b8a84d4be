"""What makes two deliveries the same mail, and the id of a mail that has none (mail.md 6; MB-11)."""

from __future__ import annotations

import hashlib

from desk_app.channels.email.reading.headers import Headers, unfold
from desk_app.domain.messages.model import ParsedMessage


def content_hash(headers: Headers, body: bytes) -> str:
    """Return the SHA-256 (hex) over From, Date and body.

    It does not change with line ends, trace fields or trailing empty lines, so that one mail in two mailboxes has
    one hash.
    """
    digest = hashlib.sha256()
    for name in ("from", "date"):
        digest.update(b" ".join(unfold(headers.first(name)).split()))
        digest.update(b"\n")
    digest.update(body.replace(b"\r\n", b"\n").rstrip(b"\r\n\t "))
    return digest.hexdigest()


def synthetic_message_id(message: ParsedMessage | str) -> str:
    """Return the Message-ID of a mail that came without one, made from its content hash: the same mail, the same id."""
    digest = message if isinstance(message, str) else message.content_hash
    return f"{digest[:40]}@no-message-id.invalid"
