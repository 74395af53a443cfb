"""Exact duplicate counts in bounded memory.

Columns become one 64-bit key a row: packed where the values' ranges allow it (then equal keys are equal rows), else hashed
(then only rows with colliding hashes are compared, cell by cell). A strictly increasing key is unique, without keeping any.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import polars as pl

from truthound.engine.measures import DuplicateCounts
from truthound.engine.polars.column_names import named

IN_MEMORY = 1 << 24
"""keys in memory at once (128 MiB); larger tables are processed in parts of about this size, each by one narrow scan"""
NO_DUPLICATES = DuplicateCounts(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Key:
    """A row's key. `exact`: equal keys are equal rows. `drop`: rows without a key, which never repeat.

    `expr` has no alias: a reader does not push down a filter with one, and would decode all columns of all rows.
    """

    columns: tuple[str, ...]
    expr: pl.Expr
    exact: bool
    drop: pl.Expr | None = None


def packed_key(
    columns: tuple[str, ...],
    schema: Mapping[str, pl.DataType],
    stats: Mapping[str, tuple[Any, Any, int]],
    *,
    nulls: bool,
) -> Key | None:
    """A key that packs whole numbers (also dates and times) side by side, if they fit in 62 bits. `stats`: minimum, maximum, nulls."""
    expr: pl.Expr | None = None
    room = 1
    for name in columns:
        if name not in stats:
            return None
        low, high, missing = stats[name]
        if low is None:
            return None
        span = high - low + 2
        value = physical(name, schema) - low + 1
        value = value.fill_null(0) if missing else value
        expr = value if expr is None else expr * span + value
        room *= span
        if room >= 1 << 62:
            return None
    holes = [named(c) for c in columns if stats[c][2]]
    drop = pl.any_horizontal([h.is_null() for h in holes]) if holes and not nulls else None
    return None if expr is None else Key(columns, expr, exact=True, drop=drop)


def packable(dtype: pl.DataType) -> bool:
    """Whether values are whole numbers within 64 bits. Nanoseconds are excluded: their bounds would be truncated by Python."""
    if dtype.is_integer():
        return dtype not in (pl.Int128, pl.UInt128, pl.UInt64)
    return dtype == pl.Date or (isinstance(dtype, pl.Datetime | pl.Duration) and dtype.time_unit != "ns")


def physical(name: str, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The values of a packable column as whole numbers."""
    column = named(name)
    return (column.to_physical() if schema[name].is_temporal() else column).cast(pl.Int64)


def hashed_key(columns: tuple[str, ...], schema: Mapping[str, pl.DataType], *, nulls: bool) -> Key:
    drop = None if nulls else pl.any_horizontal([named(c).is_null() for c in columns])
    values = [named(c) + 0.0 if schema[c].is_float() else named(c) for c in columns]  # -0.0 equals 0.0
    parts = [v.hash(20260101 + i) for i, v in enumerate(values)]
    return Key(columns, reduce(operator.xor, parts), exact=False, drop=drop)


def keys_of(frame: pl.LazyFrame, key: Key) -> pl.LazyFrame:
    """The table's keys, one column."""
    kept = frame if key.drop is None else frame.filter(key.drop.not_())
    return kept.select(key.expr.alias("k"))


def count_keys(keys: pl.Series) -> tuple[pl.Series, DuplicateCounts]:
    """The values that occur more than once, and how often."""
    again, counts = _repeated(keys)
    return again, replace(counts, keyed=len(keys))


def _repeated(keys: pl.Series) -> tuple[pl.Series, DuplicateCounts]:
    if len(keys) < 2 or bool((keys.slice(1) > keys.slice(0, len(keys) - 1)).all()):
        return keys.clear(), NO_DUPLICATES
    ordered = keys.sort()
    distinct = ordered.n_unique()  # equal keys are adjacent now
    if distinct == len(keys):
        return keys.clear(), NO_DUPLICATES
    again = ordered.filter(ordered == ordered.shift(1)).unique()
    extra = len(keys) - distinct
    return again, DuplicateCounts(extra + len(again), extra, len(again))


def scan(frame: pl.LazyFrame, key: Key, rows: int) -> tuple[pl.Series, DuplicateCounts]:
    """`count_keys` for a table of any size: increasing keys are checked batch by batch, others counted part by part."""
    if rows <= IN_MEMORY:
        return count_keys(keys_of(frame, key).collect(engine="streaming")["k"])
    if _is_increasing(frame, key):
        return pl.Series("k", [], pl.Int64 if key.exact else pl.UInt64), NO_DUPLICATES
    count = -(-rows // IN_MEMORY)
    found = []
    total = DuplicateCounts(0, 0, 0, 0)
    for part in range(count):
        keys = keys_of(frame, key).filter(pl.col("k").hash(7) % count == part).collect(engine="streaming")["k"]
        again, counts = count_keys(keys)
        found.append(again)
        total = DuplicateCounts(
            total.rows + counts.rows,
            total.extra + counts.extra,
            total.groups + counts.groups,
            (total.keyed or 0) + len(keys),
        )
    return pl.concat(found), total


def _is_increasing(frame: pl.LazyFrame, key: Key) -> bool:
    last = None
    for batch in keys_of(frame, key).collect_batches(maintain_order=True, engine="streaming"):
        keys = batch["k"]
        if not len(keys):
            continue
        if (last is not None and keys[0] <= last) or not bool((keys.slice(1) > keys.slice(0, len(keys) - 1)).all()):
            return False
        last = keys[-1]
    return True


def count_by_cells(frame: pl.LazyFrame, columns: tuple[str, ...]) -> DuplicateCounts:
    """Exact counts among these rows, by comparing cells."""
    key = named(columns[0]) if len(columns) == 1 else pl.struct([named(c) for c in columns])
    sizes = frame.select(key.alias("k")).group_by("k").len(name="n")
    n = pl.col("n")
    sums = [n.filter(n > 1).sum().alias("rows"), (n > 1).sum().alias("groups"), n.sum().alias("keyed")]
    rows, groups, keyed = map(int, sizes.select(sums).collect(engine="streaming").row(0))
    return DuplicateCounts(rows, rows - groups, groups, keyed)
