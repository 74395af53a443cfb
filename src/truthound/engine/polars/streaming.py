"""Streaming aggregates in as few passes over the table as take little memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from truthound.engine import measures as m
from truthound.engine.polars.column_names import escape_column
from truthound.engine.polars.exact_sums import AggregateQuery
from truthound.engine.polars.null_counts import null_counts, only_null_counts
from truthound.engine.polars.python_values import first_row

_CALLED = ("luhn", "iban", "json", "datetime")
"""formats that the engine calls back for"""
Compiled = Mapping[m.Measure, AggregateQuery]


def values(frame: pl.LazyFrame, compiled: Compiled, *, statistics: bool) -> dict[m.Measure, Any]:
    """The values of what is asked. `statistics`: columns can be read apart, and their null counts are known to the files."""
    if not statistics:
        return _taken(frame, compiled)
    alone = only_null_counts({x: a.exprs for x, a in compiled.items()})
    out: dict[m.Measure, Any] = {m.CountWhere(m.IsNull(c)): n for c, n in null_counts(frame, alone).items()}
    for together in _passes({x: a for x, a in compiled.items() if x not in out}):
        out |= _taken(frame, together)
    return out


def _passes(compiled: Compiled) -> Iterator[Compiled]:
    """One for each column of whose values Python is asked, with all that is about it alone; one for all the others.

    The engine holds what quick expressions have read until the slow ones have come to it, of all columns.
    """
    slow = {escape_column(c) for x in compiled if (c := _called(x)) is not None}
    roots = {x: {n for e in a.exprs for n in e.meta.root_names()} for x, a in compiled.items()}
    for column in sorted(slow):
        if together := {x: a for x, a in compiled.items() if roots[x] == {column}}:
            yield together
    if others := {x: a for x, a in compiled.items() if len(roots[x]) != 1 or not roots[x] <= slow}:
        yield others


def _called(measure: m.Measure) -> str | None:
    """The column of whose values Python is asked."""
    for p in m.parts(measure.predicate) if isinstance(measure, m.CountWhere) else ():
        match p:
            case m.Format(column, name) if name in _CALLED:
                return column
            case m.Or((m.LengthBetween(column), *_)):
                return column
            case _:
                continue
    return None


def _taken(frame: pl.LazyFrame, compiled: Compiled) -> dict[m.Measure, Any]:
    """The values in one pass, and in further ones where the first leads to more."""
    out: dict[m.Measure, Any] = {}
    asked = dict(compiled)
    while asked:
        shared: dict[object, tuple[pl.Expr, ...]] = {x if a.key is None else a.key: a.exprs for x, a in asked.items()}
        names = {k: [f"{i}.{j}" for j in range(len(es))] for i, (k, es) in enumerate(shared.items())}
        exprs = [e.alias(n) for k, es in shared.items() for e, n in zip(es, names[k], strict=True)]
        found = frame.select(exprs).collect(engine="streaming")
        row = dict(zip(found.columns, first_row(found), strict=True))
        done = {x: a.finish(tuple(row[n] for n in names[x if a.key is None else a.key])) for x, a in asked.items()}
        asked = {x: v for x, v in done.items() if isinstance(v, AggregateQuery)}
        out |= {x: v for x, v in done.items() if not isinstance(v, AggregateQuery)}
    return out
