"""Who wrote the mail that somebody forwarded (MB-33): read from the header block that mail programs put above it."""

from __future__ import annotations

import re
from collections.abc import Collection

from desk_app.domain.messages.model import Address

_MARK = re.compile(
    r"^[\s>*_-]*(?:from|von|de|da|van|från|fra|od|dari|от|发件人|寄件者|差出人|보낸\s?사람|mittente|expéditeur)[\s*_]*[:：][\s*_]*(.{1,300})$",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SCANNED_LINES = 400
_MAX_LINE = 400


def original_sender(text: str, *, ignore: Collection[str] = ()) -> Address | None:
    """Return the first "From:" address inside a forwarded text; addresses in `ignore` (lower case) do not count.

    Only a proposal: the agent sees it before anything changes.
    """
    for row in text.split("\n", _SCANNED_LINES)[:_SCANNED_LINES]:
        found = _MARK.match(row[:_MAX_LINE].strip())
        email = _EMAIL.search(found[1]) if found else None
        if found and email and email[0].lower() not in ignore:
            name = re.sub(r"(?:mailto:|[<\[(])+$", "", found[1][: email.start()].strip())
            return Address(name.strip(" \"'*<[("), email[0].lower())
    return None
