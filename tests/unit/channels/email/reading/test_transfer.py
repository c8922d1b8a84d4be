"""Transfer encodings, broken and whole (mail.md 2, class 8)."""

from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.reading.transfer import decode_transfer, take_inline_files

DATA = bytes(range(256)) * 3
ENCODED = base64.encodebytes(DATA)


def _uu(data: bytes, name: str = "pic.gif") -> bytes:
    lines = b"".join(binascii.b2a_uu(data[i : i + 45]) for i in range(0, len(data), 45))
    return b"begin 644 " + name.encode() + b"\n" + lines + b"`\nend\n"


@pytest.mark.parametrize("label", ["base64", "BASE64", " base64;", "Base64 (comment)"])
def test_base64(label: str) -> None:
    assert decode_transfer(ENCODED, label).data == DATA


@pytest.mark.parametrize(
    "body",
    [
        ENCODED.rstrip(b"=\n"),
        ENCODED.replace(b"\n", b"\r\n"),
        ENCODED.replace(b"\n", b" \n"),
        ENCODED.replace(b"\n", b"\n\n"),
        ENCODED + b"\n\n",
        b"\n \n" + ENCODED,
        base64.encodebytes(DATA[:100]) + base64.encodebytes(DATA[100:]),
        base64.urlsafe_b64encode(DATA),
    ],
)
def test_base64_with_odd_lines_or_padding_mail_2_8(body: bytes) -> None:
    assert decode_transfer(body, "base64").data == DATA


def test_base64_cut_off_in_a_group_keeps_the_rest() -> None:
    assert decode_transfer(ENCODED[:401], "base64").data == DATA[: len(decode_transfer(ENCODED[:401], "base64").data)]
    assert len(decode_transfer(ENCODED[:401], "base64").data) >= 290


def test_text_behind_base64_is_kept_as_a_trailer() -> None:
    moved = decode_transfer(
        base64.encodebytes(b"Hello\n") + b"\n_______________\nlist mailing list\nhttp://x\n", "base64"
    )
    assert moved.data == b"Hello\n"
    assert b"list mailing list" in moved.trailer


def test_plain_text_that_calls_itself_base64_stays_text() -> None:
    moved = decode_transfer(b"Hello, this is no base64 at all.\nSorry!\n", "base64")
    assert moved.data.startswith(b"Hello, this")
    assert moved.problem


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"Gr=C3=BC=C3=9Fe", "Grüße".encode()), (b"a=\r\nb", b"ab"), (b"a= \r\nb", b"ab"), (b"a=\nb", b"ab"),
        (b"a=ZZb", b"a=ZZb"),
        (b"a \t\r\nb", b"a\r\nb"), (b"end=", b"end"), (b"=e4=E4", b"\xe4\xe4"), (b"100%=", b"100%"),
    ],
)  # fmt: skip
def test_quoted_printable(body: bytes, data: bytes) -> None:
    assert decode_transfer(body, "quoted-printable").data == data


@pytest.mark.parametrize("label", ["7bit", "8bit", "binary", "", "7-bit", "plain"])
def test_identity(label: str) -> None:
    assert decode_transfer(b"a=20b\r\n", label) == (b"a=20b\r\n", "", b"")


def test_unknown_encodings_are_named_and_left_alone() -> None:
    moved = decode_transfer(b"text", "x-strange")
    assert moved.data == b"text"
    assert "x-strange" in moved.problem


@pytest.mark.parametrize("label", ["x-uuencode", "uuencode", "x-uue"])
def test_uuencode(label: str) -> None:
    assert decode_transfer(_uu(DATA), label).data == DATA


def test_uuencoded_files_inside_a_text_are_taken_out() -> None:
    left, files = take_inline_files(b"Hi\n\n" + _uu(DATA) + b"\nBye\n" + _uu(b"second", "b.txt"))
    assert [(f.name, f.data) for f in files] == [(b"pic.gif", DATA), (b"b.txt", b"second")]
    assert left == b"Hi\n\n\nBye\n"


def test_a_sentence_that_begins_with_begin_is_text() -> None:
    text = b"begin 644 things today\nand finish them tomorrow, please\n"
    assert take_inline_files(text) == (text, [])


@given(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "7bit", "zip"]))
def test_any_body_is_decoded(body: bytes, label: str) -> None:
    assert isinstance(decode_transfer(body, label).data, bytes)


@given(st.binary(max_size=300))
def test_base64_comes_back(data: bytes) -> None:
    assert decode_transfer(base64.encodebytes(data), "base64").data == data
