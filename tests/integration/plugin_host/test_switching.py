"""Plugins are switched on and off whole or not at all (plugins.md, "States and lifecycle"; PL-01, PL-02)."""

from __future__ import annotations

import importlib
import sys
import threading

import pytest

from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.runtime.plugin_work import load_when_asked
from desk_app.services.ports.plugins import PluginRefusedError
from tests.support.plugin_folders import WELL_BEHAVED
from tests.support.plugin_hosts import PluginKit, left_over, module, until

TELLS = """
    from desk_app.plugin_api import hookimpl
    from .words import HEARD

    @hookimpl
    def plugin_activated(first_time, previous_version):
        HEARD.append(("activated", first_time, previous_version))

    @hookimpl
    def app_ready(mode):
        HEARD.append(("ready", str(mode)))

    @hookimpl
    def plugin_deactivating(reason):
        HEARD.append(("deactivating", reason))

    @hookimpl
    def filter_signature(value):
        return value + " from a plugin"
"""
WORDS = "HEARD = []\n"


def heard(slug: str = "sample") -> list[object]:
    return module("words", slug).HEARD  # type: ignore[no-any-return]


def test_a_plugin_is_there_at_once_and_gone_at_once(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=TELLS, words=WORDS)
    plugin_kit.host.start(Mode.GUI)
    hooks = plugin_kit.desk.hooks
    assert plugin_kit.kind() is StateKind.INACTIVE
    assert hooks.filter("filter_signature", "x", agent=None, department="") == "x"
    plugin_kit.host.activate("sample", ())
    assert plugin_kit.kind() is StateKind.ACTIVE
    assert hooks.filter("filter_signature", "x", agent=None, department="") == "x from a plugin"
    told = heard()
    assert told == [("activated", True, ""), ("ready", "gui")]
    plugin_kit.host.deactivate("sample")
    assert told[-1] == ("deactivating", "user")
    assert plugin_kit.kind() is StateKind.INACTIVE
    assert hooks.filter("filter_signature", "x", agent=None, department="") == "x"
    assert not left_over()


def test_what_was_on_is_on_after_a_restart(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=TELLS, words=WORDS)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    plugin_kit.again()
    assert plugin_kit.kind() is StateKind.ACTIVE
    assert heard() == [("activated", False, ""), ("ready", "gui")]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("raise RuntimeError('no')", "RuntimeError: no"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        (
            "from desk_app.plugin_api import hookimpl\n@hookimpl\ndef plugin_activated(ctx): raise ValueError('not I')",
            "ValueError: not I",
        ),
        (
            "from desk_app.plugin_api import hookimpl\n@hookimpl\ndef scheduled_jobs(ctx): return [3]",
            "it returned int where JobSpec was promised",
        ),
        (
            "from desk_app.plugin_api import hookimpl\n@hookimpl\ndef ticket_creted(ctx): pass",
            "did you mean “ticket_created”",
        ),
    ],
)
def test_whatever_fails_is_undone_and_said(plugin_kit: PluginKit, code: str, reason: str) -> None:
    plugin_kit.write(code=code)
    plugin_kit.host.start(Mode.GUI)
    with pytest.raises(PluginRefusedError, match=reason):
        plugin_kit.host.activate("sample", ())
    assert plugin_kit.kind() is StateKind.INACTIVE
    assert reason in plugin_kit.state().reason
    assert not plugin_kit.record().wanted
    assert not plugin_kit.host.dispatcher.plugins()
    assert not left_over()


def test_what_is_required_comes_first_and_is_not_taken_away(plugin_kit: PluginKit) -> None:
    plugin_kit.write("base", version="1.2")
    plugin_kit.write("above", manifest='requires = { base = ">=1.0" }')
    plugin_kit.write("too_new", manifest='requires = { base = ">=2.0" }')
    plugin_kit.write("lonely", manifest='requires = { nowhere = ">=1.0" }')
    host = plugin_kit.host
    host.start(Mode.GUI)
    with pytest.raises(PluginRefusedError, match="switch that on first"):
        host.activate("above", ())
    host.activate("base", ())
    host.activate("above", ())
    with pytest.raises(PluginRefusedError, match=r"in a version >=2\.0; there is 1\.2"):
        host.activate("too_new", ())
    with pytest.raises(PluginRefusedError, match="“nowhere”, which is not installed"):
        host.activate("lonely", ())
    with pytest.raises(PluginRefusedError, match="“Above” needs it"):
        host.deactivate("base")
    host.reorder(["above", "base"])
    host = plugin_kit.again()
    assert [host.state(slug).kind for slug in ("base", "above")] == [StateKind.ACTIVE] * 2
    host.pause("base", "It failed.")
    assert (host.state("above").kind, host.state("above").reason) == (
        StateKind.INACTIVE,
        "It needs “Base”, which does not run.",
    )
    host.try_again("base")
    host.sync()
    assert host.state("above").kind is StateKind.ACTIVE


