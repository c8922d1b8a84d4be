"""Folders as people and servers name them: special uses, separators, prefixes of a namespace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder: its full name, what separates its levels, and its attributes in lower case ("\\\\sent")."""

    name: str
    separator: str
    attributes: frozenset[str]

    @property
    def selectable(self) -> bool:
        """Whether it can hold messages."""
        return not self.attributes & {"\\noselect", "\\nonexistent"}

    @property
    def leaf(self) -> str:
        """Its last level."""
        return self.name.rpartition(self.separator)[2] if self.separator else self.name


def read_listing(listing: Iterable[tuple[Sequence[object], object, object]]) -> list[Folder]:
    """Return the folders of a LIST answer as imapclient gives it (names decoded, attributes and separator not)."""
    return [
        Folder(str(name), _text(separator), frozenset(_text(flag).lower() for flag in flags))
        for flags, separator, name in listing
    ]


def match(wanted: str, folders: Sequence[Folder]) -> str | None:
    """Return the folder somebody means by `wanted`: in another case, with the other separator, or without the
    prefix."""
    open_ = [folder for folder in folders if folder.selectable]
    for folder in open_:
        ours = wanted.replace("/", folder.separator) if folder.separator else wanted
        if folder.name in {wanted, ours}:
            return folder.name
    for folder in open_:
        ours = (wanted.replace("/", folder.separator) if folder.separator else wanted).casefold()
        prefixed = f"inbox{folder.separator}{ours}"
        if folder.name.casefold() in {wanted.casefold(), ours, prefixed}:
            return folder.name
    return None


def special(folders: Sequence[Folder], attribute: str) -> str | None:
    """Return the folder the server declares for a use ("\\\\sent", RFC 6154)."""
    return next((folder.name for folder in folders if attribute in folder.attributes and folder.selectable), None)


def _text(value: object) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
