"""What the window tells after an act: done with its way back, refused, failed, a reply on its way (ui.md 4.6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.shell.undo import UndoEntry, UndoLog
from desk_app.ui.widgets.panels import Choice

if TYPE_CHECKING:
    from desk_app.services.messages.replies import ReplySent
    from desk_app.ui.messages.composer_foot import SendOrder
    from desk_app.ui.messages.writing import AddedNote
    from desk_app.ui.shell.window import MainWindow
    from desk_app.ui.tickets.ticket_window import TicketWindow

_LATER_SECONDS = 120
"""A reply that leaves later than this is no reply with a time to undo but one that was put off."""


class Told:
    """Turns outcomes into toasts."""

    def __init__(self, window: MainWindow | TicketWindow, main: Told | None = None) -> None:
        self._window = window
        self.log = UndoLog()
        self._under_way: dict[object, UndoEntry] = {}
        self.replies: dict[int, float] = main.replies if main is not None else {}
        """Outbox ids of replies, and when their time to undo ends: one book for all windows of the program."""

    def act(self, text: str, undo: Callable[[], object] | None, icon_name: str, choices: Sequence[Choice] = ()) -> None:
        """Tell that something was done, how to take it back, and what else can be done about it."""
        seconds = 12 if choices else 8 if undo else 5
        self._show(text, undo, icon_name=icon_name, seconds=seconds, choices=choices)

    def begun(self, act: object, text: str, undo: Callable[[], object]) -> None:
        """Remember how to take back what is still going on; nothing is told before it is `over`."""
        self._under_way[act] = self.log.push(text, undo)

    def over(self, act: object) -> None:
        """It is not going on any more: what became of it is told apart."""
        if (entry := self._under_way.pop(act, None)) is not None:
            self.log.drop(entry)

    def undo_last(self) -> None:
        """Take back the newest act that can be taken back, whether its message is still there or not."""
        entry = self.log.newest()
        if entry is None:
            self._window.notify(tr("There is nothing to undo any more."))
            return
        self._window.toast.take_away(f"undo:{id(entry)}")
        self.log.take(entry)

    def _show(
        self,
        text: str | Callable[[int], str],
        undo: Callable[[], object] | None,
        *,
        icon_name: str,
        seconds: int,
        choices: Sequence[Choice] = (),
        leaves: bool = False,
    ) -> None:
        """Show a message and remember its way back; one that `leaves` has it only while the message is there."""
        key = ""
        if undo is not None:
            words = text if isinstance(text, str) else text(seconds)
            entry = self.log.push(words, undo, seconds=seconds if leaves else None)
            choices = [(tr("Undo"), lambda: self.log.take(entry)), *choices]
            key = f"undo:{id(entry)}"
        self._window.toast.show_text(text, choices=choices, icon_name=icon_name, seconds=seconds, key=key)

    def refused(self, text: str) -> None:
        """Tell that something was not done."""
        self._window.toast.show_text(text, icon_name="triangle-alert", seconds=10)

    def problem(self, problem: Problem) -> None:
        """Tell what went wrong; what it means, what to do and the details are one press away."""
        from desk_app.ui.shell.error_details import ErrorDetails

        window = self._window
        choices: Sequence[tuple[str, Callable[[], object]]] = (
            [(tr("Details"), lambda: ErrorDetails(problem, window).open())] if problem.details else []
        )
        window.toast.show_text(problem.text, choices=choices, icon_name="triangle-alert", seconds=12, key=problem.kind)

    def back(self) -> None:
        """Tell that the database answers again."""
        self._window.toast.show_text(tr("Connected again"), icon_name="circle-check")

    def alarm(self, account_id: int, text: str) -> None:
        """Tell that a mailbox needs somebody."""
        choices = [(tr("Fix"), lambda: self._window.fix_mailbox(account_id))]
        self._window.toast.show_text(text, choices=choices, icon_name="circle-alert", seconds=20)

    def link(self, address: str) -> None:
        """Show where a link leads."""
        if address:
            self._window.toast.show_text(address, icon_name="link", seconds=3)

    def note_added(self, note: AddedNote) -> None:
        """Tell that a note is in, with its way back."""
        window = self._window

        def told(came_back: bool) -> None:
            window.notify(
                tr("Taken back: the note is in the composer again.")
                if came_back
                else tr("This note cannot be taken back any more.")
            )

        self.act(tr("Note added"), lambda: window.ticket_pane.take_back_note(note, told), "sticky-note")

    def reply_sent(self, sent: ReplySent, order: SendOrder) -> None:
        """Tell when a reply leaves, with Undo and Send now for as long as there is a choice."""
        from desk_app.domain.messages.side_conversations import SideDraft

        self._mail_leaves(sent, order.draft.ticket_id, aside=isinstance(order.draft, SideDraft))

    def ticket_opened(self, opened: ReplySent) -> None:
        """Tell that a ticket was opened by hand: its first mail has a time to undo as every reply, and what was a call
        goes to the trash."""
        if opened.outbox_id is not None:
            self._mail_leaves(opened, opened.ticket_id)
            return
        acts, ids = self._window.acts, (opened.ticket_id,)
        self.act(tr("The ticket is open"), lambda: acts.take_away(ids), "phone")

    def _mail_leaves(self, sent: ReplySent, ticket_id: int, *, aside: bool = False) -> None:
        outbox_id = sent.outbox_id
        if outbox_id is None:
            return
        window = self._window

        def told(came_back: bool) -> None:
            window.notify(
                tr("Taken back: the reply is in the composer again.") if came_back else tr("Too late: it has left.")
            )

        def undo() -> None:
            self.replies.pop(outbox_id, None)
            window.ticket_pane.take_back(outbox_id, ticket_id, told, aside=aside)

        left = int((sent.undo_until_at - datetime.now(UTC)).total_seconds()) if sent.undo_until_at is not None else 0
        if sent.state == "held":
            waits = (tr("Show"), lambda: window.show_page("outbox"))
            text = tr("Waits in the outbox: sending is switched off")
            self._show(text, undo, choices=[waits], icon_name="lock", seconds=10, leaves=True)
        elif left > _LATER_SECONDS:
            self._show(tr("The reply leaves later"), undo, icon_name="clock", seconds=10, leaves=True)
        elif left > 0:
            self.replies[outbox_id] = time.monotonic() + left
            self._show(
                lambda seconds: tr("Reply sends in {seconds} s").format(seconds=seconds),
                undo,
                choices=[(tr("Send now"), lambda: self._send_now(outbox_id))],
                icon_name="send",
                seconds=left,
                leaves=True,
            )
        else:
            self._show(tr("Reply on its way"), None, icon_name="send", seconds=6)

    def replies_waiting(self) -> list[int]:
        """Return the outbox ids of replies whose time to undo is running."""
        now = time.monotonic()
        return [outbox_id for outbox_id, ends in self.replies.items() if ends > now]

    def _send_now(self, outbox_id: int) -> None:
        outbox = self._window.session.desk.outbox
        self.replies.pop(outbox_id, None)

        def hurried(in_time: bool) -> None:
            self._window.notify(tr("Reply on its way") if in_time else tr("It has left already."))

        self._window.session.work.write(lambda: outbox.send_now(outbox_id), hurried, owner=self._window)
