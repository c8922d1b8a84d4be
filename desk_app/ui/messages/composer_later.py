"""Asks when a mail is to leave, and whether it is given up when the customer writes first (CO-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtWidgets import QCheckBox, QWidget

from desk_app.ui.language import tr
from desk_app.ui.tickets.moment_question import MomentQuestion
from desk_app.ui.widgets.basics import label


class LaterQuestion(MomentQuestion):
    """A date, a time, and one choice."""

    def __init__(self, now: datetime, *, unless_written: bool, parent: QWidget | None = None) -> None:
        tomorrow = (now + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
        self.unless = QCheckBox(tr("Unless the customer writes first"))
        self.unless.setChecked(unless_written)
        hint = label(tr("It waits in the outbox until then; it can be taken back there."), "tertiary", wrap=True)
        words = tr("Send later")
        super().__init__(words, words, tomorrow, parent, after=now, more=[self.unless, hint])
