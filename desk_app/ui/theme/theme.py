"""The live theme: one object that fills palette and style sheet from the tokens and tells everybody (ui.md 7.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import cache

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette, QPixmapCache
from PySide6.QtWidgets import QApplication

from desk_app.ui import resources_path
from desk_app.ui.theme import fonts, tokens


class Scheme(StrEnum):
    """Which look the agent asked for."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Contrast(StrEnum):
    """Whether faint lines and fills are replaced, or what the system says."""

    SYSTEM = "system"
    ON = "on"
    OFF = "off"


class Density(StrEnum):
    """How much room rows take (ui.md 2.2)."""

    COMFORTABLE = "comfortable"
    COMPACT = "compact"


_PALETTE: tuple[tuple[QPalette.ColorRole, str], ...] = (
    (QPalette.ColorRole.Window, "bg_sidebar"),
    (QPalette.ColorRole.WindowText, "text_primary"),
    (QPalette.ColorRole.Base, "bg_surface"),
    (QPalette.ColorRole.AlternateBase, "bg_sunken"),
    (QPalette.ColorRole.Text, "text_primary"),
    (QPalette.ColorRole.Button, "bg_surface"),
    (QPalette.ColorRole.ButtonText, "text_primary"),
    (QPalette.ColorRole.BrightText, "danger"),
    (QPalette.ColorRole.Highlight, "accent"),
    (QPalette.ColorRole.HighlightedText, "on_accent"),
    (QPalette.ColorRole.Accent, "accent"),
    (QPalette.ColorRole.Link, "accent_text"),
    (QPalette.ColorRole.LinkVisited, "violet"),
    (QPalette.ColorRole.PlaceholderText, "text_tertiary"),
    (QPalette.ColorRole.ToolTipBase, "text_primary"),
    (QPalette.ColorRole.ToolTipText, "bg_surface"),
    (QPalette.ColorRole.Light, "bg_raised"),
    (QPalette.ColorRole.Midlight, "border_subtle"),
    (QPalette.ColorRole.Mid, "border_default"),
    (QPalette.ColorRole.Dark, "border_strong"),
    (QPalette.ColorRole.Shadow, "shadow"),
)
_QSS_GLYPHS = (
    ("check", "check", "on_accent", 3.0),
    ("chosen", "check", "text_primary", 2.0),
    ("chevron-down", "chevron-down", "text_tertiary", 2.0),
    ("chevron-right", "chevron-right", "text_tertiary", 2.0),
    ("circle-small", "circle-small", "on_accent", 3.0),
)
"""What the style sheet knows a picture by, its icon, colour and stroke."""


