"""Follows what other programs of the desk have done to plugins: the table `plugin` is where they agree."""

from __future__ import annotations

from collections.abc import Mapping

from desk_app.domain.plugins.model import SECRET_SETTING, PluginRecord
from desk_app.plugin_host.dispatch import Dispatcher
from desk_app.plugin_host.shelf import Shelf
from desk_app.plugin_host.states import Standing
from desk_app.plugin_host.switching import Switching
from desk_app.plugin_host.telling import Listeners


class Following:
    """Brings this program in step with the desk. Called by the host, one change at a time."""

    def __init__(
        self, standing: Standing, shelf: Shelf, switching: Switching, dispatcher: Dispatcher, listeners: Listeners
    ) -> None:
        self._now = standing
        self._shelf = shelf
        self._switch = switching
        self._dispatcher = dispatcher
        self._listeners = listeners
        self._followed: Mapping[str, PluginRecord] = {}

    def begin(self) -> None:
        """Follow from what was read now."""
        self._followed = self._now.records

    def sync(self) -> None:
        """Read what the desk keeps, and do here what was done elsewhere."""
        before = self._followed  # what was read since may not have been followed: the database may have gone away
        records = self._shelf.read()
        moved = any(record.version != before.get(slug, record).version for slug, record in records.items())
        if moved or set(records) != set(before):
            self._switch.look()
        for slug, running in list(self._now.running.items()):
            self._switch.follow(running, records.get(slug))
        self._dispatcher.place({slug: record.position for slug, record in records.items()})
        if self._switch.ready and not self._now.safe:
            self._switch.bring_up_wanted()
        self._tell_settings()
        for slug in {*before, *records}:
            if before.get(slug) != records.get(slug):
                self._listeners.tell(slug)
        self._followed = self._now.records

    def _tell_settings(self) -> None:
        """Tell plugins whose settings are not what they were."""
        stored = self._shelf.all_settings() if self._now.running else {}
        for slug, running in list(self._now.running.items()):
            record = self._now.records.get(slug)
            before, now = running.settings, stored.get(record.id, {}) if record is not None else {}
            keys = {key for key in {*before, *now} if before.get(key) != now.get(key)}
            running.settings = now
            if keys:
                running.ctx.settings.refresh()
                named = frozenset(key.removeprefix(SECRET_SETTING) for key in keys)
                self._dispatcher.tell(slug, "settings_changed", keys=named)
