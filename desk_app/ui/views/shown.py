"""How an agent wants each list to be shown: order and columns, on every computer the same (IN-03)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from desk_app.domain.tickets.query import TicketOrder
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.views import ListView

KEY = "lists.shown"
POSITIONS = "lists.positions"
_MOST_LISTS = 300


class ListChoices(QObject):
    """Reads the choices once, keeps them in step with other computers, and writes changes."""

    changed = Signal()

    def __init__(self, session: DeskSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lists: dict[str, dict[str, Any]] = {}
        self.positions: tuple[int, ...] = ()
        """Ids of saved views in the agent's own order."""
        self.loaded = False
        session.choices_changed.connect(self.load)

    def load(self, done: Callable[[], object] | None = None) -> None:
        """Read what was chosen."""
        choices, agent_id = self._session.desk.choices, self._session.agent.id

        def arrived(found: Mapping[str, Any]) -> None:
            before = (self._lists, self.positions)
            stored, positions = found.get(KEY), found.get(POSITIONS)
            self._lists = {str(key): one for key, one in stored.items() if isinstance(one, dict)} if stored else {}
            self.positions = tuple(one for one in positions if isinstance(one, int)) if positions else ()
            known, self.loaded = self.loaded, True
            if done is not None:
                done()
            elif known and before != (self._lists, self.positions):
                self.changed.emit()

        self._session.choices.read(lambda: choices.all(agent_id), arrived, owner=self)

    def order(self, view: ListView) -> tuple[TicketOrder, bool]:
        """Return order and direction of a list: the agent's choice, else what the view says."""
        chosen = self._lists.get(view.id, {})
        known = {one.value: one for one in TicketOrder}
        order = known.get(chosen.get("order", ""))
        if order is None:
            return view.query.order, view.query.ascending
        return order, chosen.get("ascending") is True

    def columns(self, view: ListView) -> tuple[str, ...]:
        """Return the ids of a list's columns, () for the usual ones."""
        chosen = self._lists.get(view.id, {}).get("columns")
        if isinstance(chosen, list):
            return tuple(one for one in chosen if isinstance(one, str))
        return view.saved.columns if view.saved is not None else ()

    def set_order(self, view: ListView, order: TicketOrder, *, ascending: bool) -> None:
        """Remember how a list is ordered."""
        self._remember(view, {"order": order.value, "ascending": ascending})

    def set_columns(self, view: ListView, columns: tuple[str, ...]) -> None:
        """Remember which columns a list shows."""
        self._remember(view, {"columns": list(columns)})

    def set_positions(self, ids: tuple[int, ...]) -> None:
        """Remember the order of the saved views."""
        self.positions = ids
        self._session.choices.keep(POSITIONS, list(ids))

    def _remember(self, view: ListView, values: dict[str, Any]) -> None:
        self._lists[view.id] = self._lists.pop(view.id, {}) | values
        while len(self._lists) > _MOST_LISTS:
            self._lists.pop(next(iter(self._lists)))
        self._session.choices.keep(KEY, dict(self._lists))
