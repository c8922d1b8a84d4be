"""Content-Transfer-Encoding and uuencode, forgiving (RFC 2045 6; mail.md 2, class 8)."""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_WHITE = b" \t\r\n"
_NOT_BASE64 = bytes(b for b in range(256) if b not in _ALPHABET)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_QP_PADDING = re.compile(rb"=[ \t]+(?=\r?\n|\Z)")
_QP_TRAILING = re.compile(rb"(?<![ \t])[ \t]+(?=\r?\n)")
_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,300}?)[ \t]*\r?$")
_LETTERS = re.compile(r"[^a-z0-9]")
MAX_INLINE_FILES = 100
MAX_PIECES = 1_000  # base64 texts, each with its padding, written one behind the other


class Transferred(NamedTuple):
    """Decoded bytes, a problem or "", and bytes that stood behind the encoded ones (a mailing list's footer)."""

    data: bytes
    problem: str = ""
    trailer: bytes = b""


class InlineFile(NamedTuple):
    """A uuencoded file found in a text."""

    name: bytes
    data: bytes


def decode_transfer(body: bytes, encoding: str) -> Transferred:
    """Undo a transfer encoding by its name as it stands in the header. Unknown names mean "as it is"."""
    name = _LETTERS.sub("", encoding.lower().split(";", 1)[0].split("(", 1)[0])
    if not name or name in {"7bit", "8bit", "binary", "7bits", "8bits", "none", "plain", "text", "textplain", "raw"}:
        return Transferred(body)
    if name == "base64":
        return _decode_base64(body)
    if name in {"quotedprintable", "qp", "quotedprintible", "quoted"}:
        return Transferred(_decode_quoted(body))
    if name in {"xuuencode", "uuencode", "uue", "xuue", "uuencoded"}:
        return _decode_uu(body)
    return Transferred(body, f"encoding-unknown: {encoding[:40]}")


def _decode_quoted(body: bytes) -> bytes:
    if b"= " in body or b"=\t" in body:
        body = _QP_PADDING.sub(b"=", body)
    if b" \n" in body or b" \r\n" in body or b"\t\n" in body or b"\t\r\n" in body:
        body = _QP_TRAILING.sub(b"", body)  # RFC 2045 6.7 (3): white space at a line's end was added on the way
    return binascii.a2b_qp(body)


def _decode_base64(body: bytes) -> Transferred:
    pad = body.find(b"=")
    tail = body[pad:].strip(b"=\r\n \t") if pad >= 0 else b""
    if not tail:
        try:
            data = binascii.a2b_base64(body)
        except binascii.Error:
            pass
        else:
            if len(data) * 4 // 3 + 4 >= len(body) - body.count(b"\n") - body.count(b"\r") - 8:
                return Transferred(data)
    return _repair_base64(body)


def _repair_base64(body: bytes) -> Transferred:
    strange = body.translate(None, _ALPHABET + _WHITE + b"=")
    if strange and not strange.strip(b"-_"):
        body, strange = body.translate(_URL_SAFE), b""
    if not strange:
        if not _looks_encoded(body):
            return Transferred(body, "base64-broken: not base64")
        return Transferred(_by_padding(body), "base64-broken: padding" if body.strip() else "")
    lines = body.splitlines(keepends=True)
    good = 0
    for line in lines:
        stripped = line.strip()
        if stripped.translate(None, _ALPHABET + b"="):
            break
        good += 1
    head = b"".join(lines[:good])
    rest = b"".join(lines[good:])
    rest_strange = len(rest.translate(None, _ALPHABET + b"=\r\n"))
    if head.strip() and _looks_encoded(head) and rest_strange * 33 >= len(rest):
        return Transferred(_by_padding(head), "base64-trailer", rest)
    if len(strange) * 20 > len(body) or not _looks_encoded(body):
        return Transferred(body, "base64-broken: not base64")
    return Transferred(_by_padding(body), "base64-broken: strange characters")


def _looks_encoded(body: bytes) -> bool:
    """Whether lines have no blanks inside, as encoded ones have none."""
    sample = body[:4000].strip()
    return sample.count(b" ") * 40 <= len(sample)


def _by_padding(body: bytes) -> bytes:
    """Decode pieces that each end in padding, and pieces whose padding is missing."""
    out = []
    for piece in re.split(rb"=+", body) if 0 < body.count(b"=") < MAX_PIECES else [body]:
        clean = piece.translate(None, _NOT_BASE64)
        if len(clean) % 4 == 1:
            clean = clean[:-1]
        if clean:
            out.append(binascii.a2b_base64(clean + b"=" * (-len(clean) % 4)))
    return b"".join(out)


def _decode_uu(body: bytes) -> Transferred:
    found = _BEGIN.search(body)
    data, _ = _uu_lines(body, found.end() if found else 0)
    if not data and body.strip():
        return Transferred(body, "uuencode-broken")
    return Transferred(data)


def uu_name(body: bytes) -> bytes:
    """Return the file name in a uuencoded part's first line."""
    found = _BEGIN.search(body[:4000])
    return found.group(1) if found else b""


def _uu_lines(body: bytes, pos: int) -> tuple[bytes, int]:
    """Decode uuencoded lines from `pos`; returns the data and where they end (-1 where they are none)."""
    out: list[bytes] = []
    if body.startswith((b"\r\n", b"\n"), pos):
        pos = body.find(b"\n", pos) + 1
    size = len(body)
    while pos < size:
        stop = body.find(b"\n", pos)
        stop = size if stop < 0 else stop
        line = body[pos:stop].rstrip(b"\r")
        if line.strip() == b"end":
            return b"".join(out), min(stop + 1, size)
        if line and line != b"`":
            decoded = _uu_line(line)
            if decoded is None:
                return b"".join(out), pos if out else -1
            out.append(decoded)
        pos = stop + 1
    return b"".join(out), size if out else -1


def _uu_line(line: bytes) -> bytes | None:
    count = (line[0] - 32) & 63
    width = (count * 4 + 2) // 3
    if line[0] > 0x60 or line[0] < 0x20 or len(line) > width + 8 or len(line) - 1 < width - 3:
        return None
    try:
        return binascii.a2b_uu(line[: 1 + (count + 2) // 3 * 4])
    except binascii.Error:
        return None


def take_inline_files(body: bytes) -> tuple[bytes, list[InlineFile]]:
    """Take uuencoded files out of a text body; returns what is left and the files, in order."""
    files: list[InlineFile] = []
    left: list[bytes] = []
    pos = 0
    for found in _BEGIN.finditer(body):
        if found.start() < pos or len(files) >= MAX_INLINE_FILES or found.group().startswith(b"begin-"):
            continue
        data, end = _uu_lines(body, found.end())
        if end < 0:
            continue
        left.append(body[pos : found.start()])
        files.append(InlineFile(found.group(1), data))
        pos = end
    return (b"".join([*left, body[pos:]]), files) if files else (body, files)
