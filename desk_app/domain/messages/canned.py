"""Canned responses: texts that are written once and used many times (CO-06, CO-07)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from desk_app.domain.messages.outgoing import OutgoingAttachment

FOLDER_SEPARATOR = "/"
EXPORT_FORMAT = "desk-app canned responses"
EXPORT_VERSION = 1
MOST_IMPORTED = 5000


class CannedScope(StrEnum):
    """Who is offered a canned response."""

    PRIVATE = "private"
    DEPARTMENT = "department"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class CannedResponse:
    """A text with placeholders. `agent_id` makes it that agent's alone, `department_id` one for tickets of a
    department; neither: everybody's. `folder` may nest with "/". `language` is a code such as "es", "" for any.
    `file_names` are the names of what goes along; lists carry no bytes, so that `attachments` are empty in them.
    `version` grows with every change, 0 in what was never stored."""

    id: int
    title: str
    text: str
    html: str = ""
    folder: str = ""
    language: str = ""
    department_id: int | None = None
    agent_id: int | None = None
    attachments: tuple[OutgoingAttachment, ...] = ()
    file_names: tuple[str, ...] = ()
    use_count: int = 0
    used_at: datetime | None = None
    version: int = 0

    @property
    def scope(self) -> CannedScope:
        """Who is offered it."""
        if self.agent_id is not None:
            return CannedScope.PRIVATE
        return CannedScope.EVERYBODY if self.department_id is None else CannedScope.DEPARTMENT


def offered(
    responses: Iterable[CannedResponse], typed: str = "", *, language: str = "", department_id: int | None = None
) -> list[CannedResponse]:
    """Return what fits a ticket and what was typed, the best first: title before folder before text, the ticket's
    language before any before another one, then what is used most.

    `department_id` is the ticket's; None leaves no department out. Every typed word must occur; case does not matter.
    """
    words = typed.casefold().split()
    ranked = []
    for one in responses:
        if None not in {one.department_id, department_id} and one.department_id != department_id:
            continue
        rank = _rank(one, words)
        if rank is not None:
            foreign = bool(one.language and language and one.language != language)
            exact = bool(language and one.language == language)
            ranked.append((rank, foreign, not exact, -one.use_count, one.title.casefold(), one.id, one))
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1])]


def _rank(one: CannedResponse, words: Sequence[str]) -> int | None:
    if not words:
        return 0
    title, folder, text = one.title.casefold(), one.folder.casefold(), one.text.casefold()
    if title.startswith(" ".join(words)):
        return 0
    begun = title.split()
    if all(any(part.startswith(word) for part in begun) for word in words):
        return 1
    for rank, hay in ((2, title), (3, f"{folder} {title}"), (4, f"{folder} {title} {text}")):
        if all(word in hay for word in words):
            return rank
    return None


def clean_folder(folder: str) -> str:
    """Return a folder's path without blanks around its names and without empty names."""
    parts = (" ".join(part.split()) for part in folder.split(FOLDER_SEPARATOR))
    return FOLDER_SEPARATOR.join(part for part in parts if part)[:200]


def export_json(responses: Iterable[CannedResponse]) -> str:
    """Return canned responses as a file for another desk: texts and folders, no files, nobody's private mark."""
    items = [
        {"folder": one.folder, "title": one.title, "language": one.language, "text": one.text, "html": one.html}
        for one in responses
    ]
    return json.dumps(
        {"format": EXPORT_FORMAT, "version": EXPORT_VERSION, "responses": items}, ensure_ascii=False, indent=2
    )


def read_export(content: str) -> list[CannedResponse]:
    """Return the responses of such a file, everybody's; raises ValueError where it is none or is broken."""
    try:
        found: Any = json.loads(content)
    except ValueError as error:
        raise ValueError("This file holds no canned responses: it is no JSON.") from error
    if not isinstance(found, dict) or found.get("format") != EXPORT_FORMAT:
        raise ValueError("This file holds no canned responses.")
    items = found.get("responses")
    if not isinstance(items, list) or len(items) > MOST_IMPORTED:
        raise ValueError("This file holds no list of canned responses, or too many.")
    responses = []
    for item in items:
        fields = {name: item.get(name, "") if isinstance(item, dict) else "" for name in _FIELDS}
        if not all(isinstance(value, str) for value in fields.values()) or not fields["title"].strip():
            raise ValueError("A canned response of this file has no title or is broken.")
        folder, title, language, text, html = (str(fields[name]) for name in _FIELDS)
        responses.append(CannedResponse(0, title, text, html, folder, language))
    return responses


_FIELDS = ("folder", "title", "language", "text", "html")
