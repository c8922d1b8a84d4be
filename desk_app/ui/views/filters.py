"""Filters in words: the chips of a list, and what can be filtered by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import Assigned, Span, TicketQuery
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import named, quoted, tr
from desk_app.ui.tickets.phrases import bucket_name, day_text, priority_name
from desk_app.ui.tickets.views import EVERYWHERE
from desk_app.ui.views.names import FilterNames

_ORDERING = ("order", "ascending")


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in words, and the query without it."""

    text: str
    without: TicketQuery


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """Something to filter by: its group, its words, whether it is on, and the query it leads to."""

    group: str
    icon: str
    text: str
    on: bool
    query: TicketQuery


def same_filters(one: TicketQuery, other: TicketQuery) -> bool:
    """Whether two queries filter alike, however they are ordered."""
    return replace(one, order=other.order, ascending=other.ascending) == other


def chips(query: TicketQuery, base: TicketQuery, facts: DeskFacts, names: FilterNames | None = None) -> list[Chip]:
    """Return a chip for everything `query` asks beyond `base`; `names` knows people and organizations."""
    found: list[Chip] = []
    for one in fields(TicketQuery):
        value, usual = getattr(query, one.name), getattr(base, one.name)
        if one.name in _ORDERING or value == usual:
            continue
        if isinstance(value, tuple) and one.name != "buckets":
            for item in value:
                if item not in usual:
                    rest = tuple(other for other in value if other != item)
                    found.append(Chip(_words(one.name, item, facts), _with(query, one.name, rest)))
        else:
            known = names.name(one.name, value) if names is not None and isinstance(value, int) else ""
            found.append(Chip(known or _words(one.name, value, facts), _with(query, one.name, usual)))
    return found


def _words(name: str, value: object, facts: DeskFacts) -> str:
    flags = {
        "unread": tr("Unread"),
        "starred": tr("Starred"),
        "watched": tr("Watched"),
        "drafted": tr("With my draft"),
        "answered": tr("Answered"),
        "has_attachments": tr("With attachments"),
    }
    if name in flags:
        return flags[name]
    if isinstance(value, Span):
        return span_words(name, value)
    if name == "buckets" and isinstance(value, tuple):
        if set(value) == set(EVERYWHERE) or not value:
            return tr("All states")
        return " · ".join(bucket_name(one) for one in value)
    if isinstance(value, Priority):
        return tr("Priority: {priority}").format(priority=priority_name(value))
    if isinstance(value, Assigned):
        return tr("Assigned to me") if value is Assigned.ME else tr("Assigned to others")
    return _place_words(name, value, facts)


def _place_words(name: str, value: object, facts: DeskFacts) -> str:
    if name == "statuses":
        status = facts.status(str(value))
        return named(status.name) if status is not None else str(value)
    if name in {"tag", "tags"}:
        return tr("Tag: {tag}").format(tag=value)
    if name == "search":
        return quoted(str(value))
    number = value if isinstance(value, int) else 0
    if name == "assignee_id":
        agent = facts.agent(number)
        return tr("Assigned to {name}").format(name=agent.name) if agent else tr("Nobody assigned")
    if name in {"account_id", "account_ids"}:
        account = facts.account(number)
        return account.name if account is not None else tr("A mailbox that is gone")
    if name in {"department_id", "department_ids"}:
        return next((one.name for one in facts.departments if one.id == number), tr("A department that is gone"))
    return tr("One customer") if name == "requester_id" else tr("One organization")


def span_words(name: str, span: Span) -> str:
    """Return a stretch of time in words."""
    if name == "due":
        if span.older_days == 0:
            return tr("Overdue")
        return tr("Due in %n day(s)", span.next_days) if span.next_days is not None else tr("Due date")
    created = name == "created"
    if span.last_days is not None:
        within = tr("Created in the last %n day(s)", span.last_days) if created else ""
        return within or tr("Active in the last %n day(s)", span.last_days)
    if span.older_days is not None:
        older = tr("Created over %n day(s) ago", span.older_days) if created else ""
        return older or tr("Quiet for %n day(s)", span.older_days)
    days = " – ".join(day_text(at) if at is not None else "…" for at in (span.after_at, span.before_at))
    return (tr("Created {days}") if created else tr("Active {days}")).format(days=days)


