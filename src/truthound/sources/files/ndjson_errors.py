"""Why NDJSON does not parse: the file, the line, the column, the text, and the option that would help."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from truthound._internal.text import cell, first_line, shorten
from truthound.errors import SourceError
from truthound.sources.dtypes import polars_type, type_word
from truthound.sources.files.json_document import as_text, with_article
from truthound.sources.files.lines import DecodeFailure, lines
from truthound.sources.files.ndjson import by_text
from truthound.sources.files.text_types import MisfitError, convert_text

_TYPED_ROWS = (10_000, 100, 1)
"""rows whose types later values are compared with; fewer if these differ among themselves"""


def explain(error: Exception, files: Sequence[Path], options: Any) -> SourceError:
    """An error about the first line that is not an object, or has a value of another type than its column."""
    schema, overrides = _first_types(files, options), frozenset(options.schema_overrides)
    for path in files:
        number = 0
        try:
            for number, line in enumerate(lines(path), 1):
                if line.strip() and (problem := _problem_of(line.strip("\r\n"), schema, overrides)):
                    return SourceError(f"{path.name}:{number}:{problem}")
        except DecodeFailure as stop:
            return SourceError(f"{path.name}:{stop.line}:{stop.column}: {stop.problem}; save it as UTF-8")
        except RecursionError:
            return SourceError(f"{path.name}:{number}: the object is nested too deeply")
        except OSError as gone:
            return SourceError(f"{path.name} cannot be read: {gone.strerror or gone}")
    return SourceError(f"{files[0].name} cannot be read: {shorten(first_line(error), 300)}")


def _first_types(files: Sequence[Path], options: Any) -> pl.Schema:
    """The types of the first rows."""
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    given = options.infer_schema_length
    for length in [given] if given else _TYPED_ROWS:
        with contextlib.suppress(pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):  # fewer rows may do
            first = pl.scan_ndjson(list(files), infer_schema_length=length, schema_overrides=overrides or None)
            return first.collect_schema()
    return pl.Schema(overrides)


def _problem_of(line: str, schema: pl.Schema, overrides: Collection[str]) -> str | None:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        near = cell(line[max(error.pos - 1, 0) : error.pos + 20])
        return f'{error.colno}: not JSON: {error.msg} near "{near}"; options.ignore_errors: true leaves such lines out'
    if not isinstance(row, dict):
        return f'1: "{cell(line)}" is not an object; each line is one: {{"name": value}}'
    for name, value in row.items():
        dtype = schema.get(name)
        if dtype is None or value is None or _fits(value, dtype, asked=name in overrides):
            continue
        at = re.search(re.escape(json.dumps(name, ensure_ascii=False)) + r"\s*:\s*", line)
        wanted = "float64" if isinstance(value, float) and dtype.is_integer() else "string"
        return (
            f'{at.end() + 1 if at else 1}: "{cell(value)}" is not {with_article(type_word(dtype))} (column "{cell(name)}"); '
            f"set options.schema_overrides: {{{json.dumps(name, ensure_ascii=False)}: {wanted}}}"
        )
    return None


def _fits(value: Any, dtype: pl.DataType, *, asked: bool) -> bool:
    if asked and by_text(dtype):
        try:
            convert_text(pl.Series([as_text(value)]), dtype)
        except MisfitError:
            return False
        return True
    if dtype.is_integer():
        return isinstance(value, int) and not isinstance(value, bool) and -(2**127) <= value < 2**127
    if dtype.is_float():
        return isinstance(value, int | float) and not isinstance(value, bool)
    if dtype == pl.Boolean:
        return isinstance(value, bool)
    if isinstance(dtype, pl.List):
        return not isinstance(value, dict | str)
    if isinstance(dtype, pl.Struct):
        return isinstance(value, dict)
    return True
