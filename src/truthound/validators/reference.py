"""Rules that compare this data source with another one, the reference."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from truthound._internal.extended_time import kind_of, nanoseconds, zoned
from truthound._internal.options import option
from truthound._internal.redaction import redact
from truthound._internal.text import number, plural
from truthound.engine import measures as m
from truthound.errors import OptionErrors, ValidatorError
from truthound.results import Severity
from truthound.schema import DataType
from truthound.validators.base import Check, FollowUp, MultiColumnValidator, Table, Validator, Values, Verdict
from truthound.validators.option_types import Limit, Names, allowed_rows

ROUNDING = Fraction(1, 10**12)
"""relative tolerance of standard deviations and variances, which floats cannot represent exactly"""


def _require_source(value: Any) -> Any:
    if value is None or (isinstance(value, str | Mapping) and not value):
        raise ValueError("give a data source: a path, a mapping, or a data frame")
    return value


DataSource = Annotated[Any, AfterValidator(_require_source), Field(repr=False)]
"""another data source, as in `data_source`; not in reprs, because it may contain a password"""


def source_name(source: Any) -> str:
    """A short name of a data source, without secrets."""
    if isinstance(source, PurePath):
        return source.name
    if isinstance(source, str):
        if "://" not in source:
            return PurePath(source).name or source
        return redact(re.sub(r"(?<=://)\S*@", "", source.partition("?")[0]))
    if isinstance(source, Mapping):
        address = source.get("table") or source.get("path") or source.get("url")
        return source_name(address) if isinstance(address, str | PurePath) else "the reference"
    return "the reference"


def check_column_pairs(validator: Any) -> None:
    """Requires as many `reference_columns`, if there are any, as `columns`, which then are plain names."""
    theirs, ours = validator.reference_columns, validator.names
    if theirs and len(theirs) != len(ours):
        raise OptionErrors(
            [("reference_columns", f"{plural(len(theirs), 'column')} for {len(ours)} in columns; they go in pairs")]
        )
    if theirs and (globs := [c for c in ours if c.startswith("dtype:") or any(ch in c for ch in "*?[")]):
        raise OptionErrors([("columns", f'"{globs[0]}" may be many columns; with reference_columns, name each')])


def reference_column(validator: Any, column: str) -> str:
    """The reference's column for one of `columns`: the one of the same name, unless `reference_columns` has another."""
    pairs: dict[str, str] = dict(zip(validator.names, validator.reference_columns, strict=False))
    return pairs.get(column, column)


class ForeignKey(MultiColumnValidator):
    """The values in `columns` together exist in the reference. A row with a null among them passes."""

    type = "foreign_key"
    requires = ("columns", "reference")
    default_severity = Severity.HIGH

    reference: DataSource = None
    """The data source that must contain the values."""
    reference_columns: Names = option(default=())
    """The columns in the reference. Default: the columns of the same names."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not isinstance(self.columns, dict):
            check_column_pairs(self)
        if twice := [c for i, c in enumerate(self.reference_columns) if c in self.reference_columns[:i]]:
            raise OptionErrors(
                [
                    (
                        "reference_columns",
                        f'"{twice[0]}" is listed twice; columns form one key; for separate keys, give one rule each',
                    )
                ]
            )
        return self

    def column_set_checks(self, columns: tuple[str, ...], table: Table) -> Iterator[Check]:
        ours, theirs = (self.names, self.reference_columns) if self.reference_columns else (columns, columns)
        failing = m.Orphan(ours, m.Reference(self.reference), theirs)
        yield self.row_check(ours, f"in {source_name(self.reference)} ({', '.join(theirs)})", failing)


class RowCountMatch(Validator):
    """The row count (of rows for which `where` is true) equals that of the reference, within a tolerance."""

    type = "row_count_match"
    needs_all_rows = True
    requires = ("reference",)
    unsupported_options = ("columns", "mostly", "max_fail")

    reference: DataSource = None
    """The data source to count."""
    tolerance: Limit = option(default=0)
    """The maximum difference: a number of rows, or a percentage of the reference's rows."""

    def checks(self, table: Table) -> Iterator[Check]:
        here, there = m.RowCount(self.row_filter), m.ReferenceMeasure(m.Reference(self.reference), m.RowCount())
        name = source_name(self.reference)

        def judge(values: Values) -> Verdict:
            a, b = values[here], values[there]
            message = f"{plural(a, 'row')} here, {b:,} in {name}" + (
                f": a difference of {abs(a - b):,}" if a != b else ""
            )
            observed = {"rows": a, "reference": b, "difference": a - b}
            return Verdict(abs(a - b) <= allowed_rows(self.tolerance, b), observed=observed, message=message)

        within = f" within {self.tolerance}" if self.tolerance else ""
        yield Check(self, (), f"as many rows as {name}{within}", (here, there), judge, where=self.row_filter)


