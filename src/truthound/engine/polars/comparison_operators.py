"""The six comparisons, for columns and for conditions in SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import polars as pl

COMPARE: dict[str, Callable[[Any, Any], pl.Expr]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""the operator with its sides exchanged; == and != are symmetric"""


def against_neighbours(whole: pl.Expr, down: pl.Expr, up: pl.Expr, op: str) -> pl.Expr:
    """An integer against a number that lies between two neighbouring integers (equal ones if it is whole); null if a side is null."""
    n = whole.cast(pl.Int128)
    equal = (n == down) & ((down == up) | n.is_null())
    results = {"==": equal, "!=": equal.not_(), "<": n < up, "<=": n <= down, ">": n > down, ">=": n >= up}
    return results[op]
