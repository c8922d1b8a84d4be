"""channel_types: a plugin brings a channel that is not mail (PL-02, PL-05; decision 122)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.domain.messages.draft import NewTicketDraft, ReplyDraft
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.channels import ChannelFault
from desk_app.plugin_api.context import Mode
from desk_app.runtime import channel_types, outside
from desk_app.runtime.compose import Surroundings
from desk_app.runtime.plugins import PluginPlaces
from desk_app.runtime.worker import Pace, run_worker
from desk_app.services.messages.replies import ReplySent
from desk_app.services.ports.sync import InboundState, OutboxState
from desk_app.services.system.place import DeskPlace
from desk_app.services.tickets.results import CommandRefusedError
from desk_app.storage.database import Database
from tests.support import chat
from tests.support.desks import DeskKit, mail
from tests.support.plugin_folders import write_plugin


class ChatDesk(DeskKit):
    """A desk with the plugin “chat”, and an account of it."""

    def __init__(self, database: Database, folder: Path) -> None:
        bundled = folder / "bundled"
        bundled.mkdir()
        write_plugin(bundled, "chat", chat.CODE)
        here = Surroundings(DeskPlace(folder, database.url), plugins=PluginPlaces(bundled, pip=False))
        super().__init__(database, here=here)
        self.host: Any = self.desk.plugins
        self.host.start(Mode.SERVICE)
        self.host.activate("chat", ())
        new = Account(
            id=0,
            department_id=self.desk.people.departments()[0].id,
            channel="chat",
            name="Chat",
            sender_name="Shop",
            address="shop@chat",
            settings={"room": "main"},
            policy=AccountPolicy(first_import=FirstImport.ARCHIVE),
        )
        self.account_id = self.desk.mailboxes.add(new, {"token": "t0p"}, self.ann)

    def say(self, text: str, *, user: str = "maria", chat_id: str = "maria", quotes: str = "") -> None:
        """Let somebody write."""
        number = len(chat.INBOX) + 1
        said = {"id": number, "chat": chat_id, "user": user, "name": user.title(), "text": text}
        chat.INBOX.append(said | ({"quotes": [quotes]} if quotes else {}))

    def begin(self, text: str = "It is here.", address: str = "shop@chat") -> ReplySent:
        """Write to somebody who has not written."""
        to = (Address("Carl", "carl@chat"),)
        draft = NewTicketDraft(
            from_account_id=self.account_id, from_address=address, to=to, subject="Your order", text=text
        )
        return self.desk.new_tickets.open(draft, self.ann)

    def fetch(self) -> Any:
        return self.desk.sync.sync_once(self.account_id)


@pytest.fixture
def chatty(database: Database, tmp_path: Path) -> Iterator[ChatDesk]:
    chat.reset()
    kit = ChatDesk(database, tmp_path)
    yield kit
    kit.host.close(1)


def test_channel_types_of_a_plugin_fetch_thread_and_answer(chatty: ChatDesk) -> None:
    kit = chatty
    kit.arm()
    kit.say("Is it open on Monday?")
    kit.say("Hello?", user="carl", chat_id="carl")
    assert (kit.fetch().created, kit.fetch().fetched) == (2, 0)
    kit.say("I mean this Monday")
    assert kit.fetch().joined == 1
    first, second = kit.tickets()
    assert (first.channel, first.subject, first.requester_email) == ("chat", "Is it open on Monday?", "maria@chat")
    assert [one.snippet for one in kit.messages(first.id)] == ["Is it open on Monday?", "I mean this Monday"]
    assert chat.OPENED[0] == {"settings": {"room": "main"}, "token": "t0p"}

    file = OutgoingAttachment("plan.pdf", "application/pdf", b"%PDF")
    kit.reply(first.id, "Yes, it is.", attachments=(file,))
    kit.desk.outbox.send_due()
    assert chat.SENT == [
        {
            "chat": "maria",
            "text": "Yes, it is.",
            "answers": "maria.3@chat",
            "files": ["plan.pdf"],
            "recipients": ["maria@chat"],
        }
    ]
    kit.say("Thanks!")
    kit.fetch()
    assert [one.id for one in kit.tickets()] == [first.id, second.id]


def test_channel_types_let_a_group_meet_in_one_ticket(chatty: ChatDesk) -> None:
    chatty.say("Who has a key?", chat_id="-100")
    chatty.say("I have", user="carl", chat_id="-100")
    chatty.fetch()
    (ticket,) = chatty.tickets()
    start = chatty.desk.replies.start(ticket.id, agent_id=chatty.agent.id)
    assert [one.email for one in start.to] == ["-100@chat"]


def test_channel_types_refuse_in_words_what_they_cannot_send(chatty: ChatDesk) -> None:
    chatty.say("Hello")
    chatty.fetch()
    (ticket,) = chatty.tickets()
    with pytest.raises(ValueError, match="at most 100 characters"):
        chatty.reply(ticket.id, "x" * 101)
    assert chatty.desk.outbox.tray() == []


def test_channel_types_begin_a_ticket_with_a_message(chatty: ChatDesk) -> None:
    kit = chatty
    kit.arm()
    sent = kit.begin()
    kit.desk.outbox.send_due()
    assert [(one["chat"], one["text"]) for one in chat.SENT] == [("carl", "It is here.")]
    (first,) = kit.messages(sent.ticket_id)
    assert first.subject == f"Your order [#{kit.ticket(sent.ticket_id).number}]"
    kit.say("Where?", user="carl", chat_id="carl", quotes=first.internet_id)
    assert kit.fetch().joined == 1
    assert len(kit.messages(sent.ticket_id)) == 2


def test_channel_types_are_not_touched_while_a_ticket_is_opened(chatty: ChatDesk) -> None:
    support = chatty.mailbox("support@desk.example")
    touched: list[tuple[str, bool]] = []
    chat.WATCH.append(lambda name: touched.append((name, bool(chatty.database._connections._writers))))
    chatty.begin()
    assert "build" in {name for name, _ in touched}
    with pytest.raises(ValueError, match="cannot be reached"):
        chatty.desk.new_tickets.open(
            NewTicketDraft(
                from_account_id=support.id,
                from_address=support.address,
                to=(Address("Carl", "carl@chat"),),
                text="Hello",
            ),
            chatty.ann,
        )
    assert [name for name, inside in touched if inside] == [], "nobody else can write meanwhile"


def test_channel_types_that_refuse_a_first_message_leave_no_ticket(chatty: ChatDesk) -> None:
    with pytest.raises(ValueError, match="at most 100 characters"):
        chatty.begin("x" * 101)
    chat.FAULTS["build"] = SystemExit(3)
    with pytest.raises(CommandRefusedError, match="The plugin “chat” failed: SystemExit"):
        chatty.begin()
    assert (chatty.tickets(), chatty.desk.outbox.tray()) == ([], [])


def test_channel_types_write_a_first_message_from_a_mailbox_as_it_is(chatty: ChatDesk) -> None:
    def rename(name: str) -> None:
        if name == "build":
            with chatty.database.unit_of_work() as uow:
                account = uow.accounts.get(chatty.account_id)
                assert account is not None
                uow.accounts.save(replace(account, address="other@chat"))
                uow.commit()

    chat.WATCH.append(rename)
    with pytest.raises(CommandRefusedError, match="Somebody changed the mailbox"):
        chatty.begin()
    chat.WATCH.clear()
    assert (chatty.tickets(), chatty.desk.outbox.tray()) == ([], [])
    assert chatty.begin(address="other@chat").ticket_id


def test_tickets_that_are_opened_meanwhile_have_numbers_of_their_own(chatty: ChatDesk) -> None:
    support = chatty.mailbox("support@desk.example")

    def another(name: str) -> None:
        if name == "build":
            chatty.arrive(support, mail())

    chat.WATCH.append(another)
    sent = chatty.begin()
    mine, other = (
        chatty.ticket(sent.ticket_id).number,
        *(t.number for t in chatty.tickets() if t.id != sent.ticket_id),
    )
    assert mine != other
    assert f"[#{mine}]" in chatty.messages(sent.ticket_id)[0].subject


def test_channel_types_reach_their_own_people_and_nobody_else(chatty: ChatDesk) -> None:
    kit = chatty
    support = kit.mailbox("support@desk.example")
    kit.arrive(support, mail())
    kit.say("Hello")
    kit.fetch()
    by_mail, by_chat = sorted(kit.tickets(), key=lambda one: one.channel, reverse=True)
    with pytest.raises(ValueError, match="cannot be reached from Chat"):
        kit.reply(by_mail.id, from_account_id=kit.account_id, from_address="shop@chat")
    with pytest.raises(ValueError, match="cannot be reached from Support"):
        kit.reply(by_chat.id, from_account_id=support.id, from_address=support.address)
    assert kit.desk.outbox.tray() == []


def test_channel_types_that_are_gone_suspend_their_accounts_and_nothing_is_lost(chatty: ChatDesk) -> None:
    kit = chatty
    kit.arm()
    support = kit.mailbox("support@desk.example")
    kit.arrive(support, mail())
    kit.say("One")
    kit.fetch()
    ticket = next(one for one in kit.tickets() if one.channel == "chat")
    start = kit.desk.replies.start(ticket.id, agent_id=kit.agent.id)
    draft = ReplyDraft(
        ticket_id=ticket.id,
        from_account_id=start.from_account_id,
        from_address=start.from_address,
        to=start.to,
        text="Two",
        last_message_id=start.last_message_id,
    )
    kit.desk.replies.send(draft, kit.ann)
    kit.say("Three")
    kit.host.deactivate("chat")

    health = {account.id: health for account, health in kit.desk.mailboxes.list()}[kit.account_id]
    assert (health.fault, health.detail[:20]) == (ChannelFault.PLUGIN.value, "Suspended until the ")
    assert [account.id for account in kit.desk.sync.fetchable()] == [support.id]
    assert kit.fetch().fault == ChannelFault.PLUGIN.value
    with pytest.raises(CommandRefusedError, match="Suspended until"):
        kit.desk.replies.start(ticket.id, agent_id=kit.agent.id)
    with pytest.raises(CommandRefusedError, match="Suspended until"):
        kit.desk.replies.send(replace(draft, text="Four"), kit.ann, force=True)
    kit.reply(next(one.id for one in kit.tickets() if one.channel == "email"))
    assert kit.desk.outbox.send_due() == 1, "mail goes on"
    assert [item.state for item in kit.desk.outbox.tray()] == [OutboxState.QUEUED]
    assert kit.desk.outbox.tray()[0].attempts == 0
    assert kit.desk.mailboxes.alarms() == ()

    kit.host.activate("chat", ())
    kit.desk.outbox.send_due()
    kit.fetch()
    assert [one["text"] for one in chat.SENT] == ["Two"]
    assert [one.snippet for one in kit.messages(ticket.id)][-1] == "Three"
    assert {a.id: h.fault for a, h in kit.desk.mailboxes.list()}[kit.account_id] == ""


def test_channel_types_that_go_while_messages_are_unread_leave_them_in_the_ledger(chatty: ChatDesk) -> None:
    kit = chatty
    kit.say("One")
    with kit.database.unit_of_work() as uow:
        account = uow.accounts.get(kit.account_id)
    assert account is not None
    with kit.desk.sync.session(account) as session:
        batch = session.fetch(session.start_cursor(None).__class__(), limit=10, max_bytes=1 << 20)
    kit.host.deactivate("chat")
    assert kit.desk.intake.take(account, batch).processed == 0
    assert kit.desk.intake.process_pending().processed == 0
    assert kit.desk.quarantine.list() == []
    kit.host.activate("chat", ())
    assert kit.desk.intake.process_pending().created == 1


def test_channel_types_that_raise_are_faults_of_their_plugin(chatty: ChatDesk) -> None:
    kit = chatty
    kit.arm()
    kit.say("One")
    kit.fetch()
    (ticket,) = kit.tickets()
    chat.FAULTS["fetch"] = KeyError("positions")
    result = kit.fetch()
    assert (result.fault, result.detail) == ("plugin", "The plugin “chat” failed: KeyError.")
    chat.FAULTS["send"] = SystemExit(3)
    kit.reply(ticket.id, "Two")
    kit.desk.outbox.send_due()
    (item,) = kit.desk.outbox.tray()
    assert item.state is OutboxState.UNKNOWN, "it may have left"
    del chat.FAULTS["fetch"]
    chat.FAULTS["read"] = RuntimeError("no")
    kit.say("Three")
    assert kit.fetch().quarantined == 1
    (row,) = kit.desk.quarantine.list()
    assert row.state is InboundState.QUARANTINED
    assert kit.host.settle()
    with kit.database.unit_of_work() as uow:
        record = uow.plugins.get("chat")
        assert record is not None
        places = {one.place for one in uow.plugins.faults(record.id)}
    assert places >= {"channel chat: fetch", "channel chat: send", "channel chat: read"}


def test_channel_types_that_never_come_back_hold_nobody_up(chatty: ChatDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    kit = chatty
    kit.arm()
    kit.say("One")
    kit.fetch()
    (ticket,) = kit.tickets()
    for name in ("LONG_SECONDS", "SHORT_SECONDS", "GRACE_SECONDS"):
        monkeypatch.setattr(channel_types, name, 0.3)
    go_on = threading.Event()
    chat.HANGS["fetch"] = chat.HANGS["send"] = go_on
    try:
        assert kit.fetch().detail == "The plugin “chat” did not come back in time."
        kit.reply(ticket.id, "Two")
        kit.desk.outbox.send_due()
        assert kit.desk.outbox.tray()[0].state is OutboxState.UNKNOWN
        assert "did not come back in time" in kit.fetch().detail
        before = len(chat.OPENED)
        assert "Switch it off and on again" in kit.fetch().detail
        assert len(chat.OPENED) == before, "nothing more is begun"
        support = kit.mailbox("support@desk.example")
        kit.arrive(support, mail(subject="Mail goes on"))
    finally:
        go_on.set()
        chat.HANGS.clear()
    assert _until(lambda: kit.fetch().fault == "")
    assert kit.tickets()[-1].subject == "Mail goes on"


@pytest.mark.parametrize("place", ["open", "read", "build"])
def test_channel_types_that_never_come_back_from_a_message_hold_nobody_up(
    chatty: ChatDesk, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    kit = chatty
    kit.say("One")
    kit.fetch()
    (ticket,) = kit.tickets()
    monkeypatch.setattr(channel_types, "SHORT_SECONDS", 0.3)
    monkeypatch.setattr(outside, "BUILD_SECONDS", 0.3)
    go_on = chat.HANGS[place] = threading.Event()
    said = "The plugin “chat” did not come back in time."
    try:
        if place == "build":
            with pytest.raises(CommandRefusedError, match=said):
                kit.reply(ticket.id, "Two")
        else:
            kit.say("Two")
            result = kit.fetch()
            assert (result.detail, result.quarantined) == ((said, 0) if place == "open" else ("", 1))
    finally:
        go_on.set()
        chat.HANGS.clear()
    kit.reply(ticket.id, "Three")
    assert len(kit.desk.outbox.tray()) == 1
    assert kit.host.settle()
    with kit.database.unit_of_work() as uow:
        record = uow.plugins.get("chat")
        assert record is not None
        assert {one.place for one in uow.plugins.faults(record.id)} == {f"channel chat: {place}"}


@pytest.mark.parametrize("place", ["read", "close", "test", "build", "capabilities"])
def test_channel_types_that_would_end_the_program_are_faults_of_their_plugin(chatty: ChatDesk, place: str) -> None:
    kit = chatty
    support = kit.mailbox("support@desk.example")
    kit.say("One")
    kit.fetch()
    (ticket,) = kit.tickets()
    chat.FAULTS[place] = SystemExit(3)
    kit.say("Two")
    if place == "capabilities":
        assert [one.id for one in kit.desk.sync.fetchable()] == [support.id], "mail goes on"
    elif place == "build":
        with pytest.raises(CommandRefusedError, match="The plugin “chat” failed: SystemExit"):
            kit.reply(ticket.id, "Two")
    elif place == "test":
        (account,) = [one for one, _ in kit.desk.mailboxes.list() if one.id == kit.account_id]
        steps = list(kit.desk.mailboxes.test(account, None))
        assert [one.fault for one in steps] == [ChannelFault.PLUGIN]
    else:
        result = kit.fetch()
        assert (result.fault, result.quarantined) == ("", 1 if place == "read" else 0)
    assert kit.host.settle()
    with kit.database.unit_of_work() as uow:
        record = uow.plugins.get("chat")
        assert record is not None
        assert {one.place for one in uow.plugins.faults(record.id)} == {f"channel chat: {place}"}


@pytest.mark.parametrize("how", ["raises", "hangs"])
def test_channel_types_that_do_not_wake_hold_the_worker_up_once(
    chatty: ChatDesk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    kit = chatty
    (account,) = [one for one, _ in kit.desk.mailboxes.list() if one.id == kit.account_id]
    monkeypatch.setattr(channel_types, "GRACE_SECONDS", 0.3)
    go_on = threading.Event()
    if how == "hangs":
        chat.HANGS["wake"] = go_on
    else:
        chat.FAULTS["wake"] = SystemExit(3)
    try:
        with kit.desk.sync.session(account) as session:
            session.wake()
            if how == "hangs":
                chat.FAULTS["wake"] = AssertionError("it is left alone from then on")
                session.wake()
    finally:
        go_on.set()
        chat.HANGS.clear()
    assert kit.host.settle()
    with kit.database.unit_of_work() as uow:
        record = uow.plugins.get("chat")
        assert record is not None
        assert [one.place for one in uow.plugins.faults(record.id)] == ["channel chat: wake"]


def test_channel_types_sessions_end_with_their_plugin(chatty: ChatDesk) -> None:
    kit = chatty
    stop = threading.Event()
    pace = Pace(accounts=0.1, outbox=0.1, timers=0.5)
    worker = threading.Thread(target=run_worker, args=(kit.desk, stop), kwargs={"pace": pace})
    worker.start()
    try:
        assert _until(lambda: len(chat.OPENED) == 1)
        kit.host.deactivate("chat")
        assert _until(lambda: chat.CLOSED == ["closed"])
        health = [h for a, h in kit.desk.mailboxes.list() if a.id == kit.account_id]
        assert health[0].failed_polls == 0
        kit.host.activate("chat", ())
        kit.say("Back")
        assert _until(lambda: bool(kit.tickets()))
    finally:
        stop.set()
        worker.join(5)
    assert kit.host.state("chat").kind is StateKind.ACTIVE


def test_channel_types_of_the_program_come_through_the_same_hook(chatty: ChatDesk) -> None:
    types = chatty.desk.mailboxes.channel_types()
    assert [(one.id, one.plugin) for one in types] == [("email", "core"), ("chat", "chat")]
    assert [one.key for one in types[1].settings] == ["room", "token"]


def _until(true: Any, seconds: float = 25.0) -> bool:
    waited = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if true():
            return True
        waited.wait(0.05)
    return False
