"""Durations and points in time in options and messages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import PlainValidator

from truthound._internal.extended_time import SECOND
from truthound._internal.options import Converted
from truthound._internal.text import duration
from truthound.schema import DataType
from truthound.validators.range import timespan


def parse_duration(value: Any) -> timedelta:
    """Parses a duration: a timedelta, a number of seconds, or text such as `15m`, `36h`, `1d`, `1w`, `1h30m`.

    A day is 24 hours, m is a minute. Raises ValueError for anything else, and for what is negative.
    """
    if isinstance(value, str):
        try:
            value = timespan(value)
        except OverflowError:
            raise ValueError(f"{value} is too long a time") from None
    if isinstance(value, timedelta):
        found = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            found = timedelta(seconds=value)
        except (OverflowError, ValueError):
            raise ValueError(f"{value!r} seconds is too long a time") from None
    else:
        raise ValueError(f"{value!r} is not a duration; write it as 90s, 1h 30m, 2d or PT1H30M")  # noqa: TRY004 pydantic wants ValueError
    if found < timedelta():
        raise ValueError("a length of time is not negative")
    return found


_Duration = Annotated[timedelta, PlainValidator(parse_duration, json_schema_input_type=str | float)]
Duration = Converted[_Duration, timedelta | str | float]
OptionalDuration = Converted[_Duration | None, timedelta | str | float | None]


def zone_of(dtype: DataType) -> str | None:
    """The time zone of a datetime column's type, if it has one."""
    return dtype.partition("[")[2].rstrip("]").partition(",")[2].strip() or None


def moment(value: date, zone: ZoneInfo) -> datetime:
    """A date (at its midnight) or a datetime as a moment in UTC; a value without a time zone is in `zone`."""
    at = value if isinstance(value, datetime) else datetime.combine(value, time())
    try:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:  # a stand-in such as 9999-12-31, at the end of the calendar
        return at.replace(tzinfo=UTC)


def format_duration(length: timedelta | int) -> str:
    """A duration, or a number of nanoseconds, as text."""
    seconds = length / SECOND if isinstance(length, int) else length.total_seconds()
    return duration(seconds).replace(".00 s", " s")
