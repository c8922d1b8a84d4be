"""Cards for what a ticket hangs together with and who watches it, and the question which ticket to link (IN-16,
IN-19)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QWidget

from desk_app.domain.tickets.links import Relation
from desk_app.domain.tickets.model import Bucket
from desk_app.services.queries.conversation import ConversationView, LinkView
from desk_app.ui.language import named, tr
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import BUCKET_ICONS, relation_name
from desk_app.ui.tickets.picking import TicketQuestion
from desk_app.ui.widgets.basics import button, icon_button, label
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.elided_button import ElidedButton
from desk_app.ui.widgets.layout import boxed, row
from desk_app.ui.widgets.painted import Avatar
from desk_app.ui.widgets.panels import Field, panel_card

BY_HAND = (Relation.RELATED, Relation.PARENT, Relation.CHILD, Relation.BLOCKS, Relation.BLOCKED_BY)


def links_card(
    view: ConversationView,
    open_ticket: Callable[[int], object],
    add: Callable[[], object],
    unlink: Callable[[LinkView], object],
) -> QFrame:
    """Return the linked tickets, each with its relation; those linked by hand can be taken away."""
    frame, content = panel_card(tr("Linked tickets"), trailing=str(len(view.links)) if view.links else "")
    content.setSpacing(4)
    for link in view.links:
        content.addWidget(_line(link, open_ticket, unlink))
    more = button(tr("Link to a ticket…"), add, variant="chip", icon_name="link")
    content.addLayout(row(more, None))
    return frame


def _line(link: LinkView, open_ticket: Callable[[int], object], unlink: Callable[[LinkView], object]) -> QWidget:
    glyph, tone = BUCKET_ICONS.get(link.bucket, BUCKET_ICONS[Bucket.OPEN])
    subject = link.subject or tr("(no subject)")
    words = f"{relation_name(link.relation.value)}: #{link.number} {subject}"
    tip = f"{words}\n{named(link.status_name)}"
    made = ElidedButton(words, lambda: open_ticket(link.ticket_id), icon_name=glyph, icon_token=tone, tip=tip)
    made.setAccessibleName(f"{words}, {named(link.status_name)}")
    line = row(made, spacing=2)
    if link.by_hand:
        name = tr("Take the link to #{number} away").format(number=link.number)
        line.addWidget(icon_button("x", name, lambda: unlink(link), size=14, side=26))
    line.setStretchFactor(made, 1)
    return boxed(line)


def watchers_card(view: ConversationView, me: int, toggle: Callable[[bool], object]) -> QFrame:
    """Return who watches a ticket, and a switch for this agent."""
    watchers = view.watchers
    frame, content = panel_card(tr("Watchers"), trailing=str(len(watchers)) if watchers else "")
    for one in watchers[:8]:
        content.addLayout(row(Avatar(one.name, 22), label(one.name, "secondary"), None, spacing=8))
    mine = any(one.agent_id == me for one in watchers)
    words, glyph = (tr("Stop watching"), "eye-off") if mine else (tr("Watch this ticket"), "eye")
    content.addLayout(row(button(words, lambda: toggle(not mine), variant="chip", icon_name=glyph), None))
    return frame


class LinkQuestion(TicketQuestion):
    """Which ticket, and what it is to this one."""

    def __init__(self, session: DeskSession, but_not: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(session, tr("Link to a ticket"), tr("Link tickets"), but_not, parent)
        self.kind = Choice()
        words = {
            Relation.RELATED: tr("is related to this one"),
            Relation.PARENT: tr("is the parent of this one"),
            Relation.CHILD: tr("is a child of this one"),
            Relation.BLOCKS: tr("is blocked by this one"),
            Relation.BLOCKED_BY: tr("blocks this one"),
        }
        for relation in BY_HAND:
            self.kind.addItem(words[relation], relation)
        self.content.addWidget(Field(tr("The other ticket"), self.kind))

    @property
    def relation(self) -> Relation:
        """What the chosen ticket is to this one."""
        return Relation(self.kind.currentData())
