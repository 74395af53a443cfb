"""What a validator turns into when it is bound to a table: checks, which ask for measures, and their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from truthound.engine.measures import Measure, Predicate
from truthound.results import CheckStatus, Severity
from truthound.schema import DataType

if TYPE_CHECKING:
    from truthound.schema import Schema
    from truthound.validators.base import Validator

Values = Mapping[Measure, Any]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check's measures say. `failed` of `judged` of `total` rows, or `ok` for a check on the table as a whole.

    `judged` leaves out the rows that a null lets the rule pass over; it is None where nobody asked, as nothing failed.
    """

    ok: bool
    failed: int | None = None
    total: int | None = None
    judged: int | None = None
    observed: Any = None
    message: str = ""
    examples: tuple[dict[str, Any], ...] = ()
    """rows the judge itself has at hand (results of a query); others are fetched by the check's predicate"""
    skipped: bool = False
    """there was nothing to judge, as `message` says"""


ALL_NULL = "every value is null"
NO_ROWS = "no rows"
NO_VALUES = Verdict(ok=True, judged=0, message="no values")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A check that needs further measures, chosen by the values of the first."""

    measures: tuple[Measure, ...]
    judge: Judge
    failing: Predicate | None = None


Judge = Callable[[Values], "Verdict | FollowUp"]


@dataclass(frozen=True, slots=True)
class NotRunnable:
    """Why a check cannot run: an error, or skipped."""

    status: CheckStatus
    message: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A validator bound to columns: one verdict.

    `failing` is true for rows that do not hold; rows are fetched, and set aside, by it. `expected` says in a few words what should hold.
    """

    validator: Validator
    columns: tuple[str, ...] = ()
    expected: str = ""
    measures: tuple[Measure, ...] = ()
    judge: Judge | None = None
    failing: Predicate | None = None
    problem: NotRunnable | None = None
    where: Predicate | None = None
    severity: Severity | None = None
    """a default of this check's own, before the validator's"""
    doubt: str = ""
    """what makes it an error unless the columns have no values, which only the data can tell"""
    nothing: tuple[Measure, Measure] | None = None
    """two counts, of the rows that are passed over and of all: where they are equal the check passes, whatever its other measures are"""


class Baselines(Protocol):
    """Small documents that a validator keeps from run to run."""

    def get(self, key: str) -> dict[str, Any] | None: ...
    def put(self, key: str, value: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Table:
    """What a validator may know when it is bound to a table."""

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
