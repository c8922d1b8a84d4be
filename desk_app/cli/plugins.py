"""`desk-app plugin`: for admins (install, list, enable, disable) and for authors (new, validate, run, test, build)."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk_app.cli import plugin_signing
from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation, sign_in
from desk_app.cli.output import complain, print_json, print_table, say
from desk_app.domain.plugins.model import StateKind

if TYPE_CHECKING:
    from desk_app.services.ports.plugins import PluginState

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name
DEV_VARIABLE = "DESK_APP_DEV_PLUGINS"
"""Folders of plugins that are loaded in place and reloaded when they change, joined like those of PATH."""


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `plugin` with its actions."""
    parser = subparsers.add_parser("plugin", help="plugins: install, switch on and off, make new ones")
    actions: Subparsers[argparse.ArgumentParser] = parser.add_subparsers(metavar="ACTION", required=True)
    _for_admins(actions, common)
    _for_authors(actions)
    plugin_signing.add_parsers(actions, common)


def _for_admins(actions: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    listing = actions.add_parser("list", parents=[common], help="what is installed, and how it fares")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    listing.set_defaults(command=run_list)
    check = actions.add_parser(
        "check",
        parents=[common],
        help="before an update of the program: which installed plugins would not run with it",
        description="Read what is installed, run nothing, open no database, and say which plugins fit. Call it with "
        "the new program before it takes the place of the old one, or name the interface version of the new one.",
    )
    check.add_argument(
        "--interface", metavar="VERSION", default="", help="that of the new program; default: of this one"
    )
    check.add_argument("--json", action="store_true", help="print one JSON object")
    check.set_defaults(command=run_check)
    install = actions.add_parser("install", parents=[common], help="install a .zip or a pure-Python wheel")
    install.add_argument("file", metavar="FILE", type=Path)
    install.add_argument("--enable", action="store_true", help="switch it on, too")
    install.set_defaults(command=run_install)
    enable = actions.add_parser("enable", parents=[common], help="switch a plugin on; says what it may do, and asks")
    enable.set_defaults(command=run_enable)
    disable = actions.add_parser("disable", parents=[common], help="switch a plugin off; its data stays")
    disable.set_defaults(command=run_disable)
    export = actions.add_parser("export", parents=[common], help="write everything a plugin keeps into a file")
    export.add_argument("id", metavar="ID")
    export.add_argument("file", metavar="FILE", type=Path, help="one JSON object a line; secrets are never in it")
    export.set_defaults(command=run_export)
    back = actions.add_parser("rollback", parents=[common], help="go back to the version before")
    back.set_defaults(command=run_rollback)
    uninstall = actions.add_parser("uninstall", parents=[common], help="remove a plugin")
    uninstall.add_argument("--delete-data", action="store_true", help="its tables, settings and values, too")
    uninstall.set_defaults(command=run_uninstall)
    for action in (enable, disable, back, uninstall):
        action.add_argument("id", metavar="ID")
    for action in (install, enable, uninstall):
        action.add_argument("--yes", action="store_true", help="do not ask")
    for action in (install, enable, disable, back, export, uninstall):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def _for_authors(actions: Subparsers[argparse.ArgumentParser]) -> None:
    new = actions.add_parser("new", help="write a new plugin that works, with tests")
    new.add_argument("--name", default="", help="the name people see")
    new.add_argument("--author", default=os.environ.get("USER") or "Somebody")
    new.set_defaults(command=run_new)
    validate = actions.add_parser("validate", help="check manifest, sources and hooks")
    validate.set_defaults(command=run_validate)
    run = actions.add_parser("run", help="open a desk that goes away again, with the plugin on, reloaded on change")
    run.set_defaults(command=run_dev)
    test = actions.add_parser("test", help="run the plugin's tests on desks that go away again; needs pytest")
    test.set_defaults(command=run_test)
    build = actions.add_parser("build", help="make the .zip to give away")
    build.add_argument("--out", metavar="FOLDER", type=Path, default=Path("dist"))
    build.add_argument("--sign", metavar="KEYFILE", type=Path, help="sign it with a key of “desk-app plugin key”")
    build.set_defaults(command=run_build)
    probe = actions.add_parser("probe", help="import it and ask what it adds, in this very process")
    probe.add_argument("--report", metavar="FILE", type=Path, help="write what was found as JSON")
    probe.set_defaults(command=run_probe)
    for action in (new, validate, run, test, build, probe):
        action.add_argument("folder", metavar="FOLDER", type=Path)
    for action in (new, validate, build, probe):
        action.add_argument("--json", action="store_true", help="print one JSON object")
    test.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="for pytest")


# -- admins -----------------------------------------------------------------------------------------------------------


