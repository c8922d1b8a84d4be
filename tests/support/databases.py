"""A fresh, migrated database for a test, on SQLite and on PostgreSQL.

    def test_x(database):            # runs twice
        with database.unit_of_work() as uow: ...

Migrating happens once a test process; every test gets a copy. `database_url` gives the copy's URL to tests that open it
themselves, `sqlite_database` and `postgres_database` are for what only one of them has.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk_app.storage.database import Database, open_database
from tests.support.postgres import PostgresServer

_TEMPLATE = "desk_template"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    open_database(f"sqlite:///{path}", origin="test").close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database on this process's server."""
    name = postgres_server.create(_TEMPLATE)
    open_database(postgres_server.url(name), origin="test").close()
    return name


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database, on each kind of database."""
    if request.param == "sqlite":
        yield _sqlite_copy(request, tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(template=request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh open database, on each kind of database."""
    opened = open_database(database_url, origin="test")
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def sqlite_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh open SQLite database."""
    opened = open_database(_sqlite_copy(request, tmp_path), origin="test")
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, postgres_template: str) -> Iterator[Database]:
    """A fresh open PostgreSQL database."""
    with postgres_server.database(template=postgres_template) as url:
        opened = open_database(url, origin="test")
        try:
            yield opened
        finally:
            opened.close()


def _sqlite_copy(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / "desk.db"
    shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"
