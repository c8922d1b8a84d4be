"""Real mail that nobody here wrote (corpora README; mail.md 8)."""

from __future__ import annotations

import email
import email.message
import re
import time

import pytest

from desk_app.channels.email.reading import read_message
from desk_app.domain.messages.model import Classification, ParsedMessage
from tests.support.shared_mail import corpus_messages, needs_corpora

pytestmark = [pytest.mark.corpora, needs_corpora]

_MARK = re.compile("[\ufffd\ud800-\udfff\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_UNDECODED = re.compile(r"=\?[A-Za-z0-9_-]+\?[bBqQ]\?")
_TRULY_DAMAGED = {"mikel-mail/error_emails__must_supply_encoding"}  # the file itself holds U+FFFD
_NO_BOUNCES = {"flufl.bounce/groupwise_03.txt", "flufl.bounce/qmail_08.txt"}  # kept there as counter-examples
_REAL_REPORTS = {  # delivery reports among the ordinary corpora, each looked at
    "mikel-mail/mime_emails__raw_email_with_mimepart_without_content_type",
    "mikel-mail/multipart_report_emails__multi_address_bounce1",
    "mikel-mail/multipart_report_emails__multipart_report_multiple_status",
    "mikel-mail/multipart_report_emails__report_422",
    "mikel-mail/multipart_report_emails__report_530",
    "mail-parser/mail_malformed_2",
    "cpython/msg_16.txt",
    "cpython/msg_25.txt",
    "cpython/msg_43.txt",
}


def _marks(message: ParsedMessage) -> list[str]:
    people = " ".join(str(a) for a in (message.from_, *message.to, *message.cc, *message.reply_to))
    names = " ".join(a.filename for a in message.attachments)
    found = [shown for shown in (message.subject, people, names) if _UNDECODED.search(shown)]
    return found + [
        shown for shown in (message.subject, people, names, message.text, message.html) if _MARK.search(shown)
    ]


def test_every_corpus_message_is_read_without_damage_mail_8_1() -> None:
    damaged, faults, slow, count = {}, [], [], 0
    for name, raw in corpus_messages():
        count += 1
        began = time.process_time()
        message = read_message(raw)
        if time.process_time() - began > 2:
            slow.append(name)
        if any(p.startswith("reader-fault") for p in message.problems):
            faults.append(name)
        if marks := _marks(message):
            damaged[name] = marks
        assert message.text or message.html or message.attachments or message.subject or message.problems, name
    assert count > 500
    assert faults == []
    assert slow == []
    assert set(damaged) <= _TRULY_DAMAGED


def test_no_part_of_a_message_is_lost() -> None:
    """Every picture and file with content that the standard library finds is attached, byte for byte."""
    lost = []
    for name, raw in corpus_messages("mikel-mail", "kde-messagelib", "roundcube", "freescout", "horde-mime"):
        message = read_message(raw)
        if "line-ends" in " ".join(message.problems):
            continue
        have = {a.content for a in message.attachments}
        for part in _leaves(email.message_from_bytes(raw)):
            payload = part.get_payload(decode=True)
            if (
                isinstance(payload, bytes)
                and part.get_content_maintype() in {"image", "application"}
                and payload.strip()
            ):
                same = any(payload.strip() == content.strip() for content in have)
                if not same and "base64-broken" not in " ".join(message.problems):
                    lost.append((name, part.get_content_type(), part.get_filename()))
    assert lost == []


def _leaves(part: email.message.Message) -> list[email.message.Message]:
    if part.get_content_maintype() == "message":
        return []
    if not part.is_multipart():
        return [part]
    return [leaf for child in part.get_payload() for leaf in _leaves(child)]  # type: ignore[union-attr, arg-type]


def test_bounces_are_recognised_mail_6() -> None:
    missed = {
        name
        for name, raw in corpus_messages("flufl.bounce")
        if read_message(raw).classification is not Classification.BOUNCE
    }
    assert missed <= _NO_BOUNCES


def test_bounces_name_an_address_and_are_never_answered_mail_8_3() -> None:
    named = 0
    for name, raw in corpus_messages("flufl.bounce"):
        if name in _NO_BOUNCES:
            continue
        message = read_message(raw)
        assert not message.may_answer, name
        named += any(info.recipient for info in message.bounce)
    assert named >= 106


def test_ordinary_mail_is_no_bounce_mail_6() -> None:
    called = set()
    for name, raw in corpus_messages():
        if not name.startswith("flufl.bounce") and read_message(raw).classification is Classification.BOUNCE:
            called.add(name)
    assert called == _REAL_REPORTS


def test_people_are_no_automatons() -> None:
    called = {
        name
        for name, raw in corpus_messages()
        if not name.startswith("flufl.bounce") and read_message(raw).classification is Classification.AUTO_REPLY
    }
    assert called == {"kde-messagelib/mimetreeparser__autotests__data__autocrypt__mdn.mbox"}  # a read receipt
