"""Schema versions: what this program needs, what a database has, and the way from one to the other.

Alembic does the work and is imported only when there is some. Each component has its own version table
(`alembic_version_core`, later one a plugin), database.md 4.
"""

from __future__ import annotations

CORE_REVISION = "0004"
"""The newest core revision in `versions`."""

SCHEMA_VERSION = 4
"""The version this program reads and writes; compared with `schema_info.min_read` and `min_write`."""

VERSION_TABLE = "alembic_version_core"
