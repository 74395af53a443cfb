"""Measures that need more than one streaming aggregate: duplicates, quantiles, frequencies, gaps, queries, other sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from truthound.engine import measures as m
from truthound.engine.optimize import simplify
from truthound.engine.polars import duplicate_keys as dup
from truthound.engine.polars.duplicates import DuplicateFinder
from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.engine.polars.frequencies import top_values
from truthound.engine.polars.python_values import temporal_type
from truthound.engine.polars.quantiles import MAX_CELLS, quantile
from truthound.engine.polars.table import Table
from truthound.errors import ReferenceDataError, SourceError, TruthoundError, ValidatorError

if TYPE_CHECKING:
    from truthound.engine.polars.functional_dependencies import Inconsistencies


class Blocking:
    """The blocking measures of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.duplicates = DuplicateFinder(table)
        self._inconsistent: dict[tuple[m.Inconsistent, m.Predicate | None], Inconsistencies] = {}

    def close(self) -> None:
        self._inconsistent.clear()
        self.duplicates.close()

    # --- prerequisites from the streaming pass ---------------------------------------------------------------------

    def prerequisites(self, measures: Iterable[m.Measure]) -> list[m.Measure]:
        """Streaming measures whose values decide how these are computed."""
        out: list[m.Measure] = []
        for x in measures:
            if not isinstance(x, m.ReferenceMeasure):
                out += [m.RowCount(), *self._prerequisites_of(x)]
        return out

    def _prerequisites_of(self, x: m.Measure) -> list[m.Measure]:
        types = self._table.types
        match x:
            case m.Duplicates(columns, _, None) | m.CountWhere(m.Repeated(columns), None) if columns and all(
                c in types and dup.packable(types[c]) for c in columns
            ):
                per_column = (
                    (m.Aggregate(c, "min"), m.Aggregate(c, "max"), m.CountWhere(m.IsNull(c))) for c in columns
                )
                return [needed for group in per_column for needed in group]
            case m.Quantile(column, _, where) | m.Aggregate(column, "median", where):
                return [m.Aggregate(column, f, where) for f in ("min", "max", "count")]
            case m.Gaps(column, where=where) if (found := temporal_type(types.get(column, pl.Null()))) and found[2]:
                return [m.Aggregate(column, "min", where), m.Aggregate(column, "max", where)]
            case _:
                return []

    def counts_with_distinct(self, measures: Iterable[m.Measure]) -> list[m.Measure]:
        """Counts of values that are computed along with counts of distinct values."""
        return [
            m.Aggregate(x.column, "count", x.where)
            for x in measures
            if isinstance(x, m.Aggregate) and x.function == "distinct"
        ]

    # --- measuring -------------------------------------------------------------------------------------------------

    def measure(self, measures: list[m.Measure]) -> Iterator[tuple[m.Measure, Any]]:
        """Each measure with its value or error; duplicates of keys first, as they save others work."""
        shared = self._read_shared(measures)
        for x in sorted(
            measures, key=lambda x: (not isinstance(x, m.Duplicates), isinstance(x, m.Duplicates) and not x.columns)
        ):
            if self._table.has(x):  # computed along with another one
                yield x, self._table.value(x)
                continue
            try:
                yield x, self._measure(x, shared)
            except SourceError:
                raise
            except TruthoundError as error:
                yield x, error if isinstance(error, ValidatorError) else ValidatorError(str(error))
            except ENGINE_ERRORS as error:
                fault = self._table.classify(error)
                if not isinstance(fault, ValidatorError):
                    raise fault from None
                yield x, fault

    def _measure(self, x: m.Measure, shared: dict[object, pl.Series]) -> Any:
        match x:
            case m.Duplicates():
                return self.duplicates.count(x, shared.get(x))
            case m.Quantile(column, q, where):
                return quantile(self._table, column, q, where, shared)
            case m.Aggregate(column, "median", where):
                return quantile(self._table, column, 0.5, where, shared)
            case m.Aggregate(column, "distinct", where):
                return self._distinct(column, where)
            case m.TopValues(column, k, where):
                return top_values(self._table, column, k, where)
            case m.CountWhere(predicate, where):
                return self._count(predicate, where)
            case m.RowCount(where):
                return int(self._table.collect(self._table.filtered(where).select(pl.len())).item())
            case m.Gaps():
                from truthound.engine.polars.time_gaps import gaps

                return gaps(self._table, x)
            case m.KolmogorovSmirnov():
                from truthound.engine.polars.kolmogorov_smirnov import kolmogorov_smirnov

                return kolmogorov_smirnov(self._table, x)
            case m.Query(text, limit):
                return self._query(text, limit)
            case m.ReferenceMeasure(reference, inner):
                return self._reference_measure(reference, inner)
            case _:
                raise ValidatorError(f"the engine does not know how to measure {type(x).__name__}")

    def _read_shared(self, measures: list[m.Measure]) -> dict[object, pl.Series]:
        """Keys and columns that several blocking measures need, read together in one scan where they fit in memory."""
        wanted: dict[object, pl.Expr] = {}
        for x in measures:
            match x:
                case m.Duplicates(columns, _, None) if columns and all(c in self._table.types for c in columns):
                    key = self.duplicates.key(x)
                    if key and key.exact and key.drop is None:
                        wanted[x] = key.expr
                case m.Quantile(column, _, None) | m.Aggregate(column, "median", None) if column in self._table.types:
                    wanted[column] = self._table.compile.column(column)
                case _:
                    continue
        if not wanted or self._table.value(m.RowCount()) * len(wanted) > MAX_CELLS:
            return {}
        names = {k: str(i) for i, k in enumerate(wanted)}
        frame = self._table.collect(self._table.frame.select(e.alias(names[k]) for k, e in wanted.items()))
        return {k: frame[n] for k, n in names.items()}

    def _distinct(self, column: str, where: m.Predicate | None) -> int:
        values = self._table.compile.column(column)
        both = self._table.filtered(where).select(values.drop_nulls().n_unique(), values.count().alias("count"))
        distinct, count = self._table.collect(both).row(0)
        self._table.record(m.Aggregate(column, "count", where), int(count))
        return int(distinct)

    def _count(self, predicate: m.Predicate, where: m.Predicate | None) -> int:
        """Rows for which a blocking predicate is true; rows for which it is unknown are counted in the same pass."""
        match predicate:
            case m.Repeated(columns, nulls):
                return self.duplicates.count(m.Duplicates(columns, nulls, where), None).rows
            case m.Inconsistent():
                return self.inconsistent(predicate, where).rows
        beside = m.skipped_rows(predicate)
        counted = [predicate, beside] if isinstance(beside, m.Unknown) else [predicate]
        sums = [self._table.compile(simplify(p)).sum().alias(str(i)) for i, p in enumerate(counted)]
        found = self._table.collect(self._table.filtered(where).select(sums)).row(0)
        for p, n in zip(counted[1:], found[1:], strict=True):
            self._table.record(m.CountWhere(p, where), int(n or 0))
        return int(found[0] or 0)

    def _query(self, text: str, limit: int) -> tuple[int, tuple[dict[str, Any], ...]]:
        from truthound.engine.polars import query

        table = self._table
        return query.run_query(
            text, limit, table.frame, table.types, collect=table.collect, condition=table.compile.infallible
        )

    def _reference_measure(self, reference: m.Reference, inner: m.Measure) -> Any:
        try:
            value = self._table.reference(reference).measure([inner])[inner]
        except SourceError as error:
            raise ReferenceDataError(f"the reference: {error}") from None
        if isinstance(value, ValidatorError):
            raise ValidatorError(f"in the reference: {value}")
        return value

    # --- rows ------------------------------------------------------------------------------------------------------

    def inconsistent(self, x: m.Inconsistent, where: m.Predicate | None) -> Inconsistencies:
        """The rows that violate a dependency among those for which `where` is true."""
        from truthound.engine.polars.functional_dependencies import inconsistencies

        if (x, where) not in self._inconsistent:
            column, dtype = self._table.compile.column, self._table.compile.dtype
            self._inconsistent[x, where] = inconsistencies(
                self._table.filtered(where), [column(c) for c in x.given], [dtype(c) for c in x.given], column(x.column)
            )
            if where is None and m.RowCount() in self._table.measured(m.RowCount):
                without = self._table.value(m.RowCount()) - self._inconsistent[x, where].known
                self._table.record(m.CountWhere(m.any_null((*x.given, x.column))), without)
        return self._inconsistent[x, where]

    def failing(self, predicate: m.Predicate, where: m.Predicate | None) -> pl.LazyFrame:
        """Numbered rows for which the predicate, and `where`, is true."""
        rows, compiled = self._table.numbered, self._table.compile
        if isinstance(predicate, m.Inconsistent):
            kept = rows if where is None else rows.filter(compiled(simplify(where)))
            return kept.filter(self.inconsistent(predicate, where).failing)
        if where is not None and m.needs_table(predicate):
            return rows.filter(compiled(simplify(where))).filter(compiled(simplify(predicate)))
        return rows.filter(compiled(simplify(m.conjunction(where, predicate) or predicate)))
