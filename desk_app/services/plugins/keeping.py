"""What the desk keeps of a plugin, for whoever administers it: faults, and the values of its settings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from desk_app.domain.people.actor import Actor
from desk_app.domain.plugins.model import SECRET_SETTING, PluginFault
from desk_app.plugin_api.channels import SecretError, SecretStore
from desk_app.services.people.agents import is_admin
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """The stored values of a plugin's settings by key, and which of its secrets are set; `locked` says why nobody
    knows, "" where they do."""

    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    locked: str = ""


class PluginKeeping:
    """Reads and changes what is kept of plugins, running or not. Secrets come from `secrets` by the plugin's slug and
    are never read out, only replaced."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, secrets: Callable[[str], SecretStore]) -> None:
        self._uow, self._secrets = unit_of_work, secrets

    def faults(self, slug: str, limit: int = 50) -> Sequence[PluginFault]:
        """Return the newest faults of a plugin, newest first."""
        with self._uow() as uow:
            record = uow.plugins.get(slug)
            return uow.plugins.faults(record.id, limit) if record is not None else ()

    def settings(self, slug: str, secrets: Collection[str] = ()) -> KeptSettings:
        """Return what is stored, and which of these secrets are set."""
        with self._uow() as uow:
            record = uow.plugins.get(slug)
            values = dict(uow.plugins.settings(record.id)) if record is not None else {}
        if not secrets:
            return KeptSettings(values)
        try:
            store = self._secrets(slug)
            return KeptSettings(values, frozenset(key for key in secrets if store.get(key)))
        except SecretError as error:
            return KeptSettings(values, locked=str(error))

    def save(self, slug: str, values: Mapping[str, Any], secrets: Mapping[str, str], actor: Actor) -> None:
        """Store values and secrets, an empty secret forgets it; running programs tell the plugin of changed values.

        Raises PermissionError unless an admin asks, LookupError for a plugin that was never switched on, and
        SecretError.
        """
        with self._uow() as uow:
            refuse_unless_admin(uow, actor)
            record = uow.plugins.get(slug)
            if record is None:
                raise LookupError("This plugin was never switched on.")
            before = uow.plugins.settings(record.id)
            for key, value in values.items():
                if key not in before or before[key] != value:
                    uow.plugins.set_setting(record.id, key, value)
            if secrets:
                for key, secret in secrets.items():
                    uow.plugins.set_setting(record.id, f"{SECRET_SETTING}{key}", token_hex(8) if secret else None)
                self._store(slug, secrets)
            uow.commit()

    def _store(self, slug: str, secrets: Mapping[str, str]) -> None:
        store = self._secrets(slug)
        for key, secret in secrets.items():
            if secret:
                store.set(key, secret)
            else:
                store.delete(key)


def refuse_unless_admin(uow: UnitOfWork, actor: Actor) -> None:
    """Raise PermissionError unless an admin of the desk asks."""
    if not is_admin(uow, actor):
        raise PermissionError("Only an admin of the desk can change plugins.")
