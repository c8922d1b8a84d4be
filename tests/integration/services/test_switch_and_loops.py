"""The switch that lets mail out, and automatic answers that never loop ("What none of the peers has" 1, MB-20)."""

from __future__ import annotations

import email
from datetime import UTC, datetime, timedelta

import pytest

from desk_app.domain.mailboxes.model import FirstImport
from desk_app.domain.messages.loops import MOST_TO_A_SENDER
from desk_app.domain.people.actor import SYSTEM
from desk_app.services.ports.sync import OutboxState
from tests.support.desks import DeskKit, mail

MANY = 1000


def test_not_armed_a_thousand_mails_and_answers_connect_nowhere_and_wait_in_the_tray(desk_kit: DeskKit) -> None:
    desk_kit.configure(auto_answers_per_hour=10 * MANY, undo_seconds=0)
    box = desk_kit.mailbox("support@desk.example")
    letters = [mail(f"letter {n}", from_=f"c{n}@customer.example") for n in range(MANY)]
    assert desk_kit.arrive(box, *letters).created == MANY
    assert desk_kit.desk.outbox.tray() == []
    for ticket in desk_kit.tickets():
        message = ticket.last_inbound_id or 0
        assert desk_kit.desk.auto_answers.offer(message, "We got your mail.").allowed
    assert desk_kit.desk.outbox.send_due() == 0
    tray = desk_kit.desk.outbox.tray()
    assert len(tray) == desk_kit.desk.outbox.held() == MANY
    assert {item.state for item in tray} == {OutboxState.HELD}
    assert desk_kit.server(box).sessions == 0  # neither SMTP nor a look into the Sent folder

    assert desk_kit.desk.settings.arm(desk_kit.ann) == MANY
    assert desk_kit.desk.outbox.send_due() == 0  # arming alone releases nothing
    assert desk_kit.desk.outbox.release([tray[0].id], desk_kit.ann) == 1
    assert desk_kit.desk.outbox.send_due() == 1
    assert desk_kit.desk.outbox.release(None, desk_kit.ann) == MANY - 1
    assert desk_kit.desk.settings.disarm(desk_kit.ann) == MANY - 1
    assert desk_kit.desk.outbox.send_due() == 0
    assert len(desk_kit.server(box).sent) == 1


def test_imported_mail_triggers_nothing_at_all(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example", first_import=FirstImport.UNDECIDED)
    for n in range(20):
        desk_kit.server(box).deliver(
            mail(f"old {n}", from_=f"c{n}@customer.example"), datetime.now(UTC) - timedelta(days=1)
        )
    desk_kit.desk.mailboxes.count_old_mail(box.id, None)
    desk_kit.desk.mailboxes.decide_first_import(box.id, FirstImport.ARCHIVE, None, SYSTEM)
    assert desk_kit.desk.sync.sync_once(box.id).created == 20
    verdicts = [desk_kit.desk.auto_answers.offer(t.last_inbound_id or 0, "Hello") for t in desk_kit.tickets()]
    assert {v.reason for v in verdicts} == {"imported mail triggers nothing"}
    assert desk_kit.desk.outbox.send_due() == 0
    assert (desk_kit.desk.outbox.tray(), desk_kit.server(box).sent) == ([], [])


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes",
        "X-Autorespond: yes",
        "Precedence: bulk",
        "Precedence: junk",
        "Precedence: auto_reply",
        "List-Id: <news.shop.example>",
        "List-Unsubscribe: <mailto:off@shop.example>",
        "Return-Path: <>",
    ],
)
def test_mb_20_each_header_of_a_machine_alone_stops_the_answer(desk_kit: DeskKit, headers: str) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(headers=headers))
    verdict = desk_kit.desk.auto_answers.offer(desk_kit.tickets()[0].last_message_id or 0, "Hello")
    assert not verdict.allowed
    assert desk_kit.desk.outbox.tray() == []


@pytest.mark.parametrize("sender", ["no-reply@shop.example", "MAILER-DAEMON@mx.example", "support@desk.example"])
def test_mb_20_some_senders_are_never_answered(desk_kit: DeskKit, sender: str) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(from_=sender))
    assert not desk_kit.desk.auto_answers.offer(desk_kit.tickets()[0].last_message_id or 0, "Hello").allowed


def test_mb_20_our_own_answer_fetched_again_is_no_mail_and_gets_no_answer(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    support, sales = desk_kit.mailbox("support@desk.example"), desk_kit.mailbox("sales@desk.example")
    desk_kit.arrive(support, mail())
    assert desk_kit.desk.auto_answers.offer(desk_kit.tickets()[0].last_message_id or 0, "Hello").allowed
    desk_kit.desk.outbox.send_due()
    (sent,) = desk_kit.server(support).sent
    parsed = email.message_from_bytes(sent.raw)
    assert (parsed["Auto-Submitted"], sent.envelope_from) == ("auto-replied", "")
    for box in (support, sales):
        counts = desk_kit.arrive(box, sent.raw)
        assert (counts.ignored, counts.created, counts.joined) == (1, 0, 0)
    assert desk_kit.tickets()[0].message_count == 2


def test_mb_20_a_robot_without_a_single_sign_stops_in_its_ticket_and_over_all_tickets(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(message_id="first@c.example"))
    offers = desk_kit.desk.auto_answers
    desk_kit.arrive(box, mail("and again", in_reply_to="first@c.example"))
    one, again = desk_kit.messages(desk_kit.tickets()[0].id)
    assert offers.offer(one.id, "Hello").allowed
    assert "in this ticket" in offers.offer(again.id, "Hello").reason
    for n in range(10):  # each of its answers opens another ticket
        desk_kit.arrive(box, mail(f"your mail was received, number {n}"))
    verdicts = [offers.offer(t.last_message_id or 0, "Hello") for t in desk_kit.tickets()[1:]]
    assert sum(v.allowed for v in verdicts) == MOST_TO_A_SENDER - 1
    assert "within the last day" in verdicts[-1].reason
    desk_kit.arrive(box, mail(from_="carl@other.example"))
    assert offers.offer(desk_kit.tickets()[-1].last_message_id or 0, "Hello").allowed
