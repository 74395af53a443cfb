"""One column against another, exactly: numbers and times of different types, and differences within a tolerance.

Nothing is rounded to be compared. A float against a decimal has the value it is written as, so that 0.1 equals 0.10; against any
other number it has its binary value.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import Any

import polars as pl

from truthound._internal.exact_numbers import shortest
from truthound._internal.extended_time import nanoseconds
from truthound.engine.polars.compare_values import BITS, at_most
from truthound.engine.polars.comparison_operators import COMPARE, MIRRORED, against_neighbours
from truthound.engine.polars.python_values import temporal_type
from truthound.errors import ValidatorError

_REACHES: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.le, "!=": operator.gt, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
"""how the difference of two values compares with the tolerance"""
_NARROW = (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32)
"""whole numbers that 64-bit floats hold exactly"""
_LARGE = (pl.Int128, pl.UInt128)
Types = tuple[pl.DataType, pl.DataType]


def compare_columns(left: pl.Expr, right: pl.Expr, types: Types, op: str, tolerance: float | timedelta = 0) -> pl.Expr:
    """Whether `left OP right` in each row; null where one of them is, false where one is NaN."""
    found = _within(left, right, types, op, tolerance) if tolerance else _exact(left, right, types, op)
    numbers = [c.is_not_nan() for c, t in zip((left, right), types, strict=True) if t.is_float()]
    if not numbers:
        return found
    return pl.when(left.is_not_null() & right.is_not_null()).then(reduce(operator.and_, numbers, found))


def _exact(left: pl.Expr, right: pl.Expr, types: Types, op: str) -> pl.Expr:
    a, b = types
    if a != b and a.is_temporal() and b.is_temporal():
        left, right = steps(left, right, types)
    elif a != b and a.is_numeric() and b.is_numeric():
        if a.is_float() and b.is_float():
            left, right = left.cast(pl.Float64), right.cast(pl.Float64)
        elif a.is_float() or (b in _LARGE and not a.is_float() and a not in _LARGE):
            return _numbers(right, left, (b, a), MIRRORED.get(op, op))
        else:
            return _numbers(left, right, types, op)
    made: pl.Expr = COMPARE[op](left, right)
    return made


def steps(left: pl.Expr, right: pl.Expr, types: Types) -> tuple[pl.Expr, pl.Expr]:
    """Two columns of times as whole numbers of a common unit: in UTC if both have a time zone.

    A date is its midnight, in the time zone of the other. Raises ValidatorError where they do not compare.
    """
    a, b = temporal_type(types[0]), temporal_type(types[1])
    if a is None or b is None or (a[0] != b[0] and not {a[0], b[0]} == {"date", "datetime"}):
        raise ValidatorError(f"{types[0]} and {types[1]} do not compare")
    if a[0] == b[0] and (a[2] is None) != (b[2] is None):
        raise ValidatorError(f"{types[0]} and {types[1]} do not compare: one has a time zone, the other has none")
    if a[0] != b[0]:  # days of local time begin at midnight, also where a zone skips it
        left, right = (e.dt.replace_time_zone(None) if s[2] else e for e, s in ((left, a), (right, b)))
    common = gcd(a[1], b[1])
    wide = pl.Int64 if a[1] == b[1] else pl.Int128
    one, other = (
        e.to_physical().cast(wide) * pl.lit(s[1] // common, dtype=wide) if s[1] > common else e.to_physical().cast(wide)
        for e, s in ((left, a), (right, b))
    )
    return one, other


def _numbers(left: pl.Expr, right: pl.Expr, types: Types, op: str) -> pl.Expr:
    """A whole number or decimal against any other number."""
    a, b = types
    if pl.UInt128 in types and not (a.is_integer() and b.is_integer()):
        raise ValidatorError(f"{a} and {b} do not compare; cast one of them")
    if b.is_float() and a not in _NARROW:
        return _decimal_float(left, right, types, op) if isinstance(a, pl.Decimal) else _whole_float(left, right, op)
    if b.is_float():
        left, right = left.cast(pl.Float64), right.cast(pl.Float64)
    elif a in _LARGE:
        return _large(left, right, types, op)
    elif a.is_integer() and b.is_integer():  # two 64-bit types may have nothing else in common but floats
        left, right = left.cast(pl.Int128), right.cast(pl.Int128)
    made: pl.Expr = COMPARE[op](left, right)
    return made


def _large(left: pl.Expr, right: pl.Expr, types: Types, op: str) -> pl.Expr:
    """A whole number of 128 bits against a decimal or another whole number."""
    a, b = types
    if isinstance(b, pl.Decimal):
        units, ten = right.to_physical(), pl.lit(10**b.scale, dtype=pl.Int128)
        down = units // ten
        return against_neighbours(left, down, pl.when(down * ten == units).then(down).otherwise(down + 1), op)
    if a == pl.Int128 and b == pl.UInt128:
        return _large(right, left, (b, a), MIRRORED.get(op, op))
    if a == pl.UInt128 and not b.is_unsigned_integer():
        same = COMPARE[op](left, right.cast(pl.UInt128, strict=False))  # null if it is negative
        return pl.when((right < 0) & left.is_not_null()).then(pl.lit(COMPARE[op](1, 0))).otherwise(same)
    made: pl.Expr = COMPARE[op](left, right.cast(a))
    return made


def _whole_float(whole: pl.Expr, real: pl.Expr, op: str) -> pl.Expr:
    """A whole number of 64 or 128 bits against a float, without rounding the whole one."""
    x = real.cast(pl.Float64).fill_nan(None)
    down, up = (e.cast(pl.Int128, strict=False) for e in (x.floor(), x.ceil()))
    above, below = pl.lit(COMPARE[op](0, 1)), pl.lit(COMPARE[op](1, 0))
    outside = pl.when(x >= 2.0**127).then(above).when(x < -(2.0**127)).then(below)
    return pl.when(whole.is_not_null()).then(outside.otherwise(against_neighbours(whole, down, up, op)))


def _decimal_float(number: pl.Expr, real: pl.Expr, types: Types, op: str) -> pl.Expr:
    """A decimal against the decimal text of a float; if they are almost equal, their digits are compared in Python."""
    scale, bits = getattr(types[0], "scale", 0), BITS[types[1].base_type()]
    units, x = number.to_physical(), real.cast(pl.Float64)
    # divided by a column: the engine divides by a constant by multiplying with its reciprocal, which is rounded
    whole = units.cast(pl.Float64)
    near = (whole / (whole * 0.0 + 10.0**scale)).cast(types[1]).cast(pl.Float64)
    # with so few digits, the decimal is the float's own text, so that comparing floats is exact
    short = (units.abs() < 10 ** {64: 15, 32: 6, 16: 3}[bits]) & (scale <= 22)
    clear = short | ((near - x).abs() > x.abs() * 2.0 ** {64: -45, 32: -20, 16: -8}[bits])

    def decide(n: int, value: float) -> bool | None:
        order = _order(n, scale, value, bits)
        return None if order is None else bool(COMPARE[op](order, 0))

    made: pl.Expr = COMPARE[op](near, x)
    return _or_decide_in_python(clear, made, units, x, decide)


def _or_decide_in_python(
    clear: pl.Expr, quick: pl.Expr, left: pl.Expr, right: pl.Expr, decide: Callable[[Any, Any], Any]
) -> pl.Expr:
    """The quick answer where it is certain; elsewhere Python decides, unless a value is null."""

    def asked(rows: pl.Series) -> pl.Series:
        fields = rows.struct.unnest()
        there = (rows.is_not_null() & fields["a"].is_not_null() & fields["b"].is_not_null()).arg_true()
        out = pl.repeat(None, len(rows), dtype=pl.Boolean, eager=True)
        if len(there):
            out = out.scatter(there, [decide(a, b) for a, b in fields[there].iter_rows()])
        return out.alias(rows.name)

    doubt = pl.when(clear.not_()).then(pl.struct(a=left, b=right))
    return pl.when(clear).then(quick).otherwise(doubt.map_batches(asked, return_dtype=pl.Boolean, is_elementwise=True))


def _order(units: int, scale: int, value: float, bits: int) -> int | None:
    """-1, 0 or 1: a decimal is below, at or above a float as it is written; None for NaN."""
    if not math.isfinite(value):
        return None if math.isnan(value) else -1 if value > 0 else 1
    number, written = Fraction(units, 10**scale), Fraction(shortest(value, bits))
    return (number > written) - (number < written)


# --- differences ---------------------------------------------------------------------------------------------------


def _within(left: pl.Expr, right: pl.Expr, types: Types, op: str, tolerance: float | timedelta) -> pl.Expr:
    """The comparison, relaxed by a tolerance.

    Between floats, a difference that passes the tolerance by no more than rounding (four units in the last place of the
    larger value) is equal to it, as it is in decimals: 1.1 and 1.0 differ by 0.1.
    """
    if op.startswith(">"):
        left, right, types, op = right, left, (types[1], types[0]), MIRRORED[op]
    difference: pl.Expr
    if any(isinstance(t, pl.Decimal) for t in types):
        return _decimals_within(left, right, types, op, tolerance)  # type: ignore[arg-type]  # a number
    if any(t.is_float() for t in types):
        difference, edge = _float_difference(left, right, types, float(tolerance), op)  # type: ignore[arg-type]  # numbers
        made: pl.Expr = _REACHES[op](difference if op.startswith("<") else difference.abs(), edge)
        return made
    most = Fraction(str(tolerance)) if isinstance(tolerance, int | float) else Fraction(nanoseconds(tolerance) or 0)
    if isinstance(tolerance, timedelta):
        (one, other), step = steps(left, right, types), gcd(*(s[1] for t in types if (s := temporal_type(t))))
        difference, most = one.cast(pl.Int128) - other.cast(pl.Int128), most / step
    elif pl.UInt128 in types:
        raise ValidatorError("a tolerance is not for 128-bit numbers without a sign")
    else:
        difference = _whole_difference(left.cast(pl.Int128), right.cast(pl.Int128))
    difference = difference if op.startswith("<") else difference.abs()
    return at_most(difference, pl.Int128(), most, strict=op == "<", above=op == "!=")


def _decimals_within(left: pl.Expr, right: pl.Expr, types: Types, op: str, tolerance: float) -> pl.Expr:
    """Two numbers, one of them a decimal: as decimals of 38 digits, or as floats, where these leave no doubt, else as fractions."""
    most = Fraction(str(tolerance))
    bits = [BITS.get(t.base_type(), 64) if t.is_float() else 0 for t in types]

    def fraction(value: Any, size: int) -> Any:
        return Fraction(shortest(value, size)) if size and math.isfinite(value) else value if size else Fraction(value)

    def decide(a: Any, b: Any) -> Any:
        difference = fraction(a, bits[0]) - fraction(b, bits[1])
        return _REACHES[op](difference if op.startswith("<") else abs(difference), most)

    x, y = left.cast(pl.Float64), right.cast(pl.Float64)
    if any(bits):
        apart = x - y if op.startswith("<") else (x - y).abs()
        rough = pl.max_horizontal(x.abs(), y.abs(), pl.lit(tolerance)) * 2.0 ** {64: -45, 32: -20, 16: -8}[max(bits)]
        quick: pl.Expr = _REACHES[op](apart, tolerance)
        return _or_decide_in_python((apart - tolerance).abs() > rough, quick, left, right, decide)
    scale = max(getattr(t, "scale", 0) for t in types)
    fits = (x.abs() < 10.0 ** (37 - scale)) & (y.abs() < 10.0 ** (37 - scale))
    one, other = (pl.when(fits).then(e) for e in (left, right))
    difference = one - other if op.startswith("<") else (one - other).abs()
    return _or_decide_in_python(
        fits, at_most(difference, pl.Decimal(38, scale), most, strict=op == "<", above=op == "!="), left, right, decide
    )


def _whole_difference(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """A difference of 128 bits, saturated."""
    made, longest = left - right, pl.lit(2**127 - 1, dtype=pl.Int128)
    over = (left >= 0) & (right < 0) & (made < 0)
    under = (left < 0) & (right >= 0) & ((made >= 0) | (made < 1 - 2**127))  # the least has no absolute value
    return pl.when(over).then(longest).when(under).then(pl.lit(1 - 2**127, dtype=pl.Int128)).otherwise(made)


def _float_difference(
    left: pl.Expr, right: pl.Expr, types: Types, tolerance: float, op: str
) -> tuple[pl.Expr, pl.Expr]:
    """The difference of two numbers, at least one a float, and the largest difference allowed."""
    x, y = left.cast(pl.Float64), right.cast(pl.Float64)
    difference = x - y
    for whole, real, dtype, sign in ((left, y, types[0], 1), (right, x, types[1], -1)):
        if dtype.is_integer() and dtype not in _NARROW and dtype != pl.UInt128:  # a float would round it first
            near = pl.when(real.abs() < 2.0**126).then(real.floor()).cast(pl.Int128, strict=False)
            apart = sign * ((whole.cast(pl.Int128) - near).cast(pl.Float64) - (real - real.floor()))
            difference = pl.coalesce(pl.when(whole.cast(pl.Float64).abs() < 2.0**126).then(apart), difference)
    last = 2.0**-21 if pl.Float32 in types else 2.0**-50
    slack = pl.min_horizontal(pl.max_horizontal(x.abs(), y.abs()) * last, pl.lit(tolerance / 2))
    apart = pl.when(x != y).then(difference).otherwise(pl.when(x.is_infinite()).then(0.0).otherwise(difference))
    return apart, (tolerance - slack if op == "<" else tolerance + slack)
