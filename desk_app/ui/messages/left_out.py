"""Mail that plugins left out: it stays here with its reason, and can be let through; plugins are not asked again."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.services.mailboxes.quarantine import LeftOutMail
from desk_app.ui.language import tr
from desk_app.ui.messages.held_mail import HeldMails
from desk_app.ui.theme.icons import Glyph


class LeftOutMails(HeldMails):
    """One card a mail."""

    def _read(self) -> Sequence[LeftOutMail]:
        return self._session.desk.quarantine.left_out()

    def _nothing(self) -> tuple[str, str]:
        return tr("No plugin left mail out."), tr("Mail that a plugin leaves out stands here, with the reason.")

    def _glyph(self) -> Glyph:
        return Glyph("plug", "text_secondary", 16)

    def _title(self) -> str:
        return tr("Mail that a plugin left out")

    def _released(self, count: int) -> str:
        return tr("%n mail(s) let through", count)
