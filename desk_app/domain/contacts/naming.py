"""How people's names and phone numbers are ordered and compared."""

from __future__ import annotations

import re

from desk_app.domain.search.analysis import fold

_NOT_DIGIT = re.compile(r"\D+")
_LEAST_DIGITS = 6
_COMPARED_DIGITS = 8
_LONGEST_KEY = 200  # letters; PostgreSQL has no index over a text of any length


def sort_key(name: str) -> str:
    """Return a name as lists order and search it: no capitals, no accents, single spaces, no more than its beginning
    where it is endless."""
    return " ".join(fold(name).split())[:_LONGEST_KEY].rstrip()


def same_phone(one: str, other: str) -> bool:
    """Return whether two phone numbers are most likely the same, written differently.

    "+46 8 123 45 67" and "08-1234567" are: country code and leading zero are left out of the comparison.
    """
    first, second = phone_key(one), phone_key(other)
    return bool(first) and first == second


def phone_key(number: str) -> str:
    """Return the digits two spellings of one phone number share, "" where there are too few to tell."""
    digits = _NOT_DIGIT.sub("", number).lstrip("0")
    return digits[-_COMPARED_DIGITS:] if len(digits) >= _LEAST_DIGITS else ""