class Theme(QObject):
    """Colours and sizes as they are now. `changed` is emitted after palette and style sheet are in place."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.family = fonts.FAMILY
        self.scheme = Scheme.LIGHT
        self.factor = 1.0
        self.reduce_motion = False
        self.contrast = Contrast.OFF
        self.high_contrast = False
        self.density = Density.COMFORTABLE
        self.system_font = False
        self._tokens: Mapping[str, str] = tokens.LIGHT
        self._glyphs: QTemporaryDir | None = None
        self._following: tuple[QObject, ...] = ()
        self._applied: tuple[object, ...] = ()

    @property
    def is_dark(self) -> bool:
        """Whether the dark colours are on, whoever asked for them."""
        return tokens.luminance(self._tokens["bg_surface"]) < 0.5

    @property
    def is_compact(self) -> bool:
        """Whether rows are to take as little room as they can."""
        return self.density is Density.COMPACT

    def hex(self, token: str) -> str:
        """Return a token's colour as "#RRGGBB"."""
        return self._tokens[token]

    def colour(self, token: str) -> QColor:
        """Return a token's colour."""
        return QColor(self._tokens[token])

    def px(self, pixels: float) -> int:
        """Return a px token after the text size setting."""
        return max(1, round(pixels * self.factor))

    def apply(
        self,
        scheme: Scheme | str | None = None,
        *,
        factor: float | None = None,
        contrast: Contrast | str | None = None,
        density: Density | str | None = None,
        system_font: bool | None = None,
    ) -> None:
        """Switch live; what is None stays as it is."""
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        fonts.load()
        self._follow(app)
        self.scheme = Scheme(scheme) if scheme is not None else self.scheme
        self.contrast = Contrast(contrast) if contrast is not None else self.contrast
        self.density = Density(density) if density is not None else self.density
        self.system_font = system_font if system_font is not None else self.system_font
        self.factor = factor if factor is not None else self.factor
        self.family = fonts.system_family() if self.system_font else fonts.FAMILY
        dark = self._wants_dark()
        self.high_contrast = self._wants_contrast()
        chosen = tokens.DARK if dark else tokens.LIGHT
        self._tokens = tokens.high_contrast(chosen) if self.high_contrast else chosen
        wanted = (dark, self.high_contrast, self.factor, self.family)
        if wanted != self._applied or not app.styleSheet():  # filling and reading the sheet is what takes the time
            self._applied = wanted
            QPixmapCache.clear()
            app.setStyleSheet("")  # one that takes another's place is read for a part once for each part around it
            app.setFont(fonts.font(13))
            app.setPalette(self.palette())
            app.setStyleSheet(self.style_sheet())
        self.changed.emit()
        for window in app.topLevelWidgets():
            window.update()

    @contextmanager
    def sheet_later(self) -> Iterator[None]:
        """Build a window inside: it gets the style sheet at the end, as a whole. Qt reads the sheet anew for everything
        in a part each time the part is put into a bigger one, which makes building a window take three times as long.
        """
        app = QApplication.instance()
        sheet = app.styleSheet() if isinstance(app, QApplication) else ""
        if not isinstance(app, QApplication) or not sheet:
            yield
            return
        app.setStyleSheet("")
        try:
            yield
        finally:
            if not app.styleSheet():  # else the theme was applied meanwhile
                app.setStyleSheet(sheet)

    def _wants_dark(self) -> bool:
        hints = QGuiApplication.styleHints()
        if self.scheme is Scheme.SYSTEM:
            hints.unsetColorScheme()
            return hints.colorScheme() == Qt.ColorScheme.Dark
        dark = self.scheme is Scheme.DARK
        hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)
        return dark

    def _wants_contrast(self) -> bool:
        if self.contrast is not Contrast.SYSTEM:
            return self.contrast is Contrast.ON
        hints = QGuiApplication.styleHints()  # in a variable: its parts die with the wrapper (ui.md 14.4)
        return hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast

    def _follow(self, app: QApplication) -> None:
        if self._following:
            return
        hints = app.styleHints()
        accessibility = hints.accessibility()
        hints.colorSchemeChanged.connect(self._system_changed)
        accessibility.contrastPreferenceChanged.connect(self._system_changed)
        self._following = (hints, accessibility)

    def _system_changed(self) -> None:
        if self.scheme is Scheme.SYSTEM or self.contrast is Contrast.SYSTEM:
            self.apply()

    def palette(self) -> QPalette:
        """Return the palette of the present colours."""
        made = QPalette()
        for role, token in _PALETTE:
            made.setColor(role, self.colour(token))
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            made.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text_disabled"))
        return made

    def style_sheet(self) -> str:
        """Fill the template: `$token` becomes a colour, `@13` the px size 13 after the text size setting. `$tone_line`
        is the edge of a tone's chip: invisible, but not where fills are dropped."""
        lines = {f"{one}_line": self._tokens[one if self.high_contrast else f"{one}_subtle"] for one in tokens.TONES}
        lines["accent_line"] = self._tokens["accent_text" if self.high_contrast else "accent_subtle"]
        lines["chip_line"] = self._tokens["border_strong" if self.high_contrast else "bg_hover"]
        values = {**self._tokens, **lines, "glyphs": self._write_glyphs(), "family": self.family}
        filled = re.sub(r"\$(\w+)", lambda match: values[match.group(1)], _template())
        return re.sub(r"@(\d+)", lambda match: f"{self.px(int(match.group(1)))}px", filled)

    def _write_glyphs(self) -> str:
        from desk_app.ui.theme.icons import svg  # noqa: PLC0415 -- icons look colours up here

        folder = QTemporaryDir()  # a style sheet takes files only, and caches them by name: a new folder a theme
        for name, shape, token, width in _QSS_GLYPHS:
            with open(folder.filePath(f"{name}.svg"), "w", encoding="utf-8") as file:  # noqa: PTH123 -- a Qt path
                file.write(svg(shape, self._tokens[token], width))
        self._glyphs = folder
        return folder.path().replace("\\", "/")


@cache
def _template() -> str:
    """The style sheet of the window, then those of its areas."""
    files = sorted(resources_path().glob("*.qss"), key=lambda path: (path.name != "app.qss", path.name))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@cache
def theme() -> Theme:
    """Return the program's one theme."""
    return Theme()
