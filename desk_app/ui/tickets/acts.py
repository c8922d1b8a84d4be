"""What an agent does to tickets: the command, the message afterwards, the way back (ui.md 4.6: undo, not questions)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, Signal

from desk_app.domain.messages.model import Address
from desk_app.domain.tickets.model import Priority
from desk_app.services.tickets.commands import CommandResult
from desk_app.ui.language import named, said, tr
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import full_time, priority_name

Results = Sequence[CommandResult] | CommandResult | None


class TicketActs(QObject):
    """Runs ticket commands off the GUI thread and announces the outcome."""

    told = Signal(str, object, str)
    """Text, undo (callable or None), icon name."""
    refused = Signal(str)
    done = Signal(object)
    """A frozenset of ticket ids that changed."""
    open_asked = Signal(int)

    def __init__(self, session: DeskSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    def _run(
        self,
        ids: Sequence[int],
        call: Callable[[], Any],
        text: str = "",
        *,
        undo: Callable[[], object] | None = None,
        icon: str = "circle-check",
        then: Callable[[Any], None] | None = None,
    ) -> None:
        def finished(outcome: Any) -> None:
            failed = [one for one in _results(outcome) if not one.ok]
            if failed:
                self.refused.emit(_failures(failed, len(ids)))
            if text and len(failed) < max(1, len(ids)):
                self.told.emit(text, undo, icon)
            if then is not None and not failed:
                then(outcome)
            self.done.emit(frozenset(ids))

        self._session.work.write(call, finished, owner=self)

    @property
    def _tickets(self) -> Any:
        return self._session.desk.tickets

    def assign(
        self, ids: Sequence[int], agent_id: int | None, before: int | None = None, *, undoing: bool = False
    ) -> None:
        """Give tickets to an agent, None to nobody."""
        agent = self._session.facts.agent(agent_id)
        words = tr("Assigned to {name}").format(name=agent.name) if agent else tr("Nobody is assigned now")
        undo = None if undoing or len(ids) > 1 else (lambda: self.assign(ids, before, undoing=True))
        self._run(ids, lambda: self._tickets.assign(ids, agent_id, self._session.actor), words, undo=undo, icon="user")

    def set_status(self, ids: Sequence[int], key: str, before: str = "", *, undoing: bool = False) -> None:
        """Give tickets another status."""
        status = self._session.facts.status(key)
        words = tr("Status: {status}").format(status=named(status.name) if status else key)
        undo = None if undoing or not before else (lambda: self.set_status(ids, before, undoing=True))
        self._run(ids, lambda: self._tickets.set_status(ids, key, self._session.actor), words, undo=undo)

    def resolve(self, ids: Sequence[int], before: str = "") -> None:
        """Close tickets."""
        closing = next((one for one in self._session.facts.statuses if one.category.value == "closed"), None)
        if closing is not None:
            self.set_status(ids, closing.key, before or self._open_key())

    def _open_key(self) -> str:
        found = [one for one in self._session.facts.statuses if one.category.value == "open"]
        return next((one.key for one in found if one.key == "open"), found[0].key if found else "")

    def set_priority(
        self, ids: Sequence[int], priority: Priority, before: Priority | None = None, *, undoing: bool = False
    ) -> None:
        """Give tickets another priority."""
        words = tr("Priority: {priority}").format(priority=priority_name(priority))
        undo = None if undoing or before is None else (lambda: self.set_priority(ids, before, undoing=True))
        self._run(
            ids, lambda: self._tickets.set_priority(ids, priority, self._session.actor), words, undo=undo, icon="flag"
        )

    def tag(self, ids: Sequence[int], add: Sequence[str], remove: Sequence[str], *, undoing: bool = False) -> None:
        """Add and remove tags."""
        undo = None if undoing else (lambda: self.tag(ids, remove, add, undoing=True))
        words = tr("Tags changed")
        self._run(ids, lambda: self._tickets.tag(ids, add, remove, self._session.actor), words, undo=undo, icon="tag")

    def rename(self, ticket_id: int, subject: str) -> None:
        """Change a subject."""
        self._run([ticket_id], lambda: self._tickets.rename(ticket_id, subject, self._session.actor))

    def snooze(self, ids: Sequence[int], until_at: datetime | None) -> None:
        """Hide tickets until an instant; None wakes them."""
        words = tr("Snoozed until {when}").format(when=full_time(until_at)) if until_at else tr("Awake again")
        undo = (lambda: self.snooze(ids, None)) if until_at else None
        self._run(
            ids, lambda: self._tickets.snooze(ids, until_at, self._session.actor), words, undo=undo, icon="alarm-clock"
        )

    def move(self, ids: Sequence[int], department_id: int, name: str) -> None:
        """Move tickets to another department."""
        words = tr("Moved to {department}").format(department=name)
        self._run(ids, lambda: self._tickets.move(ids, department_id, self._session.actor), words, icon="folder")

    def mark_spam(self, ids: Sequence[int], *, spam: bool, undoing: bool = False) -> None:
        """Put tickets among the spam, or take them out."""
        words = tr("%n ticket(s) moved to spam", len(ids)) if spam else tr("No spam any more")
        undo = None if undoing else (lambda: self.mark_spam(ids, spam=not spam, undoing=True))
        self._run(
            ids, lambda: self._tickets.mark_spam(ids, spam, self._session.actor), words, undo=undo, icon="shield-alert"
        )

    def trash(self, ids: Sequence[int]) -> None:
        """Move tickets to the trash."""
        words = tr("%n ticket(s) moved to the trash", len(ids))
        self._run(
            ids,
            lambda: self._tickets.trash(ids, self._session.actor),
            words,
            undo=lambda: self.restore(ids),
            icon="trash-2",
        )

    def restore(self, ids: Sequence[int]) -> None:
        """Take tickets out of the trash."""
        words = tr("%n ticket(s) restored", len(ids))
        self._run(ids, lambda: self._tickets.restore(ids, self._session.actor), words, icon="undo-2")

    def purge(self, ids: Sequence[int], reason: str) -> None:
        """Delete tickets in the trash for good; there is no way back."""
        words = tr("%n ticket(s) deleted for good", len(ids))
        self._run(ids, lambda: self._tickets.purge(ids, self._session.actor, reason), words, icon="trash-2")

    def merge(self, source_ids: Sequence[int], target_id: int) -> None:
        """Merge tickets into another one."""
        sources = [one for one in source_ids if one != target_id]

        def undo() -> None:
            def take_apart() -> list[CommandResult]:
                return [self._tickets.unmerge(one, self._session.actor) for one in sources]

            self._run([*sources, target_id], take_apart, tr("Taken apart again"), icon="split")

        self._run(
            [*sources, target_id],
            lambda: self._tickets.merge(sources, target_id, self._session.actor),
            tr("%n ticket(s) merged", len(sources)),
            undo=undo,
            icon="merge",
            then=lambda _outcome: self.open_asked.emit(target_id),
        )

    def split(self, ticket_id: int, message_ids: Sequence[int], subject: str) -> None:
        """Move messages to a new ticket and open it."""
        self._run(
            [ticket_id],
            lambda: self._tickets.split(message_ids, self._session.actor, subject),
            tr("Split into a new ticket"),
            icon="split",
            then=self.open_asked.emit,
        )

    def attach_to(self, message_id: int, from_ticket: int, ticket_id: int) -> None:
        """Move one message to another ticket."""
        self._run(
            [from_ticket, ticket_id],
            lambda: self._tickets.attach_to(message_id, ticket_id, self._session.actor),
            tr("Message moved"),
            undo=lambda: self.attach_to(message_id, ticket_id, from_ticket),
            icon="corner-up-left",
        )

    def change_requester(self, ticket_id: int, address: Address) -> None:
        """Make somebody else the customer."""
        self._run(
            [ticket_id],
            lambda: self._tickets.change_requester(ticket_id, address.email, address.name, self._session.actor),
            tr("The customer is now {name}").format(name=address.name or address.email),
            icon="users",
        )

    def original_sender(self, ticket_id: int, message_id: int, found: Callable[[Address | None], None]) -> None:
        """Look who wrote the mail an agent forwarded; nothing is changed (MB-33)."""
        self._session.work.run(lambda: self._tickets.original_sender(ticket_id, message_id), found, owner=self)

    def mark_unread(self, ids: Sequence[int]) -> None:
        """Make tickets unread for this agent."""
        agent_id = self._session.agent.id
        self._run(ids, lambda: [self._tickets.mark_seen(one, agent_id, 0) for one in ids] and None)


def _results(outcome: Any) -> list[CommandResult]:
    if isinstance(outcome, CommandResult):
        return [outcome]
    if isinstance(outcome, list):
        return [one for one in outcome if isinstance(one, CommandResult)]
    return []


def _failures(failed: Sequence[CommandResult], total: int) -> str:
    reasons = "; ".join(dict.fromkeys(said(one.error) for one in failed))
    if total == 1:
        return reasons
    return tr("{failed} of {total} tickets were not changed: {reasons}").format(
        failed=len(failed), total=total, reasons=reasons
    )
