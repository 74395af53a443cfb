"""Opening a data source: from what the user wrote to a lazy table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from truthound.errors import ConfigError, SourceError
from truthound.sources.base import Source, brief
from truthound.sources.spec import Spec, parse_spec
from truthound.text import did_you_mean, shorten


def open_source(spec: Any, *, base: Path | None = None) -> Source:
    """A data source, opened: files are looked at and not read, a database is read.

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
    return replace(source, frame=_filtered(source, wanted.where))


def _memory(spec: Spec, _: Path | None) -> Source:
    from truthound.sources.memory import frame_of

    return Source(spec.name, "memory", frame_of(spec.format or "", spec.data))


def _filtered(source: Source, where: str) -> pl.LazyFrame:
    """The rows for which an SQL expression holds."""
    try:
        pl.sql_expr(where)  # one expression and nothing else, before it becomes part of a query
    except pl.exceptions.PolarsError as error:
        raise ConfigError(f'where: "{shorten(where, 200)}" is not an SQL expression: {brief(error)}') from None
    try:
        names = source.frame.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise source.explain(error) from None
    try:
        frame = source.frame.sql(f"SELECT * FROM self WHERE (\n{where}\n)")
        frame.collect_schema()
    except pl.exceptions.ColumnNotFoundError as error:
        missing = str(error).partition('"')[2].partition('"')[0]
        raise ConfigError(f'where: no column is called "{missing}"{did_you_mean(missing, names)}') from None
    except pl.exceptions.PolarsError as error:
        raise ConfigError(f'where: "{shorten(where, 200)}" cannot be used: {shorten(brief(error), 300)}') from None
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
