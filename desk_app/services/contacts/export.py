"""Everything the desk knows about a person as one file to hand out (CU-10): a page to read, data, mails, files."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from desk_app.domain.contacts.model import Contact
from desk_app.domain.messages.model import MessageKind
from desk_app.domain.people.actor import Actor
from desk_app.services.contacts.privacy import PrivacyService, Progress
from desk_app.services.queries.contacts import ContactProfile, ContactQueries
from desk_app.services.queries.conversation import ConversationQueries, ConversationView, MessageView

_UNSAFE = re.compile(r"[^\w.\- ]+")
_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:48em;margin:2em auto;padding:0 1em;color:#1a1e26}"
    "h2{margin-top:2em;border-top:1px solid #d3d7df;padding-top:1em}pre{white-space:pre-wrap;font:inherit}"
    "article{margin:1em 0;padding:.6em 1em;border:1px solid #e5e7ec;border-radius:8px}small{color:#5d6574}"
)


class ExportService:
    """Writes the file. Everything in it is read when its ticket's turn comes."""

    def __init__(self, privacy: PrivacyService, contacts: ContactQueries, conversations: ConversationQueries) -> None:
        self._privacy, self._contacts, self._conversations = privacy, contacts, conversations

    def export(
        self, contact_id: int, target: BinaryIO, actor: Actor, *, with_internal: bool = False
    ) -> Iterator[Progress]:
        """Write a ZIP file into `target`, ticket by ticket; complete, and noted in the privacy log, when the iterator
        ends. Raises ValueError where there is no such person.

        Messages of other customers' tickets are handed out only where the person wrote them or stands in them.
        `with_internal` adds what the team wrote for itself and no customer has seen: notes in tickets and about the
        person, and messages to third parties.
        """
        contact, tickets, elsewhere = self._privacy.subjects(contact_id)
        profile = self._contacts.profile(contact.id)
        total = len(tickets) + len(elsewhere) + 1
        note = contact.note if with_internal else ""
        page: list[str] = [_head(contact, note)]
        data: dict[str, Any] = {"person": _person(contact, profile, note), "tickets": [], "other_messages": []}
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for place, ticket_id in enumerate(tickets):
                yield Progress(place, total, "tickets")
                view = self._conversations.conversation(ticket_id, agent_id=None)
                if view is not None:
                    view = view if with_internal else _without_internal(view)
                    data["tickets"].append(self._ticket(archive, view, view.messages))
                    page.append(_ticket_page(view, view.messages))
            seen: dict[int, list[int]] = {}
            for message_id, ticket_id in self._privacy.places(elsewhere):
                seen.setdefault(ticket_id, []).append(message_id)
            done = len(tickets)
            for ticket_id, wanted in seen.items():
                yield Progress(done, total, "tickets")
                done += len(wanted)
                view = self._conversations.conversation(ticket_id, agent_id=None)
                if view is not None:
                    messages = [
                        one for one in view.messages if one.id in wanted and (with_internal or not internal(one))
                    ]
                    data["other_messages"].append(self._ticket(archive, view, messages, foreign=True))
                    page.append(_ticket_page(view, messages, foreign=True))
            archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2, default=str))
            archive.writestr("index.html", "\n".join([*page, "</body></html>"]))
        summary = f"{len(tickets)} tickets; {len(elsewhere)} messages elsewhere handed out"
        notes = "with" if with_internal else "without"
        self._privacy.note_export(contact.id, actor, f"{summary}, {notes} internal notes.")
        yield Progress(total, total, "")

    def _ticket(
        self,
        archive: zipfile.ZipFile,
        view: ConversationView,
        messages: Sequence[MessageView],
        *,
        foreign: bool = False,
    ) -> dict[str, Any]:
        folder = _safe(view.ticket.number)
        for one in messages:
            raw = self._conversations.raw(one.id) if one.has_raw else None
            if raw is not None:
                archive.writestr(f"mails/{folder}/{one.id}.eml", raw)
            for file in one.attachments:
                found = self._conversations.attachment(file.id)
                if found is not None:
                    archive.writestr(f"files/{folder}/{file.id}-{_safe(file.filename)}", found[1])
        facts: dict[str, Any] = {"number": view.ticket.number, "messages": [_message(one) for one in messages]}
        if foreign:
            return facts
        return facts | {
            "subject": view.ticket.subject,
            "status": view.status_name,
            "opened": view.ticket.created_at,
            "tags": list(view.tags),
            "history": [
                {
                    "at": one.at,
                    "what": one.kind,
                    "who": one.actor.name,
                    "field": one.field,
                    "old": one.old,
                    "new": one.new,
                }
                for one in view.events
            ],
        }


def internal(message: MessageView) -> bool:
    """Whether the customer of its ticket has never seen a message: a note, or one of a side conversation."""
    return message.kind is MessageKind.INTERNAL_NOTE or message.side_conversation_id is not None


def _without_internal(view: ConversationView) -> ConversationView:
    gone = {one.id for one in view.messages if internal(one)}
    return replace(
        view,
        messages=tuple(one for one in view.messages if one.id not in gone),
        events=tuple(one for one in view.events if one.message_id not in gone and one.field != "side_conversation"),
    )


def _person(contact: Contact, profile: ContactProfile | None, note: str) -> dict[str, Any]:
    home = profile.organization if profile is not None else None
    return {
        "id": contact.id,
        "name": contact.name,
        "language": contact.language,
        "note": note,
        "known_since": contact.created_at,
        "organization": home.name if home is not None else "",
        "details": dict(contact.fields),
        "addresses": [
            {"kind": a.kind, "address": a.address, "label": a.label, "main": a.is_primary, "fails": a.failing_reason}
            for a in contact.addresses
        ],
        "mail_held_back": contact.blocked,
        "changes": [{"at": e.at, "who": e.actor_name, "what": e.kind} for e in (profile.events if profile else ())],
    }


def _message(one: MessageView) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "direction": one.direction.value,
        "from": {"name": one.author_name, "address": one.author_email},
        "to": [{"name": a.name, "address": a.email} for a in (*one.to, *one.cc)],
        "subject": one.subject,
        "sent": one.sent_at,
        "text": _text(one),
        "files": [a.filename for a in one.attachments],
        "message_id": one.internet_id,
    }


def _text(one: MessageView) -> str:
    return "\n".join(part for part in (one.visible_text, one.folded_text) if part)


def _head(contact: Contact, note: str) -> str:
    lines = [f"<p>{html.escape(a.address)} {html.escape(a.label)}</p>" for a in contact.addresses]
    lines += [f"<p>{html.escape(key)}: {html.escape(value)}</p>" for key, value in contact.fields.items()]
    if note:
        lines.append(f"<pre>{html.escape(note)}</pre>")
    name = html.escape(contact.name)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{name}</h1>" + "".join(lines)
    )


def _ticket_page(view: ConversationView, messages: Sequence[MessageView], *, foreign: bool = False) -> str:
    title = f"#{view.ticket.number}" + ("" if foreign else f" {view.ticket.subject}")
    parts = [f"<h2>{html.escape(title)}</h2>"]
    for one in messages:
        files = ", ".join(html.escape(a.filename) for a in one.attachments)
        parts.append(
            f"<article><small>{html.escape(one.author_name)} &lt;{html.escape(one.author_email)}&gt; · "
            f"{_when(one.sent_at)} · {html.escape(one.kind.value)}</small><pre>{html.escape(_text(one))}</pre>"
            + (f"<small>{files}</small>" if files else "")
            + "</article>"
        )
    return "\n".join(parts)


def _when(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name).strip(". ")[:120] or "file"
