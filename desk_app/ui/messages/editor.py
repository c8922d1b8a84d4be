"""The text field of the composer: rich text within what mail can carry."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QFont,
    QImage,
    QImageReader,
    QKeyEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextDocumentFragment,
    QTextFormat,
    QTextListFormat,
)
from PySide6.QtWidgets import QApplication, QFileDialog, QTextEdit

from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.ui.language import tr
from desk_app.ui.messages.pasting import GAP, QUOTE_PX, mark_link, paragraph_format, plain_format, reduced
from desk_app.ui.messages.serializer import AGENT_LINK, MONO, QUOTE_LEVEL, TICKET_LINK, is_code, quote_level
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import theme

MAX_PICTURE_PX = 2400


class ComposerEdit(QTextEdit):
    """Text with bold, lists, quotes, links and pictures. Dropped files are attached, pasted pictures stand inside."""

    files_dropped = Signal(object)
    """A list of Path."""
    focus_changed = Signal(bool)
    submitted = Signal(object)
    """Ctrl+Return, with the modifiers held."""
    link_asked = Signal()
    """Ctrl+Shift+K."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("variant", "bare")
        self.setTabChangesFocus(True)
        self.setAcceptRichText(True)
        self.setMinimumHeight(88)
        self.pictures: dict[str, OutgoingAttachment] = {}
        self.plain = False
        """Whether only text is written: nothing pasted brings a format along."""
        self._list_keys()
        self.textChanged.connect(self._fit_paragraphs)
        self.restyle()
        theme().changed.connect(self.restyle)

    def restyle(self) -> None:
        """Follow the theme."""
        self.document().setDefaultFont(font(14))
        self.document().setDefaultStyleSheet(f"a {{ color: {theme().hex('accent_text')}; }}")
        self._recolour()

    def _recolour(self) -> None:
        """Give links and quotes the colours of now; other text has none of its own."""
        wrong: list[tuple[int, int, QBrush]] = []
        block = self.document().begin()
        while block.isValid():
            usual = "text_tertiary" if quote_level(block) else "text_primary"
            iterator = block.begin()
            while not iterator.atEnd():
                fragment = iterator.fragment()
                fmt = fragment.charFormat()
                colour = theme().colour("accent_text" if fmt.isAnchor() else usual)
                if fmt.hasProperty(QTextFormat.Property.ForegroundBrush) and fmt.foreground().color() != colour:
                    wrong.append((fragment.position(), fragment.length(), QBrush(colour)))
                iterator += 1
            block = block.next()
        cursor = QTextCursor(self.document())
        for place, length, brush in wrong:
            fmt = QTextCharFormat()
            fmt.setForeground(brush)
            cursor.joinPreviousEditBlock()
            cursor.setPosition(place)
            cursor.setPosition(place + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(fmt)
            cursor.endEditBlock()

    def _fit_paragraphs(self) -> None:
        """Give a text that begins the gap below paragraphs that a mail has; not a step to undo."""
        document = self.document()
        if document.isEmpty() and not document.isUndoAvailable() and not document.isRedoAvailable():
            self.blockSignals(True)
            document.setUndoRedoEnabled(False)
            QTextCursor(document).setBlockFormat(paragraph_format())
            document.setUndoRedoEnabled(True)
            self.setCurrentCharFormat(plain_format())
            self.blockSignals(False)

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
        fmt.setLeftMargin(float(QUOTE_PX * level))
        cursor.mergeBlockFormat(fmt)
        chars = QTextCharFormat()
        chars.setForeground(QBrush(theme().colour("text_tertiary" if level else "text_primary")))
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        cursor.mergeCharFormat(chars)

    def toggle_code(self) -> None:
        """Switch the letters of code; over several paragraphs, a block of code."""
        cursor = self.textCursor()
        on = not is_code(self.currentCharFormat())
        if "\u2029" in cursor.selectedText():
            block = QTextBlockFormat()
            block.setNonBreakableLines(on)
            block.setBottomMargin(0 if on else GAP)
            cursor.mergeBlockFormat(block)
        fmt = QTextCharFormat()
        fmt.setFontFixedPitch(on)
        fmt.setFontFamilies([MONO] if on else [theme().family])
        self.mergeCurrentCharFormat(fmt)

    def set_link(self, target: str, words: str = "") -> None:
        """Make the selection a link. `words` are shown instead; without either the address itself is inserted."""
        cursor = self.textCursor()
        fmt = QTextCharFormat()
        mark_link(fmt, target)
        if cursor.hasSelection() and words in {"", cursor.selectedText()}:
            cursor.mergeCharFormat(fmt)
        else:
            self._insert_object(words or target, fmt)

    def insert_mention(self, agent_id: int, name: str) -> None:
        """Mention a colleague; the name is deleted as a whole."""
        fmt = QTextCharFormat()
        mark_link(fmt, f"{AGENT_LINK}:{agent_id}")
        self._insert_object(f"@{name}", fmt)

    def insert_ticket_link(self, ticket_id: int, number: str) -> None:
        """Insert a ticket's number that opens it; deleted as a whole too."""
        fmt = QTextCharFormat()
        mark_link(fmt, f"{TICKET_LINK}:{ticket_id}")
        self._insert_object(f"#{number}", fmt)

    def _insert_object(self, words: str, fmt: QTextCharFormat) -> None:
        cursor = self.textCursor()
        cursor.insertText(words, fmt)
        cursor.insertText(" ", plain_format())
        self.setTextCursor(cursor)

    def make_plain(self) -> None:
        """Turn the text into one without any format; can be undone."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        words = self.document().toPlainText().replace("\ufffc", "")
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        cursor.setBlockFormat(paragraph_format())
        cursor.insertText(words, plain_format())
        cursor.endEditBlock()

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

    def ask_picture(self) -> None:
        """Let the agent choose pictures from the disk to stand in the text."""
        kinds = " ".join(f"*.{bytes(one.data()).decode()}" for one in QImageReader.supportedImageFormats())
        names, _filter = QFileDialog.getOpenFileNames(
            self.window(), tr("Insert a picture"), filter=f"{tr('Pictures')} ({kinds})"
        )
        for name in names:
            image = QImage(name)
            if not image.isNull():
                self.insert_picture(image)

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

    def forget_text(self) -> None:
        """Begin with an empty text. Nobody hears of it half way: Qt lays the cursors of a document aside while it
        empties it, and one that is changed meanwhile stays where it is for ever, whatever is typed."""
        self.blockSignals(True)
        self.document().clear()
        self.blockSignals(False)
        self.textChanged.emit()

    def show_written(self, html: str, text: str) -> None:
        """Show what was written here earlier, its pictures (which `pictures` holds) included."""
        self.forget_text()
        if html:
            self.insert_written(html)
        else:
            self.setPlainText(text)

    def insert_written(self, html: str) -> None:
        """Insert what a composer wrote earlier: mentions and the pictures in `pictures` are kept."""
        for content_id, picture in self.pictures.items():
            if f"cid:{content_id}" in html:
                name, image = QUrl(f"cid:{content_id}"), QImage.fromData(picture.content)
                self.document().addResource(QTextDocument.ResourceType.ImageResource.value, name, image)
        self._insert_reduced(html, own=True)

    def append_written(self, html: str) -> None:
        """Put a text below what is there, the cursor behind it."""
        self.moveCursor(QTextCursor.MoveOperation.End)
        if self.document().toPlainText().strip():
            self.textCursor().insertBlock(paragraph_format())
        self.insert_written(html)

    def put_cursor(self, position: int) -> None:
        """Put the cursor somewhere, at the end where the text is shorter."""
        cursor = self.textCursor()
        cursor.setPosition(max(0, min(position, self.document().characterCount() - 1)))
        self.setTextCursor(cursor)

    def insert_clean_html(self, html: str) -> None:
        """Insert HTML reduced to what the composer knows: no styles, no pictures of other places."""
        self._insert_reduced(html)

    def _insert_reduced(self, html: str, *, own: bool = False) -> None:
        cursor = self.textCursor()
        cursor.insertFragment(QTextDocumentFragment(reduced(html, pictures=self.pictures, own=own)))
        self.setTextCursor(cursor)

    def paste_plain(self) -> None:
        """Paste without any format."""
        self.insertPlainText(QApplication.clipboard().text())

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste: pictures become part of the mail, files are attached, HTML is reduced, a spreadsheet's cells are a
        table (programs put a picture of them beside it)."""
        html = source.html() if source.hasHtml() else ""
        if source.hasUrls() and all(url.isLocalFile() for url in source.urls()):
            self.files_dropped.emit([Path(url.toLocalFile()) for url in source.urls()])
        elif source.hasImage() and "<table" not in html.lower() and not source.text().strip() and not self.plain:
            image = source.imageData()
            if isinstance(image, QImage):
                self.insert_picture(image)
        elif html and not self.plain:
            self.insert_clean_html(html)
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
        modifiers, key = event.modifiers(), Qt.Key(event.key())
        if not modifiers & Qt.KeyboardModifier.ControlModifier:
            if not self._at_object(key, event.text()):
                super().keyPressEvent(event)
            return
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not event.isAutoRepeat():  # what a key sends that is held down would be the next text
                self.submitted.emit(modifiers)
            return
        if modifiers & Qt.KeyboardModifier.AltModifier:  # AltGr types characters
            super().keyPressEvent(event)
            return
        shifted = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        act = (self._shifted_acts if shifted else self._acts).get(key)
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)

    def _at_object(self, key: Qt.Key, typed: str) -> bool:
        """Delete a mention or a ticket's number as a whole; what is typed beside one is no part of it."""
        cursor = self.textCursor()
        if cursor.hasSelection():
            return False
        backwards = key == Qt.Key.Key_Backspace
        if backwards or key == Qt.Key.Key_Delete:
            span = _object_at(cursor, before=backwards)
            if span is None:
                return False
            cursor.setPosition(span[0])
            cursor.setPosition(span[1], QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
            self.setTextCursor(cursor)
            return True
        span = _object_at(cursor, before=True) or _object_at(cursor, before=False)
        if typed and typed.isprintable() and span is not None and cursor.position() > span[0]:
            cursor.setPosition(span[1])
            cursor.setCharFormat(plain_format())
            self.setTextCursor(cursor)
            self.setCurrentCharFormat(plain_format())
        return False

    def _list_keys(self) -> None:
        disc, decimal = QTextListFormat.Style.ListDisc, QTextListFormat.Style.ListDecimal
        self._acts: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_B: self.toggle_bold,
            Qt.Key.Key_I: self.toggle_italic,
            Qt.Key.Key_U: self.toggle_underline,
            Qt.Key.Key_E: self.toggle_code,
        }
        self._shifted_acts: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_V: self.paste_plain,
            Qt.Key.Key_K: self.link_asked.emit,
        }
        for keys, call in (  # the digit, and what a keyboard makes of it with Shift
            ((Qt.Key.Key_7, Qt.Key.Key_Ampersand, Qt.Key.Key_Slash), lambda: self.toggle_list(decimal)),
            ((Qt.Key.Key_8, Qt.Key.Key_Asterisk), lambda: self.toggle_list(disc)),
            ((Qt.Key.Key_9, Qt.Key.Key_ParenLeft), self.toggle_quote),
        ):
            self._shifted_acts.update(dict.fromkeys(keys, call))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell the frame."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell the frame."""
        super().focusOutEvent(event)
        self.focus_changed.emit(False)


def _object_at(cursor: QTextCursor, *, before: bool) -> tuple[int, int] | None:
    """Return where the mention or ticket link beside the cursor begins and ends."""
    block, place = cursor.block(), cursor.position()
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        begin, end = fragment.position(), fragment.position() + fragment.length()
        inside = begin < place <= end if before else begin <= place < end
        if inside and fragment.charFormat().anchorHref().partition(":")[0] in {AGENT_LINK, TICKET_LINK}:
            return begin, end
        iterator += 1
    return None
