"""Header fields: the block, its raw values, and the text in them (RFC 5322 2.2, RFC 2047, RFC 6532; mail.md 2,
classes 1, 2, 12, 13)."""

from __future__ import annotations

import binascii
import re

from desk_app.channels.email.reading.charsets import clean_text, codec_for, decode_text

MAX_FIELDS = 5_000
MAX_HEADER_LINES = 20_000
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN = re.compile(
    rb"(?:from|to|cc|bcc|subject|date|sender|reply-to|message-id|in-reply-to|references|received|return-path|mime-version|"
    rb"content-[a-z-]+|x-[a-z0-9-]+|dkim-signature|delivered-to|list-[a-z-]+|precedence|importance|priority|user-agent|"
    rb"auto-submitted|thread-[a-z]+|authentication-results|errors-to|organization|status|lines|arc-[a-z-]+)[ \t]*:",
    re.IGNORECASE,
)
_FOLD = re.compile(rb"\r?\n[ \t]*")
_SPACES = re.compile(r"\s+")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_HEX_TAIL = re.compile(r"[0-9A-Fa-f]{2}")
_BASE64_JUNK = bytes(
    b for b in range(256) if b not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)


class Headers:
    """The fields of one message or part, raw, in order of appearance under lower-case names."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: dict[str, list[bytes]] = {}

    def first(self, name: str) -> bytes:
        """Return the first value of a field (mail.md 2, class 13), b"" where it is absent."""
        values = self.fields.get(name)
        return values[0] if values else b""

    def all(self, name: str) -> list[bytes]:
        """Return every value of a field."""
        return self.fields.get(name, [])

    def text(self, name: str, hint: str = "") -> str:
        """Return the first value as a person reads it."""
        values = self.fields.get(name)
        return header_text(values[0], hint) if values else ""

    def __contains__(self, name: str) -> bool:
        return name in self.fields


def read_headers(buf: bytes, start: int, end: int) -> tuple[Headers, int, list[str]]:
    """Read a header block from `buf[start:end]`.

    Returns the fields, the offset of the body and the problems. The block ends at an empty line, or where lines stop
    looking like fields; a stray line between two well-known fields belongs to the field before it.
    """
    headers, problems = Headers(), list[str]()
    name, chunks, pos, lines = "", list[bytes](), start, 0
    while pos < end:
        stop = buf.find(b"\n", pos, end)
        after = end if stop < 0 else stop + 1
        line = buf[pos : after if stop < 0 else stop]
        lines += 1
        if lines > MAX_HEADER_LINES or len(headers.fields) > MAX_FIELDS:
            problems.append("too-many-headers")
            blank = buf.find(b"\n\n", pos, end)
            pos = end if blank < 0 else blank + 2
            break
        if line in (b"", b"\r"):
            pos = after
            break
        if line[0] in b" \t" and name:
            chunks.append(line)
        elif found := _FIELD.match(line):
            _store(headers, name, chunks)
            name, chunks = found.group(1).decode("ascii").lower(), [line[found.end() :]]
        elif (not name and line.startswith((b"From ", b">From "))) or (name and line.startswith((b"From ", b">From "))):
            problems.append("envelope-line")
        elif line.strip() and (_ends_block(line, chunks) or not _goes_on(buf, after, end)):
            problems.append("header-end-missing")
            break
        elif name:
            problems.append(f"header-line-broken: {name[:40]}")
            chunks.append(b" " + line)
        pos = after
    _store(headers, name, chunks)
    return headers, pos, problems


def _store(headers: Headers, name: str, chunks: list[bytes]) -> None:
    if not name:
        return
    value = chunks[0] if len(chunks) == 1 else b"\n".join(chunks)
    values = headers.fields.setdefault(name, [])
    if len(values) < MAX_FIELDS:
        values.append(value.strip(b" \t\r\n\0"))


def _ends_block(line: bytes, chunks: list[bytes]) -> bool:
    """Whether a line that is no field is the body's first: a boundary, or anything behind a line of blanks only."""
    return line.startswith(b"--") or (len(chunks) > 1 and not chunks[-1].strip())


def _goes_on(buf: bytes, pos: int, end: int) -> bool:
    """Whether a well-known field follows within three lines and before an empty one."""
    for _ in range(3):
        stop = buf.find(b"\n", pos, end)
        line = buf[pos : min(end if stop < 0 else stop, pos + 200)]
        if not line.strip():
            return False
        if _KNOWN.match(line):
            return True
        if stop < 0:
            return False
        pos = stop + 1
    return False


def unfold(raw: bytes) -> bytes:
    """Join the lines of a folded value with one blank each (RFC 5322 2.2.3)."""
    return _FOLD.sub(b" ", raw) if b"\n" in raw else raw


