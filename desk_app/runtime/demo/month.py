"""Plays the demo's month through the desk's own services: mail arrives, agents answer, customers write back."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import TicketQuery
from desk_app.plugin_api.channels import ChannelSession
from desk_app.runtime.demo.documents import document
from desk_app.runtime.demo.letters import Quoted
from desk_app.runtime.demo.mail_host import MailHost, SentMail
from desk_app.runtime.demo.outside import auto_reply, bounce, outside
from desk_app.runtime.demo.story import (
    MAILBOX_OF,
    Conversation,
    Mail,
    Turn,
    conversations,
    customer_mail,
    sent_as_quoted,
)
from desk_app.services.desk import Desk
from desk_app.services.mailboxes.sync import LEASE_TTL, sync_lease
from desk_app.services.people.agents import actor_for
from desk_app.services.ports.system import Lease

_LONG_AGO = timedelta(days=9)
_SETTLED_AFTER = timedelta(days=4)
_FILED_AFTER = timedelta(days=4)
_READ_AFTER = timedelta(days=1.5)
_MISTYPED = "g.whitlock@oldmil.example"


@dataclass(slots=True)
class _Thread:
    """How far a conversation has got: its newest mail, and the desk's newest."""

    story: Conversation
    ticket_id: int | None = None
    latest: Quoted | None = None
    answered: Quoted | None = None


@dataclass(slots=True)
class Clock:
    """The time it is in the demo's past."""

    at: datetime

    def __call__(self) -> datetime:
        """Return it."""
        return self.at


