"""SQL comparisons: exact across types, null if a side is null."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import polars as pl

from truthound.engine.polars.compare_values import always
from truthound.engine.polars.comparison_operators import COMPARE, MIRRORED, against_neighbours
from truthound.engine.polars.sql import parse_text
from truthound.engine.polars.sql.casts import constant_text
from truthound.engine.polars.sql.typed_expr import (
    DAY,
    UNITS,
    TypedExpr,
    any_fault,
    as_type,
    balanced,
    boolean,
    common_number,
    decimal,
    is_dated,
    is_decimal,
    is_int,
    is_number,
    limits,
    naive,
    plain_text,
    precision,
    scale,
    sql_name,
    wider,
)
from truthound.errors import ValidatorError

_EXACT_FLOAT = 2**53
_EXACT_FLOAT32 = 2**24
MONTH = 30 * DAY * 10**6
"""microseconds that a month counts where intervals are compared"""


def compare(a: TypedExpr, op: str, b: TypedExpr) -> TypedExpr:
    """`a OP b`; OP is one of == != < <= > >=."""
    a, b = plain_text(a), plain_text(b)
    if a.null or b.null:
        return TypedExpr(pl.lit(None, dtype=pl.Boolean), pl.Boolean(), None, fault=any_fault(a, b))
    a, b = _literal_text(a, b), _literal_text(b, a)
    if pl.Boolean() in (a.t, b.t) and a.t != b.t:
        a, b = _booleans(a, b)
    if is_number(a.t) and is_number(b.t):
        return boolean(_numbers(a, op, b), a, b)
    if is_dated(a) and is_dated(b):
        return boolean(_moments(a, op, b), a, b)
    if isinstance(a.t, pl.Duration) and isinstance(b.t, pl.Duration):
        return boolean(COMPARE[op](_length(a), _length(b)), a, b)
    if a.t == b.t and (a.t in (pl.String, pl.Boolean, pl.Time, pl.Binary) or (op in ("==", "!=") and a.t.is_nested())):
        return boolean(COMPARE[op](a.e, b.e), a, b)
    raise ValidatorError(f"{sql_name(a.t)} and {sql_name(b.t)} do not compare; cast one of them")


def _literal_text(v: TypedExpr, other: TypedExpr) -> TypedExpr:
    """A text literal in the type of the value that it is compared with."""
    if not (v.literal and v.t == pl.String) or other.t == pl.String:
        return v
    if isinstance(other.t, pl.Datetime):  # finer than the column's unit, it is still itself
        t = pl.Datetime("ns", other.t.time_zone)
        found = parse_text.moment(str(v.const))
        if found is not None:
            ticks = found[0] - (found[1] if other.t.time_zone else 0)
            return TypedExpr(pl.lit(None, dtype=t), t, ticks)
    target = other.t
    if is_decimal(target) or (other.literal and is_int(target)):
        number = parse_text.number(str(v.const))
        made = None if number is None else TypedExpr(pl.lit(number), decimal(38, 0), number)
    else:
        made = constant_text(str(v.const), target)
    if made is None:
        raise ValidatorError(f"{v.const!r} is not {sql_name(other.t)}, with which it is compared")
    return made


def _booleans(a: TypedExpr, b: TypedExpr) -> tuple[TypedExpr, TypedExpr]:
    """True and false compare with whole numbers: as they are written, those are truths; else truths are 1 and 0."""
    one, other = (a, b) if a.t == pl.Boolean else (b, a)
    if not (is_int(other.t) or (is_number(other.t) and (other.constant or one.constant))):
        return a, b
    known = int(one.const) if isinstance(one.const, bool) else one.const
    one = TypedExpr(one.e.cast(pl.Int8), pl.Int8(), known, fault=one.fault, bounds=(0, 1))
    return (one, other) if a.t == pl.Boolean else (other, one)


def _numbers(a: TypedExpr, op: str, b: TypedExpr) -> pl.Expr:
    if b.constant and not a.constant:
        return _number_constant(a, op, b)
    if a.constant and not b.constant:
        return _number_constant(b, MIRRORED.get(op, op), a)
    if a.t == b.t:
        return COMPARE[op](a.e, b.e)
    if is_int(a.t) and b.t.is_float():
        return _whole_float(a, op, b)
    if a.t.is_float() and is_int(b.t):
        return _whole_float(b, MIRRORED.get(op, op), a)
    if is_int(a.t) and is_int(b.t):
        t = wider(a.t, b.t)
    elif a.t.is_float() or b.t.is_float():
        t = pl.Float64() if pl.Float64() in (a.t, b.t) else common_number(a, b)
    else:
        return _decimals(a, op, b)
    return COMPARE[op](as_type(a, t), as_type(b, t))


def _decimals(a: TypedExpr, op: str, b: TypedExpr) -> pl.Expr:
    """Decimals of any scale, and whole numbers: by their whole parts first where no decimal of 38 digits holds both."""
    places = max(scale(a.t), scale(b.t))
    if max(precision(a.t) - scale(a.t), precision(b.t) - scale(b.t)) + places <= 38:
        t = pl.Decimal(38, places)
        return COMPARE[op](a.e.cast(t), b.e.cast(t))
    (wa, ra), (wb, rb) = (_split(v, places) for v in (a, b))
    equal = (wa == wb) & (ra == rb)
    below = (wa < wb) | ((wa == wb) & (ra < rb))
    return {
        "==": equal,
        "!=": equal.not_(),
        "<": below,
        "<=": below | equal,
        ">": (below | equal).not_(),
        ">=": below.not_(),
    }[op]


def _split(v: TypedExpr, places: int) -> tuple[pl.Expr, pl.Expr]:
    """The whole part, rounded down, and the rest in units of the last of `places`."""
    if is_int(v.t):
        whole = v.e.cast(pl.Int128)
        return whole, whole * 0
    ticks, one = v.e.to_physical().cast(pl.Int128), 10 ** scale(v.t)
    return ticks // one, ticks % one * 10 ** (places - scale(v.t))


def _number_constant(v: TypedExpr, op: str, c: TypedExpr) -> pl.Expr:
    """A number against a constant, exactly, in the number's own type."""
    value = c.const
    if v.t.is_float():
        return _float_constant(v, op, c)
    if isinstance(value, float):
        if is_decimal(v.t):
            return COMPARE[op](v.e.cast(pl.Float64), value)
        if not math.isfinite(value):
            return always(
                v.e,
                value={"<": True, "<=": True, "!=": True}.get(op, False)
                if value != -math.inf
                else op in (">", ">=", "!="),
            )
    exact = Fraction(value)
    ticks = exact * 10 ** scale(v.t)
    low, high = limits(v.t) if is_int(v.t) else (-(10 ** precision(v.t)) + 1, 10 ** precision(v.t) - 1)
    return against(v.e, op, ticks, (low, high), lambda n: _typed(n, v.t))


