"""Sets of allowed, forbidden, required and most common values."""

from __future__ import annotations

import re
import typing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, WithJsonSchema

from truthound._internal.options import Converted, option
from truthound._internal.text import cell, number, plural, shorten
from truthound.engine.measures import AnyItem, CountWhere, In, Matches, Not, Predicate, TopValues
from truthound.schema import DataType
from truthound.validators.base import NO_VALUES, Check, Table, Values, Verdict
from truthound.validators.range import fitted
from truthound.validators.required_options import Configured

Scalar = str | int | float | bool | Decimal | date | datetime | time | timedelta
_SCALARS = typing.get_args(Scalar)


def _values(value: Any) -> Any:
    """A tuple of distinct values; a single value need not be in a list."""
    if value is None:
        return None
    many = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    wrong = next((v for v in many if v is not None and not isinstance(v, _SCALARS)), None)
    if wrong is not None or isinstance(value, dict):
        raise ValueError(
            f"{shorten(repr(wrong), 60)} is not a single value; give texts, numbers, dates or truth values"
        )
    if any(v != v for v in many):  # noqa: PLR0124 only a NaN differs from itself
        raise ValueError("a NaN equals nothing; use the validator nan")
    if not many:
        raise ValueError("values is empty")
    if isinstance(value, set | frozenset):
        many.sort(key=repr)  # the same configuration gives the same measures
    return tuple({(type(v), v): v for v in many}.values())


_SHOWN = 100
"""characters of a list of values"""


class _ValueList(Configured):
    """A rule with a list of values."""

    applies_to: ClassVar[tuple[str, ...]] = ("numeric", "text", "temporal", "boolean")
    requires_any: ClassVar[tuple[str, ...]] = ("values",)

    values: Converted[
        Annotated[
            tuple[Any, ...] | None,
            BeforeValidator(_values),
            WithJsonSchema({"type": ["array", "string", "number", "boolean", "null"]}),
        ],
        Scalar | list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any] | None,
    ] = option(default=None)
    """Texts, numbers, dates or truth values, of the column's type."""

    def supports(self, dtype: DataType) -> bool:
        return super().supports(_items(dtype))

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        given = self.values or ()
        try:
            inside = _items(dtype)
            fitting = tuple(_value(v, inside) for v in given if v is not None)
        except ValueError as error:
            return self.unless_empty((column,), str(error))
        if not fitting:
            return self.error_check(
                "values has nothing but null, and null is passed over here; use the validator null", (column,)
            )
        return self.value_check(column, dtype, fitting)

    def value_check(self, column: str, dtype: DataType, values: tuple[Any, ...]) -> Check:
        """The check of one column with values of its type."""
        raise NotImplementedError  # every subclass overrides it


def _items(dtype: DataType) -> DataType:
    """The type of a list's items; of anything else the type itself."""
    return DataType(dtype.partition("[")[2][:-1]) if dtype.base in ("list", "array") else dtype


def _value(value: Any, dtype: DataType) -> Any:
    """Converts a value to the type of a column."""
    if isinstance(value, str) and dtype.of("text"):
        return value
    if dtype.of("boolean") and isinstance(value, bool):
        return value
    if dtype.of("boolean"):
        raise ValueError(f"the value {value!r} is not a truth value, the column is boolean")
    if dtype.of("text"):
        hint = "; quote it" if isinstance(value, bool | int | float | date) else ""
        raise ValueError(f"the value {value!r} is not text, the column is {dtype}{hint}")
    if isinstance(value, bool):
        raise ValueError(f"the value {value!r} does not compare with a {dtype} column")  # noqa: TRY004 a wrong value for this column
    if dtype.of("numeric") and isinstance(value, str):
        raise ValueError(f"the value {value!r} is text, the column is {dtype}; leave the quotes out")
    try:
        return fitted(value, dtype)
    except ValueError as error:
        raise ValueError(str(error).replace("the bound", "the value")) from None


