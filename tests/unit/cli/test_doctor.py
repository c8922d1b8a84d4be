"""The doctor's findings where a real desk cannot produce them."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desk_app.cli import doctor
from desk_app.cli.doctor import Check, examine
from desk_app.infra.location import DeskLocation
from desk_app.services.ports.errors import UnsafeFolderError


@pytest.fixture
def location(tmp_path: Path) -> DeskLocation:
    return DeskLocation(f"sqlite:///{tmp_path / 'desk.sqlite'}", tmp_path, "--data", "--data", keychain="sealed")


def found(location: DeskLocation, key: str) -> Check:
    [check] = [check for check in examine(location) if check.id == key]
    return check


def test_an_old_sqlite_is_named_with_what_protects_the_file_database_md_7(
    location: DeskLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
    assert found(location, "sqlite").state == "warn"
    assert "lock file" in found(location, "sqlite").advice
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    assert found(location, "sqlite").state == "ok"
    server = DeskLocation("postgresql://nobody@127.0.0.1:1/none", location.data_dir)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    assert found(server, "sqlite").state == "ok"
    assert found(server, "database").state == "fail"


def test_a_folder_on_the_network_is_found_before_there_is_a_file_ad_11(
    location: DeskLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UnsafeFolderError("The folder lies on a network file system.", "Use PostgreSQL to share a desk.")

    monkeypatch.setattr("desk_app.storage.engine.folders.check_folder", refuse)
    check = found(location, "database")
    assert (check.state, check.advice) == ("fail", "Use PostgreSQL to share a desk.")


def test_little_room_is_a_warning(location: DeskLocation, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(location.data_dir)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    assert found(location, "disk").state == "warn"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_a_data_folder_others_can_read_is_a_warning(location: DeskLocation) -> None:
    location.data_dir.chmod(0o755)
    assert "chmod 700" in found(location, "data_folder").advice
    location.data_dir.chmod(0o700)
    assert stat.S_IMODE(location.data_dir.stat().st_mode) == 0o700
    assert found(location, "data_folder").state == "ok"


def test_a_file_in_place_of_the_data_folder_is_a_fault(location: DeskLocation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    there = DeskLocation(location.database_url, tmp_path / "file", "--database", "--data")
    assert found(there, "data_folder").state == "fail"


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("find_spec", lambda _: None, "warn"),
        ("_missing_libraries", lambda: ["libEGL.so.1"], "fail"),
        ("_missing_libraries", list, "ok"),
    ],
)
def test_the_window_needs_qt_and_its_libraries(
    location: DeskLocation, monkeypatch: pytest.MonkeyPatch, name: str, value: Callable[..., Any], state: str
) -> None:
    monkeypatch.setattr(doctor.importlib.util if name == "find_spec" else doctor, name, value)
    assert found(location, "qt").state == state


def test_no_keychain_is_a_warning_with_the_choice_toolchain_trap_9(location: DeskLocation) -> None:
    without = DeskLocation(location.database_url, location.data_dir, "--data", "--data")
    check = found(without, "keychain")
    assert check.state == "warn"
    assert "--keychain sealed" in check.advice
    assert found(location, "keychain").state == "ok"


def test_a_check_that_breaks_is_a_finding(location: DeskLocation, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(_: object) -> None:
        raise OSError("disk on fire")

    monkeypatch.setattr(shutil, "disk_usage", break_down)
    check = found(location, "disk")
    assert check.state == "fail"
    assert "disk on fire" in check.detail
