"""Privacy requests: hand everything about a person out, or erase it, step by step with a log (CU-10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desk_app.domain.contacts.erasing import ErasedPerson, ErasureChoice
from desk_app.domain.contacts.model import Contact
from desk_app.domain.people.actor import SYSTEM, Actor
from desk_app.services.contacts.commands import existing
from desk_app.services.ports.privacy import PrivacyEntry
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is: steps done, steps in all, and what is being done ("tickets", "tables", "mail")."""

    done: int
    total: int
    what: str


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What an erasure is about. `messages` stand in tickets of other customers."""

    contact: Contact
    tickets: int
    messages: int


class PrivacyService:
    """Erases people, and keeps the log of what was handed out and erased."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def plan(self, contact_id: int) -> ErasurePlan:
        """Return what erasing a person is about; raises ValueError where there is no such person."""
        with self._uow() as uow:
            contact = existing(uow, contact_id)
            person = uow.privacy.person(contact.id)
            return ErasurePlan(contact, len(uow.privacy.own_tickets(person)), len(uow.privacy.elsewhere(person)))

    def log(self) -> list[PrivacyEntry]:
        """Return what was handed out and erased, newest first."""
        with self._uow() as uow:
            return list(uow.privacy.entries())

    def erase(self, contact_id: int, typed_name: str, choice: ErasureChoice, actor: Actor) -> Iterator[Progress]:
        """Erase a person, in steps with a transaction each; there is no way back.

        Stopped in between, what is gone stays gone, and calling it again goes on. Raises ValueError where the name
        typed is not the person's, or mail to the person is being sent at this moment.
        """
        with self._uow() as uow:
            contact = existing(uow, contact_id)
            if " ".join(typed_name.split()) != " ".join((contact.name or contact.primary_email).split()):
                raise ValueError("The name typed is not the name of this person.")
            person = uow.privacy.person(contact.id)
            stopped = uow.privacy.mail_to_others(person)
            if uow.privacy.stop_mail(person):
                raise ValueError("Mail to this person is being sent at this moment. Try again in a minute.")
            _tell_of_stopped(uow, stopped)
            tickets, messages = list(uow.privacy.own_tickets(person)), list(uow.privacy.elsewhere(person))
            parts = len(uow.privacy.stretches())
            uow.commit()
        total = len(tickets) + len(messages) + parts + 1
        done = 0
        for ticket_id in tickets:
            yield Progress(done, total, "tickets")
            self._ticket(ticket_id, person, choice, actor)
            done += 1
        for message_id in messages:
            yield Progress(done, total, "tickets")
            with self._uow() as uow:
                uow.privacy.anonymise_message(message_id, person)
                uow.commit()
            done += 1
        yield from self._sweep(person, done, total)
        self._finish(contact.id, person, choice, actor, tickets=len(tickets), messages=len(messages))
        yield Progress(total, total, "")

    def _ticket(self, ticket_id: int, person: ErasedPerson, choice: ErasureChoice, actor: Actor) -> None:
        with self._uow() as uow:
            if choice is ErasureChoice.DELETE_TICKETS:
                ticket = uow.tickets.get(ticket_id)
                uow.tickets.purge([ticket_id], actor_name=actor.name, reason="privacy request")
                uow.changed("ticket", ticket_id, "delete", ticket.department_id if ticket is not None else None)
            else:
                uow.privacy.anonymise_ticket(ticket_id, person)
            uow.commit()

    def _sweep(self, person: ErasedPerson, done: int, total: int) -> Iterator[Progress]:
        with self._uow() as uow:
            parts = list(uow.privacy.stretches())
        for place, part in enumerate(parts):
            yield Progress(min(done + place, total), total, "tables")
            with self._uow() as uow:
                uow.privacy.sweep(part, person)
                uow.commit()
        after = 0
        while True:
            yield Progress(total - 1, total, "mail")
            with self._uow() as uow:
                after = uow.privacy.sweep_loose_mail(after, person)
                uow.commit()
            if not after:
                return

    def _finish(
        self, contact_id: int, person: ErasedPerson, choice: ErasureChoice, actor: Actor, *, tickets: int, messages: int
    ) -> None:
        kept = choice is ErasureChoice.KEEP_TICKETS
        with self._uow() as uow:
            uow.privacy.forget(person, keep_row=kept)
            what = "kept without the person" if kept else "deleted"
            summary = f"{tickets} tickets {what}; {messages} messages elsewhere changed."
            uow.privacy.log(contact_id, "erase", actor.name, summary)
            uow.commit()

    def note_export(self, contact_id: int, actor: Actor, summary: str) -> None:
        """Write into the log that a person's data was handed out."""
        with self._uow() as uow:
            uow.privacy.log(contact_id, "export", actor.name, summary)
            uow.contact_events.add("exported", actor_name=actor.name, contact_id=contact_id)
            uow.changed("contact", contact_id)
            uow.commit()

    def subjects(self, contact_id: int) -> tuple[Contact, Sequence[int], Sequence[int]]:
        """Return a person, their tickets, and messages they wrote or stand in elsewhere; raises ValueError."""
        with self._uow() as uow:
            contact = existing(uow, contact_id)
            person = uow.privacy.person(contact.id)
            return contact, uow.privacy.own_tickets(person), uow.privacy.elsewhere(person)

    def places(self, message_ids: Sequence[int]) -> list[tuple[int, int]]:
        """Return message and ticket ids of messages that are still there."""
        found = []
        with self._uow() as uow:
            for message_id in message_ids:
                record = uow.messages.get(message_id)
                if record is not None:
                    found.append((message_id, record.ticket_id))
        return found


def _tell_of_stopped(uow: UnitOfWork, outbox_ids: Sequence[int]) -> None:
    """Say in tickets of other customers that an answer to them does not leave."""
    for outbox_id in outbox_ids:
        item = uow.outbox.get(outbox_id)
        ticket = uow.tickets.get(item.ticket_id) if item is not None and item.ticket_id is not None else None
        if item is not None and ticket is not None:
            data = {"outbox_id": item.id}
            cause = "It was also addressed to a person who is being erased. Please answer anew."
            event = line(ticket, "ReplyFailed", SYSTEM, uow.now(), cause=cause, message_id=item.message_id, data=data)
            uow.tickets.record([event])
            uow.changed("ticket", ticket.id, "update", ticket.department_id)
