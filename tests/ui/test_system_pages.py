"""Data, logs, system, people: the pages of settings that tell how the program fares and who works here."""

from __future__ import annotations

import logging
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLayout, QWidget

from desk_app.infra import logging as desk_logging
from desk_app.ui.settings.data_page import DataPage
from desk_app.ui.settings.logs_page import LogsPage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.settings.people_page import DepartmentsPage, PeoplePage
from desk_app.ui.settings.system_page import SystemPage
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.widgets.panels import Banner
from tests.support.desks import DeskKit
from tests.ui import stage

Open = Callable[[str], QWidget]


@pytest.fixture
def open_page(window: MainWindow) -> Open:
    def show(page_id: str) -> QWidget:
        return stage.settings_page(window, page_id, QWidget)

    return show


def texts(layout: QLayout) -> str:
    """Everything that is written in a layout."""
    found = [layout.itemAt(place).widget() for place in range(layout.count())]
    labels = [line for one in found if one is not None for line in one.findChildren(QLabel)]
    return "\n".join(line.text() for line in labels)


def test_a_backup_is_made_from_the_window(window: MainWindow, open_page: Open, tmp_path: Path) -> None:
    page = open_page("data")
    assert isinstance(page, DataPage)
    assert page.where.text().endswith("desk.sqlite")
    assert QLocale().toInt(page.tickets.text())[0] >= 9
    page.back_up(tmp_path / "copies" / "copy.sqlite")
    stage.settle(window)
    assert "Backup made and checked" in texts(page.result)
    assert page.backup_button.isEnabled()
    assert not page.progress.isVisible()
    with closing(sqlite3.connect(tmp_path / "copies" / "copy.sqlite")) as copy:
        assert copy.execute("SELECT COUNT(*) FROM ticket").fetchone()[0] >= 9
    (tmp_path / "blocked").write_text("")
    page.back_up(tmp_path / "blocked" / "copy.sqlite")
    stage.settle(window)
    assert "Backup made" not in texts(page.result)
    page.daily.click()
    stage.settle(window)
    assert window.session.desk.backups.state().daily


def test_logs_are_filtered_and_copied(window: MainWindow, open_page: Open, tmp_path: Path) -> None:
    desk_logging.configure(window.session.desk.system.place.data_dir, role="window")
    log = logging.getLogger("desk_app.test")
    log.info("all is well")
    log.error("the kettle is on fire, password=topsecretword")
    page = open_page("logs")
    assert isinstance(page, LogsPage)
    page.level.setCurrentIndex(page.level.findData("ERROR"))
    stage.settle(window)
    shown = [line.cells[2] for line in page.table.rows.rows]
    assert any(one.startswith("the kettle") for one in shown), "not by the part of the program that wrote it"
    assert "desk_app.test: the kettle" in page.whole.toPlainText()
    assert not any("topsecretword" in one for one in shown)
    page.words.setText("kettle")
    assert stage.pump(lambda: not page._wait.isActive())
    stage.settle(window)
    page.copy_button.click()
    assert "kettle" in QGuiApplication.clipboard().text()
    page.words.setText("no such words")
    assert stage.pump(lambda: not page._wait.isActive())
    stage.settle(window)
    assert page.nothing.isVisible(), "no empty frames where nothing was written down"
    assert not any(one.isVisible() for one in (page.table, page.whole, page.copy_button))
    desk_logging.release()


def test_ad_13_ad_08_the_system_page_shows_findings_and_saves_a_bundle(
    window: MainWindow, open_page: Open, tmp_path: Path
) -> None:
    page = open_page("system")
    assert isinstance(page, SystemPage)
    found = texts(page.findings)
    for title in ("Database", "Disk", "Mailbox 1", "Outbox", "Jobs", "Plugins"):
        assert title in found
    assert "SQLite" in texts(page.versions)
    page.save_bundle(tmp_path / "bundle.zip")
    stage.settle(window)
    assert "Saved" in texts(page.result)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        everything = b"".join(bundle.read(name) for name in bundle.namelist())
    assert b"Maya" not in everything
    assert b"maya@lindqvist.example" not in everything
    assert b"Refund for order" not in everything
    page.save_bundle(tmp_path / "nowhere" / "bundle.zip")
    stage.settle(window)
    assert "Saved" not in texts(page.result)


