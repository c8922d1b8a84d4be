"""Shown text. Every string a person reads passes through `tr`; the source language is English."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

CONTEXT = "Desk"


def tr(text: str, count: int = -1) -> str:
    """Return `text` in the program's language. `%n` in it becomes `count`, in the plural form the language asks for."""
    return QCoreApplication.translate(CONTEXT, text, None, count)
