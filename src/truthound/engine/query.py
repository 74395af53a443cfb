"""Whole SQL queries over the table, run by DuckDB: it reads the columns of a Polars frame where they lie.

DuckDB sees the frame through the Arrow interface alone, without pyarrow. It reads no file, opens no connection, changes
no setting, and its time zone is UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import polars as pl

from truthound import sqlquery, sqltree
from truthound.engine.values import named
from truthound.errors import ValidatorError
from truthound.schema import DataType
from truthound.text import did_you_mean, shorten

Rows = tuple[dict[str, Any], ...]
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False, "python_enable_replacements": False, "autoinstall_known_extensions": False,
    "autoload_known_extensions": False, "memory_limit": "60%", "TimeZone": "UTC",
}  # fmt: skip
_WIDE: dict[Any, str] = {pl.Int128: "HUGEINT", pl.UInt128: "UHUGEINT"}
"""types that DuckDB does not take over Arrow: they go as text, and come back"""
_MISSING = re.compile(r'(?:Referenced column|column named|Referenced table) "(.*?)"')
_NO_COLUMN = re.compile(r'does not have a column named "(.*?)"')
_NO_FUNCTION = re.compile(r"Function with name (\S+) does not exist")
_PREFIX = re.compile(r"^(?:[A-Z]\w+ )+Error: ")


class _Stream:
    """A frame that shows nothing but its Arrow stream; DuckDB would take a Polars frame through pyarrow."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


