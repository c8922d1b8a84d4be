"""Every hook of the desk without a window, by group (plugins.md, "Hook list")."""

from __future__ import annotations

from types import ModuleType

from desk_app.plugin_api.hooks import (
    automation,
    blueprint,
    channels,
    commands,
    content,
    fields,
    lifecycle,
    reports,
    sla,
    tickets,
)

GROUPS: tuple[ModuleType, ...] = (
    lifecycle,
    channels,
    tickets,
    content,
    automation,
    fields,
    blueprint,
    sla,
    reports,
    commands,
)
"""The modules of specifications; the window's own are in `desk_app.plugin_api.ui.hooks`."""
