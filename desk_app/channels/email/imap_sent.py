"""The Sent folder: finding it, storing a copy there, looking for a mail in it (MB-16, pains.md 9)."""

from __future__ import annotations

import re

from desk_app.channels.email.imap_connection import ImapConnection
from desk_app.channels.email.imap_folders import match, special
from desk_app.channels.email.imap_positions import MessageKey
from desk_app.domain.mailboxes.settings import EmailSettings
from desk_app.plugin_api.channels import ChannelError, ChannelFault, SentCheck

_APPENDUID = re.compile(rb"\[APPENDUID (\d+) (\d+)", re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^<>\s]+)>", re.IGNORECASE | re.MULTILINE)
_SENT_NAMES = frozenset(
    name.casefold()
    for name in (
        "Sent", "Sent Items", "Sent Mail", "Sent Messages", "Enviados", "Elementos enviados", "Correo enviado",
        "Terkirim", "Item Terkirim", "Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Envoyés",
        "Éléments envoyés", "Messages envoyés", "Posta inviata", "Enviadas", "Itens enviados", "Verzonden",
        "Verzonden items", "Отправленные",
    )
)  # fmt: skip


def sent_folder(connection: ImapConnection, named: str, *, create: bool = False) -> str | None:
    """Return the Sent folder: the named one, the declared one, or one with a usual name; None where there is none.

    With `create` a missing one is made ("Sent" in the personal namespace, or as named).
    """
    folders = connection.folders()
    found = match(named, folders) if named else special(folders, "\\sent")
    if found is None and not named:
        found = next((one.name for one in folders if one.selectable and one.leaf.casefold() in _SENT_NAMES), None)
    if found is None and create:
        found = connection.make_folder(named or "Sent")
    return found


def store_copy(connection: ImapConnection, raw: bytes, settings: EmailSettings) -> str:
    """Append a copy to the Sent folder and return its source key, "" where the server does not tell (RFC 4315).

    A copy that lies there already (the desk died between storing it and noting it) is not stored again.
    """
    folder = sent_folder(connection, settings.sent_folder, create=True)
    if folder is None:
        raise ChannelError(ChannelFault.FOLDER, "the mailbox has no Sent folder")
    stream = _stream(connection, folder, settings.folders)
    message_id = message_id_of(raw)
    if message_id:
        state = connection.select(folder)
        there = find(connection, message_id)
        if there:
            return str(MessageKey(stream, state.uidvalidity, there[-1]))
    with connection.talking(ChannelFault.FOLDER):
        answer = connection.client.append(folder, _crlf(raw), flags=["\\Seen"])
        told = _APPENDUID.search(answer if isinstance(answer, bytes) else str(answer).encode())
        return str(MessageKey(stream, int(told.group(1)), int(told.group(2)))) if told else ""


def was_sent(connection: ImapConnection, message_id: str, settings: EmailSettings) -> SentCheck:
    """Look for a mail in the Sent folder. Its absence only means something where the provider files copies by
    itself."""
    folder = sent_folder(connection, settings.sent_folder)
    if folder is None or not message_id:
        return SentCheck.CANNOT_TELL
    connection.select(folder)
    if find(connection, message_id):
        return SentCheck.FOUND
    return SentCheck.ABSENT if settings.provider_stores_sent else SentCheck.CANNOT_TELL


def find(connection: ImapConnection, message_id: str) -> list[int]:
    """Return the UIDs of a Message-ID in the open folder."""
    wanted = message_id.strip().strip("<>")
    if not wanted or not wanted.isascii() or not wanted.isprintable():
        return []
    escaped = wanted.replace("\\", "\\\\").replace('"', '\\"')
    return connection.search("HEADER", "Message-ID", f'"<{escaped}>"')


def message_id_of(raw: bytes) -> str:
    """Return the Message-ID in the header of a mail, "" where there is none."""
    header = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    found = _MESSAGE_ID.search(header)
    return found.group(1).decode("ascii", "replace") if found else ""


def _stream(connection: ImapConnection, folder: str, streams: tuple[str, ...]) -> str:
    """Return the name the account reads a folder under, so that its key is the one a later fetch makes."""
    if folder in streams:
        return folder
    folders = connection.folders()
    return next((stream for stream in streams if match(stream, folders) == folder), folder)


def _crlf(raw: bytes) -> bytes:
    return re.sub(rb"\r\n|\n|\r", b"\r\n", raw)
