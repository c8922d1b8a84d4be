"""The MIME tree of a message, as offsets into its bytes (RFC 2045, RFC 2046; mail.md 2, classes 6, 7, 12, 14).

The splitter looks for boundary lines with `bytes.find` and never copies or joins lines, so that its cost does not
depend on the
number of lines, and neither depth nor number of parts can exhaust it (docs/decisions/010).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from desk_app.channels.email.reading.fields import split_parameters
from desk_app.channels.email.reading.headers import Headers, read_headers
from desk_app.channels.email.reading.transfer import Transferred, decode_transfer

_TYPE = re.compile(r"[a-z0-9!#$&^_.+*'|~-]+/[a-z0-9!#$&^_.+*'|~-]+")
_GUESSED = re.compile(rb"(?:^|\n)--([^\s].{0,200}?)[ \t]*\r?\n(?:Content-|content-|CONTENT-)[A-Za-z-]{1,40}[ \t]*:")
_GUESS_BYTES = 500_000  # how far to look for a boundary nobody declared
_FLATTEN_BYTES = 50_000_000  # looked through for parts that lie too deep
_MULTIPLE_TYPES = 20  # Content-Type fields looked at where one is repeated


@dataclass(slots=True)
class Part:
    """One part: its fields, its place in the buffer, its children. `path` is "1.2" as in IMAP, "" for the message."""

    buf: bytes
    headers: Headers
    start: int
    end: int
    path: str
    content_type: str
    parameters: dict[str, bytes]
    disposition: str = ""
    disposition_parameters: dict[str, bytes] = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)
    transferred: Transferred | None = None

    @property
    def raw_body(self) -> bytes:
        """The body as it was sent."""
        return self.buf[self.start : self.end]

    def content(self) -> Transferred:
        """Return the body with its transfer encoding undone; the work is done once."""
        if self.transferred is None:
            encoding = self.headers.first("content-transfer-encoding")
            self.transferred = decode_transfer(self.raw_body, encoding.decode("ascii", "replace").strip())
        return self.transferred

    @property
    def is_multipart(self) -> bool:
        """Whether the part consists of others."""
        return bool(self.children)

    def walk(self) -> list[Part]:
        """Return this part and all below it, in order."""
        found = [self]
        for child in self.children:
            found += child.walk()
        return found


class Splitter:
    """Cuts one message into parts within limits; `problems` collects what was odd."""

    def __init__(self, *, max_parts: int, max_depth: int) -> None:
        self.problems: list[str] = []
        self._parts_left = max_parts
        self._max_depth = max_depth

    def split(
        self, buf: bytes, start: int, end: int, path: str = "", default_type: str = "text/plain", depth: int = 0
    ) -> Part:
        """Read the part that lies in `buf[start:end]`, header and body."""
        headers, body, problems = read_headers(buf, start, end)
        self.problems += [p for p in problems if p not in self.problems]
        if default_type == "message/rfc822" and not any(name.startswith("content-") for name in headers.fields):
            body = start if headers.fields else body  # the empty line before a digest's mail was forgotten
            headers = Headers()
        content_type, parameters = self._type_of(headers, default_type)
        part = Part(buf, headers, body, end, path, content_type, parameters)
        if raw := headers.first("content-disposition"):
            part.disposition, part.disposition_parameters = split_parameters(raw)
        if not headers.fields and depth == 0 and buf.startswith(b"--", body) and _GUESSED.match(buf, body, end):
            part.content_type = "multipart/mixed"  # a body whose header was lost
        if part.content_type.startswith("multipart/"):
            self._split_multipart(part, depth)
        return part

    def _type_of(self, headers: Headers, default_type: str) -> tuple[str, dict[str, bytes]]:
        values = headers.all("content-type")
        if not values:
            return default_type, {}
        for raw in values[:_MULTIPLE_TYPES]:
            content_type, parameters = split_parameters(raw)
            if _TYPE.fullmatch(content_type):
                return content_type, parameters
        content_type, parameters = split_parameters(values[0])
        if content_type:
            self._note(f"type-broken: {content_type[:40]}")
        named = "name" in parameters or "name*" in parameters
        if content_type in {"application", "image", "audio", "video"} or (named and content_type != "text"):
            return "application/octet-stream", parameters
        if content_type in {"html", "text html", "text/", "text"}:
            return ("text/html" if content_type == "html" else "text/plain"), parameters
        return default_type, parameters  # RFC 2045 5.2

    def _split_multipart(self, part: Part, depth: int) -> None:
        if depth >= self._max_depth:
            self._note(f"too-deep: {self._max_depth}")
            self._flatten(part)
            return
        regions = self._find_regions(part)
        child_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        prefix = part.path + "." if part.path else ""
        for number, (start, end) in enumerate(regions, 1):
            if self._parts_left <= 0:
                self._note("too-many-parts")
                break
            self._parts_left -= 1
            part.children.append(self.split(part.buf, start, end, f"{prefix}{number}", child_type, depth + 1))
        if not part.children:
            part.content_type, part.parameters = "text/plain", {}

    def _find_regions(self, part: Part) -> list[tuple[int, int]]:
        boundary = part.parameters.get("boundary", b"").rstrip()
        return (self._regions(part, boundary) if boundary else []) or self._without_boundary(part, boundary)

    def _flatten(self, part: Part) -> None:
        """Below the deepest level: hang every leaf under `part`, as long as the work stays small."""
        waiting = [part]
        leaves: list[Part] = []
        work = 0
        while waiting and self._parts_left > 0:
            deep = waiting.pop()
            if not deep.content_type.startswith("multipart/"):
                leaves.append(deep)
                continue
            work += deep.end - deep.start
            if work > _FLATTEN_BYTES:
                break
            found: list[Part] = []
            for start, end in self._find_regions(deep)[: self._parts_left]:
                self._parts_left -= 1
                headers, body, _ = read_headers(deep.buf, start, end)
                content_type, parameters = self._type_of(headers, "text/plain")
                path = f"{part.path}.{len(leaves) + len(waiting) + len(found) + 1}"
                inner = Part(deep.buf, headers, body, end, path, content_type, parameters)
                if raw := headers.first("content-disposition"):
                    inner.disposition, inner.disposition_parameters = split_parameters(raw)
                found.append(inner)
            waiting += reversed(found)
        part.children = leaves
        if not leaves:
            part.content_type, part.parameters = "application/octet-stream", {}

    def _without_boundary(self, part: Part, boundary: bytes) -> list[tuple[int, int]]:
        """The boundary is missing, wrong, or hidden behind a transfer encoding no multipart may have (RFC 2045 6.4)."""
        self._note("boundary-unused" if boundary else "boundary-missing")
        encoding = part.headers.first("content-transfer-encoding").strip().lower()
        if encoding in {b"base64", b"quoted-printable"} and part.buf.find(b"\n--", part.start, part.end) < 0:
            data = part.content().data
            if boundary and b"--" + boundary in data:
                part.buf, part.start, part.end = data, 0, len(data)
                return self._regions(part, boundary)
        found = _GUESSED.search(part.buf, max(part.start - 1, 0), min(part.end, part.start + _GUESS_BYTES))
        if found:
            guess = found.group(1)
            return self._regions(part, guess.removesuffix(b"--") if guess.endswith(b"--") else guess)
        return []

    def _regions(self, part: Part, boundary: bytes) -> list[tuple[int, int]]:
        """Return where the parts between the lines "--boundary" lie. A missing end line ends the last part at the
        end."""
        buf, end = part.buf, part.end
        delimiter = b"--" + boundary
        regions: list[tuple[int, int]] = []
        begin = -1
        closed = False
        pos = last_end = part.start
        while len(regions) < self._parts_left + 1:
            at = buf.find(delimiter, pos, end)
            if at < 0:
                break
            pos = at + len(delimiter)
            if at > part.start and buf[at - 1] != 0x0A:
                continue
            line_end = buf.find(b"\n", pos, end)
            line_end = end if line_end < 0 else line_end
            if line_end - pos > 1000:
                continue
            rest = buf[pos:line_end].strip()
            if rest and rest != b"--":
                continue
            if begin >= 0:
                regions.append((begin, max(begin, _before_line_end(buf, at, begin))))
            if rest:
                closed, begin = True, -1
            else:
                if closed and buf[last_end:at].strip():
                    break  # another message behind this one
                if closed:
                    self._note("parts-after-end")
                begin = min(line_end + 1, end)
            pos = last_end = line_end
        if begin >= 0 and (begin < end or not regions):
            if not closed:
                self._note("boundary-end-missing")
            regions.append((begin, end))
        return regions

    def _note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def _before_line_end(buf: bytes, at: int, begin: int) -> int:
    """The line end before a boundary belongs to the boundary (RFC 2046 5.1.1)."""
    if at > begin and buf[at - 1] == 0x0A:
        at -= 1
        if at > begin and buf[at - 1] == 0x0D:
            at -= 1
    return at
