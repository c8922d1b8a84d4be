"""Jobs of plugins run once on the desk, in time, and never for ever (plugins.md, "Isolation and recovery mode")."""

from __future__ import annotations

import threading
from typing import Any

from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.jobs import PluginJobs
from desk_app.runtime.heartbeat import Heartbeat
from desk_app.runtime.worker import Pace, run_worker
from tests.support.plugin_hosts import PluginKit, module, until

JOB = """
    import threading
    from datetime import timedelta
    from desk_app.plugin_api import JobSpec, hookimpl
    from .notes import RUNS, GO

    def work(ctx):
        RUNS.append(ctx.plugin_id)
        {body}

    @hookimpl
    def scheduled_jobs(ctx):
        return [JobSpec("tidy", work, timedelta(seconds={every}), timedelta(seconds=10))]
"""
NOTES = "import threading\nRUNS = []\nGO = threading.Event()\n"
MANIFEST = 'permissions = ["schedule"]'


def notes() -> Any:
    return module("notes")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def jobs_of(kit: PluginKit, clock: Clock, holder: str = "here") -> PluginJobs:
    return PluginJobs(kit.host, kit.database.unit_of_work, Heartbeat(kit.database.unit_of_work, holder), clock=clock)


def start(
    kit: PluginKit, body: str = "pass", every: int = 5, granted: tuple[Permission, ...] = tuple(Permission)
) -> None:
    kit.write(code=JOB.format(body=body, every=every), notes=NOTES, manifest=MANIFEST)
    kit.host.start(Mode.SERVICE)
    kit.host.activate("sample", granted)


def quiet() -> bool:
    return not any(thread.name.startswith("plugin-job-") for thread in threading.enumerate())


def test_a_job_runs_by_the_clock_and_needs_its_permission(plugin_kit: PluginKit) -> None:
    start(plugin_kit)
    clock = Clock()
    jobs = jobs_of(plugin_kit, clock)
    jobs.round()
    assert until(quiet)
    jobs.round()
    assert notes().RUNS == ["sample"]
    clock.now += 5
    jobs.round()
    assert until(lambda: len(notes().RUNS) == 2)
    plugin_kit.host.activate("sample", ())
    clock.now += 5
    jobs.round()
    assert until(quiet)
    assert len(notes().RUNS) == 2, "it runs without the permission"


def test_two_programs_run_a_job_once_and_the_other_takes_over(plugin_kit: PluginKit) -> None:
    start(plugin_kit, every=3600)
    clock = Clock()
    first, second = jobs_of(plugin_kit, clock, "one"), jobs_of(plugin_kit, clock, "two")
    first.round()
    second.round()
    assert until(quiet)
    assert len(notes().RUNS) == 1
    plugin_kit.host.deactivate("sample")
    first.round()  # gives the lease back
    plugin_kit.host.activate("sample", tuple(Permission))
    clock.now += 100
    second.round()
    assert until(quiet)
    assert notes().RUNS == [], "it was begun anew long before the hour was over"


def test_jobs_of_many_plugins_are_begun_in_as_many_transactions_as_one(plugin_kit: PluginKit) -> None:
    opened: list[int] = []

    def uow() -> Any:
        opened.append(1)
        return plugin_kit.database.unit_of_work()

    def begun(names: list[str]) -> tuple[list[str], int]:
        """Who runs in a first round, and in how many transactions it was begun."""
        opened.clear()
        PluginJobs(plugin_kit.host, uow, Heartbeat(uow, f"round of {len(names)}"), clock=Clock()).round()
        count = len(opened)
        assert until(quiet)
        ran = [module("notes", name).RUNS for name in names]
        return sorted(one for runs in ran for one in runs), count

    names = [f"sample_{number}" for number in range(4)]
    for name in names:
        plugin_kit.write(name, JOB.format(body="pass", every=3600), notes=NOTES, manifest=MANIFEST)
    plugin_kit.host.start(Mode.SERVICE)
    plugin_kit.host.activate(names[0], tuple(Permission))
    assert begun(names[:1]) == ([names[0]], 3), "for the leases, for the last starts, and to keep that they are begun"
    for name in names[1:]:
        plugin_kit.host.activate(name, tuple(Permission))
    plugin_kit.host.deactivate(names[0])
    assert begun(names[1:]) == (names[1:], 3)


def test_a_job_that_raises_or_exits_is_a_fault_and_goes_on(plugin_kit: PluginKit) -> None:
    start(plugin_kit, body="raise SystemExit(3)")
    clock = Clock()
    jobs = jobs_of(plugin_kit, clock)
    for _ in range(2):
        jobs.round()
        assert until(quiet)
        jobs.round()
        clock.now += 5
    assert plugin_kit.faults() == ["job tidy: SystemExit: 3"] * 2
    assert plugin_kit.kind() is StateKind.ACTIVE


def test_a_job_that_is_under_way_when_its_plugin_is_switched_off_is_no_fault(plugin_kit: PluginKit) -> None:
    start(plugin_kit, body="GO.wait(20); ctx.kv.set('late', 1)")
    jobs = jobs_of(plugin_kit, Clock())
    jobs.round()
    go = notes().GO
    plugin_kit.host.deactivate("sample")
    go.set()
    assert until(quiet)
    assert plugin_kit.faults() == []
    with plugin_kit.database.unit_of_work() as uow:
        assert uow.plugins.value(plugin_kit.record().id, "late") is None, "what was switched off does nothing more"


def test_a_job_that_never_ends_is_begun_anew_twice_then_its_plugin_is_paused(plugin_kit: PluginKit) -> None:
    start(plugin_kit, body="GO.wait(30)")
    clock = Clock()
    jobs = jobs_of(plugin_kit, clock)
    go = notes().GO
    try:
        for _ in range(3):
            assert plugin_kit.kind() is StateKind.ACTIVE
            jobs.round()
            clock.now += 11
            jobs.round()
        assert plugin_kit.kind() is StateKind.PAUSED
        assert "did not end within 10 seconds" in plugin_kit.state().reason
    finally:
        go.set()
    assert until(quiet)


def test_the_worker_runs_jobs_and_follows_what_another_program_switches(plugin_kit: PluginKit) -> None:
    start(plugin_kit, every=1)
    plugin_kit.host.deactivate("sample")
    other = plugin_kit.program()
    other.plugins.start(Mode.CLI)
    stop = threading.Event()
    pace = Pace(accounts=0.1, outbox=0.1, timers=0.1, plugins=0.05)
    worker = threading.Thread(target=run_worker, args=(plugin_kit.desk, stop), kwargs={"pace": pace})
    worker.start()
    try:
        with plugin_kit.database.unit_of_work() as uow:
            record = plugin_kit.record()
            record.wanted = True
            uow.plugins.save(record)
            uow.commit()
        assert until(lambda: plugin_kit.kind() is StateKind.ACTIVE)
        assert until(lambda: len(notes().RUNS) >= 2)
        with plugin_kit.database.unit_of_work() as uow:
            record = plugin_kit.record()
            record.wanted = False
            uow.plugins.save(record)
            uow.commit()
        assert until(lambda: plugin_kit.kind() is StateKind.INACTIVE)
    finally:
        stop.set()
        worker.join(10)
