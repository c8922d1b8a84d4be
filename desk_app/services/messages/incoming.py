"""Asks plugins about messages that have arrived, before they are placed: what they say, and where they belong.

Nothing here runs in a transaction that writes: plugins may take their time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.model import Classification
from desk_app.domain.messages.threading import JoinRule, decide
from desk_app.plugin_api.data import MessageDraft, TicketView
from desk_app.plugin_api.verdicts import Drop
from desk_app.services.messages.round import Arrival, Round
from desk_app.services.messages.threads import evidence_of
from desk_app.services.plugins.views import account_info, inbound_draft
from desk_app.services.ports.hooks import Hooks
from desk_app.services.ports.outside import ContentPipeline, Reading

FILTER, MATCH = "filter_inbound_message", "match_ticket"
MOST_CANDIDATES = 20
"""Tickets of a customer that are offered, the newest first."""


class IncomingChecks:
    """The hooks of mail that comes in."""

    def __init__(self, hooks: Hooks, pipeline: ContentPipeline) -> None:
        self._hooks = hooks
        self._pipeline = pipeline

    def filters(self) -> bool:
        """Return whether a plugin wants to see what arrives."""
        return self._hooks.wants(FILTER)

    def filtered(self, arrival: Arrival, account: Account) -> Arrival | Drop:
        """Return a message as plugins changed it, or that one of them leaves it out.

        A changed one is final: it is never read again from its bytes.
        """
        draft = inbound_draft(arrival.parsed)
        value = self._hooks.filter(FILTER, draft, account=account_info(account))
        if isinstance(value, Drop):
            return value
        if (value.subject, value.text, value.html) == (draft.subject, draft.text, draft.html):
            return arrival
        return self._changed(arrival, value)

    def _changed(self, arrival: Arrival, value: MessageDraft) -> Arrival:
        parsed = replace(arrival.parsed, subject=value.subject, text=value.text, html=value.html)
        content = self._pipeline.prepare(parsed)
        visible, folded = self._pipeline.fold(parsed.text, subject=parsed.subject)
        reading = Reading(parsed, visible or content.visible_text, folded or content.folded_text)
        return replace(arrival, reading=reading, content=content)

    def matches(self) -> bool:
        """Return whether a plugin wants to say where messages belong."""
        return self._hooks.wants(MATCH)

    def candidates(self, round_: Round, arrivals: Sequence[Arrival]) -> Mapping[int, Sequence[TicketView]]:
        """Return, by ledger row, the open tickets of the customers of those messages that the desk finds no ticket
        for."""
        found: dict[int, Sequence[int]] = {}
        for arrival in arrivals:
            parsed = arrival.parsed
            if parsed.classification is Classification.BOUNCE or parsed.from_.email in round_.own_addresses:
                continue
            join = decide(evidence_of(round_, arrival))
            customer = round_.customer(arrival).email
            contact = round_.uow.contacts.by_email(customer) if customer and join.rule is JoinRule.NEW else None
            if contact is not None:
                found[arrival.item.id] = round_.uow.tickets.open_of(contact.id, MOST_CANDIDATES)
        views = round_.uow.pictures.tickets({one for ids in found.values() for one in ids})
        shown = {key: [views[one] for one in ids if one in views] for key, ids in found.items()}
        return {key: tickets for key, tickets in shown.items() if tickets}

    def matched(self, arrivals: Sequence[Arrival], candidates: Mapping[int, Sequence[TicketView]]) -> Mapping[int, int]:
        """Return, by ledger row, the ticket that a plugin names out of the candidates."""
        named: dict[int, int] = {}
        for arrival in arrivals:
            offered = candidates.get(arrival.item.id)
            if offered is None:
                continue
            answer = self._hooks.first(MATCH, message=inbound_draft(arrival.parsed), candidates=tuple(offered))
            if answer in {ticket.id for ticket in offered}:
                named[arrival.item.id] = answer
        return named
