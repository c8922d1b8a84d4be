"""The desk's own fields of people and organizations (CU-06): what they are, and which values they take.

A value is kept as text, whatever its type, so that a field whose type is taken away loses nothing. Types are looked up
in a registry, so that a plugin can bring more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from desk_app.domain.search.analysis import fold

MOST_CHARACTERS = 2000
MOST_FIELDS = 50


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field of the desk: `key` never changes, `label` is what people read, `choices` are for the type "choice"."""

    key: str
    label: str
    kind: str = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldType:
    """A kind of value. `read` returns a typed value as it is stored; raises ValueError with what is wrong."""

    id: str
    read: Callable[[str, FieldDefinition], str]


class FieldTypes:
    """The kinds of fields that exist, by id."""

    def __init__(self, types: Sequence[FieldType]) -> None:
        self._types = {one.id: one for one in types}

    def register(self, kind: FieldType) -> None:
        """Add a type; raises ValueError where its id is taken."""
        if kind.id in self._types:
            raise ValueError(f"There is a field type {kind.id!r} already.")
        self._types[kind.id] = kind

    def remove(self, type_id: str) -> None:
        """Take a type away; values of such fields stay as they are."""
        self._types.pop(type_id, None)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all types."""
        return tuple(self._types)

    def read(self, text: str, definition: FieldDefinition) -> str:
        """Return a typed value as it is stored, "" for none; raises ValueError with what is wrong."""
        wanted = text.strip()
        if not wanted:
            return ""
        if len(wanted) > MOST_CHARACTERS:
            raise ValueError(f"{definition.label}: at most {MOST_CHARACTERS} characters.")
        kind = self._types.get(definition.kind)
        return kind.read(wanted, definition) if kind is not None else wanted


def _text(text: str, _definition: FieldDefinition) -> str:
    return text


def _number(text: str, definition: FieldDefinition) -> str:
    plain = text.replace(" ", "").replace("\u00a0", "")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(f"{definition.label}: that is no number.") from error
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError(f"{definition.label}: that is no number.")
    return format(number, "f")


def _date(text: str, definition: FieldDefinition) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"{definition.label}: write the date as year-month-day, such as 2026-11-25.") from error


def _yes_no(text: str, definition: FieldDefinition) -> str:
    if text.lower() not in {"yes", "no"}:
        raise ValueError(f"{definition.label}: yes or no.")
    return text.lower()


def _choice(text: str, definition: FieldDefinition) -> str:
    if text not in definition.choices:
        raise ValueError(f"{definition.label}: {text} is not one of the choices.")
    return text


FIELD_TYPES = FieldTypes(
    (
        FieldType("text", _text),
        FieldType("number", _number),
        FieldType("date", _date),
        FieldType("yes_no", _yes_no),
        FieldType("choice", _choice),
    )
)


def checked(definitions: Sequence[FieldDefinition], types: FieldTypes = FIELD_TYPES) -> tuple[FieldDefinition, ...]:
    """Return definitions ready to be stored: clean labels, a key for each new one. Raises ValueError with what is
    wrong."""
    if len(definitions) > MOST_FIELDS:
        raise ValueError(f"At most {MOST_FIELDS} fields.")
    found: list[FieldDefinition] = []
    keys = {one.key for one in definitions if one.key}
    for one in definitions:
        label = " ".join(one.label.split())
        if not label:
            raise ValueError("Every field needs a name.")
        if any(fold(other.label) == fold(label) for other in found):
            raise ValueError(f"There are two fields named {label}.")
        if one.kind not in types.ids():
            raise ValueError(f"There is no field type {one.kind}.")
        choices = tuple(dict.fromkeys(" ".join(choice.split()) for choice in one.choices if choice.strip()))
        if one.kind == "choice" and not choices:
            raise ValueError(f"{label}: name at least one choice.")
        key = one.key or _new_key(label, keys)
        keys.add(key)
        found.append(replace(one, key=key, label=label, choices=choices))
    return tuple(found)


def _new_key(label: str, taken: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", fold(label)).strip("_")[:40] or "field"
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key


def merged(mine: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """Return the values of two people who are one: `mine` where both have one."""
    return {**theirs, **{key: value for key, value in mine.items() if value}}
