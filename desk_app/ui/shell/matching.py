"""How well typed letters fit a title, forgivingly: parts, letters left out, accents, one slip of the finger. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_LEAST_LETTERS = 3
"""Letters from which on further words are looked at."""
_SLIPS_FROM = 4
"""Letters from which on one of them may be wrong."""


@dataclass(frozen=True, slots=True)
class Match:
    """A title that fits: more `score` is better, `letters` are the places in the title that made it fit."""

    score: int
    letters: tuple[int, ...] = ()


@lru_cache(4096)
def folded(text: str) -> str:
    """Return lower case without accents, letter by letter, so that places stay the same."""
    return "".join(_plain(letter) for letter in text)


@lru_cache(1024)
def _plain(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[:1].casefold()
    return base[:1] or letter


def match(words: str, title: str, also: Sequence[str] = ()) -> Match | None:
    """Return how `words` fit `title`, None where they do not; no words fit everything. The beginning of one of `also`
    fits too, less well than a part of the title."""
    needle, hay = folded(words.strip()), folded(title)
    if not needle:
        return Match(1)
    if hay.startswith(needle):
        return Match(1000 - len(hay), tuple(range(len(needle))))
    starts = _word_starts(hay)
    by_words = _each_word(needle, hay, starts)
    if by_words is not None:
        return Match(800 - len(hay), by_words)
    place = hay.find(needle)
    if place >= 0:
        return Match(600 - place, tuple(range(place, place + len(needle))))
    initials = _spread(needle.replace(" ", ""), hay, starts)
    if initials is not None:
        return Match(400 - (initials[-1] - initials[0]), initials)
    if len(needle) >= _LEAST_LETTERS and any(folded(one).startswith(needle) for one in also):
        return Match(200)
    return _with_a_slip(needle, hay, starts)


def _word_starts(hay: str) -> list[int]:
    return [i for i, letter in enumerate(hay) if letter.isalnum() and (i == 0 or not hay[i - 1].isalnum())]


def _each_word(needle: str, hay: str, starts: list[int]) -> tuple[int, ...] | None:
    """Every typed word begins some word of the title."""
    letters: set[int] = set()
    for part in needle.split():
        found = next((at for at in starts if hay.startswith(part, at)), None)
        if found is None:
            return None
        letters.update(range(found, found + len(part)))
    return tuple(sorted(letters))


def _spread(needle: str, hay: str, starts: list[int]) -> tuple[int, ...] | None:
    """The letters come in order, each at the beginning of a word or right behind the one before."""
    letters: list[int] = []
    for letter in needle:
        after = letters[-1] + 1 if letters else 0
        if letters and after < len(hay) and hay[after] == letter:
            letters.append(after)
            continue
        found = next((at for at in starts if at >= after and hay[at] == letter), None)
        if found is None:
            return None
        letters.append(found)
    return tuple(letters)


def _with_a_slip(needle: str, hay: str, starts: list[int]) -> Match | None:
    """One letter of the word is wrong, missing, too many, or changed its place with the next."""
    if len(needle) < _SLIPS_FROM or " " in needle:
        return None
    for at in starts:
        end = next((i for i in range(at, len(hay)) if not hay[i].isalnum()), len(hay))
        for length in (len(needle), len(needle) - 1, len(needle) + 1):
            part = hay[at : min(end, at + length)]
            if len(part) == length and one_apart(needle, part):
                return Match(100 - at, tuple(range(at, at + length)))
    return None


def one_apart(one: str, other: str) -> bool:
    """Return whether two words are one slip apart: a letter changed, added, left out, or two neighbours swapped."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) != len(other):
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        return longer[same + 1 :] == shorter[same:]
    if one[same + 1 :] == other[same + 1 :]:
        return True
    return one[same : same + 2] == other[same : same + 2][::-1] and one[same + 2 :] == other[same + 2 :]
