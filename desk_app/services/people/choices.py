"""What an agent chose for itself and finds again on every computer: keys, notifications, columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desk_app.services.ports.unit_of_work import UnitOfWorkFactory


class ChoiceService:
    """JSON values by key and agent. Keys are "area.what", such as "keyboard.keys"; never a secret."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def get(self, agent_id: int, key: str, default: Any = None) -> Any:
        """Return one choice of an agent, `default` where nothing was chosen."""
        with self._uow() as uow:
            return uow.choices.get(agent_id, key, default)

    def all(self, agent_id: int) -> Mapping[str, Any]:
        """Return every choice of an agent."""
        with self._uow() as uow:
            return uow.choices.all(agent_id)

    def set(self, agent_id: int, key: str, value: Any) -> None:
        """Store one choice; None goes back to the default."""
        with self._uow() as uow:
            uow.choices.set(agent_id, key, value)
            uow.commit()
