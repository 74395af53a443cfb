"""Why a CSV file does not parse: the file, the line, the column, the text, and the option that would help."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from truthound._internal.text import cell, first_line, plural, shorten
from truthound.errors import SourceError
from truthound.sources.dtypes import type_word
from truthound.sources.files.csv_dialect import OPEN_QUOTE, CsvDialect, detect_dialect, python_reader
from truthound.sources.files.csv_quotes import MisquotedError
from truthound.sources.files.lines import DecodeFailure, lines
from truthound.sources.files.text_types import MisfitError

_HEADERS = re.compile(r"schema (lengths|names) differ|did not find column|extra column in file")
_NULLS = {
    "", "na", "n/a", "n.a.", "#n/a", "null", "none", "nil", "nan", "-", "--", "?", ".", "missing", "unknown", "undefined",
    "(null)", "\\n", "#value!", "#ref!", "#div/0!", "tbd",
}  # fmt: skip
_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class CsvRecord:
    """A row of the file: its fields, and the numbered lines that contain them."""

    fields: list[str]
    lines: list[tuple[int, str]]


def records(path: Path, dialect: CsvDialect) -> Iterator[CsvRecord]:
    """The rows after the header. Raises DecodeFailure where the text cannot be read further."""
    options = dialect.options
    held: list[tuple[int, str]] = []

    def numbered() -> Iterator[str]:
        for number, line in enumerate(lines(path, encoding=options.encoding, end=dialect.end), 1):
            if number <= options.skip_rows:
                continue
            if options.comment_prefix and not held and line.startswith(options.comment_prefix):
                continue
            held.append((number, line))
            yield line

    skip = options.has_header
    rows = python_reader(numbered(), dialect)
    while True:
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise DecodeFailure(held[0][0] if held else 1, 1, OPEN_QUOTE) from None
        record, held[:] = CsvRecord(fields, list(held)), []
        if not fields:
            continue
        if skip:
            skip = False
            continue
        yield record


def position(record: CsvRecord, index: int, dialect: CsvDialect) -> tuple[int, int]:
    """The line and the column (characters from 1) where a field begins."""
    text = "".join(line for _, line in record.lines)
    at, field, inside, opens = 0, 0, False, True
    while at < len(text) and field < index:
        char = text[at]
        if inside:
            inside = char != dialect.quote
        elif char == dialect.quote and (opens or text[at - 1] == dialect.quote):
            inside = True
        elif char == dialect.separator:
            field += 1
        opens = char == dialect.separator and not inside
        at += 1
    before = text[:at]
    skipped = min(before.count(dialect.end), len(record.lines) - 1)
    return record.lines[skipped][0], len(before.rpartition(dialect.end)[2]) + 1


def explain(error: Exception, files: Sequence[Path], dialect: CsvDialect) -> SourceError:
    """Why the files cannot be read, with file, line and column."""
    if isinstance(error, MisquotedError):
        return SourceError(f"{error.path.name}:{error.line}:{error.column}: {error.problem}")
    words = str(error)
    if _HEADERS.match(words) and (differ := _header_difference(files, dialect)):
        return SourceError(differ)
    finder: Callable[[Path, CsvDialect], str | None]
    mismatch = ""
    if isinstance(error, MisfitError):
        mismatch = _mismatch_message(error.text, error.column, error.dtype, dialect)

        def finder(path: Path, dialect: CsvDialect) -> str | None:
            at = _locate_value(path, dialect, error.text, error.column)
            return at and f"{at[0]}:{at[1]}: {mismatch}"

    elif "more fields than" in words:
        finder = lambda path, dialect: _ragged(path, dialect, len(dialect.header or ()))  # noqa: E731 one line says it
    else:
        finder = lambda path, dialect: _undecoded(path, dialect) or _unclosed(path, dialect)  # noqa: E731 one line says it
    for path in files:
        try:
            message = finder(path, dialect)
        except DecodeFailure as stop:
            return SourceError(_decode_message(path, stop))
        except OSError as gone:
            return SourceError(f"{path.name} cannot be read: {gone.strerror or gone}")
        if message:
            return SourceError(f"{path.name}:{message}")
    name = files[0].name if len(files) == 1 else plural(len(files), "file")
    return SourceError(
        f"{name}: {mismatch}" if mismatch else f"{name} cannot be read: {shorten(first_line(error), 300)}"
    )


def _header_difference(files: Sequence[Path], dialect: CsvDialect) -> str | None:
    """A message about the first file whose header differs from that of the first."""
    first = dialect.header or ()
    for path in files[1:]:
        other = detect_dialect(path, dialect.options).header or ()
        if other == first:
            continue
        lacks, more = ([c for c in a if c not in b] for a, b in ((first, other), (other, first)))
        differences = [
            f"{word} {shorten(', '.join(map(cell, names)), 200)}"
            for word, names in (("lacks", lacks), ("also has", more))
            if names
        ]
        return (
            f"{path.name}:{1 + dialect.options.skip_rows}: the header differs from that of {files[0].name}: it {' and '.join(differences) or 'has them in another order'}; "
            "set options.missing_columns: insert to go by names, with null where a column is lacking, or read the files apart"
        )
    return None


def _decode_message(path: Path, stop: DecodeFailure) -> str:
    at = f"{path.name}:{stop.line}:{stop.column}" if stop.line else path.name
    helped = (
        "" if "is not " not in stop.problem else "; set options.encoding: cp1252 (or latin-1, utf-16, …), or utf8-lossy"
    )
    return f"{at}: {stop.problem}{helped}"


def _locate_value(path: Path, dialect: CsvDialect, text: str, column: str) -> tuple[int, int] | None:
    """The line and the column of the first field of a column that holds the text."""
    header = detect_dialect(path, dialect.options).header or ()
    index = header.index(column) if column in header else -1 if header else int(column.rpartition("_")[2])
    for record in records(path, dialect):
        if 0 <= index < len(record.fields) and record.fields[index] == text:
            return position(record, index, dialect)
    return None


def _mismatch_message(text: str, column: str, dtype: pl.DataType, dialect: CsvDialect) -> str:
    word = type_word(dtype)
    article = "an" if word[0] in "aiu" and not word.startswith("ui") else "a"
    helps = [f"options.schema_overrides: {{{_yaml(column)}: {_fitting(text, dtype)}}}"]
    if text.strip().lower() in _NULLS:
        helps.insert(0, f"options.null_values: [{json.dumps(text, ensure_ascii=False)}]")
    if re.fullmatch(r"[+-]?[\d.]*\d,\d+", text) and not dialect.options.decimal_comma:
        helps.insert(0, "options.decimal_comma: true")
    elif len(helps) == 1 and text != text.strip():
        helps[0] = f"remove the spaces around it, or set {helps[0]}"
    hint = " or ".join(helps)
    return f'"{cell(text)}" is not {article} {word} (column "{cell(column)}"); {hint if hint.startswith("remove") else f"set {hint}"}'


def _fitting(text: str, dtype: pl.DataType) -> str:
    """The narrowest type that accepts the text and the values before it."""
    if dtype.is_integer():
        if _INTEGER.fullmatch(text):
            return "int128" if len(text) < 39 else "string"
        if _FLOAT.fullmatch(text):
            return "float64"
    if isinstance(dtype, pl.Datetime) and dtype.time_unit != "ns" and re.search(r"\.\d{4,9}(?!\d)", text):
        return "datetime[ns]" if re.search(r"\.\d{7}", text) else "datetime[us]"
    return "string"


def _yaml(name: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][\w .-]*(?<! )", name) and name.lower() not in (
        "null",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
    )
    return name if plain else json.dumps(name, ensure_ascii=False)


def _ragged(path: Path, dialect: CsvDialect, width: int) -> str | None:
    for record in records(path, dialect):
        width = width or len(record.fields)
        if len(record.fields) > width:
            line, at = position(record, width, dialect)
            what = "the header" if dialect.options.has_header else "the first line"
            return (
                f'{line}:{at}: {plural(len(record.fields), "field")} where {what} has {width}; "{cell(record.fields[width])}" is one too many; '
                "quote text that holds the separator, or set options.truncate_ragged_lines: true"
            )
    return None


def _unclosed(path: Path, dialect: CsvDialect) -> str | None:
    """The position of an unclosed quote, which is in the last row: it takes in all that follows."""
    for last in records(path, dialect):
        text = "".join(line for _, line in last.lines)
        if text.count(dialect.quote or "") % 2:
            index = next((i for i, f in enumerate(last.fields) if dialect.end in f), len(last.fields) - 1)
            line, at = position(last, index, dialect)
            return f"{line}:{at}: {OPEN_QUOTE}"
    return None


def _undecoded(path: Path, dialect: CsvDialect) -> str | None:
    """Reads to the end, to raise DecodeFailure at what does not decode."""
    for _ in lines(path, encoding=dialect.options.encoding, end=dialect.end):
        continue
    return None
