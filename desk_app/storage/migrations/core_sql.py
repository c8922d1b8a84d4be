"""What revision 0001 makes beside plain tables: triggers, the full-text index, sequences, first rows. Frozen with
it."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from desk_app.storage.schema.base import Instant

APPEND_ONLY = "the history of a ticket is append-only"

_SQLITE = (
    f"""
    CREATE TRIGGER ticket_event_no_update BEFORE UPDATE ON ticket_event
    BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END
    """,
    f"""
    CREATE TRIGGER ticket_event_no_delete BEFORE DELETE ON ticket_event
    WHEN NOT EXISTS (SELECT 1 FROM ticket_purge WHERE ticket_id = OLD.ticket_id)
    BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END
    """,
    # contentless, with columns in the order of domain.search; texts arrive as tokens separated by spaces, and the
    # tokenizer "ascii" leaves every other character alone
    """
    CREATE VIRTUAL TABLE search_text USING fts5(
        subject, sender, recipients, body, content='', tokenize='ascii', columnsize=0)
    """,
    """
    CREATE VIRTUAL TABLE search_term_part USING fts5(term, content='search_term', content_rowid='id',
    tokenize='trigram')
    """,
    """
    CREATE TRIGGER search_term_added AFTER INSERT ON search_term
    BEGIN INSERT INTO search_term_part (rowid, term) VALUES (NEW.id, NEW.term); END
    """,
)

_POSTGRESQL = (
    f"""
    CREATE FUNCTION ticket_event_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF EXISTS (SELECT 1 FROM ticket_purge WHERE ticket_id = OLD.ticket_id) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER ticket_event_rows BEFORE UPDATE OR DELETE ON ticket_event
    FOR EACH ROW EXECUTE FUNCTION ticket_event_guard()
    """,
    """
    CREATE TRIGGER ticket_event_truncate BEFORE TRUNCATE ON ticket_event
    FOR EACH STATEMENT EXECUTE FUNCTION ticket_event_guard()
    """,
    "CREATE SEQUENCE ticket_number",
    "ALTER TABLE search_document ADD COLUMN tsv tsvector",
    "ALTER TABLE search_document ALTER COLUMN tsv SET STATISTICS 1000",
    "CREATE INDEX ix_search_document_tsv ON search_document USING gin (tsv) WITH (gin_pending_list_limit = 1024)",
    'CREATE INDEX ix_search_term_prefix ON search_term (term COLLATE "C")',
)
_TRIGRAM_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public"
_TRIGRAM_INDEX = "CREATE INDEX ix_search_term_part ON search_term USING gin (term gin_trgm_ops)"

_STATUSES = (
    ("open", "Open", "open"),
    ("in_progress", "In progress", "open"),
    ("waiting", "Waiting", "waiting"),
    ("resolved", "Resolved", "closed"),
    ("closed", "Closed", "closed"),
)


def make_extras(connection: Connection) -> None:
    """Create triggers, sequences and the full-text index."""
    postgresql = connection.dialect.name == "postgresql"
    for statement in _POSTGRESQL if postgresql else _SQLITE:
        connection.exec_driver_sql(statement)
    if postgresql:
        _make_trigram_index(connection)


def _make_trigram_index(connection: Connection) -> None:
    """Index parts of words where the server has pg_trgm and we may use it; without, the vocabulary is scanned."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(_TRIGRAM_EXTENSION)
    except sa.exc.DBAPIError:
        pass
    if connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'").first() is None:
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(_TRIGRAM_INDEX)
    except sa.exc.DBAPIError:
        pass  # the extension lies in a schema that is not on our path


def seed(connection: Connection) -> None:
    """Insert the first department, the statuses, the desk's identity and the schema's version."""
    now = datetime.now(UTC)
    if connection.dialect.name == "postgresql":
        now = connection.execute(sa.select(sa.func.now())).scalar_one()
    department = sa.table("department", sa.column("name"), sa.column("created_at", Instant()))
    connection.execute(department.insert(), {"name": "Support", "created_at": now})
    status = sa.table("status", *(sa.column(name) for name in ("key", "name", "category", "position")))
    connection.execute(
        status.insert(),
        [
            {"key": key, "name": name, "category": category, "position": position}
            for position, (key, name, category) in enumerate(_STATUSES)
        ],
    )
    setting = sa.table("setting", sa.column("key"), sa.column("value"), sa.column("changed_at", Instant()))
    connection.execute(
        setting.insert(),
        {"key": "desk.instance_id", "value": json.dumps(secrets.token_hex(8)), "changed_at": now},
    )
    counter = sa.table("number_counter", sa.column("name"), sa.column("last"))
    connection.execute(counter.insert(), {"name": "ticket", "last": 0})
    info = sa.table("schema_info", *(sa.column(name) for name in ("component", "version", "min_read", "min_write")))
    connection.execute(info.insert(), {"component": "core", "version": 1, "min_read": 1, "min_write": 1})
