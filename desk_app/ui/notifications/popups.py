"""Shows on the desktop what has come, as `domain/notifications/showing.py` plans it (NT-01, NT-03)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from desk_app.domain.notifications.showing import Dealt, Popup, PopupKind, plan
from desk_app.services.ports.desktop import OPEN, DesktopNote, DesktopNotes
from desk_app.ui.language import tr
from desk_app.ui.notifications.feed import NotificationFeed
from desk_app.ui.notifications.phrases import popup_words
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import utc_now

if TYPE_CHECKING:
    from desk_app.services.ports.notifications import NoticeRow

SHOWN, ABOVE = "notifications/shown", "notifications/above"
"""What was dealt with on this computer: everything up to a notification, and some above it (`Dealt`)."""

_LONGEST_WAIT_MS = 3600 * 1000
Fallback = Callable[[DesktopNote], None]


class Popups(QObject):
    """Plans and shows popups for one agent on one computer.

    `seen` says that an agent is looking at a ticket right now: what concerns it needs no popup.
    """

    pressed = Signal(str, int, str)
    """Action ("open", "mine", "snooze", "centre"), ticket id (0: none), token for coming to the front."""
    _heard = Signal(str, str, str)
    _answered = Signal(bool)

    def __init__(
        self, session: DeskSession, feed: NotificationFeed, settings: QSettings, seen: Callable[[int], bool]
    ) -> None:
        super().__init__(feed)
        self._session, self._feed, self._settings, self._seen = session, feed, settings, seen
        self._notes: DesktopNotes | None = None
        self._there = False
        self._fallback: Fallback | None = None
        self._reading = self._again = False
        self._tickets: dict[str, int] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        self._heard.connect(self._press, Qt.ConnectionType.QueuedConnection)
        self._answered.connect(self._set_there, Qt.ConnectionType.QueuedConnection)
        feed.changed.connect(self.look)

    def attach(self, notes: DesktopNotes | None, fallback: Fallback | None) -> None:
        """Begin to show: through the desktop's own service, else through `fallback` (the tray)."""
        self._notes, self._fallback = notes, fallback
        if notes is not None:
            notes.start(self._answered.emit, self._heard.emit)
        self.look()

    def close(self) -> None:
        """Show nothing any more."""
        self._timer.stop()
        if self._notes is not None:
            self._notes.close()
        self._notes = self._fallback = None

    @Slot(bool)
    def _set_there(self, there: bool) -> None:
        self._there = there

    @property
    def _dealt(self) -> Dealt | None:
        """What was dealt with; None before the first start on this computer."""
        mark, above = (str(self._settings.value(key, "")) for key in self._keys)
        if not mark.isdecimal():
            return None
        return Dealt(int(mark), frozenset(int(one) for one in above.split() if one.isdecimal()))

    def _keep(self, dealt: Dealt) -> None:
        if dealt != self._dealt:
            shown, above = self._keys
            self._settings.setValue(shown, dealt.mark)
            self._settings.setValue(above, " ".join(str(one) for one in sorted(dealt.above)))

    @property
    def _keys(self) -> tuple[str, str]:
        agent_id = self._session.agent.id
        return f"{SHOWN}/{agent_id}", f"{ABOVE}/{agent_id}"

    def look(self) -> None:
        """Read what has come since the last look and show what is due."""
        if self._notes is None and self._fallback is None:
            return
        if self._reading:
            self._again = True
            return
        self._reading = True
        service, agent_id, dealt = self._session.desk.notifications, self._session.agent.id, self._dealt

        def read() -> tuple[Dealt, Sequence[NoticeRow], datetime]:
            if dealt is None:
                return Dealt(service.newest_id(agent_id)), (), utc_now()
            found, now = service.since(agent_id, dealt.mark)
            return dealt, found, now

        self._session.work.run(read, self._arrived, failed=lambda _problem: self._rest(), owner=self)

    def _rest(self) -> None:
        self._reading = False
        if self._again:
            self._again = False
            self.look()

    def _arrived(self, found: tuple[Dealt, Sequence[NoticeRow], datetime]) -> None:
        first, rows, now = found
        dealt = self._dealt or first
        self._rest()
        if not rows:
            self._keep(dealt)
            return
        by_id = {row.notice.id: row for row in rows}
        read = [row.notice for row in rows]
        waiting = [one for one in dealt.waiting(read) if not self._needless(by_id[one.id])]
        planned = plan(waiting, self._feed.choices, now)
        for popup in planned.popups:
            self._show(popup, by_id)
        self._keep(dealt.after(read, planned.held, now))  # no start shows it again
        if planned.again_at is not None:
            wait = (planned.again_at - now) / timedelta(milliseconds=1)
            self._timer.start(int(min(max(wait, 0), _LONGEST_WAIT_MS)) + 30)

    def _needless(self, row: NoticeRow) -> bool:
        """Whether an agent has read it meanwhile, or is looking at the ticket."""
        ticket_id = row.notice.ticket_id
        for_centre = bool(row.notice.channels & row.notice.channels.CENTRE)
        return (row.read and for_centre) or (ticket_id is not None and self._seen(ticket_id))

    def _show(self, popup: Popup, by_id: dict[int, NoticeRow]) -> None:
        rows = [by_id[one.id] for one in popup.shown]
        if not rows:
            if popup.sound:
                QApplication.beep()
            return
        title, text = popup_words(popup, rows, self._department, private=self._feed.choices.private)
        ticket_id = rows[-1].notice.ticket_id if popup.kind is PopupKind.TICKET else None
        actions = []
        if ticket_id is not None:
            self._tickets[popup.key] = ticket_id
            actions = [("open", tr("Open the ticket")), ("mine", tr("Assign to me")), ("snooze", tr("Snooze…"))]
        note = DesktopNote(popup.key, title, text, actions, popup.sound)
        if self._notes is not None and self._there:
            self._notes.show(note)
        elif self._fallback is not None:
            self._fallback(note)

    def _department(self, department_id: int | None) -> str:
        departments = self._session.facts.departments
        return next((one.name for one in departments if one.id == department_id), tr("the desk"))

    @Slot(str, str, str)
    def _press(self, key: str, action: str, token: str) -> None:
        self.press(key, "open" if action == OPEN else action, token)

    def press(self, key: str, action: str = "open", token: str = "") -> None:
        """Do what a press on a popup asks for."""
        ticket_id = self._tickets.get(key, 0)
        self.pressed.emit(action if ticket_id else "centre", ticket_id, token)
        if self._notes is not None:
            self._notes.withdraw(key)
