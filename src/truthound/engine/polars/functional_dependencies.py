"""Rows that violate a functional dependency, found by two group-bys in bounded memory instead of a window over the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import polars as pl

SEED = 20260101


@dataclass(frozen=True, slots=True)
class Inconsistencies:
    """`rows` in groups of equal keys whose values differ: those of the `known` rows, without nulls, for which `failing` is true."""

    rows: int
    known: int
    failing: pl.Expr


def key_of(given: Sequence[pl.Expr], types: Sequence[pl.DataType], seed: int) -> tuple[pl.Expr, bool]:
    """A number for each key, and whether equal numbers mean equal keys; if not, the number is a hash."""
    if len(given) == 1 and (types[0].is_integer() or types[0] == pl.Date or isinstance(types[0], pl.Datetime)):
        return given[0].to_physical(), True
    values = [g + 0.0 if t.is_float() else g for g, t in zip(given, types, strict=True)]  # -0.0 equals 0.0
    return (pl.struct(values) if len(values) > 1 else values[0]).hash(seed), False


def inconsistencies(
    frame: pl.LazyFrame, given: Sequence[pl.Expr], types: Sequence[pl.DataType], value: pl.Expr
) -> Inconsistencies:
    """The rows that are equal in `given` and differ in `value`; a row with a null among them is left out.

    Rows are grouped by a 64-bit hash of the key, which is much cheaper than the key where that is text, and by the value
    itself. If two keys among the differing groups have the same hash, another seed is used.
    """
    known = pl.all_horizontal([e.is_not_null() for e in (*given, value)])
    rows = frame.filter(known)
    keys = [g.alias(str(i)) for i, g in enumerate(given)]
    for seed in count(SEED):
        key, exact = key_of(given, types, seed)
        pairs = rows.select(key.alias("k"), value.alias("v")).group_by("k", "v").len()
        groups = pairs.group_by("k").agg(pl.len().alias("values"), pl.col("len").sum().alias("rows"))
        differing = groups.select(
            pl.when(pl.col("values") > 1).then("k").alias("k"), "rows"
        )  # all other rows under null
        sizes = differing.group_by("k").agg(pl.col("rows").sum()).collect(engine="streaming")
        found = sizes.filter(pl.col("k").is_not_null())
        failing = key.is_in(found["k"].implode()) & known
        hashes = found.height
        if exact or not hashes or _distinct(frame.filter(failing).select(keys)) == hashes:
            return Inconsistencies(int(found["rows"].sum()), int(sizes["rows"].sum()), failing)
    raise AssertionError  # unreachable: the seeds do not end


def _distinct(frame: pl.LazyFrame) -> int:
    return int(frame.unique().select(pl.len()).collect(engine="streaming").item())
