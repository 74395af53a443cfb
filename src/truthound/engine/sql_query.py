"""Whole SQL queries as users write them: one SELECT over the table `data`, checked before there are data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from truthound._internal.text import did_you_mean, shorten
from truthound.engine.condition import Condition, similar_columns
from truthound.engine.sql_expression import TABLE, dialect, statements_of
from truthound.schema import DataType

if TYPE_CHECKING:
    from sqlglot import exp

_READERS = (
    "read_",
    "parquet_",
    "sniff_",
    "glob",
    "query",
    "query_table",
    "pragma_",
    "iceberg_",
    "delta_",
    "sqlite_",
    "postgres_",
)
"""how functions are called that read something other than the table"""


@lru_cache(maxsize=256)
def query(text: str) -> exp.Query:
    """A query's tree.

    Raises:
        ValueError: It is not one SELECT over the table `data`; in plain words.
    """
    from sqlglot import exp

    what = f"{shorten(text, 200)!r} is not a SQL query: "
    first = _first_word(text)
    if first not in ("SELECT", "WITH", "FROM"):
        raise ValueError(_not_a_select(text, first))
    try:
        statements = statements_of(text)
    except ValueError as error:
        raise ValueError(f"{what}{error}") from None
    tree = statements[0] if statements else None
    if not isinstance(tree, exp.Query):
        raise ValueError(_not_a_select(text, first))  # noqa: TRY004 a text of the user's, not a wrong type
    if len(statements) > 1:
        raise ValueError(f"{what}it is several statements; give one")
    if problems := list(dict.fromkeys(_query_problems(tree))):
        raise ValueError(f"{what}{'; '.join(problems)}")
    return tree


def _first_word(text: str) -> str:
    """The first word of a statement, comments left out."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        words = [t.text for t in sqlglot.tokenize(text, dialect=dialect()) if t.text != "("]
    except SqlglotError:
        words = text.split(None, 1)
    return words[0].upper() if words and words[0].replace("_", "").isalpha() else ""


def _not_a_select(text: str, first: str) -> str:
    named = f", not {first}" if first and first not in ("SELECT", "WITH") else ""
    return f"{shorten(text, 200)!r} is not a query: give one SELECT (it may begin with WITH){named}"


def _query_problems(tree: Any) -> Iterator[str]:
    from sqlglot import exp

    if tree.find(exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.Command):
        yield "it changes something; give one SELECT"
    if tree.find(exp.Into):
        yield "SELECT INTO is not supported"
    known = {c.alias_or_name.lower() for c in tree.find_all(exp.CTE)} | {TABLE}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            name = str(table.this.this if isinstance(table.this, exp.Anonymous) else table.this.key).lower()
            if name.startswith(_READERS):
                yield f'{name}() reads something other than the table; the only table is "{TABLE}"'
        elif table.name.lower() not in known:
            yield f'no table is called "{table.name}"; the only one is "{TABLE}"'


def columns_of_query(tree: exp.Query, columns: Iterable[str]) -> list[str]:
    """The columns of the table that a query may read: all of them where it has a star, else those whose name occurs."""
    from sqlglot import exp

    known = list(columns)
    for star in tree.find_all(exp.Star):
        counted = isinstance(star.parent, exp.Anonymous) and str(star.parent.this).lower() == "count"
        if not counted:
            return known
    natural = any(str(j.args.get("method")).upper() == "NATURAL" for j in tree.find_all(exp.Join))
    whole = any(not isinstance(n.parent, exp.Select) for n in tree.find_all(exp.From))
    named = {i.name.lower() for i in tree.find_all(exp.Identifier)} | {v.name.lower() for v in tree.find_all(exp.Var)}
    rows = {TABLE, *(t.alias.lower() for t in tree.find_all(exp.Table) if t.alias)}
    by_pattern = "columns" in {n.lower() for n in of_functions(tree)}
    if natural or whole or by_pattern or rows & {c.name.lower() for c in tree.find_all(exp.Column)}:
        return known
    return [c for c in known if c.lower() in named]


def filter_of(tree: exp.Query) -> Condition | None:
    """The filter of a plain SELECT over the table, if it only compares columns with what is written there or each other.

    Rows for which it is not true make no difference to the query, so they need not be handed to the database.
    """
    from sqlglot import exp

    if type(tree) is not exp.Select or (where := tree.args.get("where")) is None:
        return None
    if tree.find(exp.Subquery, exp.CTE, exp.Join, exp.Lateral, exp.TableSample, exp.Pivot):
        return None
    if len(list(tree.find_all(exp.Select))) > 1 or len(list(tree.find_all(exp.Table))) != 1:
        return None
    simple = (
        exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.In, exp.Between,
        exp.Like, exp.Literal, exp.Neg, exp.Null, exp.Boolean, exp.Column, exp.Identifier,
    )  # fmt: skip
    named = {one.alias.lower() for one in tree.find_all(exp.Alias)}
    for node in where.this.walk():
        if type(node) not in simple:
            return None
        if isinstance(node, exp.Column) and (node.table or node.name.lower() in named):
            return None
    return Condition(where.this.sql(dialect=dialect()))


def of_functions(tree: exp.Query) -> list[str]:
    """The names of a query's functions, as they are written."""
    from sqlglot import exp

    return list(dict.fromkeys(str(n.this) for n in tree.find_all(exp.Anonymous)))


def clashing(columns: Iterable[str]) -> list[str]:
    """Columns that differ in case only, which SQL does not tell apart."""
    seen: dict[str, list[str]] = {}
    for c in columns:
        seen.setdefault(c.lower(), []).append(c)
    return next((same for same in seen.values() if len(same) > 1), [])


# --- DuckDB --------------------------------------------------------------------------------------------------------

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False, "python_enable_replacements": False, "autoinstall_known_extensions": False,
    "autoload_known_extensions": False, "memory_limit": "60%",
}  # fmt: skip
GUESSES = ("", "VARCHAR", "TIMESTAMP", "DATE", "TIME", "BOOLEAN", "DOUBLE[]")
"""types of a column that has no value, of which a query may fit one; "" is the type of nulls"""
_MISSING = re.compile(r'(?:Referenced column|column named|Referenced table) "(.*?)"')
_NO_COLUMN = re.compile(r'does not have a column named "(.*?)"')
_NO_FUNCTION = re.compile(r"Function with name (\S+) does not exist")
_PREFIX = re.compile(r"^(?:[A-Z]\w+ )+Error: ")


