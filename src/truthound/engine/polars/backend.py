"""The Polars backend: one streaming pass for what streams, one narrow pass for what blocks, failing rows only where asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from typing import Any, TypeVar

import polars as pl

from truthound._internal.text import first_line
from truthound.engine import FAILED_CHECKS, ROW, Backend, FailingRows, OpenReference, RowRequest, Split
from truthound.engine import measures as m
from truthound.engine.optimize import bounding_counts, simplify
from truthound.engine.polars import compile as ex
from truthound.engine.polars.blocking import Blocking
from truthound.engine.polars.column_names import escape_column, explain_sql_error
from truthound.engine.polars.exact_sums import AggregateQuery
from truthound.engine.polars.failing_rows import fetch
from truthound.engine.polars.sql import utc_now
from truthound.engine.polars.streaming import values
from truthound.errors import ConfigError, ReferenceDataError, SourceError, TruthoundError, ValidatorError
from truthound.schema import DataType

M = TypeVar("M", bound=m.Measure)
NOTHING = "__truthound_nothing"
"""the column of a table whose every column is unreadable"""
_ERRORS = (
    pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, ValueError, ArithmeticError, LookupError, OSError,
)  # fmt: skip


@contextmanager
def no_panic() -> Iterator[None]:
    """Makes a panic of the engine, which is not an Exception and would end the whole process, a SourceError."""
    try:
        yield
    except pl.exceptions.PanicException as error:
        raise SourceError(f"the engine failed on these data: {first_line(error)}") from None


class PolarsBackend:
    """A table as a lazy frame.

    `unreadable`: columns of the frame that hold nothing because they cannot be read, and why. What needs one is a ValidatorError.
    `statistics`: the frame is read from files that tell of each part of a column whether it has nulls.

    Inside, names are safe (`truthound.engine.polars.column_names.safe`); what goes in and comes out has the columns' own.
    """

    @no_panic()
    def __init__(
        self,
        frame: pl.LazyFrame,
        *,
        reference: OpenReference | None = None,
        explain: Callable[[Exception], SourceError] | None = None,
        unreadable: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = utc_now,
        statistics: bool = False,
    ) -> None:
        self._reference, self._now = reference, now
        self._statistics = statistics
        self._explain = explain or (lambda error: SourceError(str(error)))
        try:
            # of a copy: a frame that knows its schema does not let its reader number rows, nor take filters of numbered ones
            types = dict(frame.clone().collect_schema())
        except _ERRORS as error:
            raise self._explain(error) from None
        self._order = tuple(types)
        self._unreadable = dict(unreadable or {})
        if self._unreadable:  # nulls stand in their place, which nobody may take for values
            kept = [i for i, c in enumerate(types) if c not in self._unreadable]
            frame = frame.select(pl.nth(kept) if kept else pl.nth(0).alias(NOTHING))  # rows can be counted in any case
            types = {c: t for c, t in types.items() if c not in self._unreadable}
        if patterns := {c: escape_column(c) for c in types if escape_column(c) != c}:
            frame = frame.rename(patterns)
        if ROW in types:
            raise SourceError(f'the data have a column "{ROW}", a name that is needed for row numbers; rename it')
        self._patterns = patterns
        self._types: dict[str, pl.DataType] = types
        self._hold(frame, frame.with_row_index(ROW))

    def _hold(
        self,
        frame: pl.LazyFrame,
        numbered: pl.LazyFrame,
        empty: Callable[[Collection[str]], Collection[str]] | None = None,
    ) -> None:
        """Measures these rows of the table, nothing of which is known yet."""
        self.frame, self._numbered = frame, numbered
        self._orphans: dict[m.Orphan, list[pl.Series]] = {}
        self._values: dict[m.Measure, Any] = {}
        self.compile = ex.Compiler(
            frame, self._types, self._known, self._unreadable, now=self._now, empty=empty or self.empty
        )
        self.blocking = Blocking(self)

    def _of(
        self, numbered: pl.DataFrame, empty: Callable[[Collection[str]], Collection[str]] | None = None
    ) -> PolarsBackend:
        """The backend of some rows of the table, which keep their numbers."""
        made = copy(self)
        made._statistics = False  # noqa: SLF001 of this class
        made._hold(numbered.lazy().drop(ROW), numbered.lazy(), empty)  # noqa: SLF001 of this class
        return made

    # --- the protocol ----------------------------------------------------------------------------------------------

    def schema(self) -> dict[str, DataType]:
        return {
            c: DataType.unreadable(self._unreadable[c])
            if c in self._unreadable
            else DataType(type_name(self._types[c]))
            for c in self._order
        }

    @no_panic()
    def measure(self, measures: Iterable[m.Measure]) -> dict[m.Measure, Any]:
        wanted = dict.fromkeys(measures)
        taken: dict[m.Measure, Any] = {}
        for stage in self._stages(wanted):
            taken |= stage
        return {x: taken[x] for x in wanted}

    def stages(self, measures: Iterable[m.Measure]) -> Iterator[dict[m.Measure, Any]]:
        with no_panic():
            yield from self._stages(measures)

    def _stages(self, measures: Iterable[m.Measure]) -> Iterator[dict[m.Measure, Any]]:
        wanted = dict.fromkeys(measures)
        todo = [x for x in wanted if x not in self._values]
        streams = {x: ex.streams(x) for x in todo}
        streaming, blocking = ([x for x in todo if streams[x] is wanted] for wanted in (True, False))
        groups = bounding_counts(streaming)
        settled = {x for group in groups.values() for x in group}
        counted = set(self.blocking.counted(blocking)).intersection(streaming)
        first = [x for x in streaming if x not in settled and x not in counted]
        self._stream([*first, *(g for g in groups if g not in self._values), *self.blocking.needs(blocking)])
        open_counts: list[m.Measure] = []
        for tight, group in groups.items():
            if self._values[tight] == 0:
                self._values.update(dict.fromkeys(group, 0))
            else:
                open_counts += [x for x in group if x not in self._values]
        if open_counts:
            self._stream(open_counts)
        yield {x: self._values[x] for x in wanted if x in self._values}
        for x, value in self.blocking.measure(blocking):
            self._values[x] = value
            yield {x: value}
        if counted:
            self._stream(counted)
            yield {x: self._values[x] for x in counted}

    @no_panic()
    def rows(self, requests: Mapping[str, RowRequest]) -> dict[str, FailingRows]:
        return fetch(self, requests)

    @no_panic()
    def split(self, failing: Mapping[str, tuple[m.Predicate, m.Predicate | None]]) -> Split:
        if FAILED_CHECKS in self._types:
            raise SourceError(
                f'the data have a column "{FAILED_CHECKS}" of their own, the name under which bad rows name their failed checks; '
                "rename or drop it before bad rows are set aside"
            )
        marks = []
        for name, (predicate, where) in failing.items():
            if isinstance(predicate, m.Inconsistent) or (where is not None and ex.is_blocking(predicate)):
                rows = self.collect(self.failing(predicate, where).select(ROW))[ROW]
                bad = pl.col(ROW).is_in(rows.implode())
            else:
                bad = self.compile(simplify(m.both(where, predicate) or predicate)).fill_null(value=False)
            marks.append(pl.when(bad).then(pl.lit(name)))
        failed = pl.concat_list(marks).list.drop_nulls() if marks else pl.lit([], dtype=pl.List(pl.String))
        marked = self._numbered.with_columns(failed.alias(FAILED_CHECKS)).drop(ROW)
        fine = pl.col(FAILED_CHECKS).list.len() == 0
        back = {inside: own for own, inside in self._patterns.items()}
        good, bad_rows = marked.filter(fine).drop(FAILED_CHECKS), marked.filter(~fine)
        return Split(good.rename(back), bad_rows.rename(back)) if back else Split(good, bad_rows)

    @no_panic()
    def sample(self, size: int, seed: int) -> PolarsBackend:
        # in one pass that holds no more rows than the sample
        smallest = self._numbered.bottom_k(size, by=pl.col(ROW).hash(seed))
        try:
            return self._of(smallest.collect(engine="streaming").sort(ROW))
        except _ERRORS as error:
            raise self._explain(error) from None

    @no_panic()
    def without_rows(self) -> PolarsBackend:
        return self._of(pl.DataFrame(schema=self._numbered.collect_schema()), self.empty)

    def empty(self, columns: Collection[str]) -> frozenset[str]:
        """Those of the columns that have no value in any row."""
        asked = {c: m.CountWhere(m.IsNull(c)) for c in columns if c in self._types}
        found = self.measure([*asked.values(), m.RowCount()])
        return frozenset(c for c, x in asked.items() if found[x] == found[m.RowCount()])

    def close(self) -> None:
        self._values.clear()
        self._orphans.clear()
        self.blocking.close()

    # --- shared with the blocking measures -------------------------------------------------------------------------

    @property
    def types(self) -> Mapping[str, pl.DataType]:
        return self._types

    @property
    def numbered(self) -> pl.LazyFrame:
        """The table with row numbers from 0 in the column `ROW`."""
        return self._numbered

    def value(self, measure: m.Measure) -> Any:
        """A measure that was taken already; raises its error if there is one."""
        value = self._values[measure]
        if isinstance(value, ValidatorError):
            raise value
        return value

    def learn(self, measure: m.Measure, value: Any) -> None:
        """Keeps a measure that came out on the way to another one."""
        self._values.setdefault(measure, value)

    def has(self, measure: m.Measure) -> bool:
        """Whether it was taken, with a value."""
        return measure in self._values and not isinstance(self._values[measure], ValidatorError)

    def measured(self, kind: type[M]) -> list[M]:
        """Measures of a kind that were taken without an error."""
        return [x for x, v in self._values.items() if isinstance(x, kind) and not isinstance(v, ValidatorError)]

    def measured_nulls(self, column: str) -> int | None:
        """The column's null count, if it was measured."""
        value = self._values.get(m.CountWhere(m.IsNull(column)))
        return value if isinstance(value, int) else None

    def collect(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Runs a query; what the engine raises is the data's fault if the plain data cannot be read, else the query's."""
        try:
            return frame.collect(engine="streaming")
        except _ERRORS as error:
            raise self.fault(error) from None

    def batches(self, frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
        """The result of a query in parts, in the order of the table; whoever has enough may stop."""
        try:
            yield from frame.collect_batches(maintain_order=True, engine="streaming")
        except _ERRORS as error:
            raise self.fault(error) from None

    def fault(self, error: BaseException) -> TruthoundError:
        """Whose fault an engine's error is: SourceError if the plain data cannot be read, else ValidatorError."""
        try:
            self.frame.select(pl.all().null_count()).collect(engine="streaming")
        except _ERRORS as reading:
            return self._explain(reading)
        return ValidatorError(explain_sql_error(error, self._types))

    def failing(self, predicate: m.Predicate, where: m.Predicate | None) -> pl.LazyFrame:
        """Numbered rows for which it is true."""
        rows = self._numbered
        if isinstance(predicate, m.Inconsistent):
            kept = rows if where is None else rows.filter(self.compile(simplify(where)))
            return kept.filter(self.blocking.inconsistent(predicate, where).failing)
        if where is not None and ex.is_blocking(predicate):
            return rows.filter(self.compile(simplify(where))).filter(self.compile(simplify(predicate)))
        return rows.filter(self.compile(simplify(m.both(where, predicate) or predicate)))

    def filtered(self, where: m.Predicate | None) -> pl.LazyFrame:
        return self.frame if where is None else self.frame.filter(self.compile(simplify(where)))

    def other(self, reference: m.Reference) -> Backend:
        """The backend of another data source."""
        if self._reference is None:
            raise ValidatorError("no other data source can be opened here")
        try:
            return self._reference(reference)
        except (SourceError, ConfigError) as error:  # the other source's fault is this check's, not this table's
            raise ReferenceDataError(f"the reference: {error}") from None

    # --- inside ----------------------------------------------------------------------------------------------------

    def _known(self, p: m.Orphan) -> list[pl.Series]:
        """The reference's distinct keys, in this table's types."""
        if p not in self._orphans:
            other = self.other(p.reference)
            if not isinstance(other, PolarsBackend):
                raise ValidatorError("the reference is in another engine")
            for c in p.reference_columns:
                if reason := other._unreadable.get(c):  # noqa: SLF001 of this class
                    raise ReferenceDataError(f'in the reference: column "{c}" cannot be read: {reason}')
                if c not in other.types:
                    raise ReferenceDataError(
                        f'column "{c}" is not in the reference; it has {", ".join(list(other.types)[:10])}'
                    )
            try:
                keys = other.collect(
                    other.frame.select([other.compile.column(c) for c in p.reference_columns]).drop_nulls().unique()
                )
            except SourceError as error:
                raise ReferenceDataError(f"the reference: {error}") from None
            self._orphans[p] = [keys[escape_column(c)] for c in p.reference_columns]
        return self._orphans[p]

    def _stream(self, measures: Iterable[m.Measure]) -> None:
        """All aggregates in one pass; if that fails, one by one, so that a broken one stands alone."""
        todo = list(dict.fromkeys(x for x in measures if x not in self._values))
        compiled: dict[m.Measure, AggregateQuery] = {}
        for x in todo:
            try:
                compiled[x] = ex.aggregate(_simplified(x), self.compile)
            except _ERRORS as error:
                self._values[x] = ValidatorError(explain_sql_error(error, self._types))
            except SourceError:
                raise
            except TruthoundError as error:
                self._values[x] = error if isinstance(error, ValidatorError) else ValidatorError(str(error))
        if not compiled:
            return
        try:
            self._values.update(values(self.frame, compiled, statistics=self._statistics))
        except _ERRORS as error:
            if len(compiled) == 1:
                fault = self.fault(error)
                if not isinstance(fault, ValidatorError):
                    raise fault from None
                self._values[next(iter(compiled))] = fault
                return
            self._bisect(compiled, error)

    def _bisect(self, compiled: dict[m.Measure, AggregateQuery], error: BaseException) -> None:
        """Leaves out what does not even fit the schema; what is left runs again, in halves."""
        unfit = {}
        for x, asked in compiled.items():
            try:
                self.frame.select(e.alias(str(i)) for i, e in enumerate(asked.exprs)).collect_schema()
            except _ERRORS as wrong:
                unfit[x] = ValidatorError(explain_sql_error(wrong, self._types))
        if unfit:
            self._values.update(unfit)
            self._stream(x for x in compiled if x not in unfit)
            return
        fault = self.fault(error)
        if not isinstance(fault, ValidatorError):
            raise fault
        half = len(compiled) // 2
        todo = list(compiled)
        self._stream(todo[:half])
        self._stream(todo[half:])


def _simplified(x: m.Measure) -> m.Measure:
    if isinstance(x, m.CountWhere):
        return m.CountWhere(simplify(x.predicate), None if x.where is None else simplify(x.where))
    return x


def type_name(dtype: pl.DataType) -> str:
    """A Polars type in the engine-neutral words of `DataType`."""
    match dtype:
        case pl.Datetime():
            return (
                f"datetime[{dtype.time_unit},{dtype.time_zone}]" if dtype.time_zone else f"datetime[{dtype.time_unit}]"
            )
        case pl.Decimal():
            return f"decimal({dtype.precision or 38},{dtype.scale})"
        case pl.List():
            return f"list[{type_name(dtype.inner)}]"  # type: ignore[arg-type]
        case pl.Array():
            return f"array[{type_name(dtype.inner)}]"  # type: ignore[arg-type]
        case pl.Struct():
            return f"struct{{{','.join(f'{f.name}:{type_name(f.dtype)}' for f in dtype.fields)}}}"  # type: ignore[arg-type]
        case _:
            return str(dtype.base_type()).lower()
