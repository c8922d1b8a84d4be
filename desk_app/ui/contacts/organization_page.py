"""The profile of an organization: domains, note, fields, members, shared view of all tickets (CU-05, CU-06)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.contacts.organizations import OrganizationChange
from desk_app.services.contacts.settings import ContactSettings
from desk_app.services.queries.contacts import ContactRow, OrganizationProfile
from desk_app.ui.contacts.acts import ContactActs
from desk_app.ui.contacts.in_place import InPlaceLine
from desk_app.ui.contacts.profile_cards import TicketsCard, activity_card, fields_card, note_card
from desk_app.ui.contacts.profile_page import AVATAR, BESIDE_NAME, ProfilePage, nobody
from desk_app.ui.language import grouped, tr
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import ElidedLabel, Menu, button, icon_button, label
from desk_app.ui.widgets.elided_button import ElidedButton
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.painted import Avatar
from desk_app.ui.widgets.panels import panel_card
from desk_app.ui.widgets.tips import plain_tip


@dataclass(frozen=True, slots=True)
class ShownOrganization:
    """What the profile was filled with."""

    profile: OrganizationProfile
    settings: ContactSettings


class OrganizationPage(ProfilePage):
    """One organization."""

    def __init__(
        self,
        session: DeskSession,
        acts: ContactActs,
        run_action: Callable[[str], None],
        open_ticket: Callable[[int], None],
    ) -> None:
        choice = (tr("New organization"), lambda: run_action("organization.new"))
        super().__init__(session, tr("Organization"), nobody("building-2", tr("No organization is chosen"), choice))
        self._acts, self._run, self._open_ticket = acts, run_action, open_ticket
        self.found: ShownOrganization | None

    def read(self, key: int) -> ShownOrganization | None:
        """Read the organization and the desk's own fields."""
        desk = self._session.desk
        profile = desk.contact_queries.organization_profile(key)
        return ShownOrganization(profile, desk.contact_settings.read()) if profile is not None else None

    def build(self, found: ShownOrganization) -> None:
        """Fill the page."""
        self.found = found
        one, line = found.profile.organization, found.profile.row
        organizations, actor = self._session.desk.organizations, self._session.actor
        self._head.addWidget(self._heading(found))
        self._left.addWidget(self._domains(found))
        note, self.note = note_card(
            one.note,
            tr("What colleagues should know. Tickets of every member show it."),
            lambda text: self._acts.run(lambda: organizations.set_note(one.id, text, actor)),
        )
        self._left.addWidget(note)
        fields = fields_card(tr("Details"), found.settings.fields.organization, one.fields, self._field)
        if fields is not None:
            self._left.addWidget(fields)
        self._left.addWidget(self._members(found))
        query = TicketQuery(organization_id=one.id)
        self.tickets = TicketsCard(
            self._session, query, line.open_tickets, line.tickets, self._open_ticket, with_names=True
        )
        self._right.addWidget(self.tickets)
        activity = activity_card(found.profile.events)
        if activity is not None:
            self._right.addWidget(activity)

    def refresh(self) -> None:
        """Read the tickets anew."""
        self.tickets.load()

    def _field(self, key: str, value: str, name: str, failed: Callable[[str], object]) -> None:
        organizations, actor, number = self._session.desk.organizations, self._session.actor, self.shown_id or 0
        self._acts.change_organization(
            lambda: organizations.set_fields(number, {key: value}, actor),
            tr("{field} changed").format(field=name),
            icon="pencil",
            failed=failed,
        )

    def _heading(self, found: ShownOrganization) -> QFrame:
        one, line = found.profile.organization, found.profile.row
        frame, content = panel_card("")
        self.name = InPlaceLine(one.name, tr("Name of the organization"), size="h2")
        name = self.name
        organizations, actor = self._session.desk.organizations, self._session.actor

        def rename(text: str) -> None:
            self._acts.change_organization(
                lambda: organizations.rename(one.id, text, actor),
                tr("The name is now {name}").format(name=text),
                icon="pencil",
                failed=lambda _text: name.mark(bad=True),
            )

        name.entered.connect(rename)
        facts = f"{tr('%n member(s)', line.members)} · {tr('%n ticket(s)', line.tickets)}"
        below = ElidedLabel(facts, "tertiary")
        below.setContentsMargins(BESIDE_NAME, 0, 0, 0)
        words = column(name, below, spacing=2)
        more = icon_button("ellipsis", tr("More about this organization"), lambda: self._more(more), side=32)
        head = row(Avatar(one.name, AVATAR), words, more, spacing=12)
        head.setStretchFactor(words, 1)
        content.addLayout(head)
        return frame

    def _more(self, below: QWidget) -> None:
        menu = Menu(self)
        menu.add(tr("Add a member…"), lambda: self._run("organization.add_member"), icon_name="user-plus")
        menu.add(tr("Merge into another organization…"), lambda: self._run("organization.merge"), icon_name="merge")
        menu.addSeparator()
        menu.add(tr("Delete the organization"), lambda: self._run("organization.delete"), icon_name="trash-2")
        menu.below(below)

    def _domains(self, found: ShownOrganization) -> QFrame:
        one = found.profile.organization
        organizations, actor = self._session.desk.organizations, self._session.actor
        frame, content = panel_card(tr("Domains"))
        content.setSpacing(2)

        def remove(domain: str) -> None:
            words = tr("{domain} removed; members stay").format(domain=domain)
            self._acts.change_organization(lambda: organizations.remove_domain(one.id, domain, actor), words, icon="x")

        for domain in one.domains:
            gone = icon_button(
                "x", tr("Remove {domain}").format(domain=domain), partial(remove, domain), size=14, side=26
            )
            line = row(Glyph("globe", "text_tertiary", 14), ElidedLabel(domain), gone, spacing=8)
            line.setStretch(1, 1)
            content.addLayout(line)
        self.new_domain = InPlaceLine("", tr("Add a domain"), placeholder=tr("Add a domain, such as shop.example"))
        new = self.new_domain

        def refused(text: str) -> None:
            new.mark(bad=True)
            new.setToolTip(plain_tip(text))
            self._acts.refused.emit(text)

        def added(change: OrganizationChange) -> str:
            joined = len(change.joined)
            return tr("%n customer(s) belong here now", joined) if joined else tr("Domain added")

        def add(text: str) -> None:
            if text:
                new.show_text("")
                new.setText("")
                self._acts.change_organization(
                    lambda: organizations.add_domain(one.id, text, actor), added, icon="globe", failed=refused
                )

        new.entered.connect(add)
        content.addLayout(row(Glyph("plus", "text_tertiary", 14), new, spacing=0))
        words = tr("Whoever writes from these domains joins by itself. Public mail providers stand for nobody.")
        content.addWidget(label(words, "tertiary", wrap=True))
        return frame

    def _members(self, found: ShownOrganization) -> QFrame:
        line, members = found.profile.row, found.profile.members
        frame, content = panel_card(tr("Members"), trailing=grouped(line.members))
        content.setSpacing(2)
        for one in members:
            content.addWidget(self._member(one))
        if line.members > len(members):
            content.addWidget(label(tr("The first %n are shown.", len(members)), "tertiary"))
        add = button(
            tr("Add a member"), lambda: self._run("organization.add_member"), variant="link", icon_name="user-plus"
        )
        add.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        content.addWidget(add)
        return frame

    def _member(self, one: ContactRow) -> QWidget:
        open_it = ElidedButton(one.name or one.email, lambda: self._acts.person_asked.emit(one.id), tip=one.email)
        email = ElidedLabel(one.email, "tertiary")
        words = tr("Take {name} out").format(name=one.name or one.email)
        out = icon_button("x", words, lambda: self._acts.set_organization(one.id, None, ""), size=14, side=26)
        line = row(Avatar(one.name or one.email, 22), open_it, email, out, spacing=8)
        line.setStretch(1, 3)
        line.setStretch(2, 4)
        return boxed(line)
