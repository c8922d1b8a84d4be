"""A plugin is tried in a process of its own: whatever it does to that process, the desk gets an answer."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from desk_app.plugin_host.archives import ArchiveError, build
from desk_app.plugin_host.installing import Installer
from desk_app.plugin_host.probing import ProbeReport, probe, run_probe
from desk_app.plugin_host.scaffold import write_new
from tests.support import chat
from tests.support.plugin_folders import write_plugin

MANIFEST = 'id = "small"\nname = "Small"\nversion = "{version}"\napi = ">=1.0"\nentry = "plugin"\n'
HOOK = "from desk_app.plugin_api import hookimpl\n\n@hookimpl\ndef ticket_deleted(ticket_id):\n    pass\n"


def _plugin(folder: Path, code: str, *, version: str = "1.0") -> Path:
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(MANIFEST.format(version=version))
    (folder / "plugin.py").write_text(code)
    return folder


def test_a_new_plugin_comes_through_in_a_process_of_its_own(tmp_path: Path) -> None:
    write_new(tmp_path / "greeter")
    report = probe(tmp_path / "greeter")
    assert report.problem == ""
    assert report.hooks == ("ticket_created", "ticket_panels")
    assert report.adds == {"ticket_panels": 1}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os\nos._exit(7)", "exit code 7"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        ("import time\ntime.sleep(60)", "did not finish"),
        ("import sys\nsys.exit(1)", r"SystemExit: 1 \(plugin\.py:2\)"),
    ],
)
def test_what_kills_or_hangs_the_trial_is_said(tmp_path: Path, code: str, said: str) -> None:
    report = probe(_plugin(tmp_path / "bad", code + "\n" + HOOK), seconds=4)
    assert re.search(said, report.problem), report


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ValueError('no')", r"ValueError: no (plugin.py:1)"),
        ("import not_there_at_all", "ModuleNotFoundError"),
        ("x = 1", "implements no hook"),
        (HOOK.replace("ticket_deleted", "ticket_delted"), "did you mean “ticket_deleted”"),
        (HOOK.replace("ticket_id", "ticket"), "ticket"),
        (
            "from desk_app.plugin_api import hookimpl\n@hookimpl\ndef scheduled_jobs(ctx):\n    return [1]\n",
            "scheduled_jobs: it returned int where JobSpec",
        ),
        (
            "from desk_app.plugin_api import hookimpl\n@hookimpl\ndef scheduled_jobs(ctx):\n    ctx.tickets.get(1)\n",
            "ctx.tickets is not there",
        ),
    ],
)
def test_what_is_wrong_with_its_code_is_said(tmp_path: Path, code: str, said: str) -> None:
    assert said in run_probe(_plugin(tmp_path / "bad", code)).problem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("return Capabilities(html=False)", "return {}"),
        ('title = "Chat"', "title = None"),
        ("def read(self, raw):", "def reads(self, raw):"),
        ('Parameter("room", "Room"),', '"room",'),
    ],
)
def test_channel_types_that_do_not_say_what_every_mailbox_is_asked_are_refused(
    tmp_path: Path, change: str, said: str
) -> None:
    assert chat.CODE.count(change) == 1
    assert run_probe(write_plugin(tmp_path, "good", chat.CODE)).problem == ""
    report = run_probe(write_plugin(tmp_path, "bad", chat.CODE.replace(change, said)))
    assert report.problem.startswith("channel_types: ")
    assert "hannel" in report.problem.partition(": ")[2]


def test_sources_that_are_none_are_found_by_the_trial(tmp_path: Path) -> None:
    installer = Installer(tmp_path / "plugins", probe)
    file = tmp_path / "small.zip"
    with ZipFile(file, "w") as archive:
        archive.writestr("plugin.toml", MANIFEST.format(version="1.0"))
        archive.writestr("plugin.py", "def broken(:\n")
    with pytest.raises(ArchiveError, match=r"Its maker has to mend it\. plugin\.py:1: "):
        installer.stage(file)
    assert list((tmp_path / "plugins" / ".staging").iterdir()) == []


def test_what_could_never_be_told_is_said(tmp_path: Path) -> None:
    in_window = _plugin(tmp_path / "window", HOOK)
    with (in_window / "plugin.toml").open("a") as manifest:
        manifest.write('ui_entry = "window"\npermissions = ["ui"]\n')
    (in_window / "window.py").write_text(HOOK)
    assert "“ticket_deleted” stands in the part for the window" in run_probe(in_window).problem
    (in_window / "window.py").write_text(HOOK.replace("ticket_deleted(ticket_id)", "ticket_panels()"))
    assert run_probe(in_window).problem == ""
    command = _plugin(tmp_path / "command", HOOK)
    with (command / "plugin.toml").open("a") as manifest:
        manifest.write('modes = ["cli"]\n')
    assert "“ticket_deleted” is told by a window or a worker" in run_probe(command).problem


def test_installing_puts_a_tried_version_in_its_place_and_keeps_the_one_before(tmp_path: Path) -> None:
    tried: list[Path] = []

    def come_through(folder: Path) -> ProbeReport:
        tried.append(folder)
        return ProbeReport(hooks=("ticket_deleted",))

    installer = Installer(tmp_path / "plugins", come_through)
    for version in ("1.0", "1.1", "2.0"):
        file = build(_plugin(tmp_path / version, HOOK, version=version), tmp_path)
        candidate = installer.stage(file)
        assert (str(candidate.previous) if candidate.previous else "") == {"1.0": "", "1.1": "1.0", "2.0": "1.1"}[
            version
        ]
        installer.install(candidate).settle()
    assert sorted(one.name for one in (tmp_path / "plugins" / "small").iterdir()) == ["1.1", "2.0"]
    assert not any((tmp_path / "plugins" / ".staging").iterdir())
    assert len(tried) == 3
    installer.remove("small")
    assert not (tmp_path / "plugins" / "small").exists()


def test_a_plugin_that_fails_its_trial_leaves_nothing(tmp_path: Path) -> None:
    installer = Installer(tmp_path / "plugins", lambda _folder: ProbeReport("It hangs."))
    file = build(_plugin(tmp_path / "bad", HOOK), tmp_path)
    with pytest.raises(ArchiveError, match="It hangs"):
        installer.stage(file)
    assert not any((tmp_path / "plugins" / ".staging").iterdir())
    assert installer.newest("small") is None


def test_what_a_trial_leaves_running_keeps_nobody_waiting(tmp_path: Path) -> None:
    code = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'])\n"
    report = probe(_plugin(tmp_path / "busy", code + HOOK), seconds=15)
    assert (report.problem, report.hooks) == ("", ("ticket_deleted",))


@pytest.mark.parametrize(
    "said", ["[]", "{}", '{"problem": "", "hooks": 3, "adds": {}}', '{"problem": "", "hooks": []}']
)
def test_a_report_that_makes_no_sense_is_no_report(tmp_path: Path, said: str) -> None:
    code = f"import os, sys\nopen(sys.argv[sys.argv.index('--report') + 1], 'w').write({said!r})\nos._exit(0)\n"
    report = probe(_plugin(tmp_path / "liar", code + HOOK), seconds=15)
    assert "ended the whole program" in report.problem
