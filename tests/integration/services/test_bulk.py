"""Changes of many tickets at once, on both databases (IN-06)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk_app.domain.notifications.model import NoticeKind
from desk_app.domain.tickets.model import Bucket, Priority, Ticket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.ports.bulk import BulkJob, JobState
from desk_app.services.tickets import bulk
from desk_app.services.tickets.bulk import BulkProgress
from desk_app.storage.schema.views import bulk_job
from desk_app.storage.tickets.bulk import SqlBulkRepository
from tests.support.desks import DeskKit, mail

COUNT = 7


@pytest.fixture
def ids(desk_kit: DeskKit, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seven tickets, and chunks of three."""
    monkeypatch.setattr(bulk, "CHUNK", 3)
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, *(mail(f"text {i}", subject=f"Case {i}") for i in range(COUNT)))
    return [ticket.id for ticket in desk_kit.tickets()]


def run(kit: DeskKit, command: str, arguments: dict[str, Any], ids: list[int] | TicketQuery) -> BulkProgress:
    started = kit.desk.bulk.start(command, arguments, ids, kit.ann)
    return started if started.ended else list(kit.desk.bulk.run(started.job_id, kit.ann))[-1]


def undo(kit: DeskKit, job_id: int) -> BulkProgress:
    return list(kit.desk.bulk.undo(job_id, kit.ann))[-1]


def state(kit: DeskKit, ids: list[int]) -> list[object]:
    """Everything about tickets that a command may change."""
    found: list[object] = []
    for ticket_id in ids:
        one = kit.ticket(ticket_id)
        with kit.database.unit_of_work() as uow:
            tags, seen = uow.tickets.tags(ticket_id), dict(uow.tickets.seen([ticket_id], kit.agent.id))
            watchers = tuple(uow.watchers.of_ticket(ticket_id))
        fields = {name: getattr(one, name) for name in Ticket.__slots__ if name not in {"version", "updated_at"}}
        found.append((fields, tags, seen, watchers))
    return found


def scatter(kit: DeskKit, ids: list[int]) -> None:
    """Give the tickets states that differ."""
    commands, soon = kit.desk.tickets, kit.ticket(ids[0]).created_at + timedelta(days=3650)
    commands.assign(ids[:2], kit.agent.id, kit.ann)
    commands.set_status(ids[1:2], "resolved", kit.ann)
    commands.set_status(ids[2:3], "waiting", kit.ann)
    commands.snooze(ids[3:4], soon, kit.ann)
    commands.set_priority(ids[2:4], Priority.HIGH, kit.ann)
    commands.tag(ids[:3], ["red", "old"], [], kit.ann)
    commands.mark_spam(ids[4:5], True, kit.ann)
    commands.trash(ids[5:6], kit.ann)
    kit.watch(*ids[2:4])
    kit.reply(ids[6])  # the only one that was answered
    commands.mark_read(ids[:4], kit.agent.id)


CHANGES: list[tuple[str, Callable[[DeskKit, list[int]], dict[str, Any]]]] = [
    ("assign", lambda kit, _ids: {"agent_id": kit.agent.id}),
    ("assign", lambda _kit, _ids: {"agent_id": None}),
    ("status", lambda _kit, _ids: {"key": "resolved"}),
    ("status", lambda _kit, _ids: {"key": "open"}),
    ("priority", lambda _kit, _ids: {"priority": "urgent"}),
    ("tag", lambda _kit, _ids: {"add": ["new"], "remove": ["old"]}),
    ("move", lambda kit, _ids: {"department_id": kit.desk.people.departments()[-1].id}),
    ("snooze", lambda _kit, _ids: {"until_at": "2100-01-01T08:00:00+07:00"}),
    ("snooze", lambda _kit, _ids: {"until_at": None}),
    ("due", lambda _kit, _ids: {"due_at": "2100-01-01T08:00:00+07:00"}),
    ("spam", lambda _kit, _ids: {"spam": True}),
    ("trash", lambda _kit, _ids: {}),
    ("restore", lambda _kit, _ids: {}),
    ("read", lambda _kit, _ids: {"read": True}),
    ("read", lambda _kit, _ids: {"read": False}),
    ("watch", lambda _kit, _ids: {"on": True}),
    ("watch", lambda _kit, _ids: {"on": False}),
    ("rename", lambda _kit, _ids: {"subject": "Another subject"}),
    ("requester", lambda _kit, _ids: {"email": "eve@new.example", "name": "Eve"}),
    ("merge", lambda _kit, ids: {"target_id": ids[0]}),
]


