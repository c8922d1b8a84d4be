"""A process that fetches and sends is killed at random moments; nothing is lost or doubled (mail.md 8.6, CO-13)."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.people.agents import actor_for
from desk_app.services.ports.sync import OutboxState
from tests.support.desk_child import open_child_desk
from tests.support.desk_children import children
from tests.support.desks import mail
from tests.support.dovecot import DovecotServer
from tests.support.smtp_server import SmtpServer

RUNS, TOGETHER = 200, 2
"""So many processes are killed, so many of them work at the same time and hinder each other."""
TTL, CLAIM = 0.3, 2.0
LONGEST_RUN = 0.35


class Stage:
    """One desk with two real mailboxes, and what was done to it."""

    def __init__(self, folder: Path, dovecot: DovecotServer, smtp: SmtpServer) -> None:
        self.dovecot, self.smtp = dovecot, smtp
        (folder / "url").write_text(f"sqlite:///{folder}/desk.db")
        self.database, self.desk = open_child_desk(folder, timedelta(seconds=TTL), timedelta(seconds=CLAIM))
        self.agent = self.desk.people.sign_in("ann")
        self.ann = actor_for(self.agent)
        settings = self.desk.settings
        settings.save(replace(settings.desk(), undo_seconds=0), self.ann)
        settings.arm(self.ann)
        self.users = [dovecot.user(), dovecot.user()]
        self.accounts = [self._add(user) for user in self.users]
        self.delivered: list[str] = []
        self.replies: list[int] = []

    def _add(self, user: str) -> Account:
        account = Account(
            id=0,
            department_id=self.desk.people.departments()[0].id,
            channel="email",
            name=user,
            sender_name=user,
            address=f"{user}@desk.example",
            settings={
                "imap": {"host": self.dovecot.host, "port": self.dovecot.port, "security": "none", "user": user},
                "smtp": {"host": self.smtp.host, "port": self.smtp.port, "security": "none"},
            },
            policy=AccountPolicy(first_import=FirstImport.UNDECIDED),
        )
        account_id = self.desk.mailboxes.add(account, {"password": self.dovecot.password(user)}, self.ann)
        self.desk.mailboxes.decide_first_import(account_id, FirstImport.NONE, None, self.ann)
        found = self.desk.mailboxes.get(account_id)
        assert found is not None
        return found

    def deliver(self, number: int) -> None:
        """Put one mail into each mailbox."""
        for user, account in zip(self.users, self.accounts, strict=True):
            message_id = f"kill-{number}-{account.id}@customer.example"
            answers = self.delivered[-3] if number % 3 == 0 and len(self.delivered) > 3 else ""
            raw = mail(f"letter {number}", message_id=message_id, to=account.address, in_reply_to=answers)
            self.dovecot.append(user, "INBOX", raw)
            self.delivered.append(message_id)

    def answer(self, number: int) -> None:
        """Queue a reply in some ticket."""
        ids = sorted(self.desk.ticket_queries.ids(TicketQuery(buckets=(Bucket.OPEN,))))
        if not ids:
            return
        ticket_id = ids[number % len(ids)]
        start = self.desk.replies.start(ticket_id, agent_id=self.agent.id)
        draft = ReplyDraft(
            ticket_id=ticket_id,
            from_account_id=start.from_account_id,
            from_address=start.from_address,
            to=start.to,
            subject=start.subject,
            text=f"answer {number}",
        )
        sent = self.desk.replies.send(draft, self.ann, force=True)
        assert sent.outbox_id is not None
        self.replies.append(sent.outbox_id)

    def settle(self) -> None:
        """Let an undisturbed process finish what the killed ones left."""
        time.sleep(max(TTL, CLAIM) + 0.1)
        for _ in range(3):
            for result in self.desk.sync.sync_all().values():
                assert (result.fault, result.quarantined) == ("", 0)
            self.desk.outbox.recover_expired()
            while self.desk.outbox.send_due():
                pass


@pytest.mark.kill
@pytest.mark.dovecot
@pytest.mark.timeout(600)
def test_mail_8_6_killed_200_times_every_mail_is_there_once_and_every_reply_left_once_or_is_unknown(
    tmp_path: Path, dovecot: DovecotServer, smtp_server: object
) -> None:
    smtp: SmtpServer = smtp_server()  # type: ignore[operator]
    stage = Stage(tmp_path, dovecot, smtp)
    rng = random.Random(20261122)
    with children(tmp_path, ttl=TTL, claim=CLAIM) as processes:
        for number in range(0, RUNS, TOGETHER):
            if number % 4 == 0:
                stage.deliver(number)
            else:
                stage.answer(number)
            smtp.delay = rng.choice([0.0, 0.0, 0.03])
            moments = sorted(rng.uniform(0.0, LONGEST_RUN) for _ in range(TOGETHER))
            ends = [(processes.start("fork"), time.monotonic() + moment) for moment in moments]
            for pid, end in ends:
                time.sleep(max(0.0, end - time.monotonic()))
                processes.kill(pid)
    smtp.delay = 0.0
    stage.settle()
    with stage.database.unit_of_work() as uow:
        stored = uow.messages.by_internet_ids(stage.delivered)
        outbox = [uow.outbox.get(i) for i in stage.replies]
        pending = list(uow.inbound.pending(10))
    stage.desk.close()

    assert {i: len(stored.get(i, ())) for i in stage.delivered} == dict.fromkeys(stage.delivered, 1)
    assert pending == []
    received = Counter(_message_id(m.raw) for m in smtp.mails)
    states = Counter(item.state for item in outbox if item is not None)
    assert set(states) <= {OutboxState.SENT, OutboxState.UNKNOWN}
    assert states[OutboxState.SENT] > RUNS // 10
    for item in outbox:
        assert item is not None
        allowed = {1} if item.state is OutboxState.SENT else {0, 1}
        assert received[item.internet_id] in allowed, item.state
    assert sum(received.values()) == len(received)


def _message_id(raw: bytes) -> str:
    line = next(row for row in raw.split(b"\r\n") if row.lower().startswith(b"message-id:"))
    return line.partition(b"<")[2].partition(b">")[0].decode()
