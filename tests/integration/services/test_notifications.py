"""NT-02, NT-04, NT-05: notifications are written with what they tell of, on both databases."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from desk_app.domain.mailboxes.model import AfterImport
from desk_app.domain.notifications.choices import NotificationChoices
from desk_app.domain.notifications.model import Channel, NoticeKind
from desk_app.domain.notifications.showing import Dealt
from desk_app.domain.people.actor import Actor
from desk_app.domain.people.agent import Agent
from desk_app.plugin_api.channels import ChannelError, ChannelFault, SendOutcome, SendReceipt
from desk_app.services.people.agents import actor_for
from desk_app.services.ports.notifications import NewNotice, NoticeRow
from desk_app.storage.schema.links import ticket_watcher
from desk_app.storage.schema.views import notification
from desk_app.storage.system.housekeeping import NOTIFICATIONS_KEPT
from tests.support.desks import DeskKit, mail


def agent(kit: DeskKit, login: str, kind: str = "agent") -> tuple[Agent, Actor]:
    made = kit.desk.people.add_agent(login, kit.ann, kind=kind)
    return made, actor_for(made)


def told(kit: DeskKit, agent_id: int) -> list[str]:
    return [row.notice.kind.value for row in reversed(kit.desk.notifications.centre(agent_id))]


def newest(kit: DeskKit, agent_id: int) -> NoticeRow:
    return kit.desk.notifications.centre(agent_id)[0]


def watch(kit: DeskKit, ticket_id: int, agent_id: int) -> None:
    with kit.database.unit_of_work() as uow:
        row = {"ticket_id": ticket_id, "agent_id": agent_id, "since_at": uow.now()}
        department = kit.ticket(ticket_id).department_id
        uow.connection.execute(insert(ticket_watcher).values(department_id=department, **row))
        uow.commit()


def test_nt_02_a_new_ticket_and_what_follows_reach_whom_they_concern(desk_kit: DeskKit) -> None:
    kit = desk_kit
    ben, ben_acts = agent(kit, "ben")
    support = kit.mailbox("support@desk.example")
    kit.arrive(support, mail(message_id="one@customer.example", subject="Printer on fire"))
    assert told(kit, ben.id) == told(kit, kit.agent.id) == ["new_ticket"]
    row = newest(kit, ben.id)
    ticket = kit.tickets()[0]
    assert (row.number, row.subject, row.author) == (ticket.number, "Printer on fire", "Bob Customer")
    assert row.snippet.startswith("Hello, my printer")
    kit.desk.tickets.assign([ticket.id], ben.id, kit.ann)
    assert told(kit, ben.id) == ["new_ticket", "assigned"]
    assert newest(kit, ben.id).author == kit.agent.name
    kit.arrive(support, mail("Still burning", in_reply_to="one@customer.example", subject="Re: Printer on fire"))
    assert told(kit, ben.id)[-1] == "customer_wrote"
    kit.desk.replies.note(ticket.id, "I know that printer.", "", kit.ann)
    assert told(kit, ben.id)[-1] == "note_added"
    assert newest(kit, ben.id).snippet == "I know that printer."
    assert told(kit, kit.agent.id) == ["new_ticket"], "not assigned, not watching, own acts"
    watch(kit, ticket.id, kit.agent.id)
    kit.desk.replies.note(ticket.id, "Me too.", "", ben_acts)
    assert told(kit, kit.agent.id) == ["new_ticket", "note_added"]
    assert told(kit, ben.id)[-1] == "note_added"
    assert len(told(kit, ben.id)) == 4


def test_nt_04_own_acts_and_imported_mail_tell_nobody(desk_kit: DeskKit) -> None:
    kit = desk_kit
    ben, _ = agent(kit, "ben")
    connected = datetime.now(UTC) - timedelta(days=1)
    support = kit.mailbox("support@desk.example", connected_at=connected)
    old = connected - timedelta(days=30)
    kit.arrive(support, mail(message_id="old@customer.example"), at=old)
    kit.arrive(support, mail("More", in_reply_to="old@customer.example"), at=old + timedelta(hours=1))
    assert kit.tickets()[0].imported
    assert told(kit, ben.id) == told(kit, kit.agent.id) == []
    ticket = kit.tickets()[0]
    kit.desk.tickets.assign([ticket.id], kit.agent.id, kit.ann)
    kit.desk.replies.note(ticket.id, "Mine", "", kit.ann)
    assert told(kit, kit.agent.id) == []


def test_nt_04_an_automatic_answer_tells_nobody(desk_kit: DeskKit) -> None:
    kit = desk_kit
    support = kit.mailbox("support@desk.example")
    kit.arrive(support, mail(message_id="one@customer.example"))
    ticket = kit.tickets()[0]
    ben, _ = agent(kit, "ben")
    kit.desk.tickets.assign([ticket.id], ben.id, kit.ann)
    kit.arrive(
        support, mail("I am on holiday.", in_reply_to="one@customer.example", headers="Auto-Submitted: auto-replied")
    )
    assert told(kit, ben.id) == ["assigned"]


def test_nt_02_a_woken_ticket_and_a_reply_that_failed(desk_kit: DeskKit) -> None:
    kit = desk_kit
    ben, _ = agent(kit, "ben")
    support = kit.mailbox("support@desk.example")
    kit.arrive(support, mail())
    ticket = kit.tickets()[0]
    kit.desk.tickets.assign([ticket.id], ben.id, kit.ann)
    with kit.database.unit_of_work() as uow:
        asleep = uow.tickets.get(ticket.id)
        assert asleep is not None
        asleep.snoozed_until_at = uow.now() - timedelta(seconds=1)
        uow.tickets.save(asleep)
        uow.commit()
    assert kit.desk.timers.wake_snoozed() == 1
    assert told(kit, ben.id)[-1] == "woken"
    kit.arm(undo_seconds=0)
    kit.reply(ticket.id)
    kit.server(support).outcomes.append(SendReceipt(SendOutcome.REFUSED, "no such user"))
    kit.desk.outbox.send_due()
    row = newest(kit, ben.id)
    assert row.notice.kind is NoticeKind.SEND_FAILED
    assert row.notice.data["how"] == "failed"
    assert told(kit, kit.agent.id)[-1] == "send_failed", "who wrote the reply hears of it too"


def test_nt_02_defaults_of_desk_and_department_and_the_agents_own_choice(desk_kit: DeskKit) -> None:
    kit, kind = desk_kit, NoticeKind.NEW_TICKET
    ben, ben_acts = agent(kit, "ben")
    support = kit.mailbox("support@desk.example")
    service = kit.desk.notifications
    with pytest.raises(PermissionError):
        service.set_defaults({kind: Channel.NONE}, None, ben_acts)
    service.set_defaults({kind: Channel.NONE}, None, kit.ann)
    kit.arrive(support, mail())
    assert told(kit, ben.id) == []
    service.set_defaults({kind: Channel.DESKTOP}, support.department_id, kit.ann)
    kit.arrive(support, mail())
    assert told(kit, ben.id) == []
    assert service.unread(ben.id) == 0
    found, now = service.since(ben.id, 0)
    assert [row.notice.channels for row in found] == [Channel.DESKTOP]
    assert abs((now - found[0].notice.at).total_seconds()) < 60
    service.choose(NotificationChoices(matrix={kind: Channel.CENTRE}), ben_acts)
    kit.arrive(support, mail())
    assert told(kit, ben.id) == ["new_ticket"]
    chosen, defaults = service.choices(ben.id)
    assert chosen.matrix == {kind: Channel.CENTRE}
    assert defaults.departments[support.department_id] == {kind: Channel.DESKTOP}


def test_nt_01_what_is_committed_late_is_found_though_its_number_is_smaller(desk_kit: DeskKit) -> None:
    me, service = desk_kit.agent.id, desk_kit.desk.notifications
    dealt, notice = Dealt(service.newest_id(me)), NewNotice(me, NoticeKind.ASSIGNED, Channel.DESKTOP, None)
    if desk_kit.database.dialect != "postgresql":  # there one transaction waits for the other one
        pytest.skip("SQLite writes one after the other")
    with desk_kit.database.unit_of_work() as slow:
        slow.notifications.add([notice])
        with desk_kit.database.unit_of_work() as quick:
            quick.notifications.add([notice])
            quick.commit()
        rows, now = service.since(me, dealt.mark)
        first = [row.notice for row in rows]
        assert len(dealt.waiting(first)) == 1
        dealt = dealt.after(first, (), now)
        slow.commit()
    rows, now = service.since(me, dealt.mark)
    (late,) = dealt.waiting([row.notice for row in rows])
    assert late.id < first[0].id
    assert not dealt.after([row.notice for row in rows], (), now).waiting([row.notice for row in rows])


def test_nt_05_read_state_is_the_centres_own(desk_kit: DeskKit) -> None:
    kit = desk_kit
    support = kit.mailbox("support@desk.example")
    kit.arrive(support, mail(subject="A"), mail(subject="B"), mail(subject="C"))
    service, me = kit.desk.notifications, kit.agent.id
    assert service.unread(me) == 3
    first, second, third = (row.notice for row in reversed(service.centre(me)))
    assert first.ticket_id is not None
    kit.desk.tickets.mark_seen(first.ticket_id, me, kit.messages(first.ticket_id)[-1].id)
    assert service.unread(me) == 3, "reading the mail is something else"
    assert service.mark_read([first.id], kit.ann) == 1
    assert service.mark_read([first.id], kit.ann) == 0
    assert [row.notice.id for row in service.centre(me, unread_only=True)] == [third.id, second.id]
    assert service.mark_read([first.id], kit.ann, read=False) == 1
    assert service.unread(me) == 3
    assert service.mark_ticket_read(first.ticket_id, kit.ann) == 1
    newest_shown = service.newest_id(me)
    kit.arrive(support, mail(subject="D"))
    assert service.mark_all_read(newest_shown, kit.ann) == 2
    assert service.unread(me) == 1, "what came since stays unread"
    assert not service.centre(me, kinds=[NoticeKind.WOKEN])


def test_nt_05_other_desktops_hear_of_it(desk_kit: DeskKit) -> None:
    kit = desk_kit
    support = kit.mailbox("support@desk.example")
    feed = kit.desk.changes()
    kit.arrive(support, mail())
    entities = {(change.entity, change.entity_id) for change in feed.poll()}
    feed.close()
    assert ("notification", kit.agent.id) in entities


def test_a_transaction_that_fails_tells_nobody(desk_kit: DeskKit) -> None:
    kit = desk_kit
    support = kit.mailbox("support@desk.example")
    kit.arrive(support, mail())
    ticket = kit.tickets()[0]
    ben, _ = agent(kit, "ben")
    before = told(kit, ben.id)
    with kit.database.unit_of_work() as uow:
        event = kit.events(ticket.id)[0]
        with suppress(ValueError), uow.savepoint():
            uow.tickets.record([event])
            raise ValueError
        uow.changed("ticket", ticket.id)
        uow.commit()
    assert told(kit, ben.id) == before


def test_mb_04_those_who_lead_are_told_of_a_mailbox_alarm_once(desk_kit: DeskKit) -> None:
    kit = desk_kit
    ben, _ = agent(kit, "ben")
    support = kit.mailbox("support@desk.example")
    error = ChannelError(ChannelFault.SIGN_IN, "no")
    for _ in range(3):
        kit.desk.sync.note_failure(support.id, error)
    assert told(kit, kit.agent.id) == ["mailbox_alarm"]
    assert newest(kit, kit.agent.id).notice.data == {"about": support.id, "mailbox": support.name, "fault": "sign_in"}
    assert told(kit, ben.id) == []


def test_nt_06_nothing_is_mailed_to_tell_somebody(desk_kit: DeskKit) -> None:
    kit = desk_kit
    agent(kit, "ben")
    support = kit.mailbox("support@desk.example", after_import=AfterImport.KEEP)
    kit.arm(undo_seconds=0)
    kit.arrive(support, mail(message_id="one@customer.example"))
    kit.desk.tickets.assign([kit.tickets()[0].id], kit.agent.id, kit.ann)
    kit.arrive(support, mail("More", in_reply_to="one@customer.example"))
    assert kit.desk.notifications.unread(kit.agent.id)
    assert kit.desk.outbox.tray() == []
    kit.desk.outbox.send_due()
    assert kit.server(support).sent == []


def test_notifications_go_with_their_ticket_and_with_time(desk_kit: DeskKit) -> None:
    kit = desk_kit
    support = kit.mailbox("support@desk.example")
    kit.arrive(support, mail(subject="A"), mail(subject="B"))
    service, me = kit.desk.notifications, kit.agent.id
    first = kit.tickets()[0]
    kit.desk.tickets.trash([first.id], kit.ann)
    kit.desk.tickets.purge([first.id], kit.ann, "test")
    assert len(service.centre(me)) == 1
    with kit.database.unit_of_work() as uow:
        uow.connection.execute(update(notification).values(at=datetime.now(UTC) - timedelta(days=61)))
        uow.changed("notification", me)
        uow.commit()
    kit.desk.upkeep()
    assert service.centre(me) == []


def test_a_pause_is_kept_with_the_other_choices(desk_kit: DeskKit) -> None:
    kit = desk_kit
    service = kit.desk.notifications
    service.choose(NotificationChoices(private=True), kit.ann)
    until = datetime.now(UTC) + timedelta(hours=1)
    assert service.pause(until, kit.ann).paused_until == until
    chosen, _ = service.choices(kit.agent.id)
    assert chosen.private
    assert chosen.paused_until == until
    assert service.pause(None, kit.ann).paused_until is None


def test_old_notifications_go_and_new_ones_stay(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail("one"), mail("two"), mail("three"))
    rows = desk_kit.desk.notifications.centre(desk_kit.agent.id)
    with desk_kit.database.unit_of_work() as uow:
        old = uow.now() - NOTIFICATIONS_KEPT - timedelta(hours=1)
        ids = [row.notice.id for row in rows[1:]]
        uow.connection.execute(update(notification).where(notification.c.id.in_(ids)).values(at=old))
        uow.commit()
    desk_kit.database.housekeeping.prune()
    left = [row.notice.id for row in desk_kit.desk.notifications.centre(desk_kit.agent.id)]
    assert (len(rows), left) == (3, [rows[0].notice.id])
