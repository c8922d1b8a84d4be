"""The lower edge of the composer: tools, what happens after sending, and the ways to send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QToolButton, QWidget

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.tickets.model import Status
from desk_app.plugin_api.ui import ComposerPort, ComposerTool, Registry
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import named, tr
from desk_app.ui.theme.icons import icon
from desk_app.ui.tickets.phrases import clock_text
from desk_app.ui.widgets.basics import Menu, button, icon_button, restyle, set_words
from desk_app.ui.widgets.layout import clear, row


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What else happens with a reply: `status` is a key ("" leaves it), `assign_to` an agent (None leaves it),
    `go_next` opens the next ticket of the list."""

    status: str = ""
    assign_to: int | None = None
    go_next: bool = False


@dataclass(frozen=True, slots=True)
class SendOrder:
    """A reply, or a message to a third party, as it was sent off by the agent; `send_at` None sends it after the undo
    window."""

    draft: ReplyDraft | SideDraft
    then: Afterwards
    send_at: datetime | None = None


class ComposerFoot(QWidget):
    """Tool buttons from the registry, "then ...", Send and its menu. It only asks; the composer decides."""

    send_asked = Signal(object, object)
    """Afterwards or None for what is chosen, and the instant to send at or None."""
    later_asked = Signal()
    then_changed = Signal()

    def __init__(self, tools: Registry[ComposerTool], port: Callable[[], ComposerPort]) -> None:
        super().__init__()
        self._tools, self._port = tools, port
        self._facts = DeskFacts()
        self.me: int | None = None
        """The agent who writes."""
        self.then = Afterwards()
        self.unless_written = False
        """Whether a mail for later is given up when the customer writes first."""
        self.tool_buttons: dict[str, QToolButton] = {}
        self._tool_row = row(spacing=0)
        self.then_button = button("", self._then_menu, variant="ghost", icon_name="hourglass")
        self.send_button = button(
            tr("Send"), lambda: self.send_asked.emit(None, None), variant="primary", icon_name="send"
        )
        self.send_button.setObjectName("sendmain")
        self.send_button.setToolTip(tr("Send") + "  (Ctrl+Enter)")
        self.send_more = button("", self._send_menu, variant="primary", icon_name="chevron-down")
        self.send_more.setObjectName("sendmore")
        self.send_more.setAccessibleName(tr("Other ways to send"))
        self._kind = DraftKind.REPLY
        self._then_words, self._words_width, self._reply_width = "", 0, 0
        send = row(self.send_button, self.send_more, spacing=0)
        self.setLayout(row(self._tool_row, None, self.then_button, send, spacing=6))
        self.fill_tools()  # in the layout already: a button without a parent would be a window for a moment
        self._show_then()

    # -- room -----------------------------------------------------------------------------------------------------
    def _measure_words(self) -> None:
        """Note how much wider the words make the button, as the style draws it."""
        shown, spoken = self.then_button.text(), self.then_button.accessibleName()
        widths = []
        for words in ("", self._then_words):
            set_words(self.then_button, words)
            widths.append(self.then_button.sizeHint().width())
        self._words_width = widths[1] - widths[0]
        self.then_button.setText(shown)
        self.then_button.setAccessibleName(spoken)

    def event(self, event: QEvent) -> bool:
        """Look again whether there is room when fonts, styles or buttons change."""
        done = super().event(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._measure_words()
            self._fit_words()
        elif event.type() == QEvent.Type.LayoutRequest:
            self._fit_words()
        return done

    def minimumSizeHint(self) -> QSize:
        """Need no room for what happens after sending: the sign alone says it, too."""
        least = super().minimumSizeHint()
        width = least.width() - (self._words_width if self.then_button.text() else 0)
        if self._kind is DraftKind.REPLY:
            self._reply_width = width
        return QSize(max(width, self._reply_width), least.height())  # else the panes would move with each switch

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the words out where there is no room for them."""
        super().resizeEvent(event)
        self._fit_words()

    def _fit_words(self) -> None:
        roomy = self.width() >= self.minimumSizeHint().width() + self._words_width
        words = self._then_words if roomy else ""
        if self.then_button.text().strip() != words:
            spoken = self.then_button.accessibleName()
            set_words(self.then_button, words)
            self.then_button.setAccessibleName(spoken)

    # -- tools ----------------------------------------------------------------------------------------------------
    def fill_tools(self) -> None:
        """Make the buttons of the registered tools."""
        clear(self._tool_row)
        self.tool_buttons = {}
        for spec in self._tools:
            made = icon_button(spec.icon, spec.title, size=16, checkable=spec.checkable)
            if spec.checkable:
                made.toggled.connect(lambda on, one=spec: one.run(self._port(), on))
            else:
                made.clicked.connect(lambda _on=False, one=spec: one.run(self._port(), True))
            self._tool_row.addWidget(made)
            self.tool_buttons[spec.id] = made
        self._fit_tools()

    def _fit_tools(self) -> None:
        for spec in self._tools:
            if spec.id in self.tool_buttons:
                self.tool_buttons[spec.id].setVisible(spec.in_notes or self._kind is not DraftKind.NOTE)

    def set_kind(self, kind: DraftKind) -> None:
        """Show what fits a reply, a note or a forward."""
        self._kind = kind
        note = kind is DraftKind.NOTE
        self.then_button.setVisible(kind is DraftKind.REPLY)
        self.send_more.setVisible(kind is DraftKind.REPLY)
        words = {DraftKind.NOTE: tr("Add note"), DraftKind.FORWARD: tr("Forward")}.get(kind, tr("Send"))
        set_words(self.send_button, words)
        self.send_button.setToolTip(words + "  (Ctrl+Enter)")
        restyle(self.send_button, variant="note" if note else "primary", alone=kind is not DraftKind.REPLY)
        glyph, token = ("sticky-note", "bg_surface") if note else ("send", "on_accent")
        self.send_button.setIcon(icon(glyph, token, token))
        self._fit_tools()

    # -- afterwards -----------------------------------------------------------------------------------------------
    def set_facts(self, facts: DeskFacts) -> None:
        """Take the statuses and agents of the desk."""
        self._facts = facts
        self._show_then()

    def set_then(self, then: Afterwards) -> None:
        """Choose what happens after sending."""
        self.then = then
        self._show_then()

    def _choose(self, then: Afterwards) -> None:
        self.set_then(then)
        self.then_changed.emit()

    @property
    def closing(self) -> Status | None:
        """The status that "send and resolve" sets."""
        return next((one for one in self._facts.statuses if one.category.value == "closed"), None)

    def _then_menu(self) -> None:
        menu, now = Menu(self), self.then
        menu.add(
            tr("Leave the status as it is"),
            lambda: self._choose(Afterwards("", now.assign_to, now.go_next)),
            checked=not now.status,
        )
        for status in self._facts.statuses:
            menu.add(
                named(status.name),
                lambda one=status: self._choose(Afterwards(one.key, now.assign_to, now.go_next)),  # type: ignore[misc]
                checked=status.key == now.status,
            )
        menu.addSeparator()
        menu.add(
            tr("Leave the assignee as it is"),
            lambda: self._choose(Afterwards(now.status, None, now.go_next)),
            checked=now.assign_to is None,
        )
        for agent in self._facts.agents:
            if agent.active:
                words = tr("Assign to me") if agent.id == self.me else tr("Assign to {name}").format(name=agent.name)
                menu.add(
                    words,
                    lambda one=agent: self._choose(Afterwards(now.status, one.id, now.go_next)),  # type: ignore[misc]
                    checked=agent.id == now.assign_to,
                )
        menu.addSeparator()
        menu.add(
            tr("Go to the next ticket"),
            lambda: self._choose(Afterwards(now.status, now.assign_to, not now.go_next)),
            checked=now.go_next,
        )
        menu.below(self.then_button, above=True)

    def _show_then(self) -> None:
        status, agent = self._facts.status(self.then.status), self._facts.agent(self.then.assign_to)
        words = tr("then {status}").format(status=named(status.name)) if status else tr("status stays")
        if agent is not None:
            words += f" · {agent.name}"
        if self.then.go_next:
            words += " →"
        self._then_words = words
        spoken = tr("Status after sending: {status}").format(status=words.removesuffix(" →"))
        if self.then.go_next:
            spoken += ". " + tr("Go to the next ticket")
        self.then_button.setAccessibleName(spoken)
        self.then_button.setToolTip(spoken)
        self._measure_words()
        self._fit_words()

    # -- sending --------------------------------------------------------------------------------------------------
    def _send_menu(self) -> None:
        menu, closing = Menu(self), self.closing
        if closing is not None:
            words = tr("Send and set {status}").format(status=named(closing.name))
            done = Afterwards(closing.key, self.then.assign_to, self.then.go_next)
            menu.add(words, lambda: self.send_asked.emit(done, None), icon_name="circle-check", key="Ctrl+Shift+Return")
            words = tr("Send, set {status} and go to the next ticket").format(status=named(closing.name))
            on = Afterwards(closing.key, self.then.assign_to, go_next=True)
            menu.add(words, lambda: self.send_asked.emit(on, None), icon_name="chevrons-down", key="Ctrl+Alt+Return")
        menu.addSeparator()
        now = datetime.now().astimezone()
        for words, at in (
            (tr("Send in one hour"), now + timedelta(hours=1)),
            (tr("Send tomorrow at {time}"), morning(now, 1)),
            (tr("Send on Monday at {time}"), morning(now, (7 - now.weekday()) or 7)),
        ):
            shown = words.format(time=clock_text(at))
            menu.add(shown, lambda when=at: self.send_asked.emit(None, when), icon_name="clock")  # type: ignore[misc]
        menu.add(tr("Choose date and time…"), self.later_asked.emit, icon_name="alarm-clock")
        menu.add(tr("Later only unless the customer writes first"), self._switch_unless, checked=self.unless_written)
        menu.below(self.send_more, above=True)

    def _switch_unless(self) -> None:
        self.unless_written = not self.unless_written


def morning(now: datetime, days: int) -> datetime:
    """Return 8:00 of a day, counted from today."""
    return (now + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
