"""The settings and secrets of one plugin: declared in its manifest, kept by the desk."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from secrets import token_hex
from typing import Any

from desk_app.domain.plugins.model import SECRET_SETTING, PluginRecord
from desk_app.plugin_api.channels import SecretStore
from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.plugin_host.manifest import Manifest, SettingKind, SettingSpec, setting_problem
from desk_app.services.plugins.commands import told
from desk_app.services.ports.plugins import PluginReading
from desk_app.services.ports.unit_of_work import UnitOfWork

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
LONGEST_SECRET = 20_000


class OwnSettings:
    """The settings of a plugin; any thread. Read once, and again after `refresh`.

    Secrets are not among them: they are in the keychain, under the setting's key.
    """

    def __init__(
        self,
        manifest: Manifest,
        record: Callable[[], PluginRecord],
        reading: PluginReading,
        writing: Callable[[], UnitOfWork],
    ) -> None:
        self._specs = {spec.key: spec for spec in manifest.settings}
        self._record = record
        self._reading = reading
        self._writing = writing
        self._lock = threading.Lock()
        self._stored: Mapping[str, Any] | None = None

    def __getitem__(self, key: str) -> Any:
        spec = self._spec(key)
        value = self._values().get(key)
        if value is None or setting_problem(spec, value):
            value = spec.default
        return list(value) if isinstance(value, list | tuple) else value

    def __iter__(self) -> Iterator[str]:
        return iter([key for key, spec in self._specs.items() if spec.kind is not SettingKind.SECRET])

    def set(self, key: str, value: Any) -> None:
        """Store a value; None takes the default again."""
        self.save({key: value})

    def save(self, values: Mapping[str, Any]) -> None:
        """Store several values, all or none."""
        for key, value in values.items():
            spec = self._spec(key)
            problem = setting_problem(spec, spec.default if value is None else value)
            if problem:
                raise RefusedByDesk(f"“{spec.title}”: {problem}.")
        if not values:
            return
        plugin_id = stored_id(self._record)
        with told(), self._writing() as uow:
            for key, value in values.items():
                uow.plugins.set_setting(plugin_id, key, list(value) if isinstance(value, tuple) else value)
            uow.commit()
        self.refresh()

    def begin(self, stored: Mapping[str, Any]) -> None:
        """Begin with what is stored now."""
        with self._lock:
            self._stored = stored

    def refresh(self) -> None:
        """Read the settings again when they are next asked for: another program may have changed them."""
        with self._lock:
            self._stored = None

    def note_secret(self, name: str, mark: str | None) -> None:
        """Note in the database that the keychain holds a secret, so that it can be deleted with the plugin and other
        programs learn that it changed; `mark` is another one at each change, None where it is gone."""
        if mark is None and name not in secret_names(self._values()):
            return
        plugin_id = stored_id(self._record)
        with told(), self._writing() as uow:
            uow.plugins.set_setting(plugin_id, f"{SECRET_SETTING}{name}", mark)
            uow.commit()
        self.refresh()

    def _spec(self, key: str) -> SettingSpec:
        spec = self._specs.get(key)
        if spec is None:
            raise KeyError(f"the manifest declares no setting “{key}”")
        if spec.kind is SettingKind.SECRET:
            raise KeyError(f"“{key}” is a secret: ask ctx.secrets.get({key!r})")
        return spec

    def _values(self) -> Mapping[str, Any]:
        with self._lock:
            found = self._stored
        if found is None:
            record = self._record()
            found = self._reading.settings(record.id) if record.id else {}
            with self._lock:
                self._stored = found
        return found


class OwnSecrets:
    """The secrets of a plugin, in the keychain, apart from those of everybody else.

    `allowed` raises where the plugin may not; `hide` keeps a value out of every log.
    """

    def __init__(
        self,
        store: SecretStore,
        settings: OwnSettings,
        allowed: Callable[[str], None],
        hide: Callable[[str], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._allowed = allowed
        self._hide = hide

    def get(self, name: str) -> str | None:
        """Return a secret, None where there is none."""
        self._allowed("reading a secret")
        value = self._store.get(_checked(name))
        if value:
            self._hide(value)
        return value

    def set(self, name: str, value: str) -> None:
        """Store a secret."""
        self._allowed("storing a secret")
        _checked(name)
        if not _is_secret(value):
            raise RefusedByDesk(f"A secret is a text of 1 to {LONGEST_SECRET} characters.")
        self._hide(value)
        if self._store.get(name) != value:
            self._settings.note_secret(name, token_hex(8))
            self._store.set(name, value)

    def delete(self, name: str) -> None:
        """Forget a secret."""
        self._allowed("deleting a secret")
        self._store.delete(_checked(name))
        self._settings.note_secret(name, None)


def secret_names(stored: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the secrets among stored settings; their values are in the keychain."""
    return frozenset(key.removeprefix(SECRET_SETTING) for key in stored if key.startswith(SECRET_SETTING))


def stored_id(record: Callable[[], PluginRecord]) -> int:
    """Return the plugin's row. Raises RefusedByDesk where the desk does not know it yet."""
    found = record().id
    if not found:
        raise RefusedByDesk("The desk keeps nothing for a plugin that was never switched on.")
    return found


def _is_secret(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_SECRET


def _checked(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.match(name):
        raise RefusedByDesk("A secret's name has letters, digits, dots, dashes and underscores, 64 at most.")
    return name
