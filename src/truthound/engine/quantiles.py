"""Exact quantiles in bounded memory: columns that fit are sorted, longer ones are narrowed down to a part that fits."""

from __future__ import annotations

import math
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
SAMPLE = 1 << 14
"""values that tell between which two a quantile of many more lies"""


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
    values = values.cast(pl.Float64) if values.dtype.is_decimal() else values
    found = _between(values, q) if values.dtype.is_numeric() and len(values) > 8 * SAMPLE else None
    return scalar(values.quantile(q, "linear") if found is None else found)


def _between(values: pl.Series, q: float) -> Any:
    """The q-quantile, where it lies between two values that a sample names, so that only those between have to be sorted.

    They are five standard errors of the sample's quantile away from it. None where it lies elsewhere: in data whose order
    beats with the sample's step.
    """
    nulls = values.null_count()
    rank = q * (len(values) - nulls - 1) + nulls  # as the engine counts: nulls come first
    sample = values.gather_every(len(values) // SAMPLE).drop_nulls().sort()
    if not len(sample):
        return None
    margin = 5 * math.sqrt(q * (1 - q) * len(sample)) + 1
    low = sample[max(math.floor(q * len(sample) - margin), 0)]
    high = sample[min(math.ceil(q * len(sample) + margin), len(sample) - 1)]
    at = rank - nulls - int((values < low).sum())
    part = values.filter((values >= low) & (values <= high)).sort()
    if at < 0 or math.ceil(at) >= len(part):
        return None
    return part[int(at) : int(at) + 2].quantile(at - int(at), "linear")


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
