"""Bounds and values against a column, exactly: the given value is converted to the steps of the column's type.

A type has only some values: whole numbers, multiples of a millisecond or of 0.01, floats. A bound between two of them is
moved to the one that leaves every comparison the same, so the engine compares values of one type and rounds nothing:
10.5 is above every integer up to 10, and 10:00:00.0015 is above 10:00:00.001.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from truthound._internal.exact_numbers import Exact, decimal, fraction, nearest_float
from truthound._internal.extended_time import DAY, at_zone, kind_of, nanoseconds, parse, zoned
from truthound.engine.polars.python_values import temporal_type
from truthound.errors import ValidatorError

EQUALITIES = 12
"""up to this many allowed values, comparing with each is quicker than a look-up in a set"""
_MOMENT = re.compile("^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]")
"""the date of a timestamp written as text, and its separator from the time: T or a blank, which mean the same"""
TEXT = (pl.String, pl.Categorical, pl.Enum)
BITS: dict[type[pl.DataType], int] = {pl.Float16: 16, pl.Float32: 32, pl.Float64: 64}


def is_between(
    e: pl.Expr, dtype: pl.DataType, low: Any, high: Any, *, low_inclusive: bool = True, high_inclusive: bool = True
) -> pl.Expr:
    """Whether values lie within bounds (None: unbounded); null where the value is null, false for NaN."""
    if dtype in TEXT and any(isinstance(v, str) and _MOMENT.match(v) for v in (low, high)):
        e = e.str.replace(_MOMENT.pattern, "$1 ")
        low, high = (_MOMENT.sub(r"\1 ", v) if isinstance(v, str) else v for v in (low, high))
    least = None if low is None else _last_within(low, dtype, upper=False, closed=low_inclusive)
    most = None if high is None else _last_within(high, dtype, upper=True, closed=high_inclusive)
    if least is False or most is False:
        return always(e, value=False)
    if dtype in TEXT and not (low_inclusive and high_inclusive):
        above, below = _sides(e, least, most, low_inclusive=low_inclusive, high_inclusive=high_inclusive)
        return above & below
    if least is not None and most is not None:
        return e.is_between(least, most)
    found = e.ge(least) if least is not None else e.le(most) if most is not None else always(e, value=True)
    # the engine orders NaN above every number
    return found & e.is_not_nan() if dtype.is_float() and most is None else found


def _sides(
    e: pl.Expr, low: pl.Expr | None, high: pl.Expr | None, *, low_inclusive: bool, high_inclusive: bool
) -> tuple[pl.Expr, pl.Expr]:
    """Text is compared with the bounds as they are given: it has no neighbouring values to move a bound to."""
    every = always(e, value=True)
    above = every if low is None else e.ge(low) if low_inclusive else e.gt(low)
    return above, every if high is None else e.le(high) if high_inclusive else e.lt(high)


def at_most(e: pl.Expr, dtype: pl.DataType, most: Fraction, *, strict: bool, above: bool) -> pl.Expr:
    """Whether values are at most `most` (less, if `strict`), or with `above` the opposite; null where the value is null."""
    place = most * 10 ** (dtype.scale if isinstance(dtype, pl.Decimal) else 0)
    end = _step(place, dtype, upper=True, closed=not strict)
    inside = always(e, value=end is None) if end is None or end is False else e.le(end)
    return inside.not_() if above else inside


def is_in(e: pl.Expr, dtype: pl.DataType, values: tuple[Any, ...]) -> pl.Expr:
    """Whether values are one of these; null where the value is null."""
    wanted = [v for v in values if v is not None]
    plain = dtype in TEXT or dtype == pl.Boolean
    if plain and any(isinstance(v, str) != (dtype in TEXT) for v in wanted):
        raise ValidatorError(f"the values {wanted[:5]} do not compare with a {dtype} column")
    found = wanted if plain else _representable([_position(v, dtype) for v in wanted], dtype)
    if not found:
        return always(e, value=False)
    if len(found) > EQUALITIES:
        return e.is_in((pl.Series(found) if plain else _series(found, dtype)).implode())
    out = e == _one(found[0], dtype)
    for value in found[1:]:
        out |= e == _one(value, dtype)
    return out


def always(e: pl.Expr, *, value: bool) -> pl.Expr:
    """The same result for every value that is not null."""
    return pl.when(e.is_not_null()).then(pl.lit(value=value))


def _last_within(value: Any, dtype: pl.DataType, *, upper: bool, closed: bool) -> Any:
    """The last value within a bound as an expression; None if all values are within it, False if none is."""
    if dtype in TEXT:
        if not isinstance(value, str):
            raise ValidatorError(f"the bound {value!r} does not compare with text")
        return pl.lit(value)
    place = _position(value, dtype)
    if bits := BITS.get(dtype.base_type()):
        last = nearest_float(place, bits, up=not upper, strict=not closed)
        return False if last is None else pl.lit(last, dtype=dtype)
    return _step(place, dtype, upper=upper, closed=closed)


def _step(place: Exact, dtype: pl.DataType, *, upper: bool, closed: bool) -> Any:
    if isinstance(place, float):
        return None if (place > 0) is upper else False
    step = math.floor(place) if upper else math.ceil(place)
    if not closed and step == place:
        step += -1 if upper else 1
    least, most = limits(dtype)
    if (step >= most) if upper else (step <= least):
        return None
    if (step < least) if upper else (step > most):
        return False
    return literal(step, dtype)


def literal(step: int, dtype: pl.DataType) -> pl.Expr:
    """The literal of a type at one of its steps."""
    if isinstance(dtype, pl.Decimal):
        return pl.lit(decimal(step, dtype.scale), dtype=pl.Decimal(38, dtype.scale))
    if dtype.is_temporal():
        return pl.lit(step, dtype=pl.Int32 if dtype == pl.Date else pl.Int64).cast(dtype)
    return pl.lit(step, dtype=dtype)


def limits(dtype: pl.DataType) -> tuple[int, int]:
    """The first and the last step of a type."""
    if isinstance(dtype, pl.Decimal):
        return 1 - 10**38, 10**38 - 1
    if dtype == pl.Time:
        return 0, DAY - 1
    if dtype.is_temporal():
        bits = 32 if dtype == pl.Date else 64
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    bits = int(str(dtype).removeprefix("U").removeprefix("Int"))
    return (0, 2**bits - 1) if dtype.is_unsigned_integer() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _representable(places: list[Exact], dtype: pl.DataType) -> list[Any]:
    """The positions that are values of the type, without duplicates."""
    if bits := BITS.get(dtype.base_type()):
        return [p for p in dict.fromkeys(places) if nearest_float(p, bits, up=True, strict=False) == p]
    least, most = limits(dtype)
    whole = (p for p in dict.fromkeys(places) if isinstance(p, Fraction) and p.denominator == 1)
    return [int(p) for p in whole if least <= p <= most]


def _one(value: Any, dtype: pl.DataType) -> pl.Expr:
    if dtype.base_type() in BITS:
        return pl.lit(float(value), dtype=dtype)
    return literal(value, dtype) if isinstance(value, int) and not isinstance(value, bool) else pl.lit(value)


def _series(found: list[Any], dtype: pl.DataType) -> pl.Series:
    if dtype.base_type() in BITS:
        return pl.Series(map(float, found), dtype=dtype)
    if isinstance(dtype, pl.Decimal):
        return pl.Series([decimal(n, dtype.scale) for n in found], dtype=pl.Decimal(38, dtype.scale))
    if dtype.is_temporal():
        return pl.Series(found, dtype=pl.Int32 if dtype == pl.Date else pl.Int64).cast(dtype)
    return pl.Series(found, dtype=dtype)


def _position(value: Any, dtype: pl.DataType) -> Exact:
    """The exact position of a value among the steps of a type. Text is ISO 8601; a float for decimals counts as its decimal text."""
    found = temporal_type(dtype)
    try:
        if (
            found is None
            and dtype.is_numeric()
            and isinstance(value, int | float | Decimal)
            and not isinstance(value, bool)
        ):
            if not isinstance(dtype, pl.Decimal):
                return fraction(
                    float(value)
                    if isinstance(value, Decimal) and dtype.is_float() and value != value.to_integral_value()
                    else value
                )
            place = fraction(Decimal(str(value)) if isinstance(value, float) else value)
            return place * 10**dtype.scale if isinstance(place, Fraction) else place
        if found is not None:
            kind, step, zone = found
            given = parse(value, kind) if isinstance(value, str) else value
            return Fraction(_nanoseconds(given, kind, zone), step)
    except ValueError:
        raise ValidatorError(f"{value!r} is not a {dtype} (ISO format)") from None
    raise ValidatorError(f"{value!r} and a {dtype} column do not compare")


def _nanoseconds(value: Any, kind: str, zone: str | None) -> int:
    """A date or time as the column counts it: a naive one is in the column's time zone, an aware one in UTC if the column is naive."""
    given, count = kind_of(value), nanoseconds(value)
    if count is None or (given != kind and not {given, kind} <= {"date", "datetime"}):
        raise ValueError(value)
    if kind == "date" and isinstance(value, datetime):
        return nanoseconds(value.replace(tzinfo=None)) or 0
    return at_zone(count, zone) if zone and not zoned(value) else count
