"""What an agent wants to be told, where, and when to be left alone (NT-02, NT-03)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from desk_app.domain.notifications.model import Channel, NoticeKind

Matrix = Mapping[NoticeKind, Channel]

BUILT_IN: Matrix = {
    NoticeKind.MENTIONED: Channel.CENTRE | Channel.DESKTOP | Channel.SOUND,
    NoticeKind.ASSIGNED: Channel.CENTRE | Channel.DESKTOP,
    NoticeKind.SEND_FAILED: Channel.CENTRE | Channel.DESKTOP,
    NoticeKind.CUSTOMER_WROTE: Channel.CENTRE | Channel.DESKTOP,
    NoticeKind.NOTE_ADDED: Channel.CENTRE,
    NoticeKind.WOKEN: Channel.CENTRE | Channel.DESKTOP,
    NoticeKind.NEW_TICKET: Channel.CENTRE | Channel.DESKTOP,
    NoticeKind.MAILBOX_ALARM: Channel.CENTRE | Channel.DESKTOP,
    NoticeKind.JOB_FINISHED: Channel.CENTRE,
}
"""What holds where neither the agent nor the department nor the desk chose."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nothing pops up: from `start` to `end` by the clock of `zone` (IANA name; "" is the computer's), over
    midnight where `end` is earlier; on Saturdays and Sundays the whole day with `weekend`."""

    on: bool = False
    start: time = time(20)
    end: time = time(8)
    weekend: bool = False
    zone: str = ""

    def until(self, now: datetime) -> datetime | None:
        """Return when the quiet that `now` lies in ends, None where it is not quiet."""
        if not self.on:
            return None
        local = now.astimezone(_zone(self.zone))
        if not self._quiet(local):
            return None
        for day in range(9):
            for at in self._edges(local.date() + timedelta(days=day), local.tzinfo):
                if at > local and not self._quiet(at):
                    return at.astimezone(now.tzinfo)
        return None

    def _quiet(self, local: datetime) -> bool:
        if self.weekend and local.weekday() >= _SATURDAY:
            return True
        clock = local.time().replace(tzinfo=None, fold=0)
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def _edges(self, day: date, zone: tzinfo | None) -> Iterable[datetime]:
        return (datetime.combine(day, at, zone) for at in sorted({time(0), self.end}))


@dataclass(frozen=True, slots=True)
class NotificationChoices:
    """One agent's choices. `matrix` holds only what the agent chose; the rest comes from the defaults."""

    matrix: Matrix = field(default_factory=dict)
    quiet: QuietHours = field(default_factory=QuietHours)
    private: bool = False
    """Say what happened, never what was written."""
    sound: bool = True
    """Whether anything may be heard at all."""
    paused_until: datetime | None = None

    def left_alone_until(self, now: datetime) -> datetime | None:
        """Return until when nothing may pop up, None where it may now."""
        paused = self.paused_until if self.paused_until is not None and self.paused_until > now else None
        quiet = self.quiet.until(paused or now)
        return quiet or paused

    def stored(self) -> dict[str, Any]:
        """Return the choices as JSON values."""
        return {
            "matrix": matrix_stored(self.matrix),
            "quiet": {
                "on": self.quiet.on,
                "start": f"{self.quiet.start:%H:%M}",
                "end": f"{self.quiet.end:%H:%M}",
                "weekend": self.quiet.weekend,
                "zone": self.quiet.zone,
            },
            "private": self.private,
            "sound": self.sound,
            "paused_until": self.paused_until.isoformat() if self.paused_until is not None else None,
        }

    @classmethod
    def read(cls, value: object) -> NotificationChoices:
        """Return stored choices; what cannot be understood is as if it was never chosen."""
        stored = value if isinstance(value, dict) else {}
        quiet = stored.get("quiet")
        quiet = quiet if isinstance(quiet, dict) else {}
        plain = QuietHours()
        return cls(
            matrix=matrix_read(stored.get("matrix")),
            quiet=QuietHours(
                on=quiet.get("on") is True,
                start=_clock(quiet.get("start"), plain.start),
                end=_clock(quiet.get("end"), plain.end),
                weekend=quiet.get("weekend") is True,
                zone=zone if isinstance(zone := quiet.get("zone"), str) else "",
            ),
            private=stored.get("private") is True,
            sound=stored.get("sound") is not False,
            paused_until=_instant(stored.get("paused_until")),
        )


@dataclass(frozen=True, slots=True)
class NotificationDefaults:
    """What holds for agents who did not choose: for the whole desk, and for tickets of a department."""

    desk: Matrix = field(default_factory=dict)
    departments: Mapping[int, Matrix] = field(default_factory=dict)

    def channels(self, kind: NoticeKind, department_id: int | None, mine: Matrix | None = None) -> Channel:
        """Return where a notification appears: the agent's word first, then department, desk, and what is built in."""
        for matrix in (mine or {}, self.departments.get(department_id or 0, {}), self.desk):
            if kind in matrix:
                return matrix[kind]
        return BUILT_IN[kind]

    def stored(self) -> dict[str, Any]:
        """Return the defaults as JSON values."""
        departments = {str(key): matrix_stored(matrix) for key, matrix in self.departments.items() if matrix}
        return {"desk": matrix_stored(self.desk), "departments": departments}

    @classmethod
    def read(cls, value: object) -> NotificationDefaults:
        """Return stored defaults; what cannot be understood is left out."""
        stored = value if isinstance(value, dict) else {}
        departments = stored.get("departments")
        return cls(
            matrix_read(stored.get("desk")),
            {
                int(key): matrix_read(matrix)
                for key, matrix in (departments if isinstance(departments, dict) else {}).items()
                if str(key).isdecimal()
            },
        )


def matrix_stored(matrix: Matrix) -> dict[str, int]:
    """Return a matrix as JSON values."""
    return {kind.value: int(channels) for kind, channels in matrix.items()}


def matrix_read(value: object) -> Matrix:
    """Return a stored matrix; unknown kinds are left out."""
    known = {kind.value: kind for kind in NoticeKind}
    every = Channel.CENTRE | Channel.DESKTOP | Channel.SOUND
    return {
        known[key]: Channel(bits) & every
        for key, bits in (value.items() if isinstance(value, dict) else ())
        if key in known and type(bits) is int and bits >= 0
    }


def _zone(name: str) -> tzinfo | None:
    if not name:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 -- few agents name a zone

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None  # the computer's own


def _clock(value: object, otherwise: time) -> time:
    try:
        return time.fromisoformat(value) if isinstance(value, str) else otherwise
    except ValueError:
        return otherwise


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