def test_the_order_is_the_order_of_filters(plugin_kit: PluginKit) -> None:
    for name in ("a", "b"):
        plugin_kit.write(
            f"plugin-{name}",
            f"""
            from desk_app.plugin_api import hookimpl
            @hookimpl
            def filter_signature(value): return value + "{name}"
            """,
        )
    host = plugin_kit.host
    host.start(Mode.GUI)
    for name in ("plugin-a", "plugin-b"):
        host.activate(name, ())
    ask = plugin_kit.desk.hooks.filter
    assert ask("filter_signature", "x", agent=None, department="") == "xab"
    host.reorder(["plugin-b", "plugin-a"])
    assert ask("filter_signature", "x", agent=None, department="") == "xba"
    plugin_kit.again()
    assert plugin_kit.desk.hooks.filter("filter_signature", "x", agent=None, department="") == "xba"


def test_two_plugins_with_one_id_the_second_is_refused_and_shown(plugin_kit: PluginKit) -> None:
    first = plugin_kit.write("sample")
    plugin_kit.write("sample", "raise RuntimeError('never loaded')", version="9.0", installed=True)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    kinds = {(one.kind, str(one.folder)) for one in plugin_kit.host.plugins()}
    assert (StateKind.ACTIVE, str(first)) in kinds
    conflict = next(one for one in plugin_kit.host.plugins() if one.kind is StateKind.CONFLICT)
    assert str(first) in conflict.reason
    assert conflict.version == "9.0"


def test_permissions_are_granted_revoked_and_given_back(plugin_kit: PluginKit) -> None:
    plugin_kit.write(manifest='permissions = ["network", "mail.send"]')
    host = plugin_kit.host
    host.start(Mode.GUI)
    host.activate("sample", [Permission.NETWORK, Permission.CONTACTS])
    assert plugin_kit.record().permissions == {Permission.NETWORK}, "what it does not ask for it does not get"
    host.revoke("sample", Permission.NETWORK)
    assert plugin_kit.record().permissions == frozenset()
    host.grant("sample", Permission.NETWORK)
    assert plugin_kit.record().permissions == {Permission.NETWORK}
    with pytest.raises(PluginRefusedError, match="does not ask"):
        host.grant("sample", Permission.FILES)


def test_another_mode_lists_what_it_does_not_run(plugin_kit: PluginKit) -> None:
    plugin_kit.write(manifest='modes = ["service"]')
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    state = plugin_kit.state()
    assert (state.kind, state.running) == (StateKind.ACTIVE, False)
    assert not left_over()
    plugin_kit.again(Mode.SERVICE)
    assert plugin_kit.state().running


def test_what_is_uninstalled_leaves_its_data_or_nothing(plugin_kit: PluginKit) -> None:
    host = plugin_kit.host
    host.start(Mode.GUI)
    for delete in (False, True):
        folder = plugin_kit.write(installed=True, code=TELLS, words=WORDS)
        host.activate("sample", ())
        host.context("sample").kv.set("remembered", 1)
        host.uninstall("sample", delete_data=delete)
        assert not folder.parent.exists()
        assert not left_over()
        with plugin_kit.database.unit_of_work() as uow:
            record = uow.plugins.get("sample")
            if delete:
                assert record is None
            else:
                assert record is not None
                assert not record.wanted
                assert uow.plugins.value(record.id, "remembered") == 1
        assert host.state("sample") is None or host.state("sample").kind is StateKind.MISSING
        assert not host.plugins()


