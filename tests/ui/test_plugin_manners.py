"""What a plugin shows, says and asks harms nothing of the window beside it (features.md PL-03, PL-05)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint
from PySide6.QtGui import Qt
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.ui import (
    ActionSpec,
    ColumnSpec,
    ComposerPort,
    ComposerTool,
    PageSpec,
    PanelSpec,
    WindowPort,
)
from desk_app.ui.plugins.card_body import CardBody
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.basics import ElidedLabel
from desk_app.ui.widgets.tips import plain_tip
from tests.ui import stage
from tests.ui.plugin_stage import FakeControl, control, plugged
from tests.ui.test_plugin_parts import switch_off, switch_on

__all__ = ["control", "plugged"]  # fixtures
HOSTILE = "<b>Ann</b> <img src='file:///etc/passwd'>"


def sized(width: int, height: int) -> QWidget:
    made = QLabel("sized")
    made.setMinimumSize(width, height)
    return made


def open_first(window: MainWindow) -> None:
    window.inbox.list.open_first()
    stage.settle(window)


def questions() -> list[Question]:
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, Question) and one.isVisible()]


def test_pl_05_a_large_card_leaves_the_others_their_place(plugged: MainWindow, control: FakeControl) -> None:
    open_first(plugged)
    area = plugged.inbox.side.findChild(QScrollArea)
    assert area is not None
    cards = [
        PanelSpec("wide", "W" * 120, lambda _p, _t: sized(5000, 20)),
        PanelSpec("high", "High", lambda _p, _t: sized(20, 90_000)),
        PanelSpec("low", "Low", lambda _p, _t: sized(20, 21)),
    ]
    switch_on(plugged, control, {"ticket_panels": cards})
    inside = area.widget()
    assert inside is not None
    assert inside.width() <= area.viewport().width()
    heights = {one.widget().minimumHeight(): one.height() for one in inside.findChildren(CardBody) if one.widget()}
    assert heights[21] == 21
    assert heights[90_000] < 600


def test_pl_05_a_card_grows_with_what_it_shows(plugged: MainWindow, control: FakeControl) -> None:
    open_first(plugged)
    words = ["one line"]
    made: list[QLabel] = []

    def card(_port: object, _ticket: object) -> QWidget:
        made.append(QLabel(words[0]))
        made[-1].setWordWrap(True)
        return made[-1]

    def body() -> CardBody:  # the newest: a ticket that is read again gets its cards anew
        return next(one for one in plugged.inbox.side.findChildren(CardBody) if one.widget() is made[-1])

    switch_on(plugged, control, {"ticket_panels": [PanelSpec("words", "Words", card)]})
    before = body().height()
    words[0] = "a text of several lines " * 12
    made[-1].setText(words[0])
    assert stage.pump(lambda: body().height() >= max(2 * before, made[-1].heightForWidth(body().viewport().width()))), (
        "it is not cut off"
    )


def test_pl_05_icons_the_program_does_not_have_are_drawn_as_the_usual_one(
    plugged: MainWindow, control: FakeControl
) -> None:
    open_first(plugged)
    half = {
        "navigation_pages": [PageSpec("odd", "Odd", "no-such-icon", lambda _port: QLabel("page"))],
        "ticket_actions": [ActionSpec("odd.go", "Go", lambda _w, _ids: None, icon="../../secret")],
        "composer_tools": [ComposerTool("odd", "Odd", "", lambda _p, _on: None)],
    }
    switch_on(plugged, control, half)
    assert not plugged.grab().isNull()
    page, action = plugged.registries.pages.get("odd"), plugged.registries.actions.get("odd.go")
    assert page is not None
    assert action is not None
    assert (page.icon, action.icon) == ("puzzle", "puzzle")


def test_pl_05_a_plugin_asks_and_only_a_yes_counts(plugged: MainWindow, control: FakeControl) -> None:
    agreed: list[str] = []

    def run(window: WindowPort, _ids: Sequence[int]) -> None:
        window.confirm(f"{HOSTILE}\u202e " + "x" * 5000, "Do it", lambda: agreed.append("yes"), details="More.\u2066")

    switch_on(plugged, control, {"ticket_actions": [ActionSpec("ask", "Ask", run)]})
    for answer in ("reject", "accept"):
        plugged.run_action("ask")
        (question,) = questions()
        shown = question.windowTitle()
        assert len(shown) <= 200
        assert "\u202e" not in shown
        assert all(one.textFormat() is Qt.TextFormat.PlainText for one in question.findChildren(QLabel))
        getattr(question, answer)()
        stage.settle(plugged)
        assert agreed == (["yes"] if answer == "accept" else [])
    plugged.run_action("ask")
    (question,) = questions()
    switch_off(plugged, control)
    assert control.states["sample"].kind is StateKind.INACTIVE
    question.accept()
    assert agreed == ["yes"], "a plugin that was switched off is asked nothing more"


def test_a_question_is_high_enough_for_all_of_its_lines(plugged: MainWindow) -> None:
    plugged.confirm("Send it? " * 12, "Send it", lambda: None, details="It cannot be called back afterwards. " * 12)
    (question,) = questions()
    layout = question.layout()
    assert layout is not None
    assert question.height() >= layout.totalHeightForWidth(question.width())
    question.reject()


def test_pl_05_a_tool_reads_what_is_written_and_knows_where(plugged: MainWindow, control: FakeControl) -> None:
    open_first(plugged)
    seen: list[tuple[str, bool, bool]] = []

    def run(port: ComposerPort, _on: bool) -> None:
        seen.append((port.text, port.is_note, port.widget.isVisible()))

    switch_on(plugged, control, {"composer_tools": [ComposerTool("read", "Read", "smile", run)]})
    composer = plugged.inbox.ticket.composer
    composer.insert_text("Dear Ann")
    tool = plugged.registries.composer_tools.get("read")
    assert tool is not None
    tool.run(composer, True)
    assert seen == [("Dear Ann", False, True)]


def test_pl_05_texts_of_columns_and_notices_are_one_line(plugged: MainWindow, control: FakeControl) -> None:
    told: list[str] = []
    plugged.toast.show_text = told.append  # type: ignore[method-assign]
    half = {
        "list_columns": [ColumnSpec("col", "Col", lambda rows: {one.id: f"a\n\u202eb{'c' * 500}" for one in rows})],
        "ticket_actions": [ActionSpec("say", "Say", lambda window, _ids: window.notify("x\r\n" * 4000))],
    }
    switch_on(plugged, control, half)
    plugged.run_action("say")
    assert len(told[0]) <= 300
    assert "\n" not in told[0]
    model = plugged.inbox.list.model
    texts = [text for one in list(model.ids)[:3] for text, _tone in model.extras(one) if "ccc" in text]
    assert texts
    assert all(len(one) <= 120 and one.startswith("a b") for one in texts), texts


def test_tool_tips_show_what_others_wrote_as_it_is_written(plugged: MainWindow) -> None:
    tip = plain_tip(HOSTILE)
    assert "<b>" not in tip
    assert "&lt;b&gt;" in tip
    assert plain_tip("Ann & Bob, 5 > 3") == "Ann & Bob, 5 > 3"
    label = ElidedLabel(HOSTILE * 20)
    label.setParent(plugged)
    label.resize(60, 20)
    label.move(QPoint(0, 0))
    label.set_text(HOSTILE * 20)
    assert label.toolTip()
    assert "<img" not in label.toolTip()
    label.deleteLater()
