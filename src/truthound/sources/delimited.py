"""CSV and its relatives, scanned: separator, encoding, header and types are settled before the engine starts."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import polars as pl

from truthound.errors import ConfigError, SourceError
from truthound.sources.dtypes import polars_type
from truthound.sources.files import Found, foreign
from truthound.sources.lines import FIRST, start, transcoded
from truthound.sources.memory import unknown_columns
from truthound.sources.options import CsvOptions
from truthound.text import cell

SNIFFED = 10
"""files of a data set whose first bytes are looked at"""
SAMPLED = 1000
"""rows that are searched for numbers with leading zeros, which are codes"""
_SEPARATORS = ";|\t"
_LONGEST_NAME = 10_000
"""characters; a column's name that is longer is all that follows a quote which nothing closes"""
OPEN_QUOTE = "a quote is opened and not closed; close it, or set options.quote_char: null if quotes are plain text here"


@dataclass(frozen=True)
class Dialect:
    """How a file is written, as far as it was not told."""

    separator: str
    quote: str | None
    end: str
    header: tuple[str, ...] | None
    options: CsvOptions


def dialect_of(found: Found, options: CsvOptions) -> Dialect:
    """How the files are written; they must agree."""
    dialects = [look(path, options) for path in found.files[:SNIFFED]]
    for path in found.files[SNIFFED:]:
        _not_empty(path)
    first = dialects[0]
    for path, dialect in zip(found.files, dialects, strict=False):
        if dialect.separator != first.separator:
            raise SourceError(
                f"{found.files[0].name} is separated by {first.separator!r} and {path.name} by {dialect.separator!r}; "
                "set options.separator, or read them apart"
            )
    return first


def scan(found: Found, dialect: Dialect) -> pl.LazyFrame:
    """The files as one lazy frame."""
    if dialect.options.encoding in ("utf8", "utf8-lossy"):
        return _typed(list(found.files), dialect)
    with contextlib.ExitStack() as stack:  # the engine keeps descriptors of its own
        decoded = [stack.enter_context(transcoded(path, dialect.options.encoding)) for path in found.files]
        return _typed(decoded, dialect)


def _typed(sources: list[Path] | list[IO[bytes]], dialect: Dialect) -> pl.LazyFrame:
    options = dialect.options
    overrides = {name: polars_type(t) for name, t in options.schema_overrides.items()}
    meant = _doubled(sources, dialect)
    left = {name: doubled for doubled, name in meant.items()}

    def scanner(**more: Any) -> pl.LazyFrame:
        given = {"null_values": options.null_values, "schema_overrides": overrides} | more
        told = {k: {left.get(n, n): v for n, v in o.items()} if isinstance(o, dict) else o for k, o in given.items()}
        # renamed afterwards: `with_column_names` would keep the engine from comparing the headers of several files
        return _scan(sources, dialect, told).rename(meant, strict=False)

    per_column = options.null_values if isinstance(options.null_values, dict) else {}
    if overrides or per_column:
        known = scanner(null_values=None, schema_overrides=None, infer_schema=False).collect_schema().names()
        problems = [f"options.schema_overrides: {p}" for p in unknown_columns(overrides, known)]
        problems += [f"options.null_values: {p}" for p in unknown_columns(per_column, known)]
        if problems:
            raise ConfigError(problems)
    if options.infer_schema_length == 0:
        return scanner(infer_schema=False)
    length = options.infer_schema_length
    frame = scanner(infer_schema_length=length)
    codes = _codes(frame.collect_schema(), overrides, scanner)
    if not codes:
        return frame
    return scanner(infer_schema_length=length, schema_overrides=overrides | dict.fromkeys(codes, pl.String()))


def _scan(sources: Any, dialect: Dialect, more: dict[str, Any]) -> pl.LazyFrame:
    options = dialect.options
    return pl.scan_csv(
        sources,
        has_header=options.has_header,
        separator=dialect.separator,
        comment_prefix=options.comment_prefix,
        quote_char=options.quote_char,
        skip_lines=options.skip_rows,
        ignore_errors=options.ignore_errors,
        encoding="utf8-lossy" if options.encoding == "utf8-lossy" else "utf8",
        try_parse_dates=options.try_parse_dates,
        eol_char=dialect.end,
        truncate_ragged_lines=options.truncate_ragged_lines,
        decimal_comma=options.decimal_comma,
        missing_columns=options.missing_columns,
        infer_schema_files=len(sources) if options.missing_columns == "insert" else SNIFFED,
        glob=False,
        **more,
    )


def _doubled(sources: Any, dialect: Dialect) -> dict[str, str]:
    """Names with quotes in them: as the engine has them, which leaves quoted ones doubled, and as the file means them."""
    quote, header = dialect.quote, dialect.header or ()
    doubled = {name.replace(quote, quote * 2): name for name in header if quote in name} if quote else {}
    if not doubled:
        return {}
    known = _scan(sources, dialect, {"infer_schema": False}).collect_schema()
    return {left: name for left, name in doubled.items() if left in known and left not in header}


