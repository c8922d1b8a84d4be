"""Takes words out of the vocabulary of the search that no document holds any more (CU-10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from desk_app.domain.search import analyze
from desk_app.storage.schema.messages import search_term

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_LEAST_LETTERS = 3


def forget_words(transaction: Transaction, texts: Iterable[str]) -> int:
    """Take the words of these texts out of the vocabulary where nothing contains them; returns how many went."""
    words = sorted({word for text in texts for word in analyze(text) if len(word) >= _LEAST_LETTERS})
    gone = 0
    for word in words:
        if _is_used(transaction, word):
            continue
        row = transaction.connection.execute(select(search_term.c.id).where(search_term.c.term == word)).first()
        if row is None:
            continue
        if not transaction.postgresql:
            transaction.execute_raw(
                "INSERT INTO search_term_part (search_term_part, rowid, term) VALUES ('delete', ?, ?)", (row.id, word)
            )
        transaction.connection.execute(delete(search_term).where(search_term.c.id == row.id))
        gone += 1
    if gone:
        transaction.connections.known_terms.clear()
    return gone


def _is_used(transaction: Transaction, word: str) -> bool:
    if transaction.postgresql:
        sql, values = "SELECT 1 FROM search_document WHERE tsv @@ %s::tsquery LIMIT 1", (f"'{word}'",)
    else:
        sql, values = "SELECT 1 FROM search_text WHERE search_text MATCH ? LIMIT 1", (f'"{word}"',)
    return transaction.execute_raw(sql, values).fetchone() is not None
