"""What pages of settings are made of: a scrolled column, and a footer that is there only when there are changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QBoxLayout,
    QComboBox,
    QDateTimeEdit,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QSpinBox,
    QTextEdit,
    QWidget,
)

from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import BAR, button, chip, label, restyle, scroller, set_words, steady
from desk_app.ui.widgets.layout import Item, boxed, column, may_wrap, row
from desk_app.ui.widgets.panels import announce

WIDTH = 760
"""The widest a column of settings gets, in px: longer lines are hard to read. It stands in the middle."""


@runtime_checkable
class Leavable(Protocol):
    """A page that may hold changes nobody saved."""

    def leave(self, then: Callable[[], None]) -> None:
        """Call `then` when the page may be left: at once, or after the person decided about the changes."""
        ...


def page_head(title: str, text: str = "") -> QWidget:
    """Return the heading of a page with a sentence below it."""
    content = column(label(title, "h2"), spacing=4)
    if text:
        content.addWidget(label(text, "secondary", wrap=True))
    return boxed(content)


def page_column(*items: Item, title: str, into: QBoxLayout | None = None) -> QWidget:
    """Return a scrolled column on the settings' background; `title` is its spoken name, `into` what it is put into."""
    content = QWidget()
    page = boxed(column(steady(scroller(boxed(in_the_middle(content), "canvas"), title))), "canvas")
    if into is not None:
        into.addWidget(page)
    for one in items:
        if isinstance(one, QWidget) and may_wrap(one):  # and be higher where it is narrow
            one.setSizePolicy(one.sizePolicy().horizontalPolicy(), QSizePolicy.Policy.Preferred)
    # last, for whatever is put into something else gets a new style, with all that is inside
    content.setLayout(column(*items, None, margins=(28, 24, 28, 24), spacing=16))
    return page


def in_the_middle(content: QWidget) -> QHBoxLayout:
    """Return a line with a column of settings: all there is, to its width, and as much room on either side."""
    content.setMaximumWidth(WIDTH)
    line = row(None, content, None, spacing=0)
    line.setStretchFactor(content, 1000)
    return line


class ChangesFooter(QFrame):
    """A strip below a form: that there are changes, Discard and Save; the question before leaving; what went wrong."""

    save_asked = Signal()
    revert_asked = Signal()

    def __init__(self, save_words: str = "") -> None:
        super().__init__()
        self.setObjectName("settingsfooter")
        self._words = save_words or tr("Save")
        self._then: Callable[[], None] | None = None
        self.mark = chip(tr("Unsaved changes"), "warning")
        self.message = label("", "secondary", wrap=True)
        self.revert = button(tr("Discard"), self.revert_asked.emit)
        self.stay = button(tr("Stay here"), self._stay, variant="ghost")
        self.save = button(self._words, self.save_asked.emit, variant="primary")
        line = row(self.mark, self.message, self.stay, self.revert, self.save, margins=(28, 10, 28, 10), spacing=10)
        line.setStretchFactor(self.message, 1)
        middle = in_the_middle(boxed(line))
        middle.setContentsMargins(0, 0, BAR, 0)  # below the fields, which stand beside a scroll bar
        self.setLayout(middle)
        self.show_clean()

    @property
    def asking(self) -> bool:
        """Whether the question before leaving is shown."""
        return self._then is not None

    def take_next(self) -> Callable[[], None] | None:
        """Return where the person wanted to go, and forget it."""
        then, self._then = self._then, None
        return then

    def show_clean(self) -> None:
        """Go away: there is nothing to save."""
        self._then = None
        self.hide()

    def show_changes(self) -> None:
        """Say that there are changes."""
        self._then = None
        self._say("")
        set_words(self.save, self._words, gap=False)
        set_words(self.revert, tr("Discard"), gap=False)
        self.stay.hide()
        self.mark.show()
        self.show()

    def ask_before(self, then: Callable[[], None]) -> None:
        """Ask what becomes of the changes before `then`."""
        self._then = then
        self._say(tr("Save the changes before you go on?"))
        set_words(self.save, tr("Save and go on"), gap=False)
        set_words(self.revert, tr("Discard and go on"), gap=False)
        self.mark.hide()  # the question says it
        self.stay.show()
        self.show()
        self.save.setFocus()
        announce(self, self.message.text())

    def show_error(self, text: str) -> None:
        """Say why saving failed; nothing is lost."""
        self._then = None
        self._say(text, bad=True)
        self.save.setEnabled(True)
        self.show()
        announce(self, text)

    def show_text(self, text: str, *, bad: bool = False, changes: bool = False) -> None:
        """Say something that goes with the form; without changes there is nothing to press."""
        self._say(text, bad=bad)
        self.mark.setVisible(changes)
        self.stay.hide()
        for one in (self.save, self.revert):
            one.setVisible(changes)
        self.show()
        if bad:
            announce(self, text)

    def _say(self, text: str, *, bad: bool = False) -> None:
        self.save.show()
        self.revert.show()
        self.message.setText(text)
        restyle(self.message, state="danger" if bad else "")
        self.save.setEnabled(True)

    def _stay(self) -> None:
        self.show_changes()


