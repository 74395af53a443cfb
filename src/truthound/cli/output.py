"""Where output goes: data to standard output or a file, everything else to standard error."""

from __future__ import annotations

import codecs
import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from truthound.errors import ConfigError, StoreError
from truthound.text import terminal

if TYPE_CHECKING:
    from truthound.checkpoint.checkpoint import Checkpoint

PIPED_WIDTH = 120


def is_utf8(stream: TextIO) -> bool:
    try:
        return codecs.lookup(stream.encoding or "ascii").name == "utf-8"
    except LookupError:
        return False


def fancy(stream: TextIO, *, no_color: bool = False) -> bool:
    """Whether colours and symbols are welcome (https://no-color.org, https://force-color.org)."""
    if no_color or os.environ.get("NO_COLOR") or not is_utf8(stream):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """Cells of a line: of the terminal, of COLUMNS, or enough for a log."""
    if (columns := os.environ.get("COLUMNS", "")).isdigit() and int(columns) > 0:
        return int(columns)
    if stream.isatty():
        with contextlib.suppress(OSError):
            return os.get_terminal_size(stream.fileno()).columns or 80
    return PIPED_WIDTH


def emit(text: str) -> None:
    """Text to standard output. Programs get UTF-8 whatever the locale; a reader that went away ends nothing."""
    try:
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None or sys.stdout.isatty():
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise StoreError(f"cannot write to standard output: {error.strerror or error}") from None


def say(line: str = "") -> None:
    """A line to standard error."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        _silence(sys.stderr)


def _silence(stream: TextIO) -> None:
    """What is still written, at the interpreter's end too, goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def problem(text: object) -> None:
    """An error, as harmless text; on a terminal it is broken between words."""
    line = f"error: {terminal(text)}"
    if sys.stderr.isatty():
        from truthound.reporters.layout import fold

        line = "\n       ".join(fold(line, max(width(sys.stderr) - 7, 20)))
    say(line)


def write_bytes(path: Path, content: bytes) -> None:
    """A whole file or none: it takes the place of an older one at once. A pipe or a device is written to as it is."""
    from truthound.objects import replacing

    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            path.write_bytes(content)
            return
        with replacing(path.resolve()) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from None


def spare(output: Path | None, *read: Path | None, sources: Iterable[tuple[Any, Path | None]] = ()) -> None:
    """Refuses an output that is a file the command reads, or is among its data; `sources` are data sources, each with its base."""
    if output is None or str(output) in {"-", "/dev/stdout"}:
        return
    from truthound.sources.files import takes
    from truthound.sources.spec import parse_spec

    same = [r for r in read if r is not None and r.exists() and output.exists() and output.samefile(r)]
    if same or any(takes(parse_spec(source), base, output) for source, base in sources):
        raise ConfigError(f"--output {output} is read by this command and would be overwritten; write to another file")


def spare_inputs(output: Path | None, config: Path | None, checkpoints: Iterable[Checkpoint]) -> None:
    """`spare` for all that checkpoints read: their file, data, schemas and references."""
    for checkpoint in checkpoints if output is not None else ():
        c, base = checkpoint.config, checkpoint.base
        schema = (base or Path()) / c.schema if isinstance(c.schema, str | Path) else None
        references = [r for r in (getattr(rule, "reference", None) for rule in c.rules) if isinstance(r, str | Mapping)]
        spare(output, config, schema, sources=[(s, base) for s in (c.data_source, *references)])


def deliver(text: str, path: Path | None) -> None:
    """A command's data: to the file if one is given, with a word about it, else to standard output."""
    if path is None or str(path) in {"-", "/dev/stdout"}:
        emit(text)
    else:
        write_bytes(path, text.encode("utf-8", "backslashreplace"))
        say(f"wrote {terminal(path)}")
