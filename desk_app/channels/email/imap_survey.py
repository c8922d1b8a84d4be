"""What lies on the server: counts for the first connect, a cursor that declines old mail, a listing to compare with
(MB-08, MB-31)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from desk_app.channels.email.imap_connection import ImapConnection
from desk_app.channels.email.imap_positions import DEFAULT, MessageKey, Position
from desk_app.plugin_api.channels import Cursor, ServerMessage, StreamCount

_ID_FIELD = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_MESSAGE_ID = re.compile(rb"<([^<>\s]+)>")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def counts(connection: ImapConnection, folders: Sequence[str], since: datetime | None) -> list[StreamCount]:
    """Count the messages of each folder, in all and (by the server's day) since an instant."""
    found = []
    for folder in folders:
        state = connection.select(folder)
        recent = None if since is None else len(connection.search("SINCE", imap_day(since))) if state.exists else 0
        found.append(StreamCount(folder, state.exists, recent))
    return found


def start_cursor(connection: ImapConnection, folders: Sequence[str], since: datetime | None, now: datetime) -> Cursor:
    """Return the cursor that declines what lies there now (`since` None) or what arrived before `since`."""
    floor = (since or now).astimezone(UTC)
    positions = {DEFAULT: Position(0, floor=floor).to_json()}
    for folder in folders:
        state = connection.select(folder)
        uids = connection.search("ALL") if state.exists and not state.uidnext else []
        newest = state.uidnext - 1 if state.uidnext else (uids[-1] if uids else 0)
        before = newest
        if since is not None and state.exists:
            # the server's day knows no time zone: one day earlier is certainly early enough, the floor does the rest
            recent = connection.search("SINCE", imap_day(since - timedelta(days=1)))
            before = recent[0] - 1 if recent else newest
        positions[folder] = Position(state.uidvalidity, before, floor, newest).to_json()
    return Cursor(positions)


def message_ids(connection: ImapConnection, folder: str, after: str, limit: int) -> list[ServerMessage]:
    """Return up to `limit` messages of a folder by their headers, in the order of arrival, after a source key."""
    state = connection.select(folder)
    key = MessageKey.parse(after) if after else None
    start = key.uid if key is not None and key.uidvalidity == state.uidvalidity else 0
    if not state.exists:
        return []
    uids = [uid for uid in connection.search("UID", f"{start + 1}:*") if uid > start][:limit]
    found = []
    for uid, items in sorted(connection.fetch(uids, "RFC822.SIZE", "INTERNALDATE", _ID_FIELD).items()):
        when = items.get(b"INTERNALDATE")
        header = next((value for name, value in items.items() if name.startswith(b"BODY[HEADER")), b"")
        named = _MESSAGE_ID.search(header) if isinstance(header, bytes) else None
        found.append(
            ServerMessage(
                source_key=str(MessageKey(folder, state.uidvalidity, uid)),
                message_id=named.group(1).decode("utf-8", "replace") if named else "",
                size=int(items.get(b"RFC822.SIZE") or 0),
                received_at=when.astimezone(UTC) if isinstance(when, datetime) else None,
            )
        )
    return found


def imap_day(at: datetime) -> str:
    """Return a day as IMAP writes it (RFC 9051 "date"), whatever the machine's language."""
    day = at.astimezone(UTC)
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
