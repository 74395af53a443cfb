"""Mergeable states of measures: the states of parts of a table merge into that of the whole, whatever computed them.

| measure | state |
|---|---|
| `RowCount`, `CountWhere`, `Aggregate` count | `Count` |
| `Aggregate` min, max | `Extreme` |
| `Aggregate` sum, mean | `Sum` |
| `Aggregate` std, var | `Moments` |
| `Histogram` | `HistogramCounts` |
| `TopValues`, `Aggregate` distinct | `Frequencies`, of columns with at most `MAX_DISTINCT` values |

All others need more of the table than a part has, as has any measure with a predicate that `needs_table`; they have no state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from truthound._internal.exact_numbers import decimal, rounded
from truthound.engine import measures as m

_ZERO = Fraction(0)
MAX_DISTINCT = 1 << 12
"""distinct values of which a state is kept"""


@dataclass(frozen=True, slots=True)
class Count:
    """Rows or values."""

    count: int

    def merge(self, other: Count) -> Count:
        return Count(self.count + other.count)


@dataclass(frozen=True, slots=True)
class Extreme:
    """The smallest or the greatest value: NaN if one is NaN, None if there are none.

    `order` is what compares instead of the value, for a type whose order is not that of Python's values.
    """

    function: Literal["min", "max"]
    value: Any
    order: Any = None

    def merge(self, other: Extreme) -> Extreme:
        if self.value is None or (other.value is not None and _is_nan(other.value)):
            return other
        if other.value is None or _is_nan(self.value):
            return self
        mine, theirs = (part.value if part.order is None else part.order for part in (self, other))
        return other if (theirs < mine if self.function == "min" else theirs > mine) else self


@dataclass(frozen=True, slots=True)
class Sum:
    """Values added without rounding: their sum is within `error` of `total`, which is exact where that is 0.

    `special` is the sum if some values are NaN or infinite. Decimals have a `scale`.
    """

    number: Literal["integer", "decimal", "float"]
    count: int
    total: Fraction = _ZERO
    error: Fraction = _ZERO
    special: float | None = None
    scale: int = 0

    def merge(self, other: Sum) -> Sum:
        if not self.count or not other.count:
            return self if self.count else other
        special = self.special if other.special is None else other.special
        if self.special is not None and other.special is not None and self.special != other.special:
            special = math.nan
        total, error = self.total + other.total, self.error + other.error
        return Sum(self.number, self.count + other.count, total, error, special, self.scale)

    def is_certain(self, function: str) -> bool:
        """Whether the sum or the mean is known to the last bit."""
        if not self.error or self.special is not None:
            return True
        by = self.count if function == "mean" else 1
        return rounded((self.total - self.error) / by) == rounded((self.total + self.error) / by)

    def sum(self) -> Any:
        """An int, a Decimal, or the float that the exact sum rounds to; None without values."""
        if not self.count:
            return None
        if self.special is not None:
            return self.special
        if self.number == "decimal":
            return decimal(int(self.total * 10**self.scale), self.scale)
        return int(self.total) if self.number == "integer" else rounded(self.total)

    def mean(self) -> float | None:
        if not self.count:
            return None
        return rounded(self.total / self.count) if self.special is None else self.special


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and variance (n - 1) of values in units of 1 / `scale`, merged as Chan, Golub and LeVeque do.

    The variance is NaN if some values are not finite, and None for fewer than two finite values.
    """

    count: int
    mean: Fraction
    variance: float | None
    scale: int = 1

    def merge(self, other: Moments) -> Moments:
        if not self.count or not other.count:
            return self if self.count else other
        count = self.count + other.count
        found = [part.variance or 0.0 for part in (self, other)]
        if not all(map(math.isfinite, found)):
            return Moments(count, _ZERO, math.nan if any(map(math.isnan, found)) else math.inf, self.scale)
        apart = other.mean - self.mean
        mean = self.mean + apart * other.count / count
        squares = Fraction(found[0]) * (self.count - 1) + Fraction(found[1]) * (other.count - 1)
        squares += apart * apart * self.count * other.count / count
        # as floats again, so that states stay small however many are merged
        return Moments(count, _short(mean), rounded(squares / (count - 1)), self.scale)

    def var(self) -> float | None:
        if self.count < 2 or self.variance is None or not math.isfinite(self.variance):
            return None if self.count < 2 else self.variance
        return self.variance / float(self.scale**2)

    def std(self) -> float | None:
        if self.count < 2 or self.variance is None or not math.isfinite(self.variance):
            return None if self.count < 2 else self.variance
        return math.sqrt(self.variance) / float(self.scale)


