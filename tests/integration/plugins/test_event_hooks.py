"""Plugins are told what happened, from the history (PL-02, groups tickets and channels; decision 121)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from desk_app.domain.mailboxes.model import FirstImport
from desk_app.domain.tickets.model import Priority, TicketEvent
from desk_app.plugin_api import ActorView, Change
from desk_app.plugin_api.channels import ChannelError, ChannelFault, SendOutcome, SendReceipt
from desk_app.runtime.worker import Pace, run_worker
from desk_app.services.messages.intake import LeaseLostError
from desk_app.services.plugins import event_pages, events
from desk_app.services.ports.system import Lease
from desk_app.storage.database import Database
from tests.support.desks import mail
from tests.support.plugins import PluggedDesk, part

LATER = datetime(2030, 1, 1, tzinfo=UTC)
NAMES = (
    "ticket_created",
    "ticket_changed",
    "message_added",
    "ticket_merged",
    "ticket_deleted",
    "message_sent",
    "message_send_failed",
)


class Listener:
    """A plugin that writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.part = part(
            ticket_created=lambda ticket, source: self._note("ticket_created", ticket=ticket, source=source),
            ticket_changed=lambda ticket, changes, actor: self._note(
                "ticket_changed", ticket=ticket, changes=changes, actor=actor
            ),
            message_added=lambda ticket, message, actor: self._note(
                "message_added", ticket=ticket, message=message, actor=actor
            ),
            ticket_merged=lambda ticket, merged_ids: self._note("ticket_merged", ticket=ticket, merged_ids=merged_ids),
            ticket_deleted=lambda ticket_id, actor: self._note("ticket_deleted", ticket_id=ticket_id, actor=actor),
            message_sent=lambda message, receipt: self._note("message_sent", message=message, receipt=receipt),
            message_send_failed=lambda message, error, will_retry: self._note(
                "message_send_failed", message=message, error=error, will_retry=will_retry
            ),
        )

    def _note(self, hook: str, **arguments: Any) -> None:
        self.heard.append((hook, arguments))

    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        heard, self.heard = self.heard, []
        return heard


class ListeningDesk(PluggedDesk):
    def __init__(self, database: Database) -> None:
        self.listener = Listener()
        super().__init__(database, self.listener.part)
        self.support = self.mailbox("support@desk.example")
        self.pump()

    def pump(self) -> list[tuple[str, dict[str, Any]]]:
        while self.desk.plugin_events.round() >= events.ROUND:
            pass
        return self.listener.take()

    def new(self, subject: str = "Printer on fire", **parts: Any) -> int:
        before = {one.id for one in self.tickets()}
        self.arrive(self.support, mail(subject=subject, **parts))
        (made,) = {one.id for one in self.tickets()} - before
        return made


@pytest.fixture
def kit(database: Database) -> ListeningDesk:
    return ListeningDesk(database)


def test_ticket_created_and_message_added_tell_of_mail(kit: ListeningDesk) -> None:
    made = kit.new(message_id="first@customer.example")
    (created, created_args), (added, added_args) = kit.pump()
    assert (created, added) == ("ticket_created", "message_added")
    assert (created_args["ticket"].id, created_args["source"]) == (made, "mail")
    assert (added_args["message"].text.strip(), added_args["message"].direction) == (
        "Hello, my printer is on fire.",
        "inbound",
    )
    assert added_args["actor"].kind == "contact"
    kit.arrive(kit.support, mail("It still burns.", in_reply_to="first@customer.example"))
    ((name, told),) = kit.pump()
    assert (name, told["ticket"].id, told["message"].text.strip()) == ("message_added", made, "It still burns.")
    assert kit.pump() == [], "nothing is told twice"


