"""Turns the bytes of an attachment into something that can be looked at, off the GUI thread; nothing of it is run.

SVG and HTML are shown as their text: they can hold scripts and references (IN-27).
"""

from __future__ import annotations

import contextlib
import csv
import email
import email.policy
import io
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QImage, QImageReader

from desk_app.ui.messages.pdf_pages import PdfPagesError, render_pages

TEXT_CHARS = 300_000
TABLE_ROWS, TABLE_COLUMNS = 1000, 60
MAX_PIXELS = 60_000_000
LONGEST_SIDE = 4000
_PICTURES = {
    "png": b"png",
    "jpg": b"jpeg",
    "jpeg": b"jpeg",
    "gif": b"gif",
    "bmp": b"bmp",
    "webp": b"webp",
    "ico": b"ico",
}
_TEXTS = frozenset(
    [
        *("txt", "log", "md", "json", "xml", "yaml", "yml", "ini", "cfg", "conf", "toml", "sql", "ics", "vcf", "svg"),
        *(
            "html",
            "htm",
            "xhtml",
            "css",
            "js",
            "py",
            "c",
            "h",
            "cpp",
            "java",
            "sh",
            "bat",
            "ps1",
            "diff",
            "patch",
            "tex",
        ),
    ]
)


class Kind(StrEnum):
    """How a file is shown."""

    PICTURE = "picture"
    TEXT = "text"
    TABLE = "table"
    MAIL = "mail"
    PAGES = "pages"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown of a file. `rows` are the lines of a table, or name and value of a mail's head; `reason` says what
    is missing, or why there is nothing."""

    kind: Kind
    text: str = ""
    rows: Sequence[Sequence[str]] = ()
    images: Sequence[QImage] = ()
    reason: str = ""


def preview_of(filename: str, content_type: str, content: bytes) -> Preview:
    """Return what can be shown of a file; what it is called and what it says it is are both only hints."""
    ending = filename.rstrip(" .").rpartition(".")[2].lower()
    kind = content_type.lower()
    if content.startswith(b"%PDF-"):
        return _pages(content)
    if ending in _PICTURES or (kind.startswith("image/") and "svg" not in kind):
        return _picture(content)
    if ending in {"eml", "mht"} or kind == "message/rfc822":
        return _mail(content)
    if ending in {"csv", "tsv"} or kind in {"text/csv", "text/tab-separated-values"}:
        return _table(content, ending)
    if ending in _TEXTS or kind.startswith("text/") or "svg" in kind:
        return _text(content)
    if ending == "msg":
        return Preview(Kind.NOTHING, reason="Outlook's own mail files (.msg) cannot be shown: open it with Outlook.")
    return Preview(Kind.NOTHING)


def _picture(content: bytes) -> Preview:
    data = QByteArray(content)
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    if bytes(reader.format().data()) not in {*_PICTURES.values(), b"jpg"}:
        return Preview(Kind.NOTHING, reason="This picture cannot be read.")
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and size.width() * size.height() > MAX_PIXELS:
        return Preview(Kind.NOTHING, reason="This picture is too large to be shown here.")
    if size.isValid() and max(size.width(), size.height()) > LONGEST_SIDE:
        factor = LONGEST_SIDE / max(size.width(), size.height())
        reader.setScaledSize(QSize(max(1, int(size.width() * factor)), max(1, int(size.height() * factor))))
    image = reader.read()
    if image.isNull():
        return Preview(Kind.NOTHING, reason="This picture cannot be read.")
    return Preview(Kind.PICTURE, images=(image,))


def _decoded(content: bytes) -> str:
    for name in ("utf-8-sig", "utf-16") if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig",):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")


def _text(content: bytes) -> Preview:
    text = _decoded(content[: TEXT_CHARS * 4]).replace("\r\n", "\n").replace("\x00", "\ufffd")
    cut = len(text) > TEXT_CHARS or len(content) > TEXT_CHARS * 4
    return Preview(Kind.TEXT, text[:TEXT_CHARS], reason="Only the beginning is shown." if cut else "")


def _table(content: bytes, ending: str) -> Preview:
    text = _decoded(content[: TEXT_CHARS * 4])
    dialect: type[csv.Dialect] = csv.excel_tab if ending == "tsv" else csv.excel
    with contextlib.suppress(csv.Error):
        dialect = csv.Sniffer().sniff(text[:4000], ",;\t|")
    rows: list[list[str]] = []
    try:
        for line in csv.reader(io.StringIO(text, newline=""), dialect):
            rows.append([value[:500] for value in line[:TABLE_COLUMNS]])
            if len(rows) > TABLE_ROWS:
                break
    except csv.Error:
        return _text(content)
    if not rows:
        return _text(content)
    cut = len(rows) > TABLE_ROWS or len(content) > TEXT_CHARS * 4
    return Preview(Kind.TABLE, rows=rows[: TABLE_ROWS + 1], reason="Only the beginning is shown." if cut else "")


def _mail(content: bytes) -> Preview:
    """The head and the plain text; HTML is not shown here, because nothing has made it safe."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    head = [(name, str(message.get(name, ""))) for name in ("From", "To", "Subject", "Date") if message.get(name)]
    body = message.get_body(("plain",))
    reason, text = "", ""
    if isinstance(body, EmailMessage):
        raw = body.get_payload(decode=True)
        text = _decoded(raw) if isinstance(raw, bytes) else ""
    if not text.strip():
        reason = "This mail has no plain text; drop it onto the window to read it as a ticket."
    names = [part.get_filename() for part in message.walk() if part.get_filename()]
    if names:
        text += "\n\n" + "\n".join(f"[{name}]" for name in names if name)
    return Preview(Kind.MAIL, text[:TEXT_CHARS], rows=head, reason=reason)


def _pages(content: bytes) -> Preview:
    try:
        pages, total = render_pages(content)
    except PdfPagesError as error:
        return Preview(Kind.NOTHING, reason=str(error))
    cut = f"The first {len(pages)} of {total} pages." if total > len(pages) else ""
    images = [
        QImage(page.pixels, page.width, page.height, page.stride, QImage.Format.Format_RGB32).copy() for page in pages
    ]
    return Preview(Kind.PAGES, images=images, reason=cut)
