"""Checks and converts the arguments of SQL functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl

from truthound.engine.polars.sql.typed_expr import (
    Context,
    TypedExpr,
    as_type,
    either,
    is_int,
    is_number,
    null_of,
    plain_text,
    sql_name,
)
from truthound.errors import ValidatorError

Function = Callable[[list[TypedExpr], Context], TypedExpr]
WHOLE, TEXT, REAL, TRUTH = pl.Int64(), pl.String(), pl.Float64(), pl.Boolean()


def text(v: TypedExpr, what: str) -> TypedExpr:
    """An argument that is text."""
    v = plain_text(v)
    if v.t == pl.Null:
        return null_of(TEXT)
    if v.t != pl.String:
        raise ValidatorError(f"{what} takes text, not {sql_name(v.t)}; cast it to VARCHAR")
    return v


def whole(v: TypedExpr, what: str) -> TypedExpr:
    """An argument that is a whole number."""
    if v.t == pl.Null:
        return null_of(WHOLE)
    if not is_int(v.t):
        raise ValidatorError(f"{what} takes a whole number, not {sql_name(v.t)}")
    if v.constant:
        return replace(
            v, e=pl.lit(v.const, dtype=WHOLE) if abs(v.const) < 2**63 else pl.lit(None, dtype=WHOLE), t=WHOLE
        )
    if v.t not in (pl.Int128, pl.UInt64):
        return replace(v, e=as_type(v, WHOLE), t=WHOLE)
    e = v.e.cast(WHOLE, strict=False)
    return replace(v, e=e, t=WHOLE, fault=either((v.fault, e.is_null() & v.e.is_not_null())))


def number(v: TypedExpr, what: str) -> TypedExpr:
    if v.t == pl.Null:
        return null_of(REAL)
    if not is_number(v.t):
        raise ValidatorError(f"{what} takes a number, not {sql_name(v.t)}; cast it")
    return v


def fixed(v: TypedExpr, what: str) -> str:
    """A text literal."""
    if not isinstance(v.const, str):
        raise ValidatorError(f"{what} must be written as a text in quotes")
    return v.const


def of_text(name: str, make: Callable[[pl.Expr], pl.Expr], t: pl.DataType = TEXT) -> Function:
    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        v = text(args[0], f"{name}()")
        made = make(v.e)
        return v.to(made if t == TEXT else made.cast(t), t)

    return call


def of_texts(name: str, make: Callable[..., pl.Expr], t: pl.DataType = TEXT) -> Function:
    """A function of several texts, null where one of them is."""

    def call(args: list[TypedExpr], _: Context) -> TypedExpr:
        made = [text(a, f"{name}()") for a in args]
        if any(a.null for a in made):
            return null_of(t)
        return made[0].to(make(*[constant_or_expr(a) for a in made]), t, *made[1:])

    return call


def constant_or_expr(v: TypedExpr) -> Any:
    """A constant as a Python value, which the engine handles faster than an expression."""
    return v.const if isinstance(v.const, str) else v.e


def expr_of(e: Any) -> pl.Expr:
    return pl.lit(e) if isinstance(e, str) else e
