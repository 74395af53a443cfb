"""Opens local files of every format."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from truthound._internal.text import first_line, plural, shorten
from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.errors import ConfigError, SourceError, TruthoundError
from truthound.sources.base import FrameSource
from truthound.sources.files.file_set import FileSet, find
from truthound.sources.files.union import Part, Rules, unite
from truthound.sources.options import parse_options
from truthound.sources.spec import Spec
from truthound.sources.table import Table, unknown_columns

if TYPE_CHECKING:
    from truthound.sources.files.row_lines import Lines

Explain = Callable[[Exception], SourceError]


class Read(NamedTuple):
    """A table as it is read from files, and how to explain errors in them."""

    frame: pl.LazyFrame
    explain: Explain
    lines: Lines | None = None
    unreadable: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()


_EXTRAS = {"excel": ("fastexcel", "Excel"), "delta": ("deltalake", "Delta")}
_FORMAT_NAMES = {"parquet": "Parquet", "ipc": "Arrow IPC", "excel": "an Excel workbook", "delta": "a Delta table"}


def open_files(spec: Spec, base: Path | None, whole: bool) -> FrameSource:
    """Opens files of one format as one table. Without `whole` only as much is read as is needed to know the columns."""
    found = find(spec.address, base, spec.format)
    if found.format == "json" and found.single and spec.format is None and _is_lines(found.files[0]):
        found = FileSet("ndjson", found.files)
    options = parse_options(found.format, spec.options)
    need_extra(found.format)
    frame, explain, lines, unreadable, notes = read_files(found, options, whole=whole)
    source = FrameSource(
        name=spec.name,
        kind=found.format,
        frame=frame,
        path=found.single,
        explain=_checking_files(explain, found),
        unreadable=unreadable,
        notes=notes,
    )
    if lines and found.single:
        source = replace(source, line_numbers=lines)
    try:
        names = frame.clone().collect_schema().names()
    except ENGINE_ERRORS as error:
        raise source.explain(error) from None
    return projected(source, options.columns, names)


def read_files(found: FileSet, options: Any, *, whole: bool = True) -> Read:
    """The table of files of one format."""
    try:
        if found.format in _TEXT:
            return _TEXT[found.format](found, options, whole)
        return _READERS[found.format](found, options)
    except ENGINE_ERRORS as error:
        if isinstance(error, TruthoundError):
            raise
        raise _checking_files(_explainer(found, _FORMAT_NAMES.get(found.format, found.format)), found)(error) from None


def projected(source: FrameSource, columns: Sequence[str] | None, names: Sequence[str]) -> FrameSource:
    """The source with these columns only."""
    if columns is None:
        return source
    if problems := unknown_columns(columns, names):
        raise ConfigError(f"options.columns: {p}" for p in problems)
    frame = source.frame.select(pl.nth([list(names).index(c) for c in dict.fromkeys(columns)]))
    return replace(source, frame=frame, unreadable={c: r for c, r in source.unreadable.items() if c in columns})


def need_extra(fmt: str) -> None:
    """Raises SourceError if the extra that a format needs is not installed."""
    if fmt in _EXTRAS and importlib.util.find_spec(_EXTRAS[fmt][0]) is None:
        raise SourceError(f"{_EXTRAS[fmt][1]} data need the extra {fmt}: pip install 'truthound[{fmt}]'")


def _checking_files(explain: Explain, found: FileSet) -> Explain:
    """Explains first that a file was removed or became inaccessible, then what is wrong with its content."""

    def explain_error(error: Exception) -> SourceError:
        if isinstance(error, SourceError):
            return error
        for file in found.files:
            if not file.exists():
                return SourceError(f"{file.name} no longer exists; it was deleted or moved while it was read")
            try:
                if file.is_file():
                    file.open("rb").close()
            except OSError as refused:
                return SourceError(f"{file.name} cannot be opened: {(refused.strerror or str(refused)).lower()}")
        return explain(error)

    return explain_error


def _is_lines(path: Path) -> bool:
    from truthound.sources.files import ndjson

    return ndjson.is_lines(path)


def _csv(found: FileSet, options: Any, whole: bool) -> Read:
    from truthound.sources.files import csv_dialect, csv_errors, csv_quotes, csv_reader, row_lines, text_types

    dialect = csv_dialect.common_dialect(found, options)
    try:
        frame, notes = csv_reader.read(found, dialect, whole=whole)
    except (*ENGINE_ERRORS, text_types.MisfitError, csv_quotes.MisquotedError) as error:
        if isinstance(error, ConfigError):
            raise
        raise csv_errors.explain(error, found.files, dialect) from None
    lines = row_lines.csv_lines(found.files[0], dialect)
    return Read(frame, lambda error: csv_errors.explain(error, found.files, dialect), lines, notes=notes)


def _ndjson(found: FileSet, options: Any, whole: bool) -> Read:
    from truthound.sources.files import json_document, ndjson, ndjson_errors, row_lines, text_types

    def explain_error(error: Exception) -> SourceError:
        return ndjson_errors.explain(error, found.files, options)

    line_numbers = (
        None if options.ignore_errors else row_lines.ndjson_lines(found.files[0])
    )  # left-out lines would count
    try:
        read = ndjson.scan(found, options, whole=whole)
        return Read(read.frame, explain_error, line_numbers, read.unreadable)
    except (*ENGINE_ERRORS, text_types.MisfitError) as error:
        if isinstance(error, TruthoundError):
            raise
        if (table := json_document.read_mixed_lines(found.files, options)) is not None:
            return Read(table.frame, explain_error, line_numbers, table.unreadable)
        raise explain_error(error) from None


def _json(found: FileSet, options: Any) -> Read:
    from truthound.sources.files import json_document

    tables = [json_document.read(path, options) for path in found.files]
    parts = [Part(t.frame, dict(t.frame.collect_schema()), path) for t, path in zip(tables, found.files, strict=True)]
    whole = unite(parts, Rules(optional=False))
    unreadable = {
        c: f"{path.name}: {r}" for t, path in zip(tables, found.files, strict=True) for c, r in t.unreadable.items()
    }
    return _with_explainer(whole._replace(unreadable={**whole.unreadable, **unreadable}), found, "JSON")


def _with_explainer(table: Table, found: FileSet, word: str) -> Read:
    return Read(table.frame, _explainer(found, word), unreadable=table.unreadable, notes=table.notes)


def _parquet(found: FileSet, options: Any) -> Read:
    from truthound.sources.files import columnar

    return _with_explainer(columnar.parquet(found, options), found, "Parquet")


def _ipc(found: FileSet, options: Any) -> Read:
    from truthound.sources.files import columnar

    return _with_explainer(columnar.ipc(found, options), found, "Arrow IPC")


def _excel(found: FileSet, options: Any) -> Read:
    from truthound.sources.files.excel import excel

    return _with_explainer(excel(found, options), found, "Excel")


def _delta(found: FileSet, options: Any) -> Read:
    return Read(
        scan_delta(os.fspath(found.files[0]), options.version, found.files[0].name), _explainer(found, "a Delta table")
    )


def scan_delta(address: str, version: int | str | None, name: str) -> pl.LazyFrame:
    """A Delta table, local or remote."""
    try:
        frame = pl.scan_delta(address, version=version)
        frame.clone().collect_schema()
    except Exception as error:  # noqa: BLE001 the reader's errors are known only once it is imported
        raise SourceError(f"{name} cannot be read as a Delta table: {shorten(first_line(error), 300)}") from None
    return frame


def _explainer(found: FileSet, word: str) -> Explain:
    """Names the file that cannot be read, with the engine's message."""

    def explain_error(error: Exception) -> SourceError:
        for path in found.files if found.format in ("parquet", "ipc") else ():
            if path.stat().st_size == 0:
                return SourceError(f"{path.name} is empty (0 bytes), which is not {word}")
            try:
                scan = pl.scan_parquet if found.format == "parquet" else pl.scan_ipc
                scan(path, glob=False).select(pl.all().null_count()).collect(engine="streaming")
            except ENGINE_ERRORS as mine:
                return SourceError(
                    f"{path.name} cannot be read as {word}: {shorten(first_line(mine), 300)}; the file is damaged or of another format"
                )
        name = found.files[0].name if len(found.files) == 1 else plural(len(found.files), "file")
        return SourceError(f"{name} cannot be read as {word}: {shorten(first_line(error), 300)}")

    return explain_error


_TEXT: dict[str, Callable[[FileSet, Any, bool], Read]] = {"csv": _csv, "ndjson": _ndjson}
_READERS: dict[str, Callable[[FileSet, Any], Read]] = {
    "json": _json, "parquet": _parquet, "ipc": _ipc, "excel": _excel, "delta": _delta,
}  # fmt: skip
