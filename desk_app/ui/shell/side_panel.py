"""Cards beside the conversation, from the registry of panels."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from desk_app.plugin_api.ui import PanelPort, PanelSpec, Registry
from desk_app.ui.language import tr
from desk_app.ui.timers import next_turn
from desk_app.ui.widgets.basics import label, scroller
from desk_app.ui.widgets.kept_focus import ITEM, keeping_focus
from desk_app.ui.widgets.layout import boxed, clear, column
from desk_app.ui.widgets.panels import panel_card

if TYPE_CHECKING:
    from desk_app.services.queries.conversation import ConversationView

_log = logging.getLogger(__name__)


class SidePanel(QWidget):
    """Shows every panel that fits the open ticket; one that fails is named and does not take the others along."""

    def __init__(self, panels: Registry[PanelSpec], port: PanelPort, beside: QWidget) -> None:
        """`beside` takes the keyboard where the card that had it goes and none comes in its place."""
        super().__init__()
        self.setObjectName("sidepanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._panels, self._port, self._beside = panels, port, beside
        self._view: ConversationView | None = None
        self._cards = column(margins=(14, 14, 14, 14), spacing=12)
        inside = boxed(column(self._cards, None, spacing=0), "sidepanel")
        self.setLayout(column(scroller(inside, tr("Details"))))
        self._waits = False
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]
        self.destroyed.connect(panels.on_change(lambda: self.show_view(self._view)))

    def show_view(self, view: ConversationView | None) -> None:
        """Show the cards of a ticket. Where somebody writes into a card of this very ticket, they wait until the focus
        leaves it: what is written must not be taken away under the cursor."""
        same = view is not None and self._view is not None and view.ticket.id == self._view.ticket.id
        self._view = view
        if same and self._is_written_in():
            self._waits = True
            return
        self._waits = False
        if view is None:
            with keeping_focus(self._cards, self._beside):
                clear(self._cards)
            return
        cards = [card for spec in self._panels if (card := self._card(spec, view)) is not None]
        for card in cards:
            card.setParent(self)  # goes with the panel, also where it never comes to its place
        next_turn(self, lambda: self._put(cards, view, same=same))

    def _put(self, cards: Sequence[QWidget], view: ConversationView, *, same: bool) -> None:
        if view is self._view and same and self._is_written_in():
            self._waits = True
        elif view is self._view:
            with keeping_focus(self._cards, self._beside):
                clear(self._cards)
                for card in cards:
                    self._cards.addWidget(card)
            return
        for card in cards:
            card.deleteLater()

    def _focus_moved(self, _old: QWidget | None, _new: QWidget | None) -> None:
        if self._waits and not self._is_written_in():
            self._waits = False
            next_turn(self, lambda: self.show_view(self._view))

    def _is_written_in(self) -> bool:
        focused = QApplication.focusWidget()
        return isinstance(focused, (QLineEdit, QPlainTextEdit, QTextEdit)) and self.isAncestorOf(focused)

    def _card(self, spec: PanelSpec, view: ConversationView) -> QWidget | None:
        try:
            card = spec.factory(self._port, view) if spec.visible_for(view) else None
        except Exception:  # noqa: BLE001 -- one panel's fault must not take the window along
            _log.exception("panel %s failed", spec.id)
            card, content = panel_card(spec.title)
            content.addWidget(label(tr("This panel failed. The log has the details."), "tertiary", wrap=True))
        if card is not None:
            card.setProperty(ITEM, spec.id)
        return card
