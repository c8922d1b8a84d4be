"""Cards that the profiles of people and of organizations share: tickets, note, own fields, what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from desk_app.domain.contacts.fields import FieldDefinition
from desk_app.domain.contacts.model import ContactEvent
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.contacts.in_place import InPlaceLine, InPlaceText
from desk_app.ui.contacts.phrases import event_name
from desk_app.ui.language import grouped, named, tr
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import BUCKET_ICONS, full_time, short_time, utc_now
from desk_app.ui.widgets.basics import ElidedLabel, label, restyle
from desk_app.ui.widgets.choices import Choice, Segments
from desk_app.ui.widgets.elided_button import ElidedButton
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.panels import panel_card
from desk_app.ui.widgets.tips import plain_tip

OPEN = (Bucket.OPEN, Bucket.WAITING, Bucket.SNOOZED)
SHOWN_TICKETS = 40
FieldChanged = Callable[[str, str, str, Callable[[str], object]], object]
"""Key, value, label, and what to call with the words of a refusal."""


class TicketsCard(QFrame):
    """The tickets of a person or an organization: open ones or all; a click opens one."""

    def __init__(
        self,
        session: DeskSession,
        query: TicketQuery,
        open_count: int,
        total: int,
        open_ticket: Callable[[int], None],
        *,
        with_names: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("panelcard")
        self._session, self._query, self._open_ticket = session, query, open_ticket
        self._with_names = with_names
        self.choice = Segments(
            tr("Tickets"),
            [
                (tr("Open {number}").format(number=grouped(open_count)), "open"),
                (tr("All {number}").format(number=grouped(total)), "all"),
            ],
        )
        self.choice.choose("open" if open_count else "all")
        self.choice.chosen.connect(lambda _value: self.load())
        self._lines = column(spacing=2)
        head = row(label(tr("Tickets").upper(), "caption"), None, self.choice)
        self.setLayout(column(head, self._lines, margins=(12, 8, 12, 12), spacing=8))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._rows: Sequence[TicketRow] = ()
        if total:
            self.load()
        else:
            self._lines.addWidget(label(tr("No tickets yet."), "tertiary"))

    def load(self) -> None:
        """Read the tickets."""
        queries, agent_id = self._session.desk.ticket_queries, self._session.agent.id
        wanted = OPEN if self.choice.value == "open" else ()
        query = TicketQuery(
            buckets=wanted, requester_id=self._query.requester_id, organization_id=self._query.organization_id
        )
        self._session.work.run(
            lambda: queries.page(query, agent_id=agent_id, limit=SHOWN_TICKETS).rows, self._show, owner=self
        )

    def _show(self, rows: Sequence[TicketRow]) -> None:
        if rows and rows == self._rows:
            return
        self._rows = rows
        clear(self._lines)
        for one in rows:
            self._lines.addWidget(self._line(one))
        if not rows:
            self._lines.addWidget(label(tr("No open tickets."), "tertiary"))
        elif len(rows) == SHOWN_TICKETS:
            self._lines.addWidget(label(tr("The newest %n ticket(s) are shown.", SHOWN_TICKETS), "tertiary"))

    def _line(self, one: TicketRow) -> QWidget:
        glyph, tone = BUCKET_ICONS.get(one.bucket, BUCKET_ICONS[Bucket.OPEN])
        subject = one.subject or tr("(no subject)")
        who = one.requester_name or one.requester_email
        words = f"{who}: {subject}" if self._with_names and who else subject
        tip = f"#{one.number} {subject}\n{named(one.status_name)} · {full_time(one.activity_at)}"
        made = ElidedButton(words, lambda: self._open_ticket(one.id), icon_name=glyph, icon_token=tone, tip=tip)
        made.setAccessibleName(f"{words}, #{one.number}, {named(one.status_name)}")
        number = label(f"#{one.number}", "tertiary")
        when = label(short_time(one.activity_at, utc_now()), "tertiary")
        when.setMinimumWidth(48)
        when.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = row(made, number, when, spacing=8)
        line.setStretchFactor(made, 1)
        return boxed(line)


def note_card(text: str, placeholder: str, on_change: Callable[[str], object]) -> tuple[QFrame, InPlaceText]:
    """Return the card with the note and its editor."""
    frame, content = panel_card(tr("Note"), trailing=tr("saved automatically"))
    editor = InPlaceText(text, tr("Note"), placeholder)
    editor.entered.connect(on_change)
    content.addWidget(editor)
    return frame, editor


def fields_card(
    title: str, definitions: Sequence[FieldDefinition], values: Mapping[str, str], on_change: FieldChanged
) -> QFrame | None:
    """Return the card with the desk's own fields, None where the desk has none."""
    if not definitions:
        return None
    frame, content = panel_card(title)
    content.setSpacing(4)
    for one in definitions:
        name = label(one.label, "secondary", wrap=True)
        name.setFixedWidth(140)
        line = row(name, _editor(one, values.get(one.key, ""), on_change), spacing=8)
        line.setStretch(1, 1)
        content.addLayout(line)
    return frame


def _editor(one: FieldDefinition, value: str, on_change: FieldChanged) -> QWidget:
    if one.kind in {"choice", "yes_no"}:
        return _choice(one, value, on_change)
    hints = {"date": tr("year-month-day"), "number": tr("number")}
    line = InPlaceLine(value, one.label, placeholder=hints.get(one.kind, tr("empty")))

    def refused(text: str) -> None:
        line.mark(bad=True)
        line.setToolTip(plain_tip(text))

    line.entered.connect(lambda text: on_change(one.key, text, one.label, refused))
    return line


def _choice(one: FieldDefinition, value: str, on_change: FieldChanged) -> QWidget:
    known = [("–", "")]
    known += (
        [(tr("Yes"), "yes"), (tr("No"), "no")] if one.kind == "yes_no" else [(words, words) for words in one.choices]
    )
    if value and all(value != stored for _, stored in known):
        known.append((value, value))
    box = Choice(known, one.label)
    restyle(box, variant="inplace")
    box.choose(value)
    box.activated.connect(lambda _place: on_change(one.key, str(box.currentData()), one.label, lambda _text: None))
    return box


def activity_card(events: Sequence[ContactEvent]) -> QFrame | None:
    """Return the card with what was done, newest first; None where nothing was."""
    if not events:
        return None
    frame, content = panel_card(tr("Activity"))
    content.setSpacing(4)
    for one in events[:12]:
        words = ElidedLabel(f"{one.actor_name} {event_name(one.kind)}", "secondary")
        when = label(short_time(one.at, utc_now()), "tertiary")
        when.setToolTip(full_time(one.at))
        line = row(words, when, spacing=8)
        line.setStretchFactor(words, 1)
        content.addLayout(line)
    return frame
