"""The window as a program: finds the desk, opens it behind the first paint, works in the background, ends cleanly."""

from __future__ import annotations

import getpass
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from desk_app.infra.location import DeskLocation, LocationError, resolve

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication, QWidget

    from desk_app.services.desk import Desk
    from desk_app.ui.shell.window import MainWindow

SETTINGS_FILE = "window.ini"
WORKER_END_SECONDS = 2.5
_log = logging.getLogger(__name__)


class _Worker:
    """The embedded worker, on a thread of its own."""

    def __init__(self, desk: Desk) -> None:
        from desk_app.runtime.worker import run_worker  # noqa: PLC0415 -- after the first paint

        self._stop = threading.Event()
        self._thread = threading.Thread(target=run_worker, args=(desk, self._stop), name="worker", daemon=True)
        self._thread.start()

    def end(self) -> bool:
        """Stop within a moment; returns whether it did."""
        self._stop.set()
        self._thread.join(WORKER_END_SECONDS)
        return not self._thread.is_alive()


def missing_display() -> str:
    """Return why no window can be shown here, "" where one can. Qt would abort the process (toolchain.md trap 8)."""
    if sys.platform in {"win32", "darwin"} or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return (
        "desk-app: no display found (DISPLAY and WAYLAND_DISPLAY are not set). Start it on a desktop, or use the other "
        "subcommands: desk-app --help"
    )


def main() -> int:
    """Start the window with the settings of this computer; returns the exit code."""
    try:
        location = resolve()
    except LocationError as error:
        print(f"desk-app: {error}", file=sys.stderr)  # noqa: T201 -- a program's last words
        return 2
    return run(location)


def run(location: DeskLocation) -> int:
    """Show the window, then open the desk at `location` behind it. Returns the exit code; 3 without a display."""
    if refusal := missing_display():
        print(refusal, file=sys.stderr)  # noqa: T201 -- a program's last words
        return 3

    def open_desk() -> Desk:
        from desk_app.runtime.compose import open_desk as compose  # noqa: PLC0415 -- after the first paint

        return compose(location, origin="window")

    return _Program(location).start(open_desk, close_desk=True)


def run_on(desk: Desk, location: DeskLocation) -> int:
    """Show the window on a desk that is open already and is closed by the caller."""
    if refusal := missing_display():
        print(refusal, file=sys.stderr)  # noqa: T201 -- a program's last words
        return 3
    return _Program(location).start(lambda: desk, close_desk=False)


class _Program:
    """The life of the window: splash, desk, window, worker, end."""

    def __init__(self, location: DeskLocation) -> None:
        from desk_app.ui.preferences import Preferences  # noqa: PLC0415 -- Qt only where a window is opened
        from desk_app.ui.work import Work  # noqa: PLC0415 -- Qt only where a window is opened

        self._app = application()
        self._location = location
        self._preferences = Preferences(_settings(location.data_dir))
        self._preferences.apply()
        self._work = Work()
        self._splash: QWidget | None = None
        self._window: MainWindow | None = None
        self._worker: _Worker | None = None
        self._desk: Desk | None = None
        self._code = 0

    def start(self, open_desk: Callable[[], Desk], *, close_desk: bool) -> int:
        from PySide6.QtCore import QTimer  # noqa: PLC0415 -- Qt only where a window is opened

        self._splash = _splash()
        self._splash.show()
        QTimer.singleShot(0, self._app, lambda: self._open(open_desk))
        with _ended_by_signals(self._app):
            self._app.exec()
        if self._worker is not None and not self._worker.end():
            _log.warning("the worker did not end in time; its leases run out by themselves")
        self._work.close()
        if close_desk and self._desk is not None:
            self._desk.close()
        return self._code

    def _open(self, open_desk: Callable[[], Desk]) -> None:
        from desk_app.domain.people.agent import Agent  # noqa: PLC0415 -- after the first paint

        def opened() -> tuple[Desk, Agent]:
            desk = open_desk()
            return desk, desk.people.sign_in(getpass.getuser())

        self._work.run(opened, lambda pair: self._show(*pair), failed=self._refuse)

    def _show(self, desk: Desk, agent: object) -> None:
        from desk_app.ui.session import DeskSession  # noqa: PLC0415 -- after the first paint
        from desk_app.ui.shell.window import MainWindow  # noqa: PLC0415 -- after the first paint

        self._desk = desk
        session = DeskSession(desk, agent)  # type: ignore[arg-type]
        self._window = MainWindow(session, self._preferences, remote_images=_fetch_images)
        self._window.ready.connect(self._work_in_background)
        self._window.start()
        self._window.show()
        if self._splash is not None:
            self._splash.close()

    def _work_in_background(self) -> None:
        if self._worker is None and self._desk is not None:
            self._worker = _Worker(self._desk)

    def _refuse(self, problem: object) -> None:
        from desk_app.ui.problems import Problem  # noqa: PLC0415 -- after the first paint
        from desk_app.ui.shell.refusal import show_refusal  # noqa: PLC0415 -- after the first paint

        self._code = 1
        if isinstance(problem, Problem):
            print(f"desk-app: {problem.text}", file=sys.stderr)  # noqa: T201 -- a program's last words
            show_refusal(problem, self._location.shown_database)
        if self._splash is not None:
            self._splash.close()
        self._app.quit()


