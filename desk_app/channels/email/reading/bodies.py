"""What a message shows and what it carries: text, HTML and attachments out of the MIME tree (mail.md 2, classes 7,
8, 15)."""

from __future__ import annotations

import hashlib
import html as html_entities
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote as percent_unquote

from desk_app.channels.content.plain import html_to_text
from desk_app.channels.email.reading.charsets import clean_text, decode_text
from desk_app.channels.email.reading.fields import parameter_text, read_message_id
from desk_app.channels.email.reading.filenames import clean_filename, default_filename, distinguish
from desk_app.channels.email.reading.flowed import unflow
from desk_app.channels.email.reading.headers import header_text, read_headers
from desk_app.channels.email.reading.html_charset import html_charset
from desk_app.channels.email.reading.opaque import signed_content
from desk_app.channels.email.reading.structure import Part, Splitter
from desk_app.channels.email.reading.tnef import is_tnef, read_tnef
from desk_app.channels.email.reading.transfer import take_inline_files, uu_name
from desk_app.domain.messages.model import ParsedAttachment

_TEXT_TYPES = frozenset(
    {"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown"}
)
_MAIL_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
_SAME_CONTENT_AGAIN = frozenset({"text/x-amp-html", "text/watch-html"})  # further renditions of the same text
_ENRICHED_PARAM = re.compile(r"<param>[^<]{0,2000}</param>", re.IGNORECASE)
_ENRICHED_TAG = re.compile(r"</?[A-Za-z-]{1,60}>")
_CID = re.compile(r"cid:([^\"'\s>)]{1,500})", re.IGNORECASE)
_BLANK_HTML = re.compile(r"<[^>]*>|&nbsp;|\s")
_CONTROL_BYTES = bytes(b for b in range(32) if b not in b"\t\n\r\x0c\x1b")
_MAX_LOCATIONS = 100


@dataclass(slots=True)
class Body:
    """The readable content of one part of the tree: its own plain text and its own HTML, either may be empty."""

    text: str = ""
    html: str = ""

    def plain(self) -> str:
        """Return the text, made from the HTML where there is no other."""
        return self.text or (html_to_text(self.html) if self.html else "")

    def markup(self) -> str:
        """Return the HTML, made from the text where there is no other."""
        return self.html or (f"<pre>{html_entities.escape(self.text, quote=False)}</pre>" if self.text.strip() else "")

    def __bool__(self) -> bool:
        return bool(self.text.strip() or self.html)


