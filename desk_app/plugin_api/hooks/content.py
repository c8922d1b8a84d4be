"""What is shown and what is written."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.contributions import Placeholder
from desk_app.plugin_api.data import AccountInfo, AgentView, MailView, MessageView, TicketView
from desk_app.plugin_api.marks import Kind, Waits, hook


@hook(Kind.FILTER, gives=(str,))
def filter_message_html(ctx: Context, value: str, ticket: TicketView, message: MessageView, purpose: str) -> str | None:
    """Change the HTML of a message before it is shown; `purpose` is view or print. The desk's sanitiser runs after it,
    so scripts, styles of the page and remote content cannot be brought in. What is stored stays."""


@hook(Kind.FILTER, gives=(str,))
def filter_reply_draft(ctx: Context, value: str, ticket: TicketView, agent: AgentView) -> str | None:
    """Change the HTML a new, still empty reply begins with."""


@hook(Kind.FILTER, gives=(str,))
def filter_signature(ctx: Context, value: str, agent: AgentView, department: str) -> str | None:
    """Change the HTML of the signature below a mail; `department` is its name. Asked when somebody begins to write, and
    when the mail is sent."""


@hook(Kind.FILTER, gives=(MailView,), waits=Waits.SENDER)
def filter_mail(ctx: Context, value: MailView, ticket: TicketView, account: AccountInfo) -> MailView | None:
    """Add X- or List- headers to a mail, the last step before its bytes are fixed; anything else that is changed is not
    taken over. The first mail of a new ticket has no Message-ID yet when this is asked."""


@hook(Kind.COLLECT, gives=(Placeholder,))
def placeholders(ctx: Context) -> Sequence[Placeholder]:
    """Return further words for canned responses, macros and templates."""
    return ()
