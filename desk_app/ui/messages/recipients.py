"""A line of addresses as chips."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parseaddr

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPushButton, QSizePolicy, QWidget

from desk_app.domain.messages.model import Address
from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import button
from desk_app.ui.widgets.layout import FlowLayout

_MAILBOX = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+|[^\s@<>,;]+@localhost")


def read_addresses(text: str) -> tuple[list[Address], str]:
    """Return the complete addresses in a typed or pasted text, and what is left over of it."""
    found: list[Address] = []
    rest: list[str] = []
    for piece in re.split(r"[,;\n]+", text):
        if not piece.strip():
            continue
        name, email = parseaddr(piece)
        if _MAILBOX.fullmatch(email):
            found.append(Address(name, email.lower()))
        else:
            rest.append(piece.strip())
    return found, ", ".join(rest)


class RecipientLine(QWidget):
    """Addresses as chips with an input at the end; Return, comma, semicolon and leaving the field make a chip."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._addresses: list[Address] = []
        self._chips: list[QPushButton] = []
        self._flow = FlowLayout(spacing=4)
        self.input = QLineEdit()
        self.input.setProperty("variant", "bare")
        self.input.setAccessibleName(name)
        self.input.setMinimumWidth(120)
        self.input.setMinimumHeight(24)
        self.input.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.input.installEventFilter(self)
        self.input.textEdited.connect(self._typed)
        self._flow.addWidget(self.input)
        self.setLayout(self._flow)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses, what is typed included."""
        self.take_typed()
        return tuple(self._addresses)

    @property
    def unreadable(self) -> str:
        """What is typed but no address."""
        return self.input.text().strip()

    def set_addresses(self, addresses: Iterable[Address]) -> None:
        """Show other addresses."""
        self._addresses = list(dict.fromkeys(addresses))
        self.input.clear()
        self._draw()

    def add(self, addresses: Iterable[Address]) -> None:
        """Add addresses that are not there yet."""
        known = {one.email for one in self._addresses}
        new = [one for one in addresses if one.email not in known]
        if new:
            self._addresses.extend(new)
            self._draw()
            self.changed.emit()

    def remove(self, address: Address) -> None:
        """Take an address out."""
        if address in self._addresses:
            self._addresses.remove(address)
            self._draw()
            self.changed.emit()
            self.input.setFocus()

    def take_typed(self) -> None:
        """Make chips of what is typed."""
        found, rest = read_addresses(self.input.text())
        if found:
            self.input.setText(rest)
            self.add(found)

    def _typed(self, text: str) -> None:
        if text.endswith((",", ";", "\n")) or ("@" in text and text.endswith(" ")):
            self.take_typed()

    def _draw(self) -> None:
        for old in self._chips:
            self._flow.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._chips = []
        for place, address in enumerate(self._addresses):
            chip = button(address.email + "  ×", lambda one=address: self.remove(one), variant="chip")  # type: ignore[misc]
            chip.setToolTip(str(address))
            chip.setAccessibleName(tr("{line} {address}, remove").format(line=self._name, address=address.email))
            self._chips.append(chip)
            self._flow.insert(place, chip)
        self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make chips by Return and by leaving; delete the last one by Backspace."""
        if watched is self.input and event.type() == QEvent.Type.FocusOut:
            self.take_typed()
        if watched is self.input and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.input.text().strip():
                if not event.modifiers():
                    self.take_typed()
                    return True
            elif event.key() == Qt.Key.Key_Backspace and not self.input.text() and self._addresses:
                self.remove(self._addresses[-1])
                return True
        return False
