"""Header blocks and encoded words (RFC 2047; mail.md 2, classes 1, 2, 12, 13)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.reading.headers import decode_words, header_text, read_headers


def _b64(data: bytes, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(data).decode()}?="


def test_two_words_that_split_one_character_mail_2_2() -> None:
    data = "Übergröße".encode()
    raw = f"{_b64(data[:1])}\r\n {_b64(data[1:7])} {_b64(data[7:])}"
    assert header_text(raw.encode()) == "Übergröße"


def test_words_that_split_a_base64_group() -> None:
    text = base64.b64encode("日本語のとても長い件名".encode()).decode()
    assert decode_words(f"=?utf-8?B?{text[:10]}?= =?UTF-8?B?{text[10:]}?=") == "日本語のとても長い件名"


def test_blank_between_words_is_dropped_and_between_word_and_text_kept() -> None:
    assert header_text(b"=?utf-8?Q?a?= =?utf-8?Q?b?=") == "ab"
    assert header_text(b"=?utf-8?Q?a?= b =?iso-8859-1?Q?=E4?=") == "a b ä"
    assert header_text(b"Re: =?utf-8?Q?a?=\r\n\t=?iso-8859-1?Q?=E4?= end") == "Re: aä end"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?Q?What?=3F_now?=", "What?? now"),
        ("=?utf-8?Q?with blank?=", "with blank"),
        ("=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("x=?utf-8?Q?=C3=A4?=y", "xäy"),
        ('"=?utf-8?Q?=C3=A4?="', '"ä"'),
        ("=?utf-8?B?w6Q", "ä"),
        ("=?utf-8?B?w6Q?=", "ä"),
        ("=?x-unknown?Q?=E4?=", "ä"),
        ("=?utf-8?Q?=E4?=", "ä"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?gb2312?B?tPPH67v6?=", "大请机"),
        ("=?utf-8?Q??=", ""),
        ("=?not a word?=", "=?not a word?="),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("a =? b", "a =? b"),
        ("=?utf-8?Q?a=0Ab?=", "a b"),
        ("=?utf-8?Q?a=00b?=", "ab"),
    ],
)
def test_words_as_mailers_write_them(raw: str, text: str) -> None:
    assert header_text(raw.encode()) == text


def test_raw_8_bit_values_mail_2_1() -> None:
    assert header_text("Grüße".encode()) == "Grüße"
    assert header_text("Grüße".encode("latin-1")) == "Grüße"
    assert header_text("Заказ".encode("koi8-r"), "koi8_r") == "Заказ"
    assert header_text("Заказ".encode(), "koi8_r") == "Заказ"
    assert header_text(b"\x1b$BF|K\\\x1b(B") == "日本"


def test_first_of_repeated_fields_counts_mail_2_13() -> None:
    headers, body, _ = read_headers(b"Subject: one\r\nSubject: two\r\n\r\nx", 0, 33)
    assert headers.text("subject") == "one"
    assert body == 30


def test_stray_line_between_known_fields_belongs_to_the_field_before() -> None:
    raw = b"To: a@b.example,\nc@d.example\nSubject: x\n\nbody"
    headers, body, problems = read_headers(raw, 0, len(raw))
    assert headers.text("to") == "a@b.example, c@d.example"
    assert headers.text("subject") == "x"
    assert raw[body:] == b"body"
    assert problems == ["header-line-broken: to"]


def test_body_without_empty_line_is_not_swallowed() -> None:
    raw = b"Subject: x\nHello you,\nhow are you?\n"
    headers, body, problems = read_headers(raw, 0, len(raw))
    assert headers.text("subject") == "x"
    assert raw[body:].startswith(b"Hello you")
    assert problems == ["header-end-missing"]


def test_envelope_lines_are_skipped_mail_2_12() -> None:
    raw = b"From ann@x.example Mon Jan  1 00:00:00 2026\n>From bob\nSubject: x\n\n"
    headers, _, problems = read_headers(raw, 0, len(raw))
    assert headers.text("subject") == "x"
    assert "envelope-line" in problems


def test_blank_before_the_colon() -> None:
    raw = b"Subject : x\n\n"
    assert read_headers(raw, 0, len(raw))[0].text("subject") == "x"


@given(st.text(max_size=200))
def test_decoding_gives_one_printable_line(text: str) -> None:
    shown = header_text(text.encode("utf-8", "replace"))
    assert "\n" not in shown
    assert "\x00" not in shown


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30),
        min_size=1,
        max_size=4,
    )
)
def test_words_come_back_whatever_the_split(words: list[str]) -> None:
    data = "".join(words).encode()
    middle = len(data) // 2
    assert header_text(f"{_b64(data[:middle])}\r\n {_b64(data[middle:])}".encode()) == "".join(words).strip()
