"""Compiled conditions, and SQL's AND, OR and NOT: null is unknown, and a fault counts only if the result depends on it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from truthound.engine.polars.column_names import FAULT
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


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """A condition, and its fault: whether a row cannot be evaluated (never null)."""

    e: pl.Expr
    fault: pl.Expr | None = None

    @classmethod
    def all_of(cls, parts: Sequence[CompiledCondition]) -> CompiledCondition:
        """AND."""
        return cls._joined(parts, operator.and_, conjunction)

    @classmethod
    def any_of(cls, parts: Sequence[CompiledCondition]) -> CompiledCondition:
        """OR."""
        return cls._joined(parts, operator.or_, disjunction)

    @classmethod
    def _joined(
        cls,
        parts: Sequence[CompiledCondition],
        op: Callable[[pl.Expr, pl.Expr], pl.Expr],
        junction: Callable[[list[TypedExpr]], TypedExpr],
    ) -> CompiledCondition:
        if all(p.fault is None for p in parts):
            return cls(balanced([p.e for p in parts], op))
        made = junction([TypedExpr(p.e, pl.Boolean(), fault=p.fault) for p in parts])
        return cls(made.e, made.fault)


def raising_on_fault(c: CompiledCondition) -> pl.Expr:
    """The expression, which raises for a row that cannot be evaluated."""
    if c.fault is None:
        return c.e
    # a cast that fails at a fault is how an expression raises by itself
    return c.e & (c.fault.cast(pl.Int8) * FAULT).cast(pl.UInt8).cast(pl.Boolean).not_()
