"""Questions that are answered by typing a part of a name and choosing among what is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget, QListWidgetItem, QWidget

from desk_app.domain.tickets.query import TicketQuery
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.views import EVERYWHERE
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.panels import Field

HITS = 30
SEARCH_MS = 150
_SHOWN_HITS = 8
_KEY = Qt.ItemDataRole.UserRole
_STEPS = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class PickQuestion(Question):
    """Choose one of many by typing a part of the name. `look` is called off the GUI thread and gives ids and lines."""

    def __init__(
        self,
        session: DeskSession,
        title: str,
        yes: str,
        field: str,
        look: Callable[[str], Sequence[tuple[int, str]]],
        parent: QWidget | None = None,
        *,
        hint: str = "",
    ) -> None:
        super().__init__(title, yes, parent)
        self._session, self._look = session, look
        self.box = QLineEdit()
        self.box.setPlaceholderText(hint or tr("Type a part of the name"))
        self.hits = QListWidget()
        self.hits.setObjectName("pick")
        self.hits.setFont(font(13, tabular=True))  # names begin below each other, whatever the numbers before them
        self.hits.setAccessibleName(tr("Found"))
        self.hits.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.hits.setUniformItemSizes(True)
        self.hits.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.hits.setMinimumHeight(theme().px(28) * _SHOWN_HITS + 10)
        self.content.addWidget(Field(field, self.box))
        self.content.addWidget(self.hits)
        self._timer = single_shot(self, SEARCH_MS, self.search)
        self.box.textChanged.connect(self._typed)
        self.box.installEventFilter(self)
        self.hits.currentItemChanged.connect(lambda _new, _old: self.yes.setEnabled(self.chosen is not None))
        self.hits.itemActivated.connect(lambda _item: self.accept())
        self.yes.setEnabled(False)
        self.search()

    @property
    def chosen(self) -> int | None:
        """What is chosen."""
        item = self.hits.currentItem()
        return None if self.hits.currentRow() < 0 else int(item.data(_KEY))

    @property
    def chosen_name(self) -> str:
        """The line of what is chosen."""
        return self.hits.currentItem().text() if self.hits.currentRow() >= 0 else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Walk through what was found by the arrows, from the box too."""
        if watched is not self.box or event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if Qt.Key(event.key()) not in _STEPS:
            return False
        QApplication.sendEvent(self.hits, event)
        return True

    def _typed(self, _text: str) -> None:
        """Choose nothing that was found for other words."""
        self.hits.setCurrentRow(-1)
        self._timer.start()

    def search(self) -> None:
        """Look for what is typed."""
        text, look = self.box.text(), self._look

        def show(found: Sequence[tuple[int, str]]) -> None:
            if text != self.box.text():
                return
            self.hits.clear()
            for key, words in found:
                item = QListWidgetItem(words)
                item.setToolTip(words)
                item.setData(_KEY, key)
                self.hits.addItem(item)
            if found and text.strip():
                self.hits.setCurrentRow(0)

        self._session.work.run(lambda: look(text), show, owner=self)


class TicketQuestion(PickQuestion):
    """Choose a ticket by number, or by searching for it."""

    def __init__(
        self, session: DeskSession, title: str, yes: str, but_not: Sequence[int] = (), parent: QWidget | None = None
    ) -> None:
        queries, agent_id = session.desk.ticket_queries, session.agent.id

        def look(typed: str) -> list[tuple[int, str]]:
            text = typed.strip()
            number = queries.find(text) if text else None
            first = queries.rows([number], agent_id=agent_id) if number is not None else []
            query = TicketQuery(buckets=EVERYWHERE, search=text)
            rest = queries.page(query, agent_id=agent_id, limit=HITS).rows
            rows = [*first, *(row for row in rest if row.id != number)]
            return [
                (row.id, f"#{row.number}  {row.subject} — {row.requester_name or row.requester_email}")
                for row in rows
                if row.id not in but_not
            ]

        super().__init__(session, title, yes, tr("Ticket"), look, parent, hint=tr("Number, or words to search for"))
