"""The real programs with one hostile plugin at a time, and a real mail server: the desk starts, mail flows, the plugin
is named and stopped, and what belongs to the core is as it was (issue 4, "Shown by"; PL-03)."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from desk_app.plugin_host.archives import build
from tests.support.plugin_folders import write_plugin
from tests.support.programs import DeskPrograms, until

pytestmark = [pytest.mark.dovecot, pytest.mark.timeout(120)]
HOOK = "from desk_app.plugin_api import hookimpl\n@hookimpl\n"
NEW_TICKET = HOOK + "def ticket_created(ctx, ticket):\n    {body}\n"
READS: Any = {"permissions": ("tickets.read", "schedule"), "manifest": 'permissions = ["tickets.read", "schedule"]'}
SLEEP = "import time; time.sleep(600)"
NEVER_BACK = HOOK + f"def HOOK(ctx):\n    {SLEEP}\n"
JOB = """
from datetime import timedelta
from desk_app.plugin_api import JobSpec, hookimpl

def work(ctx):
    {body}

@hookimpl
def scheduled_jobs(ctx):
    return [JobSpec("work", work, timedelta(seconds=1), timeout=timedelta(seconds=0.2))]
"""
FRIEND = """
from desk_app.plugin_api import RefusedByDesk, hookimpl

@hookimpl
def ticket_created(ctx, ticket):
    ctx.tickets.update(ticket.id, priority="high")
    try:
        ctx.tickets.reply(ticket.id, "We are looking for your lamp.")
    except RefusedByDesk as refused:
        ctx.log.info("it was refused: %s", refused)
"""
ACTS: Any = ("tickets.read", "tickets.write", "mail.send")
ANSWERED = (
    "SELECT t.priority FROM outbox o JOIN ticket t ON t.id = o.ticket_id WHERE t.subject = ? AND o.purpose = 'reply'"
)
NAMES = {"job": "job work"}
HALF_WAY = """
from sqlalchemy import Column, Integer
from desk_app.plugin_api import Migration, hookimpl

def first(tables, connection):
    table = tables.define("entry", Column("id", Integer, primary_key=True))
    tables.create(connection, table)
    connection.execute(table.insert().values(id=1))
    raise ValueError("half-way")

@hookimpl
def migrations(ctx):
    return [Migration(1, "entries", first)]
"""
BAD_STARTS = {
    "syntax": ("def broken(:\n", "SyntaxError"),
    "raises": ("raise RuntimeError('not today')", "RuntimeError: not today"),
    "leaves": ("import sys\nsys.exit('goodbye')", "SystemExit: goodbye"),
    "hangs": ("import time\ntime.sleep(600)", "longer than 1 seconds"),
    "rubbish": (HOOK + "def scheduled_jobs(ctx):\n    return [3]", "int where JobSpec was promised"),
    "unknown hook": (HOOK + "def ticket_creted(ctx):\n    pass", "did you mean “ticket_created”"),
    "half-way": (HALF_WAY, "Step 1 of its tables (“entries”) failed: ValueError: half-way"),
}
KILLERS = {
    "exits": ("import os\nos._exit(3)", 3),
    "segfaults": ("import ctypes\nctypes.string_at(0)", -signal.SIGSEGV),
}
PAINTS = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from desk_app.plugin_api import hookimpl
from desk_app.plugin_api.ui import PanelSpec

class Bad(QWidget):
    def __init__(self):
        super().__init__()
        self.setMinimumSize(50, 50)
        timer = QTimer(self)
        timer.timeout.connect(self.update)
        timer.start(20)

    def paintEvent(self, event):
        raise RuntimeError("no colours left")

@hookimpl
def ticket_panels(ctx):
    return [PanelSpec("hostile.panel", "Hostile", lambda port, ticket: Bad())]
"""


def unharmed(desk: DeskPrograms) -> bool:
    """Whether nothing of the core's data changed, and no table of the plugin was left behind half made."""
    assert desk.harmed() == {}
    return desk.asked("SELECT name FROM sqlite_schema WHERE name LIKE 'px!_%' ESCAPE '!'") == []


@pytest.mark.parametrize("what", BAD_STARTS)
def test_what_cannot_start_is_named_and_paused_and_mail_flows(desk_programs: DeskPrograms, what: str) -> None:
    code, reason = BAD_STARTS[what]
    desk_programs.plugin(code, permissions=("schedule",), manifest='permissions = ["schedule"]')
    worker = desk_programs.worker(seconds=1)
    desk_programs.mail_arrives()
    assert worker.end() == 0
    shown = desk_programs.shown()
    assert shown["state"] == "paused"
    assert reason in shown["reason"]
    assert unharmed(desk_programs)


@pytest.mark.parametrize("what", KILLERS)
def test_what_ends_the_program_is_paused_at_the_next_start(desk_programs: DeskPrograms, what: str) -> None:
    code, status = KILLERS[what]
    desk_programs.plugin(code)
    assert desk_programs.worker().ended() == status
    worker = desk_programs.worker()
    desk_programs.mail_arrives()
    assert worker.end() == 0
    shown = desk_programs.shown()
    assert shown["state"] == "paused"
    assert shown["reason"] == "The program ended while this plugin was being loaded."
    assert unharmed(desk_programs)


