"""Choose one of the colours that everything readable can be written in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QWidget

from desk_app.ui.language import tr
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.theme.tokens import CHART_COLOURS
from desk_app.ui.widgets.layout import FlowLayout


def tag_colours() -> Sequence[tuple[str, str]]:
    """Return the colour tokens of tags with their names; each has a fill that its text is readable on."""
    return (
        ("", tr("Grey")),
        ("accent", tr("Indigo")),
        ("info", tr("Blue")),
        ("teal", tr("Teal")),
        ("success", tr("Green")),
        ("warning", tr("Amber")),
        ("danger", tr("Red")),
        ("violet", tr("Violet")),
    )


def mailbox_colours() -> Sequence[tuple[str, str]]:
    """Return the colour tokens of mailboxes with their names."""
    names = (tr("Indigo"), tr("Teal"), tr("Violet"), tr("Blue"), tr("Orange"), tr("Pink"))
    return tuple(zip(CHART_COLOURS, names, strict=True))


def dot_token(colour: str) -> str:
    """Return the token a tag's dot is painted with."""
    return colour or "text_tertiary"


class Swatch(QAbstractButton):
    """One colour; the chosen one has a tick."""

    def __init__(self, token: str, name: str) -> None:
        super().__init__()
        self.token = token
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the size of a target."""
        return QSize(34, 34)

    def paintEvent(self, _event: object) -> None:
        """Draw the colour, the tick and the focus."""
        painter, colours = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = QPointF(self.width() / 2, self.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour(dot_token(self.token)))
        painter.drawEllipse(centre, 11, 11)
        if self.isChecked():
            painter.drawPixmap(
                QPointF(centre.x() - 7, centre.y() - 7),
                pixmap("check", colours.hex("bg_surface"), 14, self.devicePixelRatioF(), 3),
            )
        if self.isChecked() or self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.colour("focus" if self.hasFocus() else "border_strong"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 8, 8)


class Swatches(QWidget):
    """The colours side by side."""

    chosen = Signal(str)

    def __init__(self, name: str, colours: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        flow = FlowLayout(spacing=4)
        self.buttons: dict[str, Swatch] = {}
        for token, words in colours:
            made = Swatch(token, f"{name}: {words}")
            made.toggled.connect(lambda on, one=token: self.chosen.emit(one) if on else None)
            self._group.addButton(made)
            self.buttons[token] = made
            flow.addWidget(made)
        self.setLayout(flow)
        self._first = next(iter(self.buttons.values()))
        self.setFocusProxy(self._first)

    @property
    def colour(self) -> str:
        """The token chosen."""
        return next((token for token, made in self.buttons.items() if made.isChecked()), self._first.token)

    def choose(self, colour: str) -> None:
        """Mark a colour; an unknown one marks the first."""
        made = self.buttons.get(colour, self._first)
        blocked = made.blockSignals(True)
        made.setChecked(True)
        made.blockSignals(blocked)
