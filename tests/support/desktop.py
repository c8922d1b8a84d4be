"""A desktop of its own for a test: an X server, a D-Bus session with accessibility, and the real program on it.

def test_x(desktop):
    program = desktop.start("run", data=folder)
    desktop.type("hello"); desktop.keys("ctrl+Return"); desktop.click(*program.find(name="Send").centre)

Key and mouse events come from outside, through the X server, as a person's do. Skips where a part is not installed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.atspi import Node

PARTS = ("Xvfb", "xdotool", "dbus-daemon")
LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
_END_SECONDS = 8.0
_ROOT = Path(__file__).resolve().parents[2]


def missing() -> str:
    """Return what is not installed, "" where everything is there."""
    lacking = [one for one in PARTS if shutil.which(one) is None]
    if not any(Path(one).exists() for one in LAUNCHERS):
        lacking.append("at-spi2-core")
    if find_spec("jeepney") is None:  # Linux only, as the rest
        lacking.append("jeepney")
    return ", ".join(lacking)


class Desktop:
    """A running X server with a D-Bus session."""

    def __init__(self, folder: Path, size: tuple[int, int] = (1440, 900)) -> None:
        from tests.support.atspi import Accessibility

        self.folder = folder
        self._children: list[subprocess.Popen[bytes]] = []
        self._log = (folder / "desktop.log").open("wb")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("QT_", "XDG_", "DESK_APP_"))},
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_DATA_HOME": str(folder / "share"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PYTHONPATH": str(_ROOT),
            "LANG": "C.UTF-8",
        }
        self._start_x(size)
        self._start_bus()
        self.tree = Accessibility(self.environment["DBUS_SESSION_BUS_ADDRESS"])

    def _spawn(self, *command: str, **options: object) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(  # type: ignore[call-overload]
            command, env=self.environment, stderr=self._log, stdin=subprocess.DEVNULL, **options
        )
        self._children.append(child)
        return child

    def _start_x(self, size: tuple[int, int]) -> None:
        reader, writer = os.pipe()
        screen = f"{size[0]}x{size[1]}x24"
        command = ("Xvfb", "-displayfd", str(writer), "-screen", "0", screen, "-nolisten", "tcp")
        self._spawn(*command, stdout=self._log, pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        assert number, "the X server did not start"
        self.environment["DISPLAY"] = f":{number}"

    def _start_bus(self) -> None:
        daemon = self._spawn(
            "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", stdout=subprocess.PIPE
        )
        assert daemon.stdout is not None
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = daemon.stdout.readline().decode().strip()
        launcher = next(one for one in LAUNCHERS if Path(one).exists())
        self._spawn(launcher, "--launch-immediately", stdout=self._log)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start `desk-app` with arguments."""
        self.environment |= {
            "QT_QPA_PLATFORM": "xcb",
            "QT_ACCESSIBILITY": "1",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            **environment,
        }
        return self._spawn(sys.executable, "-m", "desk_app", *arguments, stdout=self._log)

    def log(self) -> str:
        """Return what the programs said."""
        return (self.folder / "desktop.log").read_text(encoding="utf-8", errors="replace")

    # -- what a person does -------------------------------------------------------------------------------------------
    def _xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=20, check=False)
        assert ran.returncode == 0, f"{command}: {ran.stderr}"
        return ran.stdout

    def focus_window(self, title: str) -> None:
        """Give the keyboard to a window, as a window manager does."""
        from tests.support.atspi import until

        found = until(lambda: self._windows(title), 20)
        assert found, f"no window called {title}"
        self._xdotool("windowfocus", "--sync", found[-1])

    def _windows(self, title: str) -> list[str]:
        command = ["xdotool", "search", "--onlyvisible", "--name", title]
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=20, check=False)
        return ran.stdout.split()

    def keys(self, *chords: str) -> None:
        """Press keys one after the other, such as "ctrl+Return"."""
        self._xdotool("key", "--clearmodifiers", "--delay", "25", *chords)

    def type(self, text: str) -> None:
        """Type text."""
        self._xdotool("type", "--clearmodifiers", "--delay", "12", "--", text)

    def click(self, x: int, y: int) -> None:
        """Click with the left button at a place of the screen. The server takes the move before the click; to wait for
        the move, as xdotool can, costs two seconds a click."""
        self._xdotool("mousemove", str(x), str(y), "click", "1")

    def press(self, node: Node) -> None:
        """Click in the middle of something."""
        self.click(*node.centre)

    def close(self) -> None:
        """End everything that was started, the program first."""
        for child in reversed(self._children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_END_SECONDS)
            if child.poll() is None:
                child.kill()
                child.wait()
            if child.stdout is not None:
                child.stdout.close()
        self._log.close()


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """A desktop with nothing on it yet."""
    if lacking := missing():
        pytest.skip(f"not installed: {lacking}")
    running = Desktop(tmp_path)
    yield running
    running.close()
