"""From raw messages to what the desk knows: who, where, and what is said, in words where there are none."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from desk_app.plugin_api import Context
from desk_app.plugin_api.channels import Address, ParsedAttachment, ParsedMessage

from .api import MOST_DOWNLOAD
from .names import CHANNEL, Chat, conversation_name, message_name
from .shapes import instant, number, record, words

_LONGEST_SUBJECT = 70


def parse(ctx: Context, raw: bytes) -> ParsedMessage:
    """Return what a raw message says; never raises."""
    digest = sha256(raw).hexdigest()
    try:
        made = record(json.loads(raw))
    except (ValueError, RecursionError):
        made = {}
    message = record(made.get("message"))
    chat_id, said = number(record(message.get("chat")).get("id")), number(message.get("message_id"))
    if chat_id is None or said is None:
        return ParsedMessage(problems=("This is no message of Telegram.",), content_hash=digest)
    bot = words(made.get("bot"))[:20]
    edit = number(made.get("edit")) or 0
    chat = Chat(chat_id, _topic(message))
    who, room = _people(ctx, message, chat)
    files, attachments = _files(made)
    said_words, first = _words(ctx, message, made, files)
    name = message_name(chat_id, said, bot)
    answered = _answered(message)
    if edit:
        text = ctx.tr("edited: {text}").format(text=said_words)
        answers: tuple[str, ...] = (name,)
    else:
        text = said_words
        answers = (message_name(chat_id, answered, bot),) if answered else ()
    return ParsedMessage(
        subject=_subject(first),
        from_=who,
        sender=room if room != who else None,
        to=(),
        reply_to=(room,),
        date=instant(message.get("edit_date" if edit else "date")),
        message_id=message_name(chat_id, said, bot, abs(edit)),
        in_reply_to=answers,
        references=(conversation_name(chat, bot),),
        text=text,
        attachments=attachments,
        may_answer=record(message.get("from")).get("is_bot") is not True,
        content_hash=digest,
    )


def _topic(message: Mapping[str, Any]) -> int:
    topic = number(message.get("message_thread_id"))
    return topic if topic and topic > 0 and message.get("is_topic_message") is True else 0


def _answered(message: Mapping[str, Any]) -> int:
    """Return the number of the message that is answered, 0 for none. In a topic, what began it counts as none."""
    replied = record(message.get("reply_to_message"))
    found = number(replied.get("message_id")) or 0
    same = number(record(replied.get("chat")).get("id")) in {None, number(record(message.get("chat")).get("id"))}
    return found if found > 0 and same and "forum_topic_created" not in replied else 0


def _people(ctx: Context, message: Mapping[str, Any], chat: Chat) -> tuple[Address, Address]:
    """Return who writes, and whom an answer goes to: the same person, or the group."""
    who, room = record(message.get("from")), record(message.get("chat"))
    if record(message.get("sender_chat")):  # an administrator who stays unnamed, or a channel
        who = record(message.get("sender_chat"))
    number_of = number(who.get("id"))
    private = room.get("type") == "private" or number_of == chat.id
    if private or number_of is None:
        who = who or room
    person = Address(_called(who) or ctx.tr("Somebody on Telegram"), f"{number_of or chat.id}@{CHANNEL}")
    if private:
        return Address(person.name, chat.address), Address(person.name, chat.address)
    return person, Address(_called(room) or ctx.tr("Telegram group"), chat.address)


def _called(one: Mapping[str, Any]) -> str:
    name = " ".join(part for key in ("first_name", "last_name") if (part := _line(one.get(key))))
    return name or _line(one.get("title")) or _line(one.get("username"))


def _line(value: Any, longest: int = 100) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in words(value)).split())[:longest]


def _subject(text: str) -> str:
    line = _line(text.strip().partition("\n")[0], 10_000)
    if len(line) <= _LONGEST_SUBJECT:
        return line
    head = line[:_LONGEST_SUBJECT]
    return f"{head[: head.rfind(' ')] if ' ' in head[30:] else head}…"


def _files(made: Mapping[str, Any]) -> tuple[list[str], tuple[ParsedAttachment, ...]]:
    found: list[ParsedAttachment] = []
    listed = made.get("files")
    for place, one in enumerate(map(record, listed if isinstance(listed, list) else ()), 1):
        try:
            content = base64.b64decode(words(one.get("content")), validate=True)
        except (ValueError, binascii.Error):
            continue
        kind = words(one.get("type")) or "application/octet-stream"
        name = words(one.get("name")) or f"file-{place}"
        found.append(ParsedAttachment(str(place), name, kind, content, sha256(content).hexdigest()))
    return [one.filename for one in found], tuple(found)


def _words(ctx: Context, message: Mapping[str, Any], made: Mapping[str, Any], files: list[str]) -> tuple[str, str]:
    """Return everything a message says, and what its subject is made from."""
    spoken = _spoken(message)
    shown = _shown(ctx, message)
    if not spoken and not shown and files:
        shown = [_file_words(ctx, message, files[0])]
    notes = _notes(ctx, made)
    if not spoken and not shown and not notes:
        shown = [ctx.tr("(something that Telegram does not show to bots)")]
    forwarded = _forwarded(message)
    head = [ctx.tr("Forwarded from {name}:").format(name=forwarded)] if forwarded else []
    text = "\n".join(one for one in (*head, spoken, *shown) if one)
    return "\n\n".join(one for one in (text, "\n".join(notes)) if one), spoken or next(iter((*shown, *notes)))


def _spoken(message: Mapping[str, Any]) -> str:
    """Return text or caption, with the addresses that lie behind its words."""
    key, marks = ("text", "entities") if "text" in message else ("caption", "caption_entities")
    text = words(message.get(key))
    entities = message.get(marks)
    links: list[tuple[int, str]] = []
    for one in map(record, entities if isinstance(entities, list) else ()):
        start, length, url = number(one.get("offset")), number(one.get("length")), _line(one.get("url"), 2000)
        if one.get("type") == "text_link" and start is not None and length is not None and url:
            links.append((start + length, url))
    units = text.encode("utf-16-le")
    for end, url in sorted(links, reverse=True):
        if 0 < end <= len(units) // 2:
            units = units[: end * 2] + f" ({url})".encode("utf-16-le") + units[end * 2 :]
    return units.decode("utf-16-le", "replace").strip()


def _shown(ctx: Context, message: Mapping[str, Any]) -> list[str]:
    """Return in words what is no text and no file."""
    found: list[str] = []
    sticker, contact, poll, dice = (record(message.get(key)) for key in ("sticker", "contact", "poll", "dice"))
    if "sticker" in message:
        found.append(ctx.tr("Sticker {emoji}").format(emoji=_line(sticker.get("emoji"), 20)).strip())
    if "venue" in message:
        venue = record(message.get("venue"))
        named = ", ".join(one for key in ("title", "address") if (one := _line(venue.get(key), 200)))
        found.append(ctx.tr("Place: {what}").format(what=_place(named, record(venue.get("location")))))
    elif "location" in message:
        found.append(ctx.tr("Location: {what}").format(what=_place("", record(message.get("location")))))
    if "contact" in message:
        named = ", ".join(one for one in (_called(contact), _line(contact.get("phone_number"), 40)) if one)
        found.append(ctx.tr("Contact: {what}").format(what=named))
    if "poll" in message:
        options = poll.get("options")
        lines = [_line(record(one).get("text"), 200) for one in (options if isinstance(options, list) else [])[:20]]
        asked = ctx.tr("Poll: {what}").format(what=_line(poll.get("question"), 300))
        found.append("\n".join([asked, *(f"• {line}" for line in lines)]))
    if "dice" in message:
        found.append(f"{_line(dice.get('emoji'), 20)} {number(dice.get('value')) or ''}".strip())
    return [one for one in found if one]


def _place(named: str, location: Mapping[str, Any]) -> str:
    at = [location.get(key) for key in ("latitude", "longitude")]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and abs(one) <= 180 for one in at):
        return named
    latitude, longitude = (f"{float(one or 0):.6f}" for one in at)
    link = f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"
    return ", ".join(one for one in (named, f"{latitude}, {longitude} {link}") if one)


def _file_words(ctx: Context, message: Mapping[str, Any], filename: str) -> str:
    kinds = {
        "photo": ctx.tr("Photo"),
        "voice": ctx.tr("Voice message"),
        "video_note": ctx.tr("Video message"),
        "video": ctx.tr("Video"),
        "animation": ctx.tr("Animation"),
    }
    return next((said for kind, said in kinds.items() if kind in message), filename)


def _notes(ctx: Context, made: Mapping[str, Any]) -> list[str]:
    left_out = made.get("left_out")
    found = []
    for one in map(record, left_out if isinstance(left_out, list) else ()):
        size = number(one.get("size")) or 0
        name = _line(one.get("name"), 150)
        named = f"{name} ({size / 1_000_000:.1f} MB)" if size else name
        text = ctx.tr("The file {name} could not be fetched.")
        if size > MOST_DOWNLOAD:
            text = ctx.tr("The file {name} could not be fetched: Telegram gives its bots no file over 20 MB.")
        found.append(text.format(name=named))
    return found


def _forwarded(message: Mapping[str, Any]) -> str:
    origin = record(message.get("forward_origin"))
    named = (_called(record(origin.get(key))) for key in ("sender_user", "sender_chat", "chat"))
    return next((one for one in named if one), "") or _line(origin.get("sender_user_name"))
