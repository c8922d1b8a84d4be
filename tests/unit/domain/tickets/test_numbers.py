"""Ticket numbers (IN-34)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.tickets.numbers import (
    bare_subject,
    check_format,
    format_number,
    numbers_in_subject,
    reply_subject,
)

formats = st.builds(
    "{}{}{}".format,
    st.text("ABC-/0123456789", max_size=8),
    st.integers(1, 8).map(lambda n: "#" * n),
    st.text("xyz-", max_size=5),
)


@pytest.mark.parametrize(
    ("number_format", "counter", "expected"),
    [("####", 7, "0007"), ("####", 123456, "123456"), ("DESK-###", 42, "DESK-042"), ("26/#", 5, "26/5")],
)
def test_the_run_gives_the_least_digits(number_format: str, counter: int, expected: str) -> None:
    assert format_number(number_format, counter) == expected


@pytest.mark.parametrize("wrong", ["", "DESK", "#-#", "a[#]", "a #", "#" * 40])
def test_formats_that_cannot_be_found_again_are_refused(wrong: str) -> None:
    assert check_format(wrong)
    with pytest.raises(ValueError, match="format"):
        format_number(wrong, 1)


@given(formats, st.integers(1, 10**9), st.text(max_size=40))
def test_a_number_in_a_reply_is_found_again_whatever_the_format(number_format: str, counter: int, subject: str) -> None:
    number = format_number(number_format, counter)
    assert numbers_in_subject(reply_subject(subject, number))[-1] == number


def test_only_bracketed_numbers_count() -> None:
    assert numbers_in_subject("Re: [#0001] about #0002 and [0003] and [# 0004]") == ("0001", "0004")


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: AW: Re[2]: hello [#12]", "hello"),
        ("回复：你好", "你好"),
        ("Fwd: RE: x", "x"),
        ("Regarding: x", "Regarding: x"),
        ("", ""),
    ],
)
def test_prefixes_do_not_pile_up(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


@given(st.text(max_size=60))
def test_answering_an_answer_changes_nothing(subject: str) -> None:
    once = reply_subject(subject, "7")
    assert reply_subject(once, "7") == once