class BodyReader:
    """Walks a MIME tree once. Afterwards `attachments`, `charset` (of the first text) and `problems` are filled."""

    def __init__(self, *, max_parts: int, max_depth: int) -> None:
        self.attachments: list[ParsedAttachment] = []
        self.charset = ""
        self.problems: list[str] = []
        self._limits = (max_parts, max_depth)
        self._names: set[str] = set()
        self._spare: list[tuple[Part, str]] = []  # named inline texts: shown where a message has nothing else

    def read(self, root: Part) -> tuple[str, str]:
        """Return the text and the HTML of a message."""
        body = self._walk(root, alone=True)
        if not body and self._spare:
            part, content_type = self._spare[0]
            body = self._text_body(part, content_type)
        text = body.plain()
        self._mark_inline(body.html)
        return text, body.html

    def _walk(self, part: Part, *, alone: bool) -> Body:
        """Read a part; `alone` says that no sibling could be the body instead of it."""
        if not part.is_multipart:
            return self._leaf(part, alone=alone)
        if part.content_type == "multipart/alternative":
            return self._alternative(part)
        if part.content_type == "multipart/related":
            return self._related(part, alone=alone)
        if part.content_type == "multipart/encrypted":
            self.note("encrypted")
        only = len(part.children) == 1 and alone
        return _joined([self._walk(child, alone=only) for child in part.children])

    def _alternative(self, part: Part) -> Body:
        bodies = [self._walk(child, alone=True) for child in part.children]
        text = next((b.text for b in bodies if b.text.strip()), "")
        html = next((b.html for b in reversed(bodies) if _has_content(b.html)), "")
        return Body(text, html)

    def _related(self, part: Part, *, alone: bool) -> Body:
        start = read_message_id(part.parameters.get("start", b""))
        root = part.children[0]
        if start:
            root = next((c for c in part.children if read_message_id(c.headers.first("content-id")) == start), root)
        if not root.is_multipart and root.content_type not in _TEXT_TYPES:
            root = next((c for c in part.children if c.is_multipart or c.content_type == "text/html"), root)
        bodies = []
        for child in part.children:
            if child is root:
                bodies.append(self._walk(child, alone=alone or len(part.children) > 1))
            elif child.is_multipart or (
                child.content_type in _TEXT_TYPES and not child.headers.first("content-id") and not _filename(child, "")
            ):
                bodies.append(self._walk(child, alone=False))
            else:
                self._attach(child, in_place=True)
        return _joined(bodies)

    def _leaf(self, part: Part, *, alone: bool) -> Body:
        kind = part.content_type
        if kind in _SAME_CONTENT_AGAIN:
            return Body()
        if kind in _TEXT_TYPES and part.disposition != "attachment":
            name = _filename(part, "")
            if _binary(part):
                self.note("binary-in-text")
                self._attach(part, in_place=False, content_type="application/octet-stream")
                return Body()
            if alone or not name:
                return self._text_body(part, kind)
            self._spare.append((part, kind))
        elif kind in _TEXT_TYPES and part.path == "" and not _filename(part, ""):
            return self._text_body(part, kind)  # a whole message that calls itself an attachment, without a name
        elif kind == "application/pgp" and not _filename(part, ""):
            return self._text_body(part, "text/plain")
        self._attach(part, in_place=False)
        return self._expanded(part)

    def _text_body(self, part: Part, kind: str) -> Body:
        moved = part.content()
        data = moved.data
        if moved.problem:
            self.note(moved.problem)
        if moved.trailer:
            data = data.rstrip(b"\r\n") + b"\n" + moved.trailer.lstrip(b"\r\n")
        if kind != "text/html" and b"begin" in data:
            data, files = take_inline_files(data)
            for number, file in enumerate(files, 1):
                self.note("uuencode-inline")
                name = clean_filename(header_text(file.name, self.charset))
                self._add(f"{part.path or '1'}.u{number}", name, _type_by_name(name), file.data)
        label = parameter_text(part.parameters, "charset")
        hint = html_charset(data) if kind == "text/html" and (not label or not data.isascii()) else ""
        decoded = decode_text(data, label, hint=hint)
        if decoded.problem:
            self.note(decoded.problem)
        if not self.charset and decoded.codec != "ascii":
            self.charset = decoded.codec
        text, dirty = clean_text(decoded.text)
        if dirty:
            self.note("nul-bytes" if b"\x00" in data else "control-characters")
        if kind == "text/html":
            return Body(html=text)
        if kind in {"text/enriched", "text/richtext"}:
            return Body(_plain_from_enriched(text))
        if "format" in part.parameters and part.parameters["format"].strip().lower() == b"flowed":
            text = unflow(text, del_sp=part.parameters.get("delsp", b"").strip().lower() == b"yes")
        return Body(text)

    def _attach(self, part: Part, *, in_place: bool, content_type: str = "") -> None:
        moved = part.content()
        kind = content_type or part.content_type
        data = moved.data
        if moved.problem and moved.problem != "base64-trailer":
            self.note(moved.problem)
        name = clean_filename(_filename(part, self.charset))
        if not name and moved.data is not part.buf and b"uu" in part.headers.first("content-transfer-encoding").lower():
            name = clean_filename(header_text(uu_name(part.raw_body), self.charset))
        if not name and not data and not kind.startswith(("message/", "application/")):
            return
        if not name:
            subject = ""
            if kind in _MAIL_TYPES:
                subject = read_headers(data[:100_000].lstrip(b"\r\n"), 0, 100_000)[0].text("subject")
            name = default_filename(kind, subject)
        elif kind in _MAIL_TYPES and "." not in name[-6:]:
            name += ".eml"
        shown = part.disposition == "inline" or (in_place and part.disposition != "attachment")
        self._add(
            part.path or "1",
            name,
            kind,
            data,
            content_id=read_message_id(part.headers.first("content-id")) if "content-id" in part.headers else "",
            location=part.headers.text("content-location")[:1000] if "content-location" in part.headers else "",
            inline=shown and kind.startswith("image/"),
        )

    def _add(
        self,
        path: str,
        name: str,
        kind: str,
        data: bytes,
        *,
        content_id: str = "",
        location: str = "",
        inline: bool = False,
    ) -> None:
        digest = hashlib.sha256(data).hexdigest()
        unique = distinguish(name or default_filename(kind), self._names)
        self.attachments.append(ParsedAttachment(path, unique, kind, data, digest, content_id, location, inline))

    def _expanded(self, part: Part) -> Body:
        """Show what lies inside an envelope other mailers cannot open: winmail.dat and opaque S/MIME signatures."""
        data = part.content().data
        if is_tnef(data) and (part.content_type.endswith("ms-tnef") or _filename(part, "").lower().endswith(".dat")):
            inside = read_tnef(data)
            self.note("winmail.dat")
            for number, file in enumerate(inside.files, 1):
                name = clean_filename(file.name) or default_filename(file.content_type or "application/octet-stream")
                kind = file.content_type or _type_by_name(name)
                self._add(f"{part.path or '1'}.t{number}", name, kind, file.data, content_id=file.content_id)
            return Body(clean_text(inside.text)[0], clean_text(inside.html)[0])
        if part.content_type in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
            content = signed_content(data)
            if content:
                self.note("signed-opaque")
                splitter = Splitter(max_parts=self._limits[0], max_depth=min(5, self._limits[1]))
                prefix = f"{part.path or '1'}.s"
                root = splitter.split(content, 0, len(content), prefix)
                self._limits = (0, 0)  # one envelope is opened, not a chain of them
                return self._walk(root, alone=True)
            self.note("encrypted")
        return Body()

    def _mark_inline(self, html: str) -> None:
        """Mark what the HTML shows in place, whatever its disposition says (IN-24)."""
        if not html or not self.attachments:
            return
        ids = (
            {percent_unquote(html_entities.unescape(c)).lower() for c in _CID.findall(html)}
            if "cid:" in html.lower()
            else set()
        )
        looked = 0
        for index, file in enumerate(self.attachments):
            shown = bool(ids) and file.content_id.lower() in ids
            if not shown and file.content_location and looked < _MAX_LOCATIONS:
                looked += 1
                shown = file.content_location in html
            if shown and not file.inline:
                self.attachments[index] = replace(file, inline=True)

    def note(self, problem: str) -> None:
        """Name something odd, once."""
        if problem not in self.problems and len(self.problems) < 100:
            self.problems.append(problem)


