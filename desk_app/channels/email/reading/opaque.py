"""The content inside an opaque S/MIME signature (RFC 5652 5.1, RFC 8551 3.5.2): shown, not verified."""

from __future__ import annotations

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_OCTETS, _OCTETS_IN_PIECES, _EXPLICIT = 0x04, 0x24, 0xA0


def signed_content(der: bytes) -> bytes:
    """Return the encapsulated content of a CMS SignedData, b"" where it is something else (encrypted, detached,
    broken)."""
    at = der.find(_SIGNED_DATA, 0, 40)
    if at < 0:
        return b""
    at = der.find(_DATA, at, at + 200)
    if at < 0:
        return b""
    pos = at + len(_DATA)
    if der[pos : pos + 1] != bytes((_EXPLICIT,)):
        return b""
    _, pos, _ = _element(der, pos)
    return _octets(der, pos)


def _element(der: bytes, pos: int) -> tuple[int, int, int]:
    """Return tag, start and end of the value at `pos`; the end is -1 for an indefinite length."""
    if pos + 2 > len(der):
        return -1, len(der), len(der)
    tag, size, pos = der[pos], der[pos + 1], pos + 2
    if size == 0x80:
        return tag, pos, -1
    if size & 0x80:
        width = size & 0x7F
        size = int.from_bytes(der[pos : pos + width], "big")
        pos += width
    return tag, pos, min(pos + size, len(der))


def _octets(der: bytes, pos: int) -> bytes:
    """Read an octet string, in one piece or in many."""
    tag, start, end = _element(der, pos)
    if tag == _OCTETS:
        return der[start:end]
    if tag != _OCTETS_IN_PIECES:
        return b""
    pieces = []
    stop = len(der) if end < 0 else end
    while start < stop:
        tag, begin, finish = _element(der, start)
        if tag != _OCTETS or finish < 0:
            break
        pieces.append(der[begin:finish])
        start = finish
    return b"".join(pieces)
