"""Every plugin hears what happens by itself: none waits for another, each is told by one program of the desk, and that
is one in which it runs (PL-02, PL-03; decision 128)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.dispatch import Dispatcher
from desk_app.runtime.heartbeat import Heartbeat
from desk_app.runtime.plugin_ears import lease_of
from desk_app.runtime.worker import Pace, run_worker
from desk_app.services.desk import Desk
from desk_app.services.plugins import events
from desk_app.storage.database import Database
from tests.support.desks import DeskKit, mail
from tests.support.plugin_hosts import PluginKit, module, until
from tests.support.plugins import PluggedDesk, part

QUICK = Pace(plugins=0.02)


@contextmanager
def at_work(*desks: Desk) -> Iterator[threading.Event]:
    """Let programs work; afterwards all have ended, whatever their plugins do."""
    stop = threading.Event()
    workers = [threading.Thread(target=run_worker, args=(desk, stop), kwargs={"pace": QUICK}) for desk in desks]
    for one in workers:
        one.start()
    try:
        yield stop
    finally:
        stop.set()
        for one in workers:
            one.join(20)
        assert not any(one.is_alive() for one in workers), "a program does not end"


def soon(there: Callable[[], bool]) -> bool:
    """Wait for something, on a busy machine too; returns whether it came."""
    return until(there, 40.0)


class Stuck:
    """A plugin that does not come back from what it hears until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.heard: list[int] = []
        self.part = part(ticket_created=lambda ticket: self._hear(ticket.id))

    def _hear(self, ticket_id: int) -> None:
        self.heard.append(ticket_id)
        self.go.wait(30)


def placed(kit: PluggedDesk) -> None:
    """Let every plugin begin here."""
    kit.desk.plugin_events.round()


def new(kit: DeskKit, count: int = 1) -> list[int]:
    """Let tickets be made, here or by a program that works beside it, and return their ids."""
    box = kit.desk.mailboxes.list()[0][0] if kit.desk.mailboxes.list() else kit.mailbox("support@desk.example")
    made: list[int] = []
    for number in range(count):
        before = {one.id for one in kit.tickets()}
        kit.arrive(box, mail(from_=f"p{len(before)}-{number}@customer.example", subject=f"No {len(before)}"))
        assert soon(lambda before=before: len(kit.tickets()) > len(before))  # type: ignore[misc]
        made += [one.id for one in kit.tickets() if one.id not in before]
    return made


def test_a_plugin_that_does_not_come_back_holds_no_other_up_and_catches_up(database: Database) -> None:
    stuck, heard = Stuck(), []
    kit = PluggedDesk(database, stuck.part, part(ticket_created=lambda ticket: heard.append(ticket.id)))
    placed(kit)
    with at_work(kit.desk):
        made = new(kit, 3)
        assert soon(lambda: heard == made)
        assert stuck.heard == made[:1]
        stuck.go.set()
        assert soon(lambda: stuck.heard == made), "in order, nothing left out, nothing twice"


def test_a_program_ends_though_a_plugin_does_not_come_back_and_the_next_tells_it_again(database: Database) -> None:
    stuck = Stuck()
    kit = PluggedDesk(database, stuck.part)
    placed(kit)
    with at_work(kit.desk):
        made = new(kit, 2)
        assert soon(lambda: stuck.heard == made[:1])
    stuck.go.set()
    with at_work(kit.desk):
        assert soon(lambda: stuck.heard == [made[0], *made])


def test_a_plugin_in_two_programs_is_told_by_one_of_them(database: Database) -> None:
    heard: list[tuple[str, int]] = []
    one = PluggedDesk(database, part(ticket_created=lambda ticket: heard.append(("one", ticket.id))))
    other = PluggedDesk(database, part(ticket_created=lambda ticket: heard.append(("other", ticket.id))))
    placed(one)
    with at_work(one.desk, other.desk):
        made = new(one, 5)
        assert soon(lambda: len(heard) >= 5)
    assert [ticket for _, ticket in heard] == made
    assert len({who for who, _ in heard}) == 1


def test_however_many_plugins_hear_their_leases_are_taken_and_renewed_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = PluggedDesk(database)
    for number in range(20):
        kit.add(part(ticket_created=lambda: None), f"plugin{number:02}")
    asked: list[int] = []
    heartbeat = Heartbeat(_counted(database, asked), "here", ttl=timedelta(seconds=30))
    wanted = [lease_of(slug) for slug in kit.desk.plugin_events.listeners()]
    held = heartbeat.take_all(wanted)
    assert (sorted(held), len(asked)) == (sorted(wanted), 1)
    heartbeat._renew()
    assert len(asked) == 2
    with database.unit_of_work() as uow:  # one of them runs out, and somebody else is faster
        uow.leases.release(held[wanted[3]].lease)
        assert uow.leases.acquire(wanted[3], "there", timedelta(seconds=30)) is not None
        uow.commit()
    heartbeat._renew()
    assert [name for name, one in held.items() if one.lost] == [wanted[3]]
    assert sorted(heartbeat.take_all(wanted)) == sorted(set(wanted) - {wanted[3]})


def _counted(database: Database, asked: list[int]) -> Any:
    def open_one() -> Any:
        asked.append(1)
        return database.unit_of_work()

    return open_one


