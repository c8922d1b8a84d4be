"""HTML to readable text, and text to HTML."""

from __future__ import annotations

import re

import nh3

from desk_app.channels.content.limits import is_parseable, strip_tags
from desk_app.channels.content.markup import (
    BLOCK_TAGS,
    RAW_TEXT_TAGS,
    VOID_TAGS,
    attributes_of,
    escape,
    for_parsing,
    scan,
)

_TEXT_TAGS = set(BLOCK_TAGS | {"a", "br", "img", "span", "font", "b", "strong", "i", "em", "u", "small", "code"})
_TEXT_ATTRIBUTES = {"*": {"style"}, "a": {"href"}, "img": {"alt"}, "ol": {"start"}}
_SPACED_TAGS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "ol", "dl", "blockquote", "table", "figure"}
)
_CELL_TAGS = frozenset({"td", "th"})
_WHITE = re.compile(r"[ \t\n\r\f\u200b\u00ad\ufeff]+")
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE)
_MAX_DEPTH = 12  # of quote marks and list indents: keeps the output linear in the input, however deep the nesting
_LINK_SCHEMES = ("http://", "https://", "mailto:", "tel:", "ftp://")


def html_to_text(html: str) -> str:
    """Turn untrusted HTML into text a person can read: a line per block, bullets, cells side by side, link targets.

    Hidden parts, scripts and styles are left out, quotations carry "> ", pictures show their alternative text. Linear
    in the size of `html`, for any input whatsoever; never raises.
    """
    if not is_parseable(html):
        return strip_tags(html)
    clean = nh3.clean(
        for_parsing(html),
        tags=_TEXT_TAGS,
        clean_content_tags=set(RAW_TEXT_TAGS),
        attributes=_TEXT_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "ftp"},
        link_rel=None,
    )
    return _TextWriter().render(clean)


class _TextWriter:
    """Writes the tokens of clean markup as lines of text."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._breaks = 0  # line ends asked for before the next text: 0, 1 or 2 (2 leaves an empty line)
        self._space = False
        self._separator = False
        self._bullet = ""
        self._quotes = 0
        self._line_quotes = 0  # of the line written last
        self._pre = 0
        self._lists: list[int | None] = []
        self._links: list[tuple[str, int, int]] = []

    def render(self, clean: str) -> str:
        """Return the text of markup that nh3 has written."""
        hidden = 0
        for token in scan(clean):
            tag = token.tag
            if hidden:
                if tag and tag not in VOID_TAGS:
                    hidden += -1 if token.closing else 1
            elif not tag:
                self._text(token.text)
            elif token.closing:
                self._end(tag)
            elif tag not in VOID_TAGS and " style=" in token.attributes and _is_hidden(token.attributes):
                hidden = 1
            else:
                self._start(tag, token.attributes)
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def _text(self, text: str) -> None:
        if self._pre:
            first, *rest = text.split("\n")
            self._put(first)
            for line in rest:
                self._end_line(keep_empty=True)
                self._put(line)
            return
        words = _WHITE.sub(" ", text).replace("\xa0", " ")
        bare = words.strip(" ")
        if words[:1] == " ":
            self._space = True
        if bare:
            self._put(bare)
            self._space = words[-1] == " "

    def _put(self, text: str) -> None:
        if not text:
            return
        if self._breaks:
            self._end_line()
            if self._breaks > 1 and self._lines and self._lines[-1].strip("> "):
                self._lines.append(_mark(min(self._quotes, self._line_quotes)))
            self._breaks = 0
            self._separator = False
        if not self._line:
            self._line_quotes = self._quotes
            self._line.append(self._indent() + self._bullet)
            self._bullet = ""
        elif self._separator:
            self._line.append("\t")
        elif self._space:
            self._line.append(" ")
        self._separator = self._space = False
        self._line.append(text)

    def _indent(self) -> str:
        depth = min(len(self._lists), _MAX_DEPTH)
        mark = _mark(self._quotes)
        return (mark + " " if mark else "") + "  " * (depth - 1 if self._bullet else depth)

    def _end_line(self, *, keep_empty: bool = False) -> None:
        if self._line or keep_empty:
            self._lines.append("".join(self._line).rstrip())
        self._line = []
        self._space = self._separator = False

    def _ask_breaks(self, count: int) -> None:
        if self._line or self._lines:
            self._breaks = max(self._breaks, count)

    def _start(self, tag: str, raw: str) -> None:
        if tag == "br":
            self._break_line()
        elif tag == "img":
            if alt := _WHITE.sub(" ", attributes_of(raw).get("alt", "")).strip():
                self._put(f"[{alt}]")
        elif tag in _CELL_TAGS:
            self._separator = bool(self._line) and not self._breaks
        elif tag == "a":
            self._links.append((attributes_of(raw).get("href", "").strip(), len(self._lines), len(self._line)))
        elif tag in BLOCK_TAGS:
            self._start_block(tag, raw)

    def _break_line(self) -> None:
        if self._line and not self._breaks:
            self._end_line()
        elif self._lines and self._lines[-1].strip("> "):
            self._lines.append(_mark(self._quotes))

    def _start_block(self, tag: str, raw: str) -> None:
        self._ask_breaks(2 if tag in _SPACED_TAGS and not self._lists else 1)
        if tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._pre += 1
        elif tag in {"ul", "menu", "dir"}:
            self._lists.append(None)
        elif tag == "ol":
            start = attributes_of(raw).get("start", "1")
            self._lists.append(int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 1)
        elif tag == "li":
            self._begin_item()
        elif tag == "hr":
            self._put("-" * 20)
            self._ask_breaks(1)

    def _begin_item(self) -> None:
        number = self._lists[-1] if self._lists else None
        self._bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def _end(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._end_link()
        elif tag in _CELL_TAGS:
            return
        if tag in BLOCK_TAGS:
            self._ask_breaks(2 if tag in _SPACED_TAGS and len(self._lists) < 2 else 1)
        if tag == "blockquote":
            self._end_line()
            self._quotes = max(0, self._quotes - 1)
        elif tag == "pre":
            self._end_line()
            self._pre = max(0, self._pre - 1)
        elif tag in {"ul", "ol", "menu", "dir"} and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._bullet = ""

    def _end_link(self) -> None:
        href, line, piece = self._links.pop()
        if not href.lower().startswith(_LINK_SCHEMES):
            return
        shown = "".join(self._line[piece:]).strip() if line == len(self._lines) else None
        if shown is not None and _same_target(shown, href):
            return
        space, self._space = self._space, True
        self._put(f"<{href}>")
        self._space = space


def _mark(quotes: int) -> str:
    return "> " * (min(quotes, _MAX_DEPTH) - 1) + ">" if quotes else ""


def _is_hidden(raw_attributes: str) -> bool:
    return bool(_HIDDEN.search(attributes_of(raw_attributes).get("style", "")))


def _same_target(shown: str, href: str) -> bool:
    """Whether a link's text already tells its whole target (a bullet may stand before it)."""
    bare = href.split(":", 1)[1].lstrip("/") if ":" in href else href
    text = shown.rstrip("/").casefold()
    return not text or text.endswith((href.rstrip("/").casefold(), bare.rstrip("/").casefold()))


