"""A notification service as desktops have one, on a private session bus."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection

SERVICE = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


@contextmanager
def session_bus() -> Iterator[str]:
    """Run a bus and yield its address; skips the test where there is no dbus-daemon."""
    daemon = shutil.which("dbus-daemon")
    if sys.platform != "linux" or daemon is None:
        pytest.skip("needs dbus-daemon (Debian: dbus)")
    command = [daemon, "--session", "--nofork", "--nopidfile", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass
class Shown:
    """A notification as the service was asked to show it."""

    number: int
    replaces: int
    title: str
    text: str
    actions: Sequence[str]
    hints: dict[str, Any]


@dataclass
class NotificationDaemon:
    """Keeps what it was asked to show; presses buttons on demand."""

    connection: DBusConnection
    capabilities: Sequence[str] = ("actions", "body", "body-markup", "sound")
    shown: list[Shown] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    _numbers: int = 0

    def serve(self) -> None:
        """Answer until the connection is closed."""
        Proxy(message_bus, self.connection).RequestName(SERVICE)
        while True:
            try:
                message = self.connection.receive(timeout=0.2)
            except TimeoutError:
                continue
            except (OSError, ConnectionError, ValueError):
                return
            if message.header.message_type is MessageType.method_call:
                self._answer(message)

    def _answer(self, message: Any) -> None:
        member = message.header.fields.get(HeaderFields.member)
        reply = new_method_return(message)
        if member == "GetCapabilities":
            reply = new_method_return(message, "as", (list(self.capabilities),))
        elif member == "Notify":
            _app, replaces, _icon, title, text, actions, hints, _expire = message.body
            self._numbers += 1
            number = replaces or self._numbers
            values = {key: value for key, (_kind, value) in hints.items()}
            self.shown.append(Shown(number, replaces, title, text, actions, values))
            reply = new_method_return(message, "u", (number,))
        elif member == "CloseNotification":
            self.closed.append(message.body[0])
        self.connection.send(reply)

    def press(self, number: int, action: str, token: str = "") -> None:
        """Press a button of a notification, as a person would."""
        emitter = DBusAddress(PATH, interface=SERVICE)
        if token:
            self.connection.send(new_signal(emitter, "ActivationToken", "us", (number, token)))
        self.connection.send(new_signal(emitter, "ActionInvoked", "us", (number, action)))

    def drop(self, number: int) -> None:
        """Close a notification, as a person would."""
        emitter = DBusAddress(PATH, interface=SERVICE)
        self.connection.send(new_signal(emitter, "NotificationClosed", "uu", (number, 2)))


@contextmanager
def notification_daemon(address: str, **options: Any) -> Iterator[NotificationDaemon]:
    """Run the service on a bus."""
    connection = open_dbus_connection(address)
    daemon = NotificationDaemon(connection, **options)
    thread = threading.Thread(target=daemon.serve, daemon=True)
    thread.start()
    try:
        yield daemon
    finally:
        connection.close()
        thread.join(3)
