"""The place in a text where a search found something (ui.md 4.10)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from desk_app.domain.search.query import SearchQuery, TextField

AROUND = 60
"""Characters shown before what was found; what follows fills the line."""
LENGTH = 240
_LOOKED_AT = 60_000


def sought(query: SearchQuery) -> tuple[str, ...]:
    """Return the words of a search that may stand in a text, phrases as a whole."""
    fields = {TextField.ANY, TextField.SUBJECT}
    return tuple(" ".join(one.words) for one in query.texts if not one.excluded and one.field in fields)


def snippet(text: str, words: Iterable[str]) -> str | None:
    """Return the part of a text around the first of the words that stands in it, on one line; None where none does.

    Words are as `analyze` gives them: case and accents do not matter. Takes time linear in the text.
    """
    line = " ".join(text[:_LOOKED_AT].split())
    plain = "".join(map(_plain, line))
    places = [place for word in words if word and (place := plain.find(word)) >= 0]
    if not places:
        return None
    start = min(places)
    begin = max(0, start - AROUND)
    if begin:
        blank = line.find(" ", begin, start)
        begin = blank + 1 if blank >= 0 else begin
    shown = line[begin : begin + LENGTH]
    return ("… " if begin else "") + shown + (" …" if begin + LENGTH < len(line) else "")


def _plain(character: str) -> str:
    """Return one character without case and accent, so that places in a text stay the same."""
    if character.isascii():
        return character.lower()
    return unicodedata.normalize("NFKD", character).casefold()[:1] or character
