"""How mail leaves: armed or not, time to undo, history quoted, numbers, mail to two mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from desk_app.domain.mailboxes.desk import DeskSettings, HistoryIncluded, TwoMailboxes
from desk_app.plugin_api.ui import WindowPort
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import button, label, number_box, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.panels import Banner, Field


class OutgoingPage(QWidget):
    """The desk's own settings."""

    def __init__(self, session: DeskSession, port: WindowPort, run_action: Callable[[str], None]) -> None:
        super().__init__()
        self._session, self._port, self._run = session, port, run_action
        self._armed = column()
        self.undo, self.reopen = number_box(0, 60, tr("seconds")), number_box(0, 365, tr("days"))
        self.history, self.two = QComboBox(), QComboBox()
        for value, words in (
            (HistoryIncluded.NONE, tr("Nothing")),
            (HistoryIncluded.LAST, tr("The message being answered")),
            (HistoryIncluded.FULL, tr("The whole thread")),
        ):
            self.history.addItem(words, value)
        self.two.addItem(tr("One shared ticket"), TwoMailboxes.SHARED)
        self.two.addItem(tr("Two linked tickets"), TwoMailboxes.PAIR)
        self.numbers = QLineEdit()
        self.save_button = button(tr("Save"), self._save, variant="primary")
        self._numbers_field = Field(
            tr("Ticket numbers"),
            self.numbers,
            help_text=tr("# stands for a digit, such as HD-####. Old numbers go on working."),
        )
        inside = column(
            label(tr("Sending"), "h2"),
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
            row(self.save_button, None),
            None,
            margins=(28, 24, 28, 24),
            spacing=16,
        )
        holder = boxed(inside, "surface")
        holder.setMaximumWidth(620)
        self.setLayout(column(scroller(boxed(column(holder), "surface"), tr("Sending"))))
        session.facts_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        settings = self._session.facts.settings
        clear(self._armed)
        if settings.outgoing_armed:
            text, tone = tr("Outgoing mail is armed: replies leave by themselves."), "success"
            choice = (tr("Hold all mail"), lambda: self._run("desk.disarm"))
        else:
            text, tone = tr("Outgoing mail is not armed: everything waits in the outbox."), "warning"
            choice = (tr("Arm…"), lambda: self._run("desk.arm"))
        self._armed.addWidget(Banner(text, tone, [choice]))
        self.undo.setValue(settings.undo_seconds)
        self.reopen.setValue(settings.reopen_days)
        self.history.setCurrentIndex(self.history.findData(settings.history_included))
        self.two.setCurrentIndex(self.two.findData(settings.two_mailboxes))
        self.numbers.setText(settings.number_format)

    def _save(self) -> None:
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
            self._port.notify(tr("Saved"))
            self._session.load()

        def failed(problem: Problem) -> None:
            self._numbers_field.set_error(problem.text)

        self._session.work.write(save, saved, failed=failed, owner=self)
