"""What agents chose for themselves, one JSON value a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from desk_app.storage.schema.views import agent_setting
from desk_app.storage.upsert import upsert

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


class SqlChoiceRepository:
    """Choices in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def get(self, agent_id: int, key: str, default: Any = None) -> Any:
        """Return one choice of an agent."""
        found = self._t.connection.execute(
            select(agent_setting.c.value).where(agent_setting.c.agent_id == agent_id, agent_setting.c.key == key)
        ).scalar()
        return default if found is None else json.loads(found)

    def all(self, agent_id: int) -> Mapping[str, Any]:
        """Return every choice of an agent."""
        rows = self._t.connection.execute(
            select(agent_setting.c.key, agent_setting.c.value).where(agent_setting.c.agent_id == agent_id)
        )
        return {row.key: json.loads(row.value) for row in rows}

    def set(self, agent_id: int, key: str, value: Any) -> None:
        """Store one choice; None forgets it."""
        if value is None:
            self._t.connection.execute(
                delete(agent_setting).where(agent_setting.c.agent_id == agent_id, agent_setting.c.key == key)
            )
        else:
            text = json.dumps(value, ensure_ascii=False)
            row = {"agent_id": agent_id, "key": key, "value": text, "changed_at": self._t.now()}
            upsert(self._t, agent_setting, row, keys=("agent_id", "key"))
        self._t.changed("choice", agent_id)
