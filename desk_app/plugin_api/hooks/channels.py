"""Channels, and messages on their way in and out."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.channels import ChannelType
from desk_app.plugin_api.context import Context
from desk_app.plugin_api.data import AccountInfo, ActorView, MessageDraft, MessageView, TicketView
from desk_app.plugin_api.marks import Kind, OnError, Thread, Waits, hook
from desk_app.plugin_api.verdicts import Allow, Deny, Drop


@hook(Kind.COLLECT, gives=(object,))
def channel_types(ctx: Context) -> Sequence[ChannelType]:
    """Return the kinds of channel the plugin adds (`desk_app.plugin_api.channels`); the built-in e-mail channel comes
    through this hook as well.

    Accounts of a channel whose plugin is not active are suspended: nothing is fetched, what is to leave waits.
    """
    return ()


@hook(Kind.FILTER, gives=(MessageDraft, Drop), waits=Waits.DESK)
def filter_inbound_message(ctx: Context, value: MessageDraft, account: AccountInfo) -> MessageDraft | Drop | None:
    """Change a message that has arrived, before it is joined to a ticket, or drop it.

    The bytes it came as are kept unchanged, but it is never read again from them: what it says is what the last filter
    left. A dropped message stands on the page Quarantine with the reason, and can be let through there.
    """


@hook(Kind.FIRST, gives=(int,), waits=Waits.DESK)
def match_ticket(ctx: Context, message: MessageDraft, candidates: Sequence[TicketView]) -> int | None:
    """Return the ticket an inbound message belongs to, one of `candidates` (open tickets of the same customer), where
    the desk's own rules found none."""


@hook(Kind.FILTER, gives=(MessageDraft,), waits=Waits.SENDER)
def filter_outbound_message(ctx: Context, value: MessageDraft, ticket: TicketView) -> MessageDraft | None:
    """Change subject, text or html of an answer before it is stored and sent; the history shows what was sent.

    Signature and quotes are added later. Replies, forwards, messages to third parties, first mails of new tickets and
    automatic answers come here; where the ticket is still to be opened, its id is 0. A text-only message has no html.
    """


@hook(Kind.GUARD, on_error=OnError.CLOSED, gives=(Allow, Deny), waits=Waits.SENDER)
def before_message_send(
    ctx: Context, ticket: TicketView, message: MessageDraft, actor: ActorView
) -> Allow | Deny | None:
    """Say whether this answer may leave: what an agent, a rule or a plugin sends, as the filters left it.

    A denial keeps the draft and shows the reason. Where the ticket is still to be opened, its id is 0.
    """


@hook(Kind.EVENT, thread=Thread.WORKER)
def message_sent(ctx: Context, ticket: TicketView, message: MessageView, receipt: str) -> None:
    """A message has been handed to its server; `receipt` is the server's answer."""


@hook(Kind.EVENT, thread=Thread.WORKER)
def message_send_failed(ctx: Context, ticket: TicketView, message: MessageView, error: str, will_retry: bool) -> None:
    """A message could not be handed over, for now or for good."""
