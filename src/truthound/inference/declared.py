"""The validators that check data against a schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from truthound.errors import ConfigError
from truthound.models import Mistakes
from truthound.schema import FAMILIES, ColumnSchema, DataType, Schema
from truthound.validators.base import Check, Table, Validator
from truthound.validators.range import Range
from truthound.validators.sets import AllowedValues
from truthound.validators.shape import ExpectedColumn, SchemaMatch
from truthound.validators.text import Length, Regex
from truthound.validators.uniqueness import PrimaryKey, Unique

_ALIKE = ("numeric", "text", "boolean", "nested", "binary")


class OfColumn(Validator):
    """What a schema asks of a column's values. A column that is lost, or of another kind of type, is told once: by `SchemaMatch`."""

    type: ClassVar[str] = "schema"

    column: str
    """The column."""
    wanted: str
    """Its type in the schema."""
    rules: tuple[Validator, ...]
    """What is asked."""

    def bind(self, table: Table) -> Iterator[Check]:
        found = table.schema.get(self.column)
        if found is not None and _alike(found, self.wanted):
            for rule in self.rules:
                yield from rule.bind(table)


def _alike(found: DataType, wanted: str) -> bool:
    """Whether values of the one type compare with bounds and values meant for the other."""
    if found.matches(wanted):
        return True
    other = DataType(wanted)
    return other.base == found.base or any(
        found.of(f) and (other.of(f) or other.base == f) for f in _ALIKE if f in FAMILIES
    )


def schema_validators(schema: Schema) -> tuple[Validator, ...]:
    """The validators that check data against a schema. ConfigError names every property that cannot be checked."""
    expected = tuple(ExpectedColumn(c, (s.type,), s.nullable) for c, s in schema.columns.items())
    out: list[Validator] = [SchemaMatch(columns=expected, extra=schema.extra, order=schema.order)]
    if schema.primary_key:
        out.append(_of(PrimaryKey(), schema.primary_key))
    problems: list[str] = []
    for c, s in schema.columns.items():
        rules: list[Validator] = []
        for make, options in _rules(s, unique=s.unique and schema.primary_key != (c,)):
            try:
                rules.append(_of(make(description=s.description, **options), (c,)))
            except Mistakes as error:
                problems += [f"schema: columns.{c}.{at.removesuffix('_value')}: {said}" for at, said in error.found]
        if rules:
            out.append(OfColumn(column=c, wanted=s.type, rules=tuple(rules)))
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
