"""Making one person of two, with a preview and a way back (CU-03)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from desk_app.domain.contacts.blocking import block_of
from desk_app.domain.contacts.fields import merged as merged_fields
from desk_app.domain.contacts.model import Contact, ContactAddress
from desk_app.domain.people.actor import Actor
from desk_app.services.contacts.commands import existing, with_primary
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge of two contacts would give."""

    source: Contact
    target: Contact
    addresses: tuple[ContactAddress, ...]
    note: str
    organization_id: int | None


class ContactMergeService:
    """Merges contacts and takes them apart again."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def preview(self, source_id: int, target_id: int) -> MergePreview:
        """Return what merging would give; changes nothing. Raises ValueError where one of them does not exist."""
        with self._uow() as uow:
            return _preview(uow, source_id, target_id)

    def merge(self, source_id: int, target_id: int, actor: Actor, *, name: str = "", primary: str = "") -> Contact:
        """Merge a contact into another: addresses, tickets, messages, note and fields move, both ids resolve to the
        target. `name` and `primary` (an e-mail address) are chosen from both; "" keeps the target's.

        Raises ValueError. `unmerge` undoes it.
        """
        with self._uow() as uow:
            uow.leases.serialise("intake")  # mail that is being placed has looked its customers up already
            preview = _preview(uow, source_id, target_id)
            source, target = preview.source, preview.target
            if source.id == target.id:
                raise ValueError("A contact cannot be merged into itself.")
            uow.contacts.merge(source.id, target.id)
            now = existing(uow, target.id)
            wanted = primary.strip().lower() or target.primary_email
            if wanted not in now.emails and now.emails:
                raise ValueError("The contact does not have this address.")
            after = replace(
                now,
                name=" ".join(name.split()) or target.name,
                note=preview.note,
                organization_id=preview.organization_id,
                fields=merged_fields(target.fields, source.fields),
                blocked=source.blocked or target.blocked,
                addresses=tuple(
                    replace(a, is_primary=a.address == wanted) if a.kind == "email" else a for a in now.addresses
                ),
            )
            uow.contacts.save(after)
            data = {"target": target.id, "before": _state(target), "after": _state(after), "source": _state(source)}
            uow.contact_events.add("merged_into", actor_name=actor.name, contact_id=source.id, data=data)
            uow.contact_events.add("merged", actor_name=actor.name, contact_id=target.id)
            for contact_id in (source.id, target.id):
                uow.changed("contact", contact_id)
            result = existing(uow, target.id)
            uow.commit()
        return result

    def unmerge(self, source_id: int, actor: Actor) -> None:
        """Undo a merge: what came from the contact goes back; what was changed at the target since then stays. Raises
        ValueError where it was not merged."""
        with self._uow() as uow:
            uow.leases.serialise("intake")
            noted = uow.contact_events.last("merged_into", contact_id=source_id)
            uow.contacts.unmerge(source_id)
            target = uow.contacts.get(int(noted["target"])) if noted else None
            if target is not None and target.id == int(noted["target"]):
                uow.contacts.save(_marked(uow, _put_back(target, noted["before"], noted["after"])))
                uow.contact_events.add("unmerged", actor_name=actor.name, contact_id=target.id)
                uow.changed("contact", target.id)
            if noted:
                primary, source = noted["source"]["primary"], existing(uow, source_id)
                own = [replace(a, is_primary=a.address in primary) for a in source.addresses]
                uow.contacts.save(_marked(uow, replace(source, addresses=tuple(with_primary(own)))))
            uow.contact_events.add("unmerged", actor_name=actor.name, contact_id=source_id)
            uow.changed("contact", source_id)
            uow.commit()


def _preview(uow: UnitOfWork, source_id: int, target_id: int) -> MergePreview:
    source, target = existing(uow, source_id), existing(uow, target_id)
    own = {(a.kind, a.address) for a in target.addresses}
    brought = [replace(a, is_primary=False) for a in source.addresses if (a.kind, a.address) not in own]
    note = "\n".join(n for n in dict.fromkeys((target.note, source.note)) if n)
    home = target.organization_id if target.organization_id is not None else source.organization_id
    return MergePreview(source, target, (*target.addresses, *brought), note, home)


def _state(contact: Contact) -> dict[str, Any]:
    return {
        "name": contact.name,
        "note": contact.note,
        "organization_id": contact.organization_id,
        "fields": dict(contact.fields),
        "primary": [a.address for a in contact.addresses if a.is_primary],
    }


def _put_back(target: Contact, before: dict[str, Any], after: dict[str, Any]) -> Contact:
    now = _state(target)
    names = ("name", "note", "organization_id", "fields")
    changes = {key: before[key] for key in names if now[key] == after[key]}
    marked = [
        one
        for kind in ("email", "phone")
        for one in _primary_back([a for a in target.addresses if a.kind == kind], before["primary"], after["primary"])
    ]
    return replace(target, **changes, addresses=tuple(with_primary(marked)))


def _marked(uow: UnitOfWork, contact: Contact) -> Contact:
    """Say of a contact whether a block covers one of the addresses it has now."""
    return replace(contact, blocked=block_of(contact.emails, uow.sender_blocks.among(contact.emails)) is not None)


def _primary_back(addresses: list[ContactAddress], before: list[str], after: list[str]) -> list[ContactAddress]:
    """Mark the addresses of one kind as before a merge, unless somebody has chosen another one since."""
    if any(a.is_primary != (a.address in after) for a in addresses):
        return addresses
    return [replace(a, is_primary=a.address in before) for a in addresses]
