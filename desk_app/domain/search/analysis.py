"""Turns text into the words it is found by, the same for texts and for search boxes (SR-04).

No stemming: parts of words are found through the vocabulary, in every language alike. Accents are stripped, letters
folded, numbers and addresses fall into their parts, and scripts without spaces are cut into overlapping pairs of
characters.
"""

from __future__ import annotations

import re
import unicodedata

ANALYZER_VERSION = 1
"""Raised whenever `analyze` gives other words for some text; older documents are then indexed anew."""

MAX_TOKENS = 12_000
"""Words of one text beyond this are not indexed; keeps positions within PostgreSQL's 16,383."""

MAX_TOKEN_LENGTH = 64
"""Characters of one word; longer ones (encoded garbage) are cut."""

MAX_CHARACTERS = 400_000
"""Characters of one text that are looked at."""

_ASCII_WORDS = re.compile(r"[a-z0-9]+")
_WORDS = re.compile(r"[^\W_]+")
# combining marks that search ignores: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowel signs
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u00ad\u200b-\u200f\u2060\ufeff]"
)
# scripts written without spaces: Thai to Khmer, kana, bopomofo, Han, Hangul
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003134f"
)
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_ANY_UNSPACED = re.compile(f"[{_UNSPACED}]")
_UNSPACED_MARKS = re.compile(
    "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3]"
)
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "n", "ŧ": "t"}
)
_NUMBER_RUN = re.compile(r"\d[\d \t.,()/\u00a0\u202f+-]*\d")
_NOT_DIGIT = re.compile(r"\D+")


def analyze(text: str) -> list[str]:
    """Return the words of a text in order: lower case, without accents, at most `MAX_TOKENS`.

    Words hold letters and digits only, so a space separates them safely; a run of a script without spaces gives every
    pair of neighbours and its last character. Takes time linear in the text; never raises.
    """
    text = text[:MAX_CHARACTERS]
    if text.isascii():
        words = _ASCII_WORDS.findall(text.lower())
    else:
        folded = fold(text)
        words = _WORDS.findall(folded)
        if _ANY_UNSPACED.search(folded) is not None:
            words = _split_unspaced(words)
    if len(words) > MAX_TOKENS:
        del words[MAX_TOKENS:]
    if max(map(len, words), default=0) <= MAX_TOKEN_LENGTH:
        return words
    return [word[:MAX_TOKEN_LENGTH] for word in words]


def fold(text: str) -> str:
    """Return a text with letters folded: NFKC, no case, no accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    stripped = _MARKS.sub("", _UNSPACED_MARKS.sub("", decomposed))
    return unicodedata.normalize("NFKC", stripped).casefold().translate(_LETTERS)


def joined_numbers(text: str) -> list[str]:
    """Return the digits of numbers that are written in groups ("+62 812-3456" -> "628123456"), each once.

    Indexed beside the groups themselves, so that a telephone or account number is found however it was written.
    """
    found: dict[str, None] = {}
    for match in _NUMBER_RUN.finditer(text[:MAX_CHARACTERS]):
        written = match[0]
        if written.isdecimal() or len(written) > 40:
            continue
        digits = _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", written))
        if 5 <= len(digits) <= 20:
            found[digits] = None
    return list(found)[:500]


def is_unspaced(character: str) -> bool:
    """Return whether a character belongs to a script written without spaces."""
    return _ANY_UNSPACED.match(character) is not None


def _split_unspaced(words: list[str]) -> list[str]:
    result: list[str] = []
    for word in words:
        if word.isascii() or _ANY_UNSPACED.search(word) is None:
            result.append(word)
            continue
        for match in _UNSPACED_RUN.finditer(word):
            run = match[0]
            if is_unspaced(run[0]):
                result.extend(run[at : at + 2] for at in range(len(run) - 1))
                result.append(run[-1])
            else:
                result.append(run)
    return result
