"""The base class of validators: how one selects its columns, and how it becomes checks on a table.

A validator is data. `bind` turns it into checks for one table's schema; a check asks for measures and judges their values.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from truthound._internal.redaction import MASK
from truthound._internal.text import did_you_mean, hint_columns, join_words
from truthound.engine.measures import (
    CountWhere,
    Inconsistent,
    Native,
    Not,
    Predicate,
    Repeated,
    RowCount,
    any_null,
    skipped_rows,
    subpredicates,
)
from truthound.errors import OptionErrors, UnknownColumnError, ValidatorError
from truthound.results import CheckStatus, Severity
from truthound.schema import DataType, known_type
from truthound.validators.checks import Check, Clock, NotRunnable, Table, error_check
from truthound.validators.rule import Rule
from truthound.validators.verdict import ALL_NULL, NO_ROWS, NO_VALUES, FollowUp, Judge, Values, Verdict

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


class Validator(Rule):
    """A rule type: a subclass adds its options and the checks that they mean on a table."""

    # --- binding --------------------------------------------------------------------------------------------------

    def bind(self, table: Table) -> Iterator[Check]:
        """Its checks on a table. A missing column becomes a check with a problem."""
        if self.requires and not self.configured:
            yield self.skipped_check(f"nothing configured: give {join_words(self.requires, 'and')}")
            return
        try:
            bound = self if self.where is None else self.model_copy(update={"where": self.where.resolve(table.schema)})
        except UnknownColumnError as error:
            yield self.error_check(f"where: {error}")
            return
        if self._per_column:
            for one in self._per_column:
                yield from one.bind(table)
        else:
            yield from bound.checks(table)

    def checks(self, table: Table) -> Iterator[Check]:
        """One check for each selected column; validators of whole tables override this."""
        for column in self.selected_columns(table):
            if isinstance(column, Check):
                yield column
            else:
                yield self.check(column, table.schema[column], table)

    def check(self, column: str, dtype: DataType, table: Table) -> Check:
        """The check of one column."""
        raise NotImplementedError  # a validator overrides this or `checks`

    def selected_columns(self, table: Table) -> Iterator[str | Check]:
        """The selected columns, by default every column of a supported type; and checks with the problems of the selection."""
        if self.columns is None:
            if fitting := self._supported_columns(table):
                yield from fitting
            elif untyped := [c for c, t in table.schema.items() if t.base == "null"]:
                yield from (self.unsupported(c, table.schema[c]) for c in untyped)
            else:
                yield self.skipped_check(f"no column fits ({' or '.join(self.applies_to) or 'the table has none'})")
        else:
            yield from self.matching(self.columns, table)

    def matching(self, names: Iterable[str], table: Table) -> Iterator[str | Check]:
        """The columns that names, globs and type selectors match, each once; and checks with their problems."""
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
                yield from self._matching_type(wanted, table)
            elif any(ch in wanted for ch in "*?["):
                matching = [c for c in table.schema if fnmatch.fnmatchcase(c, wanted)]
                if matching:
                    yield from self._matching_glob(wanted, matching, table)
                else:
                    yield self.error_check(f'no column matches "{wanted}"{hint_columns(table.schema)}', (wanted,))
            else:
                yield self.missing_column_check(wanted, table)

    def _matching_glob(self, wanted: str, matching: list[str], table: Table) -> Iterator[str | Check]:
        """The matches of a glob that have a supported type. If none has, each is skipped unless it has no values, which every rule supports."""
        fitting = [c for c in matching if self.supports(table.schema[c])]
        yield from fitting
        for column in () if fitting else matching:
            yield self.unless_empty((column,), f'no column that fits matches "{wanted}"', CheckStatus.SKIPPED)

    def _supported_columns(self, table: Table) -> list[str]:
        return [c for c, t in table.schema.items() if self.supports(t)]

    def _matching_type(self, wanted: str, table: Table) -> Iterator[str | Check]:
        kind = wanted.removeprefix("dtype:")
        try:
            known_type(kind)
        except ValueError as error:  # only now: a column may have this name
            yield self.error_check(str(error), (wanted,))
        else:
            yield from self._selected(
                wanted, [c for c in self._supported_columns(table) if table.schema[c].matches(kind)]
            )

    def _selected(self, wanted: str, found: list[str]) -> Iterator[str | Check]:
        if found:
            yield from found
        else:
            yield self.skipped_check(f'no column that fits matches "{wanted}"', (wanted,))

    # --- what checks are made of -----------------------------------------------------------------------------------

    def missing_column_check(self, column: str, table: Table) -> Check:
        """The check of a missing column."""
        hint = did_you_mean(column, table.schema)
        return self.error_check(
            f"column not found{hint.removeprefix(';').replace(' did', ': did', 1) if hint else ''}", (column,)
        )

    def error_check(self, message: str, columns: tuple[str, ...] = ()) -> Check:
        """A check that cannot be evaluated: an error, never a pass."""
        return error_check(self, message, columns)

    def skipped_check(self, reason: str, columns: tuple[str, ...] = ()) -> Check:
        return Check(self, columns, problem=NotRunnable(CheckStatus.SKIPPED, reason))

    def unsupported(self, column: str, dtype: DataType) -> Check:
        """The check of a selected column whose type the validator does not support."""
        if dtype.of("nested", "binary") or dtype.base == "object":
            return self.unless_empty((column,), f"{self.type} does not look into {dtype}", CheckStatus.SKIPPED)
        kinds = " or ".join(self.applies_to)
        return self.unless_empty((column,), f"{self.type} needs a {kinds} column, this one is {dtype}")

    def unless_empty(
        self, columns: tuple[str, ...], message: str, otherwise: CheckStatus = CheckStatus.ERROR, expected: str = ""
    ) -> Check:
        """A check of columns with unsupported types: an error with the message `message` if some row has values in all of them.

        A column without values has whatever type its source defaults to (CSV text, pandas float, JSON null), so every rule supports it.
        """
        missing, rows = CountWhere(any_null(columns), self.row_filter), RowCount(self.row_filter)

        def judge(values: Values) -> Verdict:
            if values[missing] == values[rows]:
                return self.verdict_without_rows(values[rows])
            if otherwise is CheckStatus.SKIPPED:
                return Verdict(ok=True, message=message, skipped=True)
            raise ValidatorError(message)

        doubt = "" if otherwise is CheckStatus.SKIPPED else message
        return Check(self, columns, expected, (missing, rows), judge, severity=Severity.CRITICAL, doubt=doubt)

    def row_check(self, columns: tuple[str, ...], expected: str, failing: Predicate, **more: Any) -> Check:
        """A check that counts failing rows.

        Rows that are not judged because of a null are counted in the same pass if that is nearly free (a null count of columns
        that are read anyway); else only if rows failed or the tolerance is relative.
        """
        where = self.row_filter
        count, total = CountWhere(failing, where), RowCount(where)
        left_out = skipped_rows(failing)
        nulls = None if left_out is None else CountWhere(left_out, where)
        free = nulls is not None and where is None and not any(isinstance(p, _COSTLY) for p in subpredicates(failing))
        asked = (count, total, *((nulls,) if nulls and free else ()))

        def judge(values: Values) -> Verdict | FollowUp:
            failed, rows = values[count], values[total]
            if nulls is None:
                return self.verdict_from_count(failed, rows, rows)
            if nulls in values:
                return self.verdict_from_count(failed, rows, rows - values[nulls])
            return self.verdict_of_judged(failed, rows, nulls)

        nothing = (nulls, total) if nulls and free else None
        return Check(self, columns, expected, asked, judge, failing, where=where, nothing=nothing, **more)


_COSTLY = (Native, Repeated, Inconsistent)
"""predicates whose rows without a result a null count does not tell, or that are not evaluated in the shared pass"""


class MultiColumnValidator(Validator):
    """A rule over all selected columns together; globs and type selectors are resolved first."""

    def checks(self, table: Table) -> Iterator[Check]:
        chosen = [] if self.columns is None else list(self.selected_columns(table))
        if problems := [c for c in chosen if isinstance(c, Check)]:
            yield from problems
        else:
            yield from self.column_set_checks(tuple(c for c in chosen if isinstance(c, str)), table)

    def column_set_checks(self, columns: tuple[str, ...], table: Table) -> Iterator[Check]:
        """The checks of these columns; empty if none are selected."""
        raise NotImplementedError  # each subclass overrides it


def counts_only(validator: Validator, what: str) -> None:
    """Requires counts in `max_fail`, for rules without a total to take a percentage of."""
    limits = validator.max_fail.values() if isinstance(validator.max_fail, dict) else [validator.max_fail]
    if any(isinstance(limit, str) for limit in limits):
        raise OptionErrors([("max_fail", f"give a count of {what}; there is no whole to take a percentage of")])


def masked(check: Check, table: Table) -> Check:
    """A check against values from a schema, without showing them if its column is masked."""
    if not table.pii & set(check.columns):
        return check
    problem = check.problem and replace(check.problem, message="what the schema says does not fit the column")
    return replace(check, expected=f"as the schema says: {MASK}", problem=problem)


def negated(predicate: Predicate) -> Predicate:
    """The negation; null stays null."""
    return predicate.predicate if isinstance(predicate, Not) else Not(predicate)
