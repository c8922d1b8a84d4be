"""What a person wants of plugins: on or off, what they may do, in which order. It is kept on the desk, and done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from desk_app.domain.plugins.model import Permission, PluginRecord
from desk_app.plugin_host.dispatch import Dispatcher
from desk_app.plugin_host.faults import FaultBook
from desk_app.plugin_host.running import BroughtDownError
from desk_app.plugin_host.shelf import SWITCH, GoneError, Shelf
from desk_app.plugin_host.states import Standing
from desk_app.plugin_host.switching import Switching
from desk_app.plugin_host.telling import Listeners
from desk_app.services.ports.plugins import PluginRefusedError


class Wishes:
    """See `PluginSwitching` for what each call means. Called by the host, one change at a time, with slugs."""

    def __init__(
        self,
        standing: Standing,
        shelf: Shelf,
        switching: Switching,
        dispatcher: Dispatcher,
        faults: FaultBook,
        listeners: Listeners,
    ) -> None:
        self._now = standing
        self._shelf = shelf
        self._switch = switching
        self._dispatcher = dispatcher
        self._faults = faults
        self._listeners = listeners

    def activate(self, slug: str, granted: Iterable[Permission]) -> None:
        """Switch a plugin on."""
        self._switch.look()
        found = self._now.findings.by_slug.get(slug)
        if found is None:
            raise PluginRefusedError("There is no such plugin on this computer.")
        manifest = self._now.refuse_unusable(found)
        before = self._now.records.get(slug)
        others = before is not None and before.wanted and not before.paused  # what fails here is not their business
        record = replace(before) if before is not None else PluginRecord(0, slug)
        record.granted, record.paused = frozenset(granted) & manifest.permissions, ""
        if slug in self._now.running:
            record.wanted = True
            self._shelf.save(record)
            self._now.reasons.pop(slug, None)
            self._listeners.tell(slug)
            return
        record.wanted = others
        self._shelf.save(record)
        self._switch.start_here_again(slug)
        if self._now.only is not None:
            self._now.only |= {slug}
        self._faults.forget(slug)
        try:
            self._switch.start_one(found, manifest)
        except BroughtDownError as error:
            self._now.reasons[slug] = str(error)
            self._switch.note(slug, error)
            if others:
                self._switch.pause_here(slug, str(manifest.version), str(error))
            self._listeners.tell(slug)
            raise
        try:
            self._switch.now_active(found, manifest, wanted=True)
        except Exception:
            running = self._now.running.get(slug)
            if running is not None:
                self._switch.take_down(running, "user")
            raise
        self._switch.tell_late(slug)
        if not self._now.safe:
            self._switch.bring_up_wanted()  # those that need it

    def deactivate(self, slug: str) -> None:
        """Switch a plugin off."""
        self._now.refuse_where_needed(slug)
        self._now.reasons.pop(slug, None)
        self._switch.start_here_again(slug)
        if slug in self._shelf.read():
            with suppress(GoneError):
                self._shelf.save(replace(self._now.records[slug], wanted=False, paused=""), meant=SWITCH)
        running = self._now.running.get(slug)
        if running is not None:
            self._switch.switch_off(running)
        self._listeners.tell(slug)

    def grant(self, slug: str, permission: Permission) -> None:
        """Give a permission."""
        record = self._shelf.known(slug)
        manifest = self._now.manifest(slug)
        if manifest is not None and permission not in manifest.permissions:
            raise PluginRefusedError("The plugin does not ask for this permission.")
        granted, revoked = record.granted | {permission}, record.revoked - {permission}
        self._shelf.save(replace(record, granted=granted, revoked=revoked))
        self._listeners.tell(slug)

    def revoke(self, slug: str, permission: Permission) -> None:
        """Take a permission."""
        record = self._shelf.known(slug)
        self._shelf.save(replace(record, revoked=record.revoked | {permission}))
        self._listeners.tell(slug)

    def reorder(self, slugs: Sequence[str]) -> None:
        """Order the plugins."""
        records = self._shelf.read()
        for position, slug in enumerate(slugs, 1):
            if slug in records and records[slug].position != position:
                self._shelf.save(replace(records[slug], position=position))
        self._dispatcher.place({slug: record.position for slug, record in self._now.records.items()})
