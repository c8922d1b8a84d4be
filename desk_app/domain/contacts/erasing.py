"""Takes a person out of texts (CU-10)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

ERASED = "[erased]"
"""What stands in a text where the person stood."""

ERASED_NAME = "Erased customer"
"""What a person is called of whom only the tickets are kept."""

_LEAST_PART = 3
_SHORT_NAME = 4
"""A name of so few letters also stands inside of other words, where it is not the person."""
_LEAST_DIGITS = 7
"""A shorter number (an extension, "112") is no trace of anybody: it stands everywhere."""
_ADDRESS_EDGES = (r"(?:(?<![\w.+\-])|(?<=%[0-9a-f]{2}))", r"(?![\w\-]|\.\w)")
"""Around an address: "ann@x.example" does not stand in "joann@x.example", but it does in "%3Cann%40x.example"."""
_NUMBER_EDGES = (r"(?<!\d)", r"(?!\d)")
_SPACED = r"[^\W\u0e00-\U0010ffff]"
"""A letter of a script that parts words with blanks."""
_JSON_TEXT = re.compile(r'(?P<text>"[^"\\]*(?:\\.[^"\\]*)*")(?P<key>\s*:)?')
_BROKEN = re.compile("[\ud800-\udfff]")
"""Halves of characters: JSON can hold them, no text of a database can."""
_WORD_EDGES = (f"(?<!{_SPACED})", f"(?!{_SPACED})")


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
        known = [(one, _ADDRESS_EDGES) for one in self.addresses] + [(one, _NUMBER_EDGES) for one in self._numbers]
        wanted = [(form, edges) for one, edges in known for form in _forms(one.lower())]
        object.__setattr__(self, "_anywhere", _pattern(wanted))
        whole = _pattern([(form, edges) for name in self.names for edges in _edges(name) for form in _forms(name)])
        parts = _parts(self.names)
        words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, parts))})(?!\w)") if parts else None
        object.__setattr__(self, "_own", tuple(one for one in (whole, words) if one is not None))

    @property
    def _numbers(self) -> tuple[str, ...]:
        return tuple(one for one in self.phones if sum(map(str.isdigit, one)) >= _LEAST_DIGITS)

    @property
    def traces(self) -> tuple[str, ...]:
        """Every way an address or number may stand in a text, in lower case: as it is, in HTML, in links."""
        known = (*self.addresses, *self._numbers)
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

    def in_json(self, stored: str, scrub: Callable[[str], str]) -> str:
        """Return a JSON value after `scrub` of every text in it; everything else stays as it was written. Numbers are
        ids; keys are words of the program, or addresses. What is no JSON is a text."""
        try:
            json.loads(stored)
        except (ValueError, RecursionError):
            return scrub(stored)
        return _JSON_TEXT.sub(lambda found: _clean_text(found, scrub, self.anywhere), stored)


def as_in_json(text: str) -> str:
    """Return a text as it stands in JSON that is written in ASCII."""
    return json.dumps(text)[1:-1]


def _clean_text(found: re.Match[str], scrub: Callable[[str], str], of_keys: Callable[[str], str]) -> str:
    text = json.loads(found["text"])
    clean = of_keys(text) if found["key"] else scrub(text)
    if clean == text:
        return found[0]
    return f"{json.dumps(clean, ensure_ascii=_BROKEN.search(clean) is not None)}{found['key'] or ''}"


def _edges(name: str) -> Iterable[tuple[str, str]]:
    """Return what must stand around a whole name: nothing where its letters are enough, or it is written without
    blanks between words; none at all where it is too short for anything but its parts."""
    bare = name.strip()
    if len(bare) > _SHORT_NAME or any(one >= "\u0e00" for one in bare):
        return [("", "")]
    return [_WORD_EDGES] if sum(map(str.isalnum, bare)) >= _LEAST_PART else []


def _forms(text: str) -> Iterable[str]:
    return dict.fromkeys((text, quote(text, safe=""), quote(text), html.escape(text)))


def _pattern(texts: Iterable[tuple[str, tuple[str, str]]]) -> re.Pattern[str] | None:
    wanted = sorted({one for one in texts if one[0].strip()}, key=lambda one: len(one[0]), reverse=True)
    parts = [f"{before}{re.escape(text)}{after}" for text, (before, after) in wanted]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _parts(names: Iterable[str]) -> list[str]:
    """Return the words of names; of two letters only a name of one word that begins with a capital."""
    words = {part for name in names if "@" not in name for part in re.split(r"[\s,.\-]+", name)}
    parts = {part for part in words if len(part) >= _LEAST_PART}
    parts |= {name for name in map(str.strip, names) if len(name) == _LEAST_PART - 1 and name[0].isupper()}
    return sorted(parts, key=len, reverse=True)
