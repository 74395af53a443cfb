"""Intervals: how they are written, and calculated with dates, times and each other."""

from __future__ import annotations

import polars as pl

from truthound.engine.polars.sql.casts import cast, duration
from truthound.engine.polars.sql.parse_text import interval, span_unit
from truthound.engine.polars.sql.typed_expr import (
    DAY,
    UNITS,
    TypedExpr,
    any_fault,
    either,
    is_dated,
    is_int,
    is_number,
    limits,
    naive,
    null_of,
    sql_name,
    ticks_unit,
)
from truthound.errors import ValidatorError

DURATION = pl.Duration("us")
_STAMP = pl.Datetime("us")
_DATE_RANGE = 90_000_000
"""days around 1970 that a date may have"""


def arithmetic(a: TypedExpr, op: str, b: TypedExpr) -> TypedExpr:
    """+, -, * and / where a side is a date, a time or an interval."""
    if isinstance(a.t, pl.Duration) and isinstance(b.t, pl.Duration) and op in "+-":
        return _intervals(a, op, b)
    if isinstance(a.t, pl.Duration) and is_number(b.t) and op in "*/":
        return _scaled(a, op, b)
    if isinstance(b.t, pl.Duration) and is_number(a.t) and op == "*":
        return _scaled(b, op, a)
    if isinstance(b.t, pl.Duration) and op in "+-" and (is_dated(a) or a.t == pl.Time):
        return _shifted(a, b, 1 if op == "+" else -1)
    if isinstance(a.t, pl.Duration) and op == "+" and (is_dated(b) or b.t == pl.Time):
        return _shifted(b, a, 1)
    if a.t == pl.Date and is_int(b.t) and op in "+-":
        return _days(a, b, 1 if op == "+" else -1)
    if b.t == pl.Date and is_int(a.t) and op == "+":
        return _days(b, a, 1)
    if op == "+" and {type(a.t), type(b.t)} == {pl.Date, pl.Time}:
        day, clock = (a, b) if a.t == pl.Date else (b, a)
        return a.to(day.e.cast(_STAMP) + (clock.e.to_physical() // 1000).cast(DURATION), _STAMP, b)
    if op == "-" and is_dated(a) and is_dated(b):
        if a.t == b.t == pl.Date():
            return a.to(a.e.to_physical().cast(pl.Int64) - b.e.to_physical().cast(pl.Int64), pl.Int64(), b)
        x, y = (naive(v).e.cast(_STAMP) for v in (a, b))
        return a.to(x - y, DURATION, b, apart=True)
    raise ValidatorError(f"{sql_name(a.t)} {op} {sql_name(b.t)} cannot be calculated; cast one of them")


def _days(a: TypedExpr, b: TypedExpr, sign: int) -> TypedExpr:
    if not b.literal and limits(b.t)[1] > limits(pl.Int32())[1]:
        raise ValidatorError("a date takes a number of days as INTEGER; cast it")
    ticks = a.e.to_physical().cast(pl.Int64) + b.e.cast(pl.Int64) * sign
    beyond = (ticks.abs() > _DATE_RANGE).fill_null(value=False)
    e = pl.when(beyond.not_()).then(ticks).cast(pl.Int32).cast(pl.Date)
    return TypedExpr(e, pl.Date(), fault=either((a.fault, b.fault, beyond)))


def _shifted(v: TypedExpr, by: TypedExpr, sign: int) -> TypedExpr:
    """A moment and an interval: its months first, then the rest. A date becomes a timestamp."""
    ticks = by.e.cast(DURATION)
    if v.t == pl.Time:
        day = DAY * UNITS["ns"]
        moved = (v.e.to_physical() + ticks.to_physical() * (1000 * sign)) % day
        return v.to(moved.cast(pl.Time), pl.Time(), by)
    zone = v.t.time_zone if isinstance(v.t, pl.Datetime) else None
    made = naive(v)
    t = pl.Datetime("ns" if ticks_unit(made.t) == "ns" else "us")
    steps = [lambda e: _months_on(e, by, sign), lambda e: _rest_on(e, by, sign, t)]
    e = made.e.cast(t)
    for step in reversed(steps) if zone and sign < 0 else steps:  # as the database does
        e = step(e)
    if zone:
        return v.to(e.dt.replace_time_zone("UTC"), pl.Datetime(t.time_unit, "UTC"), by)
    return v.to(e, t, by)


def _months_on(e: pl.Expr, by: TypedExpr, sign: int) -> pl.Expr:
    if isinstance(by.const, tuple):
        return e.dt.offset_by(f"{by.const[0] * sign}mo") if by.const[0] else e
    return e if by.months is None else e.dt.offset_by((by.months * sign).cast(pl.String) + "mo")


def _rest_on(e: pl.Expr, by: TypedExpr, sign: int, t: pl.Datetime) -> pl.Expr:
    if isinstance(by.const, tuple) and by.const[1] == 0:
        return e
    rest = by.e.cast(DURATION).cast(pl.Duration(t.time_unit))
    return e + rest if sign > 0 else e - rest


def _intervals(a: TypedExpr, op: str, b: TypedExpr) -> TypedExpr:
    sign = 1 if op == "+" else -1
    if isinstance(a.const, tuple) and isinstance(b.const, tuple):
        return duration(a.const[0] + sign * b.const[0], a.const[1] + sign * b.const[1])
    e = a.e.cast(DURATION) + b.e.cast(DURATION) * sign
    given = [m for m in (a.months, None if b.months is None else b.months * sign) if m is not None]
    return TypedExpr(
        e,
        DURATION,
        fault=any_fault(a, b),
        months=given[0] + given[1] if len(given) > 1 else given[0] if given else None,
    )


def _scaled(v: TypedExpr, op: str, n: TypedExpr) -> TypedExpr:
    if v.months is not None and (op == "/" or not is_int(n.t)):
        raise ValidatorError("an interval with months can only be multiplied by a whole number")
    if isinstance(v.const, tuple) and isinstance(n.const, int) and op == "*":
        return duration(v.const[0] * n.const, v.const[1] * n.const)
    ticks = v.e.cast(DURATION).to_physical()
    if op == "*" and is_int(n.t):
        e = ticks * n.e.cast(pl.Int64)
    else:
        factor = n.e.cast(pl.Float64)
        real = ticks.cast(pl.Float64) * factor if op == "*" else ticks.cast(pl.Float64) / factor
        e = real.round(0).cast(pl.Int64, strict=False)
    return TypedExpr(
        e.cast(DURATION),
        DURATION,
        fault=any_fault(v, n),
        months=None if v.months is None else v.months * n.e.cast(pl.Int64),
    )


def written(value: TypedExpr, unit: str | None) -> TypedExpr:
    """INTERVAL '1 month', INTERVAL 3 DAY, INTERVAL (column) HOUR."""
    if unit is None:
        if not isinstance(value.const, str):
            raise ValidatorError("an interval is written as INTERVAL '1 day' or INTERVAL 1 DAY")
        found = interval(value.const)
        if found is None:
            raise ValidatorError(f"{value.const!r} is not an interval")
        return duration(*found)
    size = span_unit(unit)
    if size is None:
        raise ValidatorError(f'no unit of time is called "{unit}"')
    return spans(cast(value, pl.Int64()) if value.t == pl.String else value, size)


def spans(n: TypedExpr, size: tuple[int, int]) -> TypedExpr:
    """A number of months or of microseconds."""
    if n.t == pl.Null:
        return null_of(DURATION)
    if not (is_int(n.t) or (is_number(n.t) and not size[0] and size[1] < DAY * 10**6)):
        raise ValidatorError(f"such an interval is made of a whole number, not of {sql_name(n.t)}")
    if isinstance(n.const, int):
        if abs(n.const) * max(size) >= 2**63:
            raise ValidatorError(f"an interval of {n.const} is too long")
        return duration(n.const * size[0], n.const * size[1])
    if size[0]:
        months = n.e.cast(pl.Int64, strict=False) * size[0]
        return TypedExpr((months * 0).cast(DURATION), DURATION, fault=n.fault, months=months)
    if is_int(n.t):
        exact = n.e.cast(pl.Int128) * size[1]
    else:
        exact = (n.e.cast(pl.Float64) * size[1]).round(0).cast(pl.Int128, strict=False)
    ticks = exact.cast(pl.Int64, strict=False)
    beyond = ticks.is_null() & n.e.is_not_null()
    return TypedExpr(ticks.cast(DURATION), DURATION, fault=either((n.fault, beyond)))
