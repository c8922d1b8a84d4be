"""What a window does with its agent's notifications: bell, centre, and what a press on one of them leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from desk_app.domain.notifications.choices import NotificationChoices
from desk_app.domain.notifications.model import NoticeKind
from desk_app.ui.language import tr
from desk_app.ui.notifications.feed import NotificationFeed
from desk_app.ui.tickets.phrases import utc_now

if TYPE_CHECKING:
    from desk_app.services.ports.desktop import DesktopNotes
    from desk_app.services.queries.conversation import ConversationView
    from desk_app.ui.notifications.bell import Bell
    from desk_app.ui.notifications.centre import NotificationCentre
    from desk_app.ui.notifications.groups import Group
    from desk_app.ui.notifications.popups import Popups
    from desk_app.ui.shell.window import MainWindow

SETTINGS_PAGE = "notifications"
PAUSE = timedelta(hours=1)
_ACTIONS = {"mine": "ticket.mine", "snooze": "ticket.snooze"}


class NoticeDesk(QObject):
    """Notifications of one window; what is on screen is built anew with another language, the feed stays."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.feed = NotificationFeed(window.session)
        self.feed.changed.connect(self._feed_changed)
        self._bell: Bell | None = None
        self._pause_ends = QTimer(self)
        self._pause_ends.setSingleShot(True)
        self._pause_ends.timeout.connect(self._show_state)
        self.popups: Popups | None = None
        self._centre: NotificationCentre | None = None

    def build(self, host: QWidget, bell: Bell) -> None:
        """Make what is on screen."""
        window = self._window
        self._bell, self._host, self._centre = bell, host, None
        window.inbox.with_ticket(lambda pane: pane.shown.connect(self._ticket_shown))
        self._show_state()

    @property
    def centre(self) -> NotificationCentre:
        """The list of notifications, made when it is first opened."""
        from desk_app.ui.notifications.centre import NotificationCentre

        if self._centre is None:
            self._centre = NotificationCentre(self._host, self.feed, self._window.rail, self._act, self._choose)
        return self._centre

    @property
    def centre_shown(self) -> bool:
        """Whether the list of notifications is open."""
        return self._centre is not None and self._centre.isVisible()

    def attach(self, notes: DesktopNotes | None) -> None:
        """Let notifications leave the window: popups of the desktop, an icon in the tray."""
        from desk_app.ui.notifications.popups import Popups
        from desk_app.ui.notifications.tray import Tray

        window = self._window
        self.popups = popups = Popups(window.session, self.feed, window.preferences.settings, self._looked_at)
        popups.pressed.connect(self._popup_pressed)
        tray = Tray(new_ticket=self._new_ticket, pause=self.toggle_pause, leave=window.leaving.quit, parent=self)
        tray.opened.connect(window.leaving.come_forward)
        tray.message_pressed.connect(popups.press)
        window.leaving.tray = tray
        popups.attach(notes, tray.show_note)
        self._show_state()

    def close(self) -> None:
        """Let nothing appear any more."""
        self._pause_ends.stop()
        if self.popups is not None:
            self.popups.close()

    @property
    def paused(self) -> bool:
        """Whether the agent wants to be left alone for a while."""
        until = self.feed.choices.paused_until
        return until is not None and until > utc_now()

    def toggle_pause(self) -> None:
        """Let nothing pop up for an hour, or go on at once."""
        session, until = self._window.session, None if self.paused else utc_now() + PAUSE
        words = tr("Notifications are on again") if until is None else tr("No notifications for 1 hour")
        icon_name = "bell" if until is None else "bell-off"

        def done(choices: NotificationChoices) -> None:
            self.feed.choices = choices
            self._show_state()
            self._window.told.act(words, self.toggle_pause, icon_name)

        service, actor = session.desk.notifications, session.actor
        session.work.write(lambda: service.pause(until, actor), done, owner=self)

    def _new_ticket(self) -> None:
        self._window.leaving.come_forward()
        self._window.run_action("ticket.new")

    def _looked_at(self, ticket_id: int) -> bool:
        window = self._window
        front = window.isActiveWindow() and window.inbox.isVisible() and not self.centre_shown
        return front and window.inbox.open_ticket_id == ticket_id

    def _popup_pressed(self, action: str, ticket_id: int, token: str) -> None:
        if action != "mine":
            self._window.leaving.come_forward(token)
        if not ticket_id:
            self.centre.enter()
            return
        self.act(action, ticket_id)
        self.feed.mark_ticket(ticket_id)

    def toggle(self) -> None:
        """Open or close the centre."""
        self.centre.toggle()

    def act(self, action: str, ticket_id: int) -> None:
        """Do to a ticket what a notification offers: "open", "mine" or "snooze"."""
        if action == "open":
            self._window.open_ticket(ticket_id)
        elif action in _ACTIONS:
            self._window.run_on(_ACTIONS[action], (ticket_id,))

    def _act(self, action: str, group: Group) -> None:
        notice = group.newest.notice
        if notice.ticket_id is not None:
            self.act(action, notice.ticket_id)
        elif notice.kind is NoticeKind.MAILBOX_ALARM and isinstance(about := notice.data.get("about"), int):
            self.centre.leave()
            self._window.fix_mailbox(about)

    def _choose(self) -> None:
        from desk_app.ui.settings.page import SettingsHome

        self._window.show_page("settings")
        home = self._window.page("settings")
        if isinstance(home, SettingsHome):
            home.open_page(SETTINGS_PAGE)

    def _ticket_shown(self, view: ConversationView | None) -> None:
        if view is not None:
            self.looked()

    def looked(self) -> None:
        """Whoever looks at a ticket has seen what was told about it; one behind another window, or in the tray, is not
        looked at."""
        ticket_id = self._window.inbox.open_ticket_id
        if ticket_id is not None and self._looked_at(ticket_id) and self.feed.has_unread(ticket_id):
            self.feed.mark_ticket(ticket_id)

    def _feed_changed(self) -> None:
        self._show_state()
        self.looked()

    def _show_state(self) -> None:
        paused, tray = self.paused, self._window.leaving.tray
        self._pause_ends.stop()
        if paused and (until := self.feed.choices.paused_until) is not None:
            self._pause_ends.start(int((until - utc_now()) / timedelta(milliseconds=1)) + 50)
        if self._bell is not None:
            self._bell.show_state(self.feed.unread, paused=paused)
        if tray is not None:
            tray.show_state(self.feed.unread, paused=paused)
