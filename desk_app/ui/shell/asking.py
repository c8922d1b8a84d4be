"""A question with two buttons, asked for whoever has only a port of a window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget


def confirm(parent: QWidget, question: str, yes: str, then: Callable[[], object], details: str = "") -> None:
    """Ask without waiting; `then` is called when the agent agrees."""
    from desk_app.ui.tickets.dialogs import Question  # noqa: PLC0415 -- with the first question
    from desk_app.ui.widgets.basics import label  # noqa: PLC0415 -- as above

    asked = Question(question, yes, parent)
    if details:
        asked.content.addWidget(label(details, "secondary", wrap=True))
    asked.ask(then)
