from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from desk_app.plugin_api.ui import (
    ActionScope,
    ActionSpec,
    ColumnSpec,
    ComposerTool,
    PageSpec,
    PanelSpec,
    Registry,
    SettingsPage,
    UiRegistries,
)
from desk_app.ui.shell.window import MainWindow
from tests.ui import stage


def _action(action_id: str, order: int = 100) -> ActionSpec:
    return ActionSpec(action_id, action_id.title(), lambda _window, _ids: None, order=order)


def test_specs_come_in_order_and_by_id() -> None:
    registry: Registry[ActionSpec] = Registry()
    registry.register(_action("b", 20))
    registry.register(_action("a", 10), owner="plugin")
    assert [spec.id for spec in registry] == ["a", "b"]
    assert "a" in registry
    assert registry.owner("a") == "plugin"
    assert registry.get("c") is None


def test_an_id_is_taken_once() -> None:
    registry: Registry[ActionSpec] = Registry()
    registry.register(_action("a"))
    with pytest.raises(ValueError, match="registered already by 'core'"):
        registry.register(_action("a"), owner="plugin")
    with pytest.raises(ValueError, match="needs an id"):
        registry.register(_action(""))


def test_an_owner_goes_as_a_whole_and_listeners_hear_of_it() -> None:
    registries, heard = UiRegistries(), []
    stop = registries.actions.on_change(lambda: heard.append(len(registries.actions)))
    registries.actions.register(_action("a"), owner="plugin")
    registries.actions.register(_action("b"))
    assert registries.remove_owner("plugin") == 1
    stop()
    registries.actions.register(_action("c"))
    assert heard == [1, 2, 1]


def test_what_changes_together_is_told_once_and_actions_last() -> None:
    registries, heard = UiRegistries(), []
    page = SettingsPage("one", "One", "puzzle", "Plugins", lambda _port: QLabel())

    def follow() -> None:
        heard.append("settings")
        registries.actions.register(_action("settings.one"))

    registries.settings_pages.on_change(follow)
    registries.actions.on_change(lambda: heard.append(f"{len(registries.actions)} actions"))
    registries.columns.on_change(lambda: heard.append("columns"))
    with registries.told_once(), registries.actions.told_once():
        registries.settings_pages.register(page, owner="plugin")
        registries.actions.register(_action("a"), owner="plugin")
        registries.actions.register(_action("b"), owner="plugin")
        assert registries.actions.get("a") is not None, "it is there at once"
        assert heard == []
    assert heard == ["settings", "3 actions"]

    def twice() -> None:
        with registries.told_once():
            registries.actions.register(_action("c"))
            registries.actions.register(_action("c"))

    with pytest.raises(ValueError, match="registered already"):
        twice()
    registries.actions.register(_action("d"))
    assert heard[2:] == ["4 actions", "5 actions"], "one that was refused takes nothing along"


def test_core_parts_stand_in_the_registries(window: MainWindow) -> None:
    registries = window.registries
    assert {"inbox", "outbox", "quarantine", "settings"} <= {spec.id for spec in registries.pages}
    assert [spec.id for spec in registries.panels] == ["customer", "properties", "links", "watchers", "earlier"]
    assert {"mailboxes", "outgoing", "appearance"} <= {spec.id for spec in registries.settings_pages}
    assert all(registries.actions.owner(spec.id) == "core" for spec in registries.actions)
    assert len(registries.composer_tools) >= 4


def test_plugins_ii_parts_of_a_plugin_appear_and_go_at_once(window: MainWindow, qapp: QApplication) -> None:
    registries, ran = window.registries, []
    owner = "example"
    registries.pages.register(PageSpec("example", "Example", "puzzle", lambda _port: QLabel("page"), 50), owner)
    registries.panels.register(
        PanelSpec("example", "Example", lambda _port, view: QLabel(view.ticket.subject), 50), owner
    )
    registries.columns.register(
        ColumnSpec("example", "Example", lambda rows: {row.id: "col" for row in rows}, 50), owner
    )
    registries.actions.register(
        ActionSpec("example.run", "Run", lambda _w, ids: ran.append(tuple(ids)), scope=ActionScope.ONE, keys=("F9",)),
        owner,
    )
    registries.composer_tools.register(
        ComposerTool("example", "Example", "smile", lambda port, _on: port.insert_text("inserted")), owner
    )
    registries.settings_pages.register(
        SettingsPage("example", "Example", "puzzle", "Plugins", lambda _port: QLabel("settings")), owner
    )
    window.inbox.list.open_first()
    stage.settle(window)
    assert "example" in window.rail.buttons
    window.run_action("example.run")
    assert ran == [(window.inbox.ticket.ticket_id,)]
    window.inbox.ticket.composer.tool_buttons["example"].click()
    assert "inserted" in window.inbox.ticket.composer.edit.toPlainText()
    window.show_page("example")
    assert window.page("example") is not None
    assert registries.remove_owner(owner) == 7, "with them the command that opens its settings"
    qapp.processEvents()
    assert "example" not in window.rail.buttons
    assert "example" not in window.inbox.ticket.composer.tool_buttons


def test_a_panel_that_fails_leaves_the_others(window: MainWindow) -> None:
    def broken(_port: object, _view: object) -> QLabel:
        raise RuntimeError("boom")

    window.registries.panels.register(PanelSpec("broken", "Broken", broken, 15), "example")
    window.inbox.list.open_first()
    stage.settle(window)
    texts = [one.text() for one in window.inbox.side.findChildren(QLabel)]
    assert any("This panel failed" in text for text in texts)
    assert "PROPERTIES" in texts
    window.registries.remove_owner("example")


def test_specs_of_an_owner_are_replaced_at_once() -> None:
    registry: Registry[ColumnSpec] = Registry()
    one, two = (ColumnSpec(name, name, lambda _rows: {}) for name in ("one", "two"))
    registry.register(one, "core")
    registry.register(two, "views")
    told: list[int] = []
    registry.on_change(lambda: told.append(len(registry)))
    registry.replace_owner("views", [ColumnSpec(name, name, lambda _rows: {}) for name in ("three", "four", "five")])
    assert told == [4]
    assert [spec.id for spec in registry] == ["one", "three", "four", "five"]
    with pytest.raises(ValueError, match="registered already"):
        registry.replace_owner("views", [one])
    assert registry.owner("three") == "views"
