"""The fields of what a report is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QDate, QLocale
from PySide6.QtWidgets import QCheckBox, QDateEdit, QLineEdit, QWidget

from desk_app.plugin_api import Parameter
from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import number_box
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import FlowLayout, row
from desk_app.ui.widgets.panels import Field

_MOST = 2_000_000_000


class _DateField(QWidget):
    """A day, or none."""

    def __init__(self, name: str, value: Any) -> None:
        super().__init__()
        self.edit = QDateEdit(QDate.currentDate())
        self.edit.setCalendarPopup(True)
        self.edit.setAccessibleName(name)
        self.chosen = QCheckBox(tr("any"))
        self.chosen.setAccessibleName(tr("{name}: any day").format(name=name))
        self.chosen.setChecked(True)
        self.chosen.toggled.connect(lambda on: self.edit.setEnabled(not on))
        self.edit.setEnabled(False)
        self.setLayout(row(self.edit, self.chosen, spacing=6))
        self.setFocusProxy(self.chosen)
        if isinstance(value, str) and value:
            value = date.fromisoformat(value)
        if isinstance(value, date):
            self.edit.setDate(QDate(value.year, value.month, value.day))
            self.chosen.setChecked(False)

    @property
    def value(self) -> date | None:
        """The day entered."""
        if self.chosen.isChecked():
            return None
        day = self.edit.date()
        return date(day.year(), day.month(), day.day())


class ParameterForm(QWidget):
    """A field for each parameter, side by side."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        super().__init__()
        self._parameters = tuple(parameters)
        self.controls: dict[str, QWidget] = {}
        flow = FlowLayout(spacing=12)
        for one in self._parameters:
            control = _control(one)
            self.controls[one.key] = control
            title = tr("{name} (needed)").format(name=one.title) if one.required else one.title
            field = Field(title, control, help_text=one.help)
            field.setMinimumWidth(150)
            flow.addWidget(field)
        self.setLayout(flow)

    def values(self) -> dict[str, Any]:
        """Return what is entered. Raises ValueError with words for the agent where something is missing or wrong."""
        found: dict[str, Any] = {}
        for one in self._parameters:
            value = _value(self.controls[one.key])
            if one.kind in {"number", "duration"} and isinstance(value, str):
                value = _number(one, value)
            if one.required and value in (None, ""):
                raise ValueError(tr("Please fill in “{name}”.").format(name=one.title))
            found[one.key] = value
        return found


def _number(one: Parameter, text: str) -> float | int | None:
    if not text:
        return None
    number, fine = QLocale().toDouble(text)
    if not fine:
        raise ValueError(tr("“{name}” must be a number.").format(name=one.title))
    return int(number) if number == int(number) else number


def _control(one: Parameter) -> QWidget:
    if one.choices:
        choice = Choice([(words, key) for key, words in one.choices.items()], one.title)
        choice.choose(one.default)
        return choice
    if one.kind == "bool":
        box = QCheckBox(tr("Yes"))
        box.setAccessibleName(one.title)
        box.setChecked(bool(one.default))
        return box
    if one.kind == "date":
        return _DateField(one.title, one.default)
    if one.kind == "number" and isinstance(one.default, int):
        number = number_box(-_MOST, _MOST)
        number.setValue(one.default)
        return number
    line = QLineEdit("" if one.default is None else str(one.default))
    line.setMinimumWidth(150)
    return line


def _value(control: QWidget) -> Any:
    if isinstance(control, Choice):
        return control.currentData()
    if isinstance(control, QCheckBox):
        return control.isChecked()
    if isinstance(control, _DateField):
        return control.value
    if isinstance(control, QLineEdit):
        return control.text().strip()
    value = getattr(control, "value", None)
    return value() if callable(value) else None
