"""Outlook's own mail files (.msg, MS-OXMSG), written anew as mail, so that they go the way of every mail (MB-30).

The same file always gives the same bytes.
"""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from desk_app.channels.email.reading.charsets import decode_text
from desk_app.channels.email.reading.compound import MAGIC, Storage, read_compound
from desk_app.channels.email.reading.tnef import decompress_rtf, rtf_text

_DEEPEST, _MOST_PARTS = 4, 1000
_STRING8, _UNICODE, _BINARY = "001E", "001F", "0102"
_SUBJECT, _HEADERS, _BODY, _HTML, _RTF = 0x0037, 0x007D, 0x1000, 0x1013, 0x1009
_SENT, _ARRIVED, _CODEPAGE, _BODY_CODEPAGE = 0x0039, 0x0E06, 0x3FFD, 0x3FDE
_SENDERS = ((0x0C1A, (0x5D01, 0x0C1F)), (0x0042, (0x5D02, 0x0065)))
"""Name and addresses of who sent it, then of whom it was sent for."""
_IDS = (("Message-ID", 0x1035), ("In-Reply-To", 0x1042), ("References", 0x1039))
_NAME, _ADDRESSES, _ROLE = 0x3001, (0x39FE, 0x3003), 0x0C15
_DATA, _LONG_NAME, _SHORT_NAME, _MIME, _CONTENT_ID, _METHOD = 0x3701, 0x3707, 0x3704, 0x370E, 0x3712, 0x3705
_ROLES = {1: "To", 2: "Cc"}
_OF_THE_BODY = re.compile(r"(?i)^(content-[\w-]+|mime-version):")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_INSIDE = f"__substg1.0_{_DATA:04X}000D"


def is_outlook(raw: bytes) -> bool:
    """Whether bytes begin like Outlook's own files."""
    return raw.startswith(MAGIC)


def mail_of_outlook(raw: bytes) -> bytes:
    """Return what such a file holds as mail. Raises ValueError where it holds none."""
    root = read_compound(raw)
    if "__properties_version1.0" not in root.streams:
        raise ValueError("This compound file is no mail.")
    return _mail(root, depth=0)


class _Properties:
    """The values of one object: those of a fixed size lie together, each other one in a stream of its own."""

    def __init__(self, storage: Storage, *, head: int, charset: str = "") -> None:
        self._streams = storage.streams
        self._fixed: dict[int, bytes] = {}
        held = storage.streams.get("__properties_version1.0", b"")
        for place in range(head, len(held) - 15, 16):
            _kind, tag = struct.unpack_from("<HH", held, place)
            self._fixed[tag] = held[place + 8 : place + 16]
        page = self.number(_CODEPAGE)
        self.charset = charset or (f"cp{page}" if page else "cp1252")

    def number(self, tag: int) -> int:
        return int.from_bytes(self._fixed.get(tag, b"")[:4], "little")

    def instant(self, tag: int) -> datetime | None:
        ticks = int.from_bytes(self._fixed.get(tag, b""), "little")
        try:
            return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    def binary(self, tag: int) -> bytes:
        return self._streams.get(f"__substg1.0_{tag:04X}{_BINARY}", b"")

    def text(self, tag: int) -> str:
        wide = self._streams.get(f"__substg1.0_{tag:04X}{_UNICODE}")
        if wide is not None:
            return wide.decode("utf-16-le", "replace").rstrip("\x00")
        narrow = self._streams.get(f"__substg1.0_{tag:04X}{_STRING8}", b"")
        return decode_text(narrow.rstrip(b"\x00"), self.charset).text

    def line(self, tag: int) -> str:
        """Return a text on one line: it becomes a part of a header."""
        return " ".join(self.text(tag).split())

    def address(self, tags: tuple[int, ...]) -> str:
        return next((found for tag in tags if "@" in (found := self.line(tag))), "")


