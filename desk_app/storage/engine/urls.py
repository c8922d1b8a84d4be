"""Database URLs: which ones are understood, and how they are shown without their password."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from desk_app.services.ports.errors import BadDatabaseUrlError

_SQLITE = {"sqlite", "sqlite+pysqlite"}
_POSTGRESQL = {"postgresql", "postgres", "postgresql+psycopg"}


def parse_url(text: str) -> URL:
    """Return the URL with its driver named; raises BadDatabaseUrlError without repeating a password.

    Understood are `sqlite:///relative.db`, `sqlite:////absolute.db` and `postgresql://user@host:port/name`.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise BadDatabaseUrlError(
            "The database URL cannot be understood.",
            "Write sqlite:///path/to/desk.db or postgresql://user@host/name.",
        ) from None
    if url.drivername in _SQLITE:
        if not url.database or url.database == ":memory:" or url.query:
            raise BadDatabaseUrlError("A SQLite database must be a file.", "Write sqlite:///path/to/desk.db.")
        return url.set(drivername="sqlite+pysqlite")
    if url.drivername in _POSTGRESQL:
        if not url.database:
            raise BadDatabaseUrlError("The database's name is missing.", "Write postgresql://user@host/name.")
        return url.set(drivername="postgresql+psycopg")
    raise BadDatabaseUrlError(
        f"Databases of the kind {url.drivername!r} are not supported.", "Use SQLite or PostgreSQL."
    )


def shown(url: URL) -> str:
    """Return a URL as it may stand in logs and error texts."""
    plain = url.set(drivername=url.get_backend_name(), query={})
    return plain.render_as_string(hide_password=True)


def file_of(url: URL) -> Path:
    """Return the absolute path of a SQLite URL's file."""
    return Path(url.database or "").expanduser().absolute()
