"""The engine protocol: what a backend does for a run. Polars is the one that is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from truthound.engine.measures import Measure, Predicate
from truthound.schema import DataType

ROW = "__truthound_row"
FAILED_CHECKS = "_failed_checks"


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


@dataclass(frozen=True, slots=True)
class Split:
    """All rows of the data, good or bad; bad ones name their failed checks in `_failed_checks`. Frames of the backend, not yet read."""

    good: Any
    bad: Any


class Backend(Protocol):
    """What a backend does. Values come back as Python objects."""

    def schema(self) -> dict[str, DataType]:
        """Columns in order, with their types."""
        ...

    def measure(self, measures: Iterable[Measure]) -> dict[Measure, Any]:
        """Each measure's value, or the ValidatorError that says why it cannot be had. Raises SourceError if the data cannot be read."""
        ...

    def stages(self, measures: Iterable[Measure]) -> Iterator[dict[Measure, Any]]:
        """`measure` in instalments, the cheap ones first."""
        ...

    def rows(self, requests: Mapping[str, RowRequest]) -> dict[str, FailingRows]:
        """Failing rows, by the request's key."""
        ...

    def split(self, failing: Mapping[str, tuple[Predicate, Predicate | None]]) -> Split:
        """Good and bad rows, by the failing predicates (and their row filters) of named checks.

        Raises SourceError if the data have a column `_failed_checks` themselves.
        """
        ...

    def close(self) -> None:
        """Lets go of what is held."""
        ...
