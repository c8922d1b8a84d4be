"""What a search text was understood as, in words (ui.md 4.10)."""

from __future__ import annotations

from desk_app.domain.search.query import FilterClause, SearchQuery, TextClause, TextField, parse
from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.ui.language import quoted, tr
from desk_app.ui.tickets.phrases import bucket_name, priority_name

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
    words = _known(clause) or f"{clause.name}: {clause.value}"
    return (tr("without {words}").format(words=words), "danger") if clause.excluded else (words, "info")


def _known(clause: FilterClause) -> str:
    """Return a condition as the lists call it, "" for one that has no words of its own."""
    name, value = clause.name, clause.value
    if name == "tag":
        return tr("Tag: {tag}").format(tag=value)
    if name == "has":
        return tr("With attachments") if value.rstrip("s") in {"attachment", "file"} else ""
    if value in {one.value for one in Bucket} and name in {"in", "is"}:
        return bucket_name(Bucket(value))
    if value in {"me", "mine"} and name in {"is", "assignee"}:
        return tr("Assigned to me")
    if value in {"none", "nobody", "unassigned"} and name in {"is", "assignee"}:
        return tr("Nobody assigned")
    if name == "assignee":
        return tr("Assigned to {name}").format(name=value)
    if name == "is" and value in {one.value for one in Priority}:
        return tr("Priority: {priority}").format(priority=priority_name(Priority(value)))
    states = {
        "unread": tr("Unread"),
        "starred": tr("Starred"),
        "watched": tr("Watched"),
        "overdue": tr("Overdue"),
    }
    return states.get(value, "") if name == "is" else ""
