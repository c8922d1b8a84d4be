"""Machine mail: what it is and whether it may be answered (mail.md 6; MB-20..22)."""

from __future__ import annotations

import pytest

from desk_app.channels.email.reading import read_message
from desk_app.domain.messages.model import Classification, ParsedMessage


def _read(*lines: str, sender: str = "Ann <ann@x.example>", subject: str = "Hi", text: str = "Hello") -> ParsedMessage:
    head = [f"From: {sender}", "To: desk@y.example", f"Subject: {subject}", *lines]
    return read_message(("\r\n".join(head) + "\r\n\r\n" + text).encode())


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "X-Autorespond: 1",
        "X-Auto-Reply-From: a@b.example",
    ],
)
def test_auto_replies_by_header_mb_21(line: str) -> None:
    message = _read(line)
    assert message.classification is Classification.AUTO_REPLY
    assert not message.may_answer
    assert message.machine_signs


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Hi", "Out of Office: Hi", "Out of Office AutoReply: Hi", "Abwesenheitsnotiz: Hi",
        "Respuesta automática: Hi",
        "Réponse automatique : Hi", "Balasan otomatis: Hi", "Auto: Autoreply: Hi"[6:], "[Auto-Reply] Hi",
        "自動返信: Hi", "Risposta automatica: Hi",
    ],
)  # fmt: skip
def test_auto_replies_by_subject(subject: str) -> None:
    assert _read(subject=subject).classification is Classification.AUTO_REPLY


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Automatic reply: Hi",
        "Question about out of office settings",
        "Automatic door broken",
        "Vacation booking",
        "Fwd: Out of Office: x",
    ],
)
def test_people_are_no_automatons_mail_6(subject: str) -> None:
    message = _read(subject=subject)
    assert message.classification is Classification.NORMAL
    assert message.may_answer


def test_suppress_header_only_forbids_answering_mail_6() -> None:
    message = _read("X-Auto-Response-Suppress: DR, OOF, AutoReply")
    assert message.classification is Classification.NORMAL
    assert not message.may_answer


def test_comments_through_a_ticket_system_stay_normal_but_are_not_answered() -> None:
    message = _read("Auto-Submitted: auto-generated", "In-Reply-To: <1@y.example>")
    assert message.classification is Classification.NORMAL
    assert not message.may_answer


def test_exchange_rule_replies_are_auto_replies() -> None:
    message = _read("Auto-Submitted: auto-generated", "X-MS-Exchange-Inbox-Rules-Loop: ann@x.example")
    assert message.classification is Classification.AUTO_REPLY


def test_exchange_out_of_office_in_any_language_is_an_auto_reply_mb_21() -> None:
    message = _read(
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "Thread-Index: AdFuZ6XxOH",
        "In-Reply-To: <1@y.example>",
        subject="Поза офісом: Hi",
    )
    assert message.classification is Classification.AUTO_REPLY


@pytest.mark.parametrize(
    "line", ["List-Id: <a.b.example>", "Precedence: bulk", "Precedence: list", "List-Unsubscribe: <http://x.example>"]
)
def test_lists(line: str) -> None:
    message = _read(line)
    assert message.classification is Classification.LIST
    assert not message.may_answer


@pytest.mark.parametrize(
    "sender", ["noreply@x.example", "no-reply@x.example", "DoNotReply@x.example", "shop-noreply@x.example"]
)
def test_no_reply_senders_are_not_answered_mb_20(sender: str) -> None:
    message = _read(sender=sender)
    assert message.classification is Classification.NORMAL
    assert not message.may_answer


def test_null_return_path_is_not_answered_mb_20() -> None:
    assert not _read("Return-Path: <>").may_answer
    assert _read("Return-Path: <ann@x.example>").may_answer


def test_auto_submitted_no_is_a_person() -> None:
    assert _read("Auto-Submitted: no").may_answer


def test_own_mail_comes_back_mail_6() -> None:
    message = _read("X-Desk-App-Instance: desk-1", "X-Desk-App-Token: abc", "Auto-Submitted: auto-replied")
    assert message.classification is Classification.OWN
    assert (message.origin_instance, message.origin_token) == ("desk-1", "abc")
    assert not message.may_answer


@pytest.mark.parametrize(
    ("line", "spam"),
    [
        ("X-Spam-Flag: YES", True), ("X-Spam-Status: Yes, score=9", True), ("X-Spam-Status: No, score=0", False),
        ("X-Spam-Flag: NO", False),
        ("X-MS-Exchange-Organization-SCL: 6", True), ("X-MS-Exchange-Organization-SCL: 1", False),
        ("X-Forefront-Antispam-Report: CIP:1;SFV:SPM;H:x", True),
    ],
)  # fmt: skip
def test_spam_by_the_providers_word(line: str, spam: bool) -> None:
    assert _read(line).spam is spam


def test_kept_headers_are_lower_case() -> None:
    kept = _read("Importance: High", "List-Id: Team <t.x.example>", "X-Secret: no").headers
    assert kept["importance"] == "High"
    assert kept["list-id"] == "Team <t.x.example>"
    assert "x-secret" not in kept
