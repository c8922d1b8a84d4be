"""What a new desk's agent has done of the first steps, from facts (ui.md 4.16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk_app.services.ports.notifications import CHOICES
from desk_app.services.ports.sync import OutboxState

if TYPE_CHECKING:
    from desk_app.services.ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class StepsDone:
    """Which first steps are done, and whether sample tickets are here."""

    replied: bool
    canned: bool
    colleague: bool
    hours: bool
    keys: bool

    @property
    def count(self) -> int:
        """How many are done."""
        return sum((self.replied, self.canned, self.colleague, self.hours, self.keys))


class FirstSteps:
    """Ticks the first steps by looking at what is there."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def done(self, agent_id: int) -> StepsDone:
        """Return what an agent has done so far."""
        with self._uow() as uow:
            chosen = uow.choices.all(agent_id)
            return StepsDone(
                replied=uow.outbox.count([OutboxState.SENT, OutboxState.SENDING, OutboxState.QUEUED]) > 0,
                canned=bool(uow.canned.visible(agent_id)),
                colleague=sum(one.active for one in uow.people.agents()) > 1,
                hours=CHOICES in chosen,
                keys="keyboard" in chosen or chosen.get("setup.keys_seen") is True,
            )
