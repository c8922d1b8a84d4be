"""The desk's own settings, one JSON value a row."""

from __future__ import annotations

import json
import types
from dataclasses import fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, get_type_hints

from sqlalchemy import select

from desk_app.domain.mailboxes.desk import DeskSettings
from desk_app.storage.schema.system import setting
from desk_app.storage.upsert import upsert

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_PREFIX = "desk."
_TYPES = types.MappingProxyType(get_type_hints(DeskSettings))


class SqlSettingRepository:
    """Settings in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def desk(self) -> DeskSettings:
        """Return the desk's settings, defaults where nothing (or nothing usable) is stored."""
        cached = self._t.cache.get("desk_settings")
        if isinstance(cached, DeskSettings):
            return cached
        rows = self._t.connection.execute(
            select(setting.c.key, setting.c.value).where(setting.c.key.like(f"{_PREFIX}%"))
        )
        settings = settings_from({row.key.removeprefix(_PREFIX): row.value for row in rows})
        self._t.cache["desk_settings"] = settings
        return settings

    def save_desk(self, settings: DeskSettings) -> None:
        """Store the desk's settings; only what differs is written."""
        before = self.desk()
        for field in fields(DeskSettings):
            value = getattr(settings, field.name)
            if value != getattr(before, field.name):
                self._write(_PREFIX + field.name, value.value if isinstance(value, Enum) else value)
        self._t.cache["desk_settings"] = settings
        self._t.changed("setting", 0)

    def get(self, key: str, default: Any = None) -> Any:
        """Return one JSON value."""
        value = self._t.connection.execute(select(setting.c.value).where(setting.c.key == key)).scalar()
        return default if value is None else json.loads(value)

    def set(self, key: str, value: Any) -> None:
        """Store one JSON value."""
        self._write(key, value)
        self._t.cache.pop("desk_settings", None)
        self._t.changed("setting", 0)

    def _write(self, key: str, value: Any) -> None:
        upsert(
            self._t,
            setting,
            {"key": key, "value": json.dumps(value, ensure_ascii=False), "changed_at": self._t.now()},
            keys=("key",),
        )


def settings_from(stored: dict[str, str]) -> DeskSettings:
    """Build settings from JSON texts by field; unknown fields and unusable values are left out (N-1 clients write
    too)."""
    settings = DeskSettings()
    for name, text in stored.items():
        wanted = _TYPES.get(name)
        if wanted is None:
            continue
        try:
            value = json.loads(text)
            if isinstance(wanted, type) and issubclass(wanted, Enum):
                value = wanted(value)
        except ValueError:
            continue
        default = getattr(settings, name)
        if isinstance(default, tuple):
            value = tuple(value) if isinstance(value, list) else default
        elif type(value) is not type(default):
            continue
        settings = replace(settings, **{name: value})
    return settings
