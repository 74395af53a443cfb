"""Whole SQL queries over the table, run by DuckDB, which reads the columns of a Polars frame without copying them.

DuckDB reads the frame through the Arrow interface alone, without pyarrow. It reads no file, opens no connection, changes
no setting, and its time zone is UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import polars as pl

from truthound.engine import sql_check, sql_expression, sql_query
from truthound.engine.condition import Condition
from truthound.engine.polars.column_names import named
from truthound.errors import ValidatorError

Rows = tuple[dict[str, Any], ...]
_WIDE: dict[Any, str] = {pl.Int128: "HUGEINT", pl.UInt128: "UHUGEINT"}
"""types that DuckDB cannot read over Arrow: they are passed as text and cast there"""
_NONE: Mapping[str, str] = MappingProxyType({})


class _Stream:
    """A frame that exposes only its Arrow stream: DuckDB would read a Polars frame through pyarrow."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


def run_query(
    text: str,
    limit: int,
    frame: pl.LazyFrame,
    types: Mapping[str, pl.DataType],
    *,
    collect: Callable[[pl.LazyFrame], pl.DataFrame],
    condition: Callable[[Condition], pl.Expr | None],
) -> tuple[int, Rows]:
    """How many rows a query returns, and the first `limit` of them.

    `condition` compiles a filter that can be evaluated for every row; if the query has one, DuckDB reads only
    the rows for which it is true. The query itself stays as it is.

    Raises:
        ValidatorError: the query cannot be run; the message explains why.
    """
    import duckdb

    try:
        tree = sql_query.parse_query(text)
        query = _Query(text, tree, sql_query.columns_read(tree, types), types, limit)
    except ValueError as error:
        raise ValidatorError(str(error)) from None
    given = [_to_duckdb(c, types[c]).alias(c) for c in query.columns]
    written = sql_query.row_filter_of(tree)
    kept = None if written is None or _rounding(tree, types) else condition(written)
    try:
        with sql_check.connection() as connection:
            if kept is not None:
                # if it does not fit the column types, all rows decide which columns have no values
                with suppress(duckdb.BinderException):
                    return query.answer(connection, collect(frame.filter(kept).select(given)))
            return _of_all_rows(query, connection, collect(frame.select(given)))
    except duckdb.Error as error:
        raise ValidatorError(f"the query cannot be run: {sql_check.explain_error(error, types)}") from None


@dataclass(frozen=True)
class _Query:
    """A query, the columns that it reads, and the number of rows to return."""

    text: str
    tree: Any
    columns: list[str]
    types: Mapping[str, pl.DataType]
    limit: int

    def answer(self, connection: Any, data: pl.DataFrame, guesses: Mapping[str, str] = _NONE) -> tuple[int, Rows]:
        """The answer over these rows; `guesses` are types of columns without any value."""
        connection.register("given", _Stream(data))
        view = f"CREATE OR REPLACE TEMP VIEW {sql_expression.TABLE} AS SELECT"
        connection.execute(f"{view} {_selected(self.columns, self.types, guesses)} FROM given")
        return _answer(connection, self.tree, self.text, self.limit)


def _of_all_rows(query: _Query, connection: Any, data: pl.DataFrame) -> tuple[int, Rows]:
    import duckdb

    try:
        return query.answer(connection, data)
    except duckdb.BinderException:
        # a column without any value has its source's default type, so it is allowed in any query
        empty = [c for c in query.columns if data[c].null_count() == data.height]
        for guess in sql_check.TYPES_OF_EMPTY_COLUMNS if empty else ():
            with suppress(duckdb.BinderException):
                return query.answer(connection, data, dict.fromkeys(empty, guess))
        raise


def _rounding(tree: Any, types: Mapping[str, pl.DataType]) -> bool:
    """Whether a filter compares a float with a long number: DuckDB rounds these, conditions compare them exactly."""
    from sqlglot import exp

    where = tree.args["where"]
    named = {c.name.lower() for c in where.find_all(exp.Column)}
    read = [t for c, t in types.items() if c.lower() in named]
    floats = any(t.is_float() for t in read) or any("e" in str(x.this).lower() for x in where.find_all(exp.Literal))
    return floats and any(t.is_decimal() or t in (pl.Int64, pl.UInt64, pl.Int128, pl.UInt128) for t in read)


def _answer(connection: Any, tree: Any, text: str, limit: int) -> tuple[int, Rows]:
    from sqlglot import exp

    source = f"({text}\n)"
    if tree.find(exp.Group, exp.Distinct, exp.Join, exp.Window, exp.SetOperation):  # run once: it may be expensive
        connection.execute(f"CREATE TEMP TABLE found AS {source}")
        source = "found"
    answer = connection.execute(f"SELECT * FROM {source} LIMIT {limit}")
    names = _unique([d[0] for d in answer.description])
    fine = [str(d[1]) == "TIMESTAMP_NS" for d in answer.description]
    if any(fine):  # Python's datetimes have microseconds only
        places = [f"c{i}" for i in range(len(fine))]
        shown = [f"replace(CAST({c} AS VARCHAR), ' ', 'T')" if f else c for c, f in zip(places, fine, strict=True)]
        answer = connection.execute(f"SELECT {', '.join(shown)} FROM {source} AS t({', '.join(places)}) LIMIT {limit}")
    try:
        found = answer.fetchall()
    except (ValueError, OverflowError):  # a datetime beyond Python's years
        found = connection.execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {source} LIMIT {limit}").fetchall()
    rows = tuple(dict(zip(names, row, strict=True)) for row in found)
    if len(rows) < limit:
        return len(rows), rows
    return int(connection.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]), rows


def _unique(names: list[str]) -> list[str]:
    out: list[str] = []
    for name in names:
        unique, number = name, 1
        while unique in out:
            number += 1
            unique = f"{name}_{number}"
        out.append(unique)
    return out


def _to_duckdb(name: str, t: pl.DataType) -> pl.Expr:
    """A column in a type that DuckDB can read."""
    e = named(name)
    if t == pl.Null:
        return e.cast(pl.Int32)
    if t.base_type() in _WIDE or t == pl.Enum:
        return e.cast(pl.String)
    if t == pl.Object:
        raise ValidatorError(
            f'column "{name}" holds Python objects, which SQL does not know; leave it out of the query'
        )
    return e


def _selected(columns: list[str], types: Mapping[str, pl.DataType], guesses: Mapping[str, str] = _NONE) -> str:
    """The columns of the view in their SQL types; those without any value may have a guessed type."""
    out = []
    for c in columns:
        quoted = '"' + c.replace('"', '""') + '"'
        wide = _WIDE.get(types[c].base_type()) or ("TIME" if types[c] == pl.Time else None)
        typed = f"CAST({quoted} AS {wide}) AS {quoted}" if wide else quoted
        if c in guesses or types[c] == pl.Null:
            typed = f"NULL{'::' * bool(guesses.get(c))}{guesses.get(c, '')} AS {quoted}"
        out.append(typed)
    return ", ".join(out)
