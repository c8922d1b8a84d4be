"""`desk-app plugin` as admins and authors use it, on a desk in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from desk_app.cli.exits import Exit
from desk_app.runtime.command import main
from tests.support.plugin_folders import write_plugin

COMMANDS = """
    from desk_app.plugin_api import Command, hookimpl

    def _greet(ctx, arguments):
        print("Hello", arguments.name, ctx.plugin_id)
        return 4

    def _break(ctx, arguments):
        raise ValueError("no")

    @hookimpl
    def cli_commands(ctx):
        options = lambda parser: parser.add_argument("name")
        return [Command("greet", "say hello", _greet, options), Command("break", "fail", _break)]
"""


@pytest.fixture
def desk_app(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command on a desk of the test's own; returns exit code and output."""
    monkeypatch.chdir(tmp_path)
    data = ["--data", str(tmp_path / "data"), "--keychain", "memory"]

    def run(*words: str, on_desk: bool = True) -> tuple[int, str, str]:
        argv = [*words[:2], *data, *words[2:]] if words[0] == "plugin" and on_desk else list(words)
        if words[0] != "plugin":
            argv = [*data, *words]
        code = main(argv)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def _states(desk_app: Any) -> dict[str, str]:
    code, out, _ = desk_app("plugin", "list", "--json")
    assert code == Exit.OK
    return {one["id"]: one["state"] for one in json.loads(out)["plugins"]}


def test_pl_02_a_plugin_is_made_packed_installed_switched_on_and_removed(desk_app: Any, tmp_path: Path) -> None:
    assert desk_app("plugin", "new", "greeter", on_desk=False)[0] == Exit.OK
    code, out, err = desk_app("plugin", "validate", "greeter", on_desk=False)
    assert (code, err) == (Exit.OK, "")
    assert "ticket_created" in out
    code, out, _ = desk_app("plugin", "build", "greeter", on_desk=False)
    file = out.strip()
    assert file.endswith("greeter-0.1.0.zip")
    assert desk_app("plugin", "install", file)[0] == Exit.OK
    assert _states(desk_app)["greeter"] == "inactive"
    code, out, err = desk_app("plugin", "enable", "greeter")
    assert code == Exit.FAILED  # nobody there who could agree
    assert "tickets.write" in out
    assert "it is told of them" not in out
    assert "--yes" in err
    assert desk_app("plugin", "enable", "greeter", "--yes")[0] == Exit.OK
    assert _states(desk_app)["greeter"] == "active"
    assert desk_app("plugin", "disable", "greeter")[0] == Exit.OK
    assert _states(desk_app)["greeter"] == "inactive"
    assert desk_app("plugin", "uninstall", "greeter", "--delete-data", "--yes")[0] == Exit.OK
    assert "greeter" not in _states(desk_app)
    assert not (tmp_path / "data" / "plugins" / "greeter").exists()


def test_a_newer_file_updates_a_plugin_that_is_on(desk_app: Any, tmp_path: Path) -> None:
    for version in ("1.0.0", "1.1.0"):
        folder = write_plugin(tmp_path / version, version=version)
        file = desk_app("plugin", "build", str(folder), on_desk=False)[1].strip()
        assert desk_app("plugin", "install", file, "--enable", "--yes")[0] == Exit.OK
    _, out, _ = desk_app("plugin", "list", "--json")
    [one] = [one for one in json.loads(out)["plugins"] if one["id"] == "sample"]
    assert (one["version"], one["state"]) == ("1.1.0", "active")


def test_an_older_version_that_is_off_gives_way_to_the_one_installed(desk_app: Any, tmp_path: Path) -> None:
    files = []
    for version in ("1.0.0", "1.1.0"):
        folder = write_plugin(tmp_path / version, version=version)
        files.append(desk_app("plugin", "build", str(folder), on_desk=False)[1].strip())
    assert desk_app("plugin", "install", files[0], "--enable", "--yes")[0] == Exit.OK
    assert desk_app("plugin", "disable", "sample")[0] == Exit.OK
    assert desk_app("plugin", "install", files[1], "--enable", "--yes")[0] == Exit.OK
    [one] = [one for one in json.loads(desk_app("plugin", "list", "--json")[1])["plugins"] if one["id"] == "sample"]
    assert (one["version"], one["state"]) == ("1.1.0", "active")


