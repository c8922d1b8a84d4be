"""Opens a database and hands out what works with it."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.engine import URL, Connection

from desk_app.services.first_use import on_first_use
from desk_app.services.ports.errors import DatabaseUnavailableError
from desk_app.storage.engine import postgresql, sqlite
from desk_app.storage.engine.connections import Connections
from desk_app.storage.engine.folders import Machine, check_folder, prepare_folder
from desk_app.storage.engine.urls import file_of, parse_url, shown
from desk_app.storage.engine.writer_lock import needs_lock_file
from desk_app.storage.migrations import runner
from desk_app.storage.unit_of_work import SqlUnitOfWork

if TYPE_CHECKING:
    from desk_app.services.ports.backup import BackupStore
    from desk_app.services.ports.drafts import DraftQueries
    from desk_app.services.ports.notifications import NotificationQueries
    from desk_app.services.ports.plugins import EventReading, Pictures, PluginReading, PluginTables
    from desk_app.services.ports.writing import WritingQueries
    from desk_app.services.queries.changes import ChangeFeed
    from desk_app.services.queries.contacts import ContactQueries
    from desk_app.services.queries.conversation import ConversationQueries
    from desk_app.services.queries.tickets import TicketQueries
    from desk_app.storage.system.housekeeping import Housekeeping

log = logging.getLogger(__name__)


class Database:
    """An open, current database. Safe to use from any thread; close it once.

    `dialect` is "sqlite" or "postgresql", `url` is shown without its password.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.dialect = "postgresql" if connections.postgresql else "sqlite"
        self.url = shown(connections.url)
        self.process_id = connections.process_id

    @on_first_use
    def ticket_queries(self) -> TicketQueries:
        """Lists, rows and counters."""
        from desk_app.storage.tickets.queries import SqlTicketQueries

        return SqlTicketQueries(self._connections)

    @on_first_use
    def conversations(self) -> ConversationQueries:
        """What a ticket view shows."""
        from desk_app.storage.tickets.conversation import SqlConversationQueries

        return SqlConversationQueries(self._connections)

    @on_first_use
    def contact_queries(self) -> ContactQueries:
        """Customers and organizations."""
        from desk_app.storage.contacts.queries import SqlContactQueries

        return SqlContactQueries(self._connections)

    @on_first_use
    def drafts(self) -> DraftQueries:
        """Answers half written."""
        from desk_app.storage.messages.drafts import SqlDraftQueries

        return SqlDraftQueries(self._connections)

    @on_first_use
    def notifications(self) -> NotificationQueries:
        """What agents were told."""
        from desk_app.storage.notifications.repository import SqlNotificationQueries

        return SqlNotificationQueries(self._connections)

    @on_first_use
    def writing(self) -> WritingQueries:
        """What is offered while an answer is written."""
        from desk_app.storage.messages.writing_queries import SqlWritingQueries

        return SqlWritingQueries(self._connections)

    @on_first_use
    def pictures(self) -> Pictures:
        """What plugins are shown of the desk."""
        from desk_app.storage.plugins.pictures import SqlPictures

        return SqlPictures(self._connections.read)

    @on_first_use
    def event_reading(self) -> EventReading:
        """The history as plugins are told of it."""
        from desk_app.storage.plugins.event_log import SqlEventReading

        return SqlEventReading(self._connections.read)

    @on_first_use
    def plugin_reading(self) -> PluginReading:
        """What is kept of plugins."""
        from desk_app.storage.plugins.reading import SqlPluginReading

        return SqlPluginReading(self._connections.read)

    @on_first_use
    def plugin_tables(self) -> PluginTables:
        """Tables of plugins."""
        from desk_app.storage.plugins.tables import SqlPluginTables

        return SqlPluginTables(self._connections)

    @on_first_use
    def housekeeping(self) -> Housekeeping:
        """Keeps counters, change log and search index small."""
        from desk_app.storage.system.housekeeping import Housekeeping

        return Housekeeping(self._connections)

    @on_first_use
    def backups(self) -> BackupStore:
        """Copies of the database."""
        from desk_app.storage.system.backup import PostgresBackups, SqliteBackups

        return (PostgresBackups if self._connections.postgresql else SqliteBackups)(self._connections)

    def tidy(self) -> None:
        """Tidy up: counters, change log, search index."""
        self.housekeeping.run()

    def unit_of_work(self) -> SqlUnitOfWork:
        """Return a new unit of work; one per use case and thread."""
        return SqlUnitOfWork(self._connections)

    def change_feed(self) -> ChangeFeed:
        """Return a feed of what is committed from now on; one per consumer thread, closed by it."""
        from desk_app.storage.system.changes import open_feed

        return open_feed(self._connections)

    def backup(self, target: Path) -> Path:
        """Copy a SQLite database to `target` while it is in use and check the copy."""
        return runner.backup_file(self._connections, target)

    def diagnostics(self) -> dict[str, Any]:
        """Return facts about the database for `desk-app doctor` and the system page; nothing secret."""
        return self._connections.read(self._diagnose)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def _diagnose(self, connection: Connection) -> dict[str, Any]:
        state = runner.read_state(connection)
        facts: dict[str, Any] = {
            "dialect": self.dialect,
            "url": self.url,
            "revision": state.revision,
            "schema_version": state.version,
            "tickets": int(
                connection.execute(
                    text("SELECT COALESCE(SUM(delta), 0) FROM ticket_counter WHERE scope = 'all'")
                ).scalar_one()
            ),
        }
        if self._connections.postgresql:
            version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
            trigram = connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'").first()
            facts |= {
                "server_version": connection.exec_driver_sql("SHOW server_version").scalar_one(),
                "remark": postgresql.version_remark(version),
                "part_of_word_index": trigram is not None,
                "size_bytes": connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one(),
                "max_connections": int(connection.exec_driver_sql("SHOW max_connections").scalar_one()),
            }
        else:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            facts |= {
                "sqlite_version": sqlite3.sqlite_version,
                "journal_mode": connection.exec_driver_sql("PRAGMA journal_mode").scalar_one(),
                "size_bytes": pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one(),
                "writer_lock_file": needs_lock_file(),
                "remark": "This SQLite has the WAL-reset fault; writers keep each other out with a lock file."
                if needs_lock_file()
                else "",
            }
        return facts


