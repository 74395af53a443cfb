"""Null counts from file statistics: a reader skips row groups without nulls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from truthound.engine import measures as m
from truthound.engine.polars.column_names import named, unescape_column

MANY = 1 << 18
"""rows from which reading a column costs more than a separate query"""
COLUMNS = 64
"""columns up to which each has a separate query; every query reads the file's footer"""


def only_null_counts(compiled: Mapping[m.Measure, Iterable[pl.Expr]]) -> list[str]:
    """The columns of which only the null count is requested."""
    counted: dict[str, int] = {}
    others: set[str] = set()
    for measure, exprs in compiled.items():
        if isinstance(measure, m.CountWhere) and measure.where is None and isinstance(measure.predicate, m.IsNull):
            counted[measure.predicate.column] = 1
        else:
            others |= {unescape_column(name) for e in exprs for name in e.meta.root_names()}
    return [c for c in counted if c not in others][:COLUMNS]


def null_counts(frame: pl.LazyFrame, columns: list[str]) -> dict[str, int]:
    """The null count of each column, by filters that readers answer from file statistics where possible."""
    if not columns or int(frame.select(pl.len()).collect(engine="streaming").item()) < MANY:
        return {}
    queries = [frame.filter(named(c).is_null()).select(pl.len()) for c in columns]
    return {c: int(f.item()) for c, f in zip(columns, pl.collect_all(queries, engine="streaming"), strict=True)}
