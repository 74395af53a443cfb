"""The structure of a table: its columns, their types and order, and the numbers of rows and columns."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AliasChoices, Field, PlainValidator, model_validator

from truthound._internal.options import Converted, option
from truthound._internal.text import did_you_mean
from truthound.engine.measures import CountWhere, IsNull, RowCount
from truthound.errors import OptionErrors
from truthound.results import Severity
from truthound.schema import DataType, Schema, known_type
from truthound.validators.base import Check, FollowUp, Table, Validator, Values, Verdict
from truthound.validators.statistics import BoundedStatistic


def _types(value: Any) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not words:
        raise ValueError("give a type or a list of types")
    if unnamed := [w for w in words if not isinstance(w, str) or not w.strip()]:
        raise ValueError(f"{unnamed[0]!r} is not the name of a type, such as integer or string")
    return tuple(known_type(w) for w in words)


class _Shape(Validator):
    """A rule about the table as a whole, judged by its schema alone."""

    unsupported_options: ClassVar[tuple[str, ...]] = ("where", "mostly", "max_fail")
    default_severity: ClassVar[Severity | None] = Severity.CRITICAL

    def decided(
        self, columns: tuple[str, ...], expected: str, *, ok: bool, observed: Any = None, message: str = ""
    ) -> Check:
        verdict = Verdict(ok, observed=observed, message=message or expected)
        return Check(self, columns, expected, (), lambda _: verdict)


class ColumnExists(_Shape):
    """The columns exist. A glob must match at least one column."""

    type = "column_exists"
    requires = ("columns",)

    def checks(self, table: Table) -> Iterator[Check]:
        for name in self.names:
            glob = any(ch in name for ch in "*?[") and name not in table.schema
            found = fnmatch.filter(table.schema, name) if glob else [name] if name in table.schema else []
            message = "no column matches" if glob else f"column not found{hint(name, table.schema)}"
            expected = "at least one column" if glob else "column exists"
            yield self.decided((name,), expected, ok=bool(found), message="" if found else message)


class ColumnType(_Shape):
    """The columns have a type: a type (`int64`), a type without parameters (`decimal`) or a family (`numeric`)."""

    type = "column_type"
    requires = ("types",)

    types: Converted[
        Annotated[tuple[str, ...], PlainValidator(_types, json_schema_input_type=str | list[str])],
        str | list[str] | tuple[str, ...],
    ] = option(default=(), validation_alias=AliasChoices("types", "type", "dtype"))
    """The type, or a list of allowed types; `type` and `dtype` are aliases of this option."""

    def missing_required(self) -> list[tuple[str, str]]:
        return [] if self.types else [("", '"type" is required, such as integer or string')]

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        return _typed(self, column, dtype, self.types)


class _Count(BoundedStatistic):
    """A number of rows or columns."""

    min_value: Annotated[int | None, Field(ge=0)] = None
    """The minimum."""
    max_value: Annotated[int | None, Field(ge=0)] = None
    """The maximum."""

    @property
    def limits(self) -> tuple[int | None, int | None]:
        """The bounds; by default at least one."""
        return (1, None) if self.min_value is None and self.max_value is None else (self.min_value, self.max_value)


class RowCountBetween(_Count):
    """The number of rows lies within bounds, by default at least one."""

    type = "row_count"
    needs_all_rows = True
    unsupported_options = ("columns", "mostly", "max_fail")

    def checks(self, table: Table) -> Iterator[Check]:
        expected, rows = self.bounds_text(*self.limits), RowCount(self.row_filter)

        def judge(values: Values) -> Verdict:
            count = values[rows]
            return Verdict(
                self.is_within(count, *self.limits),
                observed=count,
                message=f"row count is {count:,}, expected {expected}",
            )

        yield Check(self, (), f"row count {expected}", (rows,), judge, where=self.row_filter)


class ColumnCount(_Count, _Shape):
    """The number of columns lies within bounds, by default at least one."""

    type = "column_count"
    unsupported_options = ("columns", "where", "mostly", "max_fail")

    def checks(self, table: Table) -> Iterator[Check]:
        count, expected = len(table.schema), self.bounds_text(*self.limits)
        message = f"column count is {count:,}, expected {expected}"
        yield self.decided(
            (), f"column count {expected}", ok=self.is_within(count, *self.limits), observed=count, message=message
        )


# --- the whole schema ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExpectedColumn:
    """An expected column; without types, any type is allowed."""

    name: str
    types: tuple[str, ...] = ()
    nullable: bool = True


def _expected(name: Any, value: Any) -> ExpectedColumn:
    if not isinstance(name, str) or not name:
        raise ValueError(f"{name!r} is not the name of a column")
    if value is None:
        return ExpectedColumn(name)
    if isinstance(value, str | list | tuple):
        return ExpectedColumn(name, _types(value))
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r} is neither a type nor a mapping with type and nullable")  # noqa: TRY004 pydantic wants ValueError
    unknown = [k for k in value if k not in ("type", "nullable")]
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}{did_you_mean(str(unknown[0]), ('type', 'nullable'))}")
    nullable = value.get("nullable", True)
    if not isinstance(nullable, bool):
        raise ValueError("nullable is true or false")  # noqa: TRY004 pydantic wants ValueError
    return ExpectedColumn(name, () if value.get("type") is None else _types(value["type"]), nullable)


def _expected_columns(value: Any) -> tuple[ExpectedColumn, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = (value,)
    if isinstance(value, tuple | list) and len(value) == 1 and isinstance(value[0], Mapping):
        value = value[0]
    items: Any = (
        value.items()
        if isinstance(value, Mapping)
        else [(c, None) for c in value]
        if isinstance(value, list | tuple)
        else None
    )
    if not items:
        raise ValueError("give a mapping of columns to their types, or a list of columns")
    columns: list[ExpectedColumn] = []
    problems: list[tuple[str, str]] = []
    for name, wanted in items:
        try:
            columns.append(name if isinstance(name, ExpectedColumn) else _expected(name, wanted))
        except ValueError as error:
            problems.append((str(name), str(error)))
    if problems:
        raise OptionErrors(problems)
    return tuple(columns)


ExpectedColumns = Converted[
    Annotated[
        tuple[ExpectedColumn, ...] | None,
        PlainValidator(
            _expected_columns,
            json_schema_input_type=dict[str, str | list[str] | dict[str, Any] | None] | list[str] | None,
        ),
    ],
    str
    | list[str]
    | tuple[str | ExpectedColumn, ...]
    | Mapping[str, str | list[str] | Mapping[str, Any] | None]
    | None,
]


def expected_columns(schema: Schema) -> tuple[ExpectedColumn, ...]:
    """The columns of a schema. A column that had no value when the schema was learned may have any type."""
    return tuple(
        ExpectedColumn(c, () if s.type == "null" else (s.type,), s.nullable) for c, s in schema.columns.items()
    )


class SchemaMatch(_Shape):
    """The table has these columns, of these types. One check for each expectation.

    Without `columns` it takes the structure of the schema that the run is given (`schema=` or `auto_schema=`).
    """

    type = "schema"
    unsupported_options = ("where", "mostly")

    columns: ExpectedColumns = option(default=None, kw_only=False)  # type: ignore[assignment]  # what is expected of them, in place of a choice of columns
    """A mapping of each column to its type, to `{type: ..., nullable: false}`, or to null for any type; or a list of columns."""
    order: bool = False
    """Whether the columns must come in the given order."""
    extra: Literal["allow", "forbid"] | None = None
    """Whether columns that are not listed are allowed (the default) or forbidden."""
    strict: bool = False
    """The same as `order: true` and `extra: forbid`."""

    @model_validator(mode="after")
    def _agreed(self) -> Self:
        if self.strict and (self.extra == "allow" or ("order" in self.model_fields_set and not self.order)):
            raise ValueError("strict means order: true and extra: forbid; leave those out")
        if self.columns and len({c.name for c in self.columns}) != len(self.columns):
            raise ValueError("a column is listed twice")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns or ())

    def checks(self, table: Table) -> Iterator[Check]:
        if self.columns is None:
            yield from self._from_run(table)
            return
        extras = [c for c in table.schema if c not in self.names]
        for column in self.columns:
            if column.name not in table.schema:
                message = f"column not found{hint(column.name, extras or table.schema)}"
                yield self.decided((column.name,), "column exists", ok=False, message=message)
                continue
            if column.types:
                yield _typed(self, column.name, table.schema[column.name], column.types)
            else:
                yield self.decided((column.name,), "column exists", ok=True)
            if not column.nullable:
                yield self.row_check((column.name,), "not null", IsNull(column.name))
        yield from self._as_a_whole(table, extras)

    def _as_a_whole(self, table: Table, extras: list[str]) -> Iterator[Check]:
        if self.strict or self.extra == "forbid":
            message = f"columns that are not expected: {', '.join(extras)}" if extras else ""
            yield self.decided((), "no other columns", ok=not extras, observed=extras or None, message=message)
        yield from self.in_order(table)

    def in_order(self, table: Table) -> Iterator[Check]:
        """The check of the column order, if it is required."""
        if self.strict or self.order:
            wanted = [c for c in self.names if c in table.schema]
            found = [c for c in table.schema if c in self.names]
            first = next(
                (f'"{f}" stands where "{w}" is expected' for f, w in zip(found, wanted, strict=True) if f != w), ""
            )
            yield self.decided((), "columns in order", ok=not first, observed=found if first else None, message=first)

    def _from_run(self, table: Table) -> Iterator[Check]:
        """The checks of columns, types and order in the run's schema, with this validator's options."""
        if table.expected is None:
            yield self.skipped_check("nothing configured: give columns, or a schema to the run")
            return
        schema = table.expected
        own = {k: getattr(self, k) for k in self.model_fields_set}
        given = {"extra": schema.extra, "order": schema.order, **own, "columns": expected_columns(schema)}
        yield from SchemaMatch(**given).located_at(self.location).checks(table)


def _typed(validator: _Shape, column: str, dtype: DataType, types: tuple[str, ...]) -> Check:
    wanted = " or ".join(types)
    if dtype.unreadable_reason:
        return validator.error_check(f'column "{column}" cannot be read: {dtype.unreadable_reason}', (column,))
    ok = any(dtype.matches(t) for t in types)
    message = f"type is {dtype}, expected {wanted}"
    check = validator.decided((column,), f"type {wanted}", ok=ok, observed=str(dtype), message=message)
    return check if ok else any_if_empty(check, column, dtype)


def any_if_empty(check: Check, column: str, dtype: DataType) -> Check:
    """A failing check of a type, which passes if the column has no values: its type is then a default of the source (JSON null, CSV text)."""
    if not dtype.of("text") and dtype.base != "null":
        return check
    missing, rows, judged = CountWhere(IsNull(column)), RowCount(), check.judge

    def judge(values: Values) -> Verdict | FollowUp:
        if values[missing] < values[rows] and judged:
            return judged(values)
        message = "every value is null: any type will do" if values[rows] else "no rows: any type will do"
        return Verdict(ok=True, judged=0, observed=str(dtype), message=message)

    return replace(check, measures=(missing, rows), judge=judge)


def hint(column: str, known: Iterable[str]) -> str:
    """`: did you mean "price"?`, or nothing."""
    return did_you_mean(column, known).replace("; did", ": did", 1)
