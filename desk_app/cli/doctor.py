"""What `desk-app doctor` examines: each check says what it found and, where something is wrong, what to do."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from desk_app.domain.mailboxes.model import FirstImport
from desk_app.infra.location import DeskLocation
from desk_app.plugin_api.channels import SecretError
from desk_app.services.ports.errors import StorageError

if TYPE_CHECKING:
    from desk_app.storage.database import Database
    from desk_app.storage.unit_of_work import SqlUnitOfWork

WAL_FIX = (3, 51, 3)  # SQLite with the WAL-reset fault corrected (database.md 7)
_LEAST_SPACE = 500 * 1024 * 1024
_SILENCE = timedelta(minutes=15)
_CLOCK_TOLERANCE_SECONDS = 5.0
_QT_LIBRARIES = ("libGL.so.1", "libEGL.so.1", "libxkbcommon.so.0", "libfontconfig.so.1", "libdbus-1.so.3")

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `id` is stable, for programs."""

    id: str
    title: str
    state: State
    detail: str
    advice: str = ""


def examine(location: DeskLocation) -> list[Check]:
    """Examine this computer and the desk at `location`; changes nothing and never raises."""
    checks: list[Check] = []
    for name, look in (
        ("python", _python),
        ("qt", _qt),
        ("sqlite", _sqlite),
        ("data_folder", _folder),
        ("disk", _space),
        ("database", _database),
    ):
        checks.extend(_carefully(name, partial(look, location)))
    return checks


