"""When typed signs open a list: "/" canned responses, "@" colleagues, "#" tickets."""

from __future__ import annotations

import re
from dataclasses import dataclass

CANNED, MENTION, TICKET = "/", "@", "#"
LONGEST = 40
"""Characters after the sign that are still a search."""
_OPENING = "([{\u201c\u201e\u00ab\"'"
_BEGUN = re.compile(r"[/@#]")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A sign and what was typed after it. `start` is the sign's place in the text looked at, in its characters."""

    sign: str
    start: int
    typed: str


def trigger_at(before: str) -> Trigger | None:
    """Return what the end of a line up to the cursor asks for, None where it is ordinary text.

    A sign counts only at the beginning of a word: never inside words, addresses or paths.
    """
    for match in reversed(list(_BEGUN.finditer(before, max(0, len(before) - LONGEST - 1)))):
        start, sign = match.start(), match.group()
        if start and not (before[start - 1].isspace() or before[start - 1] in _OPENING):
            continue
        typed = before[start + 1 :]
        if typed[:1].isspace() or sign in typed or len(typed) > LONGEST:
            return None
        return Trigger(sign, start, typed)
    return None
