"""Ids that tie an answer to its ticket and cannot be made up (mail.md 6 rule 1, SE-04).

An id reads `dk.<ticket>.<random>.<key>.<seal>`, all lower-case letters and digits, so that it survives servers that
fold case. It is the local part of our Message-IDs and, where an account wants it, the tag of a plus-address
(`support+dk.…@example.org`). The seal is an HMAC over the rest and the desk's instance id; `key` names the key it was
made with, so that a machine that does not hold that key says "not mine" instead of "forged". Which keys exist and
where they are kept is decided in docs/decisions/050-reply-keys.md.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass

_PREFIX = "dk"
_SEAL_CHARS = 16  # 80 bits
_RANDOM_BYTES = 10
_MAX_TICKET_CHARS = 13  # 64 bits in base 36
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ID = re.compile(
    rf"(?<![a-z0-9.]){_PREFIX}\.([0-9a-z]{{1,{_MAX_TICKET_CHARS}}})\.([a-z2-7]{{16}})\.([a-z2-7]{{4}})\.([a-z2-7]{{{_SEAL_CHARS}}})(?![a-z0-9.])"
)


@dataclass(frozen=True, slots=True)
class ReplyId:
    """A sealed id found in a mail: `ticket_id` is proven, `token` is the text it was read from."""

    ticket_id: int
    token: str


class ReplyIds:
    """Makes and checks the sealed ids of one desk with one machine's key.

    `key` is at least 16 random bytes, `instance_id` the desk's own id: a token of another desk on the same machine does
    not verify.
    """

    def __init__(self, key: bytes, instance_id: str) -> None:
        if len(key) < 16:
            raise ValueError("a reply key needs at least 16 bytes")
        self._key = key
        self._instance = instance_id.encode()
        self._key_name = _text(hashlib.sha256(b"name of reply key\0" + key).digest())[:4]

    def token(self, ticket_id: int) -> str:
        """Return a new token for a ticket; never the same twice."""
        head = f"{_PREFIX}.{_base36(ticket_id)}.{_text(secrets.token_bytes(_RANDOM_BYTES))}.{self._key_name}"
        return f"{head}.{self._seal('reply', head)}"

    def message_id(self, ticket_id: int, domain: str) -> str:
        """Return a new Message-ID (no angle brackets) for a mail that belongs to a ticket."""
        return f"{self.token(ticket_id)}@{domain}"

    def plus_address(self, address: str, token: str) -> str:
        """Return `address` with a token as its tag, for a Reply-To; servers without plus-addressing must not get it."""
        local, _, domain = address.rpartition("@")
        return f"{local}+{token}@{domain}"

    def find(self, texts: Iterable[str]) -> ReplyId | None:
        """Return the first proven id in addresses or Message-IDs; None where there is none or none is ours."""
        for text in texts:
            for found in _ID.finditer(text.lower()):
                if self._is_ours(found):
                    return ReplyId(int(found[1], 36), found[0])
        return None

    def origin(self, internet_id: str) -> str:
        """Return the value that marks a mail as sent by this desk; goes into its instance header (pains.md 8)."""
        return f"{self._key_name}.{self._seal('origin', internet_id)}"

    def is_origin(self, token: str, internet_id: str) -> bool:
        """Return whether an instance header was made by this desk with this key for this very Message-ID."""
        return hmac.compare_digest(token.strip().encode(), self.origin(internet_id).encode())

    def _is_ours(self, found: re.Match[str]) -> bool:
        head = found[0].rpartition(".")[0]
        return found[3] == self._key_name and hmac.compare_digest(found[4], self._seal("reply", head))

    def _seal(self, purpose: str, text: str) -> str:
        message = b"\0".join((purpose.encode(), self._instance, text.encode("utf-8", "surrogateescape")))
        return _text(hmac.digest(self._key, message, "sha256"))[:_SEAL_CHARS]


def tokens_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return everything that has the form of a token, proven or not: a token made on another machine still names a
    stored Message-ID."""
    return tuple(dict.fromkeys(found[0] for text in texts for found in _ID.finditer(text.lower())))


def _text(data: bytes) -> str:
    return b32encode(data).decode().lower().rstrip("=")


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError("a ticket id is not negative")
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text
