"""Plugins are the business of those who run the desk, whatever a window shows (features.md PL-10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.archives import build
from desk_app.services.people.agents import actor_for
from desk_app.services.plugins.administration import PluginAdministration
from desk_app.services.ports.plugin_switching import PluginSwitching
from tests.support.plugin_folders import write_plugin
from tests.support.plugin_hosts import PluginKit

Asked = Callable[[PluginAdministration, Any, Actor], object]
MANIFEST = 'permissions = ["network", "tickets.read"]'
VERBS: dict[str, Asked] = {
    "stage": lambda admin, file, who: admin.stage(file, who),
    "put": lambda admin, file, who: admin.put(admin.stage(file, SYSTEM), who),
    "install": lambda admin, file, who: admin.install(file, who),
    "activate": lambda admin, _file, who: admin.activate("sample", [Permission.NETWORK], who),
    "activate_newest": lambda admin, _file, who: admin.activate_newest("sample", [Permission.NETWORK], who),
    "deactivate": lambda admin, _file, who: admin.deactivate("sample", who),
    "try_again": lambda admin, _file, who: admin.try_again("sample", who),
    "grant": lambda admin, _file, who: admin.grant("sample", Permission.TICKETS_READ, who),
    "revoke": lambda admin, _file, who: admin.revoke("sample", Permission.NETWORK, who),
    "reorder": lambda admin, _file, who: admin.reorder(["sample"], who),
    "update": lambda admin, _file, who: admin.update("sample", who),
    "roll_back": lambda admin, _file, who: admin.roll_back("sample", who),
    "uninstall": lambda admin, _file, who: admin.uninstall("sample", who, delete_data=True),
}


def people(kit: PluginKit) -> tuple[Actor, Actor, Actor]:
    """An admin, an agent who is none, and one who was an admin until a moment ago."""
    desk = kit.desk.people
    admin = actor_for(desk.sign_in("ada"))
    agent = actor_for(desk.add_agent("ben", admin))
    former = desk.add_agent("cid", admin, kind="admin")
    desk.change_agent(replace(former, kind="lead"), admin)
    return admin, agent, actor_for(former)


def test_pl_10_only_admins_switch_plugins_whoever_asks(plugin_kit: PluginKit, tmp_path: Path) -> None:
    _, agent, former = people(plugin_kit)
    rule = Actor(ActorKind.PLUGIN, None, "Sample")
    file = build(write_plugin(tmp_path, "fresh", manifest=MANIFEST), tmp_path / "dist")
    plugin_kit.write(manifest=MANIFEST)
    plugin_kit.host.start(Mode.SERVICE)
    admin = plugin_kit.desk.plugin_admin
    admin.activate("sample", [Permission.NETWORK], SYSTEM)
    before, installed = plugin_kit.record(), sorted(one.name for one in plugin_kit.user.iterdir() if one.name[0] != ".")
    for verb, ask in VERBS.items():
        for who in (agent, former, rule):
            with pytest.raises(PermissionError, match=r"^Only an admin of the desk can change plugins\.$"):
                ask(admin, file, who)
            assert plugin_kit.record() == before, verb
            assert plugin_kit.kind() is StateKind.ACTIVE, verb
    assert sorted(one.name for one in plugin_kit.user.iterdir() if one.name[0] != ".") == installed


def test_pl_10_an_admin_installs_permits_orders_and_removes(plugin_kit: PluginKit, tmp_path: Path) -> None:
    who, *_ = people(plugin_kit)
    plugin_kit.host.start(Mode.SERVICE)
    admin = plugin_kit.desk.plugin_admin

    def packed(version: str) -> Path:
        return build(write_plugin(tmp_path / version, manifest=MANIFEST, version=version), tmp_path / "dist")

    candidate = admin.stage(packed("1.0"), who)
    assert (candidate.manifest.id, candidate.previous) == ("sample", None)
    admin.activate_newest(admin.put(candidate, who), [Permission.NETWORK], who)
    assert (plugin_kit.kind(), plugin_kit.record().permissions) == (StateKind.ACTIVE, {Permission.NETWORK})
    admin.deactivate("sample", who)
    admin.activate_newest(admin.install(packed("1.1"), who), [Permission.TICKETS_READ], who)
    assert (plugin_kit.kind(), plugin_kit.record().version) == (StateKind.ACTIVE, "1.1")
    admin.activate_newest("sample", [Permission.NETWORK], who)
    assert plugin_kit.record().permissions == {Permission.NETWORK, Permission.TICKETS_READ}
    admin.revoke("sample", Permission.NETWORK, who)
    admin.reorder(["sample"], who)
    assert (plugin_kit.record().permissions, plugin_kit.record().position) == ({Permission.TICKETS_READ}, 1)
    admin.grant("sample", Permission.NETWORK, who)
    admin.roll_back("sample", who)
    assert (plugin_kit.record().version, plugin_kit.record().permissions) == (
        "1.0",
        {Permission.NETWORK, Permission.TICKETS_READ},
    )
    admin.update("sample", who)
    assert plugin_kit.record().version == "1.1"
    plugin_kit.host.pause("sample", "It was in the way.")
    admin.try_again("sample", who)
    assert plugin_kit.kind() is StateKind.ACTIVE
    admin.uninstall("sample", who, delete_data=True)
    assert not (plugin_kit.user / "sample").exists()


def test_everything_that_switches_plugins_is_asked_about() -> None:
    switching = {name for name in vars(PluginSwitching) if not name.startswith("_")}
    assert switching <= set(VERBS)
    assert set(VERBS) == {name for name in vars(PluginAdministration) if not name.startswith("_")}
