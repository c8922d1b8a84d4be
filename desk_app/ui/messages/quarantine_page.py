"""Mail that could not be read or was too large: source, retry, ignore (features.md MB-12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QWidget

from desk_app.plugin_api.ui import WindowPort
from desk_app.services.ports.sync import InboundItem
from desk_app.ui.language import said, tr
from desk_app.ui.messages.source_view import SourceDialog
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import full_time, size_text
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, label, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import EmptyState


class QuarantinePage(QWidget):
    """One card a mail, with its reason."""

    def __init__(self, session: DeskSession, port: WindowPort) -> None:
        super().__init__()
        self._session, self._port = session, port
        self._cards = column(margins=(20, 16, 20, 16), spacing=10)
        self.total = label("", "tertiary")
        self.retry_all = button(tr("Try all again"), lambda: self.retry(None), icon_name="refresh-cw")
        head = boxed(
            row(label(tr("Quarantine"), "title"), self.total, None, self.retry_all, margins=(20, 9, 14, 9)), "surface"
        )
        head.setMinimumHeight(49)
        inside = boxed(column(self._cards, None, spacing=0), "canvas")
        self.setLayout(column(head, hairline(), scroller(inside, tr("Quarantine")), spacing=0))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(300)
        self._timer.timeout.connect(self.load)
        session.quarantine_changed.connect(self._timer.start)
        self.load()

    def load(self) -> None:
        """Read the list."""
        quarantine = self._session.desk.quarantine
        self._session.work.run(quarantine.list, self._show, owner=self)

    def _show(self, items: Sequence[InboundItem]) -> None:
        clear(self._cards)
        self.total.setText(str(len(items)) if items else "")
        self.retry_all.setVisible(bool(items))
        if not items:
            self._cards.addWidget(EmptyState("shield-check", tr("Every mail could be read.")))
        else:
            words = tr("These mails could not become messages. They are safe here; the rest of the mailbox went on.")
            self._cards.addWidget(label(words, "secondary", wrap=True))
        for item in items:
            self._cards.addWidget(self._card(item))

    def _card(self, item: InboundItem) -> QFrame:
        frame = QFrame()
        frame.setObjectName("card")
        account = self._session.facts.account(item.account_id)
        reason = label(said(item.reason) or tr("Not known"), "strong", wrap=True, selectable=True)
        first = row(Glyph("mail-warning", "warning", 16), reason, chip(size_text(item.size)), spacing=8)
        first.setStretchFactor(reason, 1)
        where = f"{account.name if account else ''} · {item.stream} · {full_time(item.received_at)}"
        attempts = tr("%n attempt(s)", item.attempts)
        number, actor, quarantine = item.id, self._session.actor, self._session.desk.quarantine
        source = button(tr("Show source"), lambda: self.show_source(number), icon_name="file-code")
        source.setEnabled(item.raw_sha256 is not None)
        choices = row(
            source,
            button(tr("Try again"), lambda: self.retry([number]), icon_name="refresh-cw"),
            button(
                tr("Leave out for good"),
                lambda: self._do(lambda: quarantine.ignore(number, actor)),
                variant="ghost",
                icon_name="x",
            ),
            None,
            spacing=8,
        )
        frame.setLayout(
            column(first, ElidedLabel(f"{where} · {attempts}", "tertiary"), choices, margins=(16, 12, 14, 12))
        )
        return frame

    def show_source(self, item_id: int) -> None:
        """Show a mail as it came."""
        quarantine = self._session.desk.quarantine
        self._session.work.run(
            lambda: quarantine.raw(item_id),
            lambda raw: SourceDialog(tr("Quarantined mail"), raw or b"", self).open(),
            owner=self,
        )

    def retry(self, ids: Sequence[int] | None) -> None:
        """Try to read mails again; None means all."""
        quarantine, actor = self._session.desk.quarantine, self._session.actor

        def told(_result: object) -> None:
            self._port.notify(tr("Tried again"))
            self.load()

        self._session.work.write(lambda: quarantine.retry(ids, actor), told, owner=self)

    def _do(self, call: Callable[[], object]) -> None:
        self._session.work.write(call, lambda _result: self.load(), owner=self)