def test_what_belongs_to_the_program_is_not_removed(plugin_kit: PluginKit) -> None:
    folder = plugin_kit.write()
    plugin_kit.host.start(Mode.GUI)
    with pytest.raises(PluginRefusedError, match="belongs to this installation"):
        plugin_kit.host.uninstall("sample", delete_data=False)
    assert folder.exists()


def test_modules_of_two_plugins_are_their_own_and_vendor_is_found_last(plugin_kit: PluginKit) -> None:
    for name in ("one", "two"):
        folder = plugin_kit.write(
            name,
            """
            from desk_app.plugin_api import hookimpl
            from .words import WORD
            import a_library_nobody_else_has as library
            import json as ours
            @hookimpl
            def filter_signature(value): return f"{value} {WORD} {library.NAME} {ours.dumps([])}"
            """,
            words=f"WORD = '{name}'",
        )
        (folder / "vendor").mkdir()
        (folder / "vendor" / "a_library_nobody_else_has.py").write_text("NAME = 'vendored'")
        (folder / "vendor" / "json.py").write_text("raise RuntimeError('this is never found')")
    host = plugin_kit.host
    host.start(Mode.GUI)
    host.activate("one", ())
    host.activate("two", ())
    said = plugin_kit.desk.hooks.filter("filter_signature", "x", agent=None, department="")
    assert said == "x one vendored [] two vendored []"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("another_library_nobody_else_has")
    host.deactivate("one")
    host.deactivate("two")
    assert "a_library_nobody_else_has" not in sys.modules
    assert not left_over()


def test_what_cannot_be_taken_down_waits_for_the_end_of_the_program(plugin_kit: PluginKit) -> None:
    plugin_kit.write(manifest="restart_required = true")
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    assert (plugin_kit.kind(), plugin_kit.state().running) == (StateKind.INACTIVE, False)
    assert "next start" in plugin_kit.state().reason
    plugin_kit.again()
    assert plugin_kit.state().running
    plugin_kit.host.deactivate("sample")
    plugin_kit.host.sync()
    assert plugin_kit.state().running
    assert "when the program ends" in plugin_kit.state().reason
    plugin_kit.again()
    assert not plugin_kit.state().running


def test_an_update_of_what_cannot_be_taken_down_waits_too(plugin_kit: PluginKit) -> None:
    for version in ("1.0.0", "2.0.0"):
        plugin_kit.write(manifest="restart_required = true", version=version, installed=True)
        if version == "1.0.0":
            plugin_kit.host.start(Mode.GUI)
            plugin_kit.host.activate("sample", ())
            plugin_kit.again()
    plugin_kit.host.update("sample")
    plugin_kit.host.sync()
    state = plugin_kit.state()
    assert (state.running, state.version, state.reason) == (
        True,
        "1.0.0",
        "It runs from the next start of the program.",
    )
    plugin_kit.again()
    state = plugin_kit.state()
    assert (state.running, state.version, state.reason) == (True, "2.0.0", "")


def test_a_look_without_a_start_shows_how_the_desk_stands(plugin_kit: PluginKit) -> None:
    plugin_kit.write()
    plugin_kit.write("paused")
    plugin_kit.host.start(Mode.GUI)
    for slug in ("sample", "paused"):
        plugin_kit.host.activate(slug, ())
    plugin_kit.host.pause("paused", "It failed.")
    command = plugin_kit.program()
    assert {one.slug: one.kind for one in command.plugins.look()} == {
        "sample": StateKind.ACTIVE,
        "paused": StateKind.PAUSED,
    }


def test_a_command_loads_plugins_when_it_first_does_what_they_have_a_say_in(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=TELLS, words=WORDS)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    plugin_kit.host.close(1)
    command = plugin_kit.program()
    load_when_asked(command)
    assert command.people.departments()
    assert not left_over(), "most commands ask nobody"
    assert command.hooks.filter("filter_signature", "x", agent=None, department="") == "x from a plugin"
    assert heard() == [("activated", False, ""), ("ready", "cli")]


