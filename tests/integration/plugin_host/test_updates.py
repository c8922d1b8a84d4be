"""Another version runs, or the one before goes on (plugins.md, "Discovery and installation", 3)."""

from __future__ import annotations

import pytest

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.context import Mode
from desk_app.services.ports.plugins import PluginRefusedError
from tests.support.plugin_hosts import PluginKit, module

SAYS = """
    from desk_app.plugin_api import hookimpl
    TOLD = []
    @hookimpl
    def plugin_activated(first_time, previous_version):
        TOLD.append((first_time, previous_version))
    @hookimpl
    def filter_signature(value): return value + " {word}"
"""


def said(kit: PluginKit) -> str:
    return str(kit.desk.hooks.filter("filter_signature", "x", agent=None, department=""))


def test_an_update_lies_ready_until_it_is_taken_and_can_be_taken_back(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=SAYS.format(word="old"), installed=True)
    host = plugin_kit.host
    host.start(Mode.GUI)
    host.activate("sample", ())
    plugin_kit.write(code=SAYS.format(word="new"), version="1.10.0", installed=True)
    host.look()
    assert (plugin_kit.state().update, said(plugin_kit)) == ("1.10.0", "x old")
    host.update("sample")
    assert (plugin_kit.state().update, plugin_kit.state().version, said(plugin_kit)) == ("", "1.10.0", "x new")
    assert module("plugin").TOLD == [(False, "1.0.0")]
    plugin_kit.again()
    assert said(plugin_kit) == "x new"
    plugin_kit.host.roll_back("sample")
    assert (plugin_kit.state().version, said(plugin_kit)) == ("1.0.0", "x old")
    assert module("plugin").TOLD == [(False, "1.10.0")]


@pytest.mark.parametrize(
    "code",
    [
        "def broken(:\n",
        "raise SystemExit(9)",
        "from desk_app.plugin_api import hookimpl\n@hookimpl\ndef plugin_activated(ctx): raise ValueError('no')",
    ],
)
def test_an_update_that_breaks_is_taken_back_by_itself(plugin_kit: PluginKit, code: str) -> None:
    plugin_kit.write(code=SAYS.format(word="old"), installed=True)
    host = plugin_kit.host
    host.start(Mode.GUI)
    host.activate("sample", ())
    plugin_kit.write(code=code, version="2.0", installed=True)
    with pytest.raises(PluginRefusedError, match=r"Version 2\.0 does not run, so the one before is back"):
        host.update("sample")
    assert (plugin_kit.kind(), said(plugin_kit)) == (StateKind.ACTIVE, "x old")
    record = plugin_kit.record()
    assert (record.version, record.wanted, record.paused) == ("1.0.0", True, "")
    plugin_kit.again()
    assert said(plugin_kit) == "x old"


def test_files_that_changed_since_are_asked_about_before_they_are_loaded(plugin_kit: PluginKit) -> None:
    folder = plugin_kit.write(code=SAYS.format(word="old"), installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    (folder / "plugin.py").write_text("raise RuntimeError('somebody else wrote this')")
    plugin_kit.again()
    assert plugin_kit.kind() is StateKind.CHANGED
    assert said(plugin_kit) == "x"
    plugin_kit.write(code=SAYS.format(word="changed"), installed=True)
    plugin_kit.host.activate("sample", ())
    assert (plugin_kit.kind(), said(plugin_kit)) == (StateKind.ACTIVE, "x changed")


def test_another_program_follows_an_update(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=SAYS.format(word="old"), installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    other = plugin_kit.program()
    plugin_kit.write(code=SAYS.format(word="new"), version="2.0", installed=True)
    other.plugins.look()
    with plugin_kit.database.unit_of_work() as uow:  # as the other program leaves it, whose modules are this process's
        record = plugin_kit.record()
        record.version, record.previous_version, record.files_sha256 = "2.0", "1.0.0", ""
        uow.plugins.save(record)
        uow.commit()
    plugin_kit.host.sync()
    assert (plugin_kit.state().version, said(plugin_kit)) == ("2.0", "x new")


def test_settings_changed_elsewhere_are_told_to_the_plugin_concerned(plugin_kit: PluginKit) -> None:
    settings = '[settings.word]\ntype = "text"\ntitle = "Word"\ndefault = "nothing"'
    code = """
    from desk_app.plugin_api import hookimpl
    TOLD = []
    @hookimpl
    def settings_changed(ctx, keys):
        TOLD.append((sorted(keys), ctx.settings["word"]))
    """
    for name in ("sample", "bystander"):
        plugin_kit.write(name, code, manifest=settings)
    plugin_kit.host.start(Mode.GUI)
    for name in ("sample", "bystander"):
        plugin_kit.host.activate(name, ())
    assert plugin_kit.host.context("sample").settings["word"] == "nothing"
    with plugin_kit.database.unit_of_work() as uow:
        uow.plugins.set_setting(plugin_kit.record().id, "word", "something")
        uow.commit()
    plugin_kit.host.sync()
    assert module("plugin").TOLD == [(["word"], "something")]
    assert module("plugin", "bystander").TOLD == []
