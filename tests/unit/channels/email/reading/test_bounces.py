"""Delivery failures, in the standard's form and in prose (RFC 3464; mail.md 6; MB-22; docs/decisions/011)."""

from __future__ import annotations

import pytest

from desk_app.channels.email.reading import read_message
from desk_app.domain.messages.model import Classification, ParsedMessage

RETURNED = (
    "From: Desk <desk@y.example>\nTo: ann@x.example\nSubject: Re: Hi\nMessage-ID: <out.1@y.example>\n"
    "In-Reply-To: <in.1@x.example>\n"
    "References: <in.0@x.example> <in.1@x.example>\n\nHello\n"
)


def _report(status: str, returned: str = RETURNED, kind: str = "message/rfc822") -> ParsedMessage:
    return read_message(
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: desk@y.example\nSubject: Undelivered Mail "
        "Returned to Sender\n"
        'Return-Path: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
        "\nSorry.\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{status}\n--b\n"
        f"Content-Type: {kind}\n\n{returned}\n--b--\n".encode()
    )


def _prose(
    text: str, *lines: str, sender: str = "MAILER-DAEMON@mx.example", subject: str = "failure notice"
) -> ParsedMessage:
    return read_message("\n".join([f"From: {sender}", f"Subject: {subject}", *lines, "", text]).encode())


def test_delivery_status_rfc_3464() -> None:
    message = _report(
        "Final-Recipient: rfc822; Ann@X.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user"
    )
    assert message.classification is Classification.BOUNCE
    (info,) = message.bounce
    assert (info.recipient, info.status, info.original_message_id) == ("ann@x.example", "5.1.1", "out.1@y.example")
    assert info.diagnostic == "smtp; 550 no such user"
    assert info.permanent
    assert message.bounce_refs == ("out.1@y.example", "in.1@x.example", "in.0@x.example")
    assert not message.may_answer


def test_several_recipients_and_odd_status_lines() -> None:
    message = _report(
        "Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.2.2 (mailbox full)\n\n"
        "Final-Recipient: RFC822;<b@x.example>\nAction: delayed\n\nOriginal-Recipient: rfc822;c@x.example\n"
        "Action: failed\n"
        "Diagnostic-Code: smtp; 552 5.2.3 too big"
    )
    assert [(i.recipient, i.status, i.permanent) for i in message.bounce] == [
        ("a@x.example", "5.2.2", True), ("b@x.example", "4.0.0", False), ("c@x.example", "5.2.3", True),
    ]  # fmt: skip


def test_returned_headers_only() -> None:
    message = _report("Final-Recipient: rfc822; a@x.example\nStatus: 5.0.0", kind="text/rfc822-headers")
    assert message.bounce_refs[0] == "out.1@y.example"


@pytest.mark.parametrize(
    ("text", "recipient", "status"),
    [
        (
            (
                "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your "
                "message to the following addresses.\n\n"
                "<ann@x.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 unknown\n\n--- "
                "Below this line is a copy of the message.\n\n"
            ),
            "ann@x.example",
            "5.1.1",
        ),
        (
            (
                "This message was created automatically by mail delivery software.\n\nA message that you sent "
                "could not be delivered to one or more of its\n"
                "recipients. The following address(es) failed:\n\n  ann@x.example\n    host mx.x.example: 550 "
                "unknown user\n\n------ This is a copy of the message, "
                "including all the headers. ------\n\n"
            ),
            "ann@x.example",
            "5.0.0",
        ),
        (
            (
                "This is the Postfix program at host mx.example.\n\n<ann@x.example>: host mx.x.example said: 552 "
                "5.2.2 mailbox full\n\n"
            ),
            "ann@x.example",
            "5.2.2",
        ),
        (
            (
                "   ----- The following addresses had permanent fatal errors -----\n<ann@x.example>\n    "
                "(reason: 550 5.1.1 User unknown)\n\n"
                "   ----- Original message follows -----\n\n"
            ),
            "ann@x.example",
            "5.1.1",
        ),
        (
            (
                "Your message did not reach some or all of the intended recipients.\n\nThe following "
                "recipient(s) could not be reached:\n\n"
                "      ann@x.example on 3/2/2026 9:30 AM\n"
                "            The e-mail account does not exist. <mx #5.1.1>\n\n"
            ),
            "ann@x.example",
            "5.1.1",
        ),
    ],
)
def test_failures_told_in_prose(text: str, recipient: str, status: str) -> None:
    message = _prose(text + RETURNED)
    assert message.classification is Classification.BOUNCE
    assert [(i.recipient, i.status) for i in message.bounce] == [(recipient, status)]
    assert message.bounce_refs[:1] == ("out.1@y.example",)


