"""Contexts of plugins on a desk, without a plugin behind them.

ctx = plugin_context(desk_kit, "tickets.read", settings='[settings.limit]\ntype = "number"')
ctx.take("tickets.read")                    # revokes it
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desk_app.domain.plugins.model import Permission, PluginRecord
from desk_app.infra.logging import hide, redact
from desk_app.infra.secrets import memory_secrets
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.context import ContextFactory, PluginContext
from desk_app.plugin_host.manifest import Manifest, parse_manifest
from desk_app.services.plugins.commands import PluginCommands
from tests.support.desks import DeskKit

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Contexts:
    """Makes contexts on a desk; each plugin has a row, whose permissions can be taken and given."""

    def __init__(self, kit: DeskKit, folder: Path) -> None:
        self.kit = kit
        self.folder = folder
        self.records: dict[str, PluginRecord] = {}
        desk, database = kit.desk, kit.database
        self.factory = ContextFactory(
            unit_of_work=desk.unit_of_work,
            reading=database.plugin_reading,
            pictures=database.pictures,
            commands=desk.plugin_commands,
            writing=desk.writing,
            secrets=memory_secrets(),
            tables=database.plugin_tables,
            present=desk.present,
            now=lambda: NOW,
            redact=redact,
            hide=hide,
        )

    @property
    def commands(self) -> PluginCommands:
        return self.factory.commands

    def make(self, *permissions: str, slug: str = "sample", settings: str = "", stored: bool = True) -> PluginContext:
        manifest = manifest_of(slug, settings)
        granted = frozenset(map(Permission, permissions))
        record = PluginRecord(0, manifest.slug, version="1.0", wanted=True, granted=granted)
        if stored:
            with self.kit.database.unit_of_work() as uow:
                known = uow.plugins.get(manifest.slug)
                record.id = known.id if known is not None else 0
                record = uow.plugins.save(record)
                uow.commit()
        self.records[manifest.slug] = record
        return self.factory.make(manifest, lambda: self.records[manifest.slug], Mode.GUI, self.folder)

    def take(self, permission: str, slug: str = "sample") -> None:
        record = self.records[slug]
        self.records[slug] = replace(record, revoked=record.revoked | {Permission(permission)})


def manifest_of(slug: str = "sample", settings: str = "") -> Manifest:
    text = f'id = "{slug}"\nname = "Sample"\nversion = "1.0"\napi = ">=1.0,<2"\nentry = "plugin"\n{settings}'
    manifest, problems = parse_manifest(text, Path("plugin.toml"))
    assert manifest is not None, problems
    return manifest


def ticket_of(kit: DeskKit, **parts: Any) -> int:
    """Let a mail arrive and return its ticket."""
    from tests.support.desks import mail

    account = next((one for one, _ in kit.desk.mailboxes.list()), None) or kit.mailbox("support@desk.example")
    before = {one.id for one in kit.tickets()}
    kit.arrive(account, mail(**parts))
    (made,) = {one.id for one in kit.tickets()} - before
    return made
