"""Duplicate counts of one table, and the duplicate rows: a sample of the first rows decides how they are found."""

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
"""first rows, from which it is estimated whether keys repeat and which columns distinguish rows"""
REPEATED_SHARE = 0.03
"""the share of duplicates in a sample above which keys are grouped without hashing: hashing would leave too many rows to compare"""
MIN_DUPLICATES, MAX_SHARE = 8, 0.2
"""duplicates in a sample from which their share of all rows is estimated, and the share above which most keys are taken to repeat"""
MAX_FETCHED = 1 << 16
"""rows whose cells are held at once"""


class DuplicateFinder:
    """Repeated keys: their values, and their rows if they are few."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: dict[tuple[tuple[str, ...], bool], pl.DataFrame] = {}
        self._repeated_keys: dict[m.Duplicates, tuple[dup.Key, pl.Series, int]] = {}

    def close(self) -> None:
        self._rows.clear()
        self._repeated_keys.clear()

    # --- counting --------------------------------------------------------------------------------------------------

    def count(self, x: m.Duplicates, keys: pl.Series | None) -> m.DuplicateCounts:
        """The counts. `keys`: the keys, if they were already read along with other columns."""
        columns = self._columns(x)
        if not columns:
            return dup.NO_DUPLICATES
        if x.where is None and (known := self._count_by_known_key(x, columns)) is not None:
            return known
        frame, key = self._table.filtered(x.where), self.key(x)
        if key is None:
            raise ValidatorError("columns of Python objects cannot be compared")
        alike = frame if key.drop is None else frame.filter(key.drop.not_())
        if keys is None and not key.exact and _repeat_often(frame, key, self._table.value(m.RowCount())):
            return dup.count_by_cells(alike, columns)
        again, counts = dup.scan(frame, key, self._table.value(m.RowCount())) if keys is None else dup.count_keys(keys)
        if not len(again):
            return counts
        if x.where is None:
            self._repeated_keys[x] = (key, again, counts.rows)
        if key.exact:
            return counts
        return replace(dup.count_by_cells(alike.filter(key.expr.is_in(again.implode())), columns), keyed=counts.keyed)

    def key(self, x: m.Duplicates) -> dup.Key | None:
        """The key that stands for the columns; None if they have none."""
        types = self._table.types
        columns = self._columns(x)
        if x.where is None and x.columns and all(dup.packable(types[c]) for c in columns):
            stats = {}
            for c in columns:
                low, high = (_whole(self._table.value(m.Aggregate(c, f)), types[c]) for f in ("min", "max"))
                stats[c] = (low, high, self._table.value(m.CountWhere(m.IsNull(c))))
            if key := dup.packed_key(columns, types, stats, nulls=x.nulls):
                return key
        if any(types[c] == pl.Object for c in columns):
            return None
        return dup.hashed_key(columns, types, nulls=x.nulls)

    def _columns(self, x: m.Duplicates) -> tuple[str, ...]:
        columns = x.columns or self._table.compile.every_column()
        for c in columns:
            self._table.compile.dtype(c)
        return columns

    def _count_by_known_key(self, x: m.Duplicates, columns: tuple[str, ...]) -> m.DuplicateCounts | None:
        """Counts by a key of the rows: if no key repeats, no rows are equal; if few repeat, only their rows are compared."""
        for done in self._counted_keys(columns):
            counts = self._table.value(done)
            if counts.rows == 0:
                return dup.NO_DUPLICATES
            if counts.rows <= MAX_FETCHED and (rows := self._repeating_rows(done)) is not None:
                return dup.count_by_cells(_present(rows, columns, nulls=x.nulls).lazy(), columns)
        return self._count_by_distinguishing_columns(columns) if x.nulls and len(columns) > 1 else None

    def _count_by_distinguishing_columns(self, columns: tuple[str, ...]) -> m.DuplicateCounts | None:
        """Counts by the columns that distinguish the first rows; whole rows are compared only if these columns repeat."""
        types, few = self._table.types, self._distinguishing_columns(columns)
        if not few:
            return None
        key = dup.hashed_key(few, types, nulls=True)
        again, counts = dup.scan(self._table.frame, key, self._table.value(m.RowCount()))
        if len(again):
            others = sorted((c for c in columns if c not in few), key=lambda c: _cost(types[c]))
            wider = dup.hashed_key((*few, *others[:4]), types, nulls=True)
            hit = self._table.frame.filter(key.expr.is_in(again.implode()))
            again, counts = dup.count_keys(self._table.collect(dup.keys_of(hit, wider))["k"])
            if counts.rows > MAX_FETCHED:
                return None
            key = wider
        if not len(again):
            return replace(dup.NO_DUPLICATES, keyed=self._table.value(m.RowCount()))
        rows = self._table.collect(self._table.numbered.filter(key.expr.is_in(again.implode())))
        same = rows.filter(pl.struct([named(c) for c in columns]).is_duplicated())
        self._rows[columns, True] = same
        return dup.count_by_cells(same.lazy(), columns)

    def _distinguishing_columns(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """A few cheap columns that distinguish the first rows; none if only all columns together do."""
        types = self._table.types
        if any(types[c] == pl.Object for c in columns):
            return ()
        sample = self._table.collect(self._table.frame.head(SAMPLE))
        enough = (1 - REPEATED_SHARE) * sample.height
        distinct = {c: _distinct(sample, (c,)) for c in columns}
        ordered = sorted(
            columns, key=lambda c: (distinct[c] < enough, _cost(types[c]) if distinct[c] >= enough else -distinct[c])
        )
        for size in range(1, min(4, len(columns))):
            if _distinct(sample, ordered[:size]) >= enough:
                return tuple(ordered[:size])
        return ()

    def _counted_keys(self, columns: tuple[str, ...]) -> Iterator[m.Duplicates]:
        for done in self._table.measured(m.Duplicates):
            whole = done.columns and done.where is None and set(done.columns) < set(columns)
            if whole and all(self._table.measured_nulls(c) == 0 for c in done.columns):
                yield done

    def _repeating_rows(self, done: m.Duplicates) -> pl.DataFrame | None:
        """All rows whose key repeats, numbered; None if there are many."""
        at = (done.columns, done.nulls)
        if at not in self._rows and done in self._repeated_keys and self._repeated_keys[done][2] <= MAX_FETCHED:
            key, again, _ = self._repeated_keys[done]
            found = self._table.collect(self._rows_with_key(key).filter(key.expr.is_in(again.implode())))
            if not key.exact:
                found = found.filter(pl.struct([named(c) for c in key.columns]).is_duplicated())
            self._rows[at] = found
        return self._rows.get(at)

    def _rows_with_key(self, key: dup.Key) -> pl.LazyFrame:
        return self._table.numbered if key.drop is None else self._table.numbered.filter(key.drop.not_())

    # --- rows ------------------------------------------------------------------------------------------------------

    def numbers(self, r: RowRequest) -> pl.Series | None:
        """Row numbers from 0 of some failing rows of a duplicate check, equal ones adjacent; None for other checks."""
        if not isinstance(r.predicate, m.Repeated) or r.where is not None:
            return None
        every = tuple(self._table.types)
        columns, nulls = r.predicate.columns or every, r.predicate.nulls
        for x in self._table.measured(m.Duplicates):
            if x.where is None and x.nulls == nulls and (x.columns or every) == columns:
                if (columns, nulls) in self._rows:
                    return _grouped(self._rows[columns, nulls], columns).head(r.limit)
                for done in self._counted_keys(columns):
                    if (rows := self._repeating_rows(done)) is not None:
                        present = _present(rows, columns, nulls=nulls)
                        same = present.filter(pl.struct([named(c) for c in columns]).is_duplicated())
                        return _grouped(same, columns).head(r.limit)
                return self._first_repeated(x, columns, r.limit)
        return None

    def _first_repeated(self, x: m.Duplicates, columns: tuple[str, ...], limit: int) -> pl.Series:
        """The numbers of the first rows that repeat, from narrow scans."""
        if x not in self._repeated_keys:
            key = self.key(x) or dup.hashed_key(columns, self._table.types, nulls=x.nulls)
            again, counts = dup.scan(self._table.frame, key, self._table.value(m.RowCount()))
            self._repeated_keys[x] = (key, again, counts.rows)
        key, again, count = self._repeated_keys[x]
        rows = self._rows_with_key(key)
        if count > MAX_FETCHED:
            first = rows.filter(key.expr.is_in(again.implode())).select(key.expr.alias("k")).head(limit)
            again = self._table.collect(first)["k"].unique()
        found = self._table.collect(rows.filter(key.expr.is_in(again.implode())).select(ROW, *map(named, columns)))
        if not key.exact:
            found = found.filter(pl.struct([named(c) for c in columns]).is_duplicated())
        return _grouped(found, columns).head(limit)


def _repeat_often(frame: pl.LazyFrame, key: dup.Key, rows: int) -> bool:
    """Whether keys repeat so often that hashing them saves little.

    The first rows of a long table hold few of its duplicates, so those that are not adjacent are extrapolated.
    """
    keys = dup.keys_of(frame.head(SAMPLE), key).collect(engine="streaming")["k"]
    seen, distinct = len(keys), keys.n_unique()
    if distinct < (1 - REPEATED_SHARE) * seen:
        return True
    apart = len(keys.rle()) - distinct
    return apart >= MIN_DUPLICATES and 2 * apart * rows / seen**2 > MAX_SHARE


def _distinct(sample: pl.DataFrame, columns: tuple[str, ...] | list[str]) -> int:
    return int(sample.select(pl.struct([named(c) for c in columns]).hash().n_unique()).item())


def _cost(dtype: pl.DataType) -> int:
    """The relative cost of reading and hashing a column."""
    return 3 if dtype.is_nested() else 2 if dtype in (pl.String, pl.Binary) else int(dtype in (pl.Categorical, pl.Enum))


def _whole(value: Any, dtype: pl.DataType) -> int | None:
    if value is None:
        return None
    count, steps = nanoseconds(value), temporal_type(dtype)
    return int(value) if count is None or steps is None else count // steps[1]


def _present(rows: pl.DataFrame, columns: tuple[str, ...], *, nulls: bool) -> pl.DataFrame:
    return rows if nulls else rows.filter(pl.all_horizontal([named(c).is_not_null() for c in columns]))


def _grouped(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Row numbers, equal rows adjacent, in the order of their first."""
    first = pl.col(ROW).min().over(pl.struct([named(c) for c in columns]))
    return rows.select(ROW, first.alias("first")).sort("first", ROW)[ROW]
