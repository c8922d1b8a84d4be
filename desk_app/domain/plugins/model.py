"""What the desk remembers of a plugin (plugins.md, "States and lifecycle")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Permission(StrEnum):
    """What a plugin may ask for. Shown before it is switched on, checked at every call; not a sandbox."""

    NETWORK = "network"
    TICKETS_READ = "tickets.read"
    TICKETS_WRITE = "tickets.write"
    CONTACTS = "contacts"
    MAIL_SEND = "mail.send"
    FILES = "files"
    SECRETS = "secrets"
    UI = "ui"
    SCHEDULE = "schedule"


class StateKind(StrEnum):
    """How a plugin stands in this program (plugins.md, "States and lifecycle")."""

    INVALID = "invalid"  # its manifest has errors
    INCOMPATIBLE = "incompatible"  # made for another version of the interface, or needs what is not there
    CONFLICT = "conflict"  # another plugin has the same id and comes first
    CHANGED = "changed"  # wanted, but its files are not those that were switched on
    INACTIVE = "inactive"
    ACTIVATING = "activating"
    ACTIVE = "active"
    PAUSED = "paused"  # wanted by a person, stopped by the desk
    DEACTIVATING = "deactivating"
    MISSING = "missing"  # wanted, but its files are gone


class Source(StrEnum):
    """Where a plugin comes from, in the order in which they are looked for."""

    BUNDLED = "bundled"
    PIP = "pip"
    USER = "user"
    DEV = "dev"  # a folder that is being worked on


REVOCABLE = frozenset({Permission.NETWORK, Permission.MAIL_SEND})
"""Permissions that can be taken from an active plugin."""

KEPT_FAULTS = 50
"""So many faults are kept of each plugin."""


SECRET_SETTING = "secret:"  # noqa: S105 -- a prefix
"""How a stored setting is called that notes a secret by its name. Its value is another one whenever the secret, which
is in the keychain, was changed."""


@dataclass(slots=True)
class PluginRecord:
    """A plugin as the desk keeps it, the same for every program on it.

    `wanted` says that a person switched it on; `paused` why the desk stopped it all the same, "" where it did not.
    `files_sha256` is of the files that were activated. `table_version` is its last migration. `activated_at` is when it
    was switched on, `activated_event_id` the newest line of the history at that moment: it is told of those after it.
    """

    id: int
    slug: str
    version: str = ""
    previous_version: str = ""
    files_sha256: str = ""
    wanted: bool = False
    paused: str = ""
    position: int = 100
    granted: frozenset[Permission] = frozenset()
    revoked: frozenset[Permission] = frozenset()
    table_version: int = 0
    installed_at: datetime | None = None
    activated_at: datetime | None = None
    activated_event_id: int = 0

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it may do now."""
        return self.granted - self.revoked


@dataclass(frozen=True, slots=True)
class PluginFault:
    """Something that went wrong in a plugin. `place` is the hook or what else was being done; `detail` holds traceback
    and ids, never contents."""

    slug: str
    place: str
    summary: str
    detail: str = ""
    version: str = ""
    computer: str = ""
    at: datetime | None = None
    id: int = 0
