"""A desk on a fresh database, with a mail server that lives in memory.

def test_x(desk_kit):                        # runs on SQLite and on PostgreSQL
    support = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(support, mail(subject="Hello"))
    assert desk_kit.tickets()[0].subject == "Hello"
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk_app.channels.email.reading import read_message
from desk_app.domain.mailboxes.model import Account, AccountPolicy, AfterImport, Alias, FirstImport
from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.model import ParsedMessage
from desk_app.domain.people.actor import Actor
from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Bucket, Ticket, TicketEvent
from desk_app.domain.tickets.query import TicketQuery
from desk_app.plugin_api.channels import (
    AccountView,
    Capabilities,
    ChannelError,
    Cursor,
    FetchBatch,
    InboundMessage,
    OutboundMail,
    SendOutcome,
    SendReceipt,
    SentCheck,
    ServerMessage,
    StepState,
    StreamCount,
    TestStep,
)
from desk_app.runtime.compose import build_desk
from desk_app.services.desk import Desk
from desk_app.services.messages.intake import IntakeCounts
from desk_app.services.messages.replies import ReplySent
from desk_app.services.people.agents import actor_for
from desk_app.services.queries.conversation import MessageView
from desk_app.storage.database import Database
from tests.support.secrets import MemorySecrets

_numbers = itertools.count(1)


def mail(
    text: str = "Hello, my printer is on fire.",
    *,
    subject: str = "Printer on fire",
    from_: str = "Bob Customer <bob@customer.example>",
    to: str = "support@desk.example",
    message_id: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    headers: str = "",
    date: str = "Fri, 20 Nov 2026 10:00:00 +0000",
) -> bytes:
    """Return a raw mail; Message-IDs are given and made without angle brackets, "-" leaves the header out."""
    message_id = message_id or f"m{next(_numbers)}@customer.example"
    lines = [f"From: {from_}", f"To: {to}", f"Subject: {subject}", f"Date: {date}"]
    if message_id != "-":
        lines.append(f"Message-ID: <{message_id}>")
    if in_reply_to:
        lines.append(f"In-Reply-To: <{in_reply_to}>")
    if references:
        lines.append("References: " + " ".join(f"<{r}>" for r in references))
    if headers:
        lines.append(headers.rstrip("\n").replace("\n", "\r\n"))
    return ("\r\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", text]) + "\r\n").encode()


_REPLY_FIELDS = frozenset(one.name for one in fields(ReplyDraft))


@dataclass
class MemoryServer:
    """What a mailbox's server holds. `faults` are raised one a call by whatever asks next; `outcomes` answer
    sending.
    """

    inbox: dict[int, tuple[bytes, datetime]] = field(default_factory=dict)
    sent: list[OutboundMail] = field(default_factory=list)
    copies: list[bytes] = field(default_factory=list)
    faults: list[ChannelError] = field(default_factory=list)
    send_faults: list[ChannelError] = field(default_factory=list)
    outcomes: list[SendReceipt] = field(default_factory=list)
    sent_folder: set[str] = field(default_factory=set)
    acknowledged: list[tuple[str, AfterImport]] = field(default_factory=list)
    uidvalidity: int = 1
    last_uid: int = 0
    sessions: int = 0

    def deliver(self, raw: bytes, at: datetime | None = None) -> int:
        """Put a mail into the inbox and return its UID."""
        self.last_uid += 1
        self.inbox[self.last_uid] = (raw, at or datetime.now(UTC))
        return self.last_uid

    def renumber(self) -> None:
        """Forget all UIDs, as a server does after an accident."""
        self.uidvalidity += 1
        self.inbox = dict(enumerate(self.inbox.values(), 1))
        self.last_uid = len(self.inbox)


class MemorySession:
    """A ChannelSession on a MemoryServer."""

    def __init__(self, server: MemoryServer) -> None:
        self.server = server
        server.sessions += 1

    def _ask(self) -> None:
        if self.server.faults:
            raise self.server.faults.pop(0)

    def counts(self, since: datetime | None = None) -> Sequence[StreamCount]:
        self._ask()
        newer = None if since is None else sum(at >= since for _, at in self.server.inbox.values())
        return [StreamCount("INBOX", len(self.server.inbox), newer)]

    def start_cursor(self, since: datetime | None) -> Cursor:
        self._ask()
        uids = [uid for uid, (_, at) in self.server.inbox.items() if since is None or at < since]
        return Cursor({"INBOX": {"uidvalidity": self.server.uidvalidity, "uid": max(uids, default=0)}})

    def fetch(self, cursor: Cursor, *, limit: int, max_bytes: int) -> FetchBatch:
        self._ask()
        place = cursor.positions.get("INBOX", {"uidvalidity": self.server.uidvalidity, "uid": 0})
        rescan = place["uidvalidity"] != self.server.uidvalidity
        after = 0 if rescan else int(place["uid"])
        uids = [uid for uid in sorted(self.server.inbox) if uid > after]
        messages = tuple(self._message(uid, max_bytes, rescan=rescan) for uid in uids[:limit])
        last = uids[:limit][-1] if uids else after
        cursor = Cursor({"INBOX": {"uidvalidity": self.server.uidvalidity, "uid": last}})
        return FetchBatch(messages, cursor, max(0, len(uids) - limit))

    def _message(self, uid: int, max_bytes: int, *, rescan: bool = False) -> InboundMessage:
        raw, at = self.server.inbox[uid]
        key = f"{self.server.uidvalidity}/{uid}/INBOX"
        return InboundMessage(key, "INBOX", raw if len(raw) <= max_bytes else None, len(raw), at, rescan=rescan)

    def fetch_one(self, source_key: str) -> InboundMessage | None:
        self._ask()
        uid = int(source_key.split("/")[1])
        return self._message(uid, 1 << 60) if uid in self.server.inbox else None

    def message_ids(self, stream: str, *, after: str = "", limit: int = 1000) -> Sequence[ServerMessage]:
        self._ask()
        start = int(after.split("/")[1]) if after else 0
        found = [(u, *self.server.inbox[u]) for u in sorted(self.server.inbox) if u > start][:limit]
        return [
            ServerMessage(f"{self.server.uidvalidity}/{u}/INBOX", read_message(raw).message_id, len(raw), at)
            for u, raw, at in found
        ]

    def acknowledge(self, source_keys: Sequence[str], action: AfterImport, target: str = "") -> None:
        self._ask()
        self.server.acknowledged += [(key, action) for key in source_keys]

    def wait(self, timeout: float) -> bool:
        return False

    def wake(self) -> None:
        pass

    def send(self, mail: OutboundMail) -> SendReceipt:
        if self.server.send_faults:
            raise self.server.send_faults.pop(0)
        receipt = self.server.outcomes.pop(0) if self.server.outcomes else SendReceipt(SendOutcome.ACCEPTED, "250 ok")
        if receipt.outcome in {SendOutcome.ACCEPTED, SendOutcome.UNKNOWN}:
            self.server.sent.append(mail)
        return receipt

    def check_sent(self, message_id: str) -> SentCheck:
        return SentCheck.FOUND if message_id in self.server.sent_folder else SentCheck.ABSENT

    def store_copy(self, raw: bytes) -> str:
        self.server.copies.append(raw)
        return f"{self.server.uidvalidity}/{1000 + len(self.server.copies)}/Sent"

    def close(self) -> None:
        pass


class MemoryChannel:
    """The channel "email" on memory servers, one an address."""

    id = "email"
    title = "E-mail"
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.servers: dict[str, MemoryServer] = {}

    def server(self, address: str) -> MemoryServer:
        return self.servers.setdefault(address, MemoryServer())

    def open(self, account: AccountView) -> MemorySession:
        return MemorySession(self.server(account.address))

    def test(self, account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:
        yield TestStep("name", StepState.OK, account.secrets.get("password") or "")

    def read(self, raw: bytes) -> ParsedMessage:
        if b"X-Break-The-Reader" in raw:
            raise RuntimeError("this reader breaks its promise")
        return read_message(raw)


SETTINGS: dict[str, Any] = {
    "imap": {"host": "mail.test", "port": 143, "security": "none", "user": "x"},
    "smtp": {"host": "mail.test", "port": 25, "security": "none"},
}


class DeskKit:
    """A desk, its agent Ann, and shortcuts for what tests do all the time."""

    def __init__(self, database: Database, *, channel: MemoryChannel | None = None, **options: Any) -> None:
        self.database = database
        self.channel = channel or MemoryChannel()
        self.secrets: dict[int, MemorySecrets] = {}
        self.desk: Desk = build_desk(
            database, lambda i: self.secrets.setdefault(i, MemorySecrets()), channels=[self.channel], **options
        )
        self.agent: Agent = self.desk.people.sign_in("ann", name="Ann Agent")
        self.ann: Actor = actor_for(self.agent)

    # -- mailboxes and mail -------------------------------------------------------------------------------------------

    def mailbox(self, address: str, *aliases: str, **policy: Any) -> Account:
        """Add a mailbox that fetches from now on."""
        choice = {"first_import": FirstImport.NONE, **policy}
        new = Account(
            id=0,
            department_id=self.desk.people.departments()[0].id,
            channel="email",
            name=address.partition("@")[0].title(),
            sender_name=f"{address.partition('@')[0].title()} Team",
            address=address,
            settings=SETTINGS,
            policy=AccountPolicy(**choice),
            aliases=tuple(Alias(alias) for alias in aliases),
        )
        account_id = self.desk.mailboxes.add(new, {"password": "secret"}, self.ann)
        account = self.desk.mailboxes.get(account_id)
        assert account is not None
        return account

    def server(self, account: Account) -> MemoryServer:
        return self.channel.server(account.address)

    def arrive(self, account: Account, *raws: bytes, at: datetime | None = None) -> IntakeCounts:
        """Let mails arrive in a mailbox and take them over."""
        server = self.server(account)
        messages = []
        for raw in raws:
            uid = server.deliver(raw, at)
            key = f"{server.uidvalidity}/{uid}/INBOX"
            messages.append(InboundMessage(key, "INBOX", raw, len(raw), server.inbox[uid][1]))
        current = self.desk.mailboxes.get(account.id)
        assert current is not None
        cursor = Cursor({"INBOX": {"uidvalidity": server.uidvalidity, "uid": server.last_uid}})
        return self.desk.intake.take(current, FetchBatch(tuple(messages), cursor))

    # -- what came of it ----------------------------------------------------------------------------------------------

    def tickets(self) -> list[Ticket]:
        """Return every ticket, oldest first, wherever it is listed."""
        query = TicketQuery(buckets=tuple(Bucket))
        ids = sorted(self.desk.ticket_queries.ids(query))
        return [self.ticket(i) for i in ids]

    def ticket(self, ticket_id: int) -> Ticket:
        with self.database.unit_of_work() as uow:
            found = uow.tickets.get(ticket_id)
        assert found is not None
        return found

    def messages(self, ticket_id: int) -> tuple[MessageView, ...]:
        view = self.desk.conversations.conversation(ticket_id, agent_id=self.agent.id)
        assert view is not None
        return view.messages

    def events(self, ticket_id: int) -> list[TicketEvent]:
        with self.database.unit_of_work() as uow:
            return list(uow.tickets.events(ticket_id))

    def status(self, ticket_id: int) -> str:
        wanted = self.ticket(ticket_id).status_id
        return next(s.key for s in self.desk.ticket_queries.statuses() if s.id == wanted)

    def arm(self, **changes: Any) -> None:
        """Let mail out, at once where nothing else is said."""
        settings = replace(self.desk.settings.desk(), **{"undo_seconds": 0, **changes})
        self.desk.settings.save(settings, self.ann)
        self.desk.settings.arm(self.ann)

    def configure(self, **changes: Any) -> None:
        self.desk.settings.save(replace(self.desk.settings.desk(), **changes), self.ann)

    def reply(self, ticket_id: int, text: str = "Please try again.", **options: Any) -> ReplySent:
        """Answer a ticket as its composer would."""
        start = self.desk.replies.start(ticket_id, agent_id=self.agent.id)
        fields = {name: options.pop(name) for name in list(options) if name in _REPLY_FIELDS}
        draft = ReplyDraft(
            **{
                "ticket_id": ticket_id,
                "from_account_id": start.from_account_id,
                "from_address": start.from_address,
                "to": start.to,
                "cc": start.cc,
                "subject": start.subject,
                "text": text,
                "last_message_id": start.last_message_id,
                "answers_message_id": start.answers_message_id,
                **fields,
            }
        )
        return self.desk.replies.send(draft, self.ann, **options)

    def watch(self, *ids: int, on: bool = True) -> None:
        """Let the agent watch tickets, or stop that."""
        started = self.desk.bulk.start("watch", {"on": on}, ids, self.ann)
        if not started.ended:
            list(self.desk.bulk.run(started.job_id, self.ann))

    def backdate(self, ticket_id: int, days: float) -> None:
        """Let a closed ticket have been closed earlier."""
        with self.database.unit_of_work() as uow:
            ticket = uow.tickets.get(ticket_id)
            assert ticket is not None
            ticket.closed_at = uow.now() - timedelta(days=days)
            uow.tickets.save(ticket)
            uow.commit()


@pytest.fixture
def desk_kit(database: Database) -> DeskKit:
    """A desk with nothing in it, on each kind of database."""
    return DeskKit(database)
