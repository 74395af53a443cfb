"""Custom rules: a SQL expression for each row, a SQL query for failing rows, a Python function."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import PlainValidator, field_validator, model_validator

from truthound._internal.options import Converted, Model, option
from truthound._internal.redaction import describe_exception
from truthound._internal.text import plural, shorten
from truthound.engine.condition import Condition
from truthound.engine.measures import SQL, Native, Not, Query
from truthound.errors import UnknownColumnError, ValidatorError
from truthound.validators.base import Check, Table, Validator, Values, Verdict, counts_only
from truthound.validators.option_types import Columns

EXAMPLES = 10


def _written(value: str) -> str:
    text = value.strip().rstrip(";").rstrip()
    if not text:
        raise ValueError("an empty text")
    return text


class _SingleArgument(Validator):
    """A rule whose positional argument is the option named in `requires`, and not columns."""

    if TYPE_CHECKING:
        columns: Columns = option(default=None, init=False)
        _2: str = option(default="", init=False)
        _3: str = option(default="", init=False)
        _4: str = option(default="", init=False)
        _5: str = option(default="", init=False)
        _6: str = option(default="", init=False)
    else:

        def __init__(self, argument: Any = None, /, **options: Any) -> None:
            Model.__init__(self, **options if argument is None else {self.requires[0]: argument, **options})


class Expression(_SingleArgument):
    """A SQL boolean expression is not false for any row. A row for which it is null passes."""

    type = "expression"
    requires = ("expression",)
    unsupported_options = ("columns",)

    expression: Converted[Condition | None, str | None] = option(default=None, kw_only=False)
    """For example `price >= 0 AND paid <= price`."""

    @field_validator("expression", mode="before")
    @classmethod
    def _without_semicolon(cls, value: Any) -> Any:
        return _written(value) if isinstance(value, str) else value

    def checks(self, table: Table) -> Iterator[Check]:
        if self.expression is None:
            raise AssertionError(self)
        try:
            expression = self.expression.resolve(table.schema)
        except UnknownColumnError as error:
            yield self.error_check(str(error))
            return
        yield self.row_check((), shorten(" ".join(expression.split()), 200), Not(SQL(expression)))


class SqlQuery(_SingleArgument):
    """A SQL query for failing rows: each row that it returns is a failure. The table is called `data`.

    The returned rows are the examples. `max_fail` is a count of them.
    """

    type = "sql"
    requires = ("query",)
    unsupported_options = ("columns", "where", "mostly")

    query: str | None = option(default=None, kw_only=False)
    """For example `SELECT user_id FROM data GROUP BY user_id HAVING sum(amount) < 0`."""

    @field_validator("query")
    @classmethod
    def _selects(cls, value: str | None) -> str | None:
        text = value and _written(value)
        if text:
            from truthound.engine.sql_check import check_query

            check_query(text)
        return text

    @model_validator(mode="after")
    def _counts(self) -> Self:
        counts_only(self, "rows that the query returns")
        return self

    def checks(self, table: Table) -> Iterator[Check]:
        from truthound.engine.sql_check import query_problem

        text = self.query or ""
        if wrong := query_problem(text, table.schema):
            yield self.error_check(wrong)
            return
        measure = Query(text, EXAMPLES)

        def judge(values: Values) -> Verdict:
            count, rows = values[measure]
            message = f"the query returned {plural(count, 'row')}"
            return Verdict(count <= self.tolerated(0), count, observed=count, message=message, examples=tuple(rows))

        yield Check(self, (), f"no rows from {shorten(' '.join(text.split()), 200)}", (measure,), judge)


def _callable(value: Any) -> Any:
    if callable(value):
        return value
    if isinstance(value, str):
        module, colon, name = value.partition(":")
        if colon and all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
            return value
    raise ValueError(
        "give a function that takes a LazyFrame and returns an expression, or its import path package.module:name"
    )


class Function(_SingleArgument):
    """A Python function that takes the Polars LazyFrame and returns an expression that is true for passing rows.

    A row for which the expression is null passes.
    """

    type = "function"
    requires = ("function",)
    unsupported_options = ("columns",)

    function: Annotated[Callable[[Any], Any] | str | None, PlainValidator(_callable, json_schema_input_type=str)] = (
        option(default=None, kw_only=False)
    )
    """The function, or its import path `package.module:name`, which is imported when the check runs."""

    def checks(self, table: Table) -> Iterator[Check]:
        try:
            function = self.function if callable(self.function) else _imported(self.function or "")
        except ValidatorError as error:
            yield self.error_check(str(error))
            return
        label = self.name or str(getattr(function, "__name__", type(function).__name__))
        yield self.row_check(
            (), "the function's condition" if label == "<lambda>" else label, Not(Native(_guarded(function)))
        )


def _guarded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, with its exceptions as errors of the check."""

    def call(frame: Any) -> Any:
        try:
            return function(frame)
        except Exception as error:
            raise ValidatorError(f"the function raised {describe_exception(error)}") from error

    return call


def _imported(place: str) -> Callable[[Any], Any]:
    module, _, name = place.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as error:  # noqa: BLE001 importing runs the user's code, which may raise anything
        raise ValidatorError(f"the function {place} cannot be imported: {describe_exception(error)}") from None
    if not callable(found):
        raise ValidatorError(f"{place} is a {type(found).__name__}, not a function")
    return found  # type: ignore[no-any-return]  # what callable() says is all that can be known
