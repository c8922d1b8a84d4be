"""A plugin that ends the program is named and paused at the next start (plugins.md, "Isolation and recovery mode")."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.plugin_folders import WELL_BEHAVED, write_plugin

SEGFAULT = "import ctypes; ctypes.string_at(0)"
EXIT = "import os; os._exit(7)"
AT_ACTIVATION = """
    from desk_app.plugin_api import hookimpl
    @hookimpl
    def plugin_activated(ctx):
        import os
        os._exit(7)
"""


class Programs:
    """Programs on one desk, one after the other, each a process."""

    def __init__(self, tmp_path: Path) -> None:
        self.data = tmp_path / "data"
        self.bundled = tmp_path / "bundled"
        self.data.mkdir(mode=0o700)
        self.bundled.mkdir()

    def run(self, what: str, which: str = "") -> tuple[int, dict[str, Any]]:
        command = [sys.executable, "-m", "tests.support.plugin_child", str(self.data), str(self.bundled), what]
        done = subprocess.run(
            [*command, *([which] if which else [])],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=Path(__file__).parents[3],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        )
        return done.returncode, json.loads(done.stdout or "{}")


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


@pytest.mark.parametrize("code", [EXIT, SEGFAULT, AT_ACTIVATION])
def test_a_plugin_that_ends_the_program_while_it_is_switched_on_is_named_and_paused(
    programs: Programs, code: str
) -> None:
    write_plugin(programs.bundled, "bad", code)
    write_plugin(programs.bundled, "good", WELL_BEHAVED)
    assert programs.run("activate", "good")[0] == 0
    code_of_end, said = programs.run("activate", "bad")
    assert (code_of_end != 0, said) == (True, {})
    code_of_end, said = programs.run("start")
    assert code_of_end == 0
    assert said["states"] == {
        "bad": ["paused", "The program ended while this plugin was being loaded."],
        "good": ["active", ""],
    }
    assert programs.run("start")[1]["states"]["bad"][0] == "paused", "and stays so until a person says otherwise"


def test_a_plugin_that_ends_the_program_at_a_start_is_paused_at_the_next(programs: Programs) -> None:
    write_plugin(programs.bundled, "bad", WELL_BEHAVED)
    assert programs.run("activate", "bad")[0] == 0
    write_plugin(programs.bundled, "bad", EXIT)
    assert programs.run("start")[0] == 7
    code, said = programs.run("start")
    assert (code, said["states"]["bad"][0], said["safe"]) == (0, "paused", "")


def test_two_starts_that_ended_early_leave_plugins_out_once(programs: Programs) -> None:
    write_plugin(programs.bundled, "sample", WELL_BEHAVED)
    assert programs.run("activate", "sample")[0] == 0
    for _ in range(2):
        code, said = programs.run("vanish")
        assert (code, said["states"]["sample"][0], said["safe"]) == (1, "active", "")
    code, said = programs.run("start")
    assert code == 0
    assert "ended early" in said["safe"]
    assert said["states"]["sample"] == ["inactive", said["safe"]]
    code, said = programs.run("start")
    assert (said["states"]["sample"][0], said["safe"]) == ("active", "")


def test_a_safe_start_loads_nothing_and_lists_everything(programs: Programs) -> None:
    write_plugin(programs.bundled, "sample", WELL_BEHAVED)
    assert programs.run("activate", "sample")[0] == 0
    write_plugin(programs.bundled, "sample", EXIT)
    code, said = programs.run("safe")
    assert code == 0
    assert said["states"]["sample"] == ["inactive", "The program was started without plugins."]


def test_what_ended_a_program_on_this_computer_stays_on_for_the_others(programs: Programs) -> None:
    write_plugin(programs.bundled, "bad", WELL_BEHAVED)
    assert programs.run("activate", "bad")[0] == 0
    write_plugin(programs.bundled, "bad", SEGFAULT)
    assert programs.run("start")[0] < 0
    for kind in ("service", "gui"):
        code, said = programs.run("start", kind)
        assert (code, said["states"]["bad"]) == (0, ["paused", "The program ended while this plugin was being loaded."])
    with closing(sqlite3.connect(programs.data / "desk.sqlite")) as database:
        assert database.execute("SELECT wanted, paused FROM plugin").fetchall() == [(1, "")]
    write_plugin(programs.bundled, "bad", WELL_BEHAVED, version="1.1.0")
    assert programs.run("start")[1]["states"]["bad"][0] == "active", "another version is tried by itself"


TABLES = """
    from sqlalchemy import Column, Integer
    from desk_app.plugin_api import Migration, hookimpl

    def first(tables, connection):
        table = tables.define("entry", Column("id", Integer, primary_key=True))
        tables.create(connection, table)
        connection.execute(table.insert().values(id=1))

    @hookimpl
    def migrations(ctx):
        return [Migration(1, "entries", first)]
"""


def test_two_programs_that_switch_a_plugin_at_once_come_to_one_end(programs: Programs) -> None:
    write_plugin(programs.bundled, "sample", TABLES)
    assert programs.run("start")[0] == 0
    for orders in (("activate", "activate"), ("activate", "deactivate"), ("deactivate", "activate")):
        with ThreadPoolExecutor(2) as both:
            ended = list(both.map(lambda order: programs.run(order, "sample"), orders))
        assert [code for code, _ in ended] == [0, 0], ended
        state, reason = programs.run("start")[1]["states"]["sample"]
        assert reason == ""
        with closing(sqlite3.connect(programs.data / "desk.sqlite")) as database:
            ((wanted, paused, tables),) = database.execute("SELECT wanted, paused, table_version FROM plugin")
            assert database.execute("SELECT id FROM px_sample__entry").fetchall() == [(1,)], "the step was done once"
        assert (bool(wanted), paused, tables) == (state == "active", "", 1)


def test_an_update_that_ends_the_program_leaves_the_version_before_running(programs: Programs) -> None:
    installed = programs.data / "plugins"
    write_plugin(installed, "sample", WELL_BEHAVED, installed=True)
    assert programs.run("activate", "sample")[0] == 0
    write_plugin(installed, "sample", EXIT, version="2.0", installed=True)
    assert programs.run("update", "sample")[0] == 7
    code, said = programs.run("start")
    assert (code, said["states"]["sample"]) == (0, ["active", ""])
