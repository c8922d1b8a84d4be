"""Filters as plain data, to be kept as JSON. What a newer program has added, or somebody has spoilt, is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import Assigned, Span, TicketQuery

E = TypeVar("E", bound=StrEnum)
_NUMBERS = ("account_id", "department_id", "assignee_id", "requester_id", "organization_id")
_FLAGS = ("unread", "starred", "watched", "drafted", "answered", "has_attachments")
_SPANS = ("created", "updated", "due")
_DAYS = ("last_days", "older_days", "next_days")
_MOST_DAYS = 36_500


def to_data(query: TicketQuery) -> dict[str, Any]:
    """Return the filters of a query; order and direction are kept apart."""
    default = TicketQuery()
    data: dict[str, Any] = {}
    for one in fields(TicketQuery):
        value = getattr(query, one.name)
        if one.name in {"order", "ascending"} or (value == getattr(default, one.name) and one.name != "buckets"):
            continue
        if isinstance(value, Span):
            value = _span_to_data(value)
        elif isinstance(value, tuple):
            value = [item.value if isinstance(item, StrEnum) else item for item in value]
        elif isinstance(value, StrEnum):
            value = value.value
        data[one.name] = value
    return data


def from_data(data: Mapping[str, Any]) -> TicketQuery:
    """Return the query of filters; never raises."""
    values: dict[str, Any] = {name: data[name] for name in _NUMBERS if _whole(data.get(name))}
    values |= {name: True for name in _FLAGS if data.get(name) is True}
    values |= {name: data[name] for name in ("tag", "search") if isinstance(data.get(name), str)}
    if "buckets" in data:
        values["buckets"] = _enums(Bucket, data["buckets"])
    values["priorities"] = _enums(Priority, data.get("priorities"))
    values["assigned"] = next(iter(_enums(Assigned, [data.get("assigned")])), Assigned.ANYBODY)
    values["account_ids"] = tuple(_listed(data.get("account_ids"), _whole))
    values["department_ids"] = tuple(_listed(data.get("department_ids"), _whole))
    values["statuses"] = tuple(_listed(data.get("statuses"), lambda one: isinstance(one, str)))
    values["tags"] = tuple(_listed(data.get("tags"), lambda one: isinstance(one, str)))
    for name in _SPANS:
        values[name] = _span_from_data(data.get(name))
    return TicketQuery(**values)


def _span_to_data(span: Span) -> dict[str, Any]:
    return {
        one.name: value.isoformat() if isinstance(value, datetime) else value
        for one in fields(Span)
        if (value := getattr(span, one.name)) is not None
    }


def _span_from_data(data: Any) -> Span:
    if not isinstance(data, Mapping):
        return Span()
    values: dict[str, Any] = {
        name: data[name] for name in _DAYS if _whole(data.get(name)) and 0 <= data[name] <= _MOST_DAYS
    }
    for name in ("after_at", "before_at"):
        try:
            at = datetime.fromisoformat(str(data.get(name)))
        except ValueError:
            continue
        if at.tzinfo is not None:
            values[name] = at
    return Span(**values)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _listed(values: Any, fits: Callable[[Any], bool]) -> Iterable[Any]:
    return dict.fromkeys(one for one in values if fits(one)) if isinstance(values, list) else ()


def _enums(kind: type[E], values: Any) -> tuple[E, ...]:
    known = {one.value: one for one in kind}
    return tuple(known[one] for one in _listed(values, lambda one: isinstance(one, str) and one in known))
