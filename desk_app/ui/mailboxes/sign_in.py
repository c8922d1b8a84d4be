"""The person's part of a sign-in at a provider: wait for the browser, give up, or hear what went wrong (MB-03,
MB-04)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame

from desk_app.domain.mailboxes.model import Account
from desk_app.services.mailboxes.sign_in import SignInAttempt
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import button, label, restyle
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.painted import Spinner
from desk_app.ui.widgets.panels import announce
from desk_app.ui.work import Job

WAIT_SECONDS = 300.0


class _Flight:
    """One attempt under way, which the GUI thread may end while another thread waits in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempt: SignInAttempt | None = None
        self._stopped = False

    def took_off(self, attempt: SignInAttempt) -> bool:
        """Note the attempt; returns False where it was stopped before."""
        with self._lock:
            self._attempt = attempt
            return not self._stopped

    def stop(self) -> None:
        """End the wait."""
        with self._lock:
            self._stopped = True
            if self._attempt is not None:
                self._attempt.cancel()


class SignInPanel(QFrame):
    """Hidden until `begin`; then waits for the browser with a way out, or says what went wrong."""

    signed_in = Signal(object)
    """The secrets of a mailbox that is not stored yet (a mapping); empty for a stored one."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self.setObjectName("card")
        self._session = session
        self._flight: _Flight | None = None
        self._job: Job | None = None
        self._wanted: tuple[Account, dict[str, str]] | None = None
        self.url = ""
        self._spinner = Spinner()
        self.text = label("", "secondary", wrap=True)
        self.open_again = button(tr("Open the page again"), self._open, variant="link", icon_name="external-link")
        self.copy = button(tr("Copy its address"), self._copy, variant="link", icon_name="copy")
        self.again = button(tr("Try again"), self._try_again, icon_name="refresh-cw")
        self.cancel_button = button(tr("Cancel"), self.cancel)
        line = row(self._spinner, self.text, spacing=10)
        line.setStretchFactor(self.text, 1)
        choices = row(self.open_again, self.copy, None, self.again, self.cancel_button, spacing=10)
        self.setLayout(column(line, choices, margins=(16, 12, 14, 12), spacing=8))
        self.hide()

    @property
    def waiting(self) -> bool:
        """Whether the browser's answer is awaited."""
        return self._flight is not None

    def begin(self, account: Account, secrets: Mapping[str, str]) -> None:
        """Let the person sign a mailbox in; `secrets` were typed just now and stand before the stored ones."""
        self._stop()
        self._wanted = (account, dict(secrets))
        self.url = ""
        self._show(tr("Asking the keychain of this computer… It may ask you to unlock it."), waiting=True)
        flight, sign_in, actor = _Flight(), self._session.desk.sign_in, self._session.actor
        given = dict(secrets)

        def steps() -> Iterator[str | Mapping[str, str]]:
            attempt = sign_in.begin(account, actor, given)
            try:
                if flight.took_off(attempt):
                    yield attempt.url
                    yield attempt.wait(WAIT_SECONDS)
            finally:
                attempt.close()

        self._flight = flight
        self._job = self._session.work.stream(steps, self._step, failed=self._failed, owner=self)
        self._job.on_cancel = flight.stop
        self.destroyed.connect(flight.stop)

    def cancel(self) -> None:
        """Give up and hide."""
        self._stop()
        self.hide()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = self._flight = None

    def _step(self, found: str | Mapping[str, str]) -> None:
        if isinstance(found, str):
            self.url = found
            self._show(
                tr("Your browser shows the provider's sign-in page. Come back here when you are done."), waiting=True
            )
            self._open()
            return
        self._job = self._flight = None
        self.hide()
        announce(self, tr("Signed in"))
        self.signed_in.emit(found)

    def _failed(self, problem: Problem) -> None:
        self._job = self._flight = None
        said = tr("The sign-in did not work.")
        self._show(f"{said} {problem.details or problem.text}", waiting=False)
        announce(self, self.text.text())

    def _show(self, text: str, *, waiting: bool) -> None:
        self.text.setText(text)
        restyle(self.text, state="" if waiting else "danger")
        self._spinner.setVisible(waiting)
        for one in (self.open_again, self.copy):
            one.setVisible(waiting and bool(self.url))
        self.again.setVisible(not waiting)
        self.cancel_button.setText(tr("Cancel") if waiting else tr("Close"))
        self.show()

    def _try_again(self) -> None:
        if self._wanted is not None:
            self.begin(*self._wanted)

    def _open(self) -> None:
        if not QDesktopServices.openUrl(QUrl(self.url)):
            self._show(tr("No browser could be opened. Copy the address and open it yourself."), waiting=True)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.url)
