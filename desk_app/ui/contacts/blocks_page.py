"""The settings page "Blocked senders": whose mail is held back, and for how long it waits (CU-09)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from desk_app.domain.contacts.blocking import BlockKind, SenderBlock
from desk_app.ui.contacts.acts import ContactActs
from desk_app.ui.contacts.phrases import short_date
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import page_column, page_head
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import ElidedLabel, button, icon_button, label, number_box
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.panels import Field


@dataclass(frozen=True, slots=True)
class _Shown:
    blocks: Sequence[SenderBlock]
    days: int


class BlocksPage(QWidget):
    """A list with a line to add to it; everything takes effect at once and can be undone."""

    def __init__(self, session: DeskSession, acts: ContactActs, run_action: Callable[[str], None]) -> None:
        super().__init__()
        self._session, self._acts = session, acts
        self.box, self.reason = QLineEdit(), QLineEdit()
        self.box.setPlaceholderText(tr("name@shop.example or shop.example"))
        self.box_field = Field(tr("Address or domain"), self.box)
        self.add_button = button(tr("Block"), self.add, variant="primary")
        self.waiting = button(
            tr("Show waiting mail"), lambda: run_action("contact.blocked"), variant="ghost", icon_name="shield-alert"
        )
        self.box.returnPressed.connect(self.add)
        self.reason.returnPressed.connect(self.add)
        self.box.textChanged.connect(lambda _text: self.box_field.set_error(""))
        self.days = number_box(1, 365, tr("days"))
        self.days.editingFinished.connect(self._save_days)
        self._lines = column(spacing=6)
        words = tr(
            "Mail from these senders becomes no ticket. It waits in the quarantine, where it can be let through, and "
            "is deleted when its days are over. Word that your own mail could not be delivered always comes through."
        )
        adding = row(self.box_field, Field(tr("Reason (may stay empty)"), self.reason), spacing=12)
        adding.setStretch(0, 1)
        adding.setStretch(1, 1)
        page = page_column(
            page_head(tr("Blocked senders"), words),
            Field(tr("Blocked mail waits"), self.days),
            boxed(adding),
            row(self.add_button, self.waiting, None),
            self._lines,
            title=tr("Blocked senders"),
        )
        self.setLayout(column(page))
        self.setFocusProxy(self.box)
        self._stored_days = 0
        session.contacts_changed.connect(lambda _ids: self.load())
        self.load()

    def load(self) -> None:
        """Read the list."""
        desk = self._session.desk
        self._session.work.run(
            lambda: _Shown(desk.blocks.list(), desk.contact_settings.read().block_days), self._show, owner=self
        )

    def _show(self, shown: _Shown) -> None:
        self._stored_days = shown.days
        if not self.days.hasFocus():
            self.days.setValue(shown.days)
        clear(self._lines)
        if not shown.blocks:
            self._lines.addWidget(label(tr("Nobody is blocked."), "tertiary"))
        for one in shown.blocks:
            self._lines.addWidget(self._line(one))

    def _line(self, one: SenderBlock) -> QFrame:
        frame = QFrame()
        frame.setObjectName("settingrow")
        glyph = "globe" if one.kind is BlockKind.DOMAIN else "mail"
        who = one.actor_name
        when = short_date(one.created_at) if one.created_at is not None else ""
        about = " · ".join(part for part in (one.reason, who, when) if part)
        gone = icon_button(
            "x", tr("Unblock {sender}").format(sender=one.value), lambda: self._acts.unblock(one), size=15
        )
        words = column(ElidedLabel(one.value, "strong"), ElidedLabel(about, "tertiary"), spacing=1)
        line = row(Glyph(glyph, "text_tertiary", 16), words, gone, margins=(12, 8, 8, 8), spacing=12)
        line.setStretchFactor(words, 1)
        frame.setLayout(line)
        return frame

    def add(self) -> None:
        """Block what is typed."""
        text, reason = self.box.text().strip(), self.reason.text().strip()
        if not text:
            self.box_field.set_error(tr("Type an address or a domain."))
            return
        self._acts.block(text, reason=reason, failed=self.box_field.set_error, then=self._added)

    def _added(self, _change: object) -> None:
        self.box.clear()
        self.reason.clear()
        self.load()

    def _save_days(self) -> None:
        days, before = self.days.value(), self._stored_days
        if days == before:
            return
        self._stored_days = days
        self._set_days(days, before)

    def _set_days(self, days: int, before: int) -> None:
        settings, actor = self._session.desk.contact_settings, self._session.actor
        self._acts.run(
            lambda: settings.set_block_days(days, actor),
            tr("Blocked mail waits %n day(s) now", days),
            undo=lambda _none: self._set_days(before, days),
            icon="hourglass",
        )
