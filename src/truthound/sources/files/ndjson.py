"""Reads NDJSON: files with an object on each line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from truthound.errors import ConfigError, SourceError
from truthound.sources import base
from truthound.sources.dtypes import FLOAT_INTEGERS, polars_type
from truthound.sources.files.file_set import FileSet, describe_non_text
from truthound.sources.files.lines import decompressed, start, transcoded, unpacked_size
from truthound.sources.files.text_types import MisfitError, convert_text
from truthound.sources.memory.python_values import MIXED
from truthound.sources.table import Table, unknown_columns
from truthound.sources.temporary import materialize

SAMPLE = 100_000
"""rows from which columns and types are first inferred"""
_BOM = b"\xef\xbb\xbf"


def is_lines(path: Path) -> bool:
    """Whether a `.json` file contains an object per line."""
    rows = [row for row in start(path).decode("utf-8", "replace").removeprefix("\ufeff").split("\n") if row.strip()]
    if len(rows) < 2:
        return False
    try:
        return isinstance(json.loads(rows[0]), dict)
    except ValueError:
        return False


def check_start(path: Path) -> bytes:
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty (0 bytes)")
    first = start(path)
    if problem := describe_non_text(path.name, first):
        raise SourceError(problem.replace("; set options.encoding: utf-16", "; save it as UTF-8"))
    if not first.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SourceError(f"{path.name} is empty: it holds only blank lines")
    return first


def scan(found: FileSet, options: Any, *, whole: bool) -> Table:
    """NDJSON files, read completely, so that errors in every field are found; lazy without `whole`."""
    with contextlib.ExitStack() as stack:  # the engine keeps descriptors of its own
        marked = [check_start(p).startswith(_BOM) for p in found.files]
        sources: list[Any] = [
            stack.enter_context(transcoded(p, "utf-8")) if bom else p
            for p, bom in zip(found.files, marked, strict=True)
        ]
        if not whole:
            return Table(_lazy(sources, options, options.infer_schema_length or SAMPLE), {})
        table = _read_whole(found.files, sources, options)
        return _without_columns(table, _rounded(table, sources, options))


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
    """Columns read as floats that contain integers which a float rounds, with the reason why they are unreadable."""
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
        if largest is None or largest < FLOAT_INTEGERS:
            continue
        text = pl.scan_ndjson(sources, schema={name: pl.String}, ignore_errors=options.ignore_errors).select(
            pl.nth(0).str.extract(r"^-?\d{16,}$", 0).alias("t")
        )
        exact, read = pl.col("t").cast(pl.Int128, strict=False), pl.col("t").cast(pl.Float64)
        if text.select((exact != read.cast(pl.Int128, strict=False)).any()).collect(engine="streaming").item():
            out[name] = f"it {MIXED}, or set options.schema_overrides: {{{name}: string}}"
    return out


def _without_columns(table: pl.LazyFrame, unreadable: dict[str, str]) -> Table:
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
    """The table, with the columns and types of the first `length` rows. A value that is not of a requested type is appended to `stopped`."""
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    # by way of text, because the engine would truncate values that do not fit
    types = {n: pl.String() if by_text(t) else t for n, t in overrides.items()}
    frame = _check_names(
        pl.scan_ndjson(
            sources, infer_schema_length=length, schema_overrides=types or None, ignore_errors=options.ignore_errors
        ),
        overrides,
    )
    asked = {n: t for n, t in overrides.items() if by_text(t)}
    if not asked:
        return frame
    schema = dict(frame.collect_schema())

    def batch(text: pl.DataFrame) -> pl.DataFrame:
        try:
            return text.with_columns(convert_text(text[n], t, lenient=options.ignore_errors) for n, t in asked.items())
        except MisfitError as error:
            if stopped is not None:
                stopped.append(error)
            raise

    return frame.map_batches(batch, schema=schema | asked, streamable=True)


def by_text(dtype: pl.DataType) -> bool:
    """Whether values are converted to a type by way of their text."""
    return not isinstance(dtype, pl.String | pl.Binary | pl.Duration | pl.Categorical)


def _complete(files: Sequence[Path], table: pl.LazyFrame, length: int) -> bool:
    """Whether the table has every field of the files: each colon follows the name of one, or is in a text.

    Inferring the columns from all rows takes twice as long as reading them; this takes a tenth of that.
    """
    if table.select(pl.len()).collect().item() <= length:
        return True
    fields = [(pl.nth(i), n, t) for i, (n, t) in enumerate(table.collect_schema().items())]
    nulls = table.select(pl.sum_horizontal(pl.all().null_count().cast(pl.Int64))).collect(engine="streaming").item()
    wanted = _total(table, fields, ":")
    for text in (":null", ": null") if nulls else ():
        wanted += sum(_count(path, text.encode()) for path in files) - _total(table, fields, text)
    return sum(_count(path, b":") for path in files) == wanted


def _count(path: Path, text: bytes) -> int:
    """How often a text occurs in a file."""
    seen, end = 0, b""
    with decompressed(path) as file:
        while block := file.read(1 << 20):
            seen += (end + block).count(text)
            end = block[1 - len(text) :] if len(text) > 1 else b""  # too short to contain it again
    return seen


def _total(table: pl.LazyFrame, fields: Iterable[tuple[pl.Expr, str, Any]], text: str) -> int:
    counts = [c.sum().cast(pl.Int64).alias(str(i)) for i, c in enumerate(_occurrences(fields, text))]
    return sum(table.select(counts).collect(engine="streaming").row(0)) if counts else 0


def _occurrences(fields: Iterable[tuple[pl.Expr, str, Any]], text: str) -> Iterator[pl.Expr]:
    """How often a text occurs in each string, and a colon after a name."""
    for column, name, dtype in fields:
        value, inner = column, dtype
        if text == ":":
            yield column.is_not_null() * (1 + name.count(":"))
        while isinstance(inner, pl.List):
            value, inner = value.explode(), inner.inner
        if isinstance(inner, pl.String):
            yield value.str.count_matches(text, literal=True)
        elif isinstance(inner, pl.Struct):
            yield from _occurrences([(value.struct.field(f.name), f.name, f.dtype) for f in inner.fields], text)


def _check_names(frame: pl.LazyFrame, overrides: dict[str, pl.DataType]) -> pl.LazyFrame:
    if overrides and (problems := unknown_columns(overrides, frame.collect_schema().names())):
        raise ConfigError(f"options.schema_overrides: {p}" for p in problems)
    return frame