@contextmanager
def _ended_by_signals(app: QApplication) -> Iterator[None]:
    """Let Ctrl+C and SIGTERM end the window as its own button does: worker stopped, leases given back, files closed.

    Python runs handlers only when it gets the thread, which Qt keeps while nothing happens; a byte on a socket makes
    something happen.
    """
    from PySide6.QtCore import QSocketNotifier  # noqa: PLC0415 -- Qt only where a window is opened

    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: reader.recv(64))
    before = {number: signal.signal(number, lambda *_: app.quit()) for number in (signal.SIGINT, signal.SIGTERM)}
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        reader.close()
        writer.close()


def _fetch_images(addresses: Sequence[str]) -> Mapping[int, bytes]:
    from desk_app.runtime.window_outside import fetch_images  # noqa: PLC0415 -- when an agent asks for it

    return fetch_images(addresses)


def application() -> QApplication:
    """Return the application, made when there is none yet."""
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415 -- Qt only where a window is opened

    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(sys.argv[:1])
    app.setStyle("Fusion")
    app.setApplicationName("Desk App")
    app.setDesktopFileName("desk-app")
    return app


def _settings(data_dir: Path) -> QSettings:
    from PySide6.QtCore import QSettings  # noqa: PLC0415 -- Qt only where a window is opened

    return QSettings(str(data_dir / SETTINGS_FILE), QSettings.Format.IniFormat)


def _splash() -> QWidget:
    from desk_app.ui.shell.refusal import opening_window  # noqa: PLC0415 -- Qt only where a window is opened

    return opening_window()


def render_offscreen(
    desk: Desk, path: Path, size: tuple[int, int] = (1440, 900), theme: str = "light", *, wait_seconds: float = 20.0
) -> Path:
    """Write a picture of the real window on a desk, its first ticket open, to `path` (PNG); needs no display.

    `size` is in px. Raises OSError where the picture cannot be written or nothing appeared in `wait_seconds`.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

    from desk_app.ui.preferences import Preferences  # noqa: PLC0415 -- Qt only where a window is opened
    from desk_app.ui.session import DeskSession  # noqa: PLC0415 -- Qt only where a window is opened
    from desk_app.ui.shell.window import MainWindow  # noqa: PLC0415 -- Qt only where a window is opened

    app = application()
    with tempfile.TemporaryDirectory(prefix="desk-app-picture-") as folder:
        preferences = Preferences(_settings(Path(folder)))
        preferences.settings.setValue("look/scheme", theme)
        preferences.apply()
        session = DeskSession(desk, desk.people.sign_in(getpass.getuser()))
        window = MainWindow(session, preferences)
        window.resize(*size)
        window.show()
        window.start()
        try:
            shown = _until(app, lambda: window.inbox.list.model.rowCount() > 0, wait_seconds)
            window.activateWindow()
            window.inbox.list.open_first()
            window.inbox.list.table.setFocus()
            if shown:
                _until(app, lambda: _settled(window), wait_seconds)
            picture = window.grab()
        finally:
            window.close()
            window.deleteLater()
            app.processEvents()
        if not picture.save(str(path), "PNG"):
            raise OSError(f"the picture cannot be written: {path}")
    return path


def _settled(window: MainWindow) -> bool:
    pane = window.inbox.ticket
    return pane.view is not None and not pane.thread_view.building and not window.session.work.busy


def _until(app: QApplication, there: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    calm = 0
    while time.monotonic() < end:
        app.processEvents()
        calm = calm + 1 if there() else 0
        if calm > 5:
            return True
        time.sleep(0.01)
    return False


if __name__ == "__main__":
    sys.exit(main())
