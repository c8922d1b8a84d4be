"""Stored raw mail is read again by a better reader (features.md, "What none of the peers has" 2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk_app.channels.email.reading import read_message
from desk_app.channels.facts import READER_VERSION
from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.model import ParsedMessage
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.runtime.channel_types import ChannelTypes
from desk_app.runtime.compose import build_desk
from desk_app.runtime.outside import InstalledReader, builtin_channels
from desk_app.services.desk import Desk
from desk_app.services.ports.unit_of_work import StaleTicketError
from desk_app.storage.database import Database
from tests.support.desks import DeskKit, mail


def garbled(text: str) -> str:
    return text.encode().decode("cp1252", "replace")


class OldReader(InstalledReader):
    """Takes UTF-8 for Windows-1252 and overlooks attachments."""

    def __init__(self) -> None:
        super().__init__(ChannelTypes(builtin_channels(), lambda: None))

    def read(self, raw: bytes, *, channel: str = "email") -> ParsedMessage:
        parsed = read_message(raw)
        from_ = replace(parsed.from_, name=garbled(parsed.from_.name))
        return replace(parsed, text=garbled(parsed.text), subject=garbled(parsed.subject), from_=from_, attachments=())


class BetterReader(InstalledReader):
    """Reads as the product does, a version later."""

    version = READER_VERSION + 1

    def __init__(self, *, breaks_on: bytes = b"nothing at all") -> None:
        super().__init__(ChannelTypes(builtin_channels(), lambda: None))
        self._breaks_on = breaks_on

    def read(self, raw: bytes, *, channel: str = "email") -> ParsedMessage:
        if self._breaks_on in raw:
            raise RuntimeError("this reader breaks its promise")
        return read_message(raw)


@pytest.fixture
def old(database: Database) -> DeskKit:
    return DeskKit(database, reader=OldReader())


def better(kit: DeskKit, reader: BetterReader | None = None) -> Desk:
    return build_desk(kit.database, lambda i: kit.secrets[i], channels=[kit.channel], reader=reader or BetterReader())


def found(kit: DeskKit, words: str) -> list[int]:
    return sorted(kit.desk.ticket_queries.ids(TicketQuery(buckets=tuple(Bucket), search=words)))


LETTER = mail(
    "Die Tür klemmt, bitte übermorgen kommen.",
    subject="Tür klemmt",
    from_="Jörg Müller <joerg@customer.example>",
    message_id="first@c.example",
)


def test_a_charset_rule_is_fixed_and_old_tickets_get_better(old: DeskKit) -> None:
    box = old.mailbox("support@desk.example")
    old.arrive(box, LETTER)
    (ticket,) = old.tickets()
    assert ticket.snippet.startswith("Die TÃ¼r")
    desk = old.desk
    desk.replies.note(ticket.id, "knows about Tür", "", old.ann)
    desk.tickets.assign([ticket.id], old.agent.id, old.ann)
    desk.tickets.set_status([ticket.id], "waiting", old.ann)
    desk.tickets.tag([ticket.id], ["doors"], [], old.ann)
    assert found(old, "übermorgen") == []
    assert found(old, "klemmt") == [ticket.id]
    before, messages = old.ticket(ticket.id), old.messages(ticket.id)

    new = better(old)
    result = new.content.reparse(None, old.ann)

    assert (result.changed, result.same, result.failed) == (1, 0, 0)
    (difference,) = result.differences
    assert (difference.message_id, difference.ticket_id) == (messages[0].id, ticket.id)
    assert tuple(text.strip() for text in difference.fields["text"]) == (
        garbled("Die Tür klemmt, bitte übermorgen kommen."),
        "Die Tür klemmt, bitte übermorgen kommen.",
    )
    assert difference.fields["subject"][1] == "Tür klemmt"
    after, now = old.ticket(ticket.id), old.messages(ticket.id)
    assert [m.id for m in now] == [m.id for m in messages]
    assert (now[0].visible_text, now[1]) == ("Die Tür klemmt, bitte übermorgen kommen.", messages[1])
    assert (now[0].internet_id, now[0].join_rule) == (messages[0].internet_id, messages[0].join_rule)
    repeated = ("subject", "snippet", "requester_name", "version")
    assert (after.subject, after.requester_name) == ("Tür klemmt", "Jörg Müller")
    assert after.snippet == "Die Tür klemmt, bitte übermorgen kommen."
    assert replace(after, **{name: getattr(before, name) for name in repeated}) == before
    contact = desk.contacts.by_email("joerg@customer.example")
    assert contact is not None
    assert contact.name == "Jörg Müller"
    assert old.events(ticket.id)[-1].kind == "MessageReparsed"
    assert found(old, "übermorgen") == found(old, "müller") == [ticket.id]
    assert found(old, "ãœbermorgen") == []
    assert new.content.prepare_ticket(ticket.id) == 1
    assert "übermorgen" in old.messages(ticket.id)[0].html
    again = new.content.reparse(None, old.ann)
    assert (again.changed, again.same, again.failed) == (0, 0, 0)


def test_what_somebody_has_changed_since_stays(old: DeskKit) -> None:
    old.arrive(old.mailbox("support@desk.example"), LETTER)
    (ticket,) = old.tickets()
    old.desk.tickets.rename(ticket.id, "The door", old.ann)
    old.desk.contacts.rename(ticket.requester_id or 0, "Herr Müller", old.ann)
    old.desk.tickets.set_status([ticket.id], "resolved", old.ann)
    better(old).content.reparse(None, old.ann)
    assert (old.ticket(ticket.id).subject, old.status(ticket.id)) == ("The door", "resolved")
    contact = old.desk.contacts.by_email("joerg@customer.example")
    assert contact is not None
    assert contact.name == "Herr Müller"


def test_attachments_that_were_overlooked_appear(old: DeskKit) -> None:
    raw = LETTER.replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=b").partition(b"\r\n\r\n")[0]
    raw += (
        b"\r\n\r\n--b\r\n\r\nhi\r\n--b\r\nContent-Disposition: attachment; filename=plan.txt\r\n\r\ndata\r\n--b--\r\n"
    )
    old.arrive(old.mailbox("support@desk.example"), raw)
    (ticket,) = old.tickets()
    assert not ticket.has_attachments
    better(old).content.reparse(None, old.ann)
    assert old.ticket(ticket.id).has_attachments
    assert [a.filename for a in old.messages(ticket.id)[0].attachments] == ["plan.txt"]
    assert found(old, "plan.txt has:attachment") == [ticket.id]


def test_one_mail_that_breaks_the_reader_and_our_own_mail_cost_nothing(old: DeskKit) -> None:
    box = old.mailbox("support@desk.example")
    poison = mail("pöison", message_id="poison@c.example")
    old.arrive(box, poison, LETTER)
    first, second = old.tickets()
    start = old.desk.replies.start(second.id)
    old.desk.replies.send(
        ReplyDraft(
            ticket_id=second.id,
            from_account_id=start.from_account_id,
            from_address=start.from_address,
            to=start.to,
            text="Grüße",
        ),
        old.ann,
    )
    result = better(old, BetterReader(breaks_on=b"<poison@")).content.reparse(None, old.ann)
    assert (result.changed, result.failed) == (1, 1)
    assert old.messages(first.id)[0].visible_text == garbled("pöison")
    assert old.messages(second.id)[-1].visible_text == "Grüße"


def test_somebody_who_changes_the_ticket_meanwhile_is_no_reason_to_stop(
    old: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.arrive(old.mailbox("support@desk.example"), LETTER)
    content = better(old).content
    real, calls = content._reread, []

    def busy(message_id: int, actor: object) -> object:
        calls.append(message_id)
        if len(calls) == 1:
            raise StaleTicketError
        return real(message_id, old.ann)

    monkeypatch.setattr(content, "_reread", busy)
    assert content.reparse(None, old.ann).changed == 1
    assert len(calls) == 2
