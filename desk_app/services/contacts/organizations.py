"""Organizations: made, changed, merged, deleted, and filled by the domains people write from (CU-05)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from desk_app.domain.contacts.domains import organization_domain
from desk_app.domain.contacts.fields import FIELD_TYPES
from desk_app.domain.contacts.fields import merged as merged_fields
from desk_app.domain.contacts.model import Organization
from desk_app.domain.people.actor import Actor
from desk_app.services.contacts.settings import definitions
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class OrganizationChange:
    """What a command changed, so that it can be put back. `joined` are contacts that became members by it; `before`
    None: it was made, `after` None: it was deleted. `absorbed` is what a merge took over."""

    before: Organization | None
    after: Organization | None
    joined: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    absorbed: Organization | None = None


class OrganizationService:
    """Changes organizations; each change is noted with who made it and can be put back."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def get(self, organization_id: int) -> Organization | None:
        """Return an organization."""
        with self._uow() as uow:
            return uow.organizations.get(organization_id)

    def create(self, name: str, actor: Actor, *, domain: str = "") -> OrganizationChange:
        """Make an organization, with everybody who writes from `domain`; raises ValueError with what is wrong."""
        clean = _name(name)
        domains = (organization_domain(domain),) if domain.strip() else ()
        with self._uow() as uow:
            if uow.organizations.named(clean) is not None:
                raise ValueError(f"There is an organization {clean} already.")
            key = uow.organizations.add(Organization(0, clean, domains=domains))
            joined = _link(uow, key, domains)
            uow.contact_events.add("created", actor_name=actor.name, organization_id=key)
            made = _existing(uow, key)
            uow.commit()
        return OrganizationChange(None, made, joined)

    def rename(self, organization_id: int, name: str, actor: Actor) -> OrganizationChange:
        """Change the name; raises ValueError."""
        clean = _name(name)
        return self._change(organization_id, actor, "renamed", lambda one: replace(one, name=clean))

    def set_note(self, organization_id: int, note: str, actor: Actor) -> OrganizationChange:
        """Change the note that every member's tickets show."""
        return self._change(organization_id, actor, "noted", lambda one: replace(one, note=note.strip()))

    def set_fields(self, organization_id: int, values: Mapping[str, str], actor: Actor) -> OrganizationChange:
        """Change values of the desk's own fields; raises ValueError with what is wrong (CU-06)."""
        with self._uow() as uow:
            known = {one.key: one for one in definitions(uow).organization}
        clean = {key: FIELD_TYPES.read(text, known[key]) for key, text in values.items() if key in known}

        def fill(one: Organization) -> Organization:
            return replace(one, fields={k: v for k, v in {**one.fields, **clean}.items() if v})

        return self._change(organization_id, actor, "fields", fill)

    def add_domain(self, organization_id: int, domain: str, actor: Actor) -> OrganizationChange:
        """Let a domain stand for the organization: everybody who writes from it and has no organization joins, now and
        later. Raises ValueError: public mail providers stand for nobody."""
        clean = organization_domain(domain)

        def add(one: Organization) -> Organization:
            return replace(one, domains=tuple(sorted({*one.domains, clean})))

        return self._change(organization_id, actor, "domain_added", add)

    def remove_domain(self, organization_id: int, domain: str, actor: Actor) -> OrganizationChange:
        """Take a domain away; members stay."""

        def remove(one: Organization) -> Organization:
            return replace(one, domains=tuple(other for other in one.domains if other != domain.strip().lower()))

        return self._change(organization_id, actor, "domain_removed", remove)

    def merge(self, source_id: int, target_id: int, actor: Actor) -> OrganizationChange:
        """Move members, domains, note and fields to `target_id`, and delete the source; raises ValueError."""
        if source_id == target_id:
            raise ValueError("An organization cannot be merged into itself.")
        with self._uow() as uow:
            source, target = _existing(uow, source_id), _existing(uow, target_id)
            members = tuple(uow.organizations.members(source_id))
            uow.organizations.remove(source_id)
            after = replace(
                target,
                note="\n".join(n for n in dict.fromkeys((target.note, source.note)) if n),
                domains=tuple(sorted({*target.domains, *source.domains})),
                fields=merged_fields(target.fields, source.fields),
            )
            uow.organizations.save(after)
            uow.organizations.assign(members, target_id)
            uow.contact_events.add("merged", actor_name=actor.name, organization_id=target_id)
            result = _existing(uow, target_id)
            uow.commit()
        return OrganizationChange(target, result, joined=members, absorbed=source)

    def delete(self, organization_id: int, actor: Actor) -> OrganizationChange:
        """Delete an organization; its members stay, without one. Raises ValueError where it is gone already."""
        with self._uow() as uow:
            old = _existing(uow, organization_id)
            members = tuple(uow.organizations.members(organization_id))
            uow.organizations.remove(organization_id)
            uow.contact_events.add("deleted", actor_name=actor.name, organization_id=organization_id)
            uow.commit()
        return OrganizationChange(old, None, left=members)

    def put_back(self, change: OrganizationChange, actor: Actor) -> None:
        """Undo a change; raises ValueError where somebody changed the same thing meanwhile."""
        with self._uow() as uow:
            if change.after is None:
                if change.before is not None:
                    if uow.organizations.get(change.before.id) is not None:
                        raise ValueError("Somebody changed it again meanwhile.")
                    uow.organizations.restore(change.before, change.left)
                    uow.contact_events.add("put_back", actor_name=actor.name, organization_id=change.before.id)
            elif (now := _existing(uow, change.after.id)).version != change.after.version:
                raise ValueError("Somebody changed it again meanwhile.")
            elif change.before is None:
                uow.organizations.remove(now.id)
            else:
                uow.organizations.save(replace(change.before, version=now.version))
                still = set(uow.organizations.members(now.id))
                uow.organizations.assign([key for key in change.joined if key in still], None)
                if change.absorbed is not None:
                    uow.organizations.restore(change.absorbed, change.joined)
                uow.contact_events.add("put_back", actor_name=actor.name, organization_id=now.id)
            uow.commit()

    def _change(
        self, organization_id: int, actor: Actor, what: str, change: Callable[[Organization], Organization]
    ) -> OrganizationChange:
        with self._uow() as uow:
            old = _existing(uow, organization_id)
            new = change(old)
            if new == old:
                return OrganizationChange(old, old)
            uow.organizations.save(new)
            joined = _link(uow, old.id, [one for one in new.domains if one not in old.domains])
            uow.contact_events.add(what, actor_name=actor.name, organization_id=old.id)
            after = _existing(uow, old.id)
            uow.commit()
        return OrganizationChange(old, after, joined)


def _link(uow: UnitOfWork, organization_id: int, domains: list[str] | tuple[str, ...]) -> tuple[int, ...]:
    joined = tuple(uow.organizations.homeless(domains))
    uow.organizations.assign(joined, organization_id)
    return joined


def _name(text: str) -> str:
    clean = " ".join(text.split())
    if not clean:
        raise ValueError("An organization needs a name.")
    return clean


def _existing(uow: UnitOfWork, organization_id: int) -> Organization:
    found = uow.organizations.get(organization_id)
    if found is None:
        raise ValueError("The organization is gone.")
    return found
