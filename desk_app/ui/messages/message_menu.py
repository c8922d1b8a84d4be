"""What can be done with one message of a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QWidget

from desk_app.domain.messages.model import Direction, MessageKind
from desk_app.services.queries.conversation import MessageView
from desk_app.ui.language import tr
from desk_app.ui.messages.why import why_text
from desk_app.ui.widgets.basics import Menu
from desk_app.ui.widgets.popover import popover

if TYPE_CHECKING:
    from desk_app.ui.tickets.ticket_pane import TicketPane


def show_message_menu(pane: TicketPane, message: MessageView, where: QWidget) -> None:
    """Open the menu of a message below its button."""
    menu = Menu(pane)
    add = menu.add
    if message.side_conversation_id is not None:
        add(tr("Answer the third party"), lambda: pane.answer(message), icon_name="reply", key="R")
    elif message.kind is not MessageKind.INTERNAL_NOTE:
        add(tr("Reply here"), lambda: pane.answer(message), icon_name="reply", key="R")
        add(
            tr("Reply to the sender only"),
            lambda: pane.writing.begin(message.id, reply_all=False, focus=True),
            icon_name="corner-up-left",
        )
    if message.side_conversation_id is None:
        add(tr("Forward…"), lambda: pane.forward(message), icon_name="forward", key="F")
    menu.addSeparator()
    add(tr("Split into a new ticket…"), lambda: pane.questions.split(pane.view, message), icon_name="split")
    add(tr("Move to another ticket…"), lambda: pane.questions.move(message), icon_name="folder")
    if message.direction is Direction.INBOUND:
        add(tr("Make the original sender the customer…"), lambda: pane.questions.original(message), icon_name="users")
    menu.addSeparator()
    add(tr("Copy the text"), lambda: QApplication.clipboard().setText(message.visible_text), icon_name="copy")
    add(tr("Show source"), lambda: pane.files.show_source(message), icon_name="file-code", enabled=message.has_raw)
    add(tr("Save as .eml…"), lambda: pane.files.save_raw(message), icon_name="download", enabled=message.has_raw)
    add(tr("Why is it here?"), lambda: show_why(pane, message, where), icon_name="info")
    add(tr("Fold"), lambda: pane.thread_view.fold_message(message.id), icon_name="chevron-up")
    menu.below(where)


def show_why(pane: QWidget, message: MessageView, where: QWidget) -> None:
    """Tell why a message stands in its ticket."""
    lines = [("", line) for line in why_text(message)]
    popover(pane, where, tr("Why is this message in this ticket?"), lines)
