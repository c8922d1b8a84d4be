"""What else lies in a small shop's mailboxes: orders from the web shop, contact forms, newsletters, machines, spam."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from desk_app.runtime.demo.documents import document
from desk_app.runtime.demo.letters import Person, Quoted, message_id, paragraphs
from desk_app.runtime.demo.story import (
    DOMAIN,
    MAILBOX_OF,
    NAMES,
    ORDERS,
    SUPPORT,
    Mail,
    people,
    read_story,
    sent_as_quoted,
)

SHOP = Person("Kopi Works Shop", "shop@kopiworks-shop.example", "plain")
FORMS = Person("Website contact form", "forms@kopiworks-shop.example", "plain")
_ROW = """<tr><td style="padding:8px;border-bottom:1px solid #eee">{quantity}</td>
<td style="padding:8px;border-bottom:1px solid #eee">{name}</td>
<td style="padding:8px;border-bottom:1px solid #eee" align="right">{price}</td></tr>"""
_PAGE = """<html><head><style>.head {{ background: #3b2314; color: #fff; padding: 18px; font-size: 20px }}</style>
</head>
<body style="margin:0;background:#f4efe8"><table width="600" align="center" cellpadding="0" cellspacing="0"
 style="background:#ffffff;font-family:Arial,sans-serif;font-size:14px"><tr><td class="head">Kopi Works</td></tr>
<tr><td style="padding:18px"><p>New order <b>{order}</b> from {name} (<a href="mailto:{email}">{email}</a>)</p>
<table width="100%" cellpadding="0" cellspacing="0">{rows}
<tr><td></td><td style="padding:8px"><b>Total</b></td><td align="right" style="padding:8px"><b>{total} EUR</b></td></tr>
</table><p><a href="https://kopiworks-shop.example/admin/orders/{order}">Open in the shop</a></p></td></tr></table>
</body></html>"""
_GOODS = (
    ("House Blend, whole bean, 1 kg", 24.90),
    ("Gayo Honey, whole bean, 250 g", 9.80),
    ("Flores Bajawa, filter grind, 250 g", 8.90),
    ("Toraja Sapan, espresso grind, 250 g", 9.40),
    ("Decaf Flores, whole bean, 250 g", 8.70),
    ("Drip bags, mixed, 10 pieces", 11.50),
    ("Hand grinder, steel burrs", 64.00),
)


_BOUNCE = """\
Return-Path: <>
From: {sender}
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <{own_id}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

<{failed}>: host {host} said: 550 5.1.1 <{failed}>:
    Recipient address rejected: User unknown (in reply to RCPT TO command)

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.kopiworks.example
Arrival-Date: {arrived}

Final-Recipient: rfc822; {failed}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{failed}>: Recipient address rejected

--{boundary}
Content-Type: text/rfc822-headers

{headers}

--{boundary}--
"""


def outside(now: datetime) -> Iterator[Mail]:
    """Yield single mails of the month that belong to no conversation, dated back from `now` (aware)."""
    yield from _shop_orders(now)
    yield from _contact_forms(now)
    yield from _newsletters(now)
    yield from _machines(now)
    yield from _spam(now)


# -- web shop ---------------------------------------------------------------------------------------------------------


def _shop_orders(now: datetime) -> Iterator[Mail]:
    for number, entry in enumerate(read_story("outside")["order"]):
        customer, at = people()[entry["who"]], now - timedelta(days=entry["ago"])
        order = f"KW-{20280 + 19 * number}"
        goods = [_GOODS[(number + step) % len(_GOODS)] for step in range(1 + number % 3)]
        lines = [(1 + (number + place) % 3, name, price) for place, (name, price) in enumerate(goods)]
        total = sum(quantity * price for quantity, _, price in lines)
        mail = _head(SHOP, ORDERS, f"New order {order} from {customer.name}", at)
        mail["Reply-To"] = formataddr((customer.name, customer.email))
        text = "\n".join(f"{quantity} x {name}: {quantity * price:.2f}" for quantity, name, price in lines)
        mail.set_content(f"Order {order}\n{customer.name}\n\n{text}\n\nTotal {total:.2f} EUR\n", cte="quoted-printable")
        mail.add_alternative(_order_page(order, customer, lines, total), subtype="html", cte="quoted-printable")
        yield _made(mail, SHOP, ORDERS, at)


def _order_page(order: str, customer: Person, lines: list[tuple[int, str, float]], total: float) -> str:
    rows = "".join(
        _ROW.format(quantity=quantity, name=html.escape(name), price=f"{quantity * price:.2f}")
        for quantity, name, price in lines
    )
    values = {"order": order, "name": html.escape(customer.name), "email": customer.email}
    return _PAGE.format(rows=rows, total=f"{total:.2f}", **values)


def _contact_forms(now: datetime) -> Iterator[Mail]:
    for entry in read_story("outside")["form"]:
        at = now - timedelta(days=entry["ago"])
        mail = _head(FORMS, SUPPORT, f"Contact form: {entry['topic']}", at)
        mail["Reply-To"] = formataddr((entry["name"], entry["email"]))
        text = f"Name: {entry['name']}\nE-mail: {entry['email']}\nTopic: {entry['topic']}\n\n{entry['text']}\n"
        mail.set_content(text, cte="quoted-printable")
        yield _made(mail, FORMS, SUPPORT, at)


# -- newsletters, machines, spam --------------------------------------------------------------------------------------


def _newsletters(now: datetime) -> Iterator[Mail]:
    for entry in read_story("outside")["newsletter"]:
        sender = Person(entry["name"], entry["email"], "plain")
        at, domain = now - timedelta(days=entry["ago"]), sender.email.partition("@")[2]
        mail = _head(sender, ORDERS, entry["subject"], at)
        mail["List-Id"] = f"{sender.name} <weekly.{domain}>"
        mail["List-Unsubscribe"] = f"<https://{domain}/unsubscribe?u=4711>"
        mail["Precedence"] = "bulk"
        mail.set_content(entry["text"].strip() + "\n", cte="quoted-printable")
        page = (
            f'<html><body><div style="max-width:560px;font-family:Georgia,serif"><h1>{sender.name}</h1>'
            f"<h2>{html.escape(entry['subject'])}</h2>{paragraphs(entry['text'])}"
            f'<img src="https://{domain}/open.gif?u=4711" width="1" height="1" alt=""></div></body></html>'
        )
        mail.add_alternative(page, subtype="html", cte="quoted-printable")
        yield _made(mail, sender, ORDERS, at)


def _machines(now: datetime) -> Iterator[Mail]:
    for entry in read_story("outside")["notice"]:
        yield _plain(entry, ORDERS, now, {"Auto-Submitted": "auto-generated"})


def _spam(now: datetime) -> Iterator[Mail]:
    marks = {"X-Spam-Flag": "YES", "X-Spam-Score": "14.2", "X-Spam-Status": "Yes, score=14.2 required=5.0"}
    for entry in read_story("outside")["spam"]:
        yield _plain(entry, SUPPORT if entry["ago"] < 10 else ORDERS, now, marks)


def _plain(entry: dict[str, Any], to: str, now: datetime, headers: dict[str, str]) -> Mail:
    sender, at = Person(entry["name"], entry["email"], "plain"), now - timedelta(days=entry["ago"])
    mail = _head(sender, to, entry["subject"], at)
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(entry["text"].strip() + "\n", cte="quoted-printable")
    for file in map(document, entry.get("files", ())):
        mail.add_attachment(file.content, maintype=file.maintype, subtype=file.subtype, filename=file.filename)
    return _made(mail, sender, to, at)


# -- answers of machines to the desk ----------------------------------------------------------------------------------


def auto_reply(person: Person, answers: Quoted, at: datetime) -> Mail:
    """Return the out-of-office answer of somebody the desk wrote to."""
    title, text = read_story("outside")["auto_reply"][person.language]
    mail = _head(person, answers.sender.email, f"{title}: {answers.subject}", at)
    mail["In-Reply-To"] = f"<{answers.message_id}>"
    mail["References"] = f"<{answers.message_id}>"
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text + "\n", cte="quoted-printable")
    return _made(mail, person, answers.sender.email, at)


def bounce(raw: bytes, failed: str, at: datetime) -> Mail:
    """Return a delivery failure for a mail the desk sent to `failed` (RFC 3464), as Postfix writes it."""
    original = sent_as_quoted(raw)
    sender = Person("Mail Delivery System", f"MAILER-DAEMON@mail.{DOMAIN}", "plain")
    own_id = message_id(f"bounce/{original.message_id}", f"mail.{DOMAIN}")
    text = _BOUNCE.format(
        sender=f"{sender.name} <{sender.email}>",
        to=original.sender.email,
        date=format_datetime(at),
        own_id=own_id,
        boundary=f"B{own_id.partition('@')[0]}",
        failed=failed,
        host=f"mx.{failed.partition('@')[2]}",
        arrived=format_datetime(original.at),
        headers=raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("ascii", "replace"),
    )
    content = text.replace("\n", "\r\n").encode("ascii", "replace")
    return Mail(
        content, at, (MAILBOX_OF[original.sender.email],), own_id, "Undelivered Mail Returned to Sender", sender
    )


def _head(sender: Person, to: str, subject: str, at: datetime) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((sender.name, sender.email))
    mail["To"] = formataddr((NAMES[to], to))
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id(f'{subject}/{at.isoformat()}', sender.email.partition('@')[2])}>"
    return mail


def _made(mail: EmailMessage, sender: Person, to: str, at: datetime) -> Mail:
    own_id = str(mail["Message-ID"]).strip("<>")
    return Mail(mail.as_bytes(), at, (MAILBOX_OF[to],), own_id, str(mail["Subject"]), sender)
