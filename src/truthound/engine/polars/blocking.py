"""Measures that need more than one streaming aggregate: duplicates, quantiles, frequencies, gaps, queries, other sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from truthound.engine import RowRequest
from truthound.engine import measures as m
from truthound.engine.optimize import simplify
from truthound.engine.polars import compile as ex
from truthound.engine.polars import duplicate_keys as dup
from truthound.engine.polars.duplicates import DuplicateFinder
from truthound.engine.polars.functional_dependencies import Inconsistencies, inconsistencies
from truthound.engine.polars.join_types import ordered_type
from truthound.engine.polars.python_values import row_tuples, temporal_type
from truthound.engine.polars.quantiles import NARROW, quantile
from truthound.engine.polars.time_gaps import gaps
from truthound.errors import ReferenceDataError, SourceError, TruthoundError, ValidatorError

if TYPE_CHECKING:
    from truthound.engine.polars.backend import PolarsBackend


class Blocking:
    """The blocking measures of one backend."""

    def __init__(self, backend: PolarsBackend) -> None:
        self._b = backend
        self._duplicates = DuplicateFinder(backend)
        self._inconsistent: dict[tuple[m.Inconsistent, m.Predicate | None], Inconsistencies] = {}

    def close(self) -> None:
        self._inconsistent.clear()
        self._duplicates.close()

    # --- what they need from the streaming pass --------------------------------------------------------------------

    def needs(self, measures: Iterable[m.Measure]) -> list[m.Measure]:
        """Streaming measures that choose how these are computed."""
        out: list[m.Measure] = []
        for x in measures:
            if isinstance(x, m.On):
                continue
            out.append(m.RowCount())
            match x:
                case m.Duplicates(columns, _, None) if columns and all(
                    c in self._b.types and dup.packable(self._b.types[c]) for c in columns
                ):
                    for c in columns:
                        out += [m.Aggregate(c, "min"), m.Aggregate(c, "max"), m.CountWhere(m.IsNull(c))]
                case m.Quantile(column, _, where) | m.Aggregate(column, "median", where):
                    out += [
                        m.Aggregate(column, "min", where),
                        m.Aggregate(column, "max", where),
                        m.Aggregate(column, "count", where),
                    ]
                case m.Gaps(column, where=where) if (
                    steps := temporal_type(self._b.types.get(column, pl.Null()))
                ) and steps[2]:
                    out += [m.Aggregate(column, "min", where), m.Aggregate(column, "max", where)]
                case _:
                    continue
        return out

    def counted(self, measures: Iterable[m.Measure]) -> list[m.Measure]:
        """Counts of values that come out where distinct values are counted."""
        return [
            m.Aggregate(x.column, "count", x.where)
            for x in measures
            if isinstance(x, m.Aggregate) and x.function == "distinct"
        ]

    # --- measuring -------------------------------------------------------------------------------------------------

    def measure(self, measures: list[m.Measure]) -> Iterator[tuple[m.Measure, Any]]:
        order: dict[type, int] = {m.Duplicates: 0}
        shared = self._narrow(measures)
        keys_first = sorted(
            measures, key=lambda x: (order.get(type(x), 1), isinstance(x, m.Duplicates) and not x.columns)
        )
        for x in keys_first:
            if self._b.has(x):  # it came out with another one
                yield x, self._b.value(x)
                continue
            try:
                yield x, self._one(x, shared)
            except SourceError:
                raise
            except TruthoundError as error:
                yield x, error if isinstance(error, ValidatorError) else ValidatorError(str(error))
            except (
                pl.exceptions.PolarsError,
                pl.exceptions.PanicException,
                TypeError,
                ValueError,
                ArithmeticError,
                LookupError,
            ) as error:
                fault = self._b.fault(error)
                if not isinstance(fault, ValidatorError):
                    raise fault from None
                yield x, fault

    def _one(self, x: m.Measure, shared: dict[object, pl.Series]) -> Any:
        match x:
            case m.Duplicates():
                return self._duplicates.count(x, shared.get(x))
            case m.Quantile(column, q, where):
                return quantile(self._b, column, q, where, shared)
            case m.Aggregate(column, "median", where):
                return quantile(self._b, column, 0.5, where, shared)
            case m.Aggregate(column, "distinct", where):
                values = self._b.compile.column(column)
                both = self._b.filtered(where).select(values.drop_nulls().n_unique(), values.count().alias("count"))
                distinct, count = self._b.collect(both).row(0)
                self._b.learn(m.Aggregate(column, "count", where), int(count))
                return int(distinct)
            case m.TopValues(column, k, where):
                return self._top(column, k, where)
            case m.CountWhere(m.Repeated(columns, nulls), where):
                return self._duplicates.count(m.Duplicates(columns, nulls, where), None).rows
            case m.CountWhere(m.Inconsistent() as dependency, where):
                return self.inconsistent(dependency, where).rows
            case m.CountWhere(predicate, where):
                beside = m.passed_over(predicate)
                asked = [predicate, beside] if isinstance(beside, m.Unknown) else [predicate]
                sums = [self._b.compile(simplify(p)).sum().alias(str(i)) for i, p in enumerate(asked)]
                found = self._b.collect(self._b.filtered(where).select(sums)).row(0)
                for p, n in zip(asked[1:], found[1:], strict=True):
                    self._b.learn(m.CountWhere(p, where), int(n or 0))
                return int(found[0] or 0)
            case m.RowCount(where):
                return int(self._b.collect(self._b.filtered(where).select(pl.len())).item())
            case m.Gaps():
                return gaps(self._b, x)
            case m.KolmogorovSmirnov():
                return self._ks(x)
            case m.Query(text, limit):
                return self._query(text, limit)
            case m.On(reference, inner):
                try:
                    value = self._b.other(reference).measure([inner])[inner]
                except SourceError as error:
                    raise ReferenceDataError(f"the reference: {error}") from None
                if isinstance(value, ValidatorError):
                    raise ValidatorError(f"in the reference: {value}")
                return value
            case _:
                raise ValidatorError(f"the engine does not know how to measure {type(x).__name__}")

    def _narrow(self, measures: list[m.Measure]) -> dict[object, pl.Series]:
        """Keys and columns that several blocking measures need, read together in one scan where they fit in memory."""
        wanted: dict[object, pl.Expr] = {}
        for x in measures:
            match x:
                case m.Duplicates(columns, _, None) if columns and all(c in self._b.types for c in columns):
                    key = self._duplicates.key(x)
                    if key and key.exact and key.drop is None:
                        wanted[x] = key.expr
                case m.Quantile(column, _, None) | m.Aggregate(column, "median", None) if column in self._b.types:
                    wanted[column] = self._b.compile.column(column)
                case _:
                    continue
        if not wanted or self._b.value(m.RowCount()) * len(wanted) > NARROW:
            return {}
        names = {k: str(i) for i, k in enumerate(wanted)}
        frame = self._b.collect(self._b.frame.select(e.alias(names[k]) for k, e in wanted.items()))
        return {k: frame[n] for k, n in names.items()}

    # --- rows ------------------------------------------------------------------------------------------------------

    def numbers(self, r: RowRequest) -> pl.Series | None:
        """Row numbers from 0 of some failing rows, where they are at hand without the predicate."""
        return self._duplicates.numbers(r)

    def inconsistent(self, x: m.Inconsistent, where: m.Predicate | None) -> Inconsistencies:
        """The rows that break a dependency among those for which `where` holds."""
        if (x, where) not in self._inconsistent:
            column, dtype = self._b.compile.column, self._b.compile.dtype
            self._inconsistent[x, where] = inconsistencies(
                self._b.filtered(where), [column(c) for c in x.given], [dtype(c) for c in x.given], column(x.column)
            )
            if where is None and m.RowCount() in self._b.measured(m.RowCount):
                without = self._b.value(m.RowCount()) - self._inconsistent[x, where].known
                self._b.learn(m.CountWhere(m.any_null((*x.given, x.column))), without)
        return self._inconsistent[x, where]

    # --- the others ------------------------------------------------------------------------------------------------

    def _top(self, column: str, k: int, where: m.Predicate | None) -> tuple[tuple[Any, int], ...]:
        values = self._b.filtered(where).select(self._b.compile.column(column).alias("v")).drop_nulls()
        counts = self._b.collect(values.group_by("v").len(name="n").top_k(k, by=["n", "v"], reverse=[False, True]))
        ordered = counts.sort("n", "v", descending=[True, False])
        return tuple((ex.scalar(v), int(n)) for v, n in row_tuples(ordered.select("v", "n")))

    @staticmethod
    def _column_of(other: Any, column: str) -> pl.Expr:
        """A column of the reference."""
        try:
            found: pl.Expr = other.compile.column(column)
        except ValidatorError as error:
            raise ReferenceDataError(f"in the reference: {error}") from None
        return found

    def _ks(self, x: m.KolmogorovSmirnov) -> tuple[float, int, int] | None:
        other: Any = self._b.other(x.reference)
        theirs = self._column_of(other, x.reference_column)
        common = ordered_type(self._b.compile.dtype(x.column), other.types[x.reference_column])
        here = self._b.filtered(x.where).select(
            self._b.compile.column(x.column).cast(common).alias("v"), pl.lit(1).alias("s")
        )
        there = other.frame.select(theirs.cast(common).alias("v"), pl.lit(0).alias("s"))
        counts = (
            pl.concat([here, there])
            .drop_nulls()
            .filter(pl.col("v").is_not_nan() if common.is_float() else pl.lit(value=True))
            .group_by("v")
            .agg(pl.col("s").sum().alias("a"), pl.len().alias("n"))
        )
        frame = (
            self._b.collect(counts)
            .sort("v")
            .select(pl.col("a").cum_sum(), (pl.col("n") - pl.col("a")).cum_sum().alias("b"))
        )
        if not frame.height or not frame["a"][-1] or not frame["b"][-1]:
            return None
        n, k = int(frame["a"][-1]), int(frame["b"][-1])
        apart = frame.select((pl.col("a").cast(pl.Int128) * k - pl.col("b").cast(pl.Int128) * n).abs().max()).item()
        return int(apart) / (n * k), n, k

    def _query(self, text: str, limit: int) -> tuple[int, tuple[dict[str, Any], ...]]:
        from truthound.engine.polars import query

        return query.run(
            text, limit, self._b.frame, self._b.types, collect=self._b.collect, condition=self._b.compile.sure
        )
