"""Rounds: mails written together have the outcome of mails written one by one, on both databases (decision 044)."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.messages import placing
from desk_app.services.messages.placing import Placement
from desk_app.services.messages.round import Arrival, Round
from desk_app.services.ports.sync import InboundItem, InboundState
from desk_app.services.queries.tickets import Counts
from desk_app.storage.database import open_database
from desk_app.storage.transaction import Transaction
from tests.support.desks import DeskKit, mail

_TABLES = (
    "ticket",
    "ticket_mailbox",
    "ticket_event",
    "message",
    "message_body",
    "message_address",
    "message_ref",
    "attachment",
    "blob",
    "contact",
    "contact_address",
    "contact_department",
    "inbound_item",
    "search_document",
    "search_term",
)


def _rows(kit: DeskKit, sql: str) -> list[tuple[object, ...]]:
    with kit.database.unit_of_work() as uow:
        assert isinstance(uow, Transaction)
        connection = uow.connection
        return [tuple(row) for row in connection.execute(sa.text(sql))]


def _counts(kit: DeskKit) -> Counts:
    return kit.desk.ticket_queries.counts(agent_id=kit.agent.id)


def _recount(kit: DeskKit) -> dict[Bucket, int]:
    found = dict.fromkeys(Bucket, 0)
    for ticket in kit.tickets():
        found[ticket.bucket] += 1
    return found


def _fail_on(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    place = Placement.place

    def guarded(self: Placement, arrival: Arrival) -> placing.Placed:
        placed = place(self, arrival)
        if word in arrival.parsed.subject:
            raise RuntimeError("this mail breaks the intake")
        return placed

    monkeypatch.setattr(Placement, "place", guarded)


def test_pains_2_one_poison_mail_among_a_hundred_costs_only_itself(
    desk_kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = desk_kit.mailbox("support@desk.example")
    _fail_on(monkeypatch, "poison")
    mails = [mail(subject="poison" if n == 57 else f"Case {n}", from_=f"p{n}@c.example") for n in range(100)]
    counts = desk_kit.arrive(box, *mails)
    assert (counts.stored, counts.created, counts.quarantined) == (100, 99, 1)
    tickets = desk_kit.tickets()
    assert [t.subject for t in tickets] == [f"Case {n}" for n in range(100) if n != 57]
    assert _rows(desk_kit, "SELECT COUNT(*) FROM contact_address WHERE address = 'p57@c.example'") == [(0,)]
    with desk_kit.database.unit_of_work() as uow:
        (row,) = uow.inbound.quarantined()
    assert row.state is InboundState.QUARANTINED
    assert row.raw_sha256 is not None
    assert dict(_counts(desk_kit).total) == _recount(desk_kit)


def test_two_mails_of_one_thread_in_a_round_make_one_ticket_saved_once(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    counts = desk_kit.arrive(
        box,
        mail("First", message_id="a@c.example"),
        mail("Second", message_id="b@c.example", in_reply_to="a@c.example"),
        mail("Third", message_id="c@c.example", references=["a@c.example", "b@c.example"]),
    )
    assert (counts.created, counts.joined) == (1, 2)
    (ticket,) = desk_kit.tickets()
    messages = desk_kit.messages(ticket.id)
    assert [m.visible_text.strip() for m in messages] == ["First", "Second", "Third"]
    assert not any(m.stranger for m in messages)
    assert (ticket.message_count, ticket.last_message_id, ticket.snippet) == (3, messages[-1].id, "Third")
    assert [e.kind for e in desk_kit.events(ticket.id)] == ["TicketCreated", "MessageAdded", "MessageAdded"]


def test_mail_6_out_of_order_within_one_round(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    counts = desk_kit.arrive(
        box,
        mail("Answer", message_id="b@c.example", in_reply_to="a@c.example"),
        mail("Parent", message_id="a@c.example"),
        mail("Unrelated", subject="Something else", from_="eve@other.example"),
    )
    assert (counts.stored, counts.quarantined) == (3, 0)
    assert len(desk_kit.tickets()) == 2
    joined = desk_kit.tickets()[0]
    assert {m.visible_text.strip() for m in desk_kit.messages(joined.id)} == {"Answer", "Parent"}


def test_cu_01_two_new_mails_of_one_unknown_sender_make_one_contact(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(from_="Zoe <zoe@new.example>"), mail(subject="Another", from_="Zoe Z <ZOE@new.example>"))
    first, second = desk_kit.tickets()
    assert first.requester_id == second.requester_id
    assert _rows(desk_kit, "SELECT COUNT(*) FROM contact") == [(1,)]
    assert _rows(desk_kit, "SELECT COUNT(*) FROM contact_department") == [(1,)]


def test_mb_10_the_same_mail_in_two_mailboxes_in_one_round(desk_kit: DeskKit) -> None:
    one, two = desk_kit.mailbox("support@desk.example"), desk_kit.mailbox("sales@desk.example")
    raw = mail(message_id="both@c.example", to="support@desk.example, sales@desk.example")
    with desk_kit.database.unit_of_work() as uow:
        sha256, now = uow.blobs.put(raw), uow.now()
        uow.inbound.add([_item(box, raw, sha256, now) for box in (one, two)])
        uow.commit()
    counts = desk_kit.desk.intake.process_pending()
    assert (counts.created, counts.duplicates) == (1, 1)
    (ticket,) = desk_kit.tickets()
    assert ticket.mailbox_ids == (one.id, two.id)
    assert {e.kind for e in desk_kit.events(ticket.id)} == {"TicketCreated", "MailboxAdded"}
    assert _counts(desk_kit).mailboxes[two.id][Bucket.OPEN] == 1


def _item(box: Account, raw: bytes, sha256: str, at: datetime) -> InboundItem:
    return InboundItem(
        account_id=box.id,
        department_id=box.department_id,
        stream="INBOX",
        source_key=f"key-{box.id}",
        received_at=at,
        stored_at=at,
        size=len(raw),
        raw_sha256=sha256,
    )


def _mails(seed: int) -> list[bytes]:
    """Return threads, strangers, copies, missing parents and subject numbers in a random order."""
    rng = random.Random(seed)
    made = []
    for number in range(60):
        parents = [f"t{rng.randrange(number + 3)}@c.example"] if rng.random() < 0.5 else []
        made.append(
            mail(
                f"Text {number}",
                subject=rng.choice(["Printer", f"Re: [#{rng.randrange(1, 9):04}]", "Fwd: Printer", "Question"]),
                from_=f"Person {number % 7} <p{number % 7}@c.example>",
                message_id=f"t{number}@c.example",
                references=parents,
            )
        )
    made += rng.sample(made, 5)
    rng.shuffle(made)
    return made


def _story(kit: DeskKit) -> list[tuple[object, ...]]:
    return [
        (
            t.number,
            t.subject,
            t.message_count,
            t.snippet,
            t.bucket,
            t.requester_email,
            t.last_message_id is not None,
            t.has_attachments,
            [(m.internet_id, m.stranger, m.join_rule) for m in kit.messages(t.id)],
            [e.kind for e in kit.events(t.id)],
        )
        for t in kit.tickets()
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_round_gives_what_one_savepoint_a_mail_gives(
    desk_kit: DeskKit, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, *_mails(seed))
    together = _story(desk_kit)
    assert dict(_counts(desk_kit).total) == _recount(desk_kit)
    changed = _rows(desk_kit, "SELECT entity_id FROM change_log WHERE entity = 'ticket' AND op = 'insert'")
    assert {row[0] for row in changed} == {t.id for t in desk_kit.tickets()}
    documents = _rows(desk_kit, "SELECT message_id, ticket_id FROM search_document ORDER BY message_id")
    assert documents == _rows(desk_kit, "SELECT id, ticket_id FROM message ORDER BY id")
    assert desk_kit.desk.ticket_queries.ids(TicketQuery(search="text", buckets=tuple(Bucket)))

    def broken(self: Round, arrivals: Sequence[Arrival]) -> None:
        raise RuntimeError("no round today")

    monkeypatch.setattr(Round, "prefetch", broken)
    shutil.copy(sqlite_template, tmp_path / "other.db")
    database = open_database(f"sqlite:///{tmp_path / 'other.db'}", origin="test")
    try:
        other = DeskKit(database)
        other.arrive(other.mailbox("support@desk.example"), *_mails(seed))
        assert _story(other) == together
        for name in _TABLES:
            sql = f"SELECT COUNT(*) FROM {name}"
            assert _rows(other, sql) == _rows(desk_kit, sql), name
    finally:
        database.close()
