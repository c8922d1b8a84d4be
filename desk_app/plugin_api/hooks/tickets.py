"""What happens to tickets.

Events are told to each plugin by one program of the desk in which it runs, after the change is committed, in the order
of the history, normally within two seconds. One that takes long is behind with its own events and holds nobody else up.
After a crash the last ones may be told again: an implementation must bear repetition. A plugin is told what happens
from the moment it is switched on, up to a week later where no program was open that runs it. Imported mail and what
machines answer is not told. `docs/plugins/events.md` says it in full.
"""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.data import ActorView, Change, MessageView, TicketView
from desk_app.plugin_api.marks import Kind, Thread, hook
from desk_app.plugin_api.verdicts import Allow, Deny


@hook(Kind.EVENT, thread=Thread.WORKER)
def ticket_created(ctx: Context, ticket: TicketView, source: str) -> None:
    """A ticket has been made; `source` is mail, agent, split or the id of a plugin's channel. Its first message is told
    as `message_added` as well."""


@hook(Kind.EVENT, thread=Thread.WORKER)
def ticket_changed(ctx: Context, ticket: TicketView, changes: Sequence[Change], actor: ActorView) -> None:
    """Something about a ticket changed; changes of one act come together."""


@hook(Kind.EVENT, thread=Thread.WORKER)
def message_added(ctx: Context, ticket: TicketView, message: MessageView, actor: ActorView) -> None:
    """A message was added to a ticket: mail that came, an answer that was written (before it is sent, and perhaps taken
    back), a note."""


@hook(Kind.EVENT, thread=Thread.WORKER)
def ticket_merged(ctx: Context, ticket: TicketView, merged_ids: Sequence[int]) -> None:
    """Other tickets were merged into this one."""


@hook(Kind.EVENT, thread=Thread.WORKER)
def ticket_deleted(ctx: Context, ticket_id: int, actor: ActorView) -> None:
    """A ticket went to the trash."""


@hook(Kind.GUARD, gives=(Allow, Deny))
def before_ticket_change(
    ctx: Context, ticket: TicketView, changes: Sequence[Change], actor: ActorView
) -> Allow | Deny | None:
    """Say whether a ticket may be changed so, by an agent, a rule or a plugin; what mail does by itself is not asked.

    Asked before anything is written, while nobody is kept from writing; where the ticket has changed until then, it is
    asked again, so it may be asked about a change that is not made. A denial leaves everything as it was and shows the
    reason. Of many tickets changed together each is asked for, and those denied are named.
    """
