"""DuckDB: files of its own and relations, handed over as Parquet, so that a large table never has to fit in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from truthound.errors import SourceError
from truthound.sources.temporary import unnamed

if TYPE_CHECKING:
    from truthound.sources.sql import Request

# types that Parquet does not have: as text, and what the text becomes again
_AS_TEXT: dict[str, pl.DataType | None] = {
    "hugeint": pl.Int128(), "uhugeint": None, "bignum": None, "varint": None, "uuid": None, "interval": None, "bit": None,
    "json": None, "time with time zone": None, "enum": None, "union": None, "map": None, "variant": None, "geometry": None,
}  # fmt: skip


_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": False
}  # a table is never one of our variables


def relation_frame(relation: Any) -> pl.LazyFrame:
    """A lazy frame of what a relation holds now."""
    columns, back, nulls = [], {}, []
    if twice := next((n for i, n in enumerate(relation.columns) if n in relation.columns[:i]), None):
        raise SourceError(f'the column "{twice}" is there twice; name one of them AS something else')
    for name, kind in zip(relation.columns, relation.types, strict=True):
        # a JSON column says that it is a varchar by its id, and JSON by its name
        word = "json" if str(kind).upper() == "JSON" else str(kind.id).lower()
        column = '"' + name.replace('"', '""') + '"'
        if word in _AS_TEXT:
            columns.append(f"CAST({column} AS VARCHAR) AS {column}")
            if (target := _AS_TEXT[word]) is not None:
                back[name] = target
        elif word == "null":
            columns.append(f"CAST({column} AS INTEGER) AS {column}")
            nulls.append(name)
        else:
            columns.append(column)
    with unnamed(relation.project(", ".join(columns)).to_parquet, ".parquet") as file:
        frame = pl.scan_parquet(file)
    changed = {**back, **dict.fromkeys(nulls, pl.Null())}
    casts = [pl.nth(relation.columns.index(n)).cast(t) for n, t in changed.items()]  # by place: a name may be a pattern
    return frame.with_columns(casts) if casts else frame


def errors() -> tuple[type[BaseException], ...]:
    """What the driver raises."""
    import duckdb

    return (duckdb.Error,)


def read(request: Request) -> pl.LazyFrame:
    """What the request selects."""
    import duckdb

    with duckdb.connect(str(request.path), read_only=True, config=_CONFIG) as connection:
        relation = connection.sql(request.filtered)
        if relation is None:
            raise SourceError("the query returns no table; write a SELECT")
        return relation_frame(relation)


def tables(request: Request) -> list[str]:
    """The tables and views of the file."""
    import duckdb

    with duckdb.connect(str(request.path), read_only=True, config=_CONFIG) as connection:
        rows = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
    return [name if schema == "main" else f"{schema}.{name}" for schema, name in rows]
