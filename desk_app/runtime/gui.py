"""The window as a program: finds the desk, opens it behind the first paint, works in the background, ends cleanly."""

from __future__ import annotations

import builtins
import gc
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

    from desk_app.runtime.databases import ComputersDatabases
    from desk_app.runtime.window_plugins import WindowPlugins
    from desk_app.services.desk import Desk
    from desk_app.services.ports.desktop import DesktopNotes
    from desk_app.ui.garbage import GarbageRounds
    from desk_app.ui.shell.window import MainWindow

SETTINGS_FILE = "window.ini"
WORKER_END_SECONDS = 2.5
WORKER_AFTER_MS = 400
"""So long after the first list was asked for the worker starts."""
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


def run(location: DeskLocation, *, safe: bool = False) -> int:
    """Show the window, then open the desk at `location` behind it; `safe` leaves plugins out. Returns the exit code; 3
    without a display."""
    if refusal := missing_display():
        print(refusal, file=sys.stderr)  # noqa: T201 -- a program's last words
        return 3

    def open_desk() -> Desk:
        from desk_app.runtime.compose import open_desk as compose  # noqa: PLC0415 -- after the first paint

        return compose(location, origin="window")

    return _Program(location, safe=safe).start(open_desk, close_desk=True)


def run_on(desk: Desk, location: DeskLocation) -> int:
    """Show the window on a desk that is open already and is closed by the caller."""
    if refusal := missing_display():
        print(refusal, file=sys.stderr)  # noqa: T201 -- a program's last words
        return 3
    return _Program(location, own=False).start(lambda: desk, close_desk=False)


