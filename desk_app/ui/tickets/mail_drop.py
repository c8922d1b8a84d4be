"""Mail files dropped onto a window become tickets, or a part of the one that is open (MB-30)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QRadioButton, QWidget

from desk_app.ui.language import said, tr
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.hosts import TicketHost, widget
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.tickets.tell import tell
from desk_app.ui.widgets.basics import ElidedLabel, label
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, column
from desk_app.ui.widgets.panels import Banner, Field

if TYPE_CHECKING:
    from desk_app.services.messages.file_import import DroppedMail
    from desk_app.services.messages.intake import Imported
    from desk_app.ui.session import DeskSession

MAX_FILES = 50
MAX_BYTES = 60 * 1024 * 1024


def mail_files(data: QMimeData) -> list[Path]:
    """Return the mail files that a drag carries."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in {".eml", ".msg"}][:MAX_FILES]


class MailDrop(QObject):
    """Watches a window for mail files and asks what to do with them."""

    def __init__(self, host: TicketHost) -> None:
        super().__init__(widget(host))
        self._host = host
        self._session: DeskSession = host.session
        window = widget(host)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take mail files; everything else goes its way."""
        if isinstance(event, QDragEnterEvent) and mail_files(event.mimeData()):
            event.acceptProposedAction()
            return True
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            paths = mail_files(event.mimeData())
            if paths:
                event.acceptProposedAction()
                self.take(paths)
                return True
        return False

    def ask(self) -> None:
        """Ask for mail files, and go on as if they had been dropped."""
        title, kinds = tr("Take over mail files"), tr("Mail files") + " (*.eml *.msg *.EML *.MSG)"
        names, _kind = QFileDialog.getOpenFileNames(widget(self._host), title, "", kinds)
        if names:
            self.take([Path(name) for name in names][:MAX_FILES])

    def take(self, paths: Sequence[Path]) -> None:
        """Read mail files and ask whether they become tickets."""
        file_import = self._session.desk.file_import

        def read() -> tuple[list[bytes], list[DroppedMail], int]:
            fitting = [path for path in paths if path.stat().st_size <= MAX_BYTES]
            opened = [(path.name, file_import.open(path.read_bytes())) for path in fitting]
            files = [(name, raw) for name, raw in opened if raw is not None]
            return [raw for _name, raw in files], file_import.look(files), len(fitting)

        def arrived(found: tuple[list[bytes], list[DroppedMail], int]) -> None:
            raws, mails, fitting = found
            if not raws:
                words = tr("The file holds no mail that can be read.") if fitting else tr("The file is too large.")
                self._host.acts.refused.emit(words)
                return
            view, left_out = self._host.ticket_pane.view, len(paths) - len(raws)
            sheet = DropSheet(self._session, mails, view, left_out, widget(self._host))
            sheet.ask(lambda: self._import(raws, sheet.account_id, sheet.ticket_id))

        self._session.work.run(read, arrived, owner=self)

    def _import(self, raws: Sequence[bytes], account_id: int, ticket_id: int | None) -> None:
        from desk_app.services.ports.sync import InboundState

        take, actor = self._session.desk.file_import.take, self._session.actor

        def done(results: list[Imported]) -> None:
            tickets = [one.ticket_id for one in results if one.ticket_id is not None]
            fresh = sum(one.state is InboundState.DONE for one in results)
            failed = [one for one in results if one.ticket_id is None]
            if failed:
                self._host.acts.refused.emit(said(failed[0].reason) or tr("The file could not be read."))
            if tickets:
                words = tr("%n mail(s) taken over", fresh) if fresh else tr("This mail was here already")
                changed = [one for one in results if one.state is InboundState.DONE or one.moved_from is not None]
                undo = (lambda: self._take_back(changed)) if changed else None
                tell(self._host.acts, words, undo, "mail-check")
                self._host.acts.done.emit(frozenset(tickets))
                self._host.open_ticket(tickets[-1])

        self._session.work.write(
            lambda: [take(raw, account_id, actor, ticket_id=ticket_id) for raw in raws], done, owner=self
        )

    def _take_back(self, results: Sequence[Imported]) -> None:
        take_back, actor, acts = self._session.desk.file_import.take_back, self._session.actor, self._host.acts

        def done(unwanted: list[int | None]) -> None:
            acts.done.emit(frozenset(one.ticket_id for one in results if one.ticket_id is not None))
            alone = [one for one in unwanted if one is not None]
            if alone:
                acts.take_away(alone)
            else:
                tell(acts, tr("Taken back"), icon="undo-2")

        self._session.work.write(lambda: [take_back(one, actor) for one in reversed(results)], done, owner=self)


class DropSheet(Question):
    """What becomes of dropped mails: tickets, or messages of the open ticket."""

    def __init__(
        self,
        session: DeskSession,
        mails: Sequence[DroppedMail],
        open_view: object,
        left_out: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("%n mail(s) dropped", len(mails)), tr("Take over"), parent)
        self._ticket = getattr(open_view, "ticket", None)
        lines: Callable[[DroppedMail], QWidget] = _line
        self.content.addWidget(boxed(column(*(lines(one) for one in mails[:8]), spacing=8)))
        if left_out:
            text = tr("%n file(s) cannot be read and are left out.", left_out)
            self.content.addWidget(Banner(text, "warning"))
        self.new = QRadioButton(tr("Find their ticket, or make new ones"))
        self.new.setChecked(True)
        number = self._ticket.number if self._ticket is not None else ""
        self.append = QRadioButton(tr("Add to the open ticket #{number}").format(number=number))
        self.append.setVisible(self._ticket is not None)
        self.content.addWidget(self.new)
        self.content.addWidget(self.append)
        self.account = Choice()
        for account, _health in session.facts.accounts:
            self.account.addItem(account.name or account.address, account.id)
        own = self._ticket.account_id if self._ticket is not None else None
        self.account.setCurrentIndex(max(0, self.account.findData(own)))
        field = Field(tr("As if it had come to"), self.account)
        field.setVisible(self.account.count() > 1)
        self.content.addWidget(field)
        self.yes.setEnabled(self.account.count() > 0)

    @property
    def account_id(self) -> int:
        """The mailbox the mails count as having come to."""
        return int(self.account.currentData())

    @property
    def ticket_id(self) -> int | None:
        """The ticket they are added to; None lets threading decide."""
        return int(self._ticket.id) if self._ticket is not None and self.append.isChecked() else None


def _line(mail: DroppedMail) -> QWidget:
    subject = ElidedLabel(mail.subject or tr("(no subject)"), "strong")
    when = full_time(mail.sent_at) if mail.sent_at is not None else ""
    words = "  ·  ".join(part for part in (mail.sender, when) if part)
    parts: list[QWidget] = [subject, ElidedLabel(words, "tertiary")]
    if mail.ticket_id is not None:
        there = tr("This very mail is in ticket #{number} already.").format(number=mail.number)
        parts.append(label(there, "secondary", wrap=True))
    return boxed(column(*parts, spacing=1))
