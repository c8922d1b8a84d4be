"""Keeps what agents write until it is sent (CO-04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from desk_app.domain.people.actor import Actor
from desk_app.services.tickets.results import CommandRefusedError

if TYPE_CHECKING:
    from desk_app.domain.messages.draft import ReplyDraft
    from desk_app.domain.messages.kept_draft import DraftKind, DraftStamp, KeptDraft
    from desk_app.domain.messages.side_conversations import SideDraft
    from desk_app.services.ports.drafts import DraftQueries
    from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


class StaleDraftError(CommandRefusedError):
    """Another state of the draft is stored than the writer began from; nothing was overwritten. `stored` is what is
    there now, None where it was sent or thrown away meanwhile."""

    def __init__(self, stored: KeptDraft | None) -> None:
        super().__init__("This draft was changed in another window.")
        self.stored = stored


class DraftService:
    """Drafts of replies, notes and new tickets, one of each kind an agent and ticket."""

    def __init__(self, uow: UnitOfWorkFactory, queries: DraftQueries) -> None:
        self._uow = uow
        self._queries = queries

    def of_ticket(self, ticket_id: int | None, agent_id: int) -> dict[DraftKind, KeptDraft]:
        """Return an agent's drafts to a ticket; `ticket_id` None asks for the one of a new ticket."""
        return {draft.kind: draft for draft in self._queries.of_ticket(agent_id, ticket_id)}

    def ticket_ids(self, agent_id: int) -> frozenset[int]:
        """Return the tickets an agent has begun to write to."""
        return self._queries.ticket_ids(agent_id)

    def of_others(self, ticket_id: int, agent_id: int) -> Sequence[KeptDraft]:
        """Return what colleagues have begun to write to a ticket's people, without the bytes of files; their notes are
        their own until they are added (CO-05)."""
        from desk_app.domain.messages.kept_draft import DraftKind

        shared = {DraftKind.REPLY, DraftKind.FORWARD}
        return [one for one in self._queries.of_others(agent_id, ticket_id) if one.kind in shared and not one.empty]

    def hand_over(self, kind: DraftKind, ticket_id: int, *, owner_id: int, taker_id: int, actor: Actor) -> bool:
        """Give one agent's draft to another one, who goes on with it; what that one has begun itself stays above it.
        Returns whether there was one. Raises PermissionError unless one of both asks, StaleDraftError where one of them
        wrote at the same moment."""
        from desk_app.services.tickets.history import line

        if actor.agent_id not in {owner_id, taker_id} or owner_id == taker_id:
            raise PermissionError("A draft is handed over by one of the two agents.")
        with self._uow() as uow:
            uow.leases.serialise("drafts")
            theirs = uow.drafts.find(owner_id, kind, ticket_id)
            ticket, owner, taker = uow.tickets.get(ticket_id), uow.people.agent(owner_id), uow.people.agent(taker_id)
            if theirs is None or ticket is None or owner is None or taker is None or not taker.active:
                return False
            own = uow.drafts.find(taker_id, kind, ticket_id)
            if uow.drafts.put(_joined(own, theirs, taker_id), ticket.department_id) is None:
                raise StaleDraftError(uow.drafts.find(taker_id, kind, ticket_id))
            if not uow.drafts.remove(owner_id, kind, ticket_id, stamp=theirs.stamp):
                raise StaleDraftError(uow.drafts.find(owner_id, kind, ticket_id))
            change = ("draft", owner.name, taker.name)
            uow.tickets.record(
                [line(ticket, "DraftTakenOver", actor, uow.now(), change=change, data={"kind": kind.value})]
            )
            uow.changed("ticket", ticket_id, "update", ticket.department_id)
            uow.commit()
        return True

    def save(self, draft: KeptDraft, actor: Actor, *, beside: bool = False) -> DraftStamp | None:
        """Store a draft and return the stamp the next save must carry; an empty one vanishes and gives None.

        Raises StaleDraftError where a newer state is stored, PermissionError for somebody else's draft. With `beside`
        nobody is there to decide between the two: both stay, one below the other. A ticket that is gone takes its
        drafts along: None.
        """
        if actor.agent_id != draft.agent_id:
            raise PermissionError("A draft belongs to the agent who writes it.")
        with self._uow() as uow:
            if draft.ticket_id is not None:
                ticket = uow.tickets.survivor(draft.ticket_id)
                if ticket is None:
                    return None
                draft, department_id = replace(draft, ticket_id=ticket.id), ticket.department_id
            else:
                department_id = _department(uow, draft)
            if draft.empty:
                gone = uow.drafts.remove(draft.agent_id, draft.kind, draft.ticket_id, stamp=draft.stamp)
                if gone:
                    _mark(uow, draft, department_id)
                    uow.commit()
                return None
            stamp = uow.drafts.put(draft, department_id)
            while stamp is None and beside:  # whoever saves at the same moment is joined with, too
                stamp = uow.drafts.put(_both(uow, draft), department_id)
            if stamp is None:
                raise StaleDraftError(uow.drafts.find(draft.agent_id, draft.kind, draft.ticket_id))
            if draft.stamp is None:
                _mark(uow, draft, department_id)
            uow.commit()
        return stamp

    def discard(self, kind: DraftKind, ticket_id: int | None, actor: Actor) -> None:
        """Throw a draft away, whatever its state."""
        if actor.agent_id is None:
            return
        with self._uow() as uow:
            if end_draft(uow, kind, ticket_id, actor):
                uow.commit()


