"""Small questions about tickets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLineEdit, QListWidget, QListWidgetItem, QWidget

from desk_app.domain.messages.model import Address
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.queries.conversation import MessageView
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import tr
from desk_app.ui.messages.cards import author
from desk_app.ui.messages.recipients import read_addresses
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import card_time, utc_now
from desk_app.ui.tickets.views import EVERYWHERE
from desk_app.ui.widgets.basics import label, restyle
from desk_app.ui.widgets.layout import column
from desk_app.ui.widgets.panels import Field

HITS = 30


class Question(QDialog):
    """A dialog with a title, some content and two buttons."""

    def __init__(self, title: str, yes: str, parent: QWidget | None = None, *, danger: bool = False) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(460)
        self.content = column(label(title, "title", wrap=True), spacing=12)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.yes = self.buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
        restyle(self.yes, variant="danger" if danger else "primary")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.setLayout(column(self.content, self.buttons, margins=(20, 20, 20, 16), spacing=16))

    def ask(self, on_yes: Callable[[], object]) -> None:
        """Open without blocking; `on_yes` is called when the agent agrees."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.accepted.connect(on_yes)
        self.open()


class SplitQuestion(Question):
    """Which messages go to a new ticket."""

    def __init__(
        self, messages: Sequence[MessageView], chosen: int, subject: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(tr("Split into a new ticket"), tr("Split"), parent)
        self.subject = QLineEdit(subject)
        self.content.addWidget(Field(tr("Subject of the new ticket"), self.subject))
        self.content.addWidget(label(tr("Messages to move"), "strong"))
        self._boxes: list[tuple[QCheckBox, int]] = []
        for message in messages[-12:]:
            words = f"{author(message)} · {card_time(message.sent_at, utc_now())} · {message.snippet[:50]}"
            box = QCheckBox(words.replace("&", "&&"))
            box.setChecked(message.id == chosen)
            box.toggled.connect(lambda _on: self._check())
            self._boxes.append((box, message.id))
            self.content.addWidget(box)
        self._check()

    def _check(self) -> None:
        self.yes.setEnabled(0 < len(self.message_ids) < len(self._boxes))

    @property
    def message_ids(self) -> list[int]:
        """The chosen messages."""
        return [message_id for box, message_id in self._boxes if box.isChecked()]


class PersonQuestion(Question):
    """Who the customer of a ticket is."""

    def __init__(self, title: str, yes: str, address: Address | None = None, parent: QWidget | None = None) -> None:
        super().__init__(title, yes, parent)
        self.email, self.name = QLineEdit(), QLineEdit()
        self.content.addWidget(Field(tr("E-mail address"), self.email))
        self.content.addWidget(Field(tr("Name"), self.name))
        self.email.textChanged.connect(lambda _text: self._check())
        if address is not None:
            self.email.setText(address.email)
            self.name.setText(address.name)
        self._check()

    def _check(self) -> None:
        self.yes.setEnabled(bool(read_addresses(self.email.text())[0]))

    @property
    def address(self) -> Address:
        """The person entered."""
        return Address(self.name.text().strip(), read_addresses(self.email.text())[0][0].email)


class TicketQuestion(Question):
    """Choose a ticket by number, or by searching for it."""

    def __init__(
        self, session: DeskSession, title: str, yes: str, but_not: Sequence[int] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(title, yes, parent)
        self._session = session
        self._but_not = frozenset(but_not)
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Number, or words to search for"))
        self.hits = QListWidget()
        self.hits.setAccessibleName(tr("Tickets found"))
        self.hits.setMinimumHeight(220)
        self.content.addWidget(Field(tr("Ticket"), self.box))
        self.content.addWidget(self.hits)
        self.box.textChanged.connect(self._search)
        self.hits.currentItemChanged.connect(lambda _new, _old: self.yes.setEnabled(self.ticket_id is not None))
        self.hits.itemActivated.connect(lambda _item: self.accept())
        self.yes.setEnabled(False)
        self._search("")

    @property
    def ticket_id(self) -> int | None:
        """The chosen ticket."""
        item = self.hits.currentItem()
        return None if self.hits.currentRow() < 0 else int(item.data(Qt.ItemDataRole.UserRole))

    def _search(self, text: str) -> None:
        queries, agent_id = self._session.desk.ticket_queries, self._session.agent.id

        def look() -> list[TicketRow]:
            number = queries.find(text.strip()) if text.strip() else None
            first = queries.rows([number], agent_id=agent_id) if number is not None else []
            query = TicketQuery(buckets=EVERYWHERE, search=text.strip())
            rest = queries.page(query, agent_id=agent_id, limit=HITS).rows
            return [*first, *(row for row in rest if row.id != number)]

        def show(rows: list[TicketRow]) -> None:
            if text != self.box.text():
                return
            self.hits.clear()
            for row in rows:
                if row.id not in self._but_not:
                    item = QListWidgetItem(
                        f"#{row.number}  {row.subject} — {row.requester_name or row.requester_email}"
                    )
                    item.setData(Qt.ItemDataRole.UserRole, row.id)
                    self.hits.addItem(item)
            if self.hits.count() and text.strip():
                self.hits.setCurrentRow(0)

        self._session.work.run(look, show, owner=self)


class TagsQuestion(Question):
    """Tags as a line of words."""

    def __init__(self, tags: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(tr("Tags"), tr("Save"), parent)
        self._before = tuple(tags)
        self.line = QLineEdit(", ".join(tags))
        self.content.addWidget(Field(tr("Tags, separated by commas"), self.line))

    @property
    def change(self) -> tuple[list[str], list[str]]:
        """Which tags come and which go."""
        now = [" ".join(tag.lower().split()) for tag in self.line.text().split(",") if tag.strip()]
        return [tag for tag in now if tag not in self._before], [tag for tag in self._before if tag not in now]
