"""Shows one prepared message body: never a script, never a request of its own (ui.md 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlsplit

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from desk_app.ui.language import tr
from desk_app.ui.theme import tokens
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.tips import plain_tip

MAX_HTML = 400_000
"""Characters drawn as HTML; a longer body is shown as text (toolchain.md trap 12: 141 kB of tables take 1.2 s)."""
MAX_TEXT = 200_000
MAX_PIXELS = 40_000_000
MAX_EMPTY = 40
OPENABLE = ("http", "https", "mailto", "tel")


def link_host(address: str) -> str:
    """Return the host a link really goes to, "" for anything else than a web address."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


class BodyView(QTextBrowser):
    """A body as high as its content. `images` maps "cid:...", "remote:<n>" and "loose:<id>" to bytes; nothing else is
    answered. `marked` are the names whose mentions ("@name") are set off."""

    link_chosen = Signal(str)
    link_hovered = Signal(str)
    image_chosen = Signal(str)
    """The address of a picture that was clicked."""

    def __init__(
        self,
        html: str,
        text: str = "",
        *,
        own_colours: bool = False,
        images: Mapping[str, bytes] | None = None,
        marked: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._html = html if len(html) <= MAX_HTML else ""
        self._text = text[:MAX_TEXT]
        self._own_colours = own_colours and bool(self._html)
        self._images: dict[str, bytes] = dict(images or {})
        self._marked = tuple(f"@{name}" for name in marked)
        self.asked: list[str] = []
        """Every address the document asked for; tests look at it."""
        self.setProperty("own", "true" if self._own_colours else "false")
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTabChangesFocus(True)
        self.setAccessibleName(tr("Message text"))
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(10 if self._own_colours else 0)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self.anchorClicked.connect(lambda url: self.link_chosen.emit(url.toString()))
        self.highlighted.connect(lambda url: self.link_hovered.emit(url.toString()))
        self.restyle()
        theme().changed.connect(self.restyle)

    def restyle(self) -> None:
        """Draw again in the colours of now."""
        colours = tokens.LIGHT if self._own_colours else {key: theme().hex(key) for key in tokens.LIGHT}
        self.setTextColor(QColor(colours["text_primary"]))
        document = self.document()
        document.setDefaultFont(font(14))
        document.setDefaultStyleSheet(
            f"body {{ color: {colours['text_primary']}; }}"
            f"p {{ margin: 0 0 10px 0; line-height: 125%; }}"
            f"a {{ color: {colours['accent_text']}; }}"
            f"blockquote {{ color: {colours['text_tertiary']}; }}"
            f"pre, code {{ background: {colours['bg_hover']}; }}"
        )
        if self._html:
            self.setHtml(f'<body style="color:{colours["text_primary"]}">{self._html}</body>')
        else:
            self.setHtml(plain_as_html(self._text))
        _trim_end(self.document())
        self._mark()
        self._fit()

    def _mark(self) -> None:
        """Set mentions off, wherever they stand."""
        look = QTextCharFormat()
        look.setFontWeight(QFont.Weight.DemiBold)
        look.setForeground(theme().colour("accent_text"))
        look.setBackground(theme().colour("accent_subtle"))
        for words in self._marked:
            cursor = self.document().find(words)
            while not cursor.isNull():
                cursor.mergeCharFormat(look)
                cursor = self.document().find(words, cursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let a click on a picture that is no link enlarge it."""
        super().mouseReleaseEvent(event)
        if event.button() is not Qt.MouseButton.LeftButton or self.textCursor().hasSelection():
            return
        point = event.position().toPoint()
        name = self.document().documentLayout().imageAt(event.position())
        if name and not self.anchorAt(point):
            self.image_chosen.emit(name)

    def supply(self, images: Mapping[str, bytes]) -> None:
        """Give images that were loaded meanwhile, and draw again."""
        self._images.update(images)
        self.restyle()

    def loadResource(self, kind: int, url: QUrl | str) -> object:
        """Answer what the document asks for: images of this message from memory, nothing else."""
        name = url if isinstance(url, str) else QUrl.fromPercentEncoding(url.toEncoded())
        self.asked.append(name)
        if kind != QTextDocument.ResourceType.ImageResource.value or not name.startswith(("cid:", "remote:", "loose:")):
            return _NOTHING
        content = self._images.get(name)
        return _fitting(_decoded(content), self.viewport().width() - 24) if content else _NOTHING

    def _fit(self) -> None:
        height = max(int(self.document().size().height()) + 2, 18)
        if height != self.maximumHeight():  # not `height()`: what was asked for last may not have come yet
            self.setFixedHeight(height)

    def resizeEvent(self, event: object) -> None:
        """Follow the width."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the conversation."""
        event.ignore()

    def event(self, event: QEvent) -> bool:
        """Show where a link really goes."""
        if event.type() == QEvent.Type.ToolTip:
            anchor = self.anchorAt(self.mapFromGlobal(event.globalPos()))  # type: ignore[attr-defined]
            self.setToolTip(plain_tip(anchor))
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text, and a ring around it while the keyboard is here."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().colour("focus"), 2))
            painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1), 5, 5)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def minimumSizeHint(self) -> QSize:
        """Allow any width."""
        return QSize(80, 18)


def _trim_end(document: QTextDocument) -> None:
    """Take empty paragraphs off the end, which mail programs leave above what they quote."""
    for _ in range(MAX_EMPTY):
        block = document.lastBlock()
        if block.text().strip() or not block.previous().isValid() or document.blockCount() < 2:
            return
        cursor = QTextCursor(block)
        if cursor.currentTable() is not None or QTextCursor(block.previous()).currentTable() is not None:
            return
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        cursor.deletePreviousChar()


_NOTHING = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
_NOTHING.fill(Qt.GlobalColor.transparent)


def _decoded(content: bytes) -> QImage:
    image = QImage.fromData(content)
    if image.isNull() or image.width() * image.height() > MAX_PIXELS:
        return _NOTHING
    return image


def _fitting(image: QImage, width: int) -> QImage:
    if width > 60 and image.width() > width:
        return image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
    return image


def plain_as_html(text: str) -> str:
    """Return plain text as paragraphs."""
    blocks = text.replace("\r\n", "\n").strip("\n").split("\n\n")
    return "".join(
        f"<p>{escape(block.strip(chr(10))).replace(chr(10), '<br>')}</p>" for block in blocks if block.strip()
    )
