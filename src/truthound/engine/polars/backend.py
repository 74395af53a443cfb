"""The Polars backend: one streaming pass for what streams, one narrow pass for what blocks, failing rows only on request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime
from typing import Any, Self

import polars as pl

from truthound.engine import FAILED_CHECKS, ROW, Failing, FailingRows, OpenReference, RowRequest
from truthound.engine import measures as m
from truthound.engine.optimize import bounding_counts, simplify
from truthound.engine.polars.blocking import Blocking
from truthound.engine.polars.engine_errors import no_panic
from truthound.engine.polars.failing_rows import fetch
from truthound.engine.polars.frequencies import frequencies
from truthound.engine.polars.split import PolarsSplit
from truthound.engine.polars.sql.typed_expr import utc_now
from truthound.engine.polars.streaming import measure_streaming
from truthound.engine.polars.table import Table
from truthound.engine.polars.type_names import type_name
from truthound.engine.states import Count, State, Sum, state_type, streams
from truthound.errors import SourceError, ValidatorError
from truthound.schema import DataType


class PolarsBackend:
    """A table as a lazy frame.

    `unreadable`: columns that cannot be read and are empty in the frame, each with the reason. What needs one is a ValidatorError.
    `statistics`: the frame is read from files whose statistics say which parts of a column have nulls.
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
        self._use(
            Table(
                frame, open_reference=reference, explain=explain or (lambda error: SourceError(str(error))),
                unreadable=dict(unreadable or {}), now=now, statistics=statistics, empty=self.empty,
            )
        )  # fmt: skip

    def _use(self, table: Table) -> None:
        self.table = table
        self._blocking = Blocking(table)

    def _from_rows(
        self, numbered: pl.DataFrame, empty: Callable[[Collection[str]], Collection[str]] | None = None
    ) -> Self:
        """The backend of some rows of the table, which keep their numbers."""
        made = copy(self)
        made._use(self.table.from_rows(numbered, empty or made.empty))  # noqa: SLF001 of this class
        return made

    def schema(self) -> dict[str, DataType]:
        table = self.table
        return {
            c: DataType.unreadable(table.unreadable[c])
            if c in table.unreadable
            else DataType(type_name(table.types[c]))
            for c in table.order
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
        wanted, values = dict.fromkeys(measures), self.table.values
        todo = [x for x in wanted if x not in values]
        streaming: list[m.Measure] = []
        blocking: list[m.Measure] = []
        for x in todo:
            (streaming if streams(x) else blocking).append(x)
        groups = bounding_counts(streaming)
        grouped = [x for group in groups.values() for x in group]
        later = set(self._blocking.counts_with_distinct(blocking)).intersection(streaming)
        first = [x for x in streaming if x not in grouped and x not in later]
        measure_streaming(self.table, [*first, *groups, *self._blocking.prerequisites(blocking)])
        for bounding, group in groups.items():
            if values[bounding] == 0:
                values.update(dict.fromkeys(group, 0))
        measure_streaming(self.table, grouped)
        yield {x: values[x] for x in wanted if x in values}
        for x, value in self._blocking.measure(blocking):
            values[x] = value
            yield {x: value}
        measure_streaming(self.table, later)
        if later:
            yield {x: values[x] for x in later}

    @no_panic()
    def states(self, measures: Iterable[m.Measure]) -> dict[m.Measure, State | ValidatorError]:
        wanted, table = [x for x in dict.fromkeys(measures) if state_type(x)], self.table
        values = self.measure(wanted)
        rounded = [x for x in wanted if isinstance(s := table.states.get(x), Sum) and s.error]
        measure_streaming(table, rounded, exact=True)
        found = {x: v if isinstance(v, ValidatorError) else self._state(x, v) for x, v in values.items()}
        return {x: state for x, state in found.items() if state is not None}

    def _state(self, x: m.Measure, value: Any) -> State | None:
        """The state of a measure whose value is known."""
        if isinstance(x, m.Aggregate | m.TopValues) and not streams(x):
            return frequencies(self.table, x.column, x.where)
        # a count that is zero because its bounding count is, or that came along with another measure, has no state yet
        return self.table.states.get(x) or Count(value)

    @no_panic()
    def rows(self, requests: Mapping[str, RowRequest]) -> dict[str, FailingRows]:
        return fetch(self.table, self._blocking, requests)

    @no_panic()
    def split(self, failing: Mapping[str, Failing]) -> PolarsSplit:
        if FAILED_CHECKS in self.table.types:
            raise SourceError(
                f'the data have a column "{FAILED_CHECKS}" of their own, the name under which bad rows name their failed checks; '
                "rename or drop it before bad rows are set aside"
            )
        marks = [pl.when(self._fails(p, where)).then(pl.lit(name)) for name, (p, where) in failing.items()]
        failed = pl.concat_list(marks).list.drop_nulls() if marks else pl.lit([], dtype=pl.List(pl.String))
        marked = self.table.numbered.with_columns(failed.alias(FAILED_CHECKS)).drop(ROW)
        fine = pl.col(FAILED_CHECKS).list.len() == 0
        good, bad = marked.filter(fine).drop(FAILED_CHECKS), marked.filter(~fine)
        own_names = {escaped: own for own, escaped in self.table.escaped.items()}
        return PolarsSplit(good.rename(own_names), bad.rename(own_names)) if own_names else PolarsSplit(good, bad)

    def _fails(self, predicate: m.Predicate, where: m.Predicate | None) -> pl.Expr:
        """Whether a numbered row fails; a row with a null result does not."""
        if isinstance(predicate, m.Inconsistent) or (where is not None and m.needs_table(predicate)):
            rows = self.table.collect(self._blocking.failing(predicate, where).select(ROW))[ROW]
            return pl.col(ROW).is_in(rows.implode())
        return self.table.compile(simplify(m.conjunction(where, predicate) or predicate)).fill_null(value=False)

    @no_panic()
    def sample(self, size: int, seed: int) -> PolarsBackend:
        return self._from_rows(self.table.sample(size, seed))

    @no_panic()
    def without_rows(self) -> PolarsBackend:
        return self._from_rows(pl.DataFrame(schema=self.table.numbered.collect_schema()), self.empty)

    def empty(self, columns: Collection[str]) -> frozenset[str]:
        """The columns, among these, without a value in any row."""
        counts = {c: m.CountWhere(m.IsNull(c)) for c in columns if c in self.table.types}
        found = self.measure([*counts.values(), m.RowCount()])
        return frozenset(c for c, x in counts.items() if found[x] == found[m.RowCount()])

    def close(self) -> None:
        self.table.close()
        self._blocking.close()
