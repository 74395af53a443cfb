"""Failing rows and the values most frequent in them, for all failing checks in one pass over the table.

The pass reads the columns that the checks need, keeps row numbers and counts of values, and stops when each request is
complete. The cells of the kept rows are read once, by row number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from truthound.engine import ROW, FailingRows, RowRequest
from truthound.engine.measures import conjunction, needs_table
from truthound.engine.optimize import simplify
from truthound.engine.polars.blocking import Blocking
from truthound.engine.polars.column_names import escape_column, named, restore_names, unescape_column
from truthound.engine.polars.python_values import row_dicts, row_tuples
from truthound.engine.polars.table import Table
from truthound.errors import ValidatorError

WIDE = 24
"""columns of a table whose rows always hold all cells"""
MORE_COLUMNS = 6
"""columns of a wider table that brief rows hold in addition to the key and the checked ones"""
MAX_RANKED = 1 << 18
"""distinct failing values up to which the most frequent ones are reported"""
HEAD_ROWS = 1 << 17
"""rows at the beginning of a table that are cheaper to read whole than to filter by their number"""


def fetch(table: Table, blocking: Blocking, requests: Mapping[str, RowRequest]) -> dict[str, FailingRows]:
    """Failing rows by the request's key. An error in one request leaves the others unaffected."""
    out: dict[str, FailingRows] = {}
    together: dict[str, _OpenRequest] = {}
    for key, request in requests.items():
        kept = blocking.duplicates.numbers(request)
        if kept is not None:
            out[key] = FailingRows(_numbered(table, kept, _cells(table, request, ())))
        elif needs_table(request.predicate) or needs_table(request.where):
            out[key] = _isolated(table, blocking, request)
        else:
            try:
                together[key] = _OpenRequest.of(table, request)
            except ValidatorError as error:
                out[key] = FailingRows((), error=str(error))
    for ranked in (False, True):  # requests that rank values cannot stop early and would delay those that can
        group = {key: w for key, w in together.items() if (w.value is not None) is ranked}
        try:
            _scan(table, list(group.values()))
            out |= _read(table, group)
        except ValidatorError:
            out |= {key: _isolated(table, blocking, w.request) for key, w in group.items()}
    return {key: out[key] for key in requests}


@dataclass(slots=True)
class _OpenRequest:
    """A request in progress: row numbers from 0, in order, and counts of its failing values."""

    request: RowRequest
    mask: pl.Expr
    value: pl.Expr | None
    found: list[int] = field(default_factory=list)
    counts: list[pl.DataFrame] = field(default_factory=list)
    distinct: int = 0

    @classmethod
    def of(cls, table: Table, r: RowRequest) -> _OpenRequest:
        mask = table.compile(simplify(conjunction(r.where, r.predicate) or r.predicate)).fill_null(value=False)
        return cls(r, mask, _ranked(table, r))

    @property
    def complete(self) -> bool:
        return self.value is None and len(self.found) >= self.request.limit

    def take(self, mask: pl.Series, numbers: pl.Series, values: pl.Series | None) -> None:
        if not mask.any():
            return
        lacking = self.request.limit - len(self.found)
        if lacking > 0:
            self.found += numbers.gather(mask.arg_true().head(lacking)).to_list()
        if values is not None and self.value is not None:
            self.counts.append(values.filter(mask).alias("v").value_counts(name="n"))
            self.distinct += self.counts[-1].height
            if self.distinct > MAX_RANKED:
                self.counts = [_added(self.counts)]
                self.distinct = self.counts[0].height
            if self.distinct > MAX_RANKED:
                self.value, self.counts = None, []

    def top(self, table: Table) -> tuple[tuple[Any, int], ...]:
        if not self.counts:
            return ()
        return _most_frequent(table, _added(self.counts).lazy(), self.request)


