"""When a ticket is to wake up, as people type it (IN-12)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.tickets.moments import read_moment

ZONE = timezone(timedelta(hours=7), "WIB")
NOW = datetime(2026, 11, 25, 10, 30, tzinfo=ZONE)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in 2 hours", "2026-11-25 12:30"),
        ("2h", "2026-11-25 12:30"),
        ("en 3 horas", "2026-11-25 13:30"),
        ("2 jam lagi", "2026-11-25 12:30"),
        ("in 20 minutes", "2026-11-25 10:50"),
        ("in a week", "2026-12-02 08:00"),
        ("in 3 days", "2026-11-28 08:00"),
        ("in 1 month", "2026-12-25 08:00"),
        ("friday 9:00", "2026-11-27 09:00"),
        ("Friday at 9", "2026-11-27 09:00"),
        ("viernes 9:00", "2026-11-27 09:00"),
        ("jumat 9", "2026-11-27 09:00"),
        ("wednesday", "2026-12-02 08:00"),
        ("tomorrow", "2026-11-26 08:00"),
        ("mañana 15:00", "2026-11-26 15:00"),
        ("besok pukul 8", "2026-11-26 08:00"),
        ("tomorrow 3pm", "2026-11-26 15:00"),
        ("tomorrow at 3 pm", "2026-11-26 15:00"),
        ("tonight", "2026-11-25 19:00"),
        ("9:00", "2026-11-26 09:00"),
        ("17:45", "2026-11-25 17:45"),
        ("2026-12-01 08:15", "2026-12-01 08:15"),
        ("1 dec", "2026-12-01 08:00"),
        ("December 1 14:00", "2026-12-01 14:00"),
        ("3 enero", "2027-01-03 08:00"),
        ("24/12", "2026-12-24 08:00"),
        ("24.12.2026 7:30", "2026-12-24 07:30"),
        ("miércoles 8:00", "2026-12-02 08:00"),
    ],
)
def test_in_12_what_people_type_is_understood(text: str, expected: str) -> None:
    found = read_moment(text, NOW)
    assert found is not None, text
    assert found.strftime("%Y-%m-%d %H:%M") == expected
    assert found.utcoffset() == NOW.utcoffset()


@pytest.mark.parametrize(
    "text", ["", "later", "refund", "2020-01-01", "today 9:00", "friday banana", "25:00", "31 feb"]
)
def test_in_12_what_names_no_moment_to_come_is_refused(text: str) -> None:
    assert read_moment(text, NOW) is None


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "in 9999 months"])
def test_in_12_a_year_that_no_clock_can_place_is_refused(text: str) -> None:
    assert read_moment(text, NOW.astimezone()) is None


@given(st.text(max_size=40))
def test_in_12_any_text_gives_a_moment_to_come_or_nothing(text: str) -> None:
    found = read_moment(text, NOW)
    assert found is None or found > NOW


@given(st.integers(1, 500))
def test_in_12_a_number_of_hours_is_that_many_hours(count: int) -> None:
    assert read_moment(f"in {count} hours", NOW) == NOW + timedelta(hours=count)
