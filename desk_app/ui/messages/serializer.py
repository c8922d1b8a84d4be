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
    QTextList,
    QTextListFormat,
)

QUOTE_LEVEL = QTextFormat.Property.UserProperty.value + 1
"""Block property: how deep a paragraph is quoted."""
_QUOTE_STYLE = "margin:0 0 0 6px;padding-left:10px;border-left:2px solid #c8ccd4"
_ORDERED = {
    QTextListFormat.Style.ListDecimal,
    QTextListFormat.Style.ListLowerAlpha,
    QTextListFormat.Style.ListUpperAlpha,
    QTextListFormat.Style.ListLowerRoman,
    QTextListFormat.Style.ListUpperRoman,
}


@dataclass(slots=True)
class _Out:
    html: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    quote: int = 0
    lists: list[str] = field(default_factory=list)
    counters: list[int] = field(default_factory=list)


def quote_level(block: QTextBlock | QTextBlockFormat) -> int:
    """Return how deep a paragraph is quoted."""
    block_format = block.blockFormat() if isinstance(block, QTextBlock) else block
    return int(block_format.property(QUOTE_LEVEL) or 0)


def serialize(document: QTextDocument) -> tuple[str, str]:
    """Return HTML and plain text of a document; both are "" for an empty one."""
    if not document.toPlainText().strip():
        return "", ""
    out = _Out()
    block = document.begin()
    while block.isValid():
        _block(out, block)
        block = block.next()
    _close_lists(out, 0)
    _set_quote(out, 0)
    return "".join(out.html), "\n".join(out.text).strip("\n")


def _block(out: _Out, block: QTextBlock) -> None:
    level = quote_level(block)
    if level != out.quote:
        _close_lists(out, 0)
        _set_quote(out, level)
    inline = "".join(_fragment(*piece) for piece in _pieces(block))
    plain = "> " * level + "".join(_plain(text, fmt) for text, fmt in _pieces(block))
    text_list: QTextList | None = block.textList()
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
    if inline and block.next().isValid():
        following = block.next()
        following_list: QTextList | None = following.textList()
        if following_list is None and following.text().strip() and quote_level(following) == level:
            out.text.append("> " * level if level else "")


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


def _pieces(block: QTextBlock) -> Iterator[tuple[str, QTextCharFormat]]:
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        if fragment.isValid():
            yield fragment.text(), fragment.charFormat()
        iterator += 1


def _fragment(text: str, fmt: QTextCharFormat) -> str:
    if fmt.isImageFormat():
        name = fmt.toImageFormat().name()
        return f'<img src="{escape(name)}" alt="" style="max-width:100%">' if name.startswith("cid:") else ""
    made = escape(text, quote=False).replace("\u2028", "<br>").replace("\ufffc", "")
    if fmt.fontFixedPitch():
        made = f"<code>{made}</code>"
    if fmt.fontStrikeOut():
        made = f"<s>{made}</s>"
    if fmt.fontUnderline() and not fmt.isAnchor():
        made = f"<u>{made}</u>"
    if fmt.fontItalic():
        made = f"<em>{made}</em>"
    if fmt.fontWeight() > 500:
        made = f"<strong>{made}</strong>"
    target = fmt.anchorHref()
    if fmt.isAnchor() and target.partition(":")[0].lower() in {"http", "https", "mailto", "tel"}:
        made = f'<a href="{escape(target)}">{made}</a>'
    return made


def _plain(text: str, fmt: QTextCharFormat) -> str:
    if fmt.isImageFormat():
        return ""
    made = text.replace("\u2028", "\n").replace("\ufffc", "")
    target = fmt.anchorHref().removeprefix("mailto:")
    return f"{made} ({target})" if fmt.isAnchor() and target and target.rstrip("/") != made.rstrip("/") else made
