"""Checks a query with DuckDB before any data are read: whether its functions exist, and whether it fits a table's columns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from truthound._internal.text import did_you_mean, shorten
from truthound.engine.condition import similar_columns
from truthound.engine.sql_expression import TABLE
from truthound.engine.sql_query import columns_read, function_names, parse_query
from truthound.schema import DataType

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False, "python_enable_replacements": False, "autoinstall_known_extensions": False,
    "autoload_known_extensions": False, "memory_limit": "60%",
}  # fmt: skip
TYPES_OF_EMPTY_COLUMNS = ("", "VARCHAR", "TIMESTAMP", "DATE", "TIME", "BOOLEAN", "DOUBLE[]")
"""types to try for a column without any value; "" is the type of nulls"""
_MISSING = re.compile(r'(?:Referenced column|column named|Referenced table) "(.*?)"')
_NO_COLUMN = re.compile(r'does not have a column named "(.*?)"')
_NO_FUNCTION = re.compile(r"Function with name (\S+) does not exist")
_PREFIX = re.compile(r"^(?:[A-Z]\w+ )+Error: ")


@lru_cache(maxsize=1)
def _database(_process: int) -> Any:
    """A database without tables and with locked settings; one per process, as opening it costs more than most queries."""
    import duckdb

    database = duckdb.connect(":memory:", config=_CONFIG)
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    database.execute("SET lock_configuration = true")
    return database


@contextmanager
def connection() -> Iterator[Any]:
    """A connection to a database in memory that reads no files; its tables and views end with it."""
    with _database(os.getpid()).cursor() as own:
        yield own


def explain_error(error: BaseException, columns: Mapping[str, Any] | None = None) -> str:
    """An error of DuckDB in plain words."""
    message = str(error)
    known = list(columns or {})
    if found := _NO_FUNCTION.search(message):
        return f'no function is called "{found[1]}"{did_you_mean(found[1].lower(), known_functions())}'
    if (
        (found := _MISSING.search(message) or _NO_COLUMN.search(message))
        and columns is not None
        and found[1] not in known
    ):
        return f'no column is called "{found[1]}"{similar_columns(found[1], known)}'
    first = _PREFIX.sub("", re.split(r"\n+LINE |\n?\s*Candidate (?:functions|bindings)", message)[0])
    return shorten(" ".join(first.split()), 300)


@lru_cache(maxsize=1)
def known_functions() -> tuple[str, ...]:
    """The names of DuckDB's functions."""
    with connection() as connected:
        return tuple(
            sorted(
                r[0]
                for r in connected.execute("SELECT DISTINCT lower(function_name) FROM duckdb_functions()").fetchall()
            )
        )


@lru_cache(maxsize=256)
def _is_syntax(name: str) -> bool:
    """Whether DuckDB's grammar has the name as syntax that looks like a function call, as `coalesce(...)` or `grouping(...)`."""
    import duckdb

    called = name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
    try:
        with connection() as connected:
            connected.execute(f"SELECT {called}('') LIMIT 0")
    except duckdb.Error as error:
        return not _NO_FUNCTION.search(str(error))
    return True


def check_query(text: str) -> None:
    """Raises ValueError unless the text is one SELECT over `data` with functions that exist."""
    named = function_names(parse_query(text))
    known = set(known_functions()) if named else set()  # the list costs as much as a quick query
    unknown = [n for n in named if n.lower() not in known and not _is_syntax(n)]
    if unknown:
        problems = "; ".join(f'no function is called "{n}"{did_you_mean(n.lower(), known)}' for n in unknown)
        raise ValueError(f"{shorten(text, 200)!r} is not a SQL query: {problems}")


def query_problem(text: str, schema: Mapping[str, DataType]) -> str:
    """Why a query cannot run over a table of this schema, or an empty text. No data are read."""
    try:
        columns = columns_read(parse_query(text), schema)
    except ValueError as error:
        return str(error)
    for c in columns:
        if reason := schema[c].unreadable_reason:
            return f'column "{c}" cannot be read: {reason}'
    problem = _binding_error(text, {c: _sql_type(schema[c]) for c in columns}, schema)
    # a text column without any value fits any query
    guesses = (
        {c: guess if schema[c].base in ("string", "null") else _sql_type(schema[c]) for c in columns}
        for guess in TYPES_OF_EMPTY_COLUMNS
    )
    return "" if any(not _binding_error(text, types, schema) for types in guesses if problem) else problem


def _binding_error(text: str, types: Mapping[str, str], schema: Mapping[str, DataType]) -> str:
    """The error of a query over columns of these types, or an empty text; the type "" is that of nulls."""
    import duckdb

    quoted = {c: '"' + c.replace('"', '""') + '"' for c in types}
    typed = [f"NULL{f'::{t}' if t else ''} AS {quoted[c]}" for c, t in types.items()]
    try:
        with connection() as connected:
            connected.execute(f"CREATE TEMP VIEW {TABLE} AS SELECT {', '.join(typed) or 'NULL AS nothing'} LIMIT 0")
            connected.execute(f"SELECT * FROM ({text}\n) LIMIT 0")
    except duckdb.Error as error:
        return f"the query cannot be run: {explain_error(error, schema)}"
    return ""


_NAMES = {
    "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT", "int128": "HUGEINT", "uint8": "UTINYINT",
    "uint16": "USMALLINT", "uint32": "UINTEGER", "uint64": "UBIGINT", "uint128": "UHUGEINT", "float16": "FLOAT", "float32": "FLOAT",
    "float64": "DOUBLE", "boolean": "BOOLEAN", "string": "VARCHAR", "categorical": "VARCHAR", "enum": "VARCHAR", "date": "DATE",
    "time": "TIME", "duration": "INTERVAL", "binary": "BLOB", "null": "INTEGER", "object": "VARCHAR",
}  # fmt: skip


def _sql_type(dtype: DataType) -> str:
    """The name of a column's type in DuckDB."""
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
