"""Names of people and organizations that lists are filtered by."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desk_app.domain.tickets.query import TicketQuery
from desk_app.ui.session import DeskSession


class FilterNames(QObject):
    """Looks names up once, off the GUI thread."""

    learned = Signal()

    def __init__(self, session: DeskSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._known: dict[tuple[str, int], str] = {}

    def name(self, kind: str, number: int) -> str:
        """Return a name, "" where it is not known; kinds are "requester_id" and "organization_id"."""
        return self._known.get((kind, number), "")

    def learn(self, query: TicketQuery) -> None:
        """Look up what a query's chips will show."""
        wanted = [
            (kind, number)
            for kind, number in (("requester_id", query.requester_id), ("organization_id", query.organization_id))
            if number is not None and (kind, number) not in self._known
        ]
        if not wanted:
            return
        queries = self._session.desk.contact_queries

        def read() -> dict[tuple[str, int], str]:
            found = {}
            for kind, number in wanted:
                if kind == "requester_id":
                    names = [row.name or row.email for row in queries.rows([number])]
                else:
                    names = [row.name for row in queries.organization_rows([number])]
                found[kind, number] = names[0] if names else ""
            return found

        def arrived(found: dict[tuple[str, int], str]) -> None:
            self._known |= found
            self.learned.emit()

        self._session.work.run(read, arrived, owner=self)
