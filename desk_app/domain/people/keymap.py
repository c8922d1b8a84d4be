"""Which keys do what: defaults, presets, what an agent chose, and single keys switched off (ui.md 5, WCAG 2.1.4).

Keys are portable key sequences such as "Ctrl+Shift+J", or several strokes one after the other such as "G, I".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_STROKE_END = re.compile(r", +(?=.)")
_MODIFIERS = ("Ctrl+", "Alt+", "Meta+")

FIXED = ("Esc", *(f"Ctrl+{number}" for number in range(1, 8)))
"""Keys that always mean the same: step out, and the pages of the rail."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A set of keys people know from another program. Actions that are not named keep their own keys; with
    `single_keys` False only those of them that are no single characters."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    single_keys: bool = True


PRESETS: Mapping[str, Preset] = {
    "default": Preset(),
    "gmail": Preset(
        {
            "ticket.reply": ("A", "Ctrl+R"),
            "ticket.reply_one": ("R",),
            "ticket.assign": ("Shift+A",),
            "ticket.mine": ("Shift+I",),
            "ticket.forward": ("F",),
            "ticket.tags": ("L",),
            "ticket.link": ("Shift+L",),
            "ticket.move": ("V",),
            "ticket.snooze": ("B", "H"),
            "ticket.trash": ("#", "Del"),
            "ticket.resolve": ("E",),
            "ticket.resolve_next": ("]", "["),
            "ticket.unread": ("Shift+U",),
            "ticket.macro": ("M",),
            "thread.next": ("N", "Alt+Down"),
            "thread.previous": ("Alt+Up",),
            "ticket.note": ("Shift+N", "Ctrl+Shift+N"),
        }
    ),
    "outlook": Preset(
        {
            "ticket.reply": ("Ctrl+Shift+R",),
            "ticket.reply_one": ("Ctrl+R",),
            "ticket.forward": ("Ctrl+F", "Ctrl+Shift+F"),
            "ticket.note": ("Ctrl+Shift+N",),
            "ticket.new": ("Ctrl+N",),
            "list.search": ("Ctrl+E", "F3"),
            "ticket.trash": ("Del", "Ctrl+D"),
            "ticket.unread": ("Ctrl+U",),
            "ticket.move": ("Ctrl+Shift+V",),
            "ticket.resolve": ("Backspace",),
            "ticket.tags": ("Ctrl+Shift+G",),
            "desk.sync": ("F9", "F5"),
            "ticket.snooze": ("Ctrl+Shift+J",),
            "list.next": ("Ctrl+.",),
            "list.previous": ("Ctrl+Shift+,",),
            "window.keys": ("Ctrl+/", "F1"),
            "ticket.assign": ("Ctrl+Shift+Y",),
            "ticket.mine": ("Ctrl+Shift+I",),
            "ticket.status": ("Ctrl+Shift+S",),
            "ticket.spam": ("Ctrl+Alt+J",),
        },
        single_keys=False,
    ),
}


def strokes(keys: str) -> tuple[str, ...]:
    """Return the strokes of a sequence, one after the other."""
    return tuple(_STROKE_END.split(keys)) if keys else ()


def is_single(keys: str) -> bool:
    """Return whether a sequence begins with a bare character, with or without Shift: what speech input and trembling
    hands set off by mistake."""
    first = (strokes(keys) or ("",))[0]
    return not first.startswith(_MODIFIERS) and len(first.removeprefix("Shift+")) == 1


def clash(one: str, other: str) -> bool:
    """Return whether two sequences cannot both be meant: they are the same, or one is how the other begins."""
    a, b = strokes(one.casefold()), strokes(other.casefold())
    return bool(a) and bool(b) and (a == b[: len(a)] or b == a[: len(b)])


@dataclass(frozen=True, slots=True)
class KeyChoices:
    """What an agent chose: a preset, whether single keys work, and own keys by action."""

    preset: str = "default"
    single_keys: bool = True
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def keys(self, action_id: str, defaults: tuple[str, ...]) -> tuple[str, ...]:
        """Return the keys of an action as they work now."""
        if action_id in self.own:
            chosen = self.own[action_id]
        else:
            preset = PRESETS.get(self.preset, PRESETS["default"])
            chosen = preset.keys.get(action_id, defaults)
            if not preset.single_keys and action_id not in preset.keys:
                chosen = tuple(one for one in chosen if not is_single(one))
        return chosen if self.single_keys else tuple(one for one in chosen if not is_single(one))

    def with_keys(self, action_id: str, keys: Iterable[str] | None) -> KeyChoices:
        """Return the choices with other keys for an action; None gives it its usual ones."""
        own = {one: value for one, value in self.own.items() if one != action_id}
        if keys is not None:
            own[action_id] = tuple(dict.fromkeys(keys))
        return replace(self, own=own)

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        own = {one: list(keys) for one, keys in self.own.items()}
        return {"preset": self.preset, "single_keys": self.single_keys, "own": own}

    @classmethod
    def from_json(cls, stored: object) -> KeyChoices:
        """Read what is stored; whatever makes no sense is left out."""
        if not isinstance(stored, dict):
            return cls()
        own = stored.get("own")
        pairs = own.items() if isinstance(own, dict) else ()
        return cls(
            preset=stored["preset"] if stored.get("preset") in PRESETS else "default",
            single_keys=stored.get("single_keys") is not False,
            own={
                str(one): tuple(key for key in keys if isinstance(key, str) and key)
                for one, keys in pairs
                if isinstance(keys, list)
            },
        )


def users_of(keys: str, keys_by_action: Mapping[str, Iterable[str]], but_not: str = "") -> list[str]:
    """Return the actions whose keys clash with a sequence."""
    return [one for one, others in keys_by_action.items() if one != but_not and any(clash(keys, o) for o in others)]
