"""HTML as readable plain text, for mail that has nothing else, and the charset HTML names itself.

One pass with `str.find`: linear, whatever the markup.
"""

from __future__ import annotations

import html as html_entities
import re

MAX_TAGS = 60_000  # laid out as lines and lists; behind them the text is kept and the layout is not

_META = re.compile(rb"<meta[^>]{0,300}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_.:\-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,100}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9_.:\-]{2,40})", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_UNSEEN = re.compile(r"(?is)<(script|style)\b[^<>]*>[^<]*</\1>")
_MARKUP = re.compile(r"<(?=[a-zA-Z!?/])")
_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9:_-]*")
_ATTRIBUTE = re.compile(r"""\b(href|src|alt|start)\s{0,20}=\s{0,20}("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_HIDDEN = frozenset(
    {"script", "style", "head", "title", "template", "noembed", "noframes", "iframe", "object", "svg", "math", "select"}
)
_RAW = frozenset({"script", "style", "title", "noembed", "noframes", "iframe"})
_BLOCKS = frozenset({
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "dt", "table", "tr",
    "blockquote", "pre", "section", "article",
    "header", "footer", "nav", "address", "center", "form", "fieldset", "figure", "figcaption", "main", "aside",
    "caption", "body", "html",
})  # fmt: skip
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "table", "pre"})
_WHITE = re.compile(r"[ \t\n\r\f]+")
_MANY_LINES = re.compile(r"\n{3,}")
_LINE_EDGES = re.compile(r"(?<! ) +(?=\n)")


def html_charset(data: bytes) -> str:
    """Return the charset an HTML text declares in its first 4 kB, "" where it does not."""
    head = data[:4096]
    found = _META.search(head) or _XML.search(head)
    return found.group(1).decode("ascii") if found else ""


def html_to_text(html: str) -> str:
    """Return what a reader sees: paragraphs, lists, table rows, link targets, image texts; no script, no style."""
    writer = _Writer()
    pos, size, tags = 0, len(html), 0
    while pos < size:
        tags += 1
        if tags > MAX_TAGS:
            writer.text(_TAG.sub(" ", _UNSEEN.sub(" ", html[pos:])))
            break
        markup = _MARKUP.search(html, pos)
        if markup is None:
            writer.text(html[pos:])
            break
        at = markup.start()
        if at > pos:
            writer.text(html[pos:at])
        pos = _markup(html, at, writer)
    return writer.finish()


def _markup(html: str, at: int, writer: _Writer) -> int:
    """Handle the markup at `at`; returns where the text goes on."""
    if html.startswith("<!--", at):
        end = -1 if "-->" in writer.never_closed else html.find("-->", at + 4)
        if end < 0:
            writer.never_closed.add("-->")  # looked for once, not once per mark: linear
            end = html.find(">", at)
            return len(html) if end < 0 else end + 1
        return end + 3
    name_found = _NAME.match(html, at + 1)
    if name_found is None:
        end = html.find(">", at)
        return len(html) if end < 0 else end + 1
    end = _tag_end(html, name_found.end())
    name = name_found.group().lower()
    inside = html[name_found.end() : end - 1]
    if name[0] == "/":
        writer.close(name[1:])
    else:
        writer.open(name, inside)
        if name in _RAW and not inside.endswith("/"):
            return _after_raw(html, end, name, writer)
    return end


def _after_raw(html: str, pos: int, name: str, writer: _Writer) -> int:
    close = None if name in writer.never_closed else re.compile(f"</{name}", re.IGNORECASE).search(html, pos)
    writer.close(name)
    if close is None:
        writer.never_closed.add(name)
        return len(html) if name in {"script", "style"} else pos
    end = html.find(">", close.end())
    return len(html) if end < 0 else end + 1


def _tag_end(html: str, pos: int) -> int:
    """Return the offset behind the ">" of a tag; one inside a quoted value does not count."""
    end = html.find(">", pos)
    for _ in range(8):
        if end < 0:
            return len(html)
        inside = html[pos : min(end, pos + 8000)]
        if inside.count('"') % 2 == 0 or end - pos > 8000:
            break
        further = html.find(">", end + 1, pos + 8000)
        if further < 0:
            break
        end = further
    return end + 1


class _Writer:
    """Collects the lines of the text."""

    def __init__(self) -> None:
        self.never_closed: set[str] = set()
        self._out: list[str] = []
        self._line_open = False
        self._space = False
        self._hidden: list[str] = []
        self._pre = 0
        self._quote = 0
        self._lists: list[int] = []
        self._links: list[tuple[str, int]] = []
        self._cells = 0

    def text(self, raw: str) -> None:
        if self._hidden:
            return
        text = html_entities.unescape(raw) if "&" in raw else raw
        if self._pre:
            self._write(text)
            return
        core = _WHITE.sub(" ", text)
        if core == " " or not core:
            self._space = self._space or (core == " " and self._line_open)
            return
        if core[0] == " ":
            self._space = self._line_open
        if self._space and self._line_open:
            self._out.append(" ")
        self._space = core[-1] == " "
        self._write(core.strip(" "))

    def _write(self, text: str) -> None:
        if not text:
            return
        if not self._line_open and self._quote:
            self._out.append("> " * min(self._quote, 10))
        self._out.append(text)
        self._line_open = True

    def line(self, count: int = 1) -> None:
        """End the open line; a `count` of 2 leaves an empty one."""
        if self._line_open or count > 1:
            self._out.append("\n" * count if self._line_open else "\n")
        self._line_open = False
        self._space = False

    def open(self, name: str, inside: str) -> None:
        if self._hidden:
            if name == self._hidden[-1]:
                self._hidden.append(name)
            elif name == "body":
                self._hidden = []
            return
        if name in _HIDDEN:
            if not inside.endswith("/"):
                self._hidden.append(name)
        elif name == "br":
            self._out.append("\n")
            self._line_open = self._space = False
        elif name == "hr":
            self.line()
            self._write("-" * 20)
            self.line()
        elif name == "li":
            self._item()
        elif name in {"td", "th"}:
            if self._cells and self._line_open:
                self._out.append("\t")
                self._space = False
            self._cells += 1
        elif name == "img":
            self._image(inside)
        elif name == "a":
            self._links.append((_attribute(inside, "href"), len(self._out)))
        elif name in _BLOCKS:
            self._block(name, inside)

    def _block(self, name: str, inside: str) -> None:
        if name == "tr":
            self._cells = 0
        self.line(2 if name in _PARAGRAPHS and not self._lists and self._out else 1)
        if name == "blockquote":
            self._quote += 1
        elif name == "pre":
            self._pre += 1
        elif name in {"ul", "ol"}:
            start = _attribute(inside, "start")
            self._lists.append((int(start) if start.isdecimal() and len(start) < 6 else 1) if name == "ol" else 0)

    def close(self, name: str) -> None:
        if self._hidden:
            if name == self._hidden[-1]:
                self._hidden.pop()
            return
        if name == "a" and self._links:
            self._link(*self._links.pop())
        elif name == "li":
            self.line()
        elif name in _BLOCKS:
            paragraph = name in _PARAGRAPHS and not (name in {"ul", "ol"} and len(self._lists) > 1)
            if name in {"ul", "ol"} and self._lists:
                self._lists.pop()
            self.line(2 if paragraph and not self._lists else 1)
            if name == "blockquote":
                self._quote = max(0, self._quote - 1)
            elif name == "pre":
                self._pre = max(0, self._pre - 1)

    def _item(self) -> None:
        self.line()
        mark = "-"
        if self._lists and self._lists[-1]:
            mark = f"{self._lists[-1]}."
            self._lists[-1] += 1
        self._write("  " * min(max(0, len(self._lists) - 1), 10) + mark)
        self._space = True

    def _image(self, inside: str) -> None:
        alt = _attribute(inside, "alt").strip()
        if alt:
            self.text(f" [{html_entities.escape(alt, quote=False)}] ")

    def _link(self, href: str, begun: int) -> None:
        if not href.lower().startswith(("http://", "https://", "mailto:", "ftp://", "tel:")) or len(href) > 2000:
            return
        shown = "".join(self._out[max(begun, len(self._out) - 50) :]).strip()
        bare = href.removeprefix("mailto:").removeprefix("tel:")
        if shown and shown.strip("/") not in bare and bare.rstrip("/") not in shown:
            self._space = True
            self.text(html_entities.escape(f"<{bare}>", quote=False))

    def finish(self) -> str:
        text = "".join(self._out).replace("\xa0", " ")
        text = _LINE_EDGES.sub("", text)
        return _MANY_LINES.sub("\n\n", text).strip("\n").rstrip()


def _attribute(inside: str, name: str) -> str:
    if name not in inside and name.upper() not in inside and name not in inside.lower():
        return ""
    for found in _ATTRIBUTE.finditer(inside[:8000]):
        if found.group(1).lower() == name:
            return html_entities.unescape(found.group(2).strip("\"'")).strip()
    return ""
