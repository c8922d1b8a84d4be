"""What a screen reader finds in the running program, asked from another process (features.md IA-05, ui.md 6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk_app.storage.database import open_database
from tests.support.atspi import GoneError, Node, until
from tests.support.desks import DeskKit
from tests.support.desktop import Desktop
from tests.ui import stage

pytestmark = pytest.mark.timeout(120)
CONTAINERS = {"filler", "panel", "application", "layered pane", "splitter", "scroll pane", "viewport", "grip", "frame"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    database = open_database(f"sqlite:///{folder / 'desk.sqlite'}", origin="test")
    stage.believable(DeskKit(database))
    database.close()
    (tmp_path / "config" / "desk-app").mkdir(parents=True)
    (tmp_path / "config" / "desk-app" / "settings.toml").write_text('keychain = "memory"\n', encoding="utf-8")
    return folder


def rows(window: Node) -> list[str]:
    """The spoken sentences of the tickets on screen."""
    table = window.find(role="table", name="Tickets")
    return [one.name for one in table.walk() if one.role in {"table cell", "cell"} and "showing" in one.states]


def nameless(window: Node) -> list[str]:
    """What can have the focus or be pressed, is on screen, and says nothing."""
    found = []
    for one in window.walk():
        try:
            states = one.states
            if "focusable" in states and "showing" in states and one.role not in CONTAINERS and not one.name.strip():
                found.append(f"{one.role} at {one.extents}")
        except GoneError:
            continue
    return found


def test_ia_05_the_running_window_is_read_and_used_through_at_spi(desktop: Desktop, data: Path) -> None:
    desktop.start("run", "--data", str(data))
    with desktop.tree as tree:
        window = tree.program("Desk App").find(role="frame", starts="Desk App")
        assert until(lambda: len(rows(window)) == 9, 20), window.outline()
        sentence = next(one for one in rows(window) if "Maya Lindqvist" in one)
        assert sentence.startswith("Unread. Maya Lindqvist, Refund for order #58213 not received")
        assert "High" in sentence
        assert nameless(window) == []

        for name in ("New ticket", "Search or command", "Add a mailbox"):
            assert window.find(name=name).actions, f"“{name}” cannot be pressed"
        window.find(starts="Unassigned, 8").press()
        assert until(lambda: len(rows(window)) == 8, 20), window.outline()

        desktop.focus_window("Desk App")
        desktop.keys("j")
        reply = window.find(name="Reply text", role="text", seconds=20)
        assert "editable" in reply.states
        reply.set_text("Read and written by another program.")
        assert until(lambda: reply.text == "Read and written by another program.", 5)
        assert until(lambda: nameless(window) == [], 2), nameless(window)

        window.find(name="Search or command").press()
        box = window.find(role="text", name="Command", seconds=10)
        assert until(lambda: "focused" in box.states, 5), "the palette did not take the focus"
        assert nameless(window) == []
        desktop.keys("Escape")
        assert until(lambda: "showing" not in states_of(box), 5)


def states_of(node: Node) -> frozenset[str]:
    """The states of something that may be gone by now."""
    try:
        return node.states
    except GoneError:
        return frozenset()
