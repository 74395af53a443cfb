"""Checks that the quotes of a CSV file are unambiguous.

The engine reads text behind a closing quote, or an unclosed last quote, as part of one long field, and loses the rows in between.
One regular expression skips well-formed text at the speed of memory; only the rest is inspected closely.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from truthound.sources.files.csv_dialect import OPEN_QUOTE, CsvDialect
from truthound.sources.files.lines import MAX_LINE_BYTES, whole_lines

BLOCK = 1 << 20
"""bytes that are checked together"""
TEXT_AFTER_QUOTE = (
    "text stands behind a closing quote; double the quotes within a text, or set options.quote_char: null if quotes "
    "are plain text here"
)


class MisquotedError(Exception):
    """A quote in a wrong place: the file, the line and the column (both from 1), and the problem."""

    def __init__(self, path: Path, line: int, column: int, problem: str) -> None:
        super().__init__(problem)
        self.path, self.line, self.column, self.problem = path, line, column, problem


class _MoreError(Exception):
    """The record continues after the block."""


class _FaultError(Exception):
    """A problem at an offset."""

    def __init__(self, at: int, problem: str) -> None:
        super().__init__(problem)
        self.at, self.problem = at, problem


def check_quotes(path: Path, file: IO[bytes], dialect: CsvDialect) -> None:
    """Raises MisquotedError for an unclosed quote, or text behind a closing one. `file` contains the text in UTF-8."""
    quote = (dialect.quote or "").encode()
    if not quote or not any(quote in piece for piece in _pieces(file)):
        return
    file.seek(0)
    try:
        _check(file, dialect)
    except _FaultError as fault:
        raise _placed(path, file, fault, dialect) from None


def _check(file: IO[bytes], dialect: CsvDialect) -> None:
    """Raises _FaultError with an offset of the file."""
    grammar = _Grammar(dialect)
    read, rest = -len(grammar.end), grammar.end  # a record begins behind the end of another
    plain = not dialect.options.skip_rows and not dialect.options.comment_prefix
    for block in _pieces(file) if plain else _lines(file, dialect):
        begins = read < 0 and block.startswith(codecs.BOM_UTF8)
        text = rest + (grammar.end * 3 + block[3:] if begins else block)
        left = grammar.well_formed_until(text, read)
        if len(text) - left > MAX_LINE_BYTES:
            raise _FaultError(read + left, OPEN_QUOTE)
        keep = max(left - 1, 0)  # what stands before tells what a quote is
        read, rest = read + keep, text[keep:]
    text = rest if rest.endswith(grammar.end) else rest + grammar.end
    if (left := grammar.well_formed_until(text, read)) < len(text):
        raise _FaultError(read + left, OPEN_QUOTE)


def _placed(path: Path, file: IO[bytes], fault: _FaultError, dialect: CsvDialect) -> MisquotedError:
    """The error with the line and the column of its offset."""
    end, line, before, offset = dialect.end.encode(), 1, b"", fault.at
    file.seek(0)
    while offset > 0 and (piece := file.read(min(offset, 1 << 20))):
        offset -= len(piece)
        line += piece.count(end)
        before = (before + piece).rpartition(end)[2]
    return MisquotedError(path, line, len(before.decode("utf-8", "replace").removeprefix("\ufeff")) + 1, fault.problem)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(BLOCK):
        yield piece


def _lines(file: IO[bytes], dialect: CsvDialect) -> Iterator[bytes]:
    """Whole lines, with spaces in place of the quotes in skipped lines and comments."""
    end, quote = dialect.end.encode(), (dialect.quote or "").encode()
    comment, skip, quoted = (dialect.options.comment_prefix or "").encode(), dialect.options.skip_rows, False
    for block in whole_lines(file, end):
        if not skip and not (comment and comment in block):
            quoted ^= bool(comment) and block.count(quote) % 2 == 1
            yield block
            continue
        lines = block.split(end)
        for i, line in enumerate(lines):
            if skip or (comment and not quoted and line.startswith(comment)):
                skip -= bool(skip) and i < len(lines) - 1
                lines[i] = line.replace(quote, b" ")
            else:
                quoted ^= line.count(quote) % 2 == 1
        yield end.join(lines)


class _Grammar:
    def __init__(self, dialect: CsvDialect) -> None:
        self.quote, self.end = (dialect.quote or "").encode(), dialect.end.encode()
        separator = dialect.separator.encode()
        self.edges = separator + self.end
        q, s, e = (re.escape(b) for b in (self.quote, separator, self.end))
        text = b"%b[^%b]*+(?:%b%b[^%b]*+)*+%b" % (q, q, q, q, q, q)
        self.closed = re.compile(text)
        self.plain = re.compile(b"[^%b%b]*+" % (s, e))
        self.sound = re.compile(b"(?:[^%b]*+(?<=[%b%b])%b(?=[%b%b\r]))*+[^%b]*+" % (q, s, e, text, s, e, q))

    def well_formed_until(self, text: bytes, read: int) -> int:
        """The offset up to which a text is well-formed; the record there continues after the text. `read` bytes precede it."""
        at = 1
        while True:
            found = self.sound.match(text, at)
            at = found.end() if found else at
            if at >= len(text):
                return len(text)
            start = at
            try:
                at = self._quoted(text, at) if text[at - 1] in self.edges else self._literal(text, at)
            except _MoreError:
                return start
            except _FaultError as fault:
                raise _FaultError(read + fault.at, fault.problem) from None

    def _quoted(self, text: bytes, at: int) -> int:
        """The offset behind a field in quotes."""
        found = self.closed.match(text, at)
        if found is None or found.end() == len(text):
            raise _MoreError
        if text[found.end()] not in self.edges + b"\r":
            raise _FaultError(found.end(), TEXT_AFTER_QUOTE)
        return found.end()

    def _literal(self, text: bytes, at: int) -> int:
        """The offset of the end of a record with a literal quote in an unquoted field; the quotes of a line have to be even."""
        quotes, start = 0, at
        while True:
            found = self.plain.match(text, at)
            end = found.end() if found else at
            quotes += text.count(self.quote, at, end)
            if end == len(text):
                raise _MoreError
            if text[end : end + 1] == self.end:
                break
            at = end + 1
            if text[at : at + 1] == self.quote:
                at = self._quoted(text, at)
        if quotes % 2:
            raise _FaultError(start, OPEN_QUOTE)
        return end
