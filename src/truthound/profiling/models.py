"""A profile and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from truthound._internal.text import percent
from truthound.profiling.text_patterns import common_patterns
from truthound.results import Record
from truthound.schema import DataType


@dataclass(frozen=True, slots=True)
class ColumnProfile(Record):
    """What is in a column. `distinct` leaves nulls out; `quartiles` are the 25, 50 and 75 % quantiles; `histogram` counts ten equal bins."""

    name: str
    type: str
    nulls: int
    distinct: int | None = None
    min: Any = None
    max: Any = None
    mean: float | None = None
    std: float | None = None
    quartiles: tuple[Any, ...] = ()
    top: tuple[tuple[Any, int], ...] = ()
    """(value, count), most frequent first"""
    histogram: tuple[int, ...] = ()
    format: str | None = None
    """the format (of the validator `format`) that all texts have, or nearly all"""
    nonconforming: int = 0
    """texts that do not have it"""
    pattern: str | None = None
    """a regular expression that every text matches"""
    nan: int = 0
    """values that are NaN; of the statistics only `distinct` and `top` count them"""
    usual: tuple[Any, ...] = ()
    """the smallest and the largest value without anomalies, if there are any"""
    rising: bool = False
    """whether numbers never fall from row to row, and there are many"""


@dataclass(frozen=True, slots=True)
class Anomaly(Record):
    """An anomaly: in how many of `total` rows, and an example."""

    column: str
    what: str
    count: int | None = None
    example: Any = None
    total: int | None = None
    values: tuple[Any, ...] = ()
    """the values, where they are few"""
    rule: dict[str, Any] | None = None
    """the validator that finds these rows, as in a configuration; None for a column without a name"""

    @property
    def percent(self) -> str:
        """The share of rows, as text; empty where there is no count."""
        return "" if self.count is None or not self.total else percent(self.count, self.total)


@dataclass(frozen=True, slots=True)
class Profile(Record):
    """A table: its columns, repeated rows, columns that could be a key, and anomalies."""

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: int = 0
    keys: tuple[str, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()


@dataclass(slots=True)
class ColumnScan:
    """What is known of a column while it is profiled."""

    name: str
    type: DataType
    first_values: list[Any]
    """those of the first rows that are not null"""
    patterns: list[tuple[str, str]]
    """(name, regular expression) that all first values match, the closest first"""
    rows: int = 0
    measured: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, dtype: DataType, first_values: list[Any]) -> ColumnScan:
        return cls(name, dtype, first_values, common_patterns(first_values) if dtype.of("text") else [])

    @property
    def present(self) -> int:
        """Rows that are not null."""
        return int(self.rows - self.measured["nulls"])

    @property
    def scalar(self) -> bool:
        return not self.type.of("nested", "binary") and self.type.base not in ("null", "object")
