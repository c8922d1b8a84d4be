"""Contacts: names, addresses, notes, fields, organization (CU-01, CU-02, CU-05, CU-06, CU-08)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from desk_app.domain.contacts.blocking import block_of
from desk_app.domain.contacts.domains import domain_of
from desk_app.domain.contacts.fields import FIELD_TYPES
from desk_app.domain.contacts.model import Contact, ContactAddress
from desk_app.domain.people.actor import Actor
from desk_app.services.contacts.settings import definitions
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

_Change = Callable[[Contact], Contact]
_LONGEST_ADDRESS = 320
_OWN_PACE = frozenset({"version", "blocked", "merged_into_id", "created_at", "id"})
"""What no undo of a contact's own data touches."""


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What a command changed, so that it can be put back."""

    before: Contact
    after: Contact


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

    def create(self, name: str, email: str, actor: Actor, *, department_id: int, phone: str = "") -> int:
        """Add a person who has not written yet and return the id; raises ValueError with what is wrong."""
        address, number = read_address(email, "email"), read_address(phone, "phone") if phone.strip() else ""
        with self._uow() as uow:
            if address in uow.accounts.own_addresses():
                raise ValueError("That is one of the desk's own addresses.")
            if uow.contacts.by_email(address) is not None:
                raise ValueError(f"{address} belongs to another contact")
            shown = " ".join(name.split()) or address.partition("@")[0]
            made = uow.contacts.get_or_create(address, shown, language="", department_id=department_id, at=uow.now())
            blocked = block_of([address], uow.sender_blocks.among([address])) is not None
            if number or blocked:
                phones = (ContactAddress(number, kind="phone", is_primary=True),) if number else ()
                uow.contacts.save(replace(made, addresses=(*made.addresses, *phones), blocked=blocked))
            uow.contact_events.add("created", actor_name=actor.name, contact_id=made.id)
            uow.changed("contact", made.id, "insert")
            uow.commit()
        return made.id

    def rename(self, contact_id: int, name: str, actor: Actor) -> ContactChange:
        """Change a contact's name; raises ValueError where nothing is left of it."""
        clean = " ".join(name.split())
        if not clean:
            raise ValueError("A person needs a name.")
        return self._change(contact_id, actor, "renamed", lambda c: replace(c, name=clean))

    def set_note(self, contact_id: int, note: str, actor: Actor) -> ContactChange:
        """Change the note that every ticket of the contact shows."""
        return self._change(contact_id, actor, "noted", lambda c: replace(c, note=note.strip()))

    def set_fields(self, contact_id: int, values: Mapping[str, str], actor: Actor) -> ContactChange:
        """Change values of the desk's own fields; "" takes one away. Raises ValueError with what is wrong (CU-06)."""
        with self._uow() as uow:
            known = {one.key: one for one in definitions(uow).contact}
        clean = {key: FIELD_TYPES.read(text, known[key]) for key, text in values.items() if key in known}

        def fill(contact: Contact) -> Contact:
            return replace(contact, fields={k: v for k, v in {**contact.fields, **clean}.items() if v})

        return self._change(contact_id, actor, "fields", fill)

    def set_organization(self, contact_id: int, organization_id: int | None, actor: Actor) -> ContactChange:
        """Make a person a member of an organization, or of none."""
        kind = "joined" if organization_id is not None else "left"
        return self._change(contact_id, actor, kind, lambda c: replace(c, organization_id=organization_id))

    def add_address(
        self, contact_id: int, address: str, actor: Actor, *, kind: str = "email", label: str = ""
    ) -> ContactChange:
        """Add an address or phone number; raises ValueError where it belongs to somebody else or is no address.

        A person without an organization joins the one the address's domain stands for.
        """
        clean = read_address(address, kind)
        with self._uow() as uow:
            if kind == "email" and clean in uow.accounts.own_addresses():
                raise ValueError("That is one of the desk's own addresses.")
            home = uow.organizations.find(domain_of(clean)) if kind == "email" else None

        def add(contact: Contact) -> Contact:
            if any(a.address == clean and a.kind == kind for a in contact.addresses):
                return contact
            first = not any(a.kind == kind for a in contact.addresses)
            new = ContactAddress(clean, kind=kind, label=" ".join(label.split()), is_primary=first)
            organization_id = contact.organization_id if contact.organization_id is not None else home
            return replace(contact, addresses=(*contact.addresses, new), organization_id=organization_id)

        return self._change(contact_id, actor, f"{kind}_added", add)

    def label_address(self, contact_id: int, address: str, label: str, actor: Actor) -> ContactChange:
        """Say what an address or number is ("work", "mobile"); raises ValueError where the contact does not have it."""
        clean = " ".join(label.split())[:60]

        def name(contact: Contact) -> Contact:
            chosen = _chosen(contact, address)
            marked = (replace(a, label=clean) if a is chosen else a for a in contact.addresses)
            return replace(contact, addresses=tuple(marked))

        return self._change(contact_id, actor, "address_labelled", name)

    def remove_address(self, contact_id: int, address: str, actor: Actor) -> ContactChange:
        """Take a wrong address away; the last e-mail address must stay. Raises ValueError."""
        clean = address.strip().lower()

        def remove(contact: Contact) -> Contact:
            kept = [a for a in contact.addresses if a.address.lower() != clean]
            if any(a.kind == "email" for a in contact.addresses) and not any(a.kind == "email" for a in kept):
                raise ValueError("The last e-mail address must stay.")
            return replace(contact, addresses=tuple(with_primary(kept)))

        return self._change(contact_id, actor, "address_removed", remove)

    def set_primary(self, contact_id: int, address: str, actor: Actor) -> ContactChange:
        """Choose the address that replies go to; raises ValueError where the contact does not have it."""

        def choose(contact: Contact) -> Contact:
            chosen = _chosen(contact, address)
            marked = (replace(a, is_primary=a is chosen) if a.kind == chosen.kind else a for a in contact.addresses)
            return replace(contact, addresses=tuple(marked))

        return self._change(contact_id, actor, "primary_changed", choose)

    def put_back(self, change: ContactChange, actor: Actor) -> ContactChange:
        """Undo a change of a contact; raises ValueError where somebody changed the same thing meanwhile."""

        def put(contact: Contact) -> Contact:
            changes = {}
            for field in fields(Contact):
                before, after = getattr(change.before, field.name), getattr(change.after, field.name)
                if field.name in _OWN_PACE or before == after:
                    continue
                if _plain(getattr(contact, field.name)) != _plain(after):
                    raise ValueError("Somebody changed it again meanwhile.")
                changes[field.name] = before
            return replace(contact, **changes)

        return self._change(change.after.id, actor, "put_back", put)

    def _change(self, contact_id: int, actor: Actor, what: str, change: _Change) -> ContactChange:
        with self._uow() as uow:
            old = existing(uow, contact_id)
            new = change(old)
            if new == old:
                return ContactChange(old, old)
            if new.emails != old.emails:
                new = replace(new, blocked=block_of(new.emails, uow.sender_blocks.among(new.emails)) is not None)
            uow.contacts.save(new)
            uow.contact_events.add(what, actor_name=actor.name, contact_id=old.id)
            uow.changed("contact", old.id)
            after = existing(uow, old.id)
            uow.commit()
        return ContactChange(old, after)


