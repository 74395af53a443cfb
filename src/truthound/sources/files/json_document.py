"""JSON documents, and NDJSON of mixed types: read as Python objects, column by column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from truthound._internal.text import cell, first_line, shorten
from truthound.errors import ConfigError, SourceError
from truthound.sources import base
from truthound.sources.dtypes import polars_type, type_word
from truthound.sources.files.lines import DecodeFailure, lines, unpacked_size
from truthound.sources.files.ndjson import by_text, check_start
from truthound.sources.files.text_types import MisfitError, convert_text
from truthound.sources.memory.python_values import UnreadableError, column_of
from truthound.sources.table import Table, assembled, unknown_columns


def read(path: Path, options: Any) -> Table:
    """A JSON document: a list of objects, or one object. A column whose values no type represents is unreadable."""
    check_start(path)
    try:
        text = "".join(lines(path))
    except DecodeFailure as stop:
        raise SourceError(f"{path.name}:{stop.line}:{stop.column}: {stop.problem}") from None
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(f"{path.name}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise SourceError(f"{path.name} is nested too deeply to be a table") from None
    rows = document if isinstance(document, list) else [document]
    wrong = next((i for i, row in enumerate(rows) if not isinstance(row, dict)), None)
    if wrong is not None:
        raise SourceError(
            f"{path.name}: item {wrong + 1} is not an object but {cell(json.dumps(rows[wrong]))}; a table is a list of objects"
        )
    if not rows:
        raise SourceError(f"{path.name} is an empty list, which has no columns")
    if not rows[0] and not any(rows):
        raise SourceError(f"{path.name} has no columns: its objects are empty")
    return _table(rows, options)


def read_mixed_lines(files: Sequence[Path], options: Any) -> Table | None:
    """NDJSON files with a column whose values no type represents: that column is unreadable.

    None if something else is wrong with them, or they are too large to be read as Python objects.
    """
    if options.ignore_errors or options.infer_schema_length is not None:
        return None
    if sum(unpacked_size(p) for p in files) > base.PARSED_ONCE:
        return None
    try:
        rows = [json.loads(line) for path in files for line in lines(path) if line.strip()]
    except (ValueError, RecursionError, OSError, DecodeFailure):
        return None
    return _table(rows, options) if all(isinstance(row, dict) for row in rows) else None


def _table(rows: Sequence[Mapping[str, Any]], options: Any) -> Table:
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    names = dict.fromkeys(n for row in rows for n in row)
    if unknown := unknown_columns(overrides, names):
        raise ConfigError(f"options.schema_overrides: {u}" for u in unknown)
    return assembled({n: _column(n, [row.get(n) for row in rows], overrides.get(n)) for n in names}, len(rows))


def _column(name: str, values: list[Any], wanted: pl.DataType | None) -> pl.Series | str:
    """A column of a document, or the reason why it cannot be read. Text among numbers makes the column text."""
    if wanted == pl.String:
        values = [as_text(v) for v in values]
    hint = f"give it one type, or set options.schema_overrides: {{{name}: string}}"
    if problem := _mixed_kinds([{name: v} for v in values]):
        return f"{problem}; {hint}"
    failed: Exception
    if wanted is None:
        try:
            return column_of(name, values)
        except UnreadableError as error:
            failed = error
    elif by_text(wanted):
        try:
            return convert_text(pl.Series(name, [as_text(v) for v in values], dtype=pl.String), wanted)
        except MisfitError as error:
            return f'it holds "{cell(error.text)}", which is not {with_article(type_word(wanted))}'
    try:
        schema = None if wanted is None else {name: wanted}
        made = pl.DataFrame([{name: v} for v in values], schema_overrides=schema, infer_schema_length=None)[name]
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        failed = failed if wanted is None else error
    else:
        if wanted is not None or "String" in str(made.dtype):
            return made
    return (
        f"it {str(failed).removesuffix('; give it one type')}; {hint}"
        if wanted is None
        else shorten(first_line(failed), 300)
    )


def as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def with_article(word: str) -> str:
    return f"{'an' if word[0] in 'ai' else 'a'} {word}"


def _mixed_kinds(rows: Iterable[Mapping[str, Any]], path: str = "") -> str | None:
    """A message about the first column whose values no type represents: objects or lists among others, booleans among numbers.

    The engine would silently turn some of them into null, or 1.
    """
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                columns.setdefault(name, []).append(value)
    for name, found in columns.items():
        values = found
        at = f"{path}.{name}" if path else str(name)
        while values and all(isinstance(v, list) for v in values):
            values = [item for v in values for item in v if item is not None]
        kinds = {_kind(v) for v in values}
        if len(kinds) > 1 and (kinds & {"object", "list"} or kinds >= {"boolean", "number"}):
            return f'column "{at}" holds {" and ".join(sorted(kinds))}'
        if kinds == {"object"} and (problem := _mixed_kinds(values, at)):
            return problem
    return None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "object" if isinstance(value, Mapping) else "list" if isinstance(value, list) else "value"
