"""Turns the composer's document into mail: small clean HTML and its plain text (ui.md 10).

`QTextEdit.toHtml` is not fit for sending: it loses quotes and writes Qt's own properties.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from PySide6.QtGui import (
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
    QTextFrame,
    QTextList,
    QTextListFormat,
    QTextTable,
    QTextTableCell,
)

QUOTE_LEVEL = QTextFormat.Property.UserProperty.value + 1
"""Block property: how deep a paragraph is quoted."""
AGENT_LINK, TICKET_LINK = "desk-agent", "desk-ticket"
"""Schemes of mentions and ticket links: they stand in notes only, and never leave the desk."""
MAIL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
MONO = "monospace"
_QUOTE_STYLE = "margin:0 0 0 6px;padding-left:10px;border-left:2px solid #c8ccd4"
_CELL_STYLE = "border:1px solid #c8ccd4;padding:4px 8px;text-align:left;vertical-align:top"
_ORDERED = {
    QTextListFormat.Style.ListDecimal,
    QTextListFormat.Style.ListLowerAlpha,
    QTextListFormat.Style.ListUpperAlpha,
    QTextListFormat.Style.ListLowerRoman,
    QTextListFormat.Style.ListUpperRoman,
}
Piece = tuple[str, QTextCharFormat]


@dataclass(slots=True)
class _Out:
    internal: bool
    html: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    quote: int = 0
    lists: list[str] = field(default_factory=list)
    counters: list[int] = field(default_factory=list)
    code: list[str] | None = None


def quote_level(block: QTextBlock | QTextBlockFormat) -> int:
    """Return how deep a paragraph is quoted."""
    block_format = block.blockFormat() if isinstance(block, QTextBlock) else block
    return int(block_format.property(QUOTE_LEVEL) or 0)


def serialize(document: QTextDocument, *, internal: bool = False) -> tuple[str, str]:
    """Return HTML and plain text of a document; both are "" for an empty one. `internal` keeps mentions and links to
    tickets, for what stays in the desk; else only their words are left."""
    if not document.toPlainText().strip():
        return "", ""
    out = _Out(internal)
    _flow(out, list(_parts(document.rootFrame())))
    return "".join(out.html), "\n".join(out.text).strip("\n")


def mentioned(document: QTextDocument) -> tuple[int, ...]:
    """Return the ids of the agents a text mentions, each once, in order."""
    found: dict[int, None] = {}
    block = document.begin()
    while block.isValid():
        for _text, fmt in _pieces(block):
            scheme, _, number = fmt.anchorHref().partition(":")
            if scheme == AGENT_LINK and number.isdigit():
                found[int(number)] = None
        block = block.next()
    return tuple(found)


def is_code(fmt: QTextCharFormat) -> bool:
    """Return whether letters are those of code."""
    return bool(fmt.fontFixedPitch() or MONO in (fmt.fontFamilies() or []))


# -- what stands in a document ----------------------------------------------------------------------------------------
def _parts(holder: QTextFrame | QTextTableCell) -> Iterator[QTextBlock | QTextTable]:
    """Yield blocks and tables in order; other frames are gone through."""
    place = holder.begin()
    while not place.atEnd():
        frame: QTextFrame | None = place.currentFrame()
        if isinstance(frame, QTextTable):
            yield frame
        elif frame is not None:
            yield from _parts(frame)
        else:
            yield place.currentBlock()
        place += 1


def _flow(out: _Out, parts: list[QTextBlock | QTextTable]) -> None:
    """Write blocks and tables. The empty lines Qt keeps before a table at the beginning and after every table are no
    lines of the writer."""
    for place, part in enumerate(parts):
        if isinstance(part, QTextTable):
            _table(out, part)
            continue
        after = place > 0 and isinstance(parts[place - 1], QTextTable)
        before = place == 0 and len(parts) > 1 and isinstance(parts[1], QTextTable)
        if (before or after) and not part.text():
            continue
        following = parts[place + 1] if place + 1 < len(parts) else None
        _block(out, part, following if isinstance(following, QTextBlock) else None)
    _end_code(out)
    _close_lists(out, 0)
    _set_quote(out, 0)


def _table(out: _Out, table: QTextTable) -> None:
    _end_code(out)
    _close_lists(out, 0)
    _set_quote(out, 0)
    out.html.append('<table style="border-collapse:collapse">')
    if out.text and out.text[-1]:
        out.text.append("")
    for line in range(table.rows()):
        out.html.append("<tr>")
        words = []
        for place in range(table.columns()):
            cell = table.cellAt(line, place)
            if (cell.row(), cell.column()) == (line, place):
                html, text = _cell(out, cell)
                out.html.append(html)
                words.append(text)
        out.html.append("</tr>")
        out.text.append(" | ".join(words).rstrip())
    out.html.append("</table>")
    out.text.append("")


def _cell(out: _Out, cell: QTextTableCell) -> tuple[str, str]:
    inside = _Out(out.internal)
    _flow(inside, list(_parts(cell)))
    html = "".join(inside.html)
    if html.count("<p>") == 1 and html.startswith("<p>") and html.endswith("</p>"):
        html = html[3:-4]
    spans = "".join(
        f' {name}="{count}"'
        for name, count in (("colspan", cell.columnSpan()), ("rowspan", cell.rowSpan()))
        if count > 1
    )
    text = " ".join(line for line in inside.text if line)
    return f'<td{spans} style="{_CELL_STYLE}">{html}</td>', text


def _block(out: _Out, block: QTextBlock, following: QTextBlock | None) -> None:
    level = quote_level(block)
    if level != out.quote:
        _end_code(out)
        _close_lists(out, 0)
        _set_quote(out, level)
    text_list: QTextList | None = block.textList()
    if block.blockFormat().nonBreakableLines() and text_list is None:
        _close_lists(out, 0)
        out.code = [*(out.code or []), escape(block.text().replace("\ufffc", ""), quote=False)]
        out.text.append("> " * level + block.text())
        return
    _end_code(out)
    pieces = list(_pieces(block))
    inline = "".join(_fragment(out, *piece) for piece in pieces)
    plain = "> " * level + "".join(_plain(text, fmt) for text, fmt in pieces)
    if text_list is not None:
        style = text_list.format().style()
        indent = max(1, text_list.format().indent())
        _open_lists(out, indent, "ol" if style in _ORDERED else "ul")
        out.counters[-1] += 1
        mark = f"{out.counters[-1]}. " if out.lists[-1] == "ol" else "- "
        out.html.append(f"<li>{inline}</li>")
        out.text.append("> " * level + "  " * (indent - 1) + mark + plain.removeprefix("> " * level))
        return
    _close_lists(out, 0)
    out.html.append(f"<p>{inline or '<br>'}</p>")
    out.text.append(plain.rstrip() if not inline else plain)
    if inline and following is not None:
        following_list: QTextList | None = following.textList()
        if following_list is None and following.text().strip() and quote_level(following) == level:
            out.text.append("> " * level if level else "")


def _end_code(out: _Out) -> None:
    if out.code is not None:
        out.html.append("<pre>" + "\n".join(out.code) + "</pre>")
        out.text.append("")
        out.code = None


def _set_quote(out: _Out, level: int) -> None:
    while out.quote < level:
        out.html.append(f'<blockquote style="{_QUOTE_STYLE}">')
        out.quote += 1
    while out.quote > level:
        out.html.append("</blockquote>")
        out.quote -= 1


def _open_lists(out: _Out, indent: int, tag: str) -> None:
    _close_lists(out, indent)
    if len(out.lists) == indent and out.lists[-1] != tag:
        _close_lists(out, indent - 1)
    while len(out.lists) < indent:
        out.html.append(f"<{tag}>")
        out.lists.append(tag)
        out.counters.append(0)


def _close_lists(out: _Out, indent: int) -> None:
    while len(out.lists) > indent:
        out.html.append(f"</{out.lists.pop()}>")
        out.counters.pop()


def _pieces(block: QTextBlock) -> Iterator[Piece]:
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        if fragment.isValid():
            yield fragment.text(), fragment.charFormat()
        iterator += 1


def _fragment(out: _Out, text: str, fmt: QTextCharFormat) -> str:
    if fmt.isImageFormat():
        name = fmt.toImageFormat().name()
        one = f'<img src="{escape(name)}" alt="" style="max-width:100%">'
        return one * max(1, text.count("\ufffc")) if name.startswith("cid:") else ""
    made = escape(text, quote=False).replace("\u2028", "<br>").replace("\ufffc", "")
    if not made:
        return ""
    target = fmt.anchorHref()
    scheme = target.partition(":")[0].lower()
    linked = fmt.isAnchor() and (scheme in MAIL_SCHEMES or (out.internal and scheme in {AGENT_LINK, TICKET_LINK}))
    if is_code(fmt):
        made = f"<code>{made}</code>"
    if fmt.fontStrikeOut():
        made = f"<s>{made}</s>"
    if fmt.fontUnderline() and not fmt.isAnchor():
        made = f"<u>{made}</u>"
    if fmt.fontItalic():
        made = f"<em>{made}</em>"
    if fmt.fontWeight() > 500:
        made = f"<strong>{made}</strong>"
    return f'<a href="{escape(target)}">{made}</a>' if linked else made


def _plain(text: str, fmt: QTextCharFormat) -> str:
    if fmt.isImageFormat():
        return ""
    made = text.replace("\u2028", "\n").replace("\ufffc", "")
    target = fmt.anchorHref()
    if not fmt.isAnchor() or target.partition(":")[0].lower() not in MAIL_SCHEMES:
        return made
    shown = target.removeprefix("mailto:").removeprefix("tel:")
    same = made.strip().rstrip("/") in {shown.rstrip("/"), target.partition("://")[2].rstrip("/")}
    return made if same or not made.strip() else f"{made} ({shown})"