def test_in_06_one_undo_puts_every_ticket_back_to_what_it_was(desk_kit: DeskKit, ids: list[int]) -> None:
    with desk_kit.database.unit_of_work() as uow:
        uow.people.add_department("Second line")
        uow.commit()
    scatter(desk_kit, ids)
    before, counts = state(desk_kit, ids), desk_kit.desk.ticket_queries.counts(desk_kit.agent.id)
    for command, arguments in CHANGES:
        meant = ids[1:] if command == "merge" else ids
        result = run(desk_kit, command, arguments(desk_kit, ids), meant)
        assert (result.state, result.done + result.failed) == (JobState.DONE, len(meant)), command
        assert state(desk_kit, ids) != before, command
        back = undo(desk_kit, result.job_id)
        assert (back.state, back.failed) == (JobState.UNDONE, 0), command
        assert state(desk_kit, ids) == before, command
        assert desk_kit.desk.ticket_queries.counts(desk_kit.agent.id) == counts, command
        assert undo(desk_kit, result.job_id).failed == 0, command
        assert state(desk_kit, ids) == before, command


def test_in_06_failures_are_kept_with_their_reasons_and_can_be_tried_again(desk_kit: DeskKit, ids: list[int]) -> None:
    desk_kit.desk.tickets.set_status(ids[:2], "resolved", desk_kit.ann)
    until = {"until_at": "2100-01-01T08:00:00+00:00"}
    result = run(desk_kit, "snooze", until, [*ids, 9999])
    assert (result.done, result.failed, result.total) == (COUNT - 2, 3, COUNT + 1)
    failures = desk_kit.desk.bulk.failures(result.job_id)
    assert [(f.ticket_id, f.number, f.error) for f in failures] == [
        (ids[0], "0001", "A closed ticket cannot be snoozed."),
        (ids[1], "0002", "A closed ticket cannot be snoozed."),
        (9999, "", "The ticket is gone."),
    ]
    assert failures[0].subject == "Case 0"
    desk_kit.desk.tickets.set_status(ids[:1], "open", desk_kit.ann)
    again = list(desk_kit.desk.bulk.retry(result.job_id, desk_kit.ann))[-1]
    assert (again.done, again.failed) == (COUNT - 1, 2)
    assert desk_kit.ticket(ids[0]).bucket is Bucket.SNOOZED


def test_in_06_an_undo_leaves_alone_what_somebody_changed_since(desk_kit: DeskKit, ids: list[int]) -> None:
    result = run(desk_kit, "priority", {"priority": "urgent"}, ids)
    desk_kit.desk.tickets.set_priority([ids[4]], Priority.LOW, desk_kit.ann)
    desk_kit.desk.tickets.rename(ids[5], "Another field is no conflict", desk_kit.ann)
    back = undo(desk_kit, result.job_id)
    assert (back.state, back.done, back.failed) == (JobState.UNDONE, COUNT - 1, 1)
    assert [desk_kit.ticket(one).priority for one in ids[3:6]] == [Priority.NORMAL, Priority.LOW, Priority.NORMAL]
    (kept,) = desk_kit.desk.bulk.failures(result.job_id)
    assert (kept.ticket_id, kept.error) == (ids[4], "Somebody changed the ticket in the meantime.")


def test_in_06_tags_that_others_added_since_stay_when_a_tag_is_taken_back(desk_kit: DeskKit, ids: list[int]) -> None:
    result = run(desk_kit, "tag", {"add": ["sale"], "remove": []}, ids)
    desk_kit.desk.tickets.tag(ids[:1], ["vip"], [], desk_kit.ann)
    undo(desk_kit, result.job_id)
    with desk_kit.database.unit_of_work() as uow:
        assert [uow.tickets.tags(one) for one in ids[:2]] == [("vip",), ()]


