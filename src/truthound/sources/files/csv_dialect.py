"""The dialect of CSV files: separator, line end, header and blank lines, detected before the engine reads them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from truthound._internal.text import cell
from truthound.errors import SourceError
from truthound.sources.files.file_set import FileSet, describe_non_text
from truthound.sources.files.lines import SNIFFED_BYTES, last, start
from truthound.sources.options import CsvOptions

SNIFFED_FILES = 10
"""files of a data set whose dialect is detected"""
SNIFFED_RECORDS = 10
"""records from whose number of fields the separator is detected"""
_SEPARATORS = ";|\t"
_DECLARED = re.compile(r'"?sep=([^\w\s"]|\t)"?(?=[\r\n])')
"""a first line that declares the separator, as Excel writes it"""
_LONGEST_NAME = 10_000
"""characters; a column's name that is longer is all that follows a quote which nothing closes"""
OPEN_QUOTE = "a quote is opened and not closed; close it, or set options.quote_char: null if quotes are plain text here"


@dataclass(frozen=True)
class CsvDialect:
    """How a file is written: what the options say, and what was detected."""

    separator: str
    quote: str | None
    end: str
    header: tuple[str, ...] | None
    options: CsvOptions
    blank: bool = False
    """There are blank lines at the start or at the end of a file; there may be others."""

    @property
    def spaces(self) -> str:
        """Characters that a blank line may contain. In a table of one column spaces are a value."""
        if self.header is not None and len(self.header) == 1:
            return "" if self.end == "\r" else "\r"
        return "".join(s for s in " \t\r" if s not in (self.separator, self.end))


def common_dialect(found: FileSet, options: CsvOptions) -> CsvDialect:
    """The common dialect of files. Raises SourceError if they differ."""
    dialects = [detect_dialect(path, options) for path in found.files[:SNIFFED_FILES]]
    for path in found.files[SNIFFED_FILES:]:
        _not_empty(path)
    first = replace(dialects[0], blank=any(d.blank for d in dialects))
    for path, dialect in zip(found.files, dialects, strict=False):
        if dialect.separator != first.separator:
            raise SourceError(
                f"{found.files[0].name} is separated by {first.separator!r} and {path.name} by {dialect.separator!r}; "
                "set options.separator, or read them apart"
            )
        if dialect.options.skip_rows != first.options.skip_rows:
            raise SourceError(f"of {found.files[0].name} and {path.name} one begins with a line sep=; read them apart")
    return first


def detect_dialect(path: Path, options: CsvOptions) -> CsvDialect:
    """The dialect of one file. Raises SourceError if it contains no table."""
    first, text = _decoded_start(path, options)
    end = "\r" if "\r" in text and "\n" not in text else "\n"
    declared = _DECLARED.match(text)
    if declared and not options.skip_rows and options.separator in (None, declared[1]):
        options = options.model_copy(update={"separator": declared[1], "skip_rows": 1})
    kept = [(n, line) for n, line in enumerate(text.split(end), 1) if n > options.skip_rows]
    if options.comment_prefix:
        kept = [(n, line) for n, line in kept if not line.startswith(options.comment_prefix)]
    numbers, lines = [n for n, _ in kept], [line for _, line in kept]
    if not any(line.strip() for line in lines):
        raise SourceError(f"{path.name} has nothing after {options.skip_rows} skipped lines and its comments")
    truncated = len(first) == SNIFFED_BYTES
    complete = lines[:-1] if truncated and len(lines) > 1 else lines
    dialect = CsvDialect(_separator(path, complete, options), options.quote_char, end, None, options)
    dialect = replace(dialect, blank=_blank(lines, last(path), dialect))
    if not options.has_header:
        return dialect
    at = next(i for i, line in enumerate(lines) if line.strip())
    return replace(dialect, header=_header(path, numbers[at:], lines[at:], dialect, truncated=truncated))


def _decoded_start(path: Path, options: CsvOptions) -> tuple[bytes, str]:
    """The first bytes of a file, and their text."""
    _not_empty(path)
    first = start(path)
    if options.encoding in ("utf8", "utf8-lossy"):
        if problem := describe_non_text(path.name, first):
            raise SourceError(problem)
        text = first.decode("utf-8", "replace")
    else:
        text = first.decode(options.encoding, "replace")
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise SourceError(f"{path.name} is empty: it holds only blank lines")
    return first, text