def _joined(bodies: list[Body]) -> Body:
    """Put bodies that follow each other behind each other."""
    full = [body for body in bodies if body]
    if not full:
        return bodies[0] if bodies else Body()
    if len(full) == 1:
        return full[0]
    if len(full) == 2 and _same_twice(*full):
        return Body(full[0].text or full[1].text, full[0].html or full[1].html)
    if any(body.html for body in full):
        return Body("".join(_ended(body.plain()) for body in full), "\n".join(body.markup() for body in full))
    return Body("".join(_ended(body.text) for body in full))


def _same_twice(first: Body, second: Body) -> bool:
    """Whether a text and an HTML that follow each other are two forms of one content."""
    if bool(first.html) == bool(second.html) or (first.html and first.text) or (second.html and second.text):
        return False
    return first.plain().split() == second.plain().split()


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _has_content(html: str) -> bool:
    """Whether HTML shows anything at all."""
    if not html:
        return False
    return "<img" in html.lower() or bool(_BLANK_HTML.sub("", html[:20_000])) or len(html) > 20_000


def _filename(part: Part, hint: str) -> str:
    name = parameter_text(part.disposition_parameters, "filename", hint) if part.disposition_parameters else ""
    if not name and part.parameters:
        name = parameter_text(part.parameters, "name", hint) or parameter_text(part.parameters, "filename", hint)
    if not name and part.disposition_parameters:
        name = parameter_text(part.disposition_parameters, "name", hint)
    return name


def _binary(part: Part) -> bool:
    """Whether a part that calls itself text is none: a tenth of control characters, and no UTF-16."""
    head = part.content().data[:1000]
    if not head or (head.isascii() and b"\x00" not in head):
        return False
    if (
        head[:8] in (b"\x89PNG\r\n\x1a\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
        or head[:5] == b"%PDF-"
        or head[:3] == b"\xff\xd8\xff"
    ):
        return True
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"utf-" in part.parameters.get("charset", b"").lower():
        return False
    controls = len(head) - len(head.translate(None, _CONTROL_BYTES))
    zeros = head.count(0)
    even = head[0::2].count(0)
    if zeros and even in {0, zeros} and zeros * 5 > len(head) * 2:
        return False  # UTF-16 without a label
    return (controls - zeros) * 10 > len(head) or zeros * 4 > len(head)


def _plain_from_enriched(text: str) -> str:
    """Text of text/enriched and text/richtext (RFC 1896): without its commands."""
    text = _ENRICHED_PARAM.sub("", text).replace("<<", "\x00")
    return _ENRICHED_TAG.sub("", text).replace("\x00", "<")


def _type_by_name(name: str) -> str:
    extension = name.rpartition(".")[2].lower()
    return _TYPE_BY_EXTENSION.get(extension, "application/octet-stream")


_TYPE_BY_EXTENSION = {
    "txt": "text/plain", "htm": "text/html", "html": "text/html", "pdf": "application/pdf", "png": "image/png",
    "gif": "image/gif",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff",
    "zip": "application/zip",
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "rtf": "application/rtf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "csv": "text/csv",
    "eml": "message/rfc822",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "ics": "text/calendar",
    "vcf": "text/vcard",
    "gz": "application/gzip", "mp3": "audio/mpeg", "wav": "audio/wav", "mp4": "video/mp4", "xml": "application/xml",
}  # fmt: skip
