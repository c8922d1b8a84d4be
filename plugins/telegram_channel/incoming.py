"""From updates to raw messages: which of them are messages, and their files.

A raw message is JSON: `{"bot", "edit", "message", "files", "left_out"}`, the message as Telegram gave it, so that a
later version of this plugin may read more out of it; "edit" is the number of the update that changed it, 0 for a new
one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk_app.plugin_api import Context
from desk_app.plugin_api.channels import ChannelError, ChannelFault, InboundMessage

from .api import MOST_DOWNLOAD, BotApi, Refused
from .shapes import instant, number, pruned, record, words

STREAM = "updates"
MOST_TRIES = 5
_START = re.compile(r"/start(?:@\w+)?(?:\s|\Z)")
_SERVICE = (
    "new_chat_members",
    "left_chat_member",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "pinned_message",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "write_access_allowed",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
)
"""What Telegram tells of the chat itself; nobody says it."""
_EXTENSIONS = {"photo": "jpg", "voice": "ogg", "audio": "mp3", "video": "mp4", "video_note": "mp4", "animation": "mp4"}
_TYPES = {"photo": "image/jpeg", "voice": "audio/ogg", "audio": "audio/mpeg"}


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file that lies with Telegram. `size` is 0 where it does not say."""

    id: str
    name: str
    content_type: str
    size: int


class Fetcher:
    """Makes raw messages of updates. `tries` counts how often a file could not be fetched, for as long as the plugin
    runs."""

    def __init__(self, ctx: Context, api: BotApi, bot: str, tries: dict[str, int]) -> None:
        self._ctx = ctx
        self._api = api
        self._bot = bot
        self._tries = tries

    def message(
        self, update: Mapping[str, Any], *, since: float, groups: bool, edits: bool, most: int
    ) -> InboundMessage | None:
        """Return the message of an update, None where there is none to take. `most` is the most bytes of it. Raises
        ChannelError where its files cannot be fetched now."""
        edited = "edited_message" in update
        if edited and not edits:
            return None
        message = record(update.get("edited_message" if edited else "message"))
        chat, said = number(record(message.get("chat")).get("id")), number(message.get("message_id"))
        if chat is None or said is None or not self._wanted(message, edited=edited, groups=groups):
            return None
        at = instant(message.get("edit_date") if edited else message.get("date"))
        if at is not None and at.timestamp() < since:
            return None
        files, left_out = [], []
        room = most * 7 // 10  # files grow by a third in JSON
        for wanted in wanted_files(message, said):
            content = self._content(wanted, min(room, MOST_DOWNLOAD))
            if content is None:
                left_out.append({"name": wanted.name, "size": wanted.size})
                continue
            room -= len(content)
            files.append(
                {
                    "name": wanted.name,
                    "type": wanted.content_type,
                    "content": base64.b64encode(content).decode(),
                }
            )
        edit = number(update.get("update_id")) or 0 if edited else 0  # two edits may have one second in common
        made = {"bot": self._bot, "edit": edit, "message": pruned(message), "files": files, "left_out": left_out}
        raw = json.dumps(made).encode()
        key = f"{self._bot}/{chat}/{said}" + (f"/e{edit}" if edited else "")
        return InboundMessage(key, STREAM, raw if len(raw) <= most else None, len(raw), at)

    @staticmethod
    def _wanted(message: Mapping[str, Any], *, edited: bool, groups: bool) -> bool:
        """Whether somebody says something here that the desk wants to hear."""
        kind = record(message.get("chat")).get("type")
        if kind == "channel" or (kind != "private" and not groups):
            return False
        if edited and "location" in message:  # a live location moves on and on
            return False
        if any(key in message for key in _SERVICE):
            return False
        return not _START.match(words(message.get("text")))

    def _content(self, wanted: WantedFile, most: int) -> bytes | None:
        """Return a file, None where it will never come: too large, or refused again and again."""
        if wanted.size > most or not wanted.id:
            return None
        try:
            answer = record(self._api.ask("getFile", {"file_id": wanted.id}))
            path = words(answer.get("file_path"))
            content = self._api.download(path, max(1, most)) if path else None
        except Refused as error:
            self._ctx.log.info("a file was left out: %s", error.text)
            return None
        except ChannelError as error:
            if error.fault in {ChannelFault.THROTTLED, ChannelFault.PLUGIN}:
                raise  # nothing is the matter with the file
            tries = self._tries.get(wanted.id, 0) + 1
            if len(self._tries) > 1000:
                self._tries.clear()
            self._tries[wanted.id] = tries
            if tries < MOST_TRIES:
                raise
            return None
        self._tries.pop(wanted.id, None)
        return content


def wanted_files(message: Mapping[str, Any], said: int) -> list[WantedFile]:
    """Return the files of a message: of a photo the largest size; animations are documents, too, and come once."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    sizes = message.get("photo")
    if isinstance(sizes, list) and sizes:
        found.append(("photo", max(map(record, sizes), key=_weight)))
    for kind in ("animation", "document", "voice", "audio", "video", "video_note"):
        one = record(message.get(kind))
        if one and not (kind == "document" and "animation" in message):
            found.append((kind, one))
    return [
        WantedFile(
            id=words(one.get("file_id"))[:500],
            name=_name(words(one.get("file_name"))) or f"{kind}-{said}.{_EXTENSIONS.get(kind, 'bin')}",
            content_type=_type(words(one.get("mime_type"))) or _TYPES.get(kind) or _other_type(kind),
            size=max(0, number(one.get("file_size")) or 0),
        )
        for kind, one in found
    ]


def _weight(size: Mapping[str, Any]) -> tuple[int, int]:
    return (number(size.get("width")) or 0) * (number(size.get("height")) or 0), number(size.get("file_size")) or 0


def _name(name: str) -> str:
    kept = "".join(character for character in name if character.isprintable() and character not in '/\\:*?"<>|')
    stem, dot, ending = kept.strip(". ").rpartition(".")
    return f"{stem[:120]}{dot}{ending[:20]}" if stem else ending[:120]


def _type(given: str) -> str:
    return given.lower() if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,80}", given) else ""


def _other_type(kind: str) -> str:
    return "application/octet-stream" if kind == "document" else "video/mp4"
