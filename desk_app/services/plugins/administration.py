"""What a person wants of the plugins of a desk, asked by whoever that is: window and command line go this way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from desk_app.domain.people.actor import Actor
from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.services.plugins.keeping import refuse_unless_admin
from desk_app.services.ports.plugin_switching import PluginHosting
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory


class PluginAdministration:
    """Installs plugins, switches them, and says what they may do: for admins of the desk, and for the program itself.

    Everything raises PermissionError for anybody else, before anything has happened, and PluginRefusedError where it
    cannot be done. May take seconds; not for the GUI thread.
    """

    def __init__(self, unit_of_work: UnitOfWorkFactory, host: PluginHosting) -> None:
        self._uow, self._host = unit_of_work, host

    def stage(self, file: Path, actor: Actor) -> Any:
        """Unpack a plugin file and try it; returns a `plugin_host.installing.Candidate`, to be put or discarded."""
        return self._for(actor).stage(file)

    def put(self, candidate: Any, actor: Actor) -> str:
        """Put a plugin that was staged in its place; returns its slug. It is off, unless an older version was on."""
        return self._for(actor).put(candidate)

    def install(self, file: Path, actor: Actor) -> str:
        """Stage a plugin file and put it in its place."""
        return self._for(actor).install(file)

    def activate(self, slug: str, granted: Iterable[Permission], actor: Actor) -> None:
        """Switch a plugin on with these permissions."""
        self._for(actor).activate(slug, granted)

    def activate_newest(self, slug: str, granted: Iterable[Permission], actor: Actor) -> None:
        """Switch a plugin on that was just installed, in the newest version there is. One that is on gets what it does
        not have of these permissions."""
        host, wanted = self._for(actor), frozenset(granted)
        state = host.state(slug)
        if state is not None and state.update:  # it was off
            host.update(slug)
        if state is None or state.kind is not StateKind.ACTIVE:
            host.activate(slug, wanted)
            return
        had = state.record.granted if state.record is not None else frozenset()
        for one in sorted(wanted - had):
            host.grant(slug, one)

    def deactivate(self, slug: str, actor: Actor) -> None:
        """Switch a plugin off; its data stays."""
        self._for(actor).deactivate(slug)

    def try_again(self, slug: str, actor: Actor) -> None:
        """Let a paused plugin run again, and forget its faults."""
        self._for(actor).try_again(slug)

    def grant(self, slug: str, permission: Permission, actor: Actor) -> None:
        """Give a permission the plugin asks for (back)."""
        self._for(actor).grant(slug, permission)

    def revoke(self, slug: str, permission: Permission, actor: Actor) -> None:
        """Take a permission away."""
        self._for(actor).revoke(slug, permission)

    def reorder(self, slugs: Sequence[str], actor: Actor) -> None:
        """Have the hooks of plugins called in this order."""
        self._for(actor).reorder(slugs)

    def update(self, slug: str, actor: Actor) -> None:
        """Switch to the newer version that lies ready."""
        self._for(actor).update(slug)

    def roll_back(self, slug: str, actor: Actor) -> None:
        """Switch to the version before the last update."""
        self._for(actor).roll_back(slug)

    def uninstall(self, slug: str, actor: Actor, *, delete_data: bool) -> None:
        """Remove a plugin, and with `delete_data` everything it keeps."""
        self._for(actor).uninstall(slug, delete_data=delete_data)

    def _for(self, actor: Actor) -> PluginHosting:
        with self._uow() as uow:
            refuse_unless_admin(uow, actor)
        return self._host
