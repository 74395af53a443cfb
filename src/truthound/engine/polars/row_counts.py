"""The number of rows for which a condition is true, in as few expressions as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from truthound.engine.polars.aggregate_query import AggregateQuery
from truthound.engine.polars.column_names import FAULT_MESSAGE
from truthound.engine.polars.sql.logic import CompiledCondition
from truthound.errors import ValidatorError

_ROWS = 2**32
"""more rows than the engine counts"""


def count_or_fault(made: CompiledCondition, count: AggregateQuery | None = None) -> AggregateQuery:
    """The number of rows for which a condition is true, or `count` of them; or the error of a row that cannot be evaluated."""
    count = count or as_count(made.e.sum())
    if made.fault is None:
        return count
    return AggregateQuery(
        (*count.exprs, made.fault.any()),
        lambda found: ValidatorError(FAULT_MESSAGE) if found[-1] else count.finish(found[:-1]),
    )


def count_true_and_null(e: pl.Expr) -> AggregateQuery:
    """The numbers of rows for which a condition is true and null, packed in one sum so that it is computed once."""
    both = e.cast(pl.UInt64).fill_null(pl.lit(_ROWS, dtype=pl.UInt64)).sum()
    return AggregateQuery((both,), lambda found: divmod(int(found[0] or 0), _ROWS)[::-1])


def if_narrow(
    quick: AggregateQuery, columns: Sequence[pl.Expr], most: int, otherwise: AggregateQuery
) -> AggregateQuery:
    """The quick query if no column holds a number above `most`, else the other."""
    given = len(quick.exprs)

    def finish(found: tuple[Any, ...]) -> Any:
        fits = all(x is None or -most <= x <= most for x in found[given:])
        return quick.finish(found[:given]) if fits else otherwise

    return AggregateQuery((*quick.exprs, *(e for c in columns for e in (c.min(), c.max()))), finish)


def as_count(e: pl.Expr) -> AggregateQuery:
    return AggregateQuery((e,), lambda found: int(found[0] or 0))
