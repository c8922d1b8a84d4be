"""Labels, chips, buttons and menus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from desk_app.ui.theme.icons import icon
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.keys import SHOWN_KEYS, tip_with_key
from desk_app.ui.widgets.tips import plain_tip


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


_CHIP_EDGES = 20
"""What stands around the words of a chip, in px: the style sheet's border and padding and Qt's indent, both sides."""


class ElidedLabel(QLabel):
    """A text of one line that ends in an ellipsis where there is no room; the whole text is its tool tip.

    It takes all the room there is; one that is `snug` no more than its text needs.
    """

    def __init__(
        self, text: str = "", role: str = "", *, snug: bool = False, tone: str = "", short: str = "", edges: int = 0
    ) -> None:
        """`short` is shown where `text` has no room; `edges` is what the style sheet puts around it, both sides."""
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        if tone:
            self.setProperty("tone", tone)
        self._whole, self._tip, self._short, self._snug = "", "", short, snug
        self._edges = _CHIP_EDGES if role == "chip" else edges
        self.setSizePolicy(
            QSizePolicy.Policy.Maximum if snug else QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        )
        self.setMinimumWidth(24 + self._edges)
        self.set_text(text)

    def set_text(self, text: str, tip: str = "") -> None:
        """Show another text; `tip` says more than the text does."""
        self._whole, self._tip = text, tip
        self.setAccessibleName(text)
        self._elide()
        if self._snug:
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Wish for the room of the whole text."""
        size = super().sizeHint()
        if self._snug:
            words = self.fontMetrics().horizontalAdvance(self._whole) + 1  # rounded: a part of a px would cost a letter
            size.setWidth(words + self._edges)
        return size

    def minimumSizeHint(self) -> QSize:
        """Give way as far as an ellipsis."""
        size = super().minimumSizeHint()
        return QSize(self.minimumWidth(), size.height()) if self._snug else size

    @property
    def whole_text(self) -> str:
        """The text without the ellipsis."""
        return self._whole

    def _elide(self) -> None:
        room = max(0, self.width() - self._edges)
        roomy = not self._short or self.fontMetrics().horizontalAdvance(self._whole) <= room
        words = self._whole if roomy else self._short
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)
        self.setText(shown)
        self.setToolTip(plain_tip(self._tip or (self._whole if shown != self._whole else "")))

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


_ICON_TOKENS = {"primary": ("on_accent", "on_accent"), "danger": ("danger", "danger")}
"""What the icon of a button with words is painted with, in rest and below the mouse, where its words have a colour."""


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
        token, active = _ICON_TOKENS.get(variant, ("text_secondary", "text_primary"))
        made.setIcon(icon(icon_name, icon_token or token, active))
        made.setIconSize(QSize(16, 16))
    if tip:
        made.setToolTip(plain_tip(tip))
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
    made.setToolTip(plain_tip(tip_with_key(name, key)))
    if key:
        made.setProperty("tip_key", key)
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
        if key and (words := SHOWN_KEYS.text(key)):
            shown += "\t" + words
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


_NUMBER = 130
"""The width of a field for a number, in px: one as wide as a field for words would look like one."""


def number_box(least: int, most: int, suffix: str = "") -> QSpinBox:
    """Return a field for a whole number; the style sheet cannot reach the margin of its text."""
    made = QSpinBox()
    made.setRange(least, most)
    made.setSuffix(f" {suffix}" if suffix else "")
    made.lineEdit().setTextMargins(9, 0, 0, 0)  # it begins where the words of other fields begin
    made.setMinimumWidth(theme().px(_NUMBER))
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def let_clear(field: QLineEdit, name: str) -> None:
    """Give a field a button that empties it, in the colours of the theme; `name` is spoken."""
    before = field.findChildren(QToolButton)
    field.setClearButtonEnabled(True)
    for made in field.findChildren(QToolButton):
        if made not in before:
            made.setAccessibleName(name)
            made.setIcon(icon("circle-x", "text_tertiary", "text_primary"))


def search_field(words: str, name: str = "") -> QLineEdit:
    """Return a field to look something up with: a magnifier, and `words` for what is looked for; `name` is spoken."""
    made = QLineEdit()
    made.setPlaceholderText(words)
    made.setAccessibleName(name or words)
    glass = made.addAction(icon("search", "text_tertiary"), QLineEdit.ActionPosition.LeadingPosition)
    glass.setText(name or words)
    return made


BAR = 10
"""The width of a scroll bar, in px: that of the style sheet."""


def steady(area: QScrollArea) -> QScrollArea:
    """Keep the room of the scroll bar where there is nothing to scroll: what stands in the middle stays there."""
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    bar = area.verticalScrollBar()

    def fit(least: int, most: int) -> None:
        restyle(bar, idle="" if most > least else "true")

    bar.rangeChanged.connect(fit)
    fit(bar.minimum(), bar.maximum())
    return area


def beside_bar(area: QScrollArea, layout: QLayout, without: int, beside: int) -> None:
    """Give what is scrolled its right margin: `without` a scroll bar, and `beside` one, which takes room of its own."""

    def fit(least: int, most: int) -> None:
        edges = layout.contentsMargins()
        edges.setRight(beside if most > least else without)
        layout.setContentsMargins(edges)

    bar = area.verticalScrollBar()
    bar.rangeChanged.connect(fit)
    fit(bar.minimum(), bar.maximum())


def scroller(content: QWidget, name: str = "") -> QScrollArea:
    """Return a vertical scroll area around a widget."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    content.resize(content.size())  # whatever it is; else the area measures it, and what is measured gets its style
    area.setWidget(content)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if name:
        area.setAccessibleName(name)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area
