"""A whole ticket on paper or as a PDF (IN-33). Made off the GUI thread; nothing is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PySide6.QtCore import QLocale, QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QImage,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QCheckBox, QDialog, QFileDialog, QWidget

from desk_app.domain.messages.inline_images import reference_to
from desk_app.domain.messages.model import MessageKind
from desk_app.services.ports.hooks import MESSAGE_HTML
from desk_app.services.queries.conversation import ConversationView, MessageView
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import named, tr
from desk_app.ui.messages.body_view import plain_as_html
from desk_app.ui.messages.cards import loose_pictures, shown_in_place
from desk_app.ui.messages.thread_lines import author
from desk_app.ui.session import DeskSession
from desk_app.ui.theme import tokens
from desk_app.ui.theme.fonts import font
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.explain import explain
from desk_app.ui.tickets.phrases import event_text, full_time, priority_name, size_text
from desk_app.ui.tickets.tell import tell
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import column

WIDEST_PICTURE = 480
_DOTS, _FOOTER = 96, 26
_NOTHING = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)


@dataclass(frozen=True, slots=True)
class Printed:
    """What goes onto the paper beside the customer's thread."""

    notes: bool = False
    aside: bool = False
    history: bool = False


class PrintDocument(QTextDocument):
    """A document that is given its pictures and asks for nothing."""

    def __init__(self, images: Mapping[str, QImage]) -> None:
        super().__init__()
        self._images = images

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Answer with a picture of the ticket, or with nothing."""
        wanted = name if isinstance(name, str) else QUrl.fromPercentEncoding(name.toEncoded())
        return self._images.get(wanted, _NOTHING) if kind == QTextDocument.ResourceType.ImageResource.value else None


def printed_messages(view: ConversationView, what: Printed) -> list[MessageView]:
    """Return the messages that go onto the paper, oldest first: notes and side conversations only where asked for."""
    return [
        message
        for message in view.messages
        if (what.notes or message.kind is not MessageKind.INTERNAL_NOTE)
        and (what.aside or message.side_conversation_id is None)
    ]


def ticket_html(view: ConversationView, facts: DeskFacts, what: Printed) -> str:
    """Return a ticket as HTML: what it is, who takes part, its messages, and its history."""
    parts = [_head(view, facts)]
    parts += [_message(view, message) for message in printed_messages(view, what)]
    if what.history:
        parts.append(f"<h2>{escape(tr('History'))}</h2>")
        parts += [
            f"<p><b>{escape(event_text(event))}</b><br>"
            + "<br>".join(f"{escape(name)}: {escape(value)}" for name, value in explain(event, view)[1:])
            + "</p>"
            for event in view.events
        ]
    return "".join(parts)


def _head(view: ConversationView, facts: DeskFacts) -> str:
    ticket = view.ticket
    department = next((one.name for one in facts.departments if one.id == ticket.department_id), "")
    people = dict.fromkeys(
        str(one)
        for message in view.messages
        if message.side_conversation_id is None and message.kind is not MessageKind.INTERNAL_NOTE
        for one in (*message.to, *message.cc)
    )
    customer = " ".join(
        part
        for part in (ticket.requester_name, f"<{ticket.requester_email}>" if ticket.requester_email else "")
        if part
    )
    lines = [
        (tr("Customer"), customer),
        (tr("People"), ", ".join(people)),
        (tr("Status"), named(view.status_name)),
        (tr("Priority"), priority_name(ticket.priority)),
        (tr("Assigned to"), view.assignee_name or tr("Nobody")),
        (tr("Department"), department),
        (tr("Tags"), ", ".join(view.tags)),
        (tr("Opened"), full_time(ticket.created_at)),
        (tr("Linked tickets"), ", ".join(f"#{one.number}" for one in view.links)),
    ]
    rows = "".join(
        f'<tr><td style="padding:1px 14px 1px 0;color:{tokens.LIGHT["text_tertiary"]}">{escape(name)}</td>'
        f"<td>{escape(value)}</td></tr>"
        for name, value in lines
        if value
    )
    subject = escape(ticket.subject or tr("(no subject)"))
    return f"<h1>#{escape(ticket.number)} {subject}</h1><table>{rows}</table>"


def _message(view: ConversationView, message: MessageView) -> str:
    side = next((one for one in view.side_conversations if one.id == message.side_conversation_id), None)
    kind = ""
    if message.kind is MessageKind.INTERNAL_NOTE:
        kind = tr("Internal note")
    elif side is not None:
        people = ", ".join(person.name or person.email for person in side.people)
        kind = tr("With {people} · not visible to the customer").format(people=people)
    to = ", ".join(str(one) for one in (*message.to, *message.cc))
    body = message.html or plain_as_html(message.visible_text)
    below = "".join(f'<p><img src="{reference_to(one)}"></p>' for one in loose_pictures(message))
    shown = {one.id for one in shown_in_place(message)}
    files = ", ".join(f"{one.filename} ({size_text(one.size)})" for one in message.attachments if one.id not in shown)
    grey = tokens.LIGHT["text_tertiary"]
    lines = [
        f"<hr><p><b>{escape(author(message))}</b> &nbsp; {escape(full_time(message.sent_at))}",
        f'<br><span style="color:{grey}">{escape(tr("to {recipients}").format(recipients=to))}</span>' if to else "",
        f"<br><b>{escape(kind)}</b>" if kind else "",
        "</p>",
        body,
        below,
        f'<p style="color:{grey}">{escape(tr("Attachments: {files}").format(files=files))}</p>' if files else "",
    ]
    return "".join(lines)


def document_of(html: str, images: Mapping[str, bytes]) -> PrintDocument:
    """Return the document of a ticket; called off the GUI thread."""
    pictures = {}
    for name, content in images.items():
        image = QImage.fromData(content)
        if not image.isNull():
            pictures[name] = image if image.width() <= WIDEST_PICTURE else image.scaledToWidth(WIDEST_PICTURE)
    document = PrintDocument(pictures)
    document.setDefaultFont(font(13))
    document.setDefaultStyleSheet(
        f"body {{ color: {tokens.LIGHT['text_primary']}; }} h1 {{ font-size: 18px; }} h2 {{ font-size: 15px; }}"
        f"a {{ color: {tokens.LIGHT['accent_text']}; }} p {{ margin: 0 0 6px 0; }}"
    )
    document.setHtml(f"<body>{html}</body>")
    return document


def page_layout() -> QPageLayout:
    """Return the paper of the agent's country with margins for a binder."""
    metric = QLocale().measurementSystem() is QLocale.MeasurementSystem.MetricSystem
    size = QPageSize(QPageSize.PageSizeId.A4 if metric else QPageSize.PageSizeId.Letter)
    return QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF(18, 16, 18, 16), QPageLayout.Unit.Millimeter)