def _joined(own: KeptDraft | None, theirs: KeptDraft, agent_id: int) -> KeptDraft:
    from desk_app.domain.messages.kept_draft import joined_drafts

    if own is None or own.empty:
        return replace(theirs, agent_id=agent_id, stamp=own.stamp if own is not None else None)
    return joined_drafts(own, theirs)


def _both(uow: UnitOfWork, draft: KeptDraft) -> KeptDraft:
    """Return what is stored with this draft's words, to be stored in its place."""
    from desk_app.domain.messages.kept_draft import together

    there = uow.drafts.find(draft.agent_id, draft.kind, draft.ticket_id)
    if there is None:
        return replace(draft, stamp=None)
    return replace(together(there, draft), stamp=there.stamp)


def end_draft(uow: UnitOfWork, kind: DraftKind, ticket_id: int | None, actor: Actor) -> bool:
    """Delete the draft of what is being sent, in the transaction that sends it; returns whether there was one."""
    if actor.agent_id is None:
        return False
    ticket = uow.tickets.survivor(ticket_id) if ticket_id is not None else None
    gone = uow.drafts.remove(actor.agent_id, kind, ticket.id if ticket is not None else ticket_id)
    if gone and ticket is not None:
        uow.changed("ticket", ticket.id, "update", ticket.department_id)
    return gone


def keep_undone(uow: UnitOfWork, draft: ReplyDraft | SideDraft, actor: Actor, department_id: int) -> None:
    """Keep a mail that was taken back, in the transaction that takes it back. What was begun since stays below it."""
    from desk_app.domain.messages.kept_draft import kept_mail

    if actor.agent_id is not None:
        keep_again(uow, kept_mail(draft, actor.agent_id), department_id)


def keep_again(uow: UnitOfWork, draft: KeptDraft, department_id: int) -> None:
    """Keep what was taken back, in the transaction that takes it back; what was begun since stays below it."""
    from desk_app.domain.messages.kept_draft import joined_drafts

    stored = False
    while not stored:  # whoever saves at the same moment is joined with, too
        since = uow.drafts.find(draft.agent_id, draft.kind, draft.ticket_id)
        kept = joined_drafts(draft, since) if since is not None and not since.empty else draft
        kept = replace(kept, stamp=since.stamp if since is not None else None)
        stored = uow.drafts.put(kept, department_id) is not None


def _department(uow: UnitOfWork, draft: KeptDraft) -> int:
    """Return the department of a draft of a new ticket: the one chosen, else its mailbox's."""
    place, known = draft.options.place, uow.people.departments()
    if place is not None and any(one.id == place.department_id for one in known):
        return int(place.department_id or 0)
    account = uow.accounts.get(draft.from_account_id) if draft.from_account_id else None
    return account.department_id if account is not None else known[0].id


def _mark(uow: UnitOfWork, draft: KeptDraft, department_id: int) -> None:
    """Let lists show or take away the mark of a draft."""
    if draft.ticket_id is not None:
        uow.changed("ticket", draft.ticket_id, "update", department_id)
