"""What predicates and measures mean, in plain Python over lists of values: what every backend is held to."""

import math
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from truthound.engine import measures as m

Row = dict[str, Any]
OPERATORS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def exact(value: Any) -> Any:
    """A value as it compares: numbers as fractions, a decimal point being what it is written as."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return value if isinstance(value, float) and not math.isfinite(value) else Fraction(value)


def in_zone(value: datetime, zone: str | None) -> datetime:
    """A moment as a column with this zone has it: without a zone, it is on the clock of the column's."""
    if value.tzinfo is None:
        return value.replace(tzinfo=ZoneInfo(zone)) if zone else value
    return value if zone else value.astimezone(UTC).replace(tzinfo=None)


def bound(given: Any, value: Any) -> Any:
    """A bound as it compares with a value of a column."""
    if isinstance(value, datetime):
        at = given if isinstance(given, datetime) else datetime(given.year, given.month, given.day)
        return in_zone(at, value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None)
    if isinstance(value, date) and isinstance(given, datetime):
        return given  # compared with the day's midnight, below
    if isinstance(value, Decimal) and isinstance(given, float) and math.isfinite(given):
        return Fraction(str(given))
    return exact(given)


def comparable(value: Any, other: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime) and isinstance(other, datetime):
        return datetime(value.year, value.month, value.day)
    return exact(value)


# --- predicates of one row -----------------------------------------------------------------------------------------


def truth(p: m.Predicate, row: Row) -> bool | None:
    """True, false, or None where a value that it needs is null."""
    match p:
        case m.IsNull(column):
            return row[column] is None
        case m.And(inner):
            found = [truth(i, row) for i in inner]
            return False if False in found else None if None in found else True
        case m.Or(inner):
            found = [truth(i, row) for i in inner]
            return True if True in found else None if None in found else False
        case m.Not(inner):
            found = truth(inner, row)
            return None if found is None else not found
        case m.Unknown(inner):
            return truth(inner, row) is None
        case m.Compare(left, operator, right, tolerance):
            return _compare(row[left], operator, row[right], tolerance)
        case m.AnyItem(column, inner):
            items = row[column]
            return None if items is None else any(truth(inner, {"": item}) for item in items)
        case _:
            value = row[p.column]  # type: ignore[attr-defined]  # all others read one column
            return None if value is None else _of_value(p, value)


def _of_value(p: m.Predicate, value: Any) -> bool:
    match p:
        case m.IsNan():
            return is_nan(value)
        case m.Between(_, low, high, low_inclusive, high_inclusive):
            if is_nan(value):
                return False
            above = low is None or _holds(value, ">=" if low_inclusive else ">", low)
            return above and (high is None or _holds(value, "<=" if high_inclusive else "<", high))
        case m.In(_, values):
            return any(_holds(value, "==", v) for v in values if v is not None)
        case m.Matches(_, pattern):
            return re.search(pattern.replace("$", r"\Z"), value) is not None  # as in Rust
        case m.LengthBetween(_, low, high):
            return (low is None or len(value) >= low) and (high is None or len(value) <= high)
        case _:
            raise AssertionError(p)


def _holds(value: Any, operator: str, given: Any) -> bool:
    return OPERATORS[operator](comparable(value, given), bound(given, value))


def _compare(left: Any, operator: str, right: Any, tolerance: Any) -> bool | None:
    if left is None or right is None:
        return None
    if is_nan(left) or is_nan(right):
        return False
    a, b = exact(left), exact(right)
    if not tolerance or a == b:
        return OPERATORS[operator](a, b) or (bool(tolerance) and a == b and operator in ("<", ">"))
    most = tolerance if isinstance(tolerance, timedelta) else Fraction(str(tolerance))
    if operator in ("==", "!="):
        return (abs(a - b) <= most) is (operator == "==")
    zero = most * 0
    return OPERATORS[operator](a - b - most if operator.startswith("<") else a - b + most, zero)


# --- predicates of the whole table ---------------------------------------------------------------------------------


def failing(p: m.Predicate, rows: list[Row], reference: list[Row]) -> list[bool]:
    """For which rows it is true, among these rows."""
    match p:
        case m.Repeated(columns, nulls):
            keys = [_key(row, columns or tuple(row)) for row in rows]
            often = Counter(keys)
            return [often[k] > 1 and (nulls or None not in k) for k in keys]
        case m.Orphan(columns, _, others):
            known = {_key(row, others) for row in reference}
            return [None not in (k := _key(row, columns)) and k not in known for row in rows]
        case m.Inconsistent(given, column):
            keys = [_key(row, (*given, column)) for row in rows]
            values: dict[Any, set[Any]] = {}
            for *key, value in (k for k in keys if None not in k):
                values.setdefault(tuple(key), set()).add(value)
            return [None not in k and len(values[k[:-1]]) > 1 for k in keys]
        case m.OutOfOrder():
            return _out_of_order(p, rows)
        case m.Or(inner):
            found = [failing(i, rows, reference) for i in inner]
            return [any(of_row) for of_row in zip(*found, strict=True)]
        case m.And(inner):
            found = [failing(i, rows, reference) for i in inner]
            return [all(of_row) for of_row in zip(*found, strict=True)]
        case _:
            return [truth(p, row) is True for row in rows]


