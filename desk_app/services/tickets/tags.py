"""Tags of the desk: colours, renaming, merging, deleting, and the way back (IN-21).

Whatever stands in tickets is changed ticket by ticket through the ticket commands, in chunks, so that histories tell of
it and nobody waits for one long transaction. A change that was stopped in the middle can be taken back all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from desk_app.domain.tickets.tags import clean_tag

if TYPE_CHECKING:
    from desk_app.domain.people.actor import Actor
    from desk_app.services.ports.tags import TagUse
    from desk_app.services.ports.unit_of_work import UnitOfWorkFactory
    from desk_app.services.tickets.commands import TicketService

CHUNK = 200


@dataclass(slots=True)
class TagChange:
    """What a rename, merge or deletion did, to be taken back: `into` is "" for a deletion. `moved` are tickets that got
    `into` by it, `had_both` those that had both before. `colour` is the one `name` had, None without one."""

    name: str
    into: str
    colour: str | None = None
    into_was_known: bool = False
    moved: list[int] = field(default_factory=list)
    had_both: list[int] = field(default_factory=list)

    @property
    def tickets(self) -> int:
        """How many tickets were changed."""
        return len(self.moved) + len(self.had_both)


@dataclass(frozen=True, slots=True)
class TagProgress:
    """How far a change is. `change` is what was done so far and grows."""

    done: int
    total: int
    change: TagChange
    finished: bool = False


class TagService:
    """Keeps the desk's tags in order."""

    def __init__(self, uow: UnitOfWorkFactory, tickets: Callable[[], TicketService]) -> None:
        self._uow = uow
        self._tickets = tickets

    def listed(self) -> Sequence[TagUse]:
        """Return every tag with its colour and use, by name."""
        with self._uow() as uow:
            return uow.tags.listed()

    def colours(self) -> Mapping[str, str]:
        """Return colour tokens by tag; a tag that is not there is grey."""
        with self._uow() as uow:
            return uow.tags.colours()

    def put(self, name: str, colour: str) -> str:
        """Make a tag or give it another colour; returns its name as tags are written. Raises ValueError where nothing
        is left of the name."""
        clean = clean_tag(name)
        if not clean:
            raise ValueError("A tag needs a name.")
        with self._uow() as uow:
            uow.tags.put(clean, colour)
            uow.commit()
        return clean

    def exists(self, name: str) -> bool:
        """Return whether a tag is known or used already."""
        clean = clean_tag(name)
        with self._uow() as uow:
            return uow.tags.known(clean) or uow.tags.count(clean) > 0

    def replace(self, name: str, into: str, actor: Actor) -> Iterator[TagProgress]:
        """Rename a tag; where the other name is in use, that merges the two. Raises ValueError for an empty name."""
        into = clean_tag(into)
        if not into:
            raise ValueError("A tag needs a name.")
        yield from self._walk(name, into, actor)

    def delete(self, name: str, actor: Actor) -> Iterator[TagProgress]:
        """Take a tag away from every ticket and forget it."""
        yield from self._walk(name, "", actor)

    def _walk(self, name: str, into: str, actor: Actor) -> Iterator[TagProgress]:
        with self._uow() as uow:
            total, colours = uow.tags.count(name), uow.tags.colours()
            change = TagChange(name, into, colours.get(name), bool(into) and into in colours)
        if name == into:
            yield TagProgress(0, 0, change, finished=True)
            return
        after = done = 0
        while True:
            with self._uow() as uow:
                ids = uow.tags.tickets_with(name, after=after, limit=CHUNK)
                both = uow.tags.having(ids, into) if into and ids else frozenset()
            if not ids:
                break
            kept = {one.ticket_id for one in self._tickets().replace_tag(ids, name, into, actor) if not one.ok}
            change.moved += [one for one in ids if one not in both | kept]
            change.had_both += sorted(both - kept)
            after, done = ids[-1], done + len(ids)
            yield TagProgress(done, max(total, done), change)
        with self._uow() as uow:
            if into and change.colour is not None and not change.into_was_known:
                uow.tags.put(into, change.colour)
            if not uow.tags.count(name):  # a ticket whose change was refused has it still
                uow.tags.forget(name)
            uow.commit()
        yield TagProgress(done, done, change, finished=True)

    def take_back(self, change: TagChange, actor: Actor) -> Iterator[TagProgress]:
        """Undo a change: every ticket it touched gets back what it had."""
        back = TagChange(change.into, change.name)
        total = change.tickets
        with self._uow() as uow:
            if change.colour is not None:
                uow.tags.put(change.name, change.colour)
            if change.into and not change.into_was_known:
                uow.tags.forget(change.into)
            uow.commit()
        done = 0
        for ids, gone in ((change.moved, change.into), (change.had_both, "")):
            for start in range(0, len(ids), CHUNK):
                chunk = ids[start : start + CHUNK]
                self._tickets().replace_tag(chunk, gone, change.name, actor)
                back.moved += chunk
                done += len(chunk)
                yield TagProgress(done, total, back)
        yield TagProgress(done, total, back, finished=True)
