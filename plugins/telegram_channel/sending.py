"""Hands an answer over, part by part, and says what became of it.

How many parts of an answer have left is noted, so that trying again goes on where it stopped, and says nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from desk_app.plugin_api import Context, PluginError
from desk_app.plugin_api.channels import (
    ChannelError,
    ChannelFault,
    OutboundMail,
    RecipientResult,
    SendOutcome,
    SendReceipt,
)

from .api import BotApi, Refused, Unclear
from .outgoing import Answer, Part, read

_NO_PHOTO = re.compile("photo|image", re.IGNORECASE)  # PHOTO_INVALID_DIMENSIONS, IMAGE_PROCESS_FAILED and the like


class Sender:
    """Sends answers of one bot."""

    def __init__(self, ctx: Context, api: BotApi) -> None:
        self._ctx = ctx
        self._api = api

    def send(self, mail: OutboundMail) -> SendReceipt:
        """Send an answer. Raises ChannelError where nothing of what is still to be sent has left."""
        answer = read(mail.raw)
        if answer is None:
            return _receipt(SendOutcome.REFUSED, self._ctx.tr("This is no message for Telegram."), mail)
        several = len(answer.parts) > 1
        key = f"left/{mail.message_id}"
        done = self._noted(key) if several else 0
        said = ""
        for place, part in enumerate(answer.parts[done:], done):
            try:
                said = self._say(answer, part, place)
            except Refused as error:
                if not place:
                    return _receipt(SendOutcome.REFUSED, self._reason(error), mail)
                return _receipt(SendOutcome.UNKNOWN, self._partly(place, answer, self._reason(error)), mail)
            except Unclear as error:
                reason = self._ctx.tr("The connection broke; it may have arrived. ({reason})").format(reason=error)
                return _receipt(SendOutcome.UNKNOWN, self._partly(place, answer, reason), mail)
            if several:
                self._note(key, place + 1)
        if several:
            self._note(key, None)
        return _receipt(SendOutcome.ACCEPTED, said, mail)

    def _say(self, answer: Answer, part: Part, place: int) -> str:
        """Make the call of one part; a group that became a supergroup, and what Telegram does not take as it is, are
        tried once more in the other way."""
        chat = answer.chat.id
        for _ in range(2):
            try:
                return self._call(chat, answer, part, place)
            except Refused as error:
                if error.moved_to and error.moved_to != chat:
                    chat = error.moved_to
                elif error.code == 400 and part.kind == "photo" and _NO_PHOTO.search(error.text):
                    part = Part("document", "", "", part.filename, part.content_type, part.content)
                elif error.code == 400 and part.html and "parse entities" in error.text.lower():
                    part = Part("text", part.text)
                else:
                    raise
        return self._call(chat, answer, part, place)

    def _call(self, chat: int, answer: Answer, part: Part, place: int) -> str:
        values: dict[str, Any] = {"chat_id": chat}
        if answer.chat.topic:
            values["message_thread_id"] = answer.chat.topic
        if answer.answers and not place:
            values |= {"reply_to_message_id": answer.answers, "allow_sending_without_reply": "true"}
        if part.kind == "text":
            values["text"] = part.html or part.text
            if part.html:
                values["parse_mode"] = "HTML"
            return self._told(self._api.send("sendMessage", values))
        kind, method = ("photo", "sendPhoto") if part.kind == "photo" else ("document", "sendDocument")
        files = {kind: (part.filename, part.content, part.content_type)}
        return self._told(self._api.send(method, values, files))

    def _told(self, result: Any) -> str:
        number = result.get("message_id") if isinstance(result, Mapping) else None
        return self._ctx.tr("message {number}").format(number=number if isinstance(number, int) else "?")

    def _reason(self, error: Refused) -> str:
        """Return a refusal in words an agent understands, with Telegram's own behind it."""
        text = error.text.lower()
        tr = self._ctx.tr
        known = {
            "blocked": tr("The customer has blocked the bot. It can write again when they unblock it."),
            "deactivated": tr("The customer's Telegram account is closed."),
            "initiate conversation": tr("The customer has to write to the bot first."),
            "kicked": tr("The bot is no member of this group any more."),
            "not a member": tr("The bot is no member of this group any more."),
            "chat not found": tr("Telegram does not know this chat. Was the bot exchanged?"),
            "not enough rights": tr("The bot may not write in this group."),
            "too large": tr("The file is too large for Telegram."),
        }
        words = next((said for part, said in known.items() if part in text), tr("Telegram refused the message."))
        return f"{words} ({error.text})"

    def _partly(self, place: int, answer: Answer, reason: str) -> str:
        if not place:
            return reason
        text = self._ctx.tr("{done} of {all} parts have left. Sending it again sends only the rest. {reason}")
        return text.format(done=place, all=len(answer.parts), reason=reason)

    def _noted(self, key: str) -> int:
        try:
            found = self._ctx.kv.get(key, 0)
        except PluginError as error:
            raise ChannelError(ChannelFault.PLUGIN, str(error)) from None
        return found if isinstance(found, int) and found > 0 else 0

    def _note(self, key: str, done: int | None) -> None:
        try:
            self._ctx.kv.set(key, done)
        except PluginError as error:
            self._ctx.log.warning("how far a message was sent could not be noted: %s", error)


def _receipt(outcome: SendOutcome, response: str, mail: OutboundMail) -> SendReceipt:
    if outcome not in {SendOutcome.ACCEPTED, SendOutcome.REFUSED}:
        return SendReceipt(outcome, response)
    accepted = outcome is SendOutcome.ACCEPTED
    return SendReceipt(outcome, response, tuple(RecipientResult(one, accepted, response) for one in mail.recipients))