@pytest.mark.parametrize(
    ("api", "manifest", "state", "reason"),
    [
        (">=7", "", "incompatible", "made for version >=7"),
        (">=1.0", "]", "invalid", "no valid TOML"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    desk_programs: DeskPrograms, api: str, manifest: str, state: str, reason: str
) -> None:
    desk_programs.plugin("import os\nos._exit(3)", api=api, manifest=manifest)
    worker = desk_programs.worker()
    desk_programs.mail_arrives()
    assert worker.end() == 0
    shown = desk_programs.shown()
    assert shown["state"] == state
    assert reason in shown["reason"]
    assert unharmed(desk_programs)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no tickets, please')", "ValueError: no tickets, please"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("return ticket_created(ctx, ticket)", "RecursionError"),
    ],
)
def test_a_hook_that_fails_again_and_again_is_paused(desk_programs: DeskPrograms, body: str, said: str) -> None:
    desk_programs.plugin(NEW_TICKET.format(body=body), **READS)
    worker = desk_programs.worker()
    desk_programs.mail_arrives(5)
    assert until(lambda: desk_programs.paused() != "")
    desk_programs.mail_arrives()
    assert worker.end() == 0
    shown = desk_programs.shown()
    assert shown["state"] == "paused"
    assert "ticket_created" in shown["reason"]
    assert said in shown["reason"]
    assert len(desk_programs.faults()) >= 5
    assert unharmed(desk_programs)


def test_threads_that_a_plugin_leaks_hold_nothing_up(desk_programs: DeskPrograms) -> None:
    threads = "[threading.Thread(target=time.sleep, args=(600,)).start() for _ in range(20)]"
    desk_programs.plugin(HOOK + f"def plugin_activated(ctx):\n    import threading, time; {threads}")
    worker = desk_programs.worker()
    desk_programs.mail_arrives()
    assert worker.end() == 0
    assert unharmed(desk_programs)


@pytest.mark.parametrize("hook", ["ticket_created", "filter_inbound_message", "job"])
def test_what_never_comes_back_is_named_and_paused(desk_programs: DeskPrograms, hook: str) -> None:
    desk_programs.plugin(NEVER_BACK.replace("HOOK", hook) if hook != "job" else JOB.format(body=SLEEP), **READS)
    worker = desk_programs.worker(seconds=0.5)
    desk_programs.mail_arrives(2)
    assert until(lambda: desk_programs.paused() != "")
    desk_programs.mail_arrives()
    assert worker.end() == 0
    said = "The job “work” did not end" if hook == "job" else f"It did not come back from {hook} within 0.5 seconds"
    assert said in desk_programs.shown()["reason"]
    assert unharmed(desk_programs)


@pytest.mark.parametrize(
    "hook", ["before_ticket_change", "filter_outbound_message", "filter_mail", "before_message_send"]
)
def test_pl_03_replies_leave_and_tickets_change_though_a_hook_never_comes_back(
    desk_programs: DeskPrograms, hook: str
) -> None:
    asked = f"permissions = {list(ACTS)}".replace("'", '"')
    desk_programs.plugin(FRIEND, "friend", permissions=ACTS, manifest=asked)
    desk_programs.plugin(NEVER_BACK.replace("HOOK", hook))
    worker = desk_programs.worker(seconds=1)
    first = desk_programs.deliver()
    assert until(lambda: desk_programs.paused() != "")
    desk_programs.mail_arrives()
    last = desk_programs.deliver()
    assert until(lambda: desk_programs.asked(ANSWERED, last) == [("high",)]), worker.printed()
    assert bool(desk_programs.asked(ANSWERED, first)) == (hook != "before_message_send"), "a guard of sending denies"
    assert worker.end() == 0
    said = f"It did not come back from {hook} within 1 seconds."
    assert (desk_programs.paused(), desk_programs.faults()) == (said, [f"{hook}: {said}"])
    assert (desk_programs.paused("friend"), desk_programs.faults("friend")) == ("", [])
    assert unharmed(desk_programs)


def test_pl_03_a_message_is_shown_though_what_changes_it_never_comes_back(desk_programs: DeskPrograms) -> None:
    desk_programs.plugin(NEVER_BACK.replace("HOOK", "filter_message_html"))
    window = desk_programs.window(work=True, seconds=1)
    assert until(lambda: desk_programs.paused() != ""), window.printed()
    desk_programs.mail_arrives()
    assert window.end() == 0
    assert desk_programs.paused() == "It did not come back from filter_message_html within 1 seconds."
    assert unharmed(desk_programs)


@pytest.mark.parametrize("body", ["return [ctx] * 3", "raise ValueError('no')"])
def test_rubbish_about_mail_that_arrives_stops_no_mail(desk_programs: DeskPrograms, body: str) -> None:
    desk_programs.plugin(HOOK + f"def filter_inbound_message(ctx, value):\n    {body}\n", **READS)
    worker = desk_programs.worker()
    desk_programs.mail_arrives(5)
    assert until(lambda: desk_programs.paused() != "")
    assert worker.end() == 0
    assert "filter_inbound_message" in desk_programs.shown()["reason"]
    assert unharmed(desk_programs)


