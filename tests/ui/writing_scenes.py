"""Pictures of everything agents write with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest

from desk_app.domain.messages.canned import CannedResponse
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.model import Address, Direction, MessageKind
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.services.messages.replies import NewerMessage
from desk_app.ui.messages.beside_text import BesideText
from desk_app.ui.shell.window import MainWindow
from tests.ui import stage

RESPONSES = (
    CannedResponse(
        0,
        "Refund is on its way",
        "Dear {{customer.first_name}}, the refund for {{ticket.subject}} left today.",
        "<p>Dear {{customer.first_name}},</p><p>the <b>refund</b> left today. Your bank needs up to three working days"
        " to show it.</p><p>Kind regards<br>{{agent.name}}</p>",
        "Money",
        use_count=41,
    ),
    CannedResponse(
        0,
        "Invoice copy",
        "Dear {{customer.first_name}}, here is the copy.",
        folder="Money",
        language="en",
        use_count=12,
    ),
    CannedResponse(
        0, "Where is my parcel?", "Dear {{customer.first_name}}, your parcel is …", folder="Shipping", use_count=27
    ),
    CannedResponse(
        0, "¿Dónde está mi paquete?", "Hola {{customer.first_name}}:", folder="Shipping", language="es", use_count=8
    ),
    CannedResponse(0, "We look into it", "We look into it for {{organization.name}}.", folder="General"),
)


def fill(window: MainWindow) -> None:
    """Give the desk canned responses and a signature."""
    desk, actor = window.session.desk, window.session.actor
    for one in RESPONSES:
        desk.canned.save(one, actor)
    words = "{{agent.name}}\n{{mailbox.name}} · {{mailbox.address}}"
    desk.signatures.save(
        Signature(SignatureScope(), words, "<b>{{agent.name}}</b><br>{{mailbox.name}} · {{mailbox.address}}"), actor
    )
    window.session.canned_changed.emit()
    window.session.signatures_changed.emit()
    stage.settle(window)


def _fresh(window: MainWindow, action: str) -> None:
    composer = window.inbox.ticket.composer
    composer.reset(composer.ticket_id)
    window.inbox.ticket.writing.begin()
    stage.settle(window)
    window.run_action(action)
    stage.settle(window)
    composer.edit.clear()  # what an earlier scene wrote comes back as its draft


def _canned(window: MainWindow) -> None:
    fill(window)
    _fresh(window, "ticket.reply")
    QTest.keyClicks(window.inbox.ticket.composer.edit, "/")


def _mention(window: MainWindow) -> None:
    _fresh(window, "ticket.note")
    QTest.keyClicks(window.inbox.ticket.composer.edit, "@")


def _table(window: MainWindow) -> None:
    _fresh(window, "ticket.reply")
    composer = window.inbox.ticket.composer
    composer.edit.insert_clean_html(
        "<p>Hello Maya,</p><table><tr><td><b>Article</b></td><td><b>Price</b></td></tr>"
        "<tr><td>Aero desk lamp</td><td>129.00</td></tr></table><pre>ref 58213</pre>"
    )
    composer.tool_buttons["format"].setChecked(True)
    composer.tool_buttons["signature"].setChecked(True)


def _link(window: MainWindow) -> None:
    composer = window.inbox.ticket.composer
    composer.edit.moveCursor(QTextCursor.MoveOperation.Start)
    composer.edit.setFocus()
    composer.tool_buttons["link"].click()


def _emoji(window: MainWindow) -> None:
    _close_boxes(window)
    window.inbox.ticket.composer.tool_buttons["emoji"].click()


def _close_boxes(window: MainWindow) -> None:
    for box in window.findChildren(BesideText):
        if box.isVisible():
            box.leave()


def _settings(page: str) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        _close_boxes(window)
        window.show_page("settings")
        window.page("settings").open_page(page)  # type: ignore[union-attr]

    return show


def _forward(window: MainWindow) -> None:
    window.show_page("inbox")
    _fresh(window, "ticket.forward")
    stage.settle(window)
    composer = window.inbox.ticket.composer
    composer.to.add([Address("", "workshop@repair.example")])
    composer.edit.insert_clean_html("<p>Can you look at this?</p>")


def _guards(window: MainWindow) -> None:
    _fresh(window, "ticket.reply")
    stage.settle(window)
    composer = window.inbox.ticket.composer
    composer.to.add([Address("", "somebody.else@elsewhere.example")])
    composer.edit.setPlainText("Dear {{customer.first_name}}, see the attached file.")
    composer.submit()


def _stale(window: MainWindow) -> None:
    _fresh(window, "ticket.reply")
    composer = window.inbox.ticket.composer
    composer.edit.setPlainText("Hello Maya, we look into it.")
    now = datetime.now(UTC)
    text = "It is solved, the money has just arrived. Thank you for the quick help!"
    newer = NewerMessage(9999, MessageKind.PUBLIC_REPLY, Direction.INBOUND, "Maya Lindqvist", now, text, text)
    composer.sending.warn_stale([newer], lambda: None)


def _colleague(window: MainWindow) -> None:
    desk, ticket_id = window.session.desk, window.inbox.ticket.ticket_id
    dewi = desk.people.add_agent("dewi", SYSTEM, name="Dewi Lestari")
    text = "Dear Maya, the refund left our bank this morning. You will see it by Friday."
    to = (Address("Maya Lindqvist", "maya@lindqvist.example"),)
    kept = KeptDraft(kind=DraftKind.REPLY, agent_id=dewi.id, ticket_id=ticket_id, to=to, text=text)
    desk.drafts.save(kept, Actor(ActorKind.AGENT, dewi.id, dewi.name))
    window.session.load()
    stage.settle(window)
    _fresh(window, "ticket.reply")
    window.inbox.ticket.reload()


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], None]]]:
    """Every picture: its name and what leads to it."""
    yield "canned", _canned
    yield "mention", _mention
    yield "table", _table
    yield "link", _link
    yield "emoji", _emoji
    yield "forward", _forward
    yield "guards", _guards
    yield "stale", _stale
    yield "colleague", _colleague
    yield "settings-canned", _settings("canned")
    yield "settings-signatures", _settings("signatures")
