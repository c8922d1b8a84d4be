"""A desk of 100,000 tickets for tests of the window: filled once a session by SQL alone, copied for each test.

Every ticket has one message; nothing can be found by search, because building the index would take most of the time.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from desk_app.storage.database import open_database
from tests.support.desks import DeskKit

TICKETS = 100_000
OPEN = TICKETS // 2
"""How many of them stand in "All open"; the others wait, are closed, or lie in the trash."""
_FILL = """
CREATE TEMP TABLE n AS
    WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < :tickets)
    SELECT i,
        CASE WHEN i % 10 < 5 THEN 'open' WHEN i % 10 < 6 THEN 'waiting' WHEN i % 10 < 8 THEN 'closed' ELSE 'trash' END
        AS bucket, 1700000000000000 + i * 60000000 AS at, 1 + i % 2 AS account, i % 5 = 0 AS mine FROM counted;
INSERT INTO contact (id, name, created_at, updated_at) SELECT i, 'Customer ' || i, at, at FROM n;
INSERT INTO contact_address (id, contact_id, address, is_primary)
    SELECT i, i, 'customer' || i || '@example.org', 1 FROM n;
INSERT INTO ticket (id, number, department_id, account_id, subject, status_id, bucket, assignee_id, requester_id,
        requester_name, requester_email, snippet, message_count, last_message_id, last_inbound_id, created_at,
        updated_at, activity_at, closed_at, trashed_at)
    SELECT i, printf('%04d', i), 1, account, 'Where is order ' || i || '?',
        (SELECT id FROM status WHERE key = CASE bucket WHEN 'waiting' THEN 'waiting' WHEN 'closed' THEN 'resolved'
            ELSE 'open' END),
        bucket, CASE WHEN mine THEN 1 END, i, 'Customer ' || i, 'customer' || i || '@example.org',
        'It should have come last week, yet nobody knows where it is. Could you look?', 1, i, i, at, at, at,
        CASE bucket WHEN 'closed' THEN at END, CASE bucket WHEN 'trash' THEN at END FROM n;
INSERT INTO ticket_mailbox (ticket_id, account_id, department_id, bucket, activity_at, created_at)
    SELECT i, account, 1, bucket, at, at FROM n;
INSERT INTO ticket_tag (ticket_id, tag, department_id, bucket, activity_at, created_at)
    SELECT i, 'order', 1, bucket, at, at FROM n WHERE i % 4 = 0;
INSERT INTO message (id, ticket_id, department_id, account_id, kind, direction, contact_id, author_name, author_email,
        subject, snippet, sent_at, created_at, internet_id)
    SELECT i, i, 1, account, 'public_reply', 'in', i, 'Customer ' || i, 'customer' || i || '@example.org',
        'Where is order ' || i || '?', 'It should have come last week.', at, at, 'm' || i || '@example.org' FROM n;
INSERT INTO message_body (message_id, department_id, text, visible_text, html, reader_version, pipeline_version)
    SELECT i, 1, 'It should have come last week, yet nobody knows where it is. Could you look?',
        'It should have come last week, yet nobody knows where it is. Could you look?',
        '<p>It should have come last week, yet nobody knows where it is. Could you look?</p>', 1, 1 FROM n;
INSERT INTO ticket_counter (department_id, scope, scope_id, bucket, delta)
    SELECT 1, 'all', 0, bucket, COUNT(*) FROM ticket GROUP BY bucket
    UNION ALL SELECT 1, 'agent', COALESCE(assignee_id, 0), bucket, COUNT(*) FROM ticket GROUP BY assignee_id, bucket
    UNION ALL SELECT 1, 'mailbox', account_id, bucket, COUNT(*) FROM ticket GROUP BY account_id, bucket;
UPDATE number_counter SET last = :tickets WHERE name = 'ticket';
DROP TABLE n;
"""


@pytest.fixture(scope="session")
def large_desk_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with 100,000 tickets of agent "ann"."""
    path = tmp_path_factory.mktemp("large") / "large.sqlite"
    fill_large_desk(path)
    return path


def fill_large_desk(path: Path) -> None:
    """Make a SQLite file with 100,000 tickets in two mailboxes."""
    database = open_database(f"sqlite:///{path}", origin="test")
    kit = DeskKit(database)
    kit.mailbox("support@desk.example")
    kit.mailbox("sales@desk.example")
    assert kit.agent.id == 1
    database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _FILL.split(";\n"):
            if statement.strip():
                connection.execute(statement.replace(":tickets", str(TICKETS)))
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture
def large_kit(large_desk_file: Path, tmp_path: Path) -> Iterator[DeskKit]:
    """A desk with 100,000 tickets, of which the test may change whatever it likes."""
    path = tmp_path / "desk.sqlite"
    shutil.copyfile(large_desk_file, path)
    database = open_database(f"sqlite:///{path}", origin="test")
    yield DeskKit(database)
    database.close()