def _typed(ticks: int, t: pl.DataType) -> pl.Expr:
    if is_int(t):
        return pl.lit(ticks, dtype=t)
    return pl.lit(Decimal(ticks).scaleb(-scale(t))).cast(t)


def against(e: pl.Expr, op: str, ticks: Fraction, span: tuple[int, int], typed: Callable[[int], pl.Expr]) -> pl.Expr:
    """A whole number of ticks within a span, against any number of ticks."""
    if ticks < span[0] or ticks > span[1]:
        above = ticks > span[1]
        return always(e, value=op == "!=" or (op in ("<", "<=") and above) or (op in (">", ">=") and not above))
    down, up = math.floor(ticks), math.ceil(ticks)
    if down != up and op in ("==", "!="):
        return always(e, value=op == "!=")
    edge = {"<": up, "<=": down, ">": down, ">=": up}.get(op, down)
    if not span[0] <= edge <= span[1]:
        return always(e, value=(op in ("<", "<=")) == (edge > span[1]))
    return COMPARE[op](e, typed(edge))


def _float_constant(v: TypedExpr, op: str, c: TypedExpr) -> pl.Expr:
    if v.t == pl.Float32 and not isinstance(c.const, float):  # as a FLOAT, like the column
        near = pl.lit(float(c.const), dtype=pl.Float32)
        if is_decimal(c.t) or abs(c.const) <= _EXACT_FLOAT32:
            return COMPARE[op](v.e, near)
    e = v.e.cast(pl.Float64) if v.t == pl.Float32 else v.e
    value = float(c.const)
    if isinstance(c.const, int) and int(value) != c.const:
        # no float is equal to it, the nearest one is on one side of it
        if op in ("==", "!="):
            return always(v.e, value=op == "!=")
        above = int(value) > c.const
        op = {
            "<": "<" if above else "<=",
            "<=": "<" if above else "<=",
            ">": ">=" if above else ">",
            ">=": ">=" if above else ">",
        }[op]
    return COMPARE[op](e, pl.lit(value, dtype=pl.Float64))


def _whole_float(a: TypedExpr, op: str, b: TypedExpr) -> pl.Expr:
    """A whole number against a float without rounding either; NaN is above every number."""
    exact = _EXACT_FLOAT
    low, high = a.bounds or limits(a.t)
    if -exact <= low and high <= exact:
        return COMPARE[op](a.e.cast(pl.Float64), b.e.cast(pl.Float64))
    n, x = a.e.cast(pl.Int128), b.e.cast(pl.Float64)
    huge = 1.5e38
    edge = x.fill_nan(math.inf)
    down, up = (e.clip(-huge, huge).cast(pl.Int128) for e in (edge.floor(), edge.ceil()))
    return against_neighbours(n, down, up, op)


