"""Dates, ids and parameters (mail.md 2, classes 5 and 9)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.reading.fields import (
    MAX_REFERENCES,
    parameter_text,
    read_date,
    read_ids,
    read_message_id,
    split_parameters,
)

NINE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 02 Mar 2026 09:30:00 +0000", "Mon, 2 Mar 2026 10:30:00 +0100 (CET)", "2 Mar 2026 04:30 -0500",
        "Mon, 02 Mar 2026 09:30:00 GMT",
        "Mon, 2 Mar 26 09:30:00 +0000", "2026-03-02T09:30:00Z", "2026-03-02 16:30:00 +0700",
        "Mon, 02 Mar 2026 10:30:00 CET",
        "Mon, 02-Mar-2026 09:30:00 +0000", "Mon,  2 Mar 126 09:30:00 +0000",
    ],
)  # fmt: skip
def test_dates_in_the_spellings_met(text: str) -> None:
    assert read_date(text.encode())[0] == NINE


def test_date_without_zone_is_utc_and_said_so_mail_2_5() -> None:
    assert read_date(b"Mon, 02 Mar 2026 09:30:00") == (NINE, "date-without-zone")


@pytest.mark.parametrize(
    "text",
    [
        b"<HR>",
        b"yesterday",
        b"Wed, 15 Dec 2010 59:10 -0500",
        b"Mon, 99 Mar 2026 09:30:00 +0000",
        b"1 Jan 99999 1:1:1",
    ],
)
def test_dates_nobody_can_read_are_named_mail_2_5(text: bytes) -> None:
    when, problem = read_date(text)
    assert when is None
    assert problem.startswith("date-broken")


@given(st.text(max_size=60))
def test_any_date_is_aware_or_none(text: str) -> None:
    when, _ = read_date(text.encode("utf-8", "replace"))
    assert when is None or when.tzinfo is UTC


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"<a@x> <b@y>", ("a@x", "b@y")),
        (b"<a@x>\r\n\t<b@y>\r\n <a@x>", ("a@x", "b@y")),
        (b"<a@\r\n x>", ("a@x",)),
        (b"a@x b@y", ("a@x", "b@y")),
        (b'Your message of "Mon" <a@x> from ann@z', ("a@x",)),
        (b"=?utf-8?Q?=3Ca@x=3E?=", ("a@x",)),
        (b"<>", ()),
        (b"", ()),
        (b"just words here", ()),
        (b"<no-at-sign>", ("no-at-sign",)),
    ],
)
def test_reference_fields(raw: bytes, expected: tuple[str, ...]) -> None:
    assert read_ids([raw]) == expected


def test_long_reference_chains_keep_the_first_and_the_latest() -> None:
    ids = read_ids([b" ".join(b"<%d@x>" % n for n in range(5000))])
    assert len(ids) == MAX_REFERENCES
    assert ids[0] == "0@x"
    assert ids[-1] == "4999@x"


def test_message_ids() -> None:
    assert read_message_id(b" <a@x>\r\n") == "a@x"
    assert read_message_id(b"a@x") == "a@x"
    assert read_message_id(b"<1234   @   local .machine .example>") == "1234@local.machine.example"
    assert read_message_id(b"") == ""


@pytest.mark.parametrize(
    ("raw", "name", "expected"),
    [
        (b'text/plain; charset="utf-8"', "charset", "utf-8"),
        (b"text/plain; charset=utf-8 (Plain)", "charset", "utf-8 (Plain)"),
        (b"text/plain;charset = utf-8 ; x=y", "charset", "utf-8"),
        (b'a/b; name="a;b.pdf"; x=y', "name", "a;b.pdf"),
        (b'a/b; name="a\\"b.pdf"', "name", 'a"b.pdf'),
        (b"a/b; name=This is a test.txt", "name", "This is a test.txt"),
        (b'a/b; name="open.pdf', "name", "open.pdf"),
        (b'a/b; charset=utf-8\r\n name="no-semicolon.pdf"', "name", "no-semicolon.pdf"),
        (b'a/b; charset="utf-8" name="no-semicolon.pdf"', "name", "no-semicolon.pdf"),
        (b"a/b; name*=UTF-8''M%C3%A4rz.pdf", "name", "März.pdf"),
        (b"a/b; name*=iso-8859-1'de'M%E4rz.pdf", "name", "März.pdf"),
        (b"a/b; name*0*=UTF-8''M%C3; name*1*=%A4rz; name*2=.pdf", "name", "März.pdf"),
        (b"a/b; name*1=rz.pdf; name*0=Ma", "name", "Marz.pdf"),
        (b'a/b; name*0="=?utf-8?Q?M=C3=A4"; name*1="rz.pdf?="', "name", "März.pdf"),
        (b"a/b; name=fallback.pdf; name*=UTF-8''M%C3%A4rz.pdf", "name", "März.pdf"),
        (b'a/b; name="=?utf-8?B?TcOkcnoucGRm?="', "name", "März.pdf"),
        (b"a/b; name==?utf-8?B?TcOkcnoucGRm?=", "name", "März.pdf"),
        ("a/b; name=März.pdf".encode(), "name", "März.pdf"),
        ("a/b; name=März.pdf".encode("latin-1"), "name", "März.pdf"),
        (b"a/b; name=UTF-8''M%C3%A4rz.pdf", "name", "März.pdf"),
        (b"a/b; name*=M%C3%A4rz.pdf", "name", "März.pdf"),
        (b'a/b; boundary="foo\r\n bar"', "boundary", "foo bar"),
        (b"a/b", "name", ""),
        (b"a/b; =; ;;name", "name", ""),
    ],
)
def test_parameters_as_clients_write_them_mail_2_9(raw: bytes, name: str, expected: str) -> None:
    assert parameter_text(split_parameters(raw)[1], name) == expected


@given(st.binary(max_size=120))
def test_any_parameter_field_is_split(raw: bytes) -> None:
    value, parameters = split_parameters(raw)
    assert value == value.lower()
    for name in ("name", "filename", "charset"):
        parameter_text(parameters, name)
