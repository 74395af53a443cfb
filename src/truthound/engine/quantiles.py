"""Exact quantiles in bounded memory: columns that fit are sorted, longer ones are narrowed down to a part that fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from truthound.engine.expressions import scalar
from truthound.measures import Aggregate, Predicate

if TYPE_CHECKING:
    from truthound.engine.polars_backend import PolarsBackend

NARROW = 1 << 25
"""cells held at once (256 MiB of numbers)"""
BUCKETS = 1 << 12
FEW = 1 << 22
"""values that are simply sorted"""


def quantile(
    backend: PolarsBackend, column: str, q: float, where: Predicate | None, read: Mapping[Any, pl.Series]
) -> Any:
    """The q-quantile of a column, of which `min`, `max` and `count` were measured. `read`: columns that are in memory already."""
    if where is None and column in read:
        return _of(read[column], q)
    count = backend.value(Aggregate(column, "count", where))
    if not count:
        return None
    values = backend.filtered(where).select(backend.compile.column(column).alias("v")).drop_nulls()
    if count <= NARROW // 2 or not backend.compile.dtype(column).is_numeric():
        return _of(backend.collect(values)["v"], q)
    low, high = (float(backend.value(Aggregate(column, f, where))) for f in ("min", "max"))
    rank = q * (count - 1)
    below = _ranked(backend, values, int(rank), low, high)
    if rank == int(rank):
        return below
    return below + (_ranked(backend, values, int(rank) + 1, low, high) - below) * (rank - int(rank))


def _of(values: pl.Series, q: float) -> Any:
    return scalar((values.cast(pl.Float64) if values.dtype.is_decimal() else values).quantile(q, "linear"))


def _ranked(backend: PolarsBackend, values: pl.LazyFrame, rank: int, low: float, high: float) -> float:
    """The value at a rank of a column too long to sort: histograms narrow down to a bucket that is short enough."""
    while low < high:
        bucket = ((pl.col("v").cast(pl.Float64) - low) / (high - low) * BUCKETS).floor().clip(0, BUCKETS - 1)
        counts = backend.collect(values.group_by(bucket.alias("b")).len()).sort("b")
        counts = counts.with_columns(pl.col("len").cum_sum().alias("upto"))
        row = counts.filter(pl.col("upto") > rank).row(0, named=True)
        values = values.filter(bucket == row["b"])
        rank -= row["upto"] - row["len"]
        if row["len"] <= FEW:
            return float(backend.collect(values)["v"].sort()[rank])
        low, high = (float(v) for v in backend.collect(values.select(pl.min("v"), pl.max("v").alias("h"))).row(0))
    return low
