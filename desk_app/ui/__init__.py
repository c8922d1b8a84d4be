"""The window (PySide6). It talks to services and queries only, and never from the GUI thread (architecture.md)."""

from __future__ import annotations

from pathlib import Path


def resources_path() -> Path:
    """Return the folder of icons, fonts, style sheet and translations; they ship inside the package."""
    return Path(__file__).parent / "resources"
