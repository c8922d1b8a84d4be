"""NT-03: quiet hours, digest and bursts, as a pure function that loses and doubles nothing."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.notifications.choices import (
    BUILT_IN,
    NotificationChoices,
    NotificationDefaults,
    QuietHours,
)
from desk_app.domain.notifications.model import Channel, Notice, NoticeKind
from desk_app.domain.notifications.showing import (
    BURST,
    LATE,
    LONGEST_WAIT,
    LOOK_BACK,
    SETTLE,
    Dealt,
    PopupKind,
    plan,
)

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
BOTH = Channel.CENTRE | Channel.DESKTOP


def notice(
    number: int,
    *,
    seconds_ago: float = 10,
    kind: NoticeKind = NoticeKind.NEW_TICKET,
    ticket: int | None = None,
    department: int = 1,
    channels: Channel = BOTH,
) -> Notice:
    at = NOON - timedelta(seconds=seconds_ago)
    return Notice(number, kind, at, channels, ticket if ticket is not None else number, department)


def test_nt_03_a_burst_of_new_tickets_is_one_popup_per_department() -> None:
    waiting = [notice(n) for n in range(1, 6)] + [notice(9, department=2)]
    found = plan(waiting, NotificationChoices(), NOON)
    assert [(popup.kind, len(popup.notices)) for popup in found.popups] == [
        (PopupKind.NEW_TICKETS, 5),
        (PopupKind.TICKET, 1),
    ]
    assert found.popups[0].key == "new:1"


def test_nt_03_what_concerns_one_ticket_is_one_popup() -> None:
    waiting = [
        notice(1, kind=NoticeKind.CUSTOMER_WROTE, ticket=7, seconds_ago=9),
        notice(2, kind=NoticeKind.MENTIONED, ticket=7, seconds_ago=8),
    ]
    (popup,) = plan(waiting, NotificationChoices(), NOON).popups
    assert popup.key == "ticket:7"
    assert [one.id for one in popup.notices] == [1, 2]


def test_nt_03_a_notification_waits_a_moment_for_its_burst_but_not_for_ever() -> None:
    found = plan([notice(1, seconds_ago=0.2)], NotificationChoices(), NOON)
    assert not found.popups
    assert found.again_at == NOON - timedelta(seconds=0.2) + SETTLE
    endless = [notice(n, seconds_ago=n / 10) for n in range(1, 80)]
    found = plan(endless, NotificationChoices(), NOON)
    assert len(found.popups) == 1, "the first has waited long enough"
    assert timedelta(seconds=7.9) > LONGEST_WAIT


def test_nt_03_quiet_hours_hold_everything_and_end_in_one_digest() -> None:
    quiet = NotificationChoices(quiet=QuietHours(on=True, start=time(20), end=time(8), zone="UTC"))
    night = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    waiting = [Notice(n, NoticeKind.CUSTOMER_WROTE, night - timedelta(minutes=n), BOTH, n, 1) for n in range(1, 8)]
    found = plan(waiting, quiet, night)
    assert not found.popups
    assert len(found.held) == 7
    assert found.again_at == datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    (digest,) = plan(found.held, quiet, found.again_at).popups
    assert digest.kind is PopupKind.DIGEST
    assert len(digest.notices) == 7


def test_nt_03_one_missed_notification_is_shown_as_itself() -> None:
    (popup,) = plan([notice(1, seconds_ago=LATE.total_seconds() + 60)], NotificationChoices(), NOON).popups
    assert popup.kind is PopupKind.TICKET


def test_nt_03_a_pause_holds_until_its_end_and_runs_into_quiet_hours() -> None:
    paused = NotificationChoices(paused_until=NOON + timedelta(hours=1))
    assert plan([notice(1)], paused, NOON).again_at == NOON + timedelta(hours=1)
    evening = NotificationChoices(
        paused_until=NOON + timedelta(hours=9), quiet=QuietHours(on=True, start=time(20), end=time(8), zone="UTC")
    )
    assert evening.left_alone_until(NOON) == datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    assert NotificationChoices(paused_until=NOON - timedelta(minutes=1)).left_alone_until(NOON) is None


def test_nt_03_a_weekend_is_quiet_to_its_end() -> None:
    quiet = QuietHours(on=True, start=time(20), end=time(8), weekend=True, zone="Europe/Berlin")
    friday_night = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)
    until = quiet.until(friday_night)
    assert until is not None
    assert until.astimezone(UTC) == datetime(2026, 11, 30, 7, 0, tzinfo=UTC), "Monday at 8:00 in Berlin"
    assert quiet.until(datetime(2026, 11, 27, 15, 0, tzinfo=UTC)) is None


def test_nt_03_the_zone_decides_and_an_unknown_one_is_the_computers() -> None:
    at = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)  # 20:30 in Jakarta
    assert QuietHours(on=True, zone="Asia/Jakarta").until(at) is not None
    assert QuietHours(on=True, zone="UTC").until(at) is None
    local = QuietHours(on=True, start=time(0), end=time(23, 59), zone="No/Where")
    assert local.until(at) == QuietHours(on=True, start=time(0), end=time(23, 59)).until(at)


def test_nt_02_the_agents_word_beats_department_desk_and_built_in() -> None:
    kind = NoticeKind.NEW_TICKET
    plain = NotificationDefaults()
    assert plain.channels(kind, 1) == BUILT_IN[kind]
    desk = NotificationDefaults(desk={kind: Channel.CENTRE})
    assert desk.channels(kind, 1) == Channel.CENTRE
    both = NotificationDefaults(desk={kind: Channel.CENTRE}, departments={1: {kind: Channel.SOUND}})
    assert both.channels(kind, 1) == Channel.SOUND
    assert both.channels(kind, 2) == Channel.CENTRE
    assert both.channels(kind, 1, {kind: Channel.NONE}) == Channel.NONE


def test_choices_survive_being_stored_and_nonsense_is_left_out() -> None:
    chosen = NotificationChoices(
        matrix={NoticeKind.MENTIONED: Channel.SOUND, NoticeKind.WOKEN: Channel.NONE},
        quiet=QuietHours(True, time(21, 30), time(6, 15), True, "Asia/Jakarta"),
        private=True,
        sound=False,
        paused_until=NOON,
    )
    assert NotificationChoices.read(chosen.stored()) == chosen
    assert NotificationChoices.read({"matrix": {"mentioned": "x", "odd": 3}, "quiet": 7, "paused_until": "soon"}) == (
        NotificationChoices()
    )
    defaults = NotificationDefaults({NoticeKind.WOKEN: Channel.SOUND}, {3: {NoticeKind.WOKEN: Channel.CENTRE}})
    assert NotificationDefaults.read(defaults.stored()) == defaults
    assert NotificationDefaults.read("nothing") == NotificationDefaults()


def test_only_heard_notifications_are_not_seen() -> None:
    (popup,) = plan([notice(1, channels=Channel.SOUND)], NotificationChoices(), NOON).popups
    assert popup.sound
    assert popup.shown == ()
    (popup,) = plan([notice(1, channels=Channel.SOUND)], NotificationChoices(sound=False), NOON).popups
    assert not popup.sound


notices = st.lists(
    st.builds(
        notice,
        st.integers(1, 10_000),
        seconds_ago=st.floats(0, 400),
        kind=st.sampled_from(list(NoticeKind)),
        ticket=st.integers(1, 6),
        department=st.integers(1, 3),
        channels=st.sampled_from([Channel(bits) for bits in range(8)]),
    ),
    max_size=40,
    unique_by=lambda one: one.id,
)
hours = st.builds(
    QuietHours,
    on=st.booleans(),
    start=st.times(),
    end=st.times(),
    weekend=st.booleans(),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Jakarta", "America/New_York"]),
)


@given(notices, hours, st.integers(0, 2 * 365 * 24 * 3600))
def test_nt_03_nothing_is_lost_and_nothing_is_shown_twice(waiting: list[Notice], quiet: QuietHours, later: int) -> None:
    choices = NotificationChoices(quiet=quiet)
    found = plan(waiting, choices, NOON)
    shown = [one.id for popup in found.popups for one in popup.notices]
    wanted = {one.id for one in waiting if one.channels & (Channel.DESKTOP | Channel.SOUND)}
    assert len(shown) == len(set(shown))
    assert set(shown) | {one.id for one in found.held} == wanted
    assert not set(shown) & {one.id for one in found.held}
    assert len(found.popups) <= BURST
    assert len({popup.key for popup in found.popups}) == len(found.popups)
    assert bool(found.held) == (found.again_at is not None)
    if choices.left_alone_until(NOON) is not None:
        assert not found.popups
    now = NOON + timedelta(seconds=later)
    until = quiet.until(now)
    if until is not None:
        assert until > now
        assert quiet.until(until) is None, "the quiet ends where it says"


@pytest.mark.parametrize("day", range(1, 29))
def test_nt_03_the_end_of_quiet_hours_exists_on_days_with_another_clock(day: int) -> None:
    quiet = QuietHours(on=True, start=time(1, 30), end=time(2, 30), zone="Europe/Berlin")
    for month in (3, 10):
        now = datetime(2026, month, day, 0, 45, tzinfo=UTC)
        until = quiet.until(now)
        assert until is None or until > now


@given(
    st.lists(st.tuples(st.floats(0, 3600), st.floats(0, LOOK_BACK.total_seconds() - 1), st.booleans()), max_size=20),
    st.lists(st.floats(0, 9000), max_size=12),
)
def test_nt_01_whatever_is_late_each_notification_is_dealt_with_once(
    written: list[tuple[float, float, bool]], looks: list[float]
) -> None:
    """Numbers are given in the order of the moments; what is written then can be read some time later."""
    all_of_them = [
        (notice(number, seconds_ago=-at), at + wait, held)
        for number, (at, wait, held) in enumerate(sorted(written), start=1)
    ]
    dealt, told = Dealt(0), list[int]()
    for number, seconds in enumerate([*sorted(looks), 10_000, 20_000, 30_000]):
        now = NOON + timedelta(seconds=seconds)
        read = [one for one, there_at, _held in all_of_them if there_at <= seconds and one.id > dealt.mark]
        waiting = dealt.waiting(read)
        patient = {one.id for one, _at, held in all_of_them if held} if number % 2 and seconds < 30_000 else set()
        held = [one for one in waiting if one.id in patient]
        told += [one.id for one in waiting if one.id not in patient]
        dealt = dealt.after(read, held, now)
    assert sorted(told) == [one.id for one, _at, _held in all_of_them]
    assert dealt.above == frozenset()
