"""Tables and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.cli.output import complain, instant, print_json, print_table, safe_text
from desk_app.infra import logging as desk_logging


class Colour(StrEnum):
    RED = "red"


def test_json_has_utc_instants_and_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 2, 9, 30, tzinfo=timezone(timedelta(hours=7)))
    print_json({"at": at, "colour": Colour.RED, "names": frozenset({"b", "a"}), "text": "café 茶"})
    out = capsys.readouterr().out
    assert json.loads(out) == {"at": "2026-11-02T02:30:00Z", "colour": "red", "names": ["a", "b"], "text": "café 茶"}
    assert "茶" in out


def test_what_json_cannot_hold_is_an_error() -> None:
    with pytest.raises(TypeError, match="object"):
        print_json({"x": object()})


def test_columns_line_up_for_wide_letters_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_table(("a", "subject", "end"), [("1", "茶" * 40, "x"), ("22", "short", "y"), ("3", None, "z")], stretch=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["A", "SUBJECT", "END"]
    assert lines[1].endswith("…  x") or "… " in lines[1]
    width = sum(2 if ord(char) > 0x2E80 else 1 for char in lines[1])
    assert width <= 40
    assert lines[2].index("y") == lines[3].index("z")


def test_what_is_piped_on_is_never_cut(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(("subject",), [("long " * 60,)], stretch=0)
    assert "…" not in capsys.readouterr().out


@given(st.text())
def test_text_of_others_never_controls_the_terminal(text: str) -> None:
    assert not any(ord(char) < 32 and char not in "\n\t" for char in safe_text(text))
    assert "\x7f" not in safe_text(text)
    assert "\x9b" not in safe_text(text)


def test_complaints_are_one_line_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    desk_logging.hide("Geheim-4711")
    complain("It failed:\npassword=hunter2 Geheim-4711", "Try\nagain.")
    desk_logging._known.clear()
    err = capsys.readouterr().err
    assert err == f"desk-app: It failed: password={desk_logging.HIDDEN} {desk_logging.HIDDEN} Try again.\n"


def test_no_instant_is_nothing() -> None:
    assert instant(None) == ""
    assert len(instant(datetime(2026, 1, 2, 3, 4, tzinfo=UTC))) == len("2026-01-02 03:04")
