"""How an account fares, and when it is time to alarm somebody (MB-04, MB-31, pains.md 3 and 4)."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from desk_app.domain.mailboxes.model import AccountHealth
from desk_app.plugin_api.channel_faults import ChannelError, ChannelFault
from desk_app.services.ports.channels import MAIL, gone

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.model import Account
    from desk_app.services.ports.outside import Channels

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
_PATIENT = {  # a person must act first, so trying often only locks the account
    ChannelFault.SIGN_IN: timedelta(minutes=5),
    ChannelFault.CONSENT: timedelta(minutes=15),
    ChannelFault.SECRET: timedelta(minutes=2),
    ChannelFault.THROTTLED: timedelta(minutes=5),
}

PERSONAL = frozenset({ChannelFault.CONSENT, ChannelFault.SIGN_IN, ChannelFault.SECRET})
"""What only a person can mend."""


def pause_after(failures: int, fault: ChannelFault | None, retry_after: float | None) -> timedelta:
    """Return how long to wait after so many failures in a row: doubling, at least what the fault asks for, with a
    fifth of jitter so that many desktops do not come back together."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * int(2 ** min(max(failures - 1, 0), 10)))
    if fault is not None:
        pause = max(pause, _PATIENT.get(fault, pause))
    if retry_after is not None:
        pause = max(pause, timedelta(seconds=min(retry_after, 6 * 3600)))
    return pause * random.uniform(1.0, 1.2)  # noqa: S311 -- spreads load, keeps no secret


def well(health: AccountHealth, at: datetime, *, backlog: int, next_try_at: datetime | None) -> AccountHealth:
    """Return the health of an account after a poll that worked."""
    return replace(
        health,
        attempted_at=at,
        succeeded_at=at,
        next_try_at=next_try_at,
        failed_polls=0,
        fault="",
        detail="",
        backlog=backlog,
    )


def ill(health: AccountHealth, at: datetime, error: ChannelError) -> AccountHealth:
    """Return the health of an account after a poll that failed."""
    failures = health.failed_polls + 1
    return replace(
        health,
        attempted_at=at,
        next_try_at=at + pause_after(failures, error.fault, error.retry_after),
        failed_polls=failures,
        fault=error.fault.value,
        detail=error.detail[:500],
    )


def retry_now(health: AccountHealth, mended: Collection[ChannelFault] = ()) -> AccountHealth:
    """Return the health of an account that is to be tried again at once; a fault that somebody has just mended is
    forgotten."""
    if health.fault in {fault.value for fault in mended}:
        health = replace(health, failed_polls=0, fault="", detail="")
    return replace(health, next_try_at=None)


def needs_alarm(health: AccountHealth, alarm_after: int) -> bool:
    """Return whether somebody must be told: enough failed polls in a row, or a fault only a person can mend."""
    personal = health.fault in {fault.value for fault in PERSONAL}
    return health.failed_polls >= alarm_after or (health.failed_polls > 0 and personal)


def suspended(
    accounts: Iterable[tuple[Account, AccountHealth]], channels: Callable[[], Channels]
) -> Iterator[tuple[Account, AccountHealth]]:
    """Go through accounts and say of those whose channel nobody brings that they wait. `channels` is asked for accounts
    of plugins only, and does not wait for plugins."""
    for account, health in accounts:
        if account.channel != MAIL and channels().missing(account.channel, wait=False):
            yield account, replace(health, fault=ChannelFault.PLUGIN.value, detail=gone(account.channel))
        else:
            yield account, health
