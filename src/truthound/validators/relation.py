"""Rules between columns, and between this data source and another one (the reference)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from truthound._internal.extended_time import kind_of, nanoseconds, zoned
from truthound._internal.options import Converted, option
from truthound._internal.redaction import redact
from truthound._internal.text import number, plural
from truthound.engine import measures as m
from truthound.errors import OptionErrors, ValidatorError
from truthound.results import Severity
from truthound.schema import DataType
from truthound.validators.base import Check, FollowUp, MultiColumnValidator, Table, Validator, Values, Verdict, negated
from truthound.validators.durations import parse_duration, spoken
from truthound.validators.option_types import Limit, Names, allowed_rows

_OPERATORS = {
    "eq": "==", "=": "==", "equal": "==", "equals": "==", "ne": "!=", "<>": "!=", "not_equal": "!=", "lt": "<", "less": "<",
    "le": "<=", "lte": "<=", "less_equal": "<=", "gt": ">", "greater": ">", "ge": ">=", "gte": ">=", "greater_equal": ">=",
}  # fmt: skip
Operator = Literal["==", "!=", "<", "<=", ">", ">="]
OperatorName = Literal[
    "eq", "=", "equal", "equals", "ne", "<>", "not_equal", "lt", "less", "le", "lte", "less_equal", "gt", "greater", "ge", "gte",
    "greater_equal",
]  # fmt: skip
ROUNDING = Fraction(1, 10**12)
"""deviations and variances are equal when they differ by no more of their size: they are the root, or the mean, of what no float holds"""


def _operator(value: Any) -> Any:
    return _OPERATORS.get(value.strip().lower(), value.strip()) if isinstance(value, str) else value


def _given(value: Any) -> Any:
    if value is None or (isinstance(value, str | Mapping) and not value):
        raise ValueError("give a data source: a path, a mapping, or a data frame")
    return value


DataSource = Annotated[Any, AfterValidator(_given), Field(repr=False)]
"""another data source, as `data_source` takes it; kept out of reprs because it may hold a password"""


def named(source: Any) -> str:
    """A data source in a few words, without what is secret."""
    if isinstance(source, PurePath):
        return source.name
    if isinstance(source, str):
        if "://" not in source:
            return PurePath(source).name or source
        return redact(re.sub(r"(?<=://)\S*@", "", source.partition("?")[0]))
    if isinstance(source, Mapping):
        told = source.get("table") or source.get("path") or source.get("url")
        return named(told) if isinstance(told, str | PurePath) else "the reference"
    return "the reference"


def missing(validator: Validator, table: Table, *names: str) -> list[Check]:
    """The checks of columns that are named in options and are not there."""
    return [validator.missing_column_check(c, table) for c in dict.fromkeys(names) if c not in table.schema]


def paired(validator: Any) -> None:
    """`reference_columns`, where given, are as many as `columns`, which then are plain names."""
    theirs, ours = validator.reference_columns, validator.names
    if theirs and len(theirs) != len(ours):
        raise OptionErrors(
            [("reference_columns", f"{plural(len(theirs), 'column')} for {len(ours)} in columns; they go in pairs")]
        )
    if theirs and (globs := [c for c in ours if c.startswith("dtype:") or any(ch in c for ch in "*?[")]):
        raise OptionErrors([("columns", f'"{globs[0]}" may be many columns; with reference_columns, name each')])


def counterpart(validator: Any, column: str) -> str:
    """The reference's column that belongs to one of `columns`: that of the same name unless `reference_columns` says so."""
    pairs: dict[str, str] = dict(zip(validator.names, validator.reference_columns, strict=False))
    return pairs.get(column, column)


# --- between columns -----------------------------------------------------------------------------------------------