def _key(row: Row, columns: tuple[str, ...]) -> tuple[Any, ...]:
    """Values as they are equal: NaN to NaN, and 0.0 to -0.0."""
    return tuple("NaN" if is_nan(row[c]) else tuple(row[c]) if isinstance(row[c], list) else row[c] for c in columns)


def _out_of_order(p: m.OutOfOrder, rows: list[Row]) -> list[bool]:
    order = sorted(range(len(rows)), key=lambda i: _key(rows[i], p.order_by)) if p.order_by else range(len(rows))
    before: dict[Any, Any] = {}
    out = [False] * len(rows)
    operator = (">" if p.descending else "<") + ("=" if p.strict else "")
    for i in order:
        group, value = _key(rows[i], p.group_by), rows[i][p.column]
        if is_nan(value):
            out[i] = True
        elif value is not None:
            out[i] = group in before and OPERATORS[operator](value, before[group])
            before[group] = value
    return out


# --- measures ------------------------------------------------------------------------------------------------------


def aggregate(function: str, values: list[Any]) -> Any:
    """An aggregate of values that are not null; floats that are rounded once, from the exact result."""
    nan = any(map(is_nan, values))
    match function:
        case "count":
            return len(values)
        case "distinct":
            return len({_key({"v": v}, ("v",)) for v in values})
        case "median":
            return exact(quantile(values, 0.5))
        case _ if not values or (function in ("std", "var") and len(values) < 2):
            return None
        case "min" | "max":
            return math.nan if nan else min(values) if function == "min" else max(values)
    infinite = {v for v in values if isinstance(v, float) and math.isinf(v)}
    if nan or len(infinite) > 1 or (infinite and function in ("std", "var")):
        return math.nan
    if infinite:
        return infinite.pop()
    total = sum(map(Fraction, values), Fraction(0))
    if function == "sum":
        return float(total) if isinstance(values[0], float) else total
    mean = total / len(values)
    if function == "mean":
        return float(mean)
    variance = sum((Fraction(v) - mean) ** 2 for v in values) / (len(values) - 1)
    return math.sqrt(variance) if function == "std" else float(variance)


def quantile(values: list[Any], q: float) -> Any:
    """On the line between two neighbours; NaN is above all numbers."""
    if not values:
        return None
    ordered = sorted((v for v in values if not is_nan(v)), key=exact) + [v for v in values if is_nan(v)]
    rank = Fraction(str(q)) * (len(ordered) - 1)
    low, high, part = ordered[int(rank)], ordered[-(-rank.numerator // rank.denominator)], rank % 1
    if not part or low == high:
        return low
    if any(isinstance(v, float) and not math.isfinite(v) for v in (low, high)):
        return low + (high - low) * float(part)
    return Fraction(low) + (Fraction(high) - Fraction(low)) * part


def top_values(values: list[Any], k: int) -> tuple[tuple[Any, int], ...]:
    """Most frequent first, of equally frequent ones the smaller first."""
    counts = Counter(values)
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], exact(pair[0])))[:k])


def duplicates(rows: list[Row], columns: tuple[str, ...], *, nulls: bool) -> m.DuplicateCounts:
    keys = [_key(row, columns or tuple(row)) for row in rows]
    groups = [n for k, n in Counter(keys).items() if n > 1 and (nulls or None not in k)]
    return m.DuplicateCounts(sum(groups), sum(groups) - len(groups), len(groups))


def histogram(values: list[Any], edges: tuple[float, ...]) -> tuple[int, ...]:
    ends = [-math.inf, *edges]
    numbers = [v for v in values if not is_nan(v)]
    above = [sum(v >= e for v in numbers) for e in ends]
    return tuple(a - b for a, b in zip(above, [*above[1:], 0], strict=True))


def kolmogorov_smirnov(one: list[Any], other: list[Any]) -> tuple[float, int, int] | None:
    one, other = ([v for v in values if not is_nan(v)] for values in (one, other))
    if not one or not other:
        return None
    steps = (
        abs(Fraction(sum(v <= x for v in one), len(one)) - Fraction(sum(v <= x for v in other), len(other)))
        for x in {*one, *other}
    )
    return float(max(steps)), len(one), len(other)
