"""What a check may request from an engine: a closed vocabulary of predicates (true, false or null for each row) and measures (one value per table).

All are frozen and hashable values without data or engine, so equal ones are computed once and any backend can compile them.
A predicate is true or false for a row, or null if a cell that it needs is null; only true counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from truthound.engine.condition import Condition

# --- predicates ----------------------------------------------------------------------------------------------------


class Predicate:
    """True, false or null for each row."""


@dataclass(frozen=True)
class IsNull(Predicate):
    column: str


@dataclass(frozen=True)
class IsNan(Predicate):
    column: str


@dataclass(frozen=True)
class Between(Predicate):
    """Within bounds, None being open. NaN is never within. Bounds are numbers, dates, datetimes, times or text."""

    column: str
    low: Any = None
    high: Any = None
    low_inclusive: bool = True
    high_inclusive: bool = True


@dataclass(frozen=True)
class In(Predicate):
    column: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Matches(Predicate):
    """Contains a match of a regular expression (the linear-time syntax of Rust's regex crate)."""

    column: str
    pattern: str


@dataclass(frozen=True)
class LengthBetween(Predicate):
    """Characters of a text, or items of a list, within bounds."""

    column: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class AnyItem(Predicate):
    """The predicate is true for some item of a list; within it, the item is the column named ""."""

    column: str
    predicate: Predicate


@dataclass(frozen=True)
class Format(Predicate):
    """A text has one of the named formats an engine knows beyond regular expressions: luhn, iban, json, date(FORMAT)."""

    column: str
    name: str
    argument: str = ""


@dataclass(frozen=True)
class Compare(Predicate):
    """`left OP right` between two columns; OP is one of == != < <= > >=; values may differ by `tolerance`: a number, or a span of time."""

    left: str
    operator: str
    right: str
    tolerance: float | timedelta = 0.0


@dataclass(frozen=True)
class SQL(Predicate):
    """A condition in SQL, resolved against the table's columns; a backend resolves one that is not."""

    condition: Condition


@dataclass(frozen=True)
class Native(Predicate):
    """An expression from a user's function, `LazyFrame -> Expr`, that is true for a passing row."""

    function: Callable[[Any], Any]


@dataclass(frozen=True)
class Repeated(Predicate):
    """The row's values in these columns occur in another row too. `nulls`: nulls are equal; else a null never repeats."""

    columns: tuple[str, ...]
    nulls: bool = False


@dataclass(frozen=True)
class Orphan(Predicate):
    """The row's values are not in the reference's columns; a row with a null is not an orphan."""

    columns: tuple[str, ...]
    reference: Reference
    reference_columns: tuple[str, ...]


@dataclass(frozen=True)
class OutOfOrder(Predicate):
    """The value is not above (below, if descending) the one before it, or NaN; `strict`: equal is out of order too. Nulls and NaN are skipped."""

    column: str
    order_by: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    descending: bool = False
    strict: bool = False


@dataclass(frozen=True)
class Inconsistent(Predicate):
    """Rows that are equal in `given` differ in `column`: no function from the one to the other."""

    given: tuple[str, ...]
    column: str


@dataclass(frozen=True)
class And(Predicate):
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True)
class Or(Predicate):
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True)
class Not(Predicate):
    predicate: Predicate


@dataclass(frozen=True)
class Unknown(Predicate):
    """The predicate is null: a cell that it needs is missing."""

    predicate: Predicate


# --- measures ------------------------------------------------------------------------------------------------------


class Measure:
    """One value per table, or a ValidatorError where it cannot be computed."""


@dataclass(frozen=True)
class RowCount(Measure):
    """int: rows (for which `where` is true)."""

    where: Predicate | None = None


@dataclass(frozen=True)
class CountWhere(Measure):
    """int: rows for which the predicate is true."""

    predicate: Predicate
    where: Predicate | None = None


@dataclass(frozen=True)
class Aggregate(Measure):
    """A scalar over the non-null values: min, max, sum, mean, std (n - 1), var, median, count, distinct; None if there are none.

    NaN counts as a value. `distinct` is exact and leaves nulls out. A sum or a mean is rounded once, from the exact sum; the
    sum of integers or decimals is not rounded at all.
    """

    column: str
    function: str
    where: Predicate | None = None


