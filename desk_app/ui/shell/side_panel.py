"""Cards beside the conversation, from the registry of panels."""

from __future__ import annotations

import logging

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desk_app.plugin_api.ui import PanelPort, PanelSpec, Registry
from desk_app.services.queries.conversation import ConversationView
from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import label, scroller
from desk_app.ui.widgets.layout import boxed, clear, column
from desk_app.ui.widgets.panels import panel_card

_log = logging.getLogger(__name__)


class SidePanel(QWidget):
    """Shows every panel that fits the open ticket; one that fails is named and does not take the others along."""

    def __init__(self, panels: Registry[PanelSpec], port: PanelPort) -> None:
        super().__init__()
        self.setObjectName("sidepanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._panels, self._port = panels, port
        self._view: ConversationView | None = None
        self._cards = column(margins=(14, 14, 14, 14), spacing=12)
        inside = boxed(column(self._cards, None, spacing=0), "sidepanel")
        self.setLayout(column(scroller(inside, tr("Details"))))
        self.destroyed.connect(panels.on_change(lambda: self.show_view(self._view)))

    def show_view(self, view: ConversationView | None) -> None:
        """Show the cards of a ticket."""
        self._view = view
        clear(self._cards)
        if view is None:
            return
        for spec in self._panels:
            card = self._card(spec, view)
            if card is not None:
                self._cards.addWidget(card)

    def _card(self, spec: PanelSpec, view: ConversationView) -> QWidget | None:
        try:
            return spec.factory(self._port, view) if spec.visible_for(view) else None
        except Exception:  # noqa: BLE001 -- one panel's fault must not take the window along
            _log.exception("panel %s failed", spec.id)
            frame, content = panel_card(spec.title)
            content.addWidget(label(tr("This panel failed. The log has the details."), "tertiary", wrap=True))
            return frame
