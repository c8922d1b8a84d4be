"""Envelopes other mailers cannot open: winmail.dat (MS-OXTNEF) and opaque S/MIME (RFC 5652)."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.reading import read_message
from desk_app.channels.email.reading.opaque import signed_content
from desk_app.channels.email.reading.rtf import rtf_to_text
from desk_app.channels.email.reading.tnef import read_tnef


def _attribute(level: int, number: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", level, number, 0, len(value)) + value + b"\x00\x00"


def _string(number: int, text: str) -> bytes:
    raw = (text + "\x00").encode("utf-16-le")
    return struct.pack("<HHII", 0x1F, number, 1, len(raw)) + raw + b"\x00" * (-len(raw) % 4)


def _properties(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


def _tnef() -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(
        [
            _attribute(1, 0x9007, struct.pack("<II", 1252, 0)),
            _attribute(1, 0x9003, _properties(_string(0x1000, "Grüße aus Outlook"))),
            _attribute(2, 0x9002, b"\x00" * 14),
            _attribute(2, 0x8010, b"RECHNU~1.PDF\x00"),
            _attribute(2, 0x800F, b"%PDF-1.4 data"),
            _attribute(
                2, 0x9005, _properties(_string(0x3707, "Rechnung März.pdf"), _string(0x370E, "application/pdf"))
            ),
        ]
    )


def test_files_and_text_of_winmail_dat_mail_2_10() -> None:
    raw = (
        b"From: a@x.example\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: binary\n\n"
        + _tnef()
    )
    message = read_message(raw)
    assert message.text == "Grüße aus Outlook"
    assert [(a.filename, a.content_type) for a in message.attachments] == [
        ("winmail.dat", "application/ms-tnef"),
        ("Rechnung März.pdf", "application/pdf"),
    ]
    assert message.attachments[1].content == b"%PDF-1.4 data"
    assert "winmail.dat" in message.problems


def test_cut_off_winmail_dat_gives_what_is_there() -> None:
    whole = _tnef()
    for size in range(0, len(whole), 7):
        read_tnef(whole[:size])
    assert read_tnef(whole[:-120]).text == "Grüße aus Outlook"


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_signature_are_read(data: bytes) -> None:
    read_tnef(b"\x78\x9f\x3e\x22\x01\x00" + data)


def test_rtf_text() -> None:
    rtf = rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\pard Gr\'fc\'dfe\par \u8364? 5\tab x{\*\hidden no}\{ok\}}"
    assert rtf_to_text(rtf, "cp1252") == "Grüße\n€ 5\tx{ok}"


def _der(tag: int, value: bytes) -> bytes:
    size = len(value)
    head = bytes((size,)) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes((tag,)) + head + value


def _signed(content: bytes) -> bytes:
    data, signed = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    inner = _der(0x30, data + _der(0xA0, _der(0x04, content)))
    return _der(0x30, signed + _der(0xA0, _der(0x30, b"\x02\x01\x01" + b"\x31\x00" + inner)))


def test_content_of_an_opaque_signature_is_shown() -> None:
    inner = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSigned by Ann" + b"." * 200
    head = b"From: a@x.example\nContent-Type: application/pkcs7-mime; name=smime.p7m\n"
    raw = head + b"Content-Transfer-Encoding: binary\n\n"
    message = read_message(raw + _signed(inner))
    assert message.text.startswith("Signed by Ann")
    assert [a.filename for a in message.attachments] == ["smime.p7m"]
    assert "signed-opaque" in message.problems


def test_content_in_pieces_of_indefinite_length() -> None:
    data, signed = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    pieces = b"\x24\x80" + _der(0x04, b"one ") + _der(0x04, b"two") + b"\x00\x00"
    der = b"\x30\x80" + signed + b"\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80" + data + b"\xa0\x80" + pieces
    assert signed_content(der) == b"one two"


@given(st.binary(max_size=200))
def test_any_der_is_looked_at(data: bytes) -> None:
    signed_content(bytes.fromhex("308006092a864886f70d010702a08030") + bytes.fromhex("06092a864886f70d010701a0") + data)
