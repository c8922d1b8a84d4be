"""Mail that could not be read or was too large: source, retry, ignore (features.md MB-12)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QWidget

from desk_app.plugin_api.ui import WindowPort
from desk_app.services.ports.sync import InboundItem
from desk_app.ui.contacts.acts import ContactActs
from desk_app.ui.contacts.blocked_mail import BlockedMails
from desk_app.ui.language import grouped, said, tr
from desk_app.ui.messages.left_out import LeftOutMails
from desk_app.ui.messages.source_view import SourceDialog
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import full_time, size_text
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, label, scroller
from desk_app.ui.widgets.choices import Segments
from desk_app.ui.widgets.kept_focus import ITEM, keeping_focus
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import EmptyState

_BROKE = re.compile(r"The mail cannot be read: (\w+)\.")
"""A mail that broke the reader; what the fault is called stands with the facts, for who is to mend it."""


class QuarantinePage(QWidget):
    """One card a mail, with its reason."""

    def __init__(
        self, session: DeskSession, port: WindowPort, told: Callable[[str, Callable[[], object] | None, str], object]
    ) -> None:
        super().__init__()
        self._session, self._port = session, port
        self._waiting = 0
        self._cards = column(margins=(20, 16, 20, 16), spacing=10)
        self.total = label("", "tertiary")
        acts = ContactActs(session, self)
        acts.told.connect(told)
        acts.refused.connect(port.notify)
        kinds = [(tr("Unreadable"), "unread"), (tr("Blocked senders"), "blocked"), (tr("Plugins"), "plugins")]
        self.choice = Segments(tr("Show"), kinds)
        self.choice.choose("unread")
        self.choice.chosen.connect(lambda _value: self._turn())
        self.blocked = BlockedMails(session, acts, self._count_blocked)
        self.left_out = LeftOutMails(session, acts, self._count_left_out)
        self.retry_all = button(tr("Try all again"), lambda: self.retry(None), icon_name="refresh-cw")
        head = boxed(
            row(
                label(tr("Quarantine"), "title"), self.total, None, self.choice, self.retry_all, margins=(20, 9, 20, 9)
            ),
            "surface",
        )
        head.setMinimumHeight(49)
        self._unread = boxed(self._cards)
        blocked = boxed(column(self.blocked, margins=(20, 16, 20, 16)))
        self._blocked_holder = blocked
        self._left_out_holder = boxed(column(self.left_out, margins=(20, 16, 20, 16)))
        blocked.hide()
        self._left_out_holder.hide()
        inside = boxed(column(self._unread, blocked, self._left_out_holder, None, spacing=0), "canvas")
        self.setLayout(column(head, hairline(), scroller(inside, tr("Quarantine")), spacing=0))
        self._timer = single_shot(self, 300, self.load)
        session.quarantine_changed.connect(self._timer.start)
        self.load()

    def show_blocked(self) -> None:
        """Show mail of blocked senders."""
        self.choice.choose("blocked")
        self._turn()

    def _turn(self) -> None:
        shown = self.choice.value
        self._unread.setVisible(shown == "unread")
        self._blocked_holder.setVisible(shown == "blocked")
        self._left_out_holder.setVisible(shown == "plugins")
        self.retry_all.setVisible(shown == "unread" and self._waiting > 0)

    def _count_blocked(self, count: int) -> None:
        words = tr("Blocked senders")
        self.choice.buttons[1].setText(f"{words} {grouped(count)}" if count else words)

    def _count_left_out(self, count: int) -> None:
        words = tr("Plugins")
        self.choice.buttons[2].setText(f"{words} {grouped(count)}" if count else words)

    def load(self) -> None:
        """Read the lists."""
        self.blocked.load()
        self.left_out.load()
        quarantine = self._session.desk.quarantine
        self._session.work.run(quarantine.list, self._show, owner=self)

    def _show(self, items: Sequence[InboundItem]) -> None:
        self.total.setText(str(len(items)) if items else "")
        self._waiting = len(items)
        self._turn()
        with keeping_focus(self._cards, self.choice.buttons[0]):
            clear(self._cards)
            if not items:
                self._cards.addWidget(EmptyState("shield-check", tr("Every mail could be read.")))
            else:
                words = tr(
                    "These mails could not become messages. They are safe here; the rest of the mailbox went on."
                )
                self._cards.addWidget(label(words, "secondary", wrap=True))
            for item in items:
                self._cards.addWidget(self._card(item))

    def _card(self, item: InboundItem) -> QFrame:
        frame = QFrame()
        frame.setObjectName("card")
        frame.setProperty(ITEM, item.id)
        account = self._session.facts.account(item.account_id)
        fault = _BROKE.fullmatch(item.reason)
        words = tr("The mail cannot be read.") if fault else said(item.reason) or tr("Not known")
        reason = label(words, "strong", wrap=True, selectable=True)
        first = row(Glyph("mail-warning", "warning", 16), reason, chip(size_text(item.size)), spacing=8)
        first.setStretchFactor(reason, 1)
        where = f"{account.name if account else ''} · {item.stream} · {full_time(item.received_at)}"
        facts = [where, tr("%n attempt(s)", item.attempts), *([fault[1]] if fault else [])]
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
        frame.setLayout(column(first, ElidedLabel(" · ".join(facts), "tertiary"), choices, margins=(16, 12, 14, 12)))
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
