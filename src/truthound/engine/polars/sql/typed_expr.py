"""A part of a SQL expression while it is compiled: a Polars expression, its type, and where it fails."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from truthound.errors import ValidatorError

WIDE_INTEGERS = (pl.Int64, pl.UInt64, pl.Int128)
"""integers whose sums and products may be beyond 64 bits"""

Type = pl.DataType | type[pl.DataType]


class Unset:
    """Marks a value that is not a constant; None is the constant NULL."""


VARIES = Unset()

INTEGERS: tuple[pl.DataType, ...] = (
    pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.Int128(), pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.UInt64(),
)  # fmt: skip
_BITS: dict[Any, int] = {
    pl.Int8: 8,
    pl.Int16: 16,
    pl.Int32: 32,
    pl.Int64: 64,
    pl.Int128: 128,
    pl.UInt8: 8,
    pl.UInt16: 16,
    pl.UInt32: 32,
    pl.UInt64: 64,
}
_UNSIGNED = (pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
_DIGITS = {8: 3, 16: 5, 32: 10, 64: 19, 128: 38}
UNITS = {"ns": 1_000_000_000, "us": 1_000_000, "ms": 1_000}
"""ticks a second"""
DAY = 86_400


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class TypedExpr:
    """A part of an expression.

    `fault` is true, never null, for rows where DuckDB would raise an error (an overflow, a text that cannot be cast);
    there `e` is null. `months` are those of an interval, whose `e` is the rest of it.
    """

    e: pl.Expr
    t: pl.DataType
    const: Any = VARIES
    literal: bool = False
    """an integer or a text literal, which takes the type of the other operand"""
    fault: pl.Expr | None = None
    bounds: tuple[int, int] | None = None
    """the least and the greatest value that an integer can have"""
    months: pl.Expr | None = None
    apart: bool = False
    """an interval whose days are counted separately from its hours, as between two timestamps"""

    @property
    def constant(self) -> bool:
        return not isinstance(self.const, Unset)

    @property
    def null(self) -> bool:
        return self.const is None

    def to(self, e: pl.Expr, t: pl.DataType, *others: TypedExpr, **more: Any) -> TypedExpr:
        """A value derived from this one (and others), with their faults."""
        return TypedExpr(e, t, fault=any_fault(self, *others), **more)


@dataclass(frozen=True, slots=True)
class Context:
    """What a condition is compiled for: the types of the columns, how a column is read, and the time."""

    schema: Mapping[str, pl.DataType]
    column: Callable[[str], pl.Expr] = pl.col
    now: Callable[[], datetime] = utc_now
    most: int | None = None
    """columns of 64-bit integers are assumed to be within plus and minus this"""


def sql_name(t: pl.DataType) -> str:
    """A type's name for messages about SQL."""
    if is_text(t):
        return "text"
    if is_int(t):
        return "an integer"
    if t.is_float() or is_decimal(t):
        return "a number"
    names: dict[Any, str] = {pl.Boolean: "true or false", pl.Date: "a date", pl.Time: "a time", pl.Datetime: "a timestamp", pl.Duration: "an interval", pl.Null: "NULL", pl.Binary: "binary"}  # fmt: skip
    return names.get(t.base_type(), str(t))


def is_int(t: pl.DataType) -> bool:
    return t.is_integer()


def is_decimal(t: pl.DataType) -> bool:
    return isinstance(t, pl.Decimal)


def is_text(t: pl.DataType) -> bool:
    return t in (pl.String, pl.Categorical, pl.Enum)


def is_number(t: pl.DataType) -> bool:
    return t.is_numeric()


def limits(t: pl.DataType) -> tuple[int, int]:
    """The least and the greatest value of an integer type."""
    bits = _BITS.get(t.base_type())
    if bits is None:
        raise ValidatorError(f"a column of {t} is not for SQL expressions; cast it in the data source")
    return (0, 2**bits - 1) if t in _UNSIGNED else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def scale(t: pl.DataType) -> int:
    return t.scale if isinstance(t, pl.Decimal) else 0


def precision(t: pl.DataType) -> int:
    """Digits of a decimal or an integer type."""
    return (t.precision or 38) if isinstance(t, pl.Decimal) else _DIGITS[_BITS[t.base_type()]]


def decimal(digits: int, places: int) -> pl.Decimal:
    return pl.Decimal(min(38, max(digits, places, 1)), min(places, 38))


def any_fault(*values: TypedExpr) -> pl.Expr | None:
    return either(v.fault for v in values)


def either(faults: Iterable[pl.Expr | None]) -> pl.Expr | None:
    found = [f for f in faults if f is not None]
    return balanced(found, operator.or_) if found else None


def null_of(t: pl.DataType) -> TypedExpr:
    return TypedExpr(pl.lit(None, dtype=t), t, None)


def boolean(e: pl.Expr, *of: TypedExpr) -> TypedExpr:
    return TypedExpr(e, pl.Boolean(), fault=any_fault(*of))


