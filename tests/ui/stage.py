"""A small, believable desk on a real SQLite database, and a window on it."""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.tickets.model import Priority
from desk_app.ui.preferences import Preferences
from desk_app.ui.session import DeskSession
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NOW = datetime.now(UTC)
PEOPLE = (
    (
        "Maya Lindqvist",
        "maya@lindqvist.example",
        "Refund for order #58213 not received",
        (
            "I returned the Aero desk lamp on 12 November. Your colleague told me the refund would arrive within five "
            "working days. It has been nine now, and my bank says nothing is on its way.\n\n"
            "Could you check what happened?\n\nBest regards,\nMaya"
        ),
    ),
    (
        "Lucía Fernández",
        "lucia@tienda.example",
        "¿Pueden cambiar la dirección de envío?",
        "Hola,\n\nnos mudamos la semana pasada. ¿Pueden enviar el pedido a la nueva dirección?\n\nGracias,\nLucía",
    ),
    (
        "Budi Santoso",
        "budi@kopi.example",
        "Permintaan pengembalian dana",
        "Selamat pagi,\n\npaket saya rusak saat tiba. Mohon pengembalian dana.\n\nTerima kasih,\nBudi",
    ),
    (
        "Hannah Schulz",
        "hannah@schulz.example",
        "Invoice shows the wrong VAT number",
        "Hello,\n\nthe invoice 2024-118 shows our old VAT number. Could you send a corrected one?\n\nHannah",
    ),
    (
        "Tom Becker",
        "tom@becker.example",
        "Cannot log in after password reset",
        "Thanks for the quick answer! I tried the link, yet it says the token has expired.\n\nTom",
    ),
    (
        "Putu Wijaya",
        "putu@wijaya.example",
        "Delivery to Surabaya delayed again",
        "The parcel has been in the depot since Monday and nobody picks up the phone.\n\nPutu",
    ),
    (
        "Elena Petrova",
        "elena@petrova.example",
        "Warranty claim: screen flickers",
        "Please find attached a picture of the fault. The display flickers since yesterday.\n\nElena",
    ),
    (
        "Omar Farouk",
        "omar@farouk.example",
        "Upgrade from Starter to Team plan",
        "We would like to move to the Team plan from next month. What do we have to do?\n\nOmar",
    ),
    (
        "Yuki Tanaka",
        "yuki@tanaka.example",
        "Feature request: dark mode for the portal",
        "Any plans for a dark mode? My eyes would thank you.\n\nYuki",
    ),
)


def letter(
    name: str,
    address: str,
    subject: str,
    text: str,
    *,
    to: str = "support@desk.example",
    hours: float = 1,
    html: str = "",
    attachment: tuple[str, str, bytes] | None = None,
    picture: bytes = b"",
    message_id: str = "",
    in_reply_to: str = "",
) -> bytes:
    """Return a raw mail that was written `hours` ago."""
    mail = EmailMessage()
    mail["From"] = f"{name} <{address}>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(NOW - timedelta(hours=hours))
    own_id = f"{zlib.crc32((address + subject + text).encode()):x}@{address.partition('@')[2]}"
    mail["Message-ID"] = f"<{message_id or own_id}>"
    if in_reply_to:
        mail["In-Reply-To"] = f"<{in_reply_to}>"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
        if picture:
            part = mail.get_payload()[1]  # type: ignore[index]
            part.add_related(picture, "image", "png", cid="<picture@shop>")  # type: ignore[union-attr]
    if attachment:
        kind = attachment[1].split("/")
        mail.add_attachment(attachment[2], maintype=kind[0], subtype=kind[1], filename=attachment[0])
    return mail.as_bytes()


def believable(kit: DeskKit) -> tuple[Account, Account]:
    """Fill a desk: two mailboxes, nine customers, a thread, a note, an attachment, a newsletter, quarantined mail."""
    support, sales = kit.mailbox("support@desk.example", "help@desk.example"), kit.mailbox("sales@desk.example")
    kit.desk.mailboxes.update(replace(sales, colour="chart2"), {}, kit.ann)
    for place, (name, address, subject, text) in enumerate(reversed(PEOPLE)):
        hours = 0.3 + (len(PEOPLE) - place) * 1.7
        attachment = ("screen.png", "image/png", PIXEL) if "attached" in text else None
        box = sales if "plan" in subject or "portal" in subject else support
        raw = letter(name, address, subject, text, to=box.address, hours=hours, attachment=attachment)
        kit.arrive(box, raw, at=NOW - timedelta(hours=hours))
    maya = next(one for one in kit.tickets() if one.requester_email == "maya@lindqvist.example")
    kit.desk.tickets.set_priority([maya.id], Priority.HIGH, kit.ann)
    kit.desk.tickets.tag([maya.id], ["refund", "vip"], [], kit.ann)
    kit.desk.tickets.assign([maya.id], kit.agent.id, kit.ann)
    first = kit.messages(maya.id)[0]
    kit.desk.replies.note(
        maya.id, "The refund is stuck: the return had no RMA number. Can somebody approve it by hand?", "", kit.ann
    )
    sorry = "Hello Maya,\n\nsorry for the wait. I have asked our payments team to release the refund today.\n\nAnn"
    kit.reply(maya.id, sorry)
    answer = (
        "Thank you, Ann! I attach the receipt of the return.\n\nMaya\n\n"
        "On Fri, 20 Nov 2026, Support wrote:\n> Hello Maya,\n> sorry for the wait."
    )
    raw = letter(
        "Maya Lindqvist",
        "maya@lindqvist.example",
        "Re: Refund for order #58213 not received",
        answer,
        hours=0.1,
        in_reply_to=first.internet_id,
        attachment=("return-receipt.pdf", "application/pdf", b"%PDF-1.4 receipt" * 1200),
    )
    kit.arrive(support, raw, at=NOW - timedelta(minutes=6))
    kit.arrive(
        support,
        letter("Maya Lindqvist", "maya@lindqvist.example", "Where is my parcel?", "It never came.", hours=900),
        at=NOW - timedelta(hours=30),
    )
    kit.arrive(support, b"From: x@y.example\r\nX-Break-The-Reader: yes\r\nSubject: broken\r\n\r\nbytes\r\n")
    old = next(one for one in kit.tickets() if one.subject == "Where is my parcel?")
    kit.desk.tickets.set_status([old.id], "resolved", kit.ann)
    return support, sales


def pump(there: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Run the event loop until something is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        if there():
            return True
        time.sleep(0.005)
    return False


def settle(window: MainWindow, seconds: float = 10.0) -> None:
    """Wait until nothing is under way in a window any more."""
    calm = 0

    def quiet() -> bool:
        nonlocal calm
        page = window.inbox
        timers = (page.list._open_timer, page.list._sync_timer, page.ticket._refresh, page.sidebar._count_timer)
        busy = window.session.work.busy or page.ticket.thread_view.building or any(t.isActive() for t in timers)
        calm = 0 if busy else calm + 1
        return calm > 12

    assert pump(quiet, seconds), "the window did not come to rest"


def open_window(kit: DeskKit, settings: QSettings, *, scheme: str = "light", language: str = "en") -> MainWindow:
    """Show a window on a desk and wait for its first list; never in the language of the computer."""
    preferences = Preferences(settings)
    settings.setValue("look/scheme", scheme)
    settings.setValue("look/language", language)
    preferences.apply()
    window = MainWindow(DeskSession(kit.desk, kit.agent), preferences)
    window.resize(1440, 900)
    window.show()
    window.start()
    settle(window)
    return window
