"""The composer's further choices: how this one mail is sent, and what is done with its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import Menu

if TYPE_CHECKING:
    from desk_app.ui.messages.composer import Composer


def history_words(included: HistoryIncluded) -> str:
    """Return how much of a thread is quoted, in words."""
    return {
        HistoryIncluded.NONE: tr("Nothing"),
        HistoryIncluded.LAST: tr("The message being answered"),
        HistoryIncluded.FULL: tr("The whole thread"),
    }[included]


def open_menu(composer: Composer, anchor: QWidget) -> Menu:
    """Show the choices above a button."""
    menu, letter = Menu(composer), not composer.is_note
    if letter:
        menu.add(tr("Edit the subject"), composer.show_subject, icon_name="pencil")
    menu.add(tr("Plain text only"), lambda: composer.set_plain(on=not composer.plain), checked=composer.plain)
    usual = composer.plain_by_default
    menu.add(tr("Plain text in every reply"), lambda: composer.plain_default_asked.emit(not usual), checked=usual)
    if letter and composer.signature.there:
        on = composer.signature.on
        menu.add(tr("With the signature"), lambda: composer.set_signed(on=not on), checked=on)
    if letter:
        menu.addSeparator()
        menu.add(tr("Quoted below:"), lambda: None, enabled=False)
        shown = composer.history if composer.history is not None else composer.usual_history
        for included in HistoryIncluded:
            menu.add(
                history_words(included),
                lambda one=included: composer.set_history(one),  # type: ignore[misc]
                checked=included is shown,
            )
    menu.addSeparator()
    menu.add(
        tr("Save the selection as a canned response…"),
        lambda: composer.keep_asked.emit(),  # noqa: PLW0108 -- a signal's bound method outlives no menu
        icon_name="message-square-text",
        enabled=bool(composer.edit.toPlainText().strip()),
    )
    menu.add(tr("Throw the draft away"), composer.throw_asked.emit, icon_name="trash-2")
    menu.below(anchor, above=True)
    return menu
