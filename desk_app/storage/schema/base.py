"""What all tables share.

Rules (database.md 1.2 and 1.5), so that row level security by department can be switched on later without a rewrite:
every table with customer data carries its own `department_id`; filters use integers, text and instants only (arrays,
numerics and JSON operators are not leakproof on PostgreSQL); JSON columns are only ever read whole.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, DateTime, Dialect, ForeignKey, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SURROGATES = re.compile("[\ud800-\udfff]")

_JSON_VALUES = {
    ("agent_setting", "value"),
    ("plugin_progress", "state"),
    ("plugin_setting", "value"),
    ("plugin_ticket_value", "value"),
    ("plugin_value", "value"),
    ("setting", "value"),
}
"""Columns with JSON that have no default."""

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key; on SQLite the rowid."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant: `timestamptz` on PostgreSQL, whole microseconds since 1970 on SQLite, so that both sort and
    compare exactly. A naive value is refused."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Pick the column type of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an instant into what the database stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        if dialect.name == "postgresql":
            return value.astimezone(UTC)
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's
        """Turn what the database stored into an aware UTC instant."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=int(value))


class CleanText(TypeDecorator[str]):
    """Text that both databases can hold. Mail brings NUL characters and broken surrogates, which PostgreSQL (and UTF-8)
    cannot store; they become U+FFFD, so that no message is lost over them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's
        """Replace what cannot be stored."""
        if value is None:
            return None
        if "\x00" in value:
            value = value.replace("\x00", "\ufffd")
        if value.isascii():
            return value
        try:
            value.encode()
        except UnicodeEncodeError:
            return _SURROGATES.sub("\ufffd", value)
        return value


NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}
"""Options of tables whose ids are remembered elsewhere (undo, cursors, purge permits): an id never comes back."""

CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}
"""Options of small link tables that are stored in the order of their key."""


def partial(condition: ColumnElement[bool]) -> dict[str, Any]:
    """Return the index options that leave out rows where `condition` does not hold.

    Tables are made by the migrations, which say the same for PostgreSQL. Named here, SQLAlchemy would load all of
    PostgreSQL at every start to check the name.
    """
    return {"sqlite_where": condition}


def key() -> Column[int]:
    """Return the surrogate key column `id`."""
    return Column("id", BigId, primary_key=True, autoincrement=True)


def department(*, nullable: bool = False, primary_key: bool = False) -> Column[int]:
    """Return the `department_id` column that row level security will filter by."""
    return Column(
        "department_id",
        BigId,
        ForeignKey("department.id"),
        nullable=nullable,
        primary_key=primary_key,
        autoincrement=False,
    )


def ref(
    name: str, target: str, *, nullable: bool = False, ondelete: str | None = None, primary_key: bool = False
) -> Column[int]:
    """Return a foreign key column. A parent that is ever deleted needs an index on it."""
    return Column(
        name,
        BigId,
        ForeignKey(target, ondelete=ondelete),
        nullable=nullable,
        primary_key=primary_key,
        autoincrement=False,
    )


def instant(name: str, *, nullable: bool = False) -> Column[datetime]:
    """Return an instant column."""
    return Column(name, Instant(), nullable=nullable)


def text(name: str, *, nullable: bool = False, default: str | None = "") -> Column[str]:
    """Return a text column, empty by default."""
    return Column(name, CleanText(), nullable=nullable, server_default=None if nullable else default)


def holds_json(column: Column[Any]) -> bool:
    """Return whether a text column holds JSON values."""
    default = getattr(column.server_default, "arg", None)
    return default in {"{}", "[]"} or (column.table.name, column.name) in _JSON_VALUES
