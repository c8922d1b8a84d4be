"""The text field of the composer: rich text within what mail can carry."""

from __future__ import annotations

import uuid
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QFont,
    QImage,
    QKeyEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextDocumentFragment,
    QTextListFormat,
)
from PySide6.QtWidgets import QApplication, QTextEdit, QWidget

from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.ui.messages.serializer import QUOTE_LEVEL, quote_level
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import theme

MAX_PICTURE_PX = 2400


class ComposerEdit(QTextEdit):
    """Text with bold, lists, quotes, links and pictures. Dropped files are attached, pasted pictures stand inside."""

    files_dropped = Signal(object)
    """A list of Path."""
    focus_changed = Signal(bool)
    submitted = Signal(bool)
    """Ctrl+Return; True with Shift."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("variant", "bare")
        self.setTabChangesFocus(True)
        self.setAcceptRichText(True)
        self.setMinimumHeight(64)
        self.pictures: dict[str, OutgoingAttachment] = {}
        self.restyle()
        theme().changed.connect(self.restyle)

    def restyle(self) -> None:
        """Follow the theme."""
        self.document().setDefaultFont(font(14))
        self.document().setDefaultStyleSheet(f"a {{ color: {theme().hex('accent_text')}; }}")

    # -- format ---------------------------------------------------------------------------------------------------
    def toggle_bold(self) -> None:
        """Switch bold."""
        fmt = QTextCharFormat()
        fmt.setFontWeight(QFont.Weight.Normal if self.fontWeight() > 500 else QFont.Weight.Bold)
        self.mergeCurrentCharFormat(fmt)

    def toggle_italic(self) -> None:
        """Switch italic."""
        self.setFontItalic(not self.fontItalic())

    def toggle_underline(self) -> None:
        """Switch underline."""
        self.setFontUnderline(not self.fontUnderline())

    def toggle_strike(self) -> None:
        """Switch strike-through."""
        fmt = QTextCharFormat()
        fmt.setFontStrikeOut(not self.currentCharFormat().fontStrikeOut())
        self.mergeCurrentCharFormat(fmt)

    def toggle_list(self, style: QTextListFormat.Style) -> None:
        """Make the paragraphs a list, or end it."""
        cursor = self.textCursor()
        found = cursor.currentList()
        if found is not None and found.format().style() == style:  # type: ignore[redundant-expr]
            block_format = QTextBlockFormat()
            block_format.setObjectIndex(-1)
            cursor.mergeBlockFormat(block_format)
            return
        cursor.createList(style)

    def toggle_quote(self) -> None:
        """Quote the paragraphs, or end the quote."""
        cursor = self.textCursor()
        level = 0 if quote_level(cursor.block()) else 1
        fmt = QTextBlockFormat()
        fmt.setProperty(QUOTE_LEVEL, level)
        fmt.setLeftMargin(16.0 * level)
        cursor.mergeBlockFormat(fmt)
        chars = QTextCharFormat()
        chars.setForeground(QBrush(theme().colour("text_tertiary" if level else "text_primary")))
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        cursor.mergeCharFormat(chars)

    def set_link(self, target: str) -> None:
        """Make the selection a link; without a selection the address itself is inserted."""
        cursor = self.textCursor()
        fmt = QTextCharFormat()
        fmt.setAnchor(True)
        fmt.setAnchorHref(target)
        fmt.setForeground(QBrush(QColor(theme().hex("accent_text"))))
        fmt.setFontUnderline(True)
        if cursor.hasSelection():
            cursor.mergeCharFormat(fmt)
        else:
            cursor.insertText(target, fmt)
            cursor.insertText(" ", QTextCharFormat())

    # -- content from outside --------------------------------------------------------------------------------------
    def insert_picture(self, image: QImage) -> None:
        """Put a picture into the text; it is sent with the mail."""
        if image.width() > MAX_PICTURE_PX:
            image = image.scaledToWidth(MAX_PICTURE_PX, Qt.TransformationMode.SmoothTransformation)
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        self._place_picture(image, bytes(content.data()))

    def _place_picture(self, image: QImage, content: bytes) -> None:
        content_id = f"{uuid.uuid4().hex}@desk"
        name = f"cid:{content_id}"
        self.pictures[content_id] = OutgoingAttachment(
            f"image-{len(self.pictures) + 1}.png", "image/png", content, content_id
        )
        self.document().addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), image)
        cursor = self.textCursor()
        cursor.insertImage(image.scaledToWidth(min(image.width(), 420)), name)
        self.setTextCursor(cursor)

    def used_pictures(self, document: QTextDocument | None = None) -> tuple[OutgoingAttachment, ...]:
        """Return the pictures that still stand in the text, or in another one that was written here."""
        if not self.pictures:
            return ()
        html = (document or self.document()).toHtml()
        return tuple(picture for content_id, picture in self.pictures.items() if f"cid:{content_id}" in html)

    def show_written(self, html: str, text: str) -> None:
        """Show what was written here earlier, its pictures (which `pictures` holds) included."""
        self.document().clear()
        if not html:
            self.setPlainText(text)
            return
        for content_id, picture in self.pictures.items():
            image = QImage.fromData(picture.content)
            name = QUrl(f"cid:{content_id}")
            self.document().addResource(QTextDocument.ResourceType.ImageResource.value, name, image)
        self.insert_clean_html(html)

    def put_cursor(self, position: int) -> None:
        """Put the cursor somewhere, at the end where the text is shorter."""
        cursor = self.textCursor()
        cursor.setPosition(max(0, min(position, self.document().characterCount() - 1)))
        self.setTextCursor(cursor)

    def insert_clean_html(self, html: str) -> None:
        """Insert HTML reduced to what the composer knows: no styles, no pictures of other places."""
        fragment = QTextDocumentFragment.fromHtml(html)
        document = QTextDocument()
        QTextCursor(document).insertFragment(fragment)
        cursor = QTextCursor(document)
        cursor.select(QTextCursor.SelectionType.Document)
        fmt = QTextCharFormat()
        fmt.setFontFamilies([theme().family])
        fmt.setProperty(QTextCharFormat.Property.FontPixelSize.value, theme().px(14))
        fmt.setForeground(QBrush(theme().colour("text_primary")))
        fmt.setBackground(QBrush(Qt.GlobalColor.transparent))
        cursor.mergeCharFormat(fmt)
        _take_quotes(document)
        self.textCursor().insertFragment(QTextDocumentFragment(document))

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste: pictures become part of the mail, files are attached, HTML is reduced."""
        if source.hasUrls() and all(url.isLocalFile() for url in source.urls()):
            self.files_dropped.emit([Path(url.toLocalFile()) for url in source.urls()])
        elif source.hasImage() and not source.hasText():
            image = source.imageData()
            if isinstance(image, QImage):
                self.insert_picture(image)
        elif source.hasHtml():
            self.insert_clean_html(source.html())
        else:
            self.insertPlainText(source.text())

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Take files and pictures too."""
        return source.hasUrls() or source.hasImage() or super().canInsertFromMimeData(source)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Attach dropped files."""
        if event.mimeData().hasUrls():
            self.insertFromMimeData(event.mimeData())
            event.acceptProposedAction()
        else:
            super().dropEvent(event)

    # -- keys -----------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle sending and formatting keys."""
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if ctrl and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.submitted.emit(shift)
            return
        if ctrl and not shift:
            act = {
                Qt.Key.Key_B: self.toggle_bold,
                Qt.Key.Key_I: self.toggle_italic,
                Qt.Key.Key_U: self.toggle_underline,
            }
            found = act.get(Qt.Key(event.key()))
            if found is not None:
                found()
                return
        if ctrl and shift and event.key() == Qt.Key.Key_V:
            self.insertPlainText(QApplication.clipboard().text())
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell the frame."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell the frame."""
        super().focusOutEvent(event)
        self.focus_changed.emit(False)


def _take_quotes(document: QTextDocument) -> None:
    """Make quotes of what Qt reads from `blockquote`."""
    block = document.begin()
    while block.isValid():
        fmt = block.blockFormat()
        level = int(fmt.property(QTextBlockFormat.Property.BlockQuoteLevel.value) or 0)
        if level and block.textList() is None:
            made = QTextBlockFormat()
            made.setProperty(QUOTE_LEVEL, level)
            made.setLeftMargin(16.0 * level)
            made.setRightMargin(0)
            QTextCursor(block).mergeBlockFormat(made)
        block = block.next()
