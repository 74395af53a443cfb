"""Failing rows and the values most frequent in them, for all failing checks in one pass over the table.

The pass reads the columns that the checks judge, keeps row numbers and counts of values, and stops when each check has
what it asks for. The cells of the kept rows are read once, by row number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from truthound.engine import ROW, FailingRows, RowRequest
from truthound.engine.measures import both
from truthound.engine.optimize import simplify
from truthound.engine.polars.column_names import escape_column, named, restore_names, unescape_column
from truthound.engine.polars.compile import is_blocking
from truthound.engine.polars.python_values import row_dicts, row_tuples
from truthound.errors import ValidatorError

if TYPE_CHECKING:
    from truthound.engine.polars.backend import PolarsBackend

WIDE = 24
"""columns of a table whose rows always hold all cells"""
BESIDE = 6
"""columns of a wider table that brief rows hold beside the key and the judged ones"""
RANKED = 1 << 18
"""distinct failing values up to which the most frequent ones are told; of more they say nothing"""
FRONT = 1 << 17
"""rows at the beginning of a table that are cheaper to read whole than to filter by their number"""


def fetch(backend: PolarsBackend, requests: Mapping[str, RowRequest]) -> dict[str, FailingRows]:
    """Failing rows by the request's key. One whose rows cannot be fetched says why and does not hide the others."""
    out: dict[str, FailingRows] = {}
    together: dict[str, _Wanted] = {}
    for key, request in requests.items():
        kept = backend.blocking.numbers(request)
        if kept is not None:
            out[key] = FailingRows(_numbered(backend, kept, _cells(backend, request, ())))
        elif is_blocking(request.predicate) or is_blocking(request.where):
            out[key] = _isolated(backend, request)
        else:
            try:
                together[key] = _Wanted.of(backend, request)
            except ValidatorError as error:
                out[key] = FailingRows((), error=str(error))
    for ranked in (False, True):  # what ranks values cannot stop early and would hold up what can
        group = {key: w for key, w in together.items() if (w.value is not None) is ranked}
        try:
            _scan(backend, list(group.values()))
            out |= _read(backend, group)
        except ValidatorError:
            out |= {key: _isolated(backend, w.request) for key, w in group.items()}
    return {key: out[key] for key in requests}


@dataclass(slots=True)
class _Wanted:
    """What a request still lacks: row numbers from 0, in order, and counts of its failing values."""

    request: RowRequest
    mask: pl.Expr
    value: pl.Expr | None
    found: list[int] = field(default_factory=list)
    counts: list[pl.DataFrame] = field(default_factory=list)
    distinct: int = 0

    @classmethod
    def of(cls, backend: PolarsBackend, r: RowRequest) -> _Wanted:
        mask = backend.compile(simplify(both(r.where, r.predicate) or r.predicate)).fill_null(value=False)
        return cls(r, mask, _ranked(backend, r))

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
            if self.distinct > RANKED:
                self.counts = [_added(self.counts)]
                self.distinct = self.counts[0].height
            if self.distinct > RANKED:
                self.value, self.counts = None, []

    def top(self, backend: PolarsBackend) -> tuple[tuple[Any, int], ...]:
        if not self.counts:
            return ()
        return _most(backend, _added(self.counts).lazy(), self.request)


