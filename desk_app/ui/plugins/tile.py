"""The coloured square with a plugin's icon."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from desk_app.ui import resources_path
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme

USUAL = "puzzle"
SIDE = 40


def icon_of(name: str) -> str:
    """Return an icon the program brings, whatever a manifest names."""
    plain = name.isascii() and name.replace("-", "").isalnum()
    return name if plain and (resources_path() / "icons" / f"{name}.svg").is_file() else USUAL


class Tile(QWidget):
    """A square in a tone with an icon in it; says nothing that the name beside it does not say."""

    def __init__(self, icon_name: str, tone: str, side: int = SIDE) -> None:
        super().__init__()
        self._icon, self._tone, self._side = icon_of(icon_name), tone, side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the size of the square."""
        side = theme().px(self._side)
        return QSize(side, side)

    def paintEvent(self, _event: object) -> None:
        """Draw the square and the icon."""
        painter, colours = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour(f"{self._tone}_subtle"))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        token = "accent_text" if self._tone == "accent" else self._tone
        side = round(min(self.width(), self.height()) / 2)
        drawn = pixmap(self._icon, colours.hex(token), side, self.devicePixelRatioF())
        painter.drawPixmap((self.width() - side) // 2, (self.height() - side) // 2, drawn)
