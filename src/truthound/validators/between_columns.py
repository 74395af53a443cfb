"""Rules between columns of a table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from truthound._internal.options import Converted, option
from truthound._internal.text import number
from truthound.engine import measures as m
from truthound.errors import OptionErrors
from truthound.schema import DataType
from truthound.validators.base import Check, MultiColumnValidator, Table, Validator, negated
from truthound.validators.durations import format_duration, parse_duration
from truthound.validators.option_types import Names

_OPERATORS = {
    "eq": "==", "=": "==", "equal": "==", "equals": "==", "ne": "!=", "<>": "!=", "not_equal": "!=", "lt": "<", "less": "<",
    "le": "<=", "lte": "<=", "less_equal": "<=", "gt": ">", "greater": ">", "ge": ">=", "gte": ">=", "greater_equal": ">=",
}  # fmt: skip
Operator = Literal["==", "!=", "<", "<=", ">", ">="]
OperatorName = Literal[
    "eq", "=", "equal", "equals", "ne", "<>", "not_equal", "lt", "less", "le", "lte", "less_equal", "gt", "greater", "ge", "gte",
    "greater_equal",
]  # fmt: skip


def _parse_operator(value: Any) -> Any:
    return _OPERATORS.get(value.strip().lower(), value.strip()) if isinstance(value, str) else value


def _parse_tolerance(value: Any) -> float | timedelta:
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
    """A comparison of two columns holds in each row. A row with a null passes; a row with a NaN fails.

    Types may differ; values are compared without rounding.
    """

    type = "compare"
    requires = ("column", "other")

    column: str | None = None
    """The left column; or give two `columns`."""
    other: str | None = None
    """The right column."""
    operator: Converted[Annotated[Operator, BeforeValidator(_parse_operator)], Operator | OperatorName] = option(
        default="=="
    )
    """==, !=, <, <=, >, >=, or the words eq, ne, lt, le, gt, ge."""
    tolerance: Converted[
        Annotated[
            float | timedelta,
            PlainValidator(_parse_tolerance, json_schema_input_type=Annotated[float, Field(ge=0)] | str),
        ],
        float | timedelta | str,
    ] = option(default=0.0)
    """The maximum deviation: a number, or for dates and times a duration (`1d`, `2h`). Floats are compared as written decimals: 1.1 and 1.0 differ by 0.1."""

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
        within = format_duration(self.tolerance) if isinstance(self.tolerance, timedelta) else number(self.tolerance)
        problem = ""
        if types[0].of("nested") and self.operator not in ("==", "!="):
            problem = f"{types[0]} has no order; compare with == or !="
        elif not comparable(*types):
            problem = f"{left} is {types[0]} and {right} is {types[1]}: they do not compare"
        elif self.tolerance and not (times if isinstance(self.tolerance, timedelta) else numbers):
            instead = "; write it as 1d or 2h" if times else "; write it as a number" if numbers else ""
            problem = f"a tolerance of {within} is not for {types[0]}, which {left} is{instead}"
        expected = f"{left} {self.operator} {right}" + (f" within {within}" if self.tolerance else "")
        if problem:
            yield self.unless_empty((left, right), problem, expected=expected)
        else:
            yield self.row_check(
                (left, right), expected, negated(m.Compare(left, self.operator, right, self.tolerance))
            )


def comparable(a: DataType, b: DataType) -> bool:
    """Whether values of two types can be compared."""
    if a.of("datetime") and b.of("datetime"):
        return ("," in a) == ("," in b)  # with a time zone, or without
    families = (("numeric",), ("text",), ("boolean",), ("date", "datetime"), ("time",))
    return a == b or any(a.of(*f) and b.of(*f) for f in families)


class FunctionalDependency(MultiColumnValidator):
    """Rows that agree in all of `columns` agree in each of `determines`: a postcode has one city. Rows with a null are skipped."""

    type = "functional_dependency"
    requires = ("columns", "determines")

    determines: Names = option(default=())
    """The columns that `columns` together determine: names, globs or type selectors."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := [c for c in self.determines if c in self.names and not isinstance(self.columns, dict)]:
            raise OptionErrors([("determines", f"{both[0]} is in columns too, and settles itself")])
        return self

    def column_set_checks(self, columns: tuple[str, ...], table: Table) -> Iterator[Check]:
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
