"""Who may work at a desk (database.md 1)."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from desk_app.domain.people.actor import SYSTEM
from desk_app.runtime import compose
from desk_app.services.people.agents import PeopleService, UnknownAgentError, actor_for
from desk_app.storage.database import Database
from desk_app.storage.people.repository import SqlPeopleRepository
from tests.support.desks import DeskKit


def test_the_first_user_is_the_admin_and_strangers_need_one_on_a_shared_desk(database: Database) -> None:
    people = PeopleService(database.unit_of_work)
    ann = people.sign_in("Ann", name="Ann Agent")
    assert (ann.login, ann.kind) == ("ann", "admin")
    with pytest.raises(UnknownAgentError, match="desk-app agent add bob"):
        people.sign_in("Bob")
    assert [a.login for a in people.agents()] == ["ann"]
    bob = people.add_agent("Bob", actor_for(ann), name="Bob  Builder", email="Bob@Desk.example")
    assert people.sign_in("BOB") == bob
    assert (bob.name, bob.email, bob.kind) == ("Bob Builder", "bob@desk.example", "agent")


def test_only_an_admin_adds_agents(database: Database) -> None:
    people = PeopleService(database.unit_of_work)
    ann = actor_for(people.sign_in("ann"))
    bob = actor_for(people.add_agent("bob", ann))
    with pytest.raises(PermissionError, match="admin"):
        people.add_agent("carl", bob)
    assert people.add_agent("dora", SYSTEM, kind="admin").kind == "admin"
    with pytest.raises(ValueError, match="already"):
        people.add_agent("BOB", ann)
    with pytest.raises(ValueError, match="user name"):
        people.add_agent("  ", ann)
    with pytest.raises(ValueError, match="kind"):
        people.add_agent("eve", ann, kind="god")


def test_a_file_of_ones_own_asks_nobody_and_a_server_or_anothers_file_does(
    desk_kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = desk_kit.database.dialect == "sqlite"
    if own:
        assert desk_kit.desk.people.sign_in("second").kind == "agent"
        monkeypatch.setattr(compose.os, "getuid", lambda: 4242, raising=False)
    other = compose.build_desk(desk_kit.database, lambda i: desk_kit.secrets[i], channels=[])
    with pytest.raises(UnknownAgentError):
        other.people.sign_in("third")


def test_two_admins_cannot_demote_each_other_at_the_same_moment(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = PeopleService(database.unit_of_work)
    ann = people.sign_in("ann")
    bea = people.add_agent("bea", actor_for(ann), kind="admin")
    there, go_on = threading.Event(), threading.Event()
    save = SqlPeopleRepository.save_agent

    def slowly(repository: SqlPeopleRepository, agent: Any) -> None:
        if agent.id == bea.id:  # between looking who is an admin and the end of the transaction
            there.set()
            assert go_on.wait(20)
        save(repository, agent)

    monkeypatch.setattr(SqlPeopleRepository, "save_agent", slowly)
    refused: list[BaseException] = []

    def demote(whom: Any, by: Any) -> None:
        try:
            people.change_agent(replace(whom, kind="agent"), actor_for(by))
        except (ValueError, PermissionError) as error:
            refused.append(error)

    first = threading.Thread(target=demote, args=(bea, ann))
    second = threading.Thread(target=demote, args=(ann, bea))
    first.start()
    assert there.wait(20)
    second.start()
    second.join(0.5)  # where nothing holds it back it is through by now
    go_on.set()
    first.join(20)
    second.join(20)
    assert [one.login for one in people.agents() if one.kind == "admin"] == ["ann"]
    assert len(refused) == 1
