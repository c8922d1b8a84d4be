"""May a mail be answered automatically? (MB-20)"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.loops import Ceilings, is_no_reply, may_answer
from desk_app.domain.messages.model import Address, Classification, ParsedMessage

FREE = Ceilings(to_sender_today=0, in_last_hour=0, per_hour=60)
OWN = frozenset({"support@desk.example"})


def verdict(**changes: Any) -> tuple[bool, str]:
    mail = {"from_": Address("Bob", "bob@c.example"), **changes.pop("mail", {})}
    options = {
        "answer_to": "bob@c.example",
        "own_addresses": OWN,
        "instance_id": "inst",
        "imported": False,
        "spam": False,
        "ceilings": FREE,
        **changes,
    }
    found = may_answer(ParsedMessage(**mail), **options)
    return found.allowed, found.reason


def test_a_person_is_answered() -> None:
    assert verdict() == (True, "an ordinary mail from a person")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        (
            {"mail": {"classification": Classification.AUTO_REPLY, "machine_signs": ("Auto-Submitted",)}},
            "Auto-Submitted",
        ),
        ({"mail": {"classification": Classification.BOUNCE}}, "bounce"),
        ({"mail": {"classification": Classification.LIST}}, "list"),
        ({"mail": {"may_answer": False, "machine_signs": ("X-Auto-Response-Suppress",)}}, "Suppress"),
        ({"mail": {"origin_instance": "inst"}}, "this desk"),
        ({"mail": {"from_": Address("", "support@desk.example")}}, "own addresses"),
        ({"answer_to": "support@desk.example"}, "own addresses"),
        ({"answer_to": ""}, "no address"),
        ({"answer_to": "no-reply@shop.example"}, "nobody reads"),
        ({"imported": True}, "imported"),
        ({"spam": True}, "spam"),
        ({"ceilings": Ceilings(1, 0, 60)}, "last day"),
        ({"ceilings": Ceilings(0, 60, 60)}, "ceiling of 60"),
    ],
)
def test_mb_20_each_reason_alone_is_enough(changes: dict[str, Any], word: str) -> None:
    allowed, reason = verdict(**changes)
    assert not allowed
    assert word in reason


@pytest.mark.parametrize(
    "address",
    [
        "noreply@x.example", "no-reply@x.example", "no_reply+7@x.example", "DoNotReply@x.example",
        "do-not-reply@x.example",
        "mailer-daemon@x.example", "postmaster@x.example", "bounce-77@x.example", "dont-reply@x.example",
    ],
)  # fmt: skip
def test_names_nobody_reads(address: str) -> None:
    assert is_no_reply(address)


@pytest.mark.parametrize(
    "address", ["nora@x.example", "norbert.reply@x.example", "automotive@x.example", "rooter@x.example"]
)
def test_names_of_people(address: str) -> None:
    assert not is_no_reply(address)


@given(st.integers(0, 5), st.integers(0, 200), st.integers(0, 100))
def test_ceilings_hold_for_every_count(today: int, hour: int, limit: int) -> None:
    allowed, _ = verdict(ceilings=Ceilings(today, hour, limit))
    assert allowed is (today == 0 and hour < limit)
