"""The real program on a real screen, driven by key and mouse events from outside, with real mail servers (IN-07).

Nothing here knows the inside of the program: what a person sees is read through AT-SPI, what came of it from the
database and the mail servers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.atspi import GoneError, Node, until
from tests.support.desktop import Desktop
from tests.support.dovecot import DovecotServer
from tests.support.smtp_server import SmtpServer
from tests.ui.stage import letter

pytestmark = [pytest.mark.timeout(240), pytest.mark.dovecot]
DESK = "help@kopi.invalid"
NUMBERS = (
    ("Maya Lindqvist", "maya@shop.example", "Where is my lamp?", "It never came."),
    ("Budi Santoso", "budi@kopi.example", "Refund 58213", "Please refund order 58213."),
    ("Budi Santoso", "budi@kopi.example", "Refund again", "I asked for my refund already."),
)


class Person:
    """What somebody in front of the screen can see and do."""

    def __init__(self, desktop: Desktop, window: Node, database: Path) -> None:
        self.desktop, self.window, self.database = desktop, window, database

    def sees(self, *, role: str = "", name: str = "", starts: str = "", seconds: float = 20) -> Node:
        return self.window.find(role=role, name=name, starts=starts, seconds=seconds)

    def clicks(self, name: str = "", *, role: str = "", starts: str = "", seconds: float = 20) -> None:
        node = self.sees(role=role, name=name, starts=starts, seconds=seconds)
        assert until(lambda: "enabled" in node.states, seconds), f"“{name or starts}” stays grey"
        self.desktop.press(node)

    def types_into(self, field: str, text: str) -> None:
        node = self.sees(name=field, role="text")
        self.desktop.press(node)
        assert until(lambda: "focused" in node.states, 5), f"“{field}” does not take the keyboard"
        self.desktop.keys("ctrl+a")
        self.desktop.type(text)

    def keys(self, *chords: str) -> None:
        self.desktop.keys(*chords)

    def rows(self) -> list[str]:
        """The tickets of the list, as they are spoken."""
        table = self.window.seek(role="table", name="Tickets")
        try:
            cells = [one for one in table.walk() if one.role in {"table cell", "cell"}] if table is not None else []
            return [one.name for one in cells if "showing" in one.states]
        except GoneError:
            return []

    def reads(self, words: str, seconds: float = 20) -> None:
        """Wait until words stand somewhere in the window."""

        def there() -> bool:
            for one in self.window.shown():
                try:
                    if "showing" in one.states and (words in one.name or _text_of(one, words)):
                        return True
                except GoneError:
                    continue
            return False

        assert until(there, seconds), f"“{words}” is nowhere:\n{self.window.outline()}"

    def waits(self, there: Callable[[], object], what: str, seconds: float = 20) -> None:
        assert until(lambda: bool(there()), seconds), f"{what}:\n{self.window.outline()}"

    def asked(self, sql: str, *values: object) -> object:
        """One value of the program's database."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            found = connection.execute(sql, values).fetchone()
        return found[0] if found else None


def _text_of(node: Node, words: str) -> bool:
    return node.role in {"text", "label", "document text", "paragraph"} and words in node.text


def test_in_07_a_day_at_the_desk_by_key_and_mouse(
    desktop: Desktop, tmp_path: Path, dovecot: DovecotServer, smtp_server: Callable[..., SmtpServer]
) -> None:
    user = dovecot.user(password="secret words")
    smtp = smtp_server(users={user: "secret words"})
    data = tmp_path / "data"
    (tmp_path / "config" / "desk-app").mkdir(parents=True)
    (tmp_path / "config" / "desk-app" / "settings.toml").write_text('keychain = "memory"\n', encoding="utf-8")
    desktop.start("run", "--data", str(data))
    with desktop.tree as tree:
        window = tree.program("Desk App").find(role="frame", starts="Desk App", seconds=40)
        person = Person(desktop, window, data / "desk.sqlite")
        connect(person, user, dovecot, smtp)
        for name, address, subject, text in NUMBERS:
            dovecot.append(user, "INBOX", letter(name, address, subject, text, to=DESK))
        person.waits(lambda: len(person.rows()) == 3, "the mail did not arrive", 30)
        read_and_search(person)
        answer(person, user, dovecot, smtp)
        note_and_snooze(person)
        merge_and_undo(person)


def connect(person: Person, user: str, dovecot: DovecotServer, smtp: SmtpServer) -> None:
    """Go through the first run."""
    person.sees(name="Continue", seconds=40)
    person.desktop.focus_window("Desk App")
    person.clicks("Continue")  # language
    person.sees(name="On this computer")
    person.clicks("Continue")  # database
    person.types_into("E-mail address", DESK)
    person.types_into("Password or app password", "secret words")
    person.types_into("Name customers see", "Kopi Works")
    person.keys("Return")
    person.clicks("Continue")
    person.sees(name="Test again", seconds=40)
    person.waits(lambda: "enabled" in person.sees(name="Test again").states, "discovery has no end", 40)
    if person.window.seek(role="text", name="Server") is None:
        person.clicks("Settings", role="push button")
    servers(person, user, dovecot.port, smtp.port)
    person.clicks("Test again")
    person.waits(lambda: "enabled" in person.sees(name="Continue").states, "the connection test failed", 40)
    person.clicks("Continue")
    person.clicks(starts="From this date on")
    person.clicks("Continue")
    person.sees(starts="Who else works here?")
    person.clicks("Continue")
    person.clicks(starts="Let replies leave by themselves")
    person.clicks("Open the inbox")
    person.sees(starts="All done.")


