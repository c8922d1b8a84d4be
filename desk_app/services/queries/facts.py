"""What hardly ever changes and every screen needs, read in one transaction.

The first list of a window waits for it: it loads nothing that works on mailboxes, tags or backups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from desk_app.domain.mailboxes.desk import DeskSettings
from desk_app.services.mailboxes.health import suspended
from desk_app.services.system.backup_failure import BackupFailure, failure_of

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.model import Account, AccountHealth
    from desk_app.domain.people.agent import Agent, Department
    from desk_app.domain.tickets.model import Status
    from desk_app.services.ports.outside import Channels
    from desk_app.services.ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """One desk at one moment."""

    agents: Sequence[Agent] = ()
    departments: Sequence[Department] = ()
    statuses: Sequence[Status] = ()
    accounts: Sequence[tuple[Account, AccountHealth]] = ()
    settings: DeskSettings = field(default_factory=DeskSettings)
    tag_colours: Mapping[str, str] = field(default_factory=dict)
    """Colour tokens by tag; a tag that is not here is grey."""
    backup_failure: BackupFailure | None = None
    """Why the last daily backup failed."""

    def account(self, account_id: int | None) -> Account | None:
        """Return an account by id."""
        return next((account for account, _ in self.accounts if account.id == account_id), None)

    def agent(self, agent_id: int | None) -> Agent | None:
        """Return an agent by id."""
        return next((agent for agent in self.agents if agent.id == agent_id), None)

    def status(self, key: str) -> Status | None:
        """Return a status by key."""
        return next((status for status in self.statuses if status.key == key), None)


class FactQueries:
    """Reads the facts. `channels` is asked for accounts of plugins only."""

    def __init__(
        self, uow: UnitOfWorkFactory, statuses: Callable[[], Sequence[Status]], channels: Callable[[], Channels]
    ) -> None:
        self._uow, self._statuses, self._channels = uow, statuses, channels

    def read(self) -> DeskFacts:
        """Return the facts as they are now."""
        statuses = tuple(self._statuses())
        with self._uow() as uow:
            accounts = [(one, uow.accounts.health(one.id)) for one in uow.accounts.all()]
            facts = DeskFacts(
                agents=tuple(uow.people.agents()),
                departments=tuple(uow.people.departments()),
                statuses=statuses,
                settings=uow.settings.desk(),
                tag_colours=uow.tags.colours(),
                backup_failure=failure_of(uow),
            )
        return replace(facts, accounts=tuple(suspended(accounts, self._channels)))
