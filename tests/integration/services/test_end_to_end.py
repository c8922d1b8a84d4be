"""Two real mailboxes, one inbox, a reply that goes out, an answer that comes back into its ticket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest

from desk_app.channels.email.channel import EmailChannel
from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.plugin_api.channels import ChannelFault, StepState
from desk_app.runtime.compose import build_desk
from desk_app.services.desk import Desk
from desk_app.services.people.agents import actor_for
from desk_app.storage.database import Database
from tests.support.desks import mail
from tests.support.dovecot import DovecotServer
from tests.support.secrets import MemorySecrets
from tests.support.smtp_server import ReceivedMail, SmtpServer

pytestmark = pytest.mark.dovecot


def connect(desk: Desk, dovecot: DovecotServer, smtp: SmtpServer, address: str) -> tuple[str, int]:
    """Add a mailbox the way the wizard does; returns the server's user and the account."""
    user = dovecot.user()
    ann = actor_for(desk.people.sign_in("ann"))
    account = Account(
        id=0,
        department_id=desk.people.departments()[0].id,
        channel="email",
        name=address.partition("@")[0],
        sender_name="The Desk",
        address=address,
        settings={
            "imap": {"host": dovecot.host, "port": dovecot.port, "security": "none", "user": user},
            "smtp": {"host": smtp.host, "port": smtp.port, "security": "none"},
        },
        policy=AccountPolicy(first_import=FirstImport.UNDECIDED),
    )
    secrets = {"password": dovecot.password(user)}
    steps = list(desk.mailboxes.test(account, secrets))
    assert {s.state for s in steps} <= {StepState.RUNNING, StepState.OK, StepState.SKIPPED}, steps
    account_id = desk.mailboxes.add(account, secrets, ann)
    dovecot.append(user, "INBOX", mail("from last year"), at=datetime.now(UTC) - timedelta(days=365))
    assert desk.mailboxes.count_old_mail(account_id, None)[0].total == 1
    desk.mailboxes.decide_first_import(account_id, FirstImport.NONE, None, ann)
    return user, account_id


def test_from_two_mailboxes_to_an_answered_ticket(
    database: Database, dovecot: DovecotServer, smtp_server: Callable[..., SmtpServer]
) -> None:
    stores: dict[int, MemorySecrets] = {}
    desk = build_desk(database, lambda i: stores.setdefault(i, MemorySecrets()), channels=[EmailChannel()])
    agent = desk.people.sign_in("ann")
    ann = actor_for(agent)
    desk.settings.save(replace(desk.settings.desk(), undo_seconds=0), ann)
    desk.settings.arm(ann)
    smtp = smtp_server()
    support, support_id = connect(desk, dovecot, smtp, "support@desk.example")
    sales, sales_id = connect(desk, dovecot, smtp, "sales@desk.example")

    both = mail("to both of you", subject="Both", to="support@desk.example, sales@desk.example")
    dovecot.append(support, "INBOX", mail("Help me please", subject="Broken"), both)
    dovecot.append(sales, "INBOX", both, mail("How much is it?", subject="Offer", to="sales@desk.example"))
    results = desk.sync.sync_all()
    assert {i: (r.created, r.duplicates, r.fault) for i, r in results.items()} == {
        support_id: (2, 0, ""),
        sales_id: (1, 1, ""),
    }
    rows = desk.ticket_queries.page(TicketQuery(), agent_id=agent.id).rows
    assert sorted(r.subject for r in rows) == ["Both", "Broken", "Offer"]

    ticket_id = next(r.id for r in rows if r.subject == "Broken")
    _reply(desk, ticket_id, agent.id)
    assert desk.outbox.send_due() == 1
    (sent,) = smtp.wait_for(1)
    assert (sent.sender, sent.recipients) == ("support@desk.example", ["bob@customer.example"])
    assert len(dovecot.uids(support, "Sent")) == 1

    dovecot.append(support, "INBOX", _answer_to(sent))
    assert desk.sync.sync_once(support_id).joined == 1
    view = desk.conversations.conversation(ticket_id, agent_id=agent.id)
    assert view is not None
    assert [m.visible_text for m in view.messages] == ["Help me please", "Try this.", "That helped, thanks!"]
    assert view.ticket.bucket is Bucket.OPEN
    assert desk.content.prepare_ticket(ticket_id) >= 1

    _server_says_what_is_missing(desk, database, dovecot, support, support_id)
    _a_wrong_password_is_named(desk, stores, support_id)


def _reply(desk: Desk, ticket_id: int, agent_id: int) -> None:
    from desk_app.domain.messages.draft import ReplyDraft

    start = desk.replies.start(ticket_id, agent_id=agent_id)
    draft = ReplyDraft(
        ticket_id=ticket_id,
        from_account_id=start.from_account_id,
        from_address=start.from_address,
        to=start.to,
        cc=start.cc,
        subject=start.subject,
        text="Try this.",
        last_message_id=start.last_message_id,
    )
    desk.replies.send(draft, actor_for(desk.people.sign_in("ann")), then_status="waiting")


def _answer_to(sent: ReceivedMail) -> bytes:
    ours = message_from_bytes(sent.raw)
    text = "That helped, thanks!\r\n\r\nOn Friday, The Desk wrote:\r\n> Try this."
    return mail(text, subject=f"AW: {ours['Subject']}", in_reply_to=str(ours["Message-ID"]).strip("<>"))


def _server_says_what_is_missing(
    desk: Desk, database: Database, dovecot: DovecotServer, user: str, account_id: int
) -> None:
    """Take one mail over under a cursor that was pushed too far: reconciliation finds exactly that mail (MB-31)."""
    assert desk.mailboxes.reconcile(account_id).missing_count == 0
    account = desk.mailboxes.get(account_id)
    assert account is not None
    assert account.created_at is not None
    same_second = account.created_at.replace(microsecond=0)  # which is all that servers know
    dovecot.append(user, "INBOX", mail("the lost one", message_id="lost@customer.example"), at=same_second)
    with database.unit_of_work() as uow:
        cursor = uow.accounts.cursor(account_id)
        inbox = dict(cursor.positions["INBOX"])
        uow.accounts.set_cursor(account_id, replace(cursor, positions={"INBOX": {**inbox, "uid": inbox["uid"] + 1}}))
        uow.commit()
    assert desk.sync.sync_once(account_id).fetched == 0
    found = desk.mailboxes.reconcile(account_id)
    assert [m.message_id for m in found.missing] == ["lost@customer.example"]
    assert found.server_count == found.stored_count + 1
    ann = actor_for(desk.people.sign_in("ann"))
    assert desk.mailboxes.import_missing(account_id, [m.source_key for m in found.missing], ann).created == 1
    assert desk.mailboxes.reconcile(account_id).missing_count == 0


def _a_wrong_password_is_named(desk: Desk, stores: dict[int, MemorySecrets], account_id: int) -> None:
    """A dead sign-in shows in the result, the health and the alarm (MB-04)."""
    stores[account_id].set("password", "wrong")
    assert desk.sync.sync_once(account_id).fault == ChannelFault.SIGN_IN.value
    ((account, health),) = desk.mailboxes.alarms()
    assert (account.id, health.fault, health.failed_polls) == (account_id, "sign_in", 1)
