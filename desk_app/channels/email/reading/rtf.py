"""The visible text of an RTF body, for winmail.dat without any other text."""

from __future__ import annotations

import re

from desk_app.channels.email.reading.charsets import decode_text

_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|([^\\{}]+)", re.DOTALL)
_HIDDEN = frozenset({
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"htmlrtf", b"listtable",
    b"listoverridetable", b"generator", b"themedata", b"xmlnstbl", b"datastore", b"latentstyles", b"htmltag",
})  # fmt: skip
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"row": "\n", b"cell": "\t", b"sect": "\n", b"page": "\n"}
_SIGNS = {
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"endash": "–",
    b"emdash": "—",
    b"bullet": "•",
}
_MAX = 2_000_000


def rtf_to_text(rtf: bytes, charset: str) -> str:
    """Return paragraphs, tabs and letters; fonts, pictures and hidden groups are left out."""
    out: list[str] = []
    pending = bytearray()  # bytes of one charset, decoded together: a character may need two
    stack: list[bool] = []
    hidden, skip = False, 0
    for word, number, byte, symbol, brace, plain in _TOKEN.findall(rtf[:_MAX]):
        if byte or plain:
            if not hidden:
                data = bytes((int(byte, 16),)) if byte else plain.replace(b"\r", b"").replace(b"\n", b"")
                while skip and data:
                    data, skip = data[1:], skip - 1
                pending += data
            continue
        if pending:
            out.append(decode_text(bytes(pending), charset).text)
            pending.clear()
        if brace == b"{":
            stack.append(hidden)
        elif brace:
            hidden = stack.pop() if stack else False
        elif symbol == b"*":
            hidden = True
        elif word in _HIDDEN:
            hidden = number != b"0"
        elif hidden:
            continue
        elif symbol:
            out.append({b"~": " ", b"_": "-"}.get(symbol, symbol.decode("latin-1") if symbol in b"\\{}" else ""))
        elif word == b"u" and number:
            code = int(number) & 0xFFFF
            out.append(chr(code))
            skip = 1
        else:
            out.append(_BREAKS.get(word) or _SIGNS.get(word, ""))
    if pending:
        out.append(decode_text(bytes(pending), charset).text)
    return "".join(out).strip()
