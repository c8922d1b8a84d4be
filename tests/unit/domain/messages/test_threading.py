"""The threading decision (mail.md 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.reply_ids import ReplyId
from desk_app.domain.messages.threading import (
    Evidence,
    JoinRule,
    Landing,
    Relative,
    decide,
    is_forward,
    land,
    may_be_forward,
)

BOB = frozenset({"bob@c.example"})
PEOPLE = {1: BOB, 2: frozenset({"eve@e.example"})}
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def evidence(**given_: Any) -> Evidence:
    return Evidence(
        **{"senders": BOB, "subject": "Re: x", "participants": lambda i: PEOPLE.get(i, frozenset()), **given_}
    )


def test_mail_6_rule_1_wins_over_everything() -> None:
    join = decide(
        evidence(
            reply_id=ReplyId(2, "t"), reply_id_place="To", in_reply_to=["a"], relatives={"a": [Relative(5, 1, None)]}
        )
    )
    assert (join.ticket_id, join.rule, join.stranger) == (2, JoinRule.REPLY_ID, True)


def test_mail_6_rule_2_in_reply_to_first_then_references_from_the_last() -> None:
    relatives = {"a": [Relative(5, 1, None)], "b": [Relative(6, 2, None)]}
    assert decide(evidence(in_reply_to=["b"], references=["a"], relatives=relatives)).ticket_id == 2
    join = decide(evidence(in_reply_to=["gone"], references=["a", "b", "lost"], relatives=relatives))
    assert (join.ticket_id, join.rule) == (2, JoinRule.REFERENCES)


def test_an_id_shared_by_several_messages_leads_to_the_senders_ticket() -> None:
    relatives = {"a": [Relative(5, 1, 7), Relative(9, 2, 8)]}
    join = decide(evidence(in_reply_to=["a"], relatives=relatives, account_id=8))
    assert join.ticket_id == 1
    assert join.evidence["also_in"] == [2]
    stranger = decide(
        evidence(senders=frozenset({"x@x.example"}), in_reply_to=["a"], relatives=relatives, account_id=7)
    )
    assert (stranger.ticket_id, stranger.stranger) == (1, True)


@pytest.mark.parametrize(("ticket_id", "joins"), [(1, True), (2, False)])
def test_mail_6_rule_3_a_number_counts_for_participants_only(ticket_id: int, joins: bool) -> None:
    join = decide(evidence(subject_tickets=[("0042", ticket_id)]))
    assert (join.ticket_id == ticket_id) is joins
    assert "0042" in join.reason


def test_a_forward_is_a_new_ticket_unless_it_was_sent_to_the_ticket_itself() -> None:
    relatives = {"a": [Relative(5, 1, None)]}
    join = decide(evidence(subject="WG: x", in_reply_to=["a"], relatives=relatives))
    assert (join.ticket_id, join.rule, join.evidence) == (None, JoinRule.FORWARD, {"would_have_joined": 1})
    echoed = decide(evidence(subject="Fwd: x", reply_id=ReplyId(1, "t")))
    assert echoed.ticket_id is None
    meant = decide(evidence(subject="Fwd: x", reply_id=ReplyId(1, "t"), addressed_to_ticket=True))
    assert meant.ticket_id == 1


@pytest.mark.parametrize(
    "subject", ["Fwd: a", "FW: a", "  wg : a", "RV: a", "TR: a", "VL: a", "ΠΡΘ: a", "转发：a", "Fwd[2]: a"]
)
def test_forward_prefixes(subject: str) -> None:
    assert is_forward(subject)


@pytest.mark.parametrize(
    "subject", ["Re: Fwd: a", "Forward march", "In: a", "a Fwd: b", "", "Wgs: a", "VS: a", "Ref: a", "REF. FWD: a"]
)
def test_what_is_no_forward(subject: str) -> None:
    assert not may_be_forward(subject)


@pytest.mark.parametrize(
    "prefix", ["VS", "SV", "REF", "I", "Enc", "RES", "R", "Odp", "YNT", "Antw", "BLS", "ΑΠ", "回复"]
)
@pytest.mark.parametrize("link", ["reply_id", "header"])
def test_a_customers_answer_never_opens_a_ticket_because_of_its_prefix(prefix: str, link: str) -> None:
    """ "VS" answers in Finland and forwards in Denmark: whoever takes part in a ticket stays in it."""
    proof = {"reply_id": ReplyId(1, "t")} if link == "reply_id" else {"in_reply_to": ["a"]}
    join = decide(evidence(subject=f"{prefix}: x", relatives={"a": [Relative(5, 1, None)]}, **proof))
    assert (join.ticket_id, join.stranger) == (1, False)


@pytest.mark.parametrize("prefix", ["I", "ENC", "enc[2]"])
def test_a_doubtful_forward_counts_from_somebody_outside_the_ticket_only(prefix: str) -> None:
    relatives = {"a": [Relative(5, 1, None)]}
    outside = frozenset({"colleague@c.example"})
    join = decide(evidence(subject=f"{prefix}: x", senders=outside, in_reply_to=["a"], relatives=relatives))
    assert (join.ticket_id, join.rule, join.evidence) == (None, JoinRule.FORWARD, {"would_have_joined": 1})
    echoed = decide(evidence(subject=f"{prefix}: x", senders=outside, reply_id=ReplyId(1, "t")))
    assert (echoed.ticket_id, echoed.evidence) == (None, {"would_have_joined": 1})
    numbered = decide(evidence(subject=f"{prefix}: x [#7]", subject_tickets=[("7", 1)]))
    assert (numbered.ticket_id, numbered.rule) == (1, JoinRule.SUBJECT_TOKEN)


def test_siblings_need_the_sender_late_parents_do_not() -> None:
    sibling = decide(evidence(in_reply_to=["gone"], siblings=[Relative(3, 2, None), Relative(2, 1, None)]))
    assert (sibling.ticket_id, sibling.rule) == (1, JoinRule.SIBLING)
    assert decide(evidence(in_reply_to=["gone"], siblings=[Relative(3, 2, None)])).ticket_id is None
    parent = decide(evidence(late_children=[Relative(9, 2, None), Relative(4, 2, None)]))
    assert (parent.ticket_id, parent.rule) == (2, JoinRule.LATE_PARENT)


ids = st.lists(st.sampled_from("abcdef"), max_size=5)
relations = st.dictionaries(
    st.sampled_from("abcdef"),
    st.lists(st.builds(Relative, st.integers(1, 50), st.integers(1, 5), st.none() | st.integers(1, 3)), max_size=3),
)


@given(ids, ids, relations, st.text(max_size=30), st.lists(st.tuples(st.just("7"), st.integers(1, 5)), max_size=2))
def test_a_decision_is_always_explained_and_never_invents_a_ticket(
    parents: list[str],
    references: list[str],
    relatives: dict[str, list[Relative]],
    subject: str,
    numbers: list[tuple[str, int]],
) -> None:
    given_ = evidence(
        subject=subject, in_reply_to=parents, references=references, relatives=relatives, subject_tickets=numbers
    )
    join = decide(given_)
    assert join == decide(given_)
    assert join.reason.endswith(".")
    named = {r.ticket_id for i in (*parents, *references) for r in relatives.get(i, ())}
    assert join.ticket_id is None or join.ticket_id in named | {t for _, t in numbers}
    if not may_be_forward(subject) and named:
        assert join.ticket_id in named
    assert join.ticket_id is not None or not join.stranger


@pytest.mark.parametrize(
    ("days", "trashed", "wakes", "expected"),
    [
        (None, False, True, Landing.JOIN),
        (3, False, True, Landing.REOPEN),
        (14, False, True, Landing.REOPEN),
        (15, False, True, Landing.FOLLOW_UP),
        (None, True, True, Landing.FOLLOW_UP),
        (400, True, False, Landing.JOIN),
    ],
)
def test_in_35_landing(days: int | None, trashed: bool, wakes: bool, expected: Landing) -> None:
    closed_at = None if days is None else NOW - timedelta(days=days)
    landing, why = land(closed_at=closed_at, trashed=trashed, now=NOW, reopen_days=14, wakes=wakes)
    assert landing is expected
    assert bool(why) is (landing is not Landing.JOIN or not wakes)
