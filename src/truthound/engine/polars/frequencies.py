"""How often values occur: the most frequent ones, and all of a column with few distinct values."""

from __future__ import annotations

from typing import Any

import polars as pl

from truthound.engine.measures import Predicate
from truthound.engine.polars.aggregates import scalar
from truthound.engine.polars.python_values import row_tuples
from truthound.engine.polars.table import Table
from truthound.engine.states import MAX_DISTINCT, Frequencies


def _counts(table: Table, column: str, where: Predicate | None) -> pl.LazyFrame:
    values = table.filtered(where).select(table.compile.column(column).alias("v")).drop_nulls()
    return values.group_by("v").len(name="n")


def top_values(table: Table, column: str, k: int, where: Predicate | None) -> tuple[tuple[Any, int], ...]:
    """The value of `measures.TopValues`."""
    counts = table.collect(_counts(table, column, where).top_k(k, by=["n", "v"], reverse=[False, True]))
    ordered = counts.sort("n", "v", descending=[True, False])
    return tuple((scalar(v), int(n)) for v, n in row_tuples(ordered.select("v", "n")))


def frequencies(table: Table, column: str, where: Predicate | None) -> Frequencies | None:
    """The state of `measures.TopValues`; None if there are too many distinct values, or their order differs from Python's."""
    dtype = table.compile.dtype(column)
    if dtype == pl.Enum or dtype.is_nested():
        return None
    counts = table.collect(_counts(table, column, where).head(MAX_DISTINCT + 1))
    if counts.height > MAX_DISTINCT:
        return None
    return Frequencies(tuple((scalar(v), int(n)) for v, n in row_tuples(counts.sort("v").select("v", "n"))))
