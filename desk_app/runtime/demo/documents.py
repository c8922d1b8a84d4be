"""Small, valid files for the demo's attachments, made in code: PDF, PNG and CSV."""

from __future__ import annotations

import colorsys
import csv
import io
import struct
import zlib
from dataclasses import dataclass, field
from hashlib import sha256

Colour = tuple[int, int, int]
_WIDTH, _HEIGHT = 480, 320


@dataclass(frozen=True, slots=True)
class Document:
    """A file to attach."""

    filename: str
    maintype: str
    subtype: str
    content: bytes


def document(name: str) -> Document:
    """Return the file a story names as "photo:x.png", "pdf:x.pdf" or "csv:x.csv"; always the same bytes for a name."""
    kind, _, filename = name.partition(":")
    title = filename.rpartition(".")[0].replace("-", " ").replace("_", " ")
    if kind == "photo":
        return Document(filename, "image", "png", picture(title))
    if kind == "pdf":
        return Document(filename, "application", "pdf", pdf(title, _pdf_lines(title)))
    if kind == "csv":
        return Document(filename, "text", "csv", table(title))
    raise ValueError(f"unknown kind of file: {name!r}")


# -- PDF --------------------------------------------------------------------------------------------------------------


def pdf(title: str, lines: list[str]) -> bytes:
    """Return a one-page A4 PDF 1.4 with a heading and lines of text in Helvetica (WinAnsi characters only)."""
    content = [b"BT /F2 18 Tf 60 770 Td (" + _pdf_text(title) + b") Tj ET", b"0.8 G 60 756 m 535 756 l S"]
    for number, line in enumerate(lines):
        content.append(b"BT /F1 11 Tf 60 %d Td (" % (728 - 18 * number) + _pdf_text(line) + b") Tj ET")
    stream = b"\n".join(content)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        font % b"Helvetica",
        font % b"Helvetica-Bold",
    ]
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def _pdf_text(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _pdf_lines(title: str) -> list[str]:
    digest = sha256(title.encode()).digest()
    rows = [
        ("House Blend, 1 kg", 21.40),
        ("Gayo Honey, 250 g", 9.80),
        ("Flores Bajawa, 1 kg", 24.60),
        ("Delivery", 6.80),
    ]
    quantities = [1 + digest[i] % 6 for i in range(len(rows))]
    lines = ["Kopi Works, Jalan Braga 41, Bandung  ·  Carrer del Mar 9, Valencia", ""]
    total = 0.0
    for (what, price), quantity in zip(rows, quantities, strict=True):
        total += price * quantity
        lines.append(f"{quantity} x  {what}  ..........  {price * quantity:8.2f}")
    return [*lines, "", f"Total  {total:.2f} EUR", "", f"Reference {sha256(title.encode()).hexdigest()[:8].upper()}"]


# -- CSV --------------------------------------------------------------------------------------------------------------

_TABLES: dict[str, list[tuple[str, ...]]] = {
    "tasting notes": [
        ("coffee", "brewed as", "who", "score", "notes"),
        ("Toraja Sapan", "espresso", "Priya", "9", "dark cherry, cocoa"),
        ("Toraja Sapan", "espresso", "Tess", "9", "dark cherry!!"),
        ("Flores Bajawa", "filter", "Priya", "8", "hazelnut, orange peel"),
        ("House Blend", "espresso", "Omar", "6", "nice but polite"),
    ],
    "lot31 cupping": [
        ("attribute", "score"),
        ("fragrance", "8.25"),
        ("flavour", "8.50"),
        ("acidity", "8.50"),
        ("body", "7.75"),
        ("balance", "8.25"),
        ("total", "87.25"),
    ],
    "payout": [
        ("date", "order", "gross", "fee", "net"),
        ("Monday", "KW-20299", "58.70", "1.12", "57.58"),
        ("Tuesday", "KW-20318", "24.90", "0.61", "24.29"),
        ("Thursday", "KW-20337", "128.00", "2.17", "125.83"),
    ],
    "direcciones regalos": [
        ("nombre", "calle", "código postal", "ciudad", "país", "contenido"),
        ("Begoña Ruiz", "Calle Colón 12", "46004", "Valencia", "España", "café"),
        ("João Tavares", "Rua das Flores 80", "4050-265", "Porto", "Portugal", "té"),
        ("Ángel Muñoz", "Gran Vía 31, 4.º B", "28013", "Madrid", "España", "café"),
    ],
    "penawaran gayo": [
        ("lot", "proses", "karung", "kg", "harga per kg (IDR)"),
        ("GY-1", "semi-washed", "42", "2520", "98000"),
        ("GY-2", "honey", "18", "1080", "121000"),
    ],
}
_PRICES = [
    ("coffee", "from 5 kg", "from 10 kg", "from 40 kg"),
    ("House Blend", "21.40", "20.50", "18.90"),
    ("Espresso Nero", "20.80", "19.90", "18.20"),
    ("Toraja Sapan", "25.30", "24.30", "22.40"),
    ("Flores Bajawa", "24.60", "23.60", "21.80"),
    ("Gayo Honey", "26.90", "25.80", "23.70"),
]


def table(title: str) -> bytes:
    """Return a CSV file (UTF-8 with a mark, as spreadsheets want it)."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(_TABLES.get(title, _PRICES))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


# -- PNG --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Canvas:
    rows: list[bytearray] = field(default_factory=list)

    def wash(self, top: Colour, bottom: Colour) -> None:
        """Fill with a gradient from top to bottom."""
        for y in range(_HEIGHT):
            share = y / (_HEIGHT - 1)
            colour = bytes(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
            self.rows.append(bytearray(colour * _WIDTH))

    def box(self, x: int, y: int, width: int, height: int, colour: Colour) -> None:
        """Draw a rectangle; what stands out is cut."""
        left, right = max(x, 0), min(x + width, _WIDTH)
        for row in self.rows[max(y, 0) : max(y + height, 0)]:
            if right > left:
                row[3 * left : 3 * right] = bytes(colour) * (right - left)

    def disc(self, x: int, y: int, across: int, high: int, colour: Colour) -> None:
        """Draw an ellipse by its centre and radii."""
        for dy in range(-high, high + 1):
            half = round(across * (1 - (dy / high) ** 2) ** 0.5)
            self.box(x - half, y + dy, 2 * half, 1, colour)

    def png(self) -> bytes:
        def chunk(kind: bytes, content: bytes) -> bytes:
            return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

        raw = b"".join(b"\x00" + bytes(row) for row in self.rows)
        header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b"")
        )


def picture(title: str) -> bytes:
    """Return a PNG of 480 x 320 in colours that belong to its title."""
    digest = sha256(title.encode()).digest()
    hue = digest[0] / 255
    paint = _Canvas()
    paint.wash(_colour(hue, 0.25, 0.97), _colour(hue, 0.45, 0.72))
    if any(word in title for word in ("error", "captura", "screenshot")):
        _screen(paint, hue)
    elif any(word in title for word in ("logo", "stand")):
        _sign(paint, hue)
    elif any(word in title for word in ("bag", "biji")):
        _bag(paint)
    else:
        _cup(paint, hue)
    return paint.png()


def _colour(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _cup(paint: _Canvas, hue: float) -> None:
    paint.disc(240, 262, 150, 26, _colour(hue, 0.4, 0.5))
    paint.disc(340, 180, 44, 44, (250, 248, 244))
    paint.disc(340, 180, 26, 28, _colour(hue, 0.35, 0.82))
    paint.box(140, 130, 200, 70, (250, 248, 244))
    paint.disc(240, 196, 100, 62, (250, 248, 244))
    paint.disc(240, 130, 100, 24, (232, 226, 216))
    paint.disc(240, 132, 86, 18, (74, 44, 28))


def _bag(paint: _Canvas) -> None:
    paint.disc(240, 292, 170, 18, (120, 104, 88))
    paint.box(160, 60, 160, 230, (196, 160, 116))
    paint.box(160, 60, 160, 24, (150, 116, 78))
    paint.box(190, 128, 100, 84, (246, 240, 230))
    for x, y in ((210, 282), (236, 290), (262, 284), (300, 294), (330, 288), (178, 292)):
        paint.disc(x, y, 11, 8, (82, 50, 30))
        paint.box(x - 8, y, 16, 2, (50, 28, 16))


def _screen(paint: _Canvas, hue: float) -> None:
    paint.box(60, 40, 360, 240, (255, 255, 255))
    paint.box(60, 40, 360, 30, _colour(hue, 0.5, 0.45))
    for y in (96, 122, 148):
        paint.box(90, y, 260 - y // 2, 10, (214, 216, 220))
    paint.box(90, 186, 300, 44, (253, 232, 232))
    paint.box(104, 203, 190, 10, (200, 50, 50))


def _sign(paint: _Canvas, hue: float) -> None:
    paint.disc(240, 160, 128, 128, _colour(hue, 0.6, 0.4))
    paint.disc(240, 160, 116, 116, (250, 248, 240))
    for step in range(5):
        paint.disc(240 - 56 + 28 * step, 190 - 14 * (step % 3), 8, 46, _colour(hue, 0.55, 0.5))
