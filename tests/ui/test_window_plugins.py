"""The program with a window loads plugins behind the first list, and can leave them out (plugins.md, "States and
lifecycle", "Isolation and recovery mode")."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.infra.location import resolve
from desk_app.plugin_api.context import Mode
from desk_app.runtime import gui, plugins
from desk_app.runtime.compose import open_desk
from desk_app.services.ports.plugins import PluginRefusedError
from tests.support.plugin_folders import write_plugin
from tests.support.plugin_hosts import PluginKit, left_over
from tests.ui import stage

TOLD = """
    from pathlib import Path
    from desk_app.plugin_api import hookimpl

    @hookimpl
    def app_ready(ctx, mode):
        ctx.kv.set("ready", str(mode))

    @hookimpl
    def app_closing(ctx, deadline):
        (Path(__file__).parent / "closed.txt").write_text("told")
"""


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Path:
    folder = tmp_path / "bundled"
    folder.mkdir()
    monkeypatch.setattr(plugins, "bundled_folder", lambda: folder)
    monkeypatch.setattr(gui, "_desktop_notes", lambda: None)
    monkeypatch.setattr(gui, "WORKER_AFTER_MS", 1)
    return folder


def _run(tmp_path: Path, *, safe: bool = False) -> gui._Program:
    data = tmp_path / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    location = replace(resolve(data=str(data)), keychain="memory")
    program = gui._Program(location, own=False, safe=safe)
    program._open(lambda: open_desk(location, origin="window"))
    assert stage.pump(lambda: program._worker is not None, 20), "the worker waits for the plugins"
    return program


def _end(program: gui._Program, qapp: QApplication) -> None:
    window, desk = program._window, program._desk
    assert window is not None
    assert desk is not None
    window.leaving.left.disconnect(qapp.quit)
    window.leaving.quitting = True
    program._end_plugins()
    assert program._worker is None or program._worker.end()
    window.close()
    window.deleteLater()
    program._work.close()
    desk.close()


def test_the_window_loads_plugins_before_mail_is_fetched_and_tells_them_when_it_closes(
    tmp_path: Path, bundled: Path, qapp: QApplication
) -> None:
    folder = write_plugin(bundled, "sample", TOLD)
    program = _run(tmp_path)
    desk = program._desk
    assert desk is not None
    desk.plugins.activate("sample", ())
    _end(program, qapp)
    assert (folder / "closed.txt").read_text() == "told"
    program = _run(tmp_path)
    desk = program._desk
    assert desk is not None
    state = desk.plugins.state("sample")
    assert state is not None
    assert state.kind is StateKind.ACTIVE
    with desk.unit_of_work() as uow:
        assert state.record is not None
        assert uow.plugins.value(state.record.id, "ready") == "gui"
    assert program._plugins is not None
    assert program._plugins._watch is not None, "the window is watched for standing still"
    _end(program, qapp)
    assert not list((tmp_path / "data" / "plugins").glob("*.txt"))
    assert not left_over()


@pytest.mark.parametrize("how", ["--safe-mode", "Shift"])
def test_plugins_are_left_out_when_that_is_asked_for(
    tmp_path: Path, bundled: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    write_plugin(bundled, "sample", TOLD)
    if how == "Shift":
        held = staticmethod(lambda: Qt.KeyboardModifier.ShiftModifier)
        monkeypatch.setattr(QGuiApplication, "queryKeyboardModifiers", held)
    program = _run(tmp_path, safe=how != "Shift")
    desk = program._desk
    assert desk is not None
    assert desk.plugins.safe_mode
    assert [state.slug for state in desk.plugins.plugins()] == ["sample"]
    _end(program, qapp)


WINDOW = """
    from desk_app.plugin_api import hookimpl
    from desk_app.plugin_api.ui import PanelSpec

    @hookimpl
    def ticket_panels(ctx):
        return [PanelSpec("sample.panel", "Panel", lambda parent: None)]
"""


def test_the_half_for_the_window_is_loaded_when_the_window_asks(local_plugins: PluginKit, qapp: QApplication) -> None:
    local_plugins.write(manifest='ui_entry = "window"\npermissions = ["ui"]', window=WINDOW)
    host = local_plugins.host
    host.start(Mode.GUI)
    host.activate("sample", {Permission.UI})
    assert "desk_plugins.sample.window" not in sys.modules
    part = host.ui_part("sample")
    assert [one.spec.id for one in part["ticket_panels"]] == ["sample.panel"]
    assert [one.spec.id for one in host.ui_part("sample")["ticket_panels"]] == ["sample.panel"]
    assert [one.plugin for one in host.contributions("ticket_panels")] == ["sample"]
    assert "ticket_panels" in host.used_hooks("sample")
    host.deactivate("sample")
    assert host.contributions("ticket_panels") == []
    assert host.ui_part("sample") == {}
    assert not left_over()


def test_the_half_for_the_window_waits_for_its_permission(local_plugins: PluginKit, qapp: QApplication) -> None:
    local_plugins.write(manifest='ui_entry = "window"\npermissions = ["ui"]', window=WINDOW)
    host = local_plugins.host
    host.start(Mode.GUI)
    host.activate("sample", ())
    assert host.ui_part("sample") == {}
    assert "desk_plugins.sample.window" not in sys.modules
    host.grant("sample", Permission.UI)
    assert [one.spec.id for one in host.ui_part("sample")["ticket_panels"]] == ["sample.panel"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ValueError('no window')", "ValueError: no window"),
        ("raise SystemExit(1)", "SystemExit: 1"),
        (WINDOW.replace("ticket_panels", "ticket_panel"), "did you mean “ticket_panels”"),
        (WINDOW.replace('[PanelSpec("sample.panel", "Panel", lambda parent: None)]', "[7]"), "returned int"),
        (
            WINDOW + "\n    @hookimpl\n    def ticket_created(ctx):\n        pass\n",
            "“ticket_created” stands in the part",
        ),
    ],
)
def test_a_half_that_fails_is_noted_and_takes_no_part(
    local_plugins: PluginKit, qapp: QApplication, code: str, reason: str
) -> None:
    local_plugins.write(manifest='ui_entry = "window"\npermissions = ["ui"]', window=code)
    local_plugins.host.start(Mode.GUI)
    local_plugins.host.activate("sample", {Permission.UI})
    with pytest.raises(PluginRefusedError, match=reason):
        local_plugins.host.ui_part("sample")
    assert reason in local_plugins.faults()[0]
    assert local_plugins.host.contributions("ticket_panels") == []
    assert local_plugins.kind() is StateKind.ACTIVE, "the other half goes on"