def test_ticket_changed_tells_each_kind_of_change(kit: ListeningDesk) -> None:
    made = kit.new()
    kit.pump()
    do, ann = kit.desk.tickets, kit.ann
    other = kit.desk.people.add_department("Other", ann)
    home = kit.desk.people.departments()[0].name
    do.assign([made], kit.agent.id, ann)
    do.set_status([made], "waiting", ann)
    do.set_priority([made], Priority.HIGH, ann)
    do.tag([made], ["vip", "hot"], [], ann)
    do.rename(made, "Another", ann)
    do.set_due([made], LATER, ann)
    do.snooze([made], LATER, ann)
    do.mark_spam([made], True, ann)
    do.mark_spam([made], False, ann)
    do.move([made], other, ann)
    told = kit.pump()
    assert {name for name, _ in told} == {"ticket_changed"}
    changes = [change for _, arguments in told for change in arguments["changes"]]
    assert changes[0].new.name == "Ann Agent"
    assert changes[1:] == [
        Change("status", "open", "waiting"),
        Change("priority", "normal", "high"),
        Change("tags", (), ("hot", "vip")),
        Change("subject", "Printer on fire", "Another"),
        Change("due", None, LATER),
        Change("snoozed", None, LATER),
        Change("spam", False, True),
        Change("spam", True, False),
        Change("department", home, "Other"),
    ]
    assert told[0][1]["actor"] == ActorView("agent", kit.agent.id, "Ann Agent")
    do.set_status([made], "resolved", ann)
    ((_, woken),) = kit.pump()
    assert [one.field for one in woken["changes"]] == ["snoozed", "status"], "changes of one act come together"


def test_ticket_merged_and_ticket_deleted_are_told(kit: ListeningDesk) -> None:
    one, two, three = (kit.new(f"No {n}", from_=f"p{n}@customer.example") for n in range(3))
    kit.pump()
    kit.desk.tickets.merge([two, three], one, kit.ann)
    assert [(name, told["ticket"].id, told["merged_ids"]) for name, told in kit.pump()] == [
        ("ticket_merged", one, (two,)),
        ("ticket_merged", one, (three,)),
    ]
    kit.desk.tickets.unmerge(two, kit.ann)
    ((name, told),) = kit.pump()
    assert (name, told["changes"]) == ("ticket_changed", (Change("merged", one, None),))
    kit.desk.tickets.trash([two], kit.ann)
    assert [(name, told["ticket_id"]) for name, told in kit.pump()] == [("ticket_deleted", two)]
    kit.desk.tickets.restore([two], kit.ann)
    assert [told["changes"] for _, told in kit.pump()] == [(Change("trashed", True, False),)]


def test_message_sent_and_message_send_failed_tell_what_became_of_answers(kit: ListeningDesk) -> None:
    made = kit.new()
    kit.arm()
    kit.pump()
    server = kit.server(kit.support)
    server.outcomes.append(SendReceipt(SendOutcome.ACCEPTED, "250 queued as 7"))
    first = kit.reply(made).message_id
    kit.desk.outbox.send_due()
    told = dict(kit.pump())
    assert told["message_added"]["message"].id == first
    assert (told["message_sent"]["message"].id, told["message_sent"]["receipt"]) == (first, "250 queued as 7")

    server.outcomes.append(SendReceipt(SendOutcome.REFUSED, "550 no such user"))
    kit.reply(made)
    kit.desk.outbox.send_due()
    failed = dict(kit.pump())["message_send_failed"]
    assert (failed["error"], failed["will_retry"]) == ("550 no such user", False)

    server.send_faults.append(ChannelError(ChannelFault.NETWORK, "no connection"))
    third = kit.reply(made).message_id
    kit.desk.outbox.send_due()
    again = dict(kit.listener.take())["message_send_failed"]
    assert (again["message"].id, again["error"], again["will_retry"]) == (third, "no connection", True)


