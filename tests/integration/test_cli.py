"""Every subcommand of `desk-app` against a real desk, on SQLite and PostgreSQL, with a real mail server on loopback."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desk_app.cli.exits import Exit
from desk_app.domain.people.actor import SYSTEM
from desk_app.infra.location import DeskLocation
from desk_app.runtime.command import main
from desk_app.runtime.compose import open_desk
from desk_app.runtime.demo.mail_host import MailHost, SentMail
from desk_app.services.ports.errors import StorageError
from desk_app.storage.database import open_database

SECRET = "Kopi-Rahasia-9371"
ADDRESS = "shop@cli.example"
CUSTOMER = "ana@customer.example"


def mail(subject: str, text: str, *, sender: str = CUSTOMER, key: str = "") -> bytes:
    lines = [
        f"From: Ana Ruiz <{sender}>",
        f"To: {ADDRESS}",
        f"Subject: {subject}",
        f"Message-ID: <{key or subject.replace(' ', '-')}@customer.example>",
        "Date: Mon, 02 Nov 2026 10:00:00 +0000",
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
    ]
    return "\r\n".join(lines).encode()


class Shell:
    """Runs `desk-app` in this process and remembers everything it printed."""

    def __init__(
        self, url: str, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.url = url
        self.data = data
        self.printed = ""
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *words: str, expect: int = Exit.OK, stdin: str = "", keychain: str = "sealed") -> str:
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        place = ["--database", self.url, "--data", str(self.data)]
        if keychain:
            place += ["--keychain", keychain]
        code = main([*words, *place])
        captured = self._capsys.readouterr()
        self.printed += captured.out + captured.err
        self.complaint = captured.err
        assert code == expect, f"{' '.join(words)}: exit {code}\n{captured.out}{captured.err}"
        return captured.out

    def json(self, *words: str, expect: int = Exit.OK, stdin: str = "") -> Any:
        return json.loads(self(*words, "--json", expect=expect, stdin=stdin))


@pytest.fixture
def sent() -> list[SentMail]:
    return []


@pytest.fixture
def host(sent: list[SentMail]) -> Iterator[MailHost]:
    with MailHost({ADDRESS: SECRET}, sent.append) as running:
        yield running


@pytest.fixture
def shell(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    made = Shell(database_url, tmp_path / "data", capsys, monkeypatch)
    yield made
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert SECRET not in made.printed
    for file in files:
        assert SECRET.encode() not in file.read_bytes(), f"the password stands in {file}"


@pytest.fixture
def sqlite_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path / "data", capsys, monkeypatch)


def add(shell: Shell, host: MailHost, *more: str) -> Any:
    return shell.json(
        *("account", "add", ADDRESS, "--name", "Shop", "--imap", f"127.0.0.1:{host.imap_port}"),
        *("--imap-security", "none", "--smtp", f"127.0.0.1:{host.smtp_port}", "--smtp-security", "none"),
        *("--password-stdin", *more),
        stdin=SECRET + "\n",
    )


@pytest.fixture
def connected(shell: Shell, host: MailHost) -> Shell:
    """A shell on a desk with one mailbox and two tickets, where replies leave at once."""
    add(shell, host, "--import", "none")
    desk = open_desk(DeskLocation(shell.url, shell.data, keychain="sealed"), origin="test")
    desk.settings.save(replace(desk.settings.desk(), undo_seconds=0), SYSTEM)
    desk.close()
    host.deliver(ADDRESS, mail("Broken cup", "The blue cup arrived broken."), datetime.now(UTC))
    host.deliver(
        ADDRESS, mail("Opening hours", "Are you open on Sunday?", sender="bo@other.example"), datetime.now(UTC)
    )
    shell("sync", "--once")
    return shell


# -- agents -----------------------------------------------------------------------------------------------------------


def test_a_shared_desk_is_opened_by_those_an_admin_added(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    assert shell.json("agent", "list") == {"agents": []}
    added = shell.json("agent", "add", "Bob", "--name", "Bob Builder")["agent"]
    assert (added["login"], added["name"], added["kind"]) == ("bob", "Bob Builder", "agent")
    assert [a["login"] for a in shell.json("agent", "list")["agents"]] == ["ann", "bob"]
    shell("agent", "add", "bob", expect=Exit.USAGE)
    monkeypatch.setattr("getpass.getuser", lambda: "bob")
    shell("ticket", "list")
    shell("agent", "add", "carl", expect=Exit.FAILED)
    assert "admin" in shell.complaint
    monkeypatch.setattr("getpass.getuser", lambda: "stranger")
    if shell.url.startswith("postgresql"):
        shell("ticket", "list", expect=Exit.FAILED)
        assert "desk-app agent add stranger" in shell.complaint
    else:
        shell("ticket", "list")


# -- accounts ---------------------------------------------------------------------------------------------------------


def test_a_mailbox_is_added_listed_tested_and_removed(shell: Shell, host: MailHost) -> None:
    added = add(shell, host)["account"]
    assert (added["address"], added["first_import"], added["settings"]["imap"]["security"]) == (
        ADDRESS,
        "undecided",
        "none",
    )
    listed = shell.json("account", "list")["accounts"]
    assert [(a["id"], a["name"], a["health"]["fault"]) for a in listed] == [(added["id"], "Shop", "")]
    assert ADDRESS in shell("account", "list")
    tested = shell.json("account", "test", ADDRESS)
    assert tested["ok"] is True
    assert {"sign_in", "folder", "smtp_sign_in"} <= {step["id"] for step in tested["steps"]}
    assert "sign_in" in shell("account", "test", "shop")
    shell("account", "remove", ADDRESS, expect=Exit.USAGE)
    assert shell.json("account", "remove", ADDRESS, "--yes") == {"removed": added["id"]}
    assert shell.json("account", "list") == {"accounts": []}
    shell("account", "test", ADDRESS, expect=Exit.NOT_FOUND)


def test_a_wrong_password_is_named_and_nothing_is_added(shell: Shell, host: MailHost) -> None:
    out = shell(
        *("account", "add", ADDRESS, "--imap", f"127.0.0.1:{host.imap_port}", "--imap-security", "none"),
        "--password-stdin",
        stdin="not-the-one-8812\n",
        expect=Exit.NETWORK,
    )
    assert "sign_in" in out
    assert "sign_in" in shell.complaint
    assert "not-the-one-8812" not in shell.printed
    assert shell.json("account", "list") == {"accounts": []}


def test_the_password_comes_from_an_environment_variable(
    shell: Shell, host: MailHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    words = ("account", "add", ADDRESS, "--imap", f"127.0.0.1:{host.imap_port}", "--imap-security", "none")
    shell(*words, "--password-env", "SHOP_PASSWORD")
    shell(*words, "--password-env", "NO_SUCH_THING", expect=Exit.USAGE)
    shell(*words, expect=Exit.USAGE)  # no terminal to ask on


def test_first_import_is_counted_and_decided_mb_08(shell: Shell, host: MailHost) -> None:
    now = datetime.now(UTC)
    host.deliver(ADDRESS, mail("Old one", "Long ago."), now - timedelta(days=300))
    host.deliver(ADDRESS, mail("New one", "Last week."), now - timedelta(days=7))
    add(shell, host)
    since = (now - timedelta(days=30)).date().isoformat()
    counted = shell.json("account", "import", ADDRESS, "--since", since)
    assert counted["folders"] == [{"folder": "INBOX", "total": 2, "since": 1}]
    shell("sync", "--once", expect=Exit.FAILED)  # nobody has decided yet
    shell("account", "import", ADDRESS, "since", expect=Exit.USAGE)
    shell("account", "import", ADDRESS, "perhaps", expect=Exit.USAGE)
    assert shell.json("account", "import", ADDRESS, "since", "--since", since)["first_import"] == "since"
    assert shell.json("sync", "--once")["accounts"][0]["created"] == 1
    [ticket] = shell.json("ticket", "list")["tickets"]
    assert (ticket["subject"], ticket["imported"]) == ("New one", True)


# -- mail in ----------------------------------------------------------------------------------------------------------


def test_sync_counts_what_came(shell: Shell, host: MailHost) -> None:
    add(shell, host, "--import", "none")
    host.deliver(ADDRESS, mail("One", "First."), datetime.now(UTC))
    host.deliver(ADDRESS, mail("One", "First."), datetime.now(UTC))
    [result] = shell.json("sync", "--once", ADDRESS)["accounts"]
    assert (result["fetched"], result["created"], result["duplicates"], result["fault"]) == (2, 1, 1, "")
    assert "quarantined" in shell("sync", "--once").lower()
    shell("sync", "--once", "nobody@cli.example", expect=Exit.NOT_FOUND)


def test_a_dead_server_is_exit_code_4(shell: Shell, host: MailHost) -> None:
    add(shell, host, "--import", "none")
    host.stop()
    [result] = shell.json("sync", "--once", expect=Exit.NETWORK)["accounts"]
    assert result["fault"] == "network"
    assert "account test" in shell.complaint


def test_a_desk_without_mailboxes_says_what_to_do(shell: Shell) -> None:
    shell("sync", "--once", expect=Exit.NOT_FOUND)
    assert "account add" in shell.complaint


def test_without_a_keychain_it_says_what_to_choose_toolchain_trap_9(sqlite_shell: Shell, host: MailHost) -> None:
    words = ("account", "add", ADDRESS, "--imap", f"127.0.0.1:{host.imap_port}", "--imap-security", "none")
    sqlite_shell(*words, "--password-stdin", keychain="", stdin=SECRET + "\n", expect=Exit.FAILED)
    assert "--keychain system, sealed or memory" in sqlite_shell.complaint
    assert sqlite_shell.json("account", "list") == {"accounts": []}
    sqlite_shell(*words, "--password-stdin", keychain="memory", stdin=SECRET + "\n")
    assert "forgotten" in sqlite_shell.complaint


# -- tickets ----------------------------------------------------------------------------------------------------------


def test_tickets_are_listed_by_page_and_by_filter(connected: Shell) -> None:
    page = connected.json("ticket", "list", "--limit", "1")
    assert [t["subject"] for t in page["tickets"]] == ["Opening hours"]
    following = connected.json("ticket", "list", "--limit", "1", "--after", page["next"])
    assert [t["subject"] for t in following["tickets"]] == ["Broken cup"]
    assert following["next"] == "" or connected.json("ticket", "list", "--after", following["next"])["tickets"] == []
    [first, second] = connected.json("ticket", "list", "--mailbox", ADDRESS)["tickets"]
    assert set(first) == {
        *("id", "number", "subject", "snippet", "requester", "list", "status", "priority", "assignee", "mailboxes"),
        *("message_count", "has_attachments", "unread", "imported", "activity_at", "created_at", "snoozed_until_at"),
    }
    assert second["requester"] == {"name": "Ana Ruiz", "email": CUSTOMER}
    assert first["activity_at"].endswith("Z")
    assert connected.json("ticket", "list", "--in", "closed")["tickets"] == []
    assert connected.json("ticket", "list", "--assignee", "me")["tickets"] == []
    assert len(connected.json("ticket", "list", "--assignee", "nobody")["tickets"]) == 2
    connected("ticket", "list", "--assignee", "nobody-knows-her", expect=Exit.NOT_FOUND)
    assert "Broken cup" in connected("ticket", "list")


def test_search_finds_words_and_says_when_there_are_none(connected: Shell) -> None:
    assert [t["subject"] for t in connected.json("ticket", "search", "blue", "cup")["tickets"]] == ["Broken cup"]
    assert [t["subject"] for t in connected.json("ticket", "search", "from:bo")["tickets"]] == ["Opening hours"]
    assert connected.json("ticket", "search", "zeppelin", expect=Exit.NOT_FOUND)["tickets"] == []


def test_a_ticket_is_shown_with_its_history(connected: Shell) -> None:
    [_, ticket] = connected.json("ticket", "list")["tickets"]
    shown = connected.json("ticket", "show", ticket["number"])
    [message] = shown["messages"]
    assert message["visible_text"].strip() == "The blue cup arrived broken."
    assert message["author"] == {"name": "Ana Ruiz", "email": CUSTOMER}
    assert message["internet_id"] == "Broken-cup@customer.example"
    assert shown["events"][0]["kind"] == "TicketCreated"
    text = connected("ticket", "show", ticket["number"], "--full")
    assert "The blue cup arrived broken." in text
    assert connected.json("ticket", "show", f"#{ticket['id']}")["number"] == ticket["number"]
    connected("ticket", "show", "99999", expect=Exit.NOT_FOUND)


def test_mail_cannot_move_the_cursor_of_the_terminal(shell: Shell, host: MailHost) -> None:
    add(shell, host, "--import", "none")
    host.deliver(ADDRESS, mail("Red \x1b[31m alarm \x07", "Clear \x1b[2J screen"), datetime.now(UTC))
    shell("sync", "--once")
    [ticket] = shell.json("ticket", "list")["tickets"]
    assert "\x1b" not in shell("ticket", "list") + shell("ticket", "show", ticket["number"])


def test_a_reply_waits_until_outgoing_is_armed_then_leaves(
    connected: Shell, sent: list[SentMail], tmp_path: Path
) -> None:
    [_, ticket] = connected.json("ticket", "list")["tickets"]
    (tmp_path / "label.pdf").write_bytes(b"%PDF-1.4 label")
    replied = connected.json(
        *("ticket", "reply", ticket["number"], "--text", "A new cup is on its way.", "--then", "waiting"),
        *("--attach", str(tmp_path / "label.pdf")),
    )
    assert (replied["state"], replied["to"], replied["from"]) == ("held", [CUSTOMER], ADDRESS)
    assert connected.json("outgoing", "status") == {"armed": False, "held": 1}
    [waiting] = connected.json("outbox", "list")["outbox"]
    assert (waiting["state"], waiting["ticket"]) == ("held", ticket["number"])
    connected("outbox", "send")
    assert sent == []
    assert connected.json("outgoing", "arm") == {"armed": True, "held": 1}
    assert connected.json("outbox", "release")["released"] == 1
    connected("outbox", "send")
    [left] = sent
    assert left.recipients == (CUSTOMER,)
    assert b"label.pdf" in left.raw
    assert b"In-Reply-To: <Broken-cup@customer.example>" in left.raw
    assert connected.json("outbox", "list") == {"outbox": []}
    assert [t["number"] for t in connected.json("ticket", "list", "--in", "waiting")["tickets"]] == [ticket["number"]]
    assert connected.json("outgoing", "disarm")["armed"] is False


def test_a_reply_can_be_cancelled_before_it_leaves(connected: Shell, sent: list[SentMail]) -> None:
    [_, ticket] = connected.json("ticket", "list")["tickets"]
    outbox_id = str(connected.json("ticket", "reply", ticket["number"], stdin="From standard input.")["outbox_id"])
    assert connected.json("outbox", "cancel", outbox_id) == {"id": int(outbox_id), "state": "cancelled"}
    connected("outbox", "cancel", outbox_id, expect=Exit.NOT_FOUND)
    connected("outbox", "decide", outbox_id, "sent", expect=Exit.NOT_FOUND)
    connected("outgoing", "arm")
    connected("outbox", "send")
    assert sent == []


def test_replies_need_words_and_readable_files(connected: Shell) -> None:
    [_, ticket] = connected.json("ticket", "list")["tickets"]
    connected("ticket", "reply", ticket["number"], stdin="  \n", expect=Exit.USAGE)
    connected("ticket", "reply", ticket["number"], "--text", "x", "--attach", "/no/such/file", expect=Exit.USAGE)
    connected("ticket", "reply", "4711", "--text", "x", expect=Exit.NOT_FOUND)


def test_a_note_stays_inside(connected: Shell, tmp_path: Path) -> None:
    [_, ticket] = connected.json("ticket", "list")["tickets"]
    (tmp_path / "note.txt").write_text("She is a regular.", encoding="utf-8")
    connected("ticket", "note", ticket["number"], "--file", str(tmp_path / "note.txt"))
    messages = connected.json("ticket", "show", ticket["number"])["messages"]
    assert [(m["kind"], m["visible_text"].strip()) for m in messages][-1] == ("internal_note", "She is a regular.")
    assert connected.json("outbox", "list") == {"outbox": []}


# -- quarantine and reparse -------------------------------------------------------------------------------------------


def test_what_is_too_large_waits_in_quarantine_and_is_taken_on_retry_mb_12(
    shell: Shell, host: MailHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shell, host, "--import", "none", "--max-megabytes", "1")
    host.deliver(ADDRESS, mail("Big", "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 20_000), datetime.now(UTC))
    host.deliver(ADDRESS, mail("Small", "Fits."), datetime.now(UTC))
    [result] = shell.json("sync", "--once")["accounts"]
    assert (result["created"], result["quarantined"]) == (1, 1)
    [item] = shell.json("quarantine", "list")["quarantine"]
    assert (item["mailbox"], item["fetched"]) == (ADDRESS, False)
    assert "too large" in shell("quarantine", "list")
    assert shell.json("quarantine", "show", str(item["id"]))["content"] is None
    shell("quarantine", "show", str(item["id"]), "--raw", expect=Exit.FAILED)
    shell("quarantine", "show", "4711", expect=Exit.NOT_FOUND)
    shell("quarantine", "retry", "4711", expect=Exit.NOT_FOUND)
    assert shell.json("quarantine", "retry") == {"done": 1, "still": 0, "reasons": {}}
    assert shell.json("quarantine", "list") == {"quarantine": []}
    assert {t["subject"] for t in shell.json("ticket", "list")["tickets"]} == {"Big", "Small"}


def test_reparse_reads_stored_mail_again(connected: Shell) -> None:
    [_, ticket] = connected.json("ticket", "list")["tickets"]
    [message] = connected.json("ticket", "show", ticket["number"])["messages"]
    again = connected.json("reparse", str(message["id"]))
    assert again == {"changed": 0, "same": 1, "failed": 0, "differences": []}
    assert connected.json("reparse")["failed"] == 0
    connected("reparse", "4711", expect=Exit.FAILED)


# -- database and doctor ----------------------------------------------------------------------------------------------


def test_the_database_is_shown_and_made(sqlite_shell: Shell) -> None:
    before = sqlite_shell.json("db", "status")
    assert (before["exists"], before["source"]) == (False, "--database")
    after = sqlite_shell.json("db", "upgrade")
    assert (after["exists"], after["needs_upgrade"]) == (True, False)
    assert sqlite_shell.json("db", "status")["revision"] == after["revision"]
    assert "revision" in sqlite_shell("db", "status")


def test_a_file_that_is_no_database_is_exit_code_3(sqlite_shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"this is a letter, not a database" * 100)
    sqlite_shell("ticket", "list", expect=Exit.DATABASE)
    assert len(sqlite_shell.complaint.splitlines()) == 1
    sqlite_shell("db", "status", expect=Exit.DATABASE)


def test_a_folder_that_is_a_file_is_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("")
    shell = Shell(f"sqlite:///{tmp_path / 'd.db'}", tmp_path / "taken" / "x", capsys, monkeypatch)
    shell("ticket", "list", expect=Exit.USAGE)


def test_doctor_finds_a_healthy_desk_healthy(connected: Shell) -> None:
    report = connected.json("doctor")
    assert report["ok"] is True
    states = {check["id"]: check["state"] for check in report["checks"]}
    assert {"python", "qt", "sqlite", "data_folder", "disk", "database", "clock", "keychain", "jobs"} <= set(states)
    assert states["database"] == states["clock"] == states["keychain"] == states["data_folder"] == "ok"
    assert [state for key, state in states.items() if key.startswith("mailbox:")] == ["ok"]
    assert "Data folder" in connected("doctor")


def test_doctor_names_a_mailbox_that_fails(connected: Shell, host: MailHost) -> None:
    host.stop()
    connected("sync", "--once", expect=Exit.NETWORK)
    report = connected.json("doctor", expect=Exit.FAILED)
    [bad] = [check for check in report["checks"] if check["state"] == "fail"]
    assert bad["id"].startswith("mailbox:")
    assert "account test" in bad["advice"]


def test_ad_08_doctor_writes_a_bundle(connected: Shell, tmp_path: Path) -> None:
    report = connected.json("doctor", "--bundle", str(tmp_path / "help.zip"))
    assert report["bundle"] == str(tmp_path / "help.zip")
    with zipfile.ZipFile(tmp_path / "help.zip") as bundle:
        assert {"README.txt", "checks.txt", "versions.json", "desk.json"} <= set(bundle.namelist())
        assert b"Mailbox 1" in bundle.read("checks.txt")


def test_doctor_works_without_a_desk(sqlite_shell: Shell) -> None:
    report = sqlite_shell.json("doctor")
    assert report["ok"] is True
    assert not sqlite_shell.data.exists()


def test_doctor_explains_a_broken_database(sqlite_shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"no database at all " * 100)
    report = sqlite_shell.json("doctor", expect=Exit.FAILED)
    assert [check["id"] for check in report["checks"] if check["state"] == "fail"] == ["database"]


# -- secrets and errors -----------------------------------------------------------------------------------------------


def test_an_unexpected_error_is_one_line_and_goes_to_the_log(connected: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"password={SECRET}")

    monkeypatch.setattr("desk_app.cli.tickets.find_ticket", fail)
    connected("ticket", "show", "1", expect=Exit.FAILED)
    assert len(connected.complaint.splitlines()) == 1
    assert "RuntimeError" in (connected.data / "logs" / "command.log").read_text(encoding="utf-8")


@pytest.fixture
def no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="these always have a display")
@pytest.mark.usefixtures("no_window")
def test_without_a_display_run_says_so_instead_of_aborting_toolchain_trap_8(sqlite_shell: Shell) -> None:
    sqlite_shell("run", expect=Exit.FAILED)
    assert "no display" in sqlite_shell.complaint


# -- programs that go on ----------------------------------------------------------------------------------------------


def _wait_for(there: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while not there():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "it did not get that far"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to answer")
@pytest.mark.parametrize(("program", "log"), [("worker", "worker.log"), ("run", "window.log")])
def test_a_signal_ends_worker_and_window_in_good_order(program: str, log: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "desk_app", program, "--data", str(data)]
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        file = data / "logs" / log
        try:
            _wait_for(lambda: file.exists() and "the worker starts" in file.read_text(encoding="utf-8"), process)
            _wait_for(lambda: bool(_leases(data)), process)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert _leases(data) == []


def _leases(data: Path) -> list[str]:
    if not (data / "desk.sqlite").exists():
        return []
    try:
        database = open_database(f"sqlite:///{data / 'desk.sqlite'}", origin="test", migrate=False)
    except StorageError:
        return []  # it is being made
    try:
        with database.unit_of_work() as uow:
            return [lease.name for lease in uow.leases.all() if lease.holder and lease.until_at > uow.now()]
    finally:
        database.close()
