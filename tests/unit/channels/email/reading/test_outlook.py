"""Outlook's own mail files as mail (MB-30)."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from desk_app.channels.email.reading.compound import read_compound
from desk_app.channels.email.reading.outlook import is_outlook, mail_of_outlook
from desk_app.channels.email.reading.reader import read_message
from tests.support.outlook_files import compound, outlook_file, values

SENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PICTURE = b"\x89PNG" + bytes(range(256)) * 40


def whole() -> bytes:
    inside = values(24, {0x0037: "Inside", 0x1000: "The mail inside", 0x0C1A: "Ida", 0x5D01: "ida@x.example"}, {})
    return outlook_file(
        {
            0x0037: "Rechnung für März",
            0x1000: "Grüße, 図書館",
            0x1013: '<p>Grüße <img src="cid:logo@x"></p>'.encode(),
            0x0C1A: "Jörg Müller",
            0x5D01: "jm@shop.example",
            0x1035: "<one@shop.example>",
            0x1042: "<zero@desk.example>",
        },
        {0x0039: SENT, 0x3FDE: 65001},
        recipients=[("Support", "support@desk.example", 1), ("Eve", "eve@x.example", 2)],
        attachments=[
            values(8, {0x3707: "größe.pdf", 0x370E: "application/pdf", 0x3701: b"%PDF-1.4"}, {0x3705: 1}),
            values(8, {0x3707: "logo.png", 0x370E: "image/png", 0x3712: "logo@x", 0x3701: PICTURE}, {0x3705: 1}),
            {**values(8, {0x3001: "Inside"}, {0x3705: 5}), "__substg1.0_3701000D": inside},
        ],
    )


def test_mb_30_everything_in_outlooks_file_is_read() -> None:
    raw = whole()
    assert is_outlook(raw)
    mail = read_message(mail_of_outlook(raw))
    assert (mail.subject, mail.from_.name, mail.from_.email) == ("Rechnung für März", "Jörg Müller", "jm@shop.example")
    assert ([one.email for one in mail.to], [one.email for one in mail.cc]) == (
        ["support@desk.example"],
        ["eve@x.example"],
    )
    assert (mail.message_id, mail.date) == ("one@shop.example", SENT)
    assert "Grüße, 図書館" in mail.text
    assert "cid:logo@x" in mail.html
    files = {one.filename: one for one in mail.attachments}
    assert files["größe.pdf"].content == b"%PDF-1.4"
    assert (files["logo.png"].content, files["logo.png"].content_id) == (PICTURE, "logo@x")
    assert b"The mail inside" in files["Inside.eml"].content
    assert mail_of_outlook(raw) == mail_of_outlook(whole()), "the same file gives the same bytes"


def test_mb_30_the_header_is_taken_as_it_came_where_outlook_kept_it() -> None:
    header = (
        "Received: from a by b\r\nFrom: Maya <maya@shop.example>\r\nTo: support@desk.example\r\n"
        "Subject: Kept\r\n as it came\r\nMessage-ID: <kept@shop.example>\r\n"
        'Content-Type: multipart/mixed; boundary="gone"\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\n\r\n'
    )
    mail = read_message(mail_of_outlook(outlook_file({0x007D: header, 0x1000: "Text", 0x0037: "Other"})))
    assert (mail.subject, mail.message_id, mail.from_.email) == (
        "Kept as it came",
        "kept@shop.example",
        "maya@shop.example",
    )
    assert mail.text.strip() == "Text"


def test_a_name_brings_no_header_of_its_own() -> None:
    raw = outlook_file(
        {0x0037: "Hi\r\nBcc: x@evil.example", 0x0C1A: 'A"\r\nX-Evil: 1', 0x5D01: "a@b.example", 0x1000: "t"}
    )
    head = mail_of_outlook(raw).split(b"\r\n\r\n")[0].lower()
    assert b"\nx-evil:" not in head
    assert b"\nbcc:" not in head


@pytest.mark.parametrize("raw", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", compound({"x": b"no mail"}), whole()[:3000]])
def test_what_is_no_mail_is_said(raw: bytes) -> None:
    with pytest.raises(ValueError, match="compound file"):
        mail_of_outlook(raw)


def test_a_damaged_file_ends_in_a_reason_or_a_mail() -> None:
    whole_file, chance = whole(), Random(7)
    for _ in range(600):
        damaged = bytearray(whole_file)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(24, len(damaged))] = chance.randrange(256)
        try:
            mail_of_outlook(bytes(damaged))
        except ValueError:
            continue


@pytest.mark.parametrize("table", [44, 64, 72])
def test_tables_larger_than_the_file_are_not_read(table: int) -> None:
    raw = bytearray(whole())
    raw[table : table + 4] = b"\xff\xff\xff\x7f"
    with pytest.raises(ValueError, match="more sectors than there are"):
        read_compound(bytes(raw))


def test_streams_that_share_their_sectors_do_not_fill_the_memory() -> None:
    raw = bytearray(compound({f"s{number}": bytes(5000) for number in range(40)}))
    start = raw.find("s0".encode("utf-16-le").ljust(64, b"\0")) + 116
    for number in range(40):
        place = raw.find(f"s{number}".encode("utf-16-le").ljust(64, b"\0")) + 116
        raw[place : place + 4] = raw[start : start + 4]
        raw[place + 4 : place + 8] = (len(raw) // 2).to_bytes(4, "little")
    with pytest.raises(ValueError, match="holds more"):
        read_compound(bytes(raw))
