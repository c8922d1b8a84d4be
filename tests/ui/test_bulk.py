"""Several tickets at once: the bar, the whole view, progress, failures, a way on after a crash (IN-06)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.services.ports.bulk import JobState
from desk_app.services.tickets import bulk
from desk_app.ui import tasks
from desk_app.ui.shell.jobs import _TICKS
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.bulk_failures import BulkFailures
from tests.support.desks import DeskKit, mail
from tests.ui import stage
from tests.ui.bulk_scenes import show_progress
from tests.ui.conftest import close


def choice(window: MainWindow, words: str) -> QPushButton:
    return next(one for card in reversed(window.toast.cards) for one in card.choices if words in one.text())


def dialog(window: MainWindow) -> BulkFailures:
    assert stage.pump(lambda: window.findChild(BulkFailures) is not None)
    found = window.findChild(BulkFailures)
    assert isinstance(found, BulkFailures)
    return found


def test_in_06_the_bar_takes_the_place_of_the_header_and_goes_again(window: MainWindow) -> None:
    pane, bar = window.inbox.list, window.inbox.bulk
    pane.open_first()
    stage.settle(window)
    assert not bar.isVisible()
    for _ in range(2):
        QTest.keyClick(pane.table, Qt.Key.Key_J, Qt.KeyboardModifier.ShiftModifier)
    assert bar.isVisible()
    assert not pane.header.title.isVisible()
    assert bar.words.whole_text == "3 selected"
    assert bar.whole.text() == "Select all 9 in this view"
    bar.whole.click()
    assert pane.whole_selected
    assert bar.words.whole_text == "9 selected"
    assert not bar.whole.isVisible()
    bar.clear.click()
    assert not bar.isVisible()
    assert not bar.footer.isVisible()
    assert pane.header.title.isVisible()


def test_in_06_what_finds_no_room_stands_in_the_menu(window: MainWindow) -> None:
    pane, bar = window.inbox.list, window.inbox.bulk
    window.resize(1920, 1000)
    window.run_action("list.select_all")
    stage.settle(window)
    for width in (300, 352, 420, 520):
        pane.setFixedWidth(width)
        QApplication.processEvents()
        shown = [key for key, made in bar.buttons.items() if made.isVisible()]
        assert shown
        assert bar.words.text() == bar.words.whole_text, "how many are selected is never cut off"
        assert [*shown, *bar.hidden_ids] == list(bar.buttons)
        last = bar.buttons[shown[-1]]
        assert last.mapTo(pane, last.rect().topRight()).x() < bar.more.mapTo(pane, bar.more.rect().topLeft()).x()
        assert bar.clear.mapTo(pane, bar.clear.rect().topRight()).x() <= pane.width()
        titles = [one.text() for one in bar.menu().actions()]
        assert any("Resolve" in one for one in titles)
        for key in bar.hidden_ids:
            spec = window.registries.actions.get(key)
            assert spec is not None
            assert any(one.startswith(spec.title) for one in titles)


def test_in_06_ctrl_a_and_a_key_change_the_whole_view_and_one_undo_brings_it_back(
    window: MainWindow, kit: DeskKit
) -> None:
    pane = window.inbox.list
    pane.table.setFocus()
    QTest.keyClick(pane.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert pane.whole_selected
    box = kit.desk.mailboxes.list()[0][0]
    kit.arrive(box, mail("just arrived", subject="One more"))
    QTest.keyClick(pane.table, Qt.Key.Key_I)
    stage.settle(window)
    assert window.toast.text.startswith("Assigned to Ann Agent · 10 tickets")
    everyone = {one.assignee_id for one in kit.tickets() if one.bucket is Bucket.OPEN}
    assert everyone == {kit.agent.id}
    choice(window, "Undo").click()
    stage.settle(window)
    assert sum(one.assignee_id == kit.agent.id for one in kit.tickets()) == 1
    assert window.toast.text.startswith("Taken back")


def test_in_06_the_trash_has_other_commands(window: MainWindow, kit: DeskKit) -> None:
    ids = [one.id for one in kit.tickets() if one.bucket is Bucket.OPEN]
    kit.desk.tickets.trash(ids[:4], kit.ann)
    window.inbox.sidebar.choose("trash")
    stage.settle(window)
    window.run_action("list.select_all")
    bar = window.inbox.bulk
    assert list(bar.buttons)[:2] == ["ticket.restore", "ticket.purge"]
    bar.buttons["ticket.restore"].click()
    stage.settle(window)
    assert [kit.ticket(one).bucket for one in ids[:4]] == [Bucket.OPEN] * 4


def test_in_06_failures_are_shown_with_reasons_and_tried_again(window: MainWindow, kit: DeskKit) -> None:
    ids = [one.id for one in kit.tickets() if one.bucket is Bucket.OPEN][:3]
    kit.desk.tickets.set_status(ids[:1], "resolved", kit.ann)
    window.acts.change(ids, "snooze", {"until_at": "2100-01-01T08:00:00+00:00"}, "Snoozed")
    stage.settle(window)
    assert window.toast.text == "Snoozed · 2 tickets"
    choice(window, "Show 1 failure").click()
    shown = dialog(window)
    texts = [item.text() if (item := shown.table.item(0, column)) is not None else "" for column in (0, 1)]
    assert texts[0].startswith(f"#{kit.ticket(ids[0]).number}")
    assert texts[1] == "A closed ticket cannot be snoozed."
    kit.desk.tickets.set_status(ids[:1], "open", kit.ann)
    assert shown.retry is not None
    shown.retry.click()
    stage.settle(window)
    assert kit.ticket(ids[0]).bucket is Bucket.SNOOZED


def test_in_06_a_failure_can_be_opened(window: MainWindow, kit: DeskKit) -> None:
    ids = [one.id for one in kit.tickets() if one.bucket is Bucket.OPEN][:2]
    window.acts.set_priority(ids, Priority.HIGH)
    stage.settle(window)
    kit.desk.tickets.set_priority(ids[1:], Priority.LOW, kit.ann)
    window.run_action("edit.undo")
    stage.settle(window)
    choice(window, "Show").click()
    shown = dialog(window)
    assert shown.retry is None
    QTest.keyClick(shown.table, Qt.Key.Key_Return)
    stage.settle(window)
    assert window.inbox.ticket.ticket_id == ids[1]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Chunks of two, each of which waits until the test lets it go on."""
    gate = threading.Semaphore(0)
    monkeypatch.setattr(bulk, "CHUNK", 2)
    monkeypatch.setattr(bulk, "time", SimpleNamespace(sleep=lambda _seconds: gate.acquire(timeout=20)))
    monkeypatch.setattr(tasks, "SHOWN_AFTER_SECONDS", 0.0)
    monkeypatch.setattr("desk_app.ui.shell.jobs.SHOWN_AFTER_SECONDS", 0.0)
    return gate.release


