"""Replies, notes and the outbox, on both databases."""

from __future__ import annotations

import email
from datetime import UTC, datetime, timedelta

import pytest

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.draft import NewTicketDraft, ReplyDraft
from desk_app.domain.messages.model import Address, MessageKind
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.tickets.model import Bucket
from desk_app.plugin_api.channels import (
    ChannelError,
    ChannelFault,
    RecipientResult,
    SendOutcome,
    SendReceipt,
)
from desk_app.services.messages.replies import StaleReplyError
from desk_app.services.ports.sync import InboundState, OutboxState
from tests.support.desks import DeskKit, mail


def opened(desk_kit: DeskKit, **policy: object) -> int:
    """Let one mail arrive in support@ and return its ticket."""
    box = desk_kit.mailbox("support@desk.example", "help@desk.example", **policy)
    desk_kit.arrive(box, mail(message_id="first@c.example"))
    return desk_kit.tickets()[0].id


def outbox_state(desk_kit: DeskKit, outbox_id: int | None) -> OutboxState:
    with desk_kit.database.unit_of_work() as uow:
        item = uow.outbox.get(outbox_id or 0)
    assert item is not None
    return item.state


def test_while_not_armed_everything_waits_in_the_tray(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    sent = desk_kit.reply(ticket_id)
    assert sent.state == "held"
    assert desk_kit.desk.outbox.send_due() == 0
    assert desk_kit.channel.server("support@desk.example").sessions == 0
    assert [i.state for i in desk_kit.desk.outbox.tray()] == [OutboxState.HELD]
    desk_kit.arm()
    assert desk_kit.desk.outbox.send_due() == 0
    assert desk_kit.desk.outbox.release(None, desk_kit.ann) == 1
    with desk_kit.database.unit_of_work() as uow:
        assert uow.outbox.reschedule(sent.outbox_id or 0, uow.now())
        uow.commit()
    assert desk_kit.desk.outbox.send_due() == 1
    assert len(desk_kit.channel.server("support@desk.example").sent) == 1


def test_disarming_puts_queued_mail_back_into_the_tray(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    sent = desk_kit.reply(ticket_id)
    assert desk_kit.desk.settings.disarm(desk_kit.ann) == 1
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.HELD


def test_co_14_a_reply_leaves_with_right_headers_and_threads_back(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    desk_kit.reply(ticket_id, "Turn it off.", then_status="waiting")
    assert desk_kit.desk.outbox.send_due() == 1
    (out,) = desk_kit.channel.server("support@desk.example").sent
    parsed = email.message_from_bytes(out.raw)
    assert parsed["In-Reply-To"] == "<first@c.example>"
    assert parsed["References"] == "<first@c.example>"
    assert parsed["Message-ID"] == f"<{out.message_id}>"
    assert parsed["Subject"] == "Re: Printer on fire [#0001]"
    assert out.recipients == ("bob@customer.example",)
    ticket = desk_kit.ticket(ticket_id)
    assert (ticket.bucket, ticket.first_response_at is not None) == (Bucket.WAITING, True)
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("It works", subject="new subject", references=["first@c.example", out.message_id]))
    assert desk_kit.ticket(ticket_id).bucket is Bucket.OPEN
    view = desk_kit.messages(ticket_id)
    assert [m.join_rule for m in view] == ["new", "agent", "reply_id"]
    assert view[1].delivery is not None
    assert [r.state for r in view[1].delivery.recipients] == ["accepted"]


def test_mb_17_the_reply_leaves_from_the_alias_the_customer_wrote_to(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example", "help@desk.example")
    desk_kit.arrive(box, mail(to="help@desk.example"))
    desk_kit.arrive(box, mail("blind copy", to="undisclosed-recipients:;", headers="Delivered-To: help@desk.example"))
    for ticket in desk_kit.tickets():
        start = desk_kit.desk.replies.start(ticket.id, agent_id=desk_kit.agent.id)
        assert start.from_address == "help@desk.example"


def test_a_sender_that_is_not_the_mailboxs_is_refused(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    with pytest.raises(ValueError, match="no address of the mailbox"):
        desk_kit.reply(ticket_id, from_address="ceo@bank.example")
    assert desk_kit.ticket(ticket_id).message_count == 1


def test_co_02_undo_takes_the_reply_out_of_the_thread(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm(undo_seconds=30)
    file = OutgoingAttachment("a.txt", "text/plain", b"content")
    sent = desk_kit.reply(ticket_id, "Too early", then_status="resolved", attachments=(file,))
    assert sent.undo_until_at is not None
    assert desk_kit.desk.outbox.send_due() == 0
    draft = desk_kit.desk.replies.undo(sent.outbox_id or 0, desk_kit.ann)
    assert draft is not None
    assert (draft.text, draft.attachments, draft.to[0].email) == ("Too early", (file,), "bob@customer.example")
    ticket = desk_kit.ticket(ticket_id)
    assert (ticket.message_count, desk_kit.status(ticket_id), ticket.first_response_at) == (1, "open", None)
    assert len(desk_kit.messages(ticket_id)) == 1
    assert desk_kit.desk.replies.undo(sent.outbox_id or 0, desk_kit.ann) is None


def test_co_02_undo_leaves_alone_what_somebody_chose_since(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    with desk_kit.database.unit_of_work() as uow:
        later = uow.now() + timedelta(days=3)
    ann, ben = desk_kit.ann, desk_kit.desk.people.add_agent("ben", desk_kit.ann, name="Ben")
    sent = desk_kit.reply(ticket_id, then_status="waiting", then_assign=desk_kit.agent.id, send_at=later)
    desk_kit.desk.tickets.assign([ticket_id], ben.id, ann)
    desk_kit.desk.tickets.set_status([ticket_id], "resolved", ann)
    assert desk_kit.desk.replies.undo(sent.outbox_id or 0, ann) is not None
    assert (desk_kit.status(ticket_id), desk_kit.ticket(ticket_id).assignee_id) == ("resolved", ben.id)


def test_undo_is_too_late_once_the_mail_was_claimed(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    sent = desk_kit.reply(ticket_id)
    desk_kit.desk.outbox.send_due()
    assert desk_kit.desk.replies.undo(sent.outbox_id or 0, desk_kit.ann) is None
    assert len(desk_kit.messages(ticket_id)) == 2


def test_co_03_a_mail_for_later_is_given_up_when_the_customer_writes_first(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    later = datetime.now(UTC) + timedelta(days=2)
    kept = desk_kit.reply(ticket_id, "Any news?", send_at=later)
    given_up = desk_kit.reply(ticket_id, "Still there?", send_at=later, cancel_on_reply=True)
    assert desk_kit.desk.outbox.send_due() == 0
    desk_kit.arrive(desk_kit.desk.mailboxes.list()[0][0], mail("Here I am", in_reply_to="first@c.example"))
    assert outbox_state(desk_kit, kept.outbox_id) is OutboxState.QUEUED
    assert outbox_state(desk_kit, given_up.outbox_id) is OutboxState.CANCELLED


def test_in_09_something_newer_stops_the_reply_unless_forced(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    start = desk_kit.desk.replies.start(ticket_id, agent_id=desk_kit.agent.id)
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("Wait, solved it", in_reply_to="first@c.example"))
    with pytest.raises(StaleReplyError) as stopped:
        desk_kit.reply(ticket_id, last_message_id=start.last_message_id)
    (newer,) = stopped.value.newer_messages
    assert newer.snippet == "Wait, solved it"
    assert desk_kit.reply(ticket_id, last_message_id=start.last_message_id, force=True).message_id


def test_an_own_note_does_not_stop_the_reply(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    start = desk_kit.desk.replies.start(ticket_id, agent_id=desk_kit.agent.id)
    desk_kit.desk.replies.note(ticket_id, "He always says that", "", desk_kit.ann)
    assert desk_kit.reply(ticket_id, last_message_id=start.last_message_id).message_id


@pytest.mark.parametrize("included", list(HistoryIncluded))
def test_co_12_history_goes_along_as_chosen_and_notes_never_do(desk_kit: DeskKit, included: HistoryIncluded) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("Second letter", in_reply_to="first@c.example"))
    desk_kit.desk.replies.note(ticket_id, "secret opinion", "", desk_kit.ann)
    desk_kit.reply(ticket_id, "Answer", include_history=included)
    desk_kit.desk.outbox.send_due()
    parsed = email.message_from_bytes(desk_kit.server(box).sent[0].raw)
    text = "".join(
        str(part.get_payload(decode=True), "utf-8") for part in parsed.walk() if part.get_content_type() == "text/plain"
    )
    assert ("Second letter" in text) is (included is not HistoryIncluded.NONE)
    assert ("printer is on fire" in text) is (included is HistoryIncluded.FULL)
    assert "secret opinion" not in text
    assert desk_kit.messages(ticket_id)[-1].visible_text == "Answer"


def test_in_17_a_note_is_never_mailed(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    desk_kit.desk.replies.note(ticket_id, "internal", "", desk_kit.ann)
    assert desk_kit.desk.outbox.send_due() == 0
    assert desk_kit.messages(ticket_id)[-1].kind is MessageKind.INTERNAL_NOTE


# -- sending
# --------------------------------------------------------------------------------------------------------------


def test_each_recipient_has_its_own_state(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    server = desk_kit.channel.server("support@desk.example")
    server.outcomes.append(
        SendReceipt(
            SendOutcome.ACCEPTED,
            "250 ok",
            (
                RecipientResult("bob@customer.example", True, "250 ok"),
                RecipientResult("gone@customer.example", False, "550 5.1.1 unknown"),
            ),
        )
    )
    desk_kit.reply(ticket_id, cc=(Address("", "gone@customer.example"),))
    desk_kit.desk.outbox.send_due()
    delivery = desk_kit.messages(ticket_id)[-1].delivery
    assert delivery is not None
    assert {r.address: r.state for r in delivery.recipients} == {
        "bob@customer.example": "accepted",
        "gone@customer.example": "refused",
    }


def test_a_network_fault_is_tried_again_later(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    server = desk_kit.channel.server("support@desk.example")
    server.send_faults.append(ChannelError(ChannelFault.NETWORK, "connection refused"))
    sent = desk_kit.reply(ticket_id)
    assert desk_kit.desk.outbox.send_due() == 1
    with desk_kit.database.unit_of_work() as uow:
        item = uow.outbox.get(sent.outbox_id or 0)
        assert item is not None
        assert (item.state, item.attempts) == (OutboxState.QUEUED, 1)
        assert item.send_after_at > uow.now() + timedelta(seconds=30)
        uow.outbox.reschedule(item.id, uow.now())
        uow.commit()
    assert desk_kit.desk.outbox.send_due() == 1
    assert [m.message_id for m in server.sent] == [item.internet_id]


def test_a_permanent_refusal_fails_and_a_person_may_try_once_more(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    server = desk_kit.channel.server("support@desk.example")
    server.outcomes.append(SendReceipt(SendOutcome.REFUSED, "554 no spam please"))
    sent = desk_kit.reply(ticket_id)
    desk_kit.desk.outbox.send_due()
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.FAILED
    assert desk_kit.events(ticket_id)[-1].cause == "554 no spam please"
    assert desk_kit.desk.outbox.send_again(sent.outbox_id or 0, desk_kit.ann)
    desk_kit.desk.outbox.send_due()
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.SENT


def test_co_13_an_unclear_outcome_is_shown_and_not_sent_again(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    server = desk_kit.channel.server("support@desk.example")
    server.outcomes.append(SendReceipt(SendOutcome.UNKNOWN, "connection lost"))
    sent = desk_kit.reply(ticket_id)
    desk_kit.desk.outbox.send_due()
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.UNKNOWN
    assert desk_kit.desk.outbox.send_due() == 0
    assert len(server.sent) == 1
    assert desk_kit.desk.outbox.it_arrived(sent.outbox_id or 0, desk_kit.ann)
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.SENT
    assert not desk_kit.desk.outbox.send_again(sent.outbox_id or 0, desk_kit.ann)


def test_an_unclear_outcome_is_settled_by_the_sent_folder(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    server = desk_kit.channel.server("support@desk.example")
    server.outcomes.append(SendReceipt(SendOutcome.UNKNOWN, "connection lost"))
    sent = desk_kit.reply(ticket_id)
    server.sent_folder.add(desk_kit.messages(ticket_id)[-1].internet_id)
    desk_kit.desk.outbox.send_due()
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.SENT


def test_an_answer_to_a_mail_with_an_unclear_outcome_proves_that_it_left(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    server = desk_kit.channel.server("support@desk.example")
    server.outcomes.append(SendReceipt(SendOutcome.UNKNOWN, "connection lost"))
    sent = desk_kit.reply(ticket_id)
    desk_kit.desk.outbox.send_due()
    ours = desk_kit.messages(ticket_id)[-1].internet_id
    desk_kit.arrive(desk_kit.desk.mailboxes.list()[0][0], mail("Thank you", in_reply_to=ours))
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.SENT


def test_a_dead_senders_mail_is_unknown_and_never_sent_again(database: object) -> None:
    desk_kit = DeskKit(database, claim=timedelta(seconds=-1))  # type: ignore[arg-type] -- claims run out at once
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    sent = desk_kit.reply(ticket_id)
    with desk_kit.database.unit_of_work() as uow:
        (item,) = uow.outbox.claim_due(holder="dead", lease=timedelta(seconds=-1), limit=5)
        uow.commit()
    assert desk_kit.desk.outbox.send_due() == 0
    assert desk_kit.desk.outbox.recover_expired() == 1
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.UNKNOWN
    with desk_kit.database.unit_of_work() as uow:
        assert not uow.outbox.finish(item, OutboxState.SENT, "late", ())  # the dead one cannot write any more
    assert desk_kit.desk.outbox.send_again(sent.outbox_id or 0, desk_kit.ann)
    assert outbox_state(desk_kit, sent.outbox_id) is OutboxState.QUEUED


def test_mb_16_the_copy_in_the_sent_folder_does_not_come_back(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    desk_kit.reply(ticket_id)
    desk_kit.desk.outbox.send_due()
    box = desk_kit.desk.mailboxes.list()[0][0]
    server = desk_kit.server(box)
    assert server.copies == [server.sent[0].raw]
    with desk_kit.database.unit_of_work() as uow:
        assert uow.inbound.known_keys(box.id, ["1/1001/Sent"]) == {"1/1001/Sent"}
        (item,) = uow.inbound.by_internet_ids([server.sent[0].message_id])[server.sent[0].message_id]
    assert item.state is InboundState.IGNORED
    assert desk_kit.desk.outbox.store_copies() == 0


def test_mb_23_a_phone_ticket_sends_nothing(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arm()
    draft = NewTicketDraft(
        from_account_id=box.id,
        from_address=box.address,
        to=(Address("Eva", "eva@home.example"),),
        subject="Call about the bill",
        text="She wants it again.",
        send=False,
        channel="phone",
        tags=(" Bill ", "bill", ""),
    )
    made = desk_kit.desk.new_tickets.open(draft, desk_kit.ann)
    assert (made.state, made.outbox_id) == ("noted", None)
    (ticket,) = desk_kit.tickets()
    assert desk_kit.desk.conversations.conversation(ticket.id, agent_id=None).tags == ("bill",)
    assert (ticket.channel, ticket.requester_name, ticket.assignee_id) == ("phone", "Eva", desk_kit.agent.id)
    assert desk_kit.desk.outbox.send_due() == 0


def test_a_first_mail_to_a_customer_opens_a_ticket_that_his_answer_joins(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arm()
    to = (Address("Eva", "eva@home.example"),)
    draft = NewTicketDraft(from_account_id=box.id, from_address="", to=to, subject="Your bill", text="It is paid.")
    made = desk_kit.desk.new_tickets.open(draft, desk_kit.ann)
    desk_kit.desk.outbox.send_due()
    (out,) = desk_kit.server(box).sent
    desk_kit.arrive(box, mail("Great", from_="Eva <eva@home.example>", in_reply_to=out.message_id))
    (ticket,) = desk_kit.tickets()
    assert (ticket.id, ticket.message_count) == (made.ticket_id, 2)


def test_an_empty_reply_and_a_reply_to_nobody_are_refused(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    with pytest.raises(ValueError, match="empty"):
        desk_kit.reply(ticket_id, "  ")
    with pytest.raises(ValueError, match="recipient"):
        desk_kit.reply(ticket_id, to=())
    assert isinstance(desk_kit.desk.replies.start(ticket_id, agent_id=1).explanation[0], str)
    assert ReplyDraft(ticket_id=1).include_history is None


def test_mb_20_automatic_answers_stop_at_machines_and_ceilings(desk_kit: DeskKit) -> None:
    desk_kit.arm(auto_answers_per_hour=2)
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(from_="a@x.example"), mail(from_="b@x.example"), mail(from_="c@x.example"))
    desk_kit.arrive(box, mail(headers="Precedence: bulk"), mail(from_="noreply@shop.example"))
    ids = [desk_kit.messages(t.id)[0].id for t in desk_kit.tickets()]
    verdicts = [desk_kit.desk.auto_answers.offer(i, "We got your mail.") for i in ids]
    assert [v.allowed for v in verdicts] == [True, True, False, False, False]
    assert "ceiling" in verdicts[2].reason
    again = desk_kit.desk.auto_answers.offer(ids[0], "We got your mail.")
    assert "within the last day" in again.reason
    desk_kit.desk.outbox.send_due()
    sent = desk_kit.server(box).sent
    assert len(sent) == 2
    parsed = email.message_from_bytes(sent[0].raw)
    assert (parsed["Auto-Submitted"], sent[0].envelope_from) == ("auto-replied", "")
