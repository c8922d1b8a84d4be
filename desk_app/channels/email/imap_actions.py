"""What happens on the server to mail that is safely stored: flag, move, delete (MB-15).

Nothing here ever removes a message that it was not asked to remove: a plain EXPUNGE, which takes everybody's deleted
messages with it, is never sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from desk_app.channels.email.imap_connection import ImapConnection
from desk_app.channels.email.imap_folders import special
from desk_app.channels.email.imap_positions import MessageKey
from desk_app.domain.mailboxes.model import AfterImport
from desk_app.plugin_api.channels import ChannelError, ChannelFault

_FLAGGED = "\\Flagged"
_DELETED = "\\Deleted"


def acknowledge(connection: ImapConnection, keys: Sequence[MessageKey], action: AfterImport, target: str) -> None:
    """Do `action` to messages; `target` is the folder to move to, or the flag to set ("\\\\Flagged" where empty).

    Messages that are gone, and those of a folder that was renumbered since, are left alone: calling it twice does no
    harm.
    """
    if action is AfterImport.KEEP:
        return
    if action is AfterImport.MOVE and not target:
        raise ChannelError(ChannelFault.FOLDER, "no folder is set to move imported mail to")
    folders: dict[tuple[str, int], list[int]] = defaultdict(list)
    for key in keys:
        folders[key.folder, key.uidvalidity].append(key.uid)
    for (folder, uidvalidity), uids in folders.items():
        if connection.select(folder, readonly=False).uidvalidity != uidvalidity:
            continue
        for start in range(0, len(uids), connection.limits.command_ids):
            _apply(connection, folder, sorted(uids[start : start + connection.limits.command_ids]), action, target)


def _apply(connection: ImapConnection, folder: str, uids: list[int], action: AfterImport, target: str) -> None:
    there = connection.search("UID", ",".join(map(str, uids)), "NOT", "DELETED")
    if action is AfterImport.FLAG:
        _flag(connection, there, target or _FLAGGED)
    elif action is AfterImport.MOVE:
        _move(connection, folder, there, target)
    elif connection.can("X-GM-EXT-1") and (trash := special(connection.folders(), "\\trash")):
        _move(connection, folder, there, trash)  # Gmail: deleting from a folder only archives
    else:
        _delete(connection, there, uids)


def _flag(connection: ImapConnection, uids: list[int], flag: str) -> None:
    if uids:
        with connection.talking():
            connection.client.add_flags(uids, [flag], silent=True)


def _delete(connection: ImapConnection, there: list[int], asked: list[int]) -> None:
    _flag(connection, there, _DELETED)
    if connection.can("UIDPLUS"):
        with connection.talking():
            connection.client.uid_expunge(asked)


def _move(connection: ImapConnection, folder: str, uids: list[int], target: str) -> None:
    if not uids:
        return
    name = connection.make_folder(target)
    if name == connection.real_name(folder):
        return
    with connection.talking():
        if connection.can("MOVE"):
            connection.client.move(uids, name)
            return
        connection.client.copy(uids, name)
    _delete(connection, uids, uids)