def _difference(value: Any) -> float | timedelta:
    """A number that is not negative, or a length of time."""
    try:
        number_ = math.nan if isinstance(value, bool | timedelta) else float(value)
    except (TypeError, ValueError, OverflowError):
        number_ = math.nan
    if math.isfinite(number_) and number_ >= 0:
        return number_
    try:
        return parse_duration(value if isinstance(value, str | timedelta) else None)
    except ValueError:
        raise ValueError(f"{value!r} is neither a difference of numbers (0.5) nor of times (1d, 2h)") from None


class Compare(Validator):
    """One column stands in a relation to another in each row. A row with a null holds; one with a NaN does not.

    Types may differ; nothing is rounded to compare them.
    """

    type = "compare"
    requires = ("column", "other")

    column: str | None = None
    """The left column; or give two `columns`."""
    other: str | None = None
    """The right column."""
    operator: Converted[Annotated[Operator, BeforeValidator(_operator)], Operator | OperatorName] = option(default="==")
    """==, !=, <, <=, >, >=, or the words eq, ne, lt, le, gt, ge."""
    tolerance: Converted[
        Annotated[
            float | timedelta, PlainValidator(_difference, json_schema_input_type=Annotated[float, Field(ge=0)] | str)
        ],
        float | timedelta | str,
    ] = option(default=0.0)
    """By how much values may differ, or miss the relation: a number, or for dates and times a length of time (`1d`, `2h`). Floats are compared as the decimals they are written as: 1.1 and 1.0 differ by 0.1."""

    def missing_required(self) -> list[tuple[str, str]]:
        return [] if len(self.names) == 2 else [("", "give two columns: columns: [a, b], or column and other")]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c for c in (*(self.columns or ()), self.column, self.other) if c)

    def checks(self, table: Table) -> Iterator[Check]:
        if missing := [c for c in self.names if c not in table.schema]:
            yield from (self.missing_column_check(c, table) for c in missing)
            return
        left, right = self.names
        types = table.schema[left], table.schema[right]
        numbers, times = (all(t.of(f) for t in types) for f in ("numeric", "temporal"))
        within = spoken(self.tolerance) if isinstance(self.tolerance, timedelta) else number(self.tolerance)
        said = ""
        if types[0].of("nested") and self.operator not in ("==", "!="):
            said = f"{types[0]} has no order; compare with == or !="
        elif not comparable(*types):
            said = f"{left} is {types[0]} and {right} is {types[1]}: they do not compare"
        elif self.tolerance and not (times if isinstance(self.tolerance, timedelta) else numbers):
            instead = "; write it as 1d or 2h" if times else "; write it as a number" if numbers else ""
            said = f"a tolerance of {within} is not for {types[0]}, which {left} is{instead}"
        expected = f"{left} {self.operator} {right}" + (f" within {within}" if self.tolerance else "")
        if said:
            yield self.unless_empty((left, right), said, expected=expected)
        else:
            yield self.row_check(
                (left, right), expected, negated(m.Compare(left, self.operator, right, self.tolerance))
            )


def comparable(a: DataType, b: DataType) -> bool:
    """Whether values of two types have an order in common."""
    if a.of("datetime") and b.of("datetime"):
        return ("," in a) == ("," in b)  # with a time zone, or without
    families = (("numeric",), ("text",), ("boolean",), ("date", "datetime"), ("time",))
    return a == b or any(a.of(*f) and b.of(*f) for f in families)