def test_in_06_a_whole_view_is_what_it_shows_when_the_job_starts(desk_kit: DeskKit, ids: list[int]) -> None:
    desk_kit.desk.tickets.set_status(ids[:2], "resolved", desk_kit.ann)
    started = desk_kit.desk.bulk.start("tag", {"add": ["all"], "remove": []}, TicketQuery(), desk_kit.ann)
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("too late"))
    last = list(desk_kit.desk.bulk.run(started.job_id, desk_kit.ann))[-1]
    assert (last.done, last.total) == (COUNT - 2, COUNT - 2)
    tagged = desk_kit.desk.ticket_queries.ids(TicketQuery(buckets=tuple(Bucket), tag="all"))
    assert sorted(tagged) == ids[2:]


def test_in_06_history_names_the_job_and_the_undo(desk_kit: DeskKit, ids: list[int]) -> None:
    result = run(desk_kit, "assign", {"agent_id": desk_kit.agent.id}, ids)
    undo(desk_kit, result.job_id)
    there, back = desk_kit.events(ids[0])[-2:]
    assert (there.kind, there.cause) == ("AssigneeChanged", f"Bulk change {result.job_id} of {COUNT} tickets.")
    assert (back.kind, back.old, back.new) == ("AssigneeChanged", "Ann Agent", None)
    assert back.cause == f"Ann Agent took back bulk change {result.job_id}."


def test_in_06_a_cancelled_job_keeps_what_is_done_and_can_go_on_or_be_undone(desk_kit: DeskKit, ids: list[int]) -> None:
    service = desk_kit.desk.bulk
    started = service.start("trash", {}, ids, desk_kit.ann)
    steps = service.run(started.job_id, desk_kit.ann)
    assert next(steps).done == 3
    service.cancel(started.job_id)
    last = list(steps)[-1]
    assert (last.state, last.done) == (JobState.CANCELLED, 3)
    assert [desk_kit.ticket(one).trashed_at is not None for one in ids] == [True] * 3 + [False] * 4
    undo(desk_kit, started.job_id)
    assert all(desk_kit.ticket(one).trashed_at is None for one in ids)
    last = list(service.run(started.job_id, desk_kit.ann))[-1]
    assert (last.state, last.total) == (JobState.DONE, COUNT - 3)
    assert [desk_kit.ticket(one).trashed_at is not None for one in ids] == [False] * 3 + [True] * 4


def test_in_06_trying_again_after_a_cancel_leaves_the_rest_alone(desk_kit: DeskKit, ids: list[int]) -> None:
    service = desk_kit.desk.bulk
    desk_kit.desk.tickets.trash(ids[1:2], desk_kit.ann)
    started = service.start("purge", {"reason": "old"}, ids, desk_kit.ann)
    first = next(iter(service.run(started.job_id, desk_kit.ann)))
    assert (first.done, first.failed) == (1, 2)
    service.cancel(started.job_id)
    desk_kit.desk.tickets.trash([ids[0], *ids[3:]], desk_kit.ann)
    again = list(service.retry(started.job_id, desk_kit.ann))[-1]
    assert (again.state, again.done, again.failed, again.total) == (JobState.DONE, 2, 1, 3)
    assert [one.id for one in desk_kit.tickets()] == [ids[2], *ids[3:]]


def test_in_06_a_job_whose_program_died_is_told_and_can_be_resumed(desk_kit: DeskKit, ids: list[int]) -> None:
    service = desk_kit.desk.bulk
    started = service.start("trash", {}, ids, desk_kit.ann)
    steps = service.run(started.job_id, desk_kit.ann)
    next(steps)
    assert service.interrupted(desk_kit.agent.id) == []
    with desk_kit.database.unit_of_work() as uow:  # what a killed program leaves: a sign of life that grows old
        later = uow.now() - bulk.QUIET_FOR - timedelta(seconds=1)
        uow.connection.execute(bulk_job.update().values(alive_at=later, runner="another process"))  # type: ignore[attr-defined]
        uow.commit()
    (found,) = service.interrupted(desk_kit.agent.id)
    assert (found.id, found.done, found.total, found.command) == (started.job_id, 3, COUNT, "trash")
    last = list(service.resume(found, desk_kit.ann))[-1]
    assert (last.state, last.done) == (JobState.DONE, COUNT)
    assert service.interrupted(desk_kit.agent.id) == []
    assert list(steps)[-1].state is JobState.DONE  # whoever was presumed dead does nothing any more
    assert undo(desk_kit, started.job_id).done == COUNT


