"""What colleagues have begun to write to the same people, and how it is taken over (CO-05)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, label, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.painted import Avatar


class DraftCard(QFrame):
    """One colleague's draft: who, what it begins with, Show and Take over."""

    def __init__(self, author: str, draft: KeptDraft, take: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("panelcard")
        words = {
            DraftKind.REPLY: tr("{name} is writing a reply"),
            DraftKind.FORWARD: tr("{name} is writing to somebody else"),
        }[draft.kind].format(name=author)
        self.setAccessibleName(words)
        self.take = button(tr("Take over"), take)
        self.show_text = button(tr("Show"), variant="ghost")
        self.show_text.setCheckable(True)
        self.show_text.toggled.connect(self._toggle)
        begins = row(chip(tr("Draft"), "accent"), ElidedLabel(" ".join(draft.text.split()), "tertiary"), spacing=6)
        begins.setStretch(1, 1)
        middle = column(label(words, "strong", wrap=True), begins, spacing=2)
        head = row(Avatar(author, 28), middle, self.show_text, self.take, spacing=10)
        head.setStretchFactor(middle, 1)
        when = full_time(draft.saved_at) if draft.saved_at is not None else ""
        to = ", ".join(one.email for one in (*draft.to, *draft.cc))
        about = label(" · ".join(part for part in (to, when) if part), "tertiary", wrap=True)
        text = label(draft.text.strip(), wrap=True, selectable=True)
        self._body = scroller(boxed(column(about, text, None, spacing=6)), tr("Text of the draft"))
        self._body.setFixedHeight(theme().px(120))
        self._body.hide()
        self.setLayout(column(head, self._body, margins=(12, 8, 8, 8), spacing=6))

    def _toggle(self, on: bool) -> None:
        self._body.setVisible(on)


class NeighbourDrafts(QWidget):
    """The cards above the composer; nothing where nobody else writes."""

    taken = Signal(object)
    """The KeptDraft that was taken over."""
    told = Signal(str, object, str)

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self._session = session
        self.before_taking: Callable[[], object] = lambda: None
        """Stores what is written here first."""
        self._ticket_id: int | None = None
        self._shown: tuple[tuple[object, ...], ...] = ()
        self._cards = column(spacing=6)
        self.setLayout(self._cards)
        self.hide()

    @property
    def cards(self) -> list[DraftCard]:
        """What is shown."""
        return [one for one in self.findChildren(DraftCard) if not one.isHidden()]

    def load(self, ticket_id: int | None) -> None:
        """Look what others write to a ticket."""
        if ticket_id != self._ticket_id:
            self._show(())
        self._ticket_id = ticket_id
        if ticket_id is None:
            return
        drafts, me = self._session.desk.drafts, self._session.agent.id

        def arrived(found: Sequence[KeptDraft]) -> None:
            if ticket_id == self._ticket_id:
                self._show(found)

        self._session.work.run(lambda: drafts.of_others(ticket_id, me), arrived, owner=self)

    def _show(self, found: Sequence[KeptDraft]) -> None:
        key = tuple((one.agent_id, one.kind, one.text) for one in found)
        if key == self._shown:
            return
        self._shown = key
        clear(self._cards)
        for one in found:
            agent = self._session.facts.agent(one.agent_id)
            name = agent.name if agent is not None else tr("A colleague")
            self._cards.addWidget(DraftCard(name, one, lambda draft=one: self._take(draft)))  # type: ignore[misc]
        self.setVisible(bool(found))

    def _take(self, draft: KeptDraft) -> None:
        drafts, actor, me = self._session.desk.drafts, self._session.actor, self._session.agent.id
        ticket_id = draft.ticket_id
        if ticket_id is None:
            return

        self.before_taking()

        def hand(owner_id: int, taker_id: int) -> bool:
            return drafts.hand_over(draft.kind, ticket_id, owner_id=owner_id, taker_id=taker_id, actor=actor)

        def given_back(_done: bool) -> None:
            self.taken.emit(draft)

        def undo() -> None:
            self._session.work.write(lambda: hand(me, draft.agent_id), given_back, owner=self)

        def taken(done: bool) -> None:
            self.load(ticket_id)
            if done:
                self.taken.emit(draft)
                self.told.emit(tr("The draft is yours now"), undo, "file-pen")

        self._session.work.write(lambda: hand(draft.agent_id, me), taken, owner=self)