def print_document(document: QTextDocument, device: QPagedPaintDevice, footer: str) -> None:
    """Draw a document page by page, its pixels as large as on a screen of 96 dots an inch, each page with its number.

    Raises OSError where the device cannot be written to.
    """
    paper = device.pageLayout().paintRect(QPageLayout.Unit.Point)
    width, height = paper.width() * _DOTS / 72, paper.height() * _DOTS / 72 - _FOOTER
    document.setDocumentMargin(0)
    document.setPageSize(QSizeF(width, height))
    painter = QPainter()
    if not painter.begin(device):
        raise OSError(tr("It could not be printed."))
    painter.scale(device.logicalDpiX() / _DOTS, device.logicalDpiY() / _DOTS)
    count = document.pageCount()
    for number in range(count):
        if number:
            device.newPage()
        part = QRectF(0, number * height, width, height)
        painter.save()
        painter.translate(0, -part.top())
        painter.setClipRect(part)
        document.drawContents(painter, part)
        painter.restore()
        painter.setFont(font(10))
        painter.setPen(QColor(tokens.LIGHT["text_tertiary"]))
        words = tr("{title} · page {number} of {count}").format(title=footer, number=number + 1, count=count)
        painter.drawText(QRectF(0, height, width, _FOOTER), int(Qt.AlignmentFlag.AlignRight), words)
    painter.end()


