"""SQL arithmetic: exact; null if a side is null; an overflow or a division by zero is a fault."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl

from truthound.engine.polars.sql.casts import constant_text, duration
from truthound.engine.polars.sql.typed_expr import (
    TypedExpr,
    as_type,
    common_number,
    decimal,
    either,
    integer_type,
    is_decimal,
    is_int,
    is_number,
    limits,
    null_of,
    precision,
    quotient,
    scale,
    sql_name,
)
from truthound.errors import ValidatorError


def arithmetic(a: TypedExpr, op: str, b: TypedExpr) -> TypedExpr:
    """`a OP b`; OP is one of + - * / // %."""
    a, b = (_text_as_date(v, o) for v, o in ((a, b), (b, a)))
    if a.null or b.null:
        return null_of(pl.Null())
    if any(isinstance(v.t, pl.Date | pl.Datetime | pl.Duration | pl.Time) for v in (a, b)):
        from truthound.engine.polars.sql.intervals import arithmetic as of_dates

        return of_dates(a, op, b)
    if not (is_number(a.t) and is_number(b.t)):
        raise ValidatorError(f"{sql_name(a.t)} {op} {sql_name(b.t)} cannot be calculated; cast one of them")
    if op == "/" or (op == "//" and not (is_int(a.t) and is_int(b.t))):
        t = common_number(a, b) if a.t.is_float() or b.t.is_float() else pl.Float64()
        x, y = as_type(a, t), as_type(b, t)
        fault = _zero(x, y) if op == "//" else None
        made = _divided(a, b, t)
        return TypedExpr(
            made if fault is None else pl.when(fault.not_()).then(made), t, fault=either((a.fault, b.fault, fault))
        )
    if a.t.is_float() or b.t.is_float():
        t = common_number(a, b)
        x, y = as_type(a, t), as_type(b, t)
        return a.to(_fmod(x, y, t) if op == "%" else _PLAIN[op](x, y), t, b)
    if is_decimal(a.t) or is_decimal(b.t):
        return _decimal(a, op, b)
    return _integer(a, op, b)


_PLAIN: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def _text_as_date(v: TypedExpr, other: TypedExpr) -> TypedExpr:
    """A text literal next to a date or an interval is read as one."""
    if v.literal and v.t == pl.String and isinstance(other.t, pl.Date | pl.Datetime | pl.Duration):
        t = other.t if not isinstance(other.t, pl.Datetime) else pl.Datetime("us", other.t.time_zone)
        made = constant_text(str(v.const), t)
        if made is None:
            raise ValidatorError(f"{v.const!r} is not {sql_name(t)}")
        return made
    return v


def _divided(a: TypedExpr, b: TypedExpr, t: pl.DataType) -> pl.Expr:
    x, y = as_type(a, t), as_type(b, t)
    if not b.constant:
        return x / y
    by = float(b.const)
    if not a.constant:
        return quotient(x, by, t)
    if by == 0:
        return x / y
    return pl.lit(float(a.const) / by, dtype=t)


def _zero(x: pl.Expr, y: pl.Expr) -> pl.Expr:
    """The fault of a division: true for rows whose divisor is zero."""
    return ((y == 0) & x.is_not_null()).fill_null(value=False)


def _fmod(x: pl.Expr, y: pl.Expr, t: pl.DataType) -> pl.Expr:
    """The remainder of floats, which is exact; the engine's own is not."""

    def one(pair: dict[str, float | None]) -> float | None:
        a, b = pair["a"], pair["b"]
        if a is None or b is None:
            return None
        return math.nan if math.isinf(a) or math.isnan(a) or b == 0 else math.fmod(a, b)

    both = pl.struct(a=x.cast(pl.Float64), b=y.cast(pl.Float64))
    return both.map_batches(
        lambda s: pl.Series(s.name, [one(pair) for pair in s], dtype=pl.Float64),
        return_dtype=pl.Float64(),
        is_elementwise=True,
    ).cast(t)


def _remainder(x: pl.Expr, y: pl.Expr) -> pl.Expr:
    """The remainder that has the sign of the dividend."""
    r = x - x // y * y  # quicker than the engine's own remainder
    return pl.when((r != 0) & ((x < 0) != (y < 0))).then(r - y).otherwise(r)


def _integer(a: TypedExpr, op: str, b: TypedExpr) -> TypedExpr:
    t = integer_type(a, b)
    (al, ah), (bl, bh) = a.bounds or limits(a.t), b.bounds or limits(b.t)
    if op in ("//", "%"):
        return _division(a, op, b, t)
    ends = [_PLAIN[op](x, y) for x in (al, ah) for y in (bl, bh)]
    low, high = min(ends), max(ends)
    first, last = limits(t)
    if first <= low and high <= last:
        return a.to(_PLAIN[op](as_type(a, t), as_type(b, t)), t, b, bounds=(low, high))
    wide = pl.Int64() if limits(pl.Int64())[0] <= low and high <= limits(pl.Int64())[1] else pl.Int128()
    if t == pl.Int128:
        return _huge(a, op, b)
    exact = _PLAIN[op](as_type(a, wide), as_type(b, wide))
    e = exact.cast(t, strict=False)
    fault = either((a.fault, b.fault, e.is_null() & exact.is_not_null()))
    return TypedExpr(e, t, fault=fault, bounds=(max(first, low), min(last, high)))


