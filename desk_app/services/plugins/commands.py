"""What plugins do to tickets, through the same services as people (PL-02).

Every change carries the plugin's name in the history. What the desk refuses comes out as RefusedByDesk, in plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.domain.tickets.model import Priority, Ticket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.domain.tickets.tags import clean_tags
from desk_app.plugin_api.data import AgentView, MessageView, TicketView
from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.services.messages.replies import ReplyService, StaleReplyError
from desk_app.services.plugins.loops import Chains, LoopError, check_pace
from desk_app.services.ports.errors import StorageError
from desk_app.services.ports.plugins import Pictures
from desk_app.services.ports.unit_of_work import StaleTicketError, UnitOfWork, UnitOfWorkFactory
from desk_app.services.queries.tickets import TicketQueries
from desk_app.services.tickets.commands import TicketService
from desk_app.services.tickets.results import CommandRefusedError, CommandResult

LONGEST_TEXT = 500_000
"""Characters of a note or an answer."""
LONGEST_SUBJECT = 500
MOST_FOUND = 1_000
MOST_AT_ONCE = 10_000
_BIGGEST_ID = 2**63 - 1
_CHANGES = ("subject", "status", "priority", "assignee_id", "add_tags", "remove_tags")


class PluginCommands:
    """Reads and changes tickets for plugins; `actor` is the plugin. `files` gives an attachment and its bytes."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        tickets: TicketService,
        replies: ReplyService,
        pictures: Pictures,
        queries: TicketQueries,
        files: Callable[[int], tuple[object, bytes] | None],
        chains: Chains | None = None,
    ) -> None:
        self._uow = uow
        self._tickets = tickets
        self._replies = replies
        self._pictures = pictures
        self._queries = queries
        self._files = files
        self.chains = chains or Chains()

    # -- reading ------------------------------------------------------------------------------------------------------

    def get(self, ticket_id: int) -> TicketView | None:
        """Return a ticket."""
        return self._pictures.ticket(ticket_id) if is_id(ticket_id) else None

    def get_many(self, ticket_ids: Sequence[int]) -> Mapping[int, TicketView]:
        """Return many tickets; those that are gone are left out."""
        wanted = [one for one in ticket_ids if is_id(one)]
        if len(wanted) > MOST_AT_ONCE:
            raise RefusedByDesk(f"More than {MOST_AT_ONCE} tickets at once.")
        return self._pictures.tickets(wanted)

    def messages(self, ticket_id: int, limit: int = 50) -> Sequence[MessageView]:
        """Return the newest messages of a ticket, oldest first."""
        return self._pictures.newest_messages(ticket_id, _limit(limit)) if is_id(ticket_id) else ()

    def attachment(self, attachment_id: int) -> bytes | None:
        """Return the bytes of a file of a message."""
        found = self._files(attachment_id) if is_id(attachment_id) else None
        return found[1] if found is not None else None

    def search(self, query: str, limit: int = 50) -> Sequence[TicketView]:
        """Return the tickets that the search box would find, without spam and trash."""
        if not isinstance(query, str):
            raise RefusedByDesk("A search is a text.")
        page = self._queries.page(TicketQuery(buckets=(), search=query), agent_id=None, limit=_limit(limit))
        found = self._pictures.tickets(row.id for row in page.rows)
        return tuple(found.values())

    # -- changing -----------------------------------------------------------------------------------------------------

    def update(self, ticket_id: int, changes: Mapping[str, Any], actor: Actor) -> TicketView:
        """Change some things about a ticket, all or none of them, and return it as it is then."""
        wanted = _checked(changes)

        def change(uow: UnitOfWork) -> int:
            ticket = self._ticket(uow, ticket_id)
            check_pace(uow.tickets.events(ticket.id), uow.now())
            inside = self._tickets.within(uow)
            for result in self._apply(inside, ticket.id, wanted, actor):
                if not result.ok:
                    raise CommandRefusedError(result.error)
            return ticket.id

        with told(), self.chains.change(ticket_id):
            changed = self._tickets.at_once(change)
        view = self._pictures.ticket(changed)
        if view is None:
            raise RefusedByDesk("The ticket is gone.")
        return view

    def add_note(self, ticket_id: int, text: str, actor: Actor) -> int:
        """Add an internal note and return its message's id."""
        checked = _text(text, "note")
        with told(), self.chains.change(ticket_id):
            self._pace(ticket_id)
            return self._replies.note(ticket_id, checked, "", actor)

    def reply(self, ticket_id: int, text: str, actor: Actor) -> int:
        """Answer the customer as the composer would, and return the message's id."""
        checked = _text(text, "answer")
        with told(), self.chains.change(ticket_id):
            survivor = self._pace(ticket_id, reply=True)
            start = self._replies.start(survivor)
            if not start.to:
                raise CommandRefusedError("The customer of this ticket has no address to answer to.")
            return self._replies.send(start.draft(survivor, checked), actor).message_id

    # -- within -------------------------------------------------------------------------------------------------------

    @staticmethod
    def _apply(
        tickets: TicketService, ticket_id: int, wanted: Mapping[str, Any], actor: Actor
    ) -> Iterator[CommandResult]:
        if "subject" in wanted:
            yield tickets.rename(ticket_id, wanted["subject"], actor)
        if "priority" in wanted:
            yield from tickets.set_priority([ticket_id], wanted["priority"], actor)
        if "assignee_id" in wanted:
            yield from tickets.assign([ticket_id], wanted["assignee_id"], actor)
        added, removed = wanted.get("add_tags", ()), wanted.get("remove_tags", ())
        if added or removed:
            yield from tickets.tag([ticket_id], added, removed, actor)
        if "status" in wanted:
            yield from tickets.set_status([ticket_id], wanted["status"], actor)

    def _pace(self, ticket_id: int, *, reply: bool = False) -> int:
        """Refuse where plugins go in a circle; returns the ticket that is meant."""
        with self._uow() as uow:
            ticket = self._ticket(uow, ticket_id)
            check_pace(uow.tickets.events(ticket.id), uow.now(), reply=reply)
        return ticket.id

    @staticmethod
    def _ticket(uow: UnitOfWork, ticket_id: int) -> Ticket:
        ticket = uow.tickets.survivor(ticket_id) if is_id(ticket_id) else None
        if ticket is None:
            raise CommandRefusedError("The ticket is gone.")
        return ticket


