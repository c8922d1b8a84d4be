"""What an agent chose and finds on every computer again (`desk.choices`), as the window reads and keeps it.

The window shows a choice at once and stores it behind the agent's back. A reading that began before the choice was
stored knows nothing of it: shown, it would take the choice back on screen, and kept with the next one, for good.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from desk_app.ui.problems import Problem
    from desk_app.ui.session import DeskSession

T = TypeVar("T")


class AgentChoices(QObject):
    """Keeps choices one after the other; gives readings to nobody before what was chosen meanwhile is in them."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self._session = session
        self._kept = self._under_way = 0
        self._late: list[Callable[[], None]] = []

    def read(
        self,
        look: Callable[[], T],
        take: Callable[[T], None],
        *,
        owner: QObject,
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        """Call `look` off the GUI thread and `take` with what it returned; as in `Work.run` while `owner` is alive."""
        kept = self._kept

        def arrived(found: T) -> None:
            if kept == self._kept and not self._under_way:
                take(found)
                return
            self._late.append(lambda: self.read(look, take, owner=owner, failed=failed))
            self._look_anew()

        self._session.work.run(look, arrived, failed=failed, owner=owner)

    def keep(self, key: str, value: Any) -> None:
        """Store a choice, None for none; where that fails, the window says so."""
        service, agent_id, problem = self._session.desk.choices, self._session.agent.id, self._session.work.problem
        self._kept += 1
        self._under_way += 1

        def failed(why: Problem) -> None:
            problem.emit(why)
            self._ended()

        self._session.work.write(
            lambda: service.set(agent_id, key, value), lambda _none: self._ended(), failed=failed, owner=self
        )

    def _ended(self) -> None:
        self._under_way -= 1
        self._look_anew()

    def _look_anew(self) -> None:
        if not self._under_way:
            late, self._late = self._late, []
            for one in late:
                one()
