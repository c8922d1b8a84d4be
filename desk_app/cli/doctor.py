"""What `desk-app doctor` examines: the checks of the system page, and what only a command line can look at."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from desk_app.infra.database_password import full_url
from desk_app.infra.location import DeskLocation
from desk_app.infra.logging import redact
from desk_app.plugin_api.channels import SecretError
from desk_app.services.system.bundle import DeskPicture, picture_of, write_bundle
from desk_app.services.system.checks import (
    Check,
    Look,
    carefully,
    check_shape,
    computer_checks,
    desk_checks,
)
from desk_app.services.system.place import DeskPlace

_QT_LIBRARIES = ("libGL.so.1", "libEGL.so.1", "libxkbcommon.so.0", "libfontconfig.so.1", "libdbus-1.so.3")


def place_of(location: DeskLocation) -> DeskPlace:
    """Return a desk's place as services know it."""
    return DeskPlace(
        location.data_dir,
        location.shown_database,
        location.database_file,
        location.data_source,
        location.database_source,
    )


def examine(location: DeskLocation) -> list[Check]:
    """Examine this computer and the desk at `location`; changes nothing and never raises."""
    looks: list[Look] = [*computer_checks(place_of(location)), ("qt", _qt), ("database", partial(_database, location))]
    return [check for name, look in looks for check in carefully(name, look)]


def write_diagnostics(location: DeskLocation, target: Path) -> list[Check]:
    """Write the diagnostics bundle (AD-08) and return the checks in it. Works without a desk too; raises OSError."""
    from desk_app.storage.database import open_database, status  # noqa: PLC0415 -- a broken driver is a finding too

    checks, picture = examine(location), DeskPicture()
    try:
        facts = status(full_url(location))
        if facts["exists"] and not facts["needs_upgrade"]:
            database = open_database(full_url(location), origin="doctor", migrate=False)
            try:
                with database.unit_of_work() as uow:
                    picture = picture_of(uow, database.diagnostics())
            finally:
                database.close()
    except Exception:  # noqa: BLE001 -- the checks tell of it already, and a bundle is wanted most when things are broken
        picture = DeskPicture()
    write_bundle(target, place_of(location), checks, picture, redact)
    return checks


def _qt() -> Iterator[Check]:
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


def _database(location: DeskLocation) -> Iterator[Check]:
    from desk_app.storage.database import open_database, status  # noqa: PLC0415 -- a broken driver is a finding too
    from desk_app.storage.engine.folders import check_folder as check_kind  # noqa: PLC0415 -- as above

    if location.database_file is not None:
        check_kind(location.database_file, None)  # also where the file is still to be made (AD-11)
    facts = status(full_url(location))
    where = f"{location.shown_database} (by {location.database_source})"
    if not facts["exists"]:
        yield Check("database", "Database", "ok", f"{where} is not there yet and will be made")
        yield _keychain(location, "")
        return
    if facts["needs_upgrade"]:
        yield Check("database", "Database", "warn", f"{where} is of an older version", "Run: desk-app db upgrade")
        return
    database = open_database(full_url(location), origin="doctor", migrate=False)
    try:
        yield check_shape(database.diagnostics(), where)
        with database.unit_of_work() as uow:
            yield _keychain(location, uow.settings.desk().instance_id)
            yield from desk_checks(uow)
    finally:
        database.close()


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
