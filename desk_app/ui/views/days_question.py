"""Asks for a stretch of days to filter by."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit, QWidget

from desk_app.domain.tickets.query import Span, TicketQuery
from desk_app.ui.language import tr
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.panels import Field


class DaysQuestion(Question):
    """From which day to which, both included, tickets were created, active, or are due."""

    def __init__(self, query: TicketQuery, parent: QWidget | None = None) -> None:
        super().__init__(tr("Only between two days"), tr("Show"), parent)
        self._query = query
        self.what = Choice()
        for words, name in ((tr("Last activity"), "updated"), (tr("Created"), "created"), (tr("Due"), "due")):
            self.what.addItem(words, name)
        self.first, self.last = QDateEdit(), QDateEdit()
        for box, days in ((self.first, -30), (self.last, 0)):
            box.setCalendarPopup(True)
            box.setDate(QDate.currentDate().addDays(days))
            box.dateChanged.connect(lambda _day: self._check())
        self.content.addWidget(Field(tr("What"), self.what))
        self.content.addWidget(Field(tr("From"), self.first))
        self.content.addWidget(Field(tr("Until"), self.last))

    def _check(self) -> None:
        self.yes.setEnabled(self.first.date() <= self.last.date())

    @property
    def query(self) -> TicketQuery:
        """The query with the days chosen; days begin and end where the agent is."""
        first, last = (datetime(*box.date().getDate()).astimezone() for box in (self.first, self.last))
        span = Span(after_at=first, before_at=last + timedelta(days=1))
        name = str(self.what.currentData())
        if name == "created":
            return replace(self._query, created=span)
        return replace(self._query, due=span) if name == "due" else replace(self._query, updated=span)
