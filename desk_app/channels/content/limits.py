"""What HTML is worth a real parser, and a plain reading of the rest.

An HTML5 parser walks its stack of open elements at almost every tag, so its time grows with the square of the nesting.
Markup nested thousands of times is an attack or an accident; it is read without a parser, and no word of it is lost.
"""

from __future__ import annotations

import re

from desk_app.channels.content.markup import BLOCK_TAGS, RAW_TEXT_TAGS, unescape_all, without_controls

MAX_CHARS = 2_000_000
"""HTML over this size, embedded data: pictures not counted, is shown as plain text."""
MAX_TAGS = 120_000
MAX_DEPTH = 2_000

_MAX_CLOSELY_READ = 120_000  # tags; of what follows them only the words are kept

_MAX_REFERENCES = 20_000  # in one text: nh3 needs a time that grows with the square of their number
_UNCHECKED_TAGS = 10_000  # so few tags cannot nest deeply enough to hurt
_NAMES = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_OPENING = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_VOID = frozenset(
    {
        "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img",
        "input", "link", "meta", "param", "source", "track", "wbr",
    }
)  # fmt: skip
_FORMATTING = frozenset(
    {
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
    }
)  # fmt: skip
_IMPLIED_END = frozenset(
    {
        "p", "li", "td", "th", "tr", "dd", "dt", "option", "optgroup", "tbody", "thead", "tfoot",
        "colgroup", "caption", "rp", "rt",
    }
)  # fmt: skip
_SCOPE = frozenset(
    {
        "table", "td", "th", "caption", "object", "applet", "marquee", "template", "button", "svg",
        "math",
    }
)  # fmt: skip
_TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")
_SEARCH = 64
_DATA_PICTURE = re.compile(r"data:image/[a-z+.-]{1,20};base64,[A-Za-z0-9+/=%\s]*", re.IGNORECASE)
_BREAKING = BLOCK_TAGS | {"br"}
_WHITE = re.compile(r"[ \t\r\f\xa0]+")
_ANY_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_BREAK = re.compile(r"</?(?:br|p|div|tr|li)\b[^<>]*>", re.IGNORECASE)
_LINE_END = re.compile(r" ?\n ?")
_COMMON_REFERENCES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))
_EMPTY_LINES = re.compile(r"\n(?: ?\n){2,}")


def is_parseable(html: str) -> bool:
    """Whether nh3 reads this HTML in a time that grows with its size only."""
    size = len(html)
    if size > MAX_CHARS and size - sum(len(found) for found in _DATA_PICTURE.findall(html)) > MAX_CHARS:
        return False
    if html.count("&") > _MAX_REFERENCES and any(text.count("&") > _MAX_REFERENCES for text in html.split("<")):
        return False
    tags = html.count("<")
    return tags <= MAX_TAGS and (tags <= _UNCHECKED_TAGS or not nests_deeper_than(html, MAX_DEPTH))


def nests_deeper_than(html: str, limit: int) -> bool:
    """Whether more than `limit` elements may be open at once; where in doubt, yes.

    Follows the parts of the HTML5 tree construction that make an end tag close nothing (scopes) or only one element
    (formatting); everything it does not know counts as still open. Linear.
    """
    stack: list[str] = []
    for closing, name in _NAMES.findall(html.lower()):
        if closing:
            if stack and stack[-1] == name:
                stack.pop()
            else:
                _close(stack, name)
        elif name not in _VOID and not (stack and stack[-1] == name and name in _IMPLIED_END):
            stack.append(name)
            if len(stack) > limit:
                return True
    return False


def _close(stack: list[str], name: str) -> None:
    for index in range(len(stack) - 1, max(-1, len(stack) - 1 - _SEARCH), -1):
        if stack[index] == name:
            if name in _FORMATTING:
                del stack[index]
            else:
                del stack[index:]
            return
        if stack[index] in _SCOPE and name not in _SCOPE and name not in _IMPLIED_END:
            return


def strip_tags(html: str) -> str:
    """Return the words of any HTML without parsing it: tags, comments, scripts and styles are cut out. Linear."""
    lowered = html.lower() if len(html.lower()) == len(html) else html
    out: list[str] = []
    missing: set[str] = set()

    def find(mark: str, start: int) -> int:
        if mark in missing:
            return -1
        found = lowered.find(mark, start)
        if found < 0:
            missing.add(mark)
        return found

    position = count = 0
    while (count := count + 1) <= _MAX_CLOSELY_READ and (tag := _TAG_START.search(html, position)):
        start = tag.start()
        out.append(html[position:start])
        match = _OPENING.match(html, start)
        name = match.group(2).lower() if match else ""
        end = find("-->", start) if html.startswith("<!--", start) else find(">", start)
        if end < 0:
            position = start + 1 if match is None else match.end()
            continue
        position = end + (3 if html.startswith("<!--", start) else 1)
        if name in RAW_TEXT_TAGS and match is not None and not match.group(1):
            close = find(f"</{name}", position)
            position = close if close >= 0 else position
        elif name in _BREAKING:
            out.append("\n")
        elif name in {"td", "th"}:
            out.append(" ")
    rest = html[position:]
    out.append(_ANY_TAG.sub(" ", _BREAK.sub("\n", rest)) if count > _MAX_CLOSELY_READ else rest)
    text = "".join(out)
    text = unescape_all(text) if text.count("&") <= _MAX_REFERENCES else _unescape_common(text)
    return _EMPTY_LINES.sub("\n\n", _LINE_END.sub("\n", _WHITE.sub(" ", text))).strip()


def _unescape_common(text: str) -> str:
    """Undo the references every mailer writes, where there are too many to look each of them up."""
    for reference, character in _COMMON_REFERENCES:
        text = text.replace(reference, character)
    return without_controls(text)
