"""What a plugin may add to the window, as data (plugins.md, group "UI").

Factories and `run` are called on the GUI thread and must not block; `ColumnSpec.values` is called off it, never from a
paint. Titles are shown text, already in the agent's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class ActionScope(StrEnum):
    """On how many tickets an action works; NONE needs no ticket at all."""

    NONE = "none"
    ONE = "one"
    MANY = "many"


class WindowPort(Protocol):
    """What an action or a page may do with the window that shows it."""

    def selected_ticket_ids(self) -> tuple[int, ...]:
        """Return the tickets an action works on: the selection of the list, else the open one."""
        ...

    def open_ticket(self, ticket_id: int) -> None:
        """Show a ticket."""
        ...

    def show_page(self, page_id: str) -> None:
        """Switch to a page of the rail."""
        ...

    def notify(self, text: str) -> None:
        """Show a short message that goes away by itself."""
        ...


class PanelPort(Protocol):
    """What a ticket panel may do."""

    def open_ticket(self, ticket_id: int) -> None:
        """Show another ticket."""
        ...

    def notify(self, text: str) -> None:
        """Show a short message that goes away by itself."""
        ...


class ComposerPort(Protocol):
    """What a composer tool may do with the text being written."""

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
    """Something the ticket list shows per ticket. `values(rows)` maps ticket ids to short texts, in one batch, off the
    GUI thread; a ticket without a text shows nothing. `tone` colours the chip."""

    id: str
    title: str
    values: Callable[[Sequence[Any]], Mapping[int, str]]
    order: int = 100
    tone: str = "neutral"


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
    """A page of the settings. `section` groups pages; `words` are further words the settings search finds it by."""

    id: str
    title: str
    icon: str
    section: str
    factory: Callable[[WindowPort], QWidget]
    order: int = 100
    words: tuple[str, ...] = ()
