"""Who wrote a forwarded mail (MB-33)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.original_sender import original_sender


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        ("Hi\n\n-- Forwarded message --\nFrom: Carl C <Carl@c.example>\nDate: x", "Carl C", "carl@c.example"),
        ("> Von: Erika Müller [mailto:erika@m.example]\n> Gesendet: x", "Erika Müller", "erika@m.example"),
        ("*De:* Ana <ana@e.example>", "Ana", "ana@e.example"),
        ("De: josé@ñ.example", "", "josé@ñ.example"),
        ("Dari: budi@id.example", "", "budi@id.example"),
        ('发件人： "Li" <li@cn.example>', "Li", "li@cn.example"),
    ],
)  # fmt: skip
def test_header_blocks_of_many_programs(text: str, name: str, email: str) -> None:
    found = original_sender(text)
    assert found is not None
    assert (found.name, found.email) == (name, email)


def test_own_addresses_and_plain_text_do_not_count() -> None:
    assert original_sender("From: <me@desk.example>\n", ignore={"me@desk.example"}) is None
    assert original_sender("I am from: nowhere") is None


@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    original_sender(text)


def test_a_hostile_text_takes_no_time() -> None:
    begin = time.process_time()
    original_sender("From: " + "a." * 200_000 + "\n" + "From: x@" + "a-" * 200_000)
    assert time.process_time() - begin < 5
