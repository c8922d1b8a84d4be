"""People, organizations and blocked senders, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from desk_app.domain.contacts.blocking import BlockKind
from desk_app.domain.contacts.fields import FieldDefinition
from desk_app.domain.contacts.links import LinkTemplate
from desk_app.domain.contacts.model import Contact
from desk_app.domain.contacts.query import ContactFilter, ContactOrder, ContactQuery
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.contacts.settings import FieldDefinitions
from desk_app.services.ports.sync import InboundState
from desk_app.storage.schema.sync import inbound_item
from tests.support.desks import DeskKit, mail
from tests.unit.storage.samples import ticket


def person(kit: DeskKit, email: str) -> Contact:
    found = kit.desk.contacts.by_email(email)
    assert found is not None
    return found


def names(kit: DeskKit, query: ContactQuery) -> list[str]:
    queries = kit.desk.contact_queries
    return [row.name for row in queries.rows(queries.ids(query))]


def make(kit: DeskKit, name: str, email: str, phone: str = "") -> int:
    place = kit.desk.people.departments()[0].id
    return kit.desk.contacts.create(name, email, kit.ann, department_id=place, phone=phone)


# -- lists ------------------------------------------------------------------------------------------------------------


def test_people_are_listed_without_regard_to_capitals_and_accents(desk_kit: DeskKit) -> None:
    for name, email in (("zoe", "z@a.example"), ("Élodie", "e@a.example"), ("adam", "a@a.example")):
        make(desk_kit, name, email)
    assert names(desk_kit, ContactQuery()) == ["adam", "Élodie", "zoe"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("elod", ["Élodie Martin"]),
        ("martin", ["Élodie Martin", "Bob Martinez"]),
        ("artine", ["Bob Martinez"]),
        ("bob shop", ["Bob Martinez"]),
        ("@shop.example", ["Bob Martinez"]),
        ("0812 345", ["Élodie Martin"]),
        ("+46 8 123", ["Élodie Martin"]),
        ("kopi", ["Bob Martinez"]),
        ("100%", []),
        ("_", []),
    ],
)
def test_a_search_finds_parts_of_names_addresses_phones_and_organizations(
    desk_kit: DeskKit, search: str, found: list[str]
) -> None:
    make(desk_kit, "Élodie Martin", "elodie@home.example", "+46 8-123 45 67")
    bob = make(desk_kit, "Bob Martinez", "bob@shop.example")
    works = desk_kit.desk.organizations.create("Kopi Works", desk_kit.ann).after
    assert works is not None
    desk_kit.desk.contacts.set_organization(bob, works.id, desk_kit.ann)
    if search == "0812 345":
        desk_kit.desk.contacts.add_address(
            person(desk_kit, "elodie@home.example").id, "(0812) 345-99", desk_kit.ann, kind="phone"
        )
    assert sorted(names(desk_kit, ContactQuery(search=search))) == sorted(found)


def test_what_begins_with_the_search_comes_first(desk_kit: DeskKit) -> None:
    make(desk_kit, "Adam Linden", "a@a.example")
    make(desk_kit, "Linda Zorn", "l@a.example")
    assert names(desk_kit, ContactQuery(search="lind")) == ["Linda Zorn", "Adam Linden"]


def test_filters_and_the_order_by_last_contact(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    make(desk_kit, "Nobody Yet", "nobody@quiet.example")
    desk_kit.arrive(box, mail(from_="Carl <carl@shop.example>"))
    desk_kit.arrive(box, mail())
    assert names(desk_kit, ContactQuery(order=ContactOrder.LAST_CONTACT)) == ["Bob Customer", "Carl", "Nobody Yet"]
    assert names(desk_kit, ContactQuery(filter=ContactFilter.WITHOUT_TICKETS)) == ["Nobody Yet"]
    with desk_kit.database.unit_of_work() as uow:
        uow.contacts.mark_failing("carl@shop.example", "550 unknown", uow.now())
        uow.commit()
    assert names(desk_kit, ContactQuery(filter=ContactFilter.FAILING)) == ["Carl"]
    desk_kit.desk.blocks.block("bob@customer.example", desk_kit.ann)
    assert names(desk_kit, ContactQuery(filter=ContactFilter.BLOCKED)) == ["Bob Customer"]
    row = desk_kit.desk.contact_queries.rows([person(desk_kit, "bob@customer.example").id])[0]
    assert (row.tickets, row.open_tickets, row.blocked) == (1, 1, True)


# -- one person -------------------------------------------------------------------------------------------------------


def test_cu_02_a_person_can_be_added_before_the_first_mail(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    made = make(desk_kit, "  Bob   Customer ", "Bob@Customer.Example", "+49 30 123456")
    desk_kit.arrive(box, mail())
    (ticket,) = desk_kit.tickets()
    assert ticket.requester_id == made
    assert person(desk_kit, "bob@customer.example").phones == ("+49 30 123456",)
    for wrong in ("bob@customer.example", "support@desk.example", "nothing", "a b@c.example"):
        with pytest.raises(ValueError, match=r"another contact|own addresses|no e-mail address"):
            make(desk_kit, "X", wrong)


def test_every_change_can_be_put_back_unless_somebody_changed_the_same_again(desk_kit: DeskKit) -> None:
    key = make(desk_kit, "Bob", "bob@customer.example")
    contacts, ann = desk_kit.desk.contacts, desk_kit.ann
    renamed = contacts.rename(key, "Robert", ann)
    added = contacts.add_address(key, "home@bob.example", ann, label="home")
    contacts.put_back(renamed, ann)
    now = contacts.get(key)
    assert now is not None
    assert (now.name, now.emails) == ("Bob", ("bob@customer.example", "home@bob.example"))
    contacts.label_address(key, "home@bob.example", "private", ann)
    with pytest.raises(ValueError, match="meanwhile"):
        contacts.put_back(added, ann)
    primary = contacts.set_primary(key, "home@bob.example", ann)
    assert primary.after.primary_email == "home@bob.example"
    contacts.put_back(primary, ann)
    assert person(desk_kit, "bob@customer.example").primary_email == "bob@customer.example"
    kinds = [event.kind for event in desk_kit.desk.contact_queries.profile(key).events]  # type: ignore[union-attr]
    assert kinds == ["put_back", "primary_changed", "address_labelled", "put_back", "email_added", "renamed", "created"]


def test_cu_06_fields_take_only_what_their_type_takes(desk_kit: DeskKit) -> None:
    settings, contacts, ann = desk_kit.desk.contact_settings, desk_kit.desk.contacts, desk_kit.ann
    made = settings.save_fields(
        FieldDefinitions(
            contact=(
                FieldDefinition("", "Plan", "choice", ("Starter", "Team")),
                FieldDefinition("", "Seats", "number"),
                FieldDefinition("", "Customer since", "date"),
                FieldDefinition("", "Newsletter", "yes_no"),
            ),
            organization=(FieldDefinition("", "VAT number"),),
        ),
        ann,
    )
    assert [one.key for one in made.contact] == ["plan", "seats", "customer_since", "newsletter"]
    assert settings.read().fields == made
    key = make(desk_kit, "Bob", "bob@customer.example")
    contacts.set_fields(key, {"plan": "Team", "seats": "1,5", "customer_since": "2024-02-29"}, ann)
    change = contacts.set_fields(key, {"newsletter": "yes", "plan": "", "unknown": "x"}, ann)
    assert change.after.fields == {"seats": "1.5", "customer_since": "2024-02-29", "newsletter": "yes"}
    for field, value in (("plan", "Gold"), ("seats", "many"), ("customer_since", "2023-02-29"), ("newsletter", "eh")):
        with pytest.raises(ValueError, match=":"):
            contacts.set_fields(key, {field: value}, ann)
    contacts.put_back(change, ann)
    now = contacts.get(key)
    assert now is not None
    assert now.fields["plan"] == "Team"


def test_cu_03_a_merge_chooses_name_and_primary_address_and_comes_apart_whole(desk_kit: DeskKit) -> None:
    contacts, merges, ann = desk_kit.desk.contacts, desk_kit.desk.contact_merges, desk_kit.ann
    one, two = make(desk_kit, "Bob", "bob@a.example"), make(desk_kit, "Robert Long", "robert@b.example", "+49 30 55")
    works = desk_kit.desk.organizations.create("Kopi Works", ann).after
    assert works is not None
    contacts.set_organization(one, works.id, ann)
    before = (contacts.get(one), contacts.get(two))
    assert merges.preview(one, two).organization_id == works.id
    merged = merges.merge(one, two, ann, name="Bob Long", primary="bob@a.example")
    assert (merged.id, merged.name, merged.primary_email) == (two, "Bob Long", "bob@a.example")
    assert merged.organization_id == works.id
    assert names(desk_kit, ContactQuery()) == ["Bob Long"]
    merges.unmerge(one, ann)
    after = (contacts.get(one), contacts.get(two))
    for old, new in zip(before, after, strict=True):
        assert old is not None
        assert new is not None
        assert (new.name, new.primary_email, new.organization_id) == (old.name, old.primary_email, old.organization_id)
        assert {a.address for a in new.addresses} == {a.address for a in old.addresses}


def test_cu_03_what_was_chosen_after_a_merge_stays_when_it_is_undone(desk_kit: DeskKit) -> None:
    contacts, merges, ann = desk_kit.desk.contacts, desk_kit.desk.contact_merges, desk_kit.ann
    one, two = make(desk_kit, "Bob", "bob@a.example"), make(desk_kit, "Robert", "robert@b.example")
    contacts.add_address(two, "new@b.example", ann)
    merges.merge(one, two, ann)
    contacts.set_primary(two, "new@b.example", ann)
    contacts.add_address(two, "+49 30 555555", ann, kind="phone")
    contacts.set_note(two, "Calls often", ann)
    desk_kit.desk.blocks.block("bob@a.example", ann)
    assert person(desk_kit, "robert@b.example").blocked
    merges.unmerge(one, ann)
    kept = person(desk_kit, "robert@b.example")
    assert (kept.primary_email, kept.note) == ("new@b.example", "Calls often")
    assert [a.address for a in kept.addresses if a.is_primary] == ["new@b.example", "+49 30 555555"]
    assert person(desk_kit, "bob@a.example").addresses[0].is_primary
    assert (person(desk_kit, "bob@a.example").blocked, kept.blocked) == (True, False), "the block goes with its address"


def test_cu_03_a_merge_inside_a_chain_is_undone_without_touching_the_end(desk_kit: DeskKit) -> None:
    contacts, merges, ann = desk_kit.desk.contacts, desk_kit.desk.contact_merges, desk_kit.ann
    one, two, three = (make(desk_kit, "Bob", f"bob@{place}.example") for place in "abc")
    contacts.set_note(one, "Likes tea", ann)
    merges.merge(one, two, ann)
    merges.merge(two, three, ann)
    merges.unmerge(one, ann)
    assert (person(desk_kit, "bob@a.example").id, person(desk_kit, "bob@a.example").note) == (one, "Likes tea")
    assert person(desk_kit, "bob@b.example").id == three
    assert person(desk_kit, "bob@c.example").primary_email == "bob@c.example"
    merges.unmerge(two, ann)
    assert person(desk_kit, "bob@b.example").id == two
    assert person(desk_kit, "bob@c.example").emails == ("bob@c.example",)


def test_cu_03_mail_that_is_placed_during_a_merge_goes_to_who_took_over(desk_kit: DeskKit) -> None:
    one, two = make(desk_kit, "Bob", "bob@a.example"), make(desk_kit, "Robert", "robert@b.example")
    merging = threading.Thread(target=desk_kit.desk.contact_merges.merge, args=(one, two, desk_kit.ann))
    with desk_kit.database.unit_of_work() as uow:  # as a round of the intake
        uow.leases.serialise("intake")
        bob = uow.contacts.by_email("bob@a.example")
        assert bob is not None
        merging.start()
        merging.join(1.0)  # it has to wait for the round
        placed = ticket(uow, requester_id=bob.id)
        uow.commit()
    merging.join(60.0)
    assert desk_kit.ticket(placed.id).requester_id == two


def test_cu_03_probable_doubles_are_pointed_out(desk_kit: DeskKit) -> None:
    mine = make(desk_kit, "Ana López", "ana@a.example", "+34 600 123 456")
    make(desk_kit, "ana lopez", "ana@b.example")
    make(desk_kit, "A. L.", "al@c.example", "0600123456")
    make(desk_kit, "Somebody Else", "else@d.example", "+34 600 123 457")
    found = desk_kit.desk.contact_queries.duplicates(mine)
    assert {row.email for row in found} == {"ana@b.example", "al@c.example"}


# -- organizations ----------------------------------------------------------------------------------------------------


def test_cu_05_who_writes_from_a_domain_belongs_to_its_organization(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    organizations, ann = desk_kit.desk.organizations, desk_kit.ann
    made = organizations.create("Customer Inc", ann, domain="https://Customer.example/")
    assert made.after is not None
    assert made.joined == (person(desk_kit, "bob@customer.example").id,)
    many = [mail(from_=f"P{n} <p{n}@customer.example>") for n in range(3)]
    desk_kit.arrive(box, *many, mail(from_="Else <else@other.example>"))
    members = names(desk_kit, ContactQuery(organization_id=made.after.id))
    assert members == ["Bob Customer", "P0", "P1", "P2"]
    assert person(desk_kit, "else@other.example").organization_id is None
    ids = list(desk_kit.desk.ticket_queries.ids(TicketQuery(buckets=(), organization_id=made.after.id)))
    assert len(ids) == 4
    profile = desk_kit.desk.contact_queries.organization_profile(made.after.id)
    assert profile is not None
    assert (profile.row.members, profile.row.tickets, profile.row.domains) == (4, 4, ("customer.example",))
    with pytest.raises(ValueError, match="public mail provider"):
        organizations.add_domain(made.after.id, "gmail.com", ann)
    with pytest.raises(ValueError, match="another organization"):
        organizations.create("Second", ann, domain="customer.example")


def test_cu_05_organizations_merge_and_go_and_come_back(desk_kit: DeskKit) -> None:
    organizations, contacts, ann = desk_kit.desk.organizations, desk_kit.desk.contacts, desk_kit.ann
    bob, eve = make(desk_kit, "Bob", "bob@a.example"), make(desk_kit, "Eve", "eve@b.example")
    first = organizations.create("First", ann, domain="a.example").after
    second = organizations.create("Second", ann, domain="b.example").after
    assert first is not None
    assert second is not None
    merged = organizations.merge(second.id, first.id, ann)
    assert merged.after is not None
    assert merged.after.domains == ("a.example", "b.example")
    assert names(desk_kit, ContactQuery(organization_id=first.id)) == ["Bob", "Eve"]
    organizations.put_back(merged, ann)
    assert names(desk_kit, ContactQuery(organization_id=second.id)) == ["Eve"]
    assert organizations.get(first.id).domains == ("a.example",)  # type: ignore[union-attr]
    gone = organizations.delete(first.id, ann)
    assert contacts.get(bob).organization_id is None  # type: ignore[union-attr]
    organizations.put_back(gone, ann)
    assert contacts.get(bob).organization_id == first.id  # type: ignore[union-attr]
    assert contacts.get(eve).organization_id == second.id  # type: ignore[union-attr]
    added = organizations.add_domain(first.id, "c.example", ann)
    organizations.rename(first.id, "Else", ann)
    with pytest.raises(ValueError, match="meanwhile"):
        organizations.put_back(added, ann)


# -- blocked senders --------------------------------------------------------------------------------------------------


def test_cu_05_an_undo_destroys_nothing_that_somebody_added_since(desk_kit: DeskKit) -> None:
    organizations, ann = desk_kit.desk.organizations, desk_kit.ann
    made = organizations.create("First", ann)
    assert made.after is not None
    organizations.set_note(made.after.id, "Pays late", ann)
    with pytest.raises(ValueError, match="meanwhile"):
        organizations.put_back(made, ann)
    gone = organizations.delete(made.after.id, ann)
    organizations.put_back(gone, ann)
    with pytest.raises(ValueError, match="meanwhile"):
        organizations.put_back(gone, ann)
    assert organizations.get(made.after.id).note == "Pays late"  # type: ignore[union-attr]


def test_mb_22_an_address_that_is_put_back_still_fails(desk_kit: DeskKit) -> None:
    key = make(desk_kit, "Bob", "bob@customer.example")
    contacts, ann = desk_kit.desk.contacts, desk_kit.ann
    contacts.add_address(key, "old@customer.example", ann)
    with desk_kit.database.unit_of_work() as uow:
        uow.contacts.mark_failing("old@customer.example", "5.1.1 no such user", uow.now())
        uow.commit()
    before = person(desk_kit, "old@customer.example").addresses
    contacts.put_back(contacts.remove_address(key, "old@customer.example", ann), ann)
    after = person(desk_kit, "old@customer.example").addresses
    assert [(a.address, a.failing_since_at, a.failing_reason, a.bounce_count) for a in after] == [
        (a.address, a.failing_since_at, a.failing_reason, a.bounce_count) for a in before
    ]


def test_cu_09_blocked_mail_waits_with_a_reason_and_is_put_through_on_release(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk, ann = desk_kit.desk, desk_kit.ann
    desk.blocks.block("@spam.example", ann, reason="advertising")
    counts = desk_kit.arrive(
        box,
        mail(from_="One <one@spam.example>"),
        mail(from_="Two <two@mail.spam.example>"),
        mail(from_="Not <not@antispam.example>"),
        mail(from_="Three <three@shop.example>"),
    )
    assert (counts.blocked, counts.created, counts.quarantined) == (2, 2, 0)
    assert desk.ticket_queries.counts(None).quarantined == 0
    waiting = [one.item for one in desk.quarantine.blocked()]
    assert [item.reason for item in waiting] == ["Mail from spam.example is blocked."] * 2
    assert desk.quarantine.raw(waiting[0].id) is not None
    result = desk.quarantine.release([waiting[0].id], ann)
    assert (result.done, result.still) == (1, 0)
    assert [t.requester_email for t in desk_kit.tickets()][-1] == "two@mail.spam.example"
    assert not desk_kit.tickets()[-1].spam
    assert person(desk_kit, "two@mail.spam.example").blocked
    assert len(desk.quarantine.blocked()) == 1
    assert desk_kit.arrive(box, mail(from_="Two <two@mail.spam.example>")).blocked == 1


def test_cu_09_a_block_covers_a_person_and_is_taken_back(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk, ann = desk_kit.desk, desk_kit.ann
    desk_kit.arrive(box, mail())
    bob = person(desk_kit, "bob@customer.example")
    change = desk.blocks.block_contact(bob.id, ann)
    assert person(desk_kit, "bob@customer.example").blocked
    assert desk_kit.arrive(box, mail("again")).blocked == 1
    desk.contacts.add_address(bob.id, "bob@home.example", ann)
    assert person(desk_kit, "bob@customer.example").blocked
    desk.blocks.put_back(change, ann)
    assert not person(desk_kit, "bob@customer.example").blocked
    desk.blocks.block("customer.example", ann)
    profile = desk.contact_queries.profile(bob.id)
    assert profile is not None
    assert profile.block is not None
    assert (profile.contact.blocked, profile.block.kind) == (True, BlockKind.DOMAIN)
    back = desk.blocks.unblock_contact(bob.id, ann)
    assert desk.blocks.list() == []
    desk.blocks.put_back(back, ann)
    assert [one.value for one in desk.blocks.list()] == ["customer.example"]


def test_cu_09_own_mailboxes_and_public_providers_cannot_be_blocked(desk_kit: DeskKit) -> None:
    desk_kit.mailbox("support@desk.example")
    for wrong in ("support@desk.example", "desk.example", "gmail.com", "nothing", "a b"):
        with pytest.raises(ValueError, match=r"own addresses|public mail provider|no domain"):
            desk_kit.desk.blocks.block(wrong, desk_kit.ann)


def test_cu_09_blocked_mail_goes_after_its_days_and_its_row_says_so(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk, ann = desk_kit.desk, desk_kit.ann
    desk.contact_settings.set_block_days(7, ann)
    desk.blocks.block("bob@customer.example", ann)
    raw = mail()
    desk_kit.arrive(box, raw, mail("younger"))
    older, younger = sorted((one.item for one in desk.quarantine.blocked()), key=lambda item: item.id)
    with desk_kit.database.unit_of_work() as uow:
        old = uow.now() - timedelta(days=8)
        uow.connection.execute(update(inbound_item).where(inbound_item.c.id == older.id).values(stored_at=old))
        uow.commit()
    assert desk.quarantine.expire_blocked() == 1
    assert [one.item.id for one in desk.quarantine.blocked()] == [younger.id]
    with desk_kit.database.unit_of_work() as uow:
        item = uow.inbound.get(older.id)
        assert item is not None
        assert (item.state, item.raw_sha256) == (InboundState.PURGED, None)
        assert item.reason == "Mail from bob@customer.example is blocked. It was deleted after 7 days."
        assert older.raw_sha256 is not None
        assert uow.blobs.get(older.raw_sha256) is None
    assert desk.quarantine.expire_blocked() == 0


# -- links ------------------------------------------------------------------------------------------------------------


def test_cu_14_only_web_links_with_known_placeholders_are_kept(desk_kit: DeskKit) -> None:
    settings, ann = desk_kit.desk.contact_settings, desk_kit.ann
    good = settings.save_links([LinkTemplate("Shop", "https://shop.example/c?mail={email}")], ann)
    assert settings.read().links == good
    for wrong in (
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://{email}/",
        "https://shop.example/{password}",
        "https:///x",
        "https://shop.example/a b",
    ):
        with pytest.raises(ValueError, match=r"link|host|placeholder"):
            settings.save_links([LinkTemplate("Bad", wrong)], ann)
    assert settings.read().links == good
