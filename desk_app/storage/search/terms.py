"""Finds the words of the vocabulary that a word of a search box stands for (SR-04)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from desk_app.domain.search.analysis import is_unspaced

MAX_TERMS = 200
"""Words one searched word can stand for; beyond that the index's own prefix search takes over for word beginnings."""

_LOOKED_AT = 3_000
_SHORTEST_PART = 3  # characters: what a trigram index can look up
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Expansion:
    """The stored words that match, and whether every longer word that begins so is meant as well."""

    terms: tuple[str, ...]
    prefix: bool


def expand(connection: Connection, word: str) -> Expansion:
    """Return what a searched word stands for: itself, words that begin with it, words that hold it."""
    if len(word) < 2 and not is_unspaced(word[0]):
        return Expansion((word,), prefix=False)
    beginning = _beginning(connection, word)
    if len(word) < _SHORTEST_PART:
        if len(beginning) > MAX_TERMS:
            return Expansion((word,), prefix=True)
        return Expansion(tuple(dict.fromkeys([word, *beginning])), prefix=False)
    holding = _holding(connection, word)
    if len(beginning) > MAX_TERMS:
        inside = [term for term in holding if not term.startswith(word)]
        return Expansion((word, *inside[:MAX_TERMS]), prefix=True)
    return Expansion(tuple(dict.fromkeys([word, *beginning, *holding]))[: MAX_TERMS * 2], prefix=False)


def _beginning(connection: Connection, word: str) -> list[str]:
    collate = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    sql = (
        f"SELECT term FROM search_term WHERE term{collate} >= {mark} AND term{collate} < {mark}"
        f" ORDER BY term{collate} LIMIT {MAX_TERMS + 1}"
    )
    return list(connection.exec_driver_sql(sql, (word, word + _LAST)).scalars())


def _holding(connection: Connection, word: str) -> list[str]:
    """Return words with `word` inside, the shortest first; both databases answer from a trigram index."""
    if connection.dialect.name == "postgresql":
        source = "SELECT term FROM search_term WHERE term LIKE %s"
    else:
        source = "SELECT term FROM search_term_part WHERE term LIKE ?"
    sql = f"SELECT term FROM ({source} LIMIT {_LOOKED_AT}) AS found ORDER BY LENGTH(term), term LIMIT {MAX_TERMS}"
    return list(connection.exec_driver_sql(sql, (f"%{word}%",)).scalars())
