"""The card of the person who asks, beside the conversation (ui.md 4.7, features.md CU-07, CU-08, CU-14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desk_app.domain.contacts.fields import FieldDefinition
from desk_app.services.contacts.settings import ContactSettings
from desk_app.services.queries.contacts import ContactProfile
from desk_app.ui.contacts.context_links import link_button, link_values
from desk_app.ui.contacts.in_place import InPlaceText
from desk_app.ui.language import language_name, tr
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import ElidedLabel, chip, icon_button, label
from desk_app.ui.widgets.elided_button import ElidedButton
from desk_app.ui.widgets.layout import FlowLayout, boxed, clear, column, hairline, row
from desk_app.ui.widgets.painted import Avatar
from desk_app.ui.widgets.tips import plain_tip

if TYPE_CHECKING:
    from desk_app.services.queries.conversation import ConversationView
    from desk_app.ui.contacts.acts import ContactActs
    from desk_app.ui.session import DeskSession

SHOWN_ADDRESSES = 5
VIP = "vip"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the card learns after it is on screen."""

    profile: ContactProfile | None
    settings: ContactSettings


class CustomerCard(QFrame):
    """Who asks: what the conversation knows at once, and the rest as soon as it is read."""

    def __init__(
        self, view: ConversationView, session: DeskSession, acts: ContactActs, run_action: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.setObjectName("panelcard")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._view, self._session, self._acts, self._run = view, session, acts, run_action
        self.note: InPlaceText | None = None
        self._more: QVBoxLayout = column(spacing=6)
        inside = column(spacing=6)
        self.setLayout(column(inside, self._more, margins=(12, 10, 12, 12), spacing=6))
        self._build(inside)
        self._load()
        session.contacts_changed.connect(self._changed)

    def _build(self, content: QVBoxLayout) -> None:
        ticket, contact = self._view.ticket, self._view.requester
        name = (contact.name if contact else "") or ticket.requester_name or ticket.requester_email or tr("Nobody")
        called: list[QWidget] = [ElidedLabel(name, "strong")]
        if contact is not None and contact.created_at is not None:
            year = contact.created_at.astimezone().year
            since = tr("Customer since {year}").format(year=year)
            called.append(ElidedLabel(since, "tertiary", short=tr("Since {year}").format(year=year)))
        opener = icon_button(
            "external-link", tr("Open the profile"), lambda: self._run("contact.show"), size=15, side=24
        )
        opener.setEnabled(contact is not None)
        pencil = icon_button(
            "pencil", tr("Change the customer"), lambda: self._run("ticket.requester"), size=13, side=24
        )
        words = column(None, *called, None, spacing=2)
        head = row(Avatar(name, 36), words, column(opener, pencil, spacing=0), spacing=6)
        head.setStretchFactor(words, 1)
        content.addLayout(head)
        if chips := self._first_chips():
            flow = FlowLayout(spacing=5)
            for one in chips:
                flow.addWidget(one)
            content.addWidget(boxed(flow))
        addresses = contact.addresses if contact is not None else ()
        for address in addresses[:SHOWN_ADDRESSES]:
            content.addWidget(self._line("phone" if address.kind == "phone" else "mail", address.address))
            if address.failing_since_at is not None:
                failing = chip(tr("Mail to this address fails"), "danger")
                failing.setToolTip(plain_tip(f"{full_time(address.failing_since_at)}\n{address.failing_reason}"))
                content.addLayout(row(22, failing, None, spacing=0))
        if not addresses and ticket.requester_email:
            content.addWidget(self._line("mail", ticket.requester_email))

    def _first_chips(self) -> list[QWidget]:
        ticket, contact = self._view.ticket, self._view.requester
        chips: list[QWidget] = []
        if VIP in self._view.tags:
            chips.append(chip("VIP", "violet"))
        language = ticket.language or (contact.language if contact is not None else "")
        if language:
            chips.append(chip(language_name(language)))
        if contact is not None and contact.blocked:
            chips.append(chip(tr("Blocked"), "danger"))
        return chips

    def _line(self, glyph: str, text: str) -> QWidget:
        words = ElidedLabel(text, "secondary")
        copy = icon_button(
            "copy", tr("Copy {address}").format(address=text), lambda: self._copy(text), size=13, side=24
        )
        line = row(Glyph(glyph, "text_tertiary", 14), words, copy, spacing=8)
        line.setStretchFactor(words, 1)
        return boxed(line)

    def _copy(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self._acts.told.emit(tr("{address} copied").format(address=text), None, "copy")

    def _changed(self, contact_ids: frozenset[int]) -> None:
        """Follow what is changed about the person elsewhere; name and addresses come with the ticket."""
        if self._view.ticket.requester_id in contact_ids:
            self._session.tickets_changed.emit(frozenset({self._view.ticket.id}))
        elif not contact_ids:
            self._load()

    # -- the rest -----------------------------------------------------------------------------------------------------
    def _load(self) -> None:
        desk, contact_id = self._session.desk, self._view.ticket.requester_id

        def read() -> Shown:
            profile = desk.contact_queries.profile(contact_id) if contact_id is not None else None
            return Shown(profile, desk.contact_settings.read())

        self._session.work.run(read, self._fill, owner=self)

    def _fill(self, shown: Shown) -> None:
        if self.note is not None and self.note.hasFocus():
            return
        clear(self._more)
        profile = shown.profile
        if profile is None:
            return
        contact, home = profile.contact, profile.organization
        if home is not None:
            self._more.addWidget(self._home(home.id, home.name))
        values = [
            (one, contact.fields[one.key]) for one in shown.settings.fields.contact if contact.fields.get(one.key)
        ]
        if home is not None:
            own = shown.settings.fields.organization
            values += [(one, home.fields[one.key]) for one in own if home.fields.get(one.key)]
        if values:
            self._more.addWidget(hairline())
        for definition, value in values:
            self._more.addLayout(_value(definition, value))
        if home is not None and home.note:
            self._more.addWidget(hairline())
            self._more.addWidget(label(home.note, "secondary", wrap=True, selectable=True))
        self.note = InPlaceText(contact.note, tr("Note about the customer"), tr("Add a note about the customer"))
        self.note.entered.connect(lambda text: self._acts.set_note(contact.id, text))
        self._more.addWidget(self.note)
        filled = link_values(contact, home, self._view.ticket.number)
        for template in shown.settings.links:
            self._more.addWidget(link_button(template, filled, self._acts.refused.emit))

    def _home(self, organization_id: int, name: str) -> QWidget:
        opener = ElidedButton(
            name, lambda: self._acts.organization_asked.emit(organization_id), tip=tr("Open the organization")
        )
        opener.setAccessibleName(tr("Open the organization {name}").format(name=name))
        line = row(Glyph("building-2", "text_tertiary", 14), opener, spacing=8)
        return boxed(line)


def _value(definition: FieldDefinition, value: str) -> QHBoxLayout:
    shown = {"yes": tr("Yes"), "no": tr("No")}.get(value, value) if definition.kind == "yes_no" else value
    words = label(shown, "", wrap=True, selectable=True)
    words.setAlignment(Qt.AlignmentFlag.AlignRight)
    line = row(label(definition.label, "secondary"), words, spacing=8)
    line.setStretchFactor(words, 1)
    return line
