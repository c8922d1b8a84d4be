"""Lists and counters: pages equal the full order, counters equal a recount."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk_app.domain.messages.model import Direction
from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Bucket, StatusCategory
from desk_app.domain.tickets.query import PageKey, TicketOrder, TicketQuery
from desk_app.services.queries.tickets import Counts
from desk_app.storage.database import Database
from tests.unit.storage.samples import account, message, minutes, ticket

STATUS = {StatusCategory.OPEN: 1, StatusCategory.WAITING: 3, StatusCategory.CLOSED: 5}


def _fill(database: Database, number: int = 60) -> list[dict[str, Any]]:
    """Make tickets of every kind, many with the same instant, and return what they are."""
    chooser = random.Random(3)
    made = []
    with database.unit_of_work() as uow:
        boxes = [account(uow, f"box{n}@example.net") for n in range(2)]
        agents = [uow.people.add_agent(Agent(0, f"a{n}", f"Agent {n}", ""), [1]) for n in range(2)]
        contact = uow.contacts.get_or_create("ana@x.org", "Ana", language="", department_id=1, at=minutes(0))
        other = uow.people.add_department("Other")
        for _ in range(number):
            category = chooser.choice(list(StatusCategory))
            values = {
                "category": category,
                "status_id": STATUS[category],
                "assignee_id": chooser.choice([None, *agents]),
                "mailbox_ids": tuple(sorted(chooser.sample(boxes, chooser.randint(0, 2)))),
                "department_id": chooser.choice([1, other]),
                "requester_id": chooser.choice([None, contact.id]),
                "activity_at": minutes(chooser.randint(0, 5)),
                "created_at": minutes(-chooser.randint(0, 5)),
                "spam": chooser.random() < 0.1,
            }
            item = ticket(uow, **values)
            tags = chooser.sample(["red", "blue"], chooser.randint(0, 2))
            uow.tickets.set_tags(item.id, tags)
            made.append(values | {"id": item.id, "bucket": item.bucket, "tags": tags})
        uow.commit()
    return made


def _expected(made: list[dict[str, Any]], query: TicketQuery) -> list[int]:
    shown = [
        item
        for item in made
        if item["bucket"] in (query.buckets or (Bucket.OPEN, Bucket.WAITING, Bucket.CLOSED, Bucket.SNOOZED))
        and (query.account_id is None or query.account_id in item["mailbox_ids"])
        and (query.department_id is None or query.department_id == item["department_id"])
        and (query.assignee_id is None or query.assignee_id == (item["assignee_id"] or 0))
        and (query.requester_id is None or query.requester_id == item["requester_id"])
        and (not query.tag or query.tag in item["tags"])
    ]
    name = "created_at" if query.order is TicketOrder.CREATED else "activity_at"
    shown.sort(key=lambda item: (item[name], item["id"]), reverse=not query.ascending)
    return [item["id"] for item in shown]


QUERIES = [
    TicketQuery(),
    TicketQuery(ascending=True),
    TicketQuery(order=TicketOrder.CREATED),
    TicketQuery(order=TicketOrder.CREATED, ascending=True, buckets=(Bucket.OPEN, Bucket.CLOSED)),
    TicketQuery(buckets=()),
    TicketQuery(buckets=(Bucket.SPAM,)),
    TicketQuery(buckets=tuple(Bucket), account_id=1),
    TicketQuery(account_id=2, order=TicketOrder.CREATED),
    TicketQuery(assignee_id=0),
    TicketQuery(assignee_id=1, account_id=1, buckets=tuple(Bucket)),
    TicketQuery(tag="red"),
    TicketQuery(tag="red", account_id=1, department_id=2, buckets=tuple(Bucket)),
    TicketQuery(tag="blue", assignee_id=2, buckets=tuple(Bucket), order=TicketOrder.CREATED),
    TicketQuery(department_id=2),
    TicketQuery(requester_id=1, buckets=tuple(Bucket)),
    TicketQuery(tag="none"),
]


def test_pains_28_every_page_by_page_walk_gives_the_whole_list_in_order(database: Database) -> None:
    made = _fill(database)
    for query in QUERIES:
        expected = _expected(made, query)
        assert list(database.ticket_queries.ids(query)) == expected, query
        assert list(database.ticket_queries.ids(query, limit=3)) == expected[:3]
        walked: list[int] = []
        after: PageKey | None = None
        while True:
            page = database.ticket_queries.page(query, agent_id=None, limit=4, after=after)
            walked += [row.id for row in page.rows]
            after = page.next
            if after is None:
                break
            assert len(page.rows) == 4
        assert walked == expected, query


def test_pages_show_nothing_twice_while_tickets_come_in(database: Database) -> None:
    made = _fill(database, 30)
    query = TicketQuery(buckets=tuple(Bucket))
    expected = _expected(made, query)
    walked: list[int] = []
    after: PageKey | None = None
    while True:
        page = database.ticket_queries.page(query, agent_id=None, limit=4, after=after)
        walked += [row.id for row in page.rows]
        after = page.next
        if after is None:
            break
        with database.unit_of_work() as uow:
            ticket(uow, activity_at=minutes(100))
            uow.commit()
    assert walked == expected


def test_rows_come_in_the_order_asked_for(database: Database) -> None:
    with database.unit_of_work() as uow:
        box = account(uow)
        agent = uow.people.add_agent(Agent(0, "a", "Agent A", ""), [1])
        first = ticket(uow, assignee_id=agent, mailbox_ids=(box,))
        second = ticket(uow, subject="Second", has_attachments=True)
        uow.commit()
    rows = database.ticket_queries.rows([second.id, 999, first.id], agent_id=agent)
    assert [row.id for row in rows] == [second.id, first.id]
    assert (rows[1].assignee_name, rows[1].account_ids, rows[1].status_key) == ("Agent A", (box,), "open")
    assert (rows[0].subject, rows[0].assignee_name, rows[0].has_attachments) == ("Second", "", True)
    assert database.ticket_queries.rows([], agent_id=None) == []
    assert [status.key for status in database.ticket_queries.statuses()] == [
        "open",
        "in_progress",
        "waiting",
        "resolved",
        "closed",
    ]


def test_unread_is_for_the_agent_who_asks(database: Database) -> None:
    with database.unit_of_work() as uow:
        agent = uow.people.add_agent(Agent(0, "a", "Agent A", ""), [1])
        item = ticket(uow, last_inbound_id=5)
        history = ticket(uow, last_inbound_id=5, imported=True)
        quiet = ticket(uow)
        uow.commit()

    def unread(reader: int | None) -> list[bool]:
        return [row.unread for row in database.ticket_queries.rows([item.id, history.id, quiet.id], agent_id=reader)]

    assert unread(agent) == [True, False, False]
    assert unread(None) == [False, False, False]
    for seen, expected in ((5, False), (4, True), (0, True)):
        with database.unit_of_work() as uow:
            uow.tickets.mark_seen(item.id, agent, seen)
            uow.tickets.mark_seen(999, agent, seen)
            uow.commit()
        assert unread(agent)[0] is expected


def test_a_conversation_holds_everything_the_window_shows(database: Database) -> None:
    with database.unit_of_work() as uow:
        agent = uow.people.add_agent(Agent(0, "a", "Agent A", ""), [1])
        person = uow.contacts.get_or_create("ana@x.org", "Ana", language="", department_id=1, at=minutes(0))
        item = ticket(uow, requester_id=person.id, assignee_id=agent)
        earlier = ticket(uow, requester_id=person.id, activity_at=minutes(-9))
        ticket(uow, requester_id=person.id, spam=True)
        raw = uow.blobs.put(b"raw mail")
        first = message(uow, item, raw_sha256=raw, visible_text="v", folded_text="f")
        second = message(uow, item, direction=Direction.OUTBOUND, agent_id=agent)
        uow.tickets.mark_seen(item.id, agent, first.id)
        uow.tickets.set_tags(item.id, ["b", "a"])
        uow.commit()
    view = database.conversations.conversation(item.id, agent_id=agent)
    assert view is not None
    assert [shown.id for shown in view.messages] == [first.id, second.id]
    assert view.messages[0].to[0].email == "desk@example.net"
    assert (view.messages[0].has_raw, view.messages[0].visible_text) == (True, "v")
    assert (view.tags, view.assignee_name, view.status_name) == (("a", "b"), "Agent A", "Open")
    assert view.requester is not None
    assert view.requester.id == person.id
    assert view.earlier_ticket_ids == (earlier.id,)
    assert view.last_seen_message_id == first.id
    assert database.conversations.raw(first.id) == b"raw mail"
    assert database.conversations.raw(second.id) is None
    assert database.conversations.attachment(1) is None
    assert database.conversations.conversation(999, agent_id=None) is None


def _recount(database: Database) -> dict[str, Any]:
    with database.unit_of_work() as uow:
        rows = uow.connection.execute(sa.text("SELECT id, bucket, assignee_id FROM ticket")).all()
        boxes = uow.connection.execute(sa.text("SELECT account_id, bucket FROM ticket_mailbox")).all()
    total, mine, nobody = (dict.fromkeys(Bucket, 0) for _ in range(3))
    mailboxes: dict[int, dict[Bucket, int]] = {}
    for row in rows:
        bucket = Bucket(row.bucket)
        total[bucket] += 1
        if row.assignee_id is None:
            nobody[bucket] += 1
        elif row.assignee_id == 1:
            mine[bucket] += 1
    for row in boxes:
        mailboxes.setdefault(row.account_id, dict.fromkeys(Bucket, 0))[Bucket(row.bucket)] += 1
    return {"total": total, "mine": mine, "nobody": nobody, "mailboxes": mailboxes}


def _counted(counts: Counts) -> dict[str, Any]:
    mailboxes = {key: dict(value) for key, value in counts.mailboxes.items() if any(value.values())}
    return {
        "total": dict(counts.total),
        "mine": dict(counts.mine),
        "nobody": dict(counts.nobody),
        "mailboxes": mailboxes,
    }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=25))
def test_counters_equal_a_recount_after_any_operations(
    database: Database, operations: list[tuple[int, int, int]]
) -> None:
    with database.unit_of_work() as uow:
        if not uow.people.agents():
            for number in range(2):
                uow.people.add_agent(Agent(0, f"a{number}", "A", ""), [1])
                account(uow, f"box{number}@example.net")
        uow.commit()
    ids: list[int] = []
    for kind, which, value in operations:
        with database.unit_of_work() as uow:
            if kind == 0 or not ids:
                boxes = ((), (1,), (2,), (1, 2))[value]
                ids.append(ticket(uow, mailbox_ids=boxes, assignee_id=value % 3 or None).id)
                uow.commit()
                continue
            item = uow.tickets.get(ids[which % len(ids)])
            assert item is not None
            if kind == 1:
                item.category = list(StatusCategory)[value % 3]
                item.status_id = STATUS[item.category]
            elif kind == 2:
                item.assignee_id = value % 3 or None
            elif kind == 3:
                item.mailbox_ids = ((), (1,), (2,), (1, 2))[value]
            elif kind == 4:
                item.snoozed_until_at = minutes(1) if value % 2 else None
            elif kind == 5:
                item.trashed_at = minutes(1) if value % 2 else None
            elif kind == 6:
                uow.tickets.purge([item.id], actor_name="", reason="")
                ids.remove(item.id)
                uow.commit()
                continue
            uow.tickets.save(item)
            if value != 3 or kind != 7:  # otherwise the change is thrown away
                uow.commit()
        if kind == 7:
            database.housekeeping.fold_counters(at_least=1)
    assert _counted(database.ticket_queries.counts(1)) == _recount(database)


@pytest.mark.parametrize("moment", [timedelta(microseconds=1), timedelta(0)])
def test_instants_keep_their_microseconds(database: Database, moment: timedelta) -> None:
    with database.unit_of_work() as uow:
        item = ticket(uow, activity_at=minutes(0) + moment)
        uow.commit()
    assert database.ticket_queries.rows([item.id], agent_id=None)[0].activity_at == minutes(0) + moment
