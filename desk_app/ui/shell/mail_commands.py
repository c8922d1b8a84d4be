"""What the window does about mail as a whole: fetch now, let out, hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.ui.language import tr
from desk_app.ui.work import Lane

if TYPE_CHECKING:
    from desk_app.services.mailboxes.sync import SyncResult
    from desk_app.ui.shell.window import MainWindow

_KEY = "mail"


class MailCommands:
    """Commands on all mailboxes; the outcome is told as a toast."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session

    def sync_now(self) -> None:
        """Get mail from every mailbox."""
        window, sync = self._window, self._session.desk.sync

        def done(results: dict[int, SyncResult]) -> None:
            fetched = sum(one.fetched for one in results.values())
            faults = [one for one in results.values() if one.fault]
            words = tr("%n new mail(s)", fetched)
            if faults:
                words += " · " + tr("%n mailbox(es) failed", len(faults))
            window.toast.show_text(words, icon_name="triangle-alert" if faults else "mail-check", key=_KEY)
            self._session.load()
            window.inbox.list.refresh()
            window.inbox.sidebar.count()

        title = tr("Getting mail…")
        self._session.work.run(sync.sync_all, done, owner=window, lane=Lane.NETWORK, title=title)

    def ask_arm(self) -> None:
        """Ask before mail may leave by itself."""
        from desk_app.ui.tickets.dialogs import Question
        from desk_app.ui.widgets.basics import label

        counts = self._window.inbox.sidebar.counts
        held = counts.outbox_held if counts is not None else 0
        question = Question(tr("Let mail out?"), tr("Switch sending on"), self._window)
        text = tr("From now on replies leave by themselves once the time to undo is over.")
        question.content.addWidget(label(text, "secondary", wrap=True))
        if held:
            waiting = tr("%n mail(s) wait in the outbox. They stay there until you send them from it.", held)
            question.content.addWidget(label(waiting, "secondary", wrap=True))
        question.ask(self.arm)

    def arm(self) -> None:
        """Let mail out."""
        settings, actor = self._session.desk.settings, self._session.actor
        self._session.work.write(
            lambda: settings.arm(actor), lambda _n: self._armed(tr("Sending is switched on")), owner=self._window
        )

    def disarm(self) -> None:
        """Hold all mail."""
        settings, actor = self._session.desk.settings, self._session.actor
        self._session.work.write(
            lambda: settings.disarm(actor), lambda _n: self._armed(tr("All outgoing mail is held")), owner=self._window
        )

    def _armed(self, text: str) -> None:
        self._window.notify(text)
        self._session.load()
        self._window.inbox.sidebar.count()