def run_list(invocation: Invocation) -> int:
    """Show every plugin with its state."""
    with invocation.desk() as desk:
        states = desk.plugins.look()
    if invocation.json:
        print_json({"plugins": [_facts(one) for one in states]})
        return Exit.OK
    rows = [(one.slug, one.version, one.source.value, _state(one), one.reason) for one in states]
    print_table(("Id", "Version", "From", "State", "Reason"), rows, stretch=4)
    return Exit.OK


def _facts(state: PluginState) -> dict[str, Any]:
    return {
        "id": state.slug,
        "name": state.name,
        "version": state.version,
        "source": state.source,
        "state": _state(state),
        "reason": state.reason,
        "problems": list(state.problems),
        "update": state.update,
        "permissions": sorted(state.record.permissions) if state.record else [],
    }


def _state(state: PluginState) -> str:
    """How it stands on the desk: this command itself loads nothing."""
    record = state.record
    on = record is not None and record.wanted and not record.paused and state.kind is StateKind.INACTIVE
    return str(StateKind.ACTIVE if on else state.kind)


def run_check(invocation: Invocation) -> int:
    """Say which installed plugins fit a program; exit code 1 where one does not (features.md PL-04)."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 -- `--help` does not wait for it

    from desk_app.plugin_api.marks import API_VERSION  # noqa: PLC0415 -- as above
    from desk_app.plugin_host.sources import Places, find  # noqa: PLC0415 -- as above

    interface = invocation.args.interface or API_VERSION
    try:
        Version(interface)
    except InvalidVersion as error:
        raise CommandError(Exit.USAGE, f"“{interface}” is no version; write it like {API_VERSION}.") from error
    found = find(Places(invocation.location.data_dir / "plugins"), {}).by_slug
    rows = []
    for slug, one in sorted(found.items()):
        why = one.manifest.incompatible(interface) if one.manifest is not None else str(one.problems[0])
        rows.append((slug, str(one.manifest.version) if one.manifest is not None else "", not why, why))
    if invocation.json:
        facts = [{"id": slug, "version": version, "fits": fits, "reason": why} for slug, version, fits, why in rows]
        print_json({"interface": interface, "plugins": facts})
    elif rows:
        shown = [(slug, version, "fits" if fits else "does not fit", why) for slug, version, fits, why in rows]
        print_table(("Id", "Version", "", "Reason"), shown, stretch=3)
    else:
        say("No plugin is installed.")
    return Exit.OK if all(fits for _, _, fits, _ in rows) else Exit.FAILED


def run_install(invocation: Invocation) -> int:
    """Install a plugin file, and with --enable switch it on."""
    from desk_app.services.ports.plugins import PluginRefusedError  # noqa: PLC0415 -- `--help` does not wait for it

    file = invocation.args.file.absolute()
    if not file.is_file():
        raise CommandError(Exit.USAGE, f"There is no file {file}.")
    with invocation.desk() as desk:
        actor = sign_in(desk)[1]
        try:
            candidate = desk.plugin_admin.stage(file, actor)
            name = desk.plugin_signers.name_of(candidate.signed_by)
            if not invocation.json:
                say(f"SHA-256 {candidate.sha256}. {_origin(candidate.signed_by, name)}")
            slug = desk.plugin_admin.put(candidate, actor)
        except PluginRefusedError as error:
            words = f"{file.name} cannot be installed, and nothing was changed. {error}"
            raise CommandError(Exit.FAILED, words) from error
        state = _known(desk, slug)
        if invocation.args.enable:
            return _enable(invocation, desk, slug, newest=True)
    facts = {
        "id": slug,
        "version": state.version,
        "enabled": _state(state) == StateKind.ACTIVE,
        "sha256": candidate.sha256,
        "signed_by": candidate.signed_by,
        "trusted_as": name,
    }
    text = f"{slug} {state.version} is installed."
    _answer(invocation, facts, text if facts["enabled"] else f"{text} Switch it on: desk-app plugin enable {slug}")
    return Exit.OK


def _origin(key: str, name: str) -> str:
    if not key:
        return "It is not signed."
    return f"It is signed by {name}." if name else f"It is signed with a key this desk does not know: {key}"


@contextmanager
def _refused_in_words() -> Iterator[None]:
    """End the command with the sentence that says why something was not done."""
    from desk_app.services.ports.plugins import PluginRefusedError  # noqa: PLC0415 -- `--help` does not wait for it

    try:
        yield
    except PluginRefusedError as error:
        raise CommandError(Exit.FAILED, str(error)) from error


def run_rollback(invocation: Invocation) -> int:
    """Go back to the version before."""
    with invocation.desk() as desk:
        state = _known(desk, invocation.args.id)
        with _refused_in_words():
            desk.plugin_admin.roll_back(state.slug, sign_in(desk)[1])
        state = _known(desk, state.slug)
    text = f"{state.name} is back at version {state.version}."
    _answer(invocation, {"id": state.slug, "version": state.version}, text)
    return Exit.OK


def run_enable(invocation: Invocation) -> int:
    """Switch a plugin on."""
    with invocation.desk() as desk:
        desk.plugins.look()
        return _enable(invocation, desk, invocation.args.id)


def _enable(invocation: Invocation, desk: Any, slug: str, *, newest: bool = False) -> int:
    """Switch a plugin on, in the version in use, or in the newest one there is."""
    from desk_app.services.ports.plugins import PluginRefusedError  # noqa: PLC0415 -- as above

    state = desk.plugins.state(slug)
    if state is None:
        raise CommandError(Exit.NOT_FOUND, f"There is no plugin “{slug}”.", "desk-app plugin list shows them all.")
    wanted = sorted(state.manifest.permissions) if state.manifest is not None else []
    if wanted:
        if not invocation.json:
            asks = f"{state.name} asks for: {', '.join(wanted)}."
            if "tickets.read" not in wanted:
                asks += " Where it takes part in what happens to tickets, it is told of them without asking."
            say(f"{asks} Plugins are not walled in: switch on only what you trust.")
        if not _agreed(invocation, "Switch it on?"):
            return Exit.FAILED
    try:
        activate = desk.plugin_admin.activate_newest if newest else desk.plugin_admin.activate
        activate(slug, wanted, sign_in(desk)[1])
    except PluginRefusedError as error:
        raise CommandError(Exit.FAILED, f"{state.name} was not switched on: {error}") from error
    _answer(invocation, {"id": state.slug, "version": state.version, "enabled": True}, f"{state.name} is on.")
    return Exit.OK


def run_disable(invocation: Invocation) -> int:
    """Switch a plugin off."""
    with invocation.desk() as desk:
        state = _known(desk, invocation.args.id)
        with _refused_in_words():
            desk.plugin_admin.deactivate(state.slug, sign_in(desk)[1])
    _answer(invocation, {"id": state.slug, "enabled": False}, f"{state.name} is off.")
    return Exit.OK


def run_export(invocation: Invocation) -> int:
    """Write what a plugin keeps."""
    file = invocation.args.file.absolute()
    with invocation.desk() as desk:
        state = _known(desk, invocation.args.id)
        try:
            lines = desk.plugin_copies.write(state.slug, file, sign_in(desk)[1])
        except OSError as error:
            raise CommandError(Exit.FAILED, f"{file} cannot be written: {error.strerror}.") from error
    _answer(invocation, {"id": state.slug, "file": str(file), "lines": lines}, f"{file}: {lines} lines.")
    return Exit.OK


def run_uninstall(invocation: Invocation) -> int:
    """Remove a plugin."""
    with invocation.desk() as desk:
        state = _known(desk, invocation.args.id)
        delete = bool(invocation.args.delete_data)
        if delete and not _agreed(invocation, f"Remove {state.name} and everything it keeps on this desk?"):
            return Exit.FAILED
        with _refused_in_words():
            desk.plugin_admin.uninstall(state.slug, sign_in(desk)[1], delete_data=delete)
    text = f"{state.name} is removed{' with its data' if delete else '; its data stays'}."
    _answer(invocation, {"id": state.slug, "data_deleted": delete}, text)
    return Exit.OK


def _known(desk: Any, slug: str) -> PluginState:
    desk.plugins.look()
    state: PluginState | None = desk.plugins.state(slug)
    if state is None:
        raise CommandError(Exit.NOT_FOUND, f"There is no plugin “{slug}”.", "desk-app plugin list shows them all.")
    return state


def _answer(invocation: Invocation, facts: dict[str, Any], text: str) -> None:
    if invocation.json:
        print_json(facts)
    else:
        say(text)


def _agreed(invocation: Invocation, question: str) -> bool:
    """Ask on a terminal; elsewhere only --yes agrees."""
    if invocation.args.yes:
        return True
    if not sys.stdin.isatty():
        complain("Nobody was there to ask; say --yes to agree.")
        return False
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


# -- authors ----------------------------------------------------------------------------------------------------------


def run_new(invocation: Invocation) -> int:
    """Write a new plugin."""
    from desk_app.plugin_host.archives import ArchiveError  # noqa: PLC0415 -- `--help` does not wait for it
    from desk_app.plugin_host.scaffold import write_new  # noqa: PLC0415 -- as above

    args = invocation.args
    try:
        written = write_new(args.folder.absolute(), name=args.name, author=args.author)
    except ArchiveError as error:
        raise CommandError(Exit.USAGE, str(error)) from error
    files = [os.path.relpath(file) for file in written]
    _answer(invocation, {"files": files}, "\n".join([*files, "", f"Next: desk-app plugin test {args.folder}"]))
    return Exit.OK


def run_validate(invocation: Invocation) -> int:
    """Check a plugin's folder; every problem is printed with file and line."""
    from desk_app.plugin_host.archives import ArchiveError, checked  # noqa: PLC0415 -- as above
    from desk_app.plugin_host.probing import probe  # noqa: PLC0415 -- as above

    folder = invocation.args.folder.absolute()
    problems: list[str] = []
    warnings: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    name = folder.name
    try:
        made = checked(folder)
    except ArchiveError as error:
        problems = str(error).splitlines()
    else:
        name, warnings = f"{made.manifest.id} {made.manifest.version}", made.warnings
        report = probe(folder)
        hooks = report.hooks
        if report.problem:
            printed = report.output.strip()
            problems = [report.problem, *([f"It printed: {printed}"] if printed else [])]
    if invocation.json:
        print_json({"ok": not problems, "problems": problems, "warnings": list(warnings), "hooks": list(hooks)})
    else:
        for line in (*warnings, *problems):
            complain(line)
        if not problems:
            say(f"{name} is in order. Hooks: {', '.join(hooks)}.")
    return Exit.FAILED if problems else Exit.OK


