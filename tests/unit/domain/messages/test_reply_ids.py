"""Sealed reply ids (SE-04)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.reply_ids import ReplyIds, tokens_in

KEY = bytes(range(32))
IDS = ReplyIds(KEY, "desk-1")


@given(st.integers(0, 2**63 - 1))
def test_a_made_id_is_found_whatever_surrounds_it_and_however_it_is_cased(ticket_id: int) -> None:
    token = IDS.token(ticket_id)
    for text in (f"{token}@desk.example", f"Support+{token}@desk.example".upper(), f"<{token}@x>"):
        found = IDS.find(["nothing@here.example", text])
        assert found is not None
        assert (found.ticket_id, found.token) == (ticket_id, token)


def test_rfc_5321_4_5_3_1_a_plus_address_fits_into_a_local_part() -> None:
    address = IDS.plus_address("support@desk.example", IDS.token(10**7))
    assert len(address.partition("@")[0]) <= 64
    assert re.fullmatch(r"[a-z0-9.+]+@desk\.example", address)


def test_ids_are_never_the_same_twice() -> None:
    assert len({IDS.token(7) for _ in range(200)}) == 200


@given(st.integers(1, 10**6), st.data())
def test_a_changed_id_proves_nothing(ticket_id: int, data: st.DataObject) -> None:
    token = IDS.token(ticket_id)
    place = data.draw(st.integers(0, len(token) - 1))
    char = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567."))
    changed = token[:place] + char + token[place + 1 :]
    assert (IDS.find([f"{changed}@x"]) is None) or changed == token


def test_another_ticket_number_under_the_same_seal_proves_nothing() -> None:
    parts = IDS.token(41).split(".")
    parts[1] = "16"
    assert IDS.find([".".join(parts)]) is None


@pytest.mark.parametrize("other", [ReplyIds(KEY, "desk-2"), ReplyIds(KEY[::-1], "desk-1")])
def test_another_desk_or_key_does_not_verify_but_names_a_message_id(other: ReplyIds) -> None:
    token = IDS.token(3)
    assert other.find([token]) is None
    assert tokens_in([f"support+{token}@desk.example"]) == (token,)


@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_text_is_survived(texts: list[str]) -> None:
    assert IDS.find(texts) is None


def test_the_origin_mark_belongs_to_one_message_id() -> None:
    mark = IDS.origin("a@desk.example")
    assert IDS.is_origin(f" {mark} ", "a@desk.example")
    assert not IDS.is_origin(mark, "b@desk.example")
    assert not IDS.is_origin("", "a@desk.example")
    assert not IDS.is_origin("ünicode", "a@desk.example")
    assert not ReplyIds(KEY, "desk-2").is_origin(mark, "a@desk.example")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        ReplyIds(b"short", "desk")
