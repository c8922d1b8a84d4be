"""Holding mail of senders back (CU-09): it waits in quarantine, nothing is refused or lost silently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk_app.domain.contacts.blocking import BlockKind, SenderBlock, block_of, read_block
from desk_app.domain.people.actor import Actor
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class BlockChange:
    """Blocks that a command added or took away, so that it can be put back."""

    blocks: tuple[SenderBlock, ...]
    added: bool


class BlockService:
    """Blocks and unblocks addresses, domains and people."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def list(self) -> list[SenderBlock]:
        """Return every block, newest first."""
        with self._uow() as uow:
            return [*uow.sender_blocks.all()]

    def block(self, text: str, actor: Actor, *, reason: str = "") -> BlockChange:
        """Hold mail from an address or a domain back from now on; raises ValueError with what is wrong."""
        with self._uow() as uow:
            kind, value = read_block(text, uow.accounts.own_addresses())
            change = _add(uow, [SenderBlock(kind, value, reason.strip(), actor.name)])
            uow.commit()
        return change

    def unblock(self, kind: BlockKind, value: str, actor: Actor) -> BlockChange:  # noqa: ARG002 -- every command names its actor
        """Let mail from an address or a domain through again; what waits stays until it is released."""
        with self._uow() as uow:
            gone = [one for one in uow.sender_blocks.all() if (one.kind, one.value) == (kind, value)]
            change = _remove(uow, gone)
            uow.commit()
        return change

    def block_contact(self, contact_id: int, actor: Actor, *, reason: str = "") -> BlockChange:
        """Hold mail from every address of a person back; raises ValueError where there is no such person or address."""
        with self._uow() as uow:
            contact = uow.contacts.get(contact_id)
            if contact is None or not contact.emails:
                raise ValueError("The contact has no e-mail address.")
            own = uow.accounts.own_addresses()
            blocks = [SenderBlock(*read_block(one, own), reason.strip(), actor.name) for one in contact.emails]
            change = _add(uow, blocks)
            uow.contact_events.add("blocked", actor_name=actor.name, contact_id=contact.id)
            uow.commit()
        return change

    def unblock_contact(self, contact_id: int, actor: Actor) -> BlockChange:
        """Let mail of a person through again: every block that covers an address of theirs goes, domains included."""
        with self._uow() as uow:
            contact = uow.contacts.get(contact_id)
            if contact is None:
                raise ValueError("The contact is gone.")
            gone: list[SenderBlock] = []
            blocks = dict(uow.sender_blocks.among(contact.emails))
            while (found := block_of(contact.emails, blocks)) is not None:
                gone.append(blocks.pop((found.kind, found.value)))
            change = _remove(uow, gone)
            uow.contact_events.add("unblocked", actor_name=actor.name, contact_id=contact.id)
            uow.commit()
        return change

    def put_back(self, change: BlockChange, actor: Actor) -> None:  # noqa: ARG002 -- every command names its actor
        """Undo: take away what was blocked, block again what was let through."""
        with self._uow() as uow:
            if change.added:
                _remove(uow, change.blocks)
            else:
                _add(uow, change.blocks)
            uow.commit()


def _add(uow: UnitOfWork, blocks: Sequence[SenderBlock]) -> BlockChange:
    return BlockChange(tuple(one for one in blocks if uow.sender_blocks.add(one)), added=True)


def _remove(uow: UnitOfWork, blocks: Sequence[SenderBlock]) -> BlockChange:
    return BlockChange(tuple(one for one in blocks if uow.sender_blocks.remove(one.kind, one.value)), added=False)
