"""Rings once when a mailbox needs somebody (MB-04); the line below the lists keeps showing it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desk_app.domain.mailboxes.model import Account, AccountHealth
from desk_app.services.mailboxes.health import needs_alarm
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.problems import fault_text
from desk_app.ui.session import DeskSession


def alarmed_mailboxes(facts: DeskFacts) -> list[tuple[Account, AccountHealth]]:
    """Return the mailboxes somebody must look at: too many failed polls, or a fault only a person can mend."""
    limit = facts.settings.alarm_after_failed_polls
    return [(one, health) for one, health in facts.accounts if one.enabled and needs_alarm(health, limit)]


class AlarmBell(QObject):
    """Watches the mailboxes of a session."""

    rung = Signal(int, str)
    """Account id and what happened, in words; once for each alarm, until the mailbox works again."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self._session = session
        self._ringing: set[tuple[int, str]] = set()
        session.facts_changed.connect(self._look)

    def _look(self) -> None:
        alarmed = alarmed_mailboxes(self._session.facts)
        before, self._ringing = self._ringing, {(account.id, health.fault) for account, health in alarmed}
        for account, health in alarmed:
            if (account.id, health.fault) not in before:
                title, advice = fault_text(health.fault)
                self.rung.emit(account.id, f"{account.name}: {title}. {advice}")
