"""What a list shows while it has no rows: grey ones on their way, or a sentence and something to do (ui.md 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from desk_app.ui.language import tr
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.row_layout import row_height
from desk_app.ui.tickets.row_painting import paint_skeleton
from desk_app.ui.tickets.views import ListView
from desk_app.ui.widgets.panels import EmptyState

SKELETONS = 6


@dataclass(frozen=True, slots=True)
class Offer:
    """What an empty list tells besides, and the one thing it offers to do."""

    text: str
    words: str
    act: Callable[[], object]


class SkeletonRows(QWidget):
    """Six grey rows, so that a slow list looks like one already."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("The list is being read"))

    def paintEvent(self, _event: object) -> None:
        """Draw them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = row_height()
        for place in range(SKELETONS):
            area = QRect(0, place * height, self.width(), height)
            paint_skeleton(painter, area)
            painter.setPen(theme().colour("border_subtle"))
            painter.drawLine(area.left() + 58, area.bottom(), area.right() - 14, area.bottom())


def no_ticket() -> EmptyState:
    """Return what stands in the place of a conversation while no ticket is open."""
    return EmptyState("mail", tr("No ticket open"), tr("Choose one from the list, or press J."))


def empty_state(view: ListView, offer: Offer | None, clear: Callable[[], object] | None) -> EmptyState:
    """Return what an empty list shows. `clear` takes away the filters that leave nothing."""
    if clear is not None:
        title = tr("No ticket fits these filters.")
        return EmptyState("list-filter", title, choice=(tr("Remove the filters"), clear))
    if view.id == "search":
        return EmptyState("search", view.empty, tr("Try fewer words, or an operator such as from: or tag:"))
    icon_name = "circle-check" if view.id in {"open", "mine"} else view.icon
    if offer is None:
        return EmptyState(icon_name, view.empty)
    return EmptyState(icon_name, view.empty, offer.text, (offer.words, offer.act))