def of_changes(view: TicketView, changes: Mapping[str, Any]) -> TicketView:
    """Return of a ticket that was changed so only which it is and what came of the changes: for whoever may change
    tickets and not read them."""
    assignee_id, added = changes.get("assignee_id"), clean_tags(changes.get("add_tags", ()))
    return TicketView(
        id=view.id,
        number="",
        subject=view.subject if "subject" in changes else "",
        status=view.status if "status" in changes else "",
        category="",
        priority=view.priority if "priority" in changes else "",
        channel="",
        department_id=0,
        assignee=AgentView(assignee_id, "", "") if assignee_id is not None else None,
        tags=tuple(one for one in view.tags if one in added),
    )


def plugin_actor(name: str) -> Actor:
    """Return a plugin as it stands in the history."""
    return Actor(ActorKind.PLUGIN, None, name)


@contextmanager
def told() -> Iterator[None]:
    """Raise RefusedByDesk for whatever the services refuse."""
    try:
        yield
    except RefusedByDesk:
        raise
    except (StaleReplyError, StaleTicketError) as error:
        raise RefusedByDesk("Somebody else changed the ticket at the same moment; read it again.") from error
    except (CommandRefusedError, LoopError, StorageError, ValueError, LookupError) as error:
        raise RefusedByDesk(str(error) or type(error).__name__) from error


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes, each of its own type."""
    unknown = sorted(set(changes) - set(_CHANGES))
    if unknown:
        raise RefusedByDesk(f"“{unknown[0]}” of a ticket cannot be changed; known are {', '.join(_CHANGES)}.")
    if not changes:
        raise RefusedByDesk("There is nothing to change.")
    wanted = dict(changes)
    if "subject" in wanted:
        subject = wanted["subject"]
        if not isinstance(subject, str) or not subject.strip() or len(subject) > LONGEST_SUBJECT:
            raise RefusedByDesk(f"A subject is a text of 1 to {LONGEST_SUBJECT} characters.")
    if "status" in wanted and not isinstance(wanted["status"], str):
        raise RefusedByDesk("A status is named by its key.")
    if "priority" in wanted:
        try:
            wanted["priority"] = Priority(wanted["priority"])
        except ValueError:
            raise RefusedByDesk(f"A priority is one of {', '.join(Priority)}.") from None
    if "assignee_id" in wanted and wanted["assignee_id"] is not None and not is_id(wanted["assignee_id"]):
        raise RefusedByDesk("An assignee is an agent's id, or None.")
    for name in ("add_tags", "remove_tags"):
        if name in wanted:
            wanted[name] = _tags(wanted[name])
    return wanted


def _tags(given: Any) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Sequence | set | frozenset):
        raise RefusedByDesk("Tags are a list of texts.")
    tags = list(given)
    if not all(isinstance(one, str) and one.strip() for one in tags):
        raise RefusedByDesk("Tags are a list of texts.")
    return tags


def _text(text: Any, what: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise RefusedByDesk(f"The {what} is empty.")
    if len(text) > LONGEST_TEXT:
        raise RefusedByDesk(f"The {what} is longer than {LONGEST_TEXT} characters.")
    return text


def _limit(limit: Any) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise RefusedByDesk("A limit is a whole number from 1 on.")
    return min(limit, MOST_FOUND)


def is_id(value: Any) -> bool:
    """Return whether a value can be the id of a row."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _BIGGEST_ID