class PrintQuestion(Question):
    """What goes onto the paper, and where to: a printer, or a PDF."""

    def __init__(
        self, session: DeskSession, acts: TicketActs, view: ConversationView, parent: QWidget | None = None
    ) -> None:
        super().__init__(tr("Print ticket #{number}").format(number=view.ticket.number), tr("Save as PDF…"), parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._acts, self._view = session, acts, view
        self._host = parent
        self.notes = QCheckBox(tr("With internal notes"))
        self.aside = QCheckBox(tr("With side conversations"))
        self.history = QCheckBox(tr("With the history"))
        self.aside.setVisible(bool(view.side_conversations))
        text = tr("The customer's thread is always there. Leave the rest out if the paper goes to somebody outside.")
        self.content.addWidget(label(text, "secondary", wrap=True))
        self.content.addLayout(column(self.notes, self.aside, self.history, spacing=4))
        self.print_button = button(tr("Print…"), self._ask_printer, icon_name="printer")
        self.buttons.layout().insertWidget(0, self.print_button)  # type: ignore[union-attr]

    @property
    def what(self) -> Printed:
        """What was chosen."""
        return Printed(self.notes.isChecked(), self.aside.isChecked(), self.history.isChecked())

    def accept(self) -> None:
        """Ask for the file and write it."""
        name, _filter = QFileDialog.getSaveFileName(
            self, tr("Save as PDF"), f"ticket-{self._view.ticket.number}.pdf", "PDF (*.pdf)"
        )
        if name:
            self.save_pdf(Path(name))

    def save_pdf(self, target: Path) -> None:
        """Write the ticket into a PDF, off the GUI thread."""
        words = tr("Saved as {name}").format(name=target.name)
        title = f"#{self._view.ticket.number} {self._view.ticket.subject}"

        def device() -> QPagedPaintDevice:
            writer = QPdfWriter(str(target))
            writer.setTitle(title)
            writer.setCreator(tr("Desk App"))
            return writer

        self._make(device, words, "file-text", written=target)

    def _ask_printer(self) -> None:
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(f"#{self._view.ticket.number}")
        printer.setPageLayout(page_layout())
        dialog = QPrintDialog(printer, self)
        dialog.accepted.connect(lambda: self._make(lambda: printer, tr("Sent to the printer"), "printer"))
        QDialog.open(dialog)

    def _make(
        self, device: Callable[[], QPagedPaintDevice], words: str, glyph: str, *, written: Path | None = None
    ) -> None:
        desk, view, what, agent_id = self._session.desk, self._view, self.what, self._session.agent.id
        if not desk.hooks.wants(MESSAGE_HTML):
            self._write(view, what, device, words, glyph, written)
        else:  # plugins may want it to be seen otherwise on paper
            self._session.work.run(
                lambda: desk.shown.printed(view, agent_id),
                lambda seen: self._write(seen, what, device, words, glyph, written),
                owner=self._acts,
            )
        self.done(int(self.DialogCode.Rejected))

    def _write(
        self,
        view: ConversationView,
        what: Printed,
        device: Callable[[], QPagedPaintDevice],
        words: str,
        glyph: str,
        written: Path | None,
    ) -> None:
        html = ticket_html(view, self._session.facts, what)
        messages = printed_messages(view, what)
        wanted = {reference_to(one): one.id for message in messages for one in shown_in_place(message)}
        conversations, layout = self._session.desk.conversations, page_layout()
        footer = f"#{view.ticket.number}"

        def work() -> None:
            found = ((name, conversations.attachment(key)) for name, key in wanted.items())
            document = document_of(html, {name: one[1] for name, one in found if one is not None})
            target = device()
            if written is not None:
                target.setPageLayout(layout)
            print_document(document, target, footer)
            del target  # a PDF is whole once its writer is gone
            if written is not None and not (written.exists() and written.stat().st_size):
                raise OSError(tr("The PDF could not be written: {path}").format(path=written))

        acts = self._acts

        def done(_none: None) -> None:
            tell(acts, words, icon=glyph)

        self._session.work.run(work, done, owner=acts)


_NOTHING.fill(QColor(0, 0, 0, 0))
