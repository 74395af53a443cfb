"""Sums and means rounded once, from the exact sum of the values, and deviations that do not cancel.

Whole numbers and decimals are added as 128-bit integers, in halves where their sum might not fit. Floats are cut at one
power of two: what lies above it adds up without rounding, what lies below is so small that its sum is known well enough,
in nearly all data, to tell the one float that the exact sum rounds to. Otherwise another pass adds the values as 128-bit
integers of so small a unit that it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from truthound._internal.exact_numbers import decimal, rounded

CUT = 2.0**-16
"""floats are cut here first, which suits sums of sizes below 2 ** 35"""
_ANCHOR = 1.5 * 2.0**52 * CUT
"""to add it and to take it off again rounds a float to multiples of `CUT`"""
_LARGEST = 2.0**51 * CUT
_HALF = 2**64
_ZERO = Fraction(0)
_NARROW = (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.Boolean)
"""whole numbers of which 2 ** 32 add up within 64 bits"""
_FLAT = 2**-20
"""a deviation that is smaller beside the mean is measured again, from the mean"""


@dataclass(frozen=True)
class AggregateQuery:
    """Expressions of one value each, and what their values come to: a result, or what is still to be asked."""

    exprs: tuple[pl.Expr, ...]
    finish: Callable[[tuple[Any, ...]], Any]
    key: object = None
    """the same for two that ask for the same expressions"""


def total(values: pl.Expr, dtype: pl.DataType, function: str, key: object) -> AggregateQuery:
    """The sum or the mean of a column's values; None where there are none."""
    if dtype.is_float():
        return _float_total(values.cast(pl.Float64), function, key)
    scale = dtype.scale if isinstance(dtype, pl.Decimal) else 0
    exprs, join = _whole(values, dtype)

    def finish(found: tuple[Any, ...]) -> Any:
        count, added = found[0], join(found[1:])
        if not count:
            return None
        if function == "mean":
            return rounded(Fraction(added, count * 10**scale))
        return decimal(added, scale) if isinstance(dtype, pl.Decimal) else added

    return AggregateQuery((values.count(), *exprs), finish, key)


def _whole(values: pl.Expr, dtype: pl.DataType) -> tuple[tuple[pl.Expr, ...], Callable[[tuple[Any, ...]], int]]:
    """What adds up whole numbers, or the whole steps of decimals, and how their sum is put together."""
    if dtype in _NARROW:
        return (values.cast(pl.Int64).sum(),), lambda found: int(found[0] or 0)
    digits = (dtype.precision or 38) if isinstance(dtype, pl.Decimal) else None
    steps = values if digits is None else values.to_physical()
    if dtype in (pl.Int64, pl.UInt32, pl.UInt64) or (digits and digits <= 28):
        return (steps.cast(pl.Int128).sum(),), lambda found: int(found[0] or 0)
    half = pl.lit(_HALF, dtype=pl.UInt128 if dtype == pl.UInt128 else pl.Int128)
    high = steps // half
    return (high.sum(), (steps - high * half).sum()), lambda found: int(found[0] or 0) * _HALF + int(found[1] or 0)


# --- floats --------------------------------------------------------------------------------------------------------


