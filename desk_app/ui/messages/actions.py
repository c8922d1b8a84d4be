"""Commands that begin to write."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desk_app.plugin_api.ui import ActionSpec
from desk_app.ui.language import tr
from desk_app.ui.messages.triggers import CANNED
from desk_app.ui.shell.commands import ONE, command
from desk_app.ui.tickets.hosts import host_command

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow


def writing_actions(window: MainWindow) -> list[ActionSpec]:
    """Return what can be written."""
    group = tr("Write")
    act = partial(host_command, scope=ONE, group=group)
    return [
        act("ticket.reply", tr("Reply"), lambda here, _ids: here.ticket_pane.reply(), "reply", ("R", "Ctrl+R")),
        act(
            "ticket.reply_one",
            tr("Reply to the sender only"),
            lambda here, _ids: here.ticket_pane.reply(reply_all=False),
            "corner-up-left",
            ("Shift+R",),
        ),
        act(
            "ticket.note",
            tr("Internal note"),
            lambda here, _ids: here.ticket_pane.note(),
            "sticky-note",
            ("N", "Ctrl+Shift+N"),
        ),
        act(
            "ticket.forward",
            tr("Forward to somebody else"),
            lambda here, _ids: here.ticket_pane.forward(),
            "forward",
            ("F", "Ctrl+Shift+F"),
        ),
        act(
            "composer.subject",
            tr("Edit the reply's subject"),
            lambda here, _ids: here.ticket_pane.composer.show_subject(),
            "pencil",
        ),
        act(
            "composer.canned",
            tr("Insert a canned response…"),
            lambda here, _ids: here.ticket_pane.composer.suggest_asked.emit(CANNED),
            "message-square-text",
        ),
        act(
            "composer.keep",
            tr("Save the selection as a canned response…"),
            lambda here, _ids: here.ticket_pane.writing.keep_as_canned(),
            "message-square-text",
        ),
        act(
            "composer.plain",
            tr("Plain text only, or with formats"),
            lambda here, _ids: here.ticket_pane.composer.set_plain(on=not here.ticket_pane.composer.plain),
            "type",
        ),
        act(
            "composer.signature",
            tr("Leave the signature out, or add it"),
            lambda here, _ids: here.ticket_pane.composer.set_signed(on=not here.ticket_pane.composer.signature.on),
            "signature",
        ),
        act(
            "composer.later",
            tr("Send later…"),
            lambda here, _ids: here.ticket_pane.composer.sending.ask_later(),
            "alarm-clock",
        ),
        act(
            "composer.window",
            tr("Write in a window of its own"),
            lambda here, _ids: here.ticket_pane.tear_off(),
            "maximize-2",
            ("Ctrl+Shift+D",),
        ),
        act(
            "composer.throw",
            tr("Throw the draft away"),
            lambda here, _ids: here.ticket_pane.composer.throw_asked.emit(),
            "trash-2",
        ),
        host_command(
            "ticket.import",
            tr("Take over mail files…"),
            lambda here, _ids: here.mail_drop.ask(),
            "inbox",
            ("Ctrl+O",),
            group=group,
        ),
        command(
            "ticket.new",
            tr("New ticket…"),
            lambda _ids: window.ask_new_ticket(),
            "square-pen",
            ("C", "Ctrl+N"),
            group=group,
        ),
    ]
