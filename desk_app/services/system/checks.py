"""What `desk-app doctor` and the system page examine (AD-13): each check says what it found and, where something is
wrong, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from desk_app.domain.mailboxes.model import FirstImport
from desk_app.services.ports.errors import StorageError
from desk_app.services.ports.sync import OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.system.place import DeskPlace

WAL_FIX = (3, 51, 3)  # SQLite with the WAL-reset fault corrected (database.md 7)
_LEAST_SPACE = 500 * 1024 * 1024
_SILENCE = timedelta(minutes=15)
_CLOCK_TOLERANCE_SECONDS = 5.0

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `id` is stable, for programs."""

    id: str
    title: str
    state: State
    detail: str
    advice: str = ""


Look = tuple[str, Callable[[], Iterator[Check]]]
"""The name of a check, and what makes it."""


def carefully(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Run a check; one that itself goes wrong is a finding, not the end of the examination."""
    title = name.replace("_", " ").capitalize()
    try:
        yield from look()
    except StorageError as error:
        yield Check(name, title, "fail", error.message, error.advice)
    except Exception as error:  # noqa: BLE001 -- see above
        yield Check(name, title, "fail", f"could not be examined: {type(error).__name__}: {error}")


# -- this computer --------------------------------------------------------------------------------------------------


def computer_checks(place: DeskPlace) -> list[Look]:
    """Return what is looked at on every computer of a desk, by name: to be run by `carefully`."""
    return [
        ("python", check_python),
        ("sqlite", partial(check_sqlite, place)),
        ("data_folder", partial(check_folder, place)),
        ("disk", partial(check_space, place)),
    ]


def desk_checks(uow: UnitOfWork) -> Iterator[Check]:
    """Look at what is in the database."""
    yield check_clock(uow)
    yield from check_mailboxes(uow)
    yield check_queue(uow)
    yield check_jobs(uow)
    yield check_plugins(uow)


def check_python() -> Iterator[Check]:
    """Say which Python runs and whether it is one that was tested."""
    version = platform.python_version()
    good = (3, 11) <= sys.version_info < (3, 15)
    yield Check("python", "Python", "ok" if good else "fail", version, "" if good else "Use Python 3.11 to 3.14.")


def check_sqlite(place: DeskPlace) -> Iterator[Check]:
    """Say which SQLite is built in."""
    version = sqlite3.sqlite_version
    if place.database_file is None:
        yield Check("sqlite", "SQLite", "ok", f"{version}, not used: the database is a server")
    elif sqlite3.sqlite_version_info < WAL_FIX:
        detail = f"{version} is older than 3.51.3 and has the WAL-reset fault"
        advice = "Writers take turns with a lock file, so it cannot strike; update when you can."
        yield Check("sqlite", "SQLite", "warn", detail, advice)
    else:
        yield Check("sqlite", "SQLite", "ok", version)


def check_folder(place: DeskPlace) -> Iterator[Check]:
    """Say whether the data folder can be used, by its owner only."""
    folder, source = place.data_dir, f"(by {place.data_source})" if place.data_source else ""
    if not folder.exists():
        yield Check("data_folder", "Data folder", "ok", f"{folder} {source} will be made")
    elif not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield Check("data_folder", "Data folder", "fail", f"{folder} {source} is not writable", "Use --data FOLDER.")
    elif sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        detail, advice = f"{folder} {source} can be read by others", f"chmod 700 {folder}"
        yield Check("data_folder", "Data folder", "warn", detail, advice)
    else:
        yield Check("data_folder", "Data folder", "ok", f"{folder} {source}")


def check_space(place: DeskPlace) -> Iterator[Check]:
    """Say how much room is left for mail."""
    free = free_bytes(place)
    low = free < _LEAST_SPACE
    detail = f"{free / 1024**3:.1f} GB free"
    yield Check("disk", "Disk", "warn" if low else "ok", detail, "Free some space; mail needs it." if low else "")


def free_bytes(place: DeskPlace) -> int:
    """Return how many bytes are free where the desk lies."""
    file = place.database_file
    folder: Path = file.parent if file is not None else place.data_dir
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    return shutil.disk_usage(folder).free


# -- the desk ---------------------------------------------------------------------------------------------------------


def check_shape(facts: Mapping[str, Any], where: str) -> Check:
    """Say what the database is; `facts` are its diagnostics."""
    size = f"{facts['size_bytes'] / 1024**2:.0f} MB, {facts['tickets']} tickets"
    if facts["dialect"] == "sqlite" and facts["journal_mode"] != "wal":
        return Check("database", "Database", "fail", f"{where}: journal mode is {facts['journal_mode']}, not wal")
    server = f", PostgreSQL {facts['server_version']}" if facts["dialect"] == "postgresql" else ""
    return Check("database", "Database", "ok", f"{where}: {size}{server}")


def check_clock(uow: UnitOfWork) -> Check:
    """Compare this computer's clock with the database's."""
    offset = abs((uow.now() - datetime.now(UTC)).total_seconds())
    good = offset <= _CLOCK_TOLERANCE_SECONDS
    advice = "" if good else "Let this computer set its clock by the network."
    return Check("clock", "Clock", "ok" if good else "warn", f"{offset:.1f} s from the database's", advice)


def check_mailboxes(uow: UnitOfWork) -> Iterator[Check]:
    """Say how each mailbox fares."""
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


def check_queue(uow: UnitOfWork) -> Check:
    """Say how many mails wait, and how many need a person."""
    waiting = uow.outbox.count([OutboxState.QUEUED, OutboxState.SENDING])
    held = uow.outbox.count([OutboxState.HELD])
    stuck = uow.outbox.count([OutboxState.UNKNOWN, OutboxState.FAILED])
    detail = f"{waiting} on their way, {held} held, {stuck} need a person"
    advice = "Look through the outbox: desk-app outbox list" if stuck else ""
    return Check("outbox", "Outbox", "warn" if stuck else "ok", detail, advice)


def check_jobs(uow: UnitOfWork) -> Check:
    """Say who is at work on this database."""
    alive: Sequence[str] = [
        f"{lease.name} by {lease.host or '?'} (process {lease.pid})"
        for lease in uow.leases.all()
        if lease.until_at > uow.now()
    ]
    detail = "; ".join(alive) if alive else "nobody is at work: no window or worker runs on this database"
    return Check("jobs", "Jobs", "ok", detail)


def check_plugins(uow: UnitOfWork) -> Check:
    """Say which plugins are switched on, and which of them the desk stopped."""
    wanted = [one for one in uow.plugins.all() if one.wanted]
    paused = ", ".join(one.slug for one in wanted if one.paused)
    if paused:
        return Check("plugins", "Plugins", "warn", f"stopped after an error: {paused}", "Look at the page Plugins.")
    names = ", ".join(one.slug for one in wanted)
    return Check("plugins", "Plugins", "ok", f"switched on: {names}" if names else "none is switched on")
