"""The lines of a text file, decompressed and decoded as a stream."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import polars as pl

from truthound._internal.text import first_line
from truthound.errors import SourceError
from truthound.sources.files.file_set import GZIP, ZSTD
from truthound.sources.temporary import temporary_file

MAX_LINE_BYTES = 16 * 1024 * 1024
"""a longer line is an error"""
SNIFFED_BYTES = 1 << 16
"""bytes from which the dialect of a file is detected"""
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


class DecodeFailure(Exception):  # noqa: N818 it is an answer, not a fault
    """The text cannot be read beyond `line` and `column`."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.column, self.problem = line, column, problem


def compression(path: Path) -> str | None:
    """`gz` or `zst` by the first bytes, as the engine detects it too; None if not compressed."""
    with path.open("rb") as file:
        start = file.read(4)
    return "gz" if start.startswith(GZIP) else "zst" if start == ZSTD else None


def unpacked_size(path: Path) -> int:
    """The size of a text in bytes; an estimate if it is compressed."""
    return path.stat().st_size * (8 if compression(path) else 1)


def open_gzip(path: Path) -> IO[bytes]:
    """A file's bytes, decompressed if it is gzip."""
    opener: Any = gzip.open if compression(path) == "gz" else open
    file: IO[bytes] = opener(path, "rb")
    return file


@contextlib.contextmanager
def decompressed(path: Path) -> Iterator[IO[bytes]]:
    """A file's decompressed bytes."""
    if compression(path) != "zst":
        with open_gzip(path) as file:
            yield file
        return
    with temporary_file() as file:
        for line in _zstd(path):
            file.write(line.encode())
        file.seek(0)
        yield file


def lines(path: Path, *, encoding: str = "utf8", end: str = "\n") -> Iterator[str]:
    """Lines with their ends. Raises DecodeFailure at the first byte that does not decode, and at damaged compressed data."""
    if compression(path) == "zst":
        yield from _zstd(path)
        return
    strict = "replace" if encoding == "utf8-lossy" else "strict"
    codec = "utf-8" if encoding.startswith("utf8") else encoding
    if not codec.startswith(("utf-16", "utf-32")):
        number = 0
        for number, raw in _raw(path, end.encode()):
            try:
                line = raw.decode(codec, strict)
            except UnicodeDecodeError as error:
                column = len(raw[: error.start].decode(codec, "replace")) + 1
                raise DecodeFailure(
                    number, column, f"byte 0x{raw[error.start]:02X} is not {_display_name(codec)}"
                ) from None
            yield line.removeprefix("\ufeff") if number == 1 else line
        return
    with open_gzip(path) as file:
        yield from io.TextIOWrapper(file, codec, newline=end)


def _raw(path: Path, end: bytes) -> Iterator[tuple[int, bytes]]:
    number, rest = 0, b""
    with open_gzip(path) as file:
        while True:
            try:
                piece = file.read(1 << 20)
            except DAMAGED as error:
                raise DecodeFailure(
                    number + 1, 1, f"the compressed data end too early or are damaged ({error})"
                ) from None
            *whole, rest = (rest + piece).split(end)
            for line in whole:
                number += 1
                yield number, line + end
            if not piece:
                break
            if len(rest) > MAX_LINE_BYTES:
                raise DecodeFailure(number + 1, 1, f"the line is longer than {MAX_LINE_BYTES >> 20} MiB")
    if rest:
        yield number + 1, rest


def _zstd(path: Path) -> Iterator[str]:
    try:
        for batch in pl.scan_lines(path, glob=False).collect_batches(chunk_size=50_000):
            for line in batch.to_series():
                yield f"{line}\n"
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DecodeFailure(0, 0, first_line(error)) from None


def _display_name(codec: str) -> str:
    return "UTF-8" if codec == "utf-8" else codec


