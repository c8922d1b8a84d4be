"""Whatever a plugin does, the desk goes on, names it and pauses it (plugins.md, "Isolation and recovery mode")."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host import running
from desk_app.plugin_host.hangs import HangWatch, read_hang
from desk_app.services.ports.plugins import PluginRefusedError
from tests.support.plugin_hosts import PluginKit, left_over, module, until

FAILS = """
    from desk_app.plugin_api import hookimpl
    @hookimpl
    def ticket_deleted(ctx, ticket_id):
        {body}
"""
HEARS = """
    from desk_app.plugin_api import hookimpl
    HEARD = []
    @hookimpl
    def ticket_deleted(ticket_id):
        HEARD.append(ticket_id)
"""


def on(kit: PluginKit, *slugs: str) -> None:
    kit.host.start(Mode.GUI)
    for slug in slugs or ("sample",):
        kit.host.activate(slug, ())


@pytest.mark.parametrize(
    ("manifest", "api", "kind", "reason"),
    [
        ("", ">=7", StateKind.INCOMPATIBLE, "made for version >=7"),
        ("", "later", StateKind.INVALID, "not a range of versions"),
        ("]", ">=1.0", StateKind.INVALID, "no valid TOML"),
        ('min_python = "3.99"', ">=1.0", StateKind.INCOMPATIBLE, "needs Python 3.99"),
        ('permissions = ["everything"]', ">=1.0", StateKind.INVALID, "none of"),
    ],
)
def test_what_does_not_fit_is_listed_with_the_reason_and_never_loaded(
    local_plugins: PluginKit, manifest: str, api: str, kind: StateKind, reason: str
) -> None:
    local_plugins.write(code="raise SystemExit('loaded')", manifest=manifest, api=api)
    local_plugins.host.start(Mode.GUI)
    state = local_plugins.state()
    assert state.kind is kind
    assert reason in state.reason
    with pytest.raises(PluginRefusedError, match=r"\w"):
        local_plugins.host.activate("sample", ())


@pytest.mark.parametrize(
    "body",
    ["raise ValueError('no')", "raise SystemExit(3)", "import sys; sys.exit()", "ticket_deleted(ctx, ticket_id)"],
)
def test_a_hook_that_fails_five_times_pauses_its_plugin_and_no_other(plugin_kit: PluginKit, body: str) -> None:
    plugin_kit.write("bad", FAILS.format(body=body))
    plugin_kit.write("good", HEARS)
    on(plugin_kit, "bad", "good")
    other = plugin_kit.program()
    other.plugins.start(Mode.SERVICE)
    for number in range(4):
        plugin_kit.desk.hooks.event("ticket_deleted", ticket_id=number, actor=None)
    assert len(plugin_kit.faults("bad")) == 4
    assert plugin_kit.kind("bad") is StateKind.ACTIVE
    plugin_kit.desk.hooks.event("ticket_deleted", ticket_id=4, actor=None)
    assert len(plugin_kit.faults("bad")) == 5
    assert plugin_kit.kind("bad") is StateKind.PAUSED
    assert "ticket_deleted" in plugin_kit.state("bad").reason
    assert module("plugin", "good").HEARD == [0, 1, 2, 3, 4]
    other.plugins.sync()
    state = other.plugins.state("bad")
    assert state is not None
    assert state.kind is StateKind.PAUSED
    with plugin_kit.database.unit_of_work() as uow:
        fault = uow.plugins.faults(plugin_kit.record("bad").id)[0]
    assert (fault.version, fault.detail.splitlines()[0]) == ("1.0.0", "ticket_id=4")
    plugin_kit.host.try_again("bad")
    assert plugin_kit.kind("bad") is StateKind.ACTIVE
    assert plugin_kit.faults("bad") == []


def test_a_fault_inside_a_transaction_of_a_hooks_caller_waits_for_nobody(plugin_kit: PluginKit) -> None:
    plugin_kit.write(code=FAILS.format(body="raise ValueError('no')"))
    on(plugin_kit)
    with plugin_kit.database.unit_of_work() as uow:
        uow.settings.set("something", 1)  # on SQLite nobody else can write now
        begun = time.monotonic()
        for number in range(30):
            plugin_kit.desk.hooks.event("ticket_deleted", ticket_id=number, actor=None)
        assert time.monotonic() - begun < 1
        uow.commit()
    assert until(lambda: plugin_kit.kind() is StateKind.PAUSED)
    assert plugin_kit.host.settle()


def test_faults_on_many_threads_while_plugins_are_switched_end_in_a_pause(plugin_kit: PluginKit) -> None:
    plugin_kit.write("bad", FAILS.format(body="raise ValueError('no')"))
    plugin_kit.write("good", HEARS)
    on(plugin_kit, "bad", "good")
    tell = plugin_kit.desk.hooks.event
    threads = [
        threading.Thread(target=lambda: [tell("ticket_deleted", ticket_id=n, actor=None) for n in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for _ in range(5):
        plugin_kit.host.deactivate("good")
        plugin_kit.host.activate("good", ())
    for thread in threads:
        thread.join(20)
    assert plugin_kit.host.settle()
    assert plugin_kit.kind("bad") is StateKind.PAUSED
    assert plugin_kit.kind("good") is StateKind.ACTIVE


def test_a_thread_that_a_plugin_left_running_is_blamed_on_it(local_plugins: PluginKit) -> None:
    local_plugins.write(
        code="""
        import threading
        from desk_app.plugin_api import hookimpl
        GO = threading.Event()
        def work():
            GO.wait(20)
            raise ValueError("nobody waits for me")
        @hookimpl
        def plugin_activated(ctx):
            threading.Thread(target=work, name="leaked", daemon=True).start()
        """
    )
    on(local_plugins)
    go = module("plugin").GO
    local_plugins.host.deactivate("sample")
    assert not left_over()
    go.set()
    assert until(lambda: local_plugins.faults() == ["thread leaked: ValueError: nobody waits for me"])
    assert local_plugins.kind() is StateKind.INACTIVE


def test_an_error_that_python_can_only_mention_is_blamed_by_its_files(local_plugins: PluginKit) -> None:
    local_plugins.write(
        code="""
        from desk_app.plugin_api import hookimpl
        class Rude:
            def __del__(self):
                raise ValueError("in a destructor")
        @hookimpl
        def ticket_deleted(ctx):
            Rude()
        """
    )
    on(local_plugins)
    local_plugins.desk.hooks.event("ticket_deleted", ticket_id=1, actor=None)
    gc.collect()
    assert local_plugins.faults() == ["clean-up: ValueError: in a destructor"]


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(1.5)",
        "import time\nfrom desk_app.plugin_api import hookimpl\n@hookimpl\ndef scheduled_jobs(): time.sleep(1.5)",
        "import time\nfrom desk_app.plugin_api import hookimpl\n@hookimpl\ndef plugin_activated(): time.sleep(1.5)",
    ],
)
def test_what_does_not_come_back_is_left_behind(
    local_plugins: PluginKit, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(running, "LOAD_SECONDS", 0.2)
    local_plugins.write(code=code)
    local_plugins.write("good", HEARS)
    local_plugins.host.start(Mode.GUI)
    with pytest.raises(PluginRefusedError, match=r"longer than 0\.2 seconds"):
        local_plugins.host.activate("sample", ())
    local_plugins.host.activate("good", ())
    assert local_plugins.kind() is StateKind.INACTIVE
    with local_plugins.database.unit_of_work() as uow:
        record = local_plugins.record()
        record.wanted = True
        uow.plugins.save(record)
        uow.commit()
    local_plugins.again()
    assert local_plugins.kind() is StateKind.PAUSED
    assert local_plugins.kind("good") is StateKind.ACTIVE
    assert until(lambda: not any(thread.name == "plugin-step" for thread in threading.enumerate()))
    assert {name.split(".")[1] for name in left_over()} == {"good"}, "what came late is let go"


def test_a_goodbye_has_two_seconds(local_plugins: PluginKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "GOODBYE_SECONDS", 0.2)
    local_plugins.write(
        code="""
        import time
        from desk_app.plugin_api import hookimpl
        @hookimpl
        def plugin_deactivating(): time.sleep(1.5)
        """
    )
    on(local_plugins)
    begun = time.monotonic()
    local_plugins.host.deactivate("sample")
    assert time.monotonic() - begun < 1.4
    assert local_plugins.kind() is StateKind.INACTIVE


def test_a_slow_hook_of_the_window_is_noted_and_offered_to_be_paused(local_plugins: PluginKit) -> None:
    local_plugins.write(
        code="""
        import time
        from desk_app.plugin_api import hookimpl
        @hookimpl
        def ticket_deleted(ctx, ticket_id): time.sleep(ticket_id / 100)
        """
    )
    on(local_plugins)
    tell = local_plugins.desk.hooks.event
    tell("ticket_deleted", ticket_id=1, actor=None)
    assert local_plugins.state().slow == ""
    tell("ticket_deleted", ticket_id=12, actor=None)
    assert "0.1 seconds in ticket_deleted" in local_plugins.state().slow
    for _ in range(3):
        tell("ticket_deleted", ticket_id=102, actor=None)
    assert "more than a second 3 times" in local_plugins.state().slow
    assert local_plugins.kind() is StateKind.ACTIVE


def test_a_window_that_stands_still_names_the_plugin_it_stands_in(local_plugins: PluginKit, tmp_path: Path) -> None:
    folder = local_plugins.write(
        code="""
        import time
        from desk_app.plugin_api import hookimpl
        @hookimpl
        def ticket_deleted(ctx): time.sleep(0.7)
        """
    )
    on(local_plugins)
    told = []
    watch = HangWatch(local_plugins.user, lambda: {"sample": folder}, told.append, seconds=0.2)
    watch.beat()
    local_plugins.desk.hooks.event("ticket_deleted", ticket_id=1, actor=None)
    watch.beat()
    assert [hang.slug for hang in told] == ["sample"]
    assert "plugin.py" in told[0].trace
    time.sleep(0.4)
    watch.beat()
    assert len(told) == 1, "what stands still in no plugin is nobody's"
    local_plugins.desk.hooks.event("ticket_deleted", ticket_id=1, actor=None)
    # the program is ended here: the next one finds what was written
    file = local_plugins.user / "hang.txt"
    file.write_text(file.read_text().replace(f" of {os.getpid()}", " of 1", 1))
    assert local_plugins.again().state("sample").kind is StateKind.PAUSED
    assert "stood still" in local_plugins.state().reason
    watch.end()
    assert not list(local_plugins.user.glob("hang*"))
    assert read_hang(local_plugins.user, {"sample": folder}) is None


RECURSES = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication, QWidget
from desk_app.plugin_host.hangs import HangWatch
from desk_app.plugin_host.loading import load
from desk_app.plugin_host.manifest import read_manifest

user, folder = Path(sys.argv[1]), Path(sys.argv[2])
app = QApplication([])
watch = HangWatch(user, lambda: {}, print)
watch.beat()
made = load(read_manifest(folder)[0], folder).part.Grows()
made.show()
app.processEvents()
watch.end()
"""


def test_a_widget_that_crashes_the_program_is_named_at_the_next_start(local_plugins: PluginKit, tmp_path: Path) -> None:
    folder = local_plugins.write(
        code="""
        from PySide6.QtWidgets import QWidget
        from desk_app.plugin_api import hookimpl

        class Grows(QWidget):
            def showEvent(self, event):
                import ctypes
                ctypes.string_at(0)

        @hookimpl
        def ticket_deleted(ctx): pass
        """
    )
    on(local_plugins)
    call = [sys.executable, "-c", RECURSES, str(local_plugins.user), str(folder)]
    done = subprocess.run(call, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, timeout=60, check=False)
    assert done.returncode != 0
    assert local_plugins.again().state("sample").kind is StateKind.PAUSED
    assert local_plugins.state().reason == "The program crashed in this plugin."
    assert not list(local_plugins.user.glob("hang*"))