def _codes(schema: pl.Schema, overrides: dict[str, pl.DataType], scanner: Callable[..., pl.LazyFrame]) -> list[str]:
    """Integer columns with leading zeros among the first rows: codes, whose zeros a number would lose."""
    whole = [i for i, (n, t) in enumerate(schema.items()) if t.is_integer() and n not in overrides]
    if not whole:
        return []
    text = scanner(infer_schema=False, schema_overrides=None, n_rows=SAMPLED)
    try:
        found = text.select(pl.nth(whole).str.contains(r"^[+-]?0\d").any()).collect()
    except (pl.exceptions.PolarsError, OSError):
        return []  # the reading itself will fail in the same way, and say it better
    return [name for name in found.columns if found[name].item()]


def look(path: Path, options: CsvOptions) -> Dialect:
    """The separator, the line end and the header of a file. Raises SourceError where there is no table in it."""
    _not_empty(path)
    first = start(path)
    if options.encoding in ("utf8", "utf8-lossy"):
        if told := foreign(path.name, first):
            raise SourceError(told)
        text = first.decode("utf-8", "replace")
    else:
        text = first.decode(options.encoding, "replace")
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise SourceError(f"{path.name} is empty: it holds only blank lines")
    end = "\r" if "\r" in text and "\n" not in text else "\n"
    kept = [(n, line) for n, line in enumerate(text.split(end), 1) if n > options.skip_rows]
    if options.comment_prefix:
        kept = [(n, line) for n, line in kept if not line.startswith(options.comment_prefix)]
    numbers, lines = [n for n, _ in kept], [line for _, line in kept]
    if not any(line.strip() for line in lines):
        raise SourceError(f"{path.name} has nothing after {options.skip_rows} skipped lines and its comments")
    dialect = Dialect(_separator(path, lines, options), options.quote_char, end, None, options)
    if not options.has_header:
        return dialect
    at = next(i for i, line in enumerate(lines) if line.strip())
    header = next(reader(io.StringIO("\n".join(lines[at:]), newline=""), dialect))
    if (open_ := _open_quote(lines[at:], dialect)) and (len(first) < FIRST or len(header[-1]) > _LONGEST_NAME):
        raise SourceError(f"{path.name}:{numbers[at + open_[0]]}:{open_[1]}: {OPEN_QUOTE}")
    if options.encoding == "utf8" and any("\ufffd" in name for name in header):
        raise SourceError(f"{path.name}: the header is not UTF-8; set options.encoding: latin-1 (or cp1252, utf-16, …)")
    for i, name in enumerate(header):
        if name in header[:i]:
            called = f'the column "{cell(name)}" twice' if name else "two columns without a name"
            raise SourceError(
                f"{path.name}: the header has {called} (columns {header.index(name) + 1} and {i + 1}); rename one, "
                "or set options.has_header: false and options.skip_rows: 1"
            )
    return replace(dialect, header=tuple(header))


def _open_quote(lines: list[str], dialect: Dialect) -> tuple[int, int] | None:
    """The line (from 0) and the column (from 1) where a quote of the header is opened and nothing closes it, if so."""
    if not dialect.quote:
        return None
    opened: tuple[int, int] | None = None
    for i, line in enumerate(lines):
        if line.count(dialect.quote) % 2:
            opened = None if opened else (i, line.rindex(dialect.quote) + 1)
        if opened is None:
            return None
    return opened


def reader(lines: Any, dialect: Dialect) -> Any:
    """Python's CSV reader for the same file."""
    if dialect.quote is None:
        return csv.reader(lines, delimiter=dialect.separator, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=dialect.separator, quotechar=dialect.quote)


def _not_empty(path: Path) -> None:
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty (0 bytes)")


def _separator(path: Path, lines: list[str], options: CsvOptions) -> str:
    if options.separator is not None:
        return options.separator
    name = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    if name.endswith((".tsv", ".tab")):
        return "\t"
    if name.endswith(".psv"):
        return "|"
    filled = [line for line in lines if line.strip()][:2]
    found = [{s: _fields(line, s, options) for s in f",{_SEPARATORS}"} for line in filled]
    if found[0][","] > 1 and not options.decimal_comma:
        return ","
    # a header that shows it; where there are rows, they show it too
    shown = [s for s in _SEPARATORS if all(line[s] > 1 for line in found)]
    if shown:
        return max(shown, key=lambda s: found[0][s])
    return ";" if options.decimal_comma else ","


def _fields(line: str, separator: str, options: CsvOptions) -> int:
    if options.quote_char is None:
        return line.count(separator) + 1
    try:
        return len(next(csv.reader([line], delimiter=separator, quotechar=options.quote_char)))
    except (csv.Error, StopIteration):
        return 1
