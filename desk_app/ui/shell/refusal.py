"""What is on screen before the desk is open, or when it cannot be opened."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QWidget

from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.painted import Spinner


def opening_window() -> QWidget:
    """Return the small card shown while the database opens."""
    card = QFrame()
    card.setObjectName("dialogcard")
    card.setWindowTitle(tr("Desk App"))
    card.setLayout(
        row(Spinner(22, tr("Opening")), label(tr("Opening your desk…"), "title"), margins=(28, 24, 32, 24), spacing=14)
    )
    return card


def show_refusal(problem: Problem, database: str) -> None:
    """Say in a dialog why the desk cannot be opened, and wait until it is read."""
    dialog = QDialog()
    dialog.setWindowTitle(tr("Desk App"))
    dialog.setMinimumWidth(520)
    dialog.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
    parts = column(label(problem.title, "title", wrap=True), spacing=10, margins=(22, 20, 22, 18))
    for text, role in ((problem.advice, "secondary"), (database, "tertiary"), (problem.details, "tertiary")):
        if text:
            parts.addWidget(label(text, role, wrap=True, selectable=True))
    parts.addLayout(row(None, button(tr("Close"), dialog.accept, variant="primary")))
    dialog.setLayout(parts)
    dialog.exec()
