"""The timer beside the ticket, the column of the list, and the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import QDateTime, QLocale, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from desk_app.plugin_api import Context, TicketView, hookimpl
from desk_app.plugin_api.ui import ActionScope, ActionSpec, ColumnSpec, PanelPort, PanelSpec, WindowPort

from .entries import Entry, Spent, Times, shown


class TimerCard(QWidget):
    """Shows what was spent on a ticket, starts and stops the agent's timer, and takes time that was not measured."""

    def __init__(self, ctx: Context, port: PanelPort, ticket_id: int) -> None:
        super().__init__()
        self._ctx, self._port, self._ticket_id = ctx, port, ticket_id
        self._spent = Spent(0, None, ())
        self.setAccessibleName(ctx.tr("Time"))
        self._total = QLabel()
        self._total.setWordWrap(True)  # the card is as wide as the person makes it
        self._button = QPushButton()
        self._button.clicked.connect(self._toggle)
        self._minutes = QSpinBox()
        self._minutes.setRange(1, 24 * 60)
        self._minutes.setValue(15)
        self._minutes.setSuffix(" min")
        self._minutes.lineEdit().setTextMargins(8, 0, 0, 0)  # style sheets do not reach into the field
        self._minutes.setAccessibleName(ctx.tr("Minutes to add"))
        add = QPushButton(ctx.tr("Add"))
        add.setToolTip(ctx.tr("Add time that was spent without the timer"))
        add.clicked.connect(self._add)
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._lines: list[QLabel] = []
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._show_total)
        self._lay_out(add)
        self._ask()

    def _lay_out(self, add: QPushButton) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for line, parts in ((first, (self._total, self._button)), (second, (self._minutes, add))):
            line.setSpacing(8)
            line.addWidget(parts[0], 1)
            line.addWidget(parts[1])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(first)
        whole.addLayout(second)
        whole.addLayout(self._list)
        self._show_total()

    def showEvent(self, event: QShowEvent) -> None:
        """Tick while somebody looks."""
        super().showEvent(event)
        if self._spent.running is not None:
            self._tick.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while nobody looks."""
        super().hideEvent(event)
        self._tick.stop()

    def _ask(self) -> None:
        times, ticket_id = Times(self._ctx), self._ticket_id
        self._port.in_background(lambda: times.spent(ticket_id), self._show, self)

    def _toggle(self) -> None:
        self._change(lambda times, ticket_id: times.toggle(ticket_id))

    def _add(self) -> None:
        minutes = self._minutes.value()
        self._change(lambda times, ticket_id: times.add(ticket_id, minutes))

    def _change(self, act: object) -> None:
        times, ticket_id = Times(self._ctx), self._ticket_id

        def work() -> Spent:
            act(times, ticket_id)  # type: ignore[operator]
            return times.spent(ticket_id)

        self._port.in_background(work, self._show, self)

    def _show(self, spent: Spent) -> None:
        self._spent = spent
        self._show_total()
        if spent.running is not None and self.isVisible():
            self._tick.start()
        else:
            self._tick.stop()
        for line in self._lines:
            self._list.removeWidget(line)
            line.deleteLater()
        self._lines = [QLabel(_line(entry)) for entry in spent.entries]
        for line in self._lines:
            line.setWordWrap(True)
            self._list.addWidget(line)

    def _show_total(self) -> None:
        running = self._spent.running
        seconds = self._spent.seconds
        if running is not None:
            seconds += _since(self._ctx, running)
            self._total.setText(self._ctx.tr("{time}, running").format(time=shown(seconds)))
            self._button.setText(self._ctx.tr("Stop"))
        else:
            self._total.setText(shown(seconds) if seconds else self._ctx.tr("No time yet"))
            self._button.setText(self._ctx.tr("Start"))


@hookimpl
def ticket_panels(ctx: Context) -> list[PanelSpec]:
    """Return the card."""

    def card(port: PanelPort, ticket: TicketView) -> QWidget:
        return TimerCard(ctx, port, ticket.id)

    return [PanelSpec("time_tracking.panel", ctx.tr("Time"), card, order=55)]


@hookimpl
def list_columns(ctx: Context) -> list[ColumnSpec]:
    """Return the column."""

    def values(tickets: Sequence[TicketView]) -> Mapping[int, str]:
        spent = Times(ctx).of_tickets([ticket.id for ticket in tickets])
        return {ticket_id: shown(seconds) for ticket_id, seconds in spent.items()}

    return [ColumnSpec("time_tracking.spent", ctx.tr("Time spent"), values, order=70)]


@hookimpl
def ticket_actions(ctx: Context) -> list[ActionSpec]:
    """Return the command."""

    def run(window: WindowPort, ticket_ids: Sequence[int]) -> None:
        times, ticket_id = Times(ctx), ticket_ids[0]

        def tell(runs: bool) -> None:
            window.notify(ctx.tr("The timer runs.") if runs else ctx.tr("The timer has stopped."))

        window.in_background(lambda: times.toggle(ticket_id), tell, _owner(window))

    return [
        ActionSpec(
            "time_tracking.toggle",
            ctx.tr("Start or stop the timer"),
            run,
            icon="timer",
            keys=("Ctrl+Alt+T",),
            scope=ActionScope.ONE,
        )
    ]


def _owner(window: WindowPort) -> QWidget:
    assert isinstance(window, QWidget)  # noqa: S101 -- windows are widgets
    return window


def _since(ctx: Context, entry: Entry) -> int:
    now: datetime = ctx.clock.now()
    return max(0, int((now - entry.started_at).total_seconds()))


def _line(entry: Entry) -> str:
    began = QDateTime.fromSecsSinceEpoch(int(entry.started_at.timestamp()))
    when = QLocale().toString(began, QLocale.FormatType.ShortFormat)
    note = f" · {entry.note}" if entry.note else ""
    return f"{when} · {entry.agent} · {shown(entry.seconds)}{note}"
