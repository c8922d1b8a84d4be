"""Where it shows inside a transaction that plugins are to be asked, they are loaded: nobody waits for that while every
other writer has to wait (plugins.md, "Shape")."""

from __future__ import annotations

import threading

from desk_app.plugin_api.context import Mode
from desk_app.runtime.plugin_work import load_when_asked
from tests.support.desks import DeskKit, mail
from tests.support.plugin_hosts import PluginKit

DENIES = """
    from desk_app.plugin_api import Deny, hookimpl

    @hookimpl
    def plugin_activated(ctx):
        ctx.kv.set("was", "here")

    @hookimpl
    def before_ticket_change(ticket, changes, actor):
        return Deny("Not today.")
"""


def ticket_of(kit: PluginKit) -> tuple[DeskKit, int]:
    desks = DeskKit(kit.database)
    desks.arrive(desks.mailbox("support@desk.example"), mail())
    return desks, desks.tickets()[0].id


def test_a_command_that_changes_a_ticket_asks_the_plugins(plugin_kit: PluginKit) -> None:
    desks, ticket = ticket_of(plugin_kit)
    plugin_kit.write(code=DENIES)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    plugin_kit.host.close(1)
    command = plugin_kit.program()
    load_when_asked(command)
    answer = command.tickets.rename(ticket, "Another", desks.ann)
    assert (answer.ok, answer.error) == (False, "Not today.")


def test_a_change_during_the_start_waits_before_its_transaction(plugin_kit: PluginKit) -> None:
    desks, ticket = ticket_of(plugin_kit)
    plugin_kit.write(code=DENIES)
    plugin_kit.host.start(Mode.GUI)
    plugin_kit.host.activate("sample", ())
    plugin_kit.host.close(1)
    worker = plugin_kit.program()
    gate = worker.hooks
    gate.expect(window=False)  # type: ignore[attr-defined]
    answers: list[str] = []
    changing = threading.Thread(target=lambda: answers.append(worker.tickets.rename(ticket, "x", desks.ann).error))
    changing.start()
    changing.join(0.2)
    worker.plugins.start(Mode.SERVICE)
    changing.join(10)
    assert answers == ["Not today."]