def _header(
    path: Path, numbers: list[int], lines: list[str], dialect: CsvDialect, *, truncated: bool
) -> tuple[str, ...]:
    """The column names. Raises SourceError if they are ambiguous."""
    if (
        "\r" in lines[0].removesuffix("\r")
        and dialect.end == "\n"
        and not (dialect.quote and dialect.quote in lines[0])
    ):
        raise SourceError(f"{path.name}: some lines end in CR and others in LF; write all of them in the same way")
    header = next(python_reader(io.StringIO("\n".join(lines), newline=""), dialect))
    if (open_ := _open_quote(lines, dialect)) and (not truncated or len(header[-1]) > _LONGEST_NAME):
        raise SourceError(f"{path.name}:{numbers[open_[0]]}:{open_[1]}: {OPEN_QUOTE}")
    if dialect.options.encoding == "utf8" and any("\ufffd" in name for name in header):
        raise SourceError(f"{path.name}: the header is not UTF-8; set options.encoding: latin-1 (or cp1252, utf-16, …)")
    for i, name in enumerate(header):
        if name in header[:i]:
            called = f'the column "{cell(name)}" twice' if name else "two columns without a name"
            raise SourceError(
                f"{path.name}: the header has {called} (columns {header.index(name) + 1} and {i + 1}); rename one, "
                "or set options.has_header: false and options.skip_rows: 1"
            )
    return tuple(header)


def _open_quote(lines: list[str], dialect: CsvDialect) -> tuple[int, int] | None:
    """The line (from 0) and the column (from 1) of a quote in the header that is never closed."""
    if not dialect.quote:
        return None
    opened: tuple[int, int] | None = None
    for i, line in enumerate(lines):
        if line.count(dialect.quote) % 2:
            opened = None if opened else (i, line.rindex(dialect.quote) + 1)
        if opened is None:
            return None
    return opened


def python_reader(lines: Any, dialect: CsvDialect) -> Any:
    """Python's own CSV reader with this dialect."""
    if dialect.quote is None:
        return csv.reader(lines, delimiter=dialect.separator, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=dialect.separator, quotechar=dialect.quote)


def _not_empty(path: Path) -> None:
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty (0 bytes)")


def _separator(path: Path, lines: Sequence[str], options: CsvOptions) -> str:
    if options.separator is not None:
        return options.separator
    name = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    if name.endswith((".tsv", ".tab")):
        return "\t"
    if name.endswith(".psv"):
        return "|"
    found = {s: _fields(lines, s, options) for s in f",{_SEPARATORS}"}
    even = [s for s, counts in found.items() if counts[0] > 1 and len(set(counts)) == 1]
    if found[","][0] > 1 and not options.decimal_comma and ("," in even or not even):
        return ","
    # a header that shows it; where there are rows, they show it too
    shown = [s for s in _SEPARATORS if all(n > 1 for n in found[s][:2])]
    if best := [s for s in shown if s in even] or shown:
        return max(best, key=lambda s: found[s][0])
    return ";" if options.decimal_comma else ","


def _fields(lines: Sequence[str], separator: str, options: CsvOptions) -> list[int]:
    """The number of fields of the first records for this separator; a record may contain line breaks in quotes."""
    text = io.StringIO("\n".join(lines), newline="")
    try:
        rows = python_reader(text, CsvDialect(separator, options.quote_char, "\n", None, options))
        counts = list(islice((len(row) for row in rows if any(f.strip() for f in row)), SNIFFED_RECORDS))
    except csv.Error:
        return [1]
    return counts or [1]


def _blank(lines: Sequence[str], tail: bytes, dialect: CsvDialect) -> bool:
    """Whether one of the first lines is blank, or the last one."""
    spaces, end = dialect.spaces, dialect.end
    encoding = "utf-8" if dialect.options.encoding.startswith("utf8") else dialect.options.encoding
    _, ended, final = tail.decode(encoding, "replace").removesuffix(end).rpartition(end)
    return any(not line.strip(spaces) for line in lines[:-1]) or (bool(ended) and not final.strip(spaces))
