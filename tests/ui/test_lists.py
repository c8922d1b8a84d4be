"""Lists: what is shown, selected, filtered, sorted and counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSettings, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QToolButton

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import TicketOrder, TicketQuery
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import Density, theme
from desk_app.ui.tickets.due import due_chip
from desk_app.ui.tickets.list_states import SKELETONS
from desk_app.ui.tickets.row_layout import RowPart, avatar_rect, quick_rects, row_height
from desk_app.ui.tickets.row_painting import RowPainter
from desk_app.ui.tickets.search_words import search_words
from tests.support.desks import DeskKit, mail
from tests.ui import stage
from tests.ui.conftest import close


def subjects(window: MainWindow) -> list[str]:
    model = window.inbox.list.model
    rows = [model.known(one) for one in model.ids]
    return [row.subject if row is not None else "" for row in rows]


def ticket(kit: DeskKit, name: str) -> int:
    return next(one.id for one in kit.tickets() if one.requester_name.startswith(name) and one.bucket is Bucket.OPEN)


def leave(window: MainWindow) -> None:
    """Close a second window; the fixture looks after what is left."""
    window.close()
    window.deleteLater()
    window.session.deleteLater()


def click_part(window: MainWindow, ticket_id: int, part: RowPart) -> None:
    table, model = window.inbox.list.table, window.inbox.list.model
    area = table.visualRect(model.index(model.position(ticket_id), 0))
    spot = avatar_rect(area) if part is RowPart.CHECK else quick_rects(area)[part]
    QTest.mouseMove(table.viewport(), spot.center())
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot.center())
    stage.settle(window)


def test_ui_4_3_one_command_selects_the_whole_list(window: MainWindow) -> None:
    pane = window.inbox.list
    control = Qt.KeyboardModifier.ControlModifier
    for keys in (control, control | Qt.KeyboardModifier.ShiftModifier):
        pane.table.clearSelection()
        assert not pane.whole_selected
        QTest.keyClick(pane.table, Qt.Key.Key_A, keys)
        assert pane.whole_selected
    titles = [one.title for one in window.registries.actions if one.title.startswith("Select everything")]
    assert len(titles) == 1, "the palette offers it once"


def test_ui_4_3_everything_in_a_list_is_a_flag_and_any_other_selection_ends_it(window: MainWindow) -> None:
    pane = window.inbox.list
    total = pane.model.rowCount()
    assert total > 3
    pane.step(1)
    pane.step(1, extend=True)
    some = pane.selection()
    assert (some.query, some.count, len(some.ids)) == (None, 2, 2)
    told: list[int] = []
    pane.selection_changed.connect(told.append)
    pane.select_whole()
    everything = pane.selection()
    assert everything.whole
    assert everything.ids == ()
    assert everything.query == pane.query
    assert told[-1] == everything.count == total
    pane.refresh()
    stage.settle(window)
    assert pane.whole_selected, "a sync does not end it"
    pane.toggle_current()
    assert not pane.whole_selected
    assert pane.selection().count == total - 1


# -- folders --------------------------------------------------------------------------------------------------


def test_in_02_every_folder_has_its_tickets_and_a_live_count(kit: DeskKit, window: MainWindow) -> None:
    desk, ann, sidebar = kit.desk, kit.ann, window.inbox.sidebar
    with kit.database.unit_of_work() as uow:
        from desk_app.domain.people.agent import Agent

        other = uow.people.add_agent(Agent(0, "bob", "Bob", ""), [1])
        uow.commit()
    desk.tickets.assign([ticket(kit, "Budi"), ticket(kit, "Omar")], other, ann)
    desk.tickets.snooze([ticket(kit, "Hannah")], datetime.now(UTC) + timedelta(days=2), ann)
    desk.tickets.set_status([ticket(kit, "Putu")], "waiting", ann)
    desk.tickets.mark_spam([ticket(kit, "Yuki")], spam=True, actor=ann)
    desk.tickets.trash([ticket(kit, "Elena")], ann)
    kit.reply(ticket(kit, "Tom"), "Hello Tom")
    kit.watch(ticket(kit, "Tom"))
    expected = {
        "mine": 1,
        "unassigned": 2,
        "open": 5,
        "waiting": 1,
        "snoozed": 1,
        "sent": 1,
        "others": 2,
        "watched": 1,
        "closed": 1,
        "spam": 1,
        "trash": 1,
    }

    def counted() -> bool:
        return all((sidebar.items[key].count or 0) == count for key, count in expected.items())

    assert stage.pump(lambda: (stage.hurry(window), counted())[1]), {k: sidebar.items[k].count for k in expected}
    for key, count in expected.items():
        sidebar.choose(key)
        stage.settle(window)
        assert window.inbox.list.model.rowCount() == count, key
    assert sidebar.unfolded, "a list that is folded away unfolds when it is chosen"


def test_in_02_a_begun_answer_stands_among_the_drafts(window: MainWindow) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    composer = window.inbox.ticket.composer
    composer.edit.setPlainText("Dear Maya, we are on it.")
    window.inbox.ticket.close_drafts()
    stage.settle(window)
    window.inbox.sidebar.count()
    stage.settle(window)
    assert window.inbox.sidebar.items["drafts"].count == 1
    window.inbox.sidebar.choose("drafts")
    stage.settle(window)
    assert window.inbox.list.model.rowCount() == 1


def test_in_02_a_count_that_nobody_needs_to_the_last_ends_at_999(window: MainWindow) -> None:
    item = window.inbox.sidebar.items["drafts"]
    item.set_count(1_000, most=1_000)
    assert item.accessibleName() == "Drafts, 999+"
    item.set_count(7, most=1_000)
    assert item.accessibleName() == "Drafts, 7"


# -- views ----------------------------------------------------------------------------------------------------


def agree(window: MainWindow, name: str = "", icon: str = "", audience: str = "") -> None:
    """Fill the open dialog of a view and press Save."""
    from desk_app.ui.views.editor import ViewQuestion

    question = next(one for one in window.findChildren(ViewQuestion) if one.isVisible())
    if name:
        question.name.setText(name)
    if icon:
        question.icons[icon].click()
    if audience:
        question.audience.setCurrentText(audience)
    QTest.mouseClick(question.yes, Qt.MouseButton.LeftButton)
    stage.settle(window)


def test_in_01_filters_become_chips_and_then_a_view(kit: DeskKit, window: MainWindow, settings: QSettings) -> None:
    pane, sidebar = window.inbox.list, window.inbox.sidebar
    window.run_action("list.filter")
    assert window.palette_layer.isVisible()
    window.palette_layer.input.setText("High")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert pane.query.priorities == (Priority.HIGH,)
    assert subjects(window) == ["Refund for order #58213 not received"]
    assert [one.text().strip() for one in pane.header.filters.chips] == ["Priority: High  ×"]
    window.run_action("view.save_as")
    agree(window, "Hot", "flame")
    view = sidebar.saved.views[0]
    assert (view.name, view.icon, view.query.priorities, view.shared) == ("Hot", "flame", (Priority.HIGH,), False)
    assert pane.view is not None
    assert pane.view.id == f"view:{view.id}", "the new view is shown"
    stage.settle(window)
    assert sidebar.items[f"view:{view.id}"].count == 1
    assert f"go.view:{view.id}" in window.registries.actions, "it has a command of its own"
    QTest.mouseClick(pane.header.filters.chips[-1], Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert pane.filtered
    assert len(subjects(window)) == 9
    pane.filter_by(replace(pane.query, priorities=(Priority.HIGH, Priority.URGENT)))
    stage.settle(window)
    save = next(one for one in pane.header.filters.findChildren(QPushButton) if one.text() == "Save")
    QTest.mouseClick(save, Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert sidebar.saved.views[0].query.priorities == (Priority.HIGH, Priority.URGENT)
    assert not pane.filtered
    again = stage.open_window(kit, settings)
    assert [one.name for one in again.inbox.sidebar.saved.views] == ["Hot"]
    leave(again)


def make_views(kit: DeskKit, *names: str) -> list[int]:
    from desk_app.domain.views.model import SavedView

    me = kit.agent.id
    return [kit.desk.views.add(SavedView(0, me, one, query=TicketQuery(tags=("vip",))), me).id for one in names]


def test_in_01_edit_share_duplicate_delete_and_bring_back(kit: DeskKit, window: MainWindow) -> None:
    (view_id,) = make_views(kit, "VIP")
    saved, sidebar = window.inbox.sidebar.saved, window.inbox.sidebar
    assert stage.pump(lambda: f"view:{view_id}" in sidebar.items), "what others save appears by itself"
    sidebar.choose(f"view:{view_id}")
    stage.settle(window)
    window.run_action("view.edit")
    agree(window, "Important", "star", "Everybody")
    assert [(one.name, one.icon, one.shared) for one in saved.views] == [("Important", "star", True)]
    assert window.inbox.list.header.title.whole_text == "Important"
    assert "everybody" in sidebar.items[f"view:{view_id}"].toolTip()
    window.run_action("view.duplicate")
    stage.settle(window)
    assert [(one.name, one.shared) for one in saved.views] == [("Important", True), ("Copy of Important", False)]
    sidebar.choose(f"view:{view_id}")
    window.run_action("view.delete")
    stage.settle(window)
    assert [one.name for one in saved.views] == ["Copy of Important"]
    assert window.inbox.list.view is not None
    assert window.inbox.list.view.id == "open", "a view that is gone is not shown any more"
    window.run_action("edit.undo")
    stage.settle(window)
    assert {one.name for one in saved.views} == {"Important", "Copy of Important"}


def test_in_01_views_are_moved_by_key_command_and_mouse_and_stay_there(
    kit: DeskKit, window: MainWindow, settings: QSettings
) -> None:
    first, second, third = make_views(kit, "One", "Two", "Three")
    sidebar = window.inbox.sidebar
    assert stage.pump(lambda: f"view:{third}" in sidebar.items)

    def names() -> list[str]:
        return [one.title for one in sidebar.saved.lists]

    QTest.keyClick(sidebar.saved.items[f"view:{third}"], Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names() == ["One", "Three", "Two"]
    sidebar.choose(f"view:{first}")
    window.run_action("view.down")
    assert names() == ["Three", "One", "Two"]
    sidebar.saved.items[f"view:{third}"].view_dropped.emit(second)
    assert names() == ["Two", "Three", "One"]
    stage.settle(window)
    again = stage.open_window(kit, settings)
    assert [one.title for one in again.inbox.sidebar.saved.lists] == ["Two", "Three", "One"]
    leave(again)


# -- order and columns ----------------------------------------------------------------------------------------


def test_in_03_each_list_remembers_its_order_for_the_agent(
    kit: DeskKit, window: MainWindow, settings: QSettings
) -> None:
    pane, sidebar = window.inbox.list, window.inbox.sidebar
    pane.sort_by(TicketOrder.SUBJECT, ascending=True)
    stage.settle(window)
    in_order = subjects(window)
    assert in_order == sorted(in_order, key=str.lower)
    window.run_action("list.sort")
    window.palette_layer.input.setText("Customer")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    rows = [pane.model.known(one) for one in pane.model.ids]
    names = [row.requester_name for row in rows if row is not None]
    assert names == sorted(names, key=str.lower)
    sidebar.choose("unassigned")
    stage.settle(window)
    assert pane.query.order is TicketOrder.ACTIVITY, "another list has its own order"
    again = stage.open_window(kit, settings)
    again.inbox.sidebar.choose("open")
    stage.settle(again)
    assert (again.inbox.list.query.order, again.inbox.list.query.ascending) == (TicketOrder.REQUESTER, True)
    leave(again)


def test_in_01_each_list_shows_the_columns_chosen_for_it(window: MainWindow) -> None:
    pane, maya = window.inbox.list, window.inbox.list.model.ids[0]
    assert [text for text, _tone in pane.model.extras(maya)] == ["High"]
    window.run_action("list.columns")
    window.palette_layer.input.setText("Tags")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert window.palette_layer.isVisible(), "the next column can be chosen at once"
    window.palette_layer.leave()
    pane.table.grab()
    stage.settle(window)
    assert "refund · vip" in [text for text, _tone in pane.model.extras(maya)]
    window.inbox.sidebar.choose("mine")
    stage.settle(window)
    assert "tags" not in pane.columns


# -- rows -----------------------------------------------------------------------------------------------------


def test_in_04_a_due_date_is_a_chip_in_words_and_colour() -> None:
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    day = now - timedelta(days=1)
    assert due_chip(now - timedelta(hours=3), day, now) == ("3 h late", "danger")
    assert due_chip(now + timedelta(minutes=42), day, now) == ("0:42", "danger")
    assert due_chip(now + timedelta(hours=2), day, now) == ("2 h", "warning")
    assert due_chip(now + timedelta(hours=20), day, now) == ("20 h", "neutral")
    assert due_chip(now + timedelta(days=3, hours=1), now, now) == ("3 d", "neutral")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fill", ["bg_selected", "bg_selected_inactive"])
def test_ui_2_chips_stand_out_from_a_selected_row(qapp: QApplication, kit: DeskKit, scheme: str, fill: str) -> None:
    stage.believable(kit)
    theme().apply(scheme)
    (row,) = kit.desk.ticket_queries.rows([ticket(kit, "Omar")], agent_id=kit.agent.id)
    picture = QImage(400, 80, QImage.Format.Format_RGB32)
    picture.fill(theme().colour(fill))
    back = theme().hex(fill).lower()
    painter = QPainter(picture)
    chips = [("19 h", "neutral"), ("Draft", "accent")]
    RowPainter().row(painter, picture.rect(), row, when="1 h", chips=chips, dot=None, quick=False, marked=True)
    painter.end()
    surface = theme().colour("bg_surface")
    theme().apply("light")
    middle = range(picture.height() * 2 // 3, picture.height() - 12)
    filled = [x for x in range(picture.width()) if all(picture.pixelColor(x, y) != surface for y in middle)]
    assert picture.width() - len(filled) >= 30, "both chips have a fill of their own"
    assert picture.pixelColor(4, 4).name() == back, "the row itself has not"


def test_in_04_set_a_due_date_with_d_sort_by_it_and_take_it_back(kit: DeskKit, window: MainWindow) -> None:
    pane = window.inbox.list
    omar = ticket(kit, "Omar")
    pane.select_ticket(omar)
    stage.settle(window)
    QTest.keyClick(pane.table, Qt.Key.Key_D)
    window.palette_layer.input.setText("In 4 hours")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    due = kit.ticket(omar).due_at
    assert due is not None
    assert abs(due - datetime.now(UTC) - timedelta(hours=4)) < timedelta(minutes=1)
    pane.sort_by(TicketOrder.DUE, ascending=True)
    stage.settle(window)
    assert pane.model.ids[0] == omar
    row = pane.model.known(omar)
    assert row is not None
    assert row.due_at == due
    assert "due: " in pane.model.data(pane.model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    window.run_action("edit.undo")
    stage.settle(window)
    assert kit.ticket(omar).due_at is None


def test_in_20_star_by_key_and_by_mouse_and_find_it_again(kit: DeskKit, window: MainWindow) -> None:
    pane = window.inbox.list
    pane.open_first()
    stage.settle(window)
    first = pane.current_id()
    QTest.keyClick(pane.table, "*")
    stage.settle(window)
    click_part(window, pane.model.ids[2], RowPart.STAR)
    starred = set(kit.desk.ticket_queries.ids(TicketQuery(starred=True), agent_id=kit.agent.id))
    assert starred == {first, pane.model.ids[2]}
    window.inbox.sidebar.choose("starred")
    stage.settle(window)
    assert set(pane.model.ids) == starred
    pane.open_first()
    stage.settle(window)
    window.run_action("ticket.star")
    stage.settle(window)
    assert pane.model.rowCount() == 1
    window.run_action("edit.undo")
    stage.settle(window)
    assert pane.model.rowCount() == 2


def test_in_20_a_ticket_that_the_list_does_not_show_loses_its_star_too(kit: DeskKit, window: MainWindow) -> None:
    pane = window.inbox.list
    away = next(one.id for one in kit.tickets() if one.id not in pane.model.ids)
    kit.desk.views.star([away], kit.agent.id, on=True)
    assert pane.model.known(away) is None
    window.run_on("ticket.star", [away])
    stage.settle(window)
    assert list(kit.desk.ticket_queries.ids(TicketQuery(starred=True), agent_id=kit.agent.id)) == []
    window.run_on("ticket.star", [away, pane.model.ids[0]])
    stage.settle(window)
    found = kit.desk.ticket_queries.ids(TicketQuery(buckets=tuple(Bucket), starred=True), agent_id=kit.agent.id)
    assert set(found) == {away, pane.model.ids[0]}


def test_ui_4_2_a_row_under_the_pointer_can_be_resolved_snoozed_assigned_and_checked(
    kit: DeskKit, window: MainWindow
) -> None:
    pane = window.inbox.list
    budi, hannah, tom = (ticket(kit, name) for name in ("Budi", "Hannah", "Tom"))
    click_part(window, budi, RowPart.RESOLVE)
    assert kit.ticket(budi).bucket is Bucket.CLOSED
    assert budi not in pane.model.ids
    click_part(window, hannah, RowPart.ASSIGN)
    assert window.palette_layer.isVisible()
    window.palette_layer.input.setText("Ann")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert kit.ticket(hannah).assignee_id == kit.agent.id
    click_part(window, tom, RowPart.SNOOZE)
    assert window.palette_layer.isVisible()
    window.palette_layer.leave()
    click_part(window, hannah, RowPart.CHECK)
    click_part(window, tom, RowPart.CHECK)
    assert set(pane.selected_ids()) == {hannah, tom}
    assert pane.header.bulk_bar.isVisible()
    assert window.inbox.ticket.ticket_id != tom, "checking does not open"


def test_ui_2_2_compact_rows_have_two_lines(window: MainWindow) -> None:
    assert row_height() == 82
    window.preferences.set("look/density", Density.COMPACT.value)
    stage.settle(window)
    assert row_height() == 56 == window.inbox.list.table.rowHeight(0)
    assert not window.inbox.list.table.grab().isNull()
    theme().apply(density=Density.COMFORTABLE)


def test_in_05_pictures_of_rows_are_kept_and_never_wrong(kit: DeskKit, window: MainWindow) -> None:
    pane = window.inbox.list
    pane.table.grab()
    kept = len(pane._delegate._pictures)
    assert kept >= 9
    pane.table.grab()
    assert len(pane._delegate._pictures) == kept, "nothing is drawn twice"
    before = pane.table.grab().toImage()
    kit.desk.tickets.rename(ticket(kit, "Budi"), "Another subject", kit.ann)
    assert stage.pump(lambda: (stage.settle(window), pane.table.grab().toImage() != before)[1])


def test_ui_4_2_news_above_do_not_move_what_is_read(kit: DeskKit, window: MainWindow) -> None:
    pane = window.inbox.list
    window.resize(1440, 560)
    stage.settle(window)
    pane.step(6)
    pane.table.verticalScrollBar().setValue(200)
    stage.settle(window)
    top = pane.model.id_at(pane.table.rowAt(0))
    support = next(one for one, _health in kit.desk.mailboxes.list() if "support" in one.address)
    kit.arrive(support, *(mail(subject=f"New {n}") for n in range(3)))
    assert stage.pump(pane.header.pill.isVisible)
    assert pane.header.pill.text().strip() == "3 new"
    assert pane.model.id_at(pane.table.rowAt(0)) == top
    QTest.mouseClick(pane.header.pill, Qt.MouseButton.LeftButton)
    assert pane.table.verticalScrollBar().value() == 0
    assert not pane.header.pill.isVisible()


# -- empty, search --------------------------------------------------------------------------------------------


def test_ui_4_2_an_empty_list_offers_the_next_thing_to_do(kit: DeskKit, window: MainWindow) -> None:
    pane = window.inbox.list
    kit.desk.tickets.set_status([one.id for one in kit.tickets() if one.bucket is Bucket.OPEN], "waiting", kit.ann)
    assert stage.pump(lambda: (stage.settle(window), pane.model.rowCount() == 0)[1])
    window.inbox.sidebar.choose("open")
    stage.settle(window)
    empty = pane.empty
    assert empty is not None
    words = [one.text() for one in empty.findChildren(QPushButton)]
    assert words == ["Show them"]
    QTest.mouseClick(empty.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert pane.view is not None
    assert pane.view.id == "waiting"
    pane.filter_by(replace(pane.query, tags=("nothing has this",)))
    stage.settle(window)
    assert pane.empty is not None
    (again,) = pane.empty.findChildren(QPushButton)
    assert again.text() == "Remove the filters"
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert pane.model.rowCount() == 9


def test_what_empties_the_search_is_drawn_in_the_colours_of_the_theme(window: MainWindow) -> None:
    (clear,) = window.inbox.list.header.search_box.findChildren(QToolButton)
    assert clear.accessibleName() == "Clear the search text"
    image = clear.icon().pixmap(32, 32).toImage()
    dots = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    assert {dot.name() for dot in dots if dot.alpha() == 255} == {theme().hex("text_tertiary").lower()}


def test_ui_4_10_a_search_says_how_it_was_understood(window: MainWindow) -> None:
    text = 'invoice from:ana -newsletter "late fee" tag:vip before:2026-03-01'
    assert [words for words, _tone in search_words(text)] == [
        "from: ana",
        "without newsletter",
        "“late fee”",
        "Tag: vip",
        "before 2026-03-01",
    ]
    states = "is:open -in:spam is:unread is:urgent is:mine assignee:nobody assignee:budi has:files in:billing"
    assert [words for words, _tone in search_words(states)] == [
        "Open",
        "without Spam",
        "Unread",
        "Priority: Urgent",
        "Assigned to me",
        "Nobody assigned",
        "Assigned to budi",
        "With attachments",
        "in: billing",
    ]
    pane = window.inbox.list
    pane.search("is:open RMA")
    stage.settle(window)
    assert pane.header._words.isVisible()
    row = pane.model.known(pane.model.ids[0])
    assert row is not None
    assert "the return had no RMA number" in row.snippet, "the row shows where the word stands"
    pane.close_search()
    pane.table.grab()
    stage.settle(window)
    row = pane.model.known(pane.model.ids[0])
    assert row is not None
    assert "RMA" not in row.snippet
    pane.search("is:open refund")
    stage.settle(window)
    window.run_action("view.save_as")
    agree(window)
    assert window.inbox.sidebar.saved.views[0].query.search == "is:open refund"


def test_ui_4_18_a_slow_list_shows_grey_rows(window: MainWindow) -> None:
    pane = window.inbox.list
    pane._slow_timer.timeout.emit()
    assert pane._pages.currentWidget() is pane._skeleton
    image = pane._skeleton.grab().toImage()
    bottom = image.pixelColor(30, SKELETONS * row_height() + 40)
    assert image.pixelColor(34, row_height() // 2) != bottom
    pane.refresh()
    stage.settle(window)
    assert pane._pages.currentWidget() is pane.table


# -- dropping -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("list_id", "field", "value"),
    [
        ("mine", "assignee_id", 1),
        ("waiting", "bucket", Bucket.WAITING),
        ("spam", "bucket", Bucket.SPAM),
        ("mailbox:2", "mailbox_ids", (2,)),
        ("agent:2", "assignee_id", 2),
    ],
)
def test_ui_4_1_a_row_dropped_on_a_list_does_what_the_list_stands_for(
    kit: DeskKit, window: MainWindow, list_id: str, field: str, value: object
) -> None:
    import json

    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    from desk_app.ui.tickets.list_table import TICKETS_MIME

    with kit.database.unit_of_work() as uow:
        from desk_app.domain.people.agent import Agent

        assert uow.people.add_agent(Agent(0, "bob", "Bob", ""), [1]) == 2
        uow.commit()
    budi = ticket(kit, "Budi")
    assert stage.pump(lambda: "agent:2" in window.inbox.sidebar.items), "colleagues stand in the sidebar"
    before = getattr(kit.ticket(budi), field)
    assert before != value
    item = window.inbox.sidebar.items[list_id]
    data = QMimeData()
    data.setData(TICKETS_MIME, json.dumps([budi]).encode())
    move, left, none = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), move, data, left, none)
    item.dragEnterEvent(enter)
    assert enter.isAccepted()
    item.dropEvent(QDropEvent(QPoint(5, 5).toPointF(), move, data, left, none))
    stage.settle(window)
    assert getattr(kit.ticket(budi), field) == value
    window.run_action("edit.undo")
    stage.settle(window)
    assert getattr(kit.ticket(budi), field) == before


# -- room -----------------------------------------------------------------------------------------------------


def resized(window: MainWindow, width: int) -> None:
    window.resize(width, 800)
    stage.settle(window)
    assert window.width() == width


def test_ui_4_below_1280_the_details_are_a_drawer_over_the_conversation(window: MainWindow) -> None:
    window.preferences.set("look/reduce_motion", True)
    page = window.inbox
    page.list.open_first()
    stage.settle(window)
    assert page.side.isVisible()
    resized(window, 1200)
    assert not page.side.isVisible()
    width = page.ticket.width()
    window.run_action("window.details")
    assert page.side.isVisible()
    assert page.ticket.width() == width, "it lies over the conversation"
    assert page.side.mapTo(window, QPoint(page.side.width(), 0)).x() == window.width()
    QTest.keyClick(page.list.table, Qt.Key.Key_Escape)
    assert not page.side.isVisible()
    window.run_action("window.details")
    resized(window, 1440)
    assert page.side.isVisible()
    assert page.side.mapTo(window, QPoint(0, 0)).x() >= page.ticket.mapTo(window, QPoint(page.ticket.width(), 0)).x()


def test_ui_4_below_1024_the_lists_fold_away_and_open_over_the_rows(window: MainWindow) -> None:
    window.preferences.set("look/reduce_motion", True)
    page = window.inbox
    resized(window, 1000)
    assert not page.sidebar.isVisible()
    QTest.mouseClick(page.list.header.lists_button, Qt.MouseButton.LeftButton)
    assert page.sidebar.isVisible()
    QTest.mouseClick(page.sidebar.items["unassigned"], Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert not page.sidebar.isVisible(), "choosing closes it"
    assert page.list.view is not None
    assert page.list.view.id == "unassigned"
    QTest.mouseClick(window.rail.buttons["inbox"], Qt.MouseButton.LeftButton)
    assert page.sidebar.isVisible(), "the rail opens it too"
    QTest.mouseClick(page.panes.childAt(600, 300), Qt.MouseButton.LeftButton)
    assert not page.sidebar.isVisible(), "a click beside closes it"
    resized(window, 1440)
    assert page.sidebar.isVisible()
    assert not page.list.header.lists_button.isVisible()


def test_ui_4_below_820_list_and_conversation_are_one_page_with_a_way_back(window: MainWindow) -> None:
    page = window.inbox
    resized(window, 700)
    assert page.list.isVisible()
    assert not page.ticket.isVisible()
    page.list.step(1)
    stage.settle(window)
    assert page.list.isVisible(), "the cursor alone does not turn the page"
    QTest.keyClick(page.list.table, Qt.Key.Key_Return)
    stage.settle(window)
    assert page.ticket.isVisible()
    assert not page.list.isVisible()
    assert page.panes.back_title.whole_text == "All open"
    QTest.keyClick(page.ticket, Qt.Key.Key_Escape)
    assert page.list.isVisible()
    assert QApplication.focusWidget() is page.list.table
    window.open_ticket(page.list.model.ids[3])
    stage.settle(window)
    assert page.ticket.isVisible(), "whatever opens a ticket turns to it"
    resized(window, 1300)
    assert page.list.isVisible()
    assert page.ticket.isVisible()


@pytest.mark.parametrize("language", ["en", "es", "id"])
def test_ui_4_nothing_is_cut_where_the_text_is_large(language: str, kit: DeskKit, settings: QSettings) -> None:
    stage.believable(kit)
    window = stage.open_window(kit, settings, language=language)
    window.preferences.set("look/reduce_motion", True)
    try:
        window.preferences.set("look/text_size", 1.3)
        page = window.inbox
        for width in (1000, 1280, 1500):
            resized(window, width)
            page.list.open_first()
            stage.settle(window)
            assert window.minimumSizeHint().width() <= width
            assert page.side.isVisible() == (width == 1500)
            if width < 1500:
                window.run_action("window.details")
                stage.settle(window)
            area = next(one for one in page.side.findChildren(QScrollArea) if one.isVisible())
            assert area.widget().width() <= area.viewport().width()
            assert area.widget().minimumSizeHint().width() <= area.viewport().width()
            assert page.side.mapTo(window, QPoint(page.side.width(), 0)).x() <= window.width()
            page.panes.step_out()
    finally:
        window.preferences.set("look/text_size", 1.0)
        close(window)


def test_the_ring_around_a_list_goes_whole_when_a_row_has_the_keyboard(window: MainWindow) -> None:
    table = window.inbox.list.table
    window.activateWindow()
    table.setFocus()
    assert stage.pump(table.hasFocus)
    assert not table.currentIndex().isValid()
    stage.settle(window)
    painted: list[QRect] = []

    class Watch(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
            if isinstance(event, QPaintEvent):
                painted.append(event.region().boundingRect())
            return False

    watch = Watch()
    table.viewport().installEventFilter(watch)
    table.setCurrentIndex(table.model().index(2, 0))
    assert stage.pump(lambda: bool(painted))
    assert painted[0] == table.viewport().rect()
    table.viewport().removeEventFilter(watch)


def test_ui_4_widths_and_folded_lists_are_remembered(kit: DeskKit, window: MainWindow, settings: QSettings) -> None:
    page = window.inbox
    window.resize(1500, 900)
    stage.settle(window)
    page.panes.splitter.setSizes([430, 700, 262])
    page.panes.splitter.splitterMoved.emit(430, 1)
    page.sidebar.unfold(on=True)
    window.save()
    again = stage.open_window(kit, settings)
    again.resize(1500, 900)
    stage.settle(again)
    assert again.inbox.list.width() == page.list.width()
    assert again.inbox.sidebar.unfolded
    leave(again)


# -- keys --------------------------------------------------------------------------------------------------------


def test_in_07_the_list_is_worked_with_the_keyboard_alone(kit: DeskKit, window: MainWindow) -> None:
    pane, table = window.inbox.list, window.inbox.list.table
    table.setFocus()

    def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget() or table, key, modifier)
        stage.settle(window)

    def answer(words: str) -> None:
        window.palette_layer.input.setText(words)
        QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
        stage.settle(window)

    press(Qt.Key.Key_J)
    press(Qt.Key.Key_J)
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_K)
    assert pane.current_id() == pane.model.ids[1]
    second = pane.model.ids[1]
    assert window.inbox.ticket.ticket_id == second
    press(Qt.Key.Key_A)
    answer("Ann")
    press(Qt.Key.Key_S)
    answer("In progress")
    press(Qt.Key.Key_P)
    answer("Urgent")
    item = kit.ticket(second)
    assert (item.assignee_id, kit.status(second), item.priority) == (kit.agent.id, "in_progress", Priority.URGENT)
    table.setFocus()
    press(Qt.Key.Key_J, Qt.KeyboardModifier.ShiftModifier)
    assert len(pane.selected_ids()) == 2
    press(Qt.Key.Key_X)
    assert len(pane.selected_ids()) == 1
    press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(pane.selected_ids()) == pane.model.rowCount()
    press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert pane.whole_selected
    pane.clear_selection()
    press(Qt.Key.Key_O)
    assert window.inbox.ticket.isAncestorOf(QApplication.focusWidget()), "reading goes on in the conversation"
    press(Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is table
    press(Qt.Key.Key_R)
    assert window.inbox.ticket.composer.isAncestorOf(QApplication.focusWidget())


def test_in_01_the_window_opens_with_the_saved_view_it_was_left_with(
    kit: DeskKit, window: MainWindow, settings: QSettings
) -> None:
    (view_id,) = make_views(kit, "VIP")
    assert stage.pump(lambda: f"view:{view_id}" in window.inbox.sidebar.items)
    window.inbox.sidebar.choose(f"view:{view_id}")
    stage.settle(window)
    window.save()
    again = stage.open_window(kit, settings)
    assert stage.pump(lambda: again.inbox.list.view is not None and again.inbox.list.view.id == f"view:{view_id}")
    leave(again)


def test_ui_4_2_another_list_marks_the_ticket_that_is_read_beside_it(kit: DeskKit, window: MainWindow) -> None:
    pane, omar = window.inbox.list, ticket(kit, "Omar")
    pane.select_ticket(omar)
    stage.settle(window)
    sales = next(account.id for account, _ in window.session.facts.accounts if account.name == "Sales")
    opened: list[int] = []
    pane.ticket_chosen.connect(opened.append)
    pane.filter_by(replace(pane._query, account_ids=(sales,)))
    stage.settle(window)
    assert (pane.current_id(), pane.selected_ids(limit=9)) == (omar, (omar,))
    pane.search("refund")
    stage.settle(window)
    assert omar not in pane.model.ids
    assert (pane.current_id(), pane.selected_ids(limit=9)) == (None, ())
    pane.close_search()
    stage.settle(window)
    assert (pane.current_id(), pane.selected_ids(limit=9)) == (omar, (omar,))
    assert opened == [], "it is only marked: nothing is opened anew"


def test_in_01_filter_by_days_and_by_the_customer_of_the_open_ticket(kit: DeskKit, window: MainWindow) -> None:
    from desk_app.ui.views.days_question import DaysQuestion

    pane = window.inbox.list
    pane.open_first()
    stage.settle(window)
    window.run_action("list.filter")
    window.palette_layer.input.setText("Only tickets of Maya")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert len(subjects(window)) == 1
    assert [one.text().strip() for one in pane.header.filters.chips] == ["Maya Lindqvist  ×"]
    pane.filter_by(replace(pane.query, requester_id=None))
    window.run_action("list.filter")
    window.palette_layer.input.setText("Between two days")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    question = next(one for one in window.findChildren(DaysQuestion) if one.isVisible())
    question.first.setDate(question.first.date().addDays(60))
    assert not question.yes.isEnabled(), "from lies after until"
    question.first.setDate(question.last.date().addDays(-3))
    QTest.mouseClick(question.yes, Qt.MouseButton.LeftButton)
    stage.settle(window)
    since, until = pane.query.updated.bounds(datetime.now(UTC))
    assert since is not None
    assert until is not None
    assert until - since >= timedelta(days=3, hours=22)
    assert pane.header.filters.chips[0].text().strip().startswith("Active ")
    assert len(subjects(window)) == 9


def test_ui_4_1_all_selected_rows_go_along_when_one_is_dragged(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane, table = window.inbox.list, window.inbox.list.table
    pane.open_first()
    pane.step(1, extend=True)
    pane.step(1, extend=True)
    chosen = pane.selected_ids()
    assert len(chosen) == 3
    dragged: list[tuple[int, ...]] = []
    monkeypatch.setattr(table, "_drag", lambda: dragged.append(tuple(table.dragged())))
    spot = table.visualRect(pane.model.index(1, 0)).center()
    left, port = Qt.MouseButton.LeftButton, table.viewport()
    QTest.mousePress(port, left, pos=spot)
    move = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        QPoint(spot.x() + 30, spot.y()).toPointF(),
        port.mapToGlobal(spot).toPointF(),
        left,
        left,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(port, move)
    QTest.mouseRelease(port, left, pos=spot)
    assert dragged == [chosen]
    assert pane.selected_ids() == chosen
    QTest.mouseClick(port, left, pos=spot)
    assert pane.selected_ids() == (pane.model.ids[1],), "a mere click selects the one"