@lru_cache(maxsize=1)
def _database(_process: int) -> Any:
    """A database without tables, whose settings are locked; one for a process, as opening it costs more than most queries."""
    import duckdb

    database = duckdb.connect(":memory:", config=_CONFIG)
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    database.execute("SET lock_configuration = true")
    return database


@contextmanager
def connection() -> Iterator[Any]:
    """A connection to it; what is made there is gone with it."""
    with _database(os.getpid()).cursor() as own:
        yield own


def needed(tree: Any, types: Mapping[str, Any]) -> list[str]:
    """The columns that are read; where it names none, one for the number of rows."""
    read = columns_of_query(tree, types)
    if same := clashing(read):
        raise ValueError(
            f"the columns {' and '.join(map(repr, same))} differ in case only, which SQL does not tell apart; rename one"
        )
    return read or list(types)[:1]


def words_of(error: BaseException, columns: Mapping[str, Any] | None = None) -> str:
    """What DuckDB says, in plain words."""
    said = str(error)
    known = list(columns or {})
    if found := _NO_FUNCTION.search(said):
        return f'no function is called "{found[1]}"{did_you_mean(found[1].lower(), functions())}'
    if (found := _MISSING.search(said) or _NO_COLUMN.search(said)) and columns is not None and found[1] not in known:
        return f'no column is called "{found[1]}"{similar_columns(found[1], known)}'
    first = _PREFIX.sub("", re.split(r"\n+LINE |\n?\s*Candidate (?:functions|bindings)", said)[0])
    return shorten(" ".join(first.split()), 300)


@lru_cache(maxsize=1)
def functions() -> tuple[str, ...]:
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
    """Whether DuckDB's grammar itself makes something of a call of this name, as of `coalesce` and `grouping`, which no list of functions has."""
    import duckdb

    called = name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
    try:
        with connection() as connected:
            connected.execute(f"SELECT {called}('') LIMIT 0")
    except duckdb.Error as error:
        return not _NO_FUNCTION.search(str(error))
    return True


def check(text: str) -> None:
    """Raises ValueError, in plain words, unless the text is one SELECT over `data` whose functions there are."""
    named = of_functions(query(text))
    known = set(functions()) if named else set()  # asking for them costs as much as a quick query
    unknown = [n for n in named if n.lower() not in known and not _is_syntax(n)]
    if unknown:
        said = "; ".join(f'no function is called "{n}"{did_you_mean(n.lower(), known)}' for n in unknown)
        raise ValueError(f"{shorten(text, 200)!r} is not a SQL query: {said}")


def problem(text: str, schema: Mapping[str, DataType]) -> str:
    """Why a query cannot be run over a table of this schema, or nothing. No data are read."""
    try:
        columns = needed(query(text), schema)
    except ValueError as error:
        return str(error)
    for c in columns:
        if reason := schema[c].unreadable_reason:
            return f'column "{c}" cannot be read: {reason}'
    wrong = _bound(text, {c: _sql_type(schema[c]) for c in columns}, schema)
    # a text column may turn out to have no value, and then fits any query
    guesses = (
        {c: guess if schema[c].base in ("string", "null") else _sql_type(schema[c]) for c in columns}
        for guess in GUESSES
    )
    return "" if any(not _bound(text, types, schema) for types in guesses if wrong) else wrong


def _bound(text: str, types: Mapping[str, str], schema: Mapping[str, DataType]) -> str:
    """What DuckDB says about a query over columns of these types; "" is the type of nulls."""
    import duckdb

    quoted = {c: '"' + c.replace('"', '""') + '"' for c in types}
    typed = [f"NULL{f'::{t}' if t else ''} AS {quoted[c]}" for c, t in types.items()]
    try:
        with connection() as connected:
            connected.execute(f"CREATE TEMP VIEW {TABLE} AS SELECT {', '.join(typed) or 'NULL AS nothing'} LIMIT 0")
            connected.execute(f"SELECT * FROM ({text}\n) LIMIT 0")
    except duckdb.Error as error:
        return f"the query cannot be run: {words_of(error, schema)}"
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
