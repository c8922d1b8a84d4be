"""What outlives a program that crashes names the right plugin, and nobody else (plugins.md, "Isolation")."""

from __future__ import annotations

import json
import os
from pathlib import Path

from desk_app.plugin_host.start_marks import LeftBehind, LoadingMarks


def test_the_mark_of_a_dead_program_with_our_number_is_read(tmp_path: Path) -> None:
    """In a container every program has the same number."""
    (tmp_path / f"loading-{os.getpid()}.json").write_text(json.dumps([{"slug": "sample", "version": "1.0"}]))
    assert LoadingMarks(tmp_path).left_behind() == [LeftBehind("sample", "1.0")]
    assert not list(tmp_path.iterdir())


def test_a_program_that_ends_as_it_should_blames_nobody(tmp_path: Path) -> None:
    marks = LoadingMarks(tmp_path)
    with marks.loading("slow", "1.0"):
        marks.close()
        assert LoadingMarks(tmp_path).left_behind() == []
    assert not list(tmp_path.iterdir())
