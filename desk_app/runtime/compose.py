"""Builds a desk: the one place that knows which implementation stands behind which port."""

from __future__ import annotations

import os
import secrets as random_secrets
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from desk_app.infra.database_password import full_url
from desk_app.infra.location import DeskLocation, default_data_dir, prepare
from desk_app.infra.logging import redact
from desk_app.infra.plugin_secrets import NotedSecrets
from desk_app.infra.secrets import KeychainChoice, memory_secrets, open_keychain
from desk_app.services.desk import Desk
from desk_app.services.first_use import on_first_use
from desk_app.services.ports.desk import Circumstances
from desk_app.services.settings import SettingsService
from desk_app.services.system.place import DeskPlace
from desk_app.storage.database import Database, open_database
from desk_app.storage.engine.urls import file_of, parse_url

if TYPE_CHECKING:
    from desk_app.plugin_api.channels import ChannelType
    from desk_app.plugin_host.gate import HookGate
    from desk_app.runtime.channel_types import ChannelTypes
    from desk_app.runtime.outside import (
        InstalledBuilder,
        InstalledChannels,
        InstalledPipeline,
        KeychainReplyKeys,
        OpenSecrets,
    )
    from desk_app.runtime.plugins import PluginPlaces
    from desk_app.runtime.reading_process import ReadingProcess
    from desk_app.services.ports.outside import MessageReader
    from desk_app.services.ports.plugin_switching import PluginHosting
    from desk_app.services.ports.plugins import PluginSecrets
    from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

_KEYCHAINS = {
    "": KeychainChoice.AUTO,
    "system": KeychainChoice.SYSTEM,
    "sealed": KeychainChoice.FILE,
    "memory": KeychainChoice.MEMORY,
}
PLUGIN_END_SECONDS = 5.0
"""So long plugins may take to end."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What of this computer the services need: where the desk lies, how the keychain fares (its title, and what is
    wrong with it), how the person is asked to unlock it, where plugins are (None: in the usual places), where
    their secrets are kept, and what deletes those of plugins that the desk does not know any more."""

    place: DeskPlace
    keychain: Callable[[], tuple[str, str]] = lambda: ("Memory", "")
    unlock: Callable[[], None] = lambda: None
    plugins: PluginPlaces | None = None
    plugin_secrets: PluginSecrets = field(default_factory=memory_secrets)
    keep_secrets_of: Callable[[Callable[[], Collection[str]]], object] = lambda _known: None
    now: Callable[[], datetime] | None = None


def open_desk(location: DeskLocation, *, origin: str) -> Desk:
    """Open the desk at a location; `origin` names the program in logs ("window", "worker", "cli").

    Creates the database where there is none and brings an older one up to date. Raises a StorageError that says what to
    do. Close the desk once with `desk.close()`.
    """
    prepare(location)
    database = open_database(full_url(location), origin=origin)
    try:
        instance_id = SettingsService(database.unit_of_work).ensure_instance()
        keychain = open_keychain(location.data_dir, _KEYCHAINS[location.keychain], instance_id=instance_id)
        place = DeskPlace(
            location.data_dir,
            location.shown_database,
            location.database_file,
            location.data_source,
            location.database_source,
        )

        def vault() -> tuple[str, str]:
            state = keychain.describe()
            return state.title, "" if state.usable else state.advice

        secrets = NotedSecrets(keychain.plugin, location.data_dir / "plugins" / f"secrets-{instance_id}.txt")
        here = Surroundings(place, vault, keychain.unlock, plugin_secrets=secrets, keep_secrets_of=secrets.keep_only)
        return build_desk(database, keychain.account, here=here)
    except BaseException:
        database.close()
        raise


