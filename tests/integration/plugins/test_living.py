"""A plugin that runs uses its context, and leaves nothing behind when it goes (PL-01, PL-07)."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.domain.plugins.model import Permission
from desk_app.domain.tickets.model import Priority, Ticket
from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.errors import PermissionDenied, RefusedByDesk
from tests.support.plugin_hosts import PluginKit

CODE = """
    import sqlalchemy as sa
    from desk_app.plugin_api import Migration, hookimpl
    from . import notes

    def entries(tables):
        return tables.define(
            "entry",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("ticket_id", sa.ForeignKey(tables.core("ticket").c.id, ondelete="CASCADE")),
            sa.Column("minutes", sa.Integer, server_default="0"),
        )

    @hookimpl
    def migrations(ctx):
        return [
            Migration(1, "Entries", lambda tables, connection: tables.create(connection, entries(tables))),
            Migration(
                2, "Minutes", lambda tables, connection: tables.add_column(connection, entries(tables).c.minutes)
            ),
        ]

    @hookimpl
    def plugin_activated(ctx, first_time):
        notes.CTX.append(ctx)
        ctx.kv.set("starts", ctx.kv.get("starts", 0) + 1)
        with ctx.tables.begin() as connection:
            connection.execute(sa.insert(entries(ctx.tables)).values(minutes=5))

    @hookimpl
    def plugin_deactivating(ctx, reason):
        ctx.kv.set("goodbye", reason)

    @hookimpl
    def settings_changed(ctx, keys):
        notes.KEYS.append((sorted(keys), ctx.settings["limit"]))
