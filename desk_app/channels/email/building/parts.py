"""MIME parts of outgoing mail. Every line is ASCII and short, so that any server takes it (RFC 2045, RFC 2046)."""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from desk_app.channels.email.building.headers import CRLF, parameter_header, token_header
from desk_app.domain.messages.outgoing import OutgoingAttachment

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_PLAIN_LINE = 900  # RFC 5322 2.1.1 allows 998
_MAX_NAME = 200
_SEPARATORS = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')


@dataclass(frozen=True, slots=True)
class Part:
    """A finished part: its own header lines and its body, both ending with CRLF."""

    headers: str
    body: bytes


def text_part(text: str, subtype: str) -> Part:
    """Encode a text as UTF-8 in the least obtrusive transfer encoding."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    raw_lines = [line.encode("utf-8", "replace") for line in lines]
    if lines[-1]:
        raw_lines.append(b"")
    raw = b"\r\n".join(raw_lines)
    high = sum(byte > 126 for byte in raw)
    if not high and b"\0" not in raw and max(map(len, raw_lines)) <= _PLAIN_LINE:
        encoding, body = "7bit", raw
    elif high * 4 < len(raw):
        encoding, body = "quoted-printable", b"\r\n".join(_quoted_printable(line) for line in raw_lines)
    else:
        encoding, body = "base64", base64_lines(raw)
    charset = "us-ascii" if encoding == "7bit" else "utf-8"
    headers = parameter_header("Content-Type", f"text/{subtype}", [("charset", charset)])
    return Part(headers + token_header("Content-Transfer-Encoding", encoding), body)


def _quoted_printable(line: bytes) -> bytes:
    """Encode one line without its end; "From " and a lone dot do not begin a line (RFC 2049 3)."""
    encoded = binascii.b2a_qp(line, quotetabs=False, istext=False).replace(b"=\n", b"=\r\n")
    if encoded.startswith(b"From "):
        encoded = b"=46" + encoded[1:]
    elif encoded.startswith(b"."):
        encoded = b"=2E" + encoded[1:]
    return encoded


def base64_lines(content: bytes) -> bytes:
    """Encode bytes in lines of 76 characters."""
    step = 57
    lines = (binascii.b2a_base64(content[at : at + step], newline=False) for at in range(0, len(content), step))
    return b"\r\n".join(lines) + b"\r\n"


def attachment_part(attachment: OutgoingAttachment, *, inline: bool) -> Part:
    """Encode a file. Its bytes arrive unchanged."""
    name = file_name(attachment.filename)
    media_type = attachment.content_type.strip().lower()
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith("multipart/"):
        media_type = "application/octet-stream"
    as_it_is = media_type.startswith("message/") and _is_seven_bit(attachment.content)
    if media_type.startswith("message/") and not as_it_is:
        media_type = "application/octet-stream"  # RFC 2046 5.2.1 forbids encoding a message
    headers = parameter_header("Content-Type", media_type, [("name", name)] if name else [])
    headers += parameter_header(
        "Content-Disposition", "inline" if inline else "attachment", [("filename", name)] if name else []
    )
    if attachment.content_id:
        headers += token_header("Content-ID", f"<{attachment.content_id}>")
    if as_it_is:
        return Part(headers + token_header("Content-Transfer-Encoding", "7bit"), attachment.content)
    return Part(headers + token_header("Content-Transfer-Encoding", "base64"), base64_lines(attachment.content))


def file_name(name: str) -> str:
    """Return a file name without folders and without characters some systems refuse, at most 200 characters long."""
    bare = _SEPARATORS.sub("_", name).strip(" .")
    if len(bare) <= _MAX_NAME:
        return bare
    stem, dot, ending = bare.rpartition(".")
    if dot and len(ending) <= 10:
        return stem[: _MAX_NAME - len(ending) - 1] + "." + ending
    return bare[:_MAX_NAME]


def _is_seven_bit(content: bytes) -> bool:
    if not content.isascii() or b"\0" in content or not content.endswith(b"\r\n"):
        return False
    bare = content.replace(b"\r\n", b"")
    return b"\r" not in bare and b"\n" not in bare and max(map(len, content.split(b"\r\n"))) <= 998


def multipart(subtype: str, parts: Sequence[Part], seed: str, parameters: Sequence[tuple[str, str]] = ()) -> Part:
    """Join parts. The boundary is made from `seed`, so that the same mail always has the same bytes."""
    boundary = _boundary(parts, seed)
    mark = boundary.encode("ascii")
    body = b"".join(
        b"--" + mark + b"\r\n" + part.headers.encode("ascii") + b"\r\n" + part.body + b"\r\n" for part in parts
    )
    headers = parameter_header("Content-Type", f"multipart/{subtype}", [*parameters, ("boundary", boundary)])
    return Part(headers, body + b"--" + mark + b"--\r\n")


def _boundary(parts: Sequence[Part], seed: str) -> str:
    for attempt in range(1000):
        digest = hashlib.sha256(f"{seed} {attempt}".encode("utf-8", "replace")).hexdigest()
        boundary = f"=_{digest[:32]}"
        if not any(boundary.encode("ascii") in part.body for part in parts):
            return boundary
    raise AssertionError("a mail that holds a thousand hashes of its own Message-ID")


__all__ = ["CRLF", "Part", "attachment_part", "base64_lines", "file_name", "multipart", "text_part"]