def test_however_many_plugins_hear_the_history_is_read_once(database: Database) -> None:
    heard: list[int] = []
    kit = PluggedDesk(database)
    for number in range(20):
        kit.add(part(ticket_created=lambda ticket: heard.append(ticket.id)), f"plugin{number:02}")
    placed(kit)
    made = new(kit, 3)
    asked: list[str] = []
    log, pictures = kit.database.event_reading, kit.database.pictures
    with pytest.MonkeyPatch.context() as watched:
        for source, name in ((log, "after"), (pictures, "tickets"), (pictures, "messages")):
            watched.setattr(source, name, _noted(getattr(source, name), name, asked))
        kit.desk.plugin_events.round()
    assert sorted(heard) == sorted(made * 20)
    assert sorted(asked) == ["after", "messages", "tickets"]


def _noted(function: Callable[..., Any], name: str, asked: list[str]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        asked.append(name)
        return function(*arguments)

    return call


def test_what_tells_a_plugin_nothing_is_written_down_now_and_then(database: Database) -> None:
    kit = PluggedDesk(database, part(ticket_merged=lambda: None))
    placed(kit)
    log = kit.database.event_reading
    listener = kit.desk.plugin_events.listener("plugin1")
    listener.round()
    before = log.progress("events:plugin1")
    new(kit, 3)
    kit.desk.plugin_events.newest()
    assert listener.round() > 0
    assert listener.round() == 0, "it has read them"
    assert log.progress("events:plugin1") == before
    listener.keep()
    assert log.progress("events:plugin1")["low"] == log.newest_id()


def test_a_slow_plugin_is_asked_in_short_rounds_so_that_little_is_told_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "ROUND_SECONDS", -1.0)
    heard: list[int] = []
    kit = PluggedDesk(database, part(ticket_created=lambda ticket: heard.append(ticket.id)))
    placed(kit)
    made = new(kit, 3)
    assert kit.desk.plugin_events.round() >= events.ROUND
    assert heard == made[:1], "and that is written down"
    while kit.desk.plugin_events.round():
        pass
    assert heard == made


def test_an_event_that_a_plugin_was_taken_down_in_is_told_again(database: Database) -> None:
    kit = PluggedDesk(database)
    heard: list[str] = []

    def interrupted(ticket: Any) -> None:
        heard.append(f"old {ticket.id}")
        kit.remove("sample")

    kit.add(part(ticket_created=interrupted), "sample")
    placed(kit)
    made = new(kit, 2)
    kit.desk.plugin_events.round()
    kit.add(part(ticket_created=lambda ticket: heard.append(f"new {ticket.id}")), "sample")
    kit.desk.plugin_events.round()
    assert heard == [f"old {made[0]}", f"new {made[0]}", f"new {made[1]}"]


def test_others_that_come_and_go_do_not_have_an_event_told_again() -> None:
    hooks = Dispatcher()
    hooks.add("sample", part(ticket_deleted=lambda: hooks.add("other", part(ticket_deleted=lambda: None), None)), None)
    assert hooks.tell("sample", "ticket_deleted", ticket_id=1, actor=None)
    assert not hooks.tell("sample", "ticket_created", ticket=None, source="mail")
    assert not hooks.tell("nobody", "ticket_deleted", ticket_id=1, actor=None)


HEARS = """
    from desk_app.plugin_api import hookimpl
    HEARD = []

    @hookimpl
    def ticket_changed(ticket, changes, actor):
        HEARD.extend(change.new for change in changes)
"""


def test_a_plugin_of_the_window_hears_though_a_worker_runs_beside_it(plugin_kit: PluginKit) -> None:
    plugin_kit.write("window-only", HEARS, manifest='modes = ["gui"]')
    plugin_kit.write("anywhere", HEARS)
    plugin_kit.host.start(Mode.SERVICE)
    for slug in ("window_only", "anywhere"):
        plugin_kit.host.activate(slug, ())
    desks = DeskKit(plugin_kit.database)
    ticket = new(desks)[0]
    with at_work(plugin_kit.desk):
        assert desks.desk.tickets.rename(ticket, "no window yet", desks.ann).ok
        assert soon(lambda: module("plugin", "anywhere").HEARD == ["no window yet"])
        window = plugin_kit.program()
        window.plugins.start(Mode.GUI)
        with at_work(window):
            assert desks.desk.tickets.rename(ticket, "window", desks.ann).ok
            assert soon(lambda: module("plugin", "window_only").HEARD == ["no window yet", "window"])


def test_what_is_older_than_a_week_when_a_plugin_could_hear_of_it_is_left_out(
    plugin_kit: PluginKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin_kit.write(code=HEARS)
    plugin_kit.host.start(Mode.SERVICE)
    plugin_kit.host.activate("sample", ())
    desks = DeskKit(plugin_kit.database)
    ticket = new(desks)[0]
    desks.desk.tickets.rename(ticket, "long ago", desks.ann)
    with monkeypatch.context() as later:
        later.setattr(events, "LONGEST_BACK", timedelta(seconds=-60))  # as if all that were older
        plugin_kit.desk.plugin_events.round()
    desks.desk.tickets.rename(ticket, "just now", desks.ann)
    plugin_kit.desk.plugin_events.round()
    assert module("plugin").HEARD == ["just now"]


def test_how_far_a_plugin_heard_goes_with_its_data(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=HEARS, installed=True)
    plugin_kit.host.start(Mode.SERVICE)
    plugin_kit.host.activate("sample", ())
    plugin_kit.desk.plugin_events.round()
    log = plugin_kit.database.event_reading
    assert log.progress("events:sample")
    plugin_kit.host.uninstall("sample", delete_data=True)
    assert log.progress("events:sample") == {}
