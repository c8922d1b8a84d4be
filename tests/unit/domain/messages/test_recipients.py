"""Reply-all and the choice of the sending alias (CO-08, MB-17)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.model import Address, Direction
from desk_app.domain.messages.recipients import AnsweredMessage, ReplyRecipients, reply_recipients

OWN = ("support@example.org", "sales@example.org", "boss@example.org")
JANE, BOB, EVE = Address("Jane", "jane@x.org"), Address("Bob", "bob@x.org"), Address("Eve", "eve@x.org")
SUPPORT, SALES = Address("Support", "support@example.org"), Address("", "sales@example.org")


def answer(message: AnsweredMessage, *, reply_all: bool = True) -> ReplyRecipients:
    return reply_recipients(message, own_addresses=OWN, sender_addresses=OWN[:2], reply_all=reply_all)


def inbound(from_: Address = JANE, **more: tuple[object, ...]) -> AnsweredMessage:
    return AnsweredMessage(Direction.INBOUND, from_, **more)  # type: ignore[arg-type]


def test_co_08_sender_to_and_cc_without_ourselves() -> None:
    result = answer(inbound(to=(SUPPORT, BOB), cc=(EVE, SALES)))
    assert (result.to, result.cc) == ((JANE,), (BOB, EVE))
    assert any("sales@example.org is left out" in line for line in result.explanation)


def test_co_08_reply_to_wins_over_from() -> None:
    result = answer(inbound(reply_to=(BOB,), to=(SUPPORT, JANE), cc=(BOB,)))
    assert (result.to, result.cc) == ((BOB,), ())


def test_a_reply_to_that_is_ourselves_is_not_followed() -> None:
    assert answer(inbound(reply_to=(SUPPORT,), to=(SUPPORT,))).to == (JANE,)


def test_a_web_form_that_writes_as_us_is_answered_at_its_reply_to() -> None:
    assert answer(inbound(SUPPORT, reply_to=(JANE,), to=(SUPPORT,))).to == (JANE,)


def test_mail_from_ourselves_has_nobody_to_answer() -> None:
    result = answer(inbound(SUPPORT, to=(SALES,)))
    assert result.to == ()
    assert any("nobody to answer" in line for line in result.explanation)


def test_own_addresses_with_a_tag_are_ours_too() -> None:
    assert answer(inbound(to=(Address("", "support+desk-x1@example.org"), BOB))).cc == (BOB,)


def test_answering_our_own_message_goes_to_its_recipients() -> None:
    ours = AnsweredMessage(Direction.OUTBOUND, SALES, to=(JANE,), cc=(BOB, SUPPORT))
    result = answer(ours)
    assert (result.to, result.cc, result.from_address) == ((JANE,), (BOB,), "sales@example.org")


def test_reply_to_the_sender_only() -> None:
    assert answer(inbound(to=(SUPPORT, BOB), cc=(EVE,)), reply_all=False).cc == ()


def test_mb_17_the_alias_the_customer_wrote_to() -> None:
    assert answer(inbound(to=(Address("", "SALES@example.org"),))).from_address == "sales@example.org"
    assert answer(inbound(cc=(SALES,), to=(BOB,))).from_address == "sales@example.org"
    assert answer(inbound(to=(BOB,), delivered_to=("sales@example.org",))).from_address == "sales@example.org"
    assert answer(inbound(to=(Address("", "sales+t1@example.org"),))).from_address == "sales@example.org"
    assert answer(inbound(to=(BOB,))).from_address == "support@example.org"
    assert answer(inbound(to=(Address("", "boss@example.org"),))).from_address == "support@example.org"


def test_mb_17_the_reason_is_told() -> None:
    assert any("names it in Delivered-To" in line for line in answer(inbound(delivered_to=OWN[1:2])).explanation)


def test_an_exact_alias_wins_over_one_with_a_tag() -> None:
    result = reply_recipients(
        inbound(to=(Address("", "me+a@example.org"),)),
        own_addresses=(),
        sender_addresses=("me@example.org", "me+a@example.org"),
    )
    assert result.from_address == "me+a@example.org"


ADDRESSES = st.sampled_from((JANE, BOB, EVE, SUPPORT, SALES, Address("", ""), Address("", "BOSS@example.org")))
LISTS = st.lists(ADDRESSES, max_size=5).map(tuple)


@given(st.sampled_from(Direction), ADDRESSES, LISTS, LISTS, LISTS)
def test_nobody_twice_and_never_ourselves(
    direction: Direction,
    from_: Address,
    to: tuple[Address, ...],
    cc: tuple[Address, ...],
    reply_to: tuple[Address, ...],
) -> None:
    result = answer(AnsweredMessage(direction, from_, to, cc, reply_to))
    emails = [address.email.lower() for address in (*result.to, *result.cc)]
    assert len(emails) == len(set(emails))
    assert not set(emails) & set(OWN)
    assert "" not in emails
    assert result.from_address in OWN[:2]
    assert result.explanation
