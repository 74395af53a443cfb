"""NDJSON and JSON: what they are told apart by, and why a line does not parse."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from truthound._internal.text import cell, first_line, shorten
from truthound.errors import ConfigError, SourceError
from truthound.sources import base
from truthound.sources.dtypes import polars_type, type_word
from truthound.sources.files.file_set import FileSet, foreign
from truthound.sources.files.lines import DecodeFailure, lines, plain, start, transcoded, unpacked_size
from truthound.sources.files.text_types import MisfitError, as_asked
from truthound.sources.memory.frames import clash, unknown_columns
from truthound.sources.memory.python_values import MIXED, WHOLE, Table, UnreadableError, assembled, column_of
from truthound.sources.temporary import materialize

SAMPLE = 100_000
"""rows that columns and types are first learned from"""
_SHOWN = (10_000, 100, 1)
"""rows whose types a later value is held against, fewer where these differ among themselves"""
_BOM = b"\xef\xbb\xbf"


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


def scan(found: FileSet, options: Any, *, whole: bool) -> Table:
    """Files with an object a line, read whole, so that what a query leaves out is no less well-formed; or lazy, without `whole`."""
    with contextlib.ExitStack() as stack:  # the engine keeps descriptors of its own
        marked = [_text(p).startswith(_BOM) for p in found.files]
        sources: list[Any] = [
            stack.enter_context(transcoded(p, "utf-8")) if bom else p
            for p, bom in zip(found.files, marked, strict=True)
        ]
        if not whole:
            return Table(_lazy(sources, options, options.infer_schema_length or SAMPLE), {})
        table = _read_whole(found.files, sources, options)
        return _without(table, _rounded(table, sources, options))


def _read_whole(files: Sequence[Path], sources: list[Any], options: Any) -> pl.LazyFrame:
    size = sum(unpacked_size(p) for p in files)
    if options.infer_schema_length is not None:
        return _settled(sources, size, options, options.infer_schema_length)
    table = None
    with contextlib.suppress(pl.exceptions.PolarsError, pl.exceptions.PanicException):  # other types come later
        table = _settled(sources, size, options, SAMPLE)
    if table is not None and _complete(files, table, SAMPLE):
        return table
    return _settled(sources, size, options, None)


def _rounded(table: pl.LazyFrame, sources: list[Any], options: Any) -> dict[str, str]:
    """Columns read as floats that hold integers which a float rounds, and why they are unreadable."""
    floats = [
        (i, n)
        for i, (n, t) in enumerate(table.collect_schema().items())
        if t == pl.Float64 and n not in options.schema_overrides
    ]
    if not floats:
        return {}
    most = table.select(pl.nth(i).abs().max().alias(n) for i, n in floats).collect(engine="streaming").row(0)
    out = {}
    for (_, name), largest in zip(floats, most, strict=True):
        if largest is None or largest < WHOLE:
            continue
        text = pl.scan_ndjson(sources, schema={name: pl.String}, ignore_errors=options.ignore_errors).select(
            pl.nth(0).str.extract(r"^-?\d{16,}$", 0).alias("t")
        )
        exact, read = pl.col("t").cast(pl.Int128, strict=False), pl.col("t").cast(pl.Float64)
        if text.select((exact != read.cast(pl.Int128, strict=False)).any()).collect(engine="streaming").item():
            out[name] = f"it {MIXED}, or set options.schema_overrides: {{{name}: string}}"
    return out


def _without(table: pl.LazyFrame, unreadable: dict[str, str]) -> Table:
    return Table(table.with_columns(pl.lit(None).alias(n) for n in unreadable) if unreadable else table, unreadable)


def _settled(sources: list[Any], size: int, options: Any, length: int | None) -> pl.LazyFrame:
    stopped: list[MisfitError] = []
    try:
        table = _lazy(sources, options, length, stopped)
        return materialize(table, size, limit=base.PARSED_ONCE, compression="uncompressed")
    except pl.exceptions.PolarsError:
        if stopped:  # what the engine makes of it has lost its type
            raise stopped[0] from None
        raise


def _lazy(
    sources: list[Any], options: Any, length: int | None, stopped: list[MisfitError] | None = None
) -> pl.LazyFrame:
    """The table, of the columns and types that so many rows show. What is not of a type that is asked for is kept in `stopped`."""
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    # by way of text, as the engine would cut what does not fit
    types = {n: pl.String() if _by_text(t) else t for n, t in overrides.items()}
    frame = _known(
        pl.scan_ndjson(
            sources, infer_schema_length=length, schema_overrides=types or None, ignore_errors=options.ignore_errors
        ),
        overrides,
    )
    asked = {n: t for n, t in overrides.items() if _by_text(t)}
    if not asked:
        return frame
    schema = dict(frame.collect_schema())

    def batch(text: pl.DataFrame) -> pl.DataFrame:
        try:
            return text.with_columns(as_asked(text[n], t, lenient=options.ignore_errors) for n, t in asked.items())
        except MisfitError as error:
            if stopped is not None:
                stopped.append(error)
            raise

    return frame.map_batches(batch, schema=schema | asked, streamable=True)


def _by_text(dtype: pl.DataType) -> bool:
    """Whether values become a type by way of their text."""
    return not isinstance(dtype, pl.String | pl.Binary | pl.Duration | pl.Categorical)


def _complete(files: Sequence[Path], table: pl.LazyFrame, length: int) -> bool:
    """Whether the table has every field of the files: each colon stands behind the name of one, or in a text.

    Learning the columns from all rows takes twice as long as reading them; this is a tenth of that.
    """
    if table.select(pl.len()).collect().item() <= length:
        return True
    fields = [(pl.nth(i), n, t) for i, (n, t) in enumerate(table.collect_schema().items())]
    nulls = table.select(pl.sum_horizontal(pl.all().null_count().cast(pl.Int64))).collect(engine="streaming").item()
    wanted = _summed(table, fields, ":")
    for text in (":null", ": null") if nulls else ():
        wanted += sum(_count(path, text.encode()) for path in files) - _summed(table, fields, text)
    return sum(_count(path, b":") for path in files) == wanted


def _count(path: Path, text: bytes) -> int:
    """How often a file holds a text."""
    seen, end = 0, b""
    with plain(path) as file:
        while block := file.read(1 << 20):
            seen += (end + block).count(text)
            end = block[1 - len(text) :] if len(text) > 1 else b""  # too short to hold it once more
    return seen


def _summed(table: pl.LazyFrame, fields: Iterable[tuple[pl.Expr, str, Any]], text: str) -> int:
    counts = [c.sum().cast(pl.Int64).alias(str(i)) for i, c in enumerate(_written(fields, text))]
    return sum(table.select(counts).collect(engine="streaming").row(0)) if counts else 0


def _written(fields: Iterable[tuple[pl.Expr, str, Any]], text: str) -> Iterator[pl.Expr]:
    """How often a text stands in each string, and a colon behind a name."""
    for column, name, dtype in fields:
        value, inner = column, dtype
        if text == ":":
            yield column.is_not_null() * (1 + name.count(":"))
        while isinstance(inner, pl.List):
            value, inner = value.explode(), inner.inner
        if isinstance(inner, pl.String):
            yield value.str.count_matches(text, literal=True)
        elif isinstance(inner, pl.Struct):
            yield from _written([(value.struct.field(f.name), f.name, f.dtype) for f in inner.fields], text)


def read(path: Path, options: Any) -> Table:
    """A JSON document: a list of objects, or one object. A column that no type holds is unreadable."""
    _text(path)
    try:
        text = "".join(lines(path))
    except DecodeFailure as stop:
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
    return _table(rows, options)


def mixed(files: Sequence[Path], options: Any) -> Table | None:
    """Files with an object a line of which a column holds what no one type holds: that column is unreadable.

    None where something else is wrong with them, or they are too large to be looked at as objects of Python.
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
    """A column of a document, or why it cannot be read. Text beside numbers makes all of it text."""
    if wanted == pl.String:
        values = [_as_text(v) for v in values]
    helped = f"give it one type, or set options.schema_overrides: {{{name}: string}}"
    if told := clash([{name: v} for v in values]):
        return f"{told}; {helped}"
    failed: Exception
    if wanted is None:
        try:
            return column_of(name, values)
        except UnreadableError as error:
            failed = error
    elif _by_text(wanted):
        try:
            return as_asked(pl.Series(name, [_as_text(v) for v in values], dtype=pl.String), wanted)
        except MisfitError as error:
            return f'it holds "{cell(error.text)}", which is not {_article(type_word(wanted))}'
    try:
        schema = None if wanted is None else {name: wanted}
        made = pl.DataFrame([{name: v} for v in values], schema_overrides=schema, infer_schema_length=None)[name]
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        failed = failed if wanted is None else error
    else:
        if wanted is not None or "String" in str(made.dtype):
            return made
    return (
        f"it {str(failed).removesuffix('; give it one type')}; {helped}"
        if wanted is None
        else shorten(first_line(failed), 300)
    )


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _known(frame: pl.LazyFrame, overrides: dict[str, pl.DataType]) -> pl.LazyFrame:
    if overrides and (problems := unknown_columns(overrides, frame.collect_schema().names())):
        raise ConfigError(f"options.schema_overrides: {p}" for p in problems)
    return frame


