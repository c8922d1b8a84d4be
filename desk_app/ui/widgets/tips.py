"""Tool tips of text that others wrote. Qt reads a tool tip that looks like HTML as HTML, with the files it names."""

from __future__ import annotations

from PySide6.QtGui import Qt


def plain_tip(text: str) -> str:
    """Return a tool tip that shows a text as it is written."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text
