"""The command itself: help for everything, quick starts, one line for each error."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import DemoOptions, Invocation, Programs
from desk_app.cli.main import build_parser, main, run_safely
from desk_app.infra.location import LocationError
from desk_app.plugin_api.channels import ChannelError, ChannelFault, SecretError
from desk_app.services.ports.errors import DatabaseUnavailableError

DOCS = Path(__file__).resolve().parents[3] / "docs" / "cli.md"


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("this command opens nothing")


PROGRAMS = Programs(refuse, refuse, refuse, refuse)  # type: ignore[arg-type]


def commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    yield words
    for group in groups:
        for name, below in group.choices.items():
            yield from commands(below, (*words, name))


ALL = list(commands(build_parser()))
LEAVES = [words for words in ALL if not any(other[: len(words)] == words and other != words for other in ALL)]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_everything_has_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"], PROGRAMS)
    assert ended.value.code == 0
    assert "usage: desk-app" in capsys.readouterr().out


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_subcommand_is_documented(words: tuple[str, ...]) -> None:
    assert f"desk-app {' '.join(words)}" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", list(Exit), ids=lambda code: code.name)
def test_every_exit_code_is_documented(code: Exit) -> None:
    assert f"| {code.value} |" in DOCS.read_text(encoding="utf-8")


def test_every_command_that_prints_data_has_json() -> None:
    programs = {("run",), ("worker",), ("plugin", "run"), ("plugin", "test")}
    for words in LEAVES:
        parser = build_parser()
        for word in words:
            [group] = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
            parser = group.choices[word]
        options = {option for action in parser._actions for option in action.option_strings}
        assert ("--json" in options) != (words in programs), words


def test_no_option_takes_a_password() -> None:
    for words in LEAVES:
        parser = build_parser()
        for word in words:
            [group] = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
            parser = group.choices[word]
        takers = [a for a in parser._actions if any("password" in option for option in a.option_strings)]
        assert all(a.nargs == 0 or "-env" in a.option_strings[0] for a in takers), words


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], 2),
        (["fly"], 2),
        (["ticket"], 2),
        (["ticket", "list", "--limit", "0"], 2),
        (["ticket", "list", "--in", "x"], 2),
    ],
)
def test_wrong_use_is_exit_code_2(argv: list[str], expected: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv, PROGRAMS)
    assert ended.value.code == expected
    assert "usage:" in capsys.readouterr().err


def test_places_may_stand_before_or_after_the_subcommand() -> None:
    before = build_parser().parse_args(["--data", "a", "ticket", "list"])
    after = build_parser().parse_args(["ticket", "list", "--data", "b"])
    both = build_parser().parse_args(["--data", "a", "ticket", "list", "--data", "b"])
    assert (before.data, after.data, both.data) == ("a", "b", "b")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError(Exit.NOT_FOUND, "No such thing.", "Look elsewhere."), 5),
        (LocationError("bad place"), 2),
        (DatabaseUnavailableError("The server is away.", "Start it."), 3),
        (ChannelError(ChannelFault.SIGN_IN, "refused"), 4),
        (SecretError("the keychain is locked"), 1),
        (LookupError("There is no mailbox 7."), 5),
        (ValueError("A choice is needed."), 2),
        (PermissionError("Bo was switched off."), 1),
        (KeyError("subject"), 1),
        (RuntimeError("odd"), 1),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_each_error_is_one_line_and_one_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(_: Invocation) -> int:
        raise error

    assert run_safely(command, Invocation(argparse.Namespace(), PROGRAMS)) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("desk-app: ")
    assert len(captured.err.splitlines()) == 1


def test_options_win_over_the_settings_file(tmp_path: Path) -> None:
    args = argparse.Namespace(data=str(tmp_path), keychain="memory", log_level="debug")
    location = Invocation(args, PROGRAMS).location
    assert (location.data_dir, location.keychain, location.log_level) == (tmp_path, "memory", "DEBUG")


def test_an_unknown_log_level_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ticket", "list", "--data", str(tmp_path), "--log-level", "LOUD"], PROGRAMS) == Exit.USAGE
    assert "LOUD" in capsys.readouterr().err


def test_the_demo_runs_offscreen_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[DemoOptions] = []

    def run_demo(options: DemoOptions) -> int:
        seen.append(options)
        return 0

    handed_in = Programs(refuse, refuse, refuse, run_demo)  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    main(["demo"], handed_in)
    monkeypatch.setenv("DISPLAY", ":0")
    main(["demo"], handed_in)
    main(["demo", "--offscreen"], handed_in)
    main(["demo", "--json", "--keep", "x"], handed_in)
    assert [options.offscreen for options in seen] == [True, False, True, True]
    assert (seen[3].json, seen[3].keep) == (True, "x")


def _imported_by(*argv: str, stdin: bytes = b"") -> tuple[int, set[str], bytes]:
    code = (
        "import sys\n"
        "from desk_app.runtime.command import main\n"
        "try:\n"
        f"    code = main({list(argv)!r})\n"
        "except SystemExit as ended:\n"
        "    code = ended.code\n"
        "sys.stderr.write(','.join(sorted(sys.modules)))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=stdin, capture_output=True, timeout=120, check=False)
    return done.returncode, set(done.stderr.decode().split(",")), done.stdout


def test_inspect_loads_neither_qt_nor_sqlalchemy(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(b"From: a@b.example\r\nSubject: hello\r\n\r\nhi\r\n")
    code, modules, out = _imported_by("mail", "inspect", str(file), "--json")
    assert code == 0
    assert json.loads(out)["subject"] == "hello"
    assert not {name for name in modules if name.partition(".")[0] in {"PySide6", "sqlalchemy", "alembic", "psycopg"}}


def test_help_loads_nothing_slow() -> None:
    code, modules, _ = _imported_by("--help")
    assert code == 0
    slow = {"PySide6", "sqlalchemy", "alembic", "psycopg", "imapclient", "keyring", "lxml", "requests", "cryptography"}
    assert not {name for name in modules if name.partition(".")[0] in slow}


def test_python_m_desk_app_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "desk_app", "--version"], capture_output=True, timeout=60, check=False, text=True
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "desk-app")
