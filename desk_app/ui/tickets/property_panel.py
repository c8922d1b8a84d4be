"""What a ticket is set to, changed in place, and the requester's other tickets (ui.md 4.7)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from desk_app.domain.tickets.model import Bucket
from desk_app.services.queries.conversation import ConversationView
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import named, tr
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import BUCKET_ICONS, PRIORITY_TONES, full_time, priority_name, short_time, utc_now
from desk_app.ui.widgets.basics import button, chip, label, restyle
from desk_app.ui.widgets.elided_button import ElidedButton
from desk_app.ui.widgets.kept_focus import CONTROL
from desk_app.ui.widgets.layout import FlowLayout, boxed, row
from desk_app.ui.widgets.panels import panel_card

SHOWN_EARLIER = 6
_INSIDE = 7
"""What a button of a property has around its words at the right, in px: the style sheet's border and padding."""
_OPEN = frozenset({Bucket.OPEN, Bucket.WAITING, Bucket.SNOOZED})


def properties_card(view: ConversationView, session: DeskSession, run_action: Callable[[str], None]) -> QFrame:
    """Return the properties of a ticket; every value is a button that changes it."""
    ticket = view.ticket
    frame, content = panel_card(tr("Properties"), beyond=_INSIDE)  # the words end where those of the other cards do
    content.setSpacing(3)

    def line(name: str, value: str, action: str, tone: str = "") -> None:
        made = button(value, lambda: run_action(action), variant="prop")
        made.setAccessibleName(f"{name}: {value}")
        made.setProperty(CONTROL, action)
        made.setToolTip(tr("Change"))
        made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        if tone:
            restyle(made, tone=tone)
        content.addLayout(
            row(label(name, "secondary"), None, made, margins=(0, 0, _INSIDE if tone else 0, 0), spacing=6)
        )

    line(tr("Status"), named(view.status_name), "ticket.status")
    line(tr("Assigned to"), view.assignee_name or tr("Nobody"), "ticket.assign")
    line(tr("Priority"), priority_name(ticket.priority), "ticket.priority", PRIORITY_TONES[ticket.priority])
    departments = session.facts.departments
    if len(departments) > 1:
        name = next((one.name for one in departments if one.id == ticket.department_id), "")
        line(tr("Department"), name, "ticket.move")
    if ticket.snoozed_until_at is not None:
        line(tr("Snoozed until"), full_time(ticket.snoozed_until_at), "ticket.snooze")
    for words, at in ((tr("Opened"), ticket.created_at), (tr("Customer wrote"), ticket.customer_wrote_at)):
        if at is not None:
            value = label(short_time(at, utc_now()), "")
            value.setMinimumHeight(24)
            value.setToolTip(full_time(at))
            content.addLayout(row(label(words, "secondary"), None, value, margins=(0, 0, _INSIDE, 0), spacing=6))
    content.addSpacing(4)
    content.addWidget(_tags(view, session, run_action))
    return frame


def _tags(view: ConversationView, session: DeskSession, run_action: Callable[[str], None]) -> QWidget:
    holder = QWidget()
    flow = FlowLayout(spacing=5)
    for tag in view.tags:
        flow.addWidget(chip(tag, session.facts.tag_colours.get(tag, "")))
    words = tr("Edit tags") if view.tags else tr("Add a tag")
    edit = button(words, lambda: run_action("ticket.tags"), variant="chip", icon_name="tag")
    edit.setProperty(CONTROL, "ticket.tags")
    flow.addWidget(edit)
    holder.setLayout(flow)
    return holder


def earlier_card(view: ConversationView, session: DeskSession, open_ticket: Callable[[int], None]) -> QFrame | None:
    """Return the requester's other tickets with how many of them are open, None where there are none (CU-07). Their
    subjects load in the background."""
    ids = view.earlier_ticket_ids
    if not ids:
        return None
    frame, content = panel_card("")
    content.setSpacing(2)
    total = label(str(len(ids)), "tertiary")
    content.addLayout(row(label(tr("Earlier tickets").upper(), "caption"), None, total))
    content.addSpacing(4)
    shown, agent_id, desk, who = ids[:SHOWN_EARLIER], session.agent.id, session.desk, view.ticket.requester_id

    def read() -> tuple[list[TicketRow], int]:
        people = desk.contact_queries.rows([who]) if who is not None else []
        this = 1 if view.ticket.bucket in _OPEN else 0
        still_open = max(0, people[0].open_tickets - this) if people else 0
        return desk.ticket_queries.rows(shown, agent_id=agent_id), still_open

    def arrived(found: tuple[list[TicketRow], int]) -> None:
        rows, still_open = found
        if still_open:
            total.setText(tr("{open} open of {all}").format(open=still_open, all=len(ids)))
        for one in rows:
            content.addWidget(_earlier(one, open_ticket))

    session.work.run(read, arrived, owner=frame)
    return frame


def _earlier(one: TicketRow, open_ticket: Callable[[int], None]) -> QWidget:
    glyph, tone = BUCKET_ICONS.get(one.bucket, BUCKET_ICONS[Bucket.OPEN])
    subject = one.subject or tr("(no subject)")
    made = ElidedButton(
        subject,
        lambda: open_ticket(one.id),
        icon_name=glyph,
        icon_token=tone,
        tip=f"#{one.number} {subject}\n{named(one.status_name)}",
    )
    made.setAccessibleName(f"{subject}, {named(one.status_name)}")
    return boxed(row(made))
