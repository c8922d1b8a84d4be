"""Commands on people and organizations, for the palette, menus and keys."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desk_app.domain.contacts.domains import domain_of, is_public
from desk_app.ui.language import tr
from desk_app.ui.shell.palette_lines import Entry
from desk_app.ui.tickets.hosts import TicketHost, host_command, widget

if TYPE_CHECKING:
    from desk_app.domain.contacts.model import Contact
    from desk_app.plugin_api.ui import ActionSpec
    from desk_app.services.contacts.merging import MergePreview
    from desk_app.services.contacts.organizations import OrganizationChange
    from desk_app.services.contacts.reply_address import ReplyAddresses
    from desk_app.services.queries.contacts import ContactRow
    from desk_app.ui.contacts.acts import ContactActs
    from desk_app.ui.contacts.customers_page import CustomersPage
    from desk_app.ui.contacts.privacy_dialogs import PrivacyDesk
    from desk_app.ui.shell.window import MainWindow


class ContactCommands:
    """What the actions ask before they act. They work on the profile that is open, else on the ticket's customer."""

    def __init__(self, window: MainWindow, acts: ContactActs) -> None:
        self.window, self.acts = window, acts
        self.here: TicketHost = window
        """The window the command was given in."""

    @cached_property
    def privacy(self) -> PrivacyDesk:
        """What is asked before a person is exported or erased."""
        from desk_app.ui.contacts.privacy_dialogs import PrivacyDesk

        return PrivacyDesk(self.window.session, self.window, self.window.notify, self._erased)

    def at(self, here: TicketHost) -> ContactCommands:
        """Return the same commands, given in another window: they are about its ticket."""
        found = copy(self)
        found.here = here
        return found

    @property
    def page(self) -> CustomersPage | None:
        """The page of customers, if it was opened and is in front."""
        from desk_app.ui.contacts.customers_page import CustomersPage

        found = self.window.page("customers")
        shown = isinstance(found, CustomersPage) and found.isVisible() and self.here is self.window
        return found if shown else None  # type: ignore[return-value]

    def open_page(self) -> CustomersPage:
        """Show the page of customers."""
        from desk_app.ui.contacts.customers_page import CustomersPage

        self.window.show_page("customers")
        found = self.window.page("customers")
        assert isinstance(found, CustomersPage)  # noqa: S101 -- registered beside this
        return found

    def with_person(self, then: Callable[[Contact], object]) -> None:
        """Call `then` with the person an action is about; says so where there is none."""
        page, contacts = self.page, self.window.session.desk.contacts
        contact_id = page.contact_id if page is not None else None
        if page is None and (view := self.here.ticket_pane.view) is not None:
            contact_id = view.ticket.requester_id
        if contact_id is None:
            self.here.notify(tr("Choose a customer first."))
            return
        wanted = contact_id

        def found(contact: Contact | None) -> None:
            if contact is None:
                self.window.notify(tr("The customer is gone."))
            else:
                then(contact)

        self.window.session.work.run(lambda: contacts.get(wanted), found, owner=self.window)

    def with_organization(self, then: Callable[[int], object]) -> None:
        """Call `then` with the organization that is open; says so where there is none."""
        page = self.page
        if page is None or page.organization_id is None:
            self.window.notify(tr("Open an organization first."))
        else:
            then(page.organization_id)

    # -- people -------------------------------------------------------------------------------------------------------
    def show(self) -> None:
        """Show the profile of the ticket's customer."""
        self.with_person(lambda contact: self.show_person(contact.id))

    def show_person(self, contact_id: int) -> None:
        """Show a person's profile."""
        self.open_page().open_person(contact_id)

    def search(self) -> None:
        """Search people."""
        self.open_page().directory.focus_search()

    def new(self) -> None:
        """Add a person."""
        from desk_app.ui.contacts.dialogs import NewPersonQuestion

        question = NewPersonQuestion(self.window)
        session = self.window.session
        departments = session.facts.departments

        def add() -> None:
            name, email, phone = question.name.text(), question.email.text(), question.phone.text()
            place = departments[0].id if departments else 1
            contacts, actor = session.desk.contacts, session.actor
            self.acts.run(
                lambda: contacts.create(name, email, actor, department_id=place, phone=phone),
                tr("{name} added").format(name=name.strip() or email.strip()),
                icon="user-plus",
                then=self.show_person,
            )

        question.ask(add)

    def ticket(self) -> None:
        """Begin a ticket for the person."""
        from desk_app.domain.messages.model import Address

        self.with_person(lambda one: self.window.ask_new_ticket(Address(one.name, one.primary_email)))

    def focus(self, part: str) -> None:
        """Put the cursor into a part of the open profile: "name", "note", "new_address"."""
        page = self.page
        control = getattr(page.person, part, None) if page is not None and page.contact_id is not None else None
        if isinstance(control, QWidget):
            control.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.window.notify(tr("Open a customer's profile first."))

    def merge(self) -> None:
        """Make one person of two."""
        from desk_app.ui.contacts.dialogs import pick_person
        from desk_app.ui.contacts.phrases import contact_name

        page = self.page
        other = page.person.merge_with if page is not None else None
        if page is not None:
            page.person.merge_with = None

        def chosen(contact: Contact) -> None:
            if other is not None:
                self._preview(other, contact.id)
                return
            title = tr("Who is the same person as {name}?").format(name=contact_name(contact))
            question = pick_person(self.window.session, title, tr("Go on"), contact.id, self.window)

            def go_on() -> None:
                if question.chosen is not None:
                    self._preview(question.chosen, contact.id)

            question.ask(go_on)

        self.with_person(chosen)

    def _preview(self, source_id: int, target_id: int) -> None:
        from desk_app.ui.contacts.dialogs import MergeQuestion

        desk = self.window.session.desk

        def read() -> tuple[MergePreview, list[ContactRow]]:
            preview = desk.contact_merges.preview(source_id, target_id)
            return preview, desk.contact_queries.rows([preview.source.id, preview.target.id])

        def ask(found: tuple[MergePreview, list[ContactRow]]) -> None:
            preview, rows = found
            if len(rows) < len((preview.source, preview.target)):
                return
            question = MergeQuestion(preview, rows[0], rows[1], self.window)
            question.ask(lambda: self.acts.merge(preview.source.id, preview.target.id, question.name, question.primary))

        self.window.session.work.run(read, ask, owner=self.window)

    def organization(self) -> None:
        """Choose a person's organization."""
        from desk_app.ui.contacts.dialogs import pick_organization
        from desk_app.ui.contacts.phrases import contact_name

        def chosen(contact: Contact) -> None:
            title = tr("Which organization does {name} belong to?").format(name=contact_name(contact))
            question = pick_organization(self.window.session, title, tr("Choose"), self.window, with_none=True)

            def keep() -> None:
                key = question.chosen
                if key is not None:
                    self.acts.set_organization(contact.id, key or None, question.chosen_name if key else "")

            question.ask(keep)

        self.with_person(chosen)

    def block(self) -> None:
        """Hold mail of a person back: one address, all of them, or a whole domain."""
        from desk_app.ui.contacts.phrases import contact_name

        def chosen(contact: Contact) -> None:
            name, acts = contact_name(contact), self.acts
            entries = [
                Entry(tr("Block {address}").format(address=one), lambda a=one: acts.block(a), icon="shield-alert")  # type: ignore[misc]
                for one in contact.emails
            ]
            if len(contact.emails) > 1:
                words = tr("Block every address of {name}").format(name=name)
                entries.insert(0, Entry(words, lambda: acts.block_person(contact.id, name), icon="shield-alert"))
            for domain in dict.fromkeys(domain_of(one) for one in contact.emails):
                if domain and not is_public(domain):
                    words = tr("Block everybody at {domain}").format(domain=domain)
                    entries.append(Entry(words, lambda d=domain: acts.block(d), icon="globe"))  # type: ignore[misc]
            self.here.palette_layer.open_with(entries, prompt=tr("Block…"))

        self.with_person(chosen)

    def unblock(self) -> None:
        """Let mail of a person through again."""
        from desk_app.ui.contacts.phrases import contact_name

        self.with_person(lambda contact: self.acts.unblock_person(contact.id, contact_name(contact)))

    def reply_address(self) -> None:
        """Choose where the next reply of the open ticket goes."""
        view = self.here.ticket_pane.view
        if view is None:
            self.here.notify(tr("Choose a ticket first."))
        else:
            self.ask_reply_address(view.ticket.id, always=True)

    def ask_reply_address(self, ticket_id: int, *, always: bool = False) -> None:
        """Ask where the next reply goes, if there is a choice (CU-04)."""
        from desk_app.ui.contacts.dialogs import ReplyAddressQuestion

        addresses = self.window.session.desk.reply_addresses

        def ask(found: ReplyAddresses | None) -> None:
            if found is None:
                return
            if len(found.choices) > 1:
                question = ReplyAddressQuestion(found.choices, found.current, widget(self.here))

                def keep() -> None:
                    if question.address and question.address != found.current:
                        self.acts.choose_reply_address(found.ticket_id, question.address)

                question.ask(keep)
            elif always:
                self.here.notify(tr("There is only one address to reply to."))

        self.window.session.work.run(lambda: addresses.choices(ticket_id), ask, owner=self.window)

    def export(self) -> None:
        """Hand everything about a person out as a file."""
        self.with_person(self.privacy.ask_export)

    def erase(self) -> None:
        """Erase a person."""
        self.with_person(self.privacy.ask_erase)

    def _erased(self, contact_id: int) -> None:
        from desk_app.ui.contacts.customers_page import CustomersPage

        page = self.window.page("customers")
        if isinstance(page, CustomersPage):
            if page.person.shown_id == contact_id:
                page.person.open(None)
            page.directory.load()

    def show_blocked(self) -> None:
        """Show mail of blocked senders."""
        from desk_app.ui.messages.quarantine_page import QuarantinePage

        self.window.show_page("quarantine")
        page = self.window.page("quarantine")
        if isinstance(page, QuarantinePage):
            page.show_blocked()

    # -- organizations ------------------------------------------------------------------------------------------------
    def show_organizations(self) -> None:
        """Show the list of organizations."""
        from desk_app.ui.contacts.phrases import ORGANIZATIONS

        self.open_page().directory.choose_filter(ORGANIZATIONS)

    def new_organization(self) -> None:
        """Add an organization."""
        from desk_app.ui.contacts.dialogs import NewOrganizationQuestion

        question = NewOrganizationQuestion(self.window)
        organizations, actor = self.window.session.desk.organizations, self.window.session.actor

        def told(change: OrganizationChange) -> str:
            name = change.after.name if change.after is not None else ""
            words = tr("{name} added").format(name=name)
            return f"{words}: {tr('%n customer(s) belong here now', len(change.joined))}" if change.joined else words

        def added(change: OrganizationChange) -> None:
            if change.after is not None:
                self.open_page().open_organization(change.after.id)

        def add() -> None:
            name, domain = question.name.text(), question.domain.text()
            self.acts.change_organization(lambda: organizations.create(name, actor, domain=domain), told, then=added)

        question.ask(add)

    def add_member(self) -> None:
        """Add a person to the organization."""
        from desk_app.ui.contacts.dialogs import pick_person

        def chosen(key: int) -> None:
            question = pick_person(self.window.session, tr("Who belongs here?"), tr("Add"), 0, self.window)
            page = self.page
            found = page.organization.found if page is not None else None
            name = found.profile.organization.name if found is not None else ""

            def add() -> None:
                if question.chosen is not None:
                    self.acts.set_organization(question.chosen, key, name)

            question.ask(add)

        self.with_organization(chosen)

    def merge_organization(self) -> None:
        """Merge the organization into another one."""
        from desk_app.ui.contacts.dialogs import pick_organization

        organizations, actor = self.window.session.desk.organizations, self.window.session.actor

        def chosen(key: int) -> None:
            question = pick_organization(
                self.window.session, tr("Merge into which organization?"), tr("Merge"), self.window, but_not=key
            )

            def go() -> None:
                target = question.chosen
                if target is not None:
                    self.acts.change_organization(
                        lambda: organizations.merge(key, target, actor),
                        tr("Merged into {name}").format(name=question.chosen_name),
                        icon="merge",
                        then=lambda _change: self.open_page().open_organization(target),
                    )

            question.ask(go)

        self.with_organization(chosen)

    def delete_organization(self) -> None:
        """Delete the organization; its members stay."""
        organizations, actor = self.window.session.desk.organizations, self.window.session.actor
        self.with_organization(
            lambda key: self.acts.change_organization(
                lambda: organizations.delete(key, actor),
                tr("Organization deleted; its members stay"),
                icon="trash-2",
            )
        )


