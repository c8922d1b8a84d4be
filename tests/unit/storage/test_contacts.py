"""Contacts in the database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk_app.domain.contacts.model import Contact, ContactAddress
from desk_app.domain.people.agent import Agent
from desk_app.services.ports.errors import DuplicateError
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.storage.database import Database
from tests.unit.storage.samples import NOON, message, minutes, ticket


def _contact(uow: UnitOfWork, email: str, name: str = "") -> Contact:
    return uow.contacts.get_or_create(email, name, language="en", department_id=1, at=NOON)


def test_cu_01_a_first_mail_makes_a_contact_and_the_second_finds_it(database: Database) -> None:
    with database.unit_of_work() as uow:
        made = _contact(uow, " Ana@Example.org")
        assert made.primary_email == "ana@example.org"
        named = _contact(uow, "ana@example.org", "Ana")
        assert (named.id, named.name) == (made.id, "Ana")
        assert _contact(uow, "ana@example.org", "Other").name == "Ana"
        assert uow.contacts.by_email("ANA@example.org") == named
        assert uow.contacts.by_email("nobody@example.org") is None


def test_recipients_are_found_by_names_without_capitals_and_accents(database: Database) -> None:
    with database.unit_of_work() as uow:
        for email, name in (("a@x.org", "Álvaro Núñez"), ("b@x.org", "Éva 50% Óra"), ("al@x.org", "Zoe")):
            _contact(uow, email, name)
        uow.commit()
    found = {typed: [email for _, email in database.writing.people(typed, 8)] for typed in ("Ál", "al", "ÉVA 50%", "_")}
    assert found == {"Ál": ["a@x.org"], "al": ["al@x.org", "a@x.org"], "ÉVA 50%": ["b@x.org"], "_": []}


def test_saving_adds_and_removes_addresses_and_refuses_taken_ones(database: Database) -> None:
    with database.unit_of_work() as uow:
        one, two = _contact(uow, "one@x.org"), _contact(uow, "two@x.org")
        addresses = (ContactAddress("one@x.org"), ContactAddress("New@x.org", is_primary=True, label="work"))
        uow.contacts.save(replace(one, name="One", note="n", addresses=addresses))
        found = uow.contacts.get(one.id)
        assert found is not None
        assert found.primary_email == "new@x.org"
        uow.contacts.save(replace(found, addresses=found.addresses[1:]))
        assert uow.contacts.by_email("one@x.org") is None
        current = uow.contacts.get(one.id)
        assert current is not None
        with pytest.raises(ValueError, match="another contact"):
            uow.contacts.save(replace(current, addresses=(ContactAddress(two.primary_email),)))
        with pytest.raises(ValueError, match="changed by somebody else"):
            uow.contacts.save(found)


def test_cu_03_a_merge_takes_everything_along_and_can_be_undone(database: Database) -> None:
    with database.unit_of_work() as uow:
        source, target = _contact(uow, "old@x.org"), _contact(uow, "new@x.org")
        moved = ticket(uow, requester_id=source.id)
        other = ticket(uow, requester_id=target.id)
        said = message(uow, moved, contact_id=source.id)
        uow.contacts.merge(source.id, target.id)
        resolved = uow.contacts.get(source.id)
        assert resolved is not None
        assert resolved.id == target.id
        assert {address.address for address in resolved.addresses} == {"old@x.org", "new@x.org"}
        assert _contact(uow, "old@x.org").id == target.id
        found = uow.tickets.get(moved.id)
        assert found is not None
        assert found.requester_id == target.id
        with pytest.raises(ValueError, match="merged"):
            uow.contacts.merge(source.id, target.id)

        uow.contacts.unmerge(source.id)
        back, stays, mail = uow.tickets.get(moved.id), uow.tickets.get(other.id), uow.messages.get(said.id)
        assert back is not None
        assert stays is not None
        assert mail is not None
        assert (back.requester_id, stays.requester_id, mail.contact_id) == (source.id, target.id, source.id)
        own = uow.contacts.get(source.id)
        assert own is not None
        assert own.primary_email == "old@x.org"
        with pytest.raises(ValueError, match="not merged"):
            uow.contacts.unmerge(source.id)
        with pytest.raises(ValueError, match="itself"):
            uow.contacts.merge(target.id, target.id)


def test_mb_22_a_bounce_marks_an_address_until_its_owner_writes(database: Database) -> None:
    with database.unit_of_work() as uow:
        made = _contact(uow, "ana@x.org")
        uow.contacts.mark_failing("Ana@x.org", "5.1.1 no such user", NOON)
        uow.contacts.mark_failing("ana@x.org", "5.1.1 again", minutes(9))
        uow.contacts.mark_failing("nobody@x.org", "5.1.1", NOON)
        found = uow.contacts.get(made.id)
        assert found is not None
        (address,) = found.addresses
        assert (address.failing_since_at, address.failing_reason, address.bounce_count) == (NOON, "5.1.1 again", 2)
        uow.contacts.mark_working("ana@x.org")
        uow.contacts.mark_working("nobody@x.org")
        found = uow.contacts.get(made.id)
        assert found is not None
        assert found.addresses[0].failing_since_at is None


def test_agents_and_departments(database: Database) -> None:
    with database.unit_of_work() as uow:
        sales = uow.people.add_department("Sales")
        assert [item.name for item in uow.people.departments()] == ["Support", "Sales"]
        gone = uow.people.add_agent(Agent(0, "zed", "Zed", "z@x.org", active=False), [1])
        ana = uow.people.add_agent(Agent(0, "Ana", "ana", "A@x.org", "admin"), [1, sales, sales])
        assert [item.id for item in uow.people.agents()] == [ana, gone]
        assert uow.people.agent_by_login(" ANA ") == Agent(ana, "ana", "ana", "a@x.org", "admin")
        assert uow.people.agent(ana) == uow.people.agent_by_login("ana")
        assert uow.people.agent_by_login("nobody") is None
        with pytest.raises(DuplicateError):
            uow.people.add_agent(Agent(0, "ana", "Other", ""), [])
        assert len(uow.people.agents()) == 2, "the transaction goes on after the refusal"


def test_cu_03_a_chain_of_merges_comes_apart_in_any_order(database: Database) -> None:
    for order in ((0, 1), (1, 0)):
        with database.unit_of_work() as uow:
            a, b, c = (_contact(uow, f"{one}@x.org") for one in "abc")
            moved = ticket(uow, requester_id=a.id)
            uow.contacts.merge(a.id, b.id)
            uow.contacts.merge(b.id, c.id)
            for one in order:
                uow.contacts.unmerge((a.id, b.id)[one])
                if order == (1, 0) and one == 1:
                    back = uow.contacts.get(b.id)
                    assert back is not None
                    assert set(back.emails) == {"a@x.org", "b@x.org"}, "who was merged into it comes along"
            found = [uow.contacts.get(one.id) for one in (a, b, c)]
            assert [one.emails for one in found if one is not None] == [("a@x.org",), ("b@x.org",), ("c@x.org",)]
            back_there = uow.tickets.get(moved.id)
            assert back_there is not None
            assert back_there.requester_id == a.id


def test_cu_03_who_left_a_chain_takes_its_tickets_along_for_good(database: Database) -> None:
    with database.unit_of_work() as uow:
        a, b, c = (_contact(uow, f"{one}@x.org") for one in "abc")
        moved = ticket(uow, requester_id=a.id)
        for source, target in ((a, b), (b, c)):
            uow.contacts.merge(source.id, target.id)
        uow.contacts.unmerge(a.id)
        uow.contacts.merge(a.id, c.id)
        uow.contacts.unmerge(b.id)
        found = uow.tickets.get(moved.id)
        assert found is not None
        assert found.requester_id == c.id
