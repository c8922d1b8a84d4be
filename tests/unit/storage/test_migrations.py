"""Opening, creating and upgrading databases."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from desk_app.services.ports.errors import (
    BadDatabaseUrlError,
    DatabaseUnavailableError,
    DiskFullError,
    FolderNotWritableError,
    NewerSchemaError,
    NotADatabaseError,
    OutdatedSchemaError,
    StorageError,
)
from desk_app.storage import database as database_module
from desk_app.storage.database import Database, open_database, status, upgrade
from desk_app.storage.engine.faults import explain
from desk_app.storage.engine.postgresql import version_remark
from desk_app.storage.migrations import CORE_REVISION, runner
from desk_app.storage.schema import metadata
from tests.support.postgres import PostgresServer
from tests.unit.storage.samples import ticket

MADE_BY_SQL = ("search_text", "search_term_part")  # FTS5's own tables
INDEXES_BY_SQL = {
    "ix_search_document_tsv",
    "ix_search_term_prefix",
    "ix_search_term_part",
    "ix_contact_name_prefix",
    "ix_contact_address_prefix",
}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_migrations_make_what_the_schema_says(database: Database) -> None:
    with database._connections.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _object, name, kind, reflected, _to: (
                    not (
                        reflected
                        and (
                            (kind == "table" and name.startswith((*MADE_BY_SQL, "alembic_version")))
                            or (kind == "column" and name == "tsv")
                            or name in INDEXES_BY_SQL
                        )
                    )
                ),
                "compare_type": False,
            },
        )
        assert compare_metadata(context, metadata) == []


def test_opening_again_changes_nothing(database: Database, database_url: str) -> None:
    with database.unit_of_work() as uow:
        ticket(uow)
        uow.commit()
    facts = upgrade(database_url)
    assert (facts["exists"], facts["revision"], facts["needs_upgrade"]) == (True, CORE_REVISION, False)
    again = open_database(database_url, origin="again", migrate=False)
    try:
        assert again.diagnostics()["tickets"] == 1
        assert again.dialect == database.dialect
    finally:
        again.close()


def test_a_newer_schema_is_refused_with_advice(database: Database, database_url: str) -> None:
    with database.unit_of_work() as uow:
        uow.connection.execute(sa.text("UPDATE schema_info SET version = 9, min_write = 9"))
        uow.commit()
    for migrate in (True, False):
        with pytest.raises(NewerSchemaError, match="newer version"):
            open_database(database_url, origin="test", migrate=migrate)


def test_a_newer_schema_that_still_lets_us_write_is_opened(database: Database, database_url: str) -> None:
    with database.unit_of_work() as uow:
        uow.connection.execute(sa.text("UPDATE schema_info SET version = 99"))
        uow.connection.execute(sa.text("UPDATE alembic_version_core SET version_num = '0099'"))
        uow.commit()
    open_database(database_url, origin="test").close()


def test_an_older_schema_is_refused_where_migrating_is_not_wanted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert status(url)["exists"] is False
    assert not (tmp_path / "new.db").exists()
    with pytest.raises(OutdatedSchemaError, match="db upgrade"):
        open_database(url, origin="test", migrate=False)


_OPEN = (
    "import sys; from desk_app.storage.database import open_database; open_database(sys.argv[1], origin='x').close()"
)


def _start_together(url: str) -> list[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", _OPEN, url], stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    return [process.communicate(timeout=120)[1] for process in processes]


def test_several_first_starts_at_once_make_one_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    assert _start_together(url) == ["", "", ""]
    assert status(url)["revision"] == CORE_REVISION


@pytest.mark.postgres
def test_several_first_starts_at_once_make_one_postgresql_schema(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        assert _start_together(url) == ["", "", ""]
        assert status(url)["revision"] == CORE_REVISION


def test_a_file_is_copied_before_an_upgrade(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = sqlite_database._connections
    with sqlite_database.unit_of_work() as uow:
        ticket(uow)
        uow.commit()
    monkeypatch.setattr(runner, "CORE_REVISION", "0099")
    monkeypatch.setattr(runner, "_migrate", lambda _connection: None)
    runner.upgrade(connections)
    assert connections.file is not None
    (copy,) = connections.file.parent.glob("desk.before-0099.*.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM ticket").fetchone() == (1,)


def test_a_failed_upgrade_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"

    def fail(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (x)")
        raise RuntimeError("half-way")

    with monkeypatch.context() as patch:
        patch.setattr(runner, "_migrate", fail)
        with pytest.raises(RuntimeError, match="half-way"):
            open_database(url, origin="test")
    open_database(url, origin="test").close()
    with closing(sqlite3.connect(tmp_path / "desk.db")) as connection:
        assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchone() is None


def test_backups_can_be_made_while_the_desk_works(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.unit_of_work() as uow:
        ticket(uow)
        uow.commit()
    copy = sqlite_database.backup(tmp_path / "copy.db")
    opened = open_database(f"sqlite:///{copy}", origin="test")
    assert opened.diagnostics()["tickets"] == 1
    opened.close()


@pytest.mark.postgres
def test_a_backup_shows_one_moment_however_much_is_written_meanwhile(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_PAGES_AT_ONCE", 40)
    connections = sqlite_database._connections
    told: list[int] = []

    def write(done: int, _total: int) -> None:
        """Let somebody else write between two steps of the copy, as often as that may begin it anew."""
        told.append(done)
        if len(told) > 50:
            return

        def store() -> None:
            with sqlite_database.unit_of_work() as uow:
                uow.settings.set("written_meanwhile", len(told))
                uow.commit()

        other = threading.Thread(target=store, daemon=True)
        other.start()
        other.join(5)
        assert not other.is_alive(), "others wait until the backup is done"

    copy = runner.backup_file(connections, tmp_path / "copy.db", write)
    assert 1 < len(told) < 50
    assert told == sorted(told), "the copy was begun anew"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as opened:
        found = opened.execute("SELECT COUNT(*) FROM setting WHERE key = 'written_meanwhile'").fetchone()
    assert found == (0,)


def test_backups_of_postgresql_are_not_ours_to_make(postgres_database: Database, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="pg_dump"):
        postgres_database.backup(tmp_path / "copy.db")


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "postgresql://host", "sqlite:///a.db?mode=ro"],
)
def test_urls_that_cannot_be_used_are_refused(url: str) -> None:
    with pytest.raises(BadDatabaseUrlError):
        open_database(url, origin="test")


def test_files_that_are_no_desk_are_refused(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, this is no database.")
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE songs (x)")
    for path, words in ((letter, "not a database"), (other, "another program"), (tmp_path, "is a folder")):
        with pytest.raises(NotADatabaseError, match=words):
            open_database(f"sqlite:///{path}", origin="test")
    garbled = tmp_path / "garbled.db"
    garbled.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    with pytest.raises(NotADatabaseError):
        open_database(f"sqlite:///{garbled}", origin="test")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderNotWritableError, match="cannot be created"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'desk.db'}", origin="test")


def test_a_folder_without_the_right_to_write_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk_app.storage.engine.folders.os.access", lambda _path, _mode: False)
    with pytest.raises(FolderNotWritableError, match="cannot be written"):
        open_database(f"sqlite:///{tmp_path / 'desk.db'}", origin="test")


def test_a_full_disk_is_called_so_and_loses_nothing(sqlite_database: Database) -> None:
    with sqlite_database.unit_of_work() as uow:
        kept = ticket(uow)
        pages = uow.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        uow.commit()

    def fill_the_disk() -> None:
        with sqlite_database.unit_of_work() as uow:
            uow.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
            for _ in range(50):
                uow.blobs.put(os.urandom(5000))
            uow.commit()

    with pytest.raises(DiskFullError, match="disk is full"):
        fill_the_disk()
    with sqlite_database.unit_of_work() as uow:
        assert uow.tickets.get(kept.id) is not None


def test_an_unreachable_server_is_named_without_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "hunter2-secret"
    with pytest.raises(DatabaseUnavailableError) as caught:
        open_database(f"postgresql://ann:{secret}@127.0.0.1:1/desk", origin="test")
    assert secret not in str(caught.value)
    assert secret not in caplog.text
    assert secret not in database_module.shown(database_module.parse_url(f"postgresql://ann:{secret}@h/desk"))


@pytest.mark.postgres
def test_a_missing_database_is_named(postgres_server: PostgresServer) -> None:
    with pytest.raises(DatabaseUnavailableError, match="does not exist"):
        open_database(postgres_server.url("nowhere"), origin="test")


def test_faults_of_the_program_are_not_hidden() -> None:
    assert explain(ValueError("x")) is None
    assert explain(sqlite3.OperationalError("no such table")) is None


def test_old_servers_are_remarked() -> None:
    assert "too old" in version_remark(130004)
    assert "recommended" in version_remark(150018)
    assert version_remark(170002) == ""
