"""Accounts, the intake ledger and the outbox in the database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from desk_app.domain.mailboxes.model import (
    Account,
    AccountHealth,
    AccountPolicy,
    AfterImport,
    Alias,
    FirstImport,
)
from desk_app.plugin_api.channels import Cursor, RecipientResult
from desk_app.services.ports.errors import DuplicateError
from desk_app.services.ports.sync import InboundState, OutboxItem, OutboxRecipient, OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.storage.database import Database
from tests.unit.storage.samples import NOON, account, inbound, minutes

LEASE = timedelta(minutes=2)


def test_an_account_comes_back_with_policy_and_aliases(database: Database) -> None:
    policy = AccountPolicy(
        FirstImport.SINCE, NOON, minutes(1), AfterImport.MOVE, "Done", ("forms.example", "*"), 1234, 30
    )
    stored = Account(
        0,
        1,
        "email",
        "Sales",
        "Sales team",
        "Sales@Example.net",
        {"port": 993},
        policy,
        aliases=(Alias("A@x.org", "A"),),
    )
    with database.unit_of_work() as uow:
        key = uow.accounts.add(stored)
        found = uow.accounts.get(key)
        assert found is not None
        assert replace(found, created_at=None) == replace(
            stored, id=key, address="sales@example.net", aliases=(Alias("a@x.org", "A"),)
        )
        uow.accounts.save(replace(found, enabled=False, aliases=()))
        assert [item.id for item in uow.accounts.all()] == [key]
        assert uow.accounts.all(include_disabled=False) == []
        with pytest.raises(ValueError, match="changed by somebody else"):
            uow.accounts.save(found)


def test_addresses_belong_to_one_account_and_stay_ours_after_it_is_gone(database: Database) -> None:
    with database.unit_of_work() as uow:
        first = account(uow, "one@example.net", aliases=(Alias("alias@example.net"),))
        for taken in ("One@example.net", "alias@example.net"):
            with pytest.raises(ValueError, match="belongs to another account"):
                account(uow, taken)
        with pytest.raises(ValueError, match="twice"):
            account(uow, "two@example.net", aliases=(Alias("two@example.net"),))
        uow.accounts.remove(first)
        assert uow.accounts.all() == []
        assert uow.accounts.own_addresses() == {"one@example.net", "alias@example.net"}
        account(uow, "one@example.net")


def test_health_and_cursor_are_kept(database: Database) -> None:
    with database.unit_of_work() as uow:
        key = account(uow)
        assert uow.accounts.health(key) == AccountHealth(key)
        health = AccountHealth(key, NOON, None, minutes(1), 3, "network", "no route", 12, 100, 88)
        uow.accounts.set_health(replace(health, failed_polls=1))
        uow.accounts.set_health(health)
        assert uow.accounts.health(key) == health
        assert uow.accounts.cursor(key) == Cursor()
        uow.accounts.set_cursor(key, Cursor({"INBOX": {"uidvalidity": 1, "uid": 7}, "Old": {"uid": 1}}))
        uow.accounts.set_cursor(key, Cursor({"INBOX": {"uidvalidity": 1, "uid": 9}}))
        assert uow.accounts.cursor(key) == Cursor({"INBOX": {"uidvalidity": 1, "uid": 9}})


def test_the_ledger_takes_each_source_key_once(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        first, again = inbound(box, "k1"), inbound(box, "k1")
        uow.inbound.add([first, again, inbound(box, "k2")])
        assert first.id > 0
        assert again.id == 0
        assert uow.inbound.known_keys(box, [*(f"k{n}" for n in range(1200))]) == {"k1", "k2"}
        assert uow.inbound.count(box) == 2
        assert [item.source_key for item in uow.inbound.pending(10)] == ["k1", "k2"]
        assert [item.source_key for item in uow.inbound.pending(1, account_id=box)] == ["k1"]
        assert uow.inbound.pending(10, account_id=box + 1) == []
        assert uow.inbound.get(first.id) == first
        assert uow.inbound.get(999) is None


def test_states_of_the_ledger(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        bad, good = inbound(box, "bad"), inbound(box, "good", after_import=AfterImport.DELETE)
        uow.inbound.add([bad, good])
        bad.state, bad.reason, bad.attempts = InboundState.QUARANTINED, "too large", 2
        good.state, good.internet_id, good.content_hash = InboundState.DONE, "a@x", "hash"
        uow.inbound.save(bad)
        uow.inbound.save(good)
        assert uow.inbound.quarantined() == [bad]
        assert uow.inbound.pending(10) == []
        assert uow.inbound.by_internet_ids(["a@x", ""]) == {"a@x": [good]}
        assert uow.inbound.unacknowledged(box, 10) == [good]
        uow.inbound.acknowledge([good.id])
        uow.inbound.acknowledge([])
        assert uow.inbound.unacknowledged(box, 10) == []
        uow.commit()
    assert database.ticket_queries.counts(None).quarantined == 1


def test_mb_09_one_mail_becomes_one_message_of_an_account_even_from_two_machines(database: Database) -> None:
    with database.unit_of_work() as uow:
        box, other = account(uow, "one@x.org"), account(uow, "two@x.org")
        items = [inbound(box, "1"), inbound(box, "2"), inbound(other, "1"), inbound(box, "3")]
        uow.inbound.add(items)
        for item in items:
            item.state, item.internet_id, item.content_hash = InboundState.DONE, "a@x", "hash"
        items[3].content_hash = "other"
        uow.inbound.save(items[0])
        with pytest.raises(DuplicateError), uow.savepoint():
            uow.inbound.save(items[1])
        uow.inbound.save(items[2])
        uow.inbound.save(items[3])
        items[1].state = InboundState.DUPLICATE
        uow.inbound.save(items[1])


def _mail(uow: UnitOfWork, box: int, **changes: Any) -> OutboxItem:
    values: dict[str, Any] = {
        "account_id": box,
        "department_id": 1,
        "state": OutboxState.QUEUED,
        "internet_id": "m@x",
        "envelope_from": "desk@example.net",
        "mime_sha256": uow.blobs.put(b"mime"),
        "queued_at": NOON,
        "send_after_at": NOON,
        "recipients": [OutboxRecipient("to", "Ana@x.org", "Ana"), OutboxRecipient("cc", "b@x.org")],
    }
    item = OutboxItem(**(values | changes))
    uow.outbox.add(item)
    return item


def test_outbox_a_due_mail_is_claimed_and_finished_once(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        due = _mail(uow, box)
        _mail(uow, box, send_after_at=uow.now() + timedelta(hours=1))
        _mail(uow, box, state=OutboxState.HELD)
        uow.commit()
    with database.unit_of_work() as uow:
        (claimed,) = uow.outbox.claim_due(holder="w1", lease=LEASE, limit=10)
        uow.commit()
        assert (claimed.id, claimed.state, claimed.attempts) == (due.id, OutboxState.SENDING, 1)
        assert uow.outbox.claim_due(holder="w2", lease=LEASE, limit=10) == []
        results = [RecipientResult("ana@x.org", True, "250 ok"), RecipientResult("b@x.org", False, "550 no")]
        assert uow.outbox.finish(claimed, OutboxState.SENT, "250 ok", results)
        assert not uow.outbox.finish(claimed, OutboxState.FAILED, "late", [])
        sent = uow.outbox.get(due.id)
        assert sent is not None
        assert sent.sent_at is not None
        assert [(one.state, one.response) for one in sent.recipients] == [("accepted", "250 ok"), ("refused", "550 no")]
        uow.outbox.mark_bounced("m@x", "", "5.1.1")
        uow.outbox.mark_bounced("nothing@x", "", "5.1.1")


def test_outbox_an_outcome_is_fenced_by_its_claim(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        mail = _mail(uow, box)
        (claimed,) = uow.outbox.claim_due(holder="w1", lease=timedelta(seconds=-1), limit=1)
        assert [item.id for item in uow.outbox.expired()] == [mail.id]
        assert uow.outbox.transition(mail.id, [OutboxState.SENDING], OutboxState.UNKNOWN, response="?")
        assert not uow.outbox.finish(claimed, OutboxState.SENT, "250", [])
        assert uow.outbox.transition(mail.id, [OutboxState.UNKNOWN], OutboxState.QUEUED)
        (again,) = uow.outbox.claim_due(holder="w1", lease=LEASE, limit=1)
        assert not uow.outbox.postpone(claimed, minutes(5), "451"), "the same process, but an older claim"
        assert uow.outbox.postpone(again, minutes(5), "451 later")
        waiting = uow.outbox.get(mail.id)
        assert waiting is not None
        assert (waiting.state, waiting.send_after_at, waiting.claimed_by) == (OutboxState.QUEUED, minutes(5), "")


def test_outbox_transitions_lists_and_copies(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        held = _mail(uow, box, state=OutboxState.HELD)
        sent = _mail(uow, box, state=OutboxState.SENT, copy_state="pending", internet_id="s@x")
        assert not uow.outbox.transition(held.id, [OutboxState.QUEUED], OutboxState.CANCELLED)
        assert uow.outbox.reschedule(held.id, minutes(30))
        assert not uow.outbox.reschedule(sent.id, minutes(30))
        assert [item.id for item in uow.outbox.listed([OutboxState.HELD, OutboxState.SENT])] == [held.id, sent.id]
        assert [item.id for item in uow.outbox.copies_due(5)] == [sent.id]
        uow.outbox.set_copy_state(sent.id, "stored")
        assert uow.outbox.copies_due(5) == []
        found = uow.outbox.by_internet_id("s@x")
        assert found is not None
        assert found.id == sent.id
        uow.commit()
    assert database.ticket_queries.counts(None).outbox_held == 1


def test_outbox_two_claimers_never_get_the_same_mail(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        for _ in range(60):
            _mail(uow, box)
        uow.commit()
    claims: list[list[int]] = [[], []]

    def claim(mine: list[int]) -> None:
        while True:
            with database.unit_of_work() as uow:
                found = uow.outbox.claim_due(holder=f"w{id(mine)}", lease=LEASE, limit=7)
                uow.commit()
            if not found:
                return
            mine.extend(item.id for item in found)

    threads = [threading.Thread(target=claim, args=(mine,)) for mine in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claims[0] + claims[1]) == sorted(set(claims[0] + claims[1]))
    assert len(claims[0]) + len(claims[1]) == 60


def test_mb_20_automatic_answers_are_counted_by_address_and_ticket(database: Database) -> None:
    with database.unit_of_work() as uow:
        uow.outbox.note_auto_answer("Ana@x.org", 1, 1, NOON)
        uow.outbox.note_auto_answer("ana@x.org", 2, 1, minutes(10))
        uow.outbox.note_auto_answer("b@x.org", None, 1, minutes(10))
        assert uow.outbox.auto_answers_since(NOON) == 3
        assert uow.outbox.auto_answers_since(minutes(5), address="ANA@x.org") == 1
        assert uow.outbox.auto_answers_since(NOON, address="ana@x.org", ticket_id=1) == 1
