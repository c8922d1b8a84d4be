"""Tries a plugin in a process of its own: what kills, hangs or leaves that process never harms the desk.

`run_probe` is what happens in there, `probe` starts it and reads its report.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.errors import PluginError
from desk_app.plugin_api.marks import Kind, Thread
from desk_app.plugin_host.archives import ArchiveError, checked
from desk_app.plugin_host.dispatch import BadHookError, Dispatcher, HookFailedError, words_of
from desk_app.plugin_host.loading import Loaded, load, unload
from desk_app.plugin_host.manifest import Manifest
from desk_app.services.plugins.acts import HOOKS

SECONDS = 20.0
"""So long a trial may take."""
_PRINTED = 4000


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a trial found. `problem` is "" where the plugin came through; `hooks` are those it implements, `adds` counts
    what the collecting ones returned."""

    problem: str = ""
    hooks: tuple[str, ...] = ()
    adds: Mapping[str, int] = field(default_factory=dict)
    output: str = ""


def probe(folder: Path, *, seconds: float = SECONDS, command: Sequence[str] | None = None) -> ProbeReport:
    """Try the plugin in a folder; waits at most `seconds`. Never raises for anything the plugin does.

    `command` starts the program with its subcommands behind; the default is this program.
    """
    with tempfile.TemporaryDirectory(prefix="desk-app-probe-") as scratch:
        answer = Path(scratch) / "report.json"
        call = [*(command or this_program()), "plugin", "probe", "--report", str(answer), str(folder)]
        printed = Path(scratch) / "printed.txt"  # a file: no flood fills our memory, no grandchild keeps us waiting
        with printed.open("wb") as output:
            child = subprocess.Popen(  # noqa: S603 -- our own program
                call,
                cwd=scratch,
                env=_environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=os.name == "posix",
            )
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            _kill(child)
            return ProbeReport(f"It did not finish loading within {seconds:g} seconds.")
        _kill(child)  # whatever it has started itself
        said = _end_of(printed)
        try:
            report = json.loads(answer.read_text(encoding="utf-8"))
            hooks, adds = (
                tuple(map(str, report["hooks"])),
                {str(key): int(many) for key, many in report["adds"].items()},
            )
            return ProbeReport(str(report["problem"]), hooks, adds, said)
        except (OSError, ValueError, LookupError, TypeError, AttributeError):  # the child is the plugin's as well
            return ProbeReport(_ended(child.returncode), output=said)


def _end_of(printed: Path) -> str:
    with printed.open("rb") as file:
        file.seek(max(0, printed.stat().st_size - _PRINTED))
        return file.read(_PRINTED).decode("utf-8", "replace")


def this_program() -> list[str]:
    """Return how this program is started once more."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "desk_app"]


def run_probe(folder: Path) -> ProbeReport:
    """Import the plugin in a folder, register it and call what collects, with a context that reaches nothing."""
    try:
        manifest = checked(folder).manifest
    except ArchiveError as error:
        return ProbeReport(str(error))
    loaded: list[Loaded] = []
    try:
        return _tried(manifest, folder, loaded)
    except (BadHookError, HookFailedError) as error:
        return ProbeReport(f"{error}")
    except BaseException as error:  # noqa: BLE001 -- an import may raise whatever it likes
        return ProbeReport(f"It cannot be loaded: {words_of(error).split(chr(10), 1)[0]}{_where(error, folder)}")
    finally:
        for one in loaded:
            unload(one)


def _tried(manifest: Manifest, folder: Path, kept: list[Loaded]) -> ProbeReport:
    dispatcher = Dispatcher()
    loaded = load(manifest, folder, fresh=True)
    kept.append(loaded)
    dispatcher.add(manifest.id, loaded.part, _TrialContext(manifest))
    if manifest.ui_entry:
        _add_window_half(dispatcher, loaded, manifest)
    hooks = tuple(dispatcher.used_by(manifest.id))
    deaf = [name for name in hooks if name in HOOKS and manifest.modes == {Mode.CLI}]
    if deaf:
        raise BadHookError(f"“{deaf[0]}” is told by a window or a worker, and “modes” of the plugin names neither")
    adds = {
        name: len(dispatcher.collect(manifest.id, name))
        for name in hooks
        if dispatcher.records[name].kind is Kind.COLLECT
    }
    return ProbeReport("" if hooks else "It implements no hook of the desk.", hooks, adds)


def write_report(report: ProbeReport, file: Path) -> None:
    """Write a report where `probe` looks for it."""
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(asdict(report)), encoding="utf-8")
    unfinished.replace(file)


def _add_window_half(dispatcher: Dispatcher, loaded: Loaded, manifest: Manifest) -> None:
    from desk_app.plugin_api.ui import hooks  # noqa: PLC0415 -- only for plugins with a window

    dispatcher.add_group(hooks)
    half = loaded.window_part()
    dispatcher.add(manifest.id, half, _TrialContext(manifest), half="window")
    dispatcher.check_window(half)
    used = [name for name in dispatcher.used_by(manifest.id) if dispatcher.records[name].thread is Thread.GUI]
    if not used:
        raise BadHookError(f"“{manifest.ui_entry}” implements no hook of the window")


class _TrialContext:
    """A context that has the plugin's own settings and nothing else."""

    def __init__(self, manifest: Manifest) -> None:
        self.plugin_id = manifest.id
        self.version = str(manifest.version)
        self.mode = Mode.CLI
        self.settings = {spec.key: spec.default for spec in manifest.settings}
        self.log = SimpleNamespace(**dict.fromkeys(("debug", "info", "warning", "error", "exception"), _nothing))
        self.clock = SimpleNamespace(now=lambda: datetime.now(UTC))
        self.agent = None

    def tr(self, text: str) -> str:
        return text

    def __getattr__(self, name: str) -> Any:
        raise PluginError(f"ctx.{name} is not there while a plugin says what it adds; use it when it is called")


def _nothing(*_arguments: object, **_more: object) -> None:
    """Log nothing."""


def _environment(scratch: str) -> dict[str, str]:
    """The environment of the child: no display, no desk, no passwords somebody put there."""
    kept = {"PATH", "SYSTEMROOT", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV"}
    found = {key: value for key, value in os.environ.items() if key.upper() in kept}
    return found | {
        "QT_QPA_PLATFORM": "offscreen",
        "DESK_APP_DATA": scratch,
        "HOME": scratch,
        "USERPROFILE": scratch,
        "TMPDIR": scratch,
        "TEMP": scratch,
        "TMP": scratch,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _kill(child: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        except PermissionError:
            child.kill()
    elif child.poll() is None:
        child.kill()
    child.wait()


def _ended(code: int) -> str:
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return f"It ended the whole program while it was loaded ({name})."
    return f"It ended the whole program while it was loaded (exit code {code})."


def _where(error: BaseException, folder: Path) -> str:
    """The innermost line of the plugin's own that an exception came through."""
    found, trace = "", error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(folder):
            found = f" ({file.relative_to(folder).as_posix()}:{trace.tb_lineno})"
        trace = trace.tb_next
    return found
