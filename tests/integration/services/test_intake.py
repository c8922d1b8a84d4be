"""From raw mail to tickets, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk_app.domain.mailboxes.desk import TwoMailboxes
from desk_app.domain.mailboxes.model import AfterImport, FirstImport
from desk_app.domain.messages.model import Classification
from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.tickets.model import Bucket, LinkKind
from desk_app.plugin_api.channels import Cursor, FetchBatch, InboundMessage
from desk_app.services.messages.intake import LeaseLostError
from desk_app.services.ports.sync import InboundState
from desk_app.services.ports.system import Lease
from tests.support.desks import DeskKit, mail

DSN = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: support@desk.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-{n}@mx.example.net>
Auto-Submitted: auto-replied
Return-Path: <>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<bob@customer.example>: host mx.example.net said: 550 5.1.1 User unknown

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; bob@customer.example
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

From: Support <support@desk.example>
To: bob@customer.example
Subject: Re: Printer on fire
Message-ID: <{original}>

Hello
--b--
"""


def dsn(original: str, n: int = 1) -> bytes:
    return DSN.format(original=original, n=n).replace("\n", "\r\n").encode()


def test_a_mail_becomes_a_ticket_with_contact_number_and_reason(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    counts = desk_kit.arrive(box, mail("The printer burns.\n\n-- \nBob"))
    assert (counts.stored, counts.created, counts.quarantined) == (1, 1, 0)
    (ticket,) = desk_kit.tickets()
    assert (ticket.number, ticket.subject, ticket.requester_name) == ("0001", "Printer on fire", "Bob Customer")
    assert ticket.snippet == "The printer burns."
    assert ticket.bucket is Bucket.OPEN
    assert ticket.mailbox_ids == (box.id,)
    (message,) = desk_kit.messages(ticket.id)
    assert message.join_reason["reason"] == "Nothing points at an earlier message: a new ticket."
    contact = desk_kit.desk.contacts.by_email("bob@customer.example")
    assert contact is not None
    assert contact.id == ticket.requester_id
    assert [e.kind for e in desk_kit.events(ticket.id)] == ["TicketCreated"]


@pytest.mark.parametrize("link", ["in_reply_to", "references"])
def test_mail_6_rule_2_answers_join_by_either_header(desk_kit: DeskKit, link: str) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(message_id="first@c.example"))
    link_to = {"in_reply_to": "first@c.example"} if link == "in_reply_to" else {"references": ["first@c.example"]}
    counts = desk_kit.arrive(box, mail("More", subject="something else", **link_to))
    assert counts.joined == 1
    (ticket,) = desk_kit.tickets()
    assert ticket.message_count == 2
    assert desk_kit.messages(ticket.id)[1].join_rule == link


def test_mail_6_nothing_joins_by_subject_alone(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(), mail(subject="Re: Printer on fire"))
    assert len(desk_kit.tickets()) == 2


