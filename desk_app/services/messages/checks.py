"""Asks plugins about a mail before it is stored: what it says, whether it may leave, which headers it has more."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.model import ParsedMessage
from desk_app.domain.messages.outgoing import OutgoingAttachment, OutgoingMail
from desk_app.domain.messages.signatures import SignatureText
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket
from desk_app.plugin_api.data import AgentView, AttachmentView, MailView, MessageDraft, TicketView
from desk_app.services.plugins.placeholders import PluginPlaceholders
from desk_app.services.plugins.views import account_info, actor_view, addresses, agent_view
from desk_app.services.ports.hooks import Hooks
from desk_app.services.ports.outside import ContentPipeline
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.results import CommandRefusedError

if TYPE_CHECKING:
    from desk_app.services.messages.dispatch import Letter

MOST_HEADERS = 20
LONGEST_HEADER = 900
"""Characters of a value."""
_HEADER = re.compile(r"(?:X|List)-[A-Za-z0-9-]{1,70}", re.IGNORECASE)
_OWN = re.compile(r"x-(?:desk-app-|auto-response-suppress)", re.IGNORECASE)
_HOOKS = ("filter_outbound_message", "before_message_send", "filter_mail")
_log = logging.getLogger(__name__)

Headers = Callable[[OutgoingMail], tuple[tuple[str, str], ...]]
"""Returns what a mail has as further headers."""


class SendDeniedError(CommandRefusedError):
    """A plugin denies that a mail leaves; the text is its reason. Nothing was written."""


class OutgoingChecks:
    """The hooks of outgoing mail. What takes a unit of work only reads in it; plugins are asked outside, where nobody
    who wants to write has to wait for them."""

    def __init__(self, hooks: Hooks, pipeline: ContentPipeline, placeholders: PluginPlaceholders) -> None:
        self._hooks = hooks
        self.placeholders = placeholders
        self._pipeline = pipeline

    def seen(self, uow: UnitOfWork, ticket: Ticket) -> TicketView | None:
        """Return a ticket as plugins see it, None where none of them asks."""
        return uow.pictures.of(ticket) if any(self._hooks.wants(name) for name in _HOOKS) else None

    def letter(self, letter: Letter, ticket: TicketView | None, actor: Actor) -> Letter:
        """Return a letter as plugins changed it. Raises SendDeniedError."""
        if ticket is None:
            return letter
        draft = MessageDraft(
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            sender=letter.from_address,
            to=addresses(letter.to),
            cc=addresses(letter.cc),
            attachments=_files(letter.attachments),
        )
        changed = self._hooks.filter("filter_outbound_message", draft, ticket=ticket)
        if isinstance(changed, MessageDraft) and changed is not draft:
            draft = replace(draft, subject=changed.subject, text=changed.text, html=changed.html)
            letter = replace(letter, subject=draft.subject, text=draft.text, html=draft.html)
        denial = self._hooks.guard("before_message_send", ticket=ticket, message=draft, actor=actor_view(actor))
        if denial is not None:
            raise SendDeniedError(denial.reason.strip() or "A plugin does not allow that this message is sent.")
        return letter

    def beginning(self, uow: UnitOfWork, ticket: Ticket, actor: Actor) -> Callable[[], str]:
        """Return what asks plugins, outside of the transaction, what a new reply begins with: HTML, safe to show."""
        if not self._hooks.wants("filter_reply_draft"):
            return lambda: ""
        view, agent = uow.pictures.of(ticket), agent_of(uow, actor)

        def ask() -> str:
            html = self._hooks.filter("filter_reply_draft", "", ticket=view, agent=agent)
            if not isinstance(html, str) or not html.strip():
                return ""
            content = self._pipeline.prepare(ParsedMessage(html=html))
            return content.visible_html + content.folded_html

        return ask

    def headers(self, ticket: TicketView | None, account: Account) -> Headers | None:
        """Return what asks plugins for further headers of a mail, None where none of them has any."""
        if ticket is None or not self._hooks.wants("filter_mail"):
            return None

        def ask(mail: OutgoingMail) -> tuple[tuple[str, str], ...]:
            view = MailView(mail.subject, mail.from_.email, mail.recipients, mail.message_id)
            changed = self._hooks.filter("filter_mail", view, ticket=ticket, account=account_info(account))
            return _clean(changed.extra_headers) if isinstance(changed, MailView) else ()

        return ask

    def headers_before(self, letter: Letter, ticket: TicketView | None, account: Account) -> Headers | None:
        """Ask for the headers of a mail whose ticket is still to be opened: it has no Message-ID yet."""
        if ticket is None or not self._hooks.wants("filter_mail"):
            return None
        recipients = tuple(dict.fromkeys(addresses((*letter.to, *letter.cc, *letter.bcc))))
        view = MailView(letter.subject, letter.from_address or account.address, recipients, "")
        changed = self._hooks.filter("filter_mail", view, ticket=ticket, account=account_info(account))
        found = _clean(changed.extra_headers) if isinstance(changed, MailView) else ()
        return lambda _mail: found

    def asks_of_signatures(self) -> bool:
        """Return whether plugins may be asked what a signature says."""
        return any(self._hooks.wants(name) for name in ("filter_signature", "placeholders"))

    def signature(self, uow: UnitOfWork, actor: Actor, department_id: int) -> SignatureChange:
        """Return what asks plugins, outside of the transaction, to change a signature."""
        if not self._hooks.wants("filter_signature"):
            return SignatureChange()
        department = next((one.name for one in uow.people.departments() if one.id == department_id), "")
        return SignatureChange(agent_of(uow, actor), department, self._hooks, self._pipeline)


@dataclass(frozen=True, slots=True)
class SignatureChange:
    """Asks plugins to change a signature of this agent; without `hooks` nobody is asked."""

    agent: AgentView | None = None
    department: str = ""
    hooks: Hooks | None = field(default=None, compare=False)
    pipeline: ContentPipeline | None = field(default=None, compare=False)

    def __call__(self, signature: SignatureText) -> SignatureText:
        """Return it as plugins changed it. Not inside a transaction."""
        if self.hooks is None or self.pipeline is None:
            return signature
        html = signature.html or "<br>".join(escape(line, quote=False) for line in signature.text.split("\n"))
        changed = self.hooks.filter("filter_signature", html, agent=self.agent, department=self.department)
        if not isinstance(changed, str) or changed == html:
            return signature
        content = self.pipeline.prepare(ParsedMessage(html=changed))
        text = "\n".join(part for part in (content.visible_text, content.folded_text) if part)
        return replace(signature, text=text, html=changed)


def agent_of(uow: UnitOfWork, actor: Actor) -> AgentView:
    """Return the agent who acts; the desk itself has the id 0."""
    agent = uow.people.agent(actor.agent_id) if actor.agent_id is not None else None
    return agent_view(agent) if agent is not None else AgentView(0, actor.name, "")


def _files(files: Iterable[OutgoingAttachment]) -> tuple[AttachmentView, ...]:
    return tuple(AttachmentView(0, one.filename, one.content_type, len(one.content)) for one in files)


def _clean(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Keep what a mail may have: X- and List- headers that are none of the desk's own."""
    kept: list[tuple[str, str]] = []
    for name, value in headers.items():
        written = f"{value}"
        fits = _HEADER.fullmatch(f"{name}") is not None and _OWN.match(name) is None
        if fits and len(written) <= LONGEST_HEADER and len(kept) < MOST_HEADERS:
            kept.append((name, written))
        else:
            _log.warning("a header that a plugin asked for was left out: %.80s", name)
    return tuple(kept)
