"""The few things every part of this package knows about HTML markup.

Untrusted HTML is only ever read by nh3 (an HTML5 parser). What nh3 writes is regular: every element is closed, every
attribute stands in double quotes, `<` in a text or attribute is always escaped. So a plain tokenizer can read it, in
linear time and without the surprises of a second HTML parser (mutation XSS lives from two parsers that disagree).
"""

from __future__ import annotations

import html as stdlib_html
import re
from collections.abc import Iterator
from typing import NamedTuple

VOID_TAGS = frozenset({"br", "hr", "img", "col", "wbr"})
"""Elements nh3 writes without an end tag, as far as any policy of this package lets them through."""

RAW_TEXT_TAGS = frozenset({"script", "style", "title", "iframe", "noembed", "noframes", "template"})
"""Elements whose content is no text a reader sees; dropped with what they hold."""

BLOCK_TAGS = frozenset(
    {
        "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dir",
        "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
        "h4", "h5", "h6", "header", "hr", "legend", "li", "main", "menu", "nav", "ol", "option",
        "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
"""Elements that begin on a new line."""

_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [^\s=<>"]+="[^"]*")*)>|([^<]+)')
_ATTRIBUTE = re.compile(r' ([^\s=<>"]+)="([^"]*)"')

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NOSCRIPT = re.compile(r"<(/?)noscript(?=[\s/>])", re.IGNORECASE)
_BODY = re.compile(r"<body(?=[\s/])", re.IGNORECASE)


class Token(NamedTuple):
    """A piece of clean markup: a text (`tag` is "", `text` unescaped) or a tag, its attributes still in one string."""

    tag: str
    closing: bool
    attributes: str
    text: str


def without_controls(text: str) -> str:
    """Remove characters that neither XML nor a mail view can hold: controls, lone surrogates, noncharacters."""
    return _FORBIDDEN.sub("", text) if _FORBIDDEN.search(text) else text


def for_parsing(html: str) -> str:
    """Make raw HTML fit for a parser; it is as untrusted as before.

    Line ends become one, what no text may hold goes, `noscript` becomes a `div` because a mail view never runs scripts.
    """
    html = without_controls(html.replace("\r\n", "\n").replace("\r", "\n"))
    return _NOSCRIPT.sub(r"<\1div", html)


def body_as_block(html: str) -> str:
    """Turn the first `body` that has attributes into a `div`: nh3 keeps no `body`, and with it goes the background."""
    return _BODY.sub("<div", html, count=1)


def scan(clean: str) -> Iterator[Token]:
    """Read markup that nh3 has written, piece by piece, in linear time."""
    for match in _TOKEN.finditer(clean):
        closing, tag, attributes, text = match.groups()
        if text is None:
            yield Token(tag, bool(closing), attributes, "")
        else:
            yield Token("", False, "", unescape(text))


def attributes_of(token_attributes: str) -> dict[str, str]:
    """Return the attributes of a tag that nh3 has written, unescaped."""
    if not token_attributes:
        return {}
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(token_attributes)}


def unescape(text: str) -> str:
    """Undo the escaping nh3 uses (HTML, "escaping a string"); nothing else is an entity in its output."""
    if "&" not in text:
        return text
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&nbsp;", "\xa0")
    return without_controls(text.replace("&amp;", "&"))


def unescape_all(text: str) -> str:
    """Undo every entity HTML knows, for text that no parser has read."""
    return without_controls(stdlib_html.unescape(text))


def escape(text: str) -> str:
    """Escape a text for use between tags or in a double-quoted attribute."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
