"""SQLite: a column may contain anything, so its type is that of its values, or the declared one if all values conform to it."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from truthound.errors import SourceError
from truthound.sources.databases.request import TableRequest
from truthound.sources.databases.text_table import Column, TextTable
from truthound.sources.dtypes import FLOAT_INTEGERS
from truthound.sources.table import Table

WAIT_SECONDS = 10
_COLUMNS_PER_QUERY = 240
"""columns whose values are inspected in one query"""
LARGE = "large"
"""the kind of integers beyond 2^53"""
# declared types, by what they hold
_DECLARED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"bool", "integer", ("boolean",)),
    (r"date(?!time)", "text", ("date", "datetime")),
    (r"timestamp|datetime", "text", ("datetime", "utc", "date")),
    (r"time(?!stamp)", "text", ("time",)),
    (r"real|floa|doub|dec|num", "integer", ("float64",)),
)


def errors() -> tuple[type[BaseException], ...]:
    """What the driver raises."""
    return (sqlite3.Error, sqlite3.Warning)


@contextlib.contextmanager
def _connected(path: Path | None) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, timeout=WAIT_SECONDS, isolation_level=None
    )
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    with contextlib.closing(connection):
        yield connection


def read(request: TableRequest) -> Table:
    """What the request selects."""
    with _connected(request.path) as connection:
        connection.execute("BEGIN")  # both queries see the same rows
        cursor = connection.execute(request.filtered)
        if cursor.description is None:
            raise SourceError("the query returns no table; write a SELECT")
        names = [c[0] for c in cursor.description]
        kinds = _value_kinds(connection, request.filtered, names)
        declared = _declared_types(connection, request.table) if request.table else {}
        columns = [Column(n, _types(k, declared.get(n, ""))) for n, k in zip(names, kinds, strict=True)]
        with TextTable() as text:
            text.write(cursor)
            return text.table(columns)


def _value_kinds(connection: sqlite3.Connection, query: str, names: list[str]) -> list[set[str]]:
    """The storage classes that each column holds, and whether large integers, in one pass for some hundred columns."""
    found: list[set[str]] = []
    words = ("integer", "real", "text", "blob")
    large = f"typeof(c{{i}}) = 'integer' AND (c{{i}} > {FLOAT_INTEGERS} OR c{{i}} < -{FLOAT_INTEGERS})"
    inner = ", ".join(f"c{i}" for i in range(len(names)))
    for start in range(0, len(names), _COLUMNS_PER_QUERY):
        here = range(start, min(start + _COLUMNS_PER_QUERY, len(names)))
        tests = (*(f"typeof(c{{i}}) = '{w}'" for w in words), large)
        asked = ", ".join(f"max({test.format(i=i)})" for i in here for test in tests)
        row = connection.execute(f"WITH data({inner}) AS (\n{query}\n) SELECT {asked} FROM data").fetchone()
        found += [
            {w for w, is_there in zip((*words, LARGE), row[at : at + 5], strict=True) if is_there}
            for at in range(0, len(row), 5)
        ]
    return found


def _types(kinds: set[str], declared: str) -> tuple[str, ...]:
    if LARGE in kinds:  # a float would not hold them
        return ("int64",) if kinds <= {"integer", LARGE} else ("string",)
    for pattern, kind, types in _DECLARED:
        if kinds <= {kind} | ({"real"} if kind == "integer" else set()) and re.search(pattern, declared):
            return (*types, *_type_of_kinds(kinds or {kind}))
    return _type_of_kinds(kinds) if kinds else _type_by_affinity(declared)


def _type_of_kinds(kinds: set[str]) -> tuple[str, ...]:
    if kinds == {"integer"}:
        return ("int64",)
    if kinds <= {"integer", "real"}:
        return ("float64",)
    return ("hex",) if kinds == {"blob"} else ("string",)


def _type_by_affinity(declared: str) -> tuple[str, ...]:
    """The type of a column without values, by SQLite's rules of affinity."""
    if "int" in declared:
        return ("int64",)
    if "char" in declared or "clob" in declared or "text" in declared:
        return ("string",)
    if "blob" in declared:
        return ("hex",)
    return ("string",)


def _declared_types(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    from truthound.sources.address import name_parts

    *schema, name = name_parts(table)
    rows = connection.execute(
        "SELECT name, lower(type) FROM pragma_table_xinfo(?, ?)", (name, schema[0] if schema else "main")
    )
    return dict(rows.fetchall())


def tables(request: TableRequest) -> list[str]:
    """The tables and views of the file."""
    with _connected(request.path) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
