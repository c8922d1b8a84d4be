"""Why something stands in a ticket's history, in words (IN-22): who, when, what, by which rule, from which facts."""

from __future__ import annotations

import json
from typing import Any

from desk_app.domain.people.actor import ActorKind
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.queries.conversation import ConversationView
from desk_app.ui.language import said, tr
from desk_app.ui.messages.thread_lines import author
from desk_app.ui.messages.why import rule_sentences
from desk_app.ui.tickets.phrases import card_time, event_value, full_time, relation_name, utc_now

_TOLD = frozenset(
    [
        *("old_category", "new_category", "reason", "rule", "mailboxes_of_target", "tags_of_target"),
        *("ticket_id", "source_id", "target_id"),
    ]
)
"""Facts that are told in another line, or that only the way back needs."""
_NUMBERS = frozenset({"link", "merged_into", "merged_from"})
"""Fields that hold the number of another ticket."""


def explain(event: TicketEvent, view: ConversationView | None = None) -> list[tuple[str, str]]:
    """Return name and value of everything known about a history line."""
    lines = [(tr("Who"), _who(event)), (tr("When"), full_time(event.at))]
    old, new = event_value(event.field, event.old), event_value(event.field, event.new)
    if event.field in _NUMBERS:
        old, new = (f"#{number}" if number else "" for number in (old, new))
    if old or new:
        lines.append((tr("Before"), old or tr("nothing")))
        lines.append((tr("Now"), new or tr("nothing")))
    rule = str(event.data.get("rule", ""))
    why = [said(event.cause)] if event.cause else []
    if rule in (sentences := rule_sentences()):
        why.append(sentences[rule])
    if event.data.get("reason"):
        why.append(said(str(event.data["reason"])))
    if not why:
        why.append(tr("It was done by hand.") if event.actor.kind is ActorKind.AGENT else tr("No reason was noted."))
    lines.append((tr("Why"), "\n".join(dict.fromkeys(why))))
    if event.message_id is not None:
        lines.append((tr("Message"), _message(event.message_id, view)))
    lines += [found for key, value in event.data.items() if (found := _fact(key, value, view))]
    return lines


def _who(event: TicketEvent) -> str:
    kinds = {
        ActorKind.AGENT: tr("agent"),
        ActorKind.CONTACT: tr("customer"),
        ActorKind.SYSTEM: tr("by itself"),
    }
    name, kind = event.actor.name or tr("Desk App"), kinds.get(event.actor.kind, "")
    return f"{name} ({kind})" if kind else name


def _message(message_id: int, view: ConversationView | None) -> str:
    message = next((m for m in view.messages if m.id == message_id), None) if view is not None else None
    if message is None:
        return tr("a message that is not here any more")
    return f"{author(message)}, {card_time(message.sent_at, utc_now())}"


def _fact(key: str, value: Any, view: ConversationView | None) -> tuple[str, str] | None:
    if key in _TOLD or value in (None, "", [], {}):
        return None
    names = {
        "header": tr("Header"),
        "internet_id": tr("Message-ID"),
        "token": tr("Reply id"),
        "number": tr("Ticket number"),
        "stranger": tr("Sender known"),
        "state": tr("Outbox"),
        "channel": tr("Channel"),
        "status_before": tr("Status before"),
        "linked": tr("Came from"),
        "mentions": tr("Mentioned"),
        "relation": tr("Link"),
        "message_ids": tr("Messages"),
        "message_id": tr("Message"),
        "unknown": tr("Not found"),
        "also_in": tr("Also in"),
        "permanent": tr("For good"),
        "outbox_id": tr("Outbox entry"),
        "agent_id": tr("Agent id"),
        "side_conversation_id": tr("Side conversation"),
        "would_have_joined": tr("Might have joined"),
        "by_themselves": tr("By themselves"),
    }
    return names.get(key, key.replace("_", " ").capitalize()), _words(key, value, view)


def _words(key: str, value: Any, view: ConversationView | None) -> str:
    if isinstance(value, bool):
        shown = not value if key == "stranger" else value
        return tr("yes") if shown else tr("no")
    if key == "message_id" and isinstance(value, int):
        return _message(value, view)
    if key == "relation":
        return relation_name(str(value))
    if key == "side_conversation_id":
        sides = view.side_conversations if view is not None else ()
        people = next((one.people for one in sides if one.id == value), ())
        return ", ".join(str(person) for person in people) or str(value)
    if key == "linked" and isinstance(value, dict):
        return f"{relation_name(str(value.get('kind', '')))} ({tr('ticket id')} {value.get('ticket_id', '')})"
    if isinstance(value, list):
        if key == "message_ids":
            return tr("%n message(s)", len(value))
        return ", ".join(str(one.get("name", one) if isinstance(one, dict) else one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
