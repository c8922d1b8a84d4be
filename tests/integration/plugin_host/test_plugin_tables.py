"""Tables of plugins change whole or not at all, after a copy of the database (plugins.md, "Settings, secrets,
storage")."""

from __future__ import annotations

import pytest

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.context import Mode
from desk_app.services.ports.plugins import PluginRefusedError
from tests.support.plugin_hosts import PluginKit

STEPS = """
    from sqlalchemy import Column, ForeignKey, Integer, String
    from desk_app.plugin_api import Migration, hookimpl

    def first(tables, connection):
        table = tables.define("entry", Column("id", Integer, primary_key=True), Column("word", String(20)))
        tables.create(connection, table)
        connection.execute(table.insert().values(id=1, word="first"))

    def second(tables, connection):
        table = tables.define("entry", Column("id", Integer, primary_key=True), Column("word", String(20)))
        connection.execute(table.update().values(word="second"))
        tables.create(connection, tables.define("more", Column("id", Integer, primary_key=True)))
        {fault}

    @hookimpl
    def migrations(ctx):
        return [{steps}]
"""
FIRST = 'Migration(1, "entries", first)'
BOTH = f'{FIRST}, Migration(2, "more", second)'


def words(kit: PluginKit) -> list[str]:
    space = kit.database.plugin_tables.space("sample")
    with space.reading() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT word FROM px_sample__entry")]


def tables(kit: PluginKit) -> list[str]:
    return [name.removeprefix("px_sample__") for name in kit.database.plugin_tables.space("sample").existing()]


def test_steps_run_once_in_order_after_a_copy(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=STEPS.format(steps=FIRST, fault="pass"))
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    assert (words(plugin_kit), plugin_kit.record().table_version) == (["first"], 1)
    if plugin_kit.database.dialect == "sqlite":
        assert len(list((plugin_kit.data / "backups").glob("before-sample-*.sqlite"))) == 1
    plugin_kit.write(code=STEPS.format(steps=BOTH, fault="pass"), version="1.1")
    plugin_kit.again()
    assert (words(plugin_kit), plugin_kit.record().table_version) == (["second"], 2)
    assert tables(plugin_kit) == ["entry", "more"]
    plugin_kit.again()
    assert plugin_kit.kind() is StateKind.ACTIVE


@pytest.mark.parametrize(
    "fault", ["raise ValueError('half-way')", "raise SystemExit(1)", "connection.exec_driver_sql('x')"]
)
def test_a_step_that_fails_half_way_leaves_the_tables_as_they_were(plugin_kit: PluginKit, fault: str) -> None:
    plugin_kit.write(code=STEPS.format(steps=FIRST, fault="pass"))
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    plugin_kit.write(code=STEPS.format(steps=BOTH, fault=fault), version="1.1")
    plugin_kit.again()
    assert plugin_kit.kind() is StateKind.PAUSED
    assert "Step 2 of its tables (“more”) failed" in plugin_kit.state().reason
    assert (words(plugin_kit), tables(plugin_kit), plugin_kit.record().table_version) == (["first"], ["entry"], 1)
    assert any(one.startswith("migration 2: ") for one in plugin_kit.faults())


def test_a_step_cannot_change_what_is_the_desks(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=STEPS.format(steps=BOTH, fault="connection.exec_driver_sql('DELETE FROM department')"))
    plugin_kit.host.start(Mode.GUI)
    with pytest.raises(PluginRefusedError, match=r"Step 2 .* RefusedByDesk"):
        plugin_kit.host.activate("sample", ())
    assert plugin_kit.desk.people.departments()
    assert tables(plugin_kit) == ["entry"], "the first step was done, and is done for good"
    assert plugin_kit.record().table_version == 1


def test_two_programs_that_start_at_once_do_a_step_once(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=STEPS.format(steps=FIRST, fault="pass"))
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    space = plugin_kit.database.plugin_tables.space("sample")
    ran: list[int] = []
    assert space.migrate("sample", 2, lambda _connection: ran.append(2))
    assert not space.migrate("sample", 2, lambda _connection: ran.append(2))
    assert ran == [2]


def test_data_is_deleted_with_the_plugin_when_that_is_asked_for(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=STEPS.format(steps=FIRST, fault="pass"), installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    plugin_kit.host.uninstall("sample", delete_data=False)
    assert tables(plugin_kit) == ["entry"]
    plugin_kit.write(code=STEPS.format(steps=FIRST, fault="pass"), installed=True)
    plugin_kit.host.activate("sample", ())
    plugin_kit.host.uninstall("sample", delete_data=True)
    assert tables(plugin_kit) == []
