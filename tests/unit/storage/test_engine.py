"""Folders, locks and connection settings."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from desk_app.services.ports.errors import DatabaseBusyError, UnsafeFolderError
from desk_app.storage.database import Database, open_database
from desk_app.storage.engine.folders import Machine, check_folder
from desk_app.storage.engine.urls import parse_url, shown
from desk_app.storage.engine.writer_lock import WriterLock, needs_lock_file
from tests.unit.storage.samples import ticket

HOME = "36 25 254:1 / / rw,relatime - ext4 /dev/vda rw\n"


def _mounted(kind: str, at: str) -> Machine:
    return Machine(platform="linux", mountinfo=f"{HOME}40 36 0:50 / {at} rw - {kind} server:/x rw\n", environment={})


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone", "vboxsf", "virtiofs", "ceph", "davfs"]
)
def test_ad_11_network_file_systems_are_refused_with_advice(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UnsafeFolderError, match=r"PostgreSQL") as caught:
        check_folder(tmp_path / "share" / "new" / "desk.db", _mounted(kind, str(tmp_path)))
    assert kind in str(caught.value)


@pytest.mark.parametrize("kind", ["ext4", "btrfs", "xfs", "zfs", "tmpfs", "overlay", "fuseblk"])
def test_local_file_systems_are_taken(tmp_path: Path, kind: str) -> None:
    check_folder(tmp_path / "desk.db", _mounted(kind, str(tmp_path)))


def test_the_innermost_mount_counts_and_its_name_may_hold_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "my share"
    folder.mkdir()
    with pytest.raises(UnsafeFolderError):
        check_folder(folder / "desk.db", _mounted("cifs", str(folder).replace(" ", "\\040")))
    check_folder(tmp_path / "my shares" / "desk.db", _mounted("cifs", str(folder).replace(" ", "\\040")))


@pytest.mark.parametrize("path", ["//server/share/desk.db", r"\\server\share\desk.db"])
def test_ad_11_network_shares_are_refused(path: str) -> None:
    with pytest.raises(UnsafeFolderError, match="network share"):
        check_folder(Path(path), Machine(platform="win32", mountinfo="", environment={}))


def test_ad_11_network_drives_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def drive_type(_machine: Machine, root: str) -> int:
        asked.append(root)
        return 4

    monkeypatch.setattr(Machine, "drive_type", drive_type)
    with pytest.raises(UnsafeFolderError, match="network drive Z:"):
        check_folder(Path("Z:/desk/desk.db"), Machine(platform="win32", mountinfo="", environment={}))
    assert asked == ["Z:\\"]


def test_ad_11_network_volumes_of_a_mac_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "is_local_volume", lambda _machine, _folder: False)
    with pytest.raises(UnsafeFolderError, match="network volume"):
        check_folder(tmp_path / "desk.db", Machine(platform="darwin", mountinfo="", environment={}))


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("OneDrive", "OneDrive"),
        ("OneDrive - Contoso Ltd", "OneDrive"),
        ("Dropbox", "Dropbox"),
        ("Dropbox (Personal)", "Dropbox"),
        ("iCloud Drive", "iCloud"),
        ("com~apple~CloudDocs", "iCloud"),
        ("Google Drive", "Google Drive"),
        ("GoogleDrive-ann@example.org", "Google Drive"),
        ("Nextcloud", "Nextcloud"),
    ],
)
def test_ad_11_synchronised_folders_are_refused(tmp_path: Path, folder: str, service: str) -> None:
    machine = Machine(platform="linux", mountinfo=HOME, environment={})
    with pytest.raises(UnsafeFolderError, match=service):
        check_folder(tmp_path / folder / "help desk" / "desk.db", machine)
    check_folder(tmp_path / f"Not {folder}s" / "desk.db", machine)


def test_ad_11_a_renamed_onedrive_is_known_by_its_variable(tmp_path: Path) -> None:
    machine = Machine(platform="linux", mountinfo=HOME, environment={"OneDrive": str(tmp_path / "Cloud")})
    with pytest.raises(UnsafeFolderError, match="OneDrive"):
        check_folder(tmp_path / "Cloud" / "desk.db", machine)


def test_opening_asks_about_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFolderError):
        open_database(f"sqlite:///{tmp_path / 'desk.db'}", origin="test", machine=_mounted("nfs4", str(tmp_path)))


def test_pains_45_sqlite_runs_with_the_settings_it_needs(sqlite_database: Database) -> None:
    with sqlite_database.unit_of_work() as uow:
        assert uow.connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert uow.connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert uow.connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000
        assert uow.connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    with sqlite_database._connections.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1


@pytest.mark.postgres
def test_postgresql_connections_have_limits(postgres_database: Database) -> None:
    with postgres_database.unit_of_work() as uow:
        settings = {
            name: uow.connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("search_path", "application_name", "idle_in_transaction_session_timeout", "lock_timeout")
        }
    assert settings == {
        "search_path": "desk,public",
        "application_name": "desk-app test",
        "idle_in_transaction_session_timeout": "1min",
        "lock_timeout": "15s",
    }


def test_a_second_unit_of_work_in_the_same_thread_is_a_fault_not_a_hang(sqlite_database: Database) -> None:
    with sqlite_database.unit_of_work() as outer:
        ticket(outer)
        with sqlite_database.unit_of_work() as inner, pytest.raises(RuntimeError, match="open in this thread"):
            ticket(inner)


def test_the_writer_lock_gives_up_after_its_time(tmp_path: Path) -> None:
    lock = WriterLock.of(tmp_path / "desk.db")
    lock.acquire()
    failed: list[BaseException] = []

    def second() -> None:
        try:
            lock.acquire(timeout=0.05)
        except DatabaseBusyError as error:
            failed.append(error)

    thread = threading.Thread(target=second, daemon=True)
    thread.start()
    thread.join(20)
    lock.release()
    lock.close()
    assert len(failed) == 1


_HOLD = """
import sys
from pathlib import Path
from desk_app.storage.engine.writer_lock import WriterLock
lock = WriterLock(Path(sys.argv[1]), between_processes=True)
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_database_7_processes_keep_each_other_out_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        lock = WriterLock(file, between_processes=True)
        with pytest.raises(DatabaseBusyError):
            lock.acquire(timeout=0.1)
        process.kill()
        process.wait(20)
        lock.acquire(timeout=10)
        lock.release()


