"""Numbers, dates and times from text as DuckDB reads them, one at a time; None if the text is not one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from truthound.engine.polars.sql.typed_expr import DAY, UNITS, limits, precision, scale

_NUMBER = re.compile(r"[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+)?$")
_RADIX = re.compile(r"[+-]?0(?:[xX][0-9a-fA-F]+|[bB][01]+)$")
_SPECIAL = re.compile(r"[+-]?(?:inf(?:inity)?|nan)$", re.IGNORECASE)
_DATE = re.compile(r"(?P<year>[+-]?\d+)(?P<sep>[-/ \\])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?P<bc> \(BC\))?")
_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<part>\d+))?)?")
_OFFSET = re.compile(r"\s*(?:(?P<z>[zZ])|(?P<sign>[+-])(?P<h>\d{1,2})(?::?(?P<m>\d{2}))?(?::?(?P<s>\d{2}))?|(?P<zone>[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*))$")  # fmt: skip
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def boolean(text: str) -> bool | None:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else None


def number(text: str) -> Decimal | None:
    """A number in decimal or exponent notation, or a whole number in 0x or 0b."""
    text = text.strip()
    if _RADIX.match(text):
        return Decimal(int(text.replace("+", ""), 0))
    try:
        return Decimal(text.replace("_", "")) if _NUMBER.match(text) else None
    except InvalidOperation:
        return None


def integer(text: str, t: pl.DataType) -> int | None:
    """A whole number of the type; a fraction is rounded, halves away from zero."""
    found = number(text)
    if found is None or found.adjusted() > 40:
        return None
    with localcontext(prec=90):
        whole = int(found.to_integral_value(ROUND_HALF_UP))
    low, high = limits(t)
    return whole if low <= whole <= high else None


def real(text: str) -> float | None:
    text = text.strip()
    if _SPECIAL.match(text) or (_NUMBER.match(text) and not _RADIX.match(text)):
        return float(text.replace("_", ""))
    return None


def decimal(text: str, t: pl.DataType) -> Decimal | None:
    """A decimal of the type, rounded, halves away from zero."""
    found = None if _RADIX.match(text.strip()) else number(text)
    return None if found is None else fitted(found, t)


def fitted(found: Decimal, t: pl.DataType) -> Decimal | None:
    if found.adjusted() > 40:
        return None
    with localcontext(prec=90):
        rounded = found.quantize(Decimal(1).scaleb(-scale(t)), ROUND_HALF_UP)
        return rounded if abs(rounded) < Decimal(10) ** (precision(t) - scale(t)) else None


def days_of(year: int, month: int, day: int) -> int | None:
    """Days since 1970-01-01 in the Gregorian calendar, of any year; None if there is no such day."""
    if not 1 <= month <= 12 or day < 1:
        return None
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]:
        return None
    y = year - (month <= 2)
    of_era = y % 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return y // 400 * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def _date(text: str) -> tuple[int, str] | None:
    """Days since 1970, and what follows the date."""
    if text.lower() == "epoch":
        return 0, ""
    found = _DATE.match(text)
    if found is None:
        return None
    year = int(found["year"])
    days = days_of(1 - year if found["bc"] else year, int(found["month"]), int(found["day"]))
    return None if days is None or abs(days) > 90_000_000 else (days, text[found.end() :])


def _nanoseconds(text: str) -> tuple[int, str] | None:
    """Nanoseconds since midnight, and what follows the time."""
    found = _CLOCK.match(text)
    if found is None:
        return None
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    part = int((found["part"] or "0")[:9].ljust(9, "0"))
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second or part)):
        return None
    return ((hour * 60 + minute) * 60 + second) * UNITS["ns"] + part, text[found.end() :]


def date(text: str) -> int | None:
    """Days since 1970; a time behind the date is left out."""
    found = _date(text.strip())
    return None if found is None or moment(text) is None else found[0]


def moment(text: str) -> tuple[int, int] | None:
    """Nanoseconds since 1970 in the text's own offset, and the offset to subtract for UTC."""
    found = _date(text.strip())
    if found is None:
        return None
    days, rest = found
    start = days * DAY * UNITS["ns"]
    if not rest:
        return start, 0
    if rest[0] not in " Tt":
        return None
    clock = _nanoseconds(rest[1:].lstrip())
    if clock is None:
        return None
    ticks, rest = clock
    if not rest.strip():
        return start + ticks, 0
    offset = _OFFSET.match(rest)
    if offset is None:
        return None
    if offset["sign"]:
        seconds = int(offset["h"]) * 3600 + int(offset["m"] or 0) * 60 + int(offset["s"] or 0)
        return start + ticks, (seconds if offset["sign"] == "+" else -seconds) * UNITS["ns"]
    if offset["zone"] is None:
        return start + ticks, 0
    return _in_zone(start + ticks, offset["zone"])


