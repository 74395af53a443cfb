"""Cells of a Polars frame as Python values for results; converting them never raises.

Polars converts its dates to Python's, raises or panics for those outside Python's calendar, and truncates nanoseconds.
Here such values are `truthound._internal.extended_time.Extended`.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from truthound._internal.extended_time import DAY, Kind, value_of

UNITS = {"ns": 1, "us": 10**3, "ms": 10**6}
"""nanoseconds of a unit of time"""


def temporal_type(dtype: pl.DataType) -> tuple[Kind, int, str | None] | None:
    """A temporal type's kind, nanoseconds per step and time zone; None for any other type."""
    match dtype:
        case pl.Datetime():
            return "datetime", UNITS[dtype.time_unit], dtype.time_zone
        case pl.Duration():
            return "duration", UNITS[dtype.time_unit], None
    if dtype == pl.Date:
        return "date", DAY, None
    return ("time", 1, None) if dtype == pl.Time else None


def to_python(series: pl.Series) -> list[Any]:
    """A column's values."""
    dtype, series = series.dtype, series.alias("")  # a name may be a pattern to the engine
    if found := temporal_type(dtype):
        kind, step, zone = found
        return [None if n is None else value_of(kind, n * step, zone) for n in series.to_physical().to_list()]
    if not _contains_dates(dtype):
        return series.to_list()
    if isinstance(dtype, pl.Struct):
        fields = [(f.name, to_python(f)) for f in series.struct.unnest().get_columns()]
        null = series.is_null()
        return [None if null[i] else {f: values[i] for f, values in fields} for i in range(len(series))]
    return [None if inner is None else to_python(inner) for inner in series]


def row_dicts(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows, each as column -> value."""
    columns = [(c.name, to_python(c)) for c in frame.get_columns()]
    return [{name: values[i] for name, values in columns} for i in range(frame.height)]


def row_tuples(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The rows as tuples."""
    return list(zip(*(to_python(c) for c in frame.get_columns()), strict=True))


def first_row(frame: pl.DataFrame) -> tuple[Any, ...]:
    """The first row."""
    if not any(map(_contains_dates, frame.dtypes)):
        return frame.row(0)
    return tuple(to_python(c.head(1))[0] for c in frame.get_columns())


def _contains_dates(dtype: pl.DataType) -> bool:
    """Whether a type is, or contains, a date or time type."""
    match dtype:
        case pl.List() | pl.Array():
            return _contains_dates(dtype.inner)  # type: ignore[arg-type]  # the class of a type is typed too
        case pl.Struct():
            return any(_contains_dates(f.dtype) for f in dtype.fields)  # type: ignore[arg-type]
    return dtype.is_temporal()
