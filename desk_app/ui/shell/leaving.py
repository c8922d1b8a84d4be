"""What happens when the window is closed or the program ended: stay in the tray, send what waits, go (ui.md 4.6, 4.17).

A window that nobody attached a tray to (tests, pictures) just closes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox

from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.work import Lane

if TYPE_CHECKING:
    from desk_app.ui.notifications.tray import Tray
    from desk_app.ui.shell.window import MainWindow

CLOSE = "window/close"
"""What closing the window does: "ask", "stay" (the program goes on) or "quit"."""

REPLIES = "window/quit_replies"
"""What quitting does with replies whose time to undo is running: "send", "ask" or "leave"."""

_SEND_MS = 15_000


class Leaving(QObject):
    """Decides about closing and quitting for one window."""

    left = Signal()
    """The window has closed for good."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.tray: Tray | None = None
        self.bring_tray: Callable[[], object] | None = None
        """Attaches the tray; called when the window is closed before that happened by itself."""
        self.quitting = False
        self._sending = False

    def _choice(self, key: str, otherwise: str, known: set[str]) -> str:
        value = str(self._window.preferences.settings.value(key, otherwise))
        return value if value in known else otherwise

    def may_close(self) -> bool:
        """Return whether the window may close for good now; else what is to happen first has begun."""
        if self.tray is None and self.bring_tray is not None and not self.quitting:
            self.bring_tray()
        if self.quitting or self.tray is None:
            return True
        wanted = self._choice(CLOSE, "ask", {"ask", "stay", "quit"})
        if wanted == "stay":
            self.stay()
        elif wanted == "quit":
            self.quit()
        else:
            self._ask()
        return False

    def stay(self) -> None:
        """Go on without the window: in the tray, or in the dock where there is no tray."""
        if self.tray is not None and self.tray.available:
            self._window.hide()
        else:
            self._window.showMinimized()

    def come_forward(self, token: str = "") -> None:
        """Bring the window to the front; `token` is the desktop's permission for that (Wayland)."""
        window = self._window
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token
        if window.isMinimized():
            window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def quit(self) -> None:
        """End the program; settings that nobody saved are asked about first, then replies whose time to undo is running
        are sent, or asked about."""
        from desk_app.ui.settings.page import SettingsHome

        home = self._window.page("settings")
        if not isinstance(home, SettingsHome) or self.tray is None:
            self._quit()
            return
        asked = True

        def settled() -> None:
            nonlocal asked
            asked = False
            self._quit()

        home.leave(settled)
        if asked:
            self.come_forward()
            self._window.show_page("settings")

    def _quit(self) -> None:
        waiting = self._window.told.replies_waiting()
        wanted = self._choice(REPLIES, "send", {"send", "ask", "leave"})
        if not waiting or wanted == "leave" or self.tray is None:
            self.go()
        elif wanted == "send":
            self._send(waiting)
        else:
            self._ask_replies(waiting)

    def go(self) -> None:
        """Close for good."""
        self.quitting = True
        self._window.close()

    def closed(self) -> None:
        """Take note that the window has closed for good."""
        if self.tray is not None:
            self.tray.close()
        self.left.emit()

    def _ask(self) -> None:
        from desk_app.ui.tickets.dialogs import Question

        in_tray = self.tray is not None and self.tray.available
        question = Question(
            tr("Keep running in the tray?") if in_tray else tr("Keep running in the dock?"),
            tr("Keep running"),
            self._window,
        )
        text = tr("Mail is fetched and notifications appear while the window is closed. Quit ends both.")
        question.content.addWidget(label(text, "secondary", wrap=True))
        remember = QCheckBox(tr("Do not ask again"))
        remember.setChecked(True)
        question.content.addWidget(remember)
        leave = button(tr("Quit"))
        question.buttons.addButton(leave, question.buttons.ButtonRole.DestructiveRole)

        def chosen(value: str, act: Callable[[], None]) -> Callable[[], None]:
            def call() -> None:
                if remember.isChecked():
                    self._window.preferences.settings.setValue(CLOSE, value)
                act()

            return call

        leave.clicked.connect(question.reject)
        leave.clicked.connect(chosen("quit", self.quit))
        question.ask(chosen("stay", self.stay))

    def _ask_replies(self, waiting: list[int]) -> None:
        from desk_app.ui.tickets.dialogs import Question

        question = Question(tr("Send %n reply(s) before quitting?", len(waiting)), tr("Send and quit"), self._window)
        text = tr("The time to undo is still running. What is not sent now leaves when the desk is opened again.")
        question.content.addWidget(label(text, "secondary", wrap=True))
        leave = button(tr("Quit without sending"))
        question.buttons.addButton(leave, question.buttons.ButtonRole.DestructiveRole)
        leave.clicked.connect(question.reject)
        leave.clicked.connect(self.go)
        question.ask(lambda: self._send(waiting))

    def _send(self, waiting: list[int]) -> None:
        if self._sending:
            return
        self._sending = True
        window, outbox = self._window, self._window.session.desk.outbox
        window.toast.show_text(tr("Sending %n reply(s) before quitting…", len(waiting)), icon_name="send", seconds=60)

        def send() -> None:
            for outbox_id in waiting:
                outbox.send_now(outbox_id)
            outbox.send_due()

        late = QTimer(self)
        late.setSingleShot(True)
        late.timeout.connect(self.go)  # what did not leave is in the outbox
        late.start(_SEND_MS)

        def sent(_done: object) -> None:
            late.stop()
            self.go()

        window.session.work.run(send, sent, failed=sent, owner=self, lane=Lane.NETWORK)