def _added(counts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(counts).group_by("v").agg(pl.col("n").sum())


def _scan(backend: PolarsBackend, wanted: list[_Wanted]) -> None:
    """Finds the row numbers and counts of values of all of these, batch by batch."""
    masks = [w.mask.alias(f"mask {i}") for i, w in enumerate(wanted)]
    values = {w.request.column: w.value.alias(f"value {w.request.column}") for w in wanted if w.value is not None}
    for batch in backend.batches(backend.numbered.select(ROW, *masks, *values.values())) if wanted else ():
        for i, w in enumerate(wanted):
            if not w.complete:
                w.take(batch[f"mask {i}"], batch[ROW], None if w.value is None else batch[f"value {w.request.column}"])
        if all(w.complete for w in wanted):
            return


def _read(backend: PolarsBackend, wanted: Mapping[str, _Wanted]) -> dict[str, FailingRows]:
    """The cells of the rows that were found."""
    cells = {key: _cells(backend, w.request, w.mask.meta.root_names()) for key, w in wanted.items()}
    numbers = pl.Series(ROW, sorted({n for w in wanted.values() for n in w.found}), dtype=pl.get_index_type())
    shown = {c for own in cells.values() for c in own}
    names = [c for c in backend.types if c in shown]
    frame = _by_number(backend, numbers, names) if len(numbers) else None
    at = {n: i for i, n in enumerate(numbers)}

    def rows(w: _Wanted, own: list[str]) -> tuple[tuple[int, dict[str, Any]], ...]:
        if frame is None:
            return ()
        where = pl.Series([at[n] for n in w.found], dtype=pl.get_index_type())
        return _records(pl.DataFrame({c: frame[c].gather(where) for c in (ROW, *map(escape_column, own))}))

    return {key: FailingRows(rows(w, cells[key]), w.top(backend)) for key, w in wanted.items()}


def _numbered(backend: PolarsBackend, numbers: pl.Series, names: list[str]) -> tuple[tuple[int, dict[str, Any]], ...]:
    """The cells of rows, in the order of these numbers."""
    if not len(numbers):
        return ()
    found = _by_number(backend, numbers.sort(), names)
    return _records(pl.DataFrame(numbers).join(found, on=ROW, how="left", maintain_order="left"))


def _by_number(backend: PolarsBackend, numbers: pl.Series, names: list[str]) -> pl.DataFrame:
    rows, last = backend.numbered, int(numbers[-1])
    wanted = pl.col(ROW).is_in(numbers.implode())
    if last < FRONT:
        return backend.collect(rows.head(last + 1).filter(wanted).select(ROW, *map(named, names)))
    # with a column of the file in the filter, a reader of Parquet decodes the others only where it holds
    narrow = named(min(names, key=lambda c: backend.types[c].is_nested() * 2 + (backend.types[c] == pl.String)))
    there = narrow.is_null() | narrow.is_not_null()
    return backend.collect(rows.filter(wanted & there).head(len(numbers)).select(ROW, *map(named, names)))


def _isolated(backend: PolarsBackend, r: RowRequest) -> FailingRows:
    """The rows of a predicate that needs more of the table than one row, or that does not go together with others."""
    try:
        failing = backend.failing(r.predicate, r.where)
        numbers = backend.collect(failing.select(ROW).head(r.limit))[ROW]
        return FailingRows(_numbered(backend, numbers, _cells(backend, r, ())), _top(backend, failing, r))
    except ValidatorError as error:
        return FailingRows((), error=str(error))


def _top(backend: PolarsBackend, failing: pl.LazyFrame, r: RowRequest) -> tuple[tuple[Any, int], ...]:
    if (value := _ranked(backend, r)) is None:
        return ()
    return _most(backend, failing.select(value.alias("v")).group_by("v").len(name="n"), r)


def _most(backend: PolarsBackend, counts: pl.LazyFrame, r: RowRequest) -> tuple[tuple[Any, int], ...]:
    """The most frequent of counted values; of equally frequent ones the smaller first."""
    most = backend.collect(counts.top_k(r.top, by=["n", "v"], reverse=[False, True]))
    return tuple(row_tuples(most.sort("n", "v", descending=[True, False]).select("v", "n")))


def _ranked(backend: PolarsBackend, r: RowRequest) -> pl.Expr | None:
    """The column whose most frequent values are wanted."""
    if r.column is None or not r.top or r.column not in backend.types or backend.types[r.column].is_nested():
        return None
    return backend.compile.column(r.column)


def _cells(backend: PolarsBackend, r: RowRequest, judged: Iterable[str]) -> list[str]:
    """The columns that the rows hold: all, or of a wide table the key, the judged ones and a few more."""
    names = list(backend.types)
    if not r.brief or len(names) <= WIDE:
        return names
    telling = {*r.keys, *r.columns[:WIDE], *map(unescape_column, list(judged)[:WIDE])}
    beside = [c for c in names if c not in telling][: BESIDE if r.columns else max(WIDE - len(telling), BESIDE)]
    return [c for c in names if c in telling or c in beside]


def _records(found: pl.DataFrame) -> tuple[tuple[int, dict[str, Any]], ...]:
    def numbered() -> Iterator[tuple[int, dict[str, Any]]]:
        for row in row_dicts(restore_names(found)):
            yield int(row.pop(ROW)) + 1, row

    return tuple(numbered())
