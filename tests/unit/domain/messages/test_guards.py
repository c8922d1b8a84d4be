"""What a mail is stopped for, once (CO-09, CO-11)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.guards import (
    EXPLANATIONS,
    LARGEST_MAIL,
    Conversation,
    Guard,
    Objection,
    Outgoing,
    objections,
    said_attached,
)
from desk_app.domain.messages.model import Address

BOB = Address("Bob", "bob@acme.example")
TICKET = Conversation(customer=BOB.email, known=(BOB.email, "ann@desk.example"), own=("ann@desk.example",))
PLAIN = Outgoing(to=(BOB,), subject="Re: Printer", text="Dear Bob, it works.")


def guards(mail: Outgoing, conversation: Conversation = TICKET) -> list[Guard]:
    return [one.guard for one in objections(mail, conversation)]


def test_an_ordinary_answer_passes() -> None:
    assert guards(PLAIN) == []


def test_co_09_strangers_are_named_once() -> None:
    mail = replace(PLAIN, cc=(Address("", "new@acme.example"), Address("", "spy@other.example"), BOB))
    assert objections(mail, TICKET) == (
        Objection(Guard.FOREIGN_DOMAIN, ("spy@other.example",)),
        Objection(Guard.NEW_RECIPIENT, ("new@acme.example",)),
    )
    assert str(objections(mail, TICKET)[0]) == "Outside the customer's organization: spy@other.example."
    assert guards(replace(PLAIN, cc=(Address("", "x@sales.acme.example"),))) == [Guard.NEW_RECIPIENT]
    assert guards(replace(PLAIN, bcc=(Address("", "boss@desk.example"),))) == [Guard.FOREIGN_DOMAIN]
    assert guards(replace(PLAIN, bcc=(Address("", "ann@desk.example"),))) == []


def test_pains_20_whoever_would_be_dropped_is_named() -> None:
    expected = (BOB, Address("Cy", "cy@acme.example"))
    assert objections(PLAIN, replace(TICKET, expected=expected)) == (
        Objection(Guard.DROPPED_RECIPIENT, ("cy@acme.example",)),
    )


def test_lists_and_addresses_nobody_reads() -> None:
    robot = Address("", "no-reply@acme.example")
    conversation = replace(TICKET, known=(*TICKET.known, robot.email, "all@acme.example"))
    assert guards(replace(PLAIN, to=(robot,)), conversation) == [Guard.NO_REPLY]
    everybody = replace(PLAIN, to=(Address("", "all@acme.example"),))
    assert guards(everybody, replace(conversation, list_addresses=("all@acme.example",))) == [Guard.MAILING_LIST]
    assert guards(replace(PLAIN, to=(Address("", "norah@acme.example"),)), conversation) == [Guard.NEW_RECIPIENT]


@pytest.mark.parametrize(
    "text",
    ["The label is attached.", "Please see the attachment", "Anbei die Rechnung", "Le adjunto la factura",
     "Adjuntamos el recibo", "Terlampir kami kirimkan label", "Saya lampirkan fotonya", "Enclosed you find it"],
)  # fmt: skip
def test_co_11_a_promised_attachment_is_missed(text: str) -> None:
    assert guards(replace(PLAIN, text=text)) == [Guard.NOTHING_ATTACHED]
    assert guards(replace(PLAIN, text=text, files=1)) == []


@pytest.mark.parametrize("text", ["Nothing here", "> it is attached", "There was no attachment", "tanpa lampiran"])
def test_co_11_what_promises_nothing(text: str) -> None:
    assert said_attached(text) == []


def test_placeholders_subject_and_size() -> None:
    mail = replace(PLAIN, text="Dear {{customer.name}}, dear {{ x }} and {{customer.name}}", subject=" ")
    assert objections(mail, TICKET) == (
        Objection(Guard.PLACEHOLDER_LEFT, ("{{customer.name}}", "{{ x }}")),
        Objection(Guard.NO_SUBJECT),
    )
    assert guards(replace(PLAIN, files=1, attached_bytes=LARGEST_MAIL)) == [Guard.TOO_LARGE]
    assert guards(replace(PLAIN, files=1, attached_bytes=LARGEST_MAIL // 2)) == []


people = st.builds(Address, st.just(""), st.sampled_from([f"{n}@{d}" for n in "abc" for d in ("x.co", "y.co", "")]))
mails = st.builds(
    Outgoing,
    to=st.lists(people, max_size=4).map(tuple),
    cc=st.lists(people, max_size=4).map(tuple),
    bcc=st.lists(people, max_size=2).map(tuple),
    subject=st.text(max_size=20),
    text=st.text(max_size=80),
    files=st.integers(0, 2),
    attached_bytes=st.integers(0, 2 * LARGEST_MAIL),
)
tickets = st.builds(
    Conversation,
    customer=st.sampled_from(["a@x.co", "b@y.co", ""]),
    known=st.lists(people.map(lambda one: one.email)).map(tuple),
    expected=st.lists(people, max_size=4).map(tuple),
    own=st.lists(people.map(lambda one: one.email), max_size=2).map(tuple),
)


@given(mails, tickets)
def test_every_objection_is_said_once_and_can_be_explained(mail: Outgoing, ticket: Conversation) -> None:
    found = objections(mail, ticket)
    assert len({one.guard for one in found}) == len(found)
    assert all(str(one) and "{" not in EXPLANATIONS[one.guard].format(about="") for one in found)
    assert found == objections(mail, ticket)


@given(mails, tickets)
def test_nobody_who_was_there_is_a_stranger(mail: Outgoing, ticket: Conversation) -> None:
    named = {
        email
        for one in objections(mail, ticket)
        if one.guard in {Guard.NEW_RECIPIENT, Guard.FOREIGN_DOMAIN}
        for email in one.about
    }
    there = {one.email for one in (*mail.to, *mail.cc, *mail.bcc)}
    assert named == {e for e in there if e} - set(ticket.known) - {ticket.customer} - set(ticket.own)


@given(mails, tickets)
def test_taking_part_and_taking_away_cancel_out(mail: Outgoing, ticket: Conversation) -> None:
    everybody = tuple(mail.to) + tuple(ticket.expected)
    found = objections(replace(mail, to=everybody), ticket)
    assert Guard.DROPPED_RECIPIENT not in {one.guard for one in found}
