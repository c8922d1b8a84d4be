"""One process of the benchmark `window`: runs until a moment, prints what it took, and ends.

python -m bench.window_child bare|first|usable|working|idle FOLDER [NUMBER]

NUMBER: so many plugins belong to the window at work; at rest, so many seconds lie between the first list and the
measure, and as many are measured.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

IDLE_SECONDS = 5.0
WORKER_SECONDS = 2.5
"""So long after its start the worker has loaded what it needs, with plugins and without."""
CALM_SECONDS = 8.0
"""Between the first list and the measure at rest: mailboxes are asked, counts are read."""


def report(**more: float) -> None:
    """Print CPU seconds, memory and loaded packages and modules of the whole process, then end it at once."""
    used = {"cpu": time.process_time(), "peak_mb": _peak_mb(), **more}
    used |= {"loaded": sorted({name.partition(".")[0] for name in sys.modules}), "modules": sorted(sys.modules)}
    sys.stdout.write(json.dumps(used))
    sys.stdout.flush()
    os._exit(0)


def _peak_mb() -> float:
    """The most memory that was resident; `ru_maxrss` would count what the parent had at the fork."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def bare() -> None:
    """A window of Qt alone."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication([])
    window = QMainWindow()
    window.resize(1440, 900)
    _on_paint(window, report)
    window.show()
    app.exec()


def program(folder: Path, mode: str) -> None:
    """The real program on the desk in a folder, as `desk-app run` starts it."""
    from desk_app.infra.location import DeskLocation
    from desk_app.runtime import gui

    app = gui.application()
    if mode == "first":
        _on_paint(app, report)
    elif mode == "working":
        _poll(lambda: _at_work(int(sys.argv[3])))
    else:
        _poll(lambda: _usable(mode))
    gui.run(DeskLocation(f"sqlite:///{folder / 'desk.sqlite'}", folder, keychain="memory"))


def _poll(call: Callable[[], bool]) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    timer = QTimer(QApplication.instance())
    timer.timeout.connect(lambda: timer.stop() if call() else None)
    timer.start(15)


def _usable(mode: str) -> bool:
    """Whether the list of tickets can be read and walked through; what follows then is begun."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    window = next((one for one in QApplication.topLevelWidgets() if type(one).__name__ == "MainWindow"), None)
    if window is None or not window.isVisible() or window.session.work.busy:  # type: ignore[attr-defined]
        return False
    model = window.inbox.list.model  # type: ignore[attr-defined]
    if model.rowCount() == 0 or not model.index(0, 0).data():
        return False
    if mode == "usable":
        window.inbox.list.table.viewport().repaint()  # type: ignore[attr-defined]
        report()
    given = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    measured = given or IDLE_SECONDS
    QTimer.singleShot(int((given or CALM_SECONDS) * 1000), window, lambda: _measure_idle(measured))
    return True


def _at_work(plugins: int) -> bool:
    """Whether so many plugins have their parts in the window, and the worker runs; what follows then is begun."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    window = next((one for one in QApplication.topLevelWidgets() if type(one).__name__ == "MainWindow"), None)
    if window is None or not any(one.name == "worker" for one in threading.enumerate()):
        return False
    mounted = window.plugins.parts.mounts if window.plugins is not None else {}  # type: ignore[attr-defined]
    if len(mounted) < plugins or window.session.work.busy:  # type: ignore[attr-defined]
        return False
    QTimer.singleShot(int(WORKER_SECONDS * 1000), window, report)
    return True


def _measure_idle(seconds: float) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    before = time.process_time()
    end = QApplication.instance()
    QTimer.singleShot(int(seconds * 1000), end, lambda: _idle((time.process_time() - before) / seconds))


def _idle(share: float) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    report(idle_percent=100 * share, resident_mb=pages * os.sysconf("SC_PAGESIZE") / 2**20)


def _on_paint(watched: object, call: Callable[[], None]) -> None:
    """Call once the first widget was painted: a filter hears of it before, so the call is put off by a turn."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    class Watch(QObject):
        def eventFilter(self, target: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
            if event.type() == QEvent.Type.Paint:
                watched.removeEventFilter(self)  # type: ignore[attr-defined]
                QTimer.singleShot(0, target, call)
            return False

    watched.installEventFilter(Watch(watched))  # type: ignore[attr-defined,call-arg]


def main() -> None:
    """Run one mode."""
    mode = sys.argv[1]
    if mode == "bare":
        bare()
    else:
        program(Path(sys.argv[2]), mode)


if __name__ == "__main__":
    main()
