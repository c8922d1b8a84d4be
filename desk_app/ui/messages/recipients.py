"""A line of addresses as chips."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parseaddr

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QWidget

from desk_app.domain.messages.model import Address
from desk_app.ui.messages.address_chip import MIME, AddressChip
from desk_app.ui.widgets.layout import FlowLayout

_MAILBOX = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+|[^\s@<>,;]+@localhost")
_BETWEEN = re.compile(r"[,;\n\t]+(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")
_BARE = re.compile(r"\s+")


def read_addresses(text: str) -> tuple[list[Address], str]:
    """Return the complete addresses in a typed or pasted text, and what is left over of it. They stand between commas,
    semicolons, tabs or lines, bare ones also between blanks; a quoted name may hold a comma."""
    found: list[Address] = []
    rest: list[str] = []
    for piece in _BETWEEN.split(text):
        if not piece.strip():
            continue
        several = _BARE.split(piece.strip())
        if len(several) > 1 and all(_MAILBOX.fullmatch(one) for one in several):
            found.extend(Address("", one.lower()) for one in several)
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
    move_asked = Signal(object, str)
    """An Address and the name of the line it is to go to."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.others: tuple[str, ...] = ()
        """Names of the lines a chip can be moved to."""
        self._why = ""
        self._addresses: list[Address] = []
        self._chips: list[AddressChip] = []
        self._flow = FlowLayout(spacing=4)
        self.input = QLineEdit()
        self.input.setProperty("variant", "bare")
        self.input.setAccessibleName(name)
        self.input.setMinimumWidth(40)
        self.input.setMinimumHeight(24)
        self.input.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.input.installEventFilter(self)
        self.input.textEdited.connect(self._typed)
        self._flow.addWidget(self.input)
        self.setLayout(self._flow)
        self.setAcceptDrops(True)
        self.input.setAcceptDrops(False)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses, what is typed included; the input stays as it is: somebody may be in the middle of a word."""
        typed, _rest = read_addresses(self.input.text())
        known = {one.email for one in self._addresses}
        return (*self._addresses, *{one.email: one for one in typed if one.email not in known}.values())

    @property
    def chosen(self) -> frozenset[str]:
        """The addresses that stand as chips."""
        return frozenset(one.email for one in self._addresses)

    @property
    def chips(self) -> tuple[AddressChip, ...]:
        """The chips in order."""
        return tuple(self._chips)

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it, not even half an address."""
        return not (self._addresses or self.input.text())

    @property
    def unreadable(self) -> str:
        """What is typed but no address."""
        return read_addresses(self.input.text())[1]

    def set_addresses(self, addresses: Iterable[Address]) -> None:
        """Show other addresses."""
        self._addresses = list(dict.fromkeys(addresses))
        self.input.clear()
        self._draw()

    def set_reason(self, why: str) -> None:
        """Say in the chips' tool tips why they stand here."""
        self._why = why
        for chip in self._chips:
            chip.explain(why)

    def add(self, addresses: Iterable[Address]) -> None:
        """Add addresses that are not there yet."""
        known = {one.email for one in self._addresses}
        new = [one for one in addresses if one.email not in known]
        if new:
            self._addresses.extend({one.email: one for one in new}.values())
            self._draw()
            self.changed.emit()

    def remove(self, address: Address) -> None:
        """Take an address out."""
        if address in self._addresses:
            self._addresses.remove(address)
            self._draw()
            self.changed.emit()
            self.input.setFocus()

    def edit_address(self, address: Address) -> None:
        """Put an address into the input to be changed."""
        if address in self._addresses:
            self.take_typed()
            self._addresses.remove(address)
            self._draw()
            self.input.setText(str(address) if address.name else address.email)
            self.input.setFocus()
            self.input.selectAll()
            self.changed.emit()

    def take_typed(self) -> None:
        """Make chips of what is typed."""
        found, rest = read_addresses(self.input.text())
        if found:
            self.input.setText(rest)
            self.add(found)

    def take_text(self, text: str) -> None:
        """Make chips of a pasted text; what is no address is put into the input."""
        found, rest = read_addresses(text)
        self.add(found)
        self.input.insert(" ".join(rest.split()) if found else " ".join(text.split()))

    def _typed(self, text: str) -> None:
        if text.endswith((",", ";", "\n")) or ("@" in text and text.endswith(" ")):
            self.take_typed()

    def _walk(self, address: Address, by: int) -> None:
        place = self._addresses.index(address) + by
        if 0 <= place < len(self._chips):
            self._chips[place].setFocus()
        elif place >= len(self._chips):
            self.input.setFocus()

    def _draw(self) -> None:
        for old in self._chips:
            self._flow.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._chips = []
        for place, address in enumerate(self._addresses):
            chip = AddressChip(self.name, address, lambda: list(self.others))
            chip.explain(self._why)
            chip.removed.connect(self.remove)
            chip.edited.connect(self.edit_address)
            chip.walked.connect(self._walk)
            chip.moved.connect(self.move_asked)
            self._chips.append(chip)
            self._flow.insert(place, chip)
        self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make chips by Return, by pasting and by leaving; walk into them by Backspace and the arrow."""
        if watched is not self.input:
            return False
        if event.type() == QEvent.Type.FocusOut:
            self.take_typed()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.matches(QKeySequence.StandardKey.Paste):
            self.take_text(QApplication.clipboard().text())
            return True
        at_start = not self.input.text() or (self.input.cursorPosition() == 0 and not self.input.hasSelectedText())
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.input.text().strip():
            if not event.modifiers():
                self.take_typed()
                return True
        elif event.key() == Qt.Key.Key_Backspace and not self.input.text() and self._addresses:
            self.remove(self._addresses[-1])
            return True
        elif event.key() == Qt.Key.Key_Left and at_start and self._chips:
            self._chips[-1].setFocus()
            return True
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take chips of other lines, and addresses from elsewhere."""
        if event.mimeData().hasFormat(MIME) or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped; the line it came from gives it up."""
        data = event.mimeData()
        if data.hasFormat(MIME):
            name, _, email = bytes(data.data(MIME).data()).decode().partition("\0")
            if Address(name, email) in self._addresses:
                event.ignore()
                return
            self.add([Address(name, email)])
            event.setDropAction(Qt.DropAction.MoveAction)
            event.accept()
        else:
            self.take_text(data.text())
            event.acceptProposedAction()