def test_people_are_added_changed_and_switched_off(window: MainWindow, open_page: Open, kit: DeskKit) -> None:
    page = open_page("people")
    assert isinstance(page, PeoplePage)
    assert page.form.name.text() == "Ann Agent"
    page.add_button.click()
    page.form.name.setText("Bea Boss")
    page.form.login.setText("Bea")
    page.form.footer.save.click()
    stage.settle(window)
    bea = next(one for one in kit.desk.people.agents() if one.login == "bea")
    assert bea.name == "Bea Boss"
    assert window.session.facts.agent(bea.id) is not None, "everybody can assign to her at once"
    page.table.choose(bea.id)
    page.form.active.click()
    page.form.footer.save.click()
    stage.settle(window)
    assert not next(one for one in kit.desk.people.agents() if one.id == bea.id).active
    page.table.choose(kit.agent.id)
    page.form.active.click()
    page.form.footer.save.click()
    stage.settle(window)
    assert "needs an admin" in page.form.footer.message.text()


def test_departments_are_added_and_renamed(window: MainWindow, open_page: Open, kit: DeskKit) -> None:
    page = open_page("departments")
    assert isinstance(page, DepartmentsPage)
    page.add_button.click()
    page.form.name.setText("Returns")
    page.form.footer.save.click()
    stage.settle(window)
    assert [one.name for one in kit.desk.people.departments()] == ["Support", "Returns"]
    page.table.choose(kit.desk.people.departments()[0].id)
    page.form.name.setText("returns")
    page.form.footer.save.click()
    stage.settle(window)
    assert "already" in page.form.footer.message.text()
    page.form.name.setText("Help")
    page.form.footer.save.click()
    stage.settle(window)
    assert [one.name for one in window.session.facts.departments] == ["Help", "Returns"]


@pytest.mark.parametrize("page_id", ["people", "departments", "tags"])
def test_news_from_elsewhere_neither_ask_nor_replace_what_is_entered(
    window: MainWindow, open_page: Open, page_id: str
) -> None:
    page: Any = open_page(page_id)
    form, table = page.editor if page_id == "tags" else page.form, page.table
    first = table.rows.rows[0].key
    assert table.key == first
    name = form.name.text()
    form.name.setText(f"{name} and more")
    window.session.load()
    stage.settle(window)
    assert form.name.text() == f"{name} and more"
    assert not form.footer.asking
    form.name.setText(name)
    page.new()
    window.session.load()
    stage.settle(window)
    assert form.name.text() == "", "a new one is still being entered"
    form.name.setText("Something new")
    window.session.load()
    stage.settle(window)
    assert form.name.text() == "Something new"
    assert not form.footer.asking


def test_a_failing_daily_backup_is_told_to_the_admins(window: MainWindow, kit: DeskKit) -> None:
    failed = {"at": "2026-03-02T08:00:00+00:00", "why": "There is no room left on the disk."}
    with kit.database.unit_of_work() as uow:
        uow.settings.set("backup.failed", failed)
        uow.commit()
    board = window.inbox.notices
    assert stage.pump(lambda: board.notice("backup") is not None)
    banner = board.notice("backup")
    assert isinstance(banner, Banner)
    assert "no room left" in banner.text.text()
    banner.buttons[0].click()
    stage.settle(window)
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    page = home.page("data")
    assert isinstance(page, DataPage)
    assert any("no room left" in one.text.text() for one in page.findChildren(Banner))
    kit.desk.backups.set_daily(False)
    assert stage.pump(lambda: board.notice("backup") is None), "nobody wants one any more"
    with kit.database.unit_of_work() as uow:
        uow.settings.set("backup.failed", failed)
        uow.commit()
    window.session.agent = replace(window.session.agent, kind="agent")
    loaded: list[bool] = []
    window.session.load(lambda: loaded.append(True))
    assert stage.pump(lambda: bool(loaded))
    assert board.notice("backup") is None, "the admins' business"
