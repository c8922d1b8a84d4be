"""The profile of one person: details, note, fields, tickets, doubles (ui.md 4.12, CU-02, CU-06..08)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QApplication, QFrame, QSizePolicy, QWidget

from desk_app.domain.contacts.model import ContactAddress
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.contacts.settings import ContactSettings
from desk_app.services.queries.contacts import ContactProfile, ContactRow
from desk_app.ui.contacts.acts import ContactActs
from desk_app.ui.contacts.context_links import link_values, links_card
from desk_app.ui.contacts.dialogs import LabelQuestion
from desk_app.ui.contacts.in_place import InPlaceLine
from desk_app.ui.contacts.phrases import contact_name, short_date
from desk_app.ui.contacts.profile_cards import TicketsCard, activity_card, fields_card, note_card
from desk_app.ui.contacts.profile_page import AVATAR, BESIDE_NAME, ProfilePage, nobody
from desk_app.ui.language import language_name, tr
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import full_time, short_time, utc_now
from desk_app.ui.widgets.basics import ElidedLabel, Menu, button, chip, icon_button
from desk_app.ui.widgets.layout import FlowLayout, boxed, column, row
from desk_app.ui.widgets.painted import Avatar
from desk_app.ui.widgets.panels import Banner, panel_card
from desk_app.ui.widgets.tips import plain_tip

RunAction = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """What the profile was filled with."""

    profile: ContactProfile
    doubles: tuple[ContactRow, ...]
    settings: ContactSettings


class PersonPage(ProfilePage):
    """One person."""

    def __init__(
        self, session: DeskSession, acts: ContactActs, run_action: RunAction, open_ticket: Callable[[int], None]
    ) -> None:
        super().__init__(session, tr("Customer"), nobody("users", tr("Nobody is chosen")))
        self._acts, self._run, self._open_ticket = acts, run_action, open_ticket
        self.found: ShownPerson | None
        self.name: InPlaceLine | None = None
        self.new_address: InPlaceLine | None = None

    def read(self, key: int) -> ShownPerson | None:
        """Read the person, probable doubles, and the desk's own fields."""
        desk = self._session.desk
        profile = desk.contact_queries.profile(key)
        if profile is None:
            return None
        doubles = tuple(desk.contact_queries.duplicates(profile.contact.id))
        return ShownPerson(profile, doubles, desk.contact_settings.read())

    def build(self, found: ShownPerson) -> None:
        """Fill the page."""
        self.found = found
        contact = found.profile.contact
        self.shown_id = contact.id
        self._head.addWidget(self._heading(found))
        for banner in self._banners(found):
            self._head.addWidget(banner)
        self._left.addWidget(self._details(found))
        note, self.note = note_card(
            contact.note,
            tr("What colleagues should know. Every ticket of this customer shows it."),
            lambda text: self._acts.set_note(contact.id, text),
        )
        self._left.addWidget(note)
        for card in (
            fields_card(
                tr("Details"),
                found.settings.fields.contact,
                contact.fields,
                lambda key, value, name, failed: self._acts.set_field(contact.id, key, value, name, failed),
            ),
            links_card(found.settings.links, link_values(contact, found.profile.organization), self._acts.refused.emit),
        ):
            if card is not None:
                self._left.addWidget(card)
        row_ = found.profile.row
        self.tickets = TicketsCard(
            self._session, TicketQuery(requester_id=contact.id), row_.open_tickets, row_.tickets, self._open_ticket
        )
        self._right.addWidget(self.tickets)
        activity = activity_card(found.profile.events)
        if activity is not None:
            self._right.addWidget(activity)

    def refresh(self) -> None:
        """Read the tickets anew."""
        self.tickets.load()

    # -- heading ------------------------------------------------------------------------------------------------------
    def _heading(self, found: ShownPerson) -> QFrame:
        profile = found.profile
        contact = profile.contact
        frame, content = panel_card("")
        self.name = InPlaceLine(contact.name, tr("Name"), placeholder=contact.primary_email, size="h2")
        name = self.name
        name.entered.connect(lambda text: self._acts.rename(contact.id, text, lambda _t: name.mark(bad=True)))
        facts = []
        if contact.created_at is not None:
            facts.append(tr("Customer since {date}").format(date=short_date(contact.created_at)))
        if profile.row.last_contact_at is not None:
            facts.append(tr("last contact {time}").format(time=short_time(profile.row.last_contact_at, utc_now())))
        since = ElidedLabel(" · ".join(facts), "tertiary")
        since.setContentsMargins(BESIDE_NAME, 0, 0, 0)
        words = column(name, since, spacing=2)
        write = button(tr("New ticket"), lambda: self._run("contact.ticket"), icon_name="square-pen")
        more = icon_button("ellipsis", tr("More about this customer"), lambda: self._more(more), side=32)
        head = row(Avatar(contact_name(contact), AVATAR), words, write, more, spacing=12)
        head.setStretchFactor(words, 1)
        content.addLayout(head)
        chips = self._chips(found)
        if chips:
            holder = QWidget()
            flow = FlowLayout(spacing=6)
            for one in chips:
                flow.addWidget(one)
            holder.setLayout(flow)
            content.addLayout(row(AVATAR + head.spacing() + BESIDE_NAME, holder, spacing=0))
        return frame

    def _chips(self, found: ShownPerson) -> list[QWidget]:
        contact, home = found.profile.contact, found.profile.organization
        chips: list[QWidget] = []
        if home is not None:
            chips.append(chip(home.name, "accent"))
        if contact.language:
            chips.append(chip(language_name(contact.language)))
        if contact.blocked:
            chips.append(chip(tr("Blocked"), "danger"))
        if any(address.failing_since_at is not None for address in contact.addresses):
            chips.append(chip(tr("Mail fails"), "warning"))
        return chips

    def _more(self, below: QWidget) -> None:
        found = self.found
        if found is None:
            return
        menu = Menu(self)
        blocked = found.profile.contact.blocked
        for action, words, glyph in (
            ("contact.merge", tr("Merge with another customer…"), "merge"),
            ("contact.organization", tr("Choose the organization…"), "building-2"),
            (
                "contact.unblock" if blocked else "contact.block",
                tr("Unblock") if blocked else tr("Block…"),
                "shield-alert",
            ),
            ("", "", ""),
            ("contact.export", tr("Export all data…"), "download"),
            ("contact.erase", tr("Erase this person…"), "trash-2"),
        ):
            if action:
                menu.add(words, lambda one=action: self._run(one), icon_name=glyph)  # type: ignore[misc]
            else:
                menu.addSeparator()
        menu.below(below)

    def _banners(self, found: ShownPerson) -> list[QWidget]:
        banners: list[QWidget] = []
        contact, block = found.profile.contact, found.profile.block
        if block is not None:
            words = tr("Mail from {sender} is held back.").format(sender=block.value)
            if block.reason:
                words += " " + tr("Reason: {reason}").format(reason=block.reason)
            choice = (tr("Unblock"), lambda: self._acts.unblock_person(contact.id, contact_name(contact)))
            banners.append(Banner(words, "danger", [choice], icon_name="shield-alert"))
        for other in found.doubles[:3]:
            words = tr("{name} ({email}) may be the same person.").format(name=other.name, email=other.email)
            choices = [
                (tr("Look"), lambda one=other: self._acts.person_asked.emit(one.id)),
                (tr("Merge…"), lambda one=other: self.merge_asked(one.id)),
            ]
            banners.append(Banner(words, "info", choices, icon_name="users"))
        return banners

    def merge_asked(self, other_id: int) -> None:
        """Ask about merging with a probable double; the page's owner puts the question."""
        self.merge_with = other_id
        self._run("contact.merge")

    merge_with: int | None = None
    """The double that `contact.merge` begins with."""

    # -- details ------------------------------------------------------------------------------------------------------
    def _details(self, found: ShownPerson) -> QFrame:
        contact, home = found.profile.contact, found.profile.organization
        frame, content = panel_card(tr("Contact details"))
        content.setSpacing(2)
        for kind in ("email", "phone"):
            mine = sorted((one for one in contact.addresses if one.kind == kind), key=lambda one: not one.is_primary)
            for one in mine:
                content.addWidget(self._address(contact.id, one, several=len(mine) > 1))
        self.new_address = InPlaceLine(
            "", tr("Add an address or number"), placeholder=tr("Add an e-mail address or phone number")
        )
        new = self.new_address
        new.entered.connect(lambda text: self._add(contact.id, text, new))
        content.addLayout(row(Glyph("plus", "text_tertiary", 14), new, spacing=0))
        content.addSpacing(4)
        if home is not None:
            open_home = button(
                home.name.replace("&", "&&"), lambda: self._acts.organization_asked.emit(home.id), variant="link"
            )
            open_home.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        else:
            open_home = button(tr("Choose an organization"), lambda: self._run("contact.organization"), variant="link")
        change = icon_button(
            "pencil", tr("Change the organization"), lambda: self._run("contact.organization"), size=14, side=26
        )
        content.addLayout(row(Glyph("building-2", "text_tertiary", 14), open_home, None, change, spacing=4))
        return frame

    def _address(self, contact_id: int, one: ContactAddress, *, several: bool) -> QWidget:
        words = ElidedLabel(one.address)
        parts: list[QWidget] = []
        if one.label:
            parts.append(chip(one.label))
        if one.is_primary and several:
            parts.append(chip(tr("main"), "accent"))
        if one.failing_since_at is not None:
            failing = chip(tr("Mail to this address fails"), "danger")
            failing.setToolTip(
                tr("Since {time}. {reason}").format(time=full_time(one.failing_since_at), reason=one.failing_reason)
            )
            parts.append(failing)
        copy = icon_button(
            "copy", tr("Copy {address}").format(address=one.address), lambda: self._copy(one.address), size=14, side=26
        )
        more = icon_button(
            "ellipsis",
            tr("More about {address}").format(address=one.address),
            lambda: self._address_menu(contact_id, one, more),
            size=14,
            side=26,
        )
        line = row(
            Glyph("mail" if one.kind == "email" else "phone", "text_tertiary", 14), words, *parts, copy, more, spacing=6
        )
        line.insertSpacing(1, 2)
        line.setStretchFactor(words, 1)
        return boxed(line)

    def _address_menu(self, contact_id: int, one: ContactAddress, below: QWidget) -> None:
        menu = Menu(self)
        if not one.is_primary:
            menu.add(
                tr("Make it the main one"), lambda: self._acts.set_primary(contact_id, one.address), icon_name="star"
            )
        for words in (tr("work"), tr("private"), tr("mobile"), tr("invoices")):
            if words != one.label:
                name = partial(self._acts.label_address, contact_id, one.address, words)
                menu.add(tr("Label: {label}").format(label=words), name, icon_name="tag")
        menu.add(tr("Another label…"), lambda: self._ask_label(contact_id, one), icon_name="tag")
        if one.label:
            menu.add(
                tr("Take the label away"),
                lambda: self._acts.label_address(contact_id, one.address, ""),
                icon_name="tag",
            )
        if one.kind == "email":
            menu.addSeparator()
            menu.add(tr("Block this address"), lambda: self._acts.block(one.address), icon_name="shield-alert")
        menu.addSeparator()
        menu.add(tr("Remove"), lambda: self._acts.remove_address(contact_id, one.address), icon_name="x")
        menu.below(below)

    def _ask_label(self, contact_id: int, one: ContactAddress) -> None:
        question = LabelQuestion(one.address, one.label, self)
        question.ask(lambda: self._acts.label_address(contact_id, one.address, question.line.text()))

    def _add(self, contact_id: int, text: str, line: InPlaceLine) -> None:
        if not text:
            return

        def refused(words: str) -> None:
            line.mark(bad=True)
            line.setToolTip(plain_tip(words))
            self._acts.refused.emit(words)

        line.show_text("")
        line.setText("")
        self._acts.add_address(contact_id, text, refused)

    def _copy(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self._acts.told.emit(tr("{address} copied").format(address=text), None, "copy")
