"""Writes a search down in the language of FTS5 or of PostgreSQL's tsquery. Words hold letters and digits only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from desk_app.domain.search.query import TextClause, TextField
from desk_app.storage.search.terms import Expansion, expand

_WEIGHT = {TextField.SUBJECT: "A", TextField.SENDER: "B", TextField.RECIPIENTS: "C", TextField.ANY: ""}


@dataclass(frozen=True, slots=True)
class TextExpression:
    """What must match and what must not, each "" where nothing was asked."""

    wanted: str
    unwanted: str


def write(connection: Connection, clauses: Sequence[TextClause]) -> TextExpression:
    """Return the expression of a search's text clauses, in the language of the connection's database."""
    postgresql = connection.dialect.name == "postgresql"
    wanted: list[str] = []
    unwanted: list[str] = []
    for clause in clauses:
        expansion = expand(connection, clause.words[0]) if clause.parts else None
        text = _tsquery(clause, expansion) if postgresql else _fts5(clause, expansion)
        (unwanted if clause.excluded else wanted).append(text)
    both, either = (" & ", " | ") if postgresql else (" AND ", " OR ")
    return TextExpression(both.join(wanted), either.join(unwanted))


def _fts5(clause: TextClause, expansion: Expansion | None) -> str:
    if expansion is not None:
        parts = [f'"{term}"' for term in expansion.terms]
        if expansion.prefix:
            parts.append(f'"{clause.words[0]}" *')
        text = " OR ".join(parts)
    else:
        text = f'"{" ".join(clause.words)}"' + (" *" if clause.open_end else "")
    return f"({text})" if clause.field is TextField.ANY else f"({{{clause.field.value}}} : ({text}))"


def _tsquery(clause: TextClause, expansion: Expansion | None) -> str:
    weight = _WEIGHT[clause.field]
    plain = f":{weight}" if weight else ""
    if expansion is not None:
        parts = [f"'{term}'{plain}" for term in expansion.terms]
        if expansion.prefix:
            parts.append(f"'{clause.words[0]}':*{weight}")
        return f"({' | '.join(parts)})"
    words = [f"'{word}'{plain}" for word in clause.words]
    if clause.open_end:
        words[-1] = f"'{clause.words[-1]}':*{weight}"
    return f"({' <-> '.join(words)})"
