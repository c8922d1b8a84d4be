"""Finds single settings by their words (ui.md 4.14): whatever has a label on a page can be searched for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtWidgets import QCheckBox, QRadioButton, QWidget

from desk_app.ui.settings.form import SwitchRow
from desk_app.ui.widgets.panels import Field


@dataclass(frozen=True, slots=True)
class FoundSetting:
    """One setting of a page that was built: what it is called, what it is explained by, and where it is."""

    page_id: str
    name: str
    words: str
    widget: QWidget


def folded(text: str) -> str:
    """Return a text without accents and capitals, to compare by."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one)).replace("&", "")


def settings_of(page_id: str, page: QWidget) -> Iterator[FoundSetting]:
    """Return every setting of a page, top to bottom, each name once."""
    seen: set[str] = set()
    for one in page.findChildren(QWidget):
        name = ""
        if isinstance(one, (Field, SwitchRow)):
            name = one.name
        elif isinstance(one, (QCheckBox, QRadioButton)):
            name = one.text()
        elif one.property("setting_name"):
            name = str(one.property("setting_name"))
        if name and name not in seen:
            seen.add(name)
            yield FoundSetting(page_id, name.replace("&&", "&"), folded(f"{name} {help_of(one)}"), one)


def help_of(widget: QWidget) -> str:
    """Return the explanation that stands beside a setting."""
    if isinstance(widget, Field):
        return widget.help_text
    return widget.control.accessibleDescription() if isinstance(widget, SwitchRow) else ""
