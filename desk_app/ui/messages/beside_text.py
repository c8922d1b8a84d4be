"""Small layers over the window that open at the cursor of a text: a link to enter, an emoji to choose."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QTextEdit, QWidget

_STAYS = frozenset([Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason])
"""Why a box stays open although the focus goes: another program is in front, or a menu of the box itself."""


class BesideText(QFrame):
    """A box at an editor's cursor. Esc and a lost focus close it; the text gets the focus back."""

    def __init__(self, edit: QTextEdit) -> None:
        super().__init__(edit.window())
        self.setObjectName("palette")
        self._edit = edit

    def open_at_cursor(self, first: QWidget, width: int) -> None:
        """Show the box with the focus in `first`; called at the end of the constructor."""
        for child in (*self.findChildren(QWidget), self.window()):
            child.installEventFilter(self)
        self.setFixedWidth(width)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        first.setFocus()

    def _place(self) -> None:
        host, edit = self.parentWidget(), self._edit
        if host is None:
            return
        corner = edit.mapTo(host, edit.cursorRect().bottomLeft())
        x = max(12, min(corner.x(), host.width() - self.width() - 12))
        y = corner.y() + 8
        if y + self.height() > host.height() - 12:
            y = max(12, corner.y() - edit.cursorRect().height() - self.height() - 8)
        self.move(x, y)

    def leave(self) -> None:
        """Close the box."""
        self.hide()
        self.deleteLater()
        self._edit.setFocus()

    def _look_away(self) -> None:
        """Close where the focus went elsewhere; it stays there."""
        focused = QApplication.focusWidget()
        if focused is not None and focused is not self and not self.isAncestorOf(focused):
            self.hide()
            self.deleteLater()

    def pressed(self, _watched: QObject, _key: Qt.Key) -> bool:
        """Handle a key in a child; returns whether it was one of the box's own."""
        return False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Esc leave the box instead of the window's pane."""
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            QTimer.singleShot(0, self, self._place)
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut and event.reason() not in _STAYS:
            QTimer.singleShot(0, self, self._look_away)
        if not isinstance(event, QKeyEvent) or watched is self.parentWidget():
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
            return True
        return self.pressed(watched, Qt.Key(event.key()))
