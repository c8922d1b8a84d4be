"""Pictures of what one does with an open ticket, and of the dialogs that stand over the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint
from PySide6.QtGui import QColor, QPainter, QPdfWriter, QPixmap, QTextDocument
from PySide6.QtWidgets import QApplication, QWidget

from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.tickets.links import Relation
from desk_app.domain.tickets.query import TicketQuery
from desk_app.ui.messages.thread_lines import EventLine
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.new_ticket import NewTicketDialog
from desk_app.ui.tickets.printing import print_document
from tests.ui import stage

SUPPLIER = Address("Sara Lampenhuis", "sara@lampenhuis.example")


def others(window: MainWindow) -> list[QWidget]:
    """Everything on screen beside the window, the newest last."""
    return [top for top in QApplication.topLevelWidgets() if top.isVisible() and top is not window]


def tidy(window: MainWindow) -> None:
    """Close what an earlier picture left open."""
    for one in others(window):
        one.close()
    window.palette_layer.leave()


def picture(window: MainWindow) -> QPixmap:
    """Return the window with the dialogs that stand over it, dimmed below them."""
    made = window.grab()
    over = others(window)
    if over:
        painter = QPainter(made)
        painter.fillRect(made.rect(), QColor(0, 0, 0, 70))
        for one in over:
            shown = one.grab()
            place = QPoint((made.width() - shown.width()) // 2, (made.height() - shown.height()) // 2)
            painter.drawPixmap(QPoint(max(0, place.x()), max(0, place.y())), shown)
        painter.end()
    return made


def _maya(window: MainWindow) -> int:
    ids = window.session.desk.ticket_queries.ids
    rows = window.session.desk.ticket_queries.rows
    found = rows(list(ids(TicketQuery())), agent_id=window.session.agent.id)
    return next(row.id for row in found if row.subject.startswith("Refund for order"))


def _aside(window: MainWindow) -> None:
    """A side conversation, a mention and a link in one thread."""
    tidy(window)
    desk, actor, ticket_id = window.session.desk, window.session.actor, _maya(window)
    if not desk.side_conversations.of_ticket(ticket_id):
        start = desk.side_conversations.start(ticket_id)
        text = "Hello Sara,\n\ndo you have one more Aero desk lamp in stock?\n\nAnn"
        draft = SideDraft(
            ticket_id=ticket_id,
            from_account_id=start.from_account_id,
            from_address=start.from_address,
            to=(SUPPLIER,),
            text=text,
            message_id=start.message_id,
        )
        desk.side_conversations.send(draft, actor)
        note = "@Ann Agent can you approve the refund by hand?"
        desk.replies.note(ticket_id, note, "", actor, mentions=[window.session.agent.id])
        view = desk.conversations.conversation(ticket_id, agent_id=None)
        assert view is not None
        desk.links.link(ticket_id, Relation.RELATED, view.earlier_ticket_ids[0], actor)
    window.open_ticket(ticket_id)
    window.inbox.ticket.reload()
    stage.settle(window)
    window.inbox.ticket.thread_view.open_all(opened_up=True)
    stage.settle(window)
    bar = window.inbox.ticket.thread_view.area.verticalScrollBar()
    bar.setValue(bar.maximum())


def _why(window: MainWindow) -> None:
    tidy(window)
    lines = window.inbox.ticket.thread_view.findChildren(EventLine)
    next(line for line in lines if line.event_shown.kind == "PriorityChanged").click()


def _action(action: str) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        tidy(window)
        window.run_action(action)
        stage.settle(window)

    return show


def _new(window: MainWindow) -> None:
    _action("ticket.new")(window)
    dialog = next(one for one in others(window) if isinstance(one, NewTicketDialog))
    dialog.kind.setCurrentIndex(dialog.kind.findData("phone"))
    dialog.to.set_address(Address("", "maya@lindqvist.example"))


def _receipt() -> bytes:
    """Return a PDF of one page that looks like one."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    paper = QTextDocument()
    rows = "".join(
        f"<tr><td>{name}</td><td align='right'>{count}</td><td align='right'>{price}</td></tr>"
        for name, count, price in (
            ("<b>Article</b>", "<b>Pieces</b>", "<b>Price</b>"),
            ("Aero desk lamp, black", "1", "129.00"),
            ("Spare bulb, warm white", "2", "18.00"),
            ("Return by parcel", "1", "0.00"),
            ("<b>To be refunded</b>", "", "<b>147.00</b>"),
        )
    )
    paper.setDefaultStyleSheet("body { color: #111111; }")  # on paper, whatever the window looks like
    paper.setHtml(
        "<body><p>Lamp House<br>Canal Street 12<br>1012 Amsterdam</p><h1>Return receipt</h1>"
        "<p><b>Order</b> 58213 of 3 November<br><b>Returned</b> 12 November, parcel NL-4471-0098-23<br>"
        "<b>Customer</b> Maya Lindqvist, 104 22 Stockholm</p>"
        f"<table width='100%' border='1' cellspacing='0' cellpadding='6'>{rows}</table>"
        "<p>We have looked at the goods: complete, unused, in their packaging.</p>"
        "<p>The refund goes to the card the order was paid with. It takes up to five working days until your bank "
        "shows it. Please keep this receipt until then.</p><p>Thank you for shopping with us.</p></body>"
    )
    print_document(paper, writer, "58213")
    del writer
    return bytes(data.data())


def _preview(window: MainWindow) -> None:
    tidy(window)
    desk, ticket_id = window.session.desk, _maya(window)
    receipt = ("return-receipt.pdf", "application/pdf", _receipt())
    raw = stage.letter("Maya Lindqvist", "maya@lindqvist.example", "Receipt", "Here it is.", attachment=receipt)
    desk.file_import.take(raw, window.session.facts.accounts[0][0].id, window.session.actor, ticket_id=ticket_id)
    view = desk.conversations.conversation(ticket_id, agent_id=None)
    assert view is not None
    message = next(one for one in reversed(view.messages) if one.attachments)
    window.inbox.ticket.files.preview(message.attachments[0], message.attachments)


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], None]]]:
    """Every picture: its name and what leads to it."""
    yield "aside", _aside
    yield "why", _why
    yield "history", _action("ticket.history")
    yield "ticket-link", _action("ticket.link")
    yield "snooze", _action("ticket.snooze")
    yield "due", _action("ticket.due")
    yield "status", _action("ticket.status")
    yield "tags", _action("ticket.tags")
    yield "split", _action("ticket.split")
    yield "requester", _action("ticket.requester")
    yield "print", _action("ticket.print")
    yield "new-ticket", _new
    yield "preview", _preview
    yield "ticket-window", _action("ticket.window")
