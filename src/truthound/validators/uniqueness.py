"""Uniqueness of rows and keys. All rows of a repeated group count as failing, including its first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, model_validator

from truthound._internal.options import option
from truthound._internal.text import percent, plural
from truthound.engine.measures import (
    Aggregate,
    CountWhere,
    DuplicateCounts,
    Duplicates,
    IsNull,
    Or,
    Predicate,
    Repeated,
    RowCount,
    skipped_rows,
)
from truthound.results import Severity
from truthound.schema import DataType
from truthound.validators.base import (
    NO_VALUES,
    Check,
    FollowUp,
    MultiColumnValidator,
    Table,
    Validator,
    Values,
    Verdict,
)
from truthound.validators.completeness import Ratio
from truthound.validators.option_types import bounds
from truthound.validators.required_options import Configured, expected_of


def _describe_counts(counts: DuplicateCounts) -> tuple[dict[str, int], str]:
    """Counts of repeated rows, as a value and as text."""
    observed = {"rows": counts.rows, "extra": counts.extra, "groups": counts.groups}
    if not counts.rows:
        return observed, "nothing repeats"
    return (
        observed,
        f"{plural(counts.rows, 'row')} in {plural(counts.groups, 'group')}, {counts.extra:,} beyond the first of each",
    )


def _duplicate_check(
    v: Validator, columns: tuple[str, ...], expected: str, measure: Duplicates, failing: Repeated, **more: Any
) -> Check:
    """A check that counts rows in repeated groups. Rows with a null in their key are skipped."""
    rows, left_out = RowCount(v.row_filter), skipped_rows(failing)

    def judge(values: Values) -> Verdict | FollowUp:
        counts, total = values[measure], values[rows]
        observed, message = _describe_counts(counts)
        if left_out is None or counts.keyed is not None:
            return v.verdict_from_count(
                counts.rows, total, total if left_out is None else counts.keyed, observed, message
            )
        return v.verdict_of_judged(counts.rows, total, CountWhere(left_out, v.row_filter), observed, message)

    return Check(v, columns, expected, (measure, rows), judge, failing, where=v.row_filter, **more)


class Duplicate(MultiColumnValidator):
    """No row occurs twice; with `columns`, no two rows have the same key in them.

    In whole rows, nulls equal each other. A key with a null is never a duplicate.
    """

    type = "duplicate"

    def column_set_checks(self, columns: tuple[str, ...], table: Table) -> Iterator[Check]:
        if columns:
            measure, failing = Duplicates(columns, nulls=False, where=self.row_filter), Repeated(columns)
            yield _duplicate_check(self, columns, "no repeated key", measure, failing, severity=Severity.HIGH)
        elif not table.schema:
            yield self.skipped_check("the table has no columns")
        else:
            measure = Duplicates((), nulls=True, where=self.row_filter)
            yield _duplicate_check(self, (), "no duplicate rows", measure, Repeated(tuple(table.schema), nulls=True))


class Unique(Validator):
    """No value of a column occurs twice. Nulls are skipped. Default columns: those that are unique in the expected schema."""

    type = "unique"
    default_severity = Severity.HIGH

    def checks(self, table: Table) -> Iterator[Check]:
        if self.columns is not None:
            yield from super().checks(table)
            return
        known = [c for c in table.schema if expected_of(table, c, "unique") is True]
        if not known:
            yield self.skipped_check('nothing configured: give columns ("*" for every column), or a schema')
        for column in known:
            yield self.check(column, table.schema[column], table)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        measure = Duplicates((column,), nulls=False, where=self.row_filter)
        return _duplicate_check(self, (column,), "unique", measure, Repeated((column,)))


class PrimaryKey(MultiColumnValidator):
    """The columns have no nulls, and no two rows have the same values in them. Default columns: the table's known key."""

    type = "primary_key"
    default_severity = Severity.HIGH

    def column_set_checks(self, columns: tuple[str, ...], table: Table) -> Iterator[Check]:
        columns = columns or table.keys
        missing = [c for c in columns if c not in table.schema]
        if not columns:
            yield self.skipped_check("nothing configured: give columns")
        elif missing:
            yield self.missing_column_check(missing[0], table)
        else:
            yield self._key(columns)

    def _key(self, columns: tuple[str, ...]) -> Check:
        holes: Predicate = IsNull(columns[0]) if len(columns) == 1 else Or(tuple(map(IsNull, columns)))
        repeated = Repeated(columns)
        nulls, again = CountWhere(holes, self.row_filter), Duplicates(columns, nulls=False, where=self.row_filter)
        rows = RowCount(self.row_filter)

        def judge(values: Values) -> Verdict | FollowUp:
            observed, message = _describe_counts(values[again])
            if values[nulls]:
                message = f"{plural(values[nulls], 'row')} without a key; {message}"
            # a key with a null never repeats, so that no row is counted twice
            verdict = self.verdict_from_count(
                values[nulls] + values[again].rows,
                values[rows],
                values[rows],
                {"nulls": values[nulls], **observed},
                message,
            )
            if values[nulls] and values[again].rows:
                return verdict
            return FollowUp((rows,), lambda _: verdict, holes if values[nulls] else repeated)

        failing = Or((*map(IsNull, columns), repeated))
        return Check(self, columns, "a primary key", (nulls, again, rows), judge, failing, where=self.row_filter)


class Cardinality(Configured):
    """The number of distinct values, or their ratio to all values, lies within bounds. Nulls are not counted."""

    type = "cardinality"
    requires_any = ("min_value", "max_value", "min_ratio", "max_ratio")
    unsupported_options = ("mostly", "max_fail")

    min_value: int | None = Field(default=None, ge=0)
    """The minimum number of distinct values."""
    max_value: int | None = Field(default=None, ge=0)
    """The maximum number of distinct values."""
    min_ratio: Ratio = option(default=None)
    """The minimum ratio of distinct values to values, 0 to 1 or a percentage."""
    max_ratio: Ratio = option(default=None)
    """The maximum ratio of distinct values to values, 0 to 1 or a percentage."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, high, kind in ((self.min_value, self.max_value, "value"), (self.min_ratio, self.max_ratio, "ratio")):
            if low is not None and high is not None and low > high:
                raise ValueError(f"min_{kind} {low} is above max_{kind} {high}")
        return self

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        distinct, count = Aggregate(column, "distinct", self.row_filter), Aggregate(column, "count", self.row_filter)
        expected = []
        if self.min_value is not None or self.max_value is not None:
            expected.append(f"distinct values {bounds(self.min_value, self.max_value)}")
        if self.min_ratio is not None or self.max_ratio is not None:
            expected.append(f"ratio of distinct values {bounds(self.min_ratio, self.max_ratio)}")

        def judge(values: Values) -> Verdict:
            n, total = values[distinct] or 0, values[count] or 0
            ratio = n / total if total else None
            ok = _within(n, self.min_value, self.max_value) and (
                ratio is None or _within(ratio, self.min_ratio, self.max_ratio)
            )
            share = "" if ratio is None else f", {percent(n, total)} of the values"
            message = f"{plural(n, 'distinct value')}{share}; expected {' and '.join(expected)}"
            if ok and not total:
                return NO_VALUES
            return Verdict(ok, observed={"distinct": n, "ratio": ratio}, message=message)

        return Check(self, (column,), " and ".join(expected), (distinct, count), judge, where=self.row_filter)


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
