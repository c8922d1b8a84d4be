"""A plugin's own life, and what it does by the clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from desk_app.plugin_api.context import Context, Mode
from desk_app.plugin_api.contributions import HealthCheck, JobSpec, Migration
from desk_app.plugin_api.marks import Kind, OnError, Waits, hook


@hook(Kind.EVENT, on_error=OnError.ROLL_BACK)
def plugin_activated(ctx: Context, first_time: bool, previous_version: str) -> None:
    """The plugin has been switched on in this program; its tables, settings and contributions are there.

    Called at every start of a program, too. `first_time` is true once on the desk; `previous_version` is what ran
    before an update, else "". An exception undoes the activation, with its text as the reason.
    """


@hook(Kind.EVENT)
def plugin_deactivating(ctx: Context, reason: str) -> None:
    """The plugin is about to be switched off: `reason` is user, update, closing, paused or reload. Threads, files and
    sockets of its own must be given back within two seconds."""


@hook(Kind.EVENT)
def plugin_uninstalling(ctx: Context, delete_data: bool) -> None:
    """The plugin is about to be removed. With `delete_data` its tables, values, settings and secrets are deleted
    afterwards by the desk; here it may tidy up what lies elsewhere, within two seconds. One that does not run at that
    moment is removed without being told: code that was switched off is not loaded once more."""


@hook(Kind.EVENT)
def app_ready(ctx: Context, mode: Mode) -> None:
    """The program has started and every plugin is active; told late to plugins that are switched on later."""


@hook(Kind.EVENT)
def app_closing(ctx: Context, deadline: float) -> None:
    """The program ends; there are `deadline` seconds left."""


@hook(Kind.EVENT, waits=Waits.PERSON)
def settings_changed(ctx: Context, keys: Collection[str]) -> None:
    """Settings of this plugin were changed, here or on another desktop; only the plugin concerned is told."""


@hook(Kind.COLLECT, gives=(JobSpec,))
def scheduled_jobs(ctx: Context) -> Sequence[JobSpec]:
    """Return what is to be done again and again; needs the permission schedule."""
    return ()


@hook(Kind.COLLECT, gives=(HealthCheck,))
def health_checks(ctx: Context) -> Sequence[HealthCheck]:
    """Return questions about the plugin's well-being."""
    return ()


@hook(Kind.COLLECT, gives=(Migration,))
def migrations(ctx: Context) -> Sequence[Migration]:
    """Return every step of the plugin's own tables, old ones too; those that are new here run before it is activated.

    A step that fails leaves the tables as they were and the plugin off.
    """
    return ()
