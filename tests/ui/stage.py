"""A small, believable desk on a real SQLite database, and a window on it."""

from __future__ import annotations

import base64
import copy
import sqlite3
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TypeVar

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.tickets.model import Priority
from desk_app.ui.preferences import Preferences
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit, MemoryChannel
from tests.support.secrets import MemorySecrets

P = TypeVar("P")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NOW = datetime.now(UTC)
MOMENT_MS = 600
"""The longest time, in ms, for which a part of the window puts work off so that several calls become one."""
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


@dataclass(frozen=True)
class _Template:
    """The believable desk as it was built once in this process."""

    database: sqlite3.Connection
    channel: MemoryChannel
    secrets: dict[int, MemorySecrets]


_templates: list[_Template] = []


def believable(kit: DeskKit) -> tuple[Account, Account]:
    """Fill a desk: two mailboxes, nine customers, a thread, a note, an attachment, a newsletter, quarantined mail.

    The mail is taken over once in a process; every later desk, still empty and on SQLite, gets a copy of the outcome.
    """
    fresh = kit.database.dialect == "sqlite" and not kit.desk.mailboxes.list()
    if fresh and _templates:
        template = _templates[0]
        _copy(template.database, kit)
        kit.channel.servers.update(copy.deepcopy(template.channel.servers))
        kit.secrets.update(copy.deepcopy(template.secrets))
    else:
        _fill(kit)
        if fresh:
            _age(kit)
            memory = sqlite3.connect(":memory:", check_same_thread=False)
            with closing(sqlite3.connect(_file_of(kit))) as source:
                source.backup(memory)
            _templates.append(_Template(memory, copy.deepcopy(kit.channel), copy.deepcopy(kit.secrets)))
    accounts = {account.address: account for account, _ in kit.desk.mailboxes.list()}
    return accounts["support@desk.example"], accounts["sales@desk.example"]


def _file_of(kit: DeskKit) -> str:
    return kit.database.url.removeprefix("sqlite:///")


def _copy(template: sqlite3.Connection, kit: DeskKit) -> None:
    with closing(sqlite3.connect(_file_of(kit))) as target:
        template.backup(target)


def _age(kit: DeskKit) -> None:
    """Let the tickets be as old as their mail: they were all taken over a moment ago."""
    mails = "(SELECT {what}(sent_at) FROM message WHERE message.ticket_id = {table}.{key})"
    forty_minutes = 40 * 60 * 1_000_000
    with closing(sqlite3.connect(_file_of(kit))) as file, file:
        file.execute("UPDATE message SET sent_at = sent_at - ? WHERE agent_id IS NOT NULL", (forty_minutes,))
        file.execute("UPDATE message SET created_at = sent_at")
        file.execute("UPDATE ticket SET agent_replied_at = agent_replied_at - ?", (forty_minutes,))
        for table, key in (("ticket", "id"), ("ticket_mailbox", "ticket_id"), ("ticket_tag", "ticket_id")):
            newest, oldest = (mails.format(what=what, table=table, key=key) for what in ("max", "min"))
            file.execute(f"UPDATE {table} SET activity_at = {newest}, created_at = {oldest}")
        inbound = "(SELECT max(sent_at) FROM message WHERE message.ticket_id = ticket.id AND direction = 'in')"
        file.execute(f"UPDATE ticket SET customer_wrote_at = {inbound}")


def _fill(kit: DeskKit) -> None:
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


PATIENCE_SECONDS = 30.0
"""So long a test waits for what does not come; it is never waited for what does."""


def pump(there: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Run the event loop until something is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        if there():
            return True
        time.sleep(0.001)
    return False


def hurry(window: MainWindow) -> bool:
    """Let what the window puts off for a moment (to join several calls into one) happen now; whether there was any.

    A moment is at most `MOMENT_MS`; what waits longer, such as a draft being saved or a message going away, is part of
    what an agent sees and keeps its time.
    """
    waiting = [
        one
        for parent in (window, window.session)
        for one in parent.findChildren(QTimer)
        if one.isActive() and one.isSingleShot() and one.interval() <= MOMENT_MS
    ]
    for one in waiting:
        one.stop()
        one.timeout.emit()
    return bool(waiting)


def settings_page(window: MainWindow, name: str, kind: type[P]) -> P:
    """Show a page of the settings and return it."""
    window.show_page("settings")
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    home.open_page(name)
    settle(window)
    page = home.page(name)
    assert isinstance(page, kind)
    return page


def settle(window: MainWindow, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until nothing is under way in a window any more."""
    calm = 0

    def quiet() -> bool:
        nonlocal calm
        pane = window.inbox.made_ticket
        busy = window.session.work.busy or (pane is not None and pane.thread_view.building) or hurry(window)
        calm = 0 if busy else calm + 1
        return calm > 4

    assert pump(quiet, seconds), "the window did not come to rest"
    assert window.inbox.ticket  # made by now by the window itself, unless it has no list


def bare_window(kit: DeskKit, settings: QSettings, *, scheme: str = "light", language: str = "en") -> MainWindow:
    """Show a window on a desk that has read nothing yet; never in the language of the computer."""
    preferences = Preferences(settings)
    settings.setValue("look/scheme", scheme)
    settings.setValue("look/language", language)
    preferences.apply()
    window = MainWindow(DeskSession(kit.desk, kit.agent), preferences)
    window.resize(1440, 900)
    window.show()
    return window


def open_window(kit: DeskKit, settings: QSettings, *, scheme: str = "light", language: str = "en") -> MainWindow:
    """Show a window on a desk and wait for its first list."""
    window = bare_window(kit, settings, scheme=scheme, language=language)
    window.start()
    settle(window)
    return window
