"""Reads when a ticket is to wake up from what somebody types: "in 2 hours", "friday 9:00", "mañana", "besok 8" (IN-12).

English, Spanish and Indonesian are understood side by side, whatever the window speaks. A day without a time means 8:00
in the morning; a time without a day means its next occurrence.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta

MORNING = time(8, 0)
MAX_YEARS = 5
_YEARS = range(1971, 3000)  # those that the clock of every system can place

_UNITS = {
    "minute": ("m", "min", "mins", "minute", "minutes", "minuto", "minutos", "menit"),
    "hour": ("h", "hr", "hrs", "hour", "hours", "hora", "horas", "jam"),
    "day": ("d", "day", "days", "dia", "dias", "hari"),
    "week": ("w", "week", "weeks", "semana", "semanas", "minggu"),
    "month": ("month", "months", "mes", "meses", "bulan"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_DAYS = (
    ("monday", "mon", "lunes", "lun", "senin"),
    ("tuesday", "tue", "tues", "martes", "selasa"),
    ("wednesday", "wed", "miercoles", "mie", "rabu"),
    ("thursday", "thu", "thurs", "jueves", "jue", "kamis"),
    ("friday", "fri", "viernes", "vie", "jumat"),
    ("saturday", "sat", "sabado", "sab", "sabtu"),
    ("sunday", "sun", "domingo", "dom", "ahad"),
)
_DAY_OF = {word: place for place, words in enumerate(_DAYS) for word in words}
_MONTHS = (
    ("january", "jan", "enero", "ene", "januari"),
    ("february", "feb", "febrero", "februari"),
    ("march", "mar", "marzo", "maret"),
    ("april", "apr", "abril", "abr"),
    ("may", "mayo", "mei"),
    ("june", "jun", "junio", "juni"),
    ("july", "jul", "julio", "juli"),
    ("august", "aug", "agosto", "ago", "agustus", "agu"),
    ("september", "sep", "sept", "septiembre"),
    ("october", "oct", "octubre", "oktober", "okt"),
    ("november", "nov", "noviembre"),
    ("december", "dec", "diciembre", "dic", "desember", "des"),
)
_MONTH_OF = {word: place for place, words in enumerate(_MONTHS, 1) for word in words}
_TODAY = {"today", "hoy"}
_TOMORROW = {"tomorrow", "tmr", "manana", "besok"}
_TIMES_OF_DAY = {
    "morning": time(8), "noon": time(12), "afternoon": time(13), "evening": time(19), "tonight": time(19),
    "mediodia": time(12), "tarde": time(13), "noche": time(19), "pagi": time(8), "siang": time(12), "sore": time(16),
    "malam": time(19),
}  # fmt: skip
_FILLING = frozenset(
    [
        *("in", "at", "on", "of", "the", "next", "this"),
        *("en", "a", "el", "la", "las", "de", "proximo"),
        *("pukul", "jam", "pada", "dalam", "hari", "depan", "lagi"),
    ]
)
_AGO = re.compile(r"^(?:in|en|dalam)?\s*(\d{1,4}|an?|una?|se)\s*([a-z]+)(?:\s+lagi)?$")
_CLOCK = re.compile(r"^(\d{1,2})(?:[:.h](\d{2})?)?(am|pm)?$")
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_SLASHED = re.compile(r"^(\d{1,2})[/.](\d{1,2})(?:[/.](\d{2,4}))?$")


def read_moment(text: str, now: datetime) -> datetime | None:
    """Return the instant a text names, in the time zone of `now`; None where it names none or one in the past."""
    words = _plain(text)
    found = _span(words, now) or _place(words.split(), now)
    if found is None or found <= now or found.year > now.year + MAX_YEARS:
        return None
    return found


def _plain(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return " ".join(bare.replace(",", " ").replace("'", "").split())


def _span(words: str, now: datetime) -> datetime | None:
    match = _AGO.match(words)
    if match is None or match.group(2) not in _UNIT_OF:
        return None
    count = int(match.group(1)) if match.group(1).isdigit() else 1
    unit = _UNIT_OF[match.group(2)]
    if unit in {"minute", "hour"}:
        return now + (timedelta(minutes=count) if unit == "minute" else timedelta(hours=count))
    if unit == "month":
        there = now.month - 1 + count
        year, month = now.year + there // 12, there % 12 + 1
        day = next(d for d in range(now.day, 0, -1) if _date(year, month, d) is not None)
        return _at(now, date(year, month, day), MORNING)
    return _at(now, now.date() + timedelta(days=count * (7 if unit == "week" else 1)), MORNING)


def _place(words: list[str], now: datetime) -> datetime | None:
    """Read a day and a time in any order; every word must mean something."""
    day: date | None = None
    clock: time | None = None
    numbers: list[int] = []
    month = 0
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if word in _DAY_OF and day is None:
            day = now.date() + timedelta(days=(_DAY_OF[word] - now.weekday() - 1) % 7 + 1)
        elif word in _TODAY or (word == "hari" and following == "ini"):
            day = now.date()
        elif word in _TOMORROW and (word != "manana" or day is None):
            day = now.date() + timedelta(days=1)
        elif word in _MONTH_OF and not month:
            month = _MONTH_OF[word]
        elif (named := _named_date(word, now)) is not None:
            day = named
        elif word in _TIMES_OF_DAY:
            clock = _TIMES_OF_DAY[word]
        elif (
            word.isdigit() and len(word) <= 4 and (following in _MONTH_OF or (month and not numbers) or len(word) == 4)
        ):
            numbers.append(int(word))
        elif (read := _clock(word + following if following in {"am", "pm"} else word)) is not None:
            clock = read
        elif word not in _FILLING and word not in {"am", "pm", "ini"}:
            return None
    if month:
        day = _month_day(numbers, month, now)
    if day is None and clock is None:
        return None
    if day is None:
        today = _at(now, now.date(), clock or MORNING)
        return today if today > now else _at(now, now.date() + timedelta(days=1), clock or MORNING)
    return _at(now, day, clock or MORNING)


def _named_date(word: str, now: datetime) -> date | None:
    if match := _ISO.match(word):
        return _date(*(int(part) for part in match.groups()))
    if match := _SLASHED.match(word):
        day, month, year = int(match.group(1)), int(match.group(2)), match.group(3)
        if year is not None:
            return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        if "/" in word:
            return _next(month, day, now)
    return None


def _month_day(numbers: list[int], month: int, now: datetime) -> date | None:
    days = [n for n in numbers if 1 <= n <= 31]
    years = [n for n in numbers if n >= 2000]
    if not days:
        return None
    return _date(years[0], month, days[0]) if years else _next(month, days[0], now)


def _next(month: int, day: int, now: datetime) -> date | None:
    here = _date(now.year, month, day)
    return here if here is not None and here >= now.date() else _date(now.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _clock(word: str) -> time | None:
    match = _CLOCK.match(word)
    if match is None:
        return None
    hour, minute, half = int(match.group(1)), int(match.group(2) or 0), match.group(3)
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _at(now: datetime, day: date, clock: time) -> datetime:
    """The wall clock of the place where `now` was read, whatever the season will be then."""
    naive = datetime.combine(day, clock)
    return naive.astimezone() if now.tzinfo is not None and _is_local(now) else naive.replace(tzinfo=now.tzinfo)


def _is_local(now: datetime) -> bool:
    return now.utcoffset() == now.astimezone().utcoffset() and now.tzname() == now.astimezone().tzname()
