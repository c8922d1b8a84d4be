"""The demo: its mail provider, its customers, and the whole of it without a display."""

from __future__ import annotations

import imaplib
import json
import os
import smtplib
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from desk_app.channels.email.imap_line import TimedImap
from desk_app.channels.email.reading import read_message
from desk_app.channels.email.session_limits import Limits
from desk_app.domain.mailboxes.settings import Security, ServerSettings
from desk_app.domain.messages.model import Classification, Direction, MessageKind
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.infra.location import DATABASE_FILE
from desk_app.runtime.demo.letters import Letter, Person, write
from desk_app.runtime.demo.mail_host import HOST, MailHost, SentMail
from desk_app.runtime.demo.robot import ANSWERS_PER_THREAD, CustomerRobot
from desk_app.runtime.demo.run import prove_round_trip
from desk_app.runtime.demo.setup import Demo, running_demo
from desk_app.runtime.demo.story import ORDERS, PEDIDOS, SUPPORT, people

NOW = datetime.now(UTC)
ANN = "ann@host.example"


# -- the mail provider ------------------------------------------------------------------------------------------------


@pytest.fixture
def host() -> Iterator[MailHost]:
    with MailHost({ANN: "secret-1", "bo@host.example": "secret-2"}) as running:
        yield running


@pytest.fixture
def imap(host: MailHost) -> Iterator[IMAPClient]:
    client = IMAPClient(HOST, host.imap_port, ssl=False, timeout=20)
    client.login(ANN, "secret-1")
    yield client
    client.logout()


def test_it_speaks_the_imap_the_channel_needs(host: MailHost, imap: IMAPClient) -> None:
    for number in range(3):
        raw = b"From: x@y.example\r\nMessage-ID: <m%d@x>\r\nSubject: s\r\n\r\nbody \xff\r\n" % number
        host.deliver(ANN, raw, NOW - timedelta(days=number))
    assert {b"IDLE", b"UIDPLUS", b"MOVE"} <= set(imap.capabilities())
    imap.select_folder("INBOX")
    uids = imap.search(["ALL"])
    assert imap.search(["HEADER", "Message-ID", "<m1@x>"]) == [uids[1]]
    fetched = imap.fetch(uids, ["BODY.PEEK[]", "INTERNALDATE"])
    assert fetched[uids[0]][b"BODY[]"].endswith(b"body \xff\r\n")
    assert abs((fetched[uids[2]][b"INTERNALDATE"].astimezone(UTC) - (NOW - timedelta(days=2))).total_seconds()) < 2
    assert b"APPENDUID" in imap.append("Sent", b"Subject: copy\r\n\r\nx\r\n")
    imap.move([uids[0]], "Trash")
    assert (host.count(ANN), host.count(ANN, "Trash"), host.count(ANN, "Sent")) == (2, 1, 1)
    assert {name for _, _, name in imap.list_folders()} == {"INBOX", "Sent", "Drafts", "Junk", "Trash"}


def test_new_mail_is_announced_while_a_client_idles(host: MailHost) -> None:
    server = ServerSettings(HOST, host.imap_port, Security.NONE, ANN)
    client = TimedImap(server, Limits(), ())
    try:
        client.login(ANN, "secret-1")
        client.select("INBOX")
        client.idle_begin()
        host.deliver(ANN, b"Subject: new\r\n\r\nx\r\n", NOW)
        assert client.idle_line() == b"* 1 EXISTS"
        client.idle_end()
    finally:
        client.shutdown()


def test_it_takes_mail_only_from_its_users_and_listens_on_loopback_only(host: MailHost) -> None:
    sent: list[SentMail] = []
    host.on_sent = sent.append
    with smtplib.SMTP(HOST, host.smtp_port, timeout=20) as line:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            line.login(ANN, "wrong")
        with pytest.raises(smtplib.SMTPSenderRefused):
            line.sendmail(ANN, ["c@out.example"], b"Subject: x\r\n\r\ny\r\n")
    with smtplib.SMTP(HOST, host.smtp_port, timeout=20) as line:
        line.login(ANN, "secret-1")
        line.sendmail(ANN, ["bo@host.example", "C@Out.example"], b"Subject: x\r\n\r\ny\r\n")
    assert [mail.recipients for mail in sent] == [("bo@host.example", "c@out.example")]
    assert host.count("bo@host.example") == 1
    assert HOST == "127.0.0.1"


def test_a_wrong_password_is_refused_and_stopping_hangs_up(host: MailHost, imap: IMAPClient) -> None:
    other = IMAPClient(HOST, host.imap_port, ssl=False, timeout=20)
    with pytest.raises(imaplib.IMAP4.error):
        other.login(ANN, "wrong")
    other.shutdown()
    host.stop()
    host.stop()
    with pytest.raises(OSError, match=r"refused|reset"):
        IMAPClient(HOST, host.imap_port, ssl=False, timeout=5)
    assert not any(thread.name == "demo-mail-host" for thread in threading.enumerate())


