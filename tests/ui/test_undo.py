"""The way back: every act, one after the other, also for tickets that differed before (ui.md 4.6, 5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import Address
from desk_app.domain.tickets.model import Priority, Ticket
from desk_app.ui.messages.serializer import mentioned
from desk_app.ui.shell.undo import KEPT, UndoLog
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage


def state(kit: DeskKit) -> dict[int, tuple[dict[str, object], tuple[str, ...], dict[int, int]]]:
    """Everything an act may change, of every ticket."""
    found: dict[int, tuple[dict[str, object], tuple[str, ...], dict[int, int]]] = {}
    for one in kit.tickets():
        with kit.database.unit_of_work() as uow:
            tags, seen = uow.tickets.tags(one.id), dict(uow.tickets.seen([one.id], kit.agent.id))
        names = (name for name in Ticket.__slots__ if name not in {"version", "updated_at"})
        found[one.id] = ({name: getattr(one, name) for name in names}, tags, seen)
    return found


def answer(window: MainWindow) -> None:
    """Close what asks where the next reply goes, after another customer."""
    for asked in window.findChildren(QDialog):
        if asked.isVisible():
            asked.close()
            stage.settle(window)
            window.activateWindow()
            window.inbox.list.table.setFocus()
            stage.settle(window)


def test_every_act_is_taken_back_to_what_each_ticket_was(window: MainWindow, kit: DeskKit) -> None:
    acts, ids = window.acts, [one.id for one in kit.tickets()]
    kit.desk.people.sign_in("bob", name="Bob Helper")
    with kit.database.unit_of_work() as uow:
        department = uow.people.add_department("Second line")
        uow.commit()
    window.session.load()
    stage.settle(window)
    later = datetime.now(UTC) + timedelta(days=3)
    steps = (
        lambda: acts.assign(ids, kit.agent.id),
        lambda: acts.set_status(ids, "waiting"),
        lambda: acts.set_priority(ids, Priority.URGENT),
        lambda: acts.tag(ids, ["sale"], ["vip"]),
        lambda: acts.snooze(ids[1:], later),
        lambda: acts.set_due(ids, later),
        lambda: acts.move(ids, department, "Second line"),
        lambda: acts.mark_unread(ids),
        lambda: acts.rename(ids[0], "Another subject"),
        lambda: acts.change_requester(ids[0], Address("Eve", "eve@new.example")),
        lambda: acts.merge(ids[:3], ids[3]),
        lambda: acts.mark_spam(ids[4:], spam=True),
        lambda: acts.trash(ids[3:]),
    )
    states = [state(kit)]
    for step in steps:
        step()
        stage.settle(window)
        answer(window)
        states.append(state(kit))
        assert states[-1] != states[-2]
    window.inbox.list.table.setFocus()
    for before in reversed(states[:-1]):
        answer(window)
        QTest.keyClick(window, Qt.Key.Key_Z)
        stage.settle(window)
        now = state(kit)
        for i in now:
            opened = i == window.inbox.ticket.ticket_id  # a merge shows the ticket, which marks it as read
            assert {n: (v, before[i][0][n]) for n, v in now[i][0].items() if v != before[i][0][n]} == {}, i
            assert now[i][1] == before[i][1], i
            assert opened or now[i][2] == before[i][2], i
    window.run_action("edit.undo")
    assert "nothing to undo" in window.toast.text


def test_an_undo_says_which_tickets_somebody_changed_since(window: MainWindow, kit: DeskKit) -> None:
    ids = [one.id for one in kit.tickets()][:3]
    window.acts.set_priority(ids, Priority.URGENT)
    stage.settle(window)
    assert "3 tickets" in window.toast.text
    kit.desk.tickets.set_priority(ids[:1], Priority.LOW, kit.ann)
    window.run_action("edit.undo")
    stage.settle(window)
    assert "but for 1 ticket" in window.toast.text
    assert [kit.ticket(one).priority for one in ids] == [Priority.LOW, Priority.NORMAL, Priority.NORMAL]


def test_ctrl_z_in_a_text_takes_back_typing_and_not_the_last_act(window: MainWindow, kit: DeskKit) -> None:
    ticket = next(one for one in kit.tickets() if one.requester_email == "tom@becker.example")
    window.open_ticket(ticket.id)
    stage.settle(window)
    window.run_action("ticket.mine")
    window.run_action("ticket.reply")
    stage.settle(window)
    edit = window.inbox.ticket.composer.edit
    QTest.keyClicks(edit, "Hello")
    QTest.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    stage.settle(window)
    assert "Hello" not in edit.toPlainText()
    assert kit.ticket(ticket.id).assignee_id == kit.agent.id
    window.inbox.list.table.setFocus()
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    stage.settle(window)
    assert kit.ticket(ticket.id).assignee_id is None


def test_split_and_moved_messages_are_taken_back(window: MainWindow, kit: DeskKit) -> None:
    maya = next(one.id for one in kit.tickets() if one.subject.startswith("Refund"))
    other = next(one.id for one in kit.tickets() if one.requester_email == "tom@becker.example")
    first, last = kit.messages(maya)[0].id, kit.messages(maya)[-1].id
    texts = [one.id for one in kit.messages(maya)]
    window.acts.split(maya, [last], "Apart")
    stage.settle(window)
    assert len(kit.messages(maya)) == len(texts) - 1
    window.run_action("edit.undo")
    stage.settle(window)
    assert [one.id for one in kit.messages(maya)] == texts
    window.acts.attach_to(first, maya, other)
    stage.settle(window)
    assert len(kit.messages(other)) == 2
    window.run_action("edit.undo")
    stage.settle(window)
    assert [one.id for one in kit.messages(maya)] == texts
    only = kit.messages(other)[0].id
    window.acts.attach_to(only, other, maya)
    stage.settle(window)
    assert kit.ticket(other).merged_into_id == maya
    window.run_action("edit.undo")
    stage.settle(window)
    assert kit.ticket(other).merged_into_id is None
    assert [one.id for one in kit.messages(other)] == [only]


def test_in_17_a_note_is_taken_back_into_the_composer_with_its_mention(window: MainWindow, kit: DeskKit) -> None:
    bob = kit.desk.people.sign_in("bob", name="Bob Helper")
    window.session.load()
    stage.settle(window)
    ticket = next(one for one in kit.tickets() if one.requester_email == "tom@becker.example")
    other = next(one for one in kit.tickets() if one.requester_email == "maya@lindqvist.example")
    window.open_ticket(ticket.id)
    stage.settle(window)
    window.run_action("ticket.note")
    composer = window.inbox.ticket.composer
    QTest.keyClicks(composer.edit, "Ask ")
    composer.edit.insert_mention(bob.id, bob.name)
    composer.submit()
    stage.settle(window)
    assert len(kit.messages(ticket.id)) == 2
    window.open_ticket(other.id)
    stage.settle(window)
    window.inbox.list.table.setFocus()
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_Z)
    stage.settle(window)
    assert len(kit.messages(ticket.id)) == 1
    assert window.inbox.ticket.ticket_id == ticket.id
    assert composer.kind is DraftKind.NOTE
    assert composer.edit.toPlainText().strip() == "Ask @Bob Helper"
    assert mentioned(composer.edit.document()) == (bob.id,)
    composer.submit()
    stage.settle(window)
    assert [one.visible_text.strip() for one in kit.messages(ticket.id)][1:] == ["Ask @Bob Helper"]


def test_the_log_keeps_the_last_twenty_and_forgets_what_cannot_wait() -> None:
    log, done = UndoLog(), []
    entries = [log.push(str(number), lambda n=number: done.append(n)) for number in range(KEPT + 5)]  # type: ignore[misc]
    assert not log.take(entries[4])
    leaving = log.push("reply", lambda: done.append(-1), seconds=0.0)
    assert log.newest() is entries[-1]
    assert not log.take(leaving)
    assert log.take(entries[-1])
    assert not log.take(entries[-1])
    assert done == [KEPT + 4]
