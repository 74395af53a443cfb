"""Rules for dates and times: freshness, future values, gaps, formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, PlainValidator, field_validator, model_validator

from truthound._internal.extended_time import instant, nanoseconds
from truthound._internal.options import option
from truthound._internal.text import plural
from truthound.engine.measures import Aggregate, Between, Format, Gaps, Not
from truthound.schema import DataType
from truthound.validators.base import NO_VALUES, Check, Table, Validator, Values, Verdict, counts_only
from truthound.validators.durations import Duration, OptionalDuration, format_duration, moment, zone_of
from truthound.validators.option_types import Names
from truthound.validators.required_options import Configured

CLOCKS = timedelta(minutes=5)
"""the maximum difference of clocks that is tolerated"""
ZONES = timedelta(hours=14)
"""the largest UTC offset (Line Islands), for values of an unknown time zone"""
_STEP = re.compile(r"([1-9]\d*)(min|mo|ms|m|h|d|w|q|y|s)")
_STEPS = {"min": "m", "ms": "ms", "s": "s", "m": "m", "h": "h", "d": "d", "w": "w", "mo": "mo", "q": "q", "y": "y"}


def present(table: Table) -> datetime:
    """The clock's time, in UTC."""
    return moment(table.clock(), ZoneInfo("UTC"))


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{value}" is not a time zone; write it like UTC or Europe/Berlin') from None
    return value


class _DatetimeValidator(Validator):
    """A rule about columns of dates or datetimes."""

    applies_to: ClassVar[tuple[str, ...]] = ("date", "datetime")

    def unsupported(self, column: str, dtype: DataType) -> Check:
        if dtype.of("text"):
            reason = "is text: let the data source read it as dates, or check it with date_format"
            return self.unless_empty((column,), f"{self.type} needs a date or datetime column, this one {reason}")
        return super().unsupported(column, dtype)


class Freshness(Configured, _DatetimeValidator):
    """The newest value of a column is not older than `max_age`. A column without values fails.

    A newest value in the future fails too, because it hides the age of the others. Tolerated are 5 minutes, and 14 hours for
    values without a time zone if `timezone` is not set.
    """

    type = "freshness"
    unsupported_options = ("mostly", "max_fail")
    requires_any = ("max_age",)

    max_age: OptionalDuration = option(default=None)
    """The maximum age of the newest value: `15m`, `36h`, `1d`, `1w`, `1h30m`, or a number of seconds."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The time zone of values without one. A date is its midnight."""

    def verdict_without_rows(self, rows: int) -> Verdict:
        return Verdict(
            ok=False, message=f"no values, expected one at most {format_duration(self.max_age or timedelta())} old"
        )

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        newest, allowed = Aggregate(column, "max", self.row_filter), self.max_age or timedelta()
        ahead = CLOCKS if zone_of(dtype) or "timezone" in self.model_fields_set else ZONES
        limit, longest = nanoseconds(ahead) or 0, nanoseconds(allowed) or 0

        def judge(values: Values) -> Verdict:
            value = values[newest]
            if value is None:
                return self.verdict_without_rows(0)
            age = (nanoseconds(present(table)) or 0) - instant(value, zone_of(dtype) or self.timezone)
            if age < 0:
                in_future = f"newest value {value} lies {format_duration(-age)} in the future"
                if -age > limit:
                    in_future += ", so the freshness of the data is unknown; the validator future finds such rows"
                return Verdict(-age <= limit, observed=value, message=in_future)
            message = f"newest value {value} is {format_duration(age)} old, expected at most {format_duration(allowed)}"
            return Verdict(age <= longest, observed=value, message=message)

        return Check(
            self,
            (column,),
            f"newest value at most {format_duration(allowed)} old",
            (newest,),
            judge,
            where=self.row_filter,
        )


class Future(_DatetimeValidator):
    """No value is later than the time of the run. A null passes."""

    type = "future"

    tolerance: Duration = option(default=timedelta())
    """The maximum time that a value may be in the future, such as `5m` if clocks differ."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The time zone of values without one. A date is its midnight."""

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        try:
            latest = present(table) + self.tolerance
        except OverflowError:
            return self.error_check("the tolerance reaches beyond the calendar", (column,))
        bound: date = latest
        local = latest.astimezone(ZoneInfo(self.timezone))
        if dtype.of("date"):
            bound = local.date()
        elif zone_of(dtype) is None:
            bound = local.replace(tzinfo=None)
        expected = "not in the future" + (f" by more than {format_duration(self.tolerance)}" if self.tolerance else "")
        return self.row_check((column,), expected, Between(column, low=bound, low_inclusive=False))


