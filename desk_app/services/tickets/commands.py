"""Everything that changes a ticket: one place, one transaction, one history (architecture.md "How data flows" 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk_app.domain.messages.model import Address, Direction
from desk_app.domain.messages.original_sender import original_sender
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import LinkKind, Priority, StatusCategory, Ticket
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.unit_of_work import StaleTicketError, UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line
from desk_app.services.tickets.joining import absorb, refresh, release
from desk_app.services.tickets.statuses import Statuses, change_status

_TAG_CHARS = 60


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command went for one ticket; `error` is for people, "" where `ok`."""

    ticket_id: int
    ok: bool
    error: str = ""


class CommandRefusedError(Exception):
    """A command cannot be done; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class RequesterChange:
    """What changing the requester means for the next reply (CU-04): the addresses to choose from, the first
    proposed.
    """

    requester_id: int
    reply_addresses: tuple[str, ...]


class TicketService:
    """Commands on tickets. Those on several tickets do what they can and report each ticket."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    # -- plain changes ------------------------------------------------------------------------------------------------

    def assign(self, ticket_ids: Sequence[int], agent_id: int | None, actor: Actor) -> list[CommandResult]:
        """Give tickets to an agent, or to nobody."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            agent = uow.people.agent(agent_id) if agent_id is not None else None
            if agent_id is not None and (agent is None or not agent.active):
                raise CommandRefusedError("There is no such active agent.")
            if ticket.assignee_id == agent_id:
                return
            before = uow.people.agent(ticket.assignee_id) if ticket.assignee_id is not None else None
            ticket.assignee_id = agent_id
            names = ("assignee", before.name if before else None, agent.name if agent else None)
            self._write(uow, ticket, "AssigneeChanged", actor, change=names, data={"agent_id": agent_id})

        return self._each(ticket_ids, change)

    def set_status(self, ticket_ids: Sequence[int], status_key: str, actor: Actor) -> list[CommandResult]:
        """Give tickets another status."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            statuses = Statuses(uow.tickets.statuses())
            old, new = statuses.by_id(ticket.status_id), statuses.by_key(status_key, ticket.department_id)
            if old.id == new.id and ticket.snoozed_until_at is None:
                return
            at = uow.now()
            events = []
            if ticket.snoozed_until_at is not None:
                until = ticket.snoozed_until_at.isoformat()
                ticket.snoozed_until_at = None
                events.append(line(ticket, "Woken", actor, at, change=("snoozed_until_at", until, None)))
            if old.id != new.id:
                events.append(change_status(ticket, old, new, actor, at, ""))
            ticket.updated_at = at
            uow.tickets.save(ticket)
            uow.tickets.record(events)
            uow.changed("ticket", ticket.id, "update", ticket.department_id)

        return self._each(ticket_ids, change)

    def set_priority(self, ticket_ids: Sequence[int], priority: Priority, actor: Actor) -> list[CommandResult]:
        """Give tickets another priority."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            old, ticket.priority = ticket.priority, Priority(priority)
            if old is not ticket.priority:
                names = ("priority", old.value, ticket.priority.value)
                self._write(uow, ticket, "PriorityChanged", actor, change=names)

        return self._each(ticket_ids, change)

    def rename(self, ticket_id: int, subject: str, actor: Actor) -> CommandResult:
        """Give a ticket another subject; its thread does not depend on it (CO-16)."""
        subject = " ".join(subject.split())

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            old, ticket.subject = ticket.subject, subject
            if old != subject:
                self._write(uow, ticket, "SubjectChanged", actor, change=("subject", old, subject))

        return self._each([ticket_id], change)[0]

    def tag(
        self, ticket_ids: Sequence[int], add: Sequence[str], remove: Sequence[str], actor: Actor
    ) -> list[CommandResult]:
        """Add and remove tags; tags are lower case, without blanks at their ends."""
        added, removed = _tags(add), _tags(remove)

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            old = uow.tickets.tags(ticket.id)
            new = [t for t in old if t not in removed] + [t for t in added if t not in old and t not in removed]
            if list(old) != new:
                uow.tickets.set_tags(ticket.id, new)
                self._write(uow, ticket, "TagsChanged", actor, change=("tags", ", ".join(old), ", ".join(sorted(new))))

        return self._each(ticket_ids, change)

    def snooze(self, ticket_ids: Sequence[int], until_at: datetime | None, actor: Actor) -> list[CommandResult]:
        """Hide tickets until an instant, or wake them with None; the customer's next mail wakes them too (IN-12)."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if until_at is not None and until_at <= uow.now():
                raise CommandRefusedError("The time to wake it lies in the past.")
            if until_at is not None and ticket.category is StatusCategory.CLOSED:
                raise CommandRefusedError("A closed ticket cannot be snoozed.")
            old = ticket.snoozed_until_at
            if old == until_at:
                return
            ticket.snoozed_until_at = until_at
            names = ("snoozed_until_at", old.isoformat() if old else None, until_at.isoformat() if until_at else None)
            self._write(uow, ticket, "Snoozed" if until_at else "Woken", actor, change=names)

        return self._each(ticket_ids, change)

    def move(self, ticket_ids: Sequence[int], department_id: int, actor: Actor) -> list[CommandResult]:
        """Move tickets to another department, with everything that hangs on them."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            names = {d.id: d.name for d in uow.people.departments()}
            if department_id not in names:
                raise CommandRefusedError("There is no such department.")
            old = ticket.department_id
            if old == department_id:
                return
            ticket.department_id = department_id
            self._write(uow, ticket, "Moved", actor, change=("department", names.get(old), names[department_id]))
            uow.changed("ticket", ticket.id, "update", old)

        return self._each(ticket_ids, change)

    def mark_spam(self, ticket_ids: Sequence[int], spam: bool, actor: Actor) -> list[CommandResult]:
        """Put tickets among the spam, or take them out."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if ticket.spam != spam:
                ticket.spam = spam
                self._write(uow, ticket, "MarkedSpam" if spam else "ClearedSpam", actor)

        return self._each(ticket_ids, change)

    def trash(self, ticket_ids: Sequence[int], actor: Actor) -> list[CommandResult]:
        """Put tickets into the trash, from where they can come back for the desk's number of days (IN-32)."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if ticket.trashed_at is None:
                ticket.trashed_at = uow.now()
                self._write(uow, ticket, "Trashed", actor)

        return self._each(ticket_ids, change)

    def restore(self, ticket_ids: Sequence[int], actor: Actor) -> list[CommandResult]:
        """Take tickets out of the trash."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if ticket.trashed_at is not None:
                ticket.trashed_at = None
                self._write(uow, ticket, "Restored", actor)

        return self._each(ticket_ids, change)

    def purge(self, ticket_ids: Sequence[int], actor: Actor, reason: str) -> list[CommandResult]:
        """Delete tickets in the trash for good; the log of purges and the ledger's tombstones stay (IN-32)."""

        def change(uow: UnitOfWork, ticket: Ticket) -> None:
            if ticket.trashed_at is None:
                raise CommandRefusedError("Only a ticket in the trash can be deleted for good.")
            uow.tickets.purge(ticket.id, actor_name=actor.name, reason=reason)
            uow.changed("ticket", ticket.id, "delete", ticket.department_id)

        return self._each(ticket_ids, change, follow=False)

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

        def change(uow: UnitOfWork, source: Ticket) -> None:
            target = uow.tickets.survivor(target_id)
            if target is None:
                raise CommandRefusedError("The ticket to merge into is gone.")
            absorb(uow, source, target, actor, uow.now(), cause=f"{actor.name} merged the tickets.")

        return self._each(source_ids, change, follow=False)

    def unmerge(self, source_id: int, actor: Actor) -> CommandResult:
        """Take a merged ticket apart again: it gets back the messages it brought (IN-14)."""
        return self._each([source_id], lambda uow, t: release(uow, t, actor, uow.now()), follow=False)[0]

    def split(self, message_ids: Sequence[int], actor: Actor, subject: str = "") -> int:
        """Move messages of one ticket into a new, linked one and return its id (IN-15). Raises CommandRefusedError."""
        with self._uow() as uow:
            records = _records(uow, message_ids)
            tickets = {r.ticket_id for r in records}
            source = uow.tickets.get(tickets.pop()) if len(tickets) == 1 else None
            if source is None:
                raise CommandRefusedError("The messages to split off must stand in one ticket.")
            if len(records) == source.message_count:
                raise CommandRefusedError("At least one message must stay.")
            new = self._split_off(uow, source, records, actor, subject)
            uow.commit()
        return new.id

    def _split_off(
        self, uow: UnitOfWork, source: Ticket, records: Sequence[MessageRecord], actor: Actor, subject: str
    ) -> Ticket:
        at, first = uow.now(), records[0]
        statuses = Statuses(uow.tickets.statuses())
        contact = uow.contacts.get(first.contact_id) if first.contact_id is not None else None
        status = (
            statuses.working() if source.category is not StatusCategory.CLOSED else statuses.by_id(source.status_id)
        )
        new = Ticket(
            id=0,
            number=uow.tickets.next_number(uow.settings.desk().number_format),
            department_id=source.department_id,
            account_id=first.account_id or source.account_id,
            channel=source.channel,
            subject=subject or first.subject or source.subject,
            status_id=status.id,
            category=status.category,
            requester_id=contact.id if contact else source.requester_id,
            requester_name=first.author_name if contact else source.requester_name,
            requester_email=first.author_email if contact else source.requester_email,
            created_at=at,
            updated_at=at,
            activity_at=at,
            language=source.language,
            imported=source.imported,
            closed_at=source.closed_at,
            follows_id=source.id,
            link_kind=LinkKind.SPLIT,
            mailbox_ids=(first.account_id,) if first.account_id is not None else source.mailbox_ids,
        )
        uow.tickets.add(new)
        uow.messages.move([r.id for r in records], new.id)
        for ticket in (source, new):
            refresh(uow, ticket)
            ticket.updated_at = at
            uow.tickets.save(ticket)
            uow.changed("ticket", ticket.id, "update", ticket.department_id)
        ids = [r.id for r in records]
        created = {"linked": {"kind": LinkKind.SPLIT.value, "ticket_id": source.id}, "message_ids": ids}
        cause = f"{actor.name} split it off ticket {source.number}."
        uow.tickets.record(
            [
                line(new, "TicketCreated", actor, at, cause=cause, data=created),
                line(
                    source, "TicketSplit", actor, at, change=("split_off", None, new.number), data={"message_ids": ids}
                ),
            ]
        )
        return new

    def attach_to(self, message_id: int, ticket_id: int, actor: Actor) -> CommandResult:
        """Put one message into another ticket: the one-click cure for a wrong thread (pains.md 15).

        A ticket that loses its last message goes into that ticket as a merge, so that later mail to it arrives there
        too.
        """
        with self._uow() as uow:
            (record,) = _records(uow, [message_id])
            source, target = uow.tickets.get(record.ticket_id), uow.tickets.survivor(ticket_id)
            if source is None or target is None:
                return CommandResult(ticket_id, ok=False, error="The ticket is gone.")
            if source.id == target.id:
                return CommandResult(target.id, ok=True)
            at = uow.now()
            cause = f"{actor.name} put the message here."
            if source.message_count == 1:
                try:
                    absorb(uow, source, target, actor, at, cause=cause)
                except ValueError as error:
                    return CommandResult(ticket_id, ok=False, error=str(error))
            else:
                self._carry(uow, record, source, target, actor, at)
            uow.commit()
        return CommandResult(target.id, ok=True)

    def _carry(
        self, uow: UnitOfWork, record: MessageRecord, source: Ticket, target: Ticket, actor: Actor, at: datetime
    ) -> None:
        uow.messages.move([record.id], target.id)
        names = ("ticket", source.number, target.number)
        for ticket, kind in ((source, "MessageMovedAway"), (target, "MessageMovedHere")):
            refresh(uow, ticket)
            ticket.updated_at = at
            uow.tickets.save(ticket)
            uow.tickets.record([line(ticket, kind, actor, at, change=names, message_id=record.id)])
            uow.changed("ticket", ticket.id, "update", ticket.department_id)

    # -- the customer -------------------------------------------------------------------------------------------------

    def change_requester(self, ticket_id: int, email: str, name: str, actor: Actor) -> RequesterChange:
        """Make somebody else the customer of a ticket. The answer lists the addresses the next reply may use; the
        caller asks (CU-04). Raises CommandRefusedError."""
        email = email.strip().lower()
        if "@" not in email:
            raise CommandRefusedError("That is no e-mail address.")
        with self._uow() as uow:
            ticket = uow.tickets.survivor(ticket_id)
            if ticket is None:
                raise CommandRefusedError("The ticket is gone.")
            if email in uow.accounts.own_addresses():
                raise CommandRefusedError("That is one of the desk's own addresses.")
            contact = uow.contacts.get_or_create(
                email, name or email.partition("@")[0], language="", department_id=ticket.department_id, at=uow.now()
            )
            old = ticket.requester_email
            ticket.requester_id = contact.id
            ticket.requester_email = email
            ticket.requester_name = name or contact.name
            self._write(uow, ticket, "RequesterChanged", actor, change=("requester", old, email))
            uow.commit()
        others = [a.address for a in contact.addresses if a.kind == "email" and a.address != email]
        return RequesterChange(contact.id, tuple(dict.fromkeys([email, *others, *([old] if old else [])])))

    def original_sender(self, ticket_id: int, message_id: int) -> Address | None:
        """Return who wrote the mail that an agent forwarded, for a preview; nothing is changed (MB-33)."""
        with self._uow() as uow:
            record = uow.messages.get(message_id)
            if record is None or record.ticket_id != ticket_id or record.direction is not Direction.INBOUND:
                return None
            return original_sender(record.text, ignore=uow.accounts.own_addresses() | {record.author_email})

    # -- how all of them work -----------------------------------------------------------------------------------------

    def _each(
        self, ticket_ids: Sequence[int], change: Callable[[UnitOfWork, Ticket], None], *, follow: bool = True
    ) -> list[CommandResult]:
        """Do `change` for every ticket, each in its own savepoint. With `follow`, merged tickets stand for their
        survivor.
        """
        with self._uow() as uow:
            results = [self._one(uow, ticket_id, change, follow=follow) for ticket_id in dict.fromkeys(ticket_ids)]
            uow.commit()
        return results

    def _one(
        self, uow: UnitOfWork, ticket_id: int, change: Callable[[UnitOfWork, Ticket], None], *, follow: bool
    ) -> CommandResult:
        try:
            with uow.savepoint():
                ticket = uow.tickets.survivor(ticket_id) if follow else uow.tickets.get(ticket_id)
                if ticket is not None:
                    change(uow, ticket)
        except StaleTicketError:
            return CommandResult(ticket_id, ok=False, error="Somebody else changed the ticket at the same moment.")
        except (CommandRefusedError, LookupError, ValueError) as error:
            return CommandResult(ticket_id, ok=False, error=str(error))
        return CommandResult(
            ticket_id, ok=ticket is not None, error="" if ticket is not None else "The ticket is gone."
        )

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
        uow.tickets.record([line(ticket, kind, actor, at, change=change, data=data)])
        uow.changed("ticket", ticket.id, "update", ticket.department_id)


def _tags(tags: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(t for tag in tags if (t := " ".join(tag.lower().split())[:_TAG_CHARS])))


def _records(uow: UnitOfWork, message_ids: Sequence[int]) -> list[MessageRecord]:
    records = [uow.messages.get(i) for i in sorted(set(message_ids))]
    found = [r for r in records if r is not None]
    if not found or len(found) != len(records):
        raise CommandRefusedError("The message is gone.")
    return found
