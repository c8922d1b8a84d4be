"""What to do next, below the lists: ticks itself, and goes when it is waved away (ui.md 4.16)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame

from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import ElidedLabel, icon_button
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.painted import NavItem

if TYPE_CHECKING:
    from desk_app.services.system.first_steps import StepsDone

CHECKLIST = "setup.checklist"
"""The choice of an agent that says whether the list is shown."""
SHOWN, DISMISSED = "shown", "dismissed"
KEYS_SEEN = "setup.keys_seen"


class StepLine(NavItem):
    """One step; a tick and words say that it is done."""

    def __init__(self, words: str, icon_name: str = "circle") -> None:
        super().__init__(words, icon_name, wraps=True)
        self.setToolTip(words)

    def set_done(self, *, done: bool) -> None:
        """Tick the step, or take the tick away."""
        self.set_icon("circle-check" if done else "circle", "success" if done else "")
        self.setAccessibleName(tr("{step}: done").format(step=self.text()) if done else self.text())


class Checklist(QFrame):
    """Five first steps. `go` opens what a step is done with: reply, canned, people, notifications, keyboard."""

    def __init__(self, session: DeskSession, go: Callable[[str], object]) -> None:
        super().__init__()
        self.setObjectName("checklist")
        self._session, self._go = session, go
        self._title = ElidedLabel("", "strong")
        close = icon_button("x", tr("Hide the first steps"), self.dismiss, size=13, side=24)
        self.lines: dict[str, StepLine] = {}
        head = row(self._title, close, spacing=4, margins=(9, 0, 4, 0))
        head.setStretchFactor(self._title, 1)
        inside = column(head, margins=(0, 6, 0, 6), spacing=0)
        for key, words in _steps():
            made = StepLine(words)
            made.clicked.connect(self._step(key))
            self.lines[key] = made
            inside.addWidget(made)
        self.samples = StepLine(tr("Remove the sample tickets"), "trash-2")
        self.samples.clicked.connect(self._remove_samples)
        inside.addWidget(self.samples)
        self.setLayout(inside)
        self.hide()
        session.facts_changed.connect(self.load)
        session.choices_changed.connect(self.load)
        session.outbox_changed.connect(self.load)

    def load(self) -> None:
        """Look what is done by now."""
        desk, agent_id = self._session.desk, self._session.agent.id

        def look() -> tuple[bool, StepsDone, bool] | None:
            if desk.choices.get(agent_id, CHECKLIST) != SHOWN:
                return None
            return True, desk.first_steps.done(agent_id), desk.samples.present()

        self._session.choices.read(look, self._show, failed=lambda _problem: None, owner=self)

    def _show(self, found: tuple[bool, StepsDone, bool] | None) -> None:
        self.setVisible(found is not None)
        if found is None:
            return
        _, done, samples = found
        self._title.set_text(tr("First steps: {done} of {all}").format(done=done.count, all=len(self.lines)))
        for key, made in self.lines.items():
            made.set_done(done=bool(getattr(done, key)))
        self.samples.setVisible(samples)

    def _step(self, key: str) -> Callable[..., None]:
        def step(*_args: object) -> None:
            if key == "keys":
                self._session.choices.keep(KEYS_SEEN, True)
            self._go(key)

        return step

    def dismiss(self) -> None:
        """Hide the list for good; the settings search finds everything in it."""
        self.hide()
        self._session.choices.keep(CHECKLIST, DISMISSED)

    def _remove_samples(self, *_args: object) -> None:
        samples, actor = self._session.desk.samples, self._session.actor
        self.samples.setEnabled(False)

        def gone(_count: int) -> None:
            self.samples.setEnabled(True)
            self._session.load()

        self._session.work.write(lambda: samples.remove(actor), gone, owner=self)


def _steps() -> Sequence[tuple[str, str]]:
    return (
        ("replied", tr("Send a test reply")),
        ("canned", tr("Make a canned response")),
        ("colleague", tr("Add a colleague")),
        ("hours", tr("Choose notifications")),
        ("keys", tr("Choose your keys")),
    )