_APPLIES_TO: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("sum", "mean", "std", "var", "median"), ("numeric",)),
    **dict.fromkeys(("min", "max"), ("numeric", "text", "date", "datetime", "time")),
    **dict.fromkeys(("count", "distinct"), ()),
}


def _parse_tolerance(value: Any) -> float | str:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\s*\d+(\.\d+)?\s*%\s*", value):
        return "".join(value.split())
    raise ValueError(f"{value!r} is neither a difference (0.5) nor a percentage of the reference's value (1%)")


class AggregateMatch(Validator):
    """A statistic of each column (over rows for which `where` is true) equals that of the reference, within a tolerance."""

    type = "aggregate_match"
    needs_all_rows = True
    requires = ("columns", "function", "reference")
    unsupported_options: ClassVar[tuple[str, ...]] = ("mostly", "max_fail")

    function: Literal["sum", "mean", "min", "max", "count", "distinct", "std", "var", "median"] | None = None
    """The statistic; `count` is the number of values that are not null, `distinct` of distinct values."""
    reference: DataSource = None
    """The data source to compare with."""
    reference_columns: Names = option(default=())
    """The columns in the reference, in the order of `columns`. Default: the columns of the same names."""
    tolerance: Annotated[float | str, PlainValidator(_parse_tolerance, json_schema_input_type=float | str)] = 0.0
    """The maximum difference: a number, or a percentage of the reference's value (1%). Sums and means are rounded once, so 0 means equal; `std` and `var` are equal within a relative difference of 1e-12."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not isinstance(self.columns, dict):
            check_column_pairs(self)
        return self

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        function = self.function or "count"
        kinds = _APPLIES_TO[function]
        if kinds and not dtype.of(*kinds):
            reason = f"{function} needs a {' or '.join(kinds)} column, this one is {dtype}"
            return self._empty(column, function, reason)
        if self.tolerance and function in ("min", "max") and not dtype.of("numeric"):
            return self.error_check(f"a tolerance is for numbers; this column is {dtype}", (column,))
        return self._against(column, function, m.Aggregate(column, function, self.row_filter))

    def _empty(self, column: str, function: str, reason: str) -> Check:
        """The check of a column of an unsupported type: an error if it has values."""
        count = m.Aggregate(column, "count", self.row_filter)
        check = self._against(column, function, count)

        def judge(values: Values) -> Verdict | FollowUp:
            if values[count] or check.judge is None:
                raise ValidatorError(reason)
            return check.judge({**values, count: None})

        return replace(check, judge=judge, doubt=reason)

    def _against(self, column: str, function: str, here: m.Measure) -> Check:
        there = m.ReferenceMeasure(m.Reference(self.reference), m.Aggregate(reference_column(self, column), function))
        name = source_name(self.reference)
        rounding = ROUNDING if function in ("std", "var") else Fraction(0)

        def judge(values: Values) -> Verdict:
            a, b = values[here], values[there]
            message = f"{function} is {_format_value(a, b)} here, {_format_value(b, a)} in {name}"
            return Verdict(
                equal_within(a, b, self.tolerance, rounding), observed={"value": a, "reference": b}, message=message
            )

        within = (
            f" within {self.tolerance if isinstance(self.tolerance, str) else number(self.tolerance)}"
            if self.tolerance
            else ""
        )
        return Check(self, (column,), f"{function} as in {name}{within}", (here, there), judge, where=self.row_filter)


def equal_within(a: Any, b: Any, tolerance: float | str, rounding: Fraction = Fraction(0)) -> bool:
    """Whether two measured values are equal within a tolerance. No value equals no value; a NaN equals nothing."""
    if a is None or b is None:
        return a is b
    numbers = [isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in (a, b)]
    if not all(numbers):
        return _equal(a, b)
    if not (math.isfinite(a) and math.isfinite(b)):
        return bool(a == b)
    decimals = any(isinstance(v, Decimal) for v in (a, b))
    x, y = (Fraction(str(v)) if decimals and isinstance(v, float) else Fraction(v) for v in (a, b))  # as it is written
    written = Fraction(tolerance[:-1]) / 100 * abs(y) if isinstance(tolerance, str) else Fraction(str(tolerance))
    return abs(x - y) <= max(written, rounding * max(abs(x), abs(y)))


def _equal(a: Any, b: Any) -> bool:
    """Whether two texts, dates or times are equal; a date is its midnight."""
    kinds = kind_of(a), kind_of(b)
    alike = type(a) is type(b) if None in kinds else kinds[0] == kinds[1] or {*kinds} == {"date", "datetime"}
    if not alike or zoned(a) != zoned(b):
        raise ValidatorError(f"{a!r} here and {b!r} in the reference are of different types: they do not compare")
    return bool(a == b) if None in kinds else nanoseconds(a) == nanoseconds(b)


def _format_value(value: Any, other: Any) -> str:
    """A value rounded for display; with all its digits if it would look equal to a different one."""
    text = number(value)
    return str(value) if text == number(other) and value != other else text
