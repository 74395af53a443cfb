"""Sums and means rounded once, from the exact sum of the values, and deviations that do not cancel.

Whole numbers and decimals are added as 128-bit integers, in halves where their sum might not fit. Floats are cut at one
power of two: what lies above it adds up without rounding, what lies below is so small that its sum is known well enough,
in nearly all data, to determine the one float that the exact sum rounds to. Otherwise another pass adds the values as 128-bit
integers of so small a unit that it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import polars as pl

from truthound.engine.polars.aggregate_query import AggregateQuery
from truthound.engine.states import Moments, Sum

CUT = 2.0**-16
"""floats are cut here first, which suits sums of sizes below 2 ** 35"""
_ANCHOR = 1.5 * 2.0**52 * CUT
"""adding and subtracting this rounds a float to a multiple of `CUT`"""
_LARGEST = 2.0**51 * CUT
_HALF = 2**64
_ZERO = Fraction(0)
_NARROW = (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.Boolean)
"""whole numbers of which 2 ** 32 add up within 64 bits"""
_FLAT = 2**-20
"""a deviation that is smaller relative to the mean is computed again, from the differences to the mean"""


def sum_or_mean(values: pl.Expr, dtype: pl.DataType, function: str, key: object, *, exact: bool) -> AggregateQuery:
    """The `Sum` of a column's values, as exact as the sum or the mean needs to be rounded once, or `exact` to the last bit."""
    if dtype.is_float():
        return _float_sum(values.cast(pl.Float64), function, key, exact=exact)
    scale = dtype.scale if isinstance(dtype, pl.Decimal) else 0
    number: Literal["decimal", "integer"] = "decimal" if isinstance(dtype, pl.Decimal) else "integer"
    exprs, join = _whole(values, dtype)

    def finish(found: tuple[Any, ...]) -> Sum:
        return Sum(number, found[0], Fraction(join(found[1:]), 10**scale), scale=scale)

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


def _float_sum(values: pl.Expr, function: str, key: object, *, exact: bool) -> AggregateQuery:
    high = (values + _ANCHOR) - _ANCHOR

    def finish(found: tuple[Any, ...]) -> Any:
        count, size, above, below = found
        if not count:
            return Sum("float", 0)
        floats = _FloatSum(values, count, function, exact)
        if not math.isfinite(size):
            return floats.special()
        if size < _LARGEST:
            # far more than adding by blocks, as the engine does, can be off
            error = Fraction(count) * Fraction(CUT) * (1024 + count // 1024) / 2**54
            state = floats.state(Fraction(above) + Fraction(below), error)
            if floats.is_exact(state):
                return state
        return floats.levels(123 - math.frexp(size)[1])

    return AggregateQuery((values.count(), values.abs().sum(), high.sum(), (values - high).sum()), finish, key)


@dataclass(frozen=True)
class _FloatSum:
    """Values whose sum is not precise enough yet."""

    values: pl.Expr
    count: int
    function: str
    exact: bool

    def state(self, total: Fraction, error: Fraction) -> Sum:
        return Sum("float", self.count, total, error)

    def is_exact(self, state: Sum) -> bool:
        return not state.error if self.exact else state.is_certain(self.function)

    def special(self) -> AggregateQuery:
        """The sum where some are NaN or infinite, or all are so large that their sizes do not add up."""

        def finish(found: tuple[Any, ...]) -> Any:
            nan, up, down = (bool(n) for n in found)
            if nan or up or down:
                special = math.nan if nan or (up and down) else math.inf if up else -math.inf
                return Sum("float", self.count, special=special)
            return self.levels(-899 - self.count.bit_length())

        v = self.values
        return AggregateQuery((v.is_nan().sum(), (v == math.inf).sum(), (v == -math.inf).sum()), finish)

    def levels(self, shift: int, before: int | None = None, known: Fraction = _ZERO) -> AggregateQuery:
        """The sum in whole units of 2 ** -`shift`. Those of the shift `before` are known; only their remainders are added now."""
        rest = self.values
        if before is not None:
            size = self.values.abs()
            whole = self.values.sign() * _scaled(_scaled(size, before).floor(), -before)
            rest = pl.when(size < math.ldexp(1.0, min(53 - before, 1023))).then(self.values - whole).otherwise(0.0)
        units = _scaled(rest, shift)
        remain = ((units != units.floor()).any(),) if self.exact else ()

        def finish(found: tuple[Any, ...]) -> Any:
            total = known + Fraction(int(found[0] or 0)) / Fraction(2) ** shift
            whole = shift >= 1074 or (self.exact and not found[1])
            state = self.state(total, _ZERO if whole else Fraction(self.count) / Fraction(2) ** shift)
            if self.is_exact(state):
                return state
            return self.levels(shift + 124 - self.count.bit_length(), shift, total)

        return AggregateQuery((units.cast(pl.Int128).sum(), *remain), finish)


def _scaled(values: pl.Expr, power: int) -> pl.Expr:
    """The values times a power of two, which may be beyond the exponents of a float."""
    while abs(power) > 1000:
        step = math.copysign(1000, power)
        values, power = values * 2.0**step, power - int(step)
    return values * 2.0**power


# --- deviations ----------------------------------------------------------------------------------------------------


def moments(values: pl.Expr, dtype: pl.DataType, key: object) -> AggregateQuery:
    """The `Moments` of a column's values, the variance to about 14 digits.

    Where it is small relative to the mean, so that it would be the difference of two large numbers, or where floats do not hold
    the values, a second pass takes it from the differences to the mean.
    """
    scale = 10 ** (dtype.scale if isinstance(dtype, pl.Decimal) else 0)
    steps = values.to_physical() if isinstance(dtype, pl.Decimal) else values
    floats = steps.cast(pl.Float64)

    def finish(found: tuple[Any, ...]) -> Any:
        count, variance, mean = found
        if not count:
            return Moments(0, _ZERO, None, scale)
        if not math.isfinite(mean) or (variance is not None and not math.isfinite(variance)):
            return Moments(count, _ZERO, math.nan if variance is None else variance, scale)
        state = Moments(count, Fraction(mean), variance, scale)
        held = dtype.is_float() or abs(mean) < 2**52
        if held if variance is None else abs(mean) * (_FLAT if held else 2**-3) < math.sqrt(variance):
            return state
        centre = mean if dtype.is_float() or dtype == pl.UInt128 else int(mean)
        return _centred_moments(steps, state, centre)

    return AggregateQuery((values.count(), floats.var(), floats.mean()), finish, key)


def _centred_moments(steps: pl.Expr, state: Moments, centre: float) -> AggregateQuery:
    """The moments again, of the differences to about the mean."""
    differences = steps.cast(pl.Float64) - float(centre)
    if isinstance(centre, int):
        whole = (steps.cast(pl.Int128) - pl.lit(centre, dtype=pl.Int128)).cast(pl.Float64)
        differences = pl.when(differences.abs() < 2.0**126).then(whole).otherwise(differences)

    def finish(found: tuple[Any, ...]) -> Moments:
        variance, mean = found
        return Moments(state.count, Fraction(centre) + Fraction(mean), variance, state.scale)

    return AggregateQuery((differences.var(), differences.mean().alias("mean")), finish)