def _huge(a: TypedExpr, op: str, b: TypedExpr) -> TypedExpr:
    """128 bits: what is near their end is a fault."""
    t = pl.Int128()
    near = _PLAIN[op](as_type(a, pl.Float64()), as_type(b, pl.Float64())).abs() >= 1.7e38
    e = pl.when(near.not_()).then(_PLAIN[op](as_type(a, t), as_type(b, t)))
    return TypedExpr(e, t, fault=either((a.fault, b.fault, near.fill_null(value=False))))


def _division(a: TypedExpr, op: str, b: TypedExpr, t: pl.DataType) -> TypedExpr:
    x, y = as_type(a, t), as_type(b, t)
    (al, _), (bl, bh) = a.bounds or limits(a.t), b.bounds or limits(b.t)
    faults = [a.fault, b.fault]
    if bl <= 0 <= bh:
        faults.append(_zero(x, y))
    if op == "%":
        e = x - x // y * y if al >= 0 and bl >= 0 else _remainder(x, y)
    else:
        e = x // y
        if al < 0 or bl < 0:
            rounded = (e * y != x) & ((x < 0) != (y < 0))
            e = e + rounded.cast(t)
            if al == limits(t)[0] and bl <= -1 <= bh:
                edge = (x == limits(t)[0]) & (y == -1)
                faults.append(edge.fill_null(value=False))
                e = pl.when(edge.not_()).then(e)
    return TypedExpr(e, t, fault=either(faults))


def _decimal(a: TypedExpr, op: str, b: TypedExpr) -> TypedExpr:
    if op == "%":
        return _decimal_remainder(a, b)
    if op == "*":
        places, digits = scale(a.t) + scale(b.t), precision(a.t) + precision(b.t)
        if places > 38:
            raise ValidatorError("a product of more than 38 decimal places; cast one side to fewer")
    else:
        places = max(scale(a.t), scale(b.t))
        digits = max(precision(a.t) - scale(a.t), precision(b.t) - scale(b.t)) + places + 1
    t, wide = decimal(digits, places), pl.Decimal(38, places)
    near = []
    if digits > 38:  # a result close to the limit of 38 digits is a fault
        size = _PLAIN[op](as_type(a, pl.Float64()), as_type(b, pl.Float64())).abs()
        near = [(size >= 10.0 ** (38 - places) * 0.999).fill_null(value=False)]
    # a product is scaled back by the places of the side that has fewer
    least = pl.Decimal(38, min(scale(a.t), scale(b.t)))
    sides = (least, wide) if op == "*" and scale(a.t) <= scale(b.t) else (wide, least) if op == "*" else (wide, wide)
    x, y = (v.e.cast(t, strict=False) for v, t in zip((a, b), sides, strict=True))
    e = _PLAIN[op](x, y)
    if near:
        e = pl.when(near[0].not_()).then(e)
    return TypedExpr(e, t if digits <= 38 else wide, fault=either((a.fault, b.fault, *near)))


def _decimal_remainder(a: TypedExpr, b: TypedExpr) -> TypedExpr:
    t = common_number(a, b)
    wide = pl.Decimal(38, scale(t))
    x, y = (v.e.cast(wide).to_physical().cast(pl.Int128) for v in (a, b))
    r = _remainder(x, y)
    from truthound.engine.polars.sql.casts import unscaled

    return TypedExpr(unscaled(r, wide), t, fault=either((a.fault, b.fault, _zero(x, y))))


def negative(v: TypedExpr) -> TypedExpr:
    """`-v`."""
    if v.literal and isinstance(v.const, int):
        from truthound.engine.polars.sql.typed_expr import constant

        return constant(-v.const)
    if isinstance(v.t, pl.Duration):
        if isinstance(v.const, tuple):
            return duration(-v.const[0], -v.const[1])
        return replace(v, e=-v.e, months=None if v.months is None else -v.months)
    if v.null:
        return v
    if not is_number(v.t):
        raise ValidatorError(f"-{sql_name(v.t)} cannot be calculated; cast it to a number")
    if is_int(v.t):
        zero = TypedExpr(pl.lit(0, dtype=v.t), v.t, 0, bounds=(0, 0))
        return _integer(zero, "-", v)
    if v.constant:
        return replace(v, e=-v.e, const=-v.const)
    return replace(v, e=-v.e)
