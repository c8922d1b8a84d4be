"""Pages of a PDF as pictures, made in a process of their own: a PDF that breaks or holds up its reader holds up nobody
else (IN-27, docs/decisions/086-pdf-preview.md).

Run as a module, this is that process: it reads a PDF and writes how many pages there are and the first ones as pixels.
"""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

MAX_BYTES = 60 * 1024 * 1024
MAX_PAGES = 20
PAGE_WIDTH = 820
"""Pixels; a page keeps its proportions, and none gets taller than four times that."""
SECONDS = 15.0
MEMORY = 1500 * 1024 * 1024
_BGRX = 3  # FPDFBitmap_BGRx
_HEAD = struct.Struct("<II")
_PAGE = struct.Struct("<IIIQ")


class PdfPagesError(Exception):
    """The pages cannot be shown; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: 32 bits a pixel (blue, green, red, unused), `stride` bytes a line."""

    width: int
    height: int
    stride: int
    pixels: bytes


def render_pages(content: bytes) -> tuple[Sequence[Page], int]:
    """Return the first pages of a PDF and how many there are. Blocks for up to 15 seconds. Raises PdfPagesError."""
    if len(content) > MAX_BYTES:
        raise PdfPagesError("This PDF is too large to be shown here.")
    if getattr(sys, "frozen", False):
        raise PdfPagesError("PDFs cannot be shown here in a packaged program: open it instead.")
    command = [sys.executable, "-m", "desk_app.ui.messages.pdf_pages"]
    try:
        done = subprocess.run(  # noqa: S603 -- this very program
            command, input=content, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PdfPagesError("This PDF takes too long to be shown here.") from error
    except OSError as error:
        raise PdfPagesError("PDFs cannot be shown on this computer: open it instead.") from error
    if done.returncode == 3:
        raise PdfPagesError("This PDF is locked with a password.")
    if done.returncode != 0 or len(done.stdout) < _HEAD.size:
        raise PdfPagesError("This PDF cannot be read.")
    return _read(done.stdout)


def _read(answer: bytes) -> tuple[Sequence[Page], int]:
    count, total = _HEAD.unpack_from(answer)
    place, pages = _HEAD.size, []
    for _ in range(min(count, MAX_PAGES)):
        if len(answer) < place + _PAGE.size:
            raise PdfPagesError("This PDF cannot be read.")
        width, height, stride, length = _PAGE.unpack_from(answer, place)
        place += _PAGE.size
        pixels = answer[place : place + length]
        if len(pixels) < stride * height or stride < width * 4:
            raise PdfPagesError("This PDF cannot be read.")
        pages.append(Page(width, height, stride, pixels))
        place += length
    return pages, total


def _limit() -> None:
    """Take no more memory and processor time than a page needs; Windows has no such limits, only the time."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 -- not there on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS)))


def _serve(content: bytes) -> int:
    import pypdfium2  # noqa: PLC0415 -- loaded by this process only

    _limit()
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        return 3 if "password" in str(error).lower() else 2
    total = len(document)
    out = sys.stdout.buffer
    out.write(_HEAD.pack(min(total, MAX_PAGES), total))
    for number in range(min(total, MAX_PAGES)):
        page = document[number]
        width, height = page.get_size()
        scale = min(PAGE_WIDTH / max(width, 1), 4 * PAGE_WIDTH / max(height, 1))
        bitmap = page.render(scale=scale, force_bitmap_format=_BGRX)
        pixels = bytes(bitmap.buffer)[: bitmap.stride * bitmap.height]
        out.write(_PAGE.pack(bitmap.width, bitmap.height, bitmap.stride, len(pixels)))
        out.write(pixels)
    return 0


if __name__ == "__main__":
    sys.exit(_serve(sys.stdin.buffer.read()))
