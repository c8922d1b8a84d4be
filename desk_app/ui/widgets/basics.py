"""Labels, chips, buttons and menus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from desk_app.ui.theme.icons import icon


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties and let the style sheet look again (ui.md 7.2)."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def label(
    text: str = "", role: str = "", *, wrap: bool = False, selectable: bool = False, plain: bool = True
) -> QLabel:
    """Return a text. Roles: h1, h2, title, strong, secondary, tertiary, caption. Foreign text is never read as HTML."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText if plain else Qt.TextFormat.RichText)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return made


class ElidedLabel(QLabel):
    """A text of one line that ends in an ellipsis where there is no room; the whole text is its tool tip."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(24)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setAccessibleName(text)
        self._elide()

    @property
    def whole_text(self) -> str:
        """The text without the ellipsis."""
        return self._whole

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(0, self.width()))
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")

    def resizeEvent(self, event: object) -> None:
        """Cut again."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._elide()


def chip(text: str, tone: str = "") -> QLabel:
    """Return a small filled word. Tones: success, warning, danger, info, accent, violet, teal."""
    made = label(text, "chip")
    if tone:
        made.setProperty("tone", tone)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def button(
    text: str,
    on_click: Callable[[], object] | None = None,
    *,
    variant: str = "",
    icon_name: str = "",
    icon_token: str = "",
    tip: str = "",
    enabled: bool = True,
) -> QPushButton:
    """Return a button with words. Variants: primary, ghost, danger, link, fold, tile, note, chip, prop, toast."""
    made = QPushButton()
    set_words(made, text, gap=bool(icon_name))
    if variant:
        made.setProperty("variant", variant)
    if icon_name:
        token = icon_token or ("on_accent" if variant == "primary" else "text_secondary")
        active = "on_accent" if variant == "primary" else "text_primary"
        made.setIcon(icon(icon_name, token, active))
        made.setIconSize(QSize(16, 16))
    if tip:
        made.setToolTip(tip)
    made.setEnabled(enabled)
    made.setAutoDefault(False)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if on_click is not None:
        made.clicked.connect(lambda _checked=False: on_click())
    return made


def set_words(made: QPushButton, text: str, *, gap: bool = True) -> None:
    """Give a button words; a style sheet knows no gap after an icon, so a blank stands in for it."""
    made.setText(f" {text}" if gap and text else text)
    made.setAccessibleName(text)


def icon_button(
    icon_name: str,
    name: str,
    on_click: Callable[[], object] | None = None,
    *,
    size: int = 17,
    key: str = "",
    token: str = "text_secondary",  # noqa: S107 -- a colour token
    checkable: bool = False,
    side: int = 30,
) -> QToolButton:
    """Return a button that is only an icon; `name` is spoken and shown as tool tip with its key."""
    made = QToolButton()
    made.setIcon(icon(icon_name, token))
    made.setIconSize(QSize(size, size))
    made.setMinimumSize(side, side)
    made.setCheckable(checkable)
    made.setAccessibleName(name)
    shown_key = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) if key else ""
    made.setToolTip(f"{name}  ({shown_key})" if shown_key else name)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if on_click is not None:
        if checkable:
            made.toggled.connect(lambda _on: on_click())
        else:
            made.clicked.connect(lambda _checked=False: on_click())
    return made


class Menu(QMenu):
    """A menu with rounded corners (ui.md 7.13)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(
            self.windowFlags() | Qt.WindowType.FramelessWindowHint | Qt.WindowType.NoDropShadowWindowHint
        )
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)

    def add(
        self,
        text: str,
        on_click: Callable[[], object],
        *,
        icon_name: str = "",
        key: str = "",
        checked: bool | None = None,
        enabled: bool = True,
    ) -> None:
        """Add a line; `key` is shown only."""
        shown = text.replace("&", "&&")
        if key:
            shown += "\t" + QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
        action = self.addAction(shown)
        if icon_name:
            action.setIcon(icon(icon_name))
        if checked is not None:
            action.setCheckable(True)
            action.setChecked(checked)
        action.setEnabled(enabled)
        action.triggered.connect(lambda _checked=False: on_click())

    def below(self, widget: QWidget, *, above: bool = False) -> None:
        """Open at a widget's lower (or upper) left corner."""
        height = self.sizeHint().height()
        corner = widget.rect().topLeft() if above else widget.rect().bottomLeft()
        point = widget.mapToGlobal(corner)
        point.setY(point.y() - height - 4 if above else point.y() + 4)
        self.popup(point)


def number_box(least: int, most: int, suffix: str = "") -> QSpinBox:
    """Return a field for a whole number; the style sheet cannot reach the margin of its text."""
    made = QSpinBox()
    made.setRange(least, most)
    made.setSuffix(f" {suffix}" if suffix else "")
    made.lineEdit().setTextMargins(8, 0, 0, 0)
    return made


def scroller(content: QWidget, name: str = "") -> QScrollArea:
    """Return a vertical scroll area around a widget."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if name:
        area.setAccessibleName(name)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area
