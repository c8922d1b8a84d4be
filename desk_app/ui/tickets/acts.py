"""What an agent does to tickets: the command, the message afterwards, the way back (ui.md 4.6: undo, not questions)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal

from desk_app.domain.tickets.model import Priority
from desk_app.ui.language import named, said, tr
from desk_app.ui.tickets.job_acts import JobActs
from desk_app.ui.tickets.phrases import full_time, priority_name

if TYPE_CHECKING:
    from desk_app.domain.messages.model import Address
    from desk_app.domain.tickets.links import Relation
    from desk_app.services.tickets.commands import TicketService
    from desk_app.services.tickets.message_moves import MessageMoveService
    from desk_app.services.tickets.results import CommandResult


class TicketActs(JobActs):
    """Runs ticket commands off the GUI thread, as jobs where they change fields, and announces the outcome."""

    told = Signal(str, object, str)
    """Text, undo (callable or None), icon name."""
    open_asked = Signal(int)
    requester_changed = Signal(int)
    """A ticket has another customer: somebody may want to choose where the next reply goes."""

    @property
    def _tickets(self) -> TicketService:
        return self._session.desk.tickets

    @property
    def _moves(self) -> MessageMoveService:
        return self._session.desk.message_moves

    # -- fields of tickets ---------------------------------------------------------------------------------------------

    def assign(self, ids: Sequence[int], agent_id: int | None) -> None:
        """Give tickets to an agent, None to nobody."""
        agent = self._session.facts.agent(agent_id)
        words = tr("Assigned to {name}").format(name=agent.name) if agent else tr("Nobody is assigned now")
        self.change(ids, "assign", {"agent_id": agent_id}, words, icon="user")

    def set_status(self, ids: Sequence[int], key: str) -> None:
        """Give tickets another status."""
        status = self._session.facts.status(key)
        words = tr("Status: {status}").format(status=named(status.name) if status else key)
        self.change(ids, "status", {"key": key}, words)

    def resolve(self, ids: Sequence[int]) -> None:
        """Close tickets."""
        closing = next((one for one in self._session.facts.statuses if one.category.value == "closed"), None)
        if closing is not None:
            self.set_status(ids, closing.key)

    def set_priority(self, ids: Sequence[int], priority: Priority) -> None:
        """Give tickets another priority."""
        words = tr("Priority: {priority}").format(priority=priority_name(priority))
        self.change(ids, "priority", {"priority": priority.value}, words, icon="flag")

    def tag(self, ids: Sequence[int], add: Sequence[str], remove: Sequence[str]) -> None:
        """Add and remove tags."""
        self.change(ids, "tag", {"add": list(add), "remove": list(remove)}, tr("Tags changed"), icon="tag")

    def rename(self, ticket_id: int, subject: str) -> None:
        """Change a subject."""
        self.change([ticket_id], "rename", {"subject": subject}, tr("Subject changed"), icon="square-pen")

    def snooze(self, ids: Sequence[int], until_at: datetime | None) -> None:
        """Hide tickets until an instant; None wakes them."""
        words = tr("Snoozed until {when}").format(when=full_time(until_at)) if until_at else tr("Awake again")
        self.change(ids, "snooze", {"until_at": _iso(until_at)}, words, icon="alarm-clock")

    def set_due(self, ids: Sequence[int], due_at: datetime | None) -> None:
        """Say by when something is promised; None takes the promise away."""
        words = tr("Due {when}").format(when=full_time(due_at)) if due_at else tr("Not due any more")
        self.change(ids, "due", {"due_at": _iso(due_at)}, words, icon="clock")

    def move(self, ids: Sequence[int], department_id: int, name: str) -> None:
        """Move tickets to another department."""
        words = tr("Moved to {department}").format(department=name)
        self.change(ids, "move", {"department_id": department_id}, words, icon="folder")

    def move_to_mailbox(self, ids: Sequence[int], account_id: int, name: str) -> None:
        """Give tickets to one mailbox; answers leave from it."""
        words = tr("Moved to {mailbox}").format(mailbox=name)
        self.change(ids, "mailbox", {"account_id": account_id}, words, icon="mail")

    def mark_spam(self, ids: Sequence[int], *, spam: bool) -> None:
        """Put tickets among the spam, or take them out."""
        words = tr("Moved to spam") if spam else tr("No spam any more")
        self.change(ids, "spam", {"spam": spam}, words, icon="shield-alert")

    def trash(self, ids: Sequence[int]) -> None:
        """Move tickets to the trash."""
        self.change(ids, "trash", {}, tr("Moved to the trash"), icon="trash-2")

    def take_away(self, ids: Sequence[int]) -> None:
        """Move tickets to the trash because what opened them is taken back."""
        self.change(ids, "trash", {}, tr("Taken back: it is in the trash"), icon="undo-2", undo=False)

    def restore(self, ids: Sequence[int]) -> None:
        """Take tickets out of the trash."""
        self.change(ids, "restore", {}, tr("Restored"), icon="undo-2")

    def purge(self, ids: Sequence[int], reason: str) -> None:
        """Delete tickets in the trash for good; there is no way back."""
        self.change(ids, "purge", {"reason": reason}, tr("Deleted for good"), icon="trash-2", undo=False)

    def mark_unread(self, ids: Sequence[int], *, unread: bool = True) -> None:
        """Make tickets unread for this agent, or read."""
        words = tr("Marked as unread") if unread else tr("Marked as read")
        self.change(ids, "read", {"read": not unread}, words, icon="mail")

    def change_requester(self, ticket_id: int, address: Address) -> None:
        """Make somebody else the customer."""
        words = tr("The customer is now {name}").format(name=address.name or address.email)
        self.change(
            [ticket_id],
            "requester",
            {"email": address.email, "name": address.name},
            words,
            icon="users",
            then=lambda: self.requester_changed.emit(ticket_id),
        )

    def merge(self, source_ids: Sequence[int], target_id: int) -> None:
        """Merge tickets into another one and show it."""
        sources = [one for one in source_ids if one != target_id]
        self.change(
            sources,
            "merge",
            {"target_id": target_id},
            tr("Merged"),
            icon="merge",
            also=[target_id],
            then=lambda: self.open_asked.emit(target_id),
        )

    # -- messages ------------------------------------------------------------------------------------------------------

    def split(self, ticket_id: int, message_ids: Sequence[int], subject: str) -> None:
        """Move messages to a new ticket and open it; the way back merges it into the old one."""

        def undo(new_id: int) -> None:
            self._run(
                [ticket_id, new_id],
                lambda: self._tickets.merge([new_id], ticket_id, self._session.actor),
                tr("Taken back"),
                icon="undo-2",
                then=lambda _outcome: self.open_asked.emit(ticket_id),
            )

        self._run(
            [ticket_id],
            lambda: self._moves.split(message_ids, self._session.actor, subject),
            tr("Split into a new ticket"),
            undo=lambda new_id: lambda: undo(new_id),
            icon="split",
            then=self.open_asked.emit,
        )

    def attach_to(self, message_id: int, from_ticket: int, ticket_id: int) -> None:
        """Move one message to another ticket. Where it was the only one, that was a merge, and the way back takes it
        apart."""

        def back() -> CommandResult:
            taken = self._tickets.unmerge(from_ticket, self._session.actor)
            if taken.ok:
                return taken
            return self._moves.attach_to(message_id, from_ticket, self._session.actor)

        self._run(
            [from_ticket, ticket_id],
            lambda: self._moves.attach_to(message_id, ticket_id, self._session.actor),
            tr("Message moved"),
            undo=lambda _outcome: lambda: self._run([from_ticket, ticket_id], back, tr("Taken back"), icon="undo-2"),
            icon="corner-up-left",
        )

    def unmerge(self, source_id: int, target_id: int | None = None) -> None:
        """Take a merged ticket out of the one that took over (`target_id`, for the way back) and open it."""

        def again() -> None:
            if target_id is not None:
                self.merge([source_id], target_id)

        self._run(
            [source_id],
            lambda: self._tickets.unmerge(source_id, self._session.actor),
            tr("Taken apart again"),
            undo=(lambda _outcome: again) if target_id is not None else None,
            icon="split",
            then=lambda _outcome: self.open_asked.emit(source_id),
        )

    # -- links and watchers --------------------------------------------------------------------------------------------

    def link(self, ticket_id: int, relation: Relation, other_id: int) -> None:
        """Link two tickets."""
        links, actor = self._session.desk.links, self._session.actor
        self._run(
            [ticket_id, other_id],
            lambda: links.link(ticket_id, relation, other_id, actor),
            tr("Linked"),
            undo=lambda _outcome: lambda: self.unlink(ticket_id, relation, other_id),
            icon="link",
        )

    def unlink(self, ticket_id: int, relation: Relation, other_id: int) -> None:
        """Take a link away."""
        links, actor = self._session.desk.links, self._session.actor
        self._run(
            [ticket_id, other_id],
            lambda: links.unlink(ticket_id, relation, other_id, actor),
            tr("The link is gone"),
            undo=lambda _outcome: lambda: self.link(ticket_id, relation, other_id),
            icon="link",
        )

    def watch(self, ids: Sequence[int], *, on: bool) -> None:
        """Let this agent watch tickets, or stop that."""
        words = tr("You watch this ticket now") if on else tr("You do not watch this ticket any more")
        if len(ids) > 1:
            words = tr("You watch these tickets now") if on else tr("You do not watch these tickets any more")
        self.change(ids, "watch", {"on": on}, words, icon="eye" if on else "eye-off")

    def original_sender(self, ticket_id: int, message_id: int, found: Callable[[Address | None], None]) -> None:
        """Look who wrote the mail an agent forwarded; nothing is changed (MB-33)."""
        self._session.work.run(lambda: self._tickets.original_sender(ticket_id, message_id), found, owner=self)

    # -- everything else -----------------------------------------------------------------------------------------------

    def _run(
        self,
        ids: Sequence[int],
        call: Callable[[], Any],
        text: str = "",
        *,
        undo: Callable[[Any], Callable[[], object]] | None = None,
        icon: str = "circle-check",
        then: Callable[[Any], None] | None = None,
    ) -> None:
        """Run a command that is no job; `undo` gets its outcome and returns the way back."""

        def finished(outcome: Any) -> None:
            failed = [one for one in _results(outcome) if not one.ok]
            if failed:
                self.refused.emit(_failures(failed, len(ids)))
            elif text:
                self.told.emit(text, undo(outcome) if undo is not None else None, icon)
            if then is not None and not failed:
                then(outcome)
            self.done.emit(frozenset(ids))

        self._session.work.write(call, finished, owner=self)


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None


def _results(outcome: Any) -> list[CommandResult]:
    from desk_app.services.tickets.results import CommandResult

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
