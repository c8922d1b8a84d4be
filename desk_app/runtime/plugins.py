"""Puts the plugin host together; loaded when it is first needed, long after a window's first paint."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import desk_app
from desk_app.cli.output import complain
from desk_app.cli.plugins import DEV_VARIABLE
from desk_app.infra.logging import hide, redact
from desk_app.plugin_api.marks import SECONDS, Waits
from desk_app.plugin_host.context import ContextFactory
from desk_app.plugin_host.host import Environment, PluginHost
from desk_app.plugin_host.sources import Places

if TYPE_CHECKING:
    from desk_app.plugin_host.gate import HookGate
    from desk_app.plugin_host.manifest import Manifest
    from desk_app.runtime.compose import Surroundings
    from desk_app.services.desk import Desk
    from desk_app.services.ports.plugin_switching import PluginHosting
    from desk_app.storage.database import Database

BACKUPS_KEPT = 5
"""So many copies of the database from before tables of plugins changed are kept."""
_log = logging.getLogger(__name__)


def bundled_folder() -> Path | None:
    """Return the folder of the plugins that come with the program: at the top of the repository, or beside the frozen
    program."""
    if getattr(sys, "frozen", False):
        candidates = [Path(str(getattr(sys, "_MEIPASS", ""))) / "plugins", Path(sys.executable).parent / "plugins"]
    else:
        candidates = [Path(desk_app.__file__).parents[1] / "plugins"]
    return next((folder for folder in candidates if folder.is_dir()), None)


def dev_folders() -> tuple[Path, ...]:
    """Return the folders of plugins that are being written, from the environment (`desk-app plugin run`)."""
    named = os.environ.get(DEV_VARIABLE, "")
    return tuple(Path(one).absolute() for one in named.split(os.pathsep) if one)


@dataclass(frozen=True, slots=True)
class PluginPlaces:
    """Where plugins are looked for beside the data folder, and how many seconds their hooks may take."""

    bundled: Path | None = None
    dev: tuple[Path, ...] = ()
    pip: bool = True
    seconds: Mapping[Waits, float] = field(default_factory=lambda: SECONDS)


def plugin_host(
    desk: Desk,
    database: Database,
    here: Surroundings,
    gate: HookGate,
) -> PluginHosting:
    """Return the plugins of a program, none of them loaded yet."""
    where = here.plugins or PluginPlaces(bundled_folder(), dev_folders())
    contexts = ContextFactory(
        unit_of_work=desk.unit_of_work,
        reading=database.plugin_reading,
        pictures=database.pictures,
        commands=desk.plugin_commands,
        writing=desk.writing,
        secrets=here.plugin_secrets,
        tables=database.plugin_tables,
        present=desk.present,
        redact=redact,
        hide=hide,
        **({"now": here.now} if here.now is not None else {}),
    )
    environment = Environment(
        uow=database.unit_of_work,
        reading=database.plugin_reading,
        places=Places(here.place.data_dir / "plugins", where.bundled, where.dev, where.pip),
        contexts=contexts,
        backup=lambda manifest: _back_up(database, here.place.backups, manifest),
        forget=contexts.forget,
        keep_secrets_of=here.keep_secrets_of,
        redact=redact,
        tell_author=complain,
        seconds=where.seconds,
    )
    return PluginHost(environment, gate)


def _back_up(database: Database, folder: Path, manifest: Manifest) -> None:
    """Copy the database before tables of a plugin change. Where that is the server's business, its admins make copies;
    the change is one transaction all the same."""
    store = database.backups
    if problem := store.problem():
        _log.warning("no copy of the database before the tables of %s change: %s", manifest.id, problem)
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    when = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"  # another program may make its own in the same second
    target = folder / f"before-{manifest.slug}-{manifest.version}-{when}{store.suffix}"
    for _ in store.copy(target):
        pass
    store.verify(target)
    copies = sorted(folder.glob(f"before-*{store.suffix}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in copies[BACKUPS_KEPT:]:
        old.unlink(missing_ok=True)
