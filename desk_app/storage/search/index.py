"""Writes documents into the full-text index, in the transaction of the message."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import zstandard
from sqlalchemy import delete, select

from desk_app.domain.search import ANALYZER_VERSION, SearchFields
from desk_app.services.messages.search_words import fields_of
from desk_app.services.ports.messages import MessageRecord
from desk_app.storage.schema.messages import search_document

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_WEIGHTS = "ABCD"  # in the order of the fields
_LAST_POSITION = 16_383  # of a tsvector
_FIELD_GAP = 8  # positions between fields, so that no phrase crosses
_BETWEEN_FIELDS = "\x1f"
_CHUNK = 500
_tools = threading.local()  # zstandard's contexts must not be shared between threads

_FORGET = (
    "INSERT INTO search_text (search_text, rowid, subject, sender, recipients, body) VALUES ('delete', ?, ?, ?, ?, ?)"
)
_ADD = "INSERT INTO search_text (rowid, subject, sender, recipients, body) VALUES (?, ?, ?, ?, ?)"
_STORED = "SELECT terms FROM search_document WHERE message_id = ?"
_ADD_DOCUMENT = (
    "INSERT INTO search_document (message_id, ticket_id, department_id, analyzer_version, terms) VALUES (?, ?, ?, ?, ?)"
)
_ADD_DOCUMENT_PG = (
    "INSERT INTO search_document (message_id, ticket_id, department_id, analyzer_version, tsv)"
    " VALUES (%s, %s, %s, %s, %s::tsvector)"
)
_UPSERT_PG = (
    "INSERT INTO search_document (message_id, ticket_id, department_id, analyzer_version, tsv)"
    " VALUES (%s, %s, %s, %s, %s::tsvector) ON CONFLICT (message_id) DO UPDATE SET"
    " ticket_id = excluded.ticket_id, department_id = excluded.department_id,"
    " analyzer_version = excluded.analyzer_version, tsv = excluded.tsv"
)


class SqlSearchIndex:
    """The full-text index of this database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def index(self, record: MessageRecord) -> None:
        """Add or replace a message's document: subject, people, text, attachment names."""
        fields = record.search_fields or fields_of(record)
        place = (record.id, record.ticket_id, record.department_id, ANALYZER_VERSION)
        if self._t.postgresql:
            self._t.execute_raw(_UPSERT_PG, (*place, tsvector(fields)))
        else:
            texts = [" ".join(words) for words in fields.by_field()]
            stored = self._t.execute_raw(_STORED, (record.id,)).fetchone()
            if stored is not None:
                self._forget([record.id])
                self._t.execute_raw("DELETE FROM search_document WHERE message_id = ?", (record.id,))
            self._t.execute_raw(_ADD, (record.id, *texts))
            self._t.execute_raw(_ADD_DOCUMENT, (*place, _pack(texts)))
        self._t.note_terms({word for words in fields.by_field() for word in words})

    def add(self, record: MessageRecord) -> None:
        """Add the document of a message that was stored just now, in a batch together with the others."""
        held = self._t.held
        if held is None:
            self.index(record)
            return
        fields = record.search_fields or fields_of(record)
        place = (record.id, record.ticket_id, record.department_id, ANALYZER_VERSION)
        if self._t.postgresql:
            held.finally_run(_ADD_DOCUMENT_PG, (*place, tsvector(fields)))
        else:
            texts = [" ".join(words) for words in fields.by_field()]
            held.finally_run(_ADD, (record.id, *texts))
            held.finally_run(_ADD_DOCUMENT, (*place, _pack(texts)))
        self._t.note_terms({word for words in fields.by_field() for word in words})

    def remove(self, message_ids: Sequence[int]) -> None:
        """Forget documents."""
        for start in range(0, len(message_ids), _CHUNK):
            ids = list(message_ids[start : start + _CHUNK])
            if not self._t.postgresql:
                self._forget(ids)
            self._t.connection.execute(delete(search_document).where(search_document.c.message_id.in_(ids)))

    def _forget(self, message_ids: Sequence[int]) -> None:
        """Take documents out of the FTS5 index, which needs the exact words that were put in."""
        statement = select(search_document.c.message_id, search_document.c.terms).where(
            search_document.c.message_id.in_(message_ids)
        )
        for row in self._t.connection.execute(statement).all():
            texts = zstandard.decompress(row.terms).decode().split(_BETWEEN_FIELDS)
            self._t.execute_raw(_FORGET, (row.message_id, *texts))


def _pack(texts: Sequence[str]) -> bytes:
    compressor = getattr(_tools, "compressor", None)
    if compressor is None:
        compressor = _tools.compressor = zstandard.ZstdCompressor(level=1)
    packed: bytes = compressor.compress(_BETWEEN_FIELDS.join(texts).encode())
    return packed


def tsvector(fields: SearchFields) -> str:
    """Return the text form of a tsvector with positions and weights; words hold letters and digits only."""
    places: dict[str, list[str]] = {}
    position = 0
    for weight, words in zip(_WEIGHTS, fields.by_field(), strict=True):
        for word in words:
            position += 1
            if position > _LAST_POSITION:
                break
            places.setdefault(word, []).append(f"{position}{weight}")
        position += _FIELD_GAP
    return " ".join(f"'{word}':{','.join(spots[:255])}" for word, spots in places.items())