def test_in_06_a_long_job_shows_how_far_it_is_and_can_be_cancelled(
    window: MainWindow, kit: DeskKit, slow: Callable[[], None]
) -> None:
    window.run_action("list.select_all")
    window.run_action("ticket.mine")
    assert stage.pump(lambda: any("2 of 9" in line.words.whole_text for line in window.jobs.lines.values()))
    assert window.jobs.isVisible()
    pane_left = window.inbox.list.mapTo(window.centralWidget(), QPoint(0, 0)).x()
    assert window.jobs.geometry().right() <= pane_left  # at the foot of the sidebar
    slow()
    assert stage.pump(lambda: any("4 of 9" in line.words.whole_text for line in window.jobs.lines.values()))
    (line,) = window.jobs.lines.values()
    assert line.words.whole_text == "Assigning 4 of 9…"
    assert (line.bar.value(), line.bar.maximum()) == (4, 9)
    window.acts.rename(kit.tickets()[0].id, "Other work goes on meanwhile")
    assert stage.pump(lambda: kit.tickets()[0].subject == "Other work goes on meanwhile")
    line.stop.click()
    assert line.words.whole_text == "Stopping…"
    assert stage.pump(lambda: not window.session.work._jobs or len(window.session.work._jobs) == 1)
    slow()
    stage.settle(window)
    assert not window.jobs.isVisible()
    assert window.toast.text == "Cancelled: 4 of 9 tickets were changed"
    for _ in range(9):
        slow()
    choice(window, "Undo").click()
    stage.settle(window)
    assert sum(one.assignee_id == kit.agent.id for one in kit.tickets()) == 1


def assigned(kit: DeskKit) -> int:
    return sum(one.assignee_id == kit.agent.id for one in kit.tickets())


