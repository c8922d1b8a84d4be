"""Mail that did not become part of a ticket for a reason: one card each, to be looked at and let through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from desk_app.ui.language import said, tr
from desk_app.ui.messages.source_view import SourceDialog
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import ElidedLabel, button, label
from desk_app.ui.widgets.kept_focus import ITEM, keeping_focus
from desk_app.ui.widgets.layout import clear, column, row
from desk_app.ui.widgets.panels import EmptyState

if TYPE_CHECKING:
    from desk_app.ui.contacts.acts import ContactActs
    from desk_app.ui.theme.icons import Glyph


class HeldMails(QWidget):
    """One card a mail. A kind of held mail says where it is read, what is shown of it, and what releasing it means; its
    mails have an `item` of the ledger, a `subject` and a `sender`."""

    def __init__(self, session: DeskSession, acts: ContactActs, counted: Callable[[int], object]) -> None:
        super().__init__()
        self._session, self._acts, self._counted = session, acts, counted
        self._cards = column(spacing=10)
        self.setLayout(self._cards)
        self.load()

    def load(self) -> None:
        """Read the list."""
        self._session.work.run(self._read, self._show, owner=self)

    def _read(self) -> Sequence[Any]:
        """Return the mails; off the GUI thread."""
        raise NotImplementedError

    def _nothing(self) -> tuple[str, str]:
        """Return the title and the words shown where there is none."""
        raise NotImplementedError

    def _glyph(self) -> Glyph:
        """Return the picture of this kind."""
        raise NotImplementedError

    def _title(self) -> str:
        """Return what one mail of this kind is called."""
        raise NotImplementedError

    def _released(self, count: int) -> str:
        """Return what is told when mails were let through."""
        raise NotImplementedError

    def _beside(self, one: Any) -> Sequence[QWidget]:  # noqa: ARG002 -- for kinds that have something to add
        """Return what stands at the end of a card's first line."""
        return ()

    def _more(self, one: Any) -> Sequence[QPushButton]:  # noqa: ARG002 -- as above
        """Return further buttons, after letting through and showing."""
        return ()

    def _show(self, mails: Sequence[Any]) -> None:
        self._counted(len(mails))
        with keeping_focus(self._cards, self):
            clear(self._cards)
            if not mails:
                self._cards.addWidget(EmptyState("shield-check", *self._nothing()))
            for one in mails:
                self._cards.addWidget(self._card(one))

    def _card(self, one: Any) -> QFrame:
        frame = QFrame()
        frame.setObjectName("card")
        frame.setProperty(ITEM, one.item.id)
        number = one.item.id
        subject = ElidedLabel(one.subject or tr("(no subject)"), "strong")
        first = row(self._glyph(), subject, *self._beside(one), spacing=8)
        first.setStretchFactor(subject, 1)
        account = self._session.facts.account(one.item.account_id)
        parts = (one.sender, account.name if account else "", full_time(one.item.received_at))
        where = " · ".join(part for part in parts if part)
        source = button(tr("Show source"), lambda: self.show_source(number), icon_name="file-code")
        source.setEnabled(one.item.raw_sha256 is not None)
        through = button(tr("Let it through"), lambda: self.release([number]), icon_name="inbox")
        choices = row(through, source, *self._more(one), None, spacing=8)
        reason = label(said(one.item.reason), "tertiary", wrap=True)
        frame.setLayout(
            column(first, ElidedLabel(where, "secondary"), reason, choices, margins=(16, 12, 14, 12), spacing=6)
        )
        return frame

    def show_source(self, item_id: int) -> None:
        """Show a mail as it came."""
        quarantine = self._session.desk.quarantine
        self._session.work.run(
            lambda: quarantine.raw(item_id),
            lambda raw: SourceDialog(self._title(), raw or b"", self).open(),
            owner=self,
        )

    def release(self, ids: Sequence[int]) -> None:
        """Let mails through."""
        quarantine, actor = self._session.desk.quarantine, self._session.actor
        words = self._released(len(ids))
        self._acts.run(lambda: quarantine.release(ids, actor), words, icon="inbox", then=lambda _result: self.load())
