"""Choosing a database is written down without its password and read again by every program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desk_app.infra.database_password import full_url
from desk_app.infra.location import DeskLocation, resolve, write_database
from desk_app.plugin_api.channels import StepState
from desk_app.runtime.databases import ComputersDatabases
from desk_app.services.system.databases import ServerDatabase

SERVER = ServerDatabase("127.0.0.1", "team desk", "ann@home", 1, "p@ss:word/with everything")


@pytest.fixture
def location(tmp_path: Path) -> DeskLocation:
    (tmp_path / "data").mkdir()
    return DeskLocation(f"sqlite:///{tmp_path / 'data' / 'desk.sqlite'}", tmp_path / "data", keychain="sealed")


def test_a_choice_is_read_again_and_other_settings_stay(location: DeskLocation, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('keychain = "sealed"\n', encoding="utf-8")
    databases = ComputersDatabases(location, file)
    databases.choose(SERVER)
    assert "p@ss" not in file.read_text(encoding="utf-8")
    found = resolve(settings_file=file)
    assert (found.database_url, found.keychain) == (SERVER.url, "sealed")
    assert "team%20desk" in SERVER.url
    chosen = databases.chosen()
    assert chosen.database_url == SERVER.url
    assert full_url(chosen) == SERVER.url.replace("@127", ":p%40ss%3Aword%2Fwith%20everything@127")
    assert full_url(replace(chosen, database_url="sqlite:///x")) == "sqlite:///x"
    databases.choose(None)
    assert databases.chosen().database_url == location.database_url
    assert 'keychain = "sealed"' in file.read_text(encoding="utf-8")


def test_a_choice_that_does_not_open_is_taken_back(location: DeskLocation, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    databases = ComputersDatabases(location, file)
    databases.choose(SERVER)
    databases.take_back()
    assert not file.exists()
    write_database(file, "sqlite:///before")
    databases.choose(SERVER)
    databases.take_back()
    assert resolve(settings_file=file).database_url == "sqlite:///before"


def test_a_password_is_for_its_own_server_only(location: DeskLocation, tmp_path: Path) -> None:
    databases = ComputersDatabases(location, tmp_path / "settings.toml")
    other = replace(SERVER, host="elsewhere.example", password="another")
    databases.choose(SERVER)
    assert full_url(replace(location, database_url=other.url)) == other.url
    databases.choose(other)
    databases.take_back()
    assert "p%40ss" in full_url(databases.chosen())


def test_a_server_that_is_not_there_is_told(location: DeskLocation, tmp_path: Path) -> None:
    steps = list(ComputersDatabases(location, tmp_path / "s").test(SERVER))
    assert [(one.id, one.state) for one in steps] == [
        ("db_reach", StepState.RUNNING),
        ("db_reach", StepState.FAILED),
    ]


def test_what_was_named_on_the_command_line_is_not_changed_here(location: DeskLocation) -> None:
    assert ComputersDatabases(location).fixed_by == ""
    assert ComputersDatabases(replace(location, database_source="--database")).fixed_by == "--database"
    assert not ComputersDatabases(location).is_server


@pytest.mark.parametrize(("field", "value"), [("host", " "), ("name", ""), ("user", "")])
def test_what_is_missing_is_named(field: str, value: str) -> None:
    assert replace(SERVER, **{field: value}).problem == field
    assert SERVER.problem == ""
