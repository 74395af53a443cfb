"""Measures that have mergeable states, as expressions that stream."""

from __future__ import annotations

import math
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl

from truthound._internal.extended_time import Extended
from truthound._internal.text import to_json_value
from truthound.engine import measures as m
from truthound.engine.polars.aggregate_query import AggregateQuery
from truthound.engine.polars.compile import Compiler
from truthound.engine.polars.exact_sums import moments, sum_or_mean
from truthound.engine.polars.row_counts import as_count
from truthound.engine.states import Count, Extreme, HistogramCounts, empty
from truthound.errors import ValidatorError


def aggregate(measure: m.Measure, c: Compiler, *, exact: bool) -> AggregateQuery:
    """The query for a measure's state. `exact`: sums are fully exact, not just exact enough to be rounded once."""
    match measure:
        case m.RowCount(None):
            return as_count(pl.len()).map(Count)
        case m.RowCount(where):
            return c.count(where).map(Count)  # type: ignore[arg-type]
        case m.CountWhere(m.IsNull(column), None):
            return as_count(c.column(column).null_count()).map(Count)
        case m.CountWhere(predicate, where):
            return c.count(predicate if where is None else m.And((where, predicate))).map(Count)
        case m.Aggregate():
            return _of_column(measure, c, exact=exact)
        case m.Histogram(column, edges, where):
            bounds = [None, *edges, None]
            steps = [m.Between(column, lo, hi, high_inclusive=False) for lo, hi in pairwise(bounds)]
            counts = tuple(c(s if where is None else m.And((where, s))).sum() for s in steps)
            return AggregateQuery(counts, lambda found: HistogramCounts(tuple(int(n or 0) for n in found)))
        case _:
            raise AssertionError(measure)


def _of_column(x: m.Aggregate, c: Compiler, *, exact: bool) -> AggregateQuery:
    dtype = c.dtype(x.column)
    values = c.column(x.column) if x.where is None else pl.when(c(x.where)).then(c.column(x.column))
    if reason := _unsupported(dtype, x.function, x.column):
        return AggregateQuery((values.count(),), lambda found: ValidatorError(reason) if found[0] else empty(x))
    if x.function in ("sum", "mean"):
        return sum_or_mean(values, dtype, x.function, (x.column, x.where, "sum"), exact=exact)
    if x.function in ("std", "var"):
        return moments(values, dtype, (x.column, x.where, "moments"))
    if x.function == "count":
        return as_count(values.count()).map(Count)
    return _extreme(values, dtype, "min" if x.function == "min" else "max")


def _extreme(values: pl.Expr, dtype: pl.DataType, function: Any) -> AggregateQuery:
    found = values.min() if function == "min" else values.max()
    if dtype.is_float():  # a third of the time of the engine's own nan_min
        return AggregateQuery(
            (found, values.is_nan().any()),
            lambda answer: Extreme(function, math.nan if answer[1] else scalar(answer[0])),
        )
    if dtype == pl.Enum:  # in the order of its categories
        return AggregateQuery(
            (found, found.to_physical()), lambda answer: Extreme(function, scalar(answer[0]), answer[1])
        )
    return AggregateQuery((found,), lambda answer: Extreme(function, scalar(answer[0])))


def _unsupported(dtype: pl.DataType, function: str, column: str) -> str:
    """Why a type does not support the aggregate, even for a column without values; empty if it does."""
    ordered = function in ("min", "max") and not (dtype.is_nested() or dtype == pl.Object)
    if function == "count" or ordered or dtype.is_numeric() or dtype == pl.Boolean:
        return ""
    return f'column "{column}" is {dtype.base_type()}, it has no {function}'


def scalar(value: Any) -> Any:
    """A measured value as a Python object; durations and similar types stay as they are."""
    return (
        value
        if isinstance(value, int | float | str | date | time | timedelta | Decimal | Extended) or value is None
        else to_json_value(value)
    )
