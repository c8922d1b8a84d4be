"""Untrusted HTML in, harmless HTML out (mail.md 5, ui.md 9).

Two tools do the work: css-inline turns style sheets into style attributes, without ever opening a file or a connection,
and nh3 parses and filters by white list. Every attribute value then passes
a filter of ours that rewrites it or drops it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import css_inline
import nh3

from desk_app.channels.content.css import clean_style
from desk_app.channels.content.limits import is_parseable
from desk_app.channels.content.links import clean_link
from desk_app.channels.content.markup import RAW_TEXT_TAGS, body_as_block, for_parsing, without_controls

_BLOCKS = "table tr td th tbody thead tfoot caption div p h1 h2 h3 h4 h5 h6 blockquote ul ol li dl dt dd center hr pre"
_INLINES = "span font b i u s em strong strike del ins sub sup small big tt code kbd samp var cite q abbr mark address"
_SECTIONS = "section article header footer main aside nav figure figcaption"
_STYLED = frozenset(f"{_BLOCKS} {_INLINES} {_SECTIONS}".split())
TAGS = _STYLED | {"a", "img", "br", "wbr", "col", "colgroup"}
"""Every element that may be left."""

_BOX = {"align", "valign", "width", "height", "bgcolor", "dir"}
_MARKS = {"class", "id", "type", "name", "data-smartmail", "data-marker"}  # read to find the fold, never written
_MARKED = ("div", "blockquote", "span", "p", "hr", "table", "section", "td", "font", "a", "pre")
ATTRIBUTES: dict[str, set[str]] = {
    **{tag: {"style", "dir"} for tag in _STYLED},
    **{
        tag: {"style", *_BOX} for tag in ("tr", "tbody", "thead", "tfoot", "div", "p", "center", "h1", "h2", "h3", "hr")
    },
    "table": {"style", *_BOX, "border", "cellpadding", "cellspacing"},
    "td": {"style", *_BOX, "colspan", "rowspan"},
    "th": {"style", *_BOX, "colspan", "rowspan"},
    "col": {"style", "width", "span"},
    "font": {"style", "color", "face", "size"},
    "a": {"href", "title", "style"},
    "img": {"src", "alt", "title", "width", "height", "style", "align"},
    "ol": {"style", "start", "type"},
    "ul": {"style", "type"},
}
"""Every attribute that may be left, by element."""

SCHEMES = {"http", "https", "mailto", "tel", "cid", "data", "remote", "desk-ticket"}

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_link_tags=False)
_MAX_REMEMBERED = 300  # characters of an attribute value
_MAX_STYLE_WORK = 60_000_000  # characters of CSS times elements: about half a second
_PICTURE_DATA = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp);base64,[a-z0-9+/=]+", re.IGNORECASE)
_MAX_PICTURE_DATA = 4_000_000
_CONTENT_ID = re.compile(r"cid:[^\s<>\"']{1,300}", re.IGNORECASE)
_REMOTE = re.compile(r"remote:\d{1,5}")
_SIZE = re.compile(r"(\d{1,6})(?:\.\d{0,6})?(px|%)?\*?")
_COLOUR = re.compile(r"#[0-9a-f]{3}(?:[0-9a-f]{3})?|[a-z]{3,20}", re.IGNORECASE)
_WORD = re.compile(r"[a-z]{1,12}", re.IGNORECASE)
_FONT_SIZE = re.compile(r"[+-]?[1-7]")
_FACE = re.compile(r"[\w\s,.-]{1,200}")
_MARK = re.compile(r' (?:class|id|name|data-smartmail|data-marker)="[^"]*"| type="cite"')
_TAG = re.compile(r'<[a-z][a-z0-9]*(?: [^\s=<>"]+="[^"]*")+>')

_LEADING_LINE_ENDS = re.compile(r"(<pre(?: [^>]*)?>)\n+")
_LINK_START = re.compile(r"<a[ >]")
_NOT_IN_PARAGRAPHS = re.compile(
    r"<(?:address|article|aside|blockquote|center|d[dlt]|div|figcaption|figure|footer|h[1-6r]|header|li|main|nav|ol|p|pre"
    r"|section|table|ul)[ >]"
)
_ITEMS = re.compile(r"<(/?)(li|d[dtl]|ul|ol|t[dh]|h[1-6])(?=[ >])")
_LISTS = frozenset({"ul", "ol", "dl"})
_MAX_ROUNDS = 6

_SIZE_LIMITS = {
    "width": 2000, "height": 3000, "border": 20, "cellpadding": 60, "cellspacing": 60, "colspan": 50, "rowspan": 200,
    "start": 100_000, "span": 50,
}  # fmt: skip


def inline_styles(html: str) -> str:
    """Move the rules of `style` elements into style attributes.

    Style sheets that are linked or imported are ignored: nothing is opened. Where sheets and elements are so many that
    inlining would take long, the mail keeps its text and loses its decoration.
    """
    sheets = _style_size(html)
    if not sheets or sheets * html.count("<") > _MAX_STYLE_WORK:
        return html
    try:
        return str(_INLINER.inline(html))
    except (css_inline.InlineError, ValueError):
        return html


def _style_size(html: str) -> int:
    lowered = html.lower()
    size = position = 0
    while (start := lowered.find("<style", position)) >= 0:
        position = lowered.find("</style", start)
        if position < 0:
            return size + len(html) - start
        size += position - start
    return size


def clean(html: str) -> str | None:
    """Sanitise untrusted HTML; None where it is too big or too deep for a parser (see `limits`).

    The result still carries the names that tell quotes and signatures apart; `without_marks` takes them out.
    """
    if not is_parseable(html):
        return None
    prepared = for_parsing(html)
    inlined = inline_styles(prepared)
    if inlined is not prepared and not is_parseable(inlined):
        inlined = prepared
    return _settled(_filtered(body_as_block(inlined)))


def _settled(markup: str) -> str | None:
    """Return markup that a parser reads back exactly as it is written, None where that cannot be had.

    Where an element that held others apart is dropped (a `button` between two paragraphs, say), the rest may mean
    another tree when it is read again. Then it is read again until it does not change.
    """
    markup = without_leading_line_ends(without_controls(markup))
    if not _may_read_differently(markup):
        return markup
    for _ in range(_MAX_ROUNDS):
        again = without_leading_line_ends(_filtered(markup))
        if again == markup:
            return markup
        markup = again
    return None


def without_leading_line_ends(markup: str) -> str:
    """Remove line ends at the beginning of `pre`: parsers drop the first of them, so they would vanish in turn."""
    return _LEADING_LINE_ENDS.sub(r"\1", markup)


def _may_read_differently(markup: str) -> bool:
    """Whether markup holds what HTML5 does not nest: links in links, blocks in paragraphs, items in items."""
    if any("</a>" not in piece for piece in _LINK_START.split(markup)[1:]):
        return True
    for piece in markup.split("</p>")[:-1]:
        start = max(piece.rfind("<p>"), piece.rfind("<p "))
        if start < 0 or _NOT_IN_PARAGRAPHS.search(piece, start + 2):
            return True
    open_items: list[str] = []
    for closing, tag in _ITEMS.findall(markup):
        if closing:
            if open_items:
                open_items.pop()
        else:
            kind = tag[0]  # one letter tells items (l), definitions (d) and headings (h) apart
            if kind not in "ut" and open_items and kind in (open_items if kind == "h" else _since_list(open_items)):
                return True
            open_items.append("u" if tag in _LISTS else kind)
    return False


def _since_list(open_items: list[str]) -> list[str]:
    """Return what is open inside the innermost list or cell."""
    for index in range(len(open_items) - 1, max(-1, len(open_items) - 50), -1):
        if open_items[index] in {"u", "t"}:
            return open_items[index + 1 :]
    return open_items


def _filtered(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags={*RAW_TEXT_TAGS, "svg", "math"},
        attributes={tag: names | (_MARKS if tag in _MARKED else set()) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_filter_attribute,
        url_schemes=SCHEMES,
        url_relative="pass_through",  # the filter refuses what is left of them, after repairing "www.example.org"
        link_rel=None,
    )


def without_marks(marked: str) -> str:
    """Remove every class, id and name from markup that nh3 has written."""
    return _TAG.sub(lambda match: _MARK.sub("", match.group()), marked)


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    return _remembered(tag, name, value) if len(value) <= _MAX_REMEMBERED else _judge(tag, name, value)


def _judge(tag: str, name: str, value: str) -> str | None:
    if name == "type" and tag in {"blockquote", "div"}:
        return "cite" if value.strip().lower() == "cite" else None
    check = _CHECKS.get(name)
    return check(tag, name, value) if check else None


_remembered = lru_cache(maxsize=4096)(_judge)


def _style(_tag: str, _name: str, value: str) -> str | None:
    return clean_style(value) or None


def _link(_tag: str, _name: str, value: str) -> str | None:
    return clean_link(value) or None


def _picture(_tag: str, _name: str, value: str) -> str | None:
    """Pictures may come from the mail itself (cid:, data:) or be asked for (http); relative ones may name a part."""
    address = without_controls(value).strip()
    scheme = address[:7].lower()
    if scheme.startswith("data:"):
        bare = "".join(address.split()) if len(address) <= _MAX_PICTURE_DATA else ""
        return bare if _PICTURE_DATA.fullmatch(bare) else None
    if scheme.startswith("cid:"):
        return "cid:" + address[4:] if _CONTENT_ID.fullmatch(address) else None
    if scheme.startswith("remote:"):
        return address if _REMOTE.fullmatch(address) else None
    return clean_link(address, schemes=("http", "https")) or _part_name(address)


def _part_name(address: str) -> str | None:
    """A relative address can only be the Content-Location of another part (RFC 2557 5); it never leaves `pictures`."""
    if re.fullmatch(r"[\w.@()+ -]{1,200}", address):
        return "part:" + address
    return None


def _size(_tag: str, name: str, value: str) -> str | None:
    match = _SIZE.fullmatch(value.strip())
    if match is None or (match.group(2) == "%" and name not in {"width", "height"}):
        return None
    limit = 100 if match.group(2) == "%" else _SIZE_LIMITS[name]
    return f"{min(int(match.group(1)), limit)}{'%' if match.group(2) == '%' else ''}"


def _matching(pattern: re.Pattern[str]) -> Callable[[str, str, str], str | None]:
    def check(_tag: str, _name: str, value: str) -> str | None:
        bare = value.strip()
        return bare if pattern.fullmatch(bare) else None

    return check


def _text(_tag: str, _name: str, value: str) -> str | None:
    return without_controls(value)[:2000]


def _mark(_tag: str, _name: str, value: str) -> str | None:
    return value[:200] or None


_CHECKS: dict[str, Callable[[str, str, str], str | None]] = {
    "style": _style,
    "href": _link,
    "src": _picture,
    "alt": _text,
    "title": _text,
    **dict.fromkeys(_SIZE_LIMITS, _size),
    **dict.fromkeys(("align", "valign", "dir", "type"), _matching(_WORD)),
    **dict.fromkeys(("bgcolor", "color"), _matching(_COLOUR)),
    "size": _matching(_FONT_SIZE),
    "face": _matching(_FACE),
    **dict.fromkeys(_MARKS - {"type"}, _mark),
}
