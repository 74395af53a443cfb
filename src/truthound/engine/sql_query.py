"""Whole SQL queries as users write them: one SELECT over the table `data`, checked before there are data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from truthound._internal.text import shorten
from truthound.engine.condition import Condition
from truthound.engine.sql_expression import TABLE, dialect, statements_of

if TYPE_CHECKING:
    from sqlglot import exp

_READERS = (
    "read_", "parquet_", "sniff_", "glob", "query", "query_table", "pragma_", "iceberg_", "delta_", "sqlite_", "postgres_",
)  # fmt: skip
"""beginnings of the names of functions that read something other than the table"""


@lru_cache(maxsize=256)
def parse_query(text: str) -> exp.Query:
    """A query's tree.

    Raises:
        ValueError: it is not one SELECT over the table `data`.
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


def columns_read(tree: exp.Query, columns: Iterable[str]) -> list[str]:
    """The columns that a query may read; one for the number of rows where it names none.

    Raises:
        ValueError: SQL cannot tell the columns apart.
    """
    known = list(columns)
    read = _columns_named(tree, known)
    if same := _equal_in_sql(read):
        raise ValueError(
            f"the columns {' and '.join(map(repr, same))} differ in case only, which SQL does not tell apart; rename one"
        )
    return read or known[:1]


def _columns_named(tree: exp.Query, known: list[str]) -> list[str]:
    """All columns where the query has a star or the like, else those whose name occurs."""
    from sqlglot import exp

    for star in tree.find_all(exp.Star):
        counted = isinstance(star.parent, exp.Anonymous) and str(star.parent.this).lower() == "count"
        if not counted:
            return known
    natural = any(str(j.args.get("method")).upper() == "NATURAL" for j in tree.find_all(exp.Join))
    whole = any(not isinstance(n.parent, exp.Select) for n in tree.find_all(exp.From))
    named = {i.name.lower() for i in tree.find_all(exp.Identifier)} | {v.name.lower() for v in tree.find_all(exp.Var)}
    rows = {TABLE, *(t.alias.lower() for t in tree.find_all(exp.Table) if t.alias)}
    by_pattern = "columns" in {n.lower() for n in function_names(tree)}
    if natural or whole or by_pattern or rows & {c.name.lower() for c in tree.find_all(exp.Column)}:
        return known
    return [c for c in known if c.lower() in named]


def _equal_in_sql(columns: Iterable[str]) -> list[str]:
    """Columns that differ in case only, which SQL does not tell apart."""
    seen: dict[str, list[str]] = {}
    for c in columns:
        seen.setdefault(c.lower(), []).append(c)
    return next((same for same in seen.values() if len(same) > 1), [])


def row_filter_of(tree: exp.Query) -> Condition | None:
    """The filter of a plain SELECT over the table, if it compares columns with literals or each other only.

    Rows for which it is not true do not change the answer, so the database need not read them.
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


def function_names(tree: exp.Query) -> list[str]:
    """The names of a query's functions, as they are written."""
    from sqlglot import exp

    return list(dict.fromkeys(str(n.this) for n in tree.find_all(exp.Anonymous)))
