"""What the text of a search box means.

    invoice paid          both words, in any order; a word also matches where it is part of a longer one
    "overdue invoice"     these words one after the other
    -newsletter           without this word, phrase or operator
    from:ana  subject:"new price"  to:sales@example.org
    in:closed  is:unread  tag:vip  assignee:me  before:2026-03-01  after:2026-01  has:attachment
    status:waiting and priority:urgent, as other help desks have it, for is:waiting and is:urgent

An operator nobody knows is read as plain words. Reading never fails: whatever is typed means something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from desk_app.domain.search.analysis import analyze

MAX_CLAUSES = 24
"""Words and phrases beyond this are ignored."""

MAX_CHARACTERS = 2_000
"""Characters of a search text that are read."""

_PIECE = re.compile(
    r"""(?P<minus>-(?=\S))?
        (?:(?P<operator>[a-zA-Z_]+):(?=\S))?
        (?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>\S+))""",
    re.VERBOSE,
)
_QUOTES = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "＂": '"'}
)  # typed by phones and word processors
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")


class TextField(StrEnum):
    """Where a clause looks."""

    ANY = ""
    SUBJECT = "subject"
    SENDER = "sender"
    RECIPIENTS = "recipients"


_TEXT_OPERATORS = {"from": TextField.SENDER, "to": TextField.RECIPIENTS, "subject": TextField.SUBJECT}
_FILTER_OPERATORS = frozenset({"in", "is", "tag", "assignee", "has"})
_SAME_AS = {"status": "is", "priority": "is"}
_DATE_OPERATORS = frozenset({"before", "after"})


@dataclass(frozen=True, slots=True)
class TextClause:
    """Words that must stand (or, `excluded`, must not stand) one after the other in a message.

    The last word (`open_end`) may be longer in the message; a clause of one word with `parts` matches inside words too.
    """

    words: tuple[str, ...]
    field: TextField = TextField.ANY
    excluded: bool = False
    open_end: bool = False
    parts: bool = False


@dataclass(frozen=True, slots=True)
class FilterClause:
    """A condition on the ticket: `name` is in, is, tag, assignee or has, `value` lower case."""

    name: str
    value: str
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search text, understood. `after_on` counts, `before_on` does not; both are days of the message."""

    texts: tuple[TextClause, ...] = ()
    filters: tuple[FilterClause, ...] = ()
    after_on: date | None = None
    before_on: date | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was asked."""
        return not (self.texts or self.filters or self.after_on or self.before_on)


def parse(text: str) -> SearchQuery:
    """Return what a search text means; see the module. Never raises, takes time linear in the text."""
    texts: list[TextClause] = []
    filters: list[FilterClause] = []
    after_on: date | None = None
    before_on: date | None = None
    for match in _PIECE.finditer(text[:MAX_CHARACTERS].translate(_QUOTES)):
        excluded = match["minus"] is not None
        operator = (match["operator"] or "").lower()
        operator = _SAME_AS.get(operator, operator)
        quoted = match["phrase"] is not None
        value = match["phrase"] if quoted else match["word"]
        if operator in _DATE_OPERATORS:
            day = _day(value)
            if day is not None:
                if (operator == "after") != excluded:
                    after_on = max(day, after_on) if after_on else day
                else:
                    before_on = min(day, before_on) if before_on else day
                continue
        elif operator in _FILTER_OPERATORS and value.strip():
            filters.append(FilterClause(operator, value.strip().casefold(), excluded))
            continue
        elif operator in _TEXT_OPERATORS:
            _add(texts, value, _TEXT_OPERATORS[operator], excluded=excluded, quoted=quoted)
            continue
        if operator:
            _add(texts, match["operator"], TextField.ANY, excluded=excluded, quoted=False)
        _add(texts, value, TextField.ANY, excluded=excluded, quoted=quoted)
    return SearchQuery(tuple(texts[:MAX_CLAUSES]), tuple(filters[:MAX_CLAUSES]), after_on, before_on)


def _add(texts: list[TextClause], value: str, field: TextField, *, excluded: bool, quoted: bool) -> None:
    words = tuple(analyze(value))[:MAX_CLAUSES]
    if not words:
        return
    # a run of an unspaced script ends with its single last character, which in a longer run is no word of its own
    if len(words) > 1 and len(words[-1]) == 1 and words[-2].endswith(words[-1]) and len(words[-2]) == 2:
        words = words[:-1]
    loose = not quoted and not excluded  # an exclusion means the word itself
    clause = TextClause(words, field, excluded, open_end=loose, parts=loose and len(words) == 1)
    if clause not in texts:
        texts.append(clause)


def _day(value: str) -> date | None:
    """Return the day of "2026-03-01", the first day of "2026-03" or "2026"; None where it is none."""
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None
