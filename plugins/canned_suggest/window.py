"""A card with the suggestions, and a button of the composer that puts one in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel, QMenu, QVBoxLayout, QWidget

from desk_app.plugin_api import Context, TicketView, hookimpl
from desk_app.plugin_api.ui import ComposerPort, ComposerTool, PanelPort, PanelSpec

from .memory import Memory, Suggestion


@hookimpl
def ticket_panels(ctx: Context) -> list[PanelSpec]:
    """Return the card."""

    def card(port: PanelPort, ticket: TicketView) -> QWidget:
        box = QWidget()
        box.setAccessibleName(ctx.tr("Suggested answers"))
        lines = QVBoxLayout(box)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(6)
        waiting = _line(ctx.tr("Looking for similar tickets …"))
        lines.addWidget(waiting)

        def show(found: Sequence[Suggestion]) -> None:
            if not found:
                waiting.setText(ctx.tr("No solved ticket is like this one yet."))
                return
            waiting.hide()
            for one in found:
                lines.addWidget(_line(_words(ctx, one)))
            lines.addWidget(_line(ctx.tr("Put one in with the light bulb above the answer.")))

        port.in_background(lambda: Memory(ctx).suggest(ticket.id), show, box)
        return box

    return [PanelSpec("canned_suggest.panel", ctx.tr("Suggested answers"), card, order=60)]


@hookimpl
def composer_tools(ctx: Context) -> list[ComposerTool]:
    """Return the button."""

    def suggest(port: ComposerPort, _checked: bool) -> None:
        def show(found: Sequence[Suggestion]) -> None:
            menu = QMenu(port.widget)
            for one in found:
                menu.addAction(_words(ctx, one)).triggered.connect(
                    lambda _checked=False, html=one.canned.html: port.insert_html(html)
                )
            if not found:
                menu.addAction(ctx.tr("No solved ticket is like this one yet.")).setEnabled(False)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(port.widget.mapToGlobal(QPoint(24, 24)))

        ticket_id = port.ticket_id
        port.in_background(lambda: Memory(ctx).suggest(ticket_id), show, port.widget)

    return [
        ComposerTool("canned_suggest.tool", ctx.tr("Suggest an answer"), "lightbulb", suggest, order=70, in_notes=False)
    ]


def _words(ctx: Context, one: Suggestion) -> str:
    if one.times:
        return ctx.tr("{title} ({percent} % alike, used {times} times)").format(
            title=one.canned.title, percent=one.percent, times=one.times
        )
    return ctx.tr("{title} ({percent} % alike)").format(title=one.canned.title, percent=one.percent)


def _line(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