@dataclass(frozen=True)
class Quantile(Measure):
    """The q-quantile (0 to 1) by linear interpolation of the non-null values: a float, or an int or Decimal that no float holds."""

    column: str
    q: float
    where: Predicate | None = None


@dataclass(frozen=True)
class TopValues(Measure):
    """tuple of (value, count), most frequent first, nulls left out, at most k."""

    column: str
    k: int
    where: Predicate | None = None


@dataclass(frozen=True)
class Duplicates(Measure):
    """DuplicateCounts over these columns, or over all where there are none."""

    columns: tuple[str, ...] = ()
    nulls: bool = False
    where: Predicate | None = None


@dataclass(frozen=True)
class DuplicateCounts:
    """`rows` in repeated groups, `extra` rows beyond the first of each group, `groups` that repeat."""

    rows: int
    extra: int
    groups: int
    keyed: int | None = field(default=None, compare=False)
    """rows that have a key, if they were counted on the way"""


@dataclass(frozen=True)
class Histogram(Measure):
    """tuple of ints: values in (-inf, e0), [e0, e1), …, [en, inf) for ascending edges; nulls and NaN left out."""

    column: str
    edges: tuple[float, ...]
    where: Predicate | None = None


@dataclass(frozen=True)
class Gaps(Measure):
    """tuple of (group, start, end, missing) for steps of `every` ("1d", "1h", "1mo") absent between consecutive values of a group."""

    column: str
    every: str
    group_by: tuple[str, ...] = ()
    limit: int = 10
    where: Predicate | None = None


@dataclass(frozen=True)
class KolmogorovSmirnov(Measure):
    """(statistic, n, m): the largest distance of the two empirical distribution functions, exact."""

    column: str
    reference: Reference
    reference_column: str
    where: Predicate | None = None


@dataclass(frozen=True)
class Query(Measure):
    """(count, rows): the rows a SQL query returns; the table is called `data`. At most `limit` rows come back."""

    text: str
    limit: int = 10


@dataclass(frozen=True)
class ReferenceMeasure(Measure):
    """A measure of another data source."""

    reference: Reference
    measure: Measure


@dataclass(frozen=True, eq=False)
class Reference:
    """Another data source. Two are equal if their specifications are equal or the same object."""

    spec: Any

    def _key(self) -> object:
        return repr(self.spec) if isinstance(self.spec, str | dict) else id(self.spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


NEED_TABLE = (Repeated, OutOfOrder, Inconsistent, Native)  # their value for a row depends, or may depend, on other rows


def needs_table(predicate: Predicate | None) -> bool:
    """Whether a predicate needs more of the table than one row."""
    return predicate is not None and any(isinstance(p, NEED_TABLE) for p in subpredicates(predicate))


def conjunction(*predicates: Predicate | None) -> Predicate | None:
    """The conjunction of these predicates; None is ignored."""
    given = tuple(p for p in predicates if p is not None)
    return given[0] if len(given) == 1 else And(given) if given else None


def skipped_rows(predicate: Predicate) -> Predicate | None:
    """True for the rows that a rule with this predicate skips because a cell it needs is null; None where it evaluates every row."""
    match predicate:
        case Not(inner):
            return skipped_rows(inner)
        case IsNull() | Repeated(nulls=True):
            return None
        case Repeated(columns) | Orphan(columns):
            return any_null(columns)
        case Compare(left, _, right):
            return any_null((left, right))
        case Inconsistent(given, column):
            return any_null((*given, column))
        case And(inner) | Or(inner):
            found = {skipped_rows(p) for p in inner}
            return found.pop() if len(found) == 1 else Unknown(predicate)
        case SQL() | Native() | Unknown():
            return Unknown(predicate)
        case _:
            return IsNull(predicate.column)  # type: ignore[attr-defined]  # all others read one column


def any_null(columns: tuple[str, ...]) -> Predicate:
    """At least one of these columns is null."""
    return IsNull(columns[0]) if len(columns) == 1 else Or(tuple(map(IsNull, columns)))


def subpredicates(predicate: Predicate) -> Iterator[Predicate]:
    """The predicate and all predicates within it."""
    yield predicate
    match predicate:
        case And(inner) | Or(inner):
            for one in inner:
                yield from subpredicates(one)
        case Not(one) | Unknown(one) | AnyItem(predicate=one):
            yield from subpredicates(one)
