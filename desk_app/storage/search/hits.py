"""Where in tickets a search found its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from desk_app.domain.search.snippets import snippet
from desk_app.storage.schema.messages import message, message_body

MOST_MESSAGES = 20
"""Newest messages of a ticket that are looked through."""
_MESSAGES = (
    select(message.c.ticket_id, message.c.id)
    .where(message.c.ticket_id.in_(bindparam("wanted", expanding=True)))
    .order_by(message.c.ticket_id, message.c.id.desc())
)
_VISIBLE = func.coalesce(func.nullif(message_body.c.visible_text, ""), message_body.c.text)
_TEXTS = select(message_body.c.message_id, _VISIBLE.label("visible_text")).where(
    message_body.c.message_id.in_(bindparam("wanted", expanding=True))
)


def read_hits(connection: Connection, ids: Sequence[int], words: Sequence[str]) -> Mapping[int, str]:
    """Return a snippet for each ticket in whose newest messages one of the words stands."""
    messages: dict[int, list[int]] = {}
    for row in connection.execute(_MESSAGES, {"wanted": list(ids)}):
        of_ticket = messages.setdefault(row.ticket_id, [])
        if len(of_ticket) < MOST_MESSAGES:
            of_ticket.append(row.id)
    found: dict[int, str] = {}
    for nth in range(MOST_MESSAGES):  # the newest of all tickets first: most hits are there
        wanted = {of[nth]: ticket_id for ticket_id, of in messages.items() if ticket_id not in found and nth < len(of)}
        if not wanted:
            break
        for row in connection.execute(_TEXTS, {"wanted": list(wanted)}):
            hit = snippet(row.visible_text, words)
            if hit is not None:
                found[wanted[row.message_id]] = hit
    return found
