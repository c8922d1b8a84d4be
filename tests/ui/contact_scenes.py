"""What screens about people show in pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from desk_app.domain.contacts.fields import FieldDefinition
from desk_app.domain.contacts.links import LinkTemplate
from desk_app.services.contacts.settings import FieldDefinitions
from desk_app.ui.contacts.customers_page import CustomersPage
from desk_app.ui.contacts.phrases import ORGANIZATIONS
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage


def furnish(kit: DeskKit) -> None:
    """Give a believable desk organizations, fields, links, a blocked sender and a double."""
    desk, ann = kit.desk, kit.ann
    maya = desk.contacts.by_email("maya@lindqvist.example")
    assert maya is not None
    desk.organizations.create("Lindqvist Studio AB", ann, domain="lindqvist.example")
    desk.organizations.create("Kopi Works", ann, domain="kopi.example")
    desk.contact_settings.save_fields(
        FieldDefinitions(
            contact=(
                FieldDefinition("", "Customer number"),
                FieldDefinition("", "Plan", "choice", ("Starter", "Team", "Business")),
                FieldDefinition("", "Contract until", "date"),
                FieldDefinition("", "Newsletter", "yes_no"),
            ),
            organization=(FieldDefinition("", "VAT number"), FieldDefinition("", "Seats", "number")),
        ),
        ann,
    )
    desk.contact_settings.save_links(
        [
            LinkTemplate("Orders in the shop", "https://shop.example/customers?mail={email}"),
            LinkTemplate("Contract", "https://crm.example/c/{field.customer_number}"),
        ],
        ann,
    )
    desk.contacts.add_address(maya.id, "+46 8 123 45 67", ann, kind="phone", label="work")
    desk.contacts.add_address(maya.id, "maya.private@home.example", ann, label="private")
    desk.contacts.set_note(maya.id, "Prefers to be called in the morning.\nVIP: answer within two hours.", ann)
    desk.contacts.set_fields(maya.id, {"customer_number": "58213", "plan": "Team", "newsletter": "yes"}, ann)
    place = desk.people.departments()[0].id
    desk.contacts.create("Maya Lindqvist", "maya.l@post.example", ann, department_id=place)
    desk.contacts.create("Noor Haddad", "noor@haddad.example", ann, department_id=place, phone="+31 20 555 01 23")
    desk.blocks.block("promo.example", ann, reason="advertising")
    desk.blocks.block("omar@farouk.example", ann)
    box = next(account for account, _health in desk.mailboxes.list())
    kit.arrive(box, stage.letter("Win Big", "offers@promo.example", "You have won!", "Click here.", hours=2))


def customers(window: MainWindow) -> CustomersPage:
    """Return the page of customers, shown."""
    window.show_page("customers")
    found = window.page("customers")
    assert isinstance(found, CustomersPage)
    stage.settle(window)
    return found


def _person(email: str) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        page = customers(window)
        found = window.session.desk.contacts.by_email(email)
        assert found is not None
        page.directory.choose_filter("all")
        stage.settle(window)
        page.open_person(found.id)

    return show


def _organizations(window: MainWindow) -> None:
    page = customers(window)
    page.directory.choose_filter(ORGANIZATIONS)
    stage.settle(window)
    page.open_organization(page.directory.model.ids[1])


def _empty(window: MainWindow) -> None:
    page = customers(window)
    page.directory.choose_filter("failing")
    page.person.open(None)
    page.profiles.setCurrentIndex(0)


def _beside(window: MainWindow) -> None:
    ticket = next(one for one in window.inbox.list.model.ids)
    window.open_ticket(ticket)


def _settings(page: str) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        window.show_page("settings")
        window.page("settings").search.clear()  # type: ignore[union-attr]
        window.page("settings").open_page(page)  # type: ignore[union-attr]

    return show


def _blocked(window: MainWindow) -> None:
    window.run_action("contact.blocked")


def _erase(window: MainWindow) -> None:
    _person("maya@lindqvist.example")(window)
    stage.settle(window)
    window.run_action("contact.erase")


def _merge(window: MainWindow) -> None:
    _person("maya@lindqvist.example")(window)
    stage.settle(window)
    page = customers(window)
    assert page.person.found is not None
    page.person.merge_asked(page.person.found.doubles[0].id)


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], None]]]:
    """Every picture: its name and what leads to it."""
    yield "customer-card", _beside
    yield "customers", _person("maya@lindqvist.example")
    yield "customers-blocked", _person("omar@farouk.example")
    yield "organizations", _organizations
    yield "customers-empty", _empty
    for page in ("customer-fields", "context-links", "blocked-senders"):
        yield f"settings-{page}", _settings(page)
    yield "quarantine-blocked", _blocked


def dialogs() -> Iterator[tuple[str, Callable[[MainWindow], None]]]:
    """Questions, which are windows of their own and stand in no picture of the main one."""
    yield "customer-merge", _merge
    yield "customer-erase", _erase