def test_in_06_a_window_that_closes_leaves_the_job_to_be_gone_on_with_at_once(
    desk_kit: DeskKit, ids: list[int]
) -> None:
    service = desk_kit.desk.bulk
    started = service.start("trash", {}, ids, desk_kit.ann)
    steps = service.run(started.job_id, desk_kit.ann)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    (found,) = service.interrupted(desk_kit.agent.id)
    assert found.done == 3


def test_in_06_two_programs_do_not_work_on_one_job(desk_kit: DeskKit, ids: list[int]) -> None:
    started = desk_kit.desk.bulk.start("trash", {}, ids, desk_kit.ann)
    other = DeskKit(desk_kit.database).desk.bulk
    assert list(other.run(started.job_id, desk_kit.ann)) == []


def test_in_32_purging_many_leaves_only_the_log(desk_kit: DeskKit, ids: list[int]) -> None:
    desk_kit.desk.tickets.trash(ids[:-1], desk_kit.ann)
    result = run(desk_kit, "purge", {"reason": "asked for"}, ids)
    assert (result.done, result.failed) == (COUNT - 1, 1)
    assert [ticket.id for ticket in desk_kit.tickets()] == ids[-1:]
    assert undo(desk_kit, result.job_id).done == COUNT - 1  # nothing to put back, and no failure either
    assert [ticket.id for ticket in desk_kit.tickets()] == ids[-1:]


def test_a_merged_ticket_stands_for_its_survivor_and_the_undo_finds_it(desk_kit: DeskKit, ids: list[int]) -> None:
    desk_kit.desk.tickets.merge([ids[0]], ids[1], desk_kit.ann)
    result = run(desk_kit, "priority", {"priority": "high"}, [ids[0]])
    assert desk_kit.ticket(ids[1]).priority is Priority.HIGH
    assert undo(desk_kit, result.job_id).failed == 0
    assert desk_kit.ticket(ids[1]).priority is Priority.NORMAL


def test_an_unknown_command_is_refused(desk_kit: DeskKit, ids: list[int]) -> None:
    with pytest.raises(LookupError):
        desk_kit.desk.bulk.start("explode", {}, ids, desk_kit.ann)


def test_a_job_is_forgotten_when_nobody_takes_it_back_any_more(desk_kit: DeskKit, ids: list[int]) -> None:
    job_id = run(desk_kit, "trash", {}, ids).job_id
    desk_kit.database.housekeeping.prune()
    with desk_kit.database.unit_of_work() as uow:
        assert uow.bulk.get(job_id) is not None
        long_ago = uow.now() - timedelta(days=31)
        uow.connection.execute(bulk_job.update().values(finished_at=long_ago))  # type: ignore[attr-defined]
        uow.commit()
    desk_kit.database.housekeeping.prune()
    with desk_kit.database.unit_of_work() as uow:
        assert uow.bulk.get(job_id) is None


def test_nt_04_of_many_tickets_people_are_told_once(
    desk_kit: DeskKit, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "TOLD_ONE_BY_ONE", 4)
    bob = desk_kit.desk.people.add_agent("bob", desk_kit.ann, name="Bob Helper").id
    notices = desk_kit.desk.notifications
    run(desk_kit, "assign", {"agent_id": bob}, ids[:3])
    assert sorted(row.number for row in notices.centre(bob)) == ["0001", "0002", "0003"]
    result = run(desk_kit, "assign", {"agent_id": bob}, ids)
    newest = notices.centre(bob)[0]
    assert (newest.notice.kind, newest.notice.data["count"], newest.author) == (
        NoticeKind.ASSIGNED,
        COUNT,
        "Ann Agent",
    )
    assert len(notices.centre(bob)) == 4
    own = notices.centre(desk_kit.agent.id)[0]
    assert (own.notice.kind, own.notice.data["title"]) == (NoticeKind.JOB_FINISHED, f"{COUNT} tickets were changed.")
    undo(desk_kit, result.job_id)
    assert len(notices.centre(bob)) == 4


def test_an_undo_of_a_merge_leaves_a_later_merge_alone(desk_kit: DeskKit, ids: list[int]) -> None:
    done = run(desk_kit, "merge", {"target_id": ids[2]}, ids[:1])
    desk_kit.desk.tickets.unmerge(ids[0], desk_kit.ann)
    desk_kit.desk.tickets.merge(ids[:1], ids[1], desk_kit.ann)
    assert (undo(desk_kit, done.job_id).done, desk_kit.ticket(ids[0]).merged_into_id) == (0, ids[1])
    (kept,) = desk_kit.desk.bulk.failures(done.job_id)
    assert kept.error == "Somebody changed the ticket in the meantime."