@dataclass(slots=True)
class Month:
    """Plays a month on `desk`, whose clock is `clock`, over the mail server `host`.

    `accounts` maps a mailbox's address to its id, `agents` the addresses to who answers there, `me` is who looks at the
    demo. `sent` is filled by the mail server with what the desk sends.
    """

    desk: Desk
    clock: Clock
    host: MailHost
    accounts: dict[str, int]
    agents: dict[str, Agent]
    me: Agent
    sent: list[SentMail]
    _order: count[int] = field(default_factory=count)
    _sessions: dict[int, ChannelSession] = field(default_factory=dict)
    _leases: dict[int, Lease] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def play(self, now: datetime, *, on_mail: Callable[[int], None] = lambda _: None) -> int:
        """Play everything up to `now` (aware) and return how many mails went through; `on_mail` hears of each."""
        with self._open:
            done = self._play(now, on_mail)
        self._hand_back()
        return done

    def _play(self, now: datetime, on_mail: Callable[[int], None]) -> int:
        agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        threads = [_Thread(story) for story in conversations(now)]
        for mail in outside(now):
            self._plan(agenda, mail.at, lambda mail=mail: self._file(mail, now))  # type: ignore[misc]
        for thread in threads:
            for turn in thread.story.turns:
                self._plan(agenda, turn.at, lambda thread=thread, turn=turn: self._take(thread, turn))  # type: ignore[misc]
        done = 0
        while agenda:
            self.clock.at, _, act = heapq.heappop(agenda)
            act()
            done += 1
            on_mail(done)
        self.clock.at = now
        self._machines_answer(threads, now)
        for thread in threads:
            self._finish(thread, now)
        return done

    def _plan(
        self, agenda: list[tuple[datetime, int, Callable[[], None]]], at: datetime, act: Callable[[], None]
    ) -> None:
        heapq.heappush(agenda, (at, next(self._order), act))

    # -- mail in and out ----------------------------------------------------------------------------------------------

    def _arrive(self, mail: Mail) -> None:
        for mailbox in mail.mailboxes:
            self.host.deliver(mailbox, mail.raw, self.clock.at)
            self._fetch(self.accounts[mailbox])

    def _fetch(self, account_id: int) -> None:
        """Fetch over a session that stays open: signing in for every mail would take most of the demo's time."""
        if account_id not in self._sessions:
            account = self.desk.mailboxes.get(account_id)
            if account is None:
                raise LookupError(f"There is no mailbox {account_id}.")
            self._sessions[account_id] = self._open.enter_context(self.desk.sync.session(account))
        with self.desk.unit_of_work() as uow:
            lease = uow.leases.acquire(sync_lease(account_id), self.desk.holder, LEASE_TTL)
            uow.commit()
        if lease is not None:
            self._leases[account_id] = lease
            self.desk.sync.run(account_id, self._sessions[account_id], lease)

    def _hand_back(self) -> None:
        """Let the window's own worker fetch at once."""
        with self.desk.unit_of_work() as uow:
            for lease in self._leases.values():
                uow.leases.release(lease)
            uow.commit()

    def _file(self, mail: Mail, now: datetime) -> None:
        """Take a notice or newsletter in; what is a few days old has been dealt with."""
        self._arrive(mail)
        ticket_id = self._ticket_of(mail.message_id)
        if ticket_id is not None and now - mail.at > _FILED_AFTER:
            self.desk.tickets.set_status([ticket_id], "closed", actor_for(self.agents[mail.mailboxes[0]]))

    def _take(self, thread: _Thread, turn: Turn) -> None:
        if turn.from_desk:
            self._reply(thread, turn)
            return
        mail = customer_mail(thread.story, turn, thread.latest)
        self._arrive(mail)
        if thread.ticket_id is None:
            thread.ticket_id = self._ticket_of(mail.message_id)
        references = (*thread.latest.references, thread.latest.message_id) if thread.latest else ()
        thread.latest = Quoted(
            mail.sender, thread.story.address, mail.subject, turn.at, turn.text, mail.message_id, references
        )

    def _ticket_of(self, internet_id: str) -> int | None:
        with self.desk.unit_of_work() as uow:
            known = uow.messages.by_internet_ids([internet_id]).get(internet_id, ())
            return known[0].ticket_id if known else None

    def _reply(self, thread: _Thread, turn: Turn) -> None:
        if thread.ticket_id is None:
            return
        agent = self.agents[MAILBOX_OF[thread.story.address]]
        actor = actor_for(agent)
        start = self.desk.replies.start(thread.ticket_id, agent_id=agent.id)
        files = [document(name) for name in turn.files]
        attached = [OutgoingAttachment(f.filename, f"{f.maintype}/{f.subtype}", f.content) for f in files]
        draft = start.draft(thread.ticket_id, turn.text, attachments=attached)
        self.desk.tickets.assign([thread.ticket_id], agent.id, actor)
        self.desk.replies.send(draft, actor, then_status="waiting", force=True)
        raw = self._hand_over()
        if raw is not None:
            thread.latest = thread.answered = sent_as_quoted(raw)

    def _hand_over(self) -> bytes | None:
        """Send what is due and return the mail that left; a busy computer gets a second and a third try."""
        before = len(self.sent)
        for _ in range(3):
            self.desk.outbox.send_due()
            if len(self.sent) > before:
                return self.sent[-1].raw
            self.clock.at += timedelta(minutes=5)
        return None

    def _machines_answer(self, threads: Iterable[_Thread], now: datetime) -> None:
        """An out-of-office answer and a bounce, both to mail the desk really sent."""
        waiting = [t for t in threads if t.answered is not None and t.latest is t.answered]
        if waiting:
            away = max(waiting, key=lambda t: t.story.turns[-1].at)
            if away.answered is not None:
                self._arrive(auto_reply(away.story.customer, away.answered, now))
        copy = next((mail for mail in self.sent if b"whitlock" in mail.raw[:4000]), None)
        if copy is not None:
            self._arrive(bounce(copy.raw, _MISTYPED, now))

    # -- what agents do besides answering -----------------------------------------------------------------------------

    def _finish(self, thread: _Thread, now: datetime) -> None:
        story, ticket_id = thread.story, thread.ticket_id
        if ticket_id is None:
            return
        agent = self.agents[MAILBOX_OF[story.address]]
        actor, last = actor_for(agent), story.turns[-1]
        self.clock.at = min(last.at + timedelta(minutes=25), now)
        if story.mine:
            self.desk.tickets.assign([ticket_id], self.me.id, actor)
        if story.tags:
            self.desk.tickets.tag([ticket_id], story.tags, [], actor)
        if story.priority:
            self.desk.tickets.set_priority([ticket_id], Priority(story.priority), actor)
        if story.note:
            self.desk.replies.note(ticket_id, story.note, "", actor)
        if story.end == "snoozed":
            self.desk.tickets.snooze([ticket_id], now + timedelta(days=12), actor)
        elif story.end or now - last.at > (_SETTLED_AFTER if any(t.from_desk for t in story.turns) else _LONG_AGO):
            self.desk.tickets.set_status([ticket_id], story.end or "resolved", actor)
        self.clock.at = now

    def mark_read(self, now: datetime) -> None:
        """Let whoever looks at the demo have seen what lies longer than a day and a half."""
        everything = TicketQuery(buckets=tuple(Bucket))
        with self.desk.unit_of_work() as uow:
            tickets = [uow.tickets.get(ticket_id) for ticket_id in self.desk.ticket_queries.ids(everything)]
        for ticket in tickets:
            if ticket is not None and now - ticket.activity_at > _READ_AFTER and ticket.last_message_id:
                self.desk.tickets.mark_seen(ticket.id, self.me.id, ticket.last_message_id)
