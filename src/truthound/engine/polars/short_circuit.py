"""Expensive checks of text, evaluated for few values: a cheaper check decides most, or values repeat."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

Decide = Callable[[pl.Expr], pl.Expr]
SAMPLE = 1 << 10
"""sampled values, from which it is estimated whether a column has few distinct ones"""


def quick_then_slow(column: pl.Expr, quick: Decide, slow: Decide) -> pl.Expr:
    """The result of `quick`, or of `slow` for values whose `quick` result is null. Null stays null."""

    def look(values: pl.Series) -> pl.Series:
        frame = values.to_frame("v")
        found = frame.select(quick(pl.col("v"))).to_series()
        rest = found.is_null() & values.is_not_null()
        if rest.any():
            found = found.scatter(rest.arg_true(), frame.filter(rest).select(slow(pl.col("v"))).to_series())
        return found.alias(values.name)

    return column.map_batches(look, return_dtype=pl.Boolean, is_elementwise=True)


def quick_or_slow(column: pl.Expr, quick: Callable[[pl.Series], pl.Series], slow: Decide) -> pl.Expr:
    """True where `quick` is true, else the result of `slow`. Null stays null."""

    def look(values: pl.Series) -> pl.Series:
        found = quick(values)
        if not (rest := ~found).any():
            return found
        rows = values.to_frame("v").filter(rest)
        return found.scatter(rest.arg_true(), rows.select(slow(pl.col("v"))).to_series())

    return column.map_batches(look, return_dtype=pl.Boolean, is_elementwise=True)


def per_distinct_value(column: pl.Expr, decide: Callable[[pl.Series], pl.Series]) -> pl.Expr:
    """The result of a function for each value, called once per distinct value if a sample has repeated values."""

    def look(values: pl.Series) -> pl.Series:
        if len(values) > 8 * SAMPLE and values.gather_every(len(values) // SAMPLE).n_unique() <= SAMPLE // 8:
            distinct = values.unique()
            return values.replace_strict(distinct, decide(distinct), return_dtype=pl.Boolean)
        return decide(values)

    return column.map_batches(look, return_dtype=pl.Boolean, is_elementwise=True)