def _in_zone(ticks: int, zone: str) -> tuple[int, int] | None:
    try:
        at = datetime(1970, 1, 1, tzinfo=ZoneInfo(zone)) + timedelta(microseconds=ticks // 1000)
    except (ValueError, OSError, OverflowError):  # no such zone, or a year that has no offsets
        return None
    offset = at.utcoffset()
    return ticks, int(offset.total_seconds()) * UNITS["ns"] if offset else 0


def timestamp(text: str, t: pl.DataType) -> int | None:
    """Ticks of the type since 1970; a zone in the text counts where the type has one. Finer parts are rounded."""
    found = moment(text)
    if found is None or not isinstance(t, pl.Datetime):
        return None
    ticks = found[0] - (found[1] if t.time_zone else 0)
    each = UNITS["ns"] // UNITS[t.time_unit]
    made = ticks // each if each == 1000 else (ticks + each // 2) // each
    return made if abs(made) < 2**63 else None


def time(text: str) -> int | None:
    """Nanoseconds since midnight, in whole microseconds."""
    text = text.strip()
    found = _nanoseconds(text)
    if found is None and (whole := moment(text)) is not None:
        return whole[0] % (DAY * UNITS["ns"]) // 1000 * 1000
    return None if found is None or found[1].strip() or found[0] >= DAY * UNITS["ns"] else found[0] // 1000 * 1000


_SPANS: dict[str, tuple[int, int]] = {
    "microsecond": (0, 1), "us": (0, 1), "millisecond": (0, 1000), "ms": (0, 1000), "msec": (0, 1000), "second": (0, 10**6),
    "sec": (0, 10**6), "s": (0, 10**6), "minute": (0, 60 * 10**6), "min": (0, 60 * 10**6), "m": (0, 60 * 10**6),
    "hour": (0, 3600 * 10**6), "hr": (0, 3600 * 10**6), "h": (0, 3600 * 10**6), "day": (0, DAY * 10**6), "d": (0, DAY * 10**6),
    "week": (0, 7 * DAY * 10**6), "w": (0, 7 * DAY * 10**6), "month": (1, 0), "mon": (1, 0), "quarter": (3, 0), "year": (12, 0),
    "yr": (12, 0), "y": (12, 0), "decade": (120, 0), "century": (1200, 0), "centurie": (1200, 0),
}  # fmt: skip
_PART = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([A-Za-z]+)")
_HMS = re.compile(r"\s*([+-]?)(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?")


def span_unit(name: str) -> tuple[int, int] | None:
    """Months and microseconds of a unit of time."""
    lower = name.lower()
    return _SPANS.get(lower) or _SPANS.get(lower.removesuffix("s"))


def interval(text: str) -> tuple[int, int] | None:
    """Months and microseconds of an interval such as `1 month 2 days` or `1 day 02:30:00`."""
    months, ticks, at = 0, 0, 0
    text = text.strip()
    if (seconds := number(text)) is not None:
        return 0, int(seconds * 10**6)
    while at < len(text):
        if clock := _HMS.match(text, at):
            part = int((clock[5] or "0").ljust(6, "0"))
            whole = ((int(clock[2]) * 60 + int(clock[3])) * 60 + int(clock[4] or 0)) * 10**6 + part
            ticks += -whole if clock[1] == "-" else whole
            at = clock.end()
        elif (found := _PART.match(text, at)) and (unit := span_unit(found[2])):
            count = Decimal(found[1])
            months += int(count * unit[0])
            ticks += int(count * unit[1])
            at = found.end()
        else:
            return None
    return (months, ticks) if text else None


def converter(parse: Callable[[str], Any], fast: pl.Expr, t: pl.DataType) -> Callable[[pl.Series], pl.Series]:
    """Converts a column of texts: natively what the engine reads, and each other text once by `parse`."""

    def convert(texts: pl.Series) -> pl.Series:
        made = texts.to_frame("text").with_columns(new=fast)["new"].cast(t)
        left = texts.filter(made.is_null() & texts.is_not_null()).unique()
        table = {text: value for text in left if (value := parse(text)) is not None}
        if not table:
            return made
        new = pl.Series(list(table.values()), dtype=_ticks(t)).cast(t)
        found = pl.DataFrame({"text": list(table), "new": new})
        again = pl.DataFrame({"text": texts}).join(found, on="text", how="left", maintain_order="left")["new"]
        return made.fill_null(again)

    return convert


def _ticks(t: pl.DataType) -> pl.DataType:
    """How a value of the type is counted."""
    if not t.is_temporal():
        return t
    return pl.Int32() if t == pl.Date else pl.Int64()
