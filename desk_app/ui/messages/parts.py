"""What reading and writing mail brings to the window: composer tools, outbox, quarantine, commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.plugin_api.ui import ComposerTool, PageSpec, SettingsPage
from desk_app.ui.language import tr
from desk_app.ui.messages.actions import writing_actions
from desk_app.ui.messages.triggers import CANNED

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desk_app.plugin_api.ui import WindowPort
    from desk_app.ui.messages.composer import Composer
    from desk_app.ui.messages.composer_foot import SendOrder
    from desk_app.ui.shell.window import MainWindow


def register_early(window: MainWindow) -> None:
    """Register what the composer is built from."""

    def composer(port: object) -> Composer:
        from desk_app.ui.messages.composer import Composer

        if not isinstance(port, Composer):
            raise TypeError("this tool works in the window's own composer")
        return port

    for tool in (
        ComposerTool(
            "format",
            tr("Formatting"),
            "case-sensitive",
            lambda port, on: composer(port).show_format_bar(on=on),
            10,
            checkable=True,
        ),
        ComposerTool(
            "attach", tr("Attach files"), "paperclip", lambda port, _on: composer(port).files.ask(), 20, in_notes=False
        ),
        ComposerTool("image", tr("Insert a picture"), "image", lambda port, _on: composer(port).edit.ask_picture(), 25),
        ComposerTool("link", tr("Insert a link"), "link", lambda port, _on: _link(composer(port)), 30),
        ComposerTool("emoji", tr("Insert an emoji"), "smile", lambda port, _on: _emoji(composer(port)), 40),
        ComposerTool(
            "canned",
            tr("Insert a canned response") + "  ( / )",
            "message-square-text",
            lambda port, _on: composer(port).suggest_asked.emit(CANNED),
            50,
        ),
        ComposerTool(
            "signature",
            tr("Show the signature"),
            "signature",
            lambda port, on: composer(port).signature.unfold(on=on),
            60,
            checkable=True,
            in_notes=False,
        ),
        ComposerTool("more", tr("More choices"), "ellipsis", lambda port, _on: _more(composer(port)), 900),
    ):
        window.registries.composer_tools.register(tool)


def _link(composer: Composer) -> None:
    from desk_app.ui.messages.link_box import ask_link

    ask_link(composer.edit)


def _emoji(composer: Composer) -> None:
    from desk_app.ui.messages.emoji_box import EmojiBox

    EmojiBox(composer.edit)


def _more(composer: Composer) -> None:
    from desk_app.ui.messages.composer_menu import open_menu

    open_menu(composer, composer.tool_buttons["more"])


def register(window: MainWindow) -> None:
    """Register what needs the window."""
    session = window.session

    def outbox(port: WindowPort) -> QWidget:
        from desk_app.ui.messages.outbox_page import OutboxPage

        return OutboxPage(session, port)

    def quarantine(port: WindowPort) -> QWidget:
        from desk_app.ui.messages.quarantine_page import QuarantinePage

        return QuarantinePage(session, port, window.acts.told.emit)

    def signatures(_port: WindowPort) -> QWidget:
        from desk_app.ui.messages.signatures_page import SignaturesPage

        return SignaturesPage(session, window.acts.told.emit)

    def canned(_port: WindowPort) -> QWidget:
        from desk_app.ui.messages.canned_page import CannedPage

        return CannedPage(session, window.acts.told.emit)

    for page in (
        PageSpec("outbox", tr("Outbox"), "send", outbox, 20, hidden=True),
        PageSpec(
            "quarantine",
            tr("Quarantine"),
            "mail-warning",
            quarantine,
            30,
            hidden=True,
        ),
    ):
        window.registries.pages.register(page)
    for settings_page in (
        SettingsPage(
            "signatures",
            tr("Signatures"),
            "signature",
            tr("Channels"),
            signatures,
            24,
            ("sender name", "quote", "history"),
        ),
        SettingsPage(
            "canned",
            tr("Canned responses"),
            "message-square-text",
            tr("Tickets"),
            canned,
            48,
            ("template", "snippet", "saved reply", "placeholder", "import", "export"),
        ),
    ):
        window.registries.settings_pages.register(settings_page)
    for action in writing_actions(window):
        window.registries.actions.register(action)
    window.inbox.with_ticket(lambda pane: pane.reply_sent.connect(lambda _sent, order: _go_on(window, order)))


def _go_on(window: MainWindow, order: SendOrder) -> None:
    """Open the ticket after the one that was answered, where the agent asked for it (CO-10)."""
    model, ticket_id = window.inbox.list.model, order.draft.ticket_id
    place = model.position(ticket_id)
    if order.then.go_next and place >= 0 and window.inbox.ticket.ticket_id == ticket_id:
        following = model.id_at(place + 1) or (model.id_at(place - 1) if place else None)
        if following is not None:
            window.inbox.ticket.open_ticket(following)
