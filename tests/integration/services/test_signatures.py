"""Signatures, sender names and what a department quotes, on both databases (MB-18, CO-12)."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.mailboxes.model import Account, SenderName
from desk_app.domain.messages.draft import NewTicketDraft, ReplyDraft
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.services.messages.signatures import StaleSignatureError
from tests.support.desks import DeskKit, mail


@pytest.fixture
def support(desk_kit: DeskKit) -> Account:
    made = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(made, mail())
    return made


def last_mail(kit: DeskKit) -> EmailMessage:
    """The bytes of the newest mail in the outbox."""
    item = max(kit.desk.outbox.tray(), key=lambda one: one.id)
    with kit.database.unit_of_work() as uow:
        raw = uow.blobs.get(item.mime_sha256)
    assert raw is not None
    parsed = message_from_bytes(raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def reply(kit: DeskKit, account: Account, **fields: object) -> int:
    draft = ReplyDraft(
        ticket_id=kit.tickets()[0].id,
        from_account_id=account.id,
        from_address=account.address,
        to=(Address("", "bob@customer.example"),),
        text="Dear Bob",
        html="<p>Dear Bob</p>",
        **fields,  # type: ignore[arg-type]
    )
    sent = kit.desk.replies.send(draft, kit.ann)
    assert sent.outbox_id is not None
    return sent.outbox_id


def test_mb_18_the_closest_signature_stands_below_text_and_html(desk_kit: DeskKit, support: Account) -> None:
    signatures, ann = desk_kit.desk.signatures, desk_kit.ann
    department_id, agent_id = support.department_id, desk_kit.agent.id
    for scope, words in (
        (SignatureScope(), "desk"),
        (SignatureScope(department_id=department_id), "department"),
        (SignatureScope(agent_id=agent_id), "agent {{agent.name}}"),
        (SignatureScope(account_id=support.id), "{{agent.name}}, {{mailbox.address}} {{organization.name}}"),
        (SignatureScope(account_id=support.id, agent_id=agent_id), "mine here"),
    ):
        signatures.save(Signature(scope, words, f"<p>{words}</p>"), ann)
    ticket_id = desk_kit.tickets()[0].id

    def now() -> str:
        return signatures.for_mail(ticket_id, support.id, ann).text.strip()

    assert now() == "mine here"
    for scope, following in (
        (SignatureScope(account_id=support.id, agent_id=agent_id), f"{desk_kit.agent.name}, support@desk.example"),
        (SignatureScope(account_id=support.id), f"agent {desk_kit.agent.name}"),
        (SignatureScope(agent_id=agent_id), "department"),
        (SignatureScope(department_id=department_id), "desk"),
        (SignatureScope(), ""),
    ):
        assert signatures.remove(scope, ann) is not None
        assert now() == following
    assert signatures.remove(SignatureScope(), ann) is None


def test_mb_18_a_reply_leaves_with_its_signature_and_comes_back_without(desk_kit: DeskKit, support: Account) -> None:
    scope = SignatureScope(account_id=support.id)
    desk_kit.desk.signatures.save(
        Signature(scope, "{{agent.name}}\nDesk", "<p><b>{{agent.name}}</b></p>"), desk_kit.ann
    )
    start = desk_kit.desk.replies.start(desk_kit.tickets()[0].id, agent_id=desk_kit.agent.id)
    assert start.signature.text == f"{desk_kit.agent.name}\nDesk"
    outbox_id = reply(desk_kit, support)
    text, html = body(last_mail(desk_kit), "plain"), body(last_mail(desk_kit), "html")
    assert f"Dear Bob\n\n-- \n{desk_kit.agent.name}\nDesk\n" in text.replace("\r\n", "\n")
    assert f"<b>{desk_kit.agent.name}</b>" in html
    assert html.index("Dear Bob") < html.index("<b>") < html.index("printer is on fire"), (
        "below the text, above the quote"
    )
    shown = desk_kit.messages(desk_kit.tickets()[0].id)[-1]
    assert shown.visible_text == "Dear Bob"
    assert shown.folded_text.startswith(f"-- \n{desk_kit.agent.name}\nDesk")
    back = desk_kit.desk.replies.undo(outbox_id, desk_kit.ann)
    assert back is not None
    assert (back.text, back.html) == ("Dear Bob", "<p>Dear Bob</p>")
    reply(desk_kit, support, with_signature=False)
    assert "-- \n" not in body(last_mail(desk_kit), "plain").replace("\r\n", "\n")


def test_mb_18_a_text_only_mail_and_a_new_ticket_are_signed(desk_kit: DeskKit, support: Account) -> None:
    desk_kit.desk.signatures.save(Signature(SignatureScope(), "Ann & co", ""), desk_kit.ann)
    draft = NewTicketDraft(
        from_account_id=support.id,
        from_address=support.address,
        to=(Address("", "new@customer.example"),),
        subject="Hello",
        text="First mail",
    )
    desk_kit.desk.new_tickets.open(draft, desk_kit.ann)
    sent = last_mail(desk_kit)
    assert body(sent, "plain").replace("\r\n", "\n").startswith("First mail\n\n-- \nAnn & co")
    assert "Ann & co" not in body(sent, "html") or "Ann &amp; co" in body(sent, "html")


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (SenderName.MAILBOX, "Support Team <support@desk.example>"),
        (SenderName.AGENT, "Ann Agent <support@desk.example>"),
        (SenderName.AGENT_VIA_MAILBOX, "Ann Agent via Support Team <support@desk.example>"),
    ],
)
def test_mb_18_the_name_in_from(desk_kit: DeskKit, support: Account, form: SenderName, shown: str) -> None:
    desk_kit.desk.signatures.set_sender_name(support.id, form, desk_kit.ann)
    reply(desk_kit, support)
    assert str(last_mail(desk_kit)["From"]) == shown


def test_a_late_signature_and_somebody_elses_are_refused(desk_kit: DeskKit) -> None:
    signatures = desk_kit.desk.signatures
    first = signatures.save(Signature(SignatureScope(), "one"), desk_kit.ann)
    signatures.save(Signature(SignatureScope(), "two", version=first.version), desk_kit.ann)
    for late in (0, first.version):
        with pytest.raises(StaleSignatureError):
            signatures.save(Signature(SignatureScope(), "late", version=late), desk_kit.ann)
    bob = desk_kit.desk.people.add_agent("bob", SYSTEM, name="Bob")
    his = SignatureScope(agent_id=bob.id)
    with pytest.raises(PermissionError):
        signatures.save(Signature(his, "not mine"), desk_kit.ann)
    signatures.save(Signature(his, "mine"), Actor(ActorKind.AGENT, bob.id, "Bob"))
    with pytest.raises(PermissionError):
        signatures.remove(his, desk_kit.ann)


def test_co_12_each_department_quotes_what_it_chose(desk_kit: DeskKit, support: Account) -> None:
    people = desk_kit.desk.people
    reply(desk_kit, support)
    assert "printer is on fire" in body(last_mail(desk_kit), "plain")
    people.set_history_included(support.department_id, HistoryIncluded.NONE, desk_kit.ann)
    assert people.history_included(support.department_id) is HistoryIncluded.NONE
    start = desk_kit.desk.replies.start(desk_kit.tickets()[0].id)
    assert start.history_included is HistoryIncluded.NONE
    reply(desk_kit, support)
    assert "printer is on fire" not in body(last_mail(desk_kit), "plain")
    reply(desk_kit, support, include_history=HistoryIncluded.LAST)
    assert "printer is on fire" in body(last_mail(desk_kit), "plain")
    people.set_history_included(support.department_id, None, desk_kit.ann)
    assert people.history_included(support.department_id) is None
