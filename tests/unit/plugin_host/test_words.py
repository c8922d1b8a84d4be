"""Translations of plugins are used where they can be filled in as the English text is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desk_app.plugin_host.own_words import OwnWords, keeps_placeholders, words_problems


def words(tmp_path: Path, content: Any, complaints: list[str]) -> OwnWords:
    (tmp_path / "i18n").mkdir()
    (tmp_path / "i18n" / "es.json").write_text(
        content if isinstance(content, str) else json.dumps(content), encoding="utf-8"
    )
    return OwnWords(tmp_path, lambda: "es", lambda text, *more: complaints.append(text % more))


@pytest.mark.parametrize(
    ("text", "translation", "kept"),
    [
        ("{count} tickets", "{count} tickets abiertos", True),
        ("{a} of {b}", "{b}: {a}", True),
        ("{count} tickets", "muchos tickets", False),
        ("{count} tickets", "{cuenta} tickets", False),
        ("{count} tickets", "{count tickets", False),
        ("{count} tickets", "{count.__class__} tickets", False),
        ("Open", "{0}", False),
        ("A lone { stands here", "Una { sola", True),
    ],
)
def test_placeholders_are_kept_or_english_is_shown(text: str, translation: str, kept: bool) -> None:
    assert keeps_placeholders(text, translation) is kept


def test_a_broken_translation_is_left_out_and_named(tmp_path: Path) -> None:
    complaints: list[str] = []
    made = words(tmp_path, {"{n} left": "quedan {m}", "Open": "Abierto"}, complaints)
    assert (made.tr("{n} left"), made.tr("Open")) == ("{n} left", "Abierto")
    assert "{n} left" in complaints[0]


@pytest.mark.parametrize("content", ["[]", "{", '{"A": 5}', '{"{n} left": "quedan {m}"}'])
def test_validation_warns_of_it(tmp_path: Path, content: str) -> None:
    words(tmp_path, content, [])
    (problem,) = words_problems(tmp_path)
    assert not problem.error
    assert problem.file.name == "es.json"
