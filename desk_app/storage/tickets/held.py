"""The tickets of a batch: known without asking again, each written once however often it is saved."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from desk_app.domain.tickets.model import Ticket
from desk_app.services.ports.unit_of_work import StaleTicketError
from desk_app.storage.schema.system import number_counter
from desk_app.storage.schema.tickets import ticket, ticket_mailbox, ticket_tag
from desk_app.storage.tickets.departments import carry_department
from desk_app.storage.tickets.numbers import format_number
from desk_app.storage.tickets.place import Place, mailbox_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk_app.storage.batch import Batch

_NUMBERS_AT_ONCE = 50


class HeldTickets:
    """Saves that wait, and the last state of every ticket the batch has seen."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._known: dict[int, Ticket] = {}
        self.numbers: dict[str, int | None] = {}  # looked up; None: no ticket has this number
        self.tags: dict[int, tuple[str, ...]] = {}  # looked up
        self._tagged: set[int] = set()
        self._new: dict[int, Place] = {}
        self._changed: dict[int, tuple[Place, Place]] = {}  # as it is stored, as it is to be
        self._last_number: int | None = None
        self._free_numbers: list[tuple[int, str]] = []
        self._number_used = False

    # -- what is known ------------------------------------------------------------------------------------------------

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a copy of a ticket the batch knows."""
        found = self._known.get(ticket_id)
        return None if found is None else _copy(found)

    def learn(self, item: Ticket) -> None:
        """Remember a ticket as it is now."""
        self._known[item.id] = _copy(item)
        self.numbers[item.number] = item.id

    def forget(self, ticket_id: int) -> None:
        """Forget a ticket that is deleted; what waits for it has been written."""
        gone = self._known.pop(ticket_id, None)
        if gone is not None:
            self.numbers.pop(gone.number, None)

    # -- what waits ---------------------------------------------------------------------------------------------------

    def add(self, item: Ticket) -> Place:
        """Hold a new ticket back, give it its id, and return its place."""
        item.id = self._batch.new_id(ticket)
        place = self._new[item.id] = Place.of(item)
        self.learn(item)
        self._batch.touch()
        return place

    def save(self, item: Ticket, before: Place) -> Place:
        """Hold a save back and return the new place; `before` is what the caller had read, the ticket's version is
        raised already."""
        after = Place.of(item)
        if item.id in self._new:
            self._new[item.id] = after
        else:
            stored = self._changed[item.id][0] if item.id in self._changed else before
            self._changed[item.id] = (stored, after)
        self.learn(item)
        self._batch.touch()
        return after

    def set_tags(self, ticket_id: int, wanted: set[str]) -> bool:
        """Hold a change of tags back; returns False where it has to be written at once, because the tags are not known
        or were changed in this batch already."""
        item = self._known.get(ticket_id)
        if item is None or ticket_id not in self.tags or ticket_id in self._tagged:
            self.tags.pop(ticket_id, None)
            return False
        stored, place = set(self.tags[ticket_id]), Place.of(item).listing()
        for tag in sorted(wanted - stored):
            self._batch.insert(ticket_tag, {"ticket_id": ticket_id, "tag": tag, **place})
        mark = "%s" if self._batch.transaction.postgresql else "?"
        for tag in sorted(stored - wanted):
            sql = f"DELETE FROM ticket_tag WHERE ticket_id = {mark} AND tag = {mark}"
            self._batch.finally_run(sql, (ticket_id, tag))
        self.tags[ticket_id] = tuple(sorted(wanted))
        self._tagged.add(ticket_id)
        self._batch.transaction.changed("ticket", ticket_id, "update", item.department_id)
        return True

    def next_number(self, number_format: str) -> str:
        """Return the next ticket number, formatted; never the same twice."""
        while not self._free_numbers:
            numbers = {format_number(number_format, n): n for n in self._following_numbers()}
            taken = self._taken(list(numbers))
            self._free_numbers = [(n, text) for text, n in numbers.items() if text not in taken][::-1]
            self._last_number = max(numbers.values()) if not self._free_numbers else self._last_number
        self._last_number, number = self._free_numbers.pop()
        self._number_used = True
        self._batch.touch()
        return number

    def _following_numbers(self) -> list[int]:
        transaction = self._batch.transaction
        if transaction.postgresql:  # one at a time: what is taken from the sequence and not used leaves a gap
            return [int(transaction.driver.execute("SELECT nextval('ticket_number')").fetchone()[0])]
        if self._last_number is None:  # nobody else counts until this transaction ends
            row = transaction.driver.execute("SELECT last FROM number_counter WHERE name = 'ticket'").fetchone()
            self._last_number = int(row[0])
        return list(range(self._last_number + 1, self._last_number + 1 + _NUMBERS_AT_ONCE))

    def _taken(self, numbers: list[str]) -> set[str]:
        transaction = self._batch.transaction
        marks = ", ".join("%s" if transaction.postgresql else "?" for _ in numbers)
        sql = f"SELECT number FROM ticket WHERE number IN ({marks})"
        stored = {row[0] for row in transaction.driver.execute(sql, numbers).fetchall()}
        return stored | {number for number in numbers if self.numbers.get(number) is not None}

    # -- writing ------------------------------------------------------------------------------------------------------

    def insert(self) -> None:
        """Hand new tickets and mailbox rows to the batch."""
        new, self._new = self._new, {}
        for ticket_id, place in new.items():
            self._batch.insert(ticket, {"id": ticket_id, **place.values})
            for row in mailbox_rows(ticket_id, place, place.mailbox_ids):
                self._batch.insert(ticket_mailbox, row)
        for ticket_id, (stored, place) in self._changed.items():
            for row in mailbox_rows(ticket_id, place, sorted(set(place.mailbox_ids) - set(stored.mailbox_ids))):
                self._batch.insert(ticket_mailbox, row)

    def update(self) -> None:
        """Write saved tickets, those with the same changed columns together; raises StaleTicketError."""
        self._write_number()
        changed, self._changed = self._changed, {}
        groups: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        moved = []
        departments: defaultdict[int, list[int]] = defaultdict(list)
        for ticket_id, (stored, after) in changed.items():
            if after.department_id != stored.department_id:
                departments[after.department_id].append(ticket_id)
            changes = after.changes_from(stored)
            groups[tuple(changes)].append(changes | {"id": ticket_id, "read_version": stored.version})
            if after.listed != stored.listed:
                moved.append(after.listing() | {"ticket_id": ticket_id})
        for rows in groups.values():
            if self._batch.update(ticket, ("id", "version=read_version"), rows) != len(rows):
                raise StaleTicketError("tickets of a batch were changed by somebody else")
        if moved:
            self._batch.update(ticket_mailbox, ("ticket_id",), moved)
            self._batch.update(ticket_tag, ("ticket_id",), moved)
        for department_id, ticket_ids in departments.items():
            carry_department(self._batch.transaction, ticket_ids, department_id)

    def _write_number(self) -> None:
        if self._number_used and not self._batch.transaction.postgresql:
            row = {"last": self._last_number, "name": "ticket"}
            self._batch.update(number_counter, ("name",), [row])
        self._number_used = False
        if not self._batch.transaction.postgresql:
            self._last_number, self._free_numbers = None, []  # from now on others may count too


_values: Callable[[Ticket], tuple[Any, ...]] = attrgetter(*(field.name for field in fields(Ticket)))


def _copy(item: Ticket) -> Ticket:
    return Ticket(*_values(item))  # several times as fast as copy.copy, which goes through pickling
