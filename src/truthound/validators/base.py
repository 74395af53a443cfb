"""What every validator shares: its common options, how it finds its columns, and the checks it turns into.

A validator is data. `bind` turns it into checks for one table's schema; a check asks for measures and judges their values.
"""

from __future__ import annotations

import fnmatch
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from truthound._internal.options import Converted, Model, option
from truthound._internal.redaction import MASK
from truthound._internal.text import did_you_mean, hint_columns, join_words
from truthound.engine.condition import Condition, UnknownColumnError
from truthound.engine.measures import (
    SQL,
    CountWhere,
    Inconsistent,
    Measure,
    Native,
    Not,
    Predicate,
    Repeated,
    RowCount,
    any_null,
    parts,
    passed_over,
)
from truthound.errors import ConfigError, OptionErrors, ValidatorError
from truthound.results import CheckStatus, Severity, SeverityName
from truthound.schema import DataType, known_type
from truthound.validators.checks import (
    ALL_NULL,
    NO_ROWS,
    NO_VALUES,
    Check,
    Clock,
    FollowUp,
    Judge,
    NotRunnable,
    Table,
    Values,
    Verdict,
)
from truthound.validators.option_types import Columns, Names, Tolerance, allowed_rows

__all__ = [
    "ALL_NULL",
    "NO_ROWS",
    "NO_VALUES",
    "Check",
    "Clock",
    "FollowUp",
    "Judge",
    "MultiColumnValidator",
    "NotRunnable",
    "Table",
    "Validator",
    "Values",
    "Verdict",
    "counts_only",
    "masked",
    "negated",
]


