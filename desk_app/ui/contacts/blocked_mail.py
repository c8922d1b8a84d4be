"""Mail of blocked senders: it waits here until it is let through or its days are over (CU-09); the block stays."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QPushButton, QWidget

from desk_app.domain.contacts.blocking import BlockKind, SenderBlock
from desk_app.services.mailboxes.quarantine import BlockedMail
from desk_app.ui.contacts.phrases import short_date
from desk_app.ui.language import tr
from desk_app.ui.messages.held_mail import HeldMails
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import button, chip


class BlockedMails(HeldMails):
    """One card a mail."""

    def _read(self) -> Sequence[BlockedMail]:
        return self._session.desk.quarantine.blocked()

    def _nothing(self) -> tuple[str, str]:
        return tr("No mail of blocked senders."), tr("Mail of blocked senders waits here before it is deleted.")

    def _glyph(self) -> Glyph:
        return Glyph("shield-alert", "danger", 16)

    def _title(self) -> str:
        return tr("Mail of a blocked sender")

    def _released(self, count: int) -> str:
        return tr("%n mail(s) let through; the sender stays blocked", count)

    def _beside(self, one: BlockedMail) -> Sequence[QWidget]:
        return (chip(tr("Deleted on {date}").format(date=short_date(one.expires_at)), "warning"),)

    def _more(self, one: BlockedMail) -> Sequence[QPushButton]:
        return (button(tr("Unblock the sender"), lambda: self._unblock(one), icon_name="shield-check"),)

    def _unblock(self, one: BlockedMail) -> None:
        value = one.item.reason.removeprefix("Mail from ").removesuffix(" is blocked.")
        kind = BlockKind.ADDRESS if "@" in value else BlockKind.DOMAIN
        self._acts.unblock(SenderBlock(kind, value))
