"""Brings the messages of two tickets together, and apart again (IN-13, IN-14, IN-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from desk_app.domain.messages.model import Direction, MessageKind
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.merging import Entry, refuse_merge, summarise
from desk_app.domain.tickets.model import Ticket, TicketEvent
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.history import line, written


def refresh(uow: UnitOfWork, ticket: Ticket) -> Sequence[MessageRecord]:
    """Recompute what a ticket repeats of its messages (not saved) and return those messages."""
    records = uow.messages.of_ticket(ticket.id)
    summarise(ticket, (_entry(record) for record in records))
    return records


def _entry(record: MessageRecord) -> Entry:
    inbound = record.direction is Direction.INBOUND
    side = record.side_conversation_id is not None
    machine = record.classification.is_machine_answer
    return Entry(
        message_id=record.id,
        at=record.sent_at if record.imported else record.created_at,
        snippet=record.snippet,
        from_customer=inbound and not machine and not side,
        is_public_reply=not inbound and record.kind is MessageKind.PUBLIC_REPLY and not side,
        is_note=record.kind is MessageKind.INTERNAL_NOTE or (inbound and machine),
        has_attachments=any(not a.inline for a in record.attachments),
        account_id=record.account_id,
        from_third_party=inbound and not machine and side,
        is_side=side,
    )


def absorb(uow: UnitOfWork, source: Ticket, target: Ticket, actor: Actor, at: datetime, *, cause: str) -> None:
    """Move everything of `source` into `target` and leave a redirect; raises ValueError where that cannot be.

    The line in the source's history holds what `release` needs to undo it.
    """
    refusal = refuse_merge(source, target)
    if refusal:
        raise ValueError(refusal)
    moved = [record.id for record in uow.messages.of_ticket(source.id)]
    if moved:
        uow.messages.move(moved, target.id)
    before = {"message_ids": moved, "target_id": target.id, "mailboxes_of_target": list(target.mailbox_ids)}
    before["drafts_that_came"] = list(uow.drafts.follow(source.id, target.id, target.department_id))
    before["first_response_of_target"] = written(target.first_response_at)
    earlier = min((t for t in (source.first_response_at, target.first_response_at) if t), default=None)
    target.first_response_at = earlier
    tags = uow.tickets.tags(target.id)
    source_tags = uow.tickets.tags(source.id)
    before["first_response_after"] = written(earlier)
    before["tags_of_target"] = list(tags)
    if set(source_tags) - set(tags):
        uow.tickets.set_tags(target.id, [*tags, *(t for t in source_tags if t not in tags)])
    target.mailbox_ids = tuple(dict.fromkeys([*target.mailbox_ids, *source.mailbox_ids]))
    before["watchers_who_came"] = [
        agent_id
        for agent_id in uow.watchers.of_ticket(source.id)
        if uow.watchers.add(target.id, agent_id, department_id=target.department_id, at=at)
    ]
    before["stars_that_came"] = [
        agent_id for agent_id in uow.views.starred_by(source.id) if uow.views.star(target.id, agent_id, on=True)
    ]
    refresh(uow, target)
    target.updated_at = at
    source.merged_into_id = target.id
    source.updated_at = at
    uow.tickets.save(target)
    uow.tickets.save(source)
    uow.tickets.record(
        [
            line(
                source, "TicketMerged", actor, at, cause=cause, change=("merged_into", None, target.number), data=before
            ),
            line(
                target,
                "TicketAbsorbed",
                actor,
                at,
                cause=cause,
                change=("merged_from", None, source.number),
                data={"source_id": source.id, "message_ids": moved},
            ),
        ]
    )
    for ticket in (source, target):
        uow.changed("ticket", ticket.id, "update", ticket.department_id)


def release(uow: UnitOfWork, source: Ticket, actor: Actor, at: datetime, *, cause: str = "") -> None:
    """Undo a merge: the source takes back the messages it brought, wherever they are now; later mail stays.

    Raises ValueError where the ticket is not merged.
    """
    if source.merged_into_id is None:
        raise ValueError(f"Ticket {source.number} is not merged.")
    merge = next((e for e in reversed(uow.tickets.events(source.id)) if e.kind == "TicketMerged"), None)
    if merge is None:
        raise ValueError(f"The history of ticket {source.number} does not say what it brought.")
    target = uow.tickets.survivor(source.id)
    moved = [int(i) for i in merge.data.get("message_ids", [])]
    here = [i for i in moved if (record := uow.messages.get(i)) and target and record.ticket_id == target.id]
    if here:
        uow.messages.move(here, source.id)
    source.merged_into_id = None
    source.updated_at = at
    refresh(uow, source)
    uow.tickets.save(source)
    events: list[TicketEvent] = [
        line(
            source,
            "TicketUnmerged",
            actor,
            at,
            cause=cause,
            change=("merged_into", target.number if target else None, None),
        )
    ]
    if target is not None:
        brought_drafts = [int(i) for i in merge.data.get("drafts_that_came", [])]
        uow.drafts.go_back(brought_drafts, target.id, source.id, source.department_id)
        if merge.data.get("target_id") == target.id:  # one that took the target over since has them from elsewhere
            own = set(merge.data.get("mailboxes_of_target", []))
            target.mailbox_ids = tuple(i for i in target.mailbox_ids if i in own or i not in source.mailbox_ids)
            others = [one for one in uow.tickets.merged_into(target.id) if one != source.id]
            kept = {tag for one in others for tag in uow.tickets.tags(one)} | set(merge.data.get("tags_of_target", []))
            brought = set(uow.tickets.tags(source.id)) - kept
            uow.tickets.set_tags(target.id, [t for t in uow.tickets.tags(target.id) if t not in brought])
            watch = {agent_id for one in others for agent_id in uow.watchers.of_ticket(one)}
            for agent_id in set(merge.data.get("watchers_who_came", [])) - watch:
                uow.watchers.remove(target.id, agent_id)
            starred = {agent_id for one in others for agent_id in uow.views.starred_by(one)}
            for agent_id in set(merge.data.get("stars_that_came", [])) - starred:
                uow.views.star(target.id, agent_id, on=False)
        if "first_response_after" in merge.data and merge.data["first_response_after"] == written(
            target.first_response_at
        ):
            own_answer = merge.data["first_response_of_target"]
            target.first_response_at = datetime.fromisoformat(own_answer) if own_answer else None
        target.updated_at = at
        refresh(uow, target)
        uow.tickets.save(target)
        events.append(
            line(target, "TicketReleased", actor, at, cause=cause, change=("merged_from", source.number, None))
        )
        uow.changed("ticket", target.id, "update", target.department_id)
    uow.tickets.record(events)
    uow.changed("ticket", source.id, "update", source.department_id)
