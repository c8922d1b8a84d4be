"""The fields of a plugin's settings, one class for each way to enter something (plugins.md, "Settings")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QLocale
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QCheckBox, QColorDialog, QFileDialog, QLineEdit, QPlainTextEdit, QWidget

from desk_app.plugin_host.manifest import SettingKind, SettingSpec
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import language, tr
from desk_app.ui.settings.form import SwitchRow
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import button, chip, number_box, set_words
from desk_app.ui.widgets.choices import Choice, Switch
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import Field

_MOST = 2_000_000_000
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


class SettingField:
    """One setting on the page: `widget` is what stands there."""

    def __init__(self, spec: SettingSpec) -> None:
        self.spec = spec
        self.title = spec.titles.get(language(), spec.title)
        self.help = spec.helps.get(language(), spec.help)
        self.widget: QWidget = QWidget()

    def field(self, control: QWidget) -> None:
        """Stand below the title, with the help below."""
        title = self.title if not self.spec.required else tr("{name} (needed)").format(name=self.title)
        self.widget = Field(title, control, help_text=self.help)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        raise NotImplementedError

    def value(self) -> Any:
        """Return what is entered. Raises ValueError where that is no value at all."""
        raise NotImplementedError

    def show_problem(self, text: str) -> None:
        """Say what is wrong with it; "" says nothing."""
        if isinstance(self.widget, Field):
            self.widget.set_error(text)


class TextField(SettingField):
    """A line of text: also addresses of mail and web."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        self.line = QLineEdit()
        if spec.kind is SettingKind.URL:
            self.line.setPlaceholderText("https://")
        elif spec.kind is SettingKind.ADDRESS:
            self.line.setPlaceholderText("name@example.com")
        self.field(self.line)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        self.line.setText(str(value or ""))

    def value(self) -> Any:
        """Return what is entered."""
        return self.line.text().strip()


class TemplateField(SettingField):
    """A text of several lines."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        self.edit = QPlainTextEdit()
        self.edit.setTabChangesFocus(True)
        self.edit.setFixedHeight(theme().px(120))
        self.field(self.edit)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        self.edit.setPlainText(str(value or ""))

    def value(self) -> Any:
        """Return what is entered."""
        return self.edit.toPlainText()


class WholeNumberField(SettingField):
    """A whole number."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        least = int(spec.minimum) if spec.minimum is not None else -_MOST
        most = int(spec.maximum) if spec.maximum is not None else _MOST
        self.box = number_box(least, most)
        line = boxed(row(self.box, None))
        line.setFocusProxy(self.box)
        self.box.setAccessibleName(self.title)
        self.field(line)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        self.box.setValue(int(value or 0))

    def value(self) -> Any:
        """Return what is entered."""
        return self.box.value()


class DecimalField(SettingField):
    """A number with a decimal point, written as the agent's region writes it."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        self.line = QLineEdit()
        self.field(self.line)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        self.line.setText(QLocale().toString(float(value or 0), "g", 12))

    def value(self) -> Any:
        """Return what is entered."""
        text = self.line.text().strip()
        number, fine = QLocale().toDouble(text)
        if not fine:
            number, fine = QLocale.c().toDouble(text)
        if not fine:
            raise ValueError("it must be a number")
        return number


class SwitchField(SettingField):
    """On or off."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        self.switch = Switch(self.title)
        self.widget = SwitchRow(self.title, self.switch, self.help)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        self.switch.setChecked(bool(value))

    def value(self) -> Any:
        """Return what is entered."""
        return self.switch.isChecked()


class ChoiceField(SettingField):
    """One of several: what the plugin offers, or an account, a colleague, a department of the desk."""

    def __init__(self, spec: SettingSpec, entries: Sequence[tuple[str, object]]) -> None:
        super().__init__(spec)
        self.choice = Choice(entries, self.title)
        self.field(self.choice)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        if value is not None and self.choice.findData(value) < 0 and value not in ("", 0):
            self.choice.addItem(tr("Gone: {what}").format(what=str(value)), value)
        self.choice.setCurrentIndex(max(0, self.choice.findData(value)))

    def value(self) -> Any:
        """Return what is entered."""
        return self.choice.currentData()


