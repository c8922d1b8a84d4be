"""The hooks of the window. Implementations live in the module the manifest names as `ui_entry`, are called on the GUI
thread and may not wait; the factories and functions inside the specs say their own thread (`specs.py`)."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.marks import Kind, Thread, hook
from desk_app.plugin_api.ui.specs import (
    ActionSpec,
    ColumnSpec,
    ComposerTool,
    FieldEditor,
    HighlighterSpec,
    PageSpec,
    PanelSpec,
    ReportPage,
    SettingsPage,
)


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(PanelSpec,))
def ticket_panels(ctx: Context) -> Sequence[PanelSpec]:
    """Return cards of the panel beside a ticket."""
    return ()


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(ActionSpec,))
def ticket_actions(ctx: Context) -> Sequence[ActionSpec]:
    """Return commands: in the palette, in menus, under keys."""
    return ()


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(ComposerTool,))
def composer_tools(ctx: Context) -> Sequence[ComposerTool]:
    """Return buttons of the composer's tool bar."""
    return ()


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(SettingsPage,))
def settings_pages(ctx: Context) -> Sequence[SettingsPage]:
    """Return pages of the settings, where the one generated from the manifest is not enough."""
    return ()


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(ReportPage,))
def report_pages(ctx: Context) -> Sequence[ReportPage]:
    """Return reports that draw themselves; most are better served by `report_types`."""
    return ()


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(ColumnSpec,))
def list_columns(ctx: Context) -> Sequence[ColumnSpec]:
    """Return columns of the ticket list; their values are asked for in batches, off the GUI thread."""
    return ()


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(PageSpec,))
def navigation_pages(ctx: Context) -> Sequence[PageSpec]:
    """Return pages of the rail."""
    return ()


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(HighlighterSpec,))
def text_highlighters(ctx: Context) -> Sequence[HighlighterSpec]:
    """Return what marks words while they are written: spelling, terms."""
    return ()


@hook(Kind.COLLECT, thread=Thread.GUI, gives=(FieldEditor,), provisional=True)
def field_editors(ctx: Context) -> Sequence[FieldEditor]:
    """Return the editors of one's own kinds of field."""
    return ()
