"""Opening a data source: from what the user wrote to a lazy table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from truthound.errors import ConfigError, SourceError
from truthound.sources.base import Source
from truthound.sources.spec import Spec, parse_spec
from truthound.sqltext import expression, marked, safe, told, unknown_column
from truthound.text import shorten


def open_source(spec: Any, *, base: Path | None = None) -> Source:
    """A data source, opened: text and databases are read, other files are looked at.

    Args:
        spec: A path, a glob, a folder or a URL; a mapping (`path` or `url`, `format`, `options`, `table`, `query`, `where`);
            a Polars, pandas, PyArrow or DuckDB table; a dict of lists; a list of dicts; or an opened source, which is returned.
        base: The folder that relative paths start from; the current one without it.

    Raises:
        ConfigError: The specification is wrong.
        SourceError: There are no such data, or they cannot be read.
    """
    if isinstance(spec, Source):
        return spec
    wanted = parse_spec(spec)
    source = _OPENERS[wanted.family](wanted, base)
    if wanted.where is None or wanted.family == "sql":  # a database filters for itself
        return source
    return replace(source, frame=_filtered(source, wanted.where), lines=lambda _: {})  # rows are counted anew


def _memory(spec: Spec, _: Path | None) -> Source:
    from truthound.sources.memory import table_of

    table = table_of(spec.format or "", spec.data)
    return Source(spec.name, "memory", table.frame, unreadable=table.unreadable, notes=table.notes)


def _filtered(source: Source, where: str) -> pl.LazyFrame:
    """The rows for which an SQL expression holds."""
    try:
        expression(where)  # one expression and nothing else, before it becomes part of a query
    except ValueError as error:
        raise ConfigError(f"where: {error}") from None
    try:
        names = source.frame.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise source.explain(error) from None
    if wrong := unknown_column(where, [c for c in names if c not in source.unreadable]):
        reasons = "".join(f'; "{c}" cannot be read: {r}' for c, r in source.unreadable.items() if f'"{c}"' in wrong)
        raise ConfigError(f"where: {wrong}{reasons}")
    try:
        patterns = {c: safe(c) for c in names if safe(c) != c}
        query = f"SELECT * FROM self WHERE (\n{marked(where, names)}\n)"
        frame = source.frame.rename(patterns).sql(query).rename({v: k for k, v in patterns.items()})
        frame.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise ConfigError(
            f'where: "{shorten(where, 200)}" cannot be used: {shorten(told(error, names), 300)}'
        ) from None
    return frame


def _file(spec: Spec, base: Path | None) -> Source:
    from truthound.sources.formats import open_files

    return open_files(spec, base)


def _url(spec: Spec, _: Path | None) -> Source:
    from truthound.sources.remote import open_url

    return open_url(spec)


def _sql(spec: Spec, base: Path | None) -> Source:
    from truthound.sources.sql import open_sql

    return open_sql(spec, base)


_OPENERS: dict[str, Callable[[Spec, Path | None], Source]] = {
    "memory": _memory,
    "file": _file,
    "url": _url,
    "sql": _sql,
}

__all__ = ["SourceError", "open_source"]
