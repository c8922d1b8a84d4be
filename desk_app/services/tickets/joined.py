"""Lets a command run inside a transaction that somebody else has begun and will commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from desk_app.domain.tickets.model import TicketEvent
    from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


class _Joined:
    """An open unit of work that neither ends nor commits with the command that uses it."""

    def __init__(self, uow: UnitOfWork, *, silent: bool) -> None:
        self._uow = uow
        self.tickets: Any = _Quiet(uow.tickets) if silent else uow.tickets

    def __getattr__(self, name: str) -> Any:
        return getattr(self._uow, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave the transaction open."""

    def commit(self) -> None:
        """Leave it to whoever began."""


class _Quiet:
    """The tickets of a unit of work, whose history is written without telling anybody of it."""

    def __init__(self, tickets: Any) -> None:
        self._tickets = tickets

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tickets, name)

    def record(self, events: Sequence[TicketEvent]) -> None:
        """Append history lines nobody is told of (NT-04)."""
        self._tickets.record([replace(event, silent=True) for event in events])


def joined(uow: UnitOfWork, *, silent: bool = False) -> UnitOfWorkFactory:
    """Return a factory whose units of work are all the open one; with `silent` nobody is told of what they record."""
    inside = cast("UnitOfWork", _Joined(uow, silent=silent))
    return lambda: inside
