"""Predicates as Polars expressions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Any

import polars as pl

from truthound.engine import measures as m
from truthound.engine.condition import Condition
from truthound.engine.polars.aggregate_query import AggregateQuery
from truthound.engine.polars.column_names import escape_column, named
from truthound.engine.polars.compare_columns import compare_columns
from truthound.engine.polars.compare_values import always, is_between, is_in
from truthound.engine.polars.formats import FORMATS
from truthound.engine.polars.join_types import Schema, align_types
from truthound.engine.polars.row_counts import count_or_fault, count_true_and_null, if_narrow
from truthound.engine.polars.short_circuit import quick_or_slow
from truthound.engine.polars.sql.logic import CompiledCondition, raising_on_fault
from truthound.engine.polars.sql.typed_expr import WIDE_INTEGERS, Context, utc_now
from truthound.errors import ValidatorError

_TEXTS = (m.Matches, m.LengthBetween, m.Format)
_ASSUMED = (2**61, 2**53, 2**31)
"""usual limits of 64-bit columns within which, in this order, sums do not overflow, floats are exact, products do not overflow"""

Lookup = Callable[[m.Orphan], "list[pl.Series]"]


class Compiler:
    """Compiles predicates for one table; `lookup` returns the reference's keys for an `Orphan`."""

    def __init__(
        self,
        frame: pl.LazyFrame,
        schema: Schema,
        lookup: Lookup,
        unreadable: Mapping[str, str] | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        empty: Callable[[Collection[str]], Collection[str]] = lambda _: (),
    ) -> None:
        """`empty` returns the columns, among those given, without a value in any row."""
        self._frame, self._schema, self._lookup, self._empty = frame, schema, lookup, empty
        self._unreadable = {} if unreadable is None else unreadable
        self._context = Context({**schema, **dict.fromkeys(self._unreadable, pl.Null())}, self.column, now)

    def dtype(self, column: str) -> pl.DataType:
        """The column's type; an unknown column is an error."""
        if column in self._unreadable:
            raise ValidatorError(self._unreadable_reason(column))
        if column not in self._schema:
            raise ValidatorError(f'column "{column}" not found')
        return self._schema[column]

    def every_column(self) -> tuple[str, ...]:
        """All columns, to compare whole rows; an error if one cannot be read."""
        for column in self._unreadable:
            raise ValidatorError(f"{self._unreadable_reason(column)}; name the columns that are to be compared")
        return tuple(self._schema)

    def _unreadable_reason(self, column: str) -> str:
        return f'column "{column}" cannot be read: {self._unreadable[column]}'

    def column(self, name: str) -> pl.Expr:
        self.dtype(name)
        return named(name)

    def text(self, name: str) -> pl.Expr:
        """The column as text; an error if its type is not a text type."""
        dtype = self.dtype(name)
        if dtype == pl.String:
            return self.column(name)
        if dtype in (pl.Categorical, pl.Enum):
            return self.column(name).cast(pl.String)
        raise ValidatorError(f'column "{name}" is {dtype}, not text')

    def __call__(self, p: m.Predicate) -> pl.Expr:
        """The predicate's expression; running it raises if the result depends on a row that cannot be evaluated."""
        return raising_on_fault(self._compile(p))

    def infallible(self, condition: Condition) -> pl.Expr | None:
        """A SQL condition that can be evaluated for every row; None if it may fail or does not fit the columns."""
        from truthound.engine.polars.sql.compile import compile_condition

        try:
            made = compile_condition(condition, self._context)
        except ValidatorError:
            return None
        return made.e if made.fault is None else None

    def _compile(self, p: m.Predicate) -> CompiledCondition:
        match p:
            case m.And(inner):
                return CompiledCondition.all_of([self._compile(i) for i in inner])
            case m.Or((m.LengthBetween(column, None, int() as short), *slow)) if all(
                _reads_only(column, s) for s in slow
            ):
                return CompiledCondition(self._unless_short(column, short, p))
            case m.Or(inner):
                return CompiledCondition.any_of([self._compile(i) for i in inner])
            case m.Not(inner):
                made = self._compile(inner)
                return CompiledCondition(made.e.not_(), made.fault)
            case m.Unknown(inner):
                made = self._compile(inner)
                return CompiledCondition(made.e.is_null(), made.fault)
            case m.SQL(condition):
                return self._sql(condition)
            case _:
                return CompiledCondition(
                    self._table_predicate(p) if isinstance(p, m.NEED_TABLE) else self._row_predicate(p)
                )

    def count(self, p: m.Predicate) -> AggregateQuery:
        """The number of rows for which the predicate is true, or the error of a row that cannot be evaluated.

        Sums and products of 64-bit integers are first taken without a check for an overflow, beside the extremes of their
        columns; only where these do not rule one out, they are taken again in 128 bits.

        For how many rows a condition is false and for how many it is unknown come from one expression.
        """
        match p:
            case m.Unknown(m.SQL() as condition) | m.Not(m.SQL() as condition):
                both = self._count(m.Not(condition), lambda made: count_or_fault(made, count_true_and_null(made.e)))
                return both.map(itemgetter(1 if isinstance(p, m.Unknown) else 0), key=condition)
            case _:
                return self._count(p, count_or_fault)

    def _count(self, p: m.Predicate, count: Callable[[CompiledCondition], AggregateQuery]) -> AggregateQuery:
        """The query that `count` makes from the compiled predicate, in 64 bits where that is enough."""
        sure = self._compile(p)
        conditions = [part.condition for part in m.subpredicates(p) if isinstance(part, m.SQL)]
        names = {c for condition in conditions for c in self._wide_operands(condition)}
        if not names or "Int128" not in f"{sure.e}{sure.fault}":
            return count(sure)
        for most in _ASSUMED:
            quick = copy(self)
            quick._context = replace(self._context, most=most)  # noqa: SLF001 of this class
            found = quick._compile(p)  # noqa: SLF001
            if "Int128" not in f"{found.e}{found.fault}":
                return if_narrow(count(found), [self.column(c) for c in sorted(names)], most, count(sure))
        return count(sure)

    def _wide_operands(self, condition: Condition) -> list[str]:
        """The columns of wide integers that the condition calculates with."""
        from truthound.engine.polars.sql.compile import resolved

        known = resolved(condition, self._context.schema)
        return [c for c in known.calculated() if self._schema[c] in WIDE_INTEGERS]

    def _row_predicate(self, p: m.Predicate) -> pl.Expr:
        match p:
            case m.IsNull(column):
                return self.column(column).is_null()
            case m.IsNan(column):
                c = self.column(column)
                return c.is_nan() if self.dtype(column).is_float() else always(c, value=False)
            case m.Between():
                return self._between(p)
            case m.In(column, values):
                return is_in(*self._comparable(column), values)
            case m.Matches(column, pattern):
                return self.text(column).str.contains(pattern)
            case m.LengthBetween(column, low, high):
                return is_between(self._length(column), pl.UInt32(), low, high)
            case m.AnyItem(column, inner):
                return self._any_item(column, inner)
            case m.Format(column, name, argument):
                return FORMATS[name](self.text(column), argument)
            case m.Compare():
                return self._compare(p)
            case m.Orphan():
                return self._orphan(p)
            case _:
                raise ValidatorError(f"the engine does not know {type(p).__name__}")

    def _table_predicate(self, p: m.Predicate) -> pl.Expr:
        """A predicate whose answer for a row depends on other rows, or may."""
        match p:
            case m.Native(function):
                return self._native(function)
            case m.Repeated(columns, nulls):
                cells = [self.column(c) for c in columns or self.every_column()]
                repeated = pl.struct(cells).is_duplicated()
                return repeated if nulls else repeated & pl.all_horizontal([c.is_not_null() for c in cells])
            case m.Inconsistent(given, column):
                value, keys = self.column(column), [self.column(c) for c in given]
                known = _conjunction([c.is_not_null() for c in (value, *keys)])
                return (value.drop_nulls().n_unique().over(keys) > 1) & known
            case m.OutOfOrder():
                return self._out_of_order(p)
            case _:
                raise AssertionError(p)

    def _between(self, p: m.Between) -> pl.Expr:
        c, dtype = self._comparable(p.column)
        return is_between(c, dtype, p.low, p.high, low_inclusive=p.low_inclusive, high_inclusive=p.high_inclusive)

    def _comparable(self, column: str) -> tuple[pl.Expr, pl.DataType]:
        """A column in the form that is compared with values, and its type: categories become text."""
        c, dtype = self.column(column), self.dtype(column)
        return (c.cast(pl.String), pl.String()) if dtype in (pl.Categorical, pl.Enum) else (c, dtype)

    def _any_item(self, column: str, predicate: m.Predicate) -> pl.Expr:
        dtype, items = self.dtype(column), self.column(column)
        if not isinstance(dtype, pl.List | pl.Array):
            raise ValidatorError(f'column "{column}" is {dtype}, not a list')
        of_items = Compiler(self._frame, {"": dtype.inner}, self._lookup)(predicate)  # type: ignore[dict-item]  # the class of a type is typed too
        return (items.arr.to_list() if isinstance(dtype, pl.Array) else items).list.eval(of_items).list.any()

    def _unless_short(self, column: str, short: int, p: m.Predicate) -> pl.Expr:
        """A predicate combined with one that is true for short texts, so that it is evaluated for long ones only. Bytes are never fewer than characters."""
        of_values = Compiler(self._frame, {"v": pl.String()}, self._lookup)
        # in reverse order, or it would be compiled here again
        whole = of_values._compile(m.Or(tuple(_with_column(i, "v") for i in p.predicates[::-1]))).e  # type: ignore[attr-defined]  # it is an Or
        return quick_or_slow(self.text(column), lambda texts: texts.str.len_bytes() <= short, lambda _: whole)

    def _length(self, column: str) -> pl.Expr:
        dtype = self.dtype(column)
        if isinstance(dtype, pl.List):
            return self.column(column).list.len()
        if isinstance(dtype, pl.Array):
            return self.column(column).arr.len()
        return self.text(column).str.len_chars()

    def _compare(self, p: m.Compare) -> pl.Expr:
        left, right = self.column(p.left), self.column(p.right)
        return compare_columns(left, right, (self.dtype(p.left), self.dtype(p.right)), p.operator, p.tolerance)

    def _native(self, function: Callable[[Any], Any]) -> pl.Expr:
        made = function(self._frame)
        if not isinstance(made, pl.Expr):
            raise ValidatorError(f"the function returned {type(made).__name__}; it must return a polars expression")
        return self._checked_boolean(made, "the function's expression")

    def _sql(self, condition: Condition) -> CompiledCondition:
        from truthound.engine.polars.sql.compile import compile_condition, resolved

        condition = resolved(condition, self._context.schema)
        try:
            made = compile_condition(condition, self._context)
        except ValidatorError:
            # a column without any value has its source's default type, so it is allowed in any condition
            empty = frozenset(self._empty(condition.columns or ()))
            if not empty:
                raise
            typed = {**self._context.schema, **dict.fromkeys(empty, pl.Null())}
            column = lambda name: pl.lit(None) if name in empty else self.column(name)  # noqa: E731
            made = compile_condition(condition, replace(self._context, schema=typed, column=column))
        if made.e.meta.root_names() or not self._schema:
            return made
        every = named(next(iter(self._schema)))
        return CompiledCondition(made.e | (every.is_null() & False), made.fault)  # a constant, for each row

    def _checked_boolean(self, made: pl.Expr, what: str) -> pl.Expr:
        """Checks that an expression is true or false for each row."""
        (dtype,) = (
            self._frame.select(made).collect_schema().values() if not made.meta.has_multiple_outputs() else (None,)
        )
        if dtype not in (pl.Boolean, pl.Null):
            raise ValidatorError(f"{what} is {dtype or 'several columns'}, not true or false")
        try:
            nothing = pl.DataFrame(
                [pl.Series(escape_column(name), [None] * 3, dtype=t) for name, t in self._schema.items()]
            )
            height = nothing.lazy().select(made).collect().height
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, ValueError) as error:
            if str(error).startswith("cannot compare"):
                raise
            return (
                made  # some expressions cannot run on rows of nulls; if this one is wrong, running it on the data fails
            )
        if height == 3:
            return made.cast(pl.Boolean) if dtype == pl.Null else made
        if made.meta.root_names() or height != 1 or not self._schema:
            raise ValidatorError(f"{what} has one value for the whole table, not one for each row")
        every = named(next(iter(self._schema)))
        return made.cast(pl.Boolean) | (every.is_null() & False)  # a constant, for each row

    def _orphan(self, p: m.Orphan) -> pl.Expr:
        known = self._lookup(p)
        present = pl.all_horizontal([self.column(c).is_not_null() for c in p.columns])
        here, there = [], []
        for i, (c, keys) in enumerate(zip(p.columns, known, strict=True)):
            mine, theirs = align_types(
                self.column(c), self.dtype(c), keys, f'"{c}" and "{p.reference_columns[i]}" in the reference'
            )
            here.append(mine.alias(f"{i}"))
            there.append(theirs.alias(f"{i}"))
        if len(here) == 1:
            return here[0].is_in(there[0].drop_nulls().implode()).fill_null(value=False).not_() & present
        found = pl.DataFrame(there).drop_nulls().to_struct("keys")
        return pl.struct(here).is_in(found.implode()).not_() & present

    def _out_of_order(self, p: m.OutOfOrder) -> pl.Expr:
        c = self.column(p.column)
        floats = self.dtype(p.column).is_float()
        before = (c.fill_nan(None) if floats else c).forward_fill().shift(1)
        wrong = (
            (c > before if p.descending else c < before)
            if not p.strict
            else (c >= before if p.descending else c <= before)
        )
        wrong = wrong | c.is_nan() if floats else wrong  # NaN cannot be ordered
        if not p.group_by and not p.order_by:
            return wrong
        groups, order = ([self.column(c) for c in names] for names in (p.group_by, p.order_by))
        return wrong.over(groups or None, order_by=order or None)


def _reads_only(column: str, p: m.Predicate) -> bool:
    """Whether the predicate reads only the text of this column."""
    return all(
        isinstance(part, m.And | m.Or | m.Not) or (isinstance(part, _TEXTS) and part.column == column)
        for part in m.subpredicates(p)
    )


def _with_column(p: m.Predicate, column: str) -> m.Predicate:
    """The predicate of another column."""
    if isinstance(p, m.And | m.Or):
        return replace(p, predicates=tuple(_with_column(i, column) for i in p.predicates))
    return m.Not(_with_column(p.predicate, column)) if isinstance(p, m.Not) else replace(p, column=column)  # type: ignore[type-var]


def _conjunction(exprs: Sequence[pl.Expr]) -> pl.Expr:
    """Their conjunction, with SQL's meaning of null."""
    out = exprs[0]
    for e in exprs[1:]:
        out &= e
    return out