def _added(counts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(counts).group_by("v").agg(pl.col("n").sum())


def _scan(table: Table, wanted: list[_OpenRequest]) -> None:
    """Finds the row numbers and counts of values of all of these, batch by batch."""
    masks = [w.mask.alias(f"mask {i}") for i, w in enumerate(wanted)]
    values = {w.request.column: w.value.alias(f"value {w.request.column}") for w in wanted if w.value is not None}
    for batch in table.batches(table.numbered.select(ROW, *masks, *values.values())) if wanted else ():
        for i, w in enumerate(wanted):
            if not w.complete:
                w.take(batch[f"mask {i}"], batch[ROW], None if w.value is None else batch[f"value {w.request.column}"])
        if all(w.complete for w in wanted):
            return


def _read(table: Table, wanted: Mapping[str, _OpenRequest]) -> dict[str, FailingRows]:
    """The cells of the rows that were found."""
    cells = {key: _cells(table, w.request, w.mask.meta.root_names()) for key, w in wanted.items()}
    numbers = pl.Series(ROW, sorted({n for w in wanted.values() for n in w.found}), dtype=pl.get_index_type())
    shown = {c for own in cells.values() for c in own}
    names = [c for c in table.types if c in shown]
    frame = _by_number(table, numbers, names) if len(numbers) else None
    at = {n: i for i, n in enumerate(numbers)}

    def rows(w: _OpenRequest, own: list[str]) -> tuple[tuple[int, dict[str, Any]], ...]:
        if frame is None:
            return ()
        where = pl.Series([at[n] for n in w.found], dtype=pl.get_index_type())
        return _records(pl.DataFrame({c: frame[c].gather(where) for c in (ROW, *map(escape_column, own))}))

    return {key: FailingRows(rows(w, cells[key]), w.top(table)) for key, w in wanted.items()}


def _numbered(table: Table, numbers: pl.Series, names: list[str]) -> tuple[tuple[int, dict[str, Any]], ...]:
    """The cells of rows, in the order of these numbers."""
    if not len(numbers):
        return ()
    found = _by_number(table, numbers.sort(), names)
    return _records(pl.DataFrame(numbers).join(found, on=ROW, how="left", maintain_order="left"))


def _by_number(table: Table, numbers: pl.Series, names: list[str]) -> pl.DataFrame:
    rows, last = table.numbered, int(numbers[-1])
    wanted = pl.col(ROW).is_in(numbers.implode())
    if last < HEAD_ROWS:
        return table.collect(rows.head(last + 1).filter(wanted).select(ROW, *map(named, names)))
    # with a column of the file in the filter, the Parquet reader decodes the other columns only for matching rows
    narrow = named(min(names, key=lambda c: table.types[c].is_nested() * 2 + (table.types[c] == pl.String)))
    there = narrow.is_null() | narrow.is_not_null()
    return table.collect(rows.filter(wanted & there).head(len(numbers)).select(ROW, *map(named, names)))


def _isolated(table: Table, blocking: Blocking, r: RowRequest) -> FailingRows:
    """The rows of a predicate that needs more of the table than one row, or that fails together with others."""
    try:
        failing = blocking.failing(r.predicate, r.where)
        numbers = table.collect(failing.select(ROW).head(r.limit))[ROW]
        return FailingRows(_numbered(table, numbers, _cells(table, r, ())), _top(table, failing, r))
    except ValidatorError as error:
        return FailingRows((), error=str(error))


def _top(table: Table, failing: pl.LazyFrame, r: RowRequest) -> tuple[tuple[Any, int], ...]:
    if (value := _ranked(table, r)) is None:
        return ()
    return _most_frequent(table, failing.select(value.alias("v")).group_by("v").len(name="n"), r)


def _most_frequent(table: Table, counts: pl.LazyFrame, r: RowRequest) -> tuple[tuple[Any, int], ...]:
    """The most frequent of counted values; of equally frequent ones the smaller first."""
    most = table.collect(counts.top_k(r.top, by=["n", "v"], reverse=[False, True]))
    return tuple(row_tuples(most.sort("n", "v", descending=[True, False]).select("v", "n")))


def _ranked(table: Table, r: RowRequest) -> pl.Expr | None:
    """The column whose most frequent values are wanted."""
    if r.column is None or not r.top or r.column not in table.types or table.types[r.column].is_nested():
        return None
    return table.compile.column(r.column)


def _cells(table: Table, r: RowRequest, checked: Iterable[str]) -> list[str]:
    """The columns that the rows hold: all, or of a wide table the key, the checked ones and a few more."""
    names = list(table.types)
    if not r.brief or len(names) <= WIDE:
        return names
    required = {*r.keys, *r.columns[:WIDE], *map(unescape_column, list(checked)[:WIDE])}
    more = [c for c in names if c not in required][
        : MORE_COLUMNS if r.columns else max(WIDE - len(required), MORE_COLUMNS)
    ]
    return [c for c in names if c in required or c in more]


def _records(found: pl.DataFrame) -> tuple[tuple[int, dict[str, Any]], ...]:
    def numbered() -> Iterator[tuple[int, dict[str, Any]]]:
        for row in row_dicts(restore_names(found)):
            yield int(row.pop(ROW)) + 1, row

    return tuple(numbered())
