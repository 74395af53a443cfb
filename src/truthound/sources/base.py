"""An opened data source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from truthound.errors import SourceError
from truthound.text import brief

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Source:
    """A table that has been opened, not read."""

    name: str
    """For people, without secrets."""
    kind: str
    """csv, parquet, ndjson, json, ipc, excel, delta, sql or memory."""
    frame: pl.LazyFrame = field(repr=False)
    path: Path | None = None
    """The one local file it is, if it is one."""
    reparse: bool = False
    """Each collect parses text again."""
    size: int | None = None
    """Bytes on disk, where known."""
    explain: Callable[[Exception], SourceError] = field(
        default=lambda error: SourceError(brief(error)), repr=False, compare=False
    )
    """What the engine raised while it read, as a clear error."""
