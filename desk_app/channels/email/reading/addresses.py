"""Address headers, as people and broken mailers write them (RFC 5322 3.4; mail.md 2, class 4).

One pass over the tokens of the header: linear, and every comma, quote or bracket that makes no sense is just text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from desk_app.channels.email.reading.headers import Headers, collapse, decode_words, one_line, raw_text
from desk_app.domain.messages.model import Address

MAX_ADDRESSES = 10_000
LONGEST = 320
"""Characters of an address (RFC 3696, erratum 1690); what is longer is a name at best."""
_SIMPLE = re.compile(r'(?:"([^"\\<>=]*)"|([^"\\<>()=,;:@]*?))\s*<([^\s<>()",;:\\]+@[^\s<>()",;:\\@]+)>')
_TOKEN = re.compile(
    r'(?P<word>=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?=)|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<angle><[^<>]*>)|'
    r'(?P<mark>[,;:()])|(?P<other>(?:[^,;:()<>"\\=]|\\.)+|.)',
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_OBSOLETE_BLANKS = re.compile(r" ?@ ?| \. ?")
_BREAKS = re.compile(r"[\s<>(),;\"]+")
_EDGES = " \t\r\n<>'\",;"


def read_addresses(headers: Headers, name: str, hint: str = "") -> tuple[Address, ...]:
    """Return the addresses of every field called `name`, in order. `hint` is the body's charset, for raw 8-bit
    names."""
    values = headers.all(name)
    if not values:
        return ()
    if len(values) == 1:
        return tuple(parse_addresses(raw_text(values[0], hint)))
    return tuple(chain.from_iterable(parse_addresses(raw_text(value, hint)) for value in values))[:MAX_ADDRESSES]


def parse_addresses(text: str) -> list[Address]:
    """Read an address list: groups give their members, comments and phrases names; what has no address is a name."""
    text = text.strip()
    if not text:
        return []
    if len(text) < 300 and (simple := _SIMPLE.fullmatch(text)):
        name = simple.group(1) if simple.group(1) is not None else simple.group(2)
        return [Address(one_line(collapse(name)), simple.group(3).lower())]
    found = []
    for item in _items(text):
        found += item.several() or ([address] if (address := item.address()) is not None else [])
        if len(found) >= MAX_ADDRESSES:
            break
    return [one if len(one.email) <= LONGEST else Address(one.name or one.email[:LONGEST], "") for one in found]


class _Item:
    """The tokens of one address."""

    __slots__ = ("angle", "comments", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None

    def blank(self) -> bool:
        return self.angle is None and not "".join(self.words).strip()

    def several(self) -> list[Address]:
        """Return the addresses of a list whose commas were forgotten: words that are all addresses."""
        words = "".join(self.words).split() if self.angle is None and not self.comments else []
        if len(words) < 2 or not all(0 < word.find("@") < len(word) - 1 for word in words):
            return []
        return [Address("", _bare(word)) for word in words]

    def address(self) -> Address | None:
        phrase = _readable("".join(self.words))
        comment = _readable(" ".join(self.comments))
        if self.angle is not None:
            email = _bare(self.angle)
            if "@" not in email and (inside := _last_address(phrase)):
                email, phrase = _lower(inside), phrase.replace(inside, "").strip(_EDGES)
            if not email and not phrase and not comment:
                return None
            return Address(phrase or comment, email)
        if not phrase:
            return None
        return _without_angle(phrase, comment)


def _without_angle(phrase: str, comment: str) -> Address:
    if phrase.startswith('"') and '"@' in phrase:
        return Address(comment, _lower(phrase))
    spaced = phrase
    if " " in phrase and phrase.count("@") == 1:  # RFC 5322 4.4: blanks around "@" and "."
        spaced = _OBSOLETE_BLANKS.sub(lambda m: m.group().strip(), phrase)
    found = _last_address(spaced)
    if not found:
        single = " " not in phrase and comment
        return Address(comment, phrase.lower()) if single else Address(phrase, "")
    name = collapse(spaced.replace(found, "")).strip(_EDGES)
    return Address(name or comment, _bare(found))


def _last_address(text: str) -> str:
    """Return the last word with an @ inside, "" where there is none."""
    if "@" not in text:
        return ""
    words = [word for word in _BREAKS.split(text) if 0 < word.find("@") < len(word) - 1]
    return words[-1] if words else ""


def _items(text: str) -> Iterator[_Item]:
    closing = _matching_brackets(text) if "(" in text else {}
    item, pos, size = _Item(), 0, len(text)
    last_semicolon = text.rfind(";")
    while pos < size:
        token = _TOKEN.match(text, pos)
        if token is None:
            break
        kind, value = token.lastgroup, token.group()
        end = token.end()
        if kind == "mark":
            if value == "(" and pos in closing:
                end = closing[pos] + 1
                item.comments.append(_ESCAPE.sub(r"\1", text[pos + 1 : end - 1]))
            elif value in ",;" and not (value == "," and _inside_name(item, text, end)):
                yield item
                item = _Item()
            elif value == ":" and _opens_group(item, last_semicolon >= end or not text[end : end + 1000].strip()):
                item = _Item()
            else:
                item.words.append(value)
        elif kind == "angle":
            if item.angle is None or "@" in value:
                if item.angle:
                    item.words.append(item.angle)
                item.angle = value
        elif kind == "quoted":
            local = text.startswith("@", end) and not item.words
            item.words.append(value if local else _ESCAPE.sub(r"\1", value[1:-1]))
        elif value == "<":
            end = _open_angle(item, text, end)
        elif value != ">":
            item.words.append(value)
        pos = end
    yield item


def _inside_name(item: _Item, text: str, pos: int) -> bool:
    """Whether a comma belongs to an unquoted "Last, First <address>": the words before it are no address, the next
    has one."""
    if item.angle is not None or item.comments or item.blank() or "@" in "".join(item.words):
        return False
    ahead = text[pos : pos + 80]
    angle = ahead.find("<")
    return angle > 0 and ahead[:angle].strip(" ") != "" and not any(c in ahead[:angle] for c in '@,;:"')


def _opens_group(item: _Item, closable: bool) -> bool:
    """Whether a colon begins a group: a name stands before it, and a semicolon or nothing at all follows."""
    if not closable or item.angle is not None:
        return False
    phrase = "".join(item.words)
    return "@" not in phrase and bool(phrase.strip())


def _open_angle(item: _Item, text: str, pos: int) -> int:
    """Read an address whose bracket is never closed: up to a comma, semicolon, blank or another bracket."""
    end = pos
    while end < len(text) and text[end] not in ' ,;<>"\t' and end - pos < 1000:
        end += 1
    if "@" in text[pos:end] and item.angle is None:
        item.angle = text[pos:end]
        return end
    return pos


def _matching_brackets(text: str) -> dict[int, int]:
    """Pair the outermost round brackets in one pass; quoted ones and escapes do not count."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    pos, size = 0, len(text)
    while pos < size:
        char = text[pos]
        if char == "\\":
            pos += 1
        elif char == '"' and not stack:
            close = text.find('"', pos + 1)
            if close < 0:
                pass
            else:
                pos = close
        elif char == "(":
            stack.append(pos)
        elif char == ")" and stack:
            pairs[stack.pop()] = pos
        pos += 1
    return pairs


def _readable(text: str) -> str:
    """Decode a phrase; a comma or bracket inside an encoded word was kept together with it."""
    if "\\" in text:
        text = _ESCAPE.sub(r"\1", text)
    if "=?" in text:
        text = decode_words(text)
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1]
    text = one_line(collapse(text))
    return text.strip('" ') if text.count('"') == 1 else text


def _bare(angle: str) -> str:
    """Return the address in brackets: without route (RFC 5322 4.4), comments, blanks, "mailto:"."""
    email = angle.strip("<>").strip()
    if "=?" in email:
        email = decode_words(email).strip("<> ")
    if email.startswith("@") and ":" in email:
        email = email.rsplit(":", 1)[1]
    if email[:7].lower() == "mailto:":
        email = email[7:]
    if "(" in email:
        email = re.sub(r"\([^()]*\)", "", email)
    if not email.startswith('"'):
        email = "".join(email.split())
    return _lower(email)


def _lower(email: str) -> str:
    return one_line(email.strip(_EDGES if not email.startswith('"') else " <>").rstrip(".").lower())
