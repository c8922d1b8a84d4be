"""Every change of a ticket in one list: who, when, old and new, and why (IN-22)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QSplitter, QWidget

from desk_app.domain.people.actor import ActorKind
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.queries.conversation import ConversationView
from desk_app.ui.language import tr
from desk_app.ui.messages.thread_lines import EVENT_ICONS
from desk_app.ui.theme.icons import icon
from desk_app.ui.tickets.explain import explain
from desk_app.ui.tickets.history_lines import WHEN, HistoryDelegate
from desk_app.ui.tickets.phrases import card_time, event_text, utc_now
from desk_app.ui.widgets.basics import button, label, scroller
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.panels import Field

_MESSAGES = frozenset(
    [
        *(
            "MessageAdded",
            "NoteAdded",
            "NoteUndone",
            "ReplyQueued",
            "ReplySent",
            "ReplyHeld",
            "ReplyUndone",
            "ReplyFailed",
        ),
        *("ReplyUnknown", "ReplyRequeued", "ReplyReleased", "ReplyCancelled", "DeliveryFailed", "AutoAnswered"),
        *("SideConversationStarted", "SideMessageQueued", "SideAnswerAdded", "SideMessageUndone", "FileImported"),
    ]
)
_THREADS = frozenset(
    [
        *("TicketMerged", "TicketAbsorbed", "TicketUnmerged", "TicketReleased", "TicketSplit", "TicketCreated"),
        *("MessageMovedHere", "MessageMovedAway", "Linked", "Unlinked"),
    ]
)


class HistoryDialog(QDialog):
    """The history of a ticket, newest first; choosing a line tells everything known about it."""

    def __init__(self, view: ConversationView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("History"))
        self.resize(880, 600)
        self._view = view
        self.words = QLineEdit()
        self.words.setPlaceholderText(tr("Filter the history"))
        self.kind = Choice()
        for value, words in (
            ("all", tr("Everything")),
            ("messages", tr("Messages and deliveries")),
            ("fields", tr("Properties")),
            ("threads", tr("Merges, splits and links")),
            ("people", tr("Done by people")),
            ("itself", tr("Done by itself")),
        ):
            self.kind.addItem(words, value)
        self.lines = QListWidget()
        self.lines.setAccessibleName(tr("History"))
        self.lines.setObjectName("pick")
        self.lines.setItemDelegate(HistoryDelegate(self.lines))
        self.lines.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.lines.setMouseTracking(True)
        self.lines.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._details = column(spacing=10)
        side = scroller(boxed(column(self._details, None, margins=(14, 4, 14, 4))), tr("Why?"))
        parts = QSplitter()
        parts.setObjectName("plain")
        parts.setHandleWidth(8)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.lines)
        parts.addWidget(side)
        parts.setSizes([480, 380])
        head = row(Field(tr("Search"), self.words), Field(tr("Show"), self.kind), spacing=12)
        head.setStretch(0, 1)
        self.count = label("", "tertiary")
        title = tr("History of #{number}").format(number=view.ticket.number)
        foot = row(self.count, None, button(tr("Close"), self.close, variant="primary"))
        content = column(label(title, "title"), boxed(head), parts, foot, margins=(18, 16, 18, 16), spacing=12)
        content.setStretchFactor(parts, 1)
        self.setLayout(content)
        self.words.textChanged.connect(lambda _text: self._fill())
        self.kind.currentIndexChanged.connect(lambda _place: self._fill())
        self.lines.currentItemChanged.connect(lambda _new, _old: self._explain())
        self._fill()

    @property
    def shown(self) -> list[TicketEvent]:
        """The lines that pass the filter, newest first."""
        kind, words = str(self.kind.currentData()), self.words.text().strip().lower()
        found = [event for event in reversed(self._view.events) if _fits(event, kind)]
        return [
            event
            for event in found
            if words in f"{event_text(event)} {event.cause} {event.old or ''} {event.new or ''}".lower()
        ]

    def _fill(self) -> None:
        self.lines.clear()
        events = self.shown
        for event in events:
            item = QListWidgetItem(event_text(event))
            item.setIcon(icon(EVENT_ICONS.get(event.kind, "history")))
            item.setData(Qt.ItemDataRole.UserRole, event)
            item.setData(WHEN, card_time(event.at, utc_now()))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.text()}, {item.data(WHEN)}")
            self.lines.addItem(item)
        self.count.setText(tr("%n change(s)", len(events)))
        self.lines.setCurrentRow(0 if events else -1)
        self._explain()

    def _explain(self) -> None:
        clear(self._details)
        item = self.lines.currentItem()
        event = item.data(Qt.ItemDataRole.UserRole) if self.lines.currentRow() >= 0 else None
        if not isinstance(event, TicketEvent):
            return
        self._details.addWidget(label(event_text(event), "strong", wrap=True))
        for name, value in explain(event, self._view):
            caption = label(name, "tertiary")
            self._details.addWidget(boxed(column(caption, label(value, wrap=True, selectable=True), spacing=2)))


def _fits(event: TicketEvent, kind: str) -> bool:
    person = event.actor.kind in {ActorKind.AGENT, ActorKind.CONTACT}
    return {
        "messages": event.kind in _MESSAGES,
        "fields": event.kind not in _MESSAGES | _THREADS,
        "threads": event.kind in _THREADS,
        "people": person,
        "itself": not person,
    }.get(kind, True)
