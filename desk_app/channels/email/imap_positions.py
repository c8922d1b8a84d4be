"""Where reading stands in each folder, and how a message is named for ever (mail.md 6 "IMAP")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk_app.plugin_api.channels import ChannelError, ChannelFault, Cursor

DEFAULT = ""  # the position of a folder that was added after the first connect


@dataclass(frozen=True, slots=True)
class Position:
    """How far a folder has been read: up to `uid` under `uidvalidity`.

    Messages up to `floor_uid` that arrived before `floor` were declined at the first connect (MB-08) and stay declined
    when the server renumbers everything. Messages up to `rescan_uid` were there when it did: the desk may know them.
    """

    uidvalidity: int
    uid: int = 0
    floor: datetime | None = None
    floor_uid: int = 0
    rescan_uid: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object kept in a Cursor."""
        data: dict[str, Any] = {"uidvalidity": self.uidvalidity, "uid": self.uid}
        if self.floor is not None:
            data |= {"floor": self.floor.isoformat(), "floor_uid": self.floor_uid}
        if self.rescan_uid > self.uid:
            data["rescan_uid"] = self.rescan_uid
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Position:
        """Read a JSON object written by `to_json`."""
        floor = data.get("floor")
        return cls(
            uidvalidity=int(data.get("uidvalidity", 0)),
            uid=int(data.get("uid", 0)),
            floor=datetime.fromisoformat(floor) if floor else None,
            floor_uid=int(data.get("floor_uid", 0)),
            rescan_uid=int(data.get("rescan_uid", 0)),
        )


def position(cursor: Cursor, folder: str) -> Position | None:
    """Return where reading stands in a folder; None for one that was never read."""
    data = cursor.positions.get(folder)
    return None if data is None else Position.from_json(data)


def moved(cursor: Cursor, folder: str, to: Position) -> Cursor:
    """Return a cursor with one folder's position replaced."""
    return Cursor({**cursor.positions, folder: to.to_json()})


@dataclass(frozen=True, slots=True, order=True)
class MessageKey:
    """A message's name in its account: UIDVALIDITY and UID make it unique in a folder (RFC 9051 2.3.1.1)."""

    folder: str
    uidvalidity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.uidvalidity}/{self.uid}/{self.folder}"

    @classmethod
    def parse(cls, text: str) -> MessageKey:
        """Read a source key; raises ChannelError (FOLDER) for one that no session made."""
        validity, _, rest = text.partition("/")
        uid, slash, folder = rest.partition("/")
        if not (slash and folder and validity.isascii() and validity.isdigit() and uid.isascii() and uid.isdigit()):
            raise ChannelError(ChannelFault.FOLDER, "not the key of a message in a mail folder")
        return cls(folder, int(validity), int(uid))