def _float_total(values: pl.Expr, function: str, key: object) -> AggregateQuery:
    high = (values + _ANCHOR) - _ANCHOR

    def finish(found: tuple[Any, ...]) -> Any:
        count, size, above, below = found
        if not count:
            return None
        floats = _Floats(values, count, count if function == "mean" else 1)
        if not math.isfinite(size):
            return floats.special()
        if size < _LARGEST:
            # far more than adding by blocks, as the engine does, can be off
            error = Fraction(count) * Fraction(CUT) * (1024 + count // 1024) / 2**54
            if (result := floats.certain(Fraction(above) + Fraction(below), error)) is not None:
                return result
        return floats.levels(123 - math.frexp(size)[1])

    return AggregateQuery((values.count(), values.abs().sum(), high.sum(), (values - high).sum()), finish, key)


@dataclass(frozen=True)
class _Floats:
    """Values whose sum, divided by `by`, is still open."""

    values: pl.Expr
    count: int
    by: int

    def certain(self, total: Fraction, error: Fraction) -> float | None:
        """The float that all sums within an error of one round to; None where they are several."""
        found = rounded((total - error) / self.by)
        return found if found == rounded((total + error) / self.by) else None

    def special(self) -> AggregateQuery:
        """The sum where some are NaN or infinite, or all are so large that their sizes do not add up."""

        def finish(found: tuple[Any, ...]) -> Any:
            nan, up, down = (bool(n) for n in found)
            if nan or (up and down):
                return math.nan
            if up or down:
                return math.inf if up else -math.inf
            return self.levels(-899 - self.count.bit_length())

        v = self.values
        return AggregateQuery((v.is_nan().sum(), (v == math.inf).sum(), (v == -math.inf).sum()), finish)

    def levels(self, shift: int, before: int | None = None, known: Fraction = _ZERO) -> AggregateQuery:
        """The sum in whole units of 2 ** -`shift`. Those of the shift `before` are known; only what they left is added now."""
        rest = self.values
        if before is not None:
            size = self.values.abs()
            whole = self.values.sign() * _scaled(_scaled(size, before).floor(), -before)
            rest = pl.when(size < math.ldexp(1.0, min(53 - before, 1023))).then(self.values - whole).otherwise(0.0)

        def finish(found: tuple[Any, ...]) -> Any:
            total = known + Fraction(int(found[0] or 0)) / Fraction(2) ** shift
            error = _ZERO if shift >= 1074 else Fraction(self.count) / Fraction(2) ** shift
            if (result := self.certain(total, error)) is not None:
                return result
            return self.levels(shift + 124 - self.count.bit_length(), shift, total)

        return AggregateQuery((_scaled(rest, shift).cast(pl.Int128).sum(),), finish)


def _scaled(values: pl.Expr, power: int) -> pl.Expr:
    """Times a power of two, which may lie beyond the powers that a float has."""
    while abs(power) > 1000:
        step = math.copysign(1000, power)
        values, power = values * 2.0**step, power - int(step)
    return values * 2.0**power


# --- deviations ----------------------------------------------------------------------------------------------------


def deviation(values: pl.Expr, dtype: pl.DataType, function: str) -> AggregateQuery:
    """The variance or the standard deviation (n - 1), to about 14 digits; None where there are fewer than two values.

    Where it is small beside the mean, so that it would be what cancelling left of two large numbers, or where floats do
    not hold the values, a second pass takes it from the differences to the mean.
    """
    scale = 10 ** (dtype.scale if isinstance(dtype, pl.Decimal) else 0)
    steps = values.to_physical() if isinstance(dtype, pl.Decimal) else values
    floats = steps.cast(pl.Float64)

    def result(variance: float | None) -> float | None:
        if variance is None or not math.isfinite(variance):
            return variance
        return math.sqrt(variance) / float(scale) if function == "std" else variance / float(scale**2)

    def finish(found: tuple[Any, ...]) -> Any:
        variance, mean = found
        if variance is None or not (math.isfinite(variance) and math.isfinite(mean)):
            return result(variance)
        held = dtype.is_float() or abs(mean) < 2**52
        if abs(mean) * (_FLAT if held else 2**-3) < math.sqrt(variance):
            return result(variance)
        centred = floats - mean
        if not dtype.is_float() and dtype != pl.UInt128:
            exact = (steps.cast(pl.Int128) - pl.lit(int(mean), dtype=pl.Int128)).cast(pl.Float64)
            centred = pl.when(centred.abs() < 2.0**126).then(exact).otherwise(centred)
        return AggregateQuery((centred.var(),), lambda again: result(again[0]))

    return AggregateQuery((floats.var(), floats.mean()), finish)
