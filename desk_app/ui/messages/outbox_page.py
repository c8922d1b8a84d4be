"""The tray of outgoing mail: what waits, what is unclear, what failed (features.md CO-13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QFrame, QWidget

from desk_app.plugin_api.ui import WindowPort
from desk_app.services.ports.sync import OutboxItem, OutboxState
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import full_time, short_time, utc_now
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, label, scroller
from desk_app.ui.widgets.kept_focus import ITEM, keeping_focus
from desk_app.ui.widgets.layout import FlowLayout, boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import EmptyState

_ICONS = {
    OutboxState.HELD: ("lock", "warning"),
    OutboxState.QUEUED: ("clock", "info"),
    OutboxState.SENDING: ("send", "info"),
    OutboxState.UNKNOWN: ("mail-question-mark", "danger"),
    OutboxState.FAILED: ("mail-x", "danger"),
}
SHOWN = 200


def state_words(state: OutboxState) -> str:
    """Return the word for a state."""
    return {
        OutboxState.HELD: tr("Held"),
        OutboxState.QUEUED: tr("Waits"),
        OutboxState.SENDING: tr("Being sent"),
        OutboxState.UNKNOWN: tr("Not known whether it left"),
        OutboxState.FAILED: tr("Refused"),
    }.get(state, state.value)


class OutboxPage(QWidget):
    """One card a mail, with what can be done about it."""

    def __init__(self, session: DeskSession, port: WindowPort) -> None:
        super().__init__()
        self._session, self._port = session, port
        self._cards = column(margins=(20, 16, 20, 16), spacing=10)
        self.title = label(tr("Outbox"), "title")
        self.total = label("", "tertiary")
        self.release_all = button(tr("Send all held mail now"), self._release_all, icon_name="send")
        head = boxed(row(self.title, self.total, None, self.release_all, margins=(20, 9, 20, 9)), "surface")
        head.setMinimumHeight(49)
        inside = boxed(column(self._cards, None, spacing=0), "canvas")
        self.setLayout(column(head, hairline(), scroller(inside, tr("Outbox")), spacing=0))
        self._timer = single_shot(self, 200, self.load)
        session.outbox_changed.connect(self._timer.start)
        session.facts_changed.connect(self._timer.start)
        self.load()

    def load(self) -> None:
        """Read the tray."""
        desk, agent_id = self._session.desk, self._session.agent.id

        def read() -> tuple[list[OutboxItem], dict[int, str]]:
            items = desk.outbox.tray()
            ids = sorted({item.ticket_id for item in items if item.ticket_id is not None})
            rows = desk.ticket_queries.rows(ids, agent_id=agent_id) if ids else []
            return items, {one.id: f"#{one.number}  {one.subject}" for one in rows}

        self._session.work.run(read, lambda found: self._show(*found), owner=self)

    def _show(self, items: Sequence[OutboxItem], subjects: dict[int, str]) -> None:
        held = sum(item.state is OutboxState.HELD for item in items)
        self.total.setText(str(len(items)) if items else "")
        self.release_all.setVisible(held > 0)
        armed = self._session.facts.settings.outgoing_armed
        self.release_all.setEnabled(armed)
        self.release_all.setToolTip("" if armed else tr("Waits: sending is switched off"))
        with keeping_focus(self._cards, self):
            clear(self._cards)
            if not items:
                self._cards.addWidget(EmptyState("send", tr("Nothing waits to be sent.")))
            for item in items[:SHOWN]:
                self._cards.addWidget(self._card(item, subjects.get(item.ticket_id or 0, "")))

    def _card(self, item: OutboxItem, subject: str) -> QFrame:
        frame = QFrame()
        frame.setObjectName("card")
        frame.setProperty(ITEM, item.id)
        glyph, tone = _ICONS.get(item.state, ("send", "info"))
        people = ", ".join(recipient.address for recipient in item.recipients)
        title = ElidedLabel(subject or people, "strong")
        state = chip(state_words(item.state), tone)
        when = label(short_time(item.queued_at, utc_now()), "tertiary")
        when.setToolTip(full_time(item.queued_at))
        first = row(Glyph(glyph, tone, 16), title, state, when, spacing=8)
        first.setStretchFactor(title, 1)
        texts = column(first, ElidedLabel(tr("To {people}").format(people=people), "tertiary"), spacing=3)
        if item.state is OutboxState.QUEUED and item.send_after_at > utc_now():
            texts.addWidget(label(tr("leaves {when}").format(when=full_time(item.send_after_at)), "tertiary"))
        if item.response:
            answer = label(tr("Server: {answer}").format(answer=item.response), "secondary", wrap=True, selectable=True)
            texts.addWidget(answer)
        if item.state is OutboxState.UNKNOWN:
            words = tr("The connection broke while the mail was handed over. Ask the customer, or look into Sent.")
            texts.addWidget(label(words, "secondary", wrap=True))
        holder = QWidget()
        flow = FlowLayout(spacing=8)
        for made in self._choices(item):
            flow.addWidget(made)
        holder.setLayout(flow)
        texts.addSpacing(6)
        texts.addWidget(holder)
        frame.setLayout(column(texts, margins=(16, 12, 14, 12)))
        return frame

    def _choices(self, item: OutboxItem) -> list[QWidget]:
        outbox, actor, number = self._session.desk.outbox, self._session.actor, item.id
        again = partial(outbox.send_again, number, actor)
        made: list[QWidget] = []
        if item.ticket_id is not None:
            ticket_id = item.ticket_id
            made.append(button(tr("Open ticket"), lambda: self._port.open_ticket(ticket_id), icon_name="mail"))
        if item.state is OutboxState.HELD and self._session.facts.settings.outgoing_armed:
            made.append(
                button(tr("Send now"), lambda: self._do(lambda: outbox.release([number], actor)), icon_name="send")
            )
        if item.state is OutboxState.UNKNOWN:
            arrived = partial(outbox.it_arrived, number, actor)
            made.append(button(tr("It arrived"), lambda: self._do(arrived), icon_name="check"))
            made.append(button(tr("Send again"), lambda: self._do(again), icon_name="send"))
        if item.state is OutboxState.FAILED:
            made.append(button(tr("Try again"), lambda: self._do(again), icon_name="refresh-cw"))
        if item.state in {OutboxState.HELD, OutboxState.QUEUED, OutboxState.FAILED}:
            made.append(
                button(
                    tr("Do not send"),
                    lambda: self._do(lambda: outbox.cancel(number, actor)),
                    variant="ghost",
                    icon_name="x",
                )
            )
        return made

    def _do(self, call: Callable[[], object]) -> None:
        self._session.work.write(call, lambda _result: self.load(), owner=self)

    def _release_all(self) -> None:
        outbox, actor = self._session.desk.outbox, self._session.actor
        self._do(lambda: outbox.release(None, actor))
