"""The page Plugins (features.md PL-01, PL-03)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.plugin_host.archives import build
from desk_app.plugin_host.dispatch import Timing
from desk_app.plugin_host.installing import Installer
from desk_app.plugin_host.probing import ProbeReport
from desk_app.ui.plugins.page import PluginsPage
from desk_app.ui.plugins.questions import ChangedQuestion, DeleteQuestion, PermissionQuestion
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.support.plugin_folders import write_plugin
from tests.ui import plugin_stage, stage
from tests.ui.conftest import close
from tests.ui.plugin_stage import FakeControl, control, page_of, plugged

__all__ = ["control", "plugged"]  # fixtures


def texts(page: PluginsPage, slug: str) -> str:
    return " | ".join(one.text() for one in page.cards[slug].findChildren(QLabel))


def question(kind: type) -> object:
    """The question that is open."""
    found = [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]
    assert len(found) == 1
    return found[0]


def tabs(page: PluginsPage) -> list[str]:
    return [page.tabs.tabText(place) for place in range(page.tabs.count())]


def test_pl_01_the_page_shows_what_is_installed_and_how_it_stands(plugged: MainWindow) -> None:
    assert "plugins" in plugged.rail.buttons
    page = page_of(plugged)
    assert tabs(page) == ["Installed  5", "Active  3", "Inactive  2", "Updates  1", "Problems  1"]
    translate = texts(page, "auto_translate")
    assert all(words in translate for words in ("Auto-translate", "1.4.0", "by Acme Labs", "Composer", "Ticket panel"))
    assert "Translates incoming messages" in translate
    assert "Network" in texts(page, "shop_orders")
    assert "Paused after error" in texts(page, "chat_bridge")
    assert "the setting “server address” is empty" in texts(page, "chat_bridge")
    assert "Needs “teams” 2.0" in texts(page, "approvals")
    page.show_filter("problems")
    assert list(page.cards) == ["chat_bridge"]
    page.show_filter("installed")
    page.search.setText("acme survey")
    assert list(page.cards) == ["survey"]
    QTest.keyClick(page.search, Qt.Key.Key_Escape)
    assert len(page.cards) == 5
    plugged.focus_search()
    assert page.search.hasFocus()


def test_pl_01_permissions_are_shown_before_a_plugin_is_switched_on(plugged: MainWindow, control: FakeControl) -> None:
    control.states.clear()
    control.add(
        plugin_stage.plugin(
            'id = "orders"\nname = "Orders"\nversion = "1.0"\npermissions = ["network", "mail.send", "tickets.read"]\n'
        )
    )
    page = page_of(plugged)
    page.fill()
    page.cards["orders"].switch.click()
    asked = question(PermissionQuestion)
    assert isinstance(asked, PermissionQuestion)
    words = " | ".join(one.text() for one in asked.findChildren(QLabel))
    assert "Read tickets" in words
    assert "not locked in" in words
    assert "told of them" not in words
    assert set(asked.switches) == {Permission.NETWORK, Permission.MAIL_SEND}
    asked.reject()
    assert not page.cards["orders"].switch.isChecked()
    assert control.asked == []
    page.cards["orders"].switch.setFocus()
    page.cards["orders"].switch.click()
    asked = question(PermissionQuestion)
    assert isinstance(asked, PermissionQuestion)
    page.fill()  # as others do who look at the same plugins
    asked.switches[Permission.MAIL_SEND].click()
    asked.accept()
    stage.settle(plugged)
    assert control.asked == [("activate", "orders", frozenset({Permission.NETWORK, Permission.TICKETS_READ}))]
    assert page.cards["orders"].switch.isChecked()
    assert page.cards["orders"].isAncestorOf(plugged.focusWidget()), "the keyboard stays at the plugin"


def test_pl_01_who_does_not_ask_to_read_tickets_is_said_to_be_told_of_them(
    plugged: MainWindow, control: FakeControl
) -> None:
    control.states.clear()
    control.add(plugin_stage.plugin('id = "orders"\nname = "Orders"\nversion = "1.0"\npermissions = ["network"]\n'))
    page = page_of(plugged)
    page.fill()
    page.cards["orders"].switch.click()
    asked = question(PermissionQuestion)
    words = " | ".join(one.text() for one in asked.findChildren(QLabel))
    assert "it is told of them and their messages without asking" in words
    asked.reject()


def test_pl_01_what_was_agreed_to_is_not_asked_again(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    page.cards["survey"].switch.click()
    stage.settle(plugged)
    assert control.states["survey"].kind is StateKind.INACTIVE
    page.cards["survey"].switch.click()
    stage.settle(plugged)
    granted = frozenset({Permission.TICKETS_READ, Permission.MAIL_SEND, Permission.SCHEDULE})
    assert control.asked == [("deactivate", "survey"), ("activate", "survey", granted)]


def test_pl_10_an_admin_whose_rights_were_taken_meanwhile_is_told_and_changes_nothing(
    plugged: MainWindow, kit: DeskKit, control: FakeControl
) -> None:
    page, people, me = page_of(plugged), kit.desk.people, plugged.session.agent
    people.add_agent("ada", SYSTEM, kind="admin")
    people.change_agent(replace(me, kind="agent"), SYSTEM)
    page.cards["survey"].switch.click()
    stage.settle(plugged)
    assert "Only an admin of the desk can change plugins" in texts(page, "survey")
    assert (control.asked, page.cards["survey"].switch.isChecked()) == ([], True)


def test_pl_03_what_cannot_be_done_is_said_at_the_plugin(plugged: MainWindow, control: FakeControl) -> None:
    control.refuse["survey"] = "“Reports” needs it. Switch that off first."
    page = page_of(plugged)
    page.cards["survey"].switch.click()
    stage.settle(plugged)
    assert "“Reports” needs it" in texts(page, "survey")
    assert page.cards["survey"].switch.isChecked()


def test_pl_03_a_paused_plugin_is_tried_again_or_looked_into(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    page.cards["chat_bridge"].log_asked.emit()
    stage.settle(plugged)
    assert page.details.isVisible()
    assert page.details.slug == "chat_bridge"
    QTest.keyClick(page.details.back, Qt.Key.Key_Escape)
    assert not page.details.isVisible()
    page.cards["chat_bridge"].again_asked.emit()
    stage.settle(plugged)
    assert control.asked == [("try_again", "chat_bridge")]
    assert "Paused" not in texts(page, "chat_bridge")


def test_pl_01_deleting_asks_what_becomes_of_the_data(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    for slug, deletes in (("survey", False), ("approvals", True)):
        page.cards[slug].delete_asked.emit()
        asked = question(DeleteQuestion)
        assert isinstance(asked, DeleteQuestion)
        assert not asked.deletes_data
        asked.delete.setChecked(deletes)
        asked.accept()
        stage.settle(plugged)
    assert control.asked == [("uninstall", "survey", False), ("uninstall", "approvals", True)]
    assert set(page.cards) == {"auto_translate", "shop_orders", "chat_bridge"}


def test_pl_03_changed_files_run_only_after_a_question(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    control.become("survey", StateKind.CHANGED)
    stage.settle(plugged)
    assert "Files changed" in texts(page, "survey")
    page.cards["survey"].switch.click()
    asked = question(ChangedQuestion)
    assert isinstance(asked, ChangedQuestion)
    asked.accept()
    stage.settle(plugged)
    assert control.asked[0][:2] == ("activate", "survey")


def test_pl_03_why_a_plugin_cannot_run_is_said_with_file_and_line(plugged: MainWindow, control: FakeControl) -> None:
    broken = plugin_stage.plugin('id = "broken"\nname = "Broken"\nversion = "1"\n', StateKind.INCOMPATIBLE)
    control.add(
        plugin_stage.replace(
            broken,
            kind=StateKind.INVALID,
            manifest=None,
            problems=("/plugins/broken/plugin.toml:3: “version” is not a version; write it like 1.4.0",),
        ),
    )
    control.more = [plugin_stage.replace(control.states["survey"], kind=StateKind.CONFLICT, folder=Path("/elsewhere"))]
    page = page_of(plugged)
    assert "plugin.toml:3" in texts(page, "broken")
    assert not page.cards["broken"].switch.isEnabled()
    assert tabs(page)[4] == "Problems  3"
    page.show_filter("problems")
    assert "Another plugin has the same id" in " ".join(one.text() for one in page.findChildren(QLabel))


def drop(page: PluginsPage, *files: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(one)) for one in files])
    page.drop.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def test_pl_10_a_dropped_file_is_tried_asked_about_and_installed(
    plugged: MainWindow, control: FakeControl, tmp_path: Path
) -> None:
    tried: list[Path] = []

    def probe(folder: Path) -> ProbeReport:
        tried.append(folder)
        return ProbeReport()

    control.installer = Installer(tmp_path / "plugins", probe)
    page = page_of(plugged)
    folder = write_plugin(tmp_path, "fresh", manifest='permissions = ["network"]')
    archive = build(folder, tmp_path / "dist")
    (tmp_path / "notes.txt").write_text("no plugin", encoding="utf-8")
    (tmp_path / "broken.zip").write_bytes(b"no zip file")
    drop(page, tmp_path / "broken.zip", tmp_path / "notes.txt")
    stage.settle(plugged)
    shown = " ".join(one.text() for one in page.findChildren(QLabel))
    assert "broken.zip cannot be installed, and nothing was changed. It is damaged" in shown
    drop(page, archive)
    stage.settle(plugged)
    asked = question(PermissionQuestion)
    assert isinstance(asked, PermissionQuestion)
    assert asked.windowTitle() == "Install Fresh 1.0.0?"
    assert len(tried) == 1
    asked.reject()
    stage.settle(plugged)
    assert not tried[0].exists(), "what nobody wanted is thrown away"
    control.add(plugin_stage.plugin('id = "fresh"\nname = "Fresh"\nversion = "1.0"\n'))  # as the host finds it
    drop(page, archive)
    stage.settle(plugged)
    asked = question(PermissionQuestion)
    assert isinstance(asked, PermissionQuestion)
    asked.accept()
    stage.settle(plugged)
    assert (tmp_path / "plugins" / "fresh" / "1.0.0" / "plugin.toml").is_file()
    assert control.asked == [("activate", "fresh", frozenset({Permission.NETWORK}))]
    assert "fresh" in page.cards


def test_pl_03_details_tell_hooks_with_their_time_and_let_rights_be_taken(
    plugged: MainWindow, control: FakeControl
) -> None:
    control.timed["shop_orders"] = {"ticket_panels": Timing(calls=4, seconds=0.5, longest=0.2, faults=1)}
    page = page_of(plugged)
    page.show_details("shop_orders")
    stage.settle(plugged)
    row = page.details.hooks.rows.rows[0]
    assert row.cells == ("ticket_panels", "4", "500.0 ms", "125.0 ms", "200.0 ms", "1")
    page.details.switches[Permission.NETWORK].click()
    stage.settle(plugged)
    assert control.asked == [("revoke", "shop_orders", Permission.NETWORK)]
    page.details.switches[Permission.NETWORK].click()
    stage.settle(plugged)
    assert control.asked[1:] == [("grant", "shop_orders", Permission.NETWORK)]


def test_pl_03_a_slow_plugin_is_named_and_can_be_switched_off(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    control.become("survey", StateKind.ACTIVE, slow="It held the window up for 1.4 seconds, 3 times.")
    stage.settle(plugged)
    assert "held the window up for 1.4 seconds" in texts(page, "survey")
    off = next(one for one in page.cards["survey"].findChildren(QPushButton) if one.text() == "Switch off")
    off.click()
    stage.settle(plugged)
    assert control.asked == [("deactivate", "survey")]


def test_pl_01_a_permission_that_came_with_an_update_is_allowed_later(
    plugged: MainWindow, control: FakeControl
) -> None:
    record = control.states["shop_orders"].record
    assert record is not None
    kept = plugin_stage.replace(record, granted=frozenset({Permission.NETWORK, Permission.CONTACTS}))
    control.become("shop_orders", StateKind.ACTIVE, record=kept)
    page = page_of(plugged)
    page.show_details("shop_orders")
    stage.settle(plugged)
    allow = [one for one in page.details.findChildren(QPushButton) if one.text() == "Allow"]
    assert [one.accessibleName() for one in allow] == ["Allow: Read tickets"]
    allow[0].click()
    stage.settle(plugged)
    assert control.asked == [("grant", "shop_orders", Permission.TICKETS_READ)]


def test_pl_01_only_those_who_run_the_desk_have_the_page(
    kit: DeskKit, control: FakeControl, settings: QSettings, qapp: QApplication
) -> None:
    kit.agent = plugin_stage.replace(kit.agent, kind="agent")
    window = stage.open_window(kit, settings)
    assert "plugins" not in window.rail.buttons
    close(window)
