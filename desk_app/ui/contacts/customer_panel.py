"""The card of the person who asks (ui.md 4.7, features.md CU-07)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QWidget

from desk_app.ui.language import tr
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import ElidedLabel, chip, icon_button, label
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.painted import Avatar
from desk_app.ui.widgets.panels import panel_card

if TYPE_CHECKING:
    from desk_app.services.queries.conversation import ConversationView


def customer_card(view: ConversationView, on_change: Callable[[], object]) -> QFrame:
    """Return the customer card of a ticket; `on_change` opens the dialog that changes the customer."""
    ticket, contact = view.ticket, view.requester
    name = (contact.name if contact else "") or ticket.requester_name or ticket.requester_email or tr("Nobody")
    frame, content = panel_card("")
    heading = ElidedLabel(name, "strong")
    since = ""
    if contact is not None and contact.created_at is not None:
        since = tr("Customer since {year}").format(year=contact.created_at.astimezone().year)
    pencil = icon_button("pencil", tr("Change the customer"), on_change, size=15)
    words = column(heading, label(since, "tertiary"), spacing=1)
    head = row(Avatar(name, 40), words, pencil, spacing=10)
    head.setStretchFactor(words, 1)
    content.addLayout(head)
    chips = [chip(ticket.language)] if ticket.language else []
    if contact is not None and contact.blocked:
        chips.append(chip(tr("Blocked"), "danger"))
    if chips:
        content.addLayout(row(*chips, None, spacing=6))
    addresses = contact.addresses if contact is not None else ()
    for address in addresses[:5]:
        content.addWidget(_line("phone" if address.kind == "phone" else "mail", address.address))
        if address.failing_since_at is not None:
            failing = chip(tr("Mail to this address fails"), "danger")
            failing.setToolTip(address.failing_reason)
            content.addLayout(row(22, failing, None, spacing=0))
    if not addresses and ticket.requester_email:
        content.addWidget(_line("mail", ticket.requester_email))
    if contact is not None and contact.note:
        content.addWidget(label(contact.note, "secondary", wrap=True, selectable=True))
    return frame


def _line(glyph: str, text: str) -> QWidget:
    words = ElidedLabel(text, "secondary")
    line = row(Glyph(glyph, "text_tertiary", 14), words, spacing=8)
    line.setStretchFactor(words, 1)
    return boxed(line)
