"""Unlinked temporary files: they disappear with the last frame that reads them, even when the process is killed."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Literal

import polars as pl

from truthound.errors import SourceError

_DISK_FULL = re.compile(rf"os error ({errno.ENOSPC}|{errno.EDQUOT}|{errno.EFBIG})\b|{os.strerror(errno.ENOSPC)}")
IN_MEMORY = 64 * 1024 * 1024
"""bytes up to which a table is kept in memory; a larger one goes to disk"""


def temporary_file() -> IO[bytes]:
    """A new temporary file without a name, in `TMPDIR`."""
    try:
        return tempfile.TemporaryFile(prefix="truthound-")
    except OSError as error:
        raise SourceError(
            f"no temporary file can be created in {tempfile.gettempdir()}: {error.strerror}; set TMPDIR to a folder with room"
        ) from None


def unlinked_file(write: Callable[[str], Any], suffix: str) -> IO[bytes]:
    """Calls `write` with a path and returns the file, which no longer has a name."""
    with tempfile.TemporaryDirectory(prefix="truthound-") as folder:
        path = Path(folder) / f"table{suffix}"
        write(os.fspath(path))
        return path.open("rb")


def materialize(
    frame: pl.LazyFrame, size: int, *, limit: int = IN_MEMORY, compression: Literal["lz4", "uncompressed"] = "lz4"
) -> pl.LazyFrame:
    """The frame, computed once: kept in memory up to `limit` bytes of input, else in an Arrow file."""
    if size <= limit:
        return frame.collect(engine="streaming").lazy()
    with temporary_file() as file:  # the engine keeps a descriptor of its own
        try:
            frame.sink_ipc(file, compression=compression, engine="streaming")
        except (pl.exceptions.PolarsError, OSError) as error:
            if _DISK_FULL.search(str(error)):
                raise SourceError(
                    f"the table does not fit in {tempfile.gettempdir()}: {os.strerror(errno.ENOSPC)}; set TMPDIR to a folder with room"
                ) from None
            raise
        file.seek(0)
        return pl.scan_ipc(file)
