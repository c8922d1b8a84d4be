"""Whether the database and the mail servers can be reached, as far as this window knows (ui.md 4.18).

Nothing is asked for it: the change feed tells of the database, the mailboxes' health of the servers.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from desk_app.plugin_api.channel_faults import ChannelFault
from desk_app.services.ports.errors import StorageError
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem, fault_text
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import utc_now

_OFFLINE = frozenset({ChannelFault.NETWORK.value, ChannelFault.NAME.value})


class Reach(StrEnum):
    """What can be reached."""

    ALL = "all"
    NO_MAIL = "no_mail"
    NO_DATABASE = "no_database"


def mail_is_away(facts: DeskFacts) -> bool:
    """Return whether every mailbox in use failed because its server cannot be found or reached: this computer is
    offline, rather than one provider."""
    used = [health for account, health in facts.accounts if account.enabled]
    return bool(used) and all(health.fault in _OFFLINE and health.failed_polls > 0 for health in used)


class Connection(QObject):
    """Follows a session; `changed` is emitted when what can be reached, or how much waits, is another."""

    changed = Signal()
    back = Signal()
    """The database can be reached again; everything on screen may be old."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self._session = session
        self.reach = Reach.ALL
        self.since: datetime | None = None
        self.waiting = 0
        """Replies that leave when the servers can be reached again."""
        self._error: StorageError | None = None
        session.reachable_changed.connect(self._look)
        session.facts_changed.connect(self._look)
        session.outbox_changed.connect(self._count)
        session.work.problem.connect(self._remember)

    @classmethod
    def of(cls, session: DeskSession) -> Connection:
        """Return the one of a session, made at the first call."""
        found = session.findChild(cls)
        return found if isinstance(found, cls) else cls(session)

    def _look(self) -> None:
        before = self.reach
        if not self._session.reachable:
            self.reach = Reach.NO_DATABASE
        elif mail_is_away(self._session.facts):
            self.reach = Reach.NO_MAIL
        else:
            self.reach = Reach.ALL
        if self.reach is before:
            return
        self.since = utc_now() if self.reach is not Reach.ALL else None
        self.changed.emit()
        if before is Reach.NO_DATABASE:
            self._error = None
            self.back.emit()
        if self.reach is Reach.NO_MAIL:
            self._count()

    def _count(self) -> None:
        """Count what waits; only while it is of interest."""
        if self.reach is not Reach.NO_MAIL:
            return
        outbox = self._session.desk.outbox

        def counted(waiting: int) -> None:
            if waiting != self.waiting:
                self.waiting = waiting
                self.changed.emit()

        self._session.work.run(outbox.waiting, counted, failed=lambda _problem: None, owner=self)

    def _remember(self, problem: Problem) -> None:
        if isinstance(problem.error, StorageError):
            self._error = problem.error

    def problem(self) -> Problem:
        """Return what is wrong, in full."""
        if self.reach is Reach.NO_DATABASE:
            error = self._error or StorageError("The database cannot be reached.")
            return Problem(
                tr("The database cannot be reached"),
                tr("Check your network. The desk goes on by itself as soon as the database answers; drafts stay here."),
                f"{type(error).__name__}: {error.message} {error.advice}".strip(),
                error,
            )
        lines = [
            f"{account.name}: {fault_text(health.fault)[0]} {health.detail}".strip()
            for account, health in self._session.facts.accounts
            if account.enabled and health.fault
        ]
        return Problem(
            tr("No mail server can be reached"),
            tr("Check your internet connection. Nothing is lost: mail is fetched and sent when it is back."),
            "\n".join(lines),
            OSError("offline"),
        )
