"""The thread of one ticket: folded rows, cards, history lines (ui.md 4.4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desk_app.domain.messages.inline_images import reference_to
from desk_app.domain.messages.model import MessageKind
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.queries.conversation import ConversationView, MessageView
from desk_app.ui.language import tr
from desk_app.ui.messages.cards import MessageCard, loose_pictures, shown_in_place
from desk_app.ui.messages.thread_lines import EventLine, FoldedMessage
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import button, scroller, set_words
from desk_app.ui.widgets.layout import boxed, clear, column, row

OPEN_AT_MOST = 6
FOLD_GROUP = 6
"""More read messages in a row than this become one line, "12 earlier messages"."""
SLICE_SECONDS = 0.012
SEEN_PX = 40
"""So much of a card on screen, and one has seen that it is there."""
QUIET_EVENTS = frozenset(
    [
        *("TicketCreated", "MessageAdded", "NoteAdded", "ReplySent", "ReplyQueued", "ReplyHeld", "FileImported"),
        *("SideConversationStarted", "SideMessageQueued", "SideAnswerAdded", "Watched", "Unwatched"),
    ]
)
"""History that a card of the thread tells already."""


@dataclass(frozen=True, slots=True)
class _Entry:
    at: datetime
    message: MessageView | None = None
    event: TicketEvent | None = None


def entries(view: ConversationView, *, events: bool = True, aside: bool = True) -> list[_Entry]:
    """Return messages and those history lines that are not told by a message, oldest first; without `aside` only the
    customer's thread: no notes, no side conversations."""
    found = [
        _Entry(message.created_at, message=message)
        for message in view.messages
        if aside or (message.side_conversation_id is None and message.kind is not MessageKind.INTERNAL_NOTE)
    ]
    found += [
        _Entry(event.at, event=event)
        for event in (view.events if events and aside else ())
        if event.kind not in QUIET_EVENTS and not (event.kind == "StatusChanged" and event.message_id)
    ]
    return sorted(found, key=lambda entry: (entry.at, entry.event is not None))


def opened(view: ConversationView) -> set[int]:
    """Return the messages shown as cards: what is unread, and the last one a customer or colleague wrote."""
    unread = [message.id for message in view.messages if message.id > view.last_seen_message_id]
    chosen = set(unread[:OPEN_AT_MOST])
    chosen.update(message.id for message in view.messages[-1:])
    inbound = [message for message in view.messages if message.kind is not MessageKind.INTERNAL_NOTE]
    chosen.update(message.id for message in inbound[-1:])
    chosen.update(
        message.id
        for message in view.messages
        if message.delivery is not None and message.delivery.state in {"unknown", "failed"}
    )
    return chosen


