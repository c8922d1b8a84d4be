"""What a screen reader finds: the AT-SPI tree of a running program, read over D-Bus from outside of it.

with Accessibility(bus_address) as tree:
    frame = tree.program("Desk App").find(role="frame")
    frame.find(role="push button", name="New ticket").press()

A node is a snapshot of nothing: every question goes to the program, as a screen reader's does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from jeepney import DBusAddress, DBusErrorResponse, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

ROOT = "/org/a11y/atspi/accessible/root"
REGISTRY = "org.a11y.atspi.Registry"
T = TypeVar("T")
NULL = "/org/a11y/atspi/null"
_STATES = {"editable": 7, "enabled": 8, "focusable": 11, "focused": 12, "showing": 25, "visible": 30, "checked": 4}
_ANSWER_SECONDS = 15.0


class GoneError(LookupError):
    """The program took the widget away while it was asked about."""


@dataclass(frozen=True, slots=True)
class Node:
    """One accessible object of the program."""

    bus: DBusConnection = field(repr=False, compare=False)
    owner: str
    path: str

    def call(self, interface: str, method: str, signature: str = "", *values: Any) -> Any:
        """Call a method of an AT-SPI interface and return what it answers."""
        address = DBusAddress(self.path, self.owner, f"org.a11y.atspi.{interface}")
        message = new_method_call(address, method, signature or None, values)
        return self._ask(message)

    def _get(self, interface: str, name: str) -> Any:
        address = DBusAddress(self.path, self.owner, f"org.a11y.atspi.{interface}")
        return self._ask(Properties(address).get(name))[1]

    def _ask(self, message: Any) -> Any:
        answer = self.bus.send_and_get_reply(message, timeout=_ANSWER_SECONDS)
        if answer.header.message_type.name == "error":
            raise GoneError(f"{self.path}: {answer.body}")
        return answer.body[0] if answer.body else None

    @property
    def name(self) -> str:
        """What is spoken."""
        return str(self._get("Accessible", "Name"))

    @property
    def role(self) -> str:
        """What kind of thing it is, such as "push button"."""
        return str(self.call("Accessible", "GetRoleName"))

    @property
    def states(self) -> frozenset[str]:
        """Which of the states of interest are on."""
        low, high = self.call("Accessible", "GetState")
        bits = low | high << 32
        return frozenset(name for name, place in _STATES.items() if bits >> place & 1)

    @property
    def children(self) -> list[Node]:
        """The objects in it."""
        found = self.call("Accessible", "GetChildren")
        return [Node(self.bus, owner, path) for owner, path in found if path != NULL]

    @property
    def extents(self) -> tuple[int, int, int, int]:
        """Place and size on the screen: x, y, width, height, in px."""
        x, y, width, height = self.call("Component", "GetExtents", "u", 0)
        return x, y, width, height

    @property
    def centre(self) -> tuple[int, int]:
        """Where to click."""
        x, y, width, height = self.extents
        return x + width // 2, y + height // 2

    @property
    def text(self) -> str:
        """The text in it."""
        return str(self.call("Text", "GetText", "ii", 0, -1))

    def set_text(self, text: str) -> None:
        """Replace the text in it."""
        assert self.call("EditableText", "SetTextContents", "s", text), f"{self} takes no text"

    @property
    def actions(self) -> list[str]:
        """The names of what can be done with it."""
        return [str(one[0]) for one in self.call("Action", "GetActions")]

    def press(self) -> None:
        """Do its first action."""
        assert self.call("Action", "DoAction", "i", 0), f"{self} does nothing"

    def focus(self) -> None:
        """Put the keyboard's focus on it."""
        assert self.call("Component", "GrabFocus"), f"{self} takes no focus"

    def walk(self, into: Callable[[Node], bool] = lambda _node: True) -> Iterator[Node]:
        """Return this node and all below it that are there now, top down."""
        yield self
        if not into(self):
            return
        try:
            below = self.children
        except GoneError:
            return
        for one in below:
            yield from one.walk(into)

    def seek(self, *, role: str = "", name: str = "", starts: str = "", showing: bool = True) -> Node | None:
        """Return the first node below with a role, a name or its beginning that is on screen; None without.

        What is not on screen is not looked into: nothing in it is.
        """
        for one in self.walk(self._shown if showing else lambda _node: True):
            try:
                if (
                    (not role or one.role == role)
                    and (not name or one.name == name)
                    and (not starts or one.name.startswith(starts))
                    and (not showing or "showing" in one.states)
                ):
                    return one
            except GoneError:
                continue
        return None

    def _shown(self, one: Node) -> bool:
        try:
            return one is self or "showing" in one.states
        except GoneError:
            return False

    def shown(self) -> Iterator[Node]:
        """Return this node and all below it that are on screen, top down."""
        return self.walk(self._shown)

    def find(self, *, role: str = "", name: str = "", starts: str = "", seconds: float = 15.0) -> Node:
        """Return what `seek` finds, waiting until it is there."""
        found = until(lambda: self.seek(role=role, name=name, starts=starts), seconds)
        assert found is not None, f"no {role or 'object'} called “{name or starts}”:\n{self.outline()}"
        return found

    def outline(self, depth: int = 0) -> str:
        """Return the tree as text, for a message about what is missing."""
        try:
            lines = [f"{'  ' * depth}{self.role}: {self.name[:80]}"]
            lines += [one.outline(depth + 1) for one in self.children if "showing" in one.states]
        except GoneError:
            return f"{'  ' * depth}(gone)"
        return "\n".join(lines)


class Accessibility:
    """The accessibility bus of a D-Bus session."""

    def __init__(self, session_address: str) -> None:
        self._session_address = session_address

    def __enter__(self) -> Self:
        with open_dbus_connection(self._session_address) as session:
            where = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
            answer = session.send_and_get_reply(new_method_call(where, "GetAddress"), timeout=_ANSWER_SECONDS)
        if answer.header.message_type.name == "error":
            raise DBusErrorResponse(answer)
        self._bus = open_dbus_connection(answer.body[0])
        return self

    def __exit__(self, *_: object) -> None:
        self._bus.close()

    def program(self, name: str, seconds: float = 30.0) -> Node:
        """Return a running program by name, waiting until it has registered."""
        registry = Node(self._bus, REGISTRY, ROOT)

        def there() -> Node | None:
            for one in registry.children:
                try:
                    if one.name == name:
                        return one
                except GoneError:
                    continue
            return None

        found = until(there, seconds)
        assert found is not None, f"no program called “{name}” registered"
        return found


def until(there: Callable[[], T], seconds: float) -> T | None:
    """Ask again and again until something is there, at most so long; returns it. What goes while it is asked for is no
    answer: the window changes under the reader."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(GoneError):
            if found := there():
                return found
        time.sleep(0.05)
    return None
