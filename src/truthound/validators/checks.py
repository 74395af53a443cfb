"""Checks, which a validator becomes when it is bound to a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from truthound.engine.measures import Measure, Predicate
from truthound.results import CheckStatus, Severity
from truthound.schema import DataType
from truthound.validators.rule import Rule
from truthound.validators.verdict import Judge

if TYPE_CHECKING:
    from truthound.schema import Schema

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class NotRunnable:
    """Why a check cannot run: an error, or skipped."""

    status: CheckStatus
    message: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A validator bound to columns: it asks for measures, and its judge turns their values into one verdict.

    `failing` is true for failing rows; they are fetched, and quarantined, by it. `expected` is what should hold, in a few words.
    """

    validator: Rule
    columns: tuple[str, ...] = ()
    expected: str = ""
    measures: tuple[Measure, ...] = ()
    judge: Judge | None = None
    failing: Predicate | None = None
    problem: NotRunnable | None = None
    where: Predicate | None = None
    severity: Severity | None = None
    """the default of this check, which takes precedence over the validator's"""
    doubt: str = ""
    """the error it becomes if the columns have values, which only the data can tell"""
    nothing: tuple[Measure, Measure] | None = None
    """two counts, of the rows that are not judged and of all rows: if they are equal, the check passes and its other measures are not read"""


def error_check(rule: Rule, message: str, columns: tuple[str, ...] = ()) -> Check:
    """A check that cannot be evaluated: an error, never a pass."""
    problem = NotRunnable(CheckStatus.ERROR, message, rule.severity or Severity.CRITICAL)
    return Check(rule, columns or rule.names, problem=problem)


class Baselines(Protocol):
    """Small documents that a validator keeps from run to run."""

    def get(self, key: str) -> dict[str, Any] | None: ...
    def put(self, key: str, value: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Table:
    """The context in which a validator is bound: the table's schema, and what the run knows about it."""

    schema: Mapping[str, DataType]
    """the types of the columns"""
    expected: Schema | None = None
    """the schema that the run is given or has learned"""
    clock: Clock = lambda: datetime.now(UTC)
    baselines: Baselines | None = None
    keys: tuple[str, ...] = ()
    pii: frozenset[str] = frozenset()
    """columns whose values are masked and never stored"""

    @property
    def unreadable(self) -> dict[str, str]:
        """The columns that are there and cannot be read, and why."""
        return {c: reason for c, t in self.schema.items() if (reason := t.unreadable_reason) is not None}
