"""Everything that changes a ticket: one place, one transaction, one history (architecture.md "How data flows" 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from desk_app.domain.messages.model import Address, Direction
from desk_app.domain.messages.original_sender import original_sender
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Priority, StatusCategory, Ticket
from desk_app.domain.tickets.tags import clean_tags
from desk_app.plugin_api.data import Change
from desk_app.services.plugins.asking import asked_before
from desk_app.services.plugins.guarding import CHANGE_GUARD, CHANGED_MEANWHILE, ask, restored
from desk_app.services.plugins.views import agent_view
from desk_app.services.ports.hooks import Hooks, NoHooks
from desk_app.services.ports.unit_of_work import StaleTicketError, UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line, written
from desk_app.services.tickets.joined import joined
from desk_app.services.tickets.joining import absorb, release
from desk_app.services.tickets.known import Known
from desk_app.services.tickets.restoring import CHANGED, Changes, ConflictError, Restorer
from desk_app.services.tickets.results import CommandRefusedError, CommandResult
from desk_app.services.tickets.statuses import change_status

T = TypeVar("T")


class TicketService:
    """Commands on tickets. Those on several tickets do what they can and report each ticket.

    A command is one transaction, unless the service was made by `within`. Plugins may refuse what changes a ticket;
    they are asked while none is open, and again where the ticket has changed until the command is repeated.
    """

    def __init__(
        self, uow: UnitOfWorkFactory, *, cause: str = "", together: bool = False, hooks: Hooks | None = None
    ) -> None:
        self._uow, self._cause, self._together = uow, cause, together
        self._hooks: Hooks = hooks or NoHooks()

    def within(
        self, uow: UnitOfWork, *, cause: str = "", together: bool = False, silent: bool = False
    ) -> TicketService:
        """Return the same commands inside an open unit of work, which the caller commits.

        `cause` is written into every line of history. With `together` the tickets of a command share one savepoint, the
        caller's: only a refusal, which comes before anything is written, is reported for its ticket; every other error
        is raised, and the caller rolls back and tries the tickets one by one. With `silent` nobody is told.
        """
        return TicketService(joined(uow, silent=silent), cause=cause, together=together, hooks=self._hooks)

    # -- plain changes ------------------------------------------------------------------------------------------------

    def assign(self, ticket_ids: Sequence[int], agent_id: int | None, actor: Actor) -> list[CommandResult]:
        """Give tickets to an agent, or to nobody."""

        known = Known()

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            agent = known.agent(uow, agent_id)
            if agent_id is not None and (agent is None or not agent.active):
                raise CommandRefusedError("There is no such active agent.")
            if ticket.assignee_id == agent_id:
                return
            before = known.agent(uow, ticket.assignee_id)
            self._ask(
                uow, ticket, actor, Change("assignee", before and agent_view(before), agent and agent_view(agent))
            )
            data: dict[str, object] = {"agent_id": agent_id, "agent_before": ticket.assignee_id}
            ticket.assignee_id = agent_id
            names = ("assignee", before.name if before else None, agent.name if agent else None)
            self._write(uow, ticket, "AssigneeChanged", actor, change=names, data=data)

        return self.each(ticket_ids, change)

    def set_status(self, ticket_ids: Sequence[int], status_key: str, actor: Actor) -> list[CommandResult]:
        """Give tickets another status."""

        known = Known()

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            statuses = known.statuses(uow)
            old, new = statuses.by_id(ticket.status_id), statuses.by_key(status_key, ticket.department_id)
            if old.id == new.id and ticket.snoozed_until_at is None:
                return
            changes = [] if old.id == new.id else [Change("status", old.key, new.key)]
            if ticket.snoozed_until_at is not None:
                changes.append(Change("snoozed", ticket.snoozed_until_at, None))
            self._ask(uow, ticket, actor, *changes)
            at = uow.now()
            events = []
            if ticket.snoozed_until_at is not None:
                woken = ("snoozed_until_at", written(ticket.snoozed_until_at), None)
                ticket.snoozed_until_at = None
                events.append(line(ticket, "Woken", actor, at, cause=self._cause, change=woken))
            if old.id != new.id:
                events.append(change_status(ticket, old, new, actor, at, self._cause))
            ticket.updated_at = at
            uow.tickets.save(ticket)
            uow.tickets.record(events)
            uow.changed("ticket", ticket.id, "update", ticket.department_id)

        return self.each(ticket_ids, change)

    def set_priority(self, ticket_ids: Sequence[int], priority: Priority, actor: Actor) -> list[CommandResult]:
        """Give tickets another priority."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            old, new = ticket.priority, Priority(priority)
            if old is not new:
                self._ask(uow, ticket, actor, Change("priority", old.value, new.value))
                ticket.priority = new
                names = ("priority", old.value, ticket.priority.value)
                self._write(uow, ticket, "PriorityChanged", actor, change=names)

        return self.each(ticket_ids, change)

    def rename(self, ticket_id: int, subject: str, actor: Actor) -> CommandResult:
        """Give a ticket another subject; its thread does not depend on it (CO-16)."""
        subject = " ".join(subject.split())

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            old = ticket.subject
            if old != subject:
                self._ask(uow, ticket, actor, Change("subject", old, subject))
                ticket.subject = subject
                self._write(uow, ticket, "SubjectChanged", actor, change=("subject", old, subject))

        return self.each([ticket_id], change)[0]

    def tag(
        self, ticket_ids: Sequence[int], add: Sequence[str], remove: Sequence[str], actor: Actor
    ) -> list[CommandResult]:
        """Add and remove tags; they are kept as `clean_tag` writes them."""
        added, removed = clean_tags(add), clean_tags(remove)

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            old = uow.tickets.tags(ticket.id)
            new = [t for t in old if t not in removed] + [t for t in added if t not in old and t not in removed]
            self._put_tags(uow, ticket, old, new, actor)

        return self.each(ticket_ids, change)

    def replace_tag(self, ticket_ids: Sequence[int], old: str, new: str, actor: Actor) -> list[CommandResult]:
        """Put one tag in the place of another where it stands; an empty `new` takes it away, an empty `old` adds."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            before = uow.tickets.tags(ticket.id)
            after = [one for one in before if one != old]
            after += [new] if new and new not in after else []
            self._put_tags(uow, ticket, before, after, actor)

        return self.each(ticket_ids, change, follow=False)

    def _put_tags(self, uow: UnitOfWork, ticket: Ticket, old: Sequence[str], new: Sequence[str], actor: Actor) -> None:
        if list(old) == list(new):
            return
        self._ask(uow, ticket, actor, Change("tags", tuple(old), tuple(sorted(new))))
        uow.tickets.set_tags(ticket.id, new)
        self._write(uow, ticket, "TagsChanged", actor, change=("tags", ", ".join(old), ", ".join(sorted(new))))

    def snooze(self, ticket_ids: Sequence[int], until_at: datetime | None, actor: Actor) -> list[CommandResult]:
        """Hide tickets until an instant, or wake them with None; the customer's next mail wakes them too (IN-12)."""
        until_at = until_at.astimezone(UTC) if until_at is not None else None

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if until_at is not None and until_at <= uow.now():
                raise CommandRefusedError("The time to wake it lies in the past.")
            if until_at is not None and ticket.category is StatusCategory.CLOSED:
                raise CommandRefusedError("A closed ticket cannot be snoozed.")
            old = ticket.snoozed_until_at
            if old == until_at:
                return
            self._ask(uow, ticket, actor, Change("snoozed", old, until_at))
            ticket.snoozed_until_at = until_at
            names = ("snoozed_until_at", written(old), written(until_at))
            self._write(uow, ticket, "Snoozed" if until_at else "Woken", actor, change=names)

        return self.each(ticket_ids, change)

    def set_due(self, ticket_ids: Sequence[int], due_at: datetime | None, actor: Actor) -> list[CommandResult]:
        """Give tickets the instant by which something is promised, or none (IN-04)."""
        due_at = due_at.astimezone(UTC) if due_at is not None else None

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            old = ticket.due_at
            if old != due_at:
                self._ask(uow, ticket, actor, Change("due", old, due_at))
                ticket.due_at = due_at
                self._write(uow, ticket, "DueChanged", actor, change=("due_at", written(old), written(due_at)))

        return self.each(ticket_ids, change)

    def move(self, ticket_ids: Sequence[int], department_id: int, actor: Actor) -> list[CommandResult]:
        """Move tickets to another department, with everything that hangs on them."""

        known = Known()

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            names = known.departments(uow)
            if department_id not in names:
                raise CommandRefusedError("There is no such department.")
            old = ticket.department_id
            if old == department_id:
                return
            self._ask(uow, ticket, actor, Change("department", names.get(old), names[department_id]))
            ticket.department_id = department_id
            self._write(uow, ticket, "Moved", actor, change=("department", names.get(old), names[department_id]))
            uow.changed("ticket", ticket.id, "update", old)

        return self.each(ticket_ids, change)

    def to_mailbox(self, ticket_ids: Sequence[int], account_id: int, actor: Actor) -> list[CommandResult]:
        """Give tickets to one mailbox: it alone shows them, answers leave from it, its department has them."""

        known = Known()

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            account = uow.accounts.get(account_id)
            if account is None:
                raise CommandRefusedError("The mailbox is gone.")
            if ticket.account_id == account_id and ticket.mailbox_ids == (account_id,):
                return
            old = uow.accounts.get(ticket.account_id) if ticket.account_id is not None else None
            department_id = ticket.department_id
            changes = [Change("mailbox", old.name if old is not None else None, account.name)]
            if department_id != account.department_id:
                departments = known.departments(uow)
                new = departments.get(account.department_id)
                changes.append(Change("department", departments.get(department_id), new))
            self._ask(uow, ticket, actor, *changes)
            ticket.account_id, ticket.mailbox_ids = account_id, (account_id,)
            ticket.department_id = account.department_id
            names = ("mailbox", old.name if old is not None else None, account.name)
            self._write(uow, ticket, "MailboxChanged", actor, change=names)
            if department_id != ticket.department_id:
                uow.changed("ticket", ticket.id, "update", department_id)

        return self.each(ticket_ids, change)

    def mark_spam(self, ticket_ids: Sequence[int], spam: bool, actor: Actor) -> list[CommandResult]:
        """Put tickets among the spam, or take them out."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if ticket.spam != spam:
                self._ask(uow, ticket, actor, Change("spam", not spam, spam))
                ticket.spam = spam
                self._write(uow, ticket, "MarkedSpam" if spam else "ClearedSpam", actor)

        return self.each(ticket_ids, change)

    def trash(self, ticket_ids: Sequence[int], actor: Actor) -> list[CommandResult]:
        """Put tickets into the trash, from where they can come back for the desk's number of days (IN-32)."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if ticket.trashed_at is None:
                self._ask(uow, ticket, actor, Change("trashed", False, True))
                ticket.trashed_at = uow.now()
                self._write(uow, ticket, "Trashed", actor)

        return self.each(ticket_ids, change)

    def restore(self, ticket_ids: Sequence[int], actor: Actor) -> list[CommandResult]:
        """Take tickets out of the trash."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if ticket.trashed_at is not None:
                self._ask(uow, ticket, actor, Change("trashed", True, False))
                ticket.trashed_at = None
                self._write(uow, ticket, "Restored", actor)

        return self.each(ticket_ids, change)

    def purge(self, ticket_ids: Sequence[int], actor: Actor, reason: str) -> list[CommandResult]:
        """Delete tickets in the trash for good; the log of purges and the ledger's tombstones stay (IN-32)."""

        doomed: list[int] = []

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if ticket.trashed_at is None:
                raise CommandRefusedError("Only a ticket in the trash can be deleted for good.")
            if self._together:
                doomed.append(ticket.id)
            else:
                uow.tickets.purge([ticket.id], actor_name=actor.name, reason=reason)

        results = self.each(ticket_ids, change, follow=False)
        if doomed:
            with self._uow() as uow:
                uow.tickets.purge(doomed, actor_name=actor.name, reason=reason)
        return results

    def mark_read(self, ticket_ids: Sequence[int], agent_id: int, *, read: bool = True) -> list[CommandResult]:
        """Note that an agent has read tickets to their end, or nothing of them."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            last = max(ticket.last_message_id or 0, ticket.last_inbound_id or 0)
            uow.tickets.mark_seen(ticket.id, agent_id, last if read else 0)

        return self.each(ticket_ids, change)

    def put_back(self, changes: Mapping[int, Changes], actor: Actor) -> list[CommandResult]:
        """Take changes of tickets back: each field gets the value it had before, and a merge is taken apart. A ticket
        that somebody changed since is left alone and reported."""
        restorers: list[Restorer] = []

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            wanted = changes[ticket.id]
            if self._hooks.wants(CHANGE_GUARD):
                self._ask(uow, ticket, actor, *restored(uow, ticket, wanted))
            if "merged_into_id" in wanted:
                if ticket.merged_into_id != wanted["merged_into_id"][1]:
                    raise CommandRefusedError(CHANGED)
                release(uow, ticket, actor, uow.now(), cause=self._cause)
                return
            if not restorers or restorers[-1].uow is not uow:
                restorers.append(Restorer(uow, actor, self._cause))
            try:
                restorers[-1].put_back(ticket, wanted)
            except ConflictError as error:
                raise CommandRefusedError(str(error)) from error

        return self.each(list(changes), change, follow=False)

    def mark_seen(self, ticket_id: int, agent_id: int, message_id: int) -> None:
        """Note how far an agent has read a ticket; 0 makes it unread."""
        with self._uow() as uow:
            ticket = uow.tickets.get(ticket_id)
            if ticket is not None:
                uow.tickets.mark_seen(ticket_id, agent_id, message_id)
                uow.changed("ticket", ticket_id, "update", ticket.department_id)
                uow.commit()

    # -- threads ------------------------------------------------------------------------------------------------------

    def merge(self, source_ids: Sequence[int], target_id: int, actor: Actor) -> list[CommandResult]:
        """Merge tickets into another one; later mail to them lands there (IN-13). `unmerge` undoes it."""

        cause = self._cause or f"{actor.name} merged the tickets."

        def change(uow: UnitOfWork, source: Ticket) -> None:
            target = uow.tickets.survivor(target_id)
            if target is None:
                raise CommandRefusedError("The ticket to merge into is gone.")
            self._ask(uow, source, actor, Change("merged", None, target.id))
            absorb(uow, source, target, actor, uow.now(), cause=cause)

        return self.each(source_ids, change, follow=False)

    def unmerge(self, source_id: int, actor: Actor) -> CommandResult:
        """Take a merged ticket apart again: it gets back the messages it brought (IN-14)."""

        def change(uow: UnitOfWork, source: Ticket) -> None:
            if source.merged_into_id is not None:
                self._ask(uow, source, actor, Change("merged", source.merged_into_id, None))
            release(uow, source, actor, uow.now())

        return self.each([source_id], change, follow=False)[0]

    # -- the customer -------------------------------------------------------------------------------------------------

    def change_requester(self, ticket_ids: Sequence[int], email: str, name: str, actor: Actor) -> list[CommandResult]:
        """Make somebody else the customer of tickets (CU-04)."""
        email = email.strip().lower()

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if "@" not in email:
                raise CommandRefusedError("That is no e-mail address.")
            if email in uow.accounts.own_addresses():
                raise CommandRefusedError("That is one of the desk's own addresses.")
            old = ticket.requester_email
            self._ask(uow, ticket, actor, Change("requester", old, email))
            contact = uow.contacts.get_or_create(
                email, name or email.partition("@")[0], language="", department_id=ticket.department_id, at=uow.now()
            )
            ticket.requester_id = contact.id
            ticket.requester_email = email
            ticket.requester_name = name or contact.name
            self._write(uow, ticket, "RequesterChanged", actor, change=("requester", old, email))

        return self.each(ticket_ids, change)

    def original_sender(self, ticket_id: int, message_id: int) -> Address | None:
        """Return who wrote the mail that an agent forwarded, for a preview; nothing is changed (MB-33)."""
        with self._uow() as uow:
            record = uow.messages.get(message_id)
            if record is None or record.ticket_id != ticket_id or record.direction is not Direction.INBOUND:
                return None
            return original_sender(record.text, ignore=uow.accounts.own_addresses() | {record.author_email})

    # -- how all of them work -----------------------------------------------------------------------------------------

    @property
    def cause(self) -> str:
        """What is written into the history as the cause."""
        return self._cause

    def each(
        self, ticket_ids: Sequence[int], change: Callable[[UnitOfWork, Ticket], None], *, follow: bool = True
    ) -> list[CommandResult]:
        """Do `change`, which records its own history, for every ticket, each in its own savepoint; one that refuses
        raises CommandRefusedError before it writes. With `follow`, merged tickets stand for their survivor.
        """
        wanted = tuple(dict.fromkeys(ticket_ids))
        return self.at_once(lambda uow: [self._one(uow, ticket_id, change, follow=follow) for ticket_id in wanted])

    def at_once(self, work: Callable[[UnitOfWork], T]) -> T:
        """Do `work`, which uses these commands `within` its unit of work, in one transaction that is committed; see
        `asked_before`."""
        return asked_before(self._uow, work)

    def _one(
        self, uow: UnitOfWork, ticket_id: int, change: Callable[[UnitOfWork, Ticket], None], *, follow: bool
    ) -> CommandResult:
        try:
            if self._together:
                ticket = _change_one(uow, ticket_id, change, follow=follow)
            else:
                with uow.savepoint():
                    ticket = _change_one(uow, ticket_id, change, follow=follow)
        except CommandRefusedError as error:
            return CommandResult(ticket_id, ok=False, error=str(error))
        except StaleTicketError:
            if self._together:
                raise
            return CommandResult(ticket_id, ok=False, error=CHANGED_MEANWHILE)
        except (LookupError, ValueError) as error:
            if self._together:
                raise
            return CommandResult(ticket_id, ok=False, error=str(error))
        return CommandResult(
            ticket_id, ok=ticket is not None, error="" if ticket is not None else "The ticket is gone."
        )

    def _ask(self, uow: UnitOfWork, ticket: Ticket, actor: Actor, *changes: Change) -> None:
        ask(self._hooks, uow, ticket, actor, *changes)

    def _write(
        self,
        uow: UnitOfWork,
        ticket: Ticket,
        kind: str,
        actor: Actor,
        *,
        change: tuple[str, str | None, str | None] | None = None,
        data: dict[str, object] | None = None,
    ) -> None:
        at = uow.now()
        ticket.updated_at = at
        uow.tickets.save(ticket)
        uow.tickets.record([line(ticket, kind, actor, at, cause=self._cause, change=change, data=data)])
        uow.changed("ticket", ticket.id, "update", ticket.department_id)


def _change_one(
    uow: UnitOfWork, ticket_id: int, change: Callable[[UnitOfWork, Ticket], None], *, follow: bool
) -> Ticket | None:
    ticket = uow.tickets.survivor(ticket_id) if follow else uow.tickets.get(ticket_id)
    if ticket is not None:
        change(uow, ticket)
    return ticket