def run_build(invocation: Invocation) -> int:
    """Make the file to give away."""
    from desk_app.plugin_host.archives import ArchiveError, build  # noqa: PLC0415 -- as above
    from desk_app.plugin_host.signing import checksum, sign  # noqa: PLC0415 -- as above

    try:
        file = build(invocation.args.folder.absolute(), invocation.args.out)
        if invocation.args.sign is not None:
            sign(file, invocation.args.sign)
        sha256 = checksum(file)
    except ArchiveError as error:
        raise CommandError(Exit.FAILED, str(error)) from error
    except OSError as error:
        raise CommandError(Exit.FAILED, f"{error.filename} cannot be read or written: {error.strerror}.") from error
    _answer(invocation, {"file": str(file), "sha256": sha256}, str(file))
    return Exit.OK


def run_probe(invocation: Invocation) -> int:
    """Try a plugin in this process; the desk calls this in a child."""
    from desk_app.plugin_host.probing import run_probe as try_it  # noqa: PLC0415 -- as above
    from desk_app.plugin_host.probing import write_report  # noqa: PLC0415 -- as above

    report = try_it(invocation.args.folder.absolute())
    if invocation.args.report is not None:
        write_report(report, invocation.args.report)
    if invocation.json:
        print_json({"problem": report.problem, "hooks": list(report.hooks), "adds": dict(report.adds)})
    elif report.problem:
        complain(report.problem)
    else:
        say(f"Hooks: {', '.join(report.hooks)}. Adds: {dict(report.adds) or 'nothing'}.")
    return Exit.FAILED if report.problem else Exit.OK