def _mail(storage: Storage, *, depth: int) -> bytes:
    values = _Properties(storage, head=32 if depth == 0 else 24)
    body = _body(values)
    parts = _children(storage, "__attach_version1.0_")
    for number, part in enumerate(parts):
        _attach(body, part, values.charset, depth=depth, place=number)
    for number, one in enumerate(one for one in body.walk() if one.is_multipart()):
        one.set_boundary(f"=_outlook_{depth}_{number}")
    return "\r\n".join([*_head(values, storage), ""]).encode("utf-8", "replace") + body.as_bytes(policy=SMTP)


def _head(values: _Properties, storage: Storage) -> list[str]:
    """Return the header: as it came where that is kept, else made of what Outlook knows."""
    kept = re.sub(r"\r?\n(?=[ \t])", "\r\n", values.text(_HEADERS)).strip()
    lines = re.split(r"\r?\n(?![ \t])", kept) if kept else []
    lines = [one for one in lines if re.match(r"[!-9;-~]+:", one) and not _OF_THE_BODY.match(one)]
    if any(one.lower().startswith("from:") for one in lines):
        return lines
    found = [(name, values.line(tag)) for name, tag in _IDS]
    who = ((values.line(name), values.address(addresses)) for name, addresses in _SENDERS)
    sender = next(((name, address) for name, address in who if address), (values.line(_SENDERS[0][0]), ""))
    found.append(("From", _person(*sender)))
    people: dict[str, list[str]] = {}
    for one in _children(storage, "__recip_version1.0_"):
        person = _Properties(one, head=8, charset=values.charset)
        if (role := _ROLES.get(person.number(_ROLE))) and (address := person.address(_ADDRESSES)):
            people.setdefault(role, []).append(_person(person.line(_NAME), address))
    found += [(role, ",\r\n ".join(entries)) for role, entries in people.items()]
    found.append(("Subject", Header(values.line(_SUBJECT), "utf-8").encode(linesep="\r\n")))
    at = values.instant(_SENT) or values.instant(_ARRIVED)
    found.append(("Date", format_datetime(at) if at is not None else ""))
    return [f"{name}: {value}" for name, value in found if value]


def _person(name: str, address: str) -> str:
    return formataddr((name if name != address else "", address)) if address else Header(name, "utf-8").encode()


def _body(values: _Properties) -> EmailMessage:
    body = EmailMessage(policy=SMTP)
    text, page = values.text(_BODY), values.number(_BODY_CODEPAGE)
    html = values.text(_HTML) or decode_text(values.binary(_HTML), f"cp{page}" if page else "utf-8").text
    if not text and not html and values.binary(_RTF):
        text = rtf_text(decompress_rtf(values.binary(_RTF)), values.charset)
    body.set_content(_written(text))
    if html:
        body.add_alternative(_written(html), subtype="html")
    return body


def _written(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _attach(body: EmailMessage, part: Storage, charset: str, *, depth: int, place: int) -> None:
    values = _Properties(part, head=8, charset=charset)
    name = values.line(_LONG_NAME) or values.line(_SHORT_NAME) or values.line(_NAME) or f"attachment-{place + 1}"
    inside = part.storages.get(_INSIDE)
    if inside is not None and values.number(_METHOD) == 5 and depth < _DEEPEST:
        body.add_attachment(
            _mail(inside, depth=depth + 1), maintype="application", subtype="octet-stream", filename=f"{name}.eml"
        )
        return
    kind = values.line(_MIME).lower()
    if not _TYPE.fullmatch(kind) or kind.startswith(("multipart/", "message/")):
        kind = "application/octet-stream"
    main, _, sub = kind.partition("/")
    content_id = re.sub(r"[^!-;=?-~]", "", values.line(_CONTENT_ID))
    body.add_attachment(
        values.binary(_DATA),
        maintype=main,
        subtype=sub,
        filename=name,
        disposition="inline" if content_id and main == "image" else "attachment",
        cid=f"<{content_id}>" if content_id else None,
    )


def _children(storage: Storage, prefix: str) -> list[Storage]:
    names = sorted(name for name in storage.storages if name.startswith(prefix))
    return [storage.storages[name] for name in names[:_MOST_PARTS]]