class _Program:
    """The life of the window: splash, desk, window, worker, end."""

    def __init__(self, location: DeskLocation, *, own: bool = True, safe: bool = False) -> None:
        from desk_app.runtime.single import SingleInstance  # noqa: PLC0415 -- Qt only where a window is opened
        from desk_app.ui.preferences import Preferences  # noqa: PLC0415 -- Qt only where a window is opened
        from desk_app.ui.work import Work  # noqa: PLC0415 -- Qt only where a window is opened

        self._app = application()
        self._safe = safe or _shift_is_held()
        self._plugins: WindowPlugins | None = None
        self._location = location
        self._single = SingleInstance(location.data_dir)
        self._preferences = Preferences(_settings(location.data_dir))
        self._preferences.apply()
        self._work = Work()
        self._splash: QWidget | None = None
        self._window: MainWindow | None = None
        self._garbage: GarbageRounds | None = None
        self._worker: _Worker | None = None
        self._desk: Desk | None = None
        self._code = 0
        self._own = own
        self._databases: ComputersDatabases | None = None
        self._changed: ComputersDatabases | None = None

    def _reopen(self) -> None:
        """Close the desk and open the one that was chosen, in the same program."""
        from PySide6.QtCore import QTimer  # noqa: PLC0415 -- Qt only where a window is opened

        QTimer.singleShot(0, self._app, self._reopen_now)  # whoever asks is a part of the window that goes

    def _reopen_now(self) -> None:
        from desk_app.runtime.compose import open_desk as compose  # noqa: PLC0415 -- after the first paint

        if self._window is None or self._desk is None or self._databases is None:
            return
        self._splash = _splash()
        self._splash.show()
        self._window.leaving.left.disconnect(self._app.quit)
        self._window.leaving.quitting = True
        self._window.close()
        self._window.deleteLater()
        self._window = None
        self._end_plugins()
        if self._worker is not None and not self._worker.end():
            _log.warning("the worker did not end in time; its leases run out by themselves")
        self._worker = None
        self._desk.close()
        self._desk = None
        self._location = self._databases.chosen()
        self._changed = self._databases
        self._databases = None
        location = self._location
        self._open(lambda: compose(location, origin="window"))

    def start(self, open_desk: Callable[[], Desk], *, close_desk: bool) -> int:
        from PySide6.QtCore import QTimer  # noqa: PLC0415 -- Qt only where a window is opened

        if self._single.knock():
            return 0
        self._single.listen(self._come_forward)
        gc.disable()  # what a start makes stays; looking for garbage in it again and again takes a tenth of the time
        self._splash = _splash()
        self._splash.show()
        QTimer.singleShot(0, self._app, lambda: self._open(open_desk))
        with _ended_by_signals(self._end):
            self._app.exec()
        if self._garbage is not None:
            self._garbage.end()
        self._end_plugins()
        gc.enable()
        if self._worker is not None and not self._worker.end():
            _log.warning("the worker did not end in time; its leases run out by themselves")
        self._work.close()
        self._single.close()
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
        from desk_app.runtime.window_plugins import WindowPlugins  # noqa: PLC0415 -- Qt only where a window is opened
        from desk_app.ui.session import DeskSession  # noqa: PLC0415 -- after the first paint
        from desk_app.ui.shell.window import MainWindow  # noqa: PLC0415 -- after the first paint
        from desk_app.ui.theme.theme import theme  # noqa: PLC0415 -- Qt only where a window is opened

        self._desk = desk
        self._plugins = WindowPlugins(
            desk, self._location.data_dir, safe=self._safe, announce=self._announce_plugins, parent=self._app
        )
        if self._own:
            from desk_app.runtime.databases import ComputersDatabases  # noqa: PLC0415 -- after the first paint

            self._databases = ComputersDatabases(self._location)
        session = DeskSession(desk, agent)  # type: ignore[arg-type]
        with theme().sheet_later():
            self._window = MainWindow(
                session, self._preferences, remote_images=_fetch_images, databases=self._databases
            )
        self._window.reopen_asked.connect(self._reopen)
        self._window.ready.connect(self._work_in_background)
        self._window.leaving.left.connect(self._app.quit)
        self._window.leaving.bring_tray = self._attach
        self._app.setQuitOnLastWindowClosed(False)
        self._app.commitDataRequest.connect(lambda _manager: self._end_for_good())
        self._window.start()
        self._window.appear()
        if self._splash is not None:
            self._splash.close()

    def _end_for_good(self) -> None:
        """Close without a question: the computer is going down, or somebody ends the program from outside."""
        if self._window is not None:
            self._window.leaving.quitting = True

    def _end(self) -> None:
        from PySide6.QtCore import QTimer  # noqa: PLC0415 -- Qt only where a window is opened

        self._end_for_good()
        QTimer.singleShot(0, self._app, self._app.quit)  # asked for before the event loop runs, quit() would be lost

    def _come_forward(self) -> None:
        if self._window is not None:
            self._window.leaving.come_forward()

    def _work_in_background(self) -> None:
        """Fetch and send from now on; what that loads and asks waits until the first list is on screen."""
        from PySide6.QtCore import QTimer  # noqa: PLC0415 -- Qt only where a window is opened

        from desk_app.ui.garbage import GarbageRounds  # noqa: PLC0415 -- Qt only where a window is opened

        if self._garbage is None:
            self._garbage = GarbageRounds(self._app)
        if self._window is not None:
            self._attach()
            QTimer.singleShot(WORKER_AFTER_MS, self._window, self._load_plugins)

    def _attach(self) -> None:
        """Let notifications leave the window; early where the window is closed before its first list."""
        if self._window is not None and self._window.leaving.tray is None:
            self._window.notices.attach(_desktop_notes())

    def _load_plugins(self) -> None:
        """Load the plugins, then begin to fetch: no mail may pass them by."""
        if self._plugins is not None:
            self._plugins.load(self._start_worker)

    def _announce_plugins(self) -> None:
        if self._window is not None:
            self._window.plugins_there.emit()

    def _end_plugins(self) -> None:
        if self._plugins is not None:
            self._plugins.end()
            self._plugins.deleteLater()
            self._plugins = None

    def _start_worker(self) -> None:
        if self._worker is None and self._desk is not None:
            self._worker = _Worker(self._desk)

    def _refuse(self, problem: object) -> None:
        from desk_app.ui.problems import Problem  # noqa: PLC0415 -- after the first paint
        from desk_app.ui.shell.refusal import show_refusal  # noqa: PLC0415 -- after the first paint

        self._code = 1
        if self._changed is not None:
            self._changed.take_back()  # what was chosen does not open: the next start finds the old desk
        if isinstance(problem, Problem):
            print(f"desk-app: {problem.text}", file=sys.stderr)  # noqa: T201 -- a program's last words
            show_refusal(problem, self._location.shown_database)
        if self._splash is not None:
            self._splash.close()
        self._app.quit()


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
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
    before = {number: signal.signal(number, lambda *_: end()) for number in (signal.SIGINT, signal.SIGTERM)}
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


