"""Two programs of one desk do something about the same plugin at the same moment (decision 128)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.plugins.model import PluginRecord, StateKind
from desk_app.infra.plugin_secrets import NotedSecrets
from desk_app.plugin_api import RefusedByDesk
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.shelf import GoneError, Shelf
from desk_app.plugin_host.states import Standing
from desk_app.services.desk import Desk
from desk_app.services.ports.errors import DatabaseUnavailableError
from desk_app.storage.database import Database
from tests.support.plugin_hosts import PluginKit, module
from tests.support.secrets import MemorySecrets

KEEPS = """
    from sqlalchemy import Column, Integer
    from desk_app.plugin_api import Migration, hookimpl

    def first(tables, connection):
        tables.create(connection, entries(tables))

    def entries(tables):
        return tables.define("entry", Column("id", Integer, primary_key=True))

    @hookimpl
    def migrations(ctx):
        return [Migration(1, "entries", first)]
"""


def shelf_of(database: Database) -> tuple[Shelf, Standing]:
    """What a program knows of the plugins."""
    standing = Standing()
    shelf = Shelf(database.unit_of_work, database.plugin_reading, standing)
    shelf.read()
    return shelf, standing


@contextmanager
def at_the_same_time(work: Callable[[], Any]) -> Iterator[threading.Thread]:
    """Do something on another thread; it has come to an end after the block."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(20)
        assert not thread.is_alive()


def other_program(kit: PluginKit, mode: Mode = Mode.SERVICE) -> Any:
    desk: Desk = kit.program()
    desk.plugins.start(mode)
    return desk.plugins


def test_two_programs_that_change_one_plugin_at_once_keep_both_changes(database: Database) -> None:
    here, known = shelf_of(database)
    here.save(PluginRecord(0, "sample", version="1.0"))
    there, _ = shelf_of(database)
    with database.unit_of_work() as uow:
        record = uow.plugins.held("sample", new=False)
        assert record is not None
        record.table_version = 7
        uow.plugins.save(record)
        with at_the_same_time(lambda: there.save(replace(known.records["sample"], position=3))) as other:
            other.join(0.3)
            assert other.is_alive(), "it waits until the first has ended"
            uow.commit()
    assert (here.known("sample").table_version, here.known("sample").position) == (7, 3)


def test_two_programs_that_know_a_plugin_first_at_once_know_the_same_one(database: Database) -> None:
    (here, known), (there, _) = shelf_of(database), shelf_of(database)
    here.save(PluginRecord(0, "sample", version="1.0", wanted=True))
    there.save(PluginRecord(0, "sample", position=3))  # it has read nothing of it yet, and says nothing against it
    there.read()
    record = there.known("sample")
    assert (record.id, record.wanted, record.version, record.position) == (
        known.records["sample"].id,
        True,
        "1.0",
        3,
    )


def test_what_a_person_says_counts_whatever_was_read_before(plugin_kit: PluginKit) -> None:
    plugin_kit.write()
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    shelf, standing = shelf_of(plugin_kit.database)
    off = replace(standing.records["sample"], wanted=False)
    standing.records = {"sample": off}  # read before the other program switched it on
    shelf.save(off, meant={"wanted"})
    plugin_kit.host.sync()
    assert plugin_kit.kind() is StateKind.INACTIVE


def test_what_was_removed_with_its_data_is_not_brought_back_by_a_program_that_knew_it(database: Database) -> None:
    here, known = shelf_of(database)
    here.save(PluginRecord(0, "sample", version="1.0", wanted=True))
    there, _ = shelf_of(database)
    there.forget("sample")
    with pytest.raises(GoneError, match="removed it with its data"):
        here.save(replace(known.records["sample"], paused="It failed."))
    assert database.plugin_reading.get("sample") is None
    there.forget("sample")  # a second time is no error


