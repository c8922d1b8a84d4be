"""Finds the customer of a ticket opened by hand: typed words become people of the desk, and their open tickets show
that the matter may be there already (MB-23)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from desk_app.domain.contacts.query import ContactQuery
from desk_app.domain.messages.model import Address
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.queries.contacts import ContactRow
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import tr
from desk_app.ui.messages.recipients import read_addresses
from desk_app.ui.session import DeskSession
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import boxed, clear, column, row

SHOWN = 6
PAUSE_MS = 150
WORKING = (Bucket.OPEN, Bucket.WAITING, Bucket.SNOOZED)


class RequesterSearch(QWidget):
    """One line for a name, an address or a phone number; known people appear below it while typing."""

    changed = Signal()
    grew = Signal()
    """Something is shown below the line, or not any more."""
    open_asked = Signal(int)
    """A ticket that may be about the same matter."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self._session = session
        self._contact: ContactRow | None = None
        self.input = QLineEdit()
        self.input.setPlaceholderText(tr("Name, e-mail address or phone number"))
        self.input.setAccessibleName(tr("Customer"))
        self.input.installEventFilter(self)
        self.found = QListWidget()
        self.found.setAccessibleName(tr("People found"))
        self.found.setObjectName("pick")
        self.found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.found.itemClicked.connect(lambda _item: self._take())
        self.found.hide()
        self._hint = boxed(column(spacing=4))
        self._hint.hide()
        self.setLayout(column(self.input, self.found, self._hint, spacing=4))
        self.setFocusProxy(self.input)
        self._pause = single_shot(self, PAUSE_MS, self._look)
        self.input.textEdited.connect(self._typed)

    # -- what was entered -------------------------------------------------------------------------------------------
    @property
    def contact_id(self) -> int | None:
        """The person chosen among those found."""
        return self._contact.id if self._contact is not None else None

    @property
    def address(self) -> Address:
        """Name and e-mail address as far as they are known; either may be empty."""
        text = self.input.text().strip()
        if self._contact is not None:
            return Address(self._contact.name, self._contact.email)
        read, rest = read_addresses(text)
        return read[0] if read else Address(rest or text, "")

    @property
    def duplicates(self) -> int:
        """How many open tickets of this customer are offered."""
        return self._hint.property("tickets") or 0

    def set_address(self, address: Address) -> None:
        """Show somebody."""
        self._contact = None
        self.input.setText(str(address))
        self._look(choose=address.email)
        self.changed.emit()

    def _typed(self, _text: str) -> None:
        self._contact = None
        self._show_tickets([])
        self._pause.start()
        self.changed.emit()

    # -- people -----------------------------------------------------------------------------------------------------
    def _look(self, choose: str = "") -> None:
        text, queries = self.input.text().strip(), self._session.desk.contact_queries
        read = read_addresses(text)[0]
        words = choose or (read[0].email if read else text)
        if len(words) < 2:
            self.found.hide()
            return

        def search() -> list[ContactRow]:
            return queries.rows(list(queries.ids(ContactQuery(search=words))[:SHOWN]))

        def arrived(rows: list[ContactRow]) -> None:
            if text == self.input.text().strip():
                self._offer(rows, words)

        self._session.work.run(search, arrived, owner=self)

    def _offer(self, rows: list[ContactRow], words: str) -> None:
        same = next((one for one in rows if one.email and one.email.lower() == words.lower()), None)
        if same is not None:
            self._choose(same)
            return
        self.found.clear()
        for one in rows:
            item = QListWidgetItem("  ·  ".join(part for part in (one.name, one.email, one.organization) if part))
            item.setData(Qt.ItemDataRole.UserRole, one)
            self.found.addItem(item)
        height = self.found.sizeHintForRow(0) * self.found.count() + 14 if rows else 0
        self.found.setFixedHeight(height)
        self.found.setVisible(bool(rows))
        self.grew.emit()
        self.found.setCurrentRow(0 if rows else -1)

    def _take(self) -> None:
        item = self.found.currentItem() if self.found.currentRow() >= 0 else None
        one = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if isinstance(one, ContactRow):
            self._choose(one)

    def _choose(self, one: ContactRow) -> None:
        self._contact = one
        self.found.hide()
        self.input.setText(str(Address(one.name, one.email)))
        queries, agent_id = self._session.desk.ticket_queries, self._session.agent.id
        query = TicketQuery(buckets=WORKING, requester_id=one.id)

        def arrived(rows: Sequence[TicketRow]) -> None:
            if self._contact is one:
                self._show_tickets(rows)

        def read() -> Sequence[TicketRow]:
            return queries.page(query, agent_id=agent_id, limit=3).rows

        self._session.work.run(read, arrived, owner=self)
        self.changed.emit()

    # -- the same matter --------------------------------------------------------------------------------------------
    def _show_tickets(self, rows: Sequence[TicketRow]) -> None:
        inside = self._hint.layout()
        clear(inside)  # type: ignore[arg-type]
        if rows:
            text = tr("This customer has open tickets. Is it about one of them?")
            inside.addWidget(label(text, "secondary", wrap=True))  # type: ignore[union-attr]
        for one in rows:
            words = f"#{one.number} {one.subject or tr('(no subject)')}"
            made = button(words[:70].replace("&", "&&"), partial(self.open_asked.emit, one.id), variant="link")
            inside.addLayout(row(made, None))  # type: ignore[union-attr]
        self._hint.setProperty("tickets", len(rows))
        self._hint.setVisible(bool(rows))
        self.grew.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Steer the people found from the line."""
        if watched is self.input and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self.found.isVisible():
                last = self.found.count() - 1
                self.found.setCurrentRow(max(0, min(last, self.found.currentRow() + step)))
                return True
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.found.isVisible():
                self._take()
                return True
            if event.key() == Qt.Key.Key_Escape and self.found.isVisible():
                self.found.hide()
                return True
        return False