# -- the customers ----------------------------------------------------------------------------------------------------


class Postbox:
    """Collects what robots deliver."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self._arrived = threading.Condition()

    def __call__(self, address: str, raw: bytes, at: datetime) -> None:
        with self._arrived:
            self.mails.append((address, raw))
            self._arrived.notify_all()

    def wait_for(self, count: int) -> list[tuple[str, bytes]]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.mails) >= count, 20), f"only {len(self.mails)} mails"
            return list(self.mails)


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def robot(postbox: Postbox) -> Iterator[CustomerRobot]:
    made = CustomerRobot({p.email: p for p in people().values()}, postbox, delay_seconds=0.0)
    made.start()
    yield made
    made.stop()


def from_desk(to: str, address: str = SUPPORT, number: int = 1, **headers: str) -> SentMail:
    desk = Person("Kopi Works", address, "apple")
    letter = Letter(desk, [("You", to)], "Re: Cup", NOW, "It is on its way.", f"d{number}@desk", headers=headers)
    return SentMail(address, (to,), write(letter))


@pytest.mark.parametrize(
    ("who", "address", "mailbox"),
    [
        ("hannah", SUPPORT, SUPPORT),
        ("dewi", ORDERS, ORDERS),
        ("lucia", PEDIDOS, ORDERS),
        ("mei", "orders+x1@kopiworks.example", ORDERS),
    ],
)
def test_a_customer_answers_in_the_right_mailbox_thread_and_language(
    robot: CustomerRobot, postbox: Postbox, who: str, address: str, mailbox: str
) -> None:
    customer = people()[who]
    robot.take(from_desk(customer.email, address))
    [(delivered_to, raw)] = postbox.wait_for(1)
    answer = read_message(raw)
    assert delivered_to == mailbox
    assert answer.from_.email == customer.email
    assert answer.in_reply_to == ("d1@desk",)
    assert "It is on its way." in answer.text
    assert answer.classification is Classification.NORMAL


def test_customers_never_answer_for_ever_nor_machines_nor_strangers(robot: CustomerRobot, postbox: Postbox) -> None:
    email = people()["hannah"].email
    robot.take(from_desk("stranger@elsewhere.example"))
    robot.take(from_desk(email, number=2, **{"Auto-Submitted": "auto-replied"}))
    for _ in range(ANSWERS_PER_THREAD + 3):
        robot.take(from_desk(email, number=3))
    robot.take(from_desk(people()["dewi"].email, number=4))
    mails = postbox.wait_for(ANSWERS_PER_THREAD + 1)
    assert len(mails) == ANSWERS_PER_THREAD + 1
    assert len({read_message(raw).text.partition("\n")[0] for _, raw in mails[:ANSWERS_PER_THREAD]}) == 3


# -- the whole --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "data"
    with running_demo(folder, answer_seconds=0.1, undo_seconds=0) as running:
        yield running


def rows(demo: Demo, *buckets: Bucket) -> list[Any]:
    query = TicketQuery(buckets=buckets or tuple(Bucket))
    return list(demo.desk.ticket_queries.page(query, agent_id=demo.agent.id, limit=500).rows)


def test_the_inbox_is_filled_and_alive(demo: Demo) -> None:
    assert demo.mails >= 120
    opened = rows(demo, Bucket.OPEN)
    assert 25 <= len(opened) <= 60
    assert any(row.unread for row in opened)
    assert not all(row.unread for row in opened)
    assert {row.assignee_name for row in opened} >= {"", "Rina", "Tom", "You"}
    assert {row.priority.value for row in opened} >= {"normal", "high", "urgent"}
    assert rows(demo, Bucket.SPAM)
    assert rows(demo, Bucket.WAITING)
    assert rows(demo, Bucket.SNOOZED)
    assert len(rows(demo, Bucket.CLOSED)) >= 15
    assert not any(row.imported for row in rows(demo))
    assert demo.desk.quarantine.list() == []
    assert demo.desk.outbox.tray() == []


def test_times_lie_in_the_month_and_in_order(demo: Demo) -> None:
    oldest = min(row.activity_at for row in rows(demo))
    assert timedelta(days=15) < datetime.now(UTC) - oldest < timedelta(days=40)
    for row in rows(demo)[:20]:
        view = demo.desk.conversations.conversation(row.id, agent_id=demo.agent.id)
        assert view is not None
        moments = [message.sent_at for message in view.messages if message.kind is MessageKind.PUBLIC_REPLY]
        assert moments == sorted(moments)


def conversation(demo: Demo, subject: str) -> Any:
    [row] = [row for row in rows(demo) if row.subject == subject]
    demo.desk.content.prepare_ticket(row.id)
    view = demo.desk.conversations.conversation(row.id, agent_id=demo.agent.id)
    assert view is not None
    return view


def test_answers_of_the_desk_are_real_and_customers_answers_thread(demo: Demo) -> None:
    view = conversation(demo, "Wholesale prices for a small cafe?")
    directions = [m.direction for m in view.messages if m.kind is MessageKind.PUBLIC_REPLY]
    assert directions == [Direction.INBOUND, Direction.OUTBOUND, Direction.INBOUND, Direction.INBOUND]
    assert view.messages[1].delivery.state == "sent"
    assert view.tags == ("new customer", "wholesale")
    assert any(m.kind is MessageKind.INTERNAL_NOTE for m in view.messages)


def test_one_mail_to_both_mailboxes_is_one_ticket_mb_10(demo: Demo) -> None:
    [row] = [row for row in rows(demo) if row.subject == "Delivery on Thursday was one bag short"]
    assert sorted(row.account_ids) == sorted(demo.accounts.values())


def test_bounce_and_auto_reply_joined_their_tickets(demo: Demo) -> None:
    kinds = set()
    for row in rows(demo):
        view = demo.desk.conversations.conversation(row.id, agent_id=None)
        assert view is not None
        if len(view.messages) > 1:
            kinds |= {message.classification for message in view.messages}
    assert {Classification.BOUNCE, Classification.AUTO_REPLY} <= kinds


def test_contact_forms_name_the_real_customer_mb_32(demo: Demo) -> None:
    [row] = [row for row in rows(demo) if row.subject == "Contact form: Gift wrapping?"]
    assert row.requester_email == "marcus.bell@fernmail.example"


def test_an_inline_picture_and_its_attachment_are_there(demo: Demo) -> None:
    view = conversation(demo, "Bag arrived split open")
    [attachment] = view.messages[0].attachments
    assert attachment.inline
    found = demo.desk.conversations.attachment(attachment.id)
    assert found is not None
    assert found[1].startswith(b"\x89PNG")


def test_a_reply_comes_back_into_its_ticket(demo: Demo) -> None:
    trip = prove_round_trip(demo)
    assert trip.answer
    assert trip.join_rule != "new"


def test_no_password_of_the_demo_is_written_anywhere(demo: Demo) -> None:
    for password in demo.host.users.values():
        for file in demo.location.data_dir.rglob("*"):
            assert not file.is_file() or password.encode() not in file.read_bytes()


def test_the_demo_never_opens_the_file_of_a_real_desk(demo: Demo) -> None:
    assert demo.location.database_file is not None
    assert demo.location.database_file.name != DATABASE_FILE
    assert not (demo.location.data_dir / DATABASE_FILE).exists()


_UNSET = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "COLUMNS"}


def _run(folder: Path, *words: str, block: str = "") -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if k not in _UNSET}
    start = "import sys\n"
    if block:
        start += f"sys.modules[{block!r}] = None\n"
    code = start + "from desk_app.runtime.command import main\nsys.exit(main(sys.argv[1:]))\n"
    command = [sys.executable, "-c", code, "demo", *words]
    return subprocess.run(
        command, env=environ, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=200, check=False
    )


def test_without_a_display_it_prints_the_inbox_and_writes_a_picture_issue_2_section_4(tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    done = _run(tmp_path, "--screenshot", str(picture), "--keep", str(tmp_path / "kept"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("NUMBER")
    assert "Bag arrived split open" in done.stdout
    assert str(picture) in done.stdout
    assert "The answer came" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = _run(tmp_path, "--json", "--screenshot", str(picture), "--keep", str(tmp_path / "kept"))
    assert again.returncode == 0, again.stderr
    report = json.loads(again.stdout)
    assert report["mails"] == 0
    assert len(report["tickets"]) >= 25


def test_without_qt_it_still_shows_everything_but_the_picture(tmp_path: Path) -> None:
    done = _run(tmp_path, "--json", block="PySide6")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["screenshot"] == ""
    assert "PySide6" in report["no_screenshot_because"]
    assert report["round_trip"]["answer"]
    assert set(report) == {
        *("mails", "mailboxes", "counts", "tickets", "screenshot", "no_screenshot_because", "round_trip"),
    }


def test_without_the_mail_server_it_says_what_to_install(tmp_path: Path) -> None:
    done = _run(tmp_path, "--offscreen", block="pymap.backend")
    assert done.returncode == 1
    assert "pip install" in done.stderr
    assert len(done.stderr.splitlines()) == 1
