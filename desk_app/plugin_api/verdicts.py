"""What guards and filters may answer beside None."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allow:
    """Nothing speaks against it; the same as None."""


@dataclass(frozen=True, slots=True)
class Deny:
    """Not allowed. `reason` is shown to the agent, in their language where the plugin is translated."""

    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Leave this message out. It is kept with its bytes among the mail that was not imported, with `reason`."""

    reason: str
