"""Help for the tests of plugins, as a pytest plugin: `desk-app plugin test FOLDER`, or `pytest -p
desk_app.plugin_api.testing`.

`desk` is a whole desk on SQLite in a folder of its own, with a mailbox whose server is in memory and a clock that
stands still; nothing is discovered, only what a test activates is on, and everything is closed afterwards.
`mounted_panel` builds a card as the window would, `window_port` is the window for actions and tools; both need
pytest-qt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest

from desk_app.runtime.plugin_testing import StoppedClock, TestAccount, TestDesk, TestPlugin

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QWidget

__all__ = [
    "MountPanel",
    "StoppedClock",
    "TestAccount",
    "TestDesk",
    "TestPlugin",
    "TestPort",
    "desk",
    "mounted_panel",
    "window_port",
]

T = TypeVar("T")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TestDesk]:
    """A desk without plugins, until the test activates one."""
    made = TestDesk(tmp_path / "desk")
    yield made
    made.close()


class TestPort:
    """The window as cards, pages, tools and actions see it: work is done at once, what is said, asked and written is
    kept. `agrees` is what the agent answers to `confirm`."""

    __test__ = False

    def __init__(
        self, widget: QWidget | None = None, *, ticket_ids: Sequence[int] = (), text: str = "", is_note: bool = False
    ) -> None:
        self._widget = widget
        self._ticket_ids = tuple(ticket_ids)
        self.text = text
        self.is_note = is_note
        self.agrees = True
        self.said: list[str] = []
        self.asked: list[str] = []
        self.opened: list[int] = []
        self.pages: list[str] = []
        self.written: list[str] = []
        self.attached: list[tuple[str, str, bytes]] = []

    @property
    def widget(self) -> QWidget:
        """What shows it."""
        assert self._widget is not None, "give TestPort a widget, or take the fixture window_port"  # noqa: S101 -- a test's help
        return self._widget

    @property
    def ticket_id(self) -> int:
        """The ticket that is answered, 0 for none."""
        return self._ticket_ids[0] if self._ticket_ids else 0

    def in_background(self, work: Callable[[], T], done: Callable[[T], None], owner: QObject) -> None:  # noqa: ARG002
        """Do the work now."""
        done(work())

    def notify(self, text: str) -> None:
        """Keep a message in `said`."""
        self.said.append(text)

    def confirm(self, question: str, yes: str, then: Callable[[], object], *, details: str = "") -> None:  # noqa: ARG002
        """Keep a question in `asked`, and answer it as `agrees` says."""
        self.asked.append(question)
        if self.agrees:
            then()

    def selected_ticket_ids(self) -> Sequence[int]:
        """Return the tickets the port was made with."""
        return self._ticket_ids

    def open_ticket(self, ticket_id: int) -> None:
        """Note a ticket in `opened`."""
        self.opened.append(ticket_id)

    def show_page(self, page_id: str) -> None:
        """Note a page in `pages`."""
        self.pages.append(page_id)

    def insert_text(self, text: str) -> None:
        """Keep what was inserted in `written`."""
        self.written.append(text)

    def insert_html(self, html: str) -> None:
        """Keep what was inserted in `written`."""
        self.written.append(html)

    def attach(self, filename: str, content_type: str, content: bytes) -> None:
        """Keep a file in `attached`."""
        self.attached.append((filename, content_type, content))


class MountPanel(Protocol):
    """What the fixture `mounted_panel` is: call it with the id of a panel and a ticket's id."""

    def __call__(self, panel: str, ticket_id: int, port: TestPort | None = None) -> Any:
        """Return the widget of the card, shown."""
        ...


@pytest.fixture
def window_port(qtbot: Any) -> TestPort:
    """A window for actions and tools of the composer: `desk.part("my.action").run(window_port, [ticket_id])`."""
    from PySide6.QtWidgets import QWidget  # noqa: PLC0415 -- only where a test wants a window

    holder = QWidget()
    qtbot.addWidget(holder)
    return TestPort(holder)


@pytest.fixture
def mounted_panel(desk: TestDesk, window_port: TestPort, qtbot: Any) -> MountPanel:
    """Build the card of a panel for a ticket: `mounted_panel("my.card", ticket_id)` returns its widget, shown."""

    def mount(panel: str, ticket_id: int, port: TestPort | None = None) -> Any:
        widget = desk.part(panel).factory(port or window_port, desk.ticket(ticket_id))
        assert widget is not None, f"the panel “{panel}” shows nothing for this ticket"  # noqa: S101 -- a test's help
        qtbot.addWidget(widget)
        widget.show()
        return widget

    return mount
