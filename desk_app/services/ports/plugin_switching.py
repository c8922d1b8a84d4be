"""What a person may want of the plugins of a desk, as the plugin host does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from desk_app.domain.plugins.model import Permission
from desk_app.services.ports.plugins import PluginControl


class PluginSwitching(Protocol):
    """Installs plugins and switches them, for every program of the desk. Asks nobody for leave: front ends go through
    `services.plugins.administration`. Any thread but that of the window: each call may take seconds."""

    def activate(self, slug: str, granted: Iterable[Permission]) -> None:
        """Switch a plugin on with these permissions. Raises PluginRefusedError; the plugin is off then, as before."""
        ...

    def deactivate(self, slug: str) -> None:
        """Switch a plugin off; its data stays. Raises PluginRefusedError where others need it."""
        ...

    def try_again(self, slug: str) -> None:
        """Let a paused plugin run again and forget its faults. Raises PluginRefusedError."""
        ...

    def grant(self, slug: str, permission: Permission) -> None:
        """Give a permission the plugin asks for (back)."""
        ...

    def revoke(self, slug: str, permission: Permission) -> None:
        """Take a permission away; calls that need it fail from now on."""
        ...

    def reorder(self, slugs: Sequence[str]) -> None:
        """Have the hooks of plugins called in this order."""
        ...

    def install(self, file: Path) -> str:
        """Stage a plugin file and put it in its place; returns its slug.

        It is off afterwards, unless an older version was on, which is updated. Raises PluginRefusedError with what is
        wrong with the file; nothing has changed then.
        """
        ...

    def stage(self, file: Path) -> Any:
        """Unpack a plugin file beside the installed ones and try it in a process of its own; returns a
        `plugin_host.installing.Candidate`, to be put or discarded. Raises PluginRefusedError as `install`."""
        ...

    def put(self, candidate: Any) -> str:
        """Put a plugin that was staged in its place; as `install`."""
        ...

    def update(self, slug: str) -> None:
        """Switch to the newer version that lies ready. Raises PluginRefusedError; the old one runs then, as before."""
        ...

    def roll_back(self, slug: str) -> None:
        """Switch to the version before the last update. Raises PluginRefusedError."""
        ...

    def uninstall(self, slug: str, *, delete_data: bool) -> None:
        """Remove a plugin, and with `delete_data` everything it keeps. Raises PluginRefusedError."""
        ...


class PluginHosting(PluginControl, PluginSwitching, Protocol):
    """Everything the plugin host does."""