def _carefully(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """A check that itself goes wrong is a finding, not the end of the examination."""
    try:
        yield from look()
    except StorageError as error:
        yield Check(name, name.replace("_", " ").capitalize(), "fail", error.message, error.advice)
    except Exception as error:  # noqa: BLE001 -- see above
        yield Check(
            name, name.replace("_", " ").capitalize(), "fail", f"could not be examined: {type(error).__name__}: {error}"
        )


def _python(_: DeskLocation) -> Iterator[Check]:
    version = platform.python_version()
    good = (3, 11) <= sys.version_info < (3, 15)
    yield Check("python", "Python", "ok" if good else "fail", version, "" if good else "Use Python 3.11 to 3.14.")


def _qt(_: DeskLocation) -> Iterator[Check]:
    if importlib.util.find_spec("PySide6") is None:
        advice = "The worker and the commands run without it; for the window: pip install PySide6-Essentials"
        yield Check("qt", "Window", "warn", "PySide6 is not installed", advice)
        return
    missing = _missing_libraries()
    if missing:
        packages = "libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3"
        advice = f"On Debian and Ubuntu: make setup, or apt-get install {packages}"
        yield Check("qt", "Window", "fail", f"system libraries are missing: {', '.join(missing)}", advice)
        return
    shown = sys.platform in {"win32", "darwin"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    yield Check("qt", "Window", "ok", "PySide6 and its libraries are here" + ("" if shown else "; no display, though"))


def _missing_libraries() -> list[str]:
    if not sys.platform.startswith("linux"):
        return []
    import ctypes  # noqa: PLC0415 -- only the examination loads libraries by name

    missing = []
    for name in _QT_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def _sqlite(location: DeskLocation) -> Iterator[Check]:
    version = sqlite3.sqlite_version
    if location.database_file is None:
        yield Check("sqlite", "SQLite", "ok", f"{version}, not used: the database is a server")
    elif sqlite3.sqlite_version_info < WAL_FIX:
        detail = f"{version} is older than 3.51.3 and has the WAL-reset fault"
        yield Check(
            "sqlite",
            "SQLite",
            "warn",
            detail,
            "Writers take turns with a lock file, so it cannot strike; update when you can.",
        )
    else:
        yield Check("sqlite", "SQLite", "ok", version)


def _folder(location: DeskLocation) -> Iterator[Check]:
    folder, source = location.data_dir, f"(by {location.data_source})"
    if not folder.exists():
        yield Check("data_folder", "Data folder", "ok", f"{folder} {source} will be made")
    elif not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield Check("data_folder", "Data folder", "fail", f"{folder} {source} is not writable", "Use --data FOLDER.")
    elif sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield Check(
            "data_folder", "Data folder", "warn", f"{folder} {source} can be read by others", f"chmod 700 {folder}"
        )
    else:
        yield Check("data_folder", "Data folder", "ok", f"{folder} {source}")


def _space(location: DeskLocation) -> Iterator[Check]:
    file = location.database_file
    place = _existing(file.parent if file is not None else location.data_dir)
    free = shutil.disk_usage(place).free
    low = free < _LEAST_SPACE
    detail = f"{free / 1024**3:.1f} GiB free"
    yield Check("disk", "Disk", "warn" if low else "ok", detail, "Free some space; mail needs it." if low else "")


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    return folder


# -- what is in the database ------------------------------------------------------------------------------------------


def _database(location: DeskLocation) -> Iterator[Check]:
    from desk_app.storage.database import open_database, status  # noqa: PLC0415 -- a broken driver is a finding too
    from desk_app.storage.engine.folders import check_folder  # noqa: PLC0415 -- as above

    if location.database_file is not None:
        check_folder(location.database_file, None)  # also where the file is still to be made (AD-11)
    facts = status(location.database_url)
    where = f"{location.shown_database} (by {location.database_source})"
    if not facts["exists"]:
        yield Check("database", "Database", "ok", f"{where} is not there yet and will be made")
        yield _keychain(location, "")
        return
    if facts["needs_upgrade"]:
        yield Check("database", "Database", "warn", f"{where} is of an older version", "Run: desk-app db upgrade")
        return
    database = open_database(location.database_url, origin="doctor", migrate=False)
    try:
        yield _shape(database, where)
        with database.unit_of_work() as uow:
            yield _clock(uow)
            yield _keychain(location, uow.settings.desk().instance_id)
            yield from _mailboxes(uow)
            yield from _jobs(uow)
    finally:
        database.close()


def _shape(database: Database, where: str) -> Check:
    facts = database.diagnostics()
    size = f"{facts['size_bytes'] / 1024**2:.0f} MiB, {facts['tickets']} tickets"
    if facts["dialect"] == "sqlite" and facts["journal_mode"] != "wal":
        return Check("database", "Database", "fail", f"{where}: journal mode is {facts['journal_mode']}, not wal")
    server = f", PostgreSQL {facts['server_version']}" if facts["dialect"] == "postgresql" else ""
    return Check("database", "Database", "ok", f"{where}: {size}{server}")


def _clock(uow: SqlUnitOfWork) -> Check:
    offset = abs((uow.now() - datetime.now(UTC)).total_seconds())
    good = offset <= _CLOCK_TOLERANCE_SECONDS
    return Check(
        "clock",
        "Clock",
        "ok" if good else "warn",
        f"{offset:.1f} s from the database's",
        "" if good else "Let this computer set its clock by the network.",
    )


def _keychain(location: DeskLocation, instance_id: str) -> Check:
    from desk_app.infra.secrets import KeychainChoice, open_keychain  # noqa: PLC0415 -- keyring is slow to load

    choices = {"system": KeychainChoice.SYSTEM, "sealed": KeychainChoice.FILE, "memory": KeychainChoice.MEMORY}
    choice = choices.get(location.keychain, KeychainChoice.AUTO)
    try:
        state = open_keychain(location.data_dir, choice, instance_id=instance_id).describe()
    except SecretError as error:
        return Check("keychain", "Keychain", "fail", str(error))
    if state.usable:
        return Check("keychain", "Keychain", "ok", state.title)
    if state.choice in {KeychainChoice.AUTO, KeychainChoice.SYSTEM} and state.title == "None":
        advice = "Use --keychain sealed: encrypted files in the data folder, the key elsewhere."
        return Check("keychain", "Keychain", "warn", "this computer has none that the desk can use", advice)
    return Check(
        "keychain", "Keychain", "warn", f"{state.title}: {state.advice}", "Unlock it, or choose with --keychain."
    )


def _mailboxes(uow: SqlUnitOfWork) -> Iterator[Check]:
    accounts = uow.accounts.all()
    if not accounts:
        yield Check("mailboxes", "Mailboxes", "warn", "there is none yet", "Run: desk-app account add ADDRESS")
    for account in accounts:
        health, name = uow.accounts.health(account.id), f"Mailbox {account.id}"
        key, test = f"mailbox:{account.id}", f"Run: desk-app account test {account.id}"
        if not account.enabled:
            yield Check(key, name, "ok", f"{account.address} is switched off")
        elif health.fault:
            detail = f"{account.address} failed {health.failed_polls} times ({health.fault}): {health.detail}"
            again = f"Run: desk-app account sign-in {account.id}"
            yield Check(key, name, "fail", detail, again if health.fault == "consent" else test)
        elif account.policy.first_import is FirstImport.UNDECIDED and account.settings.get("imap"):
            advice = f"Run: desk-app account import {account.id}"
            yield Check(key, name, "warn", f"{account.address}: nothing is fetched until you decide", advice)
        elif health.succeeded_at is None:
            yield Check(key, name, "ok", f"{account.address} was not fetched yet")
        elif uow.now() - health.succeeded_at > _SILENCE:
            detail = f"{account.address} was last fetched {health.succeeded_at:%Y-%m-%d %H:%M} UTC"
            yield Check(key, name, "warn", detail, "Open the window, or run: desk-app worker")
        else:
            yield Check(key, name, "ok", f"{account.address} is fetched")


def _jobs(uow: SqlUnitOfWork) -> Iterator[Check]:
    alive: Sequence[str] = [
        f"{lease.name} by {lease.host or '?'} (process {lease.pid})"
        for lease in uow.leases.all()
        if lease.until_at > uow.now()
    ]
    detail = "; ".join(alive) or "nobody is at work: no window or worker runs on this database"
    yield Check("jobs", "Jobs", "ok", detail)
