"""The bundled type face, so that metrics are the same on every system (ui.md 2.2)."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from desk_app.ui import resources_path

FAMILY = "Inter"


@cache
def load() -> bool:
    """Register the bundled fonts once; returns whether the family is there."""
    ok = True
    for path in sorted((resources_path() / "fonts").glob("*.ttf")):
        ok = QFontDatabase.addApplicationFont(str(path)) >= 0 and ok
    return ok


def system_family() -> str:
    """Return the type face of the system's own windows."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()


def font(pixels: float = 13, weight: int = 400, *, tabular: bool = False) -> QFont:
    """Return the type face in a size of the scale, in px before the text size setting; `tabular` aligns figures."""
    from desk_app.ui.theme.theme import theme  # noqa: PLC0415 -- the theme loads fonts itself

    made = QFont(theme().family)
    made.setPixelSize(theme().px(pixels))
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made