def contact_actions(do: ContactCommands) -> list[ActionSpec]:
    """Return what can be done about people and organizations."""
    people, places = tr("Customer"), tr("Organization")
    window, asked = do.window, ContactCommands

    def act(
        action_id: str, title: str, call: Callable[[ContactCommands], object], icon: str, keys: tuple[str, ...] = ()
    ) -> ActionSpec:
        group = places if action_id.startswith("organization.") else people
        return host_command(action_id, title, lambda here, _ids: call(do.at(here)), icon, keys, group=group)

    return [
        act("go.customers", tr("Go to customers"), lambda _asked: window.show_page("customers"), "users", ("G, C",)),
        act("contact.search", tr("Search customers…"), asked.search, "search"),
        act("contact.show", tr("Show the customer's profile"), asked.show, "user"),
        act("contact.new", tr("New customer…"), asked.new, "user-plus"),
        act("contact.ticket", tr("New ticket for this customer…"), asked.ticket, "square-pen"),
        act("contact.rename", tr("Change the customer's name"), lambda one: one.focus("name"), "pencil"),
        act("contact.note", tr("Write the customer's note"), lambda one: one.focus("note"), "sticky-note"),
        act(
            "contact.address",
            tr("Add an address or number to the customer"),
            lambda one: one.focus("new_address"),
            "plus",
        ),
        act("contact.merge", tr("Merge with another customer…"), asked.merge, "merge"),
        act("contact.organization", tr("Choose the customer's organization…"), asked.organization, "building-2"),
        act("contact.block", tr("Block the sender…"), asked.block, "shield-alert"),
        act("contact.unblock", tr("Unblock the sender"), asked.unblock, "shield-check"),
        act("contact.reply_address", tr("Choose where the next reply goes…"), asked.reply_address, "mail"),
        act("contact.blocked", tr("Show mail of blocked senders"), asked.show_blocked, "shield-alert"),
        act("contact.export", tr("Export all data of the customer…"), asked.export, "download"),
        act("contact.erase", tr("Erase the customer…"), asked.erase, "trash-2"),
        act("organization.list", tr("Show organizations"), asked.show_organizations, "building-2"),
        act("organization.new", tr("New organization…"), asked.new_organization, "building-2"),
        act("organization.add_member", tr("Add a member to the organization…"), asked.add_member, "user-plus"),
        act("organization.merge", tr("Merge the organization…"), asked.merge_organization, "merge"),
        act("organization.delete", tr("Delete the organization"), asked.delete_organization, "trash-2"),
    ]
