"""Keeps what agents write until it is sent (CO-04)."""

from __future__ import annotations

from dataclasses import replace

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.kept_draft import DraftKind, DraftStamp, KeptDraft
from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.services.ports.drafts import DraftQueries
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


class StaleDraftError(Exception):
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

    def save(self, draft: KeptDraft, actor: Actor) -> DraftStamp | None:
        """Store a draft and return the stamp the next save must carry; an empty one vanishes and gives None.

        Raises StaleDraftError where a newer state is stored, PermissionError for somebody else's draft. A ticket that
        is gone takes its drafts along: None.
        """
        if actor.kind is not ActorKind.AGENT or actor.id != draft.agent_id:
            raise PermissionError("A draft belongs to the agent who writes it.")
        with self._uow() as uow:
            department_id = _department(uow, draft)
            if department_id is None:
                return None
            if draft.empty:
                gone = uow.drafts.remove(draft.agent_id, draft.kind, draft.ticket_id, stamp=draft.stamp)
                if gone:
                    _mark(uow, draft, department_id)
                    uow.commit()
                return None
            stamp = uow.drafts.put(draft, department_id)
            if stamp is None:
                raise StaleDraftError(uow.drafts.find(draft.agent_id, draft.kind, draft.ticket_id))
            if draft.stamp is None:
                _mark(uow, draft, department_id)
            uow.commit()
        return stamp

    def discard(self, kind: DraftKind, ticket_id: int | None, actor: Actor) -> None:
        """Throw a draft away, whatever its state."""
        if actor.kind is not ActorKind.AGENT or actor.id is None:
            return
        with self._uow() as uow:
            if end_draft(uow, kind, ticket_id, actor):
                uow.commit()


def end_draft(uow: UnitOfWork, kind: DraftKind, ticket_id: int | None, actor: Actor) -> bool:
    """Delete the draft of what is being sent, in the transaction that sends it; returns whether there was one."""
    if actor.kind is not ActorKind.AGENT or actor.id is None:
        return False
    gone = uow.drafts.remove(actor.id, kind, ticket_id)
    if gone and ticket_id is not None:
        ticket = uow.tickets.get(ticket_id)
        uow.changed("ticket", ticket_id, "update", ticket.department_id if ticket is not None else None)
    return gone


def keep_undone(uow: UnitOfWork, draft: ReplyDraft, actor: Actor, department_id: int) -> None:
    """Keep a reply that was taken back, in the transaction that takes it back; replaces what was begun since."""
    if actor.kind is not ActorKind.AGENT or actor.id is None:
        return
    there = uow.drafts.find(actor.id, DraftKind.REPLY, draft.ticket_id)
    uow.drafts.put(replace(kept_reply(draft, actor.id), stamp=there.stamp if there else None), department_id)


def kept_reply(draft: ReplyDraft, agent_id: int) -> KeptDraft:
    """Return a reply as it is kept, its cursor at the end."""
    return KeptDraft(
        kind=DraftKind.REPLY,
        agent_id=agent_id,
        ticket_id=draft.ticket_id,
        from_account_id=draft.from_account_id,
        from_address=draft.from_address,
        to=draft.to,
        cc=draft.cc,
        bcc=draft.bcc,
        subject=draft.subject,
        text=draft.text,
        html=draft.html,
        attachments=draft.attachments,
        cursor=len(draft.text),
        answers_message_id=draft.answers_message_id,
        last_message_id=draft.last_message_id,
    )


def _department(uow: UnitOfWork, draft: KeptDraft) -> int | None:
    if draft.ticket_id is not None:
        ticket = uow.tickets.get(draft.ticket_id)
        return ticket.department_id if ticket is not None else None
    account = uow.accounts.get(draft.from_account_id) if draft.from_account_id else None
    if account is not None:
        return account.department_id
    return next((department.id for department in uow.people.departments()), None)


def _mark(uow: UnitOfWork, draft: KeptDraft, department_id: int) -> None:
    """Let lists show or take away the mark of a draft."""
    if draft.ticket_id is not None:
        uow.changed("ticket", draft.ticket_id, "update", department_id)
