"""Dates, times and durations beyond the range of Python's types: years before 1 and after 9999, nanoseconds, 24:00.

Everything is an unlimited integer of nanoseconds: since 1970-01-01 (in UTC with a time zone, else in local time), since midnight,
or as a duration. `value_of` returns Python's own type if that is exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache, total_ordering
from typing import Any, Literal
from zoneinfo import ZoneInfo

Kind = Literal["date", "datetime", "time", "duration"]
SECOND = 10**9
DAY = 86_400 * SECOND
_CYCLE = 146_097
"""days of 400 years, after which the calendar repeats"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL = datetime(1970, 1, 1)  # noqa: DTZ001 the same without a time zone
_FIRST, _LAST = date.min.toordinal() - date(1970, 1, 1).toordinal(), date.max.toordinal() - date(1970, 1, 1).toordinal()
_LONGEST = timedelta.max.days
_DATE = r"([+-]\d{4,9}|\d{4})-(\d\d)-(\d\d)"
_CLOCK = r"(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
_WRITTEN_DATE = re.compile(_DATE)
_WRITTEN_TIME = re.compile(_CLOCK)
_WRITTEN = re.compile(rf"{_DATE}(?:[T ]{_CLOCK}\s*(Z|[+-]\d\d(?::?\d\d)?)?)", re.IGNORECASE)


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Extended:
    """An extended value. It compares with Python's values of its kind, prints as ISO 8601 and hashes by value."""

    kind: Kind
    ns: int
    zone: str | None = None
    """the time zone of a datetime, whose nanoseconds are then in UTC"""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Extended) and self._key() == other._key()

    def __lt__(self, other: object) -> bool:
        if kind_of(other) not in (self.kind, None) or (self.kind == "datetime" and (zoned(other) != zoned(self))):
            raise TypeError(f"a {self.kind} does not compare with {other!r}")
        count = nanoseconds(other)
        return NotImplemented if count is None else self.ns < count

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, int, bool]:
        return self.kind, self.ns, self.zone is not None

    def __str__(self) -> str:
        return self.isoformat(" ")

    def isoformat(self, sep: str = "T") -> str:
        """ISO 8601: years beyond four digits with a sign, `+55969-01-01`; a duration as Python writes it, `3 days, 0:00:01`."""
        match self.kind:
            case "date":
                return _day(self.ns // DAY)
            case "time":
                return _clock(self.ns)
            case "duration":
                days, rest = divmod(self.ns, DAY)
                clock = _clock(rest).removeprefix("0")
                return f"{days} day{'s' * (abs(days) != 1)}, {clock}" if days else clock
        offset = offset_at(self.ns, self.zone) if self.zone else 0
        days, rest = divmod(self.ns + offset, DAY)
        return f"{_day(days)}{sep}{_clock(rest)}" + ("" if self.zone is None else _sign(offset))


def value_of(kind: Kind, ns: int, zone: str | None = None) -> Any:
    """Python's value for a count of nanoseconds if it is exact, else an `Extended`."""
    days, rest = divmod(ns, DAY)
    if ns % 1000 == 0:
        match kind:
            case "date" if _FIRST <= days <= _LAST:
                return date.fromordinal(days + date(1970, 1, 1).toordinal())
            case "time" if 0 <= ns < DAY:
                return (_WALL + timedelta(microseconds=ns // 1000)).time()
            case "duration" if -_LONGEST <= days <= _LONGEST:
                return timedelta(days, microseconds=rest // 1000)
            case "datetime" if zone is None and _FIRST <= days <= _LAST:
                return _WALL + timedelta(days, microseconds=rest // 1000)
            case "datetime" if zone is not None and _FIRST < days < _LAST and _has(zone):
                return (_EPOCH + timedelta(days, microseconds=rest // 1000)).astimezone(_zone(zone))
    return Extended(kind, ns, zone)


def kind_of(value: object) -> Kind | None:
    """The kind of a date or time; None for anything else."""
    match value:
        case Extended():
            return value.kind
        case datetime():
            return "datetime"
        case date():
            return "date"
        case time():
            return "time"
        case timedelta():
            return "duration"
    return None


def zoned(value: object) -> bool:
    """Whether a value has a time zone."""
    return value.zone is not None if isinstance(value, Extended) else getattr(value, "tzinfo", None) is not None


def nanoseconds(value: object) -> int | None:
    """A date, time or duration in nanoseconds; None for anything else."""
    match value:
        case Extended():
            return value.ns
        case datetime():
            since = value - (_EPOCH if value.tzinfo else _WALL)
        case date():
            return (value.toordinal() - date(1970, 1, 1).toordinal()) * DAY
        case time():
            since = timedelta(0, value.hour * 3600 + value.minute * 60 + value.second, value.microsecond)
        case timedelta():
            since = value
        case _:
            return None
    return since.days * DAY + since.seconds * SECOND + since.microseconds * 1000


def day_of(value: Any) -> int:
    """Days since 1970-01-01 of a date, or of a datetime in its local time."""
    if isinstance(value, datetime):
        value = value.date()
    offset = offset_at(value.ns, value.zone) if isinstance(value, Extended) and value.zone else 0
    return ((nanoseconds(value) or 0) + offset) // DAY


def instant(value: Any, zone: str) -> int:
    """A date (at midnight) or a datetime as nanoseconds in UTC; a value without a time zone is in `zone`."""
    count = nanoseconds(value)
    if count is None:
        raise TypeError(f"{value!r} is not a date")
    return count if zoned(value) else at_zone(count, zone)


def at_zone(wall: int, zone: str) -> int:
    """Converts local time in `zone` to UTC, in nanoseconds: ambiguous times to the earlier moment, skipped ones with the
    offset before the change.
    """
    days, rest = divmod(wall, DAY)
    known = days
    if not _FIRST + 1 < days < _LAST - 1:  # rules of the far future are those of any other 400 years
        known = days % _CYCLE + 5 * _CYCLE - _CYCLE * (days % _CYCLE > 0) if days > 0 else _FIRST + 2
        known = min(known, _LAST - 2)
    shown = (_WALL + timedelta(known, microseconds=rest // 1000)).replace(tzinfo=_zone(zone))
    return wall - _span(shown.utcoffset())


def parse(text: str, kind: Kind) -> Any:
    """Parses ISO text: a date or a datetime, as written, for "date" and "datetime"; a time for "time".

    Beyond what Python parses: years with a sign and more than four digits, nanoseconds, 24:00. ValueError for anything else.
    """
    text = text.strip()
    if kind == "time":
        if found := _WRITTEN_TIME.fullmatch(text):
            return value_of("time", _on_clock(*found.groups(), last=24))
        return time.fromisoformat(text)
    if found := _WRITTEN_DATE.fullmatch(text):
        return value_of("date", days_of(*map(int, found.groups())) * DAY)
    if found := _WRITTEN.fullmatch(text):
        year, month, day, hour, minute, second, fraction, zone = found.groups()
        count = days_of(int(year), int(month), int(day)) * DAY + _on_clock(hour, minute, second, fraction, last=24)
        if zone is None:
            return value_of("datetime", count)
        sign, digits = (
            (1, "0000") if zone in "Zz" else (-1 if zone[0] == "-" else 1, zone[1:].replace(":", "").ljust(4, "0"))
        )
        away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if away >= timedelta(days=1):
            raise ValueError(f"{text!r} has no such time zone")
        made = value_of("datetime", count - sign * _span(away), "UTC")
        return made.astimezone(timezone(sign * away) if away else UTC) if isinstance(made, datetime) else made
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)


def _on_clock(hour: str, minute: str, second: str | None, fraction: str | None, *, last: int) -> int:
    """A time of day in nanoseconds, up to 24:00. Digits beyond nanoseconds are rejected unless they are zeros."""
    h, m, s = int(hour), int(minute), int(second or 0)
    digits = (fraction or "").ljust(9, "0")
    if m > 59 or s > 59 or digits[9:].strip("0"):
        raise ValueError(f"{hour}:{minute} is not a time of day in nanoseconds")
    count = (h * 3600 + m * 60 + s) * SECOND + int(digits[:9])
    if count > last * 3600 * SECOND:
        raise ValueError(f"{hour}:{minute} is not a time of day")
    return count


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a Gregorian date of any year. ValueError if it does not exist."""
    cycles, within = divmod(year - 2000, 400)
    return date(2000 + within, month, day).toordinal() - date(1970, 1, 1).toordinal() + cycles * _CYCLE


def _day(days: int) -> str:
    """The ISO text of a day."""
    cycles, within = divmod(days + date(1970, 1, 1).toordinal() - date(2000, 1, 1).toordinal(), _CYCLE)
    shown = date.fromordinal(within + date(2000, 1, 1).toordinal())
    year = shown.year + 400 * cycles
    written = f"{year:04d}" if 0 <= year <= 9999 else f"{year:+05d}"
    return f"{written}-{shown:%m-%d}"


def _clock(ns: int) -> str:
    seconds, fraction = divmod(ns, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    digits = f".{fraction:09d}" if fraction % 1000 else f".{fraction // 1000:06d}" if fraction else ""
    return f"{hour:02d}:{minute:02d}:{second:02d}{digits}"


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def _has(name: str) -> bool:
    """Whether a time zone is installed; datetimes of an unknown one are shown in UTC."""
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def offset_at(utc: int, zone: str) -> int:
    """The UTC offset of a zone at a moment, in nanoseconds; 0 if it is unknown."""
    if not (_FIRST < utc // DAY < _LAST and _has(zone)):
        return 0
    return _span((_EPOCH + timedelta(microseconds=utc // 1000)).astimezone(_zone(zone)).utcoffset())


def _span(offset: timedelta | None) -> int:
    return nanoseconds(offset or timedelta()) or 0


def _sign(offset: int) -> str:
    minutes, seconds = divmod(abs(offset) // SECOND, 60)
    written = f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{written}:{seconds:02d}" if seconds else written
