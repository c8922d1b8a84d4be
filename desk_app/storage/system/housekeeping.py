"""What keeps small tables small; run by whoever holds the timers' lease, harmless when several do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, text

from desk_app.storage.schema.sync import auto_answer
from desk_app.storage.schema.system import change_log
from desk_app.storage.schema.tickets import ticket_counter
from desk_app.storage.schema.views import bulk_job, notification
from desk_app.storage.transaction import Transaction

if TYPE_CHECKING:
    from desk_app.storage.engine.connections import Connections

CHANGES_KEPT = timedelta(hours=24)
AUTO_ANSWERS_KEPT = timedelta(days=7)
BULK_JOBS_KEPT = timedelta(days=30)
NOTIFICATIONS_KEPT = timedelta(days=60)
_FOLD_AT = 200  # rows worth a fold
_EVERY = 2**62

_FOLD_PG = text(
    """
    WITH gone AS (DELETE FROM ticket_counter RETURNING department_id, scope, scope_id, bucket, delta)
    INSERT INTO ticket_counter (department_id, scope, scope_id, bucket, delta)
    SELECT department_id, scope, scope_id, bucket, SUM(delta) FROM gone
    GROUP BY department_id, scope, scope_id, bucket HAVING SUM(delta) <> 0
    """
)
_KEY = (ticket_counter.c.department_id, ticket_counter.c.scope, ticket_counter.c.scope_id, ticket_counter.c.bucket)


class Housekeeping:
    """Folds counters and forgets old changes."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def run(self) -> None:
        """Do everything that is due; cheap when nothing is."""
        self.fold_counters()
        self.prune()

    def fold_counters(self, *, at_least: int = _FOLD_AT) -> int:
        """Fold counter deltas together where there are `at_least` rows, and return how many rows went.

        Only rows this statement deletes are summed, so that deltas written meanwhile stay (two folders meet on row
        locks).
        """
        with Transaction(self._connections) as transaction:
            connection = transaction.connection
            rows = select(func.count()).select_from(ticket_counter)
            before = connection.execute(rows).scalar_one()
            if before < at_least:
                return 0
            if transaction.postgresql:
                connection.execute(_FOLD_PG)
            else:
                sums = [
                    row._asdict()
                    for row in connection.execute(
                        select(*_KEY, func.sum(ticket_counter.c.delta).label("delta")).group_by(*_KEY)
                    )
                    if row.delta
                ]
                connection.execute(delete(ticket_counter))
                if sums:
                    connection.execute(insert(ticket_counter), sums)
            after = connection.execute(rows).scalar_one()
            transaction.commit()
        return int(before - after)

    def prune(self, *, changes_kept: timedelta = CHANGES_KEPT) -> int:
        """Forget changes that every feed has read long ago, automatic answers no ceiling looks at, bulk jobs that
        nobody takes back any more, and old notifications; returns how many changes."""
        with Transaction(self._connections) as transaction:
            now = transaction.now()
            gone = transaction.connection.execute(
                delete(change_log).where(change_log.c.at < now - changes_kept)
            ).rowcount
            transaction.connection.execute(delete(auto_answer).where(auto_answer.c.at < now - AUTO_ANSWERS_KEPT))
            transaction.connection.execute(delete(bulk_job).where(bulk_job.c.finished_at < now - BULK_JOBS_KEPT))
            fresh = select(notification.c.id).where(notification.c.at >= now - NOTIFICATIONS_KEPT)
            first = fresh.order_by(notification.c.id).limit(1).scalar_subquery()  # looks at old ones only, not at all
            transaction.connection.execute(delete(notification).where(notification.c.id < func.coalesce(first, _EVERY)))
            transaction.commit()
        return int(gone)
