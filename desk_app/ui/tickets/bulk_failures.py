"""Which tickets a change of many did not reach, and why (IN-06)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QDialog, QDialogButtonBox, QTableWidget, QTableWidgetItem, QWidget

from desk_app.services.ports.bulk import BulkFailure
from desk_app.ui.language import said, tr
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import label, restyle
from desk_app.ui.widgets.layout import column
from desk_app.ui.widgets.tips import plain_tip

_SHOWN = 1000


class BulkFailures(QDialog):
    """A table of tickets and reasons; Enter opens one, and all of them can be tried again."""

    def __init__(
        self,
        failures: Sequence[BulkFailure],
        open_ticket: Callable[[int], object],
        retry: Callable[[], object] | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._open_ticket = open_ticket
        title = tr("%n ticket(s) were not changed", len(failures))
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 420)
        shown = failures[:_SHOWN]
        self.table = QTableWidget(len(shown), 2)
        self.table.setObjectName("plaintable")
        self.table.setAccessibleName(tr("Tickets and reasons"))
        self.table.setHorizontalHeaderLabels([tr("Ticket"), tr("Reason")])
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(theme().px(36))
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.resizeSection(0, 270)
        header.setStretchLastSection(True)
        for place, one in enumerate(shown):
            name = f"#{one.number}  {one.subject}" if one.number else tr("A ticket that is gone")
            for column_number, text in enumerate((name, said(one.error))):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                item.setData(Qt.ItemDataRole.UserRole, one.ticket_id if one.number else 0)
                self.table.setItem(place, column_number, item)
        self.table.itemActivated.connect(self._activated)
        if shown:
            self.table.selectRow(0)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        self.retry = None
        if retry is not None:
            self.retry = self.buttons.addButton(tr("Try again"), QDialogButtonBox.ButtonRole.AcceptRole)
            restyle(self.retry, variant="primary")
            self.buttons.accepted.connect(self.accept)
            self.accepted.connect(retry)
        hint = label(tr("Enter opens a ticket."), "tertiary")
        self.setLayout(
            column(
                label(title, "title", wrap=True), self.table, hint, self.buttons, margins=(20, 20, 20, 16), spacing=12
            )
        )

    def _activated(self, item: QTableWidgetItem) -> None:
        ticket_id = int(item.data(Qt.ItemDataRole.UserRole))
        if ticket_id:
            self.reject()
            self._open_ticket(ticket_id)
