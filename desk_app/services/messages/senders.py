"""Which ticket may be written into, and which mailbox a message leaves from."""

from __future__ import annotations

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.tickets.model import Ticket
from desk_app.services.ports.channels import gone
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.outside import Channels
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.results import CommandRefusedError


def ticket_to_write(uow: UnitOfWork, ticket_id: int) -> Ticket:
    """Return the ticket that a message is written into. Raises CommandRefusedError where that cannot be."""
    ticket = uow.tickets.survivor(ticket_id)
    if ticket is None:
        raise CommandRefusedError("The ticket is gone.")
    if ticket.trashed_at is not None:
        raise CommandRefusedError("The ticket lies in the trash; restore it first.")
    return ticket


def sending_mailbox(uow: UnitOfWork, channels: Channels, ticket: Ticket, answered: MessageRecord | None) -> Account:
    """Return the mailbox that an answer leaves from: where the answered mail came, then the ticket's, then any of the
    department. Raises CommandRefusedError where none can send, and where the channel of the ticket is suspended."""
    wanted = [answered.account_id if answered is not None else None, ticket.account_id, *ticket.mailbox_ids]
    everybody = uow.accounts.all(include_disabled=False)
    first = next((a for account_id in wanted for a in everybody if a.id == account_id), None)
    if first is not None:
        if channels.missing(first.channel):
            raise CommandRefusedError(gone(first.channel))
        everybody = [account for account in everybody if account.channel == first.channel]
    for account_id in (*wanted, *(a.id for a in everybody if a.department_id == ticket.department_id)):
        account = next((a for a in everybody if a.id == account_id), None)
        if account is not None and channels.sends(account):
            return account
    raise CommandRefusedError("No mailbox of this ticket can send mail.")


def sending_account(uow: UnitOfWork, account_id: int) -> Account:
    """Return a mailbox to send from. Raises CommandRefusedError where it cannot."""
    account = uow.accounts.get(account_id)
    if account is None or not account.enabled:
        raise CommandRefusedError("The mailbox to send from is gone or switched off.")
    return account
