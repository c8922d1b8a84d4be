"""The slim strip that says what goes on, how far it is, and lets it be cancelled (ui.md 4.18)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desk_app.ui.language import tr
from desk_app.ui.tasks import CANCEL_AFTER_SECONDS, SHOWN_AFTER_SECONDS, Task, Tasks
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import ElidedLabel, icon_button
from desk_app.ui.widgets.foot import Foot
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.panels import announce

MOST = 3
"""Jobs on screen at once, the oldest ones."""
ORDER = 1
"""Jobs stand lowest where messages are in the same pane."""
WIDEST = 420
"""A line is no wider than a column, in px, where the pane is as wide as the window."""


_TICK_MS = 40
_TICKS = 30
"""How often the piece of a bar without an end moves on its way from one end to the other."""
_PIECE = 0.3
"""How long that piece is, as a part of the bar."""


class JobBar(QProgressBar):
    """How far a job is. Where nobody knows how much there is, a piece goes to and fro between the ends, while Qt's own
    would be cut off at one end and come in at the other; it stands still when motion is reduced."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)
        self._place = _TICKS // 2  # in the middle, where it looks like no progress when it stands still
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._go_on)

    def show_job(self, task: Task) -> None:
        """Show how far a job is."""
        self.setRange(0, task.total)
        if task.total:
            self.setValue(task.done)
        self._follow()

    def event(self, event: QEvent) -> bool:
        """Move only while visible."""
        done = super().event(event)
        if event.type() in {QEvent.Type.Show, QEvent.Type.Hide}:
            self._follow()
        return done

    def _follow(self) -> None:
        if self.isVisible() and not self.maximum() and not theme().reduce_motion:
            self._timer.start()
        else:
            self._timer.stop()

    def _go_on(self) -> None:
        self._place = (self._place + 1) % (2 * _TICKS)
        self.update()

    @property
    def piece(self) -> QRectF:
        """Where the piece is of a bar without an end."""
        part = 1 - abs(self._place / _TICKS - 1)
        length = self.width() * _PIECE
        return QRectF((self.width() - length) * part, 0, length, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar."""
        if self.maximum():
            super().paintEvent(event)
            return
        painter, half = QPainter(self), self.height() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for token, area in (("bg_hover", QRectF(self.rect())), ("accent", self.piece)):
            painter.setBrush(theme().colour(token))
            painter.drawRoundedRect(area, half, half)


class JobLine(QWidget):
    """One job: words, how far it is, and a way to stop it."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self.words = ElidedLabel(task.text, "tertiary")
        self.stop = icon_button("x", tr("Cancel"), task.cancel, size=14, side=24)
        self.bar = JobBar()
        self.bar.setFixedHeight(4)
        self.bar.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        line = row(self.words, self.stop, spacing=4)
        line.setStretchFactor(self.words, 1)
        self.setLayout(column(line, self.bar, spacing=3))
        self.setMaximumWidth(WIDEST)
        self.refresh()

    def refresh(self) -> None:
        """Show how far the job is."""
        task = self.task
        self.words.set_text(tr("Stopping…") if task.cancelled else task.text)
        self.bar.setAccessibleName(task.text)
        self.bar.show_job(task)
        keeps_room = self.stop.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)
        self.stop.setSizePolicy(keeps_room)
        self.stop.setVisible(task.can_cancel)


class JobsStrip(QFrame):
    """Stands at the foot of the first visible one of `panes`, whose content ends above it meanwhile; appears for work
    of more than 400 ms only, so that nothing flickers."""

    def __init__(self, host: QWidget, tasks: Tasks, panes: Callable[[], Sequence[QWidget]]) -> None:
        super().__init__(host)
        self.setObjectName("jobs")
        self.setAccessibleName(tr("What is going on"))
        self._host, self._tasks = host, tasks
        self._foot = Foot(host, panes, ORDER)
        self._foot.moved.connect(self.place)
        self.lines: dict[Task, JobLine] = {}
        self._content: QVBoxLayout = column(margins=(19, 6, 12, 10), spacing=6)
        self.setLayout(self._content)
        self._shown = 0
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self.refresh)
        tasks.changed.connect(self.refresh)
        self.hide()
        self.refresh()

    def refresh(self) -> None:
        """Show what has gone on for long enough."""
        due = [task for task in self._tasks.under_way if task.age >= SHOWN_AFTER_SECONDS][:MOST]
        focused = any(line.stop.hasFocus() for line in self.lines.values())
        for task in [one for one in self.lines if one not in due]:
            line = self.lines.pop(task)
            self._content.removeWidget(line)
            line.hide()
            line.deleteLater()
        for task in due:
            if task not in self.lines:
                self.lines[task] = JobLine(task)
                self._content.addWidget(self.lines[task])
                announce(self._host, task.text)
            self.lines[task].refresh()
        changed = self.isHidden() == bool(due) or self._shown != len(due)
        self._shown = len(due)
        self.setVisible(bool(due))
        if focused and not due:
            self._host.setFocus()
        if changed:
            self.place()
            QTimer.singleShot(0, self, self.place)  # by then the lines know their heights
        self._wake()

    def _wake(self) -> None:
        """Look again when the next job is to be shown, or the next one may be cancelled."""
        ages = [task.age for task in self._tasks.under_way]
        times = [limit - age for age in ages for limit in (SHOWN_AFTER_SECONDS, CANCEL_AFTER_SECONDS) if limit > age]
        if times:
            self._clock.start(int(min(times) * 1000) + 5)
        else:
            self._clock.stop()

    def place(self, *_page: int) -> None:
        """Stand where there is room now."""
        pane = None if self.isHidden() else self._foot.pane()
        if pane is None:
            self._foot.give_back()
            return
        self._content.activate()
        self.setGeometry(self._foot.keep(pane, self.sizeHint().height()))
        self.raise_()
