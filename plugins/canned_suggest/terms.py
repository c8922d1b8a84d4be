"""Words of tickets, and how alike two bags of them are: no dictionary, no network, any language with words."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

MOST = 60
"""So many different words are kept of a ticket."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_SPACE = re.compile(r"\s+")


def terms(subject: str, text: str) -> dict[str, int]:
    """Return the words of a ticket and how much each weighs; those of the subject weigh double."""
    found: Counter[str] = Counter(_words(text))
    for word in _words(subject):
        found[word] += 2
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST])


def similarity(first: Mapping[str, int], second: Mapping[str, int], rareness: Mapping[str, float]) -> float:
    """Return how alike two bags of words are, 0 to 1: the cosine, rare words counting for more."""
    common = first.keys() & second.keys()
    if not common:
        return 0.0
    usual = max(rareness.values(), default=1.0)
    top = sum(first[w] * second[w] * rareness.get(w, usual) ** 2 for w in common)
    return top / (_length(first, rareness, usual) * _length(second, rareness, usual))


def rareness_of(bags: Iterable[Mapping[str, int]]) -> dict[str, float]:
    """Return how much each word tells: little for one that stands in nearly every bag."""
    seen: Counter[str] = Counter()
    count = 0
    for bag in bags:
        seen.update(bag.keys())
        count += 1
    return {word: math.log(1 + count / times) for word, times in seen.items()}


def fingerprint(text: str) -> str:
    """Return a text without what answers differ in: spaces, case, accents of typing; for finding it inside others."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return _WORD.findall(plain)


def _length(bag: Mapping[str, int], rareness: Mapping[str, float], usual: float) -> float:
    return math.sqrt(sum((weight * rareness.get(word, usual)) ** 2 for word, weight in bag.items()))
