"""What both profiles do alike: load, lay out in one or two columns, come back to the control that had the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desk_app.ui.contacts.in_place import InPlaceLine, InPlaceText
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import scroller
from desk_app.ui.widgets.layout import boxed, clear, column
from desk_app.ui.widgets.panels import EmptyState

AVATAR, BESIDE_NAME = 56, 9
"""A profile's circle, and how far the letters of a name that is changed in place stand from its edge, in px."""
TWO_COLUMNS = 820
WIDEST = 1560


class ProfilePage(QWidget):
    """A scrolled page of cards about one person or organization."""

    def __init__(self, session: DeskSession, spoken: str, empty: EmptyState) -> None:
        super().__init__()
        self._session = session
        self.shown_id: int | None = None
        self.found: Any = None
        self._round = 0
        self._pending: Any = None
        self._head: QVBoxLayout = column(spacing=12)
        self._left: QVBoxLayout = column(spacing=12)
        self._right: QVBoxLayout = column(spacing=12)
        self._columns = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._columns.setSpacing(12)
        for side in (self._left, self._right):
            self._columns.addLayout(side, 1)
        inside = boxed(column(self._head, self._columns, None, margins=(20, 16, 20, 24), spacing=12), "canvas")
        inside.setMaximumWidth(WIDEST)
        self.area = scroller(boxed(column(inside), "canvas"), spoken)
        self.empty = empty
        self.stack = QStackedWidget()
        self.stack.addWidget(empty)
        self.stack.addWidget(self.area)
        self.setLayout(column(self.stack))
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]

    def read(self, key: int) -> Any:
        """Return what is shown of `key`, None where it is gone; called off the GUI thread."""
        raise NotImplementedError

    def build(self, found: Any) -> None:
        """Fill head and columns."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Follow what is read beside the profile; the profile itself is as it was."""
        raise NotImplementedError

    def open(self, key: int | None) -> None:
        """Show somebody, or nobody."""
        self.keep()
        self.shown_id = key
        self._pending = None
        if key is None:
            self.found = None
            self.stack.setCurrentIndex(0)
            return
        self.load()

    def offer(self, choices: int) -> None:
        """Say what one can do while nobody is shown, `choices` lines being in the list beside it."""
        self.empty.text.setText(_advice() if choices else tr("The list is empty."))

    def keep(self) -> None:
        """Save what is being written."""
        for editor in self.findChildren(InPlaceText):
            editor.keep()

    def load(self) -> None:
        """Read what is shown anew."""
        key = self.shown_id
        if key is None:
            return
        self._round += 1
        this = self._round
        self._session.work.run(lambda: self.read(key), lambda found: self._arrived(found, this), owner=self)

    def _arrived(self, found: Any, round_: int) -> None:
        if round_ != self._round or self.shown_id is None:
            return
        if found is None:
            self.open(None)
            return
        if found == self.found and self.stack.currentIndex() == 1:
            self.refresh()
            return
        if self._is_written_in():
            self._pending = found
            return
        self._show(found)

    def _focus_moved(self, _old: QWidget | None, _new: QWidget | None) -> None:
        if self._pending is not None and not self._is_written_in():
            found, self._pending = self._pending, None
            QTimer.singleShot(0, self, lambda: self._arrived(found, self._round))

    def _is_written_in(self) -> bool:
        """Whether somebody is at a text of this page: it must not be taken away under the cursor."""
        focused = QApplication.focusWidget()
        if not isinstance(focused, (InPlaceLine, InPlaceText)) or not self.isAncestorOf(focused):
            return False
        return isinstance(focused, InPlaceText) or focused.text() != focused.stored

    def _show(self, found: Any) -> None:
        self._pending = None
        focused = QApplication.focusWidget()
        name = focused.accessibleName() if focused is not None and self.area.isAncestorOf(focused) else ""
        place = self.area.verticalScrollBar().value()
        self.setUpdatesEnabled(False)
        for side in (self._head, self._left, self._right):
            clear(side)
        self.build(found)
        self._left.addStretch(1)
        self._right.addStretch(1)
        self._arrange()
        self.setUpdatesEnabled(True)
        self.stack.setCurrentIndex(1)
        if name:
            self._focus(name)
        QTimer.singleShot(0, self, lambda: self.area.verticalScrollBar().setValue(place))

    def _focus(self, name: str) -> None:
        for one in self.area.findChildren(QWidget):
            usable = one.focusPolicy() & Qt.FocusPolicy.TabFocus and not one.isHidden()
            if one.accessibleName() == name and usable and one.isVisibleTo(self):
                one.setFocus()
                return

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the columns beside each other where there is room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = self.width() >= TWO_COLUMNS
        self._columns.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)


def nobody(icon_name: str, title: str, choice: tuple[str, Callable[[], object]] | None = None) -> EmptyState:
    """Return what a profile shows while nobody is chosen."""
    return EmptyState(icon_name, title, _advice(), choice)


def _advice() -> str:
    return tr("Choose one in the list, or press / to search.")
