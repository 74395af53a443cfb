"""Opens tables in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from truthound._internal.text import first_line, shorten
from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.errors import SourceError
from truthound.sources.base import FrameSource
from truthound.sources.memory.python_values import column_or_reason
from truthound.sources.spec import Spec, frame_kind
from truthound.sources.table import Table, assembled

_REFUSED = (*ENGINE_ERRORS, AttributeError)


def open_table(spec: Spec, _: Path | None, __: bool) -> FrameSource:
    """A table in memory."""
    table = table_of(spec.format or "", spec.data)
    return FrameSource(spec.name, "memory", table.frame, unreadable=table.unreadable, notes=table.notes)


def table_of(kind: str, data: Any) -> Table:
    """A table in memory. Raises SourceError if it is not a table.

    A column whose values no type represents exactly is unreadable; the others are read.
    """
    try:
        return _KINDS[kind](data)
    except ImportError as error:
        raise SourceError(
            f"a {kind} table needs another package here: {error}; install pyarrow (truthound[pandas])"
        ) from None
    except _REFUSED as error:
        raise SourceError(f"the {kind} table cannot be read: {shorten(first_line(error), 300)}") from None


def _polars(data: Any) -> Table:
    if not isinstance(data, pl.LazyFrame | pl.DataFrame):
        raise TypeError(f"a polars {type(data).__name__} is not a table; give a DataFrame or a LazyFrame")
    schema = data.collect_schema()
    objects = [c for c, t in schema.items() if t.is_object()]
    if not objects:
        return Table(data.lazy())
    if isinstance(data, pl.DataFrame):
        return assembled(
            {s.name: column_or_reason(s.name, s.to_list()) if s.name in objects else s for s in data}, data.height
        )
    nulls = [pl.lit(None).alias(c) if c in objects else pl.nth(i) for i, c in enumerate(schema)]
    return Table(data.select(nulls), dict.fromkeys(objects, "it holds Python objects, which are not looked into"))


def _pandas(data: Any) -> Table:
    from truthound.sources.memory.pandas_tables import pandas_table

    return pandas_table(data)


def _arrow(data: Any) -> Table:
    from truthound.sources.memory.arrow_tables import arrow_table

    return arrow_table(data)


def _duckdb(data: Any) -> Table:
    from truthound.sources.memory.duckdb_relations import relation_table

    if not hasattr(data, "to_parquet"):
        raise TypeError(
            f"a duckdb {type(data).__name__} is not a table; give a relation, such as connection.table(name)"
        )
    return relation_table(data)


def _columns(data: Mapping[Any, Any]) -> Table:
    wrong = next((k for k in data if not isinstance(k, str)), None)
    if wrong is not None:
        raise TypeError(f"the name {wrong!r} is not text")
    lengths = {k: len(v) for k, v in data.items()}
    if len(set(lengths.values())) > 1:
        lengths_by_name = ", ".join(f'"{k}" {n:,}' for k, n in list(lengths.items())[:5])
        raise ValueError(f"its columns differ in length: {lengths_by_name}")
    return assembled({n: _sequence(n, v) for n, v in data.items()}, next(iter(lengths.values()), 0))


def _sequence(name: str, values: Any) -> pl.Series | str:
    """A column of a dict: a sequence of Python values, or a column of a library."""
    if isinstance(values, pl.Series) and not values.dtype.is_object():
        return values.alias(name)
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if frame_kind(values) == "pandas":
        from truthound.sources.memory.pandas_tables import pandas_column

        return pandas_column(name, values.to_series() if hasattr(values, "to_series") else values)
    if kind is not None and kind in "biufUSM" and getattr(values, "ndim", 1) == 1:  # an array of NumPy
        return pl.Series(name, values)
    return column_or_reason(name, values.to_pylist() if hasattr(values, "to_pylist") else list(values))


def _rows(data: Iterable[Mapping[str, Any]]) -> Table:
    rows = list(data)
    names = dict.fromkeys(k for row in rows for k in row)
    if not names:
        raise ValueError("its rows have no columns")
    return _columns({n: [row.get(n) for row in rows] for n in names})


_KINDS: dict[str, Callable[[Any], Table]] = {
    "polars": _polars, "pandas": _pandas, "pyarrow": _arrow, "arrow": _arrow, "duckdb": _duckdb,
    "columns": _columns, "rows": _rows,
}  # fmt: skip
