"""Side conversations with third parties (IN-18), on both databases."""

from __future__ import annotations

import email
from datetime import timedelta

import pytest

from desk_app.domain.mailboxes.model import SenderName
from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.tickets.model import Bucket
from desk_app.services.messages.replies import ReplySent
from desk_app.services.queries.conversation import MessageView
from desk_app.services.tickets.results import CommandRefusedError
from tests.support.desks import DeskKit, mail

SUPPLIER = Address("Sara Supplier", "sara@supplier.example")
TEXT = "Do you have a spare part?"


def opened(desk_kit: DeskKit, **policy: object) -> int:
    box = desk_kit.mailbox("support@desk.example", **policy)
    desk_kit.arrive(box, mail(message_id="first@c.example", to="support@desk.example, colleague@customer.example"))
    return desk_kit.tickets()[0].id


def forward(desk_kit: DeskKit, ticket_id: int, *, message_id: int | None = None, **changes: object) -> ReplySent:
    """Write to the supplier as the composer would."""
    start = desk_kit.desk.side_conversations.start(ticket_id, message_id=message_id)
    fields: dict[str, object] = {
        "ticket_id": ticket_id,
        "from_account_id": start.from_account_id,
        "from_address": start.from_address,
        "to": start.to or (SUPPLIER,),
        "subject": start.subject,
        "text": TEXT,
        "message_id": start.message_id,
        **changes,
    }
    return desk_kit.desk.side_conversations.send(SideDraft(**fields), desk_kit.ann)  # type: ignore[arg-type]


def answer(desk_kit: DeskKit, text: str = "Yes, two of them.", **options: str) -> None:
    """Let the supplier answer the last mail that left."""
    desk_kit.desk.outbox.send_due()
    out = desk_kit.channel.server("support@desk.example").sent[-1]
    box = desk_kit.desk.mailboxes.list()[0][0]
    parsed = email.message_from_bytes(out.raw)
    given = {"from_": "Sara Supplier <sara@supplier.example>", "subject": f"Re: {parsed['Subject']}", **options}
    desk_kit.arrive(box, mail(text, in_reply_to=out.message_id, references=[out.message_id], **given))


def sent_mail(desk_kit: DeskKit) -> email.message.Message:
    desk_kit.desk.outbox.send_due()
    return email.message_from_bytes(desk_kit.channel.server("support@desk.example").sent[-1].raw)