class SeveralField(SettingField):
    """Any number of what the plugin offers."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        choices = spec.shown_choices(language())
        self.boxes = {key: QCheckBox(words.replace("&", "&&")) for key, words in choices.items()}
        for key, box in self.boxes.items():
            box.setAccessibleName(f"{self.title}: {choices[key]}")
        group = boxed(column(*self.boxes.values(), spacing=2))
        if self.boxes:
            group.setFocusProxy(next(iter(self.boxes.values())))
        self.field(group)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        chosen = value if isinstance(value, list | tuple) else ()
        for key, box in self.boxes.items():
            box.setChecked(key in chosen)

    def value(self) -> Any:
        """Return what is entered."""
        return [key for key, box in self.boxes.items() if box.isChecked()]


class DurationField(SettingField):
    """A span of time: a number and its unit; stored as seconds."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        self.box = number_box(0, _MOST)
        self.unit = Choice(
            ((tr("seconds"), 1), (tr("minutes"), _MINUTE), (tr("hours"), _HOUR), (tr("days"), _DAY)),
            tr("{name}: unit").format(name=self.title),
        )
        self.box.setAccessibleName(self.title)
        line = boxed(row(self.box, self.unit, None))
        line.setFocusProxy(self.box)
        self.field(line)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        seconds = int(value or 0)
        unit = next((one for one in (_DAY, _HOUR, _MINUTE) if seconds and seconds % one == 0), 1)
        self.unit.setCurrentIndex(self.unit.findData(unit))
        self.box.setValue(seconds // unit)

    def value(self) -> Any:
        """Return what is entered."""
        return self.box.value() * int(self.unit.currentData())


class ColourField(SettingField):
    """A colour: its code, and a button that opens a palette."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        self.line = QLineEdit()
        self.line.setPlaceholderText("#4a56d2")
        self.line.setAccessibleName(self.title)
        self.line.textChanged.connect(self._paint)
        self.pick = button(tr("Choose…"), self._choose)
        set_words(self.pick, tr("Choose…"))
        self.pick.setAccessibleName(tr("{name}: choose").format(name=self.title))
        line = boxed(row(self.line, self.pick))
        line.setFocusProxy(self.line)
        self.field(line)

    def _choose(self) -> None:
        chosen = QColorDialog.getColor(QColor(self.line.text() or "#4a56d2"), self.pick.window(), self.title)
        if chosen.isValid():
            self.line.setText(chosen.name())

    def _paint(self, text: str) -> None:
        colour = QColor(text) if text.startswith("#") else QColor()
        if not colour.isValid():
            self.pick.setIcon(QIcon())
            return
        swatch = QPixmap(14, 14)
        swatch.fill(colour)
        self.pick.setIcon(QIcon(swatch))

    def show(self, value: Any) -> None:
        """Show a stored value."""
        self.line.setText(str(value or ""))

    def value(self) -> Any:
        """Return what is entered."""
        return self.line.text().strip()


class FileField(SettingField):
    """A file of this computer."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        self.line = QLineEdit()
        self.line.setAccessibleName(self.title)
        self.pick = button(tr("Choose…"), self._choose, icon_name="folder")
        self.pick.setAccessibleName(tr("{name}: choose").format(name=self.title))
        line = boxed(row(self.line, self.pick))
        line.setFocusProxy(self.line)
        self.field(line)

    def _choose(self) -> None:
        path, _filter = QFileDialog.getOpenFileName(self.pick.window(), self.title, self.line.text())
        if path:
            self.line.setText(path)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        self.line.setText(str(value or ""))

    def value(self) -> Any:
        """Return what is entered."""
        return self.line.text().strip()


class SecretField(SettingField):
    """A secret of the keychain: shown as set or not, never itself. `value` is the new one, None for no change and ""
    to forget it."""

    def __init__(self, spec: SettingSpec) -> None:
        super().__init__(spec)
        self.is_set = False
        self._forgets = False
        self.state = chip("")
        self.replace = button("", self._begin)
        self.forget = button(tr("Forget"), self._forget, variant="ghost")
        self.forget.setAccessibleName(tr("{name}: forget").format(name=self.title))
        self.keep = button(tr("Leave as it is"), self._leave, variant="ghost")
        self.line = QLineEdit()
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setAccessibleName(self.title)
        line = row(self.state, self.replace, self.forget, self.line, self.keep, spacing=8)
        line.addStretch(0)
        line.setStretchFactor(self.line, 1)
        box = boxed(line)
        box.setFocusProxy(self.replace)
        self.field(box)
        self._line = line
        self._leave()

    def show(self, value: Any) -> None:
        """Say whether it is set: a bool."""
        self.is_set = bool(value)
        self._leave()

    def value(self) -> Any:
        """Return what is entered."""
        if self._forgets:
            return ""
        return self.line.text() or None

    def _leave(self) -> None:
        self._forgets = False
        self.line.clear()
        self._show(entering=False)

    def _begin(self) -> None:
        self._forgets = False
        self._show(entering=True)
        self.line.setFocus()

    def _forget(self) -> None:
        self._forgets = True
        self.line.setText("")
        self._show(entering=False)
        self.line.textChanged.emit("")  # a form follows its inputs

    def _show(self, *, entering: bool) -> None:
        there = self.is_set and not self._forgets
        words = tr("will be forgotten") if self._forgets else tr("Set") if there else tr("Not set")
        self.state.setText(words)
        self.replace.setText(tr("Replace…") if there else tr("Enter…"))
        self.replace.setAccessibleName(f"{self.title}: {self.replace.text()}")
        self.state.setVisible(not entering)
        self.replace.setVisible(not entering and not self._forgets)
        self.forget.setVisible(not entering and there)
        self.line.setVisible(entering)
        self.keep.setVisible(entering or self._forgets)


def setting_field(spec: SettingSpec, facts: DeskFacts) -> SettingField:
    """Return the field for a setting."""
    made = _PLAIN.get(spec.kind)
    if made is not None:
        return made(spec)
    if spec.kind is SettingKind.NUMBER:
        return DecimalField(spec) if _has_decimals(spec) else WholeNumberField(spec)
    none: tuple[str, object] = (tr("None"), 0)
    entries: list[tuple[str, object]]
    if spec.kind is SettingKind.CHOICE:
        entries = [(words, key) for key, words in spec.shown_choices(language()).items()]
        if not spec.required and "" not in spec.choices and not spec.default:
            entries.insert(0, (tr("None"), ""))
    elif spec.kind is SettingKind.ACCOUNT:
        entries = [none, *((one.name or one.address, one.id) for one, _health in facts.accounts)]
    elif spec.kind is SettingKind.AGENT:
        entries = [none, *((one.name, one.id) for one in facts.agents if one.active)]
    else:
        entries = [none, *((one.name, one.id) for one in facts.departments)]
    return ChoiceField(spec, entries)


def _has_decimals(spec: SettingSpec) -> bool:
    return any(isinstance(one, float) and one != int(one) for one in (spec.default, spec.minimum, spec.maximum)) or (
        isinstance(spec.default, float)
    )


_PLAIN: dict[SettingKind, Callable[[SettingSpec], SettingField]] = {
    SettingKind.TEXT: TextField,
    SettingKind.ADDRESS: TextField,
    SettingKind.URL: TextField,
    SettingKind.TEMPLATE: TemplateField,
    SettingKind.BOOL: SwitchField,
    SettingKind.MULTI: SeveralField,
    SettingKind.SECRET: SecretField,
    SettingKind.DURATION: DurationField,
    SettingKind.COLOUR: ColourField,
    SettingKind.FILE: FileField,
}
