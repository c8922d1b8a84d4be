"""What a bulk job can do to tickets, and which of their fields that changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Priority, Ticket
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.commands import TicketService
from desk_app.services.tickets.restoring import SEEN, TAGS, WATCHED
from desk_app.services.tickets.results import CommandRefusedError, CommandResult
from desk_app.services.tickets.watching import add_watchers, remove_watcher

Run = Callable[[TicketService, Sequence[int], Mapping[str, Any], Actor], Sequence[CommandResult]]


@dataclass(frozen=True, slots=True)
class BulkCommand:
    """A command on several tickets. `fields` are what it may change and an undo puts back; with none of them it cannot
    be undone. Without `follow`, a merged ticket does not stand for its survivor."""

    run: Run
    fields: tuple[str, ...]
    follow: bool = True


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _watch(tickets: TicketService, ids: Sequence[int], with_: Mapping[str, Any], actor: Actor) -> list[CommandResult]:
    """Let the actor watch tickets, or stop that."""

    def change(uow: UnitOfWork, ticket: Ticket) -> None:
        agent = uow.people.agent(actor.id or 0)
        if agent is None:
            raise CommandRefusedError("There is no such active agent.")
        if with_["on"]:
            add_watchers(uow, ticket, [agent.id], actor, uow.now(), cause=tickets.cause)
        else:
            remove_watcher(uow, ticket, agent, actor, uow.now(), cause=tickets.cause)

    return tickets.each(ids, change)


COMMANDS: dict[str, BulkCommand] = {
    "assign": BulkCommand(lambda do, ids, with_, who: do.assign(ids, with_["agent_id"], who), ("assignee_id",)),
    "status": BulkCommand(
        lambda do, ids, with_, who: do.set_status(ids, with_["key"], who),
        ("status_id", "closed_at", "snoozed_until_at"),
    ),
    "priority": BulkCommand(
        lambda do, ids, with_, who: do.set_priority(ids, Priority(with_["priority"]), who), ("priority",)
    ),
    "tag": BulkCommand(lambda do, ids, with_, who: do.tag(ids, with_["add"], with_["remove"], who), (TAGS,)),
    "move": BulkCommand(lambda do, ids, with_, who: do.move(ids, with_["department_id"], who), ("department_id",)),
    "mailbox": BulkCommand(
        lambda do, ids, with_, who: do.to_mailbox(ids, with_["account_id"], who),
        ("account_id", "mailbox_ids", "department_id"),
    ),
    "snooze": BulkCommand(
        lambda do, ids, with_, who: do.snooze(ids, _instant(with_["until_at"]), who), ("snoozed_until_at",)
    ),
    "due": BulkCommand(lambda do, ids, with_, who: do.set_due(ids, _instant(with_["due_at"]), who), ("due_at",)),
    "spam": BulkCommand(lambda do, ids, with_, who: do.mark_spam(ids, with_["spam"], who), ("spam",)),
    "trash": BulkCommand(lambda do, ids, _with, who: do.trash(ids, who), ("trashed_at",)),
    "restore": BulkCommand(lambda do, ids, _with, who: do.restore(ids, who), ("trashed_at",)),
    "purge": BulkCommand(lambda do, ids, with_, who: do.purge(ids, who, with_["reason"]), (), follow=False),
    "merge": BulkCommand(
        lambda do, ids, with_, who: do.merge(ids, with_["target_id"], who), ("merged_into_id",), follow=False
    ),
    "read": BulkCommand(lambda do, ids, with_, who: do.mark_read(ids, who.id or 0, read=with_["read"]), (SEEN,)),
    "rename": BulkCommand(
        lambda do, ids, with_, who: [do.rename(one, with_["subject"], who) for one in ids], ("subject",)
    ),
    "watch": BulkCommand(_watch, (WATCHED,)),
    "requester": BulkCommand(
        lambda do, ids, with_, who: do.change_requester(ids, with_["email"], with_["name"], who),
        ("requester_id", "requester_email", "requester_name"),
    ),
}
"""By the name that is stored with a job; what is stored stays readable, so that names only come and never change."""