class FunctionalDependency(MultiColumnValidator):
    """Rows that agree in all of `columns` agree in each of `determines`: a postcode has one city. Nulls are left out."""

    type = "functional_dependency"
    requires = ("columns", "determines")

    determines: Names = option(default=())
    """The columns that those in `columns`, taken together, settle: names, globs or type selectors."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := [c for c in self.determines if c in self.names and not isinstance(self.columns, dict)]:
            raise OptionErrors([("determines", f"{both[0]} is in columns too, and settles itself")])
        return self

    def together(self, columns: tuple[str, ...], table: Table) -> Iterator[Check]:
        chosen = list(self.matching(self.determines, table))
        if chosen and all(c in columns for c in chosen):
            yield self.skipped_check(
                f"nothing left to determine: {', '.join(self.determines)} has no column but those in columns", columns
            )
        for column in chosen:
            if isinstance(column, Check):
                yield column
            elif table.schema[column].of("nested"):
                yield self.skipped_check(f"{self.type} does not look into {table.schema[column]}", (column,))
            elif column not in columns:
                yield self.row_check(
                    (column,), f"one value for each {', '.join(columns)}", m.Inconsistent(columns, column)
                )


# --- with another data source --------------------------------------------------------------------------------------


class ForeignKey(MultiColumnValidator):
    """Each row's values in `columns`, taken together, occur in the reference. A row with a null among them holds."""

    type = "foreign_key"
    requires = ("columns", "reference")
    default_severity = Severity.HIGH

    reference: DataSource = None
    """The data source that the values must occur in."""
    reference_columns: Names = option(default=())
    """The columns there; those of the same names where none are given."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not isinstance(self.columns, dict):
            paired(self)
        if twice := [c for i, c in enumerate(self.reference_columns) if c in self.reference_columns[:i]]:
            raise OptionErrors(
                [
                    (
                        "reference_columns",
                        f'"{twice[0]}" is there twice; columns are one key together: for keys of their own, give a rule each',
                    )
                ]
            )
        return self

    def together(self, columns: tuple[str, ...], table: Table) -> Iterator[Check]:
        ours, theirs = (self.names, self.reference_columns) if self.reference_columns else (columns, columns)
        failing = m.Orphan(ours, m.Reference(self.reference), theirs)
        yield self.row_check(ours, f"in {named(self.reference)} ({', '.join(theirs)})", failing)


class RowCountMatch(Validator):
    """There are as many rows here (for which `where` holds) as in the reference, within a tolerance."""

    type = "row_count_match"
    needs_all_rows = True
    requires = ("reference",)
    unsupported_options = ("columns", "mostly", "max_fail")

    reference: DataSource = None
    """The data source to count."""
    tolerance: Limit = option(default=0)
    """By how many rows the counts may differ: a count, or a percentage of the reference's."""

    def checks(self, table: Table) -> Iterator[Check]:
        here, there = m.RowCount(self.row_filter), m.On(m.Reference(self.reference), m.RowCount())
        name = named(self.reference)

        def judge(values: Values) -> Verdict:
            a, b = values[here], values[there]
            message = f"{plural(a, 'row')} here, {b:,} in {name}" + (
                f": a difference of {abs(a - b):,}" if a != b else ""
            )
            observed = {"rows": a, "reference": b, "difference": a - b}
            return Verdict(abs(a - b) <= allowed_rows(self.tolerance, b), observed=observed, message=message)

        within = f" within {self.tolerance}" if self.tolerance else ""
        yield Check(self, (), f"as many rows as {name}{within}", (here, there), judge, where=self.row_filter)


_NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("sum", "mean", "std", "var", "median"), ("numeric",)),
    **dict.fromkeys(("min", "max"), ("numeric", "text", "date", "datetime", "time")),
    **dict.fromkeys(("count", "distinct"), ()),
}


def _tolerance(value: Any) -> float | str:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\s*\d+(\.\d+)?\s*%\s*", value):
        return "".join(value.split())
    raise ValueError(f"{value!r} is neither a difference (0.5) nor a percentage of the reference's value (1%)")


