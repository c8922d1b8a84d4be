"""Lists with every filter and order: pages, snapshot and count agree with a plain reading of all tickets."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Bucket, Priority, StatusCategory, Ticket
from desk_app.domain.tickets.query import Assigned, PageKey, Span, TicketOrder, TicketQuery
from desk_app.storage.database import Database
from tests.unit.storage.samples import account, minutes, ticket

NOW = datetime.now(UTC)
KEYS = {1: "open", 3: "waiting", 5: "closed"}
EVERYWHERE = (Bucket.OPEN, Bucket.WAITING, Bucket.CLOSED, Bucket.SNOOZED)


@dataclass
class Desk:
    """What was made: the tickets, and what hangs on them."""

    tickets: list[Ticket]
    tags: dict[int, list[str]]
    starred: set[int]
    positions: dict[int, int]
    names: dict[int, str]
    me: int


def _fill(database: Database, number: int = 70) -> Desk:
    chooser = random.Random(5)
    desk = Desk([], {}, set(), {}, {}, 0)
    with database.unit_of_work() as uow:
        boxes = [account(uow, f"box{n}@example.net") for n in range(2)]
        agents = [uow.people.add_agent(Agent(0, f"a{n}", name, ""), [1]) for n, name in enumerate(("Zoe", "adam"))]
        desk.me, desk.names = agents[0], dict(zip(agents, ("zoe", "adam"), strict=True))
        other = uow.people.add_department("Other")
        statuses = {one.key: one for one in uow.tickets.statuses()}
        desk.positions = {one.id: one.position for one in statuses.values()}
        for _ in range(number):
            category = chooser.choice(list(StatusCategory))
            due = chooser.choice([None, NOW - timedelta(hours=2), NOW + timedelta(hours=5), NOW + timedelta(days=9)])
            wrote = chooser.choice([None, minutes(1)])
            item = ticket(
                uow,
                subject=chooser.choice(["Alpha", "beta", "Gamma", ""]),
                requester_name=chooser.choice(["Ana", "bob", ""]),
                category=category,
                status_id=statuses[category.value if category is not StatusCategory.CLOSED else "closed"].id,
                priority=chooser.choice(list(Priority)),
                assignee_id=chooser.choice([None, *agents]),
                mailbox_ids=tuple(sorted(chooser.sample(boxes, chooser.randint(0, 2)))),
                department_id=chooser.choice([1, other]),
                activity_at=NOW - timedelta(days=chooser.randint(0, 12), minutes=1),
                created_at=NOW - timedelta(days=chooser.randint(12, 20), minutes=1),
                due_at=due,
                has_attachments=chooser.random() < 0.3,
                customer_wrote_at=wrote,
                agent_replied_at=chooser.choice([None, minutes(0), minutes(2)]),
            )
            desk.tags[item.id] = chooser.sample(["red", "blue", "green"], chooser.randint(0, 3))
            uow.tickets.set_tags(item.id, desk.tags[item.id])
            if chooser.random() < 0.3:
                uow.views.star(item.id, desk.me, on=True)
                desk.starred.add(item.id)
            desk.tickets.append(item)
        uow.commit()
    return desk


def _in(at: datetime | None, span: Span) -> bool:
    since, until = span.bounds(NOW)
    if since is None and until is None:
        return True
    return at is not None and (since is None or at >= since) and (until is None or at < until)


def _fits(desk: Desk, item: Ticket, query: TicketQuery) -> bool:
    answered = item.agent_replied_at is not None and (
        item.customer_wrote_at is None or item.agent_replied_at > item.customer_wrote_at
    )
    return all(
        (
            item.bucket in (query.buckets or EVERYWHERE),
            not query.statuses
            or {1: "open", 2: "in_progress", 3: "waiting", 4: "resolved", 5: "closed"}[item.status_id]
            in query.statuses,
            not query.priorities or item.priority in query.priorities,
            set(query.tags) <= set(desk.tags[item.id]),
            not query.tag or query.tag in desk.tags[item.id],
            not query.account_ids or set(query.account_ids) & set(item.mailbox_ids),
            query.account_id is None or query.account_id in item.mailbox_ids,
            not query.department_ids or item.department_id in query.department_ids,
            query.assignee_id is None or query.assignee_id == (item.assignee_id or 0),
            query.assigned is not Assigned.ME or item.assignee_id == desk.me,
            query.assigned is not Assigned.OTHERS or item.assignee_id not in {None, desk.me},
            not query.starred or item.id in desk.starred,
            not query.has_attachments or item.has_attachments,
            not query.answered or answered,
            _in(item.created_at, query.created),
            _in(item.activity_at, query.updated),
            _in(item.due_at, query.due),
        )
    )


def _expected(desk: Desk, query: TicketQuery) -> list[int]:
    found = [item for item in desk.tickets if _fits(desk, item, query)]
    down = not query.ascending

    def by(value: Any, *, reverse: bool = down) -> None:
        found.sort(key=lambda item: (value(item), item.id), reverse=reverse)

    def last(unset: Any) -> None:
        late = sorted((one for one in found if unset(one)), key=lambda one: (one.activity_at, one.id), reverse=True)
        found[:] = [one for one in found if not unset(one)] + late

    match query.order:
        case TicketOrder.ACTIVITY:
            by(lambda item: item.activity_at)
        case TicketOrder.CREATED:
            by(lambda item: item.created_at)
        case TicketOrder.DUE:
            by(lambda item: item.due_at or NOW)
            last(lambda item: item.due_at is None)
        case TicketOrder.PRIORITY:
            by(lambda item: item.activity_at, reverse=True)
            found.sort(key=lambda item: list(Priority).index(item.priority), reverse=down)
        case TicketOrder.NUMBER:
            by(lambda item: item.id)
        case TicketOrder.SUBJECT:
            by(lambda item: item.subject.lower())
        case TicketOrder.REQUESTER:
            by(lambda item: (item.requester_name or item.requester_email).lower())
        case TicketOrder.ASSIGNEE:
            by(lambda item: desk.names.get(item.assignee_id or 0, ""))
            last(lambda item: item.assignee_id is None)
        case TicketOrder.STATUS:
            by(lambda item: desk.positions[item.status_id])
    return [item.id for item in found]


def _walk(database: Database, query: TicketQuery, agent_id: int) -> list[int]:
    walked: list[int] = []
    after: PageKey | None = None
    while True:
        page = database.ticket_queries.page(query, agent_id=agent_id, limit=4, after=after)
        walked += [row.id for row in page.rows]
        after = page.next
        if after is None:
            return walked
        assert len(page.rows) == 4


FILTERS = [
    TicketQuery(buckets=EVERYWHERE),
    TicketQuery(buckets=(Bucket.OPEN, Bucket.WAITING), statuses=("waiting", "open")),
    TicketQuery(buckets=EVERYWHERE, priorities=(Priority.URGENT, Priority.HIGH)),
    TicketQuery(buckets=EVERYWHERE, tags=("red", "Blue ")),
    TicketQuery(buckets=EVERYWHERE, tag="green", tags=("red",)),
    TicketQuery(buckets=EVERYWHERE, account_id=1, account_ids=(2,)),
    TicketQuery(buckets=EVERYWHERE, account_ids=(1, 2), department_ids=(2,)),
    TicketQuery(buckets=EVERYWHERE, assigned=Assigned.ME),
    TicketQuery(buckets=EVERYWHERE, assigned=Assigned.OTHERS),
    TicketQuery(buckets=EVERYWHERE, assignee_id=0, has_attachments=True),
    TicketQuery(buckets=EVERYWHERE, starred=True),
    TicketQuery(buckets=(Bucket.OPEN,), starred=True, tag="red"),
    TicketQuery(buckets=EVERYWHERE, answered=True),
    TicketQuery(buckets=EVERYWHERE, updated=Span(last_days=7)),
    TicketQuery(buckets=EVERYWHERE, created=Span(older_days=15), updated=Span(last_days=9, older_days=2)),
    TicketQuery(buckets=EVERYWHERE, due=Span(older_days=0)),
    TicketQuery(buckets=EVERYWHERE, due=Span(next_days=1)),
]


def _plain(query: TicketQuery) -> TicketQuery:
    return replace(query, tags=tuple(one.strip().lower() for one in query.tags))


def test_in_01_every_filter_gives_the_same_tickets_as_snapshot_pages_and_count(database: Database) -> None:
    desk = _fill(database)
    for query in FILTERS:
        expected = _expected(desk, _plain(query))
        assert expected, f"nothing fits {query}: it proves nothing"
        assert list(database.ticket_queries.ids(query, agent_id=desk.me)) == expected, query
        assert _walk(database, query, desk.me) == expected, query
        assert database.ticket_queries.count(query, agent_id=desk.me) == len(expected), query
        assert database.ticket_queries.count(query, agent_id=desk.me, most=3) == min(3, len(expected))


@pytest.mark.parametrize("order", list(TicketOrder))
def test_in_03_every_order_pages_both_ways_from_every_table_a_list_is_read_from(
    database: Database, order: TicketOrder
) -> None:
    desk = _fill(database)
    for base in (
        TicketQuery(buckets=EVERYWHERE),
        TicketQuery(buckets=(Bucket.OPEN,)),
        TicketQuery(buckets=EVERYWHERE, account_id=1),
        TicketQuery(buckets=EVERYWHERE, tag="red"),
        TicketQuery(buckets=EVERYWHERE, starred=True),
        TicketQuery(buckets=EVERYWHERE, assigned=Assigned.ME),
    ):
        for ascending in (False, True):
            query = replace(base, order=order, ascending=ascending)
            expected = _expected(desk, query)
            assert list(database.ticket_queries.ids(query, agent_id=desk.me)) == expected, query
            assert list(database.ticket_queries.ids(query, agent_id=desk.me, limit=5)) == expected[:5]
            assert _walk(database, query, desk.me) == expected, query


def test_in_20_a_star_is_seen_by_its_agent_only(database: Database) -> None:
    desk = _fill(database, 10)
    ids = [item.id for item in desk.tickets]
    mine = {row.id for row in database.ticket_queries.rows(ids, agent_id=desk.me) if row.starred}
    theirs = {row.id for row in database.ticket_queries.rows(ids, agent_id=desk.me + 1) if row.starred}
    assert (mine, theirs) == (desk.starred, set())


def test_sr_02_a_search_text_knows_stars_and_due_dates(database: Database) -> None:
    desk = _fill(database, 30)
    found = database.ticket_queries.ids(TicketQuery(buckets=EVERYWHERE, search="is:starred"), agent_id=desk.me)
    assert sorted(found) == sorted(_expected(desk, TicketQuery(buckets=EVERYWHERE, starred=True)))
    late = database.ticket_queries.ids(TicketQuery(buckets=EVERYWHERE, search="is:overdue"), agent_id=desk.me)
    assert sorted(late) == sorted(_expected(desk, TicketQuery(buckets=EVERYWHERE, due=Span(older_days=0))))
