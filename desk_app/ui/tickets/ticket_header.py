"""The two lines above a conversation: subject, status, assignee, commands (ui.md 4.4)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QStackedLayout, QToolButton, QWidget

from desk_app.services.queries.conversation import ConversationView
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import named, tr
from desk_app.ui.theme.icons import icon
from desk_app.ui.tickets.phrases import BUCKET_ICONS, bucket_name
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, icon_button, label, set_words
from desk_app.ui.widgets.layout import clear, column, row

SIDE = 28
"""The icons above a ticket, in px: close together, so that the name of the mailbox has room."""

RING = 6
"""The line that shows the keyboard's place stands so many px before the subject, the style sheet's border and padding:
it goes around the words and not through them."""

_LEAST_MARK = 72
"""The name of a mailbox gives way as far as that, in px: the list beside the ticket becomes narrower first."""


class SubjectLine(QWidget):
    """The subject; click, F2 or Return edits it, Esc reverts."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._subject = ""
        self._label = ElidedLabel("", "title", edges=2 * RING)
        self._label.setObjectName("subject")
        self._label.setIndent(0)
        self._label.setCursor(Qt.CursorShape.IBeamCursor)
        self._label.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._label.installEventFilter(self)
        self.input = QLineEdit()
        self.input.setAccessibleName(tr("Subject"))
        self.input.returnPressed.connect(self._finish)
        self.input.installEventFilter(self)
        self._stack = QStackedLayout(self)  # without a parent, its first page would be a window for a moment
        self._stack.addWidget(self._label)
        self._stack.addWidget(self.input)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self.setMinimumHeight(32)
        self.setMaximumHeight(38)

    def set_subject(self, subject: str) -> None:
        """Show another subject."""
        self._label.set_text(subject or tr("(no subject)"))
        self._label.setAccessibleName(tr("Subject: {subject}").format(subject=subject))
        self._subject = subject

    def edit(self) -> None:
        """Let the subject be changed."""
        self.input.setText(self._subject)
        self._stack.setCurrentIndex(1)
        self.input.setFocus()
        self.input.selectAll()

    def _finish(self) -> None:
        here = self.input.hasFocus()
        self._stack.setCurrentIndex(0)
        if here:
            self._label.setFocus()
        text = self.input.text().strip()
        if text and text != self._subject:
            self._subject = text
            self._label.set_text(text)
            self.renamed.emit(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Start and end editing."""
        if watched is self._label:
            pressed = event.type() == QEvent.Type.MouseButtonRelease
            keyed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
            if pressed or (keyed and event.key() in {Qt.Key.Key_F2, Qt.Key.Key_Return}):  # type: ignore[attr-defined]
                self.edit()
                return True
        elif watched is self.input:
            if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
                if event.type() == QEvent.Type.ShortcutOverride:
                    event.accept()  # else the window's own Escape takes it, and leaving keeps what is written
                    return True
                if event.type() == QEvent.Type.KeyPress:
                    self.input.setText(self._subject)
                    self._stack.setCurrentIndex(0)
                    self._label.setFocus()
                    return True
            if event.type() == QEvent.Type.FocusOut and self._stack.currentIndex() == 1:
                self._finish()
        return False


class TicketHeader(QWidget):
    """What a ticket is called and what state it is in; the buttons run actions of the registry."""

    def __init__(self, run_action: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName("surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self.subject = SubjectLine()
        self.status = button("", lambda: run_action("ticket.status"))
        self.assignee = button("", lambda: run_action("ticket.assign"), icon_name="circle-user")
        self.number = label("", "tertiary", selectable=True)
        self.number.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.marks = row(spacing=6)
        self.details = icon_button(
            "panel-right", tr("Details"), lambda: run_action("window.details"), key="Ctrl+Shift+\\", side=SIDE
        )
        self._steps = (
            icon_button("chevron-up", tr("Previous ticket"), lambda: run_action("list.previous"), key="K", side=SIDE),
            icon_button("chevron-down", tr("Next ticket"), lambda: run_action("list.next"), key="J", side=SIDE),
        )
        nav = row(*self._steps, self.details, spacing=2)
        self.more = icon_button("ellipsis", tr("More"), side=SIDE)
        self.buttons: dict[str, QToolButton] = {}
        for action, glyph, name, key in (
            ("ticket.tags", "tag", tr("Tags"), "T"),
            ("ticket.snooze", "alarm-clock", tr("Snooze"), "H"),
            ("ticket.resolve", "circle-check", tr("Resolve"), "E"),
        ):
            made = icon_button(glyph, name, lambda one=action: run_action(one), key=key, side=SIDE)  # type: ignore[misc]
            self.buttons[action] = made
        first = row(self.subject, nav, margins=(16 - RING, 0, 0, 0), spacing=8)
        first.setStretchFactor(self.subject, 1)
        tools = row(*self.buttons.values(), self.more, spacing=2)
        second = row(self.status, self.assignee, self.number, self.marks, None, tools, margins=(16, 0, 0, 0), spacing=4)
        second.insertSpacing(2, 0)
        self.setLayout(column(first, second, margins=(0, 8, 10, 9), spacing=6))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def leave_list(self) -> None:
        """There is no list beside the ticket: take the buttons away that step through it."""
        for one in self._steps:
            one.hide()

    def show_view(self, view: ConversationView, facts: DeskFacts) -> None:
        """Show a ticket's state."""
        ticket = view.ticket
        self.subject.set_subject(ticket.subject)
        glyph, tone = BUCKET_ICONS[ticket.bucket]
        name = named(view.status_name) if ticket.bucket.value == ticket.category.value else bucket_name(ticket.bucket)
        set_words(self.status, name)
        self.status.setIcon(icon(glyph, tone, tone))
        self.status.setAccessibleName(tr("Status: {status}").format(status=name))
        set_words(self.assignee, view.assignee_name or tr("Nobody"))
        self.assignee.setAccessibleName(tr("Assigned to {name}").format(name=view.assignee_name or tr("Nobody")))
        self.number.setText(f"#{ticket.number}")
        clear(self.marks)
        account = facts.account(ticket.account_id)
        if account is not None and account.name:
            name_mark = ElidedLabel(account.name, "chip", snug=True)
            name_mark.setMinimumWidth(min(name_mark.sizeHint().width(), _LEAST_MARK))
            self.marks.addWidget(name_mark, 0, Qt.AlignmentFlag.AlignVCenter)
        came = {"phone": tr("Phone"), "walk_in": tr("Walk-in"), "other": tr("Another way")}.get(ticket.channel)
        if came:
            self.marks.addWidget(chip(came, "violet"))
