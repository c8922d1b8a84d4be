"""Finds the plugin behind a problem: half of the suspects off, again and again (plugins.md, "Isolation")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bisection:
    """Where the search stands. `wanted` are the plugins that were on before it began, `suspects` those that may be to
    blame still, `trial` the suspects that are on at the moment."""

    wanted: tuple[str, ...]
    suspects: tuple[str, ...]
    trial: tuple[str, ...]
    step: int = 1
    seen_gone: bool = False
    """Whether the problem went away at any step: else it may come from no plugin at all."""

    @classmethod
    def begin(cls, wanted: tuple[str, ...]) -> Bisection:
        """Begin with everything that is on. Raises ValueError where that is nothing."""
        if not wanted:
            raise ValueError("no plugin is on")
        return cls(wanted, wanted, _half(wanted))

    @property
    def running(self) -> tuple[str, ...]:
        """What is on at the moment: the suspects on trial, and those that are cleared, which others may need."""
        return tuple(one for one in self.wanted if one in self.trial or one not in self.suspects)

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to ask."""
        return not self.suspects or (len(self.suspects) == 1 and self.seen_gone)

    @property
    def culprit(self) -> str:
        """The plugin that is to blame once the search has ended, "" where it is none."""
        return self.suspects[0] if self.ended and self.suspects else ""

    @property
    def steps_left(self) -> int:
        """So many questions are still to be answered, at most."""
        halves = max(0, (len(self.suspects) - 1).bit_length())
        return 0 if self.ended else halves if self.seen_gone else halves + 1

    def answered(self, *, gone: bool) -> Bisection:
        """Return the next step: with the problem gone it sits in what is off, else in what is on."""
        left = tuple(one for one in self.suspects if (one in self.trial) is not gone)
        return Bisection(self.wanted, left, _half(left), self.step + 1, self.seen_gone or gone)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "wanted": list(self.wanted),
            "suspects": list(self.suspects),
            "trial": list(self.trial),
            "step": self.step,
            "seen_gone": self.seen_gone,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Bisection:
        """Return what was stored. Raises KeyError, TypeError or ValueError where it makes no sense."""
        lists = [tuple(str(one) for one in value[key]) for key in ("wanted", "suspects", "trial")]
        if not lists[1]:
            raise ValueError("nobody is suspected")
        return cls(lists[0], lists[1], lists[2], int(value["step"]), bool(value["seen_gone"]))


def _half(suspects: tuple[str, ...]) -> tuple[str, ...]:
    """The half that is switched on. One suspect alone is switched off: the problem must go with it."""
    return suspects[: len(suspects) // 2]
