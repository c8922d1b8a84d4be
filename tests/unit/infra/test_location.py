"""Where the desk is: issue 2, section 1, "in that order"."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from desk_app.infra.location import DeskLocation, LocationError, default_data_dir, prepare, resolve, settings_path


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_every_level_of_the_order_beats_the_next(tmp_path: Path, settings: Path) -> None:
    settings.write_text(f'database = "{(tmp_path / "s.db").as_posix()}"\ndata = "{(tmp_path / "s").as_posix()}"\n')
    both = {"DESK_APP_DATABASE": str(tmp_path / "env.db"), "DESK_APP_DATA": str(tmp_path / "env")}
    only_data = {"DESK_APP_DATA": str(tmp_path / "env")}

    def where(database: str | None, data: str | None, environ: dict[str, str]) -> tuple[str, str]:
        location = resolve(database, data, environ=environ, settings_file=settings)
        return location.database_url.removeprefix("sqlite:///"), location.database_source

    option, folder = str(tmp_path / "opt.db"), str(tmp_path / "folder")
    assert where(option, folder, both) == (option, "--database")
    assert where(None, folder, both) == (both["DESK_APP_DATABASE"], "DESK_APP_DATABASE")
    assert where(None, folder, only_data) == (str(Path(folder) / "desk.sqlite"), "--data")
    assert where(None, None, only_data) == (str(tmp_path / "env" / "desk.sqlite"), "DESK_APP_DATA")
    assert where(None, None, {}) == (str(tmp_path / "s.db"), str(settings))
    settings.unlink()
    assert where(None, None, {}) == (str(default_data_dir() / "desk.sqlite"), "default")


def test_the_data_folder_follows_its_own_order(tmp_path: Path, settings: Path) -> None:
    settings.write_text(f'data = "{(tmp_path / "s").as_posix()}"\n')
    environ = {"DESK_APP_DATA": str(tmp_path / "env")}
    option = resolve(None, str(tmp_path / "opt"), environ=environ, settings_file=settings)
    assert (option.data_dir, option.data_source) == (tmp_path / "opt", "--data")
    variable = resolve(environ=environ, settings_file=settings)
    assert (variable.data_dir, variable.data_source) == (tmp_path / "env", "DESK_APP_DATA")
    file = resolve(environ={}, settings_file=settings)
    assert (file.data_dir, file.data_source) == (tmp_path / "s", str(settings))


def test_urls_and_paths_become_urls(tmp_path: Path) -> None:
    def url(named: str) -> str:
        return resolve(named, environ={}, settings_file=tmp_path / "none").database_url

    assert url("postgresql://me@db/desk") == "postgresql://me@db/desk"
    assert url("postgresql+psycopg://me@db/desk") == "postgresql+psycopg://me@db/desk"
    assert url("postgres://me@db/desk") == "postgresql://me@db/desk"
    assert url("sqlite:////tmp/a.db") == "sqlite:////tmp/a.db"
    assert url("some/place.db") == f"sqlite:///{Path('some/place.db').absolute()}"


@pytest.mark.parametrize("named", [":memory:", "mysql://x/y", "http://example.org"])
def test_databases_that_cannot_be_a_desk_are_refused_with_their_source(named: str, tmp_path: Path) -> None:
    with pytest.raises(LocationError, match="DESK_APP_DATABASE"):
        resolve(environ={"DESK_APP_DATABASE": named}, settings_file=tmp_path / "none")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("database = ", "cannot be read"),
        ('databse = "x"', "unknown keys: databse"),
        ("data = 3", "data must be text"),
        ('keychain = "drawer"', "keychain must be one of"),
    ],
)
def test_a_broken_settings_file_is_named_and_explained(content: str, expected: str, settings: Path) -> None:
    settings.write_text(content)
    with pytest.raises(LocationError, match=expected) as caught:
        resolve(environ={}, settings_file=settings)
    assert str(settings) in str(caught.value)


def test_the_settings_file_chooses_keychain_and_log_level(settings: Path) -> None:
    settings.write_text('keychain = "sealed"\nlog_level = "DEBUG"\n')
    location = resolve(environ={}, settings_file=settings)
    assert (location.keychain, location.log_level) == ("sealed", "DEBUG")


def test_the_platform_settings_file_is_read(tmp_path: Path) -> None:
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text(f'data = "{(tmp_path / "mine").as_posix()}"')
    assert resolve().data_dir == tmp_path / "mine"


def test_the_password_of_a_url_is_never_shown(tmp_path: Path) -> None:
    location = DeskLocation("postgresql://ana:s3cret%40x@db.example:5432/desk", tmp_path)
    assert location.shown_database == "postgresql://ana@db.example:5432/desk"
    assert location.database_file is None
    file = DeskLocation(f"sqlite:///{tmp_path / 'd.db'}", tmp_path)
    assert file.shown_database == file.database_url
    assert file.database_file == tmp_path / "d.db"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_the_data_folder_is_private(tmp_path: Path) -> None:
    location = resolve(None, str(tmp_path / "a" / "b"), environ={}, settings_file=tmp_path / "none")
    prepare(location)
    assert stat.S_IMODE(location.data_dir.stat().st_mode) == 0o700
    prepare(location)  # again, nothing happens


def test_a_file_in_place_of_the_data_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(LocationError, match="--data"):
        prepare(DeskLocation("sqlite:///x", tmp_path / "taken" / "below"))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(LocationError, match="not writable"):
        prepare(DeskLocation("sqlite:///x", folder))
