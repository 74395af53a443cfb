"""An opened data source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from truthound._internal.text import first_line
from truthound.errors import SourceError

if TYPE_CHECKING:
    import polars as pl


PARSED_ONCE = 1 << 28
"""a table of text of so many bytes is kept in memory, a larger one in a file"""


@dataclass(frozen=True)
class Source:
    """A table that has been opened; text has been read, too."""

    name: str
    """For people, without secrets."""
    kind: str
    """csv, parquet, ndjson, json, ipc, excel, delta, sql or memory."""
    frame: pl.LazyFrame = field(repr=False)
    path: Path | None = None
    """The one local file it is, if it is one."""
    size: int | None = None
    """Bytes on disk, where known."""
    explain: Callable[[Exception], SourceError] = field(
        default=lambda error: SourceError(first_line(error)), repr=False, compare=False
    )
    """What the engine raised while it read, as a clear error."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Columns that are there and cannot be read, and why. The frame holds nulls in their place."""
    notes: tuple[str, ...] = ()
    """What users should know of how the data were read."""
    lines: Callable[[Collection[int]], dict[int, int]] = field(default=lambda _: {}, repr=False, compare=False)
    """The lines of the file at `path` that rows begin on, where they can be told. Rows and lines are counted from 1."""
