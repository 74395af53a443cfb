"""The functions of conditions, each with the meaning that DuckDB gives it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import polars as pl

from truthound.engine.polars.sql import dates, intervals
from truthound.engine.polars.sql.arguments import REAL, TEXT, TRUTH, Function, expr_of, fixed, number, of_texts, whole
from truthound.engine.polars.sql.arithmetic import arithmetic, negative
from truthound.engine.polars.sql.casts import cast
from truthound.engine.polars.sql.common_type import unified
from truthound.engine.polars.sql.comparisons import compare
from truthound.engine.polars.sql.logic import truth
from truthound.engine.polars.sql.parse_text import span_unit
from truthound.engine.polars.sql.text_functions import TEXTS
from truthound.engine.polars.sql.typed_expr import (
    Context,
    TypedExpr,
    any_fault,
    as_type,
    decimal,
    either,
    is_decimal,
    is_int,
    is_number,
    null_of,
    plain_text,
    precision,
    quotient,
    scale,
    sql_name,
    wider,
)
from truthound.errors import ValidatorError

# --- numbers -------------------------------------------------------------------------------------------------------


def _real(name: str, make: Callable[[pl.Expr], pl.Expr]) -> Function:
    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        v = number(args[0], f"{name}()")
        return v.to(make(as_type(v, REAL)), REAL)

    return call


def absolute(args: list[TypedExpr], _: Context) -> TypedExpr:
    v = number(args[0], "abs()")
    if is_int(v.t):
        down = negative(v)
        e = pl.when(v.e < 0).then(down.e).otherwise(v.e)
        if down.fault is None:
            return TypedExpr(v.e.abs(), v.t, fault=v.fault, bounds=v.bounds and (0, max(map(abs, v.bounds))))
        return TypedExpr(e, v.t, fault=either((v.fault, down.fault & (v.e < 0))))
    return replace(v, e=v.e.abs(), const=abs(v.const) if v.constant and v.const is not None else v.const)


def sign(args: list[TypedExpr], _: Context) -> TypedExpr:
    v = number(args[0], "sign()")
    e = v.e.sign()
    if v.t.is_float():
        e = e.fill_nan(0)
    if is_decimal(v.t):
        e = (v.e > 0).cast(pl.Int8) - (v.e < 0).cast(pl.Int8)
    return v.to(e.cast(pl.Int8), pl.Int8())


def rounded(args: list[TypedExpr], _: Context) -> TypedExpr:
    """Halves away from zero."""
    v = number(args[0], "round()")
    places = args[1].const if len(args) > 1 else 0
    if places is None:
        return null_of(v.t)
    if not isinstance(places, int):
        raise ValidatorError("the second argument of round() must be written as a number")
    if v.t.is_float():
        if places == 0:
            return replace(v.to(v.e.round(0, mode="half_away_from_zero"), v.t))
        factor = 10.0 ** abs(places)
        moved = v.e * factor if places > 0 else quotient(v.e, factor, v.t)
        back = moved.round(0, mode="half_away_from_zero")
        e = quotient(back, factor, v.t) if places > 0 else back * factor
        return v.to(pl.when(e.is_finite()).then(e).otherwise(v.e), v.t)
    if is_decimal(v.t):
        if places >= scale(v.t):
            return v
        if places >= 0:
            t = decimal(precision(v.t), places)
            return v.to(v.e.round(places, mode="half_away_from_zero").cast(t), t)
        v = TypedExpr(v.e.round(0, mode="half_away_from_zero").cast(pl.Int128), pl.Int128(), fault=v.fault)
        made = _tens(v, -places)
        return replace(made, e=made.e.cast(decimal(38, 0)), t=decimal(38, 0))
    return v if places >= 0 else _tens(v, -places)


def _tens(v: TypedExpr, places: int) -> TypedExpr:
    by, wide = 10**places, pl.Int128()
    if places > 37:
        return v.to(v.e * 0, v.t)
    e = v.e.cast(wide)
    made = e.sign() * ((e.abs() + by // 2) // by) * by
    return cast(TypedExpr(made, wide, fault=v.fault), v.t if v.t in (pl.Int64, pl.UInt64, pl.Int128) else pl.Int64())


def _step(name: str) -> Function:
    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        v = number(args[0], f"{name}()")
        if is_int(v.t):
            return v.to(v.e.cast(REAL), REAL) if name != "trunc" else v
        if is_decimal(v.t):
            ticks, one = v.e.to_physical().cast(pl.Int128), 10 ** scale(v.t)
            down = ticks // one
            up = down + (ticks % one != 0).cast(pl.Int128)
            made = {"floor": down, "ceil": up, "trunc": pl.when(ticks < 0).then(up).otherwise(down)}[name]
            t = decimal(precision(v.t), 0)
            return v.to(made.cast(t), t)
        steps = {"floor": v.e.floor(), "ceil": v.e.ceil(), "trunc": v.e.sign() * v.e.abs().floor()}
        return v.to(steps[name], v.t)

    return call


def logarithm(args: list[TypedExpr], c: Context) -> TypedExpr:
    if len(args) == 1:
        return FUNCTIONS["log10"](args, c)
    base, v = (number(a, "log()") for a in args)
    return v.to(as_type(v, REAL).log() / as_type(base, REAL).log(), REAL, base)


def power(args: list[TypedExpr], _: Context) -> TypedExpr:
    a, b = (number(v, "pow()") for v in args)
    return a.to(as_type(a, REAL).pow(as_type(b, REAL)), REAL, b)


def angle(args: list[TypedExpr], _: Context) -> TypedExpr:
    a, b = (number(v, "atan2()") for v in args)
    return a.to(pl.arctan2(as_type(a, REAL), as_type(b, REAL)), REAL, b)


def _extreme(name: str) -> Function:
    """The greatest or the least that is not null; NaN is above every number."""

    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        values, t = unified(args, name.upper())
        if t == pl.Null:
            return null_of(t)

        def better(a: pl.Expr, b: pl.Expr) -> pl.Expr:
            found = a >= b if name == "greatest" else a <= b
            return (
                pl.when(a.is_null() | (found & b.is_not_null()).not_())
                .then(pl.when(b.is_null()).then(a).otherwise(b))
                .otherwise(a)
            )

        return TypedExpr(reduce(better, [v.e for v in values]), t, fault=any_fault(*values))

    return call


def _float_test(name: str, make: Callable[[pl.Expr], pl.Expr], *, otherwise: bool) -> Function:
    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        v = args[0]
        if v.t.is_float():
            return v.to(make(v.e), TRUTH)
        if not (is_number(v.t) or v.t.is_temporal() or v.t == pl.Null):
            raise ValidatorError(f"{name}() takes a number, not {sql_name(v.t)}")
        return v.to(pl.when(v.e.is_not_null()).then(pl.lit(value=otherwise)), TRUTH)

    return call


# --- any type ------------------------------------------------------------------------------------------------------


def coalesce(args: list[TypedExpr], _: Context) -> TypedExpr:
    values, t = unified(args, "COALESCE")
    faults, missing = [], None
    for v in values:
        if v.fault is not None:
            faults.append(v.fault if missing is None else v.fault & missing)
        missing = v.e.is_null() if missing is None else missing & v.e.is_null()
    return TypedExpr(pl.coalesce([v.e for v in values]), t, fault=either(faults))


def nullif(args: list[TypedExpr], _: Context) -> TypedExpr:
    a, b = args
    if a.null or b.null:
        return replace(a, literal=False)
    equal = compare(a, "==", b)
    e = pl.when(equal.e.fill_null(value=False).not_()).then(a.e)
    return TypedExpr(e, a.t, fault=any_fault(a, b, equal), bounds=a.bounds, months=a.months)


def cases(branches: list[tuple[TypedExpr, TypedExpr]], default: TypedExpr) -> TypedExpr:
    """CASE: the value of the first condition that is true."""
    values, t = unified([v for _, v in branches] + [default], "CASE")
    conditions = [truth(c) for c, _ in branches]
    faults: list[pl.Expr] = []
    untaken: pl.Expr | None = None
    chain: Any = pl
    for condition, value in zip(conditions, values[:-1], strict=True):
        true = condition.e.fill_null(value=False)
        here = [f for f in (condition.fault, None if value.fault is None else value.fault & true) if f is not None]
        faults += [f if untaken is None else f & untaken for f in here]
        chain = chain.when(condition.e).then(value.e)
        untaken = true.not_() if untaken is None else untaken & true.not_()
    if values[-1].fault is not None and untaken is not None:
        faults.append(values[-1].fault & untaken)
    bounds = [v.bounds for v in values if not v.null]
    known = [b for b in bounds if b is not None]
    reach = (
        (min(b[0] for b in known), max(b[1] for b in known))
        if is_int(t) and known and len(known) == len(bounds)
        else None
    )
    return TypedExpr(chain.otherwise(values[-1].e), t, fault=either(faults), bounds=reach)


def contains(args: list[TypedExpr], c: Context) -> TypedExpr:
    if isinstance(args[0].t, pl.List | pl.Array):
        return list_contains(args, c)
    return of_texts("contains", lambda e, x: expr_of(e).str.contains(x, literal=True), TRUTH)(args, c)


def list_contains(args: list[TypedExpr], _: Context) -> TypedExpr:
    items, wanted = args
    if not isinstance(items.t, pl.List | pl.Array):
        raise ValidatorError(f"list_contains() takes a list, not {sql_name(items.t)}")
    if wanted.null:
        return null_of(TRUTH)
    inner: Any = items.t.inner
    e = items.e.arr.to_list() if isinstance(items.t, pl.Array) else items.e
    if wanted.constant:
        each = compare(TypedExpr(pl.element(), inner), "==", wanted)
        return items.to(e.list.eval(each.e.fill_null(value=False)).list.any(), TRUTH)
    if inner != wanted.t:
        if not (is_int(inner) and is_int(wanted.t)):
            raise ValidatorError(f"{sql_name(wanted.t)} is not looked for in a list of {inner}; cast it")
        inner = wider(inner, wanted.t)
    found = e.cast(pl.List(inner)).list.contains(wanted.e.cast(inner))
    return items.to(pl.when(wanted.e.is_not_null()).then(found), TRUTH, wanted)


def list_extract(args: list[TypedExpr], _: Context) -> TypedExpr:
    """From 1, or from the end for a negative number."""
    items, n = args
    if not isinstance(items.t, pl.List | pl.Array):
        raise ValidatorError(f"{sql_name(items.t)} has no items")
    if not isinstance(n.const, int):
        raise ValidatorError("the place of a list's item must be written as a number")
    inner: Any = items.t.inner
    if n.const == 0:
        return null_of(inner)
    e = items.e.arr.to_list() if isinstance(items.t, pl.Array) else items.e
    return items.to(e.list.get(n.const - 1 if n.const > 0 else n.const, null_on_oob=True), inner)


def struct_extract(args: list[TypedExpr], _: Context) -> TypedExpr:
    v, name = args[0], fixed(args[1], "the name of a field")
    return field(v, name)


def field(v: TypedExpr, name: str) -> TypedExpr:
    """A field of a structure."""
    if not isinstance(v.t, pl.Struct):
        raise ValidatorError(f'{sql_name(v.t)} has no field "{name}"')
    fields: dict[str, Any] = {f.name: f.dtype for f in v.t.fields}
    known = name if name in fields else next((f for f in fields if f.lower() == name.lower()), None)
    if known is None:
        raise ValidatorError(f'no field is called "{name}"; there are {", ".join(fields)}')
    return v.to(v.e.struct.field(known), fields[known])


def attempted(args: list[TypedExpr], _: Context) -> TypedExpr:
    """TRY: null where the value would be refused."""
    return replace(args[0], fault=None)


def _part(name: str) -> Function:
    return lambda args, _: dates.part(name, args[0])


def _span(unit: str) -> Function:
    size = span_unit(unit) or (0, 0)
    return lambda args, _: intervals.spans(args[0], size)


def _named_day(form: str) -> Function:
    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        v = dates.moment(args[0], "a day's name")
        return args[0].to(v.e.dt.strftime(form), TEXT)

    return call


def last_day(args: list[TypedExpr], _: Context) -> TypedExpr:
    v = dates.moment(args[0], "last_day()")
    return args[0].to(v.e.dt.month_end().cast(pl.Date) if v.t == pl.Date else v.e.dt.date().dt.month_end(), pl.Date())


def _format(args: list[TypedExpr], _: Context) -> TypedExpr:
    when, form = (args[1], args[0]) if isinstance(args[0].const, str) else (args[0], args[1])
    return dates.formatted(when, fixed(form, "a format"))


FUNCTIONS: dict[str, Function] = {
    **TEXTS, "contains": contains,
    "abs": absolute, "sign": sign, "round": rounded, "floor": _step("floor"), "ceil": _step("ceil"), "trunc": _step("trunc"),
    "sqrt": _real("sqrt", pl.Expr.sqrt), "cbrt": _real("cbrt", pl.Expr.cbrt), "ln": _real("ln", pl.Expr.log),
    "log10": _real("log10", pl.Expr.log10), "log": logarithm, "log2": _real("log2", lambda e: e.log(2)), "exp": _real("exp", pl.Expr.exp),
    "pow": power, "mod": lambda a, _: arithmetic(a[0], "%", a[1]), "greatest": _extreme("greatest"), "least": _extreme("least"),
    "isnan": _float_test("isnan", pl.Expr.is_nan, otherwise=False), "isinf": _float_test("isinf", pl.Expr.is_infinite, otherwise=False),
    "isfinite": _float_test("isfinite", pl.Expr.is_finite, otherwise=True), "pi": lambda _a, _c: TypedExpr(pl.lit(math.pi), REAL, math.pi),
    "sin": _real("sin", pl.Expr.sin), "cos": _real("cos", pl.Expr.cos), "tan": _real("tan", pl.Expr.tan), "asin": _real("asin", pl.Expr.arcsin),
    "acos": _real("acos", pl.Expr.arccos), "atan": _real("atan", pl.Expr.arctan), "atan2": angle, "cot": _real("cot", pl.Expr.cot), "radians": _real("radians", pl.Expr.radians),
    "degrees": _real("degrees", pl.Expr.degrees),
    "date_part": lambda a, _: dates.part(fixed(a[0], "the part of a date"), a[1]),
    "date_trunc": lambda a, _: dates.truncated(fixed(a[0], "the unit of date_trunc()"), a[1]),
    "date_diff": lambda a, _: dates.difference(fixed(a[0], "the unit of date_diff()"), a[1], a[2]),
    "date_sub": lambda a, _: dates.elapsed(fixed(a[0], "the unit of date_sub()"), a[1], a[2]),
    "date_add": lambda a, _: arithmetic(a[0], "+", a[1]), "last_day": last_day, "dayname": _named_day("%A"), "monthname": _named_day("%B"),
    "strftime": _format, "strptime": lambda a, _: dates.parsed(plain_text(a[0]), fixed(a[1], "a format"), attempt=False),
    "try_strptime": lambda a, _: dates.parsed(plain_text(a[0]), fixed(a[1], "a format"), attempt=True),
    "make_date": lambda a, _: dates.make_date(*[whole(v, "make_date()") for v in a]),
    "today": lambda _, c: dates.today(c), "now": lambda _, c: dates.now(c), "epoch": _part("epoch"),
    "epoch_ms": lambda a, _: dates.epoch_in("ms", a[0]), "epoch_us": lambda a, _: dates.epoch_in("us", a[0]),
    **{name: _part(name) for name in (*dates.OF_A_DATE, *dates.OF_A_TIME)},
    **{f"to_{unit}": _span(unit) for unit in ("years", "months", "weeks", "days", "hours", "minutes", "seconds")},
    "coalesce": coalesce, "ifnull": coalesce, "nullif": nullif, "if": lambda a, _: cases([(a[0], a[1])], a[2]),
    "list_contains": list_contains, "list_extract": list_extract, "struct_extract": struct_extract, "try": attempted,
}  # fmt: skip
"""by the name in `truthound.engine.sql_expression.FUNCTIONS`"""

__all__ = ["FUNCTIONS", "Function", "cases", "field"]
