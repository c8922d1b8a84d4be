"""Dates, message ids and parameters of header fields (RFC 5322 3.3 and 3.6.4, RFC 2045 5.1, RFC 2231)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from desk_app.channels.email.reading.charsets import decode_text
from desk_app.channels.email.reading.headers import collapse, decode_words, header_text, one_line, raw_text, unfold

MAX_REFERENCES = 1_000
MAX_PARAMETERS = 3_000
MAX_ID = 998  # RFC 5322 2.1.1: the longest line

_ANGLE = re.compile(r"<([^<>]*)>")
_ID_BREAKS = re.compile(r"[\s<>,;\"()]+")
_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)[T ](\d\d?):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?")
_LOOSE = re.compile(
    r"(\d{1,2})[\s.,/-]{1,3}([A-Za-z]{3})[a-z]{0,7}\.?[\s.,/-]{1,3}(\d{4}|\d\d)\D{1,5}(\d{1,2}):(\d\d)(?::(\d\d))?\s*([+-]\d{4})?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {
    "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "BST": 1, "IST": 5.5, "EET": 2,
    "EEST": 3, "MSK": 3, "MSD": 4,
    "JST": 9, "KST": 9, "WIB": 7, "WITA": 8, "WIT": 9, "SGT": 8, "HKT": 8,
    "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "BRT": -3, "ART": -3, "WET": 0, "WEST": 1,
}  # fmt: skip
_UTC = re.compile(r"[+-]0000|\b(?:GMT|UTC?|Z)\b")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_ZONE_NAME = re.compile(r"\b([A-Z]{2,5})\s*$")


def read_date(raw: bytes) -> tuple[datetime | None, str]:
    """Read a Date field: an aware UTC instant or None, and a problem or "" (mail.md 2, class 5)."""
    text = collapse(one_line(raw_text(raw[:1000])))
    if not text:
        return None, ""
    try:
        parts = parsedate_tz(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        parts = None
    if parts is not None and 100 <= parts[0] < 200:  # a clock that counts years from 1900
        parts = (parts[0] + 1900, *parts[1:])
    if parts is not None and 1970 <= parts[0] < 9999:
        zone, problem = parts[9] or 0, ""
        if not zone and not _UTC.search(text):
            zone, problem = _named_zone(text)
        if (when := _instant(parts[:6], zone)) is not None:
            return when, problem
    return _loose_date(text)


def _named_zone(text: str) -> tuple[int, str]:
    name = _ZONE_NAME.search(_COMMENT.sub("", text).strip())
    if name and name.group(1) in _ZONES:
        return int(_ZONES[name.group(1)] * 3600), ""
    return 0, "date-without-zone"


def _instant(parts: tuple[int, ...], zone_seconds: int) -> datetime | None:
    year, month, day, hour, minute, second = parts
    if abs(zone_seconds) >= 24 * 3600:
        zone_seconds = 0
    try:
        base = datetime(
            year,
            month,
            day,
            0 if hour == 24 else hour,
            minute,
            min(second, 59),
            tzinfo=timezone(timedelta(seconds=zone_seconds)),
        )
        return base.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _loose_date(text: str) -> tuple[datetime | None, str]:
    """Read the two other spellings that are met: ISO 8601, and day-month-year with rubbish around."""
    if found := _ISO.search(text):
        numbers = tuple(int(n or 0) for n in found.groups()[:6])
        when = _instant(numbers, _offset(found.group(7)))
        if when is not None:
            return when, "" if found.group(7) else "date-without-zone"
    elif (found := _LOOSE.search(text)) and found.group(2).lower() in _MONTHS:
        day, name, year, hour, minute, second, zone = found.groups()
        century = 0 if len(year) == 4 else 1900 if int(year) > 69 else 2000
        numbers = (
            int(year) + century,
            _MONTHS.index(name.lower()) + 1,
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
        )
        when = _instant(numbers, _offset(zone))
        if when is not None:
            return when, "date-odd"
    return None, f"date-broken: {text[:60]}"


def _offset(zone: str | None) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    return (int(digits[:2]) * 3600 + int(digits[2:4]) * 60) * (-1 if zone[0] == "-" else 1)


def read_ids(values: list[bytes]) -> tuple[str, ...]:
    """Return the message ids in References or In-Reply-To, in order, without brackets and repetitions.

    What stands in brackets is an id, folded or not; without brackets, anything of the form x@y is. Over
    MAX_REFERENCES the first and the latest are kept: those join tickets (mail.md 6).
    """
    found: dict[str, None] = {}
    for value in values:
        text = raw_text(value[:400_000])
        if "=?" in text:
            text = decode_words(text)
        ids = [clean for inner in _ANGLE.findall(text) if (clean := _clean_id(inner))]
        if not ids and "<" not in text:
            ids = [_clean_id(word) for word in _ID_BREAKS.split(text) if 0 < word.find("@") < len(word) - 1]
            if not ids and text.strip() and " " not in text.strip():
                ids = [_clean_id(text)]
        found.update(dict.fromkeys(ids))
    ids = list(found)
    if len(ids) > MAX_REFERENCES:
        ids = [ids[0], *ids[1 - MAX_REFERENCES :]]
    return tuple(ids)


def read_message_id(raw: bytes) -> str:
    """Return a Message-ID without brackets, "" where there is none."""
    if not raw:
        return ""
    text = raw_text(raw[:4000])
    if "=?" in text:
        text = decode_words(text)
    inner = _ANGLE.search(text)
    if inner and inner.group(1).strip():
        return _clean_id(inner.group(1))
    return _clean_id(_COMMENT.sub("", text).strip().strip("<>"))


def _clean_id(text: str) -> str:
    return one_line("".join(text.split()))[:MAX_ID]


def split_parameters(raw: bytes) -> tuple[str, dict[str, bytes]]:
    """Split `type/subtype; name=value` into the lower-case value and its raw parameters.

    Quoted and unquoted values, blanks in unquoted ones, missing semicolons at line ends and unclosed quotes are taken
    as a person would. Names keep their RFC 2231 marks. The first of two equal names counts.
    """
    end = raw.find(b";")
    if end < 0:
        return _main_value(raw), {}
    parameters: dict[str, bytes] = {}
    pos, size = end + 1, len(raw)
    while pos < size and len(parameters) < MAX_PARAMETERS:
        equals = raw.find(b"=", pos)
        if equals < 0:
            break
        name = raw[pos:equals].rpartition(b";")[2].strip().decode("ascii", "replace").lower()
        value, pos = _parameter_value(raw, equals + 1)
        if name and name not in parameters:
            parameters[name] = value
    return _main_value(raw[:end]), parameters


def _main_value(raw: bytes) -> str:
    text = unquote(raw.strip().partition(b"(")[0].strip()).decode("ascii", "replace").strip().lower()
    return text.split(" ", 1)[0] if " " in text else text


def unquote(raw: bytes) -> bytes:
    """Take one pair of quotes off."""
    return raw[1:-1] if len(raw) > 1 and raw[:1] == raw[-1:] == b'"' else raw


def _parameter_value(raw: bytes, pos: int) -> tuple[bytes, int]:
    size = len(raw)
    while pos < size and raw[pos] in b" \t\r\n":
        pos += 1
    if raw[pos : pos + 1] == b'"':
        close = pos + 1
        while True:
            close = raw.find(b'"', close)
            if close < 0 or raw[close - 1] != 0x5C or raw[close - 2 : close] == b"\\\\":
                break
            close += 1
        if close > 0:
            value = unfold(raw[pos + 1 : close])
            if b"\\" in value:
                value = value.replace(b"\\\\", b"\\").replace(b'\\"', b'"')
            after = raw.find(b";", close)
            rest = raw[close + 1 : after if after >= 0 else size]
            if rest.strip() and b"=" in rest:  # a missing semicolon
                return value, close + 1
            return value, size if after < 0 else after + 1
        pos += 1
    end = raw.find(b";", pos)
    end = size if end < 0 else end
    line = raw.find(b"\n", pos, end)
    if line >= 0 and b"=" in raw[line:end]:  # a new line with another parameter: the semicolon was forgotten
        end = line
    return raw[pos:end].strip().strip(b'"'), end + 1 if raw[end : end + 1] == b";" else end


def parameter_text(parameters: dict[str, bytes], name: str, hint: str = "") -> str:
    """Return a parameter as text: RFC 2231 charset and continuations, encoded words, raw 8-bit (mail.md 2, class 9)."""
    star = name + "*"
    extended = [key for key in parameters if key.startswith(star)] if any("*" in key for key in parameters) else []
    if extended and (text := _extended(parameters, name, extended, hint)):
        return text
    raw = parameters.get(name)
    if raw is None:
        return ""
    text = header_text(raw, hint)
    if "''" in text and "%" in text and (found := re.fullmatch(r"([A-Za-z0-9_-]{3,20})''(\S+)", text)):
        return _percent(found.group(2).encode(), found.group(1))  # an extended value under a plain name
    return text


def _extended(parameters: dict[str, bytes], name: str, keys: list[str], hint: str) -> str:
    pieces: list[tuple[int, bool, bytes]] = []
    for key in keys:
        rest = key[len(name) + 1 :]
        encoded = rest.endswith("*") or not rest
        number = rest.rstrip("*")
        if number and not number.isdecimal():
            continue
        pieces.append((int(number[:6]) if number else -1, encoded, parameters[key]))
    pieces.sort(key=lambda piece: piece[0])
    if not pieces:
        return ""
    if pieces[0][0] == -1 and len(pieces) > 1:
        pieces = pieces[:1]
    charset = ""
    out = bytearray()
    for index, (_, encoded, value) in enumerate(pieces):
        piece = value
        if index == 0 and encoded and piece.count(b"'") >= 2:
            label, _, piece = piece.split(b"'", 2)
            charset = label.decode("ascii", "ignore")
        out += _unpercent(piece) if encoded else piece
    if charset:
        return one_line(decode_text(bytes(out), charset, hint=hint).text)
    return header_text(bytes(out), hint)


def _percent(value: bytes, charset: str) -> str:
    return one_line(decode_text(_unpercent(value), charset).text)


def _unpercent(value: bytes) -> bytes:
    if b"%" not in value:
        return value
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes((int(m.group(1), 16),)), value)