class Validator(Model):
    """A rule type. Subclasses add their parameters and say which checks they come to."""

    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    applies_to: ClassVar[tuple[str, ...]] = ()
    """families of types it applies to; empty for all"""
    default_severity: ClassVar[Severity | None] = None
    """none: medium when configured, low for a bare name"""
    needs_values: ClassVar[bool] = False
    """it judges a column's values as one, and not row by row: its verdict has no rows"""
    needs_all_rows: ClassVar[bool] = False
    """it is skipped where only a sample is checked"""
    requires: ClassVar[tuple[str, ...]] = ()
    """options without which it says nothing: a bare name is skipped, other options without them are a mistake"""
    unsupported_options: ClassVar[tuple[str, ...]] = ()
    """the common options that mean nothing to it, and so are mistakes (`columns`, `where`, `mostly`, `max_fail`)"""

    columns: Columns = option(default=None, kw_only=False)
    """Names, globs (`addr_*`) or type selectors (`dtype:numeric`); or a mapping of a column to its own options."""
    where: Converted[Condition | None, str | None] = option(default=None)
    """Only rows for which this SQL expression is true."""
    severity: Converted[Severity | None, Severity | SeverityName | None] = option(default=None)
    """Fixed severity of an issue; otherwise the validator's default, raised by the failing ratio."""
    mostly: float | None = Field(default=None, ge=0, le=1)
    """The least ratio of judged rows that must hold, 0 to 1. The same as `max_fail` in percent."""
    max_fail: Tolerance = option(default=None)
    """How many rows may fail: a count, a percentage of the judged rows, or one for each severity."""
    name: str | None = None
    """A name of your own for the check."""
    description: str | None = None
    """Why the rule exists; shown with its issues."""
    tags: Names = option(default=())
    """Words to group checks by."""

    _each: tuple[Validator, ...] = PrivateAttr(default=())
    _location: str | None = PrivateAttr(default=None)

    if (
        TYPE_CHECKING
    ):  # further columns by position: a checker knows the constructor from the fields, and none of them is `*columns`
        _2: str = option(default="", kw_only=False)
        _3: str = option(default="", kw_only=False)
        _4: str = option(default="", kw_only=False)
        _5: str = option(default="", kw_only=False)
        _6: str = option(default="", kw_only=False)
    else:

        def __init__(self, *columns: str, **options: Any) -> None:
            if columns:
                if "columns" in options:
                    raise ConfigError(f"{type(self).__name__}: columns are given twice")
                options["columns"] = columns
            super().__init__(**options)

    @field_validator("where", mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            raise ValueError("an empty filter; leave it out")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if mistaken := [o for o in self.unsupported_options if getattr(self, o) is not None]:
            raise OptionErrors((o, f"{self.type} has no use for it; leave it out") for o in mistaken)
        if self.configured and not isinstance(self.columns, dict) and (absent := self.missing_required()):
            raise OptionErrors(absent)
        if self.mostly is not None and self.max_fail is not None:
            raise ValueError("give mostly or max_fail, not both")
        if self.severity is not None and isinstance(self.max_fail, dict):
            raise ValueError("give severity, or max_fail for each severity, not both")
        if isinstance(self.columns, dict):
            shared = {k: getattr(self, k) for k in self.model_fields_set if k != "columns"}
            made: list[Validator] = []
            problems: list[tuple[str, str]] = []
            for column, options in self.columns.items():
                try:
                    made.append(type(self)(**{**shared, **options, "columns": (column,)}))
                except OptionErrors as error:
                    problems += [(f"columns.{column}{'.' if at else ''}{at}", said) for at, said in error.found]
            if problems:
                raise OptionErrors(problems)
            self._each = tuple(made)
        return self

    @property
    def configured(self) -> bool:
        """Whether it has any option of its own, or is a bare name."""
        return bool(self.model_fields_set)

    def missing_required(self) -> list[tuple[str, str]]:
        """The required options that are not given, and what to say of each."""
        given = {o: getattr(self, o) for o in self.requires}
        return [(o, f'"{o}" is required') for o, v in given.items() if v is None or (isinstance(v, tuple) and not v)]

    @property
    def row_filter(self) -> Predicate | None:
        return None if self.where is None else SQL(self.where)

    def tolerated(self, total: int) -> int:
        """How many of `total` judged rows may fail."""
        if self.mostly is not None:
            return int((1 - Decimal(str(self.mostly))) * total)
        if isinstance(self.max_fail, dict):
            return min((allowed_rows(limit, total) for limit in self.max_fail.values()), default=0)
        return 0 if self.max_fail is None else allowed_rows(self.max_fail, total)

    @property
    def relative(self) -> bool:
        """Whether a share of the judged rows may fail, and not a count."""
        limits = self.max_fail.values() if isinstance(self.max_fail, dict) else (self.max_fail,)
        return self.mostly is not None or any(isinstance(limit, str) for limit in limits)

    def located_at(self, location: str | None) -> Self:
        """A copy that knows where in a file it is declared (`file:line:column`)."""
        made = self.model_copy()
        made._location = location  # noqa: SLF001 our own
        made._each = tuple(each.located_at(location) for each in self._each)  # noqa: SLF001 our own
        return made

    @property
    def location(self) -> str | None:
        return self._location

    # --- binding --------------------------------------------------------------------------------------------------

    def bind(self, table: Table) -> Iterator[Check]:
        """Its checks on a table with this schema. Columns that are not there come back as checks with a problem."""
        if self.requires and not self.configured:
            yield self.skipped_check(f"nothing configured: give {join_words(self.requires, 'and')}")
            return
        try:
            bound = self if self.where is None else self.model_copy(update={"where": self.where.resolve(table.schema)})
        except UnknownColumnError as error:
            yield self.error_check(f"where: {error}")
            return
        if self._each:
            for one in self._each:
                yield from one.bind(table)
        else:
            yield from bound.checks(table)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns as they were given."""
        return tuple(self.columns or ())

    def checks(self, table: Table) -> Iterator[Check]:
        """One check for each column that was chosen; a validator of whole tables overrides this."""
        for column in self.chosen(table):
            if isinstance(column, Check):
                yield column
            else:
                yield self.check(column, table.schema[column], table)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        """The check of one column."""
        raise NotImplementedError  # a validator overrides this or `checks`

    def chosen(self, table: Table) -> Iterator[str | Check]:
        """The columns to look at: by name, by glob, by type, or all that fit; and what is wrong with the choice."""
        if self.columns is None:
            if fitting := self._fitting(table):
                yield from fitting
            elif untyped := [c for c, t in table.schema.items() if t.base == "null"]:
                yield from (self.unsupported(c, table.schema[c]) for c in untyped)
            else:
                yield self.skipped_check(f"no column fits ({' or '.join(self.applies_to) or 'the table has none'})")
        else:
            yield from self.matching(self.columns, table)

    def matching(self, names: Iterable[str], table: Table) -> Iterator[str | Check]:
        """The columns that names, globs and type selectors mean, each once; and what is wrong with them."""
        found: set[str] = set()
        for one in self._matching(names, table):
            if isinstance(one, Check):
                yield one
            elif one not in found:
                found.add(one)
                yield one

    def _matching(self, names: Iterable[str], table: Table) -> Iterator[str | Check]:
        for wanted in names:
            if wanted in table.schema:
                if self.supports(table.schema[wanted]):
                    yield wanted
                else:
                    yield self.unsupported(wanted, table.schema[wanted])
            elif wanted.startswith("dtype:"):
                yield from self._of_type(wanted, table)
            elif any(ch in wanted for ch in "*?["):
                matching = [c for c in table.schema if fnmatch.fnmatchcase(c, wanted)]
                if matching:
                    yield from self._of_glob(wanted, matching, table)
                else:
                    yield self.error_check(f'no column matches "{wanted}"{hint_columns(table.schema)}', (wanted,))
            else:
                yield self.missing_column_check(wanted, table)

    def _of_glob(self, wanted: str, matching: list[str], table: Table) -> Iterator[str | Check]:
        """The columns of a glob that fit; where none does, each may be one without any value, which fits whatever it is read as."""
        fitting = [c for c in matching if self.supports(table.schema[c])]
        yield from fitting
        for column in () if fitting else matching:
            yield self.unless_empty((column,), f'no column that fits matches "{wanted}"', CheckStatus.SKIPPED)

    def _fitting(self, table: Table) -> list[str]:
        return [c for c, t in table.schema.items() if self.supports(t)]

    def _of_type(self, wanted: str, table: Table) -> Iterator[str | Check]:
        kind = wanted.removeprefix("dtype:")
        try:
            known_type(kind)
        except ValueError as error:  # not sooner: a column may have such a name
            yield self.error_check(str(error), (wanted,))
        else:
            yield from self._selected(wanted, [c for c in self._fitting(table) if table.schema[c].matches(kind)])

    def _selected(self, wanted: str, found: list[str]) -> Iterator[str | Check]:
        if found:
            yield from found
        else:
            yield self.skipped_check(f'no column that fits matches "{wanted}"', (wanted,))

    def supports(self, dtype: DataType) -> bool:
        return not self.applies_to or dtype.of(*self.applies_to)

    # --- what checks are made of -----------------------------------------------------------------------------------

    def missing_column_check(self, column: str, table: Table) -> Check:
        """The check of a column that is not there."""
        hint = did_you_mean(column, table.schema)
        return self.error_check(
            f"column not found{hint.removeprefix(';').replace(' did', ': did', 1) if hint else ''}", (column,)
        )

    def error_check(self, message: str, columns: tuple[str, ...] = ()) -> Check:
        """A check that cannot run: an error, never a pass."""
        severity = self.severity or Severity.CRITICAL
        return Check(self, columns or self.names, problem=NotRunnable(CheckStatus.ERROR, message, severity))

    def skipped_check(self, reason: str, columns: tuple[str, ...] = ()) -> Check:
        return Check(self, columns, problem=NotRunnable(CheckStatus.SKIPPED, reason))

    def unsupported(self, column: str, dtype: DataType) -> Check:
        """A named column of a type the validator says nothing about."""
        if dtype.of("nested", "binary") or dtype.base == "object":
            return self.unless_empty((column,), f"{self.type} does not look into {dtype}", CheckStatus.SKIPPED)
        kinds = " or ".join(self.applies_to)
        return self.unless_empty((column,), f"{self.type} needs a {kinds} column, this one is {dtype}")

    def unless_empty(
        self, columns: tuple[str, ...], said: str, otherwise: CheckStatus = CheckStatus.ERROR, expected: str = ""
    ) -> Check:
        """The check of columns whose types do not fit, as `said`, unless no row has all of them: then they fit every rule about values.

        A column without any value has the type that its source gives for want of a better one: CSV text, pandas floats, JSON none.
        """
        missing, rows = CountWhere(any_null(columns), self.row_filter), RowCount(self.row_filter)

        def judge(values: Values) -> Verdict:
            if values[missing] == values[rows]:
                return self.of_nothing(values[rows])
            if otherwise is CheckStatus.SKIPPED:
                return Verdict(ok=True, message=said, skipped=True)
            raise ValidatorError(said)

        doubt = "" if otherwise is CheckStatus.SKIPPED else said
        return Check(self, columns, expected, (missing, rows), judge, severity=Severity.CRITICAL, doubt=doubt)

    def of_nothing(self, rows: int) -> Verdict:
        """The verdict on rows that are all passed over, as a column has no value there; a rule that asks for values overrides it."""
        message = ALL_NULL if rows else NO_ROWS
        if self.needs_values:
            return Verdict(ok=True, judged=0, message=message)
        return Verdict(ok=True, failed=0, total=rows, judged=0, message=message)

    def row_check(self, columns: tuple[str, ...], expected: str, failing: Predicate, **more: Any) -> Check:
        """A check that counts failing rows.

        Rows that are passed over are counted in the same pass where that is nearly free, which is a null count of columns that
        are read anyway; else only if rows failed, or if a share of the judged rows may.
        """
        where = self.row_filter
        count, total = CountWhere(failing, where), RowCount(where)
        left_out = passed_over(failing)
        nulls = None if left_out is None else CountWhere(left_out, where)
        free = nulls is not None and where is None and not any(isinstance(p, _COSTLY) for p in parts(failing))
        asked = (count, total, *((nulls,) if nulls and free else ()))

        def judge(values: Values) -> Verdict | FollowUp:
            failed, rows = values[count], values[total]
            if nulls is None:
                return self.verdict_from_count(failed, rows, rows)
            if nulls in values:
                return self.verdict_from_count(failed, rows, rows - values[nulls])
            return self.judging(failed, rows, nulls)

        nothing = (nulls, total) if nulls and free else None
        return Check(self, columns, expected, asked, judge, failing, where=where, nothing=nothing, **more)

    def judging(
        self, failed: int, total: int, nulls: Measure, observed: Any = None, message: str = ""
    ) -> Verdict | FollowUp:
        """The verdict on rows; what was passed over is asked for where a share needs it."""
        if not failed and not self.relative:
            return self.verdict_from_count(failed, total, None if total else 0, observed, message)
        return FollowUp((nulls,), lambda v: self.verdict_from_count(failed, total, total - v[nulls], observed, message))

    def verdict_from_count(
        self, failed: int, total: int, judged: int | None, observed: Any = None, message: str = ""
    ) -> Verdict:
        """The verdict on `failed` of `judged` rows, with what is tolerated."""
        if judged == 0:
            message = ALL_NULL if total else NO_ROWS
        return Verdict(
            failed <= self.tolerated(total if judged is None else judged), failed, total, judged, observed, message
        )


_COSTLY = (Native, Repeated, Inconsistent)
"""predicates whose unknown rows are not known from a null count, or that are not read in the shared pass"""
Validator.__annotations__ = inspect.get_annotations(
    Validator, eval_str=True
)  # once; pydantic does it again for each subclass


class MultiColumnValidator(Validator):
    """A rule over all chosen columns as one; globs and type selectors are resolved first."""

    def checks(self, table: Table) -> Iterator[Check]:
        chosen = [] if self.columns is None else list(self.chosen(table))
        if problems := [c for c in chosen if isinstance(c, Check)]:
            yield from problems
        else:
            yield from self.together(tuple(c for c in chosen if isinstance(c, str)), table)

    def together(self, columns: tuple[str, ...], table: Table) -> Iterator[Check]:
        """The checks of these columns; there are none where none were named."""
        raise NotImplementedError  # each subclass overrides it


def counts_only(validator: Validator, what: str) -> None:
    """For rules that have no whole to take a percentage of: `max_fail` must be counts."""
    limits = validator.max_fail.values() if isinstance(validator.max_fail, dict) else [validator.max_fail]
    if any(isinstance(limit, str) for limit in limits):
        raise OptionErrors([("max_fail", f"give a count of {what}; there is no whole to take a percentage of")])


def masked(check: Check, table: Table) -> Check:
    """A check against values that a schema has; where its column is masked, without telling them."""
    if not table.pii & set(check.columns):
        return check
    problem = check.problem and replace(check.problem, message="what the schema says does not fit the column")
    return replace(check, expected=f"as the schema says: {MASK}", problem=problem)


def negated(predicate: Predicate) -> Predicate:
    """The rows for which it is false; null stays null."""
    return predicate.predicate if isinstance(predicate, Not) else Not(predicate)
