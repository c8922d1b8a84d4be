"""Header fields: what is written is read back unchanged, and nothing can break out of its field."""

from __future__ import annotations

import email
import email.policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.building.headers import (
    address_header,
    ids_header,
    parameter_header,
    reference_chain,
    sendable,
    text_header,
    token_header,
)
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import UnsendableAddress

# what a person may type into one line: no controls, no surrogates, no outer blanks
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=300).map(str.strip)


def read(header: str) -> email.message.EmailMessage:
    return email.message_from_bytes(header.encode("ascii") + b"\r\n", policy=email.policy.default)  # type: ignore[return-value]


def unquote_crlf(name: str) -> str:
    return name.replace("\r\n", "")


def lines_are_short(header: str, limit: int = 998) -> bool:
    return all(len(line) <= limit for line in header.split("\r\n"))


@given(WORDS)
def test_rfc_2047_any_subject_reads_back(subject: str) -> None:
    written = text_header("Subject", subject)
    assert written.isascii()
    assert lines_are_short(written, 250)
    raw = email.message_from_string(written + "\r\n")["Subject"]
    assert str(make_header(decode_header(raw))) == subject if subject else raw == ""


@given(st.text(max_size=200))
def test_header_injection_is_impossible_in_a_subject(subject: str) -> None:
    message = read(text_header("Subject", subject + "\r\nBcc: thief@example.org\n\nbody"))
    assert message.keys() == ["Subject"]
    assert message.get_payload() == ""


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_rfc_5322_names_read_back(names: list[str]) -> None:
    addresses = [Address(name, f"person{n}@example.org") for n, name in enumerate(names)]
    written = address_header("To", addresses)
    assert lines_are_short(written)
    read_back = getaddresses([email.message_from_string(written + "\r\n")["To"]])
    assert [mail for _, mail in read_back] == [a.email for a in addresses]
    assert [str(make_header(decode_header(unquote_crlf(name)))) for name, _ in read_back] == names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Doe, Jane", '"Doe, Jane" <j@x.org>'),
        ('The "Boss"', '"The \\"Boss\\"" <j@x.org>'),
        ("a@b.c", '"a@b.c" <j@x.org>'),
        ("Zoë", "=?utf-8?b?Wm/Dqw==?= <j@x.org>"),
        ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <j@x.org>"),
        ("Eve\r\nBcc: thief@x.org", '"Eve Bcc: thief@x.org" <j@x.org>'),
        ("", "j@x.org"),
    ],
)
def test_names_are_quoted_or_encoded(name: str, expected: str) -> None:
    assert address_header("To", [Address(name, "j@x.org")]) == f"To: {expected}\r\n"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("jane@müller.example", "jane@xn--mller-kva.example"),
        ("jane@straße.example", "jane@xn--strae-oqa.example"),
        ("JANE@EXAMPLE.org", "JANE@example.org"),
        ("a..b@docomo.example", '"a..b"@docomo.example'),
        ('"odd one"@example.org', '"odd one"@example.org'),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("o'hara+tag@example.org", "o'hara+tag@example.org"),
        ("a@почта.рф", "a@xn--80a1acny.xn--p1ai"),
    ],
)
def test_addresses_become_what_servers_take(address: str, expected: str) -> None:
    assert sendable(address) == expected


@pytest.mark.parametrize(
    "address",
    ["", "jane", "@example.org", "jane@", "jané@example.org", "a b@example.org", "a@ex ample.org",
     "a@-x-.org", "a@x..org",
     "a\r\nRCPT TO:<b@x.org>@example.org", "a@x.org\r\nBcc: b@x.org", "a>@example.org",
     "a@" + "x" * 64 + ".org", "a@x.org, b@x.org", "x" * 65 + "..@example.org", "a@exa\u2028mple.org"],
)  # fmt: skip
def test_what_no_server_takes_is_refused(address: str) -> None:
    with pytest.raises(UnsendableAddress) as caught:
        sendable(address)
    assert caught.value.address == address


def test_rfc_5322_3_6_4_references_end_with_the_answered_message() -> None:
    assert reference_chain(("a@x", "b@x"), "c@x") == ("a@x", "b@x", "c@x")
    assert reference_chain(("a@x", "c@x", "b@x"), "c@x") == ("a@x", "b@x", "c@x")
    assert reference_chain((), "") == ()


def test_long_chains_keep_the_first_and_the_last() -> None:
    chain = reference_chain(tuple(f"{n}@x" for n in range(500)), "last@x")
    assert len(chain) == 20
    assert chain[0] == "0@x"
    assert chain[-2:] == ("499@x", "last@x")


def test_message_ids_that_are_none_are_left_out() -> None:
    assert ids_header("References", ["ok@x", "b ad@x", "in\r\nject@x", "<b>@x", "ü@x"]) == "References: <ok@x>\r\n"
    assert ids_header("In-Reply-To", [""]) == ""


def test_every_message_id_gets_its_own_line() -> None:
    written = ids_header("References", [f"{n}{'x' * 300}@example.org" for n in range(4)])
    assert lines_are_short(written, 340)
    assert len(read(written)["References"].split()) == 4


@given(WORDS.filter(bool))
def test_rfc_2231_file_names_read_back(name: str) -> None:
    written = parameter_header("Content-Disposition", "attachment", [("filename", name)])
    assert written.isascii()
    assert lines_are_short(written, 120)
    assert email.message_from_string(written + "\r\n").get_filename() == name


def test_a_token_header_refuses_what_could_break_out() -> None:
    for value in ("a b", "a\r\nX: y", "", "ü"):
        with pytest.raises(ValueError, match="X-Token"):
            token_header("X-Token", value)
