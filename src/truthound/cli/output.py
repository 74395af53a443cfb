"""Output: documents and reports to standard output or a file, everything else to standard error."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import stat
import sys
from pathlib import Path
from typing import TextIO

from truthound._internal.escape import escape_terminal
from truthound.errors import StoreError

PIPED_WIDTH = 120


def is_utf8(stream: TextIO) -> bool:
    try:
        return codecs.lookup(stream.encoding or "ascii").name == "utf-8"
    except LookupError:
        return False


def wants_symbols(stream: TextIO, *, no_color: bool = False) -> bool:
    """Whether to use colours and symbols (https://no-color.org, https://force-color.org)."""
    if no_color or os.environ.get("NO_COLOR") or not is_utf8(stream):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """Cells of a line: COLUMNS, the width of the terminal, or one that suits a log."""
    if (columns := os.environ.get("COLUMNS", "")).isdigit() and int(columns) > 0:
        return int(columns)
    if stream.isatty():
        with contextlib.suppress(OSError):
            return os.get_terminal_size(stream.fileno()).columns or 80
    return PIPED_WIDTH


def without_ci_commands(text: str) -> str:
    """In a CI system, text that contains no command to it, where JSON and XML stay the same documents; elsewhere the text."""
    from truthound._internal.escape import neutralize_ci_commands
    from truthound.ci.detect import is_ci_environment

    if not is_ci_environment() or neutralize_ci_commands(text) == text:
        return text
    if text.startswith(("{", "[")):
        return text.replace("##", "#\\u0023").replace("travis_", "travis\\u005f")
    if text.startswith("<?xml"):
        return re.sub(r"(?m)^(\s*):", r"\1&#58;", text.replace("##", "#&#35;").replace("travis_", "travis&#95;"))
    return neutralize_ci_commands(text)


def emit(text: str, *, ci_commands: bool = False) -> None:
    """Writes text to standard output, in UTF-8 if that is not a terminal. With `ci_commands` it may contain commands to a CI system.

    A closed pipe is ignored; raises StoreError for any other failure, such as a full disk.
    """
    text = text if ci_commands else without_ci_commands(text)
    try:
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None or sys.stdout.isatty():
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
    except OSError as error:
        discard(sys.stdout)
        raise StoreError(f"cannot write to standard output: {error.strerror or error}") from None


def emit_wrapped(text: object, indent: str = "") -> None:
    """A sentence on standard output, escaped and wrapped."""
    from truthound.reporters.terminal import wrapped

    emit("".join(f"{indent}{line}\n" for line in wrapped(escape_terminal(text), width(sys.stdout) - len(indent))))


def print_note(line: str = "", *, ci_commands: bool = False) -> None:
    """Writes a line to standard error, ignoring failures. With `ci_commands` it may contain commands to a CI system."""
    line = line if ci_commands else without_ci_commands(line)
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def open_streams() -> None:
    """Opens standard streams that the caller closed, so that no output file gets their descriptors."""
    while (nowhere := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(nowhere, True)
    os.close(nowhere)
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))


def discard(stream: TextIO) -> None:
    """Discards what is written to the stream from now on, also when the interpreter exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def print_error(text: object) -> None:
    """An error on standard error, escaped, and wrapped on a terminal."""
    line = f"error: {escape_terminal(text)}"
    if sys.stderr.isatty():
        from truthound.reporters.terminal import wrapped

        line = "\n       ".join(wrapped(line, max(width(sys.stderr) - 7, 20)))
    print_note(line)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file atomically; a pipe or a device directly."""
    from truthound.io.files import atomic_replacement

    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            path.write_bytes(content)
            return
        with atomic_replacement(path.resolve()) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from None


def write_document(text: str, path: Path | None) -> None:
    """Writes a document to the file, if one is given, with a note on standard error, or to standard output."""
    if path is None or str(path) in {"-", "/dev/stdout"}:
        emit(text)
    else:
        write_bytes(path, text.encode("utf-8", "backslashreplace"))
        print_note(f"wrote {escape_terminal(path)}")