def test_pl_10_who_is_no_admin_of_the_desk_switches_no_plugin(
    desk_app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk_app("plugin", "build", str(write_plugin(tmp_path)), on_desk=False)[1].strip()
    monkeypatch.setenv("LOGNAME", "ada")  # the first who signs in runs the desk
    assert desk_app("plugin", "install", file, "--enable", "--yes")[0] == Exit.OK
    monkeypatch.setenv("LOGNAME", "ben")
    for words in (("install", file), ("enable", "sample"), ("disable", "sample"), ("uninstall", "sample")):
        code, out, err = desk_app("plugin", *words)
        assert (code, out) == (Exit.FAILED, "")
        assert err.strip().endswith("Only an admin of the desk can change plugins.")
    assert _states(desk_app)["sample"] == "active"


@pytest.mark.parametrize(
    ("code", "said"),
    [("def broken(:\n", "plugin.py:1"), ("import os\nos._exit(3)", "exit code 3"), ("x = 1", "implements no hook")],
)
def test_a_plugin_that_is_no_good_is_refused_before_anything_is_installed(
    desk_app: Any, tmp_path: Path, code: str, said: str
) -> None:
    import zipfile

    folder = write_plugin(tmp_path, code=code)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    result, _, err = desk_app("plugin", "install", str(tmp_path / "bad.zip"))
    assert result == Exit.FAILED
    assert said in err
    assert "sample" not in _states(desk_app)


def test_a_plugin_brings_subcommands_of_its_own(desk_app: Any, tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, code=COMMANDS)
    file = desk_app("plugin", "build", str(folder), on_desk=False)[1].strip()
    assert desk_app("plugin", "install", file, "--enable")[0] == Exit.OK
    code, out, _ = desk_app("sample", "greet", "Ann")
    assert code == 4
    assert out == "Hello Ann sample\n"
    code, out, _ = desk_app("sample")
    assert code == Exit.OK
    assert "say hello" in out
    code, _, err = desk_app("sample", "break")
    assert code == Exit.FAILED
    assert "“sample” failed: ValueError: no" in err
    assert desk_app("sample", "nothing")[0] == Exit.USAGE
    assert desk_app("plugin", "disable", "sample")[0] == Exit.OK
    code, _, err = desk_app("sample", "greet", "Ann")
    assert code == Exit.USAGE
    assert "not switched on" in err


def test_pl_04_before_an_update_one_sees_which_plugins_would_not_run(desk_app: Any, tmp_path: Path) -> None:
    assert desk_app("plugin", "check")[1].strip() == "No plugin is installed."
    write_plugin(tmp_path / "data" / "plugins", installed=True)
    assert desk_app("plugin", "check")[0] == Exit.OK
    code, out, _ = desk_app("plugin", "check", "--interface", "2.0", "--json")
    assert code == Exit.FAILED
    [one] = json.loads(out)["plugins"]
    assert (one["id"], one["fits"]) == ("sample", False)
    assert "that program has 2.0" in one["reason"]
    assert desk_app("plugin", "check", "--interface", "two")[0] == Exit.USAGE
    assert not list((tmp_path / "data").glob("*.sqlite"))


def test_pl_07_everything_a_plugin_keeps_is_written_into_a_file_but_its_secrets(desk_app: Any, tmp_path: Path) -> None:
    keeps = """
        import sqlalchemy as sa
        from desk_app.plugin_api import Migration, hookimpl

        def _table(tables):
            return tables.define("thing", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))

        def _create(tables, connection):
            tables.create(connection, _table(tables))

        @hookimpl
        def migrations(ctx):
            return [Migration(1, "Things", _create)]

        @hookimpl
        def plugin_activated(ctx):
            ctx.kv.set("seen", [1, 2])
            ctx.settings.set("colour", "red")
            with ctx.tables.begin() as connection:
                connection.execute(sa.insert(_table(ctx.tables)), {"id": 7, "name": "Ünï"})
    """
    manifest = 'permissions = ["secrets"]\n[settings.colour]\ntype = "text"\n[settings.token]\ntype = "secret"'
    folder = write_plugin(tmp_path, code=keeps, manifest=manifest)
    file = desk_app("plugin", "build", str(folder), on_desk=False)[1].strip()
    assert desk_app("plugin", "install", file, "--enable", "--yes")[0] == Exit.OK
    assert desk_app("plugin", "export", "sample", "copy.jsonl")[0] == Exit.OK
    lines = [json.loads(line) for line in (tmp_path / "copy.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0]["plugin"] == "sample"
    assert {"setting": "colour", "value": "red"} in lines
    assert {"key": "seen", "value": [1, 2]} in lines
    assert lines[-2]["columns"] == ["id", "name"]
    assert lines[-1] == {"row": [7, "Ünï"]}
    assert "token" not in (tmp_path / "copy.jsonl").read_text(encoding="utf-8")
    assert desk_app("plugin", "export", "sample", "no/such/folder/copy.jsonl")[0] == Exit.FAILED
    assert desk_app("plugin", "export", "another", "copy.jsonl")[0] == Exit.NOT_FOUND


def test_a_word_nobody_knows_is_explained(desk_app: Any) -> None:
    with pytest.raises(SystemExit) as ended:  # nothing is made for a mistyped word
        desk_app("frobnicate")
    assert ended.value.code == Exit.USAGE
    assert _states(desk_app) is not None  # now there is a desk
    code, _, err = desk_app("frobnicate")
    assert code == Exit.USAGE
    assert "no command and no plugin “frobnicate”" in err


def test_a_plugin_being_written_is_on_where_it_lies_and_loaded_anew_on_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desk_app.plugin_host.dev import DevWatch
    from tests.support.plugin_folders import WELL_BEHAVED

    calls: list[str] = []

    class Control:
        def deactivate(self, slug: str) -> None:
            calls.append(f"off {slug}")

        def activate(self, slug: str, granted: object) -> None:
            calls.append(f"on {slug}")

    told: list[str] = []
    folder = write_plugin(tmp_path)
    watch = DevWatch(Control(), [folder], told.append)  # type: ignore[arg-type]
    watch.look(folder)
    watch.look(folder)
    assert calls == ["off sample", "on sample"]
    (folder / "plugin.py").write_text(WELL_BEHAVED.replace("    ", "") + "\n# changed\n")
    watch.look(folder)
    assert calls[2:] == ["off sample", "on sample"]
    (folder / "plugin.toml").write_text("id = ")
    watch.look(folder)
    assert len(calls) == 4
    assert "plugin.toml" in told[-1]
    assert os.sep in str(folder)


def test_pl_10_a_plugin_is_signed_trusted_and_taken_back(desk_app: Any, tmp_path: Path) -> None:
    files = []
    _code, out, _err = desk_app("plugin", "key", "ann.pem", on_desk=False)
    public = out.strip().splitlines()[-1]
    assert desk_app("plugin", "key", "ann.pem", on_desk=False)[0] == Exit.FAILED
    for version in ("1.0.0", "1.1.0"):
        folder = write_plugin(tmp_path / version, "sample", version=version)
        code, out, _ = desk_app("plugin", "build", str(folder), "--sign", "ann.pem", on_desk=False)
        assert code == Exit.OK
        files.append(out.strip())
    code, out, _ = desk_app("plugin", "install", files[0], "--enable", "--yes")
    assert code == Exit.OK
    assert f"a key this desk does not know: {public}" in out
    assert desk_app("plugin", "trust", "Ann", "no key")[0] == Exit.USAGE
    assert desk_app("plugin", "trust", "Ann", public)[0] == Exit.OK
    code, out, _ = desk_app("plugin", "install", files[1])
    assert code == Exit.OK
    assert "It is signed by Ann." in out
    assert desk_app("plugin", "trust", "--forget", "Ann")[0] == Exit.OK
    assert desk_app("plugin", "trust", "--forget", "Ann")[0] == Exit.NOT_FOUND
    code, out, _ = desk_app("plugin", "rollback", "sample")
    assert (code, "is back at version 1.0.0" in out) == (Exit.OK, True)
    with Path(files[1]).open("ab") as changed:
        changed.write(b"x")
    code, _, err = desk_app("plugin", "install", files[1])
    assert code == Exit.FAILED
    assert "nothing was changed. It is not what was signed" in err


def test_pl_01_who_does_not_ask_to_read_tickets_is_said_to_be_told_of_them(desk_app: Any, tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "sample", manifest='permissions = ["network"]')
    file = desk_app("plugin", "build", str(folder), on_desk=False)[1].strip()
    out = desk_app("plugin", "install", file, "--enable", "--yes")[1]
    assert "Where it takes part in what happens to tickets, it is told of them without asking." in out


REPORTS = """
    from datetime import date
    from desk_app.plugin_api import Parameter, ReportTable, ReportType, hookimpl

    def _run(ctx, values):
        if values["least"] > 50:
            raise ValueError("That is too much.")
        if values["kind"] == "break":
            raise RuntimeError("boom")
        rows = [("=cmd", values["least"], str(values["start"]))] * 2
        return ReportTable(("Word", "Least"), rows, ("all", 2))

    @hookimpl
    def report_types(ctx):
        asks = (
            Parameter("least", "At least", "number", default=3), Parameter("start", "From", "date"),
            Parameter("kind", "Kind", "choice", choices={"plain": "Plain", "break": "Break"}),
        )
        return [ReportType("sample.words", "Words", _run, asks)]
"""


def test_pl_06_reports_of_plugins_are_computed_by_a_command(desk_app: Any, tmp_path: Path) -> None:
    assert "No plugin that is on brings a report." in desk_app("report")[1]
    folder = write_plugin(tmp_path, "sample", REPORTS)
    file = desk_app("plugin", "build", str(folder), on_desk=False)[1].strip()
    assert desk_app("plugin", "install", file, "--enable", "--yes")[0] == Exit.OK
    code, out, _ = desk_app("report", "--json")
    (listed,) = json.loads(out)["reports"]
    assert (listed["id"], [one["name"] for one in listed["asks"]]) == ("sample.words", ["least", "start", "kind"])
    code, out, _ = desk_app("report", "sample.words", "--set", "least=7", "--set", "start=2026-11-02", "--json")
    assert code == Exit.OK
    assert json.loads(out)["rows"][0] == ["=cmd", 7, "2026-11-02"]
    code, out, _ = desk_app("report", "sample.words", "--csv", "out.csv")
    assert (code, (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()[1]) == (Exit.OK, "'=cmd,3,None")
    assert "WORD" in desk_app("report", "sample.words")[1]
    for given, code, said in (
        (["--set", "least=many"], Exit.USAGE, "cannot be “least”"),
        (["--set", "kind=x"], Exit.USAGE, "It may be: plain, break."),
        (["--set", "other=1"], Exit.USAGE, "It asks for: least, start, kind."),
        (["--set", "least=99"], Exit.FAILED, "That is too much."),
        (["--set", "kind=break"], Exit.FAILED, "RuntimeError: boom"),
    ):
        found, _, err = desk_app("report", "sample.words", *given)
        assert (found, said in err) == (code, True), err
    assert desk_app("report", "nothing")[0] == Exit.NOT_FOUND
