"""The menu at the head of an open ticket."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import Menu


def show_more(pane: QWidget, below: QWidget, run_action: Callable[[str], None]) -> None:
    """Offer what has no button of its own at the head of a ticket."""
    menu = Menu(pane)
    for action, words, glyph, key in (
        ("ticket.priority", tr("Priority…"), "flag", "P"),
        ("ticket.merge", tr("Merge into another ticket…"), "merge", ""),
        ("ticket.unmerge", tr("Take a merge apart"), "split", ""),
        ("ticket.split", tr("Split…"), "split", ""),
        ("ticket.link", tr("Link to a ticket…"), "link", "L"),
        ("ticket.watch", tr("Watch, or stop watching"), "eye", "W"),
        ("ticket.requester", tr("Change the customer…"), "users", ""),
        ("ticket.files", tr("Look at the attachments…"), "paperclip", "Shift+P"),
        ("ticket.unread", tr("Mark as unread"), "mail", "U"),
        ("composer.subject", tr("Edit the reply's subject"), "pencil", ""),
        ("", "", "", ""),
        ("ticket.history", tr("History and reasons"), "history", "Y"),
        ("thread.events", tr("Show or hide changes in the thread"), "eye-off", ""),
        ("thread.customer", tr("Only the customer's thread, or everything"), "list-filter", ""),
        ("ticket.print", tr("Print, or save as PDF…"), "printer", "Ctrl+P"),
        ("ticket.window", tr("Open in a new window"), "app-window", "Shift+Return"),
        ("", "", "", ""),
        ("ticket.spam", tr("Spam"), "shield-alert", "!"),
        ("contact.block", tr("Block the sender…"), "shield-alert", ""),
        ("ticket.trash", tr("Move to the trash"), "trash-2", "Del"),
        ("ticket.restore", tr("Restore from spam or trash"), "undo-2", ""),
    ):
        if action:
            menu.add(words, lambda one=action: run_action(one), icon_name=glyph, key=key)  # type: ignore[misc]
        else:
            menu.addSeparator()
    menu.below(below)