class AggregateMatch(Validator):
    """A statistic of each column is the same here (over the rows for which `where` holds) and in the reference."""

    type = "aggregate_match"
    needs_all_rows = True
    requires = ("columns", "function", "reference")
    unsupported_options: ClassVar[tuple[str, ...]] = ("mostly", "max_fail")

    function: Literal["sum", "mean", "min", "max", "count", "distinct", "std", "var", "median"] | None = None
    """What is compared; `count` counts values that are not null, `distinct` the different ones."""
    reference: DataSource = None
    """The data source to compare with."""
    reference_columns: Names = option(default=())
    """The columns there, in the order of `columns`; those of the same names where none are given."""
    tolerance: Annotated[float | str, PlainValidator(_tolerance, json_schema_input_type=float | str)] = 0.0
    """By how much the two may differ: a number, or a percentage of the reference's value (1%). Sums and means are rounded once, so that 0 means equal; `std` and `var` are equal when they differ by no more than 1e-12 of their size."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not isinstance(self.columns, dict):
            paired(self)
        return self

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        function = self.function or "count"
        kinds = _NEEDS[function]
        if kinds and not dtype.of(*kinds):
            said = f"{function} needs a {' or '.join(kinds)} column, this one is {dtype}"
            return self._empty(column, function, said)
        if self.tolerance and function in ("min", "max") and not dtype.of("numeric"):
            return self.error_check(f"a tolerance is for numbers; this column is {dtype}", (column,))
        return self._against(column, function, m.Aggregate(column, function, self.row_filter))

    def _empty(self, column: str, function: str, said: str) -> Check:
        """The check of a column that has no value, for all its type; one that has is an error."""
        count = m.Aggregate(column, "count", self.row_filter)
        check = self._against(column, function, count)

        def judge(values: Values) -> Verdict | FollowUp:
            if values[count] or check.judge is None:
                raise ValidatorError(said)
            return check.judge({**values, count: None})

        return replace(check, judge=judge, doubt=said)

    def _against(self, column: str, function: str, here: m.Measure) -> Check:
        there = m.On(m.Reference(self.reference), m.Aggregate(counterpart(self, column), function))
        name = named(self.reference)
        rounding = ROUNDING if function in ("std", "var") else Fraction(0)

        def judge(values: Values) -> Verdict:
            a, b = values[here], values[there]
            message = f"{function} is {_told(a, b)} here, {_told(b, a)} in {name}"
            return Verdict(
                agree(a, b, self.tolerance, rounding), observed={"value": a, "reference": b}, message=message
            )

        within = (
            f" within {self.tolerance if isinstance(self.tolerance, str) else number(self.tolerance)}"
            if self.tolerance
            else ""
        )
        return Check(self, (column,), f"{function} as in {name}{within}", (here, there), judge, where=self.row_filter)


def agree(a: Any, b: Any, tolerance: float | str, rounding: Fraction = Fraction(0)) -> bool:
    """Whether two measured values are equal within a tolerance. No value equals no value; a NaN equals nothing."""
    if a is None or b is None:
        return a is b
    numbers = [isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in (a, b)]
    if not all(numbers):
        return _same(a, b)
    if not (math.isfinite(a) and math.isfinite(b)):
        return bool(a == b)
    decimals = any(isinstance(v, Decimal) for v in (a, b))
    x, y = (Fraction(str(v)) if decimals and isinstance(v, float) else Fraction(v) for v in (a, b))  # as it is written
    written = Fraction(tolerance[:-1]) / 100 * abs(y) if isinstance(tolerance, str) else Fraction(str(tolerance))
    return abs(x - y) <= max(written, rounding * max(abs(x), abs(y)))


def _same(a: Any, b: Any) -> bool:
    """Whether two texts, dates or times are equal; a date is its midnight."""
    kinds = kind_of(a), kind_of(b)
    alike = type(a) is type(b) if None in kinds else kinds[0] == kinds[1] or {*kinds} == {"date", "datetime"}
    if not alike or zoned(a) != zoned(b):
        raise ValidatorError(f"{a!r} here and {b!r} in the reference are of different types: they do not compare")
    return bool(a == b) if None in kinds else nanoseconds(a) == nanoseconds(b)


def _told(value: Any, other: Any) -> str:
    """A value as people read it; with all its digits where the other would look the same and is not."""
    said = number(value)
    return str(value) if said == number(other) and value != other else said
