"""What a search text was understood as, in words (ui.md 4.10)."""

from __future__ import annotations

from desk_app.domain.search.query import FilterClause, SearchQuery, TextClause, TextField, parse
from desk_app.ui.language import quoted, tr

Part = tuple[str, str]
"""Words, and the tone of their chip."""


def search_words(text: str) -> list[Part]:
    """Return the parts of a search text; plain words are not repeated, they stand in the box already."""
    query: SearchQuery = parse(text)
    found = [_text(one) for one in query.texts if one.excluded or one.field is not TextField.ANY or len(one.words) > 1]
    found += [_filter(one) for one in query.filters]
    if query.after_on is not None:
        found.append((tr("from {day} on").format(day=query.after_on.isoformat()), "info"))
    if query.before_on is not None:
        found.append((tr("before {day}").format(day=query.before_on.isoformat()), "info"))
    return found


def _text(clause: TextClause) -> Part:
    words = " ".join(clause.words)
    if len(clause.words) > 1:
        words = quoted(words)
    field = {
        TextField.SENDER: tr("from: {words}"),
        TextField.RECIPIENTS: tr("to: {words}"),
        TextField.SUBJECT: tr("subject: {words}"),
        TextField.ANY: "{words}",
    }[clause.field].format(words=words)
    return (tr("without {words}").format(words=field), "danger") if clause.excluded else (field, "accent")


def _filter(clause: FilterClause) -> Part:
    words = f"{clause.name}: {clause.value}"
    return (tr("without {words}").format(words=words), "danger") if clause.excluded else (words, "info")
