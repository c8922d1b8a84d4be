"""Asks plugins what comes up inside a transaction while none is open: as long as one is, nobody else can write, on
SQLite not even in other programs (decision 127).

The work is begun as if nobody had to be asked. A question that was not answered yet gets a stand-in, and the whole
transaction is rolled back at its end; then the plugins are asked, and the work is begun anew. What comes up then is
compared with what was asked: an answer holds for the very same question only.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

T = TypeVar("T")
MOST_ROUNDS = 10
"""So often work is begun anew. Each question that only comes up after another one's answer takes one; beyond that,
somebody changes what is asked about again and again, and the stand-ins hold."""


class _Answers:
    """What plugins have said to questions of one piece of work."""

    def __init__(self) -> None:
        self._known: list[tuple[object, Any]] = []
        self._open: list[tuple[object, Callable[[], Any]]] = []
        self.last = False

    def __bool__(self) -> bool:
        """Whether every question that came up in this round has its answer."""
        return not self._open

    def of(self, question: object, ask: Callable[[], T], otherwise: T) -> T:
        for known, answer in self._known:
            if known == question:
                found: T = answer
                return found
        if not self.last and all(waits != question for waits, _ in self._open):
            self._open.append((question, ask))
        return otherwise

    def ask(self) -> None:
        questions, self._open = self._open, []
        self._known += [(question, ask()) for question, ask in questions]


_now: ContextVar[_Answers | None] = ContextVar("answers", default=None)


def asked_before(uow: UnitOfWorkFactory, work: Callable[[UnitOfWork], T]) -> T:
    """Do `work` in one transaction, which is committed, and return what it returns.

    It may be done several times and rolled back but for the last one, so it changes nothing outside of the transaction
    that it does not set anew each time. Inside the work of somebody else it is a part of that.
    """
    if _now.get() is not None:
        with uow() as inside:
            result = work(inside)
            inside.commit()
            return result
    answers = _Answers()
    for number in range(1, MOST_ROUNDS + 1):
        answers.last = number == MOST_ROUNDS
        done, found = _round(uow, work, answers)
        if done:
            break
        answers.ask()
    return found[0]


def _round(uow: UnitOfWorkFactory, work: Callable[[UnitOfWork], T], answers: _Answers) -> tuple[bool, list[T]]:
    token = _now.set(answers)
    try:
        with uow() as inside:
            try:
                result = work(inside)
            except Exception:
                if answers:
                    raise
                return False, []  # because of a stand-in, perhaps
            if answers:
                inside.commit()
                return True, [result]
            return False, []
    finally:
        _now.reset(token)


def answer(question: object, ask: Callable[[], T], otherwise: T) -> T:
    """Return what `ask` says, which is called while no transaction is open; `otherwise` until then, and where the
    question is another one each time it comes up. Raises RuntimeError outside of `asked_before`."""
    answers = _now.get()
    if answers is None:
        raise RuntimeError("plugins are asked in work that is done by `asked_before`")
    return answers.of(question, ask, otherwise)
