"""Opening a data source: from what the user wrote to a lazy table."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from truthound.engine.condition import Condition
from truthound.engine.polars.engine_errors import ENGINE_ERRORS, no_panic
from truthound.errors import ConfigError, SourceError, TruthoundError, UnknownColumnError, ValidatorError
from truthound.sources.base import FrameSource, Source
from truthound.sources.spec import FAMILIES, PLUGIN_OPENER, Spec, parse_spec


@no_panic()
def open_source(spec: Any, *, base: Path | None = None, whole: bool = True) -> Source:
    """Opens a data source: text and databases are read, other files are scanned.

    Args:
        spec: A path, a glob, a folder or a URL; a mapping (`path` or `url`, `format`, `options`, `table`, `query`, `where`);
            a Polars, pandas, PyArrow or DuckDB table; a dict of lists; a list of dicts; or an opened source, which is returned.
        base: The folder that relative paths start from; the current one by default.
        whole: False to learn the columns only: of local text the first rows are read, which decide the types.

    Raises:
        ConfigError: The specification is wrong.
        SourceError: The data do not exist or cannot be read.
    """
    if hasattr(spec, "backend") and isinstance(spec, Source):  # the first question is the quick one
        return spec
    wanted = spec if isinstance(spec, Spec) else parse_spec(spec)
    source = _opener(wanted.family)(wanted, base, whole)
    if wanted.where is None or not isinstance(source, FrameSource):  # others filter themselves
        return source
    return _filtered(source, wanted.where)


@no_panic()
def without_damaged_columns(spec: Any, base: Path | None) -> Source | None:
    """The source with its damaged columns marked as unreadable; None if it has none, or no others.

    Only formats that store each column separately can lose a single one.
    """
    if not isinstance(spec, FrameSource | str | os.PathLike | Mapping | Spec):
        return None
    try:
        source = open_source(spec, base=base, whole=False)
    except TruthoundError:
        return None
    if not isinstance(source, FrameSource) or source.kind not in ("parquet", "ipc", "delta"):
        return None
    reasons = {}
    try:
        names = source.frame.clone().collect_schema().names()
    except ENGINE_ERRORS:  # a remote file that is not there
        return None
    for i, name in enumerate(names):
        try:
            source.frame.select(pl.nth(i).null_count()).collect(engine="streaming")
        except ENGINE_ERRORS as failure:
            reasons[name] = str(source.explain(failure))
    if not reasons or len(reasons) + len(source.unreadable) == len(names):
        return None
    frame = source.frame.select(pl.lit(None).alias(n) if n in reasons else pl.nth(i) for i, n in enumerate(names))
    return replace(source, frame=frame, unreadable={**source.unreadable, **reasons})


def _filtered(source: FrameSource, where: Condition) -> FrameSource:
    """The rows for which a condition is true."""
    from truthound.engine.polars.row_filter import explain_filter, filter_rows

    try:
        frame = filter_rows(source.frame, where, source.unreadable)
    except UnknownColumnError as error:
        reasons = (f'; "{c}" cannot be read: {r}' for c, r in source.unreadable.items() if f'"{c}"' in str(error))
        raise ConfigError(f"where: {error}{''.join(reasons)}") from None
    except ValidatorError as error:
        raise ConfigError(f"where: {error}") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise source.explain(error) from None
    # rows are counted anew, so the lines of the file are not known
    return replace(source, frame=frame, explain=explain_filter(source.explain), line_numbers=lambda _: {})


def _opener(family: str) -> Callable[[Spec, Path | None, bool], Source]:
    row = FAMILIES[family].opener if family in FAMILIES else PLUGIN_OPENER
    module, _, function = row.partition(":")
    opener: Callable[[Spec, Path | None, bool], Source] = getattr(
        importlib.import_module(f"truthound.sources.{module}"), function
    )
    return opener


__all__ = ["SourceError", "open_source"]