"""
MANIFEST = """
permissions = ["tickets.read", "secrets", "network"]
[settings.limit]
type = "number"
default = 3
[settings.token]
type = "secret"
"""


_ANN = Actor(ActorKind.AGENT, None, "Ann")


def _ticket(kit: PluginKit) -> int:
    with kit.database.unit_of_work() as uow:
        at = uow.now()
        status = uow.tickets.statuses()[0]
        ticket = Ticket(
            id=0,
            number=uow.tickets.next_number("{n}"),
            department_id=uow.people.departments()[0].id,
            account_id=None,
            channel="email",
            subject="Round and round",
            status_id=status.id,
            category=status.category,
            requester_id=None,
            requester_name="Bob",
            requester_email="bob@customer.example",
            created_at=at,
            updated_at=at,
            activity_at=at,
        )
        uow.tickets.add(ticket)
        uow.commit()
    return ticket.id


@pytest.fixture
def kit(plugin_kit: PluginKit) -> PluginKit:
    folder = plugin_kit.write("sample", CODE, manifest=MANIFEST)
    (folder / "notes.py").write_text("CTX = []\nKEYS = []\n")
    return plugin_kit


def notes() -> Any:
    return sys.modules["desk_plugins.sample.notes"]


def test_pl_07_a_plugin_has_tables_values_and_settings_from_its_first_moment(kit: PluginKit) -> None:
    kit.host.activate("sample", tuple(Permission))
    ctx = kit.host.context("sample")
    assert [ctx] == notes().CTX
    assert ctx.kv.get("starts") == 1
    assert kit.record().table_version == 2
    assert list(kit.database.plugin_tables.space("sample").existing()) == ["px_sample__entry"]


def test_pl_07_changed_settings_are_told_here_and_on_other_desktops(kit: PluginKit) -> None:
    kit.host.activate("sample", tuple(Permission))
    elsewhere = kit.program()
    elsewhere.plugins.start(kit.host.context("sample").mode)
    ctx = elsewhere.plugins.context("sample")  # type: ignore[attr-defined]
    ctx.settings.set("limit", 9)
    ctx.secrets.set("token", "abcdefgh")
    kit.host.sync()
    assert (["limit", "token"], 9) in notes().KEYS


def test_pl_12_a_secret_entered_by_a_person_is_told_found_and_deleted_with_the_plugin(kit: PluginKit) -> None:
    kit.host.activate("sample", tuple(Permission))
    kit.desk.plugin_keeping.save("sample", {"limit": 4}, {"token": "abcdefgh"}, SYSTEM)
    kit.host.sync()
    assert notes().KEYS == [(["limit", "token"], 4)]
    assert kit.host.context("sample").secrets.get("token") == "abcdefgh"
    kit.desk.plugin_keeping.save("sample", {}, {"token": "ijklmnop"}, SYSTEM)
    kit.host.sync()
    assert notes().KEYS[1:] == [(["token"], 4)]
    assert "abcdefgh" not in repr(kit.desk.plugin_keeping.settings("sample").values)
    kit.host.uninstall("sample", delete_data=True)
    assert kit.desk.plugin_keeping.settings("sample", ["token"]).secrets == frozenset()


def test_pl_01_a_permission_taken_on_the_plugins_page_is_gone_at_once(kit: PluginKit) -> None:
    kit.host.activate("sample", tuple(Permission))
    ctx = kit.host.context("sample")
    assert ctx.tickets.search("x") == ()
    kit.host.revoke("sample", Permission.TICKETS_READ)
    with pytest.raises(PermissionDenied):
        ctx.tickets.search("x")


def test_pl_07_a_plugin_that_was_switched_off_still_says_goodbye_and_no_more(kit: PluginKit) -> None:
    kit.host.activate("sample", tuple(Permission))
    ctx = kit.host.context("sample")
    kit.host.deactivate("sample")
    assert kit.faults() == []
    with pytest.raises(RefusedByDesk):
        ctx.kv.get("goodbye")
    assert kit.database.plugin_reading.value(kit.record().id, "goodbye") == "user"


def test_pl_07_data_stays_unless_it_is_to_go(kit: PluginKit) -> None:
    kit.host.activate("sample", tuple(Permission))
    kit.host.context("sample").secrets.set("token", "abcdefgh")
    kit.host.deactivate("sample")
    assert list(kit.database.plugin_tables.space("sample").existing()) == ["px_sample__entry"]
    kit.host.activate("sample", tuple(Permission))
    assert kit.host.context("sample").kv.get("starts") == 2
    assert kit.host.context("sample").secrets.get("token") == "abcdefgh"
    kit.host.uninstall("sample", delete_data=True)
    assert list(kit.database.plugin_tables.space("sample").existing()) == []
    kit.host.activate("sample", tuple(Permission))
    assert kit.host.context("sample").kv.get("starts") == 1
    assert kit.host.context("sample").secrets.get("token") is None


CIRCLE = """
    from desk_app.plugin_api import RefusedByDesk, hookimpl
    from . import notes

    @hookimpl
    def ticket_changed(ctx, ticket, changes, actor):
        try:
            ctx.tickets.update(ticket.id, priority="high" if ticket.priority == "low" else "low")
        except RefusedByDesk as error:
            notes.KEYS.append(str(error))
"""


def test_pl_02_a_plugin_that_changes_what_it_is_told_of_does_not_go_on_for_ever(plugin_kit: PluginKit) -> None:
    folder = plugin_kit.write(
        "sample", CIRCLE, manifest='permissions = ["tickets.read", "tickets.write"]', notes="CTX = []\nKEYS = []\n"
    )
    assert folder.is_dir()
    kit, desk = plugin_kit, plugin_kit.desk
    kit.host.start(Mode.SERVICE)
    made = _ticket(kit)
    kit.host.activate("sample", tuple(Permission))
    desk.plugin_events.round()
    for _ in range(2):
        notes().KEYS.clear()
        desk.tickets.set_priority([made], Priority.URGENT, _ANN)
        rounds = 0
        while desk.plugin_events.round() and rounds < 50:
            rounds += 1
        assert rounds < 20
        assert len(notes().KEYS) == 1
        assert "circle" in notes().KEYS[0]
