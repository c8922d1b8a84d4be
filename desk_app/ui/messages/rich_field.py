"""A rich text with its formatting buttons and placeholders, for texts that are written before they are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from desk_app.domain.messages.placeholders import NAMES
from desk_app.ui.language import tr
from desk_app.ui.messages.editor import ComposerEdit
from desk_app.ui.messages.format_bar import FormatBar
from desk_app.ui.messages.link_box import ask_link
from desk_app.ui.messages.serializer import serialize
from desk_app.ui.widgets.basics import Menu, button, restyle
from desk_app.ui.widgets.layout import column, row


def placeholder_words() -> Mapping[str, str]:
    """Return what each placeholder stands for, in words."""
    return {
        "customer.name": tr("Customer's name"),
        "customer.first_name": tr("Customer's first name"),
        "customer.email": tr("Customer's address"),
        "organization.name": tr("Organization"),
        "ticket.number": tr("Ticket number"),
        "ticket.subject": tr("Subject of the ticket"),
        "agent.name": tr("Your name"),
        "agent.first_name": tr("Your first name"),
        "agent.email": tr("Your address"),
        "mailbox.name": tr("Name of the mailbox"),
        "mailbox.address": tr("Address of the mailbox"),
        "department.name": tr("Department"),
    }


def further_of(values: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Return those of sample values that plugins bring: names and titles."""
    return [(name, title) for name, title in values.items() if name not in NAMES]


def sample_values() -> Mapping[str, str]:
    """Return values to preview a text with."""
    return {
        "customer.name": "Maya Lindqvist",
        "customer.first_name": "Maya",
        "customer.email": "maya@lindqvist.example",
        "organization.name": "Lindqvist Studio",
        "ticket.number": "4820",
        "ticket.subject": tr("Where is my parcel?"),
    }


def card_of(content: QWidget) -> QFrame:
    """Return a frame around something to look at."""
    made = QFrame()
    made.setObjectName("panelcard")
    made.setLayout(column(content, margins=(10, 8, 10, 8)))
    made.setAccessibleName(content.accessibleName())
    return made


class RichField(QFrame):
    """The composer's editor in a frame."""

    changed = Signal()

    def __init__(self, name: str, *, height: int = 150) -> None:
        super().__init__()
        self.setObjectName("composer")
        self.further: Sequence[tuple[str, str]] = ()  # names and titles of placeholders that plugins bring
        self.edit = ComposerEdit()
        self.edit.setAccessibleName(name)
        self.edit.setMinimumHeight(height)
        self.bar = FormatBar(self.edit)
        self.insert = button(tr("Insert a placeholder"), self._menu, variant="ghost", icon_name="braces")
        self.setLayout(column(self.edit, row(self.bar, self.insert, spacing=4), margins=(10, 8, 8, 6), spacing=4))
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self.changed)
        self.edit.link_asked.connect(lambda: ask_link(self.edit))
        self.edit.focus_changed.connect(lambda on: restyle(self, active="true" if on else "false"))

    def set_written(self, html: str, text: str) -> None:
        """Show another text."""
        self.edit.blockSignals(True)
        self.edit.show_written(html, text)
        self.edit.document().clearUndoRedoStacks()
        self.edit.blockSignals(False)

    @property
    def written(self) -> tuple[str, str]:
        """HTML and plain text; both "" for an empty one."""
        return serialize(self.edit.document())

    def _menu(self) -> None:
        menu, words = Menu(self), placeholder_words()
        for name in NAMES:
            menu.add(
                f"{words[name]}   {{{{{name}}}}}",
                lambda one=name: self.edit.insertPlainText(f"{{{{{one}}}}}"),  # type: ignore[misc]
            )
        if self.further:
            menu.addSeparator()
        for name, title in self.further:
            menu.add(
                f"{title}   {{{{{name}}}}}",
                lambda one=name: self.edit.insertPlainText(f"{{{{{one}}}}}"),  # type: ignore[misc]
            )
        menu.below(self.insert)
