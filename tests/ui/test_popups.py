"""Popups, tray, closing and quitting (NT-01, NT-03, NT-07)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QSystemTrayIcon
from sqlalchemy import insert

from desk_app.domain.notifications import showing
from desk_app.domain.notifications.choices import NotificationChoices
from desk_app.domain.notifications.model import Channel, NoticeKind
from desk_app.runtime.single import SingleInstance
from desk_app.services.people.agents import actor_for
from desk_app.services.ports.desktop import OPEN, DesktopNote
from desk_app.storage.schema.views import notification
from desk_app.ui.notifications.popups import Popups
from desk_app.ui.notifications.tray import Tray, tray_icon
from desk_app.ui.settings.outgoing_page import OutgoingPage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.leaving import CLOSE, REPLIES
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.phrases import utc_now
from tests.support.desks import DeskKit
from tests.ui import conftest, stage


class Notes:
    """A desktop that keeps what it was asked to show."""

    def __init__(self, *, there: bool = True) -> None:
        self.there, self.shown, self.withdrawn, self.closed = there, list[DesktopNote](), list[str](), False
        self.pressed: Callable[[str, str, str], None] = lambda _key, _action, _token: None

    def start(self, ready: Callable[[bool], None], pressed: Callable[[str, str, str], None]) -> None:
        self.pressed = pressed
        ready(self.there)

    def show(self, note: DesktopNote) -> None:
        self.shown.append(note)

    def withdraw(self, key: str) -> None:
        self.withdrawn.append(key)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "SETTLE", timedelta(0))


@pytest.fixture(autouse=True)
def goes_without_a_question(request: pytest.FixtureRequest) -> Iterator[None]:
    window = request.getfixturevalue("window") if "window" in request.fixturenames else None
    yield
    if window is not None:
        window.leaving.quitting = True


def attach(window: MainWindow, notes: Notes) -> None:
    window.notices.attach(notes)
    assert stage.pump(lambda: window.notices.popups._dealt is not None and not window.session.work.busy)


def above(window: MainWindow) -> frozenset[int]:
    dealt = window.notices.popups._dealt
    assert dealt is not None
    return dealt.above


def ticket_of(kit: DeskKit, address: str) -> int:
    return next(one.id for one in kit.tickets() if one.requester_email == address)


def test_nt_01_a_mention_pops_up_and_its_buttons_work(window: MainWindow, kit: DeskKit) -> None:
    notes = Notes()
    attach(window, notes)
    assert notes.shown == [], "nothing from before the first start on this computer"
    ben = actor_for(kit.desk.people.add_agent("ben", kit.ann, name="Ben Carter"))
    tom = ticket_of(kit, "tom@becker.example")
    kit.desk.tickets.assign([tom], kit.agent.id, ben)
    assert stage.pump(lambda: len(notes.shown) == 1)
    note = notes.shown[0]
    assert note.title == "Ben Carter assigned this to you"
    assert note.text.startswith(f"#{kit.ticket(tom).number} Cannot log in after password reset")
    assert [words for _, words in note.actions] == ["Open the ticket", "Assign to me", "Snooze…"]
    notes.pressed(note.key, OPEN, "")
    assert stage.pump(lambda: window.inbox.ticket.ticket_id == tom)
    stage.settle(window)
    assert stage.pump(lambda: not window.notices.feed.has_unread(tom))
    assert notes.withdrawn == [note.key]
    kit.desk.tickets.assign([tom], None, ben)
    stage.settle(window)
    notes.pressed(note.key, "mine", "")
    assert stage.pump(lambda: kit.ticket(tom).assignee_id == kit.agent.id)
    notes.pressed(note.key, "snooze", "")
    assert stage.pump(window.palette_layer.isVisible)
    window.palette_layer.leave()
    stage.settle(window)


def test_nt_03_a_burst_is_one_popup_and_private_ones_say_nothing(window: MainWindow, kit: DeskKit) -> None:
    notes = Notes()
    attach(window, notes)
    window.notices.feed.choices = NotificationChoices(private=True)
    kit.desk.notifications.choose(window.notices.feed.choices, kit.ann)
    support = next(one for one, _ in kit.desk.mailboxes.list() if one.address == "support@desk.example")
    raws = [stage.letter(f"P{n}", f"p{n}@x.example", f"Secret {n}", "words") for n in range(4)]
    kit.arrive(support, *raws)
    assert stage.pump(lambda: len(notes.shown) == 1)
    note = notes.shown[0]
    assert note.title == "4 new in Support"
    assert (note.text, list(note.actions)) == ("", [])
    notes.pressed(note.key, OPEN, "")
    assert stage.pump(window.notices.centre.isVisible), "a burst leads to the centre"
    window.notices.centre.leave()
    kit.desk.notifications.choose(replace(window.notices.feed.choices, private=False), kit.ann)
    stage.settle(window)


def test_nt_03_a_pause_holds_and_what_was_shown_is_not_shown_again(window: MainWindow, kit: DeskKit) -> None:
    notes = Notes()
    attach(window, notes)
    window.run_action("notifications.pause")
    assert stage.pump(lambda: window.notices.paused)
    assert "paused" in window.rail.bell.accessibleName()
    ben = actor_for(kit.desk.people.add_agent("ben", kit.ann))
    tom = ticket_of(kit, "tom@becker.example")
    kit.desk.tickets.assign([tom], kit.agent.id, ben)
    stage.settle(window)
    assert stage.pump(window.notices.popups._timer.isActive)
    assert notes.shown == []
    window.run_action("notifications.pause")
    assert stage.pump(lambda: len(notes.shown) == 1), "it comes when the pause ends"
    window.notices.popups.look()
    stage.settle(window)
    assert len(notes.shown) == 1


def write_notice(kit: DeskKit, number: int, ticket_id: int) -> None:
    """Store a notification as a transaction does that took its number some time ago."""
    row = {"id": number, "agent_id": kit.agent.id, "ticket_id": ticket_id, "kind": NoticeKind.ASSIGNED.value}
    with kit.database.unit_of_work() as uow:
        at, channels = uow.now(), int(Channel.CENTRE | Channel.DESKTOP)
        uow.connection.execute(
            insert(notification).values(**row, at=at, channels=channels, actor_name="Ben", data="{}")
        )
        uow.commit()


def test_nt_01_what_is_written_late_pops_up_though_its_number_is_smaller(
    window: MainWindow, kit: DeskKit, settings: QSettings
) -> None:
    notes = Notes()
    attach(window, notes)
    popups = window.notices.popups
    tom, budi = ticket_of(kit, "tom@becker.example"), ticket_of(kit, "budi@kopi.example")
    number = kit.desk.notifications.newest_id(kit.agent.id)
    write_notice(kit, number + 20, tom)
    popups.look()
    assert stage.pump(lambda: len(notes.shown) == 1)
    write_notice(kit, number + 10, budi)
    popups.look()
    assert stage.pump(lambda: len(notes.shown) == 2)
    assert [kit.ticket(one).number in note.text for one, note in zip((tom, budi), notes.shown, strict=True)] == [
        True
    ] * 2
    popups.look()
    stage.settle(window)
    assert len(notes.shown) == 2
    again = Popups(window.session, window.notices.feed, settings, lambda _ticket_id: False)
    again.attach(notes, None)
    stage.settle(window)
    assert len(notes.shown) == 2, "nor does the next start show them again"


def test_nt_01_without_a_service_the_tray_says_it(window: MainWindow, kit: DeskKit) -> None:
    notes = Notes(there=False)
    with patch.object(Tray, "show_note") as said:
        attach(window, notes)
        ben = actor_for(kit.desk.people.add_agent("ben", kit.ann))
        kit.desk.tickets.assign([ticket_of(kit, "tom@becker.example")], kit.agent.id, ben)
        assert stage.pump(lambda: said.called)
    assert notes.shown == []


def test_nt_07_the_tray_counts_and_its_menu_works(window: MainWindow, kit: DeskKit) -> None:
    attach(window, Notes())
    tray = window.leaving.tray
    assert tray is not None
    plain, counted = (tray_icon(count).pixmap(32, 32).toImage() for count in (0, 7))
    assert plain != counted
    assert isinstance(plain, QImage)
    ben = actor_for(kit.desk.people.add_agent("ben", kit.ann))
    kit.desk.notifications.mark_all_read(10_000, kit.ann)
    kit.desk.tickets.assign([ticket_of(kit, "tom@becker.example")], kit.agent.id, ben)
    assert stage.pump(lambda: "1 unread" in tray.icon.toolTip())
    words = [action.text() for action in tray.menu.actions() if action.text()]
    assert words == ["Open Desk App", "New ticket…", "Pause notifications for 1 hour", "Quit"]
    window.hide()
    tray.icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    assert window.isVisible()
    tray.menu.actions()[2].trigger()
    assert stage.pump(lambda: window.notices.paused)
    assert "Go on with notifications" in [action.text() for action in tray.menu.actions()]
    tray.menu.actions()[1].trigger()
    assert stage.pump(lambda: QApplication.activeModalWidget() is not None)
    QApplication.activeModalWidget().close()


def test_nt_07_closing_asks_once_and_the_program_goes_on(window: MainWindow) -> None:
    attach(window, Notes())
    left: list[bool] = []
    window.leaving.left.connect(lambda: left.append(True))
    window.close()
    question = window.findChild(Question)
    assert isinstance(question, Question)
    assert window.isVisible()
    question.yes.click()
    assert window.preferences.settings.value(CLOSE) == "stay"
    with patch.object(Tray, "available", True):
        window.close()
        assert not window.isVisible()
        assert not left
        assert window.session._watcher is not None, "it goes on working"
        window.leaving.come_forward()
        assert window.isVisible()
    window.run_action("window.quit")
    assert left == [True]
    assert not window.isVisible()


def test_nt_07_a_window_closed_before_its_first_list_asks_or_stays_as_well(kit: DeskKit, settings: QSettings) -> None:
    stage.believable(kit)
    window = stage.bare_window(kit, settings)
    left: list[bool] = []
    window.leaving.left.connect(lambda: left.append(True))
    window.leaving.bring_tray = lambda: attach(window, Notes())
    settings.setValue(CLOSE, "stay")
    window.start()
    with patch.object(Tray, "available", True):
        window.close()
    assert window.leaving.tray is not None
    assert not window.isVisible()
    assert not left, "the program goes on in the tray"
    stage.settle(window)
    window.leaving.come_forward()
    assert window.isVisible()
    window.leaving.quit()
    assert left == [True]
    conftest.close(window)


def test_nt_07_quit_in_the_question_quits(window: MainWindow) -> None:
    attach(window, Notes())
    window.close()
    question = window.findChild(Question)
    assert isinstance(question, Question)
    quit_button = next(one for one in question.findChildren(QPushButton) if one.text() == "Quit")
    quit_button.click()
    assert window.leaving.quitting
    assert not window.isVisible()
    assert window.preferences.settings.value(CLOSE) == "quit"


def test_quitting_asks_about_settings_that_nobody_saved(window: MainWindow, kit: DeskKit) -> None:
    attach(window, Notes())
    window.preferences.settings.setValue(CLOSE, "quit")
    window.show_page("settings")
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    home.open_page("outgoing")
    stage.settle(window)
    page = home.page("outgoing")
    assert isinstance(page, OutgoingPage)
    page.undo.setValue(33)
    window.show_page("inbox")
    window.run_action("window.quit")
    assert window.isVisible()
    assert page.footer.isVisible(), "the question stands where the changes are"
    assert page.footer.asking
    page.footer.stay.click()
    window.close()
    assert window.isVisible()
    assert page.footer.asking
    page.footer.save.click()
    assert stage.pump(lambda: not window.isVisible())
    assert kit.desk.settings.desk().undo_seconds == 33


@pytest.mark.parametrize("choice", ["send", "leave"])
def test_quitting_while_the_time_to_undo_runs(window: MainWindow, kit: DeskKit, choice: str) -> None:
    attach(window, Notes())
    kit.arm(undo_seconds=30)
    window.session.load()
    stage.settle(window)
    window.open_ticket(ticket_of(kit, "tom@becker.example"))
    stage.settle(window)
    window.run_action("ticket.reply")
    edit = window.inbox.ticket.composer.edit
    edit.insert_clean_html("<p>A new link.</p>")
    QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    stage.settle(window)
    assert len(window.told.replies_waiting()) == 1
    support = next(one for one, _ in kit.desk.mailboxes.list() if one.address == "support@desk.example")
    window.preferences.settings.setValue(REPLIES, choice)
    window.leaving.quit()
    assert stage.pump(lambda: not window.isVisible())
    assert len(kit.server(support).sent) == (1 if choice == "send" else 0)


def test_quitting_may_ask_about_replies(window: MainWindow) -> None:
    attach(window, Notes())
    window.preferences.settings.setValue(REPLIES, "ask")
    with patch.object(type(window.told), "replies_waiting", return_value=[4711]):
        window.leaving.quit()
    question = window.findChild(Question)
    assert isinstance(question, Question)
    assert window.isVisible()
    leave = next(one for one in question.findChildren(QPushButton) if one.text() == "Quit without sending")
    leave.click()
    assert not window.isVisible()


def test_nt_07_a_second_start_brings_the_first_one_forward(qapp: QCoreApplication, tmp_path: Path) -> None:
    assert qapp is not None
    first, second, other = SingleInstance(tmp_path), SingleInstance(tmp_path), SingleInstance(tmp_path / "other")
    knocked: list[bool] = []
    assert not first.knock()
    assert first.listen(lambda: knocked.append(True))
    assert second.knock()
    assert stage.pump(lambda: knocked == [True])
    assert not other.knock(), "another desk is another program"
    first.close()
    assert not second.knock()


def test_a_pause_is_over_by_itself() -> None:
    assert NotificationChoices(paused_until=utc_now()).left_alone_until(utc_now()) is None


def test_nt_01_a_ticket_that_is_open_but_not_looked_at_still_pops_up(window: MainWindow, kit: DeskKit) -> None:
    notes = Notes()
    attach(window, notes)
    tom = ticket_of(kit, "tom@becker.example")
    window.open_ticket(tom)
    stage.settle(window)
    ben = actor_for(kit.desk.people.add_agent("ben", kit.ann))
    kit.desk.tickets.assign([tom], kit.agent.id, ben)
    newest = kit.desk.notifications.newest_id(kit.agent.id)
    assert stage.pump(lambda: newest in above(window)), "it was dealt with"
    assert notes.shown == [], "the agent sees it on the screen"
    assert stage.pump(lambda: not window.notices.feed.has_unread(tom))
    with patch.object(type(window), "isActiveWindow", return_value=False):
        kit.desk.replies.note(tom, "@ann look", "", ben, mentions=[kit.agent.id])
        assert stage.pump(lambda: len(notes.shown) == 1)
        assert notes.shown[0].title == "ben mentioned you"
        assert stage.pump(lambda: window.notices.feed.has_unread(tom))
        stage.settle(window)
        assert window.notices.feed.has_unread(tom), "behind another window nobody has read it"
    window.notices.looked()
    assert stage.pump(lambda: not window.notices.feed.has_unread(tom))


def test_nt_07_the_program_ends_from_the_tray_while_the_window_is_closed(window: MainWindow) -> None:
    attach(window, Notes())
    left: list[bool] = []
    window.leaving.left.connect(lambda: left.append(True))
    window.hide()
    assert window.leaving.tray is not None
    quit_action = window.leaving.tray.menu.actions()[-1]
    assert quit_action.text() == "Quit"
    quit_action.trigger()
    assert left == [True]
    assert window.session._watcher is None
