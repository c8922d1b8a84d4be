"""Messages and jobs stand at the foot of a column and hide nothing that can be pressed (ui.md 4.6, 4.18)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractScrollArea, QWidget

from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import ElidedLabel
from desk_app.ui.widgets.toast import INSIDE, MARGIN
from tests.ui import stage


@pytest.fixture
def busy(window: MainWindow) -> Iterator[MainWindow]:
    """A window of 1280 x 800 with a job under way and a message that can be undone."""
    theme().reduce_motion = True
    window.resize(1280, 800)
    window.inbox.list.open_first()
    stage.settle(window)
    task = window.session.work.tasks.begin("Getting mail…")
    task.began -= 1
    window.jobs.refresh()
    window.toast.show_text("Assigned to Ann Agent", seconds=60, choices=[("Undo", int)])
    stage.settle(window)
    yield window
    task.end()
    theme().reduce_motion = False


def _place(one: QWidget, window: MainWindow) -> QRect:
    return QRect(one.mapTo(window.centralWidget(), QPoint(0, 0)), one.size())


def hidden(window: MainWindow) -> list[str]:
    """Whatever is pressed or scrolled and lies below messages or jobs."""
    above = (window.toast, window.jobs)
    assert all(one.isVisible() for one in above)
    found = []
    for one in window.stack.currentWidget().findChildren(QWidget):
        pressed = isinstance(one, (QAbstractButton, QAbstractItemView, QAbstractScrollArea))
        if not pressed or not one.isVisible() or one.visibleRegion().isEmpty():
            continue
        seen = one.visibleRegion().boundingRect().translated(one.mapTo(window.centralWidget(), QPoint(0, 0)))
        if any(seen.intersects(over.geometry()) for over in above):
            found.append(f"{type(one).__name__} {one.accessibleName()}")
    return found


def test_messages_and_jobs_hide_nothing(busy: MainWindow) -> None:
    for page in ("inbox", "settings", "customers", "outbox", "quarantine"):
        busy.show_page(page)
        for width in (1280, 1100, 700):
            busy.resize(width, 800)
            stage.settle(busy)
            assert hidden(busy) == [], f"{page} at {width}"
            assert not busy.toast.geometry().intersects(busy.jobs.geometry())
            assert busy.centralWidget().rect().contains(busy.toast.geometry())
            assert busy.centralWidget().rect().contains(busy.jobs.geometry())


def test_the_first_run_is_not_covered_either(busy: MainWindow) -> None:
    busy.setting_up.open(first_run=True)
    for size in ((1280, 800), (700, 560)):
        busy.resize(*size)
        stage.settle(busy)
        assert hidden(busy) == []


def test_the_room_comes_back(busy: MainWindow) -> None:
    busy.show_page("settings")
    stage.settle(busy)
    column = busy.page("settings").column  # type: ignore[union-attr]
    lifted = column.layout().contentsMargins().bottom()
    assert lifted == busy.jobs.height() + busy.toast.height() + 2 * MARGIN
    busy.toast.clear()
    assert column.layout().contentsMargins().bottom() == busy.jobs.height()
    busy.show_page("inbox")
    stage.settle(busy)
    assert column.layout().contentsMargins().bottom() == 0
    assert busy.inbox.sidebar.layout().contentsMargins().bottom() == busy.jobs.height()


def test_ui_4_at_1280_the_list_has_300_px_and_names_are_whole(busy: MainWindow) -> None:
    """The list's least width of ui.md 4; the sender and the mailbox of a ticket are read without an ellipsis."""
    ticket = busy.inbox.ticket
    assert busy.inbox.list.width() >= 300
    assert [one.text() for one in ticket.header.findChildren(ElidedLabel) if one.property("role") == "chip"] == [
        "Support"
    ]
    box = ticket.composer.head.from_box
    room = box.width() - box.iconSize().width()
    assert room > box.fontMetrics().horizontalAdvance(box.currentText())
    for width in (1920, 1280):
        busy.resize(width, 800)
        stage.settle(busy)
        lines = {one.mapTo(busy, QPoint(0, 0)).y() for one in (box, ticket.composer.head.to)}
        assert (len(lines) > 1) == (width == 1280), "a line of its own where there is little room"


def test_a_long_message_stands_where_it_is_wide_rather_than_tall(busy: MainWindow) -> None:
    busy.show_page("settings")
    long = "The daily backup failed. Free some space on the disk and try again; nothing that was saved is lost."
    busy.toast.show_text(f"{long} {long}", seconds=60, choices=[("Undo", int)])
    stage.settle(busy)
    card, column = busy.toast.cards[-1], busy.page("settings").column  # type: ignore[union-attr]
    assert card.lines <= 4
    assert card.width() > column.width()
    assert card.height() < 120, "no higher than its lines"
    assert hidden(busy) == []
    busy.toast.clear()
    busy.toast.show_text("Assigned to Ann Agent", seconds=60, choices=[("Undo", int)])
    stage.settle(busy)
    assert busy.toast.cards[-1].width() < column.width(), "a short one stands in the column"


def test_buttons_go_below_the_words_where_there_is_no_room_beside_them(busy: MainWindow) -> None:
    card = busy.toast.cards[0]
    assert not card.is_stacked
    busy.show_page("settings")
    stage.settle(busy)
    assert card.is_stacked
    assert card.choices[0].isVisible()
    assert card.choices[0].mapTo(card, QPoint(INSIDE, 0)).x() == card.label.x(), "words below words"
    assert card.width() <= busy.page("settings").column.width() - 2 * MARGIN  # type: ignore[union-attr]
    busy.show_page("inbox")
    stage.settle(busy)
    assert not card.is_stacked