class SettingsForm(QWidget):
    """A form whose footer appears with the first change and goes when everything is as it was again.

    A subclass builds its controls, hands them to `build`, and says how to `save` and how to `show_stored`. Every input
    inside is watched; one with the property `unwatched` is left out.
    """

    saved = Signal()

    def __init__(self, title: str, save_words: str = "") -> None:
        super().__init__()
        self.title = title
        self.footer = ChangesFooter(save_words)
        self.footer.save_asked.connect(self.save)
        self.footer.revert_asked.connect(self._revert)
        self._inputs: list[QWidget] = []
        self._clean: Sequence[object] = ()

    def build(self, *items: Item) -> None:
        """Lay the form out and begin to watch it."""
        whole = column(spacing=0)
        self.setLayout(whole)
        page_column(*items, title=self.title, into=whole)
        whole.addWidget(self.footer)
        self.watch()

    # -- what a form has to say -----------------------------------------------------------------------------------
    def save(self) -> None:
        """Store what is entered; call `was_saved` or `footer.show_error` when it is known how that went."""
        raise NotImplementedError

    def show_stored(self) -> None:
        """Fill the controls with what is stored."""
        raise NotImplementedError

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something at the foot of the form, whether there are changes or not; "" says nothing more."""
        if text:
            self.footer.show_text(text, bad=bad, changes=self.has_changes)
        elif self.has_changes:
            self.footer.show_changes()
        else:
            self.footer.show_clean()

    # -- changes --------------------------------------------------------------------------------------------------
    def watch(self) -> None:
        """Look for inputs, take their present state as unchanged, and follow them."""
        self._inputs = [one for one in self.findChildren(QWidget) if _is_input(one)]
        for one in self._inputs:
            if not one.property("watched"):
                one.setProperty("watched", True)
                _on_change(one, self._changed)
        self.mark_clean()

    def mark_clean(self) -> None:
        """Take the present state as the stored one."""
        self._clean = self._state()
        self.footer.show_clean()

    @property
    def has_changes(self) -> bool:
        """Whether something differs from what is stored."""
        return list(self._state()) != list(self._clean)

    def was_saved(self) -> None:
        """Tell that what is shown is stored now, and go where the person wanted to go."""
        then = self.footer.take_next()
        self.mark_clean()
        self.saved.emit()
        if then is not None:
            then()

    def leave(self, then: Callable[[], None]) -> None:
        """Go on when there is nothing to save, else ask below the form (ui.md 4.14)."""
        if self.has_changes:
            self.footer.ask_before(then)
        else:
            then()

    def _revert(self) -> None:
        then = self.footer.take_next()
        self.show_stored()
        self.mark_clean()
        if then is not None:
            then()

    def _state(self) -> Sequence[object]:
        return [_value(one) for one in self._inputs]

    def _changed(self, *_args: object) -> None:
        if self.has_changes:
            self.footer.show_changes()
        elif not self.footer.isHidden():
            self.footer.show_clean()


_INPUTS = (QLineEdit, QComboBox, QSpinBox, QDateTimeEdit, QPlainTextEdit, QTextEdit, QAbstractButton)


def _is_input(widget: QWidget) -> bool:
    if not isinstance(widget, _INPUTS) or widget.property("unwatched"):
        return False
    if widget.objectName().startswith("qt_") or isinstance(widget.parentWidget(), (QComboBox, QAbstractSpinBox)):
        return False
    return widget.isCheckable() if isinstance(widget, QAbstractButton) else True


def _value(widget: QWidget) -> object:
    if isinstance(widget, QAbstractButton):
        return widget.isChecked()
    if isinstance(widget, QComboBox):
        return widget.currentText() if widget.isEditable() else widget.currentIndex()
    if isinstance(widget, QSpinBox):
        return widget.value()
    if isinstance(widget, QDateTimeEdit):
        return widget.dateTime()
    if isinstance(widget, (QPlainTextEdit, QTextEdit)):
        return widget.toPlainText()
    return widget.text() if isinstance(widget, QLineEdit) else None


def _on_change(widget: QWidget, call: Callable[..., None]) -> None:
    if isinstance(widget, QAbstractButton):
        widget.toggled.connect(call)
    elif isinstance(widget, QComboBox):
        widget.currentTextChanged.connect(call)
    elif isinstance(widget, QSpinBox):
        widget.valueChanged.connect(call)
    elif isinstance(widget, QDateTimeEdit):
        widget.dateTimeChanged.connect(call)
    elif isinstance(widget, (QLineEdit, QPlainTextEdit, QTextEdit)):
        widget.textChanged.connect(call)


class WrappedClick(QObject):
    """Makes a click on a row's text work its switch."""

    def __init__(self, target: QAbstractButton) -> None:
        super().__init__(target)
        self._target = target

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Toggle at the release of the mouse."""
        if event.type() == QEvent.Type.MouseButtonRelease and self._target.isEnabled():
            self._target.toggle()
        return False


class SwitchRow(QFrame):
    """A setting that is on or off: its name, what it means, and a switch at the right."""

    def __init__(self, name: str, control: QAbstractButton, help_text: str = "") -> None:
        super().__init__()
        self.setObjectName("settingrow")
        self.name, self.control = name, control
        self.setProperty("setting", True)
        if not control.accessibleName():
            control.setAccessibleName(name)
        heading: QLabel = label(name, "strong", wrap=True)
        texts = column(heading, spacing=2)
        if help_text:
            control.setAccessibleDescription(help_text)
            texts.addWidget(label(help_text, "tertiary", wrap=True))
        heading.installEventFilter(WrappedClick(control))
        line = row(texts, control, margins=(12, 10, 12, 10), spacing=12)
        line.setStretchFactor(texts, 1)
        self.setLayout(line)
