"""Excel workbooks: one sheet of each, every column in the type of its cells."""

from __future__ import annotations

import datetime as dt
import importlib.util
import logging
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from truthound._internal.text import first_line, plural, shorten
from truthound.errors import ConfigError, SourceError, TruthoundError
from truthound.sources.dtypes import FLOAT_INTEGERS, polars_type
from truthound.sources.files.file_set import FileSet
from truthound.sources.files.union import Part, Rules, unite
from truthound.sources.table import Table, unknown_columns

if TYPE_CHECKING:
    from fastexcel import ExcelSheet

_NO_DAY = (dt.date(1899, 12, 30), dt.date(1899, 12, 31), dt.date(1904, 1, 1))
"""days before the first one of a workbook: such a cell is a time of day"""
_UNNAMED = "__UNNAMED__"


def excel(found: FileSet, options: Any) -> Table:
    """A sheet of each workbook as one table."""
    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it warns of columns without values
    parts, notes = [], []
    for path in found.files:
        if path.stat().st_size == 0:
            raise SourceError(f"{path.name} is empty (0 bytes)")
        try:
            frame, faulty = _sheet(path, options)
        except TruthoundError:
            raise
        except Exception as error:  # noqa: BLE001 the reader's errors are known only once it is imported
            raise SourceError(f"{path.name} cannot be read as Excel: {shorten(first_line(error), 300)}") from None
        notes += [*_titled(frame, path, options), *_faulty(faulty, path)]
        parts.append(Part(frame.lazy(), dict(frame.schema), path))
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    table = unite(parts, Rules(options.missing_columns, options.extra_columns, overrides))
    return table._replace(notes=tuple(notes))


def _sheet(path: Path, options: Any) -> tuple[pl.DataFrame, dict[str, int]]:
    """The cells of a sheet, and the number of error cells by column."""
    import fastexcel

    book = fastexcel.read_excel(os.fspath(path))
    name = _name(book.sheet_names, path, options.sheet)
    row = _header_row(options)
    place: dict[str, Any] = {"header_row": row, "schema_sample_rows": None}
    if row is None and options.skip_rows:
        place["skip_rows"] = options.skip_rows
    try:
        sheet = book.load_sheet(name, **place)
    except fastexcel.InvalidParametersError:  # more rows are skipped than there are
        raise _beyond(book, name, path) from None
    names = [c.name for c in sheet.available_columns()]
    if not names and (row or options.skip_rows):
        raise _beyond(book, name, path)
    if not names:
        raise SourceError(f"{path.name}: the sheet is empty; set options.sheet to the name of one with data")
    if row and all(n.startswith(_UNNAMED) for n in names):
        raise SourceError(
            f'{path.name}: row {row + 1} of the sheet "{name}" is empty; set options.header_row to that of the header'
        )
    if unknown := unknown_columns(options.schema_overrides, names):
        raise ConfigError(f"options.schema_overrides: {u}" for u in unknown)
    texts = {n for n, t in options.schema_overrides.items() if polars_type(t) == pl.String}
    texts |= _mixed(book, name, place, sheet)
    if texts:
        sheet = book.load_sheet(name, **place, dtypes=dict.fromkeys(texts, "string"))
    frame, faulty = _cells(sheet)
    return _refined(frame), faulty


def _cells(sheet: ExcelSheet) -> tuple[pl.DataFrame, dict[str, int]]:
    if importlib.util.find_spec("pyarrow") is None or not hasattr(sheet, "to_arrow_with_errors"):
        return sheet.to_polars(), {}
    batch, errors = sheet.to_arrow_with_errors()
    frame = pl.DataFrame(batch)
    return frame, Counter(frame.columns[e.offset_position[1]] for e in errors.errors) if errors else {}


def _name(names: list[str], path: Path, wanted: str | int | None) -> str:
    if isinstance(wanted, str):
        if wanted not in names:
            raise ConfigError(f'options.sheet: {path.name} has no sheet "{wanted}"; it has {", ".join(names[:10])}')
        return wanted
    if wanted is not None and wanted > len(names):
        raise ConfigError(f"options.sheet: {path.name} has {plural(len(names), 'sheet')}, no number {wanted}")
    return names[(wanted or 1) - 1]


def _header_row(options: Any) -> int | None:
    """The row of the header, from 0."""
    if not options.has_header:
        return None
    return int(options.skip_rows if options.header_row is None else options.header_row - 1)


def _beyond(book: Any, name: str, path: Path) -> SourceError:
    rows = book.load_sheet(name, header_row=None, skip_rows=0).total_height
    return SourceError(
        f'{path.name}: the sheet "{name}" has {plural(rows, "row")}; options.header_row and options.skip_rows lead beyond them'
    )


def _mixed(book: Any, name: str, place: Mapping[str, Any], sheet: ExcelSheet) -> set[str]:
    """Columns with cells of several kinds, such as booleans among numbers, which the reader would convert to numbers."""
    import fastexcel

    def strict(**columns: Any) -> bool:
        try:
            book.load_sheet(name, **place, **columns, dtype_coercion="strict")
        except fastexcel.UnsupportedColumnTypeCombinationError:
            return False
        return True

    if strict():
        return set()
    others = [c for c in sheet.available_columns() if c.dtype != "string"]
    return {c.name for c in others if not strict(use_columns=[c.index])}


def _refined(frame: pl.DataFrame) -> pl.DataFrame:
    """Recognizes integers, dates and times of day: a sheet stores only floats and timestamps."""
    tests: list[tuple[int, pl.Expr, pl.Expr]] = []
    for i, dtype in enumerate(frame.dtypes):
        c = pl.nth(i)
        if dtype.is_float():
            tests.append((i, (c == c.floor()) & (c.abs() <= FLOAT_INTEGERS), c.cast(pl.Int64, strict=False)))
        elif isinstance(dtype, pl.Datetime):
            tests.append((i, c.dt.date().is_in(_NO_DAY), c.dt.time()))
            tests.append((i, c.dt.time() == dt.time(), c.dt.date()))
    if not tests or not frame.height:
        return frame
    holds = frame.select(test.all().alias(str(k)) for k, (_, test, _) in enumerate(tests)).row(0)
    some = frame.select(pl.all().count()).row(0)
    casts: dict[int, pl.Expr] = {}
    for (i, _, cast), ok in zip(tests, holds, strict=True):
        if ok and some[i]:
            casts.setdefault(i, cast)
    return frame.with_columns(casts.values())


def _faulty(cells: Mapping[str, int], path: Path) -> list[str]:
    """Notes about cells with errors (#DIV/0!, #N/A), which are null."""
    return [
        f'{path.name}: column "{c}" has {plural(n, "cell")} with an error such as #N/A, read as null'
        for c, n in cells.items()
    ]


def _titled(frame: pl.DataFrame, path: Path, options: Any) -> list[str]:
    """A note if the header names the first column and less than half of the others, as a title does."""
    unnamed = sum(c.startswith(_UNNAMED) for c in frame.columns[1:])
    if not options.has_header or options.skip_rows or options.header_row or unnamed * 2 < frame.width:
        return []
    named = f"{path.name}: the first row names {frame.width - unnamed} of {plural(frame.width, 'column')}"
    return [f"{named}; if titles stand above the header, set options.header_row"]