def test_events_leave_imported_and_automatic_mail_out(database: Database) -> None:
    kit = ListeningDesk(database)
    made = kit.new(message_id="first@customer.example")
    kit.pump()
    kit.arrive(
        kit.support, mail("I am away.", in_reply_to="first@customer.example", headers="Auto-Submitted: auto-replied")
    )
    assert kit.pump() == []
    old = kit.mailbox(
        "old@desk.example", first_import=FirstImport.ARCHIVE, connected_at=datetime(2027, 1, 1, tzinfo=UTC)
    )
    kit.arrive(old, mail(from_="old@customer.example", to="old@desk.example"), at=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(kit.tickets()) == 2
    assert kit.pump() == []
    kit.desk.bulk.start("priority", {"priority": "high"}, [made, kit.tickets()[1].id], kit.ann)
    assert [name for name, _ in kit.pump()] == ["ticket_changed", "ticket_changed"], "what people do is told"


def test_a_plugin_is_told_from_the_moment_it_is_switched_on(kit: ListeningDesk) -> None:
    kit.new("Before", from_="a@customer.example")
    late = Listener()
    kit.add(late.part, "late")
    kit.pump()  # the first listener hears of it, the late one begins here
    made = kit.new("After", from_="b@customer.example")
    kit.pump()
    assert {told["ticket"].id for _, told in late.heard} == {made}


def test_a_crash_repeats_the_last_round_and_no_more(kit: ListeningDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (events, event_pages):
        monkeypatch.setattr(module, "ROUND", 4)
    tickets = [kit.new(f"No {n}", from_=f"p{n}@customer.example") for n in range(6)]
    told: list[int] = []
    with pytest.raises(LeaseLostError):
        kit.desk.plugin_events.listener("plugin1").round(Lease("plugin-events:plugin1", "somebody", 1, LATER))
    told += [arguments["ticket"].id for name, arguments in kit.listener.take() if name == "ticket_created"]
    assert told == tickets[:3], "the last line of a full page may belong to an act that goes on"
    told += [arguments["ticket"].id for name, arguments in kit.pump() if name == "ticket_created"]
    assert told == tickets[:3] + tickets


def test_a_listener_that_fails_costs_the_others_nothing(database: Database) -> None:
    kit = ListeningDesk(database)

    def fail() -> None:
        raise SystemExit(1)

    kit.add(part(ticket_created=fail), "bad")
    kit.pump()
    kit.new()
    assert [name for name, _ in kit.pump()] == ["ticket_created", "message_added"]
    assert [(one.plugin, one.hook) for one in kit.failures] == [("bad", "ticket_created")]


def test_events_of_transactions_that_commit_late_are_not_lost(kit: ListeningDesk) -> None:
    """On PostgreSQL a number may become visible after higher ones (SQLite lets one writer in at a time)."""
    one, two = (kit.new(f"No {n}", from_=f"p{n}@customer.example") for n in range(2))
    kit.pump()
    with _held_open(kit, one) as commit:
        if kit.database.dialect == "postgresql":
            kit.desk.tickets.set_priority([two], Priority.HIGH, kit.ann)
            assert [told["ticket"].id for _, told in kit.pump()] == [two]
        commit()
    assert [told["ticket"].id for _, told in kit.pump()] == [one]
    assert kit.pump() == []


@contextmanager
def _held_open(kit: ListeningDesk, ticket_id: int) -> Iterator[Any]:
    """Write a line in a transaction that stays open until it is told to commit."""
    written, go = threading.Event(), threading.Event()

    def write() -> None:
        with kit.database.unit_of_work() as uow:
            ticket = uow.tickets.get(ticket_id)
            assert ticket is not None
            event = TicketEvent(ticket_id, ticket.department_id, uow.now(), "PriorityChanged", kit.ann)
            uow.tickets.record([event])
            written.set()
            go.wait(20)
            uow.commit()

    thread = threading.Thread(target=write)
    thread.start()
    assert written.wait(20)

    def commit() -> None:
        go.set()
        thread.join(20)

    try:
        yield commit
    finally:
        commit()


def test_only_those_that_want_to_hear_are_told(database: Database) -> None:
    kit = PluggedDesk(database)
    kit.add(part(filter_signature=lambda value: value))
    assert kit.desk.plugin_events.listeners() == []
    kit.add(part(ticket_deleted=lambda: None), "two")
    assert kit.desk.plugin_events.listeners() == ["two"]


def test_the_worker_tells_events_within_two_seconds(kit: ListeningDesk) -> None:
    stop = threading.Event()
    heard = threading.Event()
    kit.add(part(ticket_created=lambda: heard.set()), "quick")  # noqa: PLW0108 -- a method takes no marks
    worker = threading.Thread(target=run_worker, args=(kit.desk, stop), kwargs={"pace": Pace(plugins=0.1)})
    worker.start()
    try:
        kit.pump()
        kit.new()
        assert heard.wait(20)
    finally:
        stop.set()
        worker.join(10)