def raw_text(raw: bytes, hint: str = "") -> str:
    """Decode a raw value's bytes without touching encoded words: ASCII, UTF-8, the body's charset, Windows-1252."""
    raw = unfold(raw)
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    try:
        if not raw.isascii():
            return raw.decode("utf-8")  # RFC 6532; another charset hardly ever looks like it
    except UnicodeDecodeError:
        pass
    return decode_text(raw, "", hint=hint).text


def header_text(raw: bytes, hint: str = "") -> str:
    """Return a header's value as a person reads it: unfolded, decoded, on one line, without control characters.

    `hint` is the charset of the body, for raw 8-bit values (mail.md 2, class 1).
    """
    text = raw_text(raw, hint)
    if "=?" in text:
        text = decode_words(text)
    elif text.isascii() and text.isprintable():
        return text.strip()
    return one_line(text)


def one_line(text: str) -> str:
    """Take line breaks and control characters out of a decoded value."""
    if not text.isprintable():
        text = clean_text(text)[0]
        for c in "\n\t":
            text = text.replace(c, " ")
    return text.strip()


def decode_words(text: str) -> str:
    """Decode the encoded words of a value (RFC 2047), tolerating what mailers really write.

    Bytes of neighbouring words in one charset are joined before they are decoded, because some mailers split characters
    between words; white space between two words is dropped (mail.md 2, class 2). One pass, linear.
    """
    out: list[str] = []
    run: list[tuple[str, str, str]] = []  # charset, encoding, text
    pos = 0
    while True:
        start = text.find("=?", pos)
        word = _word_at(text, start) if start >= 0 else None
        while start >= 0 and word is None:
            start = text.find("=?", start + 2)
            word = _word_at(text, start) if start >= 0 else None
        gap = text[pos : start if start >= 0 else len(text)]
        if run and (gap.strip() or word is None):
            out.append(_decode_run(run))
            run = []
            out.append(gap)
        elif not run:
            out.append(gap)
        if word is None:
            break
        run.append(word[:3])
        pos = word[3]
    return "".join(out)


def _word_at(text: str, start: int) -> tuple[str, str, str, int] | None:
    """Read the encoded word at `start`: charset, encoding, payload, end. None where there is none."""
    mark = text.find("?", start + 2, start + 70)
    if mark < 0 or text[mark + 1 : mark + 2] not in ("b", "B", "q", "Q") or text[mark + 2 : mark + 3] != "?":
        return None
    charset, encoding = text[start + 2 : mark], text[mark + 1].lower()
    if not charset or " " in charset:
        return None
    begin = mark + 3
    end = text.find("?=", begin)
    if end < 0:  # cut off: the rest is payload if it can be
        rest = text[begin:]
        if not rest or " " in rest.strip() or len(rest) > 200:
            return None
        return charset, encoding, rest.rstrip("?"), len(text)
    while encoding == "q" and _HEX_TAIL.match(text, end + 2):  # "?=3F" inside a Q word: an unencoded question mark
        further = text.find("?=", end + 2, end + 80)
        if further < 0 or " " in text[end:further]:
            break
        end = further
    return charset, encoding, text[begin:end], end + 2


def _decode_run(run: list[tuple[str, str, str]]) -> str:
    """Decode neighbouring words, joining bytes while the charset stays the same."""
    out: list[str] = []
    index = 0
    while index < len(run):
        label = run[index][0].lower()
        stop = index + 1
        while stop < len(run) and run[stop][0].lower() == label:
            stop += 1
        out.append(_decode_same(label, run[index:stop]))
        index = stop
    return "".join(out)


def _decode_same(label: str, words: list[tuple[str, str, str]]) -> str:
    label = label.split("*", 1)[0]  # RFC 2231 5: the language after an asterisk
    if len(words) > 1 and codec_for(label) in {"utf-7", "hz"}:
        return "".join(decode_text(_payload([w]), label).text for w in words)
    return decode_text(_payload(words), label).text


def _payload(words: list[tuple[str, str, str]]) -> bytes:
    if all(encoding == "b" for _, encoding, _ in words):
        texts = [text.encode("ascii", "ignore").translate(None, _BASE64_JUNK) for _, _, text in words]
        if len(texts) > 1 and any(
            len(t) % 4 and not w[2].rstrip().endswith("=") for t, w in zip(texts[:-1], words[:-1], strict=True)
        ):
            return _base64(b"".join(texts))
        return b"".join(_base64(t) for t in texts)
    return b"".join(
        _base64(text.encode("ascii", "ignore").translate(None, _BASE64_JUNK)) if encoding == "b" else _quoted(text)
        for _, encoding, text in words
    )


def _base64(text: bytes) -> bytes:
    if len(text) % 4 == 1:
        text = text[:-1]
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return text


def _quoted(text: str) -> bytes:
    raw = text.replace("_", " ").encode("utf-8", "surrogateescape")
    return _HEX.sub(lambda m: bytes((int(m.group(1), 16),)), raw) if b"=" in raw else raw


def collapse(text: str) -> str:
    """Collapse runs of white space to one blank."""
    return _SPACES.sub(" ", text).strip()
