"""The two-sample Kolmogorov-Smirnov statistic, exact."""

from __future__ import annotations

import polars as pl

from truthound.engine import measures as m
from truthound.engine.polars.join_types import ordered_type
from truthound.engine.polars.table import Table
from truthound.errors import ReferenceDataError, ValidatorError


def kolmogorov_smirnov(table: Table, x: m.KolmogorovSmirnov) -> tuple[float, int, int] | None:
    """The measure's value; None where one of the samples is empty."""
    other = table.reference_table(x.reference)
    try:
        theirs = other.compile.column(x.reference_column)
    except ValidatorError as error:
        raise ReferenceDataError(f"in the reference: {error}") from None
    common = ordered_type(table.compile.dtype(x.column), other.types[x.reference_column])
    here = table.filtered(x.where).select(
        table.compile.column(x.column).cast(common).alias("v"), pl.lit(1).alias("here")
    )
    there = other.frame.select(theirs.cast(common).alias("v"), pl.lit(0).alias("here"))
    counts = (
        pl.concat([here, there])
        .drop_nulls()
        .filter(pl.col("v").is_not_nan() if common.is_float() else pl.lit(value=True))
        .group_by("v")
        .agg(pl.col("here").sum(), pl.len().alias("n"))
    )
    steps = table.collect(counts).sort("v")
    cumulative = steps.select(pl.col("here").cum_sum(), (pl.col("n") - pl.col("here")).cum_sum().alias("there"))
    if not cumulative.height or not cumulative["here"][-1] or not cumulative["there"][-1]:
        return None
    n, k = int(cumulative["here"][-1]), int(cumulative["there"][-1])
    distance = (pl.col("here").cast(pl.Int128) * k - pl.col("there").cast(pl.Int128) * n).abs().max()
    return int(cumulative.select(distance).item()) / (n * k), n, k
