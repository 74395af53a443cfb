"""An opened data source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from truthound.errors import SourceError
from truthound.text import brief

if TYPE_CHECKING:
    import polars as pl


PARSED_ONCE = 1 << 28
"""text files up to so many bytes are parsed once and kept; larger ones are parsed anew by each pass"""


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
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Columns that are there and cannot be read, and why. The frame holds nulls in their place."""
    notes: tuple[str, ...] = ()
    """What users should know of how the data were read."""
    lines: Callable[[Collection[int]], dict[int, int]] = field(default=lambda _: {}, repr=False, compare=False)
    """The lines of the file at `path` that rows begin on, where they can be told. Rows and lines are counted from 1."""

    def parsed_once(self) -> pl.LazyFrame:
        """The rows for several passes: text that is small enough is parsed only once."""
        import polars as pl

        if self.reparse and self.size is not None and self.size <= PARSED_ONCE:
            try:
                return self.frame.collect(engine="streaming").lazy()
            except (pl.exceptions.PolarsError, OSError) as error:
                raise self.explain(error) from None
        return self.frame
