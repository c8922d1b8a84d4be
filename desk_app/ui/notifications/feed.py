"""Keeps an agent's notifications at hand: how many are unread, what stands in the centre, what has just come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desk_app.domain.notifications.choices import NotificationChoices, NotificationDefaults
from desk_app.ui.session import DeskSession
from desk_app.ui.timers import single_shot

if TYPE_CHECKING:
    from desk_app.services.ports.notifications import NoticeRow

SHOWN = 200
"""Notifications the centre shows; older ones have been seen or never will be."""

_LOOK_MS = 120


@dataclass(frozen=True, slots=True)
class _State:
    unread: int
    rows: Sequence[NoticeRow]
    choices: NotificationChoices
    defaults: NotificationDefaults


class NotificationFeed(QObject):
    """One agent's notifications, read anew whenever something changes. Nothing here blocks."""

    changed = Signal()

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self._session = session
        self.unread = 0
        self.rows: Sequence[NoticeRow] = ()
        self.choices = NotificationChoices()
        self.defaults = NotificationDefaults()
        self._reading = False
        self._again = False
        self._timer = single_shot(self, _LOOK_MS, self.look)
        session.notifications_changed.connect(self._timer.start)

    @property
    def busy(self) -> bool:
        """Whether something is still to be read."""
        return self._reading or self._timer.isActive()

    def look(self) -> None:
        """Read everything anew; what changes meanwhile is read afterwards."""
        if self._reading:
            self._again = True
            return
        self._reading = True
        service, agent_id = self._session.desk.notifications, self._session.agent.id

        def read() -> _State:
            choices, defaults = service.choices(agent_id)
            return _State(service.unread(agent_id), service.centre(agent_id, limit=SHOWN), choices, defaults)

        self._session.work.run(read, self._arrived, failed=lambda _problem: self._rest(), owner=self)

    def _arrived(self, state: _State) -> None:
        self.unread, self.rows = state.unread, state.rows
        self.choices, self.defaults = state.choices, state.defaults
        self._rest()
        self.changed.emit()

    def _rest(self) -> None:
        self._reading = False
        if self._again:
            self._again = False
            self._timer.start()

    def has_unread(self, ticket_id: int) -> bool:
        """Return whether something about a ticket is unread."""
        return any(row.notice.ticket_id == ticket_id and not row.read for row in self.rows)

    def mark(self, ids: Sequence[int], *, read: bool = True) -> None:
        """Mark notifications as read or unread."""
        service, actor = self._session.desk.notifications, self._session.actor
        self._write(lambda: service.mark_read(ids, actor, read=read))

    def mark_ticket(self, ticket_id: int) -> None:
        """Mark everything about a ticket as read."""
        service, actor = self._session.desk.notifications, self._session.actor
        self._write(lambda: service.mark_ticket_read(ticket_id, actor))

    def mark_all(self) -> None:
        """Mark everything that is shown, and what is older, as read."""
        if self.rows:
            service, actor, newest = self._session.desk.notifications, self._session.actor, self.rows[0].notice.id
            self._write(lambda: service.mark_all_read(newest, actor))

    def _write(self, call: Callable[[], object]) -> None:
        self._session.work.write(call, lambda _done: self.look(), owner=self)
