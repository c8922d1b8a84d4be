"""People or organizations in a list of any length."""

from __future__ import annotations

from array import array

from desk_app.services.queries.contacts import ContactRow, OrganizationRow
from desk_app.ui.contacts.phrases import spoken_organization, spoken_person
from desk_app.ui.widgets.paged_rows import PagedRows

Row = ContactRow | OrganizationRow


class DirectoryModel(PagedRows[Row]):
    """The list of customers or that of organizations."""

    def spoken(self, row: Row) -> str:
        """Return what a screen reader says of somebody."""
        return spoken_person(row) if isinstance(row, ContactRow) else spoken_organization(row)

    def show_another(self, ids: array[int]) -> None:
        """Show another list, perhaps of the other kind, whose ids mean somebody else."""
        self._rows.clear()
        self._stale.clear()
        self.show(ids)

    def sync(self, ids: array[int]) -> None:
        """Show the list as it is now; rows stay on screen until they are read anew."""
        if ids != self._ids:
            self.show(ids)
        self._asked.clear()
        self.forget_rows()
