"""NT-01: notifications of the desktop over the session bus, with buttons and click-through."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator

import pytest

from desk_app.infra.desktop_notes import FreedesktopNotes
from desk_app.services.ports.desktop import OPEN, DesktopNote
from tests.support.notification_daemon import notification_daemon, session_bus

ACTIONS = (("open", "Open"), ("mine", "Assign to me"), ("snooze", "Snooze…"))


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with session_bus() as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


def until(there: Callable[[], bool], seconds: float = 8.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if there():
            return True
        time.sleep(0.01)
    return False


def started() -> tuple[FreedesktopNotes, bool, queue.Queue[tuple[str, str, str]]]:
    notes, ready, pressed = FreedesktopNotes(), queue.Queue[bool](), queue.Queue[tuple[str, str, str]]()
    notes.start(ready.put, lambda *what: pressed.put(what))
    return notes, ready.get(timeout=10), pressed


def test_nt_01_a_note_has_buttons_and_a_press_comes_back(bus: str) -> None:
    with notification_daemon(bus) as daemon:
        notes, there, pressed = started()
        assert there
        notes.show(DesktopNote("ticket:7", "Maya wrote", "<b>#7</b> Refund & more", ACTIONS, sound=True))
        assert until(lambda: len(daemon.shown) == 1)
        shown = daemon.shown[0]
        assert (shown.title, shown.text) == ("Maya wrote", "&lt;b&gt;#7&lt;/b&gt; Refund &amp; more")
        assert list(shown.actions) == [OPEN, "Maya wrote", "open", "Open", "mine", "Assign to me", "snooze", "Snooze…"]
        assert shown.hints["desktop-entry"] == "desk-app"
        assert shown.hints["suppress-sound"] is False
        daemon.press(shown.number, "mine", token="let-me-in")
        assert pressed.get(timeout=5) == ("ticket:7", "mine", "let-me-in")
        daemon.press(999, "mine")
        daemon.press(shown.number, OPEN)
        assert pressed.get(timeout=5) == ("ticket:7", OPEN, "")
        notes.close()


def test_nt_01_a_note_of_the_same_key_takes_the_old_place(bus: str) -> None:
    with notification_daemon(bus) as daemon:
        notes, _, _ = started()
        notes.show(DesktopNote("ticket:7", "One"))
        notes.show(DesktopNote("ticket:7", "Two"))
        assert until(lambda: len(daemon.shown) == 2)
        assert daemon.shown[1].replaces == daemon.shown[0].number
        assert daemon.shown[1].hints["suppress-sound"] is True
        notes.withdraw("ticket:7")
        assert until(lambda: daemon.closed == [daemon.shown[0].number])
        notes.show(DesktopNote("ticket:8", "Three"))
        assert until(lambda: len(daemon.shown) == 3)
        daemon.drop(daemon.shown[2].number)
        assert until(lambda: "ticket:8" not in notes._ids)
        notes.show(DesktopNote("ticket:8", "Four"))
        assert until(lambda: len(daemon.shown) == 4)
        assert daemon.shown[3].replaces == 0, "what a person closed is not replaced"
        notes.close()


def test_nt_01_a_service_without_buttons_gets_none_and_plain_text(bus: str) -> None:
    with notification_daemon(bus, capabilities=("body",)) as daemon:
        notes, _, _ = started()
        notes.show(DesktopNote("a", "Title", "5 < 6", ACTIONS))
        assert until(lambda: len(daemon.shown) == 1)
        assert list(daemon.shown[0].actions) == []
        assert daemon.shown[0].text == "5 < 6"
        notes.close()


def test_nt_01_a_bus_without_the_service_is_told(bus: str) -> None:
    assert bus
    notes, there, _ = started()
    assert not there
    notes.close()


def test_nt_01_no_bus_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    notes, there, _ = started()
    assert not there
    notes.close()
