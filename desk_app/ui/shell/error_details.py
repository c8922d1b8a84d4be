"""One dialog for whatever went wrong: what happened, what it means, what to do, details folded (ui.md 4.18)."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.theme.icons import Glyph, icon
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.panels import Choice


class ErrorDetails(QDialog):
    """Shows a problem; `choice` is what the agent can do about it right here."""

    def __init__(self, problem: Problem, parent: QWidget | None = None, *, choice: Choice | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(problem.title)
        self.setMinimumWidth(480)
        self._report = report(problem)
        words = column(label(problem.title, "title", wrap=True, selectable=True), spacing=6)
        if problem.advice:
            words.addWidget(label(problem.advice, "secondary", wrap=True, selectable=True))
        glyph = Glyph("circle-alert" if problem.unexpected else "triangle-alert", "danger", 22)
        head = row(glyph, words, spacing=12)
        head.setAlignment(glyph, Qt.AlignmentFlag.AlignTop)
        head.setStretch(1, 1)
        self.fold = button(tr("Technical details"), self._toggle, variant="fold", icon_name="chevron-right")
        self.details = QPlainTextEdit(problem.details)
        self.details.setReadOnly(True)
        self.details.setProperty("variant", "source")
        self.details.setTabChangesFocus(True)
        self.details.setAccessibleName(tr("Technical details"))
        self.details.setFixedHeight(theme().px(120))
        self.details.hide()
        self.copy = button(tr("Copy"), self._copy, icon_name="copy")
        close = button(tr("Close"), self.reject, variant="" if choice else "primary")
        end = row(self.copy, None)
        if choice is not None:
            self.accepted.connect(choice[1])
            end.addWidget(button(choice[0], self.accept, variant="primary"))
        end.addWidget(close)  # last, as in every question
        for part in (self.fold, self.details):
            part.setVisible(bool(problem.details) and part is self.fold)
        self.setLayout(
            column(head, row(self.fold, None), self.details, end, margins=(20, 20, 20, 16), spacing=12),
        )
        close.setFocus()

    def sizeHint(self) -> QSize:
        """Ask for the height of the width it will have: lines that wrap are fewer then."""
        wished = super().sizeHint()
        return QSize(max(wished.width(), self.minimumWidth()), wished.height())

    def _toggle(self) -> None:
        opened = not self.details.isVisible()
        self.details.setVisible(opened)
        self.fold.setIcon(icon("chevron-down" if opened else "chevron-right", "text_secondary", "text_primary"))
        self.adjustSize()
        if opened:
            self.details.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy.setText(f" {tr('Copied')}")


def report(problem: Problem) -> str:
    """Return a problem as text that can be sent to whoever helps."""
    return "\n".join(part for part in (problem.title, problem.advice, problem.kind, problem.details) if part)
