"""Measures that stream: in as few passes over the table as take little memory, each failing alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from truthound.engine import measures as m
from truthound.engine.optimize import simplify
from truthound.engine.polars.aggregate_query import AggregateQuery
from truthound.engine.polars.aggregates import aggregate
from truthound.engine.polars.column_names import escape_column, explain_sql_error
from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.engine.polars.null_counts import null_counts, only_null_counts
from truthound.engine.polars.python_values import first_row
from truthound.engine.polars.table import Table
from truthound.engine.states import Count, State
from truthound.errors import SourceError, TruthoundError, ValidatorError

_IN_PYTHON = ("luhn", "iban", "json", "datetime")
"""formats that Python checks, called back by the engine"""
Compiled = Mapping[m.Measure, AggregateQuery]


def measure_streaming(table: Table, measures: Iterable[m.Measure], *, exact: bool = False) -> None:
    """Takes all of these that are not known in one pass; if that fails, in halves, so that a broken one fails alone.

    `exact`: takes them again, with sums that are exact.
    """
    compiled: dict[m.Measure, AggregateQuery] = {}
    for x in dict.fromkeys(x for x in measures if exact or x not in table.values):
        try:
            compiled[x] = aggregate(_simplified(x), table.compile, exact=exact)
        except ENGINE_ERRORS as error:
            table.values[x] = ValidatorError(explain_sql_error(error, table.types))
        except SourceError:
            raise
        except TruthoundError as error:
            table.values[x] = error if isinstance(error, ValidatorError) else ValidatorError(str(error))
    if compiled:
        _run(table, compiled, exact=exact)


def _run(table: Table, compiled: dict[m.Measure, AggregateQuery], *, exact: bool) -> None:
    try:
        found = evaluate(table.frame, compiled, statistics=table.statistics)
    except ENGINE_ERRORS as error:
        if unfit := _type_errors(table, compiled) if len(compiled) > 1 else {}:
            table.values.update(unfit)
            measure_streaming(table, [x for x in compiled if x not in unfit], exact=exact)
            return
        fault = table.classify(error)
        if not isinstance(fault, ValidatorError):
            raise fault from None
        if len(compiled) == 1:
            table.values[next(iter(compiled))] = fault
            return
        todo, half = list(compiled), len(compiled) // 2
        measure_streaming(table, todo[:half], exact=exact)
        measure_streaming(table, todo[half:], exact=exact)
    else:
        for x, state in found.items():
            table.record_state(x, state)


def _type_errors(table: Table, compiled: Compiled) -> dict[m.Measure, ValidatorError]:
    """The measures whose expressions do not even fit the columns' types."""
    out = {}
    for x, query in compiled.items():
        try:
            table.frame.select(e.alias(str(i)) for i, e in enumerate(query.exprs)).collect_schema()
        except ENGINE_ERRORS as error:
            out[x] = ValidatorError(explain_sql_error(error, table.types))
    return out


def _simplified(x: m.Measure) -> m.Measure:
    if isinstance(x, m.CountWhere):
        return m.CountWhere(simplify(x.predicate), None if x.where is None else simplify(x.where))
    return x


# --- passes --------------------------------------------------------------------------------------------------------


def evaluate(frame: pl.LazyFrame, compiled: Compiled, *, statistics: bool) -> dict[m.Measure, State | ValidatorError]:
    """The measures' states. `statistics`: columns can be read separately, and files know their null counts."""
    if not statistics:
        return _evaluate_queries(frame, compiled)
    alone = only_null_counts({x: a.exprs for x, a in compiled.items()})
    out: dict[m.Measure, State | ValidatorError] = {
        m.CountWhere(m.IsNull(c)): Count(n) for c, n in null_counts(frame, alone).items()
    }
    for together in _passes({x: a for x, a in compiled.items() if x not in out}):
        out |= _evaluate_queries(frame, together)
    return out


def _passes(compiled: Compiled) -> Iterator[Compiled]:
    """One for each column whose values Python checks, with all that reads it alone; one for all the others.

    In one pass, the engine would hold all columns that quick expressions have read until the slow ones are done with them.
    """
    slow = {escape_column(c) for x in compiled if (c := _python_column(x)) is not None}
    roots = {x: {n for e in a.exprs for n in e.meta.root_names()} for x, a in compiled.items()}
    for column in sorted(slow):
        if together := {x: a for x, a in compiled.items() if roots[x] == {column}}:
            yield together
    if others := {x: a for x, a in compiled.items() if len(roots[x]) != 1 or not roots[x] <= slow}:
        yield others


def _python_column(measure: m.Measure) -> str | None:
    """The column whose values Python checks."""
    for p in m.subpredicates(measure.predicate) if isinstance(measure, m.CountWhere) else ():
        match p:
            case m.Format(column, name) if name in _IN_PYTHON:
                return column
            case m.Or((m.LengthBetween(column), *_)):
                return column
            case _:
                continue
    return None


def _evaluate_queries(frame: pl.LazyFrame, compiled: Compiled) -> dict[m.Measure, State | ValidatorError]:
    """The states in one pass, and in further ones where the first leads to more."""
    out: dict[m.Measure, State | ValidatorError] = {}
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
