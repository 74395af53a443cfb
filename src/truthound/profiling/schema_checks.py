"""The validators that check data against a schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from truthound.engine.measures import IsNull
from truthound.errors import ConfigError, OptionErrors
from truthound.results import CheckStatus
from truthound.schema import ColumnSchema, Schema
from truthound.schema.type_names import alike, meaning
from truthound.validators.base import Check, Table, Validator, masked
from truthound.validators.range import Range
from truthound.validators.sets import AllowedValues
from truthound.validators.table import SchemaMatch, any_if_empty, expected_columns
from truthound.validators.text import Length, Regex
from truthound.validators.uniqueness import PrimaryKey, Unique


class ColumnRules(Validator):
    """The rules of a schema for the values of a column. They are skipped for a missing column, or one of another type, which `SchemaMatch` reports."""

    type: ClassVar[str] = "schema"

    column: str
    """The column."""
    wanted: str
    """Its type in the schema."""
    rules: tuple[Validator, ...]
    """What is asked."""

    def bind(self, table: Table) -> Iterator[Check]:
        found = table.schema.get(self.column)
        for rule in self.rules:
            if found is None:
                yield rule.skipped_check("column not found", (self.column,))
                continue
            if not alike(found, meaning(self.wanted)):
                unfit = f"not evaluated: the column is {found}, the schema says {self.wanted}"
                yield rule.unless_empty((self.column,), unfit, CheckStatus.SKIPPED)
                continue
            for check in rule.bind(table):
                yield check if isinstance(rule, Unique) else masked(check, table)


class LearnedSchemaMatch(SchemaMatch):
    """Compares the table with a learned schema. Differences are reported as changes: before -> after."""

    def checks(self, table: Table) -> Iterator[Check]:
        for wanted in self.columns or ():
            then, now = " or ".join(wanted.types) or "empty", table.schema.get(wanted.name)
            if now is None:
                yield self.decided((wanted.name,), "column exists", ok=False, message=f"column removed, it was {then}")
                continue
            if wanted.types and now.unreadable_reason:
                yield self.error_check(
                    f'column "{wanted.name}" cannot be read: {now.unreadable_reason}', (wanted.name,)
                )
                continue
            ok = not wanted.types or any(now.matches(t) for t in wanted.types)
            expected, message = f"type {then}" if wanted.types else "column exists", f"type changed: {then} -> {now}"
            check = self.decided((wanted.name,), expected, ok=ok, observed=str(now), message="" if ok else message)
            yield check if ok else any_if_empty(check, wanted.name, now)
            if not wanted.nullable:
                yield self.row_check((wanted.name,), "not null, as learned", IsNull(wanted.name))
        added = {c: t for c, t in table.schema.items() if c not in self.names}
        if self.extra == "forbid":
            message = f"{'column' if len(added) == 1 else 'columns'} added: {', '.join(f'{c} ({t})' for c, t in added.items())}"
            yield self.decided(
                (), "no other columns", ok=not added, observed=list(added) or None, message=message if added else ""
            )
        yield from self.in_order(table)


def schema_validators(schema: Schema, *, learned: bool = False) -> tuple[Validator, ...]:
    """The validators that check data against a schema, one that was given or `learned`. ConfigError names every property that cannot be checked."""
    match = LearnedSchemaMatch if learned else SchemaMatch
    out: list[Validator] = [match(columns=expected_columns(schema), extra=schema.extra, order=schema.order)]
    if schema.primary_key:
        out.append(_of(PrimaryKey(), schema.primary_key))
    problems: list[str] = []
    for c, s in schema.columns.items():
        rules: list[Validator] = []
        for make, options in _rules(s, unique=s.unique and schema.primary_key != (c,)):
            try:
                rules.append(_of(make(description=s.description, **options), (c,)))
            except OptionErrors as error:
                problems += [
                    f"schema: columns.{c}.{at.removesuffix('_value')}: {message}" for at, message in error.found
                ]
        if rules:
            out.append(ColumnRules(column=c, wanted=s.type, rules=tuple(rules)))
    if problems:
        raise ConfigError(problems)
    return tuple(out)


def _of(rule: Validator, columns: tuple[str, ...]) -> Validator:
    """The rule for these columns, whatever they are called: a file may have a column without a name."""
    return rule.model_copy(update={"columns": columns})


def _rules(s: ColumnSchema, *, unique: bool) -> Iterator[tuple[type[Validator], dict[str, Any]]]:
    if unique:
        yield Unique, {}
    if s.min is not None or s.max is not None:
        yield Range, {"min_value": s.min, "max_value": s.max}
    if s.values is not None:
        yield AllowedValues, {"values": s.values}
    if s.pattern is not None:
        yield Regex, {"pattern": s.pattern}
    if s.min_length is not None or s.max_length is not None:
        yield Length, {"min_length": s.min_length, "max_length": s.max_length}
