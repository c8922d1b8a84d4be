"""Whole mails: what goes in comes out of the standard library's parser again."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.building import build_mail
from desk_app.channels.email.building.parts import file_name
from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import (
    Automatic,
    EarlierMessage,
    OutgoingAttachment,
    OutgoingMail,
    UnsendableAddress,
    history_to_quote,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SUPPORT = Address("Support, Example", "support@example.org")
JANE = Address("Jané Doe", "jane@kunde.example")


def a_mail(**changes: object) -> OutgoingMail:
    fields: dict[str, object] = {
        "from_": SUPPORT, "to": (JANE,), "subject": "Re: Tür defekt", "date": NOON, "message_id": "m1@example.org",
        "text": "Hello Jané,\n\nfixed.", "html": "<p>Hello Jané,</p><p>fixed.</p>",
    }  # fmt: skip
    return OutgoingMail(**{**fields, **changes})  # type: ignore[arg-type]


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for part in message.walk():
        assert part.defects == []
    return message  # type: ignore[return-value]


def texts(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").removesuffix("\n")


def test_co_14_text_and_html_go_together() -> None:
    message = read(build_mail(a_mail()))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert texts(message, "plain") == "Hello Jané,\n\nfixed."
    assert "<p>Hello Jané,</p>" in texts(message, "html")
    assert message["Subject"] == "Re: Tür defekt"
    assert [str(a) for a in message["From"].addresses] == ['"Support, Example" <support@example.org>']
    assert message["To"].addresses[0].display_name == "Jané Doe"
    assert message["Date"].datetime == NOON
    assert message["Message-ID"] == "<m1@example.org>"
    assert message["MIME-Version"] == "1.0"


def test_co_14_a_text_part_is_made_from_the_html_when_there_is_none() -> None:
    message = read(build_mail(a_mail(text="")))
    assert texts(message, "plain") == "Hello Jané,\n\nfixed."


def test_a_text_only_mail_has_one_part() -> None:
    message = read(build_mail(a_mail(html="")))
    assert message.get_content_type() == "text/plain"


def test_threading_headers() -> None:
    message = read(build_mail(a_mail(in_reply_to="c@x", references=("a@x", "b@x"))))
    assert message["In-Reply-To"] == "<c@x>"
    assert message["References"].split() == ["<a@x>", "<b@x>", "<c@x>"]


def test_bcc_is_in_the_envelope_only() -> None:
    mail = a_mail(cc=(Address("", "c@x.org"),), bcc=(Address("Secret", "secret@x.org"), JANE))
    raw = build_mail(mail)
    assert b"secret" not in raw.lower()
    assert mail.recipients == ("jane@kunde.example", "c@x.org", "secret@x.org")
    assert mail.envelope_from == "support@example.org"


def test_a_mail_with_bcc_only_still_has_a_to_header() -> None:
    assert str(read(build_mail(a_mail(to=(), bcc=(JANE,))))["To"]) == "undisclosed-recipients:;"


def test_mb_20_automatic_mail_says_so_and_has_no_envelope_sender() -> None:
    mail = a_mail(automatic=Automatic.REPLIED, instance_id="desk-1", token="tok-2")
    message = read(build_mail(mail))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] == "auto_reply"
    assert message["X-Desk-App-Instance"] == "desk-1"
    assert message["X-Desk-App-Token"] == "tok-2"
    assert mail.envelope_from == ""
    assert read(build_mail(a_mail(automatic=Automatic.GENERATED)))["Auto-Submitted"] == "auto-generated"


def test_a_person_s_mail_carries_no_automatic_marks() -> None:
    message = read(build_mail(a_mail()))
    assert not {"auto-submitted", "precedence", "x-auto-response-suppress"} & {key.lower() for key in message}


def test_inline_pictures_travel_with_the_html_and_files_beside_it() -> None:
    picture = OutgoingAttachment("logo.png", "image/png", b"\x89PNG\r\n", "logo@desk")
    unused = OutgoingAttachment("other.png", "image/png", b"\x89PNG2", "other@desk")
    file = OutgoingAttachment("Größe 报告.txt", "text/plain", b"a\nb\r\nc\x00\xff")
    message = read(build_mail(a_mail(html='<img src="cid:logo@desk">', attachments=(picture, unused, file))))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "image/png", "text/plain",
    ]  # fmt: skip
    files = list(message.iter_attachments())
    assert [part.get_filename() for part in files] == ["other.png", "Größe 报告.txt"]
    assert files[1].get_payload(decode=True) == b"a\nb\r\nc\x00\xff"
    related = [part for part in message.walk() if part["Content-ID"] == "<logo@desk>"]
    assert related[0].get_content_disposition() == "inline"
    assert related[0].get_payload(decode=True) == b"\x89PNG\r\n"


def test_rfc_2046_a_message_is_attached_without_encoding_or_as_a_file() -> None:
    clean = OutgoingAttachment("a.eml", "message/rfc822", b"Subject: x\r\n\r\nbody\r\n")
    high = OutgoingAttachment("b.eml", "message/rfc822", b"Subject: x\r\n\r\n\xff\r\n")
    message = read(build_mail(a_mail(html="", attachments=(clean, high))))
    first, second = message.iter_attachments()
    assert (first.get_content_type(), first["Content-Transfer-Encoding"]) == ("message/rfc822", "7bit")
    assert first.get_payload()[0]["Subject"] == "x"
    assert second.get_content_type() == "application/octet-stream"
    assert second.get_payload(decode=True) == high.content


def test_a_nonsense_media_type_becomes_plain_bytes() -> None:
    odd = OutgoingAttachment("x", "text/html\r\nX-Evil: 1", b"1")
    message = read(build_mail(a_mail(attachments=(odd,))))
    assert next(message.iter_attachments()).get_content_type() == "application/octet-stream"
    assert "X-Evil" not in str(message)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("../../etc/passwd", "_.._etc_passwd"), ("a\r\nb.txt", "a__b.txt"), ("C:\\x\\y.doc", "C__x_y.doc"), ("", ""),
     ("x" * 300 + ".pdf", "x" * 196 + ".pdf")],
)  # fmt: skip
def test_file_names_hold_no_path(name: str, expected: str) -> None:
    assert file_name(name) == expected


LONG_LINES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), max_size=400)


@given(
    text=LONG_LINES | LONG_LINES.map(lambda t: t * 8),
    subject=st.text(max_size=80),
    name=st.text(max_size=60),
    content=st.binary(max_size=300),
)
def test_any_mail_reads_back_and_fits_the_wire(text: str, subject: str, name: str, content: bytes) -> None:
    mail = a_mail(
        text=text or "x", subject=subject, from_=Address(name, "s@example.org"), html="",
        attachments=(OutgoingAttachment("f.bin", "application/x", content),),
    )  # fmt: skip
    raw = build_mail(mail)
    assert raw.isascii()
    assert b"\0" not in raw
    bare = raw.replace(b"\r\n", b"")
    assert b"\r" not in bare
    assert b"\n" not in bare
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = email.message_from_bytes(raw)
    body, attached = message.get_payload()  # type: ignore[misc]
    got = body.get_payload(decode=True).decode("utf-8")
    assert got.replace("\r\n", "\n").removesuffix("\n") == mail.text.replace("\r\n", "\n").removesuffix("\n")
    assert attached.get_payload(decode=True) == content
    assert message.keys()[:5] == ["From", "To", "Subject", "Date", "Message-ID"]


@pytest.mark.parametrize("line", [".", "From here on", "trailing ", "tab\t", "=3D", "é" * 3000, "x" * 3000, "é. " * 30])
def test_awkward_lines_survive_quoted_printable(line: str) -> None:
    text = f"é{'plain words ' * 40}\n{line}\n{line}\nend"
    message = read(build_mail(a_mail(text=text, html="")))
    assert texts(message, "plain") == text


def test_the_same_mail_has_the_same_bytes() -> None:
    mail = a_mail(attachments=(OutgoingAttachment("f", "text/plain", b"1"),))
    assert build_mail(mail) == build_mail(mail)


def test_dates_keep_their_zone() -> None:
    jakarta = timezone(timedelta(hours=7))
    raw = build_mail(a_mail(date=NOON.astimezone(jakarta)))
    assert parsedate_to_datetime(read(raw)["Date"]).utcoffset() == timedelta(hours=7)


def test_bad_input_is_refused_before_anything_is_written() -> None:
    with pytest.raises(ValueError, match="time zone"):
        build_mail(a_mail(date=datetime(2026, 1, 1)))  # noqa: DTZ001 -- the naive date is the point
    with pytest.raises(ValueError, match="Message-ID"):
        build_mail(a_mail(message_id="a b@x"))
    with pytest.raises(UnsendableAddress):
        build_mail(a_mail(bcc=(Address("", "no address"),)))


EARLIER = (
    EarlierMessage(
        JANE, NOON, "It is broken.\n> older", '<p>It is <b>broken</b>.<img src="http://t.example/p.gif" alt="p">'
    ),
    EarlierMessage(SUPPORT, NOON - timedelta(days=1), "How can we help?"),
)


def test_co_12_history_is_quoted_below() -> None:
    message = read(build_mail(a_mail(history=EARLIER)))
    assert texts(message, "plain") == (
        "Hello Jané,\n\nfixed.\n\n"
        "On 2026-11-22 12:00 +0000, Jané Doe <jane@kunde.example> wrote:\n> It is broken.\n>> older\n\n"
        "On 2026-11-21 12:00 +0000, Support, Example <support@example.org> wrote:\n> How can we help?"
    )
    page = texts(message, "html")
    assert page.count("<blockquote") == 2
    assert "t.example" not in page
    assert "How can we help?" in page


def test_co_12_how_much_history() -> None:
    assert history_to_quote(EARLIER, HistoryIncluded.NONE) == ()
    assert history_to_quote(EARLIER, HistoryIncluded.LAST) == EARLIER[:1]
    assert history_to_quote(EARLIER * 20, HistoryIncluded.FULL) == (EARLIER * 5)


def test_quoted_html_is_sanitised() -> None:
    hostile = EarlierMessage(JANE, NOON, "x", "<script>alert(1)</script><p onclick=x>hi</p>")
    page = texts(read(build_mail(a_mail(history=(hostile,)))), "html")
    assert "script" not in page
    assert "onclick" not in page
    assert "hi" in page
