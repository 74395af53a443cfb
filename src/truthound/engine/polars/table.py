"""One open table: its columns, queries over it, and the measures that are known of it.

Inside the engine names are escaped (`column_names`); what goes in and comes out has the columns' own names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import copy
from datetime import datetime
from typing import Any, TypeVar

import polars as pl

from truthound.engine import ROW, Backend, OpenReference
from truthound.engine import measures as m
from truthound.engine.optimize import simplify
from truthound.engine.polars.column_names import escape_column, explain_sql_error
from truthound.engine.polars.compile import Compiler
from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.engine.states import State
from truthound.engine.states import value as value_of
from truthound.errors import ConfigError, ReferenceDataError, SourceError, TruthoundError, ValidatorError

Empty = Callable[[Collection[str]], Collection[str]]
"""those of some columns that have no value in any row"""
M = TypeVar("M", bound=m.Measure)
NO_READABLE_COLUMN = "__truthound_nothing"
"""the column of a table whose every column is unreadable"""


class Table:
    """A lazy frame with its readable columns, and the measures taken of it so far."""

    def __init__(
        self,
        frame: pl.LazyFrame,
        *,
        open_reference: OpenReference | None,
        explain: Callable[[Exception], SourceError],
        unreadable: Mapping[str, str],
        now: Callable[[], datetime],
        statistics: bool,
        empty: Empty,
    ) -> None:
        self._open_reference, self._explain, self._now = open_reference, explain, now
        self.unreadable = unreadable
        try:
            # of a copy: a frame that knows its schema does not let its reader number rows, nor take filters of numbered ones
            types = dict(frame.clone().collect_schema())
        except ENGINE_ERRORS as error:
            raise explain(error) from None
        self.order = tuple(types)
        if unreadable:  # nulls stand in their place, which must not be taken for values
            kept = [i for i, c in enumerate(types) if c not in unreadable]
            # rows can be counted in any case
            frame = frame.select(pl.nth(kept) if kept else pl.nth(0).alias(NO_READABLE_COLUMN))
            types = {c: t for c, t in types.items() if c not in unreadable}
        self.escaped = {c: escaped for c in types if (escaped := escape_column(c)) != c}
        if self.escaped:
            frame = frame.rename(self.escaped)
        if ROW in types:
            raise SourceError(f'the data have a column "{ROW}", a name that is needed for row numbers; rename it')
        self.types: Mapping[str, pl.DataType] = types
        self._set_rows(frame, frame.with_row_index(ROW), empty, statistics=statistics)

    def _set_rows(self, frame: pl.LazyFrame, numbered: pl.LazyFrame, empty: Empty, *, statistics: bool) -> None:
        """Takes these rows of the table, of which no measure is known yet. `numbered`: from 0 in the column `ROW`."""
        self.frame, self.numbered, self.statistics = frame, numbered, statistics
        self.values: dict[m.Measure, Any] = {}
        """measures taken so far; a ValidatorError for one that cannot be computed"""
        self.states: dict[m.Measure, State] = {}
        self._reference_keys: dict[m.Orphan, list[pl.Series]] = {}
        self.compile = Compiler(frame, self.types, self.reference_keys, self.unreadable, now=self._now, empty=empty)

    def from_rows(self, numbered: pl.DataFrame, empty: Empty) -> Table:
        """Some rows of the table, which keep their numbers."""
        made = copy(self)
        made._set_rows(numbered.lazy().drop(ROW), numbered.lazy(), empty, statistics=False)  # noqa: SLF001 of this class
        return made

    def sample(self, size: int, seed: int) -> pl.DataFrame:
        """Numbered rows chosen by `seed`, in one pass that holds no more rows than the sample."""
        smallest = self.numbered.bottom_k(size, by=pl.col(ROW).hash(seed))
        try:
            return smallest.collect(engine="streaming").sort(ROW)
        except ENGINE_ERRORS as error:
            raise self._explain(error) from None

    def close(self) -> None:
        self.values.clear()
        self.states.clear()
        self._reference_keys.clear()

    # --- measures taken so far -------------------------------------------------------------------------------------

    def value(self, measure: m.Measure) -> Any:
        """The value of a measure that was already computed; raises its error if it has one."""
        value = self.values[measure]
        if isinstance(value, ValidatorError):
            raise value
        return value

    def record(self, measure: m.Measure, value: Any) -> None:
        """Stores a measure that was computed along with another one."""
        self.values.setdefault(measure, value)

    def record_state(self, measure: m.Measure, state: State | ValidatorError) -> None:
        """Stores a measure's state and value."""
        if isinstance(state, ValidatorError):
            self.values[measure] = state
        else:
            self.states[measure], self.values[measure] = state, value_of(measure, state)

    def has(self, measure: m.Measure) -> bool:
        """Whether the measure was computed without an error."""
        return measure in self.values and not isinstance(self.values[measure], ValidatorError)

    def measured(self, kind: type[M]) -> list[M]:
        """Measures of a kind that were taken without an error."""
        return [x for x, v in self.values.items() if isinstance(x, kind) and not isinstance(v, ValidatorError)]

    def measured_nulls(self, column: str) -> int | None:
        """The column's null count, if it was measured."""
        value = self.values.get(m.CountWhere(m.IsNull(column)))
        return value if isinstance(value, int) else None

    # --- queries ---------------------------------------------------------------------------------------------------

    def collect(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Runs a query. Raises SourceError if the plain data cannot be read, else ValidatorError."""
        try:
            return frame.collect(engine="streaming")
        except ENGINE_ERRORS as error:
            raise self.classify(error) from None

    def batches(self, frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
        """The result of a query in parts, in the order of the table."""
        try:
            yield from frame.collect_batches(maintain_order=True, engine="streaming")
        except ENGINE_ERRORS as error:
            raise self.classify(error) from None

    def classify(self, error: BaseException) -> TruthoundError:
        """An engine's error as SourceError if the plain data cannot be read, else as ValidatorError."""
        try:
            self.frame.select(pl.all().null_count()).collect(engine="streaming")
        except ENGINE_ERRORS as reading:
            return self._explain(reading)
        return ValidatorError(explain_sql_error(error, self.types))

    def filtered(self, where: m.Predicate | None) -> pl.LazyFrame:
        return self.frame if where is None else self.frame.filter(self.compile(simplify(where)))

    # --- other data sources ----------------------------------------------------------------------------------------

    def reference(self, reference: m.Reference) -> Backend:
        """The backend of another data source."""
        if self._open_reference is None:
            raise ValidatorError("no other data source can be opened here")
        try:
            return self._open_reference(reference)
        except (
            SourceError,
            ConfigError,
        ) as error:  # an error of the other source belongs to this check, not to this table
            raise ReferenceDataError(f"the reference: {error}") from None

    def reference_table(self, reference: m.Reference) -> Table:
        """The table of another data source, for queries that read both."""
        found = getattr(self.reference(reference), "table", None)
        if not isinstance(found, Table):
            raise ValidatorError("the reference is in another engine")
        return found

    def reference_keys(self, p: m.Orphan) -> list[pl.Series]:
        """The reference's distinct keys, in its own types."""
        if p not in self._reference_keys:
            other = self.reference_table(p.reference)
            for c in p.reference_columns:
                if reason := other.unreadable.get(c):
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
            self._reference_keys[p] = [keys[escape_column(c)] for c in p.reference_columns]
        return self._reference_keys[p]
