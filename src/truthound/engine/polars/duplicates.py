"""Duplicate counts of one backend, and the rows they count: the way is chosen by what a look at the first rows says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from truthound._internal.extended_time import nanoseconds
from truthound.engine import ROW, RowRequest
from truthound.engine import measures as m
from truthound.engine.polars import duplicate_keys as dup
from truthound.engine.polars.column_names import named
from truthound.engine.polars.python_values import temporal_type
from truthound.engine.polars.table import Table
from truthound.errors import ValidatorError

SAMPLE = 1 << 14
"""first rows that tell whether keys repeat, and which columns tell rows apart"""
OFTEN = 0.03
"""the share of repeats in a sample from which keys are grouped as they are: so many would have to be compared after hashing"""
FEWEST, MOST = 8, 0.2
"""twins in a sample from which their share of all rows is told, and the share from which most keys are said to repeat"""
FETCHED = 1 << 16
"""rows whose cells are held at once"""


class DuplicateFinder:
    """What is known of repeated keys: their values, and the rows where they are few."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: dict[tuple[tuple[str, ...], bool], pl.DataFrame] = {}
        self._again: dict[m.Duplicates, tuple[dup.Key, pl.Series, int]] = {}

    def close(self) -> None:
        self._rows.clear()
        self._again.clear()

    # --- counting --------------------------------------------------------------------------------------------------

    def count(self, x: m.Duplicates, keys: pl.Series | None) -> m.DuplicateCounts:
        """The counts; `keys` are in memory already where they were read with other columns."""
        columns = self._columns(x)
        if not columns:
            return dup.NONE
        if x.where is None and (known := self._by_a_key(x, columns)) is not None:
            return known
        frame, key = self._table.filtered(x.where), self.key(x)
        if key is None:
            raise ValidatorError("columns of Python objects cannot be compared")
        alike = frame if key.drop is None else frame.filter(key.drop.not_())
        if keys is None and not key.exact and _often(frame, key, self._table.value(m.RowCount())):
            return dup.compared(alike, columns)
        again, counts = dup.scan(frame, key, self._table.value(m.RowCount())) if keys is None else dup.repeated(keys)
        if not len(again):
            return counts
        if x.where is None:
            self._again[x] = (key, again, counts.rows)
        if key.exact:
            return counts
        return replace(dup.compared(alike.filter(key.expr.is_in(again.implode())), columns), keyed=counts.keyed)

    def key(self, x: m.Duplicates) -> dup.Key | None:
        """The key that is looked at; None where there is none."""
        types = self._table.types
        columns = self._columns(x)
        if x.where is None and x.columns and all(dup.packable(types[c]) for c in columns):
            stats = {}
            for c in columns:
                low, high = (_whole(self._table.value(m.Aggregate(c, f)), types[c]) for f in ("min", "max"))
                stats[c] = (low, high, self._table.value(m.CountWhere(m.IsNull(c))))
            if key := dup.packed(columns, types, stats, nulls=x.nulls):
                return key
        if any(types[c] == pl.Object for c in columns):
            return None
        return dup.hashed(columns, types, nulls=x.nulls)

    def _columns(self, x: m.Duplicates) -> tuple[str, ...]:
        columns = x.columns or self._table.compile.every_column()
        for c in columns:
            self._table.compile.dtype(c)
        return columns

    def _by_a_key(self, x: m.Duplicates, columns: tuple[str, ...]) -> m.DuplicateCounts | None:
        """Rows can only be equal where a key repeats: no repeat settles it, a few are compared."""
        for done in self._done_keys(columns):
            counts = self._table.value(done)
            if counts.rows == 0:
                return dup.NONE
            if counts.rows <= FETCHED and (rows := self._repeating(done)) is not None:
                return dup.compared(_present(rows, columns, nulls=x.nulls).lazy(), columns)
        return self._by_telling_columns(columns) if x.nulls and len(columns) > 1 else None

    def _by_telling_columns(self, columns: tuple[str, ...]) -> m.DuplicateCounts | None:
        """The same for columns that tell the first rows apart; a few more are asked before whole rows are."""
        types, few = self._table.types, self._telling(columns)
        if not few:
            return None
        key = dup.hashed(few, types, nulls=True)
        again, counts = dup.scan(self._table.frame, key, self._table.value(m.RowCount()))
        if len(again):
            others = sorted((c for c in columns if c not in few), key=lambda c: _cost(types[c]))
            wider = dup.hashed((*few, *others[:4]), types, nulls=True)
            hit = self._table.frame.filter(key.expr.is_in(again.implode()))
            again, counts = dup.repeated(self._table.collect(dup.selected(hit, wider))["k"])
            if counts.rows > FETCHED:
                return None
            key = wider
        if not len(again):
            return replace(dup.NONE, keyed=self._table.value(m.RowCount()))
        rows = self._table.collect(self._table.numbered.filter(key.expr.is_in(again.implode())))
        same = rows.filter(pl.struct([named(c) for c in columns]).is_duplicated())
        self._rows[columns, True] = same
        return dup.compared(same.lazy(), columns)

    def _telling(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """A few cheap columns that tell the first rows apart; nothing if there are none, or if they are all columns."""
        types = self._table.types
        if any(types[c] == pl.Object for c in columns):
            return ()
        sample = self._table.collect(self._table.frame.head(SAMPLE))
        enough = (1 - OFTEN) * sample.height
        distinct = {c: _distinct(sample, (c,)) for c in columns}
        ordered = sorted(
            columns, key=lambda c: (distinct[c] < enough, _cost(types[c]) if distinct[c] >= enough else -distinct[c])
        )
        for size in range(1, min(4, len(columns))):
            if _distinct(sample, ordered[:size]) >= enough:
                return tuple(ordered[:size])
        return ()

    def _done_keys(self, columns: tuple[str, ...]) -> Iterator[m.Duplicates]:
        for done in self._table.measured(m.Duplicates):
            whole = done.columns and done.where is None and set(done.columns) < set(columns)
            if whole and all(self._table.measured_nulls(c) == 0 for c in done.columns):
                yield done

    def _repeating(self, done: m.Duplicates) -> pl.DataFrame | None:
        """All rows whose key repeats, numbered, where they are few."""
        at = (done.columns, done.nulls)
        if at not in self._rows and done in self._again and self._again[done][2] <= FETCHED:
            key, again, _ = self._again[done]
            found = self._table.collect(self._keyed(key).filter(key.expr.is_in(again.implode())))
            if not key.exact:
                found = found.filter(pl.struct([named(c) for c in key.columns]).is_duplicated())
            self._rows[at] = found
        return self._rows.get(at)

    def _keyed(self, key: dup.Key) -> pl.LazyFrame:
        return self._table.numbered if key.drop is None else self._table.numbered.filter(key.drop.not_())

    # --- rows ------------------------------------------------------------------------------------------------------

    def numbers(self, r: RowRequest) -> pl.Series | None:
        """Row numbers from 0 of some failing rows of a duplicate check, equal ones side by side; None where it is none."""
        if not isinstance(r.predicate, m.Repeated) or r.where is not None:
            return None
        every = tuple(self._table.types)
        columns, nulls = r.predicate.columns or every, r.predicate.nulls
        for x in self._table.measured(m.Duplicates):
            if x.where is None and x.nulls == nulls and (x.columns or every) == columns:
                if (columns, nulls) in self._rows:
                    return _grouped(self._rows[columns, nulls], columns).head(r.limit)
                for done in self._done_keys(columns):
                    if (rows := self._repeating(done)) is not None:
                        present = _present(rows, columns, nulls=nulls)
                        same = present.filter(pl.struct([named(c) for c in columns]).is_duplicated())
                        return _grouped(same, columns).head(r.limit)
                return self._first(x, columns, r.limit)
        return None

    def _first(self, x: m.Duplicates, columns: tuple[str, ...], limit: int) -> pl.Series:
        """The numbers of the first rows that repeat, from narrow scans."""
        if x not in self._again:
            key = self.key(x) or dup.hashed(columns, self._table.types, nulls=x.nulls)
            again, counts = dup.scan(self._table.frame, key, self._table.value(m.RowCount()))
            self._again[x] = (key, again, counts.rows)
        key, again, count = self._again[x]
        rows = self._keyed(key)
        if count > FETCHED:
            first = rows.filter(key.expr.is_in(again.implode())).select(key.expr.alias("k")).head(limit)
            again = self._table.collect(first)["k"].unique()
        found = self._table.collect(rows.filter(key.expr.is_in(again.implode())).select(ROW, *map(named, columns)))
        if not key.exact:
            found = found.filter(pl.struct([named(c) for c in columns]).is_duplicated())
        return _grouped(found, columns).head(limit)


def _often(frame: pl.LazyFrame, key: dup.Key, rows: int) -> bool:
    """Whether keys repeat so much that hashing them settles little.

    The first rows hold few of the twins of a long table, so those that do not stand side by side are taken for a share of all.
    """
    keys = dup.selected(frame.head(SAMPLE), key).collect(engine="streaming")["k"]
    seen, distinct = len(keys), keys.n_unique()
    if distinct < (1 - OFTEN) * seen:
        return True
    apart = len(keys.rle()) - distinct
    return apart >= FEWEST and 2 * apart * rows / seen**2 > MOST


def _distinct(sample: pl.DataFrame, columns: tuple[str, ...] | list[str]) -> int:
    return int(sample.select(pl.struct([named(c) for c in columns]).hash().n_unique()).item())


def _cost(dtype: pl.DataType) -> int:
    """What reading and hashing a column costs beside others."""
    return 3 if dtype.is_nested() else 2 if dtype in (pl.String, pl.Binary) else int(dtype in (pl.Categorical, pl.Enum))


def _whole(value: Any, dtype: pl.DataType) -> int | None:
    if value is None:
        return None
    count, steps = nanoseconds(value), temporal_type(dtype)
    return int(value) if count is None or steps is None else count // steps[1]


def _present(rows: pl.DataFrame, columns: tuple[str, ...], *, nulls: bool) -> pl.DataFrame:
    return rows if nulls else rows.filter(pl.all_horizontal([named(c).is_not_null() for c in columns]))


def _grouped(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Row numbers, equal rows side by side, in the order of their first."""
    first = pl.col(ROW).min().over(pl.struct([named(c) for c in columns]))
    return rows.select(ROW, first.alias("first")).sort("first", ROW)[ROW]
