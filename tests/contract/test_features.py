"""docs/features.md names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    line.split("|")[1:4] for line in (ROOT / "docs" / "features.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "::" in line
]  # fmt: skip


@pytest.mark.parametrize(("row", "shown_by"), [(row.strip(), shown) for row, _, shown in ROWS])
def test_every_feature_names_tests_that_exist(row: str, shown_by: str) -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", shown_by)
    assert named, row
    for path, name in named:
        tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, f"{path}::{name}"


def test_no_row_is_there_twice() -> None:
    rows = [row.strip() for row, _, _ in ROWS]
    assert len(rows) == len(set(rows)) >= 50