def servers(person: Person, user: str, *ports: int) -> None:
    """Fill in both servers with the keyboard."""
    fields = [one for one in person.window.shown() if one.role == "text" and one.name == "Server"]
    hosts = [one for one in fields if "showing" in one.states]
    for host, port in zip(hosts, ports, strict=True):
        host.focus()
        assert until(lambda host=host: "focused" in host.states, 5)
        person.keys("ctrl+a")
        person.desktop.type("127.0.0.1")
        person.keys("Tab", "Tab", "End", "Tab", "Tab", "ctrl+a")
        person.desktop.type(user)
        person.keys("shift+Tab", "shift+Tab", "shift+Tab", "ctrl+a")
        person.desktop.type(str(port))


def read_and_search(person: Person) -> None:
    """Open a ticket with the mouse, find another one by search."""
    person.clicks(starts="Unread. Maya Lindqvist")
    person.reads("It never came.")
    person.waits(lambda: any(one.startswith("Maya Lindqvist") for one in person.rows()), "it stays unread")
    person.keys("slash")
    box = person.sees(role="text", name="Search tickets")
    assert until(lambda: "focused" in box.states, 5)
    person.desktop.type("58213")
    person.waits(lambda: len(person.rows()) == 1, "the search finds something else")
    person.keys("Escape")
    person.waits(lambda: len(person.rows()) == 3, "the list does not come back")


def answer(person: Person, user: str, dovecot: DovecotServer, smtp: SmtpServer) -> None:
    """Answer by keyboard alone, take it back, send it, and get the customer's answer into the same ticket."""
    person.keys("slash")
    box = person.sees(role="text", name="Search tickets")
    assert until(lambda: "focused" in box.states, 5)
    person.desktop.type("58213")
    person.waits(lambda: len(person.rows()) == 1, "the search finds something else")
    table = person.sees(role="table", name="Tickets")
    for _ in range(8):  # Tab leads from the box to the list
        if until(lambda: "focused" in table.states or any("focused" in one.states for one in table.children), 0.5):
            break
        person.keys("Tab")
    person.keys("j")
    person.reads("Please refund order 58213.")
    person.keys("r")
    editor = person.sees(role="text", name="Reply text")
    assert until(lambda: "focused" in editor.states, 10)
    person.desktop.type("Hello Budi, the money is on its way.")
    person.keys("ctrl+Return")
    person.clicks("Undo", role="push button")
    person.waits(lambda: "on its way" in person.sees(role="text", name="Reply text").text, "the reply is lost")
    assert smtp.mails == []
    editor = person.sees(role="text", name="Reply text")
    person.desktop.press(editor)
    person.keys("ctrl+Return")
    (sent,) = smtp.wait_for(1, 30)
    assert sent.recipients == ["budi@kopi.example"]
    mail = message_from_bytes(sent.raw, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "the money is on its way" in body.get_content()
    thanks = EmailMessage()
    thanks["From"], thanks["To"], thanks["Subject"] = "Budi <budi@kopi.example>", DESK, f"Re: {mail['Subject']}"
    thanks["In-Reply-To"], thanks["Message-ID"] = mail["Message-ID"], "<thanks@kopi.example>"
    thanks["Date"] = mail["Date"]
    thanks.set_content("Thank you, it came.")
    dovecot.append(user, "INBOX", thanks.as_bytes())
    person.waits(
        lambda: person.asked("SELECT message_count FROM ticket WHERE subject = 'Refund 58213'") == 3,
        "the customer's answer is no part of the ticket",
        30,
    )
    assert person.asked("SELECT COUNT(*) FROM ticket") == 3


def note_and_snooze(person: Person) -> None:
    """Write a note and put the ticket off, by keys."""
    person.keys("Escape", "n")
    note = person.sees(role="text", name="Note text")
    assert until(lambda: "focused" in note.states, 10)
    person.desktop.type("Refunded by hand.")
    person.keys("ctrl+Return")
    person.waits(
        lambda: person.asked("SELECT COUNT(*) FROM message WHERE kind = 'internal_note'") == 1, "there is no note"
    )
    person.keys("Escape", "h")
    person.waits(lambda: person.window.seek(starts="Tomorrow") or _menu(person, "Tomorrow"), "nothing to snooze with")
    person.keys("Down", "Return")
    person.waits(
        lambda: person.asked("SELECT COUNT(*) FROM ticket WHERE snoozed_until_at IS NOT NULL") == 1, "it is not snoozed"
    )


def _menu(person: Person, starts: str) -> Node | None:
    return person.window.seek(role="menu item", starts=starts)


def merge_and_undo(person: Person) -> None:
    """Select two tickets, merge them through the palette, and undo it."""
    person.keys("Escape", "Escape", "g", "i")
    person.waits(lambda: len(person.rows()) >= 2, "the list does not come back")
    person.clicks(starts=next(one for one in person.rows())[:40])
    person.keys("shift+Down", "ctrl+k")
    command = person.sees(role="text", name="Command")
    assert until(lambda: "focused" in command.states, 5)
    person.desktop.type("merge the selected")
    person.keys("Return")
    person.waits(lambda: person.asked("SELECT COUNT(*) FROM ticket WHERE merged_into_id IS NOT NULL"), "not merged")
    person.sees(starts="Merged")  # now it can be taken back
    person.keys("z")
    person.waits(
        lambda: person.asked("SELECT COUNT(*) FROM ticket WHERE merged_into_id IS NOT NULL") == 0, "still merged"
    )
