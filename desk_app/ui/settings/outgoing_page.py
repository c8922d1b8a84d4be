"""How mail leaves: armed or not, time to undo, history quoted, numbers, mail to two mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QLineEdit

from desk_app.domain.mailboxes.desk import DeskSettings, HistoryIncluded, TwoMailboxes
from desk_app.plugin_api.ui import WindowPort
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import SettingsForm, page_head
from desk_app.ui.widgets.basics import number_box
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import clear, column
from desk_app.ui.widgets.panels import Banner, Field


class OutgoingPage(SettingsForm):
    """The desk's own settings."""

    def __init__(self, session: DeskSession, port: WindowPort, run_action: Callable[[str], None]) -> None:
        super().__init__(tr("Sending"))
        self._session, self._port, self._run = session, port, run_action
        self._armed = column()
        self.undo, self.reopen = number_box(0, 60, tr("seconds")), number_box(0, 365, tr("days"))
        self.history, self.two = Choice(), Choice()
        for value, words in (
            (HistoryIncluded.NONE, tr("Nothing")),
            (HistoryIncluded.LAST, tr("The message being answered")),
            (HistoryIncluded.FULL, tr("The whole thread")),
        ):
            self.history.addItem(words, value)
        self.two.addItem(tr("One shared ticket"), TwoMailboxes.SHARED)
        self.two.addItem(tr("Two linked tickets"), TwoMailboxes.PAIR)
        self.numbers = QLineEdit()
        self._numbers_field = Field(
            tr("Ticket numbers"),
            self.numbers,
            help_text=tr("# stands for a digit, such as HD-####. Old numbers go on working."),
        )
        self._show()
        self.build(
            page_head(tr("Sending")),
            self._armed,
            Field(tr("Time to undo a reply"), self.undo),
            Field(tr("Quoted below a reply"), self.history),
            Field(tr("Mail to two of our mailboxes becomes"), self.two),
            Field(
                tr("A closed ticket opens again within"),
                self.reopen,
                help_text=tr("Later answers begin a new, linked ticket."),
            ),
            self._numbers_field,
        )
        session.facts_changed.connect(self._follow)

    def _follow(self) -> None:
        """Show what somebody changed, unless something is being edited here."""
        if self.has_changes:
            self._show_armed()
        else:
            self.show_stored()
            self.mark_clean()

    def show_stored(self) -> None:
        """Fill the form with what is stored."""
        self._numbers_field.set_error("")
        self._show()

    def _show(self) -> None:
        settings = self._session.facts.settings
        self._show_armed()
        self.undo.setValue(settings.undo_seconds)
        self.reopen.setValue(settings.reopen_days)
        self.history.setCurrentIndex(self.history.findData(settings.history_included))
        self.two.setCurrentIndex(self.two.findData(settings.two_mailboxes))
        self.numbers.setText(settings.number_format)

    def _show_armed(self) -> None:
        settings = self._session.facts.settings
        clear(self._armed)
        if settings.outgoing_armed:
            text, tone = tr("Sending is switched on: replies leave by themselves."), "success"
            choice = (tr("Hold all mail"), lambda: self._run("desk.disarm"))
        else:
            text, tone = tr("Sending is switched off: everything waits in the outbox."), "warning"
            choice = (tr("Switch on…"), lambda: self._run("desk.arm"))
        self._armed.addWidget(Banner(text, tone, [choice]))

    def save(self) -> None:
        """Store what is entered."""
        desk, actor = self._session.desk, self._session.actor
        undo, reopen, numbers = self.undo.value(), self.reopen.value(), self.numbers.text().strip()
        history, two = self.history.currentData(), self.two.currentData()

        def save() -> None:
            now: DeskSettings = desk.settings.desk()
            desk.settings.save(
                replace(
                    now,
                    undo_seconds=undo,
                    reopen_days=reopen,
                    number_format=numbers,
                    history_included=HistoryIncluded(history),
                    two_mailboxes=TwoMailboxes(two),
                ),
                actor,
            )

        def saved(_none: None) -> None:
            self._numbers_field.set_error("")
            self.was_saved()
            self._port.notify(tr("Saved"))
            self._session.load()

        def failed(problem: Problem) -> None:
            self._numbers_field.set_error(problem.text)
            self.footer.show_error(problem.text)

        self._session.work.write(save, saved, failed=failed, owner=self)