def read_address(text: str, kind: str) -> str:
    """Return a typed address or phone number as it is stored; raises ValueError where it is none."""
    if kind == "email":
        clean = text.strip().lower()
        local, at, domain = clean.rpartition("@")
        wrong = any(one.isspace() or not one.isprintable() or one in ",;<>" for one in clean)
        if not local or not at or not domain or wrong or len(clean) > _LONGEST_ADDRESS:
            raise ValueError("That is no e-mail address.")
        return clean
    clean = " ".join(text.split())
    if not clean:
        raise ValueError("That is empty.")
    if not any(one.isdigit() for one in clean) or len(clean) > _LONGEST_ADDRESS:
        raise ValueError("That is no phone number.")
    return clean.lower()


def existing(uow: UnitOfWork, contact_id: int) -> Contact:
    """Return a contact; raises ValueError where there is none."""
    contact = uow.contacts.get(contact_id)
    if contact is None:
        raise ValueError(f"There is no contact {contact_id}.")
    return contact


def _chosen(contact: Contact, address: str) -> ContactAddress:
    clean = address.strip().lower()
    chosen = next((a for a in contact.addresses if a.address.lower() == clean), None)
    if chosen is None:
        raise ValueError("The contact does not have this address.")
    return chosen


def _plain(value: object) -> object:
    """Return a value for a comparison that looks at what a person sees of addresses."""
    if isinstance(value, tuple):
        return sorted((a.kind, a.address, a.label, a.is_primary) for a in value)
    return value


def with_primary(addresses: Sequence[ContactAddress]) -> list[ContactAddress]:
    """Return addresses of which one of each kind is the one to use."""
    found = list(addresses)
    for kind in ("email", "phone"):
        mine = [a for a in found if a.kind == kind]
        if mine and not any(a.is_primary for a in mine):
            found = [replace(a, is_primary=True) if a is mine[0] else a for a in found]
    return found