_ADDRESS = re.compile(
    r"(?P<url>https?://[^\s<>\"]+)|(?P<www>\bwww\.[a-z0-9-]+\.[^\s<>\"]+)|(?P<mail>mailto:[^\s<>\"?]+)"
    r"|(?P<addr>(?<![^\s<>(\[\"',;:])[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})",
    re.IGNORECASE,
)
_MAX_FORMATTED = 500_000
_MAX_FORMATTED_LINES = 30_000
_TRAILING = ".,;:!?'*_~"
_LEADING_SPACE = re.compile(r"(?m)^ +| {2,}|\t")


def linkify(text: str) -> str:
    """Escape one piece of text and make links of its http, https and mailto addresses. Linear."""
    out: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        shown = _without_trailing(match.group())
        target = shown
        if match.lastgroup == "www":
            target = "http://" + shown
        elif match.lastgroup == "addr":
            target = "mailto:" + shown
        out.append(escape(text[end : match.start()]))
        out.append(f'<a href="{escape(target)}">{escape(shown)}</a>')
        end = match.start() + len(shown)
    out.append(escape(text[end:]))
    return "".join(out)


def _without_trailing(address: str) -> str:
    """Leave punctuation that ends a sentence, and a bracket that was opened before the address, out of the link."""
    end = len(address)
    opened = address.count("("), address.count("[")
    closed = [address.count(")"), address.count("]")]
    while end:
        last = address[end - 1]
        if last == ")" and closed[0] > opened[0]:
            closed[0] -= 1
        elif last == "]" and closed[1] > opened[1]:
            closed[1] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return address[: end or len(address)]


def _keep_spaces(match: re.Match[str]) -> str:
    return "\xa0" * (8 if match.group() == "\t" else len(match.group()))


def text_to_html(text: str) -> str:
    """Turn plain text into HTML: escaped, addresses linked, white space kept, quote levels as `blockquote`.

    Used for showing text-only mails and for the HTML half of mails written as text. Linear. A text too long for anybody
    to read is only escaped.
    """
    if len(text) > _MAX_FORMATTED or text.count("\n") > _MAX_FORMATTED_LINES:
        return f"<div>{escape(text).replace(chr(10), '<br>')}</div>"
    out: list[str] = []
    depth = 0
    lines: list[str] = []

    def flush() -> None:
        if lines:
            out.append("<div>" + "<br>".join(lines) + "</div>")
            lines.clear()

    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        level, line = split_quote_marks(raw)
        if level != depth:
            flush()
            out.append("<blockquote>" * (level - depth) if level > depth else "</blockquote>" * (depth - level))
            depth = level
        lines.append(_LEADING_SPACE.sub(_keep_spaces, linkify(line)))
    flush()
    out.append("</blockquote>" * depth)
    return "".join(out)


def split_quote_marks(line: str) -> tuple[int, str]:
    """Return how deeply a line is quoted (">", "> >", at most 12) and the line without these marks."""
    position = level = 0
    while level < _MAX_DEPTH:
        mark = position
        while level and mark < len(line) and line[mark] == " " and mark - position < 1:
            mark += 1
        if mark >= len(line) or line[mark] != ">":
            break
        level += 1
        position = mark + 1
    if level and line[position : position + 1] == " ":
        position += 1
    return level, line[position:]
