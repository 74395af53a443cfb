"""Steps of time without a row, on the calendar of the column's time zone.

Days, weeks, months and longer steps are those of a clock on the wall, however long they are: a day in which the clock
changes is one day, also where that skips midnight. Hours and shorter steps are elapsed time; they begin where the clock
shows whole ones at the column's first value. A step is a whole number, so that a missing one is a hole between numbers.
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
    """How a column's values are put on steps: `step`, of a column that shows the wall's clock for `days`, and back to where one begins."""

    step: Callable[[pl.Expr], pl.Expr]
    start: Callable[[int], int]
    """nanoseconds of a step's beginning, as the column counts"""
    wall: bool
    """whether steps are those of a clock on the wall"""


def gaps(table: Table, x: m.Gaps) -> tuple[tuple[Any, Any, Any, int], ...]:
    """What `measures.Gaps` says, the longest first."""
    dtype = table.compile.dtype(x.column)
    found = temporal_type(dtype)
    if found is None or found[0] not in ("date", "datetime"):
        raise ValidatorError(f'column "{x.column}" is {dtype}, not a date or datetime')
    kind, unit, zone = found
    names = [f"group{i}" for i in range(len(x.group_by))]
    groups = [table.compile.column(g).alias(n) for g, n in zip(x.group_by, names, strict=True)]
    at = table.compile.column(x.column).alias("at")
    rows = table.filtered(x.where).select(*groups, at).drop_nulls("at")
    grid = _grid(x.every, unit, lambda: _ahead(table, x, zone, unit))
    before = pl.col("step").shift(1)
    frame = _present(table, rows, names, grid, zone if grid.wall else None).sort(*names, "step")
    frame = frame.with_columns((before.over(names) if names else before).alias("before"))
    holes = frame.filter(pl.col("step") - pl.col("before") > 1)

    def start(step: int) -> int:
        return at_zone(grid.start(step), zone) if zone and grid.wall else grid.start(step)

    keys = row_tuples(holes.select(names)) if names else [()] * holes.height
    out = []
    for key, low, high in zip(keys, to_python(holes["before"]), to_python(holes["step"]), strict=True):
        first, last = low + 1, high - 1
        # a day that a zone left out, to be on the other side of the date line, takes no time
        left_out = x.every == "1d" and zone is not None and start(high) - start(first) < (high - first) * DAY - DAY // 2
        count = high - first - left_out
        if left_out:
            first, last = first + (start(first) == start(first + 1)), last - (start(last) == start(high))
        if count:
            out.append((key, value_of(kind, start(first), zone), value_of(kind, start(last), zone), count))
    return tuple(sorted(out, key=lambda gap: -gap[3]))


def _grid(every: str, unit: int, ahead: Callable[[], int]) -> _Grid:
    """The steps of a length such as `1d` or `15m`, for a column that counts in units of so many nanoseconds."""
    number, word = re.fullmatch(r"(\d+)([a-z]+)", every).groups()  # type: ignore[union-attr]  # the validator made it
    n = int(number)
    if word in _ELAPSED:
        length, shift = n * _ELAPSED[word], 0
        shift = ahead() % length if unit != DAY else 0
        per, rest = length // unit, shift // unit
        return _Grid(lambda c: (c + rest) // per if rest else c // per, lambda step: step * length - shift, wall=False)
    if word in _DAYS:
        span, shift = n * _DAYS[word], _MONDAY if word == "w" else 0
        return _Grid(
            lambda c: (c // (DAY // unit) + shift) // span, lambda step: (step * span - shift) * DAY, wall=True
        )
    span = n * _MONTHS[word]

    return _Grid(
        lambda c: _month(c // (DAY // unit)) // span,
        lambda step: days_of(step * span // 12, step * span % 12 + 1, 1) * DAY,
        wall=True,
    )


def _month(days: pl.Expr) -> pl.Expr:
    """Months since the year 0 of days since 1970-01-01, of any year: counted from March, so that a leap day is a year's last."""
    since = days + 719_468  # 0000-03-01
    cycle = since // 146_097
    day = since - cycle * 146_097
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    in_year = day - (365 * year + year // 4 - year // 100)
    return (year + cycle * 400) * 12 + (5 * in_year + 2) // 153 + 2


def _ahead(table: Table, x: m.Gaps, zone: str | None, unit: int) -> int:
    """How far the clock of the zone is ahead of UTC at the first value, in nanoseconds; 0 at the end of what 64 bits count."""
    if zone is None or zone == "UTC":
        return 0
    first, last = (nanoseconds(table.value(m.Aggregate(x.column, f, x.where))) for f in ("min", "max"))
    if first is None or last is None or last // unit > 2**63 - 1 - DAY // unit:
        return 0
    return offset_at(first, zone)


def _present(table: Table, rows: pl.LazyFrame, names: list[str], grid: _Grid, zone: str | None) -> pl.DataFrame:
    """The steps that have a row, in each group.

    What a clock on the wall shows is costly to tell. Where it puts the first and the last moment of a quarter of an hour
    on one step, the others are there too: no zone changes its clock twice in so short a time.
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