def run_test(invocation: Invocation) -> int:
    """Run a plugin's tests with pytest, in a process of their own."""
    folder = invocation.args.folder.absolute()
    if not (folder / "tests").is_dir():
        raise CommandError(Exit.USAGE, f"There is no folder {folder / 'tests'}.")
    from importlib.util import find_spec  # noqa: PLC0415 -- as above

    if find_spec("pytest") is None:
        raise CommandError(Exit.FAILED, "pytest is not installed.", "Install it with: pip install pytest pytest-qt")
    call = [sys.executable, "-m", "pytest", "-q", "-p", "desk_app.plugin_api.testing", "--rootdir", str(folder)]
    rest = [one for one in invocation.args.arguments if one != "--"]
    environment = os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM") or "offscreen"}
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [*call, "-c", os.devnull, *rest, str(folder / "tests")], cwd=folder, env=environment, check=False
    )
    return Exit.OK if done.returncode == 0 else Exit.FAILED


def run_dev(invocation: Invocation) -> int:
    """Open the demo with the plugin on; whenever one of its files changes it is loaded anew."""
    from desk_app.cli.invocation import DemoOptions  # noqa: PLC0415 -- as above
    from desk_app.cli.programs import has_display  # noqa: PLC0415 -- as above

    folder = invocation.args.folder.absolute()
    if not (folder / "plugin.toml").is_file():
        raise CommandError(Exit.USAGE, f"There is no plugin.toml in {folder}.")
    os.environ[DEV_VARIABLE] = os.pathsep.join(filter(None, (str(folder), os.environ.get(DEV_VARIABLE, ""))))
    with tempfile.TemporaryDirectory(prefix="desk-app-plugin-") as place:
        picture = "" if has_display() else str(Path.cwd() / f"{folder.name}.png")
        return invocation.programs.run_demo(DemoOptions(not has_display(), json=False, keep=place, screenshot=picture))
