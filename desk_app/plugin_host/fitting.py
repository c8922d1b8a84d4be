"""Whether a plugin is made for this program, and in words why not."""

from __future__ import annotations

import sys

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from desk_app.plugin_api.marks import API_VERSION

_FROM = frozenset({">=", ">", "==", "~="})
OLDER = "Ask its maker for a newer version."
NEWER = "Update the program first."


def misfit(api: SpecifierSet, min_python: str, interface: str) -> str:
    """Return why a program with a version of the plugin interface cannot run what was made for others, and what helps;
    "" where it can."""
    if not api.contains(interface, prereleases=True):
        helps = NEWER if any(_is_newer(one.operator, one.version, interface) for one in api) else OLDER
        if interface == API_VERSION:
            return f"It is made for version {api} of the plugin interface; this program has {interface}. {helps}"
        return f"It is made for version {api} of the plugin interface; that program has {interface}. {helps}"
    if min_python and tuple(map(int, min_python.split("."))) > sys.version_info[:2]:
        return f"It needs Python {min_python} or newer. {NEWER}"
    return ""


def _is_newer(operator: str, version: str, interface: str) -> bool:
    return operator in _FROM and Version(version.removesuffix(".*")) > Version(interface)