def test_in_06_undo_while_a_job_runs_stops_it_and_puts_back_what_it_did(
    window: MainWindow, kit: DeskKit, slow: Callable[[], None]
) -> None:
    first = kit.tickets()[0].id
    window.acts.rename(first, "What was done before stays")
    stage.settle(window)
    before = assigned(kit)
    window.run_action("list.select_all")
    window.run_action("ticket.mine")
    assert stage.pump(lambda: any("2 of 9" in line.words.whole_text for line in window.jobs.lines.values()))
    window.inbox.list.table.setFocus()
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_Z)
    (line,) = window.jobs.lines.values()
    assert line.words.whole_text == "Stopping…"
    assert not line.stop.isVisible()
    assert stage.pump(lambda: len(window.session.work._jobs) == 1)
    for _ in range(9):
        slow()
    stage.settle(window)
    assert window.toast.text == "Taken back · 2 tickets"
    assert assigned(kit) == before
    assert kit.ticket(first).subject == "What was done before stays"
    assert kit.desk.bulk.interrupted(kit.agent.id) == []
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_Z)
    stage.settle(window)
    assert kit.ticket(first).subject != "What was done before stays", "the act before it is next"


def test_in_06_undo_before_a_change_is_there_takes_back_that_one(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, start, gate = [one.id for one in kit.tickets()][:2], kit.desk.bulk.start, threading.Event()
    window.acts.set_priority(ids, Priority.HIGH)
    stage.settle(window)

    def late(*arguments: object) -> object:
        assert gate.wait(20)
        return start(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(kit.desk.bulk, "start", late)
    window.acts.set_priority(ids, Priority.URGENT)
    window.run_action("edit.undo")
    gate.set()
    stage.settle(window)
    assert [kit.ticket(one).priority for one in ids] == [Priority.HIGH] * 2
    assert window.toast.text == "Taken back · 2 tickets"


def test_in_06_a_job_that_waits_for_another_one_is_taken_back_before_it_begins(
    window: MainWindow, kit: DeskKit, slow: Callable[[], None]
) -> None:
    ids, before = [one.id for one in kit.tickets() if one.bucket is Bucket.OPEN], assigned(kit)
    window.acts.set_priority(ids, Priority.HIGH)
    assert stage.pump(lambda: any("2 of 9" in line.words.whole_text for line in window.jobs.lines.values()))
    window.acts.assign(ids, kit.agent.id)
    assert stage.pump(lambda: len(window.jobs.lines) == 2)
    window.run_action("edit.undo")
    assert stage.pump(lambda: len(window.session.work._jobs) == 2)
    for _ in range(20):
        slow()
    stage.settle(window)
    assert assigned(kit) == before
    assert all(kit.ticket(one).priority is Priority.HIGH for one in ids)


def test_in_06_taking_back_can_be_cancelled_and_gone_on_with(
    window: MainWindow, kit: DeskKit, slow: Callable[[], None]
) -> None:
    before = assigned(kit)
    for _ in range(4):
        slow()
    window.run_action("list.select_all")
    window.run_action("ticket.mine")
    stage.settle(window)
    assert assigned(kit) > before
    window.run_action("edit.undo")
    assert stage.pump(lambda: any("Taking back 2 of 9" in one.words.whole_text for one in window.jobs.lines.values()))
    (line,) = window.jobs.lines.values()
    line.stop.click()
    assert stage.pump(lambda: len(window.session.work._jobs) == 1)
    for _ in range(9):
        slow()
    stage.settle(window)
    assert window.toast.text == "Cancelled: 2 of 9 tickets were taken back"
    choice(window, "Go on").click()
    stage.settle(window)
    assert assigned(kit) == before
    assert window.toast.text == "Taken back · 9 tickets"


def cut_off(window: MainWindow, kit: DeskKit) -> tuple[int, list[int]]:
    """Begin to trash every open ticket, end after the first step, and tell the window; returns the job and tickets."""
    ids = [one.id for one in kit.tickets() if one.bucket is Bucket.OPEN]
    job_id = kit.desk.bulk.start("trash", {}, ids, kit.ann).job_id
    steps = kit.desk.bulk.run(job_id, kit.ann)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    window.acts.look_for_interrupted()
    stage.settle(window)
    return job_id, ids


def test_in_06_a_job_cut_off_by_the_end_of_the_program_is_told_at_the_next_start(
    window: MainWindow, kit: DeskKit, slow: Callable[[], None]
) -> None:
    _job_id, ids = cut_off(window, kit)
    assert window.toast.text == "A change of 9 tickets was interrupted after 2"
    for _ in range(9):
        slow()
    choice(window, "Go on").click()
    stage.settle(window)
    assert window.toast.text == "Finished · 9 tickets"
    assert all(kit.ticket(one).bucket is Bucket.TRASH for one in ids)
    assert kit.desk.bulk.interrupted(kit.agent.id) == []


def test_in_06_undo_stops_a_job_that_another_program_went_on_with(
    window: MainWindow, kit: DeskKit, slow: Callable[[], None]
) -> None:
    job_id, ids = cut_off(window, kit)
    there = DeskKit(kit.database).desk.bulk.run(job_id, kit.ann)
    for _ in range(9):
        slow()
    next(there)
    choice(window, "Undo").click()
    stage.settle(window)
    assert window.toast.text == "Taken back · 4 tickets"
    assert [one for one in ids if kit.ticket(one).bucket is Bucket.TRASH] == []


def test_in_06_a_window_tells_that_its_job_was_taken_back_by_another_program(
    window: MainWindow, kit: DeskKit, slow: Callable[[], None]
) -> None:
    before = assigned(kit)
    window.run_action("list.select_all")
    window.run_action("ticket.mine")
    assert stage.pump(lambda: any("2 of 9" in line.words.whole_text for line in window.jobs.lines.values()))
    (job_id,) = window.acts._running
    back = DeskKit(kit.database).desk.bulk.undo(job_id, kit.ann)
    next(back)
    for _ in range(9):
        slow()
    assert list(back)[-1].state is JobState.UNDONE
    stage.settle(window)
    assert window.toast.text == "Assigned to Ann Agent · Taken back in another window"
    assert assigned(kit) == before


def test_in_06_closing_the_window_stops_the_job_between_two_chunks_and_the_next_one_tells(
    kit: DeskKit, settings: QSettings, qapp: QApplication, slow: Callable[[], None]
) -> None:
    stage.believable(kit)
    ids = [one.id for one in kit.tickets() if one.bucket is Bucket.OPEN]
    window = stage.open_window(kit, settings)
    window.acts.trash(ids)
    assert stage.pump(lambda: any(task.done for task in window.session.work.tasks.under_way))
    timer = threading.Timer(0.2, slow)
    timer.start()
    close(window)
    timer.join()
    gone = [one for one in ids if kit.ticket(one).bucket is Bucket.TRASH]
    assert 0 < len(gone) < len(ids)
    for _ in range(12):
        slow()
    window = stage.open_window(kit, settings)
    try:
        assert f"interrupted after {len(gone)}" in window.toast.text
        choice(window, "Undo").click()
        stage.settle(window)
        assert [one for one in ids if kit.ticket(one).bucket is Bucket.TRASH] == []
    finally:
        close(window)


def test_ui_4_18_a_bar_whose_end_nobody_knows_is_cut_off_nowhere(window: MainWindow) -> None:
    show_progress(window)
    bar = next(line.bar for line in window.jobs.lines.values() if not line.bar.maximum())
    lengths = set()
    for place in range(2 * _TICKS):
        bar._place = place
        assert bar.piece.left() >= 0
        assert bar.piece.right() <= bar.width()
        lengths.add(round(bar.piece.width()))
    assert len(lengths) == 1
    bar._place = _TICKS
    image, middle = bar.grab().toImage(), bar.height() // 2
    colours = [image.pixelColor(x, middle).name() for x in (4, bar.width() - 5)]
    assert colours == [theme().hex(one).lower() for one in ("bg_hover", "accent")]
    for task in list(window.jobs.lines):
        task.end()


def test_ui_4_18_what_takes_long_is_shown_and_can_be_given_up(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages = [0.0]
    monkeypatch.setattr(tasks.Task, "age", property(lambda _self: ages[0]))
    gate, done = threading.Event(), list[object]()
    job = window.session.work.run(lambda: gate.wait(20), done.append, title="Exporting…")
    window.jobs.refresh()
    assert not window.jobs.isVisible()
    ages[0] = 0.5
    window.jobs.refresh()
    (line,) = window.jobs.lines.values()
    assert window.jobs.isVisible()
    assert (line.words.whole_text, line.bar.maximum()) == ("Exporting…", 0)
    assert not line.stop.isVisible()
    window.show_page("settings")
    assert window.jobs.x() < 200
    ages[0] = 11.0
    window.jobs.refresh()
    line.stop.click()
    assert not window.jobs.isVisible()
    gate.set()
    assert stage.pump(lambda: not window.session.work.busy)
    assert done == []
    assert job.cancelled
