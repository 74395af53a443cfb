"""One column against another, exactly: numbers of different types, and differences within a tolerance."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import polars as pl

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_REACHES: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.le, "!=": operator.gt, "<": operator.lt, "<=": operator.le, ">": operator.lt, ">=": operator.le,
}  # fmt: skip
"""what holds of how far one value is beyond the other, and the tolerance"""
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NARROW = (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32)
"""whole numbers that 64-bit floats hold exactly"""
_HUGE = 1e30
"""beyond every 64-bit whole number, within 128 bits"""


def holds(
    left: pl.Expr, right: pl.Expr, types: tuple[pl.DataType, pl.DataType], op: str, tolerance: float | timedelta
) -> pl.Expr:
    """Whether `left OP right` in each row; null where one of them is, false where one is NaN."""
    found = _within(left, right, types, op, tolerance) if tolerance else _exact(left, right, types, op)
    numbers = [c.is_not_nan() for c, t in zip((left, right), types, strict=True) if t.is_float()]
    if not numbers:
        return found
    return pl.when(left.is_not_null() & right.is_not_null()).then(reduce(operator.and_, numbers, found))


def _exact(left: pl.Expr, right: pl.Expr, types: tuple[pl.DataType, pl.DataType], op: str) -> pl.Expr:
    a, b = types
    if a != b and a.is_integer() and b.is_integer():
        # two 64-bit types may have nothing else in common but floats
        left, right = left.cast(pl.Int128), right.cast(pl.Int128)
    elif a.is_integer() and b.is_float() and a not in _NARROW:
        return _whole(left, right, op)
    elif a.is_float() and b.is_integer() and b not in _NARROW:
        return _whole(right, left, _MIRRORED.get(op, op))
    elif a != b and a.is_numeric() and b.is_numeric() and (a.is_float() or b.is_float()):
        left, right = left.cast(pl.Float64), right.cast(pl.Float64)
    made: pl.Expr = _COMPARE[op](left, right)
    return made


def _whole(whole: pl.Expr, real: pl.Expr, op: str) -> pl.Expr:
    """A whole number of 64 or 128 bits against a float, without rounding the whole one."""
    n, x = whole.cast(pl.Int128), real.cast(pl.Float64).fill_nan(None)
    down, up = (e.clip(-_HUGE, _HUGE).cast(pl.Int128) for e in (x.floor(), x.ceil()))
    equal = (n == down) & (down == up)
    kinds = {"==": equal, "!=": equal.not_(), "<": n < up, "<=": n <= down, ">": n > down, ">=": n >= up}
    return kinds[op]


def _within(
    left: pl.Expr, right: pl.Expr, types: tuple[pl.DataType, pl.DataType], op: str, tolerance: float | timedelta
) -> pl.Expr:
    """The relation with a tolerance added to what it allows.

    Between floats, a difference that passes the tolerance by no more than rounding (four units in the last place of the
    larger value) is equal to it, as it is in decimals: 1.1 and 1.0 differ by 0.1.
    """
    most: Any = tolerance
    if any(t.is_float() for t in types):
        left, right = left.cast(pl.Float64), right.cast(pl.Float64)
        difference = pl.when(left != right).then(left - right).otherwise(0.0)  # two infinities do not differ
        last = 2.0**-21 if pl.Float32 in types else 2.0**-50
        slack: Any = pl.min_horizontal(pl.max_horizontal(left.abs(), right.abs()) * last, pl.lit(tolerance / 2))
    else:
        if all(t.is_integer() for t in types):
            left, right = left.cast(pl.Int128), right.cast(pl.Int128)  # narrow types would wrap around
        elif any(isinstance(t, pl.Decimal) for t in types):
            most = Decimal(str(tolerance))
        else:
            left, right = (
                e.cast(pl.Datetime("us")) if t == pl.Date else e for e, t in zip((left, right), types, strict=True)
            )
        difference, slack = left - right, None
    beyond = difference if op.startswith("<") else -difference if op.startswith(">") else difference.abs()
    edge = most if slack is None else most - slack if op in ("<", ">") else most + slack
    made: pl.Expr = _REACHES[op](beyond, edge)
    return made
