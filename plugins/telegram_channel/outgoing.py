"""What leaves: an answer as the calls that make it, fixed when it is queued.

The form is JSON: `{"chat", "topic", "answers", "parts"}`; a part is a text, a photo or a document.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk_app.plugin_api import Context
from desk_app.plugin_api.channels import OutboundContent, OutboundFile

from .formatting import Run, from_html, html_of, pieces, text_of
from .names import CHANNEL, Chat, chat_of, message_of

MOST_PHOTO = 10_000_000
MOST_FILE = 50_000_000
MOST_PARTS = 30
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class Part:
    """One call: its kind is text, photo or document. `html` is "" where the text has no marks."""

    kind: str
    text: str = ""
    html: str = ""
    filename: str = ""
    content_type: str = ""
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes to a chat, part by part; `answers` is the number of the message that is answered, 0 for none."""

    chat: Chat
    answers: int
    parts: tuple[Part, ...]


def build(ctx: Context, content: OutboundContent, *, quote: bool) -> bytes:
    """Return an answer as bytes. Raises ValueError in words for the agent."""
    others = {address.rpartition("@")[2] for address in content.to} - {CHANNEL}
    if others or len(set(content.to)) > 1:
        raise ValueError(ctx.tr("A Telegram message goes to one chat. Take the other recipients out."))
    chat = chat_of(content.conversation)
    if chat is None:
        raise ValueError(ctx.tr("This is no Telegram chat. Only who has written to the bot can be answered."))
    runs = from_html(content.html) if content.html.strip() else [Run(content.text.strip())]
    parts: list[dict[str, str]] = [_text_part(piece) for piece in pieces([run for run in runs if run.text])]
    parts += [_file_part(ctx, file) for file in content.files]
    if not parts:
        raise ValueError(ctx.tr("The message is empty."))
    if len(parts) > MOST_PARTS:
        raise ValueError(ctx.tr("This is too much for a chat. Send it as a file."))
    made = {
        "chat": chat.id,
        "topic": chat.topic,
        "answers": message_of(content.answers, chat) if quote else 0,
        "parts": parts,
    }
    return json.dumps(made, sort_keys=True).encode()


def read(raw: bytes) -> Answer | None:
    """Return what `build` has written, None where it is something else."""
    try:
        made = json.loads(raw)
        parts = tuple(_part(one) for one in made["parts"])
        return Answer(Chat(int(made["chat"]), int(made["topic"])), int(made["answers"]), parts)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None


def _text_part(piece: Sequence[Run]) -> dict[str, str]:
    made = {"kind": "text", "text": text_of(piece)}
    if any(run.marks for run in piece):
        made["html"] = html_of(piece)
    return made


def _file_part(ctx: Context, file: OutboundFile) -> dict[str, str]:
    size = len(file.content)
    if size > MOST_FILE:
        raise ValueError(ctx.tr("{name} is too large: Telegram takes 50 MB a file.").format(name=file.filename))
    if not size:
        raise ValueError(ctx.tr("{name} is empty: Telegram takes no empty files.").format(name=file.filename))
    photo = file.content_type.lower() in _PHOTOS and size <= MOST_PHOTO
    return {
        "kind": "photo" if photo else "document",
        "filename": file.filename or "file",
        "type": file.content_type or "application/octet-stream",
        "content": base64.b64encode(file.content).decode(),
    }


def _part(made: Mapping[str, Any]) -> Part:
    return Part(
        kind=str(made["kind"]),
        text=str(made.get("text", "")),
        html=str(made.get("html", "")),
        filename=str(made.get("filename", "")),
        content_type=str(made.get("type", "")),
        content=base64.b64decode(made.get("content", "")),
    )