def test_a_program_that_still_writes_finds_the_plugin_gone_and_nothing_of_it_comes_back(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=KEEPS, installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    other = other_program(plugin_kit)
    plugin_kit.host.uninstall("sample", delete_data=True)
    ctx = other.context("sample")
    assert ctx is not None, "it has not heard of it yet"
    entries = (
        module("plugin").entries(ctx.tables) if "desk_plugins.sample.plugin" in __import__("sys").modules else None
    )
    assert entries is None
    with pytest.raises(RefusedByDesk, match="removed with its data"), ctx.tables.begin():
        pass
    with pytest.raises(RefusedByDesk, match="removed with its data"):
        ctx.kv.set("late", 1)
    other.pause("sample", "It failed.")
    other.sync()
    assert other.context("sample") is None
    assert plugin_kit.database.plugin_reading.get("sample") is None
    assert list(plugin_kit.database.plugin_tables.space("sample").existing()) == []
    assert other.state("sample") is None


def test_tables_go_when_whoever_writes_to_them_has_ended(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=KEEPS, installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    tables = other_program(plugin_kit).context("sample").tables
    entries = module("plugin").entries(tables)
    removing: list[threading.Thread] = []

    def remove() -> None:
        plugin_kit.host.uninstall("sample", delete_data=True)

    with tables.begin() as connection:
        removing.append(threading.Thread(target=remove))
        removing[0].start()
        removing[0].join(0.3)
        assert removing[0].is_alive()
        connection.execute(entries.insert().values(id=1))
    removing[0].join(20)
    assert plugin_kit.database.plugin_reading.get("sample") is None
    assert list(plugin_kit.database.plugin_tables.space("sample").existing()) == []


def test_two_programs_that_remove_a_plugin_with_its_data_both_come_to_an_end(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=KEEPS, installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    other = other_program(plugin_kit)
    problems: list[BaseException] = []

    def remove(host: Any) -> None:
        try:
            host.uninstall("sample", delete_data=True)
        except BaseException as error:  # noqa: BLE001 -- shown below
            problems.append(error)

    with at_the_same_time(lambda: remove(other)):
        remove(plugin_kit.host)
    assert problems == []
    assert plugin_kit.database.plugin_reading.get("sample") is None
    assert not list(plugin_kit.user.glob("sample*"))


@pytest.mark.parametrize("how", ["it runs", "it starts later"])
def test_a_plugin_removed_with_its_data_leaves_no_secret_on_other_computers(
    plugin_kit: PluginKit, tmp_path: Path, how: str
) -> None:
    kit, vault = plugin_kit, dict[str, MemorySecrets]()
    kit.write(installed=True)
    kit.host.start(Mode.GUI)
    kit.host.activate("sample", ())
    noted = NotedSecrets(lambda slug: vault.setdefault(slug, MemorySecrets()), tmp_path / "secrets.txt")
    elsewhere = kit.program(plugin_secrets=noted, keep_secrets_of=noted.keep_only).plugins
    noted("sample").set("token", "t0p")
    if how == "it runs":
        elsewhere.start(Mode.GUI)
        assert vault["sample"].values == {"token": "t0p"}
    kit.host.uninstall("sample", delete_data=True)
    if how == "it runs":
        elsewhere.sync()
    else:
        elsewhere.start(Mode.GUI)
    assert vault["sample"].values == {}


def test_a_desk_that_cannot_be_asked_costs_no_secret(
    plugin_kit: PluginKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemorySecrets()
    noted = NotedSecrets(lambda _slug: store, tmp_path / "secrets.txt")
    noted("sample").set("token", "t0p")
    host = plugin_kit.program(plugin_secrets=noted, keep_secrets_of=noted.keep_only).plugins

    def away(_reading: object) -> list[PluginRecord]:
        raise DatabaseUnavailableError("It is away.")

    with monkeypatch.context() as patched:
        patched.setattr(type(plugin_kit.database.plugin_reading), "all", away)
        host.start(Mode.GUI)
    assert store.values == {"token": "t0p"}
