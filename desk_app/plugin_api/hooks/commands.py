"""Subcommands of `desk-app`."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.contributions import Command
from desk_app.plugin_api.marks import Kind, hook


@hook(Kind.COLLECT, gives=(Command,))
def cli_commands(ctx: Context) -> Sequence[Command]:
    """Return subcommands, called as `desk-app <plugin> <name>`."""
    return ()
