"""The small language of `{{...}}` in canned responses: names and filters, no loops, no code (toolchain.md trap 11).

Dear {{customer.first_name | default:"customer"}}, about {{ticket.number}} ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape as escape_html

NAMES = (
    "customer.name",
    "customer.first_name",
    "customer.email",
    "organization.name",
    "ticket.number",
    "ticket.subject",
    "agent.name",
    "agent.first_name",
    "agent.email",
    "mailbox.name",
    "mailbox.address",
    "department.name",
)
"""What can be asked for."""

_PLACEHOLDER = re.compile(r"\{\{([^{}\n]{1,200})\}\}")
_STEP = re.compile(r"\s*([a-z_][a-z_.]{0,60})\s*(?::\s*(?:\"([^\"|]*)\"|“([^”|]*)”|&quot;([^|&]*)&quot;))?\s*")
_FILTERS: Mapping[str, Callable[[str, str], str]] = {
    "default": lambda value, otherwise: value if value.strip() else otherwise,
    "upper": lambda value, _: value.upper(),
    "lower": lambda value, _: value.lower(),
    "title": lambda value, _: value.title(),
    "first": lambda value, _: next(iter(value.split()), ""),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its placeholders filled in. `missing` are those that stand in it still: unknown, or without a
    value."""

    text: str
    missing: tuple[str, ...] = ()


def fill(template: str, values: Mapping[str, str], *, html: bool = False) -> Filled:
    """Fill placeholders in once; what a value contains is never read as a placeholder. Takes time linear in the
    template. With `html` the values are escaped.

    What cannot be filled in stays as it is, so that the guard before sending finds it.
    """
    missing: list[str] = []

    def one(match: re.Match[str]) -> str:
        value = _value(match.group(1), values)
        if value is None:
            missing.append(match.group())
            return match.group()
        return escape_html(value, quote=False) if html else value

    return Filled(_PLACEHOLDER.sub(one, template), tuple(dict.fromkeys(missing)))


def unknown(template: str, further: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the placeholders of a template that can never be filled in, for the editor to point at; `further` are
    names that somebody else knows."""
    return fill(template, dict.fromkeys((*NAMES, *further), "x")).missing


def names_in(template: str) -> frozenset[str]:
    """Return the names that a template asks for, known or not."""
    return frozenset(match.group(1).partition("|")[0].strip() for match in _PLACEHOLDER.finditer(template))


def _value(expression: str, values: Mapping[str, str]) -> str | None:
    name, *filters = expression.split("|")
    if _STEP.fullmatch(name) is None or name.strip() not in values:
        return None
    value = values[name.strip()]
    for step in filters:
        found = _STEP.fullmatch(step)
        act = _FILTERS.get(found.group(1)) if found is not None else None
        if found is None or act is None:
            return None
        value = act(value, next((one for one in found.groups()[1:] if one is not None), ""))
    return value if value.strip() else None
