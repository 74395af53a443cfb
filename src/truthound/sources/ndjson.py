"""NDJSON and JSON: what they are told apart by, and why a line does not parse."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from truthound.errors import ConfigError, SourceError
from truthound.sources.dtypes import polars_type, type_word
from truthound.sources.files import Found, foreign
from truthound.sources.lines import Unreadable, lines, start, transcoded
from truthound.sources.memory import clash, unknown_columns
from truthound.text import brief, cell, shorten

_BOM = b"\xef\xbb\xbf"
SMALL = 256 * 1024 * 1024
"""a file of so many bytes is looked at whole before its columns are settled"""


def is_lines(path: Path) -> bool:
    """Whether a `.json` file holds an object a line."""
    rows = [row for row in start(path).decode("utf-8", "replace").removeprefix("\ufeff").split("\n") if row.strip()]
    if len(rows) < 2:
        return False
    try:
        return isinstance(json.loads(rows[0]), dict)
    except ValueError:
        return False


def _text(path: Path) -> bytes:
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty (0 bytes)")
    first = start(path)
    if told := foreign(path.name, first):
        raise SourceError(told.replace("; set options.encoding: utf-16", "; save it as UTF-8"))
    if not first.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SourceError(f"{path.name} is empty: it holds only blank lines")
    return first


def scan(found: Found, options: Any) -> pl.LazyFrame:
    """Files with an object a line, as one lazy frame."""
    with contextlib.ExitStack() as stack:  # the engine keeps descriptors of its own
        marked = [_text(p).startswith(_BOM) for p in found.files]
        sources: list[Any] = [
            stack.enter_context(transcoded(p, "utf-8")) if bom else p
            for p, bom in zip(found.files, marked, strict=True)
        ]
        return _scan(sources, sum(p.stat().st_size for p in found.files), options)


def _scan(sources: list[Any], size: int, options: Any) -> pl.LazyFrame:
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    small = "infer_schema_length" not in options.model_fields_set and size <= SMALL
    length = None if small else options.infer_schema_length
    frame = pl.scan_ndjson(
        sources, infer_schema_length=length, schema_overrides=overrides or None, ignore_errors=options.ignore_errors
    )
    return _known(frame, overrides)


def read(path: Path, options: Any) -> pl.LazyFrame:
    """A JSON document: a list of objects, or one object."""
    _text(path)
    try:
        text = "".join(lines(path))
    except Unreadable as stop:
        raise SourceError(f"{path.name}:{stop.line}:{stop.column}: {stop.told}") from None
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
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    texts = [n for n, t in overrides.items() if t == pl.String]
    rows = [row | {n: _as_text(row[n]) for n in texts if n in row} for row in rows] if texts else rows
    if told := clash(rows):
        raise SourceError(f"{path.name}: {told}; give it one type, or set options.schema_overrides for it: string")
    try:
        frame = pl.DataFrame(rows, schema_overrides=overrides or None, infer_schema_length=None).lazy()
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        raise SourceError(f"{path.name}: {shorten(brief(error), 300)}") from None
    return _known(frame, overrides)


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _known(frame: pl.LazyFrame, overrides: dict[str, pl.DataType]) -> pl.LazyFrame:
    if overrides and (problems := unknown_columns(overrides, frame.collect_schema().names())):
        raise ConfigError(f"options.schema_overrides: {p}" for p in problems)
    return frame


def explain(error: Exception, files: Sequence[Path], schema: pl.Schema) -> SourceError:
    """The first line that is not an object, or whose value has another type than its column."""
    for path in files:
        number = 0
        try:
            for number, line in enumerate(lines(path), 1):
                if line.strip() and (told := _wrong(line.strip("\r\n"), schema)):
                    return SourceError(f"{path.name}:{number}:{told}")
        except Unreadable as stop:
            return SourceError(f"{path.name}:{stop.line}:{stop.column}: {stop.told}; save it as UTF-8")
        except RecursionError:
            return SourceError(f"{path.name}:{number}: the object is nested too deeply")
        except OSError as gone:
            return SourceError(f"{path.name} cannot be read: {gone.strerror or gone}")
    return SourceError(f"{files[0].name} cannot be read: {shorten(brief(error), 300)}")


def _wrong(line: str, schema: pl.Schema) -> str | None:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        near = cell(line[max(error.pos - 1, 0) : error.pos + 20])
        return f'{error.colno}: not JSON: {error.msg} near "{near}"; options.ignore_errors: true leaves such lines out'
    if not isinstance(row, dict):
        return f'1: "{cell(line)}" is not an object; each line is one: {{"name": value}}'
    for name, value in row.items():
        dtype = schema.get(name)
        if dtype is None or value is None or _fits(value, dtype):
            continue
        at = re.search(re.escape(json.dumps(name, ensure_ascii=False)) + r"\s*:\s*", line)
        word = type_word(dtype)
        article = "an" if word[0] in "ai" else "a"
        wanted = "float64" if isinstance(value, float) and dtype.is_integer() else "string"
        return (
            f'{at.end() + 1 if at else 1}: "{cell(value)}" is not {article} {word} (column "{cell(name)}"); '
            f"set options.schema_overrides: {{{json.dumps(name, ensure_ascii=False)}: {wanted}}}"
        )
    return None


def _fits(value: Any, dtype: pl.DataType) -> bool:
    if dtype.is_integer():
        return isinstance(value, bool | int) and -(2**63) <= value < 2**64
    if dtype.is_float():
        return isinstance(value, int | float)
    if dtype == pl.Boolean:
        return isinstance(value, bool)
    if isinstance(dtype, pl.List):
        return not isinstance(value, dict | str)
    if isinstance(dtype, pl.Struct):
        return isinstance(value, dict)
    return True