def test_in_18_a_forward_begins_a_side_conversation_with_the_original_quoted(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    before = desk_kit.ticket(ticket_id)
    start = desk_kit.desk.side_conversations.start(ticket_id)
    assert (start.to, start.side, "printer is on fire" in start.history_text) == ((), None, True)
    sent = forward(desk_kit, ticket_id)
    (side,) = desk_kit.desk.side_conversations.of_ticket(ticket_id)
    (_, message) = desk_kit.messages(ticket_id)
    assert (message.id, message.side_conversation_id) == (sent.message_id, side.id)
    assert (side.people, side.agent_id, side.subject) == ((SUPPLIER,), desk_kit.agent.id, "Printer on fire")
    after = desk_kit.ticket(ticket_id)
    assert (after.agent_replied_at, after.first_response_at, after.status_id) == (None, None, before.status_id)
    assert after.snippet == before.snippet
    out = sent_mail(desk_kit)
    assert (out["To"], out["In-Reply-To"], out["References"]) == ("Sara Supplier <sara@supplier.example>", None, None)
    text = str(out.get_payload())
    assert text.startswith(TEXT)
    assert "Forwarded message from Bob Customer" in text
    assert "> Hello, my printer is on fire." in text
    (event,) = (e for e in desk_kit.events(ticket_id) if e.kind == "SideConversationStarted")
    assert (event.message_id, event.new) == (sent.message_id, "sara@supplier.example")


def test_in_18_a_forward_without_a_signature_names_the_agent_as_any_mail_does(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.desk.signatures.set_sender_name(box.id, SenderName.AGENT, desk_kit.ann)
    forward(desk_kit, ticket_id, with_signature=False)
    assert sent_mail(desk_kit)["From"] == "Ann Agent <support@desk.example>"


def test_in_18_the_third_partys_answer_is_no_word_of_the_customer(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    forward(desk_kit, ticket_id)
    desk_kit.desk.tickets.set_status([ticket_id], "waiting", desk_kit.ann)
    with desk_kit.database.unit_of_work() as uow:
        until = uow.now() + timedelta(days=3)
    desk_kit.desk.tickets.snooze([ticket_id], until, desk_kit.ann)
    before = desk_kit.ticket(ticket_id)
    answer(desk_kit)
    after = desk_kit.ticket(ticket_id)
    assert len(desk_kit.tickets()) == 1
    message = desk_kit.messages(ticket_id)[-1]
    (side,) = desk_kit.desk.side_conversations.of_ticket(ticket_id)
    assert (message.side_conversation_id, message.stranger) == (side.id, False)
    assert after.customer_wrote_at == before.customer_wrote_at
    assert (after.bucket, after.snoozed_until_at) == (Bucket.SNOOZED, until)
    assert (after.last_inbound_id, after.snippet) == (message.id, before.snippet)
    assert desk_kit.events(ticket_id)[-1].kind == "SideAnswerAdded"


def test_in_18_a_closed_ticket_takes_the_answer_and_stays_closed(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    forward(desk_kit, ticket_id)
    desk_kit.desk.tickets.set_status([ticket_id], "resolved", desk_kit.ann)
    desk_kit.backdate(ticket_id, 400)
    answer(desk_kit)
    assert [t.id for t in desk_kit.tickets()] == [ticket_id]
    assert desk_kit.ticket(ticket_id).bucket is Bucket.CLOSED
    assert desk_kit.messages(ticket_id)[-1].side_conversation_id is not None


def test_in_18_the_customer_never_gets_what_the_third_party_wrote(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm(history_included="all")
    forward(desk_kit, ticket_id)
    answer(desk_kit, "Between us: they never paid.")
    start = desk_kit.desk.replies.start(ticket_id, agent_id=desk_kit.agent.id)
    assert [a.email for a in (*start.to, *start.cc)] == ["bob@customer.example", "colleague@customer.example"]
    assert start.answers_message_id == desk_kit.messages(ticket_id)[0].id
    desk_kit.reply(ticket_id)
    raw = sent_mail(desk_kit).as_string()
    for secret in ("supplier", "never paid", "spare part"):
        assert secret not in raw
    side_message = next(m for m in desk_kit.messages(ticket_id) if m.author_email == SUPPLIER.email)
    with pytest.raises(CommandRefusedError):
        desk_kit.desk.replies.start(ticket_id, message_id=side_message.id)
    draft = ReplyDraft(
        ticket_id=ticket_id,
        from_account_id=start.from_account_id,
        from_address=start.from_address,
        to=start.to,
        text="x",
        answers_message_id=side_message.id,
    )
    with pytest.raises(CommandRefusedError):
        desk_kit.desk.replies.send(draft, desk_kit.ann, force=True)


def test_in_18_an_answer_to_a_side_message_stays_on_the_side(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    forward(desk_kit, ticket_id)
    answer(desk_kit, from_="Tom Supplier <tom@supplier.example>")
    theirs = desk_kit.messages(ticket_id)[-1]
    assert theirs.stranger
    start = desk_kit.desk.side_conversations.start(ticket_id, message_id=theirs.id)
    assert (start.to[0].email, start.attachments) == ("tom@supplier.example", ())
    assert start.side is not None
    assert start.side.addresses == {"sara@supplier.example", "tom@supplier.example"}
    forward(desk_kit, ticket_id, message_id=theirs.id, text="Then send one.")
    out = sent_mail(desk_kit)
    assert out["In-Reply-To"] == f"<{theirs.internet_id}>"
    assert "printer is on fire" not in str(out.get_payload()).replace("> > ", "")
    assert len(desk_kit.desk.side_conversations.of_ticket(ticket_id)) == 1


def test_in_18_the_customer_stays_the_customer_even_where_they_answer_a_side_message(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    forward(desk_kit, ticket_id)
    desk_kit.desk.tickets.set_status([ticket_id], "waiting", desk_kit.ann)
    answer(desk_kit, "Sara sent me this.", from_="Bob Customer <bob@customer.example>")
    assert desk_kit.messages(ticket_id)[-1].side_conversation_id is None
    assert desk_kit.ticket(ticket_id).bucket is Bucket.OPEN


def test_in_18_the_customer_cannot_be_written_to_on_the_side(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    with pytest.raises(CommandRefusedError, match="customer"):
        forward(desk_kit, ticket_id, to=(Address("", "Bob@Customer.example"),))
    assert desk_kit.desk.side_conversations.of_ticket(ticket_id) == ()


def test_in_18_taking_a_forward_back_leaves_nothing_but_a_draft(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm(undo_seconds=60)
    before = desk_kit.ticket(ticket_id)
    first = desk_kit.messages(ticket_id)[0]
    sent = forward(desk_kit, ticket_id)
    with pytest.raises(CommandRefusedError):
        desk_kit.desk.replies.undo(sent.outbox_id or 0, desk_kit.ann)
    draft = desk_kit.desk.side_conversations.undo(sent.outbox_id or 0, desk_kit.ann)
    assert draft is not None
    assert (draft.to, draft.text) == ((SUPPLIER,), TEXT)
    assert desk_kit.desk.side_conversations.of_ticket(ticket_id) == ()
    assert [m.id for m in desk_kit.messages(ticket_id)] == [first.id]
    assert desk_kit.ticket(ticket_id).activity_at == before.activity_at
    kept = desk_kit.desk.drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.FORWARD]
    assert (kept.to, kept.answers_message_id) == ((SUPPLIER,), first.id)


def test_in_18_a_forward_of_an_older_message_that_is_taken_back_is_still_about_that_message(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm(undo_seconds=60)
    first = desk_kit.messages(ticket_id)[0]
    box = desk_kit.desk.mailboxes.list()[0][0]
    parent = "first@c.example"
    desk_kit.arrive(box, mail("My card is 4111.", message_id="2@c.example", in_reply_to=parent, references=[parent]))
    sent = forward(desk_kit, ticket_id, message_id=first.id)
    draft = desk_kit.desk.side_conversations.undo(sent.outbox_id or 0, desk_kit.ann)
    assert draft is not None
    kept = desk_kit.desk.drafts.of_ticket(ticket_id, desk_kit.agent.id)[DraftKind.FORWARD]
    assert (draft.message_id, kept.answers_message_id) == (first.id, first.id)


def test_in_18_a_merge_takes_side_conversations_along_and_brings_them_back(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    forward(desk_kit, ticket_id)
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("Another matter", subject="Other", message_id="other@c.example"))
    other = next(t.id for t in desk_kit.tickets() if t.id != ticket_id)
    desk_kit.desk.tickets.merge([ticket_id], other, desk_kit.ann)
    assert len(desk_kit.desk.side_conversations.of_ticket(other)) == 1
    answer(desk_kit)
    assert desk_kit.messages(other)[-1].side_conversation_id is not None
    desk_kit.desk.tickets.unmerge(ticket_id, desk_kit.ann)
    assert len(desk_kit.messages(ticket_id)) == 2


def test_in_18_splitting_a_side_answer_off_makes_the_third_party_the_customer(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    forward(desk_kit, ticket_id)
    answer(desk_kit)
    theirs = desk_kit.messages(ticket_id)[-1]
    new = desk_kit.desk.message_moves.split([theirs.id], desk_kit.ann)
    assert desk_kit.ticket(new).requester_email == SUPPLIER.email
    assert desk_kit.messages(new)[0].side_conversation_id is None
    assert desk_kit.desk.replies.start(new).to[0].email == SUPPLIER.email


def test_in_18_purging_a_ticket_takes_its_side_conversations(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    forward(desk_kit, ticket_id)
    answer(desk_kit)
    desk_kit.desk.tickets.trash([ticket_id], desk_kit.ann)
    (result,) = desk_kit.desk.tickets.purge([ticket_id], desk_kit.ann, "test")
    assert result.ok, result.error
    assert desk_kit.desk.side_conversations.of_ticket(ticket_id) == ()


def test_in_18_a_new_mail_of_the_third_party_with_the_number_stays_on_the_side(desk_kit: DeskKit) -> None:
    ticket_id = opened(desk_kit)
    desk_kit.arm()
    forward(desk_kit, ticket_id)
    desk_kit.desk.outbox.send_due()
    box = desk_kit.desk.mailboxes.list()[0][0]
    number = desk_kit.ticket(ticket_id).number
    raw = mail("One more thing", subject=f"Spare part [#{number}]", from_="Sara <sara@supplier.example>")
    desk_kit.arrive(box, raw)
    assert desk_kit.messages(ticket_id)[-1].side_conversation_id is not None


def torn_apart(desk_kit: DeskKit) -> tuple[int, int, MessageView]:
    """A third party's answer that was put into another customer's ticket; returns both tickets and the answer."""
    ticket_id = opened(desk_kit)
    desk_kit.arm(history_included="all")
    forward(desk_kit, ticket_id)
    answer(desk_kit)
    theirs = desk_kit.messages(ticket_id)[-1]
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("A thing", subject="Other", message_id="other@c.example", from_="eve@other.example"))
    other = next(t.id for t in desk_kit.tickets() if t.id != ticket_id)
    assert desk_kit.desk.message_moves.attach_to(theirs.id, other, desk_kit.ann).ok
    return ticket_id, other, theirs


def test_in_18_a_side_conversation_torn_apart_stays_hidden_from_both_customers(desk_kit: DeskKit) -> None:
    ticket_id, other, theirs = torn_apart(desk_kit)
    box = desk_kit.desk.mailboxes.list()[0][0]
    parent = theirs.internet_id
    desk_kit.arrive(
        box, mail("They never paid.", from_="Sara <sara@supplier.example>", in_reply_to=parent, references=[parent])
    )
    (side,) = desk_kit.desk.side_conversations.of_ticket(other)
    assert sum(m.side_conversation_id == side.id for m in desk_kit.messages(other)) == 2
    assert desk_kit.messages(other)[-1].side_conversation_id == side.id
    assert len(desk_kit.desk.side_conversations.of_ticket(ticket_id)) == 1
    desk_kit.reply(other)
    assert "never paid" not in sent_mail(desk_kit).as_string()


def test_in_18_a_side_conversation_torn_apart_does_not_keep_a_ticket_from_being_purged(desk_kit: DeskKit) -> None:
    ticket_id, other, theirs = torn_apart(desk_kit)
    desk_kit.desk.tickets.trash([ticket_id], desk_kit.ann)
    (result,) = desk_kit.desk.tickets.purge([ticket_id], desk_kit.ann, "test")
    assert result.ok, result.error
    assert theirs.id in {m.id for m in desk_kit.messages(other)}
