"""The Qt half of the plugin API: what a plugin may add to the window (plugins.md, group "UI").

The window's own pages, panels, actions, columns and composer tools are registered through the same registries.
"""

from desk_app.plugin_api.ui.registry import Registry, UiRegistries
from desk_app.plugin_api.ui.specs import (
    ActionScope,
    ActionSpec,
    AskingPort,
    BackgroundPort,
    ColumnSpec,
    ComposerPort,
    ComposerTool,
    FieldEditor,
    HighlighterSpec,
    PageSpec,
    PanelPort,
    PanelSpec,
    ReportPage,
    SettingsPage,
    WindowPort,
)

__all__ = [
    "ActionScope",
    "ActionSpec",
    "AskingPort",
    "BackgroundPort",
    "ColumnSpec",
    "ComposerPort",
    "ComposerTool",
    "FieldEditor",
    "HighlighterSpec",
    "PageSpec",
    "PanelPort",
    "PanelSpec",
    "Registry",
    "ReportPage",
    "SettingsPage",
    "UiRegistries",
    "WindowPort",
]
