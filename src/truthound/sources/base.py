"""An opened data source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from truthound._internal.text import first_line
from truthound.engine import Backend, OpenReference
from truthound.errors import SourceError
from truthound.results import now as utc_now

if TYPE_CHECKING:
    import polars as pl


PARSED_ONCE = 1 << 28
"""bytes of text up to which the parsed table is kept in memory; a larger one goes to a temporary file"""


@runtime_checkable
class Source(Protocol):
    """A table that has been opened. It chooses the engine that measures it; the layers above do not access its rows."""

    @property
    def name(self) -> str:
        """A display name without secrets."""
        ...

    @property
    def kind(self) -> str:
        """The format or system: csv, parquet, ndjson, json, ipc, excel, delta, sql or memory."""
        ...

    @property
    def path(self) -> Path | None:
        """The local file, if the source is a single one."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Facts about how the data were read that belong in the result."""
        ...

    def lines(self, rows: Collection[int]) -> dict[int, int]:
        """The lines of the file at `path` on which these rows begin, where known. Rows and lines count from 1."""
        ...

    def backend(self, *, reference: OpenReference | None = None, now: Callable[[], datetime] = utc_now) -> Backend:
        """An engine that measures the table.

        Args:
            reference: opens the backend of another data source that a measure names.
            now: the present, for conditions that ask for it.

        Raises:
            SourceError: the columns cannot be read.
        """
        ...


@dataclass(frozen=True)
class FrameSource:
    """A source that is a lazy Polars frame. Text and databases have been read when it exists; other files are scanned."""

    name: str
    kind: str
    frame: pl.LazyFrame = field(repr=False)
    path: Path | None = None
    explain: Callable[[Exception], SourceError] = field(
        default=lambda error: SourceError(first_line(error)), repr=False, compare=False
    )
    """Turns an error of the engine while it reads into a clear one."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Columns that exist and cannot be read, with the reason. The frame holds nulls in their place."""
    notes: tuple[str, ...] = ()
    line_numbers: Callable[[Collection[int]], dict[int, int]] = field(default=lambda _: {}, repr=False, compare=False)

    def lines(self, rows: Collection[int]) -> dict[int, int]:
        return self.line_numbers(rows)

    def backend(self, *, reference: OpenReference | None = None, now: Callable[[], datetime] = utc_now) -> Backend:
        from truthound.engine.polars.backend import PolarsBackend

        return PolarsBackend(
            self.frame, reference=reference, explain=self.explain, unreadable=self.unreadable, now=now,
            statistics=self.kind == "parquet",
        )  # fmt: skip