@dataclass(frozen=True, slots=True)
class HistogramCounts:
    """Values between the edges of a histogram."""

    counts: tuple[int, ...]

    def merge(self, other: HistogramCounts) -> HistogramCounts:
        return HistogramCounts(tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))


@dataclass(frozen=True, slots=True)
class Frequencies:
    """All distinct values, nulls left out, with how often they occur, in the order of the values; NaN is the last."""

    counts: tuple[tuple[Any, int], ...]

    def merge(self, other: Frequencies) -> Frequencies:
        merged: dict[Any, tuple[Any, int]] = {}
        for found, n in (*self.counts, *other.counts):
            key = "NaN" if _is_nan(found) else found
            merged[key] = (found, merged[key][1] + n if key in merged else n)
        return Frequencies(
            tuple(sorted(merged.values(), key=lambda pair: (_is_nan(pair[0]), _is_nan(pair[0]) or pair[0])))
        )

    def top(self, k: int) -> tuple[tuple[Any, int], ...]:
        """The k most frequent; of equally frequent ones the smaller first."""
        return tuple(sorted(self.counts, key=lambda pair: -pair[1])[:k])


State = Count | Extreme | Sum | Moments | HistogramCounts | Frequencies
_OF_AGGREGATES: dict[str, type[State]] = {
    "count": Count, "min": Extreme, "max": Extreme, "sum": Sum, "mean": Sum, "std": Moments, "var": Moments,
    "distinct": Frequencies,
}  # fmt: skip


def state_type(measure: m.Measure) -> type[State] | None:
    """The state that a measure's value comes from; None if it cannot be merged from parts of the table."""
    match measure:
        case m.RowCount(where) if not m.needs_table(where):
            return Count
        case m.CountWhere(predicate, where) if not m.needs_table(predicate) and not m.needs_table(where):
            return Count
        case m.Aggregate(_, function, where) if not m.needs_table(where):
            return _OF_AGGREGATES.get(function)
        case m.Histogram(_, _, where) if not m.needs_table(where):
            return HistogramCounts
        case m.TopValues(_, _, where) if not m.needs_table(where):
            return Frequencies
        case _:
            return None


def streams(measure: m.Measure) -> bool:
    """Whether a measure has a state of a few numbers, whatever the table, so that one pass can compute many."""
    return state_type(measure) not in (None, Frequencies)


def empty(measure: m.Measure) -> State:
    """The state of no rows, the neutral element of `merge`."""
    match measure:
        case m.Aggregate(_, "min" | "max" as function):
            return Extreme("min" if function == "min" else "max", None)
        case m.Aggregate(_, "sum" | "mean"):
            return Sum("integer", 0)
        case m.Aggregate(_, "std" | "var"):
            return Moments(0, _ZERO, None)
        case m.Histogram(_, edges):
            return HistogramCounts((0,) * (len(edges) + 1))
        case m.TopValues() | m.Aggregate(_, "distinct"):
            return Frequencies(())
        case _:
            return Count(0)


def merge(a: State, b: State) -> State:
    """The state of two parts of a table together."""
    if type(a) is not type(b):
        raise TypeError(f"{type(a).__name__} and {type(b).__name__} are states of different measures")
    return a.merge(b)  # type: ignore[arg-type]  # it is of the same type


def value(measure: m.Measure, state: State) -> Any:
    """The measure's value."""
    match state:
        case Count(count):
            return count
        case Extreme():
            return state.value
        case HistogramCounts(counts):
            return counts
        case Frequencies(counts):
            return state.top(measure.k) if isinstance(measure, m.TopValues) else len(counts)
        case Sum() | Moments():
            return getattr(state, measure.function)()  # type: ignore[attr-defined]  # it is an Aggregate


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _short(number: Fraction) -> Fraction:
    """A number as the sum of two floats, which hold 106 bits of it."""
    near = rounded(number)
    return Fraction(near) + Fraction(rounded(number - Fraction(near))) if math.isfinite(near) else number
