"""What goes wrong with a plugin on one computer, or because of the database, switches it off for nobody else (decision
128)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.sources import digest
from desk_app.services.ports.errors import DatabaseUnavailableError, StorageError
from desk_app.services.ports.plugins import PluginRefusedError
from desk_app.storage.database import Database
from tests.support.plugin_hosts import PluginKit, module

PICKY = """
    import os
    from desk_app.plugin_api import hookimpl

    @hookimpl
    def plugin_activated(ctx):
        if str(ctx.mode) in os.environ.get("PICKY", ""):
            raise ImportError("libfancy.so: cannot open shared object file")
"""


class Computers:
    """Two computers on one desk, with the same plugin: a window on one, a worker on the other, where it fails."""

    def __init__(self, database: Database, tmp_path: Path) -> None:
        self.window, self.worker = PluginKit(database, tmp_path / "a"), PluginKit(database, tmp_path / "b")
        for one in (self.window, self.worker):
            one.write(code=PICKY)
        self.window.host.start(Mode.GUI)
        self.window.host.activate("sample", ())
        self.worker.host.start(Mode.SERVICE)

    def goes_on(self) -> bool:
        """Whether nothing has changed for the computer where it runs."""
        self.window.host.sync()
        record = self.window.record()
        return (self.window.kind(), record.wanted, record.paused) == (StateKind.ACTIVE, True, "")

    def fails(self) -> bool:
        """Whether it is paused where it fails, with the reason."""
        state = self.worker.state()
        return state.kind is StateKind.PAUSED and "libfancy.so" in state.reason and not state.running


@pytest.fixture
def computers(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Computers]:
    monkeypatch.setenv("PICKY", "service")
    found = Computers(database, tmp_path)
    yield found
    found.window.end()
    found.worker.end()


def test_what_does_not_start_on_one_computer_runs_on_on_the_others(
    computers: Computers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert computers.fails()
    assert computers.goes_on()
    assert len(computers.worker.faults()) == 1
    computers.worker.again(Mode.SERVICE)
    assert computers.fails()
    assert len(computers.worker.faults()) == 1, "it is not tried at every start"
    with pytest.raises(PluginRefusedError, match="libfancy"):
        computers.worker.host.try_again("sample")
    assert computers.fails()
    assert computers.goes_on()
    computers.worker.again(Mode.GUI)
    assert computers.worker.state().running, "another kind of program on that computer tries for itself"
    computers.worker.again(Mode.SERVICE)
    monkeypatch.setenv("PICKY", "")
    computers.worker.host.try_again("sample")
    assert computers.worker.state().running
    assert computers.goes_on()


@pytest.mark.parametrize("how", ["version", "switch"])
def test_what_was_paused_here_is_tried_again_when_something_has_changed(
    computers: Computers, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("PICKY", "")
    computers.worker.host.sync()
    assert computers.fails()
    if how == "version":
        computers.worker.write(code=PICKY, version="1.1.0")
        computers.worker.again(Mode.SERVICE)
    else:
        computers.window.host.deactivate("sample")
        computers.window.host.activate("sample", ())
        computers.worker.host.sync()
    assert computers.worker.state().running


def test_what_a_person_switches_on_for_the_first_time_and_fails_stays_off_with_the_reason(
    plugin_kit: PluginKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICKY", "gui")
    plugin_kit.write(code=PICKY)
    plugin_kit.host.start(Mode.GUI)
    with pytest.raises(PluginRefusedError, match="libfancy"):
        plugin_kit.host.activate("sample", ())
    assert (plugin_kit.kind(), plugin_kit.record().wanted) == (StateKind.INACTIVE, False)
    assert "libfancy" in plugin_kit.state().reason


def test_a_note_that_cannot_be_written_or_read_holds_for_the_program(
    computers: Computers, monkeypatch: pytest.MonkeyPatch
) -> None:
    (note,) = computers.worker.user.glob("paused-*.json")
    note.write_text("{")
    computers.worker.host.look()
    assert not computers.fails()
    monkeypatch.setattr(Path, "replace", _no_room)
    computers.worker.host.sync()
    computers.worker.host.look()
    assert computers.fails()


def _no_room(self: Path, target: Path) -> Path:
    raise OSError(28, "No space left on device", str(self), None, str(target))


AWAY = """
    import os
    from desk_app.plugin_api import RefusedByDesk, hookimpl
    from desk_app.services.ports.errors import DatabaseUnavailableError

    @hookimpl
    def plugin_activated(ctx):
        if os.environ.get("PICKY"):
            raise RefusedByDesk("The server is away.") from DatabaseUnavailableError("The server is away.")
