"""What the desk keeps about people in general: its own fields, links to other systems, how long blocked mail waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from desk_app.domain.contacts.fields import FieldDefinition, checked
from desk_app.domain.contacts.links import LinkTemplate
from desk_app.domain.contacts.links import check as check_link
from desk_app.domain.people.actor import Actor
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

_FIELDS, _LINKS, _DAYS = "contact_fields", "contact_links", "block_days"
MOST_LINKS = 30
DEFAULT_BLOCK_DAYS = 30


@dataclass(frozen=True, slots=True)
class FieldDefinitions:
    """The desk's own fields of people and of organizations, in order (CU-06)."""

    contact: tuple[FieldDefinition, ...] = ()
    organization: tuple[FieldDefinition, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactSettings:
    """Everything the screens about people need to know. `block_days` is how long blocked mail waits (CU-09)."""

    fields: FieldDefinitions = FieldDefinitions()
    links: tuple[LinkTemplate, ...] = ()
    block_days: int = DEFAULT_BLOCK_DAYS


class ContactSettingsService:
    """Reads and changes these settings."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def read(self) -> ContactSettings:
        """Return the settings."""
        with self._uow() as uow:
            return ContactSettings(definitions(uow), links(uow), block_days(uow))

    def save_fields(self, fields: FieldDefinitions, actor: Actor) -> FieldDefinitions:  # noqa: ARG002 -- every command names its actor
        """Store the desk's own fields and return them with their keys; values of fields taken away stay stored. Raises
        ValueError with what is wrong."""
        clean = FieldDefinitions(checked(fields.contact), checked(fields.organization))
        self._set(_FIELDS, {"contact": _rows(clean.contact), "organization": _rows(clean.organization)})
        return clean

    def save_links(self, templates: Sequence[LinkTemplate], actor: Actor) -> tuple[LinkTemplate, ...]:  # noqa: ARG002 -- every command names its actor
        """Store the links of the customer card (CU-14); raises ValueError with what is wrong."""
        if len(templates) > MOST_LINKS:
            raise ValueError(f"At most {MOST_LINKS} links.")
        with self._uow() as uow:
            keys = frozenset(one.key for one in definitions(uow).contact)
        clean = tuple(replace(one, title=" ".join(one.title.split()), url=one.url.strip()) for one in templates)
        for one in clean:
            check_link(one, keys)
        self._set(_LINKS, [{"title": one.title, "url": one.url} for one in clean])
        return clean

    def set_block_days(self, days: int, actor: Actor) -> None:  # noqa: ARG002 -- every command names its actor
        """Say how long blocked mail waits before it is deleted, 1 to 365 days; raises ValueError."""
        if not 1 <= days <= 365:
            raise ValueError("Blocked mail waits 1 to 365 days.")
        self._set(_DAYS, days)

    def _set(self, key: str, value: object) -> None:
        with self._uow() as uow:
            uow.settings.set(key, value)
            uow.changed("contact_setting", 0)
            uow.commit()


def definitions(uow: UnitOfWork) -> FieldDefinitions:
    """Return the desk's own fields; what cannot be read is left out (older and newer programs write too)."""
    stored = uow.settings.get(_FIELDS, {})
    if not isinstance(stored, dict):
        return FieldDefinitions()
    return FieldDefinitions(_read(stored.get("contact")), _read(stored.get("organization")))


def links(uow: UnitOfWork) -> tuple[LinkTemplate, ...]:
    """Return the links of the customer card."""
    stored = uow.settings.get(_LINKS, [])
    rows = stored if isinstance(stored, list) else []
    return tuple(
        LinkTemplate(str(row.get("title", "")), str(row.get("url", ""))) for row in rows if isinstance(row, dict)
    )


def block_days(uow: UnitOfWork) -> int:
    """Return how many days blocked mail waits."""
    stored = uow.settings.get(_DAYS, DEFAULT_BLOCK_DAYS)
    return stored if isinstance(stored, int) and stored > 0 else DEFAULT_BLOCK_DAYS


def _rows(fields: Sequence[FieldDefinition]) -> list[dict[str, object]]:
    return [{"key": f.key, "label": f.label, "kind": f.kind, "choices": list(f.choices)} for f in fields]


def _read(rows: object) -> tuple[FieldDefinition, ...]:
    found = []
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("key") and row.get("label"):
            choices = row.get("choices", [])
            found.append(
                FieldDefinition(
                    str(row["key"]),
                    str(row["label"]),
                    str(row.get("kind", "text")),
                    tuple(str(one) for one in choices) if isinstance(choices, list) else (),
                )
            )
    return tuple(found)
