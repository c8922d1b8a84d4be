"""Several programs work on one desk: none loses what another has done, or what happens meanwhile (decision 121)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk_app.domain.plugins.model import Permission, PluginRecord, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.host import PluginHost
from desk_app.services.ports.errors import StorageError
from tests.support.desks import DeskKit, mail
from tests.support.plugin_hosts import PluginKit, module

HEARS = """
    from desk_app.plugin_api import hookimpl
    HEARD = []

    @hookimpl
    def ticket_changed(ticket, changes, actor):
        HEARD.extend(change.new for change in changes)
"""


class Renaming:
    """A ticket with a history, and what tells it."""

    def __init__(self, kit: PluginKit) -> None:
        self.kit, self.desks = kit, DeskKit(kit.database)
        box = self.desks.mailbox("support@desk.example")
        self.desks.arrive(box, mail(subject="first"))
        self.ticket = self.desks.tickets()[0].id

    def rename(self, subject: str) -> None:
        assert self.desks.desk.tickets.rename(self.ticket, subject, self.desks.ann).ok

    def told(self) -> list[str]:
        self.kit.desk.plugin_events.round()
        heard: list[str] = module("plugin").HEARD
        found = list(heard)
        heard.clear()
        return found


def test_a_plugin_hears_what_happens_from_the_moment_it_is_switched_on(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=HEARS)
    plugin_kit.host.start(Mode.GUI)
    renaming = Renaming(plugin_kit)
    renaming.rename("before")
    plugin_kit.host.activate("sample", ())
    renaming.rename("between")
    assert renaming.told() == ["between"]
    plugin_kit.host.deactivate("sample")
    renaming.rename("while it is off")
    plugin_kit.host.activate("sample", ())
    renaming.rename("on again")
    assert renaming.told() == ["on again"]
    assert renaming.told() == []


def test_what_was_told_to_others_before_a_program_had_loaded_a_plugin_is_told_to_it_then(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=HEARS)
    plugin_kit.write("other", code=HEARS)
    plugin_kit.host.start(Mode.SERVICE)
    plugin_kit.host.activate("other", ())
    renaming = Renaming(plugin_kit)
    plugin_kit.desk.plugin_events.round()
    window = plugin_kit.program()
    window.plugins.start(Mode.GUI)
    assert isinstance(window.plugins, PluginHost)
    window.plugins.activate("sample", ())
    renaming.rename("before the other program follows")
    plugin_kit.desk.plugin_events.round()
    window.plugins.close(1)
    plugin_kit.host.sync()
    assert renaming.told() == ["before the other program follows"]
    assert renaming.told() == []


def test_what_happens_while_a_plugin_is_loaded_anew_is_told_to_it_then(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=HEARS)
    plugin_kit.write("other", code=HEARS)
    host = plugin_kit.host
    host.start(Mode.SERVICE)
    host.activate("sample", ())
    host.activate("other", ())
    renaming = Renaming(plugin_kit)
    renaming.told()
    host.run_only({"other"})
    renaming.rename("while it was away")
    plugin_kit.desk.plugin_events.round()
    host.run_only(None)
    renaming.rename("there again")
    assert renaming.told() == ["while it was away", "there again"]
    assert renaming.told() == []


def test_two_programs_that_change_different_things_about_a_plugin_keep_both(plugin_kit: PluginKit) -> None:
    plugin_kit.write(manifest='permissions = ["network"]')
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", (Permission.NETWORK,))
    with plugin_kit.database.unit_of_work() as uow:  # another program, between our reading and our writing
        record = uow.plugins.get("sample")
        assert record is not None
        record.table_version, record.revoked = 7, frozenset({Permission.NETWORK})
        uow.plugins.save(record)
        uow.commit()
    shelf = plugin_kit.host._shelf
    shelf.save(replace(shelf._standing.records["sample"], position=3))
    kept = plugin_kit.record()
    assert (kept.table_version, kept.revoked, kept.position) == (7, {Permission.NETWORK}, 3)


ACTIVATED = """
    from desk_app.plugin_api import hookimpl
    TOLD = []

    @hookimpl
    def plugin_activated(first_time, previous_version):
        TOLD.append((first_time, previous_version))
"""


def test_computers_with_programs_of_different_age_do_not_update_a_bundled_plugin_back_and_forth(
    plugin_kit: PluginKit,
) -> None:
    plugin_kit.write(code=ACTIVATED, version="2.0")
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    before = plugin_kit.record()
    plugin_kit.write(code=ACTIVATED, version="1.0")  # what an older program brings along
    plugin_kit.again()
    assert plugin_kit.state().version == "1.0"
    assert module("plugin").TOLD == [(False, "")]
    assert plugin_kit.record() == before
    plugin_kit.write(code=ACTIVATED, version="3.0")
    plugin_kit.again()
    assert module("plugin").TOLD == [(False, "2.0")]
    assert plugin_kit.record().version == "3.0"


def test_a_plugin_that_the_desk_cannot_write_down_as_on_does_not_run(
    local_plugins: PluginKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_plugins.write(code=ACTIVATED)
    host = local_plugins.host
    host.start(Mode.GUI)
    save = host._shelf.save

    def full(record: PluginRecord, *, activated: bool = False) -> None:
        if record.wanted:
            raise StorageError("The disk is full.")
        save(record, activated=activated)

    monkeypatch.setattr(host._shelf, "save", full)
    with pytest.raises(StorageError):
        host.activate("sample", ())
    assert local_plugins.kind() is StateKind.INACTIVE
    assert not host.dispatcher.plugins()


def test_commands_that_run_side_by_side_all_ask_the_plugins(local_plugins: PluginKit) -> None:
    local_plugins.write()
    local_plugins.host.start(Mode.GUI)
    local_plugins.host.activate("sample", ())
    local_plugins.host.close(1)
    for _ in range(4):  # none of them has ended yet
        command = local_plugins.program()
        command.plugins.start(Mode.CLI)
        assert not command.plugins.safe_mode


def test_a_value_that_somebody_wrote_by_hand_keeps_no_plugin_from_being_loaded(local_plugins: PluginKit) -> None:
    local_plugins.write(manifest="[settings.speed]\ntype = 'number'\ntitle = 'Speed'\ndefault = 3")
    local_plugins.write("other")
    local_plugins.host.start(Mode.GUI)
    for slug in ("sample", "other"):
        local_plugins.host.activate(slug, ())
    with local_plugins.database.unit_of_work() as uow:
        uow.plugins.set_setting(local_plugins.record().id, "speed", 7)
        uow.connection.exec_driver_sql("UPDATE plugin_setting SET value = 'seven'")  # type: ignore[attr-defined]
        uow.commit()
    local_plugins.again()
    assert [local_plugins.kind(slug) for slug in ("sample", "other")] == [StateKind.ACTIVE] * 2
    assert local_plugins.host.context("sample").settings["speed"] == 3
