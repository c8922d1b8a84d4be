"""Reduces foreign text to what the composer knows: no fonts, no colours, no pictures of other places (ui.md 10)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from PySide6.QtGui import (
    QBrush,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrame,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableFormat,
)

from desk_app.ui.messages.serializer import (
    AGENT_LINK,
    MAIL_SCHEMES,
    MONO,
    QUOTE_LEVEL,
    TICKET_LINK,
    is_code,
)
from desk_app.ui.theme.theme import theme

GAP = 8
"""Px below a paragraph, about what a mail program draws for one."""
QUOTE_PX = 16
_QT_QUOTE_PX = 40
"""What Qt makes of a `blockquote`: a margin of this many px, and nothing else that every paragraph in it has."""
_BLOCKQUOTE = re.compile(r"<blockquote\b[^>]*>", re.IGNORECASE)
MOST_PASTED = 400_000
"""Characters of HTML that are read; more takes seconds and is no answer to a customer any more."""


def reduced(html: str, *, pictures: Collection[str] = (), own: bool = False) -> QTextDocument:
    """Return a document of what the composer can send of `html`. `pictures` are the content ids that may be shown;
    `own` says that the composer wrote it itself: mentions and links to tickets are kept."""
    document = _Deaf()
    document.setHtml(_BLOCKQUOTE.sub("<blockquote>", html[:MOST_PASTED]))
    _drop_objects(document, pictures)
    quotes = _BLOCKQUOTE.search(html) is not None
    block = document.begin()
    while block.isValid():
        _reduce_block(block, quotes=quotes)
        for start, length, fmt in list(_spans(block)):
            if not fmt.isImageFormat():
                cursor = QTextCursor(document)
                cursor.setPosition(start)
                cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(plain_format(fmt, own=own))
        block = block.next()
    for frame in _frames(document.rootFrame()):
        if isinstance(frame, QTextTable):
            frame.setFormat(table_format(frame.columns()))
    root = QTextFrameFormat()
    document.rootFrame().setFrameFormat(root)
    return document


class _Deaf(QTextDocument):
    """Fetches nothing: foreign HTML may name files of this computer."""

    def loadResource(self, _kind: int, _name: object) -> object:
        """Return nothing."""
        return None


def plain_format(fmt: QTextCharFormat | None = None, *, own: bool = False) -> QTextCharFormat:
    """Return a format that keeps only what mail carries of another one; without one, that of ordinary text, which has
    no colour of its own: it follows the theme."""
    made = QTextCharFormat()
    if fmt is None:
        return made
    if fmt.fontWeight() > 500:
        made.setFontWeight(700)
    for read, write in (
        (fmt.fontItalic(), made.setFontItalic),
        (fmt.fontStrikeOut(), made.setFontStrikeOut),
        (fmt.fontUnderline() and not fmt.isAnchor(), made.setFontUnderline),
    ):
        if read:
            write(True)
    if is_code(fmt):
        made.setFontFixedPitch(True)
        made.setFontFamilies([MONO])
    scheme = fmt.anchorHref().partition(":")[0].lower()
    if fmt.isAnchor() and (scheme in MAIL_SCHEMES or (own and scheme in {AGENT_LINK, TICKET_LINK})):
        mark_link(made, fmt.anchorHref())
    return made


def mark_link(fmt: QTextCharFormat, target: str) -> None:
    """Make a format that of a link; a mention is bold instead of underlined."""
    fmt.setAnchor(True)
    fmt.setAnchorHref(target)
    fmt.setForeground(QBrush(theme().colour("accent_text")))
    if target.startswith(AGENT_LINK):
        fmt.setFontWeight(700)
    else:
        fmt.setFontUnderline(True)


def table_format(columns: int) -> QTextTableFormat:
    """Return how a table looks while it is written."""
    fmt = QTextTableFormat()
    fmt.setBorderCollapse(True)
    fmt.setBorder(1)
    fmt.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    fmt.setBorderBrush(QBrush(theme().colour("border_default")))
    fmt.setCellPadding(4)
    fmt.setCellSpacing(0)
    fmt.setBottomMargin(GAP)
    fmt.setColumns(columns)
    fmt.setColumnWidthConstraints([QTextLength()] * columns)
    return fmt


def paragraph_format(level: int = 0) -> QTextBlockFormat:
    """Return how a paragraph stands, quoted or not."""
    fmt = QTextBlockFormat()
    fmt.setBottomMargin(GAP)
    if level:
        fmt.setProperty(QUOTE_LEVEL, level)
        fmt.setLeftMargin(float(QUOTE_PX * level))
    return fmt


def _reduce_block(block: QTextBlock, *, quotes: bool) -> None:
    old = block.blockFormat()
    level = round(old.leftMargin() / _QT_QUOTE_PX) if quotes else 0
    made = paragraph_format(min(level, 9))
    text_list = block.textList()
    in_list = text_list is not None
    if in_list:
        made.setObjectIndex(old.objectIndex())
        made.setBottomMargin(0)
    if old.nonBreakableLines() and not in_list:
        made.setNonBreakableLines(True)
        made.setBottomMargin(0)
    QTextCursor(block).setBlockFormat(made)


def _spans(block: QTextBlock) -> Iterator[tuple[int, int, QTextCharFormat]]:
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        if fragment.isValid():
            yield fragment.position(), fragment.length(), fragment.charFormat()
        iterator += 1


def _drop_objects(document: QTextDocument, pictures: Collection[str]) -> None:
    """Take out pictures of other places and whatever else is an object, from the end so that places stay true."""
    gone = []
    block = document.begin()
    while block.isValid():
        for start, length, fmt in _spans(block):
            name = fmt.toImageFormat().name() if fmt.isImageFormat() else ""
            if fmt.isImageFormat() and not (name.startswith("cid:") and name.removeprefix("cid:") in pictures):
                gone.append((start, length))
        block = block.next()
    for start, length in reversed(gone):
        cursor = QTextCursor(document)
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()


def _frames(frame: QTextFrame) -> Iterator[QTextFrame]:
    for child in frame.childFrames():
        yield child
        yield from _frames(child)
