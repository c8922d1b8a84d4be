"""Whole messages, one failure class after the other (mail.md 2)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk_app.channels.email.reading import read_message, synthetic_message_id
from desk_app.domain.messages.model import ParsedMessage

HEAD = b"From: Ann <ann@x.example>\r\nTo: desk@y.example\r\nSubject: Hi\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


def _mail(content_type: str, *lines: str | bytes, head: bytes = HEAD) -> bytes:
    body = b"\r\n".join(line.encode() if isinstance(line, str) else line for line in lines)
    return head + f"Content-Type: {content_type}\r\n".encode() + body


def _multipart(kind: str, *parts: tuple[str, bytes]) -> bytes:
    body = b"".join(b"--b1\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts)
    return HEAD + f'Content-Type: multipart/{kind}; boundary="b1"\r\n\r\n'.encode() + body + b"--b1--\r\n"


def _names(message: ParsedMessage) -> list[str]:
    return [a.filename for a in message.attachments]


def test_a_plain_mail() -> None:
    message = read_message(
        _mail("text/plain; charset=utf-8", "Message-ID: <1@x>", "In-Reply-To: <0@y>", "", "Hello", "")
    )
    assert message.subject == "Hi"
    assert str(message.from_) == "Ann <ann@x.example>"
    assert [a.email for a in message.to] == ["desk@y.example"]
    assert message.message_id == "1@x"
    assert message.in_reply_to == ("0@y",)
    assert message.text == "Hello\n"
    assert message.may_answer
    assert message.problems == ()


def test_alternative_keeps_text_and_html() -> None:
    message = read_message(
        _multipart("alternative", ("Content-Type: text/plain", b"text"), ("Content-Type: text/html", b"<p>html</p>"))
    )
    assert (message.text, message.html) == ("text", "<p>html</p>")


def test_html_alone_gives_a_text() -> None:
    message = read_message(
        _mail("text/html; charset=utf-8", "", "<style>p{}</style><p>Grüße</p><ul><li>one<li>two</ul>")
    )
    assert message.text == "Grüße\n\n- one\n- two"


def test_html_names_its_charset_itself() -> None:
    body = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>Привет</p>'.encode("cp1251")
    assert read_message(_mail("text/html", "", body)).text == "Привет"


def test_several_texts_follow_each_other() -> None:
    message = read_message(
        _multipart("mixed", ("Content-Type: text/plain", b"one"), ("Content-Type: text/plain", b"two"))
    )
    assert message.text == "one\ntwo\n"


def test_text_and_html_behind_each_other_are_both_kept() -> None:
    message = read_message(
        _multipart("mixed", ("Content-Type: text/html", b"<p>one</p>"), ("Content-Type: text/plain", b"two < 3"))
    )
    assert message.text.split() == ["one", "two", "<", "3"]
    assert "<p>one</p>" in message.html
    assert "two &lt; 3" in message.html


def test_the_same_text_and_html_in_mixed_is_not_doubled() -> None:
    message = read_message(
        _multipart("mixed", ("Content-Type: text/plain", b"one two"), ("Content-Type: text/html", b"<p>one two</p>"))
    )
    assert message.text == "one two"
    assert message.html == "<p>one two</p>"


def test_named_text_parts_are_attachments_mail_2_15() -> None:
    message = read_message(
        _multipart(
            "mixed",
            ("Content-Type: text/plain", b"body"),
            ("Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt", b"attached"),
            ("Content-Type: text/plain; name=b.log\r\nContent-Disposition: inline", b"inline"),
            ("Content-Type: text/html\r\nContent-Disposition: attachment", b"<p>x</p>"),
        )
    )
    assert message.text == "body"
    assert _names(message) == ["a.txt", "b.log", "attachment.html"]
    assert message.attachments[0].content == b"attached"


def test_a_named_inline_text_is_shown_where_there_is_nothing_else() -> None:
    message = read_message(_multipart("mixed", ("Content-Type: text/plain; name=body.txt", b"the body")))
    assert message.text.strip() == "the body"


def test_attached_mail_is_one_file_and_never_merged_mail_2_7() -> None:
    inner = b"From: bob@z.example\r\nSubject: Old: mail\r\nContent-Type: text/plain\r\n\r\nsecret inner text"
    message = read_message(
        _multipart("mixed", ("Content-Type: text/plain", b"see below"), ("Content-Type: message/rfc822", inner))
    )
    assert message.text == "see below"
    assert _names(message) == ["Old_ mail.eml"]
    assert message.attachments[0].content == inner


def test_attached_mail_in_base64_mail_2_7() -> None:
    inner = b"Subject: inner\r\n\r\ntext"
    head = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64"
    message = read_message(_multipart("mixed", ("Content-Type: text/plain", b"x"), (head, base64.encodebytes(inner))))
    assert _names(message) == ["inner.eml"]
    assert message.attachments[0].content == inner


def test_digest_parts_are_mails() -> None:
    message = read_message(
        _multipart("digest", ("", b"Subject: one\r\n\r\nfirst"), ("", b"Subject: two\r\n\r\nsecond"))
    )
    assert _names(message) == ["one.eml", "two.eml"]


@pytest.mark.parametrize(
    "disposition", ["", "\r\nContent-Disposition: attachment; filename=logo.png", "\r\nContent-Disposition: inline"]
)
def test_images_the_html_shows_are_inline_in_24(disposition: str) -> None:
    message = read_message(
        _multipart(
            "related",
            ("Content-Type: text/html", b'<img src="cid:logo@x">'),
            (f"Content-Type: image/png\r\nContent-ID: <logo@x>{disposition}", PNG),
        )
    )
    (image,) = message.attachments
    assert image.inline
    assert image.content_id == "logo@x"
    assert image.content == PNG


def test_images_by_content_location_are_inline_in_24() -> None:
    message = read_message(
        _multipart(
            "related",
            ("Content-Type: text/html", b'<img src="http://x.example/a.png">'),
            (
                (
                    "Content-Type: image/png\r\nContent-Location: http://x.example/a.png\r\nContent-Disposition: "
                    "attachment"
                ),
                PNG,
            ),
        )
    )
    assert message.attachments[0].inline


def test_related_root_named_by_start() -> None:
    raw = _multipart(
        "related",
        ("Content-Type: image/png\r\nContent-ID: <i@x>", PNG),
        ("Content-Type: text/html\r\nContent-ID: <r@x>", b"<p>root</p>"),
    ).replace(b'boundary="b1"', b'boundary="b1"; start="<r@x>"')
    message = read_message(raw)
    assert message.html == "<p>root</p>"
    assert len(message.attachments) == 1


def test_signature_is_kept_and_content_shown() -> None:
    message = read_message(
        _multipart(
            "signed",
            ("Content-Type: text/plain", b"signed text"),
            ("Content-Type: application/pgp-signature", b"-----BEGIN"),
        )
    )
    assert message.text == "signed text"
    assert _names(message) == ["signature.asc"]


def test_calendar_is_an_attachment() -> None:
    message = read_message(
        _multipart(
            "alternative",
            ("Content-Type: text/plain", b"Meet"),
            ("Content-Type: text/calendar; method=REQUEST", b"BEGIN:VCALENDAR"),
        )
    )
    assert message.text == "Meet"
    assert _names(message) == ["invite.ics"]


def test_same_name_twice_is_kept_and_told_apart_mail_2_9() -> None:
    part = "Content-Type: image/png\r\nContent-Disposition: attachment; filename=scan.png"
    message = read_message(_multipart("mixed", (part, PNG), (part, PNG + b"2"), (part.upper(), PNG)))
    assert _names(message) == ["scan.png", "scan (2).png", "SCAN (3).PNG"]


def test_multipart_without_boundary_mail_2_6() -> None:
    raw = _mail(
        "multipart/mixed",
        "",
        "--xyz",
        "Content-Type: text/plain",
        "",
        "found",
        "--xyz",
        "Content-Type: image/png",
        "",
        PNG,
        "--xyz--",
    )
    message = read_message(raw)
    assert message.text.strip() == "found"
    assert _names(message) == ["image.png"]
    assert "boundary-missing" in message.problems


def test_multipart_with_wrong_boundary_mail_2_6() -> None:
    message = read_message(
        _mail('multipart/mixed; boundary="no"', "", "--yes", "Content-Type: text/html", "", "<p>x</p>", "--yes--")
    )
    assert message.html.strip() == "<p>x</p>"
    assert "boundary-unused" in message.problems


def test_multipart_that_is_none_mail_2_6() -> None:
    message = read_message(_mail("multipart/mixed; boundary=b", "", "just text"))
    assert message.text == "just text"


def test_missing_end_boundary_and_boundary_with_blanks_mail_2_6() -> None:
    message = read_message(_mail('multipart/mixed; boundary="a b "', "", "--a b  ", "", "one", "--a b", "", "two"))
    assert message.text.split() == ["one", "two"]


def test_similar_boundaries_do_not_mix() -> None:
    raw = _mail(
        "multipart/mixed; boundary=b", "", "--b", "Content-Type: multipart/alternative; boundary=b2", "",
        "--b2", "", "inner", "--b2--", "--b", "", "outer", "--b--",
    )  # fmt: skip
    assert read_message(raw).text.split() == ["inner", "outer"]


def test_parts_behind_a_premature_end_are_read() -> None:
    raw = _mail(
        "multipart/mixed; boundary=b", "", "--b", "", "one", "--b--", "--b", "Content-Type: image/png", "", PNG, "--b--"
    )
    message = read_message(raw)
    assert len(message.attachments) == 1
    assert "parts-after-end" in message.problems


def test_second_message_behind_the_end_is_not_merged() -> None:
    one = _multipart("mixed", ("", b"one"))
    assert read_message(one + b"From x\r\n" + one).text.strip() == "one"


def test_line_ends_mail_2_12() -> None:
    lf = _multipart("mixed", ("Content-Type: text/plain", b"one")).replace(b"\r\n", b"\n")
    for raw in (
        lf,
        lf.replace(b"\n", b"\r"),
        lf.replace(b"\n", b"\r\r\n"),
        b"\n\n" + lf,
        b"From x y\n" + lf,
        b"\xef\xbb\xbf" + lf,
    ):
        message = read_message(raw)
        assert (message.subject, message.text.strip()) == ("Hi", "one")


def test_nul_bytes_are_taken_out_mail_2_12() -> None:
    message = read_message(_mail("text/plain", "", b"hello\x00 you\x00"))
    assert message.text == "hello you"
    assert "nul-bytes" in message.problems


def test_inline_uuencode_becomes_an_attachment_mail_2_8() -> None:
    body = b"See\r\n\r\nbegin 644 pic.gif\r\n" + binascii.b2a_uu(b"GIF89a").replace(b"\n", b"\r\n") + b"`\r\nend\r\nBye"
    message = read_message(_mail("text/plain", "", body))
    assert message.text == "See\n\nBye"
    assert [(a.filename, a.content_type, a.content) for a in message.attachments] == [
        ("pic.gif", "image/gif", b"GIF89a")
    ]


def test_flowed_text_is_unflowed() -> None:
    message = read_message(_mail("text/plain; format=flowed", "", "one \r\ntwo\r\n> quoted \r\n> line\r\n-- \r\nsig"))
    assert message.text == "one two\n> quoted line\n-- \nsig"


def test_unknown_transfer_encoding_is_named_mail_2_8() -> None:
    message = read_message(_mail("text/plain", "Content-Transfer-Encoding: x-odd", "", "text"))
    assert message.text == "text"
    assert "encoding-unknown: x-odd" in message.problems


def test_empty_and_missing_things() -> None:
    for raw in (b"", b"\n", b"\r\n\r\n", b"\x00", b"Subject:", b":", b"multipart/mixed"):
        assert read_message(raw).content_hash
    assert read_message(b"").from_.email == ""
    assert "from-missing" in read_message(b"Subject: x\n\ny").problems


def test_sender_stands_in_for_a_missing_from() -> None:
    message = read_message(b"Sender: boss@x.example\nSubject: x\n\ny")
    assert message.from_.email == "boss@x.example"


def test_several_to_fields_are_one_list() -> None:
    assert [a.email for a in read_message(b"To: a@x.example\nTo: b@x.example\n\n").to] == ["a@x.example", "b@x.example"]


def test_delivered_to_headers() -> None:
    head = b"Delivered-To: a@x.example\nX-Original-To: b@x.example\nDelivered-To: A@x.example\n"
    raw = head + b"Envelope-To: c@x.example\n\n"
    assert read_message(raw).delivered_to == ("a@x.example", "b@x.example", "c@x.example")


def test_depth_is_limited_and_the_leaf_still_found_mail_2_14() -> None:
    raw = (
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(100))
        + b"\r\ndeep down"
    )
    message = read_message(HEAD + raw)
    assert message.text.strip() == "deep down"
    assert any(p.startswith("too-deep") for p in message.problems)


def test_digest_without_the_empty_line() -> None:
    raw = _mail("multipart/digest; boundary=b", "", "--b", "Subject: one", "", "first", "--b--")
    (file,) = read_message(raw).attachments
    assert file.filename == "one.eml"
    assert file.content == b"Subject: one\r\n\r\nfirst"


def test_thousand_levels_and_twenty_thousand_parts_mail_2_14() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000))
    assert read_message(HEAD + nested).problems
    wide = read_message(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000)
    assert "too-many-parts" in wide.problems
    assert wide.text.count("x") == 500


def test_content_hash_ignores_line_ends_and_trace_fields_mail_6() -> None:
    raw = _multipart("mixed", ("Content-Type: text/plain", b"one"))
    other = b"Received: by mx\r\nDelivered-To: other@y.example\r\n" + raw.replace(b"\r\n", b"\n") + b"\n"
    assert read_message(raw).content_hash == read_message(other).content_hash
    assert read_message(raw).content_hash != read_message(raw.replace(b"one", b"two")).content_hash
    assert read_message(raw).content_hash != read_message(raw.replace(b"ann@", b"bob@")).content_hash


def test_synthetic_message_id_is_deterministic_mb_11() -> None:
    message = read_message(_mail("text/plain", "", "x"))
    assert message.message_id == ""
    assert synthetic_message_id(message) == synthetic_message_id(message.content_hash)
    assert "@" in synthetic_message_id(message)
    assert synthetic_message_id(message) != synthetic_message_id(read_message(_mail("text/plain", "", "y")))


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("Could you please help me with the printer, it does not work", "", "en"),
        ("Saya tidak bisa masuk ke akun saya, tolong bantu dengan ini", "", "id"),
        ("Hola, no puedo entrar en mi cuenta y no sé por qué, gracias", "", "es"),
        ("Ich kann mich nicht anmelden und brauche bitte Hilfe mit dem Konto", "", "de"),
        ("請求書をお願いします。ありがとうございます。", "", "ja"),
        ("Здравствуйте, принтер не работает", "", "ru"),
        ("您好，请确认订单", "", "zh"),
        ("xyz 123", "", ""),
        ("whatever this is", "de-DE", "de"),
    ],
)
def test_language(text: str, declared: str, language: str) -> None:
    head = HEAD + (f"Content-Language: {declared}\r\n".encode() if declared else b"")
    assert read_message(_mail("text/plain; charset=utf-8", "", text, head=head)).language == language


def _storable(message: ParsedMessage) -> None:
    for field in fields(message):
        value = getattr(message, field.name)
        if isinstance(value, str):
            value.encode("utf-8")
            assert "\x00" not in value
    for file in message.attachments:
        file.filename.encode("utf-8")
        assert file.filename
        assert not any(ord(c) < 32 for c in file.filename)
    assert not any(p.startswith("reader-fault") for p in message.problems)


_PIECES = st.sampled_from(
    [
        b"Content-Type: ", b"multipart/mixed", b"; boundary=", b"b", b"\r\n", b"\n", b"--b", b"--", b"text/html",
        b"; charset=", b"utf-16",
        b"utf-7", b"iso-2022-jp", b"\x1b$B", b"message/rfc822", b"Content-Transfer-Encoding: base64", b"AAAA",
        b"=", b"Subject: ",
        b"=?utf-8?B?", b"?=", b"From: ", b"<a@b>", b'"', b"(", b"begin 644 x", b"<p>", b"<!--", b"\x00", b"\xff",
        b"Date: ", b"filename*0*=",
        b"Content-Disposition: attachment; ", b"''%C3", b"multipart/report", b"message/delivery-status",
        b"Final-Recipient: rfc822; ",
        b"\x78\x9f\x3e\x22", b"application/ms-tnef", b"multipart/related", b"format=flowed", b"> ", b" ",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=60).map(b"".join))
def test_any_mixture_of_mail_pieces_is_read(raw: bytes) -> None:
    _storable(read_message(raw))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    _storable(read_message(raw))
