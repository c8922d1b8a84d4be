"""The head of a letter: to whom, from which address, about what."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QWidget

from desk_app.domain.messages.model import Address
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import tr
from desk_app.ui.messages.recipients import RecipientLine
from desk_app.ui.theme.theme import theme
from desk_app.ui.timers import next_turn
from desk_app.ui.widgets.basics import button, icon_button, label
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, column, row

DOT_PX = 10
ROOMY = 560
"""From this width on, in px, recipients and sender share a line."""


class LetterHead(QWidget):
    """Recipients as chips, the sender with its mailbox's colour, and the subject where it is wanted. A line for copies
    is there while it holds an address, and for who asks for it until they go on elsewhere."""

    changed = Signal()
    sender_changed = Signal()
    """Another mailbox or address was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.to, self.cc, self.bcc = RecipientLine(tr("To")), RecipientLine(tr("Cc")), RecipientLine(tr("Bcc"))
        self.more = button(tr("Cc Bcc"), self.show_copies, variant="link")
        self.explain = icon_button("info", tr("Why these recipients?"), size=14, side=26)
        self.from_box = Choice(name=tr("From"))
        self.from_box.setProperty("variant", "bare")
        self.from_box.setIconSize(QSize(DOT_PX, DOT_PX))
        self.from_box.setMinimumWidth(80)  # gives way to the recipients where room is short
        self.from_box.setMaximumWidth(300)
        self.from_box.currentTextChanged.connect(self.from_box.setToolTip)
        self.subject = QLineEdit()
        self.subject.setProperty("variant", "bare")
        self.subject.setAccessibleName(tr("Subject"))
        self.subject.setMinimumHeight(24)
        self._copies = {line: boxed(_line(line.name, line)) for line in (self.cc, self.bcc)}
        self._copies_asked = False
        self._subject_row = boxed(_line(tr("Subject"), self.subject))
        self._first = _line(tr("To"), self.to, self.explain, self.more, self.from_box)
        self._sender = row(label(tr("From"), "tertiary"), None, spacing=8)
        self._sender_row = boxed(self._sender)
        self._sender_row.hide()
        self.setLayout(column(self._first, *self._copies.values(), self._sender_row, self._subject_row, spacing=2))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._fit_copies()
        self._subject_row.hide()
        self.subject.textEdited.connect(self.changed)
        self.from_box.activated.connect(self.changed)
        self.from_box.currentIndexChanged.connect(lambda _place: self.sender_changed.emit())
        self.lines = (self.to, self.cc, self.bcc)
        for one in self.lines:
            one.others = tuple(other.name for other in self.lines if other is not one)
            one.changed.connect(self.changed)
            one.move_asked.connect(lambda address, name, line=one: self._move(line, address, name))
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the sender has a line of its own, and the recipients get the room of the
        explanation: their tool tips tell the same."""
        super().resizeEvent(event)
        roomy = self.width() >= ROOMY
        if roomy != self._sender_row.isHidden():
            self._give_sender_a_line(own=not roomy)

    def _give_sender_a_line(self, *, own: bool) -> None:
        self.explain.setVisible(not own)
        (self._first if own else self._sender).removeWidget(self.from_box)
        if own:
            self._sender.insertWidget(1, self.from_box)
        else:
            self._first.addWidget(self.from_box, 0, Qt.AlignmentFlag.AlignTop)
        self._sender_row.setVisible(own)

    def set_facts(self, facts: DeskFacts) -> None:
        """Take the addresses of the desk; the one chosen stays."""
        here = self.chosen_sender
        self.from_box.blockSignals(True)
        self.from_box.clear()
        for account, _health in facts.accounts:
            if account.enabled:
                for address in account.addresses:
                    self.from_box.addItem(_dot(account.colour), address, (account.id, address))
        self.from_box.blockSignals(False)
        if here != (0, ""):
            self.choose_sender(*here)

    @property
    def chosen_sender(self) -> tuple[int, str]:
        """The mailbox and the address chosen; (0, "") where there is none."""
        return self.from_box.currentData() or (0, "")

    def choose_sender(self, account_id: int, address: str) -> None:
        """Send from an address; one of a mailbox that is switched off is shown as well."""
        for place in range(self.from_box.count()):
            if self.from_box.itemData(place) == (account_id, address):
                self.from_box.setCurrentIndex(place)
                return
        if account_id and address:
            self.from_box.addItem(address, (account_id, address))
            self.from_box.setCurrentIndex(self.from_box.count() - 1)

    def set_people(self, to: tuple[Address, ...], cc: tuple[Address, ...], bcc: tuple[Address, ...] = ()) -> None:
        """Show other recipients; copies only where there are any."""
        self.to.set_addresses(to)
        self.cc.set_addresses(cc)
        self.bcc.set_addresses(bcc)
        self._copies_asked = False
        self._fit_copies()

    def set_reasons(self, sentences: list[str]) -> None:
        """Explain the recipients in the tool tip beside them."""
        self.explain.setToolTip("\n".join(sentences) or tr("Why these recipients?"))
        for line in self.lines:
            line.set_reason("\n".join(sentences))

    def _move(self, line: RecipientLine, address: Address, name: str) -> None:
        """Move an address to another line: what dragging a chip does."""
        target = next(one for one in self.lines if one.name == name)
        line.remove(address)
        target.add([address])
        self._fit_copies()
        target.input.setFocus()

    @property
    def unreadable(self) -> str:
        """What is typed in a line but no address."""
        return self.to.unreadable or self.cc.unreadable or self.bcc.unreadable

    def show_copies(self) -> None:
        """Show the lines for copies and begin the first one that is empty."""
        self._copies_asked = True
        self._fit_copies()
        next((line for line in self._copies if line.empty), self.cc).input.setFocus()

    def _fit_copies(self) -> None:
        focused: QWidget | None = self.window().focusWidget()
        for line, shown in self._copies.items():
            here = focused is not None and line.isAncestorOf(focused)
            shown.setVisible(self._copies_asked or here or not line.empty)

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        """Take lines away that were left empty; not while a mouse is held down, or what it points at would move away
        under it. Who only turns to another window comes back to them."""
        needless = any(line.empty and not shown.isHidden() for line, shown in self._copies.items())
        if not needless or new is None or new.window() is not self.window():
            return
        if not self.isAncestorOf(new):
            self._copies_asked = False
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._fit_copies()
        else:
            QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Wait for the mouse to be let go."""
        if event.type() == QEvent.Type.MouseButtonRelease:
            QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
            next_turn(self, self._fit_copies)
        return False

    def show_subject(self, *, on: bool | None = None, focus: bool = True) -> None:
        """Show the subject's line, hide it, or (`on` None) the other of both."""
        shown = self._subject_row.isHidden() if on is None else on
        self._subject_row.setVisible(shown)
        if shown and focus:
            self.subject.setFocus()


def _line(name: str, *widgets: QWidget) -> Any:
    caption = label(name, "tertiary")
    line = row(caption, *widgets, spacing=8)
    line.setStretchFactor(widgets[0], 1)
    caption.setMinimumHeight(26)
    for widget in (caption, *widgets[1:]):
        widget.setMinimumHeight(26)
        line.setAlignment(widget, Qt.AlignmentFlag.AlignTop)
    return line


def _dot(token: str) -> QIcon:
    """Return a mailbox's colour as a dot."""
    picture = QPixmap(DOT_PX * 2, DOT_PX * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour(token))
    painter.drawEllipse(1, 1, DOT_PX - 2, DOT_PX - 2)
    painter.end()
    return QIcon(picture)