def _every(value: Any) -> str:
    match = _STEP.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a step; write it like 1d, 1h, 15m, 1w or 1mo (month), 1q, 1y")
    return f"{match[1]}{_STEPS[match[2]]}"


class Gap(_DatetimeValidator):
    """No time step (day, hour, month ...) is missing between the first and the last value, in each group. Nulls are skipped.

    `max_fail` is the number of missing steps that are tolerated, over all groups.
    """

    type = "gap"
    unsupported_options = ("mostly",)

    every: Annotated[str, PlainValidator(_every, json_schema_input_type=str)] = "1d"
    """The step: `15m`, `1h`, `1d`, `1w`, `1mo` (month), `1q`, `1y`. Days and longer steps are calendar steps in the column's time zone; hours and shorter steps are elapsed time."""
    group_by: Names = option(default=())
    """Columns to group rows by; each group has its own steps."""

    @model_validator(mode="after")
    def _counts(self) -> Self:
        counts_only(self, "missing steps")
        return self

    def checks(self, table: Table) -> Iterator[Check]:
        missing = [c for c in self.group_by if c not in table.schema]
        if not self.configured:
            yield self.skipped_check("nothing configured: give columns and every")
        elif missing:
            yield from (self.missing_column_check(c, table) for c in missing)
        else:
            yield from super().checks(table)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        if dtype.of("date") and self.every.lstrip("0123456789") in ("ms", "s", "m", "h"):
            return self.error_check(
                f"every {self.every} is shorter than a day, and this column has whole days", (column,)
            )
        gaps = Gaps(column, self.every, self.group_by, where=self.row_filter)
        there = Aggregate(column, "count", self.row_filter)

        def judge(values: Values) -> Verdict:
            found = values[gaps]
            count = sum(gap[3] for gap in found)
            if not values[there]:
                return replace(NO_VALUES, failed=0)
            if not count:
                return Verdict(ok=True, failed=0, message=f"no step of {self.every} is missing")
            longest = max(found, key=lambda gap: gap[3])
            message = f"{plural(count, 'step')} of {self.every} missing in {plural(len(found), 'gap')}; the longest: {self._describe_gap(longest)}"
            return Verdict(
                ok=count <= self.tolerated(0),
                failed=count,
                observed=count,
                message=message,
                examples=tuple(map(self._row, found)),
            )

        by = f" for each {', '.join(self.group_by)}" if self.group_by else ""
        return Check(
            self, (column,), f"no gap in steps of {self.every}{by}", (gaps, there), judge, where=self.row_filter
        )

    def _row(self, gap: tuple[tuple[Any, ...], Any, Any, int]) -> dict[str, Any]:
        group, first, last, count = gap
        return {
            **dict(zip(self.group_by, group, strict=True)),
            "first_missing": first,
            "last_missing": last,
            "missing": count,
        }

    def _describe_gap(self, gap: tuple[tuple[Any, ...], Any, Any, int]) -> str:
        group, first, last, count = gap
        of = ", ".join(f"{name}={value}" for name, value in zip(self.group_by, group, strict=True))
        return f"{count:,} from {first} to {last}" + (f" of {of}" if of else "")


class DateFormat(Configured):
    """Text is a valid date or time in one format. A null passes."""

    type = "date_format"
    applies_to = ("text",)
    requires_any = ("format",)

    format: str | None = None
    """The format in strptime's directives, such as `%Y-%m-%d` or `%d.%m.%Y %H:%M`."""

    @field_validator("format")
    @classmethod
    def _has_directive(cls, value: str | None) -> str | None:
        if value is not None and not re.search(r"%[A-Za-z]", value.replace("%%", "")):
            raise ValueError(f'"{value}" has no directive; write it like %Y-%m-%d')
        return value

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        return self.row_check(
            (column,), f"date format {self.format}", Not(Format(column, "strptime", self.format or ""))
        )
