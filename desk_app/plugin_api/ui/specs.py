"""What a plugin may add to the window, as data (plugins.md, group "UI").

Factories and `run` are called on the GUI thread and must not block; `ColumnSpec.values` is called off it, never from a
paint. Titles are shown text, already in the agent's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QSyntaxHighlighter, QTextDocument
    from PySide6.QtWidgets import QWidget


class ActionScope(StrEnum):
    """On how many tickets an action works; NONE needs no ticket at all."""

    NONE = "none"
    ONE = "one"
    MANY = "many"


T = TypeVar("T")


class BackgroundPort(Protocol):
    """Work that takes longer than a blink: whatever asks the desk, the disk or a network."""

    def in_background(self, work: Callable[[], T], done: Callable[[T], None], owner: QObject) -> None:
        """Run `work` off the GUI thread, and `done` with its result on it, unless `owner` is gone by then.

        What `work` raises is shown to the agent; `done` is not called then. Work that does not come back within a
        minute (waiting for the database does not count) is a fault of the plugin and pauses it; what takes longer is a
        job.
        """
        ...

    @property
    def widget(self) -> QWidget:
        """What shows it: the parent of a menu or a dialog, and the `owner` of work that ends with it."""
        ...


class AskingPort(BackgroundPort, Protocol):
    """What the window may say and ask for a plugin."""

    def notify(self, text: str) -> None:
        """Show a short message that goes away by itself."""
        ...

    def confirm(self, question: str, yes: str, then: Callable[[], object], *, details: str = "") -> None:
        """Ask the agent, and call `then` if they agree. `yes` is the words of that button ("Send the parcel"), beside
        which Cancel stands; `details` stand below the question. Does not wait."""
        ...


class WindowPort(AskingPort, Protocol):
    """What an action or a page may do with the window that shows it."""

    def selected_ticket_ids(self) -> Sequence[int]:
        """Return the tickets an action works on: the selection of the list, which may be a whole view, else the open
        one."""
        ...

    def open_ticket(self, ticket_id: int) -> None:
        """Show a ticket."""
        ...

    def show_page(self, page_id: str) -> None:
        """Switch to a page of the rail."""
        ...


class PanelPort(AskingPort, Protocol):
    """What a ticket panel may do."""

    def open_ticket(self, ticket_id: int) -> None:
        """Show another ticket."""
        ...


class ComposerPort(BackgroundPort, Protocol):
    """What a composer tool may do with the text being written. `in_background` forgets its result where another ticket
    is written to by the time it is there."""

    @property
    def ticket_id(self) -> int:
        """The ticket that is answered, 0 while there is none."""
        ...

    @property
    def text(self) -> str:
        """What is written so far, without formatting, signature and quotes."""
        ...

    def insert_text(self, text: str) -> None:
        """Insert plain text at the cursor."""
        ...

    def insert_html(self, html: str) -> None:
        """Insert HTML at the cursor; it is reduced to what the composer can send."""
        ...

    def attach(self, filename: str, content_type: str, content: bytes) -> None:
        """Attach a file."""
        ...

    @property
    def is_note(self) -> bool:
        """Whether an internal note is being written."""
        ...


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page of the rail. `factory` gets the window port and is called when the page is first shown.

    `bottom` puts the button to the lower end of the rail; `hidden` pages have no button and open by action only.
    """

    id: str
    title: str
    icon: str
    factory: Callable[[WindowPort], QWidget]
    order: int = 100
    bottom: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A card of the side panel. `factory(port, ticket)` returns its widget for a ticket view, None to show nothing."""

    id: str
    title: str
    factory: Callable[[PanelPort, Any], QWidget | None]
    order: int = 100
    visible_for: Callable[[Any], bool] = field(default=lambda _ticket: True)


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """A command: in the palette, in menus, under a key. `keys` are portable key sequences, the first one is shown.

    `run(window, ticket_ids)` gets one id for scope ONE, one or more for MANY, none for NONE.
    """

    id: str
    title: str
    run: Callable[[WindowPort, Sequence[int]], None]
    icon: str = ""
    keys: tuple[str, ...] = ()
    scope: ActionScope = ActionScope.NONE
    group: str = ""
    order: int = 100
    enabled: Callable[[Sequence[int]], bool] = field(default=lambda _ids: True)


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """Something the ticket list shows per ticket. `values(tickets)` gets some `TicketView`s at once, off the GUI
    thread and within five seconds, and maps their ids to short texts; a ticket without a text shows nothing. `tone`
    colours the chip. Agents choose columns for each list; `usual` ones are shown where nobody has chosen."""

    id: str
    title: str
    values: Callable[[Sequence[Any]], Mapping[int, str]]
    order: int = 100
    tone: str = "neutral"
    usual: bool = True


@dataclass(frozen=True, slots=True)
class ComposerTool:
    """A button of the composer's tool bar. `checkable` tools get the new state, others always True."""

    id: str
    title: str
    icon: str
    run: Callable[[ComposerPort, bool], None]
    order: int = 100
    checkable: bool = False
    in_notes: bool = True


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A page of the settings. `section` groups pages; `words` are further words the settings search finds it by;
    `count` is a number shown beside the title, 0 for none."""

    id: str
    title: str
    icon: str
    section: str
    factory: Callable[[WindowPort], QWidget]
    order: int = 100
    words: tuple[str, ...] = ()
    count: Callable[[], int] = field(default=lambda: 0)


@dataclass(frozen=True, slots=True)
class HighlighterSpec:
    """Marks words while they are written: spell checking, terms (CO-15). The program brings none itself.

    `factory(document, language)` returns a QSyntaxHighlighter on the composer's document, its parent the document, or
    None where it knows nothing of the language: a code such as "es", "" where the ticket's is not known. It is called
    again when another ticket is written to, and the old one is destroyed before.
    """

    id: str
    title: str
    factory: Callable[[QTextDocument, str], QSyntaxHighlighter | None]
    order: int = 100


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report that draws itself, listed on the page Reports. `factory` is called when it is first opened."""

    id: str
    title: str
    factory: Callable[[WindowPort], QWidget]
    description: str = ""
    order: int = 100


@dataclass(frozen=True, slots=True)
class FieldEditor:
    """The editor of a kind of field: `id` is the field type's, `factory(value, config)` returns the widget, `value_of`
    reads it. Provisional."""

    id: str
    factory: Callable[[Any, Mapping[str, Any]], QWidget]
    value_of: Callable[[QWidget], Any]
    order: int = 100