def constant(value: Any) -> TypedExpr:
    """A constant as SQL types it: the smallest of INTEGER, BIGINT, HUGEINT; a DECIMAL; a DOUBLE; text."""
    if value is None:
        return TypedExpr(pl.lit(None), pl.Null(), None)
    if isinstance(value, bool):
        return TypedExpr(pl.lit(value), pl.Boolean(), value)
    if isinstance(value, int):
        t = next((t for t in INTEGERS[2:5] if limits(t)[0] <= value <= limits(t)[1]), None)
        if t is None:
            raise ValidatorError(f"{value} is beyond 128 bits")
        return TypedExpr(pl.lit(value, dtype=t), t, value, literal=True, bounds=(value, value))
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        places = max(0, -int(exponent))
        if max(len(digits), places) > 38:
            return constant(float(value))
        t = decimal(len(digits) + max(0, int(exponent)), places)
        return TypedExpr(pl.lit(value).cast(t), t, value)
    if isinstance(value, float):
        return TypedExpr(pl.lit(value, dtype=pl.Float64), pl.Float64(), value)
    return TypedExpr(pl.lit(value, dtype=pl.String), pl.String(), value, literal=True)


def integer_type(a: TypedExpr, b: TypedExpr) -> pl.DataType:
    """The integer type of both; an integer literal takes the other's type if it fits."""
    for one, other in ((a, b), (b, a)):
        if one.literal and not other.literal and limits(other.t)[0] <= one.const <= limits(other.t)[1]:
            return other.t
    return wider(a.t, b.t)


def wider(a: pl.DataType, b: pl.DataType) -> pl.DataType:
    if a == b:
        return a
    bits_a, bits_b = _BITS[a.base_type()], _BITS[b.base_type()]
    unsigned = (a in _UNSIGNED, b in _UNSIGNED)
    if unsigned[0] == unsigned[1]:
        return a if bits_a >= bits_b else b
    narrow, wide = (bits_a, bits_b) if unsigned[0] else (bits_b, bits_a)
    if wide > narrow:
        return b if unsigned[0] else a
    return pl.Int128() if narrow == 64 else pl.Int64()


def as_type(v: TypedExpr, t: pl.DataType) -> pl.Expr:
    """The expression in a number type that holds its values."""
    if v.t == t:
        return v.e
    if v.constant and v.const is not None and is_int(t) and is_int(v.t):
        return pl.lit(v.const, dtype=t)
    if v.constant and v.const is not None and t.is_float() and is_number(v.t):
        return pl.lit(float(v.const), dtype=t)
    return v.e.cast(t)


def common_number(a: TypedExpr, b: TypedExpr) -> pl.DataType:
    """The number type that SQL gives to both."""
    if a.t.is_float() or b.t.is_float():
        return (
            pl.Float64()
            if pl.Float64() in (a.t, b.t) or not (a.t == pl.Float32() or b.t == pl.Float32())
            else pl.Float32()
        )
    if is_decimal(a.t) or is_decimal(b.t):
        places = max(scale(a.t), scale(b.t))
        return decimal(max(precision(a.t) - scale(a.t), precision(b.t) - scale(b.t)) + places, places)
    return integer_type(a, b)


def plain_text(v: TypedExpr) -> TypedExpr:
    """Categories as their text."""
    return replace(v, e=v.e.cast(pl.String), t=pl.String()) if v.t in (pl.Categorical, pl.Enum) else v


def is_dated(v: TypedExpr) -> bool:
    return isinstance(v.t, pl.Date | pl.Datetime)


def utc(v: TypedExpr) -> TypedExpr:
    """A timestamp with a time zone, in UTC."""
    if isinstance(v.t, pl.Datetime) and v.t.time_zone not in (None, "UTC"):
        return replace(v, e=v.e.dt.convert_time_zone("UTC"), t=pl.Datetime(v.t.time_unit, "UTC"))
    return v


def naive(v: TypedExpr) -> TypedExpr:
    """A date or a moment as a timestamp without a zone, in UTC."""
    if v.t == pl.Date:
        return replace(v, e=v.e.cast(pl.Datetime("us")), t=pl.Datetime("us"))
    if isinstance(v.t, pl.Datetime) and v.t.time_zone is not None:
        return replace(v, e=utc(v).e.dt.replace_time_zone(None), t=pl.Datetime(v.t.time_unit))
    return v


def balanced(exprs: Sequence[pl.Expr], op: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> pl.Expr:
    """Many expressions by one operator, in halves: the engine takes very long over a chain of thousands."""
    if len(exprs) == 1:
        return exprs[0]
    half = len(exprs) // 2
    return op(balanced(exprs[:half], op), balanced(exprs[half:], op))


def quotient(x: pl.Expr, by: float, t: pl.DataType) -> pl.Expr:
    """X divided by a constant, correctly rounded: the engine multiplies by the reciprocal, which is off in the last digit."""
    if math.frexp(by)[0] in (0.5, -0.5, 0.0) or not math.isfinite(by):
        return x / pl.lit(by, dtype=t)
    return x / (x.is_null().cast(t) + pl.lit(by, dtype=t))


def ticks_unit(t: pl.DataType) -> str:
    return t.time_unit if isinstance(t, pl.Datetime) else "us"
