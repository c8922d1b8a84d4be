"""before_ticket_change: plugins may deny what agents, rules and plugins want to change (PL-02, group tickets)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from desk_app.domain.tickets.model import Priority
from desk_app.plugin_api import ActorView, Change, Deny, TicketView
from desk_app.services.ports.bulk import JobState
from desk_app.services.tickets.results import CommandRefusedError
from desk_app.storage.database import Database
from tests.support.desks import mail
from tests.support.plugins import PluggedDesk, part

LATER = datetime(2030, 1, 1, tzinfo=UTC)


class Guard:
    """Denies changes of the fields it is told to, and keeps what it was asked."""

    def __init__(self, *fields: str, only: int | None = None) -> None:
        self.fields, self.only = set(fields), only
        self.asked: list[tuple[TicketView, tuple[Change, ...], ActorView]] = []

    def ask(self, ticket: TicketView, changes: Any, actor: ActorView) -> Deny | None:
        self.asked.append((ticket, tuple(changes), actor))
        if self.only not in {None, ticket.id}:
            return None
        wrong = [one.field for one in changes if one.field in self.fields]
        return Deny(f"{wrong[0]} is locked") if wrong else None

    @property
    def changes(self) -> list[Change]:
        return [change for _, changes, _ in self.asked for change in changes]


def _desk(database: Database, guard: Guard, tickets: int = 1) -> tuple[PluggedDesk, list[int]]:
    ask = part(before_ticket_change=lambda ticket, changes, actor: guard.ask(ticket, changes, actor))  # noqa: PLW0108 -- a method takes no marks
    kit = PluggedDesk(database, ask)
    account = kit.mailbox("support@desk.example")
    for number in range(tickets):
        kit.arrive(account, mail(subject=f"No {number}", from_=f"p{number}@customer.example"))
    return kit, [one.id for one in kit.tickets()]


def test_before_ticket_change_is_told_what_is_to_change(database: Database) -> None:
    guard = Guard()
    kit, (first, second) = _desk(database, guard, 2)
    do = kit.desk.tickets
    do.assign([first], kit.agent.id, kit.ann)
    do.set_status([first], "waiting", kit.ann)
    do.set_priority([first], Priority.HIGH, kit.ann)
    do.tag([first], ["vip"], [], kit.ann)
    do.rename(first, "Another", kit.ann)
    do.snooze([first], LATER, kit.ann)
    do.mark_spam([first], True, kit.ann)
    do.trash([first], kit.ann)
    do.restore([first], kit.ann)
    do.merge([second], first, kit.ann)

    assert guard.changes == [
        Change("assignee", None, guard.changes[0].new),
        Change("status", "open", "waiting"),
        Change("priority", "normal", "high"),
        Change("tags", (), ("vip",)),
        Change("subject", "No 0", "Another"),
        Change("snoozed", None, LATER),
        Change("spam", False, True),
        Change("trashed", False, True),
        Change("trashed", True, False),
        Change("merged", None, first),
    ]
    assert guard.changes[0].new.name == "Ann Agent"
    ticket, _, actor = guard.asked[4]
    assert (ticket.id, ticket.subject, ticket.priority, ticket.tags) == (first, "No 0", "high", ("vip",))
    assert (actor.kind, actor.name) == ("agent", "Ann Agent")


def test_before_ticket_change_leaves_everything_as_it_was_where_it_denies(database: Database) -> None:
    fields = ("assignee", "status", "priority", "tags", "subject", "department", "snoozed", "spam", "trashed", "merged")
    guard = Guard(*fields)
    kit, (first, second) = _desk(database, guard, 2)
    other = kit.desk.people.add_department("Other", kit.ann)
    before, told = kit.ticket(first), len(kit.events(first))
    do = kit.desk.tickets
    results = [
        *do.assign([first], kit.agent.id, kit.ann),
        *do.set_status([first], "waiting", kit.ann),
        *do.set_priority([first], Priority.HIGH, kit.ann),
        *do.tag([first], ["vip"], [], kit.ann),
        do.rename(first, "Another", kit.ann),
        *do.move([first], other, kit.ann),
        *do.snooze([first], LATER, kit.ann),
        *do.mark_spam([first], True, kit.ann),
        *do.trash([first], kit.ann),
        *do.merge([first], second, kit.ann),
    ]
    assert [one.error for one in results] == [f"{name} is locked" for name in fields]
    assert kit.ticket(first) == before
    assert len(kit.events(first)) == told


def test_before_ticket_change_refuses_single_tickets_of_a_bulk_job(database: Database) -> None:
    guard = Guard("priority")
    kit, ids = _desk(database, guard, 5)
    guard.only = ids[2]
    job = kit.desk.bulk.start("priority", {"priority": "urgent"}, ids, kit.ann)
    assert (job.state, job.done, job.failed) == (JobState.DONE, 4, 1)
    assert [(one.ticket_id, one.error) for one in kit.desk.bulk.failures(job.job_id)] == [
        (ids[2], "priority is locked")
    ]
    assert [kit.ticket(one).priority.value for one in ids].count("urgent") == 4

    guard.only = ids[0]
    list(kit.desk.bulk.undo(job.job_id, kit.ann))
    assert [kit.ticket(one).priority.value for one in ids].count("urgent") == 1
    assert kit.desk.bulk.failures(job.job_id)[0].error == "priority is locked"


def test_before_ticket_change_is_asked_for_what_is_chosen_with_a_reply(database: Database) -> None:
    guard = Guard("status")
    kit, (first,) = _desk(database, guard)
    with pytest.raises(CommandRefusedError, match="status is locked"):
        kit.reply(first, then_status="resolved")
    assert len(kit.messages(first)) == 1
    kit.reply(first)
    assert len(kit.messages(first)) == 2


def test_before_ticket_change_allows_where_a_plugin_fails(database: Database) -> None:
    def fail() -> None:
        raise ValueError("broken")

    kit = PluggedDesk(database, part(before_ticket_change=fail))
    kit.arrive(kit.mailbox("support@desk.example"), mail())
    (ticket,) = kit.tickets()
    assert kit.desk.tickets.set_priority([ticket.id], Priority.HIGH, kit.ann)[0].ok
    assert [one.hook for one in kit.failures] == ["before_ticket_change"]


def test_before_ticket_change_costs_nothing_where_nobody_asks(database: Database, monkeypatch: Any) -> None:
    kit = PluggedDesk(database)
    kit.arrive(kit.mailbox("support@desk.example"), mail())
    (ticket,) = kit.tickets()
    monkeypatch.setattr("desk_app.services.plugins.guarding.actor_view", None)
    assert kit.desk.tickets.set_priority([ticket.id], Priority.HIGH, kit.ann)[0].ok
    kit.reply(ticket.id, then_status="resolved")


def test_before_ticket_change_keeps_a_tag_of_a_ticket_that_may_not_lose_it(database: Database) -> None:
    guard = Guard()
    kit, (first, second) = _desk(database, guard, 2)
    kit.desk.tickets.tag([first, second], ["hold"], [], kit.ann)
    guard.fields, guard.only = {"tags"}, first
    list(kit.desk.tags.replace("hold", "kept", kit.ann))
    with kit.database.unit_of_work() as uow:
        assert uow.tickets.tags(first) == ("hold",)
        assert uow.tickets.tags(second) == ("kept",)
