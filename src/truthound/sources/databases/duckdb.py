"""DuckDB: tables and queries of a database file."""

from __future__ import annotations

from truthound.errors import SourceError
from truthound.sources.databases.request import TableRequest
from truthound.sources.memory.duckdb_relations import relation_table
from truthound.sources.table import Table

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": False
}  # a table is never one of our variables


def errors() -> tuple[type[BaseException], ...]:
    """What the driver raises."""
    import duckdb

    return (duckdb.Error,)


def read(request: TableRequest) -> Table:
    """What the request selects."""
    import duckdb

    with duckdb.connect(str(request.path), read_only=True, config=_CONFIG) as connection:
        relation = connection.sql(request.filtered)
        if relation is None:
            raise SourceError("the query returns no table; write a SELECT")
        return relation_table(relation)


def tables(request: TableRequest) -> list[str]:
    """The tables and views of the file."""
    import duckdb

    with duckdb.connect(str(request.path), read_only=True, config=_CONFIG) as connection:
        rows = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
    return [name if schema == "main" else f"{schema}.{name}" for schema, name in rows]
