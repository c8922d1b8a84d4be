"""The first connect and what happens on the server afterwards (MB-05, MB-08, MB-15)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk_app.domain.mailboxes.model import AfterImport, FirstImport
from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.tickets.model import Bucket
from desk_app.services.ports.sync import InboundState
from tests.support.desks import DeskKit, mail

CHOICES = [FirstImport.NONE, FirstImport.SINCE, FirstImport.ARCHIVE]


def since_of(choice: FirstImport) -> datetime | None:
    return datetime.now(UTC) - timedelta(days=30) if choice is FirstImport.SINCE else None


@pytest.mark.parametrize("choice", CHOICES)
def test_mail_that_arrives_between_the_count_and_the_choice_is_new_mail(desk_kit: DeskKit, choice: FirstImport) -> None:
    box = desk_kit.mailbox("support@desk.example", first_import=FirstImport.UNDECIDED)
    server = desk_kit.server(box)
    server.deliver(mail("old", subject="old"), datetime.now(UTC) - timedelta(days=400))
    since = since_of(choice)
    assert desk_kit.desk.mailboxes.count_old_mail(box.id, since)[0].total == 1
    server.deliver(mail("while the wizard waited", subject="between"))
    desk_kit.desk.mailboxes.decide_first_import(box.id, choice, since, SYSTEM)
    server.deliver(mail("afterwards", subject="after"))
    desk_kit.desk.sync.sync_once(box.id)
    tickets = {t.subject: t for t in desk_kit.tickets()}
    assert set(tickets) == {"between", "after"} | ({"old"} if choice is FirstImport.ARCHIVE else set())
    for subject in ("between", "after"):
        assert (tickets[subject].imported, tickets[subject].bucket) == (False, Bucket.OPEN), subject


@pytest.mark.parametrize("choice", CHOICES)
def test_without_a_count_the_choice_itself_is_the_line(desk_kit: DeskKit, choice: FirstImport) -> None:
    box = desk_kit.mailbox("support@desk.example", first_import=FirstImport.UNDECIDED)
    server = desk_kit.server(box)
    server.deliver(mail("this morning", subject="old"), datetime.now(UTC) - timedelta(hours=3))
    desk_kit.desk.mailboxes.decide_first_import(box.id, choice, since_of(choice), SYSTEM)
    server.deliver(mail(subject="new"), datetime.now(UTC).replace(microsecond=0))  # as IMAP tells it: whole seconds
    desk_kit.desk.sync.sync_once(box.id)
    found = {t.subject: t.imported for t in desk_kit.tickets()}
    assert found == {"new": False} | ({} if choice is FirstImport.NONE else {"old": True})


def test_nothing_is_fetched_before_the_choice_and_it_is_made_once(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example", first_import=FirstImport.UNDECIDED)
    desk_kit.server(box).deliver(mail())
    result = desk_kit.desk.sync.sync_once(box.id)
    assert (result.fetched, result.fault) == (0, "")
    with pytest.raises(ValueError, match="date"):
        desk_kit.desk.mailboxes.decide_first_import(box.id, FirstImport.SINCE, None, SYSTEM)
    desk_kit.desk.mailboxes.decide_first_import(box.id, FirstImport.ARCHIVE, None, SYSTEM)
    assert desk_kit.desk.sync.sync_once(box.id).created == 1
    with pytest.raises(ValueError, match="made before"):
        desk_kit.desk.mailboxes.decide_first_import(box.id, FirstImport.NONE, None, SYSTEM)


@pytest.mark.parametrize("action", list(AfterImport))
def test_mb_15_each_action_is_done_once_for_stored_mail_only(desk_kit: DeskKit, action: AfterImport) -> None:
    box = desk_kit.mailbox("support@desk.example", after_import=action, after_import_target="Done", max_bytes=2000)
    server = desk_kit.server(box)
    for n in range(3):
        server.deliver(mail(f"mail {n}"))
    server.deliver(mail("x" * 5000))
    desk_kit.desk.sync.sync_once(box.id)
    desk_kit.desk.sync.sync_once(box.id)
    expected = [] if action is AfterImport.KEEP else [(f"1/{n}/INBOX", action) for n in (1, 2, 3)]
    assert sorted(server.acknowledged) == expected  # what waits in quarantine stays where it is
    (item,) = desk_kit.desk.quarantine.list()
    assert item.state is InboundState.QUARANTINED
