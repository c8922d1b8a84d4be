"""What a plugin hears when it is removed (hook `plugin_uninstalling`)."""

from __future__ import annotations

import pytest

from desk_app.plugin_api.context import Mode
from tests.support.plugin_hosts import PluginKit, left_over, module

HEARS = """
    from desk_app.plugin_api import hookimpl
    TOLD = []

    @hookimpl
    def plugin_uninstalling(ctx, delete_data):
        TOLD.append(("uninstalling", delete_data, ctx.kv.get("kept")))

    @hookimpl
    def plugin_deactivating(ctx, reason):
        TOLD.append(("deactivating", reason))

    @hookimpl
    def plugin_activated(ctx):
        ctx.kv.set("kept", "something")
"""


@pytest.mark.parametrize("delete_data", [True, False])
def test_plugin_uninstalling_is_told_while_all_is_there(local_plugins: PluginKit, delete_data: bool) -> None:
    local_plugins.write(code=HEARS, installed=True)
    local_plugins.host.start(Mode.GUI)
    local_plugins.host.activate("sample", ())
    told = module("plugin").TOLD
    local_plugins.host.uninstall("sample", delete_data=delete_data)
    assert told == [("uninstalling", delete_data, "something"), ("deactivating", "user")]
    assert not left_over()
    assert not list(local_plugins.user.glob("sample/*"))
