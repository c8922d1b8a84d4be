"""What plugins may say about mail before it is stored (PL-02, hooks of the groups channels and content)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.plugin_api import Allow, Deny, MailView, MessageDraft, TicketView
from desk_app.services.messages.checks import SendDeniedError
from desk_app.services.ports.sync import OutboxState
from desk_app.storage.database import Database
from tests.support.desks import mail
from tests.support.plugins import PluggedDesk, part


def _desk(database: Database, *parts: object) -> tuple[PluggedDesk, int]:
    kit = PluggedDesk(database, *parts)
    kit.arrive(kit.mailbox("support@desk.example"), mail())
    return kit, kit.tickets()[0].id


def _sent(kit: PluggedDesk, account_address: str = "support@desk.example") -> list[bytes]:
    kit.desk.outbox.send_due()
    return [one.raw for one in kit.channel.server(account_address).sent]


def test_filter_outbound_message_changes_what_is_stored_and_sent(database: Database) -> None:
    asked: list[tuple[TicketView, MessageDraft]] = []

    def change(value: MessageDraft, ticket: TicketView) -> MessageDraft:
        asked.append((ticket, value))
        return replace(value, text=value.text.replace("try", "really try"), subject=f"{value.subject} (2)")

    kit, ticket_id = _desk(database, part(filter_outbound_message=change))
    kit.arm()
    kit.reply(ticket_id, "Please try again.")

    ((ticket, draft),) = asked
    assert (ticket.id, ticket.requester_email) == (ticket_id, "bob@customer.example")
    assert (draft.to, draft.sender) == (("bob@customer.example",), "support@desk.example")
    stored = kit.messages(ticket_id)[-1]
    assert "really try" in stored.html
    (raw,) = _sent(kit)
    assert b"Please really try again." in raw
    assert b"(2)" in raw


def test_before_message_send_denies_and_keeps_the_draft(database: Database) -> None:
    guard = part(before_message_send=lambda message: Deny("No prices.") if "price" in message.text else Allow())
    kit, ticket_id = _desk(database, guard)
    draft = KeptDraft(kind=DraftKind.REPLY, agent_id=kit.agent.id, ticket_id=ticket_id, text="The price is 7.")
    kit.desk.drafts.save(draft, kit.ann)

    with pytest.raises(SendDeniedError, match=r"^No prices\.$"):
        kit.reply(ticket_id, "The price is 7.", ends_draft=True)

    assert kit.desk.drafts.of_ticket(ticket_id, kit.agent.id)[DraftKind.REPLY].text == "The price is 7."
    assert len(kit.messages(ticket_id)) == 1
    assert kit.desk.outbox.tray() == []
    assert kit.reply(ticket_id, "It is free.").message_id


def test_before_message_send_sees_what_the_filters_left_and_denies_where_it_fails(database: Database) -> None:
    heard: list[str] = []

    def fail(message: MessageDraft) -> None:
        heard.append(message.text)
        raise RuntimeError("broken")

    changed = part(filter_outbound_message=lambda value: replace(value, text="Changed."))
    kit, ticket_id = _desk(database, changed, part(before_message_send=fail))
    with pytest.raises(SendDeniedError, match="plugin2"):
        kit.reply(ticket_id)
    assert heard == ["Changed."]
    assert [(one.plugin, one.hook) for one in kit.failures] == [("plugin2", "before_message_send")]


def test_before_message_send_is_asked_for_side_conversations_and_first_mails(database: Database) -> None:
    seen: list[tuple[int, str]] = []

    def note(ticket: TicketView, message: MessageDraft) -> Deny | None:
        seen.append((ticket.id, message.subject))
        return Deny("Not to them.") if "evil@other.example" in message.to else None

    kit, ticket_id = _desk(database, part(before_message_send=note))
    account = kit.desk.mailboxes.list()[0][0]
    side = SideDraft(
        ticket_id=ticket_id,
        from_account_id=account.id,
        from_address=account.address,
        to=(Address("", "evil@other.example"),),
        subject="Parts",
        text="Do you have one?",
    )
    with pytest.raises(SendDeniedError, match="Not to them"):
        kit.desk.side_conversations.send(side, kit.ann)
    assert kit.desk.side_conversations.of_ticket(ticket_id) == ()

    new = NewTicketDraft(
        from_account_id=account.id,
        from_address=account.address,
        to=(Address("Carl", "carl@customer.example"),),
        subject="Your order",
        text="It is here.",
    )
    opened = kit.desk.new_tickets.open(new, kit.ann)
    with pytest.raises(SendDeniedError):
        kit.desk.new_tickets.open(replace(new, to=(Address("", "evil@other.example"),)), kit.ann)

    assert seen == [(ticket_id, "Parts"), (0, "Your order"), (0, "Your order")]
    assert len(kit.tickets()) == 2
    assert kit.ticket(opened.ticket_id).subject == "Your order"
    with kit.database.unit_of_work() as uow:
        assert uow.contacts.by_email("evil@other.example") is None


def test_before_message_send_is_asked_for_automatic_answers(database: Database) -> None:
    kit, ticket_id = _desk(database, part(before_message_send=lambda actor: Deny(f"{actor.kind} must not")))
    first = kit.messages(ticket_id)[0]
    verdict = kit.desk.auto_answers.offer(first.id, "We have got it.")
    assert not verdict.allowed
    assert "system must not" in verdict.reason
    kit.remove("plugin1")
    assert kit.desk.auto_answers.offer(first.id, "We have got it.").allowed


def test_filter_mail_adds_headers_and_nothing_else(database: Database) -> None:
    asked: list[MailView] = []

    def add(value: MailView) -> MailView:
        asked.append(value)
        headers = {
            "X-Campaign": "spring\r\nBcc: evil@other.example",
            "List-Unsubscribe": "<mailto:no@desk.example>",
            "Bcc": "evil@other.example",
            "X-Desk-App-Token": "forged",
        }
        return replace(value, subject="Not taken", extra_headers=headers)

    kit, ticket_id = _desk(database, part(filter_mail=add))
    kit.arm()
    kit.reply(ticket_id)
    (raw,) = _sent(kit)
    head = raw.partition(b"\r\n\r\n")[0].decode()
    lines = head.split("\r\n")
    assert "X-Campaign: spring Bcc: evil@other.example" in lines
    assert "List-Unsubscribe: <mailto:no@desk.example>" in lines
    assert not [one for one in lines if one.lower().startswith("bcc")]
    assert "forged" not in head
    assert "Not taken" not in head
    assert asked[0].message_id in head
    assert asked[0].recipients == ("bob@customer.example",)


def test_filter_signature_changes_what_stands_below(database: Database) -> None:
    asked: list[Any] = []

    def change(value: str, agent: Any, department: str) -> str:
        asked.append((agent.name, department))
        return f"{value}<br>Now hiring!"

    kit, ticket_id = _desk(database, part(filter_signature=change))
    kit.desk.signatures.save(Signature(SignatureScope(), "Your Support", "<b>Your Support</b>"), kit.ann)
    kit.arm()
    start = kit.desk.replies.start(ticket_id, agent_id=kit.agent.id)
    assert start.signature.html == "<b>Your Support</b><br>Now hiring!"
    assert "Now hiring!" in start.signature.text
    kit.reply(ticket_id)
    (raw,) = _sent(kit)
    assert b"Now hiring!" in raw
    assert asked[0] == ("Ann Agent", kit.desk.people.departments()[0].name)


def test_filter_signature_is_asked_once_about_a_first_mail_that_names_its_ticket(database: Database) -> None:
    asked: list[str] = []

    def change(value: str) -> str:
        asked.append(value)
        return f"{value}<br>Rain or shine."

    kit = PluggedDesk(database, part(filter_signature=change))
    support = kit.mailbox("support@desk.example")
    kit.desk.signatures.save(Signature(SignatureScope(), "About {{ticket.number}}"), kit.ann)
    kit.arm()
    to = (Address("Carl", "carl@customer.example"),)
    draft = NewTicketDraft(from_account_id=support.id, from_address=support.address, to=to, subject="Parts", text="Hi.")
    number = kit.ticket(kit.desk.new_tickets.open(draft, kit.ann).ticket_id).number
    assert asked == [f"About {number}"]
    (raw,) = _sent(kit)
    assert b"Rain or shine." in raw


def test_a_reply_without_plugins_is_queued_as_ever(database: Database) -> None:
    kit, ticket_id = _desk(database)
    kit.reply(ticket_id)
    assert [one.state for one in kit.desk.outbox.tray()] == [OutboxState.HELD]
    assert not kit.failures