def explain(error: Exception, files: Sequence[Path], options: Any) -> SourceError:
    """The first line that is not an object, or whose value has another type than its column."""
    schema, overrides = _first_types(files, options), frozenset(options.schema_overrides)
    for path in files:
        number = 0
        try:
            for number, line in enumerate(lines(path), 1):
                if line.strip() and (told := _wrong(line.strip("\r\n"), schema, overrides)):
                    return SourceError(f"{path.name}:{number}:{told}")
        except DecodeFailure as stop:
            return SourceError(f"{path.name}:{stop.line}:{stop.column}: {stop.told}; save it as UTF-8")
        except RecursionError:
            return SourceError(f"{path.name}:{number}: the object is nested too deeply")
        except OSError as gone:
            return SourceError(f"{path.name} cannot be read: {gone.strerror or gone}")
    return SourceError(f"{files[0].name} cannot be read: {shorten(first_line(error), 300)}")


def _first_types(files: Sequence[Path], options: Any) -> pl.Schema:
    """The types that the first rows show."""
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    given = options.infer_schema_length
    for length in [given] if given else _SHOWN:
        with contextlib.suppress(pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):  # fewer rows may do
            first = pl.scan_ndjson(list(files), infer_schema_length=length, schema_overrides=overrides or None)
            return first.collect_schema()
    return pl.Schema(overrides)


def _wrong(line: str, schema: pl.Schema, overrides: Collection[str]) -> str | None:
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
            f'{at.end() + 1 if at else 1}: "{cell(value)}" is not {_article(type_word(dtype))} (column "{cell(name)}"); '
            f"set options.schema_overrides: {{{json.dumps(name, ensure_ascii=False)}: {wanted}}}"
        )
    return None


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'ai' else 'a'} {word}"


def _fits(value: Any, dtype: pl.DataType, *, asked: bool) -> bool:
    if asked and _by_text(dtype):
        try:
            as_asked(pl.Series([_as_text(value)]), dtype)
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
