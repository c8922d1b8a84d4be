"""What plugins say is seen in the window, and none of their hooks runs on its thread (PL-02, "Speed" of issue 4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.domain.tickets.model import Priority
from desk_app.plugin_api import Deny, Drop
from desk_app.plugin_api.channels import ChannelError, ChannelFault
from desk_app.plugin_api.marks import Kind, Thread
from desk_app.plugin_host.dispatch import Dispatcher
from desk_app.plugin_host.gate import HookGate
from desk_app.ui.messages.quarantine_page import QuarantinePage
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.printing import PrintQuestion
from tests.support.desks import DeskKit, mail
from tests.support.plugins import part
from tests.ui import stage


@pytest.fixture
def hooks(kit: DeskKit) -> Dispatcher:
    """The hooks of the desk, nobody behind them yet."""
    dispatcher, gate = Dispatcher(), kit.desk.hooks
    assert isinstance(gate, HookGate)
    gate.open(dispatcher)
    return dispatcher


def _open(window: MainWindow, ticket_id: int) -> None:
    window.open_ticket(ticket_id)
    stage.settle(window)


def test_a_denial_keeps_the_words_and_says_why(window: MainWindow, kit: DeskKit, hooks: Dispatcher) -> None:
    hooks.add("guard", part(before_message_send=lambda: Deny("Prices need an approval.")), None)
    ticket = kit.tickets()[0]
    _open(window, ticket.id)
    composer = window.inbox.ticket.composer
    composer.focus_reply()
    composer.edit.insert_clean_html("<p>It costs 7 €.</p>")
    composer.submit()
    stage.settle(window)
    words = [one.text() for one in composer.findChildren(QLabel) if one.isVisibleTo(composer)]
    assert any("Prices need an approval" in one for one in words)
    assert "It costs 7" in composer.draft().text
    assert len(kit.messages(ticket.id)) == len(window.inbox.ticket.view.messages)  # type: ignore[union-attr]
    hooks.remove("guard")
    composer.submit()
    stage.settle(window)
    assert kit.messages(ticket.id)[-1].snippet.startswith("It costs 7")


def test_a_reply_begins_with_what_a_plugin_proposes_and_that_is_no_draft(
    window: MainWindow, kit: DeskKit, hooks: Dispatcher
) -> None:
    hooks.add("greeter", part(filter_reply_draft=lambda ticket: f"<p>Dear {ticket.requester_name},</p>"), None)
    first, second = kit.tickets()[:2]
    _open(window, first.id)
    composer = window.inbox.ticket.composer
    assert composer.draft().text.startswith(f"Dear {first.requester_name},")
    _open(window, second.id)
    assert kit.desk.drafts.of_ticket(first.id, kit.agent.id) == {}, "nobody wrote that"
    composer.focus_reply()
    composer.edit.insertPlainText("Hello! ")
    _open(window, first.id)
    assert "Hello! " in kit.desk.drafts.of_ticket(second.id, kit.agent.id)[DraftKind.REPLY].text
    _open(window, second.id)
    assert composer.draft().text.count("Dear") == 1


def test_a_message_is_seen_as_a_plugin_wants_it_until_it_is_switched_off(
    window: MainWindow, kit: DeskKit, hooks: Dispatcher
) -> None:
    hooks.add("words", part(filter_message_html=lambda value: f"{value}<p>Seen by a plugin</p>"), None)
    _open(window, kit.tickets()[0].id)
    pane = window.inbox.ticket
    assert "Seen by a plugin" in pane.view.messages[0].html  # type: ignore[union-attr]
    hooks.remove("words")
    pane.reload()
    stage.settle(window)
    assert "Seen by a plugin" not in pane.view.messages[0].html  # type: ignore[union-attr]


def test_mail_that_a_plugin_left_out_is_let_through_from_its_page(
    window: MainWindow, kit: DeskKit, hooks: Dispatcher
) -> None:
    hooks.add("strict", part(filter_inbound_message=lambda: Drop("an advertisement")), None)
    before = len(kit.tickets())
    account = kit.desk.mailboxes.list()[0][0]
    kit.arrive(account, mail(subject="Big Sale", to=account.address))
    window.run_action("go.quarantine")
    stage.settle(window)
    page = window.findChild(QuarantinePage)
    assert page is not None
    page.choice.choose("plugins")
    stage.settle(window)
    page.load()
    stage.settle(window)
    words = [one.text() for one in page.left_out.findChildren(QLabel)]
    assert any("an advertisement" in one for one in words)
    page.left_out.release([kit.desk.quarantine.left_out()[0].item.id])
    stage.settle(window)
    assert len(kit.tickets()) == before + 1


def test_no_hook_runs_on_the_thread_of_the_window(
    window: MainWindow, kit: DeskKit, hooks: Dispatcher, tmp_path: Path
) -> None:
    """Every final hook that is neither the window's own nor called by the plugin host is implemented here; a working
    day in the window calls all of them, none on the GUI thread."""
    heard: list[tuple[str, bool]] = []

    def note(name: str) -> Callable[[], None]:
        return lambda: heard.append((name, threading.current_thread() is threading.main_thread()))

    wanted = {
        name
        for name, record in hooks.records.items()
        if record.thread is not Thread.GUI
        and record.kind is not Kind.COLLECT
        and record.group != "lifecycle"
        and not record.provisional
    }
    everything: Any = part(**{name: note(name) for name in wanted})
    hooks.add("listener", everything, None)

    kit.arm()
    kit.desk.signatures.save(Signature(SignatureScope(), "Your Support"), kit.ann)
    support = kit.desk.mailboxes.list()[0][0]
    first, second, third = kit.tickets()[:3]
    work = window.session.work
    for task in (kit.desk.plugin_events.round, lambda: kit.arrive(support, mail(from_=first.requester_email))):
        work.run(task, owner=window)  # what the worker does on its threads
        stage.settle(window)
    _open(window, first.id)
    composer = window.inbox.ticket.composer
    composer.focus_reply()
    composer.edit.insert_clean_html("<p>It is on its way.</p>")
    composer.submit()
    stage.settle(window)
    window.acts.set_priority([first.id, second.id], Priority.HIGH)
    window.acts.rename(second.id, "Renamed")
    window.acts.tag([second.id], ["vip"], [])
    stage.settle(window)
    window.acts.merge([third.id], second.id)
    stage.settle(window)
    window.acts.trash([second.id])
    stage.settle(window)
    window.run_action("ticket.print")
    question = next(top for top in QApplication.topLevelWidgets() if isinstance(top, PrintQuestion) and top.isVisible())
    question.save_pdf(tmp_path / "ticket.pdf")
    stage.settle(window)
    for task in (_send_now(kit), _send_and_fail(kit, first.id), kit.desk.plugin_events.round):
        work.run(task, owner=window)
        stage.settle(window)

    assert {name for name, _ in heard} == wanted
    assert not [name for name, on_gui in heard if on_gui]


def _send_now(kit: DeskKit) -> Callable[[], Any]:
    def work() -> None:
        for item in kit.desk.outbox.tray():
            kit.desk.outbox.send_now(item.id)
        kit.desk.outbox.send_due()

    return work


def _send_and_fail(kit: DeskKit, ticket_id: int) -> Callable[[], Any]:
    def work() -> None:
        sent = kit.reply(ticket_id, "Once more.", force=True)
        item = next(one for one in kit.desk.outbox.tray() if one.id == sent.outbox_id)
        address = next(a.address for a, _ in kit.desk.mailboxes.list() if a.id == item.account_id)
        kit.channel.server(address).send_faults.append(ChannelError(ChannelFault.NETWORK, "no connection"))
        kit.desk.outbox.send_now(item.id)
        kit.desk.outbox.send_due()

    return work
