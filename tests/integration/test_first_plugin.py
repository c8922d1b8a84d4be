"""The guide for authors works word for word: its commands are run, its files are written."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "plugins"
BLOCK = re.compile(r"^```(sh|python|toml)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def follow(page: str, tmp_path: Path) -> tuple[int, str]:
    """Do what a page says; returns how many commands that were, and what the last one printed."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
        "DESK_APP_DATA": str(tmp_path / "data"),
        "HOME": str(tmp_path),
    }
    commands, printed = 0, ""
    for kind, file, text in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if kind != "sh":
            assert file, "a file of the guide says where it belongs"
            target = tmp_path / file
            assert target.exists(), f"{file} was not made by the steps before"
            target.write_text(text, encoding="utf-8")
            continue
        for line in text.splitlines():
            assert line.startswith("$ desk-app ")
            words = shlex.split(line.removeprefix("$ desk-app "))
            done = subprocess.run(
                [sys.executable, "-m", "desk_app", *words],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            commands, printed = commands + 1, done.stdout
    return commands, printed


@pytest.mark.timeout(240)
def test_pl_08_the_guide_works_word_for_word(tmp_path: Path) -> None:
    commands, printed = follow("first-plugin.md", tmp_path)
    assert commands == 8
    assert re.search(r"greeter\s+0\.2\.0\s+user\s+active", printed), printed


@pytest.mark.timeout(120)
def test_pl_08_a_channel_is_made_as_its_page_says(tmp_path: Path) -> None:
    commands, printed = follow("channels.md", tmp_path)
    assert commands == 3
    assert "1 passed" in printed