def test_database_7_the_lock_file_is_used_by_versions_with_the_fault_only() -> None:
    assert needs_lock_file((3, 40, 1))
    assert needs_lock_file((3, 51, 2))
    assert not needs_lock_file((3, 51, 3))
    assert not needs_lock_file((3, 54, 1))


_WRITE = """
import sys
from desk_app.storage.database import open_database
database = open_database(sys.argv[1], origin="writer")
for _ in range(60):
    with database.unit_of_work() as uow:
        uow.settings.set("count", uow.settings.get("count", 0) + 1)
        uow.commit()
database.close()
"""


def test_pains_45_processes_that_read_then_write_lose_nothing(sqlite_database: Database) -> None:
    url = f"sqlite:///{sqlite_database._connections.file}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [subprocess.Popen([sys.executable, "-c", _WRITE, url], env=environment) for _ in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    with sqlite_database.unit_of_work() as uow:
        assert uow.settings.get("count") == 180
        assert uow.connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


_UNDO_WHILE_IT_WORKS = """
import sqlite3
import threading
import time
from desk_app.storage.engine.sqlite import SharedConnection, undone

connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=SharedConnection)
connection.execute("BEGIN")
asked = threading.Event()

def may(action, *_more):
    if action == sqlite3.SQLITE_TRANSACTION:
        asked.set()
        time.sleep(0.3)  # SQLite holds the connection, the interpreter is free for the other thread
    return sqlite3.SQLITE_OK

def undo():
    with undone(connection):
        connection.close()

connection.set_authorizer(may)
cursor = connection.cursor()
thread = threading.Thread(target=undo)
thread.start()
assert asked.wait(10)
try:
    {at_work}
except sqlite3.ProgrammingError as error:
    print(error)
thread.join()
"""


@pytest.mark.parametrize("at_work", ["cursor.execute('SELECT 1')", "connection.set_authorizer(None)"])
def test_pl_03_a_transaction_is_undone_while_its_own_thread_is_at_work(at_work: str) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _UNDO_WHILE_IT_WORKS.replace("{at_work}", at_work)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "Cannot operate on a closed database.\n"), done.stderr


def test_a_url_is_shown_without_its_password() -> None:
    assert shown(parse_url("postgresql://ann:secret@db.example/desk")) == "postgresql://ann:***@db.example/desk"
    assert shown(parse_url("sqlite:////var/desk.db")) == "sqlite:////var/desk.db"


def test_this_python_has_what_search_needs() -> None:
    assert sqlite3.sqlite_version_info >= (3, 40)
