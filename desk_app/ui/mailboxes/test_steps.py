"""Shows a connection test while it runs (features.md MB-02: the failing step is named)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from desk_app.plugin_api.channels import StepState, TestStep
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem, fault_report
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.painted import Spinner
from desk_app.ui.widgets.panels import announce
from desk_app.ui.work import Job

_MARK_DOWN = 8
_ICONS = {
    StepState.OK: ("circle-check", "success"),
    StepState.FAILED: ("circle-x", "danger"),
    StepState.SKIPPED: ("minus", "text_tertiary"),
}


def step_name(step_id: str) -> str:
    """Return what a step does, in words."""
    return {
        "name": tr("Incoming server: name"),
        "tls": tr("Incoming server: encryption"),
        "sign_in": tr("Incoming server: sign-in"),
        "folder": tr("Reading folders"),
        "smtp_name": tr("Outgoing server: name"),
        "smtp_tls": tr("Outgoing server: encryption"),
        "smtp_sign_in": tr("Outgoing server: sign-in"),
        "send": tr("Sending a test mail"),
        "arrive": tr("The test mail comes back"),
        "db_reach": tr("Database server"),
        "db_sign_in": tr("Sign-in at the database"),
        "db_desk": tr("The desk in it"),
    }.get(step_id, step_id)


def fingerprint(certificate: str) -> str:
    """Return a fingerprint as it is compared by eye: pairs of digits, and room for a new line after every eight."""
    pairs = [certificate[place : place + 2].upper() for place in range(0, len(certificate), 2)]
    return " ".join(":".join(pairs[place : place + 8]) for place in range(0, len(pairs), 8))


class StepList(QFrame):
    """One line a step; a refused certificate can be looked at and accepted."""

    finished = Signal(bool)
    certificate_accepted = Signal(str, str)
    """Step id and SHA-256 fingerprint."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self.setObjectName("card")
        self._session = session
        self._steps: dict[str, TestStep] = {}
        self._lines = column(spacing=10)
        self.setLayout(column(self._lines, margins=(16, 14, 14, 14)))
        self._job: Job | None = None
        self.hide()

    @property
    def steps(self) -> dict[str, TestStep]:
        """What is known so far, by step id."""
        return self._steps

    def run(self, test: Callable[[], Iterator[TestStep]]) -> None:
        """Start a test; the one before is dropped."""
        self.stop()
        self._steps = {}
        self._draw()
        self.show()
        self._job = self._session.work.stream(test, self._step, self._done, failed=self._failed, owner=self)

    def stop(self) -> None:
        """Drop what runs."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _step(self, step: TestStep) -> None:
        self._steps[step.id] = step
        self._draw()

    def _done(self, _none: None) -> None:
        self._job = None
        well = bool(self._steps) and not any(one.state is StepState.FAILED for one in self._steps.values())
        announce(self, tr("The connection works") if well else tr("The connection does not work"))
        self.finished.emit(well)

    def _failed(self, problem: Problem) -> None:
        self._job = None
        clear(self._lines)
        self._lines.addWidget(self._line("", problem.title, problem.details or problem.advice, StepState.FAILED))
        self.finished.emit(False)

    def _draw(self) -> None:
        clear(self._lines)
        if not self._steps:
            self._lines.addWidget(self._line("", tr("Connecting…"), "", StepState.RUNNING))
        for step in self._steps.values():
            detail = step.detail
            own_words = bool(step.title and step.detail)  # a channel of a plugin says itself what to do
            if step.state is StepState.FAILED and step.fault is not None and not own_words:
                detail = fault_report(step.fault.value, step.detail)
            self._lines.addWidget(
                self._line(step.id, step.title or step_name(step.id), detail, step.state, step.certificate)
            )

    def _line(self, step_id: str, title: str, detail: str, state: StepState, certificate: str = "") -> QWidget:
        mark: QWidget = Spinner(18, tr("running")) if state is StepState.RUNNING else Glyph(*_ICONS[state], 18)
        words = {StepState.OK: tr("works"), StepState.FAILED: tr("failed"), StepState.SKIPPED: tr("left out")}
        mark.setAccessibleName(words.get(state, tr("running")))
        texts = column(label(title, "strong"), spacing=1)
        if detail:
            texts.addWidget(label(detail, "tertiary", wrap=True, selectable=True))
        if certificate:
            texts.addWidget(label(f"SHA-256 {fingerprint(certificate)}", "tertiary", wrap=True, selectable=True))
            accept = button(
                tr("Accept this certificate"),
                lambda: self.certificate_accepted.emit(step_id, certificate),
                icon_name="shield-check",
            )
            texts.addLayout(row(accept, None))
        # beside the title and the first line below it, however many follow
        marked = column(_MARK_DOWN, mark, None, spacing=0) if detail else column(mark)
        line = row(marked, texts, spacing=10)
        line.setStretchFactor(texts, 1)
        return boxed(line)
