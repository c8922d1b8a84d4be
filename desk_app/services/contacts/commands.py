"""Contacts: names, addresses, notes, merging (CU-01..04, CU-08, CU-09)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from desk_app.domain.contacts.model import Contact, ContactAddress
from desk_app.domain.people.actor import Actor
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

_MOST_NOTED = 500
_Change = Callable[[Contact], Contact]


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge of two contacts would give (CU-03)."""

    source: Contact
    target: Contact
    addresses: tuple[ContactAddress, ...]
    note: str


class ContactService:
    """Changes contacts; each change is noted with who made it."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def get(self, contact_id: int) -> Contact | None:
        """Return a contact; a merged one resolves to the one that took it over."""
        with self._uow() as uow:
            return uow.contacts.get(contact_id)

    def by_email(self, email: str) -> Contact | None:
        """Return the contact with this address."""
        with self._uow() as uow:
            return uow.contacts.by_email(email.strip().lower())

    def rename(self, contact_id: int, name: str, actor: Actor) -> None:
        """Change a contact's name."""
        self._change(contact_id, actor, "renamed", lambda c: replace(c, name=" ".join(name.split())))

    def set_note(self, contact_id: int, note: str, actor: Actor) -> None:
        """Change the note that every ticket of the contact shows."""
        self._change(contact_id, actor, "note changed", lambda c: replace(c, note=note))

    def block(self, contact_id: int, blocked: bool, actor: Actor) -> None:
        """Send a contact's new tickets to the spam list, or stop doing so; no mail is lost (CU-09)."""
        self._change(contact_id, actor, "blocked" if blocked else "unblocked", lambda c: replace(c, blocked=blocked))

    def add_address(self, contact_id: int, address: str, actor: Actor, *, kind: str = "email", label: str = "") -> None:
        """Add an address or phone number; raises ValueError where it belongs to somebody else or is no address."""
        clean = address.strip().lower() if kind == "email" else " ".join(address.split())
        if not clean or (kind == "email" and "@" not in clean):
            raise ValueError("That is no e-mail address." if kind == "email" else "That is empty.")

        def add(contact: Contact) -> Contact:
            if any(a.address == clean and a.kind == kind for a in contact.addresses):
                return contact
            first = not any(a.kind == kind for a in contact.addresses)
            new = ContactAddress(clean, kind=kind, label=label, is_primary=first)
            return replace(contact, addresses=(*contact.addresses, new))

        self._change(contact_id, actor, f"{kind} added", add)

    def remove_address(self, contact_id: int, address: str, actor: Actor) -> None:
        """Take a wrong address away; the last e-mail address must stay. Raises ValueError."""
        clean = address.strip().lower()

        def remove(contact: Contact) -> Contact:
            kept = [a for a in contact.addresses if a.address.lower() != clean]
            if any(a.kind == "email" for a in contact.addresses) and not any(a.kind == "email" for a in kept):
                raise ValueError("The last e-mail address must stay.")
            return replace(contact, addresses=tuple(_with_primary(kept)))

        self._change(contact_id, actor, "address removed", remove)

    def set_primary(self, contact_id: int, address: str, actor: Actor) -> None:
        """Choose the address that replies go to; raises ValueError where the contact does not have it."""
        clean = address.strip().lower()

        def choose(contact: Contact) -> Contact:
            chosen = next((a for a in contact.addresses if a.address.lower() == clean), None)
            if chosen is None:
                raise ValueError("The contact does not have this address.")
            marked = (replace(a, is_primary=a is chosen) if a.kind == chosen.kind else a for a in contact.addresses)
            return replace(contact, addresses=tuple(marked))

        self._change(contact_id, actor, "primary address changed", choose)

    def preview_merge(self, source_id: int, target_id: int) -> MergePreview:
        """Return what merging would give; changes nothing."""
        with self._uow() as uow:
            source, target = _existing(uow, source_id), _existing(uow, target_id)
        own = {(a.kind, a.address) for a in target.addresses}
        brought = [replace(a, is_primary=False) for a in source.addresses if (a.kind, a.address) not in own]
        note = "\n".join(n for n in (target.note, source.note) if n)
        return MergePreview(source, target, (*target.addresses, *brought), note)

    def merge(self, source_id: int, target_id: int, actor: Actor) -> Contact:
        """Merge a contact into another: addresses, tickets, messages and note move, both ids resolve to the target.
        Raises ValueError. `unmerge` undoes it."""
        preview = self.preview_merge(source_id, target_id)
        if preview.source.id == preview.target.id:
            raise ValueError("A contact cannot be merged into itself.")
        with self._uow() as uow:
            uow.contacts.merge(preview.source.id, preview.target.id)
            target = _existing(uow, preview.target.id)
            if preview.note != target.note:
                uow.contacts.save(replace(target, note=preview.note))
            merges = dict(uow.settings.get("contact_merges", {}))
            merges[str(preview.source.id)] = {"note_of_target": preview.target.note, "target": preview.target.id}
            uow.settings.set("contact_merges", dict(list(merges.items())[-_MOST_NOTED:]))
            _note(uow, actor, "merged", preview.source.id, {"into": preview.target.id})
            for contact_id in (preview.source.id, preview.target.id):
                uow.changed("contact", contact_id)
            merged = _existing(uow, preview.target.id)
            uow.commit()
        return merged

    def unmerge(self, source_id: int, actor: Actor) -> None:
        """Undo a merge: what came from the contact goes back. Raises ValueError where it was not merged."""
        with self._uow() as uow:
            merges = dict(uow.settings.get("contact_merges", {}))
            noted = merges.pop(str(source_id), None)
            uow.contacts.unmerge(source_id)
            if noted is not None:
                target = uow.contacts.get(int(noted["target"]))
                if target is not None and target.id != source_id:
                    uow.contacts.save(replace(target, note=str(noted["note_of_target"])))
                    uow.changed("contact", target.id)
                uow.settings.set("contact_merges", merges)
            _note(uow, actor, "unmerged", source_id, {})
            uow.changed("contact", source_id)
            uow.commit()

    def _change(self, contact_id: int, actor: Actor, what: str, change: _Change) -> None:
        with self._uow() as uow:
            old = _existing(uow, contact_id)
            new = change(old)
            if new == old:
                return
            uow.contacts.save(new)
            _note(uow, actor, what, old.id, {})
            uow.changed("contact", old.id)
            uow.commit()


def _with_primary(addresses: Sequence[ContactAddress]) -> list[ContactAddress]:
    emails = [a for a in addresses if a.kind == "email"]
    if emails and not any(a.is_primary for a in emails):
        return [replace(a, is_primary=True) if a is emails[0] else a for a in addresses]
    return list(addresses)


def _existing(uow: UnitOfWork, contact_id: int) -> Contact:
    contact = uow.contacts.get(contact_id)
    if contact is None:
        raise ValueError(f"There is no contact {contact_id}.")
    return contact


def _note(uow: UnitOfWork, actor: Actor, what: str, contact_id: int, data: dict[str, int]) -> None:
    """Keep the last changes of contacts with who made them."""
    log = list(uow.settings.get("contact_changes", []))
    entry = {"at": uow.now().isoformat(), "actor": actor.name, "what": what, "contact_id": contact_id, **data}
    uow.settings.set("contact_changes", [*log, entry][-_MOST_NOTED:])
