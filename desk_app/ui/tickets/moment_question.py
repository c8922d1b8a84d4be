"""Asks for a date and a time: until when, at what time, by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QDateTimeEdit, QWidget

from desk_app.ui.language import tr
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.panels import Field


class MomentQuestion(Question):
    """Opens with `first`, and says in words what was chosen. With `after` only a time to come is taken."""

    def __init__(
        self,
        title: str,
        yes: str,
        first: datetime,
        parent: QWidget | None = None,
        *,
        after: datetime | None = None,
        more: Sequence[QWidget] = (),
    ) -> None:
        super().__init__(title, yes, parent)
        self._zone, self._after = first.tzinfo, after
        self.edit = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(int(first.timestamp())))
        self.edit.setCalendarPopup(True)
        if after is not None:
            self.edit.setMinimumDateTime(QDateTime.fromSecsSinceEpoch(int(after.timestamp()) + 60))
        self.content.addWidget(Field(tr("Date and time"), self.edit))
        self._shown = label("", "secondary", wrap=True)
        self.content.addWidget(self._shown)
        for one in more:
            self.content.addWidget(one)
        self.edit.dateTimeChanged.connect(lambda _at: self._show())
        self._show()
        self.edit.setFocus()

    @property
    def moment(self) -> datetime:
        """What was chosen, in the time zone of `first`."""
        return datetime.fromtimestamp(self.edit.dateTime().toSecsSinceEpoch(), tz=self._zone)

    def _show(self) -> None:
        self._shown.setText(full_time(self.moment))
        self.yes.setEnabled(self._after is None or self.moment > self._after)
