"""Steps of time without a row, on the calendar of the column's time zone.

Days, weeks, months and longer steps are steps of local time, however long they last: a day in which the clock changes is
one day, also if that skips midnight. Hours and shorter steps are elapsed time, aligned with whole hours of local time at
the column's first value. Steps are numbered, so that missing ones are gaps between numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from truthound._internal.extended_time import DAY, SECOND, at_zone, days_of, nanoseconds, offset_at, value_of
from truthound.engine import measures as m
from truthound.engine.polars.python_values import row_tuples, temporal_type, to_python
from truthound.engine.polars.table import Table
from truthound.errors import ValidatorError

_ELAPSED = {"ms": 10**6, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_MONDAY = 3
"""days from a Monday to 1970-01-01"""
_QUARTER = 900 * SECOND


@dataclass(frozen=True)
class _Grid:
    """How times map to numbered steps (`step`, of a column in local time if `local`), and a step to its start."""

    step: Callable[[pl.Expr], pl.Expr]
    start: Callable[[int], int]
    """a step's start in nanoseconds, as the column counts"""
    local: bool
    """whether steps are of local time"""


def gaps(table: Table, x: m.Gaps) -> tuple[tuple[Any, Any, Any, int], ...]:
    """The value of `measures.Gaps`, the longest gap first."""
    dtype = table.compile.dtype(x.column)
    found = temporal_type(dtype)
    if found is None or found[0] not in ("date", "datetime"):
        raise ValidatorError(f'column "{x.column}" is {dtype}, not a date or datetime')
    kind, unit, zone = found
    names = [f"group{i}" for i in range(len(x.group_by))]
    groups = [table.compile.column(g).alias(n) for g, n in zip(x.group_by, names, strict=True)]
    at = table.compile.column(x.column).alias("at")
    rows = table.filtered(x.where).select(*groups, at).drop_nulls("at")
    grid = _grid(x.every, unit, lambda: _utc_offset(table, x, zone, unit))
    before = pl.col("step").shift(1)
    frame = _present_steps(table, rows, names, grid, zone if grid.local else None).sort(*names, "step")
    frame = frame.with_columns((before.over(names) if names else before).alias("before"))
    jumps = frame.filter(pl.col("step") - pl.col("before") > 1)

    def start(step: int) -> int:
        return at_zone(grid.start(step), zone) if zone and grid.local else grid.start(step)

    keys = row_tuples(jumps.select(names)) if names else [()] * jumps.height
    out = []
    for key, low, high in zip(keys, to_python(jumps["before"]), to_python(jumps["step"]), strict=True):
        first, last = low + 1, high - 1
        # a day that a zone skipped to cross the date line takes no time
        left_out = x.every == "1d" and zone is not None and start(high) - start(first) < (high - first) * DAY - DAY // 2
        count = high - first - left_out
        if left_out:
            first, last = first + (start(first) == start(first + 1)), last - (start(last) == start(high))
        if count:
            out.append((key, value_of(kind, start(first), zone), value_of(kind, start(last), zone), count))
    return tuple(sorted(out, key=lambda gap: -gap[3]))


def _grid(every: str, unit: int, offset: Callable[[], int]) -> _Grid:
    """The steps of a length such as `1d` or `15m`, for a column that counts in units of so many nanoseconds."""
    number, word = re.fullmatch(r"(\d+)([a-z]+)", every).groups()  # type: ignore[union-attr]  # the validator made it
    n = int(number)
    if word in _ELAPSED:
        length, shift = n * _ELAPSED[word], 0
        shift = offset() % length if unit != DAY else 0
        per, rest = length // unit, shift // unit
        return _Grid(lambda c: (c + rest) // per if rest else c // per, lambda step: step * length - shift, local=False)
    if word in _DAYS:
        span, shift = n * _DAYS[word], _MONDAY if word == "w" else 0
        return _Grid(
            lambda c: (c // (DAY // unit) + shift) // span, lambda step: (step * span - shift) * DAY, local=True
        )
    span = n * _MONTHS[word]

    return _Grid(
        lambda c: _month(c // (DAY // unit)) // span,
        lambda step: days_of(step * span // 12, step * span % 12 + 1, 1) * DAY,
        local=True,
    )


def _month(days: pl.Expr) -> pl.Expr:
    """Months since the year 0 of days since 1970-01-01, of any year: counted from March, so that a leap day is a year's last."""
    since = days + 719_468  # 0000-03-01
    cycle = since // 146_097
    day = since - cycle * 146_097
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    in_year = day - (365 * year + year // 4 - year // 100)
    return (year + cycle * 400) * 12 + (5 * in_year + 2) // 153 + 2


def _utc_offset(table: Table, x: m.Gaps, zone: str | None, unit: int) -> int:
    """The zone's offset from UTC at the first value, in nanoseconds; 0 near the end of what 64 bits count."""
    if zone is None or zone == "UTC":
        return 0
    first, last = (nanoseconds(table.value(m.Aggregate(x.column, f, x.where))) for f in ("min", "max"))
    if first is None or last is None or last // unit > 2**63 - 1 - DAY // unit:
        return 0
    return offset_at(first, zone)


def _present_steps(table: Table, rows: pl.LazyFrame, names: list[str], grid: _Grid, zone: str | None) -> pl.DataFrame:
    """The steps that have a row, in each group.

    Local time is costly to compute. Where the first and the last moment of a quarter of an hour are on one step, so are the
    others: no zone changes its clock twice in so short a time.
    """
    step = grid.step(pl.col("at").to_physical().cast(pl.Int64)).alias("step")
    if zone in (None, "UTC"):
        return table.collect(rows.select(*names, step).unique())
    _, unit, _ = temporal_type(rows.collect_schema()["at"]) or ("", 1, None)
    quarter = (pl.col("at").to_physical() // (_QUARTER // unit)).alias("quarter")
    ends = (
        rows.with_columns(quarter)
        .group_by(*names, "quarter")
        .agg(pl.min("at").alias("first"), pl.max("at").alias("last"))
    )

    def shown(c: pl.Expr) -> pl.Expr:
        return grid.step(c.dt.replace_time_zone(None).to_physical().cast(pl.Int64))

    found = table.collect(ends).with_columns(shown(pl.col("first")).alias("step"), shown(pl.col("last")).alias("last"))
    same = pl.col("step") == pl.col("last")
    parts = [found.filter(same).select(*names, "step")]
    if (mixed := found.filter(~same)["quarter"].unique()).len():
        inside = rows.filter(quarter.is_in(mixed.implode())).select(*names, shown(pl.col("at")).alias("step"))
        parts.append(table.collect(inside.unique()))
    return pl.concat(parts).unique()
