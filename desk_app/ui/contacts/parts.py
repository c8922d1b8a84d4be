"""What contacts bring to the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.plugin_api.ui import PageSpec, PanelSpec, SettingsPage
from desk_app.ui.contacts.actions import ContactCommands, contact_actions
from desk_app.ui.contacts.acts import ContactActs
from desk_app.ui.language import tr
from desk_app.ui.tickets.hosts import host

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desk_app.plugin_api.ui import PanelPort, WindowPort
    from desk_app.services.queries.conversation import ConversationView
    from desk_app.ui.shell.window import MainWindow


def register(window: MainWindow) -> None:
    """Register what needs the window."""
    session, registries = window.session, window.registries
    acts = ContactActs(session, window.inbox)  # goes with the page when the language changes
    acts.told.connect(window.acts.told)
    acts.refused.connect(window.acts.refused)
    commands = ContactCommands(window, acts)
    window.acts.requester_changed.connect(acts.reply_address_asked)
    acts.reply_address_asked.connect(commands.ask_reply_address)
    acts.person_asked.connect(commands.show_person)
    acts.organization_asked.connect(lambda key: commands.open_page().open_organization(key))

    def customers(port: WindowPort) -> QWidget:
        from desk_app.ui.contacts.customers_page import CustomersPage

        return CustomersPage(session, acts, window.run_action, port.open_ticket)

    def customer_card(port: PanelPort, view: ConversationView) -> QWidget:
        from desk_app.ui.contacts.customer_panel import CustomerCard

        return CustomerCard(view, session, acts, host(port).run_action)

    registries.pages.register(PageSpec("customers", tr("Customers"), "users", customers, 20))
    registries.panels.register(PanelSpec("customer", tr("Customer"), customer_card, 10))
    for page in _settings_pages(window, acts):
        registries.settings_pages.register(page)
    for action in contact_actions(commands):
        registries.actions.register(action)


def _settings_pages(window: MainWindow, acts: ContactActs) -> tuple[SettingsPage, ...]:
    session, people = window.session, tr("Customers")

    def fields(port: WindowPort) -> QWidget:
        from desk_app.ui.contacts.fields_page import FieldsPage

        return FieldsPage(session, port)

    def links(port: WindowPort) -> QWidget:
        from desk_app.ui.contacts.fields_page import LinksPage

        return LinksPage(session, port)

    def blocks(_port: WindowPort) -> QWidget:
        from desk_app.ui.contacts.blocks_page import BlocksPage

        return BlocksPage(session, acts, window.run_action)

    return (
        SettingsPage(
            "customer-fields", tr("Customer fields"), "list", people, fields, 55, ("custom fields", "organization")
        ),
        SettingsPage(
            "context-links", tr("Links to other systems"), "external-link", people, links, 56, ("shop", "CRM", "URL")
        ),
        SettingsPage(
            "blocked-senders",
            tr("Blocked senders"),
            "shield-alert",
            people,
            blocks,
            57,
            ("block", "spam", "quarantine"),
        ),
    )
