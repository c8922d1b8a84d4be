"""Offline: the strip, the sync line, the way back (ui.md 4.18)."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from desk_app.plugin_api.channels import ChannelError, ChannelFault
from desk_app.services.ports.errors import DatabaseUnavailableError
from desk_app.storage.database import open_database
from desk_app.ui.mailboxes.connection import Reach
from desk_app.ui.problems import explain
from desk_app.ui.session import ChangeWatcher
from desk_app.ui.shell import offline_strip
from desk_app.ui.shell.error_details import ErrorDetails, report
from desk_app.ui.shell.notice_board import NoticeBoard
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.support.postgres import PostgresServer, binaries
from tests.ui import stage
from tests.ui.conftest import close


def cut(kit: DeskKit, window: MainWindow, *addresses: str) -> None:
    for account, _ in kit.desk.mailboxes.list():
        if account.address in addresses:
            kit.desk.sync.note_failure(account.id, ChannelError(ChannelFault.NETWORK, "no route to host"))
    window.session.load()
    stage.settle(window)


def test_all_mail_servers_away_is_offline_and_says_how_many_replies_wait(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=0)
    kit.reply(next(one.id for one in kit.tickets() if one.requester_email == "tom@becker.example"))
    cut(kit, window, "support@desk.example")
    assert window.connection.reach is Reach.ALL, "one provider in trouble is not the whole line"
    assert window.offline.isHidden()
    with patch.object(offline_strip, "announce") as announced:
        cut(kit, window, "support@desk.example", "sales@desk.example")
        assert stage.pump(lambda: "1 reply wait" in window.offline.text.whole_text)
    assert announced.called
    assert window.offline.isVisible()
    assert window.inbox.sidebar.sync.text.whole_text == "Offline: no mail server"
    assert window.inbox.sidebar.sync.fix.isHidden()
    window.offline.details.click()
    dialog = window.findChild(ErrorDetails)
    assert isinstance(dialog, ErrorDetails)
    assert dialog.details.isHidden(), "details are folded"
    dialog.fold.click()
    assert "no route to host" in dialog.details.toPlainText()
    dialog.copy.click()
    assert "no route to host" in QGuiApplication.clipboard().text()
    retry = next(one for one in dialog.findChildren(QPushButton) if one.text() == "Try now")
    close = next(one for one in dialog.findChildren(QPushButton) if one.text() == "Close")
    assert retry.x() < close.x(), "what leads out stands last, as in every question"
    retry.click()
    stage.settle(window)
    assert stage.pump(window.offline.isHidden), "the servers answer again"
    assert window.connection.reach is Reach.ALL


def test_a_database_that_goes_away_is_shown_and_everything_is_read_anew_when_it_is_back(
    window: MainWindow, kit: DeskKit
) -> None:
    assert window.session._watcher is not None
    window.session._watcher.reachable.emit(False)
    stage.pump(window.offline.isVisible)
    assert window.connection.reach is Reach.NO_DATABASE
    assert "the database cannot be reached" in window.offline.text.whole_text
    assert window.inbox.sidebar.sync.text.whole_text == "Offline: no database"
    window.session.work.problem.emit(explain(DatabaseUnavailableError("The server is away.", "Wait.")))
    assert "The server is away" in window.connection.problem().details
    kit.desk.tickets.rename(kit.tickets()[0].id, "Changed meanwhile", kit.ann)
    window.session._watcher.reachable.emit(True)
    assert stage.pump(window.offline.isHidden)
    stage.settle(window)
    assert window.toast.text == "Connected again"
    assert window.connection.reach is Reach.ALL


class Feed:
    """A change feed whose database goes away and comes back."""

    def __init__(self) -> None:
        self.answers: list[object] = [True, False, OSError("gone"), True]
        self.alive = True

    def poll(self) -> list[object]:
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        self.alive = bool(answer)
        return []

    def close(self) -> None:
        pass


def test_the_watcher_tells_only_when_it_changes(qapp: QCoreApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    assert qapp is not None
    told: list[bool] = []
    watcher = ChangeWatcher(Feed)
    watcher.reachable.connect(told.append)
    monkeypatch.setattr("desk_app.ui.session.POLL_SECONDS", 0.01)
    with patch.object(watcher._end, "wait", side_effect=[False] * 6 + [True]):
        watcher.run()
    assert told == [False, True]


def test_an_error_says_what_happened_what_it_means_and_what_to_do() -> None:
    problem = explain(RuntimeError("secret internals"))
    words = report(problem)
    assert words.splitlines()[0] == "That did not work"
    assert "Nothing was changed" in words
    assert "secret internals" in words
    assert "secret internals" not in problem.text


def test_notices_stand_in_their_order_and_the_board_goes_with_the_last(qapp: QCoreApplication) -> None:
    assert qapp is not None
    board = NoticeBoard()
    first, second, better = QWidget(), QWidget(), QWidget()
    board.put("b", second, 20)
    board.put("a", first, 10)
    layout = board.layout()
    assert layout is not None
    assert [layout.itemAt(i).widget() for i in range(layout.count())] == [first, second]
    board.put("a", better, 10)
    assert [layout.itemAt(i).widget() for i in range(layout.count())] == [better, second]
    assert board.notice("a") is better
    board.put("a", None)
    board.put("b", None)
    assert board.isHidden()
    board.deleteLater()


def test_a_restarting_postgresql_is_shown_and_waited_for(settings: QSettings, qapp: QCoreApplication) -> None:
    assert qapp is not None
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt install postgresql)")
    server = PostgresServer(programs)
    server.start()
    try:
        database = open_database(server.url(server.create()), origin="test")
        kit = DeskKit(database)
        support = kit.mailbox("support@desk.example")
        kit.arrive(support, stage.letter("Ada", "ada@x.example", "Before", "words"))
        window = stage.open_window(kit, settings)
        assert stage.pump(lambda: window.inbox.list.model.rowCount() == 1)
        server.halt()
        assert stage.pump(window.offline.isVisible, 15)
        assert window.connection.reach is Reach.NO_DATABASE
        window.run_action("ticket.mine")
        assert stage.pump(lambda: not window.session.work.busy, 15), "nothing hangs while it is away"
        server.resume()
        assert stage.pump(window.offline.isHidden, 20)
        kit.arrive(support, stage.letter("Bob", "bob@x.example", "After", "words"))
        assert stage.pump(lambda: window.inbox.list.model.rowCount() == 2, 15)
        close(window)
        database.close()
    finally:
        server.stop()
