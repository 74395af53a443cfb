"""SQL's AND, OR and NOT: null is unknown, and a fault counts only if the result depends on it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace

import polars as pl

from truthound.engine.polars.sql.casts import cast
from truthound.engine.polars.sql.typed_expr import TypedExpr, balanced, either


def truth(v: TypedExpr) -> TypedExpr:
    """A value in place of a boolean: a number is true unless it is 0."""
    return v if v.t == pl.Boolean else cast(v, pl.Boolean())


def conjunction(values: list[TypedExpr]) -> TypedExpr:
    """AND. A fault counts only where the others leave the answer open: none is false."""
    return _combined(values, operator.and_, lambda e: e.fill_null(value=True))


def disjunction(values: list[TypedExpr]) -> TypedExpr:
    """OR. A fault counts only where the others leave the answer open: none is true."""
    return _combined(values, operator.or_, lambda e: e.fill_null(value=False).not_())


def _combined(
    values: list[TypedExpr], op: Callable[[pl.Expr, pl.Expr], pl.Expr], leaves_open: Callable[[pl.Expr], pl.Expr]
) -> TypedExpr:
    made = [truth(v) for v in values]
    faults = []
    for i, v in enumerate(made):
        if v.fault is not None:
            others = [leaves_open(o.e) for j, o in enumerate(made) if j != i]
            faults.append(balanced([v.fault, *others], operator.and_))
    return TypedExpr(balanced([v.e for v in made], op), pl.Boolean(), fault=either(faults))


def negation(v: TypedExpr) -> TypedExpr:
    made = truth(v)
    return replace(made, e=made.e.not_(), const=(not made.const) if isinstance(made.const, bool) else made.const)
