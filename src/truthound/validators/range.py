"""Range: numbers, dates and times within bounds, outliers, and order."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from truthound._internal.exact_numbers import as_written, rounded
from truthound._internal.extended_time import kind_of, parse
from truthound._internal.options import Converted, option
from truthound._internal.text import did_you_mean, number
from truthound.engine.measures import (
    Aggregate,
    Between,
    CountWhere,
    IsNan,
    IsNull,
    Measure,
    Not,
    OutOfOrder,
    Predicate,
    Quantile,
    RowCount,
    conjunction,
)
from truthound.schema import DataType
from truthound.validators.base import NO_VALUES, Check, FollowUp, Table, Validator, Values, Verdict
from truthound.validators.option_types import Names, bounds
from truthound.validators.required_options import Configured

Z_SCORE = 3.0
"""default thresholds of an outlier: standard deviations from the mean, interquartile ranges from the quartiles (Tukey)"""
TUKEY = 1.5


def _bound(value: Any) -> Any:
    if value is None or (
        isinstance(value, int | float | Decimal | date | time | timedelta | str) and not isinstance(value, bool)
    ):
        if value != value:  # noqa: PLR0124 only a NaN differs from itself
            raise ValueError("NaN is not a bound")
        if isinstance(value, str) and not value.strip():
            raise ValueError("an empty text is not a bound; leave it out")
        return value
    raise ValueError(f"{value!r} is not a number, date, time or text")


Bound = Converted[
    Annotated[Any, BeforeValidator(_bound), WithJsonSchema({"type": ["number", "string", "null"]})],
    int | float | Decimal | date | time | timedelta | str | None,
]


def _inclusive(value: Any) -> Any:
    return {True: "both", False: "neither"}[value] if isinstance(value, bool) else value


_Inclusive = Literal["both", "neither", "left", "right"]
Inclusive = Converted[
    Annotated[
        _Inclusive,
        BeforeValidator(_inclusive),
        WithJsonSchema({"enum": ["both", "neither", "left", "right", True, False]}),
    ],
    _Inclusive | bool,
]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|min|m|ms|us|s)(?![a-z])")
_UNITS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "min": 60.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}


def timespan(value: str) -> timedelta:
    """Parses a duration: `90s`, `1h 30m`, `2d`, `PT1H30M` or `HH:MM:SS`, with a leading minus if negative."""
    text = value.strip().lower()
    sign, text = (-1, text[1:].strip()) if text.startswith("-") else (1, text)
    if m := re.fullmatch(r"(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)", text):
        return sign * timedelta(hours=int(m[1]), minutes=int(m[2]), seconds=float(m[3]))
    if re.fullmatch(r"p(?!$)(\d+w)?(\d+d)?(t(?!$)(\d+h)?(\d+m)?(\d+(\.\d+)?s)?)?", text):
        text = text.removeprefix("p").replace("t", " ")
    if not text or _PART.sub("", text).strip():
        raise ValueError(f"{value!r} is not a duration; write it as 90s, 1h 30m, 2d or PT1H30M")
    return sign * timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in _PART.findall(text)))


def fitted(value: Any, dtype: DataType) -> Any:
    """Converts a bound to the type of a column.

    Raises:
        ValueError: the bound does not compare with the column.
    """
    if value is None:
        return None
    if dtype.of("text"):
        if isinstance(value, str):
            return value
        raise ValueError(f"the bound {value!r} does not compare with text; is the column of the wrong type?")
    if dtype.of("numeric"):
        return _number(value, dtype)
    parsers: dict[str, tuple[tuple[str, ...], Any]] = {
        "date": (("date", "datetime"), _moment), "datetime": (("date", "datetime"), _moment), "time": (("time",), _time), "duration": (("duration",), timespan),
    }  # fmt: skip
    kinds, read = parsers[dtype.base]
    if kind_of(value) in kinds:
        return value
    if isinstance(value, str):
        try:
            return read(value)
        except (ValueError, OverflowError):
            raise ValueError(f"the bound {value!r} is not a {dtype.base} (ISO format)") from None
    raise ValueError(f"the bound {value!r} does not compare with a {dtype.base} column")


def _number(value: Any, dtype: DataType) -> Any:
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            raise ValueError(f"the bound {value!r} is not a number, the column is {dtype}")
        value = Decimal(value.strip())
    if isinstance(value, Decimal) and dtype.base != "decimal":
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and dtype.base == "decimal" and math.isfinite(value):
        return Decimal(str(value))
    if isinstance(value, float) and dtype.of("float"):
        return as_written(value, int(dtype.base.removeprefix("float")))
    if isinstance(value, int | float | Decimal):
        return value
    raise ValueError(f"the bound {value!r} does not compare with a {dtype} column")


def _moment(text: str) -> Any:
    return parse(text, "datetime")


def _time(text: str) -> Any:
    return parse(text, "time")


class _Bounded(Validator):
    """A rule that values lie between two bounds. A NaN fails."""

    def between(
        self, column: str, low: Any, high: Any, *, low_inclusive: bool = True, high_inclusive: bool = True
    ) -> Check:
        expected = bounds(low, high, low_inclusive=low_inclusive, high_inclusive=high_inclusive)
        return self.row_check((column,), expected, Not(Between(column, low, high, low_inclusive, high_inclusive)))


class Range(_Bounded, Configured):
    """Values lie within bounds: numbers, dates, datetimes, times, durations or text. A NaN fails; a null passes. Default bounds: those of the expected schema."""

    type = "range"
    applies_to = ("numeric", "temporal", "text")
    requires_any = ("min_value", "max_value")
    schema_defaults: ClassVar = {"min_value": "min", "max_value": "max"}

    min_value: Bound = option(default=None)
    """The minimum; dates and times also as ISO text."""
    max_value: Bound = option(default=None)
    """The maximum; dates and times also as ISO text."""
    inclusive: Inclusive = option(default="both")
    """Which bounds are inclusive: both, neither, left (the minimum), right (the maximum); true for both, false for neither."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        try:
            crossed = self.min_value is not None and self.max_value is not None and self.min_value > self.max_value
        except TypeError:
            crossed = False  # a text and a date compare once the column's type is known
        if (
            crossed
            and isinstance(self.min_value, str) == isinstance(self.max_value, str)
            and not isinstance(self.min_value, str)
        ):
            raise ValueError(f"min_value {self.min_value} is above max_value {self.max_value}")
        return self

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        try:
            low, high = fitted(self.min_value, dtype), fitted(self.max_value, dtype)
        except ValueError as error:
            return self.unless_empty((column,), str(error), expected=bounds(self.min_value, self.max_value))
        try:
            crossed = low is not None and high is not None and low > high
        except TypeError:
            crossed = False  # a date and a datetime: the engine brings both to the column's type
        if crossed:
            return self.error_check(f"min_value {number(low)} is above max_value {number(high)}", (column,))
        # a bound at infinity leaves nothing out but NaN, which fails anyway
        low, high = (
            None if isinstance(b, float) and math.isinf(b) and self.inclusive == "both" else b for b in (low, high)
        )
        left, right = self.inclusive in ("both", "left"), self.inclusive in ("both", "right")
        return self.between(column, low, high, low_inclusive=left, high_inclusive=right)


