"""winmail.dat: the files and the text inside Outlook's TNEF envelope (MS-OXTNEF; mail.md 2, class 10).

Reads what a person misses when it stays closed: attached files with their long names, and the body as text or HTML.
Never raises; what is cut off is read as far as it goes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from desk_app.channels.email.reading.charsets import decode_text

_SIGNATURE = b"\x78\x9f\x3e\x22"
_MAX_ATTRIBUTES = 5_000
_MAX_PROPERTIES = 5_000

_BODY, _MESSAGE_PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_NEW_FILE, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005

_P_BODY, _P_HTML, _P_RTF = 0x1000, 0x1013, 0x1009
_P_LONG_NAME, _P_SHORT_NAME, _P_MIME, _P_CONTENT_ID, _P_DATA, _P_SHOWN_NAME = (
    0x3707,
    0x3704,
    0x370E,
    0x3712,
    0x3701,
    0x3001,
)

_FIXED_WIDTH = {
    0x02: 4,
    0x03: 4,
    0x04: 4,
    0x05: 8,
    0x06: 8,
    0x07: 8,
    0x0A: 4,
    0x0B: 4,
    0x14: 8,
    0x40: 8,
    0x48: 16,
    0x01: 4,
}
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MULTIPLE = 0x1000


@dataclass(slots=True)
class TnefFile:
    """One file out of the envelope."""

    name: str = ""
    data: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class TnefContent:
    """What was inside."""

    text: str = ""
    html: str = ""
    files: list[TnefFile] = field(default_factory=list)


def is_tnef(data: bytes) -> bool:
    """Whether bytes begin like a TNEF stream."""
    return data.startswith(_SIGNATURE)


def read_tnef(data: bytes) -> TnefContent:
    """Read a TNEF stream."""
    content = TnefContent()
    charset = "cp1252"
    rtf = b""
    for attribute, value in _attributes(data):
        if attribute == _CODEPAGE and len(value) >= 4:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif attribute == _NEW_FILE:
            content.files.append(TnefFile())
        elif attribute == _BODY and not content.text:
            content.text = _string(value, charset)
        elif attribute == _MESSAGE_PROPERTIES:
            rtf = _message_properties(value, charset, content) or rtf
        elif content.files:
            _file_attribute(content.files[-1], attribute, value, charset)
    if rtf and not content.text and not content.html:
        content.text = rtf_text(decompress_rtf(rtf), charset)
    content.files = [f for f in content.files if f.name or f.data]
    return content


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    pos, count = 6, 0  # signature and key
    while pos + 9 <= len(data) and count < _MAX_ATTRIBUTES:
        attribute, _, size = struct.unpack_from("<HHI", data, pos + 1)
        yield attribute, data[pos + 9 : pos + 9 + size]
        pos += 9 + size + 2  # level, id, type, size; checksum
        count += 1


def _message_properties(value: bytes, charset: str, content: TnefContent) -> bytes:
    rtf = b""
    for number, kind, raw in _properties(value):
        if number == _P_BODY and not content.text:
            content.text = _property_text(kind, raw, charset)
        elif number == _P_HTML:
            content.html = (
                decode_text(raw, "utf-8" if kind == _BINARY else charset).text
                if kind != _UNICODE
                else _property_text(kind, raw, charset)
            )
        elif number == _P_RTF:
            rtf = raw
    return rtf


def _file_attribute(file: TnefFile, attribute: int, value: bytes, charset: str) -> None:
    if attribute == _FILE_TITLE and not file.name:
        file.name = _string(value, charset)
    elif attribute == _FILE_DATA:
        file.data = value
    elif attribute == _FILE_PROPERTIES:
        names: dict[int, str] = {}
        for number, kind, raw in _properties(value):
            if number in {_P_LONG_NAME, _P_SHORT_NAME, _P_SHOWN_NAME}:
                names[number] = _property_text(kind, raw, charset)
            elif number == _P_MIME:
                file.content_type = _property_text(kind, raw, charset).strip().lower()
            elif number == _P_CONTENT_ID:
                file.content_id = _property_text(kind, raw, charset).strip("<> ")
            elif number == _P_DATA and not file.data:
                file.data = raw[16:] if kind == _OBJECT else raw
                if kind == _OBJECT and is_tnef(file.data):
                    file.content_type = file.content_type or "application/ms-tnef"
        file.name = names.get(_P_LONG_NAME) or file.name or names.get(_P_SHORT_NAME) or names.get(_P_SHOWN_NAME, "")


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Walk a MAPI property list: number, type, value (MS-OXTNEF 2.1.3.4)."""
    if len(data) < 4:
        return
    count, pos = min(int.from_bytes(data[:4], "little"), _MAX_PROPERTIES), 4
    for _ in range(count):
        if pos + 4 > len(data):
            return
        kind, number = struct.unpack_from("<HH", data, pos)
        pos += 4
        if number >= 0x8000:
            pos = _after_name(data, pos)
        base = kind & ~_MULTIPLE
        width = _FIXED_WIDTH.get(base)
        values = 1
        if kind & _MULTIPLE or width is None:
            values = int.from_bytes(data[pos : pos + 4], "little")
            pos += 4
        for index in range(min(values, _MAX_PROPERTIES)):
            size = width
            if size is None:
                size = int.from_bytes(data[pos : pos + 4], "little")
                pos += 4
            if pos + size > len(data):
                return
            if index == 0:
                yield number, base, data[pos : pos + size]
            pos += size + (-size % 4)


def _after_name(data: bytes, pos: int) -> int:
    """Skip the name of a named property."""
    kind = int.from_bytes(data[pos + 16 : pos + 20], "little")
    if kind == 0:
        return pos + 24
    size = int.from_bytes(data[pos + 20 : pos + 24], "little")
    return pos + 24 + size + (-size % 4)


def _string(value: bytes, charset: str) -> str:
    return decode_text(value.rstrip(b"\x00"), charset).text


def _property_text(kind: int, raw: bytes, charset: str) -> str:
    if kind == _UNICODE:
        return raw.decode("utf-16-le", "replace").rstrip("\x00")
    return _string(raw, charset)


_RTF_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss "
    b"\\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress_rtf(data: bytes) -> bytes:
    """Undo the compression of PidTagRtfCompressed (MS-OXRTFCP)."""
    if len(data) < 16:
        return b""
    size, kind = int.from_bytes(data[4:8], "little"), data[8:12]
    if kind == b"MELA":
        return data[16 : 16 + size]
    if kind != b"LZFu" or size > 20_000_000:
        return b""
    window = bytearray(_RTF_START.ljust(4096, b"\x00"))
    write, out, pos = len(_RTF_START), bytearray(), 16
    while pos < len(data) and len(out) < size:
        flags = data[pos]
        pos += 1
        for bit in range(8):
            if pos >= len(data):
                break
            if flags >> bit & 1:
                if pos + 1 >= len(data):
                    return bytes(out)
                reference = data[pos] << 8 | data[pos + 1]
                pos += 2
                read, length = reference >> 4, (reference & 15) + 2
                if read == write:
                    return bytes(out)
                for step in range(length):
                    byte = window[(read + step) & 4095]
                    out.append(byte)
                    window[write] = byte
                    write = (write + 1) & 4095
            else:
                out.append(data[pos])
                window[write] = data[pos]
                write = (write + 1) & 4095
                pos += 1
    return bytes(out[:size])


def rtf_text(rtf: bytes, charset: str) -> str:
    """Return the visible text of an RTF body."""
    from desk_app.channels.email.reading.rtf import rtf_to_text  # noqa: PLC0415 -- one message in thousands

    return rtf_to_text(rtf, charset)
