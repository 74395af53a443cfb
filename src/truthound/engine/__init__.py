"""The engine protocol: what an engine must answer about a table. Polars is the only engine so far.

A source chooses the engine (`Source.backend`). Callers use this protocol and the vocabulary of
`truthound.engine.measures` only, so that a database or Spark can answer without handing over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from truthound.engine.measures import Measure, Predicate, Reference
from truthound.engine.states import State
from truthound.errors import ValidatorError
from truthound.schema import DataType

ROW = "__truthound_row"
FAILED_CHECKS = "_failed_checks"
"""the column of bad rows that names the checks they fail"""

Failing = tuple[Predicate, Predicate | None]
"""true for the failing rows, among those of a row filter"""


@dataclass(frozen=True, slots=True)
class RowRequest:
    """Up to `limit` rows for which the predicate is true, and the `top` most frequent values of `column` among all such rows.

    `brief`: rows of a wide table hold only the cells of `keys`, of the judged `columns` and of a few more.
    """

    predicate: Predicate
    where: Predicate | None = None
    limit: int = 10
    column: str | None = None
    top: int = 5
    keys: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    brief: bool = False


@dataclass(frozen=True, slots=True)
class FailingRows:
    """Rows as (row number from 1, cells); frequent values as (value, count)."""

    rows: tuple[tuple[int, dict[str, Any]], ...]
    top_values: tuple[tuple[Any, int], ...] = ()
    error: str | None = None
    """why the rows could not be fetched"""


SplitPart = Literal["good", "bad"]


@dataclass(frozen=True, slots=True)
class RowFile:
    """A local file to write rows to."""

    path: Path
    format: Literal["parquet", "csv"]


class Split(Protocol):
    """All rows of a table, good or bad, not read yet. Bad rows name the checks they fail in `_failed_checks`."""

    def write(self, files: Mapping[SplitPart, RowFile]) -> dict[SplitPart, int]:
        """Writes good rows, bad rows or both in one pass over the data, and counts both; written rows are counted in the file.

        Raises:
            OSError: the disk is full or read-only.
            ValueError: the format cannot hold the rows.
        """
        ...


class Backend(Protocol):
    """A table in an engine. Values come back as Python objects; every failure is a TruthoundError, even a panic of the engine.

    A measure or a row filter that does not fit the table is a ValidatorError; data that cannot be read are a SourceError.
    What needs an unreadable column is a ValidatorError with the reason; everything else is answered.
    Equal measures are computed once, even if they are requested by several calls.
    """

    def schema(self) -> dict[str, DataType]:
        """Columns in order with their types; `DataType.unreadable` for those that cannot be read."""
        ...

    def measure(self, measures: Iterable[Measure]) -> dict[Measure, Any]:
        """Each measure's value, or the ValidatorError that says why it has none; an error of one does not affect the others.

        Raises:
            SourceError: the data cannot be read.
        """
        ...

    def stages(self, measures: Iterable[Measure]) -> Iterator[dict[Measure, Any]]:
        """`measure` in parts, the cheap measures first; for callers that show progress."""
        ...

    def states(self, measures: Iterable[Measure]) -> dict[Measure, State | ValidatorError]:
        """Exact states of the measures that have one (see `truthound.engine.states`), to be merged with those of other parts."""
        ...

    def rows(self, requests: Mapping[str, RowRequest]) -> dict[str, FailingRows]:
        """Failing rows by the request's key, in the order of the table."""
        ...

    def split(self, failing: Mapping[str, Failing]) -> Split:
        """Good and bad rows, by the predicates of named checks.

        Raises:
            SourceError: the data already have a column `_failed_checks`.
        """
        ...

    def sample(self, size: int, seed: int) -> Backend:
        """The table reduced to `size` rows chosen by `seed`, the same ones each time. Rows keep their numbers."""
        ...

    def without_rows(self) -> Backend:
        """The table with its columns and no rows: measures that do not fit the columns fail here without reading the data."""
        ...

    def close(self) -> None:
        """Releases the resources of the table."""
        ...


OpenReference = Callable[[Reference], Backend]
"""opens another data source that a measure names"""