def _listed(values: tuple[Any, ...]) -> str:
    few = values[: _SHOWN // 3 + 2]  # each takes three characters at least
    return shorten(", ".join(cell(number(v) if isinstance(v, bool | float) else v) for v in few), _SHOWN)


def _found(
    column: str, dtype: DataType, values: tuple[Any, ...], *, ignore_case: bool, other: bool = False
) -> Predicate:
    """The value, or an item of a list, is one of these, or is an other one."""
    inside = _items(dtype)
    among = _among(column if inside is dtype else "", inside, values, ignore_case=ignore_case)
    wanted = Not(among) if other else among
    return wanted if inside is dtype else AnyItem(column, wanted)


def _among(column: str, dtype: DataType, values: tuple[Any, ...], *, ignore_case: bool) -> Predicate:
    """The value is one of these; text may differ in case."""
    if ignore_case and dtype.of("text"):
        return Matches(column, f"(?i)^(?:{'|'.join(map(_literally, values))})$")
    return In(column, values)


def _literally(text: str) -> str:
    """A regular expression that matches just this text."""
    return re.sub(r"[\\.+*?()|\[\]{}^$#&\-~]", lambda found: "\\" + found[0], text)


class AllowedValues(_ValueList):
    """Every value, and every item of a list, is one of `values`. A null passes. Default values: those of the expected schema."""

    type = "allowed_values"
    schema_defaults: ClassVar = {"values": "values"}

    ignore_case: bool = False
    """Whether case is ignored."""

    def value_check(self, column: str, dtype: DataType, values: tuple[Any, ...]) -> Check:
        failing = _found(column, dtype, values, ignore_case=self.ignore_case, other=True)
        return self.row_check((column,), f"one of {_listed(values)}", failing)


class ForbiddenValues(_ValueList):
    """No value, and no item of a list, is one of `values`. A null passes."""

    type = "forbidden_values"

    ignore_case: bool = False
    """Whether case is ignored."""

    def value_check(self, column: str, dtype: DataType, values: tuple[Any, ...]) -> Check:
        failing = _found(column, dtype, values, ignore_case=self.ignore_case)
        return self.row_check((column,), f"none of {_listed(values)}", failing)


class ContainsValues(_ValueList):
    """Each of `values` occurs at least once, in list columns as an item."""

    type = "contains_values"
    needs_all_rows = True
    unsupported_options = ("mostly", "max_fail")

    ignore_case: bool = False
    """Whether case is ignored."""

    def verdict_without_rows(self, rows: int) -> Verdict:
        message = _listed(tuple(self.values or ()))
        return Verdict(
            ok=False, observed={"missing": list(self.values or ())}, message=f"{message} cannot occur: no values"
        )

    def value_check(self, column: str, dtype: DataType, values: tuple[Any, ...]) -> Check:
        counts = {
            v: CountWhere(_found(column, dtype, (v,), ignore_case=self.ignore_case), self.row_filter) for v in values
        }

        def judge(found: Values) -> Verdict:
            missing = tuple(v for v, count in counts.items() if not found[count])
            message = (
                f"{_listed(missing)} {'does' if len(missing) == 1 else 'do'} not occur" if missing else "all occur"
            )
            return Verdict(not missing, observed={"missing": list(missing)}, message=message)

        expected = f"contains {_listed(values)}"
        return Check(self, (column,), expected, tuple(counts.values()), judge, where=self.row_filter)


class MostCommon(_ValueList):
    """The most frequent value is one of `values`; if several are equally frequent, one of them suffices. Nulls are skipped."""

    type = "most_common"
    needs_values = True
    unsupported_options = ("mostly", "max_fail")

    def supports(self, dtype: DataType) -> bool:
        return dtype.of(*self.applies_to)

    def value_check(self, column: str, dtype: DataType, values: tuple[Any, ...]) -> Check:
        top = TopValues(column, 1, self.row_filter)
        counts = tuple(CountWhere(In(column, (v,)), self.row_filter) for v in values)

        def judge(found: Values) -> Verdict:
            if not found[top]:
                return NO_VALUES
            value, count = found[top][0]
            ok = max(found[c] for c in counts) >= count
            message = f"most common is {cell(value)} ({plural(count, 'row')}), expected one of {_listed(values)}"
            return Verdict(ok, observed=value, message=message)

        return Check(
            self, (column,), f"most common is one of {_listed(values)}", (top, *counts), judge, where=self.row_filter
        )