@contextmanager
def _connection() -> Iterator[Any]:
    import duckdb

    config = {k: v for k, v in _CONFIG.items() if k != "TimeZone"}
    with duckdb.connect(":memory:", config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
        yield connection


def run(
    text: str,
    limit: int,
    frame: pl.LazyFrame,
    types: Mapping[str, pl.DataType],
    collect: Callable[[pl.LazyFrame], pl.DataFrame],
) -> tuple[int, Rows]:
    """How many rows a query returns, and the first `limit` of them.

    Raises:
        ValidatorError: The query cannot be run; in plain words.
    """
    import duckdb

    tree = _tree(text)
    columns = _needed(tree, types)
    data = collect(frame.select([_handed(c, types[c]).alias(c) for c in columns]))
    try:
        with _connection() as connection:
            connection.register("handed", _Stream(data))
            connection.execute(f"CREATE TEMP VIEW {sqltree.TABLE} AS SELECT {_selected(columns, types)} FROM handed")
            return _answer(connection, tree, text, limit)
    except duckdb.Error as error:
        raise ValidatorError(f"the query cannot be run: {_words(error, types)}") from None


def _answer(connection: Any, tree: Any, text: str, limit: int) -> tuple[int, Rows]:
    from sqlglot import exp

    source = f"({text}\n)"
    if tree.find(exp.Group, exp.Distinct, exp.Join, exp.Window, exp.SetOperation):  # costly: once
        connection.execute(f"CREATE TEMP TABLE found AS {source}")
        source = "found"
    answer = connection.execute(f"SELECT * FROM {source} LIMIT {limit}")
    names = _unique([d[0] for d in answer.description])
    try:
        found = answer.fetchall()
    except (ValueError, OverflowError):  # a moment beyond Python's years
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


def _tree(text: str) -> Any:
    try:
        return sqlquery.query(text)
    except ValueError as error:
        raise ValidatorError(str(error)) from None


def _needed(tree: Any, types: Mapping[str, Any]) -> list[str]:
    """The columns that are read; where it names none, one for the number of rows."""
    needed = sqlquery.columns_of_query(tree, types)
    if same := sqlquery.clashing(needed):
        raise ValidatorError(
            f"the columns {' and '.join(map(repr, same))} differ in case only, which SQL does not tell apart; rename one"
        )
    return needed or list(types)[:1]


def _handed(name: str, t: pl.DataType) -> pl.Expr:
    """A column as DuckDB takes it."""
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


def _selected(columns: list[str], types: Mapping[str, pl.DataType]) -> str:
    """The columns of the view, in the types that they have in SQL."""
    out = []
    for c in columns:
        quoted = '"' + c.replace('"', '""') + '"'
        wide = _WIDE.get(types[c].base_type()) or ("TIME" if types[c] == pl.Time else None)
        out.append(f"CAST({quoted} AS {wide}) AS {quoted}" if wide else quoted)
    return ", ".join(out)


def _words(error: BaseException, columns: Mapping[str, Any] | None = None) -> str:
    """What DuckDB says, in plain words."""
    said = str(error)
    known = list(columns or {})
    if found := _NO_FUNCTION.search(said):
        return f'no function is called "{found[1]}"{did_you_mean(found[1].lower(), functions())}'
    if (found := _MISSING.search(said) or _NO_COLUMN.search(said)) and columns is not None and found[1] not in known:
        return f'no column is called "{found[1]}"{sqltree.instead(found[1], known)}'
    first = _PREFIX.sub("", re.split(r"\n+LINE |\n?\s*Candidate (?:functions|bindings)", said)[0])
    return shorten(" ".join(first.split()), 300)


@lru_cache(maxsize=1)
def functions() -> tuple[str, ...]:
    """The names of DuckDB's functions."""
    with _connection() as connection:
        return tuple(
            sorted(
                r[0]
                for r in connection.execute("SELECT DISTINCT lower(function_name) FROM duckdb_functions()").fetchall()
            )
        )


def check(text: str) -> None:
    """Raises ValueError, in plain words, unless the text is one SELECT over `data` whose functions there are."""
    tree = sqlquery.query(text)
    known = set(functions())
    unknown = [n for n in sqlquery.of_functions(tree) if n.lower() not in known]
    if unknown:
        said = "; ".join(f'no function is called "{n}"{did_you_mean(n.lower(), known)}' for n in unknown)
        raise ValueError(f"{shorten(text, 200)!r} is not a SQL query: {said}")


def problem(text: str, schema: Mapping[str, DataType]) -> str:
    """Why a query cannot be run over a table of this schema, or nothing. No data are read."""
    import duckdb

    try:
        columns = _needed(_tree(text), schema)
    except ValidatorError as error:
        return str(error)
    typed = []
    for c in columns:
        quoted = '"' + c.replace('"', '""') + '"'
        typed.append(f"NULL::{_sql_type(schema[c])} AS {quoted}")
    try:
        with _connection() as connection:
            connection.execute(
                f"CREATE TEMP VIEW {sqltree.TABLE} AS SELECT {', '.join(typed) or 'NULL AS nothing'} LIMIT 0"
            )
            connection.execute(f"SELECT * FROM ({text}\n) LIMIT 0")
    except duckdb.Error as error:
        return f"the query cannot be run: {_words(error, schema)}"
    return ""


_NAMES = {
    "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT", "int128": "HUGEINT", "uint8": "UTINYINT",
    "uint16": "USMALLINT", "uint32": "UINTEGER", "uint64": "UBIGINT", "uint128": "UHUGEINT", "float16": "FLOAT", "float32": "FLOAT",
    "float64": "DOUBLE", "boolean": "BOOLEAN", "string": "VARCHAR", "categorical": "VARCHAR", "enum": "VARCHAR", "date": "DATE",
    "time": "TIME", "duration": "INTERVAL", "binary": "BLOB", "null": "INTEGER", "object": "VARCHAR",
}  # fmt: skip


def _sql_type(dtype: DataType) -> str:
    """A column's type as DuckDB calls it."""
    name = str(dtype)
    if name.startswith("datetime"):
        unit, _, zone = name.removeprefix("datetime").strip("[]").partition(",")
        return "TIMESTAMPTZ" if zone else {"ns": "TIMESTAMP_NS", "ms": "TIMESTAMP_MS"}.get(unit, "TIMESTAMP")
    if name.startswith("decimal"):
        return name.upper()
    if name.startswith(("list[", "array[")):
        return f"{_sql_type(DataType(name.partition('[')[2][:-1]))}[]"
    if name.startswith("struct{"):
        fields = _fields(name.removeprefix("struct{").removesuffix("}"))
        inner = [f'"{f}" {_sql_type(DataType(t))}' for f, t in fields]
        return f"STRUCT({', '.join(inner)})"
    return _NAMES.get(name, "VARCHAR")


def _fields(text: str) -> list[tuple[str, str]]:
    """The fields of a structure's type, with their types."""
    out, depth, start = [], 0, 0
    for i, ch in enumerate(text + ","):
        depth += (ch in "{[(") - (ch in "}])")
        if ch == "," and depth == 0:
            name, _, t = text[start:i].partition(":")
            if t:
                out.append((name.replace('"', '""'), t))
            start = i + 1
    return out
