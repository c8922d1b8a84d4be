"""The first core schema.

Revision: 0001
"""

from __future__ import annotations

from alembic import op

from desk_app.storage.migrations import core_sql
from desk_app.storage.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything and put the first rows in."""
    metadata.create_all(op.get_bind())
    core_sql.make_extras(op.get_bind())
    core_sql.seed(op.get_bind())