def open_database(url: str, *, origin: str, migrate: bool = True, machine: Machine | None = None) -> Database:
    """Open a database, creating it or bringing it up to date first.

    `origin` names the program in logs and on the server ("window", "worker", "cli"). With `migrate` False an older
    schema raises OutdatedSchemaError. `machine` answers questions about folders in tests. Raises a StorageError that
    says what to do.
    """
    connections = _connect(parse_url(url), origin, machine)
    try:
        if migrate:
            runner.upgrade(connections)
        else:
            runner.check_current(connections)
        return Database(connections)
    except BaseException:
        connections.close()
        raise


def upgrade(url: str, *, machine: Machine | None = None) -> dict[str, Any]:
    """Bring a database up to date and return its state as `status` does."""
    open_database(url, origin="upgrade", machine=machine).close()
    return status(url, machine=machine)


def status(url: str, *, machine: Machine | None = None) -> dict[str, Any]:
    """Return what a database holds without changing it: url, exists, revision, current, needs_upgrade."""
    parsed = parse_url(url)
    facts: dict[str, Any] = {"url": shown(parsed), "dialect": parsed.get_backend_name()}
    if parsed.get_backend_name() == "sqlite" and not file_of(parsed).exists():
        return facts | {"exists": False, "revision": "", "schema_version": 0, "needs_upgrade": True}
    connections = _connect(parsed, "status", machine)
    try:
        state = connections.read(runner.read_state)
        return facts | {
            "exists": not state.empty,
            "revision": state.revision,
            "schema_version": state.version,
            "needs_upgrade": not state.current,
        }
    finally:
        connections.close()


def _connect(url: URL, origin: str, machine: Machine | None) -> Connections:
    if url.get_backend_name() == "sqlite":
        file = file_of(url)
        check_folder(file, machine)
        prepare_folder(file)
        sqlite.check_file(file)
        connections = Connections(url.set(database=str(file)), origin)
        _try(connections, lambda c: c.exec_driver_sql("PRAGMA journal_mode"))
        return connections
    connections = Connections(url, origin)
    _try(connections, _check_server)
    return connections


def _check_server(connection: Connection) -> None:
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    remark = postgresql.version_remark(version)
    if version < postgresql.MINIMUM:
        raise DatabaseUnavailableError(remark, "Use a newer server.")
    if remark:
        log.info("%s", remark)


def _try(connections: Connections, question: Any) -> None:
    """Ask a first question, on SQLite with the writer: that switches a new file to the write-ahead log."""
    try:
        if connections.postgresql:
            connections.read(question)
        else:
            connection = connections.begin_writing()
            connections.end_writing(connection, commit=False)
    except BaseException:
        connections.close()
        raise
