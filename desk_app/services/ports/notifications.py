"""What notifications need of the storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from desk_app.domain.notifications.model import Channel, Notice, NoticeKind

CHOICES = "notifications.choices"
"""Key of an agent's choices among what agents chose for themselves."""

DEFAULTS = "notification_defaults"
"""Key of the desk's defaults among its settings."""


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notification to be stored. `actor_name` is an agent's or the program's, never a customer's: theirs stands in
    the message."""

    agent_id: int
    kind: NoticeKind
    channels: Channel
    department_id: int | None = None
    ticket_id: int | None = None
    message_id: int | None = None
    actor_name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notification as it is shown."""

    notice: Notice
    read: bool
    message_id: int | None = None
    number: str = ""
    subject: str = ""
    author: str = ""
    """Who did it: the writer of the message, else the agent."""
    snippet: str = ""
    """The beginning of the message it is about."""


class NotificationRepository(Protocol):
    """Notifications inside a transaction. Other desktops hear of changes as entity "notification", id of the agent."""

    def add(self, notices: Sequence[NewNotice]) -> None:
        """Store notifications; those for no channel are left out, those not for the centre count as read."""
        ...

    def mark_read(self, agent_id: int, ids: Sequence[int], *, read: bool = True) -> int:
        """Mark an agent's notifications as read (or unread) and return how many that changed."""
        ...

    def mark_ticket_read(self, agent_id: int, ticket_id: int) -> int:
        """Mark everything about a ticket as read and return how many that changed."""
        ...

    def mark_all_read(self, agent_id: int, up_to_id: int) -> int:
        """Mark everything up to an id as read and return how many that changed; what came since stays unread."""
        ...


class NotificationQueries(Protocol):
    """Notifications read without a writing transaction; safe from any thread."""

    def choices(self, agent_id: int) -> tuple[Any, Any]:
        """Return the JSON values of an agent's choices and of the desk's defaults, None for what is not stored."""
        ...

    def unread(self, agent_id: int) -> int:
        """Return how many notifications of the centre an agent has not read."""
        ...

    def centre(
        self, agent_id: int, *, unread_only: bool = False, kinds: Sequence[NoticeKind] = (), limit: int = 200
    ) -> Sequence[NoticeRow]:
        """Return an agent's notifications of the centre, newest first."""
        ...

    def newest_id(self, agent_id: int) -> int:
        """Return the id of an agent's newest notification, 0 for none."""
        ...

    def since(self, agent_id: int, after_id: int, limit: int = 500) -> tuple[Sequence[NoticeRow], datetime]:
        """Return the newest notifications after an id, for every channel, oldest first, and the database's own time."""
        ...
