"""Saved views, stars and due dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import Assigned, Span, TicketOrder, TicketQuery
from desk_app.domain.views.model import SavedView
from desk_app.services.views.service import ViewRefusedError
from tests.support.desks import DeskKit, mail

QUERY = TicketQuery(
    buckets=(Bucket.OPEN, Bucket.WAITING),
    priorities=(Priority.HIGH,),
    tags=("vip",),
    assigned=Assigned.ME,
    updated=Span(last_days=7),
    created=Span(after_at=datetime(2026, 1, 1, tzinfo=UTC)),
    search="refund",
    order=TicketOrder.DUE,
    ascending=True,
)


def _view(kit: DeskKit, **changes: object) -> SavedView:
    return replace(SavedView(0, kit.agent.id, "Refunds", "tag", QUERY, ("due", "tags")), **changes)  # type: ignore[arg-type]


def _colleague(kit: DeskKit, login: str, departments: list[int]) -> Agent:
    with kit.database.unit_of_work() as uow:
        agent_id = uow.people.add_agent(Agent(0, login, login.title(), ""), departments)
        uow.commit()
    return Agent(agent_id, login, login.title(), "")


def test_in_01_a_view_comes_back_as_it_was_saved(desk_kit: DeskKit) -> None:
    saved = desk_kit.desk.views.add(_view(desk_kit, name="  Refunds   this week "), desk_kit.agent.id)
    (found,) = desk_kit.desk.views.visible(desk_kit.agent.id)
    assert found == saved
    assert found.name == "Refunds this week"
    assert found.query == QUERY
    changed = desk_kit.desk.views.save(replace(found, name="Late", columns=()), desk_kit.agent.id)
    assert desk_kit.desk.views.visible(desk_kit.agent.id) == [changed]
    with pytest.raises(ViewRefusedError, match="Somebody else"):
        desk_kit.desk.views.save(found, desk_kit.agent.id)
    with pytest.raises(ViewRefusedError, match="needs a name"):
        desk_kit.desk.views.add(_view(desk_kit, name="  "), desk_kit.agent.id)


def test_in_01_private_shared_and_for_one_department(desk_kit: DeskKit) -> None:
    views, me = desk_kit.desk.views, desk_kit.agent.id
    with desk_kit.database.unit_of_work() as uow:
        billing = uow.people.add_department("Billing")
        uow.commit()
    bob, eve = _colleague(desk_kit, "bob", [billing]), _colleague(desk_kit, "eve", [])
    views.add(_view(desk_kit, name="Mine"), me)
    views.add(_view(desk_kit, name="All", shared=True), me)
    views.add(_view(desk_kit, name="Bills", shared=True, department_id=billing), me)

    def names(agent_id: int) -> list[str]:
        return [one.name for one in views.visible(agent_id)]

    assert names(me) == ["Mine", "All", "Bills"]
    assert names(bob.id) == ["All", "Bills"]
    assert names(eve.id) == ["All"]
    shared = views.visible(eve.id)[0]
    with pytest.raises(ViewRefusedError, match="Only who made"):
        views.save(shared, eve.id)
    with pytest.raises(ViewRefusedError, match="Only who made"):
        views.delete(shared.id, eve.id)
    own = views.copy(shared.id, "My all", eve.id)
    assert (own.shared, own.query, own.agent_id) == (False, QUERY, eve.id)
    assert names(eve.id) == ["All", "My all"]
    assert "My all" not in names(me)


def test_in_01_a_deleted_view_comes_back_under_its_id(desk_kit: DeskKit) -> None:
    views, me = desk_kit.desk.views, desk_kit.agent.id
    saved = views.add(_view(desk_kit), me)
    gone = views.delete(saved.id, me)
    assert views.visible(me) == []
    views.restore(gone, me)
    views.restore(gone, me)
    assert [one.id for one in views.visible(me)] == [saved.id]


def test_in_04_a_due_date_is_kept_told_in_the_history_and_taken_away(desk_kit: DeskKit) -> None:
    desk_kit.arrive(desk_kit.mailbox("support@desk.example"), mail())
    (item,) = desk_kit.tickets()
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    (result,) = desk_kit.desk.tickets.set_due([item.id], at, desk_kit.ann)
    assert result.ok
    assert desk_kit.ticket(item.id).due_at == at
    assert desk_kit.desk.ticket_queries.rows([item.id], agent_id=None)[0].due_at == at
    desk_kit.desk.tickets.set_due([item.id], at, desk_kit.ann)
    desk_kit.desk.tickets.set_due([item.id], None, desk_kit.ann)
    assert desk_kit.ticket(item.id).due_at is None
    told = [(one.old, one.new) for one in desk_kit.events(item.id) if one.kind == "DueChanged"]
    assert told == [(None, at.isoformat()), (at.isoformat(), None)]


def test_in_20_stars_are_an_agents_own_and_can_be_taken_back(desk_kit: DeskKit) -> None:
    desk_kit.arrive(desk_kit.mailbox("support@desk.example"), mail(), mail(subject="Other"))
    first, second = (item.id for item in desk_kit.tickets())
    views, me = desk_kit.desk.views, desk_kit.agent.id
    assert views.star([first, second], me, on=True) == [first, second]
    assert views.star([first], me, on=True) == [], "nothing changes twice"
    starred = TicketQuery(buckets=tuple(Bucket), starred=True)
    assert sorted(desk_kit.desk.ticket_queries.ids(starred, agent_id=me)) == [first, second]
    other = _colleague(desk_kit, "bob", [])
    assert list(desk_kit.desk.ticket_queries.ids(starred, agent_id=other.id)) == []
    views.star([first], me, on=False)
    assert list(desk_kit.desk.ticket_queries.ids(starred, agent_id=me)) == [second]