class Thread(QWidget):
    """Builds the thread in slices of a few milliseconds, so that a long one never stops the window."""

    card_made = Signal(object)
    event_asked = Signal(object, object)
    """A TicketEvent that somebody asks about, and the line it stands on."""
    ready = Signal()

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self.setObjectName("canvas")
        self._session = session
        self._view: ConversationView | None = None
        self._cards: dict[int, MessageCard] = {}
        self._open: set[int] = set()
        self._waiting: list[Callable[[], None]] = []
        self._reused: dict[int, MessageCard] = {}
        self._first_open: QWidget | None = None
        self._keep_scroll: int | None = None
        self._own: int | None = None
        """What the agent wrote just now, until it is on screen."""
        self._unseen: list[int] = []
        """What others wrote meanwhile, further down than anybody scrolled yet."""
        self._settled = False
        self.events_shown, self.aside_shown = True, True
        self._people: dict[int, str] = {}
        self._mentioned: dict[int, list[str]] = {}
        self._list: QVBoxLayout = column(margins=(16, 14, 16, 14), spacing=10)
        content = boxed(column(self._list, None), "canvas")
        self.area = scroller(content, tr("Conversation"))
        self.setLayout(column(self.area))
        self.area.verticalScrollBar().valueChanged.connect(lambda _value: self._look_down())
        self.pill = button("", self._to_unseen, variant="primary", icon_name="chevron-down")
        self.pill.setParent(self)
        self.pill.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # who writes and clicks on it goes on writing
        self.pill.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._build_slice)

    @property
    def cards(self) -> dict[int, MessageCard]:
        """The open cards by message id."""
        return self._cards

    @property
    def building(self) -> bool:
        """Whether parts are still to come."""
        return bool(self._waiting)

    def show_view(self, view: ConversationView, *, same_ticket: bool) -> None:
        """Show a ticket, or the same one after a change: what was open stays open, and the place stays. Only what the
        agent wrote comes into view by itself; of what others wrote a button tells."""
        before = self._view
        self._keep_scroll = self.area.verticalScrollBar().value() if same_ticket else None
        known = {message.id for message in before.messages} if same_ticket and before is not None else set()
        news = {message.id for message in view.messages} - known if known else set()
        self._open = (self._open | news) if same_ticket else opened(view)
        mine = [one.id for one in view.messages if one.id in news and one.agent_id == self._session.agent.id]
        self._own = mine[-1] if mine else self._own if same_ticket else None
        self._unseen = [*(self._unseen if same_ticket else ()), *sorted(news.difference(mine))]
        self._view = view
        self._people = {
            side.id: ", ".join(person.name or person.email for person in side.people)
            for side in view.side_conversations
        }
        self._mentioned = {
            event.message_id: [str(one.get("name", "")) for one in event.data.get("mentions", ())]
            for event in view.events
            if event.kind == "NoteAdded" and event.message_id is not None and event.data.get("mentions")
        }
        self._rebuild()

    def show_parts(self, *, events: bool | None = None, aside: bool | None = None) -> None:
        """Show or hide history lines, and what the customer does not see."""
        self.events_shown = self.events_shown if events is None else events
        self.aside_shown = self.aside_shown if aside is None else aside
        self._keep_scroll = self.area.verticalScrollBar().value()
        self._rebuild()

    def _aside(self, message: MessageView) -> str:
        if message.side_conversation_id is None:
            return ""
        return self._people.get(message.side_conversation_id) or tr("a third party")

    def clear_view(self) -> None:
        """Show nothing."""
        self._view = None
        self._own, self._unseen = None, []
        self.pill.hide()
        self._waiting.clear()
        self._timer.stop()
        self._cards.clear()
        self._forget_reused()
        clear(self._list)

    def _rebuild(self) -> None:
        self._waiting, self._settled = [], False
        self._first_open = None
        self.area.viewport().setUpdatesEnabled(False)
        self._set_aside()
        clear(self._list)
        if self._view is None:
            return
        folded: list[MessageView] = []
        for entry in entries(self._view, events=self.events_shown, aside=self.aside_shown):
            if entry.message is not None and entry.message.id not in self._open:
                folded.append(entry.message)
                continue
            self._plan_folded(folded)
            folded = []
            if entry.message is not None:
                self._waiting.append(lambda message=entry.message: self._add_card(message))  # type: ignore[misc]
            elif entry.event is not None:
                self._waiting.append(lambda event=entry.event: self._add_event(event))  # type: ignore[misc]
        self._plan_folded(folded)
        self._timer.start()
        self._build_slice()

    def _set_aside(self) -> None:
        """Keep the cards that stay as they are: pictures shown once, quotes folded out and what is selected in a text
        stay with them."""
        open_now = (
            {one.id: one for one in self._view.messages if one.id in self._open} if self._view is not None else {}
        )
        made = self._reused | self._cards
        self._cards, self._reused = {}, {}
        for message_id, card in made.items():
            message = open_now.get(message_id)
            if message is not None and card.shows(message, self._aside(message), self._mentioned.get(message_id, ())):
                self._list.removeWidget(card)
                self._reused[message_id] = card
            elif self._list.indexOf(card) < 0:  # of a rebuild that did not come to its end
                card.hide()
                card.deleteLater()

    def _plan_folded(self, folded: Sequence[MessageView]) -> None:
        if len(folded) > FOLD_GROUP:
            hidden = tuple(folded[:-1])
            self._waiting.append(lambda: self._add_divider(hidden))
            folded = folded[-1:]
        for message in folded:
            self._waiting.append(lambda message=message: self._add_folded(message))  # type: ignore[misc]

    def _build_slice(self) -> None:
        end = time.perf_counter() + SLICE_SECONDS
        while self._waiting and time.perf_counter() < end:
            self._waiting.pop(0)()
        if not self._waiting:
            self._forget_reused()
            self._timer.stop()
            self.area.viewport().setUpdatesEnabled(True)
            QTimer.singleShot(0, self, self._settle)

    def _forget_reused(self) -> None:
        for card in self._reused.values():
            card.hide()
            card.deleteLater()
        self._reused = {}

    def _settle(self) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)  # cards stand where they will stand
        scroll_bar = self.area.verticalScrollBar()
        if self._keep_scroll is not None:
            scroll_bar.setValue(self._keep_scroll)
            self._keep_scroll = None
        elif self._first_open is not None:
            scroll_bar.setValue(max(0, self._first_open.y() - 60))
        own = self._cards.get(self._own) if self._own is not None else None
        self._own, self._settled = None, True
        if own is not None:
            scroll_bar.setValue(own.y() - 10)
        self._look_down()
        self.ready.emit()

    # -- what came below --------------------------------------------------------------------------------------------
    def _look_down(self) -> None:
        """Tell of messages that came and have not been on screen yet."""
        if not self._settled:
            return
        end = self.area.verticalScrollBar().value() + self.area.viewport().height() - SEEN_PX
        self._unseen = [one for one in self._unseen if one in self._cards and self._cards[one].y() > end]
        set_words(self.pill, tr("%n new", len(self._unseen)))
        self.pill.setVisible(bool(self._unseen))
        self._place_pill()

    def _place_pill(self) -> None:
        self.pill.adjustSize()
        self.pill.move((self.width() - self.pill.width()) // 2, self.height() - self.pill.height() - 10)
        self.pill.raise_()

    def _to_unseen(self) -> None:
        if self.pill.hasFocus():
            self.area.setFocus()
        if self._unseen:
            self.area.verticalScrollBar().setValue(self._cards[self._unseen[0]].y() - 10)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button at the bottom."""
        super().resizeEvent(event)
        self._place_pill()

    def _add_divider(self, hidden: Sequence[MessageView]) -> None:
        ids = {message.id for message in hidden}
        holder = boxed(column(spacing=10))

        def unfold() -> None:
            inside = holder.layout()
            clear(inside)  # type: ignore[arg-type]
            for message in hidden:
                inside.addWidget(self._folded(message))  # type: ignore[union-attr]

        words = tr("%n earlier message(s)", len(ids))
        more = button(words, unfold, variant="fold", icon_name="chevrons-up")
        holder.layout().addWidget(boxed(row(None, more, None)))  # type: ignore[union-attr]
        self._list.addWidget(holder)

    def _add_event(self, event: TicketEvent) -> None:
        line = EventLine(event)
        line.clicked.connect(lambda _checked=False: self.event_asked.emit(event, line))
        self._list.addWidget(line)

    def _folded(self, message: MessageView) -> FoldedMessage:
        line = FoldedMessage(message, self._aside(message))
        line.clicked.connect(lambda _checked=False: self.open_message(message.id))
        return line

    def _add_folded(self, message: MessageView) -> None:
        self._list.addWidget(self._folded(message))

    def _add_card(self, message: MessageView) -> None:
        old = self._reused.pop(message.id, None)
        mentions = self._mentioned.get(message.id, ())
        card = old if old is not None else MessageCard(message, aside=self._aside(message), mentions=mentions)
        self._cards[message.id] = card
        if old is None:
            self.card_made.emit(card)
        self._list.addWidget(card)
        if self._view is not None and self._first_open is None:
            first_unread = next((m.id for m in self._view.messages if m.id > self._view.last_seen_message_id), None)
            last = self._view.messages[-1].id
            if message.id == (first_unread or last):
                self._first_open = card
        if old is None:
            self._load_inline(card)

    def open_message(self, message_id: int) -> None:
        """Unfold a message and bring it into view."""
        if message_id not in self._open:
            self._open.add(message_id)
            self._keep_scroll = self.area.verticalScrollBar().value()
            self._rebuild()
        card = self._cards.get(message_id)
        if card is not None:
            self.area.ensureWidgetVisible(card, 0, 40)

    def fold_message(self, message_id: int) -> None:
        """Fold a message again."""
        self._open.discard(message_id)
        self._keep_scroll = self.area.verticalScrollBar().value()
        self._rebuild()

    def open_all(self, *, opened_up: bool) -> None:
        """Unfold or fold everything."""
        if self._view is not None:
            self._open = {message.id for message in self._view.messages} if opened_up else opened(self._view)
            self._keep_scroll = self.area.verticalScrollBar().value()
            self._rebuild()

    def step(self, by: int) -> None:
        """Scroll to the next or previous open card."""
        here = self.area.verticalScrollBar().value()
        places = sorted(card.y() for card in self._cards.values())
        later = [place for place in places if place > here + 20] if by > 0 else [p for p in places if p < here - 20]
        if later:
            self.area.verticalScrollBar().setValue(later[0] - 10 if by > 0 else later[-1] - 10)

    def _load_inline(self, card: MessageCard) -> None:
        """Fetch pictures that lie in the mail itself; they come from the database, never from a network."""
        wanted = [(one.id, reference_to(one)) for one in shown_in_place(card.message)]
        wanted += [(one.id, f"loose:{one.id}") for one in loose_pictures(card.message)]
        if not wanted:
            return
        conversations = self._session.desk.conversations

        def read() -> dict[str, bytes]:
            images = {}
            for attachment_id, name in wanted:
                found = conversations.attachment(attachment_id)
                if found is not None:
                    images[name] = found[1]
            return images

        self._session.work.run(read, card.supply, owner=card)
