"""The notification centre (NT-05): bell, groups, keys, read state, what a press leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from PySide6.QtCore import QPoint, Qt, QTime
from PySide6.QtTest import QTest

from desk_app.domain.notifications.choices import NotificationChoices, NotificationDefaults
from desk_app.domain.notifications.model import Channel, Notice, NoticeKind
from desk_app.services.people.agents import actor_for
from desk_app.services.ports.notifications import NoticeRow
from desk_app.ui.notifications.groups import Filter, Group, lines
from desk_app.ui.notifications.settings_page import NotificationsPage, preview
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage


def settle(window: MainWindow) -> None:
    stage.settle(window)
    assert stage.pump(lambda: not window.notices.feed.busy and not window.session.work.busy)


def ticket_of(kit: DeskKit, address: str) -> int:
    return next(one.id for one in kit.tickets() if one.requester_email == address)


def news(window: MainWindow, kit: DeskKit) -> tuple[int, int]:
    """Let a colleague mention the agent, assign a ticket, and write a note on it."""
    ben = actor_for(kit.desk.people.add_agent("ben", kit.ann, name="Ben Carter"))
    tom, maya = ticket_of(kit, "tom@becker.example"), ticket_of(kit, "maya@lindqvist.example")
    kit.desk.notifications.mark_all_read(10_000, kit.ann)
    kit.desk.tickets.assign([tom], kit.agent.id, ben)
    kit.desk.replies.note(tom, "Please take this one.", "", ben)
    kit.desk.replies.note(maya, "She called again.", "", ben)
    window.notices.feed.look()
    settle(window)
    return tom, maya


def test_nt_05_the_bell_counts_and_the_centre_groups_by_ticket(window: MainWindow, kit: DeskKit) -> None:
    tom, maya = news(window, kit)
    assert window.rail.bell.unread == 3
    assert "3 unread" in window.rail.bell.accessibleName()
    table = window.inbox.list.table
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_G)
    QTest.keyClick(table, Qt.Key.Key_B)
    centre = window.notices.centre
    assert centre.isVisible()
    assert centre.list.hasFocus()
    settle(window)
    groups = [
        one for one in (centre.model.group(centre.model.index(i, 0)) for i in range(centre.model.rowCount())) if one
    ]
    assert [(one.ticket_id, sum(not row.read for row in one.rows)) for one in groups[:2]] == [(maya, 1), (tom, 2)]
    spoken = centre.model.index(centre.model.row_of(groups[1].newest.notice.id), 0).data(
        Qt.ItemDataRole.AccessibleTextRole
    )
    assert spoken.startswith("Unread. Ben Carter added a note. #")
    assert "2 more" in spoken
    QTest.keyClick(centre.list, Qt.Key.Key_J)
    QTest.keyClick(centre.list, Qt.Key.Key_Return)
    settle(window)
    assert not centre.isVisible()
    assert window.inbox.ticket.ticket_id == tom
    assert window.rail.bell.unread == 1, "the group was read with the press"
    QTest.mouseClick(window.rail.bell, Qt.MouseButton.LeftButton)
    settle(window)
    QTest.keyClick(centre.list, Qt.Key.Key_Escape)
    assert not centre.isVisible()


def test_nt_05_reading_is_not_reading_the_mail(window: MainWindow, kit: DeskKit) -> None:
    tom, _ = news(window, kit)
    window.notices.toggle()
    settle(window)
    centre = window.notices.centre
    QTest.keyClick(centre.list, Qt.Key.Key_J)
    QTest.keyClick(centre.list, Qt.Key.Key_U)
    settle(window)
    (row,) = kit.desk.ticket_queries.rows([tom], agent_id=kit.agent.id)
    assert row.unread, "the ticket itself was not opened"
    group = centre.list.current_group()
    assert group is not None
    assert not group.unread
    QTest.keyClick(centre.list, Qt.Key.Key_U)
    settle(window)
    group = centre.list.current_group()
    assert group is not None
    assert group.unread
    window.notices.centre.leave()
    window.open_ticket(tom)
    settle(window)
    assert not window.notices.feed.has_unread(tom), "whoever looks at the ticket has seen it"
    window.run_action("notifications.read_all")
    settle(window)
    assert window.rail.bell.unread == 0


def test_nt_05_actions_work_by_pointer_key_and_menu_on_the_right_ticket(window: MainWindow, kit: DeskKit) -> None:
    _tom, maya = news(window, kit)
    kit.desk.tickets.assign([maya], None, kit.ann)
    other = ticket_of(kit, "budi@kopi.example")
    window.open_ticket(other)
    settle(window)
    window.notices.toggle()
    settle(window)
    listing = window.notices.centre.list
    group = listing.current_group()
    assert group is not None
    assert group.ticket_id == maya
    QTest.keyClick(listing, Qt.Key.Key_E)
    QTest.keyClick(listing, Qt.Key.Key_I)
    settle(window)
    assert kit.ticket(maya).assignee_id == kit.agent.id
    assert kit.ticket(other).assignee_id is None
    assert kit.status(other) != "resolved", "keys do not reach the ticket behind the list"
    index = listing.currentIndex()
    places = {key: place for key, _g, _w, place in listing.itemDelegate().places(listing.visualRect(index), group)}  # type: ignore[attr-defined]
    assert all(place.width() >= 24 and place.height() >= 24 for place in places.values())
    QTest.mouseClick(
        listing.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places["snooze"].center()
    )
    settle(window)
    assert window.palette_layer.isVisible()
    window.palette_layer.leave()
    words = [action.text().split("\t")[0] for action in listing.menu(group).actions()]
    assert words[:3] == ["Open the ticket", "Assign to me", "Snooze…"]


def test_nt_05_filters_and_empty_states(window: MainWindow, kit: DeskKit) -> None:
    tom, _ = news(window, kit)
    window.notices.toggle()
    settle(window)
    centre = window.notices.centre
    centre.filter.buttons[2].click()
    group = centre.list.current_group()
    assert group is not None
    assert [row.notice.kind for row in group.rows] == [NoticeKind.ASSIGNED]
    assert group.ticket_id == tom
    centre.filter.buttons[3].click()
    assert not centre.list.isVisible()
    centre.filter.buttons[1].click()
    assert centre.list.isVisible()
    QTest.keyClick(centre.list, Qt.Key.Key_U)
    settle(window)
    assert centre.model.rowCount() == 3, "what was just read stays where it is"
    outside = QPoint(centre.width() - 5, 50)
    QTest.mouseClick(centre, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, outside)
    assert not centre.isVisible()


def test_nt_05_days_and_groups() -> None:
    now = datetime(2026, 11, 25, 12).astimezone()  # noon of whoever runs this: days are those of the viewer

    def row(number: int, ticket: int | None, hours: float, *, read: bool = False) -> NoticeRow:
        at = now - timedelta(hours=hours)
        kind = NoticeKind.CUSTOMER_WROTE if ticket else NoticeKind.MAILBOX_ALARM
        return NoticeRow(Notice(number, kind, at, Channel.CENTRE, ticket), read)

    rows = [row(9, 1, 0), row(8, 2, 0.1, read=True), row(7, 1, 0.2, read=True), row(6, None, 0.3), row(5, 1, 40)]
    found = lines(rows, Filter.ALL)
    groups = [one for one in found if isinstance(one, Group)]
    assert [one.ids for one in groups] == [[9, 7], [8], [6], [5]]
    assert [type(one).__name__ for one in found] == ["date", "Group", "Group", "Group", "date", "Group"]
    assert [one.unread for one in groups] == [True, False, True, True]
    assert [one.ids for one in lines(rows, Filter.TROUBLE) if isinstance(one, Group)] == [[6]]
    unread = lines(rows, Filter.UNREAD, unread_kept=[8])
    assert [one.ids for one in unread if isinstance(one, Group)] == [[9], [8], [6], [5]]


def test_nt_05_what_comes_in_appears_by_itself(window: MainWindow, kit: DeskKit) -> None:
    before = window.rail.bell.unread
    support = next(account for account, _ in kit.desk.mailboxes.list() if account.address == "support@desk.example")
    kit.arrive(support, stage.letter("Ada Byron", "ada@byron.example", "A new engine", "Does it work with steam?"))
    assert stage.pump(lambda: window.rail.bell.unread == before + 1)


def settings_page(window: MainWindow) -> NotificationsPage:
    window.notices._choose()
    stage.settle(window)
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    page = home.page("notifications")
    assert isinstance(page, NotificationsPage)
    return page


def stored(window: MainWindow, page: NotificationsPage) -> None:
    assert stage.pump(lambda: not page._save.isActive() and not window.session.work.busy)
    settle(window)


def test_nt_02_the_table_of_settings_is_the_agents_own(window: MainWindow, kit: DeskKit) -> None:
    page = settings_page(window)
    box = page.matrix.boxes[NoticeKind.NOTE_ADDED, Channel.DESKTOP]
    assert box.accessibleName() == "A note on my or a watched ticket: Popup"
    assert not page.reset.isEnabled()
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    page.private.click()
    stored(window, page)
    chosen, _ = kit.desk.notifications.choices(kit.agent.id)
    assert chosen.matrix == {NoticeKind.NOTE_ADDED: Channel.CENTRE | Channel.DESKTOP}
    assert chosen.private
    page.reset.click()
    stored(window, page)
    assert kit.desk.notifications.choices(kit.agent.id)[0].matrix == {}
    assert not box.isChecked()


def test_nt_02_whoever_leads_sets_what_holds_for_the_others(window: MainWindow, kit: DeskKit) -> None:
    page = settings_page(window)
    assert [page.scope.itemText(i) for i in range(page.scope.count())] == [
        "Me",
        "Everybody who did not choose",
        "Everybody in Support who did not choose",
    ]
    page.scope.setCurrentIndex(2)
    assert not page.private.isEnabled()
    page.matrix.boxes[NoticeKind.NEW_TICKET, Channel.DESKTOP].click()
    stored(window, page)
    _, defaults = kit.desk.notifications.choices(kit.agent.id)
    (department,) = defaults.departments.values()
    assert department == {NoticeKind.NEW_TICKET: Channel.CENTRE}
    page.scope.setCurrentIndex(0)
    assert not page.matrix.boxes[NoticeKind.NEW_TICKET, Channel.DESKTOP].isChecked(), "it holds for me as well"


def test_nt_03_quiet_hours_are_set_and_the_preview_tells_what_they_do(window: MainWindow, kit: DeskKit) -> None:
    page = settings_page(window)
    assert "popup" in page.preview.text()
    page.quiet.click()
    page.start.setTime(QTime(0, 0))
    page.end.setTime(QTime(23, 59))
    page.zone.setCurrentIndex(page.zone.findData("Asia/Jakarta"))
    stored(window, page)
    quiet = kit.desk.notifications.choices(kit.agent.id)[0].quiet
    assert (quiet.on, quiet.zone, quiet.end) == (True, "Asia/Jakarta", time(23, 59))
    asleep = NotificationChoices(quiet=replace(quiet, zone="UTC"))
    words = preview(asleep, NotificationDefaults(), datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert words[0].startswith("Nothing pops up until ")
    assert words[1] == "Somebody mentions me: in the centre"
    page.pause.click()
    assert stage.pump(lambda: window.notices.paused)
    assert stage.pump(lambda: "Go on" in page.pause.text())
