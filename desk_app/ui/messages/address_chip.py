"""One recipient as a chip: focusable, editable, movable to another line."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDrag, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton

from desk_app.domain.messages.model import Address
from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import Menu

MIME = "application/x-desk-app-address"
CROSS_PX = 22
"""How wide the part at the right end is that takes the address out."""


def shown_address(address: Address) -> str:
    """Return how a recipient is called: by the address, but in a chat, where it is a number, by the name (decision
    122: no dot behind the "@")."""
    is_chat = "." not in address.email.rpartition("@")[2]
    return address.name if is_chat and address.name else address.email


class AddressChip(QPushButton):
    """Delete takes it out, Return edits it, the arrows walk on; a click on the cross takes it out too."""

    removed = Signal(object)
    edited = Signal(object)
    walked = Signal(object, int)
    """The address and -1 or 1."""
    moved = Signal(object, str)
    """The address and the name of the line it goes to."""

    def __init__(self, line: str, address: Address, others: Callable[[], list[str]]) -> None:
        super().__init__(shown_address(address) + "  ×")
        self.address, self._others = address, others
        self._pressed: QPoint | None = None
        self.setProperty("variant", "chip")
        self.setAutoDefault(False)
        self.setToolTip(str(address))
        self.setAccessibleName(tr("{line} {address}, remove").format(line=line, address=shown_address(address)))
        self.setAccessibleDescription(tr("Delete removes it, Enter edits it."))
        self.clicked.connect(lambda _on=False: self._clicked())

    def explain(self, why: str) -> None:
        """Say in the tool tip why it stands here."""
        self.setToolTip("\n".join(part for part in (str(self.address), why) if part))

    def _clicked(self) -> None:
        at = self._pressed
        self._pressed = None
        if at is None or at.x() >= self.width() - CROSS_PX:  # by key or screen reader, or on the cross
            self.removed.emit(self.address)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle the chip's keys."""
        key = event.key()
        if key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.removed.emit(self.address)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2} and not event.modifiers():
            self.edited.emit(self.address)
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self.walked.emit(self.address, -1 if key == Qt.Key.Key_Left else 1)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where it was pressed."""
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit it."""
        if event.position().x() < self.width() - CROSS_PX:
            self.edited.emit(self.address)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin to drag it to another line."""
        far = self._pressed is not None and (
            (event.position().toPoint() - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        )
        if not far:
            super().mouseMoveEvent(event)
            return
        self._pressed = QPoint(0, 0)
        self.setDown(False)
        drag = QDrag(self)
        data = QMimeData()
        data.setData(MIME, f"{self.address.name}\0{self.address.email}".encode())
        data.setText(str(self.address))
        drag.setMimeData(data)
        drag.setPixmap(self.grab())
        if drag.exec(Qt.DropAction.MoveAction) == Qt.DropAction.MoveAction:
            self.removed.emit(self.address)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer everything that dragging and keys do."""
        menu, one = Menu(self), self.address
        menu.add(tr("Edit"), lambda: self.edited.emit(one), icon_name="pencil", key="Return")
        for name in self._others():
            words = tr("Move to {line}").format(line=name)
            menu.add(words, lambda line=name: self.moved.emit(one, line), icon_name="users")  # type: ignore[misc]
        menu.add(tr("Copy the address"), lambda: QApplication.clipboard().setText(str(one)), icon_name="copy")
        menu.add(tr("Remove"), lambda: self.removed.emit(one), icon_name="x", key="Del")
        menu.popup(event.globalPos())
