"""What becomes of contacts of older databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory

from desk_app.domain.contacts.blocking import BlockKind
from desk_app.domain.contacts.query import ContactFilter, ContactQuery
from desk_app.storage.database import open_database
from desk_app.storage.migrations import runner
from tests.support.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


def test_cu_09_whoever_was_blocked_stays_blocked_and_lists_find_old_names(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = ScriptDirectory._upgrade_revs

    def to_second(scripts: Any, _head: str, revision: Any) -> Any:
        return upgrade(scripts, "0002", revision)

    with monkeypatch.context() as older:
        older.setattr(ScriptDirectory, "_upgrade_revs", to_second)
        older.setattr(runner, "CORE_REVISION", "0002")
        database = open_database(empty, origin="old")
        at = "to_timestamp(1700000000)" if database.dialect == "postgresql" else "1700000000000000"
        with closing(database), database.unit_of_work() as uow:
            for key, name, blocked, email in (
                (1, "Élodie", "FALSE", "e@a.example"),
                (2, "Spam", "TRUE", "s@b.example"),
            ):
                uow.connection.exec_driver_sql(
                    "INSERT INTO contact (id, name, blocked, created_at, updated_at)"
                    f" VALUES ({key}, '{name}', {blocked}, {at}, {at})"
                )
                uow.connection.exec_driver_sql(
                    "INSERT INTO contact_address (contact_id, kind, address, is_primary)"
                    f" VALUES ({key}, 'email', '{email}', TRUE)"
                )
            uow.commit()
    database = open_database(empty, origin="new")
    try:
        queries = database.contact_queries
        assert list(queries.ids(ContactQuery(search="elodie"))) == [1]
        assert list(queries.ids(ContactQuery(filter=ContactFilter.BLOCKED))) == [2]
        with database.unit_of_work() as uow:
            assert [(one.kind, one.value) for one in uow.sender_blocks.all()] == [(BlockKind.ADDRESS, "s@b.example")]
    finally:
        database.close()