def _moments(a: TypedExpr, op: str, b: TypedExpr) -> pl.Expr:
    """Dates and timestamps by their instants; without a zone they are in UTC."""
    if b.constant and not a.constant:
        return _moment_constant(a, op, b)
    if a.constant and not b.constant:
        return _moment_constant(b, MIRRORED.get(op, op), a)
    if a.t == b.t:
        return COMPARE[op](a.e, b.e)
    a, b = naive(a) if a.t != pl.Date else a, naive(b) if b.t != pl.Date else b
    ua, ub = _ticks_a_day(a.t), _ticks_a_day(b.t)
    if pl.Date() in (a.t, b.t) and max(ua, ub) <= DAY * UNITS["us"]:
        return COMPARE[op](naive(a).e, naive(b).e)
    if ua > ub:
        return _coarse_fine(b, MIRRORED.get(op, op), a, ua // ub)
    return _coarse_fine(a, op, b, ub // ua)


def _coarse_fine(a: TypedExpr, op: str, b: TypedExpr, factor: int) -> pl.Expr:
    x, y = (v.e.to_physical().cast(pl.Int64) for v in (a, b))
    if factor == 1:
        return COMPARE[op](x, y)
    down = y // factor
    part = (y % factor) != 0
    if op in ("==", "!="):
        equal = (x == down) & (part.not_() | x.is_null())
        return equal if op == "==" else equal.not_()
    edge = down + part.cast(pl.Int64) if op in ("<", ">=") else down
    return COMPARE[op](x, edge)


def _ticks_a_day(t: pl.DataType) -> int:
    return DAY * UNITS[t.time_unit] if isinstance(t, pl.Datetime) else 1


def _moment_constant(v: TypedExpr, op: str, c: TypedExpr) -> pl.Expr:
    instant = Fraction(c.const, _ticks_a_day(c.t))
    t = v.t
    physical, span = (pl.Int32(), limits(pl.Int32())) if t == pl.Date else (pl.Int64(), limits(pl.Int64()))
    return against(v.e, op, instant * _ticks_a_day(t), span, lambda n: pl.lit(n, dtype=physical).cast(t))


def _length(v: TypedExpr) -> pl.Expr:
    """An interval's length, its months being of 30 days."""
    if isinstance(v.const, tuple):
        return pl.lit(v.const[0] * MONTH + v.const[1], dtype=pl.Int64).cast(pl.Duration("us"))
    if v.months is None:
        return v.e
    return v.e.cast(pl.Duration("us")) + (v.months * MONTH).cast(pl.Duration("us"))


def distinct(a: TypedExpr, b: TypedExpr) -> TypedExpr:
    """IS DISTINCT FROM: true or false for each row, a null being equal to a null."""
    if a.null or b.null:
        other = b if a.null else a
        return boolean(other.e.is_not_null(), a, b)
    different = compare(a, "!=", b)
    a_null, b_null = a.e.is_null(), b.e.is_null()
    known = [v for v in (a, b) if not v.constant]
    if len(known) < 2:
        return replace(different, e=different.e.fill_null(value=True))
    return replace(different, e=pl.when(a_null | b_null).then(a_null != b_null).otherwise(different.e))


def among(v: TypedExpr, items: list[TypedExpr], few: int) -> TypedExpr:
    """`v IN (items)`: null where it is not among them and one of them is null."""
    fault = any_fault(v, *items)
    if not items:
        return TypedExpr(v.e.is_null() & pl.lit(value=False), pl.Boolean(), fault=fault)
    given = [i for i in items if not i.null]
    if not given or v.null:
        return TypedExpr(pl.when(v.e.is_null()).then(pl.lit(None, dtype=pl.Boolean)), pl.Boolean(), fault=fault)
    if len(given) > few and (simple := _constants(v, given)) is not None:
        found = v.e.is_in(simple)
    else:
        found = balanced([compare(v, "==", i).e for i in given], operator.or_)
    return TypedExpr(
        found if len(given) == len(items) else found | pl.lit(None, dtype=pl.Boolean), pl.Boolean(), fault=fault
    )


def _constants(v: TypedExpr, items: list[TypedExpr]) -> pl.Series | None:
    """The items as values of the same type, where they are constants of it."""
    if v.t == pl.String and all(isinstance(i.const, str) for i in items):
        return pl.Series([i.const for i in items], dtype=pl.String)
    if is_int(v.t) and all(isinstance(i.const, int) and not isinstance(i.const, bool) for i in items):
        low, high = limits(v.t)
        return pl.Series([i.const for i in items if low <= i.const <= high], dtype=v.t)
    return None