@pytest.mark.parametrize("steps_between", [0, 1])
def test_in_06_an_undo_of_a_job_that_runs_stops_it_and_puts_back_what_it_did(
    desk_kit: DeskKit, ids: list[int], steps_between: int
) -> None:
    scatter(desk_kit, ids)
    service, before = desk_kit.desk.bulk, state(desk_kit, ids)
    started = service.start("priority", {"priority": "urgent"}, ids, desk_kit.ann)
    there = service.run(started.job_id, desk_kit.ann)
    assert next(there).done == 3
    back = service.undo(started.job_id, desk_kit.ann)
    for _ in range(steps_between):
        next(back)
    service.turn_back(started.job_id)
    assert [one.state for one in there] == [JobState.UNDOING]
    last = [*back, *service.undo(started.job_id, desk_kit.ann)][-1]
    assert last.state is JobState.UNDONE
    assert state(desk_kit, ids) == before
    assert list(service.retry(started.job_id, desk_kit.ann)) == [], "what it did not come to stays as it is, too"
    assert state(desk_kit, ids) == before
    assert service.interrupted(desk_kit.agent.id) == []


def test_in_06_a_job_turned_back_in_the_middle_of_a_chunk_leaves_nothing_half(
    desk_kit: DeskKit, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, before = desk_kit.desk.bulk, state(desk_kit, ids)
    started = service.start("priority", {"priority": "urgent"}, ids, desk_kit.ann)
    there, progress = service.run(started.job_id, desk_kit.ann), SqlBulkRepository.progress
    next(there)
    written, go_on, ended = threading.Event(), threading.Event(), list[JobState]()

    def wait(repository: SqlBulkRepository, job: BulkJob, under: JobState) -> bool:
        written.set()
        assert go_on.wait(20)
        return progress(repository, job, under)

    monkeypatch.setattr(SqlBulkRepository, "progress", wait)
    chunk = threading.Thread(target=lambda: ended.extend(one.state for one in there))
    turn = threading.Thread(target=lambda: service.turn_back(started.job_id))
    chunk.start()
    assert written.wait(20), "three more tickets are changed, and nobody else sees it yet"
    turn.start()
    at_once = desk_kit.database.dialect == "postgresql"
    if at_once:  # SQLite lets it write when the chunk is through, or the last one
        turn.join(20)
    go_on.set()
    for one in (chunk, turn):
        one.join(20)
        assert not one.is_alive()
    assert ended[-1] is JobState.UNDOING or not at_once
    assert undo(desk_kit, started.job_id).state is JobState.UNDONE
    assert state(desk_kit, ids) == before


def test_in_06_an_undo_stops_a_job_that_another_program_runs(desk_kit: DeskKit, ids: list[int]) -> None:
    scatter(desk_kit, ids)
    before, elsewhere = state(desk_kit, ids), DeskKit(desk_kit.database)
    started = desk_kit.desk.bulk.start("trash", {}, ids, desk_kit.ann)
    there = desk_kit.desk.bulk.run(started.job_id, desk_kit.ann)
    assert next(there).done == 3
    back = elsewhere.desk.bulk.undo(started.job_id, desk_kit.ann)
    next(back)
    assert [one.state for one in there] == [JobState.UNDOING], "it stops before its next chunk counts"
    assert list(desk_kit.desk.bulk.undo(started.job_id, desk_kit.ann)) == [], "somebody does it already"
    assert list(desk_kit.desk.bulk.run(started.job_id, desk_kit.ann)) == []
    assert [*back][-1].state is JobState.UNDONE
    assert state(desk_kit, ids) == before


def test_in_06_nobody_goes_on_with_a_job_that_another_program_runs(desk_kit: DeskKit, ids: list[int]) -> None:
    elsewhere = DeskKit(desk_kit.database)
    started = desk_kit.desk.bulk.start("trash", {}, ids, desk_kit.ann)
    there = desk_kit.desk.bulk.run(started.job_id, desk_kit.ann)
    next(there)
    assert list(elsewhere.desk.bulk.run(started.job_id, desk_kit.ann)) == []
    assert list(there)[-1].state is JobState.DONE