def _desktop_notes() -> DesktopNotes | None:
    """Return the desktop's own notifications, where there is such a service."""
    if sys.platform in {"win32", "darwin"}:
        return None
    from desk_app.infra.desktop_notes import FreedesktopNotes  # noqa: PLC0415 -- after the first paint

    return FreedesktopNotes()


def _fetch_images(addresses: Sequence[str]) -> Mapping[int, bytes]:
    from desk_app.runtime.window_outside import fetch_images  # noqa: PLC0415 -- when an agent asks for it

    return fetch_images(addresses)


def application() -> QApplication:
    """Return the application, made when there is none yet."""
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415 -- Qt only where a window is opened

    _import_plainly()
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(sys.argv[:1])
    app.setStyle("Fusion")
    app.setApplicationName("Desk App")
    app.setDesktopFileName("desk-app")
    return app


def _shift_is_held() -> bool:
    from PySide6.QtCore import Qt  # noqa: PLC0415 -- Qt only where a window is opened
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 -- as above

    return bool(QGuiApplication.queryKeyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)


def _import_plainly() -> None:
    """Give `import` back to Python. PySide6 puts its own in the place: it reads the source of every module that is
    loaded from then on and keeps the text, looking for `from __feature__ import ...`, which nobody here writes. That is
    a tenth of a start and 20 MB."""
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


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

    from PySide6.QtCore import QEvent  # noqa: PLC0415 -- Qt only where a window is opened

    from desk_app.plugin_api.context import Mode  # noqa: PLC0415 -- as the rest
    from desk_app.ui.preferences import Preferences  # noqa: PLC0415 -- Qt only where a window is opened
    from desk_app.ui.session import DeskSession  # noqa: PLC0415 -- Qt only where a window is opened
    from desk_app.ui.shell.window import MainWindow  # noqa: PLC0415 -- Qt only where a window is opened

    app = application()
    with tempfile.TemporaryDirectory(prefix="desk-app-picture-") as folder:
        preferences = Preferences(_settings(Path(folder)))
        preferences.settings.setValue("look/scheme", theme)
        preferences.apply()
        session = DeskSession(desk, desk.people.sign_in(getpass.getuser()))
        if written := _being_written():
            desk.plugins.start(Mode.GUI)
            _until(app, lambda: all(_was_tried(desk, folder) for folder in written), wait_seconds)
        window = MainWindow(session, preferences)
        if written:
            window.ready.connect(window.plugins_there)
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
            for one in (window, session):
                one.deleteLater()
            app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # without a running loop nothing else does
        if not picture.save(str(path), "PNG"):
            raise OSError(f"the picture cannot be written: {path}")
    return path


def _being_written() -> Sequence[Path]:
    from desk_app.runtime.plugins import dev_folders  # noqa: PLC0415 -- for authors of plugins

    return dev_folders()


def _was_tried(desk: Desk, folder: Path) -> bool:
    """Whether a plugin that is being written is on, or is known not to work."""
    found = [one for one in desk.plugins.plugins() if one.folder == folder]
    return any(one.running or one.reason or one.problems for one in found)


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
