"""Takes a person out of texts (CU-10)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

ERASED = "[erased]"
"""What stands in a text where the person stood."""

ERASED_NAME = "Erased customer"
"""What a person is called of whom only the tickets are kept."""

_LEAST_PART = 3
_ADDRESS_EDGES = (r"(?:(?<![\w.+\-])|(?<=%[0-9a-f]{2}))", r"(?![\w\-]|\.\w)")
"""Around an address: "ann@x.example" does not stand in "joann@x.example", but it does in "%3Cann%40x.example"."""
_NUMBER_EDGES = (r"(?<!\d)", r"(?!\d)")


class ErasureChoice(StrEnum):
    """What becomes of a person's tickets."""

    KEEP_TICKETS = "keep_tickets"
    """They stay, without the person: own messages, their files and raw mail go, names in answers are replaced."""
    DELETE_TICKETS = "delete_tickets"


@dataclass(frozen=True)
class ErasedPerson:
    """Who is to be taken out: every id, address, name and number the desk knows the person by."""

    contact_ids: tuple[int, ...]
    addresses: tuple[str, ...]
    names: tuple[str, ...]
    phones: tuple[str, ...] = ()
    _anywhere: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)
    _own: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        known = [(one, _ADDRESS_EDGES) for one in self.addresses] + [(one, _NUMBER_EDGES) for one in self.phones]
        wanted = [(form, edges) for one, edges in known for form in _forms(one.lower())]
        object.__setattr__(self, "_anywhere", _pattern(wanted))
        whole = _pattern([(form, ("", "")) for name in self.names for form in _forms(name)])
        parts = _parts(self.names)
        words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, parts))})(?!\w)") if parts else None
        object.__setattr__(self, "_own", tuple(one for one in (whole, words) if one is not None))

    @property
    def traces(self) -> tuple[str, ...]:
        """Every way an address or number may stand in a text, in lower case: as it is, in HTML, in links."""
        known = (*self.addresses, *self.phones)
        return tuple(dict.fromkeys(form for one in known for form in _forms(one.lower())))

    def anywhere(self, text: str) -> str:
        """Return a text without the person's addresses and numbers."""
        return self._anywhere.sub(ERASED, text) if self._anywhere is not None else text

    def mentions(self, text: str) -> bool:
        """Return whether one of the person's addresses or numbers stands in a text."""
        return self._anywhere is not None and self._anywhere.search(text) is not None

    def in_own_tickets(self, text: str) -> str:
        """Return a text of the person's own tickets without addresses, numbers and names; parts of names go where they
        stand as words, written as in the name."""
        found = self.anywhere(text)
        for pattern in self._own:
            found = pattern.sub(ERASED, found)
        return found


def _forms(text: str) -> Iterable[str]:
    return dict.fromkeys((text, quote(text, safe=""), quote(text), html.escape(text)))


def _pattern(texts: Iterable[tuple[str, tuple[str, str]]]) -> re.Pattern[str] | None:
    wanted = sorted({one for one in texts if one[0].strip()}, key=lambda one: len(one[0]), reverse=True)
    parts = [f"{before}{re.escape(text)}{after}" for text, (before, after) in wanted]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _parts(names: Iterable[str]) -> list[str]:
    parts = {part for name in names if "@" not in name for part in re.split(r"[\s,.\-]+", name)}
    return sorted((part for part in parts if len(part) >= _LEAST_PART), key=len, reverse=True)
