"""Rules that require one of several options, which the expected schema may supply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from pydantic import model_validator

from truthound._internal.text import join_words
from truthound.validators.base import Check, Table, Validator, masked


def expected_of(table: Table, column: str, attribute: str) -> Any:
    """An attribute of a column in the table's expected schema; None where the schema does not have it."""
    return getattr(table.expected.columns.get(column), attribute, None) if table.expected else None


class Configured(Validator):
    """A rule that requires at least one of the options in `requires_any`, its own or from the expected schema.

    Without options it is skipped if the schema has none either. Other options without these are an error, unless the schema
    may supply them.
    """

    requires_any: ClassVar[tuple[str, ...]]
    schema_defaults: ClassVar[Mapping[str, str]] = {}
    """an option -> the attribute of an expected column that supplies it"""

    @model_validator(mode="after")
    def _given(self) -> Self:
        if (
            self.configured
            and not self.schema_defaults
            and not isinstance(self.columns, dict)
            and not self.is_configured
        ):
            raise ValueError(f"give {join_words(self.requires_any, 'or')}")
        return self

    @property
    def is_configured(self) -> bool:
        """Whether one of the required options is set."""
        return any(getattr(self, n) is not None for n in self.requires_any)

    def checks(self, table: Table) -> Iterator[Check]:
        if self.is_configured:
            yield from super().checks(table)
            return
        nothing = f"nothing configured: give {join_words(self.requires_any, 'or')}"
        if not self.schema_defaults:
            yield self.skipped_check(nothing)
            return
        nothing += ", or a schema"
        chosen = list(self.selected_columns(table))
        supplied = {c: self.defaults_from_schema(c, table) for c in chosen if isinstance(c, str)}
        if self.columns is None and not any(supplied.values()):
            yield self.skipped_check(nothing)
            return
        for column in chosen:
            if isinstance(column, Check):
                yield column
            elif supplied[column]:
                rule = self.model_copy(update=supplied[column])
                yield masked(rule.check(column, table.schema[column], table), table)
            elif self.columns is not None:
                yield self.skipped_check(nothing, (column,))

    def defaults_from_schema(self, column: str, table: Table) -> dict[str, Any]:
        """The options that the expected schema supplies for a column."""
        found = {name: expected_of(table, column, attribute) for name, attribute in self.schema_defaults.items()}
        return {name: value for name, value in found.items() if value is not None}
