from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from desk_app.infra.location import resolve, write_database
from desk_app.runtime import databases, gui
from desk_app.runtime.compose import open_desk
from desk_app.runtime.databases import ComputersDatabases
from tests.support.desks import DeskKit
from tests.ui import stage


def test_toolchain_trap_8_no_display_is_one_line_and_no_crash(tmp_path: Path) -> None:
    if sys.platform in {"win32", "darwin"}:
        pytest.skip("there is always a display there")
    environment = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}}
    command = [sys.executable, "-c", "import sys; from desk_app.runtime.gui import main; sys.exit(main())"]
    environment["DESK_APP_DATA"] = str(tmp_path)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "no display" in done.stderr


def test_a_display_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert gui.missing_display() == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_of_the_real_window_without_a_display(kit: DeskKit, tmp_path: Path, scheme: str) -> None:
    stage.believable(kit)
    path = gui.render_offscreen(kit.desk, tmp_path / "picture.png", (1280, 800), scheme)
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1280, 800)
    colours = {image.pixelColor(x, y).name() for x in range(0, 1280, 16) for y in range(0, 800, 16)}
    assert len(colours) > 20, "the window is empty"
    dark = image.pixelColor(20, 400).lightness() < 60
    assert dark == (scheme == "dark")


def test_a_picture_that_cannot_be_written_is_an_error(kit: DeskKit, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written"):
        gui.render_offscreen(kit.desk, tmp_path / "missing" / "picture.png", wait_seconds=0.1)


def test_ad_07_another_database_is_opened_in_the_same_program(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    write_database(file, f"sqlite:///{tmp_path / 'first.sqlite'}")
    location = replace(resolve(settings_file=file), data_dir=data, keychain="memory")
    monkeypatch.setattr(gui, "_desktop_notes", lambda: None)
    monkeypatch.setattr(databases, "ComputersDatabases", lambda where: ComputersDatabases(where, file))
    program = gui._Program(location)
    program._open(lambda: open_desk(location, origin="window"))
    assert stage.pump(lambda: program._window is not None and program._window.setting_up.wizard is not None, 20)
    first = program._window
    assert first is not None
    assert program._databases is not None
    program._databases.choose(None)
    first.reopen_asked.emit()
    assert stage.pump(lambda: program._window not in {None, first}, 20)
    second = program._window
    assert second is not None
    assert stage.pump(lambda: second.setting_up.wizard is not None, 20)
    assert second.session.desk.system.place.database_file == data / "desk.sqlite"
    assert (data / "desk.sqlite").exists()
    second.leaving.left.disconnect(qapp.quit)
    second.leaving.quitting = True
    assert program._worker is None or program._worker.end()
    second.close()
    second.deleteLater()
    program._work.close()
    assert program._desk is not None
    program._desk.close()
