"""The line of a text file on which each row begins."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from pathlib import Path

from truthound.sources.files.csv_dialect import CsvDialect
from truthound.sources.files.lines import MAX_LINE_BYTES, blank_line, compression

MAX_BYTES = 16 * 1024 * 1024
"""bytes of a file that are searched, which takes a fraction of a second; tables in repositories are smaller"""
BLOCK = 1 << 20
_BLANK = re.compile(rb"\n(?=[^\S\n]*\n)")

Lines = Callable[[Collection[int]], dict[int, int]]
"""Row numbers (the first row is 1) -> the line on which each begins, if known."""


def csv_lines(path: Path, dialect: CsvDialect) -> Lines:
    """Rows of CSV: a record may span lines; comments and lines before the header do not count."""
    options, end = dialect.options, dialect.end.encode()
    quote, comment = (dialect.quote or "").encode(), (options.comment_prefix or "").encode()
    spaces = dialect.spaces.encode()
    blank = blank_line(end, spaces) if options.skip_blank_lines else None

    def found(rows: Collection[int]) -> Iterator[tuple[int, int]]:
        skip, row = options.skip_rows, -int(options.has_header)
        quoted, started = False, not options.has_header
        for first, block in _blocks(path, options.encoding, end):
            plain = not (comment and comment in block) and not (blank and blank.search(end + block))
            if started and not skip and plain:
                parts = block.split(quote) if quote else [block]
                after = quoted ^ (len(parts) % 2 == 0)
                begun = (
                    b"".join(parts[quoted::2]).count(end) + after - quoted
                )  # a record begins after each end outside quotes
                if not any(row < r <= row + begun for r in rows):
                    row, quoted = row + begun, after
                    continue
            for number, line in enumerate(block.split(end)[:-1], first):
                if skip:
                    skip -= 1
                    continue
                if not quoted:
                    if not line.strip(spaces) if blank else not started and not line.strip(b"\r"):
                        continue
                    started = True
                    if comment and line.startswith(comment):
                        continue
                    row += 1
                    yield row, number
                quoted ^= bool(quote) and line.count(quote) % 2 == 1

    return _guarded(path, found)


def ndjson_lines(path: Path) -> Lines:
    """Rows of which each is an object on a line of its own; lines may be blank."""

    def found(rows: Collection[int]) -> Iterator[tuple[int, int]]:
        row = 0
        for first, block in _blocks(path, "utf8", b"\n"):
            count = block.count(b"\n") - len(_BLANK.findall(b"\n" + block))
            if any(row < r <= row + count for r in rows):
                filled = (n for n, line in enumerate(block.split(b"\n")[:-1], first) if line and not line.isspace())
                yield from enumerate(filled, row + 1)
            row += count

    return _guarded(path, found)


def _guarded(path: Path, found: Callable[[Collection[int]], Iterator[tuple[int, int]]]) -> Lines:
    """Reads the file once, up to the last requested row; a file that cannot be read has no known lines."""

    def lines(rows: Collection[int]) -> dict[int, int]:
        wanted = set(rows)
        try:
            if not wanted or compression(path):
                return {}
            return dict(islice(((r, n) for r, n in found(wanted) if r in wanted), len(wanted)))
        except (OSError, ValueError):  # it is gone, or does not decode
            return {}

    return lines


def _blocks(path: Path, encoding: str, end: bytes) -> Iterator[tuple[int, bytes]]:
    """Whole lines in UTF-8, many at a time, and the number of the first of them."""
    decode = None if encoding.startswith("utf8") else codecs.getincrementaldecoder(encoding)().decode
    number, rest, left = 1, b"", MAX_BYTES
    with path.open("rb") as file:
        while left and (piece := file.read(min(BLOCK, left))):
            left -= len(piece)
            text = rest + (decode(piece).encode() if decode else piece)
            if number == 1:
                text = text.removeprefix(codecs.BOM_UTF8)
            whole, ended, rest = text.rpartition(end)
            if ended:
                yield number, whole + end
                number += whole.count(end) + 1
            if len(rest) > MAX_LINE_BYTES:
                return
    if left and rest:
        yield number, rest + end
