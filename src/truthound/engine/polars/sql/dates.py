"""Dates, times and intervals as DuckDB calculates with them; a zone's own days and hours are those of UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from truthound.engine.polars.sql.casts import cast
from truthound.engine.polars.sql.typed_expr import (
    DAY,
    UNITS,
    Context,
    TypedExpr,
    any_fault,
    either,
    is_dated,
    naive,
    null_of,
    quotient,
    sql_name,
    ticks_unit,
    utc,
)
from truthound.errors import ValidatorError

DURATION = pl.Duration("us")
_STAMP = pl.Datetime("us")
_DATE_RANGE = 90_000_000
"""days around 1970 that a date may have"""

PARTS: dict[str, str] = {
    "years": "year", "yr": "year", "y": "year", "yrs": "year", "mon": "month", "mons": "month", "months": "month", "days": "day",
    "d": "day", "dayofmonth": "day", "hours": "hour", "h": "hour", "hr": "hour", "hrs": "hour", "minutes": "minute", "min": "minute", "m": "minute",
    "mins": "minute", "seconds": "second", "sec": "second", "s": "second", "secs": "second", "milliseconds": "millisecond", "ms": "millisecond",
    "msec": "millisecond", "microseconds": "microsecond", "us": "microsecond", "usec": "microsecond", "weeks": "week", "w": "week", "weekofyear": "week",
    "quarters": "quarter", "dow": "dayofweek", "weekday": "dayofweek", "doy": "dayofyear", "decades": "decade", "centuries": "century",
}  # fmt: skip
"""other names of the parts of a date"""

_Part = Callable[[pl.Expr], pl.Expr]
OF_A_DATE: dict[str, _Part] = {
    "year": lambda e: e.dt.year(), "month": lambda e: e.dt.month(), "day": lambda e: e.dt.day(), "quarter": lambda e: e.dt.quarter(),
    "week": lambda e: e.dt.week(), "dayofweek": lambda e: e.dt.weekday() % 7, "isodow": lambda e: e.dt.weekday(),
    "dayofyear": lambda e: e.dt.ordinal_day(), "isoyear": lambda e: e.dt.iso_year(),
    "decade": lambda e: _truncated(e.dt.year(), 10), "century": lambda e: _century(e.dt.year(), 100),
    "yearweek": lambda e: e.dt.iso_year().cast(pl.Int64) * 100 + e.dt.week().cast(pl.Int64),
}  # fmt: skip
OF_A_TIME: dict[str, _Part] = {
    "hour": lambda e: e.dt.hour(), "minute": lambda e: e.dt.minute(), "second": lambda e: e.dt.second(),
    "millisecond": lambda e: e.dt.second().cast(pl.Int64) * 1000 + e.dt.millisecond(),
    "microsecond": lambda e: e.dt.second().cast(pl.Int64) * 1_000_000 + e.dt.microsecond(),
}  # fmt: skip


def _truncated(years: pl.Expr, by: int) -> pl.Expr:
    e = years.cast(pl.Int64)
    return e.sign() * (e.abs() // by)


def _century(years: pl.Expr, by: int) -> pl.Expr:
    e = years.cast(pl.Int64)
    return pl.when(e > 0).then((e - 1) // by + 1).otherwise(-((-e) // by + 1))


def moment(v: TypedExpr, what: str) -> TypedExpr:
    """A date or a timestamp, in UTC and without its zone; a text is none."""
    if v.t == pl.Null:
        return null_of(_STAMP)
    if not is_dated(v):
        hint = "; cast it to DATE or TIMESTAMP" if v.t == pl.String else ""
        raise ValidatorError(f"{what} takes a date or a timestamp, not {sql_name(v.t)}{hint}")
    return v if v.t == pl.Date else naive(v)


def part(name: str, v: TypedExpr) -> TypedExpr:
    """date_part, EXTRACT, and functions such as year()."""
    known = PARTS.get(name.lower(), name.lower())
    if isinstance(v.t, pl.Duration):
        return _part_of_interval(known, v)
    whole = pl.Int64()
    if known == "epoch":
        m = moment(v, "epoch")
        return v.to(_epoch(m, 1.0), pl.Float64())
    if v.t == pl.Time and known in OF_A_TIME:
        return v.to(OF_A_TIME[known](v.e).cast(whole), whole)
    made = moment(v, known)
    if known in OF_A_DATE:
        return v.to(OF_A_DATE[known](made.e).cast(whole), whole)
    if known in OF_A_TIME:
        e = OF_A_TIME[known](made.e.cast(_STAMP) if made.t == pl.Date else made.e)
        return v.to(e.cast(whole), whole)
    names = ", ".join([*OF_A_DATE, *OF_A_TIME, "epoch"])
    raise ValidatorError(f'a date has no part "{name}"; there are {names}')


def _part_of_interval(name: str, v: TypedExpr) -> TypedExpr:
    ticks = v.e.cast(DURATION).to_physical()
    months = pl.lit(0, dtype=pl.Int64) if v.months is None else v.months
    day = DAY * 10**6
    made: dict[str, pl.Expr] = {
        "year": _truncate(months, 12), "month": months - _truncate(months, 12) * 12, "day": _truncate(ticks, day),
        "hour": _truncate(ticks - _truncate(ticks, day) * day, 3600 * 10**6),
        "minute": _truncate(ticks - _truncate(ticks, 3600 * 10**6) * 3600 * 10**6, 60 * 10**6),
        "second": _truncate(ticks - _truncate(ticks, 60 * 10**6) * 60 * 10**6, 10**6),
    }  # fmt: skip
    if name == "epoch":
        if v.months is not None:
            raise ValidatorError("the epoch of an interval with months is not fixed; compare intervals instead")
        return v.to(quotient(ticks.cast(pl.Float64), 1e6, pl.Float64()), pl.Float64())
    if name in ("day", "hour") and not v.apart and not isinstance(v.const, tuple):
        raise ValidatorError(
            f"a duration has no separate {name}s; compare it with an interval, or take its epoch in seconds"
        )
    if name not in made:
        raise ValidatorError(f'an interval has no part "{name}"; there are {", ".join([*made, "epoch"])}')
    return v.to(made[name].cast(pl.Int64) + v.e.cast(DURATION).to_physical() * 0, pl.Int64())


def _truncate(e: pl.Expr, by: int) -> pl.Expr:
    return e.sign() * (e.abs() // by)


def _epoch(m: TypedExpr, factor: float) -> pl.Expr:
    ticks = m.e.cast(_STAMP) if m.t == pl.Date else m.e
    each = UNITS[ticks_unit(m.t)]
    return quotient(ticks.to_physical().cast(pl.Float64), each / factor, pl.Float64())


def epoch_in(unit: str, v: TypedExpr) -> TypedExpr:
    """epoch_ms and epoch_us."""
    m = moment(v, f"epoch_{unit}")
    ticks = (m.e.cast(_STAMP) if m.t == pl.Date else m.e.cast(pl.Datetime("us"))).to_physical()
    return v.to(ticks if unit == "us" else (ticks + 500) // 1000, pl.Int64())


_TRUNCATIONS = {
    "microsecond": "1us", "millisecond": "1ms", "second": "1s", "minute": "1m", "hour": "1h", "day": "1d", "week": "1w",
    "month": "1mo", "quarter": "1q", "year": "1y",
}  # fmt: skip


def truncated(name: str, v: TypedExpr) -> TypedExpr:
    """date_trunc."""
    known = PARTS.get(name.lower(), name.lower())
    made = moment(v, "date_trunc()")
    if known not in _TRUNCATIONS:
        raise ValidatorError(f'date_trunc() does not know "{name}"; there are {", ".join(_TRUNCATIONS)}')
    e = made.e.cast(_STAMP)
    e = e if known == "microsecond" else e.dt.truncate(_TRUNCATIONS[known])
    if isinstance(v.t, pl.Datetime) and v.t.time_zone:
        return v.to(e.dt.replace_time_zone("UTC"), pl.Datetime("us", "UTC"))
    return v.to(e, _STAMP)


_MICROS = {
    "microsecond": 1, "millisecond": 10**3, "second": 10**6, "minute": 60 * 10**6, "hour": 3600 * 10**6, "day": DAY * 10**6,
    "week": 7 * DAY * 10**6,
}  # fmt: skip


def _unit_between(function: str, name: str, a: TypedExpr, b: TypedExpr) -> tuple[str, pl.Expr, pl.Expr]:
    """The unit that a function between two moments counts in, and the moments as timestamps."""
    known = PARTS.get(name.lower(), name.lower())
    x, y = _stamp(a), _stamp(b)
    if known not in _TRUNCATIONS:
        raise ValidatorError(f'{function}() does not know "{name}"; there are {", ".join(_TRUNCATIONS)}')
    return known, x, y


def difference(name: str, a: TypedExpr, b: TypedExpr) -> TypedExpr:
    """date_diff: the boundaries of a unit that lie between two moments."""
    known, x, y = _unit_between("date_diff", name, a, b)
    if known in ("year", "quarter", "month"):
        per = {"year": 1, "quarter": 4, "month": 12}[known]
        of = {"year": None, "quarter": lambda e: e.dt.quarter(), "month": lambda e: e.dt.month()}[known]
        count = [v.dt.year().cast(pl.Int64) * per + (of(v).cast(pl.Int64) if of else 0) for v in (x, y)]
    else:
        shift = 3 * DAY * 10**6 if known == "week" else 0  # 1970-01-01 was a Thursday
        count = [(v.to_physical() + shift) // _MICROS[known] for v in (x, y)]
    return a.to(count[1] - count[0], pl.Int64(), b)


def elapsed(name: str, a: TypedExpr, b: TypedExpr) -> TypedExpr:
    """date_sub: the whole units that lie between two moments."""
    known, x, y = _unit_between("date_sub", name, a, b)
    if known in ("year", "quarter", "month"):
        per = {"year": 12, "quarter": 3, "month": 1}[known]
        return a.to(_truncate(_whole_months(x, y), per), pl.Int64(), b)
    return a.to(_truncate(y.to_physical() - x.to_physical(), _MICROS[known]), pl.Int64(), b)


def _whole_months(x: pl.Expr, y: pl.Expr) -> pl.Expr:
    """Complete months from x to y; the last day of a month completes it."""
    first, last = pl.min_horizontal(x, y), pl.max_horizontal(x, y)
    months = (last.dt.year().cast(pl.Int64) - first.dt.year()) * 12 + last.dt.month().cast(pl.Int64) - first.dt.month()
    inside = (last - last.dt.truncate("1mo")) - (first - first.dt.truncate("1mo"))
    end = (last.dt.date() == last.dt.month_end().dt.date()) & (first.dt.day() > last.dt.day())
    clock = (last - last.dt.truncate("1d")) < (first - first.dt.truncate("1d"))
    short = pl.when(end).then(clock).otherwise(inside < pl.duration(days=0))
    whole = months - short.cast(pl.Int64)
    return pl.when(x <= y).then(whole).when(x > y).then(-whole)


def _stamp(v: TypedExpr) -> pl.Expr:
    if v.literal and v.t == pl.String:
        v = cast(v, _STAMP)
    made = moment(v, "a difference of dates")
    return made.e.cast(_STAMP)


# --- text and clock ------------------------------------------------------------------------------------------------

_FORMS = set("aAbBdHIjmMpSuwyYfFTDe%-")


def _engine_format(form: str) -> str:
    """A format of DuckDB's strftime in the engine's words."""
    out, at = "", 0
    while at < len(form):
        if form[at] != "%":
            out += form[at]
            at += 1
            continue
        code = form[at + 1 : at + 3] if form[at + 1 : at + 2] == "-" else form[at + 1 : at + 2]
        if not code or code[-1] not in _FORMS:
            raise ValidatorError(
                f'"%{code}" is not understood in a format; there are %Y %m %d %H %M %S %f %y %b %B %a %A %j %I %p and %%'
            )
        out += "%6f" if code == "f" else f"%{code}"
        at += 1 + len(code)
    return out


def formatted(v: TypedExpr, form: str) -> TypedExpr:
    """Strftime."""
    made = moment(v, "strftime()")
    e = made.e.cast(_STAMP) if made.t == pl.Date else made.e
    return v.to(e.dt.strftime(_engine_format(form)), pl.String())


def parsed(v: TypedExpr, form: str, *, attempt: bool) -> TypedExpr:
    """strptime, and try_strptime, which gives NULL for what is not in the format."""
    if v.t != pl.String:
        raise ValidatorError(f"strptime() takes text, not {sql_name(v.t)}")
    e = _read(v.e, form)
    fault = None if attempt else e.is_null() & v.e.is_not_null()
    return TypedExpr(e, _STAMP, fault=either((v.fault, fault)))


def _read(e: pl.Expr, form: str) -> pl.Expr:
    def read(texts: pl.Series) -> pl.Series:
        made = [None if t is None else _one(t, form) for t in texts]
        return pl.Series(texts.name, made, dtype=_STAMP)

    native = _native(form)
    return (
        e.str.to_datetime(native, strict=False, time_unit="us")
        if native
        else e.map_batches(read, return_dtype=_STAMP, is_elementwise=True)
    )


def _native(form: str) -> str:
    """A format that the engine reads as the database does: whole dates and times of fixed width."""
    codes = [c for c in ("%Y", "%m", "%d", "%H", "%M", "%S") if c in form]
    rest = form
    for c in codes:
        rest = rest.replace(c, "", 1)
    if "%" in rest or "%Y" not in codes or "%m" not in codes or "%d" not in codes:
        return ""
    return form if "%H" in codes and "%M" in codes else ""


def _one(text: str, form: str) -> datetime | None:
    try:
        found = datetime.strptime(text, form.replace("%-", "%"))  # noqa: DTZ007 a timestamp without a zone is one
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def make_date(y: TypedExpr, m: TypedExpr, d: TypedExpr) -> TypedExpr:
    """The date of a year, a month and a day; no such day is a fault."""
    parts = [v.e.cast(pl.Int64).cast(pl.String) for v in (y, m, d)]
    e = pl.concat_str([parts[0].str.zfill(4), parts[1].str.zfill(2), parts[2].str.zfill(2)], separator="-").str.to_date(
        "%Y-%m-%d", strict=False
    )
    given = y.e.is_not_null() & m.e.is_not_null() & d.e.is_not_null()
    return TypedExpr(e, pl.Date(), fault=either((any_fault(y, m, d), e.is_null() & given)))


def now(c: Context) -> TypedExpr:
    """The time of the run, in UTC."""
    t = pl.Datetime("us", "UTC")
    moment = c.now().astimezone(UTC)
    ticks = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // datetime.resolution
    return TypedExpr(pl.lit(ticks, dtype=pl.Int64).cast(t), t, ticks)


def today(c: Context) -> TypedExpr:
    moment = now(c)
    days = moment.const // (DAY * 10**6)
    return TypedExpr(pl.lit(days, dtype=pl.Int32).cast(pl.Date), pl.Date(), days)


def in_zone(v: TypedExpr, zone: TypedExpr) -> TypedExpr:
    """AT TIME ZONE: a timestamp with a zone to local time there, and local time to a timestamp."""
    if not isinstance(zone.const, str):
        raise ValidatorError("the zone of AT TIME ZONE is written as a text, for example 'Europe/Berlin'")
    try:
        pl.select(pl.lit(0).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone.const))
    except pl.exceptions.PolarsError:
        raise ValidatorError(f"{zone.const!r} is not a time zone") from None
    if isinstance(v.t, pl.Datetime) and v.t.time_zone:
        return v.to(utc(v).e.dt.convert_time_zone(zone.const).dt.replace_time_zone(None), pl.Datetime(v.t.time_unit))
    made = naive(moment(v, "AT TIME ZONE"))
    day = pl.duration(days=1)
    # an ambiguous time is the later one; a skipped one is read with the offset before the change
    at, before = (
        e.dt.replace_time_zone(zone.const, ambiguous="latest", non_existent="null").dt.convert_time_zone("UTC")
        for e in (made.e, made.e - day)
    )
    there = at if zone.const == "UTC" else pl.coalesce(at, before + day)
    fault = None if zone.const == "UTC" else there.is_null() & v.e.is_not_null()
    t = pl.Datetime(made.t.time_unit, "UTC")  # type: ignore[attr-defined]
    return TypedExpr(there, t, fault=either((v.fault, fault)))
