"""Some plugins, or none, for a while and in one program only (features.md PL-03)."""

from __future__ import annotations

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.context import Mode
from tests.support.plugin_hosts import PluginKit


def _kinds(kit: PluginKit) -> list[StateKind]:
    return [kit.kind(one) for one in ("one", "two", "three")]


ACTIVE, INACTIVE = StateKind.ACTIVE, StateKind.INACTIVE


def test_pl_03_only_some_of_the_wanted_run_here_and_the_desk_forgets_nothing(plugin_kit: PluginKit) -> None:
    for one in ("one", "two", "three"):
        plugin_kit.write(one)
    plugin_kit.host.start(Mode.GUI)
    for one in ("one", "two", "three"):
        plugin_kit.host.activate(one, ())
    plugin_kit.host.run_only(["two"])
    assert _kinds(plugin_kit) == [INACTIVE, ACTIVE, INACTIVE]
    assert plugin_kit.host.safe_mode == ""
    assert "put aside" in plugin_kit.state("one").reason
    assert all(plugin_kit.record(one).wanted for one in ("one", "two", "three"))
    plugin_kit.host.sync()
    assert _kinds(plugin_kit) == [INACTIVE, ACTIVE, INACTIVE], "what other programs do changes nothing here"
    plugin_kit.host.run_only(())
    assert _kinds(plugin_kit) == [INACTIVE, INACTIVE, INACTIVE]
    assert plugin_kit.host.safe_mode
    plugin_kit.host.activate("three", ())
    assert _kinds(plugin_kit) == [INACTIVE, INACTIVE, ACTIVE], "one that a person switches on all the same runs"
    plugin_kit.host.run_only(None)
    assert _kinds(plugin_kit) == [ACTIVE, ACTIVE, ACTIVE]
    assert plugin_kit.host.safe_mode == ""