class Positive(_Bounded):
    """Numbers are above zero. A NaN fails; a null passes."""

    type = "positive"
    applies_to = ("numeric",)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        return self.between(column, 0, None, low_inclusive=False)


class NonNegative(_Bounded):
    """Numbers are zero or above. A NaN fails; a null passes."""

    type = "non_negative"
    applies_to = ("numeric",)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        return self.between(column, 0, None)


class Outlier(Validator):
    """Numbers are not outliers.

    `iqr`: within `threshold` (1.5) interquartile ranges of the quartiles (Tukey 1977); `zscore`: within `threshold` (3)
    standard deviations of the mean. If both quartiles are equal, `iqr` falls back to three standard deviations. NaN and
    infinities are ignored in the bounds, and fail.
    """

    type = "outlier"
    applies_to = ("numeric",)
    needs_values = True

    method: Literal["iqr", "zscore"] = "iqr"
    """The measure of distance: iqr or zscore."""
    threshold: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """The maximum distance, in interquartile ranges (1.5) or standard deviations (3)."""

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        limit = self.threshold or (TUKEY if self.method == "iqr" else Z_SCORE)
        kind = "interquartile ranges of the quartiles" if self.method == "iqr" else "standard deviations of the mean"
        first = self._spread(column, dtype, self.method, limit, self.row_filter)
        expected = f"within {number(limit)} {kind}"
        return Check(self, (column,), expected, first.measures, first.judge, where=self.row_filter)

    def _spread(self, column: str, dtype: DataType, method: str, limit: float, where: Predicate | None) -> FollowUp:
        """Measures the location and the spread of the values, then the number of values outside of the bounds."""
        count, nan = Aggregate(column, "count", where), CountWhere(IsNan(column), self.row_filter)
        whole = not dtype.of("float")  # their mean may be between two floats that are far apart
        pair: tuple[Measure, Measure] = (
            (Quantile(column, 0.25, where), Quantile(column, 0.75, where))
            if method == "iqr"
            else (Aggregate(column, "sum" if whole else "mean", where), Aggregate(column, "std", where))
        )

        def judge(values: Values) -> Verdict | FollowUp:
            first, second = (values[m] for m in pair)
            if first is None or second is None:
                if not values[count] and where == self.row_filter:
                    return NO_VALUES
                few = "a single value" if values[count] else "no values"
                return Verdict(
                    ok=True, message=few if where == self.row_filter else f"{few} but NaN and infinities", skipped=True
                )
            strange = values[nan] or not (math.isfinite(first) and math.isfinite(second))
            if where == self.row_filter and strange:
                finite = Between(column, -math.inf, math.inf, low_inclusive=False, high_inclusive=False)
                return self._spread(column, dtype, method, limit, conjunction(where, finite))
            if not (math.isfinite(first) and math.isfinite(second)):
                return Verdict(ok=True, message="the values are too large for a spread", skipped=True)
            a, b, reach = Fraction(first), Fraction(second), Fraction(str(limit))
            if method == "iqr" and a == b:
                return self._spread(column, dtype, "zscore", Z_SCORE, where)
            if method == "iqr":
                return self._outside(column, a - reach * (b - a), b + reach * (b - a))
            a = a / values[count] if whole else a
            if not whole and b <= abs(a) / 2**48:  # the values are equal but for rounding
                return self._outside(column, a - abs(a) / 10**9, a + abs(a) / 10**9)
            return self._outside(column, a - reach * b, a + reach * b)

        return FollowUp((*pair, count, nan), judge)

    def _outside(self, column: str, least: Fraction, most: Fraction) -> FollowUp:
        low, high = (
            rounded(e) if abs(e) < 2**53 or abs(e) > 2**127 else to(e) for e, to in ((least, floor), (most, ceil))
        )
        failing = Not(Between(column, low, high))
        count, rows = CountWhere(failing, self.row_filter), RowCount(self.row_filter)
        nulls = CountWhere(IsNull(column), self.row_filter)
        message = f"near is {number(low)} to {number(high)}"

        def judge(values: Values) -> Verdict:
            judged = values[rows] - values[nulls]
            return self.verdict_from_count(values[count], values[rows], judged, {"low": low, "high": high}, message)

        return FollowUp((count, rows, nulls), judge, failing)


