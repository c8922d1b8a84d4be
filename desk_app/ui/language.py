"""Shown text. Every string a person reads passes through `tr`; the source language is English."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

CONTEXT = "Desk"
_PLURAL = re.compile(r"\((e?s)\)")


def tr(text: str, count: int = -1) -> str:
    """Return `text` in the program's language. `%n` in it becomes `count`, in the plural form the language asks for.

    English, the source language, has no catalogue: "mail(s)" becomes "mail" or "mails" here.
    """
    shown = QCoreApplication.translate(CONTEXT, text, None, count)
    if count >= 0 and "(" in shown:
        shown = _PLURAL.sub("" if count == 1 else r"\1", shown)
    return shown
