"""Chooses the database of this computer's user, for the first-run wizard."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from desk_app.infra.database_password import keep_password
from desk_app.infra.location import (
    DATA_VARIABLE,
    DATABASE_FILE,
    DATABASE_VARIABLE,
    DeskLocation,
    settings_path,
    write_database,
)
from desk_app.services.ports.errors import StorageError

if TYPE_CHECKING:
    from desk_app.plugin_api.channels import TestStep
    from desk_app.services.system.databases import ServerDatabase

_REACH_SECONDS = 6.0
_FIXED = frozenset({"--database", DATABASE_VARIABLE, "--data", DATA_VARIABLE})


class ComputersDatabases:
    """The databases this computer can work with; see the protocol."""

    def __init__(self, location: DeskLocation, settings_file: Path | None = None) -> None:
        self._location = location
        self._file = settings_file or settings_path()
        self._before: str | None = None

    @property
    def shown(self) -> str:
        """The database in use, without its password."""
        return self._location.shown_database

    @property
    def is_server(self) -> bool:
        """Whether the database in use is a server."""
        return self._location.database_file is None

    @property
    def fixed_by(self) -> str:
        """Who decided in a way that cannot be changed here."""
        return self._location.database_source if self._location.database_source in _FIXED else ""

    def test(self, server: ServerDatabase) -> Iterator[TestStep]:
        """Try a server step by step."""
        from desk_app.plugin_api.channels import StepState, TestStep  # noqa: PLC0415 -- after the first paint
        from desk_app.storage.database import status  # noqa: PLC0415 -- after the first paint

        yield TestStep("db_reach", StepState.RUNNING)
        try:
            with socket.create_connection((server.host, server.port), timeout=_REACH_SECONDS):
                yield TestStep("db_reach", StepState.OK, f"{server.host}:{server.port}")
        except OSError as error:
            yield TestStep("db_reach", StepState.FAILED, f"{server.host}:{server.port}: {error.strerror or error}")
            return
        yield TestStep("db_sign_in", StepState.RUNNING)
        url = server.url.replace("@", f":{quote(server.password, safe='')}@", 1) if server.password else server.url
        try:
            facts = status(url)
        except StorageError as error:
            yield TestStep("db_sign_in", StepState.FAILED, f"{error.message} {error.advice}".strip())
            return
        yield TestStep("db_sign_in", StepState.OK, server.user)
        found = "a desk is there already" if facts["exists"] else "empty; the desk will be made in it"
        yield TestStep("db_desk", StepState.OK, found)

    def choose(self, server: ServerDatabase | None) -> None:
        """Write the choice down, the password into the keychain."""
        if server is not None:
            keep_password(replace(self._location, database_url=server.url), server.password)
        with suppress(OSError):
            self._before = self._file.read_text(encoding="utf-8")
        write_database(self._file, server.url if server is not None else None)

    def take_back(self) -> None:
        """Forget the last choice: what was chosen could not be opened."""
        if self._before is None:
            self._file.unlink(missing_ok=True)
        else:
            self._file.write_text(self._before, encoding="utf-8")

    def chosen(self) -> DeskLocation:
        """Return where the desk is now."""
        from desk_app.infra.location import resolve  # noqa: PLC0415 -- tests name their own file

        found = resolve(settings_file=self._file)
        file = self._location.data_dir / DATABASE_FILE
        url = found.database_url if found.database_source == str(self._file) else f"sqlite:///{file}"
        return replace(self._location, database_url=url, database_source=found.database_source)