class Increasing(Validator):
    """Each value is at least the previous one. Nulls are skipped; a NaN fails."""

    type = "increasing"
    applies_to = ("numeric", "temporal", "text")
    descending: ClassVar[bool] = False

    order_by: Names = option(default=())
    """The columns to sort rows by. Default: the order of the data."""
    group_by: Names = option(default=())
    """Columns to group rows by; rows are compared within a group."""
    strict: bool = False
    """Whether equal values fail too."""

    def checks(self, table: Table) -> Iterator[Check]:
        absent = [c for c in (*self.order_by, *self.group_by) if c not in table.schema]
        if self.columns is None:
            yield self.skipped_check("nothing configured: give columns")
        elif absent:
            word = "order_by" if absent[0] in self.order_by else "group_by"
            yield self.error_check(f'column "{absent[0]}" of {word} not found{did_you_mean(absent[0], table.schema)}')
        else:
            yield from super().checks(table)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        failing = OutOfOrder(column, self.order_by, self.group_by, descending=self.descending, strict=self.strict)
        expected = f"{'strictly ' * self.strict}{self.type}"
        expected += f" by {', '.join(self.order_by)}" if self.order_by else ""
        expected += f" within {', '.join(self.group_by)}" if self.group_by else ""
        return self.row_check((column,), expected, failing)


class Decreasing(Increasing):
    """Each value is at most the previous one. Nulls are skipped; a NaN fails."""

    type = "decreasing"
    descending: ClassVar[bool] = True
