"""How the settings show facts: a name with what it is."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.layout import boxed, row


def fact_line(name: str, value: QWidget) -> QWidget:
    """Return a name with what it is at the right of it."""
    heading = label(name, "secondary")
    heading.setMinimumWidth(130)
    line = row(heading, value, spacing=12)
    line.setStretchFactor(value, 1)
    return boxed(line)
