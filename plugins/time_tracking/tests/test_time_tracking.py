"""Timers, what was not measured, the column, the report and the export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from desk_app.plugin_api.testing import TestDesk, TestPlugin

HERE = Path(__file__).resolve().parents[1]


@pytest.fixture
def tracking(desk: TestDesk) -> TestPlugin:
    return desk.activate(HERE)


@pytest.fixture
def ticket_id(desk: TestDesk) -> int:
    return desk.receive("Ann <ann@a.test>", "Order", "Where is it?")


def _entries() -> Any:
    return sys.modules["desk_plugins.time_tracking.entries"]


def _times(plugin: TestPlugin) -> Any:
    return _entries().Times(plugin.ctx)


def test_a_timer_counts_from_start_to_stop(desk: TestDesk, tracking: TestPlugin, ticket_id: int) -> None:
    times = _times(tracking)
    assert times.toggle(ticket_id) is True
    desk.clock.forward(minutes=25)
    assert times.spent(ticket_id).running is not None
    assert times.toggle(ticket_id) is False
    spent = times.spent(ticket_id)
    assert (spent.seconds, spent.running, spent.entries[0].agent) == (25 * 60, None, "Ann Agent")


def test_one_agent_has_one_timer(desk: TestDesk, tracking: TestPlugin, ticket_id: int) -> None:
    other = desk.receive("Bob <bob@b.test>", "Refund", "Please.")
    times = _times(tracking)
    times.start(ticket_id)
    desk.clock.forward(minutes=5)
    times.start(other)
    desk.clock.forward(minutes=7)
    assert times.stop() == 7 * 60
    assert times.of_tickets([ticket_id, other]) == {ticket_id: 300, other: 420}


def test_resolving_stops_the_timer_unless_that_is_switched_off(
    desk: TestDesk, tracking: TestPlugin, ticket_id: int
) -> None:
    times = _times(tracking)
    times.start(ticket_id)
    desk.clock.forward(minutes=3)
    desk.resolve(ticket_id)
    assert times.spent(ticket_id).seconds == 180
    tracking.set(stop_when_closed=False)
    other = desk.receive("Bob <bob@b.test>", "Refund", "Please.")
    times.start(other)
    desk.resolve(other)
    assert times.spent(other).running is not None


def test_a_forgotten_timer_ends_by_itself(desk: TestDesk, tracking: TestPlugin, ticket_id: int) -> None:
    times = _times(tracking)
    times.start(ticket_id)
    desk.clock.forward(hours=9)
    desk.run_job(tracking, "forgotten")
    assert times.spent(ticket_id).running is not None
    desk.clock.forward(hours=14)
    desk.run_job(tracking, "forgotten")
    spent = times.spent(ticket_id)
    assert (spent.running, spent.seconds, spent.entries[0].note) == (None, 10 * 3600, "forgotten")


@pytest.mark.parametrize("minutes", [0, -5, 24 * 60 + 1])
def test_impossible_times_are_refused(tracking: TestPlugin, ticket_id: int, minutes: int) -> None:
    with pytest.raises(ValueError, match="between 1 minute and 24 hours"):
        _times(tracking).add(ticket_id, minutes)


def test_the_report_sums_up_and_rounds(desk: TestDesk, tracking: TestPlugin, ticket_id: int) -> None:
    other = desk.receive("Bob <bob@b.test>", "Refund", "Please.")
    times = _times(tracking)
    times.add(ticket_id, 7)
    times.add(other, 20, note="phone call")
    tracking.set(round_minutes="15")
    by_agent = desk.report("time_tracking.report")
    assert list(by_agent.rows) == [("Ann Agent", 45, 0.75)]
    by_ticket = desk.report("time_tracking.report", by="ticket")
    assert [row[1:] for row in by_ticket.rows] == [("Refund", 30, 0.5), ("Order", 15, 0.25)]
    each = desk.report("time_tracking.report", by="entry")
    assert sorted(row[4:] for row in each.rows) == [(15, ""), (30, "phone call")]
    assert each.total[4] == 45
    assert not desk.report("time_tracking.report", start="2020-01-01", end="2020-12-31").rows


def test_the_export_is_csv(desk: TestDesk, tracking: TestPlugin, ticket_id: int, capsys: Any) -> None:
    import csv

    _times(tracking).add(ticket_id, 7, note='said "yes", twice')
    assert desk.command(tracking, "export", start="", end="") == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert rows[1][1:] == ["Ann Agent", desk.ticket(ticket_id).number, "Order", "7", 'said "yes", twice']
    assert desk.command(tracking, "export", start="yesterday", end="") == 2


def test_the_export_holds_no_formulas_of_customers(desk: TestDesk, tracking: TestPlugin, capsys: Any) -> None:
    import csv

    ticket_id = desk.receive("Eve <eve@shop.test>", '=HYPERLINK("http://evil.test")', "Click me")
    _times(tracking).add(ticket_id, 7)
    assert desk.command(tracking, "export", start="", end="") == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert rows[1][3:5] == ['\'=HYPERLINK("http://evil.test")', "7"]


def test_times_go_with_their_ticket_and_stay_when_the_plugin_is_switched_off(
    desk: TestDesk, tracking: TestPlugin, ticket_id: int
) -> None:
    _times(tracking).add(ticket_id, 7)
    desk.deactivate(tracking)
    again = desk.activate(HERE)
    assert _times(again).spent(ticket_id).seconds == 420


def test_spans_are_written_as_people_read_them(tracking: TestPlugin) -> None:
    shown = _entries().shown
    assert [shown(s) for s in (0, 1, 59, 60, 3600, 4800)] == ["0 min", "1 min", "1 min", "1 min", "1 h", "1 h 20 min"]


def test_the_card_starts_stops_and_adds(
    desk: TestDesk, tracking: TestPlugin, ticket_id: int, mounted_panel: Any
) -> None:
    from PySide6.QtWidgets import QLabel, QPushButton, QSpinBox

    card = mounted_panel("time_tracking.panel", ticket_id)
    buttons = {button.text(): button for button in card.findChildren(QPushButton)}
    buttons["Start"].click()
    assert card._tick.isActive()
    desk.clock.forward(minutes=4)
    next(button for button in card.findChildren(QPushButton) if button.text() == "Stop").click()
    assert not card._tick.isActive()
    card.findChild(QSpinBox).setValue(30)
    buttons["Add"].click()
    assert any("34 min" in label.text() for label in card.findChildren(QLabel))
    assert tracking.faults == ()


def test_the_column_shows_the_time_of_many_tickets_at_once(
    desk: TestDesk, tracking: TestPlugin, ticket_id: int
) -> None:
    _times(tracking).add(ticket_id, 80)
    [column] = desk.desk.plugins.ui_part(tracking.slug)["list_columns"]
    other = desk.receive("Bob <bob@b.test>", "Refund", "Please.")
    assert column.spec.values([desk.ticket(ticket_id), desk.ticket(other)]) == {ticket_id: "1 h 20 min"}