def test_no_hook_reaches_a_plugin_that_is_not_wholly_there(plugin_kit: PluginKit) -> None:
    plugin_kit.write(
        code="""
        import threading
        from desk_app.plugin_api import hookimpl
        AWAKE, GO = threading.Event(), threading.Event()

        @hookimpl
        def plugin_activated(ctx):
            AWAKE.set()
            GO.wait(10)

        @hookimpl
        def filter_signature(value):
            return value + " too early" if not GO.is_set() else value + " in time"
        """
    )
    plugin_kit.host.start(Mode.GUI)
    switching = threading.Thread(target=lambda: plugin_kit.host.activate("sample", ()))
    switching.start()
    assert until(lambda: "desk_plugins.sample.plugin" in sys.modules and hasattr(module("plugin"), "filter_signature"))
    assert module("plugin").AWAKE.wait(10)
    assert plugin_kit.kind() is StateKind.ACTIVATING
    ask = plugin_kit.desk.hooks.filter
    assert ask("filter_signature", "x", agent=None, department="") == "x"
    module("plugin").GO.set()
    switching.join(10)
    assert ask("filter_signature", "x", agent=None, department="") == "x in time"


def test_an_object_that_raises_when_it_is_looked_at_is_refused(plugin_kit: PluginKit) -> None:
    folder = plugin_kit.write(
        code="""
        class Part:
            def __dir__(self):
                raise RuntimeError("do not look at me")
        part = Part()
        """
    )
    text = (folder / "plugin.toml").read_text()
    (folder / "plugin.toml").write_text(text.replace('entry = "plugin"', 'entry = "plugin:part"'))
    plugin_kit.host.start(Mode.GUI)
    with pytest.raises(PluginRefusedError, match="do not look at"):
        plugin_kit.host.activate("sample", ())
    assert plugin_kit.kind() is StateKind.INACTIVE
    plugin_kit.write("good")
    plugin_kit.host.activate("good", ())


TITLED = """
    from desk_app.plugin_api import Command, Placeholder, hookimpl
    from .notes import ASKED

    @hookimpl
    def placeholders(ctx):
        ASKED.append("placeholders")
        if ASKED.count("placeholders") == 3:
            raise ValueError("no words")
        return [Placeholder("shop.order", f"Order {len(ASKED)}", lambda ctx, ticket: "")]

    @hookimpl
    def channel_types(ctx):
        ASKED.append("channel_types")
        return []

    @hookimpl
    def migrations(ctx):
        ASKED.append("migrations")
        return []
"""


def test_in_another_language_a_plugin_is_asked_anew_for_what_has_titles(local_plugins: PluginKit) -> None:
    local_plugins.write(code=TITLED, notes="ASKED = []")
    host, told = local_plugins.host, []
    host.start(Mode.GUI)
    host.activate("sample", ())
    asked = module("notes").ASKED
    assert sorted(asked) == ["channel_types", "migrations", "placeholders"]
    host.on_change(lambda slug, _kind: told.append(slug))
    host.speak_anew()
    assert (asked[3:], told) == (["placeholders"], [""])
    assert [one.spec.title for one in host.contributions("placeholders")] == ["Order 4"]
    host.speak_anew()
    assert [one.spec.title for one in host.contributions("placeholders")] == ["Order 4"], (
        "one that fails stays as it was"
    )
    assert local_plugins.faults() == [
        "placeholders: It could not say what it adds: placeholders: ValueError: no words."
    ]
    assert local_plugins.kind() is StateKind.ACTIVE


def test_a_start_tells_of_all_plugins_at_once_and_of_each_how_it_stands(local_plugins: PluginKit) -> None:
    for name in ("one", "two", "three"):
        local_plugins.write(name, "import nothing_of_that_name" if name == "two" else WELL_BEHAVED)
    host = local_plugins.host
    host.start(Mode.GUI)
    for name in ("one", "three"):
        host.activate(name, ())
    with pytest.raises(PluginRefusedError):
        host.activate("two", ())
    with local_plugins.database.unit_of_work() as uow:
        record = uow.plugins.get("two")
        assert record is not None
        record.wanted = True
        uow.plugins.save(record)
        uow.commit()
    told: list[tuple[str, StateKind]] = []
    local_plugins.host.close(1)
    local_plugins.desk = local_plugins.program()
    host = local_plugins.host = local_plugins.desk.plugins
    host.on_change(lambda slug, kind: told.append((slug, kind)))
    host.start(Mode.GUI)
    assert dict(told[:-1]) == {"one": StateKind.ACTIVE, "two": StateKind.PAUSED, "three": StateKind.ACTIVE}
    assert (len(told), told[-1][0]) == (4, "")