def test_mail_6_rule_3_a_number_in_the_subject_needs_a_participant(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    desk_kit.arrive(box, mail(subject="About [#0001]", from_="Eve <eve@evil.example>"))
    desk_kit.arrive(box, mail(subject="AW: About [#0001]"))
    first, second = desk_kit.tickets()
    assert [m.author_email for m in desk_kit.messages(first.id)] == ["bob@customer.example"] * 2
    (message,) = desk_kit.messages(second.id)
    assert "takes no part in it" in message.join_reason["reason"]


def test_in_34_an_old_number_format_still_matches(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    desk_kit.configure(number_format="NEW-######")
    desk_kit.arrive(box, mail(subject="Re: [#0001]"), mail(subject="another"))
    numbers = [t.number for t in desk_kit.tickets()]
    assert numbers == ["0001", "NEW-000002"]


def test_se_04_a_stranger_with_the_signed_id_joins_and_is_flagged(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    (ticket,) = desk_kit.tickets()
    desk_kit.reply(ticket.id)
    ours = desk_kit.messages(ticket.id)[-1].internet_id
    desk_kit.arrive(box, mail(in_reply_to=ours), mail(in_reply_to=ours, from_="Carl <carl@customer.example>"))
    bob, carl = desk_kit.messages(ticket.id)[-2:]
    assert (bob.join_rule, bob.stranger) == ("reply_id", False)
    assert (carl.join_rule, carl.stranger) == ("reply_id", True)


def test_a_forged_reply_id_joins_nothing(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    (ticket,) = desk_kit.tickets()
    desk_kit.reply(ticket.id)
    ours = desk_kit.messages(ticket.id)[-1].internet_id
    head, _, domain = ours.partition("@")
    forged = head[:-3] + ("aaa" if not head.endswith("aaa") else "bbb") + "@" + domain
    desk_kit.arrive(box, mail(in_reply_to=forged, from_="eve@evil.example", to=f"support+{forged}"))
    assert len(desk_kit.tickets()) == 2


def test_a_forward_opens_a_ticket_and_says_where_it_would_have_gone(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(message_id="first@c.example"))
    desk_kit.arrive(box, mail(subject="Fwd: Printer on fire", references=["first@c.example"]))
    first, second = desk_kit.tickets()
    assert desk_kit.messages(second.id)[0].join_reason["would_have_joined"] == first.id


def test_out_of_order_answers_and_their_late_parent_meet(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(in_reply_to="parent@c.example"))
    desk_kit.arrive(box, mail(in_reply_to="parent@c.example", from_="Carl <carl@other.example>"))
    assert len(desk_kit.tickets()) == 2
    desk_kit.arrive(box, mail(message_id="parent@c.example"))
    first, second = desk_kit.tickets()
    assert len(desk_kit.messages(first.id)) == 3
    assert second.merged_into_id == first.id


def test_one_message_id_with_two_contents_is_two_messages(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    counts = desk_kit.arrive(box, mail("one", message_id="same@c.example"), mail("two", message_id="same@c.example"))
    assert (counts.created, counts.duplicates) == (2, 0)


def test_mb_09_the_same_mail_is_stored_once_after_a_new_uidvalidity(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    server = desk_kit.server(box)
    for n in range(5):
        server.deliver(mail(f"mail {n}"))
    server.deliver(mail("without an id", message_id="-"))
    assert desk_kit.desk.sync.sync_once(box.id).created == 6
    server.renumber()
    server.deliver(mail("a new one"))
    again = desk_kit.desk.sync.sync_once(box.id)
    assert (again.created, again.duplicates) == (1, 6)
    assert len(desk_kit.tickets()) == 7


def test_mb_10_one_mail_in_two_mailboxes_shares_a_ticket(desk_kit: DeskKit) -> None:
    support, sales = desk_kit.mailbox("support@desk.example"), desk_kit.mailbox("sales@desk.example")
    raw = mail(to="support@desk.example, sales@desk.example")
    desk_kit.arrive(support, raw)
    assert desk_kit.arrive(sales, raw).duplicates == 1
    (ticket,) = desk_kit.tickets()
    assert set(ticket.mailbox_ids) == {support.id, sales.id}
    assert desk_kit.events(ticket.id)[-1].kind == "MailboxAdded"


def test_mb_10_or_makes_a_linked_pair_and_answers_stay_apart(desk_kit: DeskKit) -> None:
    desk_kit.configure(two_mailboxes=TwoMailboxes.PAIR)
    support, sales = desk_kit.mailbox("support@desk.example"), desk_kit.mailbox("sales@desk.example")
    raw = mail(to="support@desk.example, sales@desk.example", message_id="both@c.example")
    desk_kit.arrive(support, raw)
    desk_kit.arrive(sales, raw)
    first, second = desk_kit.tickets()
    assert (second.link_kind, second.follows_id) == (LinkKind.PAIR, first.id)
    desk_kit.arrive(sales, mail("to sales only", in_reply_to="both@c.example"))
    assert [t.message_count for t in desk_kit.tickets()] == [1, 2]


def test_pains_8_own_mail_that_comes_back_is_no_ticket(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    support, sales = desk_kit.mailbox("support@desk.example"), desk_kit.mailbox("sales@desk.example")
    desk_kit.arrive(support, mail())
    desk_kit.reply(desk_kit.tickets()[0].id)
    desk_kit.desk.outbox.send_due()
    (sent,) = desk_kit.server(support).sent
    counts = desk_kit.arrive(sales, sent.raw)
    assert (counts.ignored, counts.created) == (1, 0)
    assert len(desk_kit.tickets()) == 1


def test_an_instance_header_without_its_seal_proves_nothing(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    instance = desk_kit.desk.settings.desk().instance_id
    forged = mail(headers=f"X-Desk-App-Instance: {instance}\nX-Desk-App-Token: abcd.aaaaaaaaaaaaaaaa")
    assert desk_kit.arrive(box, forged).created == 1


def test_mb_22_a_bounce_joins_marks_and_changes_nothing_else(desk_kit: DeskKit) -> None:
    desk_kit.arm()
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    (ticket,) = desk_kit.tickets()
    desk_kit.reply(ticket.id, then_status="resolved")
    desk_kit.desk.outbox.send_due()
    before = desk_kit.ticket(ticket.id)
    ours = desk_kit.messages(ticket.id)[-1].internet_id
    assert desk_kit.arrive(box, dsn(ours)).joined == 1
    (after,) = desk_kit.tickets()
    assert (after.status_id, after.activity_at, after.closed_at) == (
        before.status_id,
        before.activity_at,
        before.closed_at,
    )
    *_, reply, bounce = desk_kit.messages(ticket.id)
    assert (bounce.classification, bounce.join_rule) == (Classification.BOUNCE, "returned_mail")
    assert reply.delivery is not None
    assert [r.state for r in reply.delivery.recipients] == ["bounced"]
    contact = desk_kit.desk.contacts.by_email("bob@customer.example")
    assert contact is not None
    assert contact.addresses[0].failing_since_at is not None
    assert [e.kind for e in desk_kit.events(ticket.id)][-1] == "DeliveryFailed"
    desk_kit.arrive(box, mail("I am well", in_reply_to=ours))
    contact = desk_kit.desk.contacts.by_email("bob@customer.example")
    assert contact is not None
    assert contact.addresses[0].failing_since_at is None  # he wrote from it: it works


def test_a_bounce_of_unknown_mail_is_kept_closed(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, dsn("never-sent@desk.example"))
    (ticket,) = desk_kit.tickets()
    assert ticket.bucket is Bucket.CLOSED
    assert desk_kit.desk.contacts.by_email("bob@customer.example") is None


def test_mb_21_an_automatic_reply_joins_without_opening(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(message_id="first@c.example"))
    (ticket,) = desk_kit.tickets()
    desk_kit.desk.tickets.set_status([ticket.id], "resolved", desk_kit.ann)
    before = desk_kit.ticket(ticket.id)
    raw = mail("I am away", in_reply_to="first@c.example", headers="Auto-Submitted: auto-replied")
    assert desk_kit.arrive(box, raw).joined == 1
    after = desk_kit.ticket(ticket.id)
    assert (after.bucket, after.activity_at, after.snippet) == (Bucket.CLOSED, before.activity_at, before.snippet)


def test_in_35_a_late_answer_reopens_or_makes_a_linked_ticket(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(message_id="first@c.example"))
    (ticket,) = desk_kit.tickets()
    desk_kit.desk.tickets.set_status([ticket.id], "resolved", desk_kit.ann)
    desk_kit.arrive(box, mail("again", in_reply_to="first@c.example"))
    assert desk_kit.ticket(ticket.id).bucket is Bucket.OPEN
    assert desk_kit.events(ticket.id)[-1].cause == "The customer wrote within 14 days of closing."
    desk_kit.desk.tickets.set_status([ticket.id], "resolved", desk_kit.ann)
    desk_kit.backdate(ticket.id, 15)
    desk_kit.arrive(box, mail("much later", in_reply_to="first@c.example"))
    old, new = desk_kit.tickets()
    assert old.bucket is Bucket.CLOSED
    assert (new.link_kind, new.follows_id) == (LinkKind.FOLLOW_UP, old.id)


def test_in_12_the_customer_wakes_a_snoozed_ticket(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(message_id="first@c.example"))
    (ticket,) = desk_kit.tickets()
    desk_kit.desk.tickets.snooze([ticket.id], datetime.now(UTC) + timedelta(days=3), desk_kit.ann)
    assert desk_kit.ticket(ticket.id).bucket is Bucket.SNOOZED
    desk_kit.arrive(box, mail("now", in_reply_to="first@c.example"))
    assert desk_kit.ticket(ticket.id).bucket is Bucket.OPEN


def test_in_32_purged_mail_does_not_come_back(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    server = desk_kit.server(box)
    server.deliver(mail())
    desk_kit.desk.sync.sync_once(box.id)
    (ticket,) = desk_kit.tickets()
    assert not desk_kit.desk.tickets.purge([ticket.id], desk_kit.ann, "no")[0].ok
    desk_kit.desk.tickets.trash([ticket.id], desk_kit.ann)
    assert desk_kit.desk.tickets.purge([ticket.id], desk_kit.ann, "asked for")[0].ok
    server.renumber()
    result = desk_kit.desk.sync.sync_once(box.id)
    assert (result.fetched, result.created, result.ignored) == (1, 0, 1)
    assert desk_kit.tickets() == []


def test_mb_12_what_breaks_goes_to_quarantine_and_the_rest_goes_on(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    bad = mail(headers="X-Break-The-Reader: yes")
    counts = desk_kit.arrive(box, mail(), bad, mail(), mail())
    assert (counts.created, counts.quarantined) == (3, 1)
    (item,) = desk_kit.desk.quarantine.list()
    assert item.attempts == 1
    assert "RuntimeError" in item.reason
    assert desk_kit.desk.quarantine.raw(item.id) == bad
    again = desk_kit.desk.quarantine.retry(None, desk_kit.ann)
    assert (again.done, again.still) == (0, 1)
    assert desk_kit.desk.quarantine.list()[0].attempts == 2
    assert desk_kit.desk.quarantine.ignore(item.id, desk_kit.ann)
    assert desk_kit.desk.quarantine.list() == []


def test_mb_12_a_mail_that_storage_refuses_costs_only_itself(
    desk_kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = desk_kit.mailbox("support@desk.example")
    from desk_app.services.messages import threads

    real = threads.store

    def broken(round_: object, record: object, parsed: object) -> None:
        if getattr(parsed, "subject", "") == "poison":
            raise RuntimeError("cannot")
        real(round_, record, parsed)  # type: ignore[arg-type]

    monkeypatch.setattr(threads, "store", broken)
    counts = desk_kit.arrive(box, mail(), mail(subject="poison"), mail())
    assert (counts.created, counts.quarantined) == (2, 1)
    monkeypatch.undo()
    assert desk_kit.desk.quarantine.retry(None, desk_kit.ann).done == 1
    assert len(desk_kit.tickets()) == 3


def test_an_oversize_mail_waits_without_its_bytes_and_a_retry_fetches_it(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example", max_bytes=1000)
    desk_kit.server(box).deliver(mail("x" * 5000))
    desk_kit.server(box).deliver(mail("small"))
    result = desk_kit.desk.sync.sync_once(box.id)
    assert (result.created, result.quarantined) == (1, 1)
    (item,) = desk_kit.desk.quarantine.list()
    assert item.raw_sha256 is None
    assert "too large" in item.reason
    assert desk_kit.desk.quarantine.retry([item.id], desk_kit.ann).done == 1
    assert len(desk_kit.tickets()) == 2


def test_mb_08_archived_mail_is_closed_flagged_and_old(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example", first_import=FirstImport.UNDECIDED)
    server = desk_kit.server(box)
    past = datetime.now(UTC) - timedelta(days=400)
    server.deliver(mail(message_id="old@c.example"), past)
    assert desk_kit.desk.sync.sync_once(box.id).fetched == 0
    assert desk_kit.desk.mailboxes.count_old_mail(box.id, None)[0].total == 1
    desk_kit.desk.mailboxes.decide_first_import(box.id, FirstImport.ARCHIVE, None, SYSTEM)
    server.deliver(mail("fresh"))
    assert desk_kit.desk.sync.sync_once(box.id).created == 2
    old, new = desk_kit.tickets()
    assert (old.bucket, old.imported, old.created_at) == (Bucket.CLOSED, True, past)
    assert (new.bucket, new.imported) == (Bucket.OPEN, False)
    desk_kit.arrive(box, mail("after a year", in_reply_to="old@c.example"))
    assert desk_kit.tickets()[-1].link_kind is LinkKind.FOLLOW_UP


@pytest.mark.parametrize(("choice", "expected"), [(FirstImport.NONE, 1), (FirstImport.SINCE, 2)])
def test_mb_08_none_or_from_a_date(desk_kit: DeskKit, choice: FirstImport, expected: int) -> None:
    box = desk_kit.mailbox("support@desk.example", first_import=FirstImport.UNDECIDED)
    server, now = desk_kit.server(box), datetime.now(UTC)
    server.deliver(mail("years ago"), now - timedelta(days=900))
    server.deliver(mail("last week"), now - timedelta(days=7))
    since = now - timedelta(days=30) if choice is FirstImport.SINCE else None
    desk_kit.desk.mailboxes.decide_first_import(box.id, choice, since, SYSTEM)
    server.deliver(mail("today"))
    assert desk_kit.desk.sync.sync_once(box.id).created == expected
    assert [t.imported for t in desk_kit.tickets()] == [True] * (expected - 1) + [False]


def test_mb_32_a_contact_form_makes_its_reply_to_the_customer(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example", reply_to_senders=("forms.example",))
    desk_kit.arrive(box, mail(from_="Web form <web@forms.example>", headers="Reply-To: Dora <dora@home.example>"))
    desk_kit.arrive(box, mail(from_="Web form <web@other.example>", headers="Reply-To: Dora <dora@home.example>"))
    assert [t.requester_email for t in desk_kit.tickets()] == ["dora@home.example", "web@other.example"]


def test_the_providers_spam_mark_is_respected(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(headers="X-Spam-Flag: YES"))
    assert desk_kit.tickets()[0].bucket is Bucket.SPAM


def test_a_crash_after_the_raw_mail_was_stored_loses_nothing(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    raws = [mail(f"mail {n}") for n in range(3)]
    with desk_kit.database.unit_of_work() as uow:
        messages = [InboundMessage(f"1/{n}/INBOX", "INBOX", raw, len(raw), uow.now()) for n, raw in enumerate(raws)]
        desk_kit.desk.intake._store(uow, box, messages)
        uow.commit()
    assert desk_kit.tickets() == []
    assert desk_kit.desk.intake.process_pending().created == 3
    assert desk_kit.desk.intake.process_pending().processed == 0


def test_a_lost_lease_writes_nothing(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    stale = Lease(f"sync:{box.id}", "somebody", 7, datetime.now(UTC))
    message = InboundMessage("1/1/INBOX", "INBOX", mail(), 10, datetime.now(UTC))
    with pytest.raises(LeaseLostError):
        desk_kit.desk.intake.take(box, FetchBatch((message,), Cursor({"INBOX": {"uid": 1}})), lease=stale)
    with desk_kit.database.unit_of_work() as uow:
        assert uow.inbound.count(box.id) == 0
        assert uow.accounts.cursor(box.id).positions == {}


def test_mb_15_the_server_is_told_after_the_mail_is_stored(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example", after_import=AfterImport.FLAG)
    desk_kit.server(box).deliver(mail())
    desk_kit.desk.sync.sync_once(box.id)
    desk_kit.desk.sync.sync_once(box.id)
    assert desk_kit.server(box).acknowledged == [("1/1/INBOX", AfterImport.FLAG)]


def test_mb_30_a_dropped_file_becomes_a_ticket_once(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    raw = mail()
    first = desk_kit.desk.intake.import_eml(raw, box.id, desk_kit.ann)
    assert first.state is InboundState.DONE
    assert desk_kit.events(first.ticket_id or 0)[-1].actor.name == "Ann Agent"
    assert desk_kit.desk.intake.import_eml(raw, box.id, desk_kit.ann).state is InboundState.DUPLICATE


def test_any_bytes_whatsoever_become_something_readable(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    raws = [b"", b"\0\xff" * 40, b"From: \xff\xfe\n\n\n", b"Subject: only\n\n", "Subject: 漢字\n\nä".encode("utf-16")]
    counts = desk_kit.arrive(box, *raws)
    assert counts.created + counts.quarantined == len(raws)