@pytest.mark.parametrize("code", ["ticket_created", "job", "before_ticket_change", "before_message_send"])
def test_what_ends_the_program_while_it_works_is_paused_the_second_time(desk_programs: DeskPrograms, code: str) -> None:
    ends = "import os; os._exit(3)"
    if code not in {"ticket_created", "job"}:
        asked = f"permissions = {list(ACTS)}".replace("'", '"')
        desk_programs.plugin(FRIEND, "friend", permissions=ACTS, manifest=asked)
    hook = HOOK + f"def {code}(ctx):\n    {ends}\n"
    desk_programs.plugin(JOB.format(body=ends) if code == "job" else hook, **READS)
    worker = desk_programs.worker()
    subject = desk_programs.deliver()
    assert worker.ended() == 3
    desk_programs.leases_run_out()
    assert desk_programs.worker().ended() == 3  # what it did not live to hear is told again
    desk_programs.leases_run_out()
    worker = desk_programs.worker()
    desk_programs.mail_arrives()
    assert desk_programs.is_ticket(subject)
    assert worker.end() == 0
    shown = desk_programs.shown()
    assert shown["state"] == "paused"
    assert (
        shown["reason"]
        == f"The program ended while this plugin was in {NAMES.get(code, code)}. It was not the first time."
    )
    assert unharmed(desk_programs)


def test_what_is_at_work_when_the_program_is_ended_is_not_to_blame(desk_programs: DeskPrograms) -> None:
    desk_programs.plugin(JOB.format(body=SLEEP).replace("0.2", "60"), **READS)
    marks = desk_programs.folder / "plugins"
    for _ in range(3):
        worker = desk_programs.worker()
        desk_programs.mail_arrives()
        assert until(lambda: any("job work" in one.read_text() for one in marks.glob("loading-*.json")))
        assert worker.end() == 0
        desk_programs.leases_run_out()
    assert (desk_programs.paused(), desk_programs.faults()) == ("", [])


def test_of_two_plugins_with_one_id_the_first_runs_and_the_other_is_named(desk_programs: DeskPrograms) -> None:
    desk_programs.plugin(NEW_TICKET.format(body="raise ValueError('I am the first')"), **READS)
    write_plugin(desk_programs.folder / "plugins" / "zzz", "other", "import os\nos._exit(3)")
    manifest = desk_programs.folder / "plugins" / "zzz" / "other" / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('id = "other"', 'id = "hostile"'))
    worker = desk_programs.worker()
    desk_programs.mail_arrives()
    assert until(lambda: len(desk_programs.faults()) > 0)
    assert worker.end() == 0
    assert "I am the first" in desk_programs.faults()[0]
    states = {one["state"]: one["reason"] for one in desk_programs.shown()["all"]}
    assert set(states) == {"active", "conflict"}
    assert "Another plugin has the same id and comes first" in states["conflict"]
    assert unharmed(desk_programs)


def test_an_update_that_breaks_leaves_the_old_version_at_work(desk_programs: DeskPrograms) -> None:
    desk_programs.plugin(NEW_TICKET.format(body="raise ValueError('I am the old one')"), **READS)
    worker = desk_programs.worker()
    desk_programs.mail_arrives()
    code = HOOK + "def plugin_activated(ctx, previous_version):\n    raise ValueError('not in this house')\n"
    fresh = write_plugin(
        desk_programs.folder.parent / "new", "hostile", code, version="2.0", manifest=READS["manifest"]
    )
    file = build(fresh, desk_programs.folder.parent)
    installed = desk_programs.command("plugin", "install", str(file), "--yes")
    assert installed.ended() != 0
    assert "so the one before is back" in installed.printed()
    desk_programs.mail_arrives()
    assert until(lambda: len(desk_programs.faults()) > 2)
    assert worker.end() == 0
    shown = desk_programs.shown()
    assert (shown["state"], shown["version"]) == ("active", "1.0.0")
    assert {one.rpartition(": ")[2] for one in desk_programs.faults()} == {"I am the old one", "not in this house"}
    assert unharmed(desk_programs)


def test_a_widget_that_fails_at_painting_is_paused_and_the_window_goes_on(desk_programs: DeskPrograms) -> None:
    desk_programs.plugin("", manifest='ui_entry = "window"\npermissions = ["ui"]', window=PAINTS, permissions=("ui",))
    window = desk_programs.window(work=True)
    assert until(lambda: desk_programs.paused() != ""), (window.printed(), desk_programs.faults())
    desk_programs.mail_arrives()
    assert window.end() == 0
    assert "no colours left" in desk_programs.paused()
    assert "no colours left" in desk_programs.faults()[0]
    window = desk_programs.window(work=True)
    desk_programs.mail_arrives()
    assert window.end() == 0
    assert unharmed(desk_programs)
