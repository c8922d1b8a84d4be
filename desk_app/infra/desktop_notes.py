"""Notifications of Linux and BSD desktops: org.freedesktop.Notifications over the session bus.

jeepney speaks the bus, because QtDBus in Python cannot send the unsigned numbers this interface asks for. Everything
runs on one thread, fed by one queue that holds both the window's wishes and the signals of the desktop.
"""

from __future__ import annotations

import html
import logging
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from queue import Queue
from typing import Any

from desk_app.services.ports.desktop import OPEN, DesktopNote

_SERVICE = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_SECONDS = 4.0
_KEPT_TOKENS = 50
_END = object()
_log = logging.getLogger(__name__)


class FreedesktopNotes:
    """See the port `DesktopNotes`."""

    def __init__(self) -> None:
        self._queue: Queue[Any] = Queue()
        self._thread: threading.Thread | None = None
        self._ready: Callable[[bool], None] = lambda _there: None
        self._pressed: Callable[[str, str, str], None] = lambda _key, _action, _token: None
        self._ids: dict[str, int] = {}
        self._tokens: dict[int, str] = {}
        self._can: frozenset[str] = frozenset()

    def start(self, ready: Callable[[bool], None], pressed: Callable[[str, str, str], None]) -> None:
        """Connect on a thread of its own."""
        self._ready, self._pressed = ready, pressed
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS") and not os.path.exists(f"/run/user/{_uid()}/bus"):  # noqa: PTH110
            ready(False)
            return
        self._thread = threading.Thread(target=self._run, name="desktop notes", daemon=True)
        self._thread.start()

    def show(self, note: DesktopNote) -> None:
        """Show a note."""
        self._queue.put(note)

    def withdraw(self, key: str) -> None:
        """Take a note away."""
        self._queue.put(key)

    def close(self) -> None:
        """End the thread; what is on the desktop stays there."""
        self._queue.put(_END)
        if self._thread is not None:
            self._thread.join(2.0)

    def _run(self) -> None:
        try:
            from jeepney import MatchRule  # noqa: PLC0415 -- Linux only
            from jeepney.bus_messages import message_bus  # noqa: PLC0415 -- Linux only
            from jeepney.io.threading import Proxy, open_dbus_router  # noqa: PLC0415 -- Linux only

            with ExitStack() as stack:
                router = stack.enter_context(open_dbus_router(bus="SESSION"))
                rule = MatchRule(type="signal", interface=_SERVICE, path=_PATH)
                Proxy(message_bus, router, timeout=_SECONDS).AddMatch(rule)
                stack.enter_context(router.filter(rule, queue=self._queue))
                self._can = frozenset(self._call(router, "GetCapabilities")[0])
                self._ready(True)
                self._serve(router)
        except Exception as error:  # noqa: BLE001 -- whatever is missing, the window has another way to tell
            _log.info("no desktop notifications over the bus: %s", type(error).__name__)
            self._ready(False)

    def _serve(self, router: Any) -> None:
        while (item := self._queue.get()) is not _END:
            if isinstance(item, DesktopNote):
                self._notify(router, item)
            elif isinstance(item, str):
                if (number := self._ids.pop(item, None)) is not None:
                    with suppress(Exception):  # it may have gone by itself
                        self._call(router, "CloseNotification", "u", (number,))
            else:
                self._hear(item)

    def _notify(self, router: Any, note: DesktopNote) -> None:
        text = html.escape(note.text, quote=False) if "body-markup" in self._can else note.text
        actions: list[str] = []
        if "actions" in self._can:
            actions = [part for action in ((OPEN, note.title), *note.actions) for part in action]
        hints = {
            "desktop-entry": ("s", "desk-app"),
            "category": ("s", "email.arrived"),
            "suppress-sound": ("b", not note.sound),
        }
        if note.sound:
            hints["sound-name"] = ("s", "message-new-email")
        body = ("Desk App", self._ids.get(note.key, 0), "desk-app", note.title, text, actions, hints, -1)
        self._ids[note.key] = int(self._call(router, "Notify", "susssasa{sv}i", body)[0])

    def _hear(self, message: Any) -> None:
        """Take a signal of the desktop."""
        name = message.header.fields.get(_member())
        number, what = message.body[0], message.body[1]
        key = next((one for one, found in self._ids.items() if found == number), None)
        if name == "ActivationToken":
            self._tokens[number] = str(what)
            while len(self._tokens) > _KEPT_TOKENS:
                self._tokens.pop(next(iter(self._tokens)))
        elif key is None:
            return
        elif name == "ActionInvoked":
            self._pressed(key, str(what), self._tokens.pop(number, ""))
        elif name == "NotificationClosed":
            self._ids.pop(key, None)

    def _call(self, router: Any, method: str, signature: str | None = None, body: tuple[Any, ...] = ()) -> Any:
        from jeepney import DBusAddress, MessageType, new_method_call  # noqa: PLC0415 -- Linux only

        address = DBusAddress(_PATH, bus_name=_SERVICE, interface=_SERVICE)
        reply = router.send_and_get_reply(new_method_call(address, method, signature, body), timeout=_SECONDS)
        if reply.header.message_type is MessageType.error:
            raise OSError(f"{method}: {reply.header.fields}")
        return reply.body


def _member() -> Any:
    from jeepney import HeaderFields  # noqa: PLC0415 -- Linux only

    return HeaderFields.member


def _uid() -> int:
    return os.getuid() if hasattr(os, "getuid") else -1
