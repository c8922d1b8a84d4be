"""A window on a real desk for every test that asks for one."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from desk_app.storage.database import open_database
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import theme
from tests.support.desks import DeskKit
from tests.ui import stage
from tests.ui.large_desk import large_desk_file, large_kit
from tests.ui.watchdog import gui_watchdog

__all__ = ["gui_watchdog", "large_desk_file", "large_kit"]  # fixtures


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["desk-app"]


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    qapp.setStyle("Fusion")
    theme().apply("light", factor=1.0, contrast="off", density="comfortable", system_font=False)


@pytest.fixture(autouse=True)
def garbage_on_one_thread(qapp: QApplication) -> None:
    """Look for garbage between tests only (`tests/support/garbage.py`)."""
    gc.disable()


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def kit(tmp_path: Path, sqlite_template: Path) -> Iterator[DeskKit]:
    """An empty desk; migrating happens once a process."""
    shutil.copyfile(sqlite_template, tmp_path / "desk.sqlite")
    database = open_database(f"sqlite:///{tmp_path / 'desk.sqlite'}", origin="test")
    yield DeskKit(database)
    database.close()


@pytest.fixture
def window(kit: DeskKit, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    """A window on a believable desk; afterwards nothing of it may be left running."""
    stage.believable(kit)
    made = stage.open_window(kit, settings)
    yield made
    close(made)


def close(window: MainWindow) -> None:
    """Close a window, destroy it, and check that no thread or timer of it lives on."""
    session = window.session
    window.close()
    assert not session.work.busy
    assert session.work.close(), "a thread was left running"
    window.deleteLater()
    session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()
    left = [timer for top in QApplication.topLevelWidgets() for timer in top.findChildren(QTimer) if timer.isActive()]
    for timer in left:  # whoever left them fails, and nobody after it
        timer.stop()
    assert not left, f"timers were left running: {left}"