def filter_choices(query: TicketQuery, facts: DeskFacts, tags: Sequence[str] = ()) -> list[FilterChoice]:
    """Return everything a list can be filtered by, with what is on already."""
    return [
        *_states(query, facts),
        *_people(query, facts),
        *_times(query),
        *_places(query, facts),
        *_flags(query),
        *(
            FilterChoice(tr("Tags"), "tag", one, one in query.tags, _toggled(query, "tags", one))
            for one in dict.fromkeys((*query.tags, *tags))
        ),
    ]


def _with(query: TicketQuery, name: str, value: Any) -> TicketQuery:
    return replace(query, **{name: value})


def _toggled(query: TicketQuery, name: str, item: object) -> TicketQuery:
    value: tuple[object, ...] = getattr(query, name)
    new = tuple(one for one in value if one != item) if item in value else (*value, item)
    return _with(query, name, new)


def _states(query: TicketQuery, facts: DeskFacts) -> list[FilterChoice]:
    shown = [*EVERYWHERE, Bucket.SPAM, Bucket.TRASH]
    found = [
        FilterChoice(tr("State"), "circle-dot", bucket_name(one), one in query.buckets, _toggled(query, "buckets", one))
        for one in shown
    ]
    keys = dict.fromkeys(one.key for one in facts.statuses)
    for key in keys:
        status = facts.status(key)
        words = named(status.name) if status is not None else key
        found.append(
            FilterChoice(tr("Status"), "loader-circle", words, key in query.statuses, _toggled(query, "statuses", key))
        )
    return found + [
        FilterChoice(
            tr("Priority"), "flag", priority_name(one), one in query.priorities, _toggled(query, "priorities", one)
        )
        for one in reversed(Priority)
    ]


def _people(query: TicketQuery, facts: DeskFacts) -> list[FilterChoice]:
    group, icon = tr("Assignee"), "circle-user"

    def choice(words: str, assigned: Assigned, agent_id: int | None) -> FilterChoice:
        on = (query.assigned, query.assignee_id) == (assigned, agent_id)
        wanted = (Assigned.ANYBODY, None) if on else (assigned, agent_id)
        return FilterChoice(group, icon, words, on, replace(query, assigned=wanted[0], assignee_id=wanted[1]))

    found = [
        choice(tr("Me"), Assigned.ME, None),
        choice(tr("Nobody"), Assigned.ANYBODY, 0),
        choice(tr("Others"), Assigned.OTHERS, None),
    ]
    return found + [choice(one.name, Assigned.ANYBODY, one.id) for one in facts.agents if one.active]


def _times(query: TicketQuery) -> list[FilterChoice]:
    found: list[FilterChoice] = []
    for group, name, spans in (
        (
            tr("Last activity"),
            "updated",
            (Span(last_days=1), Span(last_days=7), Span(last_days=30), Span(older_days=3)),
        ),
        (tr("Created"), "created", (Span(last_days=1), Span(last_days=7), Span(last_days=30), Span(older_days=30))),
        (tr("Due"), "due", (Span(older_days=0), Span(next_days=1), Span(next_days=7))),
    ):
        for span in spans:
            on = getattr(query, name) == span
            new = _with(query, name, Span() if on else span)
            found.append(FilterChoice(group, "clock", span_words(name, span), on, new))
    return found


def _places(query: TicketQuery, facts: DeskFacts) -> list[FilterChoice]:
    found = [
        FilterChoice(
            tr("Mailbox"), "mail", one.name, one.id in query.account_ids, _toggled(query, "account_ids", one.id)
        )
        for one, _ in facts.accounts
    ]
    if len(facts.departments) > 1:
        found += [
            FilterChoice(
                tr("Department"),
                "folder",
                one.name,
                one.id in query.department_ids,
                _toggled(query, "department_ids", one.id),
            )
            for one in facts.departments
        ]
    return found


def _flags(query: TicketQuery) -> list[FilterChoice]:
    found: list[FilterChoice] = []
    for name in ("unread", "starred", "watched", "has_attachments", "answered", "drafted"):
        on = getattr(query, name) is True
        words = _words(name, True, DeskFacts())
        found.append(FilterChoice("", "list-filter", words, on, _with(query, name, not on)))
    return found
