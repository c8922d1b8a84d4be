"""The whole way in, scored against generated mail with known truth (mail.md 8.2 and 8.3)."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.mailboxes.model import Account
from desk_app.services.queries.conversation import MessageView
from desk_app.storage.database import Database
from tests.support.desks import DeskKit
from tests.support.shared_mail import make_mailset, needs_generator

COUNT = 700
ROUND = 60
MACHINES = {"autoreply", "dsn", "list"}

pytestmark = [needs_generator, pytest.mark.corpora]


@pytest.fixture
def filled(sqlite_database: Database, tmp_path: Path) -> tuple[DeskKit, list[dict[str, Any]]]:
    """A desk that has taken the whole set over, in the order of its making, and the truth about it."""
    kit = DeskKit(sqlite_database)
    kit.arm(auto_answers_per_hour=10**6)
    boxes: dict[str, Account] = {}
    truths: list[dict[str, Any]] = []
    waiting: list[tuple[str, bytes]] = []

    def deliver() -> None:
        for account in sorted({name for name, _ in waiting}):
            if account not in boxes:
                boxes[account] = kit.mailbox(f"{account}@desk.example")
            counts = kit.arrive(boxes[account], *(raw for name, raw in waiting if name == account))
            assert counts.quarantined == 0
        waiting.clear()

    for truth, raw in make_mailset(tmp_path / "set", count=COUNT, seed=7):
        truths.append(truth)
        if truth["kind"] in {"copy", "dsn"}:  # may speak of a mail in another mailbox, which must have come before
            deliver()
        waiting.append((truth["account"], raw.replace(b"\n", b"\r\n")))
        if len(waiting) >= ROUND:
            deliver()
    deliver()
    return kit, truths


def stored(kit: DeskKit) -> dict[str, list[MessageView]]:
    """Return every message of the desk by Message-ID."""
    found: dict[str, list[MessageView]] = defaultdict(list)
    for ticket in kit.tickets():
        for message in kit.messages(ticket.id):
            found[message.internet_id].append(message)
    return found


def test_the_truth_set_is_right_to_the_last_mail(filled: tuple[DeskKit, list[dict[str, Any]]]) -> None:
    kit, truths = filled
    messages = stored(kit)
    check_threads_and_content(kit, truths, messages)
    check_bounces(truths, messages)
    check_automatic_answers(kit, truths, messages)


def check_threads_and_content(
    kit: DeskKit, truths: list[dict[str, Any]], messages: dict[str, list[MessageView]]
) -> None:
    """Subjects, texts, attachments, all three kinds of link, one ticket a mail in two mailboxes."""
    first_of_thread: dict[int, int] = {}
    links: dict[str, int] = defaultdict(int)
    for truth in truths:
        internet_id = truth["message_id"].strip("<>")
        assert len(messages[internet_id]) == 1, truth["kind"]
        (message,) = messages[internet_id]
        if truth["kind"] in {"new", "list"}:
            first_of_thread[truth["thread"]] = message.ticket_id
        if truth["kind"] in {"reply", "autoreply"}:
            assert message.ticket_id == first_of_thread[truth["thread"]], truth["link"]
            links[truth["link"]] += 1
        if truth["kind"] != "dsn":
            assert message.subject == truth["subject"]
        assert truth["text_has"] in message.visible_text + message.folded_text
        files = sorted((a.filename, a.sha256) for a in message.attachments if a.content_type != "message/rfc822")
        if truth["kind"] != "dsn":
            assert files == sorted((name, sha) for name, sha in truth["attachments"])
    assert set(links) == {"both", "in-reply-to", "references"}
    copies = [t for t in truths if t["kind"] == "copy"]
    assert copies
    for truth in copies:
        ticket = kit.ticket(messages[truth["message_id"].strip("<>")][0].ticket_id)
        assert len(ticket.mailbox_ids) > 1


def check_bounces(truths: list[dict[str, Any]], messages: dict[str, list[MessageView]]) -> None:
    """Every bounce joins the ticket of the mail it returns (MB-22)."""
    bounces = [messages[t["message_id"].strip("<>")][0] for t in truths if t["kind"] == "dsn"]
    assert bounces
    assert {b.join_rule for b in bounces} == {"returned_mail"}


def check_automatic_answers(kit: DeskKit, truths: list[dict[str, Any]], messages: dict[str, list[MessageView]]) -> None:
    """No machine mail gets an automatic answer (MB-20)."""
    answered = {"machine": 0, "person": 0}
    for truth in truths:
        if truth["kind"] in MACHINES or (truth["kind"] == "new" and answered["person"] < 20):
            (message,) = messages[truth["message_id"].strip("<>")]
            verdict = kit.desk.auto_answers.offer(message.id, "We have received your mail.")
            answered["machine" if truth["kind"] in MACHINES else "person"] += verdict.allowed
    assert answered["machine"] == 0
    assert answered["person"] > 10