def test_failed_recipients_header() -> None:
    message = _prose("x", "X-Failed-Recipients: ann@x.example, bob@x.example", sender="who@x.example", subject="odd")
    assert [i.recipient for i in message.bounce] == ["ann@x.example", "bob@x.example"]


def test_abuse_reports_belong_to_the_mail_they_report_rfc_5965() -> None:
    raw = (
        "From: fbl@p.example\nSubject: complaint\nContent-Type: multipart/report; "
        'report-type=feedback-report; boundary="b"\n\n--b\n\nabuse\n--b\n'
        f"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <ann@x.example>\n"
        f"\n--b\nContent-Type: message/rfc822\n\n{RETURNED}\n--b--\n"
    )
    message = read_message(raw.encode())
    assert message.classification is Classification.BOUNCE
    assert message.bounce[0].recipient == "ann@x.example"
    assert message.bounce[0].original_message_id == "out.1@y.example"


def test_read_receipts_are_auto_replies() -> None:
    raw = (
        "From: ann@x.example\nSubject: Read: Hi\nContent-Type: multipart/report; "
        'report-type=disposition-notification; boundary="b"\n\n--b\n\nread\n--b\n'
        "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;ann@x.example\n"
        "Disposition: manual-action; displayed\n\n--b--\n"
    )
    assert read_message(raw.encode()).classification is Classification.AUTO_REPLY


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("ann@x.example", "Delivery problem", "My parcel was returned to sender and my account is disabled. What now?"),
        ("ann@x.example", "Re: Undelivered Mail Returned to Sender", "What does this mean? It says 550 user unknown."),
        (
            "ann@x.example",
            "Fwd: failure notice",
            "Please help!\n\n> This is the Postfix program at host mx.example.\n> <b@x.example>: 550 unknown",
        ),
        ("ann@x.example", "Mailbox full", "I cannot send mail, it says mailbox full. Please help"),
        ("postmaster@customer.example", "Question", "Your last invoice was rejected by our accounting, who do I ask?"),
        ("Mail Delivery Service <ann@x.example>", "Offer", "We deliver mail."),
        ("ann@x.example", "Zustellung meines Pakets", "Das Paket konnte nicht zugestellt werden."),
        ("ann@x.example", "Error sending form", "The form says: rejected. Quota exceeded?"),
    ],
)
def test_customers_are_never_taken_for_bounces_decision_011(sender: str, subject: str, text: str) -> None:
    assert _prose(text, sender=sender, subject=subject).classification is Classification.NORMAL


def test_list_mail_about_bounces_is_list_mail_mail_6() -> None:
    message = _prose(
        "The host said: user unknown.", "List-Id: <a.b.example>", sender="ann@x.example", subject="[list] bounces"
    )
    assert message.classification is Classification.LIST


def _plain_bounce(text: str, subject: str = "failure notice") -> bytes:
    return f"From: MAILER-DAEMON@mx.example\nTo: help@desk.example\nSubject: {subject}\n\n{text}\n".encode()


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("5.9.123.7 does not like recipient.\nRemote host said: 550 user unknown", "5.0.0"),
        ("host mx.cust.example [10.5.1.9]: 550 No such user here", "5.0.0"),
        ("mailbox unavailable. [SMTP Error Code 550]", "5.0.0"),
        ("554: delivery error: no account", "5.0.0"),
        ("Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
        ("user unknown: about release 2.0.12", ""),
    ],
)
def test_a_status_is_no_piece_of_an_address_or_version(reason: str, status: str) -> None:
    mail = read_message(
        _plain_bounce(f"This is the qmail-send program at mx.example.\n\n<bob@cust.example>:\n{reason}")
    )
    assert [(info.recipient, info.status) for info in mail.bounce] == [("bob@cust.example", status)]


def test_what_the_other_server_returned_is_no_returned_mail() -> None:
    text = (
        "Delivery to the following recipient failed permanently:\n\n     bob@cust.example\n\n"
        "The error that the other server returned was:\n550 5.2.1 The account is disabled.\n"
    )
    assert read_message(_plain_bounce(text)).bounce[0].status == "5.2.1"


def test_a_forward_by_a_person_is_no_bounce() -> None:
    raw = (
        b"From: ann@cust.example\nTo: help@desk.example\nSubject: WG: Unzustellbar: Rechnung\n\n"
        b"Was soll ich damit?\n\nDelivery has failed to these recipients or groups:\nbob@x.example\n"
    )
    assert read_message(raw).classification is Classification.NORMAL


def test_a_newsletter_from_a_bounce_address_is_a_list() -> None:
    raw = (
        b"From: News <bounce-123@news.example>\nSubject: Delivery problem? Free shipping\n"
        b"List-Unsubscribe: <mailto:u@news.example>\n\nYour parcel could not be delivered? No more.\n"
    )
    assert read_message(raw).classification is Classification.LIST
