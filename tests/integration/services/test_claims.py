"""A mail being sent belongs to its sender as long as that one lives (CO-13, docs/decisions/055-short-claims.md)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from desk_app.plugin_api.channels import OutboundMail, SendReceipt
from desk_app.services.mailboxes.outbox import CLAIM
from desk_app.services.ports.sync import OutboxItem, OutboxState
from desk_app.storage.database import Database
from tests.support.desks import DeskKit, MemorySession, mail


def item_of(desk_kit: DeskKit, outbox_id: int | None) -> OutboxItem:
    with desk_kit.database.unit_of_work() as uow:
        item = uow.outbox.get(outbox_id or 0)
    assert item is not None
    return item


def queued(desk_kit: DeskKit) -> int | None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    desk_kit.arm()
    return desk_kit.reply(desk_kit.tickets()[0].id).outbox_id


def test_a_slow_server_is_not_taken_for_a_dead_sender(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk_kit = DeskKit(database, claim=timedelta(seconds=3))
    outbox_id = queued(desk_kit)
    real, seen = MemorySession.send, []

    def slow(session: MemorySession, out: OutboundMail) -> SendReceipt:
        first = item_of(desk_kit, outbox_id).lease_until_at
        end = time.monotonic() + 30
        while (now := item_of(desk_kit, outbox_id).lease_until_at) == first:
            assert time.monotonic() < end, "nobody renews the claim"
            time.sleep(0.05)
        seen.append((first, now))
        assert desk_kit.desk.outbox.recover_expired() == 0
        return real(session, out)

    monkeypatch.setattr(MemorySession, "send", slow)
    assert desk_kit.desk.outbox.send_due() == 1
    assert seen[0][1] > seen[0][0]
    assert item_of(desk_kit, outbox_id).state is OutboxState.SENT


def test_a_lost_claim_is_not_renewed(desk_kit: DeskKit) -> None:
    outbox_id = queued(desk_kit)
    with desk_kit.database.unit_of_work() as uow:
        (item,) = uow.outbox.claim_due(holder="frozen", lease=timedelta(seconds=-1), limit=1)
        assert uow.outbox.renew(item, timedelta(seconds=-1))
        uow.commit()
    assert desk_kit.desk.outbox.recover_expired() == 1
    with desk_kit.database.unit_of_work() as uow:
        assert not uow.outbox.renew(item, timedelta(minutes=5))
        uow.commit()
    assert item_of(desk_kit, outbox_id).state is OutboxState.UNKNOWN


def test_a_dead_senders_mail_shows_within_two_minutes() -> None:
    assert timedelta(seconds=30) <= CLAIM <= timedelta(minutes=2)
