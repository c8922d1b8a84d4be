"""Who the customer of a mail is."""

from __future__ import annotations

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.model import Address, ParsedMessage


def customer_of(parsed: ParsedMessage, account: Account | None, own: frozenset[str]) -> Address:
    """Return who the customer is: From, or for contact forms the admin named the Reply-To (MB-32).

    A name without an address is kept; where From holds nothing, Sender or Reply-To stands in.
    """
    if account is not None and parsed.reply_to and _is_contact_form(parsed.from_.email, account):
        customer = next((a for a in parsed.reply_to if a.email and a.email not in own), None)
        if customer is not None:
            return customer
    named: list[Address] = [parsed.from_, *([parsed.sender] if parsed.sender is not None else []), *parsed.reply_to]
    return next((address for address in named if address.email), parsed.from_)


def _is_contact_form(sender: str, account: Account) -> bool:
    domain = sender.rpartition("@")[2]
    return any(entry.lower() in {"*", sender, domain, f"@{domain}"} for entry in account.policy.reply_to_senders)
