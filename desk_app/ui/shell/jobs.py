"""The slim strip that says what goes on, how far it is, and lets it be cancelled (ui.md 4.18)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desk_app.ui.language import tr
from desk_app.ui.tasks import CANCEL_AFTER_SECONDS, SHOWN_AFTER_SECONDS, Task, Tasks
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


class JobLine(QWidget):
    """One job: words, how far it is, and a way to stop it."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self.words = ElidedLabel(task.text, "tertiary")
        self.stop = icon_button("x", tr("Cancel"), task.cancel, size=14, side=24)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
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
        self.bar.setRange(0, task.total)
        if task.total:
            self.bar.setValue(task.done)
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
        self._content: QVBoxLayout = column(margins=(12, 6, 8, 10), spacing=6)
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