"""


def test_a_plugin_is_not_to_blame_for_a_database_that_is_away_when_it_comes_up(
    plugin_kit: PluginKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin_kit.write(code=AWAY)
    plugin_kit.write("other")
    plugin_kit.host.start(Mode.GUI)
    for slug in ("sample", "other"):
        plugin_kit.host.activate(slug, ())
    monkeypatch.setenv("PICKY", "yes")
    plugin_kit.again()
    assert plugin_kit.state("other").running, "the next one is brought up all the same"
    assert (plugin_kit.kind(), "away" in plugin_kit.state().reason) == (StateKind.INACTIVE, True)
    with pytest.raises(StorageError):
        plugin_kit.host.sync()  # so that whoever follows tries again soon
    assert plugin_kit.faults() == []
    monkeypatch.setenv("PICKY", "")
    plugin_kit.host.sync()
    assert plugin_kit.state().running


def test_hooks_that_fail_because_the_database_is_away_pause_nothing(plugin_kit: PluginKit) -> None:
    plugin_kit.write(
        code="""
        from desk_app.plugin_api import RefusedByDesk, hookimpl
        from desk_app.services.ports.errors import DatabaseUnavailableError

        @hookimpl
        def ticket_deleted(ticket_id):
            raise RefusedByDesk("The server is away.") from DatabaseUnavailableError("The server is away.")
        """
    )
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    for number in range(30):
        plugin_kit.desk.hooks.event("ticket_deleted", ticket_id=number, actor=None)
    assert plugin_kit.faults() == []
    assert plugin_kit.kind() is StateKind.ACTIVE


def test_what_others_did_is_followed_though_the_database_went_away_in_the_middle(
    plugin_kit: PluginKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin_kit.host.start(Mode.GUI)
    other = plugin_kit.program()
    other.plugins.start(Mode.SERVICE)
    plugin_kit.write(installed=True)  # files this program has not seen yet
    other.plugins.activate("sample", ())  # type: ignore[attr-defined]
    other.plugins.close(1)
    told: list[str] = []
    plugin_kit.host.on_change(lambda slug, _kind: told.append(slug))

    def away(*_arguments: object) -> None:
        raise DatabaseUnavailableError("The server is away.")

    with monkeypatch.context() as gone:
        gone.setattr(plugin_kit.host.dispatcher, "place", away)
        with pytest.raises(StorageError):
            plugin_kit.host.sync()
    told.clear()
    plugin_kit.host.sync()
    assert plugin_kit.state().running
    assert "sample" in told


SAYS = """
    from desk_app.plugin_api import hookimpl
    @hookimpl
    def filter_signature(value): return value + " {word}"
"""


def test_a_version_that_the_desk_has_left_behind_pauses_nothing_on_the_desk(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=SAYS.format(word="old"), installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    plugin_kit.write(code=SAYS.format(word="new"), version="2.0", installed=True)
    with plugin_kit.database.unit_of_work() as uow:  # as another program leaves it
        record = plugin_kit.record()
        record.version, record.previous_version, record.files_sha256 = "2.0", "1.0.0", ""
        uow.plugins.save(record)
        uow.commit()
    plugin_kit.host.pause("sample", "It failed too often.")  # the old one, on the new one's tables
    assert plugin_kit.record().paused == ""
    plugin_kit.host.sync()
    assert plugin_kit.desk.hooks.filter("filter_signature", "x", agent=None, department="") == "x new"


def test_an_older_program_that_has_trouble_with_newer_tables_pauses_its_own_version_only(plugin_kit: PluginKit) -> None:
    plugin_kit.write(version="2.0")
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    plugin_kit.write(version="1.0")  # what an older program brings along
    plugin_kit.again()
    assert module("plugin")
    plugin_kit.host.pause("sample", "It failed too often.")
    assert plugin_kit.record().paused == ""
    assert (plugin_kit.kind(), plugin_kit.state().reason) == (StateKind.PAUSED, "It failed too often.")


def test_other_files_of_the_same_version_are_followed_where_they_lie(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=SAYS.format(word="old"), installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    folder = plugin_kit.write(code=SAYS.format(word="new"), installed=True)
    with plugin_kit.database.unit_of_work() as uow:  # as another program leaves it that has put them there
        record = plugin_kit.record()
        record.files_sha256 = digest(folder)
        uow.plugins.save(record)
        uow.commit()
    plugin_kit.host.sync()
    assert plugin_kit.desk.hooks.filter("filter_signature", "x", agent=None, department="") == "x new"


def test_a_start_without_the_database_is_made_up_for(plugin_kit: PluginKit, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_kit.write()
    plugin_kit.write("bad")
    plugin_kit.host.start(Mode.GUI)
    for slug in ("sample", "bad"):
        plugin_kit.host.activate(slug, ())
    plugin_kit.host.close(1)
    left = plugin_kit.user / "loading-0.json"  # of a program that ended while it loaded one of them
    left.write_text('[{"slug": "bad", "version": "1.0.0"}]')
    desk = plugin_kit.program()
    host: Any = desk.plugins

    def away() -> None:
        raise DatabaseUnavailableError("The server is away.")

    with monkeypatch.context() as gone:
        gone.setattr(host._shelf, "read", away)
        host.start(Mode.SERVICE)
        assert not host.dispatcher.plugins()
        with pytest.raises(StorageError):
            host.sync()
    host.sync()
    assert host.state("sample").running
    assert (host.state("bad").kind, host.state("bad").running) == (StateKind.PAUSED, False)
