"""Looks at what a plugin says it adds, before anything of the window or the services relies on it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from desk_app.domain.plugins.words import has_unseen
from desk_app.plugin_api.channels import Capabilities
from desk_app.plugin_api.contributions import Parameter

MOST = 200
"""So much a plugin may add by one hook."""
_LONGEST = {"id": 100, "name": 100, "title": 120, "help": 1_000, "description": 1_000, "group": 60, "icon": 60}
_NEEDED = frozenset({"id", "name", "title"})


class SpecError(Exception):
    """What a plugin adds cannot be used; the text says what of it."""


def specs_of(given: Iterable[Any] | None) -> list[Any]:
    """Return what a collecting hook gave, as a list. Raises SpecError where that is far too much."""
    found = list(islice(given, MOST + 1)) if given is not None else []
    if len(found) > MOST:
        raise SpecError(f"it adds more than {MOST}")
    return found


def check(spec: Any) -> None:
    """Raise SpecError where a text of a spec is none, too long, or holds what nobody sees."""
    kind = type(spec).__name__
    for name, most in _LONGEST.items():
        value = getattr(spec, name, None)
        if value is None and not hasattr(spec, name):
            continue
        if not isinstance(value, str):
            raise SpecError(f"“{name}” of {kind} must be a text, not {type(value).__name__}")
        if name in _NEEDED and not value.strip():
            raise SpecError(f"“{name}” of {kind} is empty")
        if len(value) > most:
            raise SpecError(f"“{name}” of {kind} has {len(value)} characters; {most} are the most")
        if has_unseen(value):
            raise SpecError(f"“{name}” of {kind} has control characters, or others that nobody sees")


def check_channel(channel: Any) -> None:
    """Raise SpecError where a kind of channel does not say what every mailbox is asked again and again."""
    for name in ("id", "title"):
        if not isinstance(getattr(channel, name, None), str):
            raise SpecError(f"the channel {type(channel).__name__} needs “{name}”, a text")
    if not isinstance(getattr(channel, "capabilities", None), Capabilities):
        raise SpecError(f"the channel “{channel.id}” needs “capabilities”, made by Capabilities()")
    for name in ("open", "test", "read"):
        if not callable(getattr(channel, name, None)):
            raise SpecError(f"the channel “{channel.id}” needs the method “{name}”")
    asked = getattr(channel, "account_settings", ())
    if not isinstance(asked, tuple | list) or not all(isinstance(one, Parameter) for one in asked):
        raise SpecError(f"“account_settings” of the channel “{channel.id}” are a list of Parameter")