def build_desk(
    database: Database,
    open_secrets: OpenSecrets,
    *,
    channels: Sequence[ChannelType] | None = None,
    reader: MessageReader | None = None,
    claim: timedelta | None = None,
    lease_ttl: timedelta | None = None,
    unit_of_work: UnitOfWorkFactory | None = None,
    here: Surroundings | None = None,
) -> Desk:
    """Build the services over an open database.

    Tests name their own `channels`, `claim` (how long a mail being sent is left alone) and `lease_ttl`; the demo plays
    the past through a `unit_of_work` with another clock.
    """
    here = here or Surroundings(_place_beside(database))
    uow: UnitOfWorkFactory = unit_of_work or database.unit_of_work
    SettingsService(uow).ensure_instance()
    settled = Circumstances(
        place=here.place,
        holder=f"{socket.gethostname()[:60]}:{random_secrets.token_hex(8)}",
        private=_belongs_to_this_user(database),
        keychain=here.keychain,
        unlock=here.unlock,
        redact=redact,
        claim=claim,
        lease_ttl=lease_ttl,
    )
    outside = _Outside(database, open_secrets, channels, reader, here)
    outside.desk = Desk(uow, database, outside, settled)
    return outside.desk


class _Outside:
    """The world outside the database, as far as it is asked for."""

    desk: Desk
    """The desk it belongs to, set once that is built: plugins use its services."""

    def __init__(
        self,
        database: Database,
        open_secrets: OpenSecrets,
        channels: Sequence[ChannelType] | None,
        reader: MessageReader | None,
        here: Surroundings,
    ) -> None:
        self._database, self._open_secrets, self._here = database, open_secrets, here
        self._given_channels, self._given_reader = channels, reader
        self._process: ReadingProcess | None = None

    @on_first_use
    def channels(self) -> InstalledChannels:
        from desk_app.runtime.outside import InstalledChannels

        return InstalledChannels(self.types, self._open_secrets)

    @on_first_use
    def reader(self) -> MessageReader:
        from desk_app.runtime.outside import InstalledReader
        from desk_app.runtime.reading_process import ReadingProcess

        if self._given_reader is not None:
            return self._given_reader
        self._process = ReadingProcess()
        return InstalledReader(self.types, self._process)

    @on_first_use
    def pipeline(self) -> InstalledPipeline:
        from desk_app.runtime.outside import InstalledPipeline

        return InstalledPipeline()

    @on_first_use
    def builder(self) -> InstalledBuilder:
        from desk_app.runtime.outside import InstalledBuilder

        return InstalledBuilder()

    @on_first_use
    def reply_keys(self) -> KeychainReplyKeys:
        from desk_app.runtime.outside import KeychainReplyKeys

        return KeychainReplyKeys(self._open_secrets)

    @on_first_use
    def hooks(self) -> HookGate:
        from desk_app.plugin_host.gate import HookGate

        return HookGate()

    @property
    def plugin_secrets(self) -> PluginSecrets:
        return self._here.plugin_secrets

    @on_first_use
    def plugins(self) -> PluginHosting:
        from desk_app.runtime.plugins import plugin_host

        here = self._here
        return plugin_host(self.desk, self._database, here, self.hooks)

    @on_first_use
    def types(self) -> ChannelTypes:
        from desk_app.runtime.channel_types import ChannelTypes
        from desk_app.runtime.outside import builtin_channels

        own = builtin_channels() if self._given_channels is None else list(self._given_channels)
        return ChannelTypes(
            own, lambda: self.plugins if "plugins" in vars(self) else None, lambda: self.hooks.wants("channel_types")
        )

    def close(self) -> None:
        if "plugins" in vars(self):
            self.plugins.close(PLUGIN_END_SECONDS)
        if self._process is not None:
            self._process.close()
        self._database.close()


def _place_beside(database: Database) -> DeskPlace:
    """Where a desk lies that nobody gave a data folder: beside its file, or for a server in a folder of its own."""
    if database.dialect == "sqlite":
        file = file_of(parse_url(database.url))
        return DeskPlace(file.parent, database.url, file)
    return DeskPlace(default_data_dir(), database.url)


def _belongs_to_this_user(database: Database) -> bool:
    """Whether the database is a file of the user who runs this program, so that nobody else decides who may use it."""
    if database.dialect != "sqlite":
        return False
    if not hasattr(os, "getuid"):  # Windows: who may open the file is decided by its rights
        return True
    return file_of(parse_url(database.url)).stat().st_uid == os.getuid()
