"""Columns of different types compared by value: keys of another table converted to a column's type, and a common type."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from truthound._internal.exact_numbers import as_written, decimal, fits, nearest_float, shortest
from truthound.engine.polars.compare_values import BITS, TEXT, limits
from truthound.engine.polars.python_values import temporal_type
from truthound.errors import ValidatorError

Schema = Mapping[str, pl.DataType]


def align_types(mine: pl.Expr, dtype: pl.DataType, keys: pl.Series, what: str) -> tuple[pl.Expr, pl.Series]:
    """A column, and keys converted to its type: those that no value of it equals become null. ValidatorError if the types never match."""
    other = keys.dtype
    if dtype == other:
        return mine, keys
    if dtype in TEXT and other in TEXT:
        return mine.cast(pl.String), keys.cast(pl.String)
    if dtype.is_numeric() and other.is_numeric():
        return mine, _numbers(keys, dtype)
    here, there = temporal_type(dtype), temporal_type(other)
    if here and there and {here[0], there[0]} <= {"date", "datetime"}:
        if here[0] != there[0]:  # a date is its midnight in local time
            mine = mine.dt.replace_time_zone(None) if here[2] else mine
            keys = keys.dt.replace_time_zone(None) if there[2] else keys
            dtype = pl.Datetime(dtype.time_unit) if isinstance(dtype, pl.Datetime) else dtype
        if here[0] != there[0] or (here[2] is None) == (there[2] is None):
            return mine, _as_steps(keys, there[1], dtype, here[1])
    if here and there and here[0] == there[0] != "datetime":
        return mine, _as_steps(keys, there[1], dtype, here[1])
    raise ValidatorError(f"{what} are {dtype} and {other}: they never match; cast one")


def ordered_type(a: pl.DataType, b: pl.DataType) -> pl.DataType:
    """A type in which numbers of two types keep their order: a float type if no other can represent both."""
    if a == b and not a.is_float():
        return a
    if a.is_integer() and b.is_integer() and pl.UInt128 not in (a, b):
        return pl.Int128()
    if isinstance(a, pl.Decimal) and isinstance(b, pl.Decimal):
        scale = max(a.scale, b.scale)
        if max((t.precision or 38) - t.scale for t in (a, b)) + scale <= 38:
            return pl.Decimal(38, scale)
    return pl.Float64()


def _as_steps(keys: pl.Series, their: int, dtype: pl.DataType, our: int) -> pl.Series:
    """Times as whole steps of another type; null for those between two steps."""
    frame = pl.DataFrame({"n": keys.to_physical().cast(pl.Int128)}).select(
        n=pl.col("n") * pl.lit(their, dtype=pl.Int128)
    )
    step = pl.lit(our, dtype=pl.Int128)
    whole = pl.col("n") // step
    low, high = limits(dtype)
    fits = (whole * step == pl.col("n")) & whole.is_between(pl.lit(low, dtype=pl.Int128), pl.lit(high, dtype=pl.Int128))
    physical = pl.Int32 if dtype == pl.Date else pl.Int64
    return frame.select(pl.when(fits).then(whole).cast(physical).cast(dtype)).to_series()


def _numbers(keys: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Numbers converted to another type; null for those that it cannot represent. Between floats and decimals, floats have the value they are written as."""
    other = keys.dtype
    plain = all((t.is_float() or t.is_integer()) and t not in (pl.Int128, pl.UInt128) for t in (dtype, other))
    if plain:
        given = keys.fill_nan(None) if other.is_float() and not dtype.is_float() else keys
        made = given.cast(dtype, strict=False)
        back = made.cast(pl.Int128 if not other.is_float() else other, strict=False)
        same = back.eq_missing(given.cast(back.dtype))
        return pl.DataFrame({"k": made, "same": same}).select(pl.when("same").then("k")).to_series()
    if other.is_decimal() and dtype.is_decimal():
        made = keys.cast(dtype, strict=False)
        return pl.DataFrame({"k": made, "o": keys}).select(pl.when(pl.col("k") == pl.col("o")).then("k")).to_series()
    wide = pl.Decimal(38, dtype.scale) if isinstance(dtype, pl.Decimal) else dtype
    return pl.Series([_exact_number(v, other, dtype) for v in keys.to_list()], dtype=wide).cast(dtype, strict=False)


def _exact_number(value: Any, other: pl.DataType, dtype: pl.DataType) -> Any:
    """A number converted exactly to a type; None if the type cannot represent it."""
    if value is None or value != value or (isinstance(value, float) and value in (float("inf"), -float("inf"))):  # noqa: PLR0124 NaN
        return None
    bits, theirs = BITS.get(dtype.base_type()), BITS.get(other.base_type())
    if bits and isinstance(value, Decimal):
        near = as_written(float(value), bits)
        return near if fits(near, bits) and Fraction(shortest(near, bits)) == Fraction(value) else None
    place = Fraction(shortest(value, theirs)) if theirs and isinstance(dtype, pl.Decimal) else Fraction(value)
    if bits:
        return float(place) if nearest_float(place, bits, up=True, strict=False) == place else None
    scale = dtype.scale if isinstance(dtype, pl.Decimal) else 0
    place *= 10**scale
    low, high = limits(dtype)
    if place.denominator != 1 or not low <= place <= high:
        return None
    return decimal(int(place), scale) if isinstance(dtype, pl.Decimal) else int(place)
