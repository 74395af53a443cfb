"""Exact quantiles in bounded memory: columns that fit in memory are sorted, longer ones are narrowed down to a part that fits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import polars as pl

from truthound._internal.exact_numbers import decimal, rounded
from truthound.engine.measures import Aggregate, Predicate
from truthound.engine.polars.table import Table
from truthound.errors import ValidatorError

MAX_CELLS = 1 << 25
"""cells held at once (256 MiB of numbers)"""
BUCKETS = 1 << 12
MAX_SORTED = 1 << 22
"""values that are simply sorted"""
SAMPLE = 1 << 14
"""sampled values that bound a quantile of many more"""


def quantile(table: Table, column: str, q: float, where: Predicate | None, read: Mapping[Any, pl.Series]) -> Any:
    """The q-quantile of a column, of which `min`, `max` and `count` were measured. `read`: columns that are in memory already.

    It is interpolated linearly between two values and rounded once. `q` counts as its decimal text.
    """
    dtype = table.compile.dtype(column)
    in_memory = read.get(column) if where is None else None
    count = table.value(Aggregate(column, "count", where)) if in_memory is None else in_memory.count()
    if not count:
        return None
    if not dtype.is_numeric():
        raise ValidatorError(f'column "{column}" is {dtype.base_type()}, it has no quantiles')
    if in_memory is not None:
        return _of_series(in_memory, q)
    values = table.filtered(where).select(table.compile.column(column).alias("v")).drop_nulls()
    if count <= MAX_CELLS // 2:
        return _of_series(table.collect(values)["v"], q)
    values = values.select(_steps(pl.col("v"), dtype))
    rank = Fraction(str(q)) * (count - 1)
    below = _value_at_rank(table, values, int(rank), dtype)
    above = below if rank == int(rank) else _value_at_rank(table, values, int(rank) + 1, dtype)
    return _interpolate(below, above, rank % 1, dtype)


def _steps(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Values as numbers that compare exactly: decimals as whole numbers of their last digit."""
    return values.to_physical() if dtype.is_decimal() else values.cast(pl.Float64) if dtype.is_float() else values


def _of_series(values: pl.Series, q: float) -> Any:
    dtype = values.dtype
    steps = values.drop_nulls().to_frame("v").select(_steps(pl.col("v"), dtype))["v"]
    if not len(steps):
        return None
    rank = Fraction(str(q)) * (len(steps) - 1)
    part = _around_rank(steps, q) if len(steps) > 8 * SAMPLE else None
    ordered, at = part or (steps.sort(), int(rank))
    return _interpolate(ordered[at], ordered[at + (rank % 1 > 0)], rank % 1, dtype)


def _interpolate(below: Any, above: Any, part: Fraction, dtype: pl.DataType) -> Any:
    """The interpolated number: a float, or of the column's type if no float represents it."""
    if not (math.isfinite(below) and math.isfinite(above)):
        return float(below) if not part or below == above else float(below + (above - below) * float(part))
    exact = Fraction(below) + (Fraction(above) - Fraction(below)) * part
    if dtype.is_integer() and abs(exact) > 2**53 and exact.denominator == 1:
        return int(exact)
    if not isinstance(dtype, pl.Decimal):
        return rounded(exact)
    if abs(exact) < 10**15:
        return rounded(exact / 10**dtype.scale)
    digits = 0
    while (exact * 10**digits).denominator > 1:  # a finite decimal, as `q` is one
        digits += 1
    return decimal(int(exact * 10**digits), dtype.scale + digits)


def _around_rank(values: pl.Series, q: float) -> tuple[pl.Series, int] | None:
    """The sorted values between two bounds from a sample, and the index among them of the quantile's rank.

    The bounds are five standard errors of the sample's quantile apart from it. None if it lies outside them, in data with a
    period that coincides with the sample's step.
    """
    rank = Fraction(str(q)) * (len(values) - 1)
    sample = values.gather_every(len(values) // SAMPLE).sort()
    margin = 5 * math.sqrt(q * (1 - q) * len(sample)) + 1
    low = sample[max(math.floor(q * len(sample) - margin), 0)]
    high = sample[min(math.ceil(q * len(sample) + margin), len(sample) - 1)]
    at = int(rank) - int((values < low).sum())
    part = values.filter((values >= low) & (values <= high))
    return None if at < 0 or at + (rank % 1 > 0) >= len(part) else (part.sort(), at)


def _value_at_rank(table: Table, values: pl.LazyFrame, rank: int, dtype: pl.DataType) -> Any:
    """The value at a rank of a column too long to sort: histograms narrow down to a bucket that is short enough."""
    v = pl.col("v")
    if dtype.is_float():
        down, finite = table.collect(values.select((v == -math.inf).sum(), v.is_finite().sum().alias("n"))).row(0)
        if rank < down:
            return -math.inf
        if rank >= down + finite:
            rest = table.collect(values.select((v == math.inf).sum())).item()
            return math.inf if rank < down + finite + rest else math.nan
        values, rank = values.filter(v.is_finite()), rank - down
    while True:
        low, high = table.collect(values.select(pl.min("v"), pl.max("v").alias("h"))).row(0)
        if low == high:
            return low
        bucket = _bucket(v, low, high, dtype)
        counts = table.collect(values.group_by(bucket.alias("b")).len()).sort("b")
        counts = counts.with_columns(pl.col("len").cum_sum().alias("upto"))
        row = counts.filter(pl.col("upto") > rank).row(0, named=True)
        values = values.filter(bucket == row["b"])
        rank -= row["upto"] - row["len"]
        if row["len"] <= MAX_SORTED:
            return table.collect(values)["v"].sort()[rank]


def _bucket(v: pl.Expr, low: Any, high: Any, dtype: pl.DataType) -> pl.Expr:
    """The bucket of a value, between two bounds; the bounds are in different buckets."""
    if dtype.is_float():  # halved, as the whole range may exceed the largest float
        place = (v / 2 - low / 2) / (high / 2 - low / 2)
        return pl.when(v == high).then(float(BUCKETS)).otherwise((place * BUCKETS).floor().clip(0, BUCKETS - 1))
    wide = pl.UInt128 if dtype == pl.UInt128 else pl.Int128
    width = max((high - low) // BUCKETS, 1)
    return v.cast(wide) // pl.lit(width, dtype=wide)
