"""Completeness: missing, blank and NaN values."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import AliasChoices, BeforeValidator, WithJsonSchema, model_validator

from truthound._internal.options import Converted, option
from truthound._internal.text import percent
from truthound.engine.measures import CountWhere, IsNan, IsNull, Matches, Not, RowCount
from truthound.schema import DataType
from truthound.validators.base import Check, Table, Validator, Values, Verdict
from truthound.validators.required_options import Configured


class Null(Validator):
    """Values are not null. Any type; a null fails."""

    type = "null"

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        return self.row_check((column,), "not null", IsNull(column))


class Nan(Validator):
    """Floats are not NaN. A NaN fails; a null passes."""

    type = "nan"
    applies_to = ("float",)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        return self.row_check((column,), "not NaN", IsNan(column))


class Blank(Validator):
    """Text is neither empty nor only white space. A null passes."""

    type = "blank"
    applies_to = ("text",)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        # "has no visible character" stops at the first one, "is all white space" reads on
        return self.row_check((column,), "not blank", Not(Matches(column, r"\S")))


def _ratio(value: Any) -> Any:
    """A ratio from 0 to 1, or a percentage as text."""
    if isinstance(value, str) and (m := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)):
        value = float(m[1]) / 100
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1):
        return value
    raise ValueError(f"{value!r} is neither a ratio from 0 to 1 nor a percentage (95%)")


Ratio = Converted[
    Annotated[
        float | None,
        BeforeValidator(_ratio),
        WithJsonSchema({"type": ["number", "string", "null"], "minimum": 0, "maximum": 1}),
    ],
    float | str | None,
]


class Completeness(Configured):
    """At least a given ratio of the rows has a value. Any type; a null fails."""

    type = "completeness"
    requires_any = ("min_value", "mostly", "max_fail")

    min_value: Ratio = option(default=None, validation_alias=AliasChoices("min_value", "threshold"))
    """The minimum ratio of values that are not null, 0 to 1 or a percentage (`95%`)."""

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if self.min_value is not None and (self.mostly is not None or self.max_fail is not None):
            raise ValueError("give one of min_value, mostly and max_fail")
        return self

    def tolerated(self, total: int) -> int:
        if self.min_value is None:
            return super().tolerated(total)
        return int((1 - Decimal(str(self.min_value))) * total)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        nulls, rows = CountWhere(IsNull(column), self.row_filter), RowCount(self.row_filter)

        def judge(values: Values) -> Verdict:
            missing, total = values[nulls], values[rows]
            there = (total - missing) / total if total else None
            expected = "no rows" if there is None else f"{percent(total - missing, total)} not null"
            return self.verdict_from_count(missing, total, total, there, expected)

        least = "" if self.min_value is None else f"at least {percent(self.min_value, 1)} "
        return Check(self, (column,), f"{least}not null", (nulls, rows), judge, IsNull(column), where=self.row_filter)
