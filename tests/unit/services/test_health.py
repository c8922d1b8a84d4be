"""Back-off and alarms (MB-04, pains.md 3 and 4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.mailboxes.model import AccountHealth
from desk_app.plugin_api.channels import ChannelError, ChannelFault
from desk_app.services.mailboxes.health import LONGEST_PAUSE, ill, needs_alarm, pause_after, well

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@given(st.integers(0, 10_000), st.sampled_from([None, *ChannelFault]), st.none() | st.floats(0, 10**7))
def test_a_pause_is_never_short_nor_endless(
    failures: int, fault: ChannelFault | None, retry_after: float | None
) -> None:
    pause = pause_after(failures, fault, retry_after)
    assert timedelta(seconds=15) <= pause <= timedelta(hours=6) * 1.2
    if retry_after is not None and retry_after < 3600:
        assert pause >= timedelta(seconds=retry_after)


def test_pauses_grow_and_stay_apart_by_jitter() -> None:
    assert pause_after(1, ChannelFault.NETWORK, None) < pause_after(4, ChannelFault.NETWORK, None)
    assert pause_after(40, ChannelFault.NETWORK, None) >= LONGEST_PAUSE
    assert len({pause_after(3, None, None) for _ in range(20)}) > 1


def test_failures_are_counted_until_one_poll_works() -> None:
    health = AccountHealth(1)
    for _ in range(2):
        health = ill(health, NOW, ChannelError(ChannelFault.NETWORK, "no route"))
    assert (health.failed_polls, health.fault, health.detail) == (2, "network", "no route")
    assert health.next_try_at is not None
    again = well(health, NOW, backlog=3, next_try_at=None)
    assert (again.failed_polls, again.fault, again.backlog, again.succeeded_at) == (0, "", 3, NOW)


@pytest.mark.parametrize(
    ("failures", "fault", "alarm"),
    [(2, "network", False), (3, "network", True), (1, "consent", True), (1, "sign_in", True), (0, "", False)],
)
def test_mb_04_somebody_is_told_in_time(failures: int, fault: str, alarm: bool) -> None:
    assert needs_alarm(AccountHealth(1, failed_polls=failures, fault=fault), 3) is alarm
