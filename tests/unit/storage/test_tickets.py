"""Tickets in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.tickets.model import Bucket, LinkKind, Priority, StatusCategory, TicketEvent
from desk_app.services.ports.unit_of_work import StaleTicketError
from desk_app.storage.database import Database
from desk_app.storage.tickets.repository import format_number
from tests.unit.storage.samples import NOON, account, inbound, message, minutes, ticket


@pytest.mark.parametrize(
    ("number_format", "number", "shown"),
    [("####", 7, "0007"), ("T-###", 12345, "T-12345"), ("X", 3, "X3"), ("A##-B", 1, "A01-B")],
)
def test_a_number_format_names_the_least_digits(number_format: str, number: int, shown: str) -> None:
    assert format_number(number_format, number) == shown


def test_a_ticket_comes_back_as_it_was_stored(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        first = ticket(uow)
        stored = ticket(
            uow,
            account_id=box,
            mailbox_ids=(box,),
            priority=Priority.URGENT,
            spam=True,
            language="es",
            customer_wrote_at=minutes(1),
            follows_id=first.id,
            link_kind=LinkKind.SPLIT,
        )
        uow.commit()
    with database.unit_of_work() as uow:
        assert uow.tickets.get(stored.id) == stored
        assert uow.tickets.by_number(stored.number) == stored
        assert uow.tickets.get(999) is None


def test_numbers_never_repeat_even_where_a_format_makes_them_meet(database: Database) -> None:
    with database.unit_of_work() as uow:
        taken = ticket(uow, number="2002")
        numbers = [uow.tickets.next_number("####") for _ in range(2)] + [uow.tickets.next_number("200#")]
        assert taken.number not in numbers
        assert len(set(numbers)) == 3


def test_saving_an_outdated_ticket_is_refused(database: Database) -> None:
    with database.unit_of_work() as uow:
        stored = ticket(uow)
        uow.commit()
    outdated = replace(stored)
    with database.unit_of_work() as uow:
        stored.subject = "New"
        uow.tickets.save(stored)
        uow.commit()
    assert stored.version == 2
    with database.unit_of_work() as uow:
        outdated.subject = "Other"
        with pytest.raises(StaleTicketError):
            uow.tickets.save(outdated)
    with database.unit_of_work() as uow:
        found = uow.tickets.get(stored.id)
        assert found is not None
        assert found.subject == "New"


def test_saving_moves_mailbox_and_tag_rows_with_the_ticket(database: Database) -> None:
    with database.unit_of_work() as uow:
        one, two = account(uow, "one@example.net"), account(uow, "two@example.net")
        stored = ticket(uow, mailbox_ids=(one,))
        uow.tickets.set_tags(stored.id, ["VIP ", "vip", "late"])
        assert uow.tickets.tags(stored.id) == ("late", "vip")
        stored.mailbox_ids = (two,)
        stored.category, stored.status_id = StatusCategory.CLOSED, 5
        stored.activity_at = minutes(5)
        uow.tickets.save(stored)
        uow.tickets.set_tags(stored.id, ["vip"])
        rows = uow.connection.execute(
            sa.text("SELECT account_id, bucket FROM ticket_mailbox UNION ALL SELECT 0, bucket FROM ticket_tag")
        ).all()
        assert sorted(tuple(row) for row in rows) == [(0, "closed"), (two, "closed")]


def test_history_is_append_only(database: Database) -> None:
    with database.unit_of_work() as uow:
        stored = ticket(uow)
        event = TicketEvent(
            stored.id, 1, NOON, "StatusChanged", SYSTEM, "rule 3", "status", "open", "closed", None, {"a": 1}
        )
        uow.tickets.record([event])
        uow.commit()
        assert [replace(found, id=0) for found in uow.tickets.events(stored.id)] == [event]
    for statement in ("UPDATE ticket_event SET new = 'x'", "DELETE FROM ticket_event"):
        with database.unit_of_work() as uow, pytest.raises(sa.exc.DBAPIError, match="append-only"):
            uow.connection.exec_driver_sql(statement)


@pytest.mark.postgres
def test_history_cannot_be_truncated(postgres_database: Database) -> None:
    with postgres_database.unit_of_work() as uow, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        uow.connection.exec_driver_sql("TRUNCATE ticket_event")


def test_merges_are_followed_to_the_survivor(database: Database) -> None:
    with database.unit_of_work() as uow:
        chain = [ticket(uow) for _ in range(4)]
        for source, target in pairwise(chain):
            source.merged_into_id = target.id
            uow.tickets.save(source)
        survivor = uow.tickets.survivor(chain[0].id)
        assert survivor is not None
        assert survivor.id == chain[-1].id
        uow.commit()
    assert database.ticket_queries.find(chain[0].number) == chain[-1].id
    assert database.ticket_queries.find(f"#{chain[0].id}") == chain[-1].id
    assert database.ticket_queries.find("#99999") is None
    assert database.ticket_queries.find("nonsense") is None


def test_snoozes_end_by_the_databases_clock(database: Database) -> None:
    with database.unit_of_work() as uow:
        now = uow.now()
        due = ticket(uow, snoozed_until_at=now - timedelta(seconds=5))
        ticket(uow, snoozed_until_at=now + timedelta(hours=1))
        assert [found.id for found in uow.tickets.due_snoozed(10)] == [due.id]


def test_in_32_expired_trash_is_listed_after_its_days(database: Database) -> None:
    with database.unit_of_work() as uow:
        now = uow.now()
        old = ticket(uow, trashed_at=now - timedelta(days=31))
        ticket(uow, trashed_at=now - timedelta(days=29))
        assert [found.id for found in uow.tickets.expired_trash(30, 10)] == [old.id]


def test_in_32_purging_leaves_tombstones_and_nothing_else(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        kept, gone = ticket(uow), ticket(uow, mailbox_ids=(box,))
        shared, own = uow.blobs.put(b"shared" * 50), uow.blobs.put(b"own" * 50)
        message(uow, kept, "kept words", raw_sha256=shared)
        record = message(uow, gone, "secret words", raw_sha256=own, internet_id="a@b", content_hash="h")
        message(uow, gone, "more", raw_sha256=shared)
        item = inbound(box, "INBOX:1:1", raw_sha256=own)
        uow.inbound.add([item])
        item.message_id, item.internet_id, item.content_hash = record.id, "a@b", "h"
        uow.inbound.save(item)
        uow.tickets.record([TicketEvent(gone.id, 1, NOON, "TicketCreated", SYSTEM)])
        merged = ticket(uow, merged_into_id=gone.id)
        ticket(uow, follows_id=gone.id)
        uow.commit()
    with database.unit_of_work() as uow:
        uow.tickets.purge([gone.id], actor_name="Ana", reason="asked to")
        uow.commit()
    with database.unit_of_work() as uow:
        assert uow.tickets.get(gone.id) is None
        assert uow.tickets.get(merged.id) is None
        assert uow.blobs.get(own) is None
        assert uow.blobs.get(shared) is not None
        assert uow.inbound.known_keys(box, ["INBOX:1:1"]) == {"INBOX:1:1"}
        (tombstone,) = uow.inbound.by_internet_ids(["a@b"])["a@b"]
        assert tombstone.state.value == "purged"
        assert tombstone.raw_sha256 is None
        for table in ("ticket_event", "ticket_mailbox"):
            assert uow.connection.execute(sa.text(f"SELECT COUNT(*) FROM {table}")).scalar() == 0
        assert uow.connection.execute(sa.text("SELECT COUNT(*) FROM message_body")).scalar() == 1
        purges = uow.connection.execute(sa.text("SELECT ticket_id, actor_name, reason FROM ticket_purge")).all()
        assert sorted(tuple(row) for row in purges) == [(gone.id, "Ana", "asked to"), (merged.id, "Ana", "asked to")]
        following = ticket(uow)
        assert following.id > merged.id, "an id that was purged never comes back"
    assert database.ticket_queries.counts(None).total[Bucket.OPEN] == 2


def test_database_1_2_a_new_department_reaches_every_row_of_the_ticket(database: Database) -> None:
    with database.unit_of_work() as uow:
        other = uow.people.add_department("Sales")
        box = account(uow)
        stored = ticket(uow, mailbox_ids=(box,))
        uow.tickets.set_tags(stored.id, ["a"])
        message(uow, stored, refers_to=("x@y",))
        stored.department_id = other
        uow.tickets.save(stored)
        for table in (
            "ticket",
            "ticket_mailbox",
            "ticket_tag",
            "message",
            "message_body",
            "message_address",
            "message_ref",
            "search_document",
        ):
            found = uow.connection.execute(sa.text(f"SELECT DISTINCT department_id FROM {table}")).scalars().all()
            assert found == [other], table


def test_participants_are_every_address_in_the_thread(database: Database) -> None:
    with database.unit_of_work() as uow:
        stored = ticket(uow)
        message(uow, stored, author_email="Eve@Example.org")
        assert uow.tickets.participants(stored.id) == {"eve@example.org", "desk@example.net"}