def start(path: Path, size: int = SNIFFED_BYTES) -> bytes:
    """The first decompressed bytes."""
    if compression(path) != "zst":
        try:
            with open_gzip(path) as file:
                return file.read(size)
        except DAMAGED:
            raise SourceError(f"{path.name} is compressed, and its data end too early or are damaged") from None
    try:
        first = pl.scan_lines(path, n_rows=100, glob=False).collect().to_series()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"{path.name} is compressed, and cannot be unpacked: {first_line(error)}") from None
    return "".join(f"{line}\n" for line in first).encode()[:size]


def last(path: Path, size: int = 4096) -> bytes:
    """The last bytes; nothing for compressed files."""
    if compression(path):
        return b""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - size))
        return file.read()


@contextlib.contextmanager
def transcoded(path: Path, encoding: str) -> Iterator[IO[bytes]]:
    """The text as UTF-8, in a temporary file. Raises SourceError with the line that does not decode."""
    if compression(path) == "zst":
        raise SourceError(f"{path.name}: .zst files are read as UTF-8 only; unpack it to read it as {encoding}")
    with temporary_file() as file:
        with open_gzip(path) as raw:
            _decode(path.name, raw, encoding, file)
        file.seek(0)
        yield file


def _decode(name: str, raw: IO[bytes], encoding: str, file: IO[bytes]) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, before, piece = 1, "", b"more"
    while piece:
        try:
            piece = raw.read(1 << 20)
            text = decoder.decode(piece, final=not piece)
        except DAMAGED as error:
            raise SourceError(f"{name}:{line}: the compressed data are damaged ({error})") from None
        except UnicodeDecodeError as error:
            good = before + error.object[: error.start].decode(encoding, "replace")
            problem = error.object[error.start : error.start + 1].hex().upper()
            raise SourceError(
                f"{name}:{line + good.count(chr(10))}:{len(good.rpartition(chr(10))[2]) + 1}: "
                f"byte 0x{problem} is not {encoding}; set options.encoding to the file's encoding"
            ) from None
        line += text.count("\n")
        before = (before + text).rpartition("\n")[2][-MAX_LINE_BYTES:]
        file.write((text if file.tell() else text.removeprefix("\ufeff")).encode("utf-8", "surrogatepass"))


def blank_line(end: bytes, spaces: bytes) -> re.Pattern[bytes]:
    """A pattern for a blank line that follows the end of another line."""
    return re.compile(b"%b[%b]*%b" % (end, re.escape(spaces), end) if spaces else end + end)


def without_blank_lines(
    file: IO[bytes], end: bytes, *, quote: bytes, comment: bytes, spaces: bytes, skip: int
) -> IO[bytes]:
    """A copy of a text without its blank lines. A line within quotes is not blank.

    Args:
        file: The text in UTF-8.
        end: The line terminator.
        quote: The quote character, or empty.
        comment: What a comment begins with, or nothing; quotes in it are decompressed text.
        spaces: Characters that a blank line may contain.
        skip: Lines at the start that are kept as they are.
    """
    blank = blank_line(end, spaces)
    copy, quoted = temporary_file(), False
    for block in whole_lines(file, end):
        if (
            not skip
            and not (comment and comment in block)
            and not blank.search(b"%b%b%b" % (end, block.removesuffix(end), end))
        ):
            copy.write(block)
            quoted ^= bool(quote) and block.count(quote) % 2 == 1
            continue
        for line in _split(block, end):
            if skip:
                skip -= 1
            elif not quoted and not line.strip(spaces + end):
                continue
            elif quoted or not comment or not line.startswith(comment):
                quoted ^= bool(quote) and line.count(quote) % 2 == 1
            copy.write(line)
    copy.seek(0)
    return copy


def _split(block: bytes, end: bytes) -> Iterator[bytes]:
    *whole, rest = block.split(end)
    yield from (line + end for line in whole)
    if rest:
        yield rest


def whole_lines(file: IO[bytes], end: bytes) -> Iterator[bytes]:
    """Blocks of whole lines; the last may lack its end."""
    rest = b""
    while piece := file.read(1 << 20):
        whole, ended, rest = (rest + piece).rpartition(end)
        if ended:
            yield whole + ended
    if rest:
        yield rest
