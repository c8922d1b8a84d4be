"""Plugins written by tests: folders with a manifest and modules, well-behaved and otherwise."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

WELL_BEHAVED = """
    from desk_app.plugin_api import hookimpl

    @hookimpl
    def ticket_deleted(ctx, ticket_id):
        ctx.log.info("deleted %d", ticket_id)
"""


def write_plugin(
    parent: Path,
    plugin_id: str = "sample",
    code: str = WELL_BEHAVED,
    *,
    version: str = "1.0.0",
    manifest: str = "",
    api: str = ">=1.0,<2",
    installed: bool = False,
    **modules: str,
) -> Path:
    """Write a plugin into `parent`/<id> and return its folder; `installed` as the user's folder has it, a folder a
    version. `code` is its module `plugin`, `modules` are others by name; `manifest` holds further lines."""
    folder = parent / plugin_id / version if installed else parent / plugin_id
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f'id = "{plugin_id}"',
        f'name = "{plugin_id.title()}"',
        f'version = "{version}"',
        f'api = "{api}"',
        'entry = "plugin"',
        dedent(manifest),
    ]
    (folder / "plugin.toml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "plugin.py").write_text(dedent(code), encoding="utf-8")
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")
    return folder
