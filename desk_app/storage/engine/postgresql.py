"""PostgreSQL connections (database.md 1.4, 4 and 8)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, QueuePool, create_engine
from sqlalchemy.engine import URL, make_url

if TYPE_CHECKING:
    import psycopg

SCHEMA = "desk"
MINIMUM = 140000
RECOMMENDED = 160000
POOL_SIZE = 3
POOL_OVERFLOW = 5
CHANGED_PLAN = "cached plan must not change result type"

log = logging.getLogger(__name__)


def connect_options(origin: str) -> dict[str, Any]:
    """Return libpq parameters for every connection: time limits, keepalives, schema, a name the admin recognises.

    `origin` marks the process in pg_stat_activity.
    """
    settings = {
        "search_path": f"{SCHEMA},public",
        "idle_in_transaction_session_timeout": "60s",
        "lock_timeout": "15s",
        "timezone": "UTC",
        "jit": "off",  # compiling a statement takes longer than any statement here; a list once waited 2 s for it
    }
    return {
        "connect_timeout": 8,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "application_name": f"desk-app {origin}"[:60],
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }


def postgresql_engine(url: URL, origin: str) -> Engine:
    """Return an engine with a small pool: a window needs two or three connections (max_connections is 100 by
    default)."""
    return create_engine(
        url,
        poolclass=QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=30,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,
        query_cache_size=1500,
        connect_args=connect_options(origin),
    )


def plain_connection(url: URL, origin: str) -> psycopg.Connection[Any]:
    """Return a driver connection in autocommit mode, for LISTEN and for migrations."""
    text = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    import psycopg  # noqa: PLC0415 -- 0.1 s of a start that a desk in a file does not need

    return psycopg.connect(text, autocommit=True, **connect_options(origin))


def version_remark(server_version: int) -> str:
    """Return what an admin should know about the server's version, "" when all is well."""
    if server_version < MINIMUM:
        return f"PostgreSQL {server_version // 10000} is too old; 14 is the minimum, 16 or newer is recommended."
    if server_version < RECOMMENDED:
        return f"PostgreSQL {server_version // 10000} works; 16 or newer is recommended."
    return ""
