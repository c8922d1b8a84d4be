"""Bytes to text, whatever the label says (mail.md 2, failure class 3).

Labels lie, are misspelt or are missing. The order is: what the bytes prove (BOM, escape sequences, valid UTF-8),
what the
label says, what its family suggests, what a detector finds, and Windows-1252 in the end. Replacement characters are the
last resort.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

_ALIASES = {
    # A label means what senders put under it, not what its standard says (mail.md 2, class 3; WHATWG Encoding).
    "us-ascii": "cp1252", "ascii": "cp1252", "ansi-x3.4-1968": "cp1252", "ansi-x3.110-1983": "cp1252",
    "iso646-us": "cp1252",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso88591": "cp1252", "8859-1": "cp1252", "latin1": "cp1252",
    "latin-1": "cp1252", "l1": "cp1252", "iso-ir-100": "cp1252", "ansi": "cp1252", "x-ansi": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-9": "cp1254", "latin5": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "tis620": "cp874",
    "windows-874": "cp874", "dos-874": "cp874", "iso-8859-8-i": "cp1255", "iso-8859-8-e": "cp1255",
    "iso-8859-8": "cp1255",
    "logical": "cp1255", "visual": "cp1255",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030",
    "euc-cn": "gb18030",
    "gb-2312-80": "gb18030", "csgb2312": "gb18030", "chinese": "gb18030", "gb-18030": "gb18030", "x-euc-cn": "gb18030",
    "windows-936": "gb18030", "hz-gb-2312": "hz",
    "big5": "big5hkscs", "big-5": "big5hkscs", "x-x-big5": "big5hkscs", "csbig5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "cp950": "cp950", "windows-950": "cp950",
    "ks-c-5601-1987": "cp949", "ks-c-5601-1989": "cp949", "ks-c-5601": "cp949", "ksc5601": "cp949", "ksc-5601": "cp949",
    "euc-kr": "cp949", "cseuckr": "cp949", "korean": "cp949", "windows-949": "cp949", "x-windows-949": "cp949",
    "uhc": "cp949",
    "shift-jis": "cp932", "shiftjis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms-kanji": "cp932",
    "csshiftjis": "cp932",
    "windows-31j": "cp932", "cswindows31j": "cp932", "ms932": "cp932", "x-ms-cp932": "cp932",
    "euc-jp": "euc_jp", "x-euc-jp": "euc_jp", "x-euc": "euc_jp", "eucjp": "euc_jp", "cp51932": "euc_jp",
    "iso-2022-jp": "iso2022_jp", "csiso2022jp": "iso2022_jp", "iso-2022-jp-ms": "iso2022_jp", "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp", "cp50222": "iso2022_jp", "x-windows-iso2022jp": "iso2022_jp", "jis": "iso2022_jp",
    "iso-2022-jp-1": "iso2022_jp_1", "iso-2022-jp-2": "iso2022_jp_2", "iso-2022-jp-3": "iso2022_jp_3",
    "iso-2022-jp-2004": "iso2022_jp_2004", "iso-2022-kr": "iso2022_kr", "csiso2022kr": "iso2022_kr",
    "utf8": "utf-8", "utf-8mb4": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8", "x-utf-8": "utf-8",
    "utf-8n": "utf-8", "cp65001": "utf-8", "x-unicode20utf8": "utf-8", "utf-8-sig": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "csunicode11utf7": "utf-7", "utf7": "utf-7",
    "unicode": "utf-16", "ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16", "csunicode": "utf-16", "utf16": "utf-16",
    "unicodefffe": "utf-16-be", "utf-16be": "utf-16-be", "utf-16le": "utf-16-le", "ucs-4": "utf-32", "utf32": "utf-32",
    "koi8-ru": "koi8_u", "koi8u": "koi8_u", "koi8": "koi8_r", "koi": "koi8_r", "koi8r": "koi8_r", "cskoi8r": "koi8_r",
    "macintosh": "mac_roman", "x-macintosh": "mac_roman", "mac": "mac_roman", "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic", "x-mac-greek": "mac_greek", "x-mac-turkish": "mac_turkish",
    "x-mac-ce": "mac_latin2",
    "x-mac-centraleurroman": "mac_latin2", "x-mac-icelandic": "mac_iceland", "x-mac-japanese": "cp932",
    "x-mac-korean": "cp949", "x-mac-chinesesimp": "gb18030", "x-mac-chinesetrad": "big5hkscs",
    "x-cp1250": "cp1250", "x-cp1251": "cp1251", "x-cp1252": "cp1252", "latin2": "iso8859-2", "latin9": "iso8859-15",
    "latin-9": "iso8859-15", "latin0": "iso8859-15", "x-iscii-de": "utf-8", "viscii": "cp1258", "tcvn": "cp1258",
}  # fmt: skip

_FOREIGN_LETTERS = re.compile("[\u0370-\u1cff\u3040-\ud7ff]")
_COMMON_CYRILLIC = frozenset("оеаинтсрвлкм")
_SYMBOL_IN_WORD = re.compile(r"[A-Za-z][¹²³¼½¾¿¡¢£¥¦§¨©ª«¬®¯°±µ¶·¸º»œ][a-z]")
_STATEFUL = frozenset({"utf-7", "hz", "utf-16", "utf-16-be", "utf-16-le", "utf-32"})
_WESTERN = frozenset({"cp1252", "iso8859-15", "latin-1"})
_FAMILIES = {
    "iso2022_jp": ("euc_jp", "cp932"), "cp932": ("euc_jp", "shift_jisx0213"), "euc_jp": ("cp932", "euc_jis_2004"),
    "gb18030": ("big5hkscs",), "hz": ("gb18030",), "big5hkscs": ("cp950", "gb18030"), "cp950": ("big5hkscs", "gb18030"),
    "cp949": ("johab",), "iso2022_kr": ("cp949",),
}  # fmt: skip
_ASCII = bytes(range(128))
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_HIGH = bytes(b | 0x80 if b > 0x20 else b for b in range(256))
_SAMPLE = 8192  # bytes the detector looks at
_JUNK = re.compile(r"[^a-z0-9.+\-]+")
_WINDOWS = re.compile(r"(?:windows|win|cp|microsoft-cp|x-windows|x-cp|ibm|dos|csibm)-?(\d{3,5})")
_ISO = re.compile(r"(?:iso|x-iso|is0|cs-iso)?-?8859-?(\d{1,2})")
_KOREAN = b"\x1b$)C"
_JIS_ESCAPE = re.compile(rb"\x1b(\$\(?[@BDOQP]|\$\)C|\([BJIH]|\$A|\.[AF]|N)")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Decoded(NamedTuple):
    """Text, the codec that made it, and a problem ("" where the label was right)."""

    text: str
    codec: str
    problem: str = ""


@lru_cache(maxsize=512)
def codec_for(label: str) -> str:
    """Return the Python codec to use for a charset label, "" where nothing is known by that name."""
    name = label.strip(" \t\r\n\"'<>;,").lower().split("*", 1)[0].split(";", 1)[0].split(" ", 1)[0]
    name = _JUNK.sub("-", name).strip("-")
    if not name:
        return ""
    if name in _ALIASES:
        return _ALIASES[name]
    for pattern, prefix in ((_WINDOWS, "cp"), (_ISO, "iso-8859-")):
        if found := pattern.fullmatch(name):
            name = prefix + found.group(1)
            break
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        found_codec = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return ""
    # rot13, base64, idna and the like are codecs too, but no charsets
    if not getattr(found_codec, "_is_text_encoding", False) or found_codec.name in _NO_CHARSETS:
        return ""
    return _ALIASES.get(found_codec.name, found_codec.name)


_NO_CHARSETS = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs", "oem", "utf-8-sig"}
)


def decode_text(data: bytes, label: str = "", *, hint: str = "") -> Decoded:
    """Decode a body or a header's raw bytes.

    `label` is the charset the sender named, `hint` a second opinion (HTML meta, the body's charset for a header). Never
    raises; linear in the size of `data`.
    """
    codec = codec_for(label) if label else ""
    problem = f"charset-unknown: {label[:40]}" if label and not codec else ""
    if data.isascii() and codec not in _STATEFUL and not codec.startswith("cp037"):
        if codec == "iso2022_kr" and b"\x0e" in data and _KOREAN not in data:  # RFC 1557: said once, in the body
            data = _KOREAN + data
        if b"\x1b" in data and _JIS_ESCAPE.search(data):
            return _decode_escaped(data, codec, problem)
        if b"\x00" not in data or data.count(b"\x00") * 4 < len(data):
            return Decoded(data.decode("ascii"), codec or "ascii", problem)
    proven = _proven(data, codec)
    if proven is not None:
        return proven._replace(problem=problem or proven.problem)
    if codec == "cp1252" and _is_ascii_label(label):
        codec, problem = "", f"charset-wrong: {label[:40]}"
    for name in (codec, codec_for(hint) if hint else ""):
        if name and (text := _strict(data, name)) is not None and not _disproven(data, text, name):
            if name in _WESTERN and _is_utf8(data):
                return Decoded(data.decode("utf-8"), "utf-8", problem or f"charset-wrong: {label or 'none'} is utf-8")
            return Decoded(text, name, problem)
    return _repair(data, label, codec or codec_for(hint), problem)


def _is_ascii_label(label: str) -> bool:
    return "ascii" in label.lower() or "x3.4" in label.lower()


def _disproven(data: bytes, text: str, codec: str) -> bool:
    """Whether a label that fits every byte is wrong all the same: EUC-JP as Shift_JIS, other scripts as Latin-1."""
    if codec == "cp932":
        return len(_HALF_KANA.findall(text[:_SAMPLE])) * 4 > len(text[:_SAMPLE])
    if codec in _WESTERN:
        sample = data[:_SAMPLE]
        return len(sample.translate(None, _ASCII)) * 5 > len(sample) * 2 and len(sample) > 20 and bool(_detect(data))
    return False


def clean_text(text: str) -> tuple[str, bool]:
    """Return text with LF line ends and without characters that nobody can read, and whether any were taken out."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\f" in text or "\x0b" in text or "\x85" in text:
        text = text.replace("\f", "\n").replace("\x0b", "\n").replace("\x85", "\n")
    dirty = False
    if text.isascii():
        if not text.isprintable() and _CONTROLS.search(text):
            return _CONTROLS.sub("", text), True
        return text, False
    if text[0] == "\ufeff":
        text = text[1:]
    if _CONTROLS.search(text):
        text, dirty = _CONTROLS.sub("", text), True
    return join_surrogates(text), dirty


def join_surrogates(text: str) -> str:
    """Return text that can be encoded as UTF-8: surrogate pairs joined, lone halves replaced."""
    if _SURROGATES.search(text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _proven(data: bytes, codec: str) -> Decoded | None:
    """Decode what needs no label: a BOM, or the zeros of UTF-16."""
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(bom) and (text := _strict(data[len(bom) :], name)) is not None:
            return Decoded(text, name)
    if codec in {"utf-16", "utf-16-le", "utf-16-be", "utf-32"} or (not codec and b"\x00" in data[:200]):
        head = data[:400]
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if not even and not odd and data.isascii():
            return Decoded(data.decode("ascii"), "ascii", f"charset-wrong: {codec} is ascii")
        if codec != "utf-32" and (even + odd) * 4 >= len(head):
            name = "utf-16-be" if even > odd else "utf-16-le"
            if (text := _strict(data[: len(data) & ~1], name)) is not None:
                return Decoded(text, name)
    return None


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        pass
    except (LookupError, ValueError, AssertionError):
        return None
    if codec == "cp1252":
        return _cp1252(data)
    if codec in {"utf-16", "utf-16-le", "utf-16-be"} and len(data) % 2:
        return _strict(data[:-1], codec)
    return None


def _cp1252(data: bytes) -> str:
    """Windows-1252; its five holes become the C1 control of the same number, as browsers do."""
    return data.decode("cp1252", "desk-latin1")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_escaped(data: bytes, codec: str, problem: str) -> Decoded:
    """Decode ISO-2022 escapes, whatever the label: pure ASCII with "ESC $ B" in it is Japanese and nothing else."""
    order = ["iso2022_kr"] if _KOREAN in data else [codec] if codec.startswith("iso2022") else []
    order += ["iso2022_jp_2" if b"\x1b$A" in data or b"\x1b." in data else "iso2022_jp", "iso2022_jp_ext", "iso2022_kr"]
    for name in order:
        if (text := _strict(data, name)) is not None:
            return Decoded(text, name, problem)
    return Decoded(_lenient_jis(data), "iso2022_jp", problem)


def _lenient_jis(data: bytes) -> str:
    """ISO-2022-JP as Windows writes it: vendor characters of row 13, half-width kana, 8-bit rubbish in between."""
    out: list[str] = []
    mode, pos = b"(B", 0
    for escape in [*_JIS_ESCAPE.finditer(data), None]:
        chunk = data[pos : escape.start() if escape else len(data)]
        if chunk:
            out.append(_jis_chunk(chunk, mode))
        if escape:
            mode, pos = escape.group(1), escape.end()
    return "".join(out)


def _jis_chunk(chunk: bytes, mode: bytes) -> str:
    if mode[:1] == b"$":
        lines = re.split(rb"([\r\n]+)", chunk)  # a line end always returns to ASCII
        return "".join(line.translate(_HIGH).decode("euc_jis_2004", "replace") for line in lines)
    if mode == b"(I":
        return chunk.translate(_HIGH).decode("cp932", "replace")
    return _cp1252(chunk)


def _repair(data: bytes, label: str, codec: str, problem: str) -> Decoded:
    """The label is missing, unknown or wrong, and something is not ASCII."""
    wrong = problem or f"charset-wrong: {label[:40]}" if label else problem or "charset-missing"
    if _is_utf8(data):
        return Decoded(data.decode("utf-8"), "utf-8", f"{wrong} is utf-8" if label and codec else wrong)
    if codec == "utf-8" and _bad_share(data) < 0.2:
        return Decoded(data.decode("utf-8", "desk-cp1252"), "utf-8", "charset-damaged: utf-8")
    for name in _FAMILIES.get(codec, ()):
        text_or_none = _strict(data, name)
        if text_or_none is not None and _plausible(text_or_none):
            return Decoded(text_or_none, name, f"{wrong} is {name}")
    if codec and codec != "utf-8":
        text = _lenient_jis(data) if codec == "iso2022_jp" else data.decode(codec, "replace")
        if text.count("\ufffd") * 50 <= len(text) or text.count("\ufffd") <= 1 < len(text) // 4:
            return Decoded(text, codec, f"charset-damaged: {codec}")
    name = _detect(data)
    if name and (text_or_none := _strict(data, name)) is not None:
        return Decoded(text_or_none, name, f"{wrong} read as {name}")
    return Decoded(_cp1252(data), "cp1252", f"{wrong} read as cp1252")


def _bad_share(data: bytes) -> float:
    """The share of the non-ASCII bytes that are no UTF-8."""
    high = sum(1 for b in data[:65536] if b > 0x7F)
    return data[:65536].decode("utf-8", "replace").count("\ufffd") / max(1, high)


def _plausible(text: str) -> bool:
    """Whether a guess among East Asian charsets reads like writing: mostly kana, Han, hangul and ASCII."""
    strange = sum(
        1
        for c in text[:4000]
        if not (c < "\x7f" or "\u3000" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" or "\uff00" <= c <= "\uff60")
    )
    return strange * 10 <= len(text[:4000])


def _detect(data: bytes) -> str:
    """Ask charset-normalizer, for texts long enough that its answer means something."""
    high = sum(1 for b in data[:_SAMPLE] if b > 0x7F)
    if high < 12:
        return ""
    sample = data[:_SAMPLE]
    for name in ("cp932", "euc_jp", "gb18030", "big5hkscs", "cp949"):
        text = _strict(sample, name)
        if text is not None and high * 5 > len(sample) and _common_cjk(text, name):
            return name
    if name := _cyrillic(sample):
        return name
    from charset_normalizer import from_bytes  # noqa: PLC0415 -- costs 30 ms, needed once in thousands of mails

    best = from_bytes(sample, steps=3, chunk_size=1024, preemptive_behaviour=False).best()
    if best is None:
        return ""
    name = codec_for(best.encoding)
    if not _FOREIGN_LETTERS.search(sample.decode(name, "replace")):
        # among the Latin charsets a detector guesses; Windows-1252 unless it puts symbols inside words
        return "cp1250" if len(_SYMBOL_IN_WORD.findall(_cp1252(sample))) > 1 else "cp1252"
    return "" if name in _STATEFUL or name.startswith(("cp037", "cp500", "cp1026", "cp1140", "cp273")) else name


def _cyrillic(sample: bytes) -> str:
    """Tell the Cyrillic charsets apart by their commonest letters: each makes others of the same bytes."""
    best, share = "", 0.35
    for name in ("cp1251", "koi8_r", "cp866", "iso8859-5", "mac_cyrillic"):
        text = sample.decode(name, "replace")
        foreign = [c for c in text if c > "\x7f"]
        common = sum(1 for c in foreign if c in _COMMON_CYRILLIC) / max(1, len(foreign))
        if common > share:
            best, share = name, common
    return best


def _common_cjk(text: str, codec: str) -> bool:
    """Whether text decoded as an East Asian charset has the marks of its language."""
    kana = sum(1 for c in text if "\u3041" <= c <= "\u30fe")
    if codec in {"cp932", "euc_jp"}:
        return kana * 5 > len(text) and _plausible(text)
    if codec == "cp949":
        return sum(1 for c in text if "\uac00" <= c <= "\ud7a3") * 3 > len(text)
    marks = ("的", "是", "在", "不", "有", "我", "您", "请", "請", "，", "。")
    return sum(text.count(c) for c in marks) * 20 > len(text)


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return error.object[error.start : error.end].decode("latin-1"), error.end
    raise error


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return _cp1252(error.object[error.start : error.end]), error.end
    raise error


codecs.register_error("desk-latin1", _as_latin1)
codecs.register_error("desk-cp1252", _as_cp1252)
