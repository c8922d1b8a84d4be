"""Whose plugin files a desk knows: public keys that an admin has pinned under a name (features.md PL-10)."""

from __future__ import annotations

from collections.abc import Mapping

from desk_app.domain.people.actor import Actor
from desk_app.domain.plugins.words import has_unseen
from desk_app.services.plugins.keeping import refuse_unless_admin
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

_SETTING = "plugin_signers"
_LONGEST = 60


class PluginSigners:
    """Names and keys of makers this desk trusts; shared by every computer of it."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def all(self) -> Mapping[str, str]:
        """Return the keys by name."""
        with self._uow() as uow:
            return dict(sorted((uow.settings.get(_SETTING) or {}).items()))

    def name_of(self, key: str) -> str:
        """Return the name a key is trusted under, "" for none."""
        return next((name for name, one in self.all().items() if key and one == key), "")

    def trust(self, name: str, key: str, actor: Actor) -> None:
        """Trust a key under a name, in the place of the one before. Raises PermissionError unless an admin asks, and
        ValueError for a name nobody can read."""
        name = name.strip()
        if not name or len(name) > _LONGEST or has_unseen(name):
            raise ValueError(f"A name has 1 to {_LONGEST} characters that can be seen.")
        with self._uow() as uow:
            refuse_unless_admin(uow, actor)
            uow.settings.set(_SETTING, {**(uow.settings.get(_SETTING) or {}), name: key})
            uow.commit()

    def forget(self, name: str, actor: Actor) -> bool:
        """Trust a name no longer; returns whether it was. Raises PermissionError unless an admin asks."""
        with self._uow() as uow:
            refuse_unless_admin(uow, actor)
            held = dict(uow.settings.get(_SETTING) or {})
            was = held.pop(name, None) is not None
            uow.settings.set(_SETTING, held or None)
            uow.commit()
        return was
