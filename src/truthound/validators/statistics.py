"""Statistics of a column within bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from truthound._internal.extended_time import instant, kind_of, nanoseconds
from truthound._internal.options import option
from truthound._internal.text import number, plural
from truthound.engine import measures as m
from truthound.errors import OptionErrors
from truthound.schema import DataType
from truthound.validators.base import NO_VALUES, Check, Table, Validator, Values, Verdict
from truthound.validators.durations import zone_of
from truthound.validators.option_types import bounds
from truthound.validators.range import Bound, Inclusive, fitted
from truthound.validators.required_options import Configured


class BoundedStatistic(Validator):
    """A rule with a lower and an upper bound for one number."""

    min_value: Bound = option(default=None)
    """The minimum."""
    max_value: Bound = option(default=None)
    """The maximum."""
    inclusive: Inclusive = option(default="both")
    """Which bounds are inclusive: both, neither, left (the minimum), right (the maximum); true for both, false for neither."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.min_value, self.max_value
        try:
            wrong = low is not None and high is not None and not isinstance(low, str) and low > high
        except TypeError:
            wrong = False  # a text and a date compare once the column's type is known
        if wrong:
            raise ValueError(f"min_value {low} is above max_value {high}")
        return self

    def bounds_text(self, low: Any, high: Any) -> str:
        """The bounds in words."""
        return bounds(
            low,
            high,
            low_inclusive=self.inclusive in ("both", "left"),
            high_inclusive=self.inclusive in ("both", "right"),
        )

    def is_within(self, value: Any, low: Any, high: Any) -> bool:
        """Whether a value lies within bounds."""
        low, high = _as_type_of(low, value), _as_type_of(high, value)
        above = low is None or value > low or (value == low and self.inclusive in ("both", "left"))
        below = high is None or value < high or (value == high and self.inclusive in ("both", "right"))
        return above and below


def _as_type_of(bound: Any, value: Any) -> Any:
    """A bound in the type of a value: 0.1 is the decimal 0.1 for decimals, and the float for floats."""
    if isinstance(value, Decimal) and isinstance(bound, float):
        return Decimal(str(bound))
    return float(bound) if isinstance(value, float) and isinstance(bound, Decimal) else bound


class Statistic(Configured, BoundedStatistic):
    """A statistic of each column lies within bounds. A NaN fails; nulls are skipped."""

    applies_to: ClassVar[tuple[str, ...]] = ("numeric",)
    unsupported_options: ClassVar[tuple[str, ...]] = ("mostly", "max_fail")
    requires_any: ClassVar[tuple[str, ...]] = ("min_value", "max_value")
    needs_values = True

    def measure(self, column: str) -> m.Measure:
        return m.Aggregate(column, self.type, self.row_filter)

    @property
    def label(self) -> str:
        return self.type

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        try:
            low, high = fitted(self.min_value, dtype), fitted(self.max_value, dtype)
        except ValueError as error:
            return self.unless_empty((column,), str(error))
        expected = self.bounds_text(low, high)
        measure, nan = self.measure(column), m.CountWhere(m.IsNan(column), self.row_filter)
        count = m.Aggregate(column, "count", self.row_filter)

        def judge(values: Values) -> Verdict:
            value = values[measure]
            if value is None and self.type == "std" and values[count]:
                return Verdict(ok=True, message="no standard deviation, it needs two values", skipped=True)
            if value is None:
                return NO_VALUES
            if nans := values.get(nan, 0):
                return Verdict(
                    ok=False, observed=value, message=f"{self.label} is undefined: {plural(nans, 'value')} NaN"
                )
            ok = self.is_within(*(_point(v, dtype) for v in (value, low, high)))
            return Verdict(ok, observed=value, message=f"{self.label} is {number(value)}, expected {expected}")

        measures = (measure, *[nan] * dtype.of("float"), *[count] * (self.type == "std"))
        return Check(self, (column,), f"{self.label} {expected}", measures, judge, where=self.row_filter)


def _point(value: Any, dtype: DataType) -> Any:
    """A value of a column of dates or times, or a bound for it, in nanoseconds; any other value as it is."""
    kind = kind_of(value)
    return (
        instant(value, zone_of(dtype) or "UTC")
        if kind in ("date", "datetime")
        else nanoseconds(value)
        if kind
        else value
    )


class Mean(Statistic):
    """The mean of each column's values lies within bounds."""

    type = "mean"


class Median(Statistic):
    """The median of each column's values lies within bounds."""

    type = "median"


class Std(Statistic):
    """The standard deviation (of a sample, n - 1) of each column's values lies within bounds."""

    type = "std"


class Sum(Statistic):
    """The sum of each column's values lies within bounds."""

    type = "sum"


class Quantile(Statistic):
    """A quantile of each column's values, by linear interpolation, lies within bounds."""

    type = "quantile"

    quantile: float | None = Field(default=None, ge=0, le=1)
    """The quantile, 0 to 1: 0 is the minimum, 0.5 the median, 1 the maximum."""

    @model_validator(mode="after")
    def _check_quantile(self) -> Self:
        if self.quantile is None and self.configured and not isinstance(self.columns, dict):
            raise OptionErrors([("quantile", '"quantile" is required, such as 0.95')])
        return self

    @property
    def label(self) -> str:
        return f"quantile {number(self.quantile)}"

    def measure(self, column: str) -> m.Measure:
        return m.Quantile(column, 0.5 if self.quantile is None else self.quantile, self.row_filter)


class Min(Statistic):
    """The minimum of each column lies within bounds: numbers, dates or times."""

    type = "min"
    applies_to = ("numeric", "temporal")


class Max(Statistic):
    """The maximum of each column lies within bounds: numbers, dates or times."""

    type = "max"
    applies_to = ("numeric", "temporal")
