"""Column types, and the expected schema of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from truthound._internal.escape import escape_terminal
from truthound._internal.options import Converted, Model, option
from truthound._internal.text import did_you_mean, yaml_line
from truthound.errors import ConfigError, OptionErrors
from truthound.io.files import atomic_replacement
from truthound.schema import type_names
from truthound.schema.type_names import FAMILIES, meaning

if TYPE_CHECKING:
    from truthound._internal.yaml_nodes import Node

LONG = 500
"""characters beyond which a key is marked as a long one; YAML reads at most 1,024 without that"""
UNREADABLE = "unreadable"
"""the base type of a column that cannot be read; its reason stands in parentheses"""


@cache
def _base(name: str) -> str:
    return re.split(r"[\[({]", name, maxsplit=1)[0]


@cache  # asked for every check and value; there are few types
def _belongs(name: str, families: tuple[str, ...]) -> bool:
    return any(_base(name) in FAMILIES[f] for f in families)


class DataType(str):
    """A column's type as text, engine-neutral: `int64`, `string`, `decimal(15,2)`, `datetime[us,UTC]`, `list[int64]`."""

    __slots__ = ()

    @property
    def base(self) -> str:
        """The type without its parameters."""
        return _base(str(self))

    @classmethod
    def unreadable(cls, reason: str) -> DataType:
        """The type of a column that is there and cannot be read."""
        return cls(f"{UNREADABLE}({reason})")

    @property
    def unreadable_reason(self) -> str | None:
        """Why the column cannot be read, or None where it can."""
        return self[len(UNREADABLE) + 1 : -1] if self.startswith(f"{UNREADABLE}(") else None

    def of(self, *families: str) -> bool:
        """Whether it belongs to one of these families (see `FAMILIES`)."""
        return _belongs(str(self), families)

    def matches(self, wanted: str) -> bool:
        """Whether it is the type, the type without parameters, or in the family that `wanted` spells. Raises ValueError if that is not a type."""
        same = (self.replace(" ", "").lower(), self.base)
        return wanted.strip().lower().replace(" ", "") in same or type_names.matches(str(self), meaning(wanted))


# --- a table's expected shape --------------------------------------------------------------------------------------


def known_type(wanted: str) -> str:
    """A type, a family of types, or another spelling of one; raises ValueError for anything else, and for parameters that it does not take."""
    meaning(wanted)
    return wanted.strip()


class ColumnSchema(Model):
    """The expected properties of a column. A property that is not set is not checked."""

    type: str
    """A type (`int64`), a type without parameters (`decimal`) or a family (`numeric`)."""
    nullable: bool = True
    """Whether nulls are allowed."""
    unique: bool = False
    """Whether values must be unique."""
    min: Any = None
    """The minimum: a number, or a date or time in ISO format."""
    max: Any = None
    """The maximum."""
    values: Converted[tuple[Any, ...] | None, list[Any] | tuple[Any, ...] | None] = option(default=None, min_length=1)
    """The allowed values."""
    pattern: str | None = None
    """A regular expression that every value matches."""
    min_length: int | None = Field(default=None, ge=0)
    """The minimum number of characters."""
    max_length: int | None = Field(default=None, ge=0)
    """The maximum number of characters."""
    description: str | None = None
    """The meaning of the column."""

    @field_validator("type")
    @classmethod
    def _known(cls, value: str) -> str:
        return known_type(value)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, high in (("min", "max"), ("min_length", "max_length")):
            a, b = getattr(self, low), getattr(self, high)
            numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (a, b))
            if numbers and a > b:
                raise ValueError(f"{low} {a} is above {high} {b}")
        return self


Comments = Mapping[tuple[str, str], str]
"""(column, property) -> how it was found; ("", "") and ("", "bounds") -> lines at the head of the file"""


class Schema(Model):
    """The expected schema of a table: its columns in order, with their properties."""

    columns: Converted[dict[str, ColumnSchema], Mapping[str, ColumnSchema | Mapping[str, Any]]] = option(
        default=..., min_length=1
    )
    """The columns: a mapping of names to properties."""
    primary_key: Converted[tuple[str, ...], str | list[str] | tuple[str, ...]] = option(default=())
    """Columns that together identify a row."""
    extra: Literal["allow", "forbid"] = "forbid"
    """Whether columns that are not listed are allowed."""
    order: bool = False
    """Whether the columns must come in this order."""

    @field_validator("primary_key", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _keys_are_columns(self) -> Self:
        unknown = [c for c in self.primary_key if c not in self.columns]
        if unknown:
            messages = (f'"{c}" is not one of the columns{did_you_mean(c, self.columns)}' for c in unknown)
            raise OptionErrors(("primary_key", m) for m in messages)
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # it holds dictionaries

    def to_dict(self) -> dict[str, Any]:
        """The properties that differ from their defaults, as plain values."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """A schema from plain values; ConfigError lists every mistake."""
        return cls(**{str(k): v for k, v in data.items()})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Loads a schema file. ConfigError lists every mistake, with its line and column."""
        from truthound._internal.yaml_nodes import compose
        from truthound.errors import YamlSyntaxError

        try:
            root, mistakes = compose(Path(path).read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ConfigError(f"schema {path} cannot be read: {reason}") from None
        except YamlSyntaxError as error:
            raise ConfigError(f"{path}:{error.line}:{error.column}: {error.reason}") from None
        value = None if root is None else _value(root)
        if root is None or not isinstance(value, dict):
            raise ConfigError(f'schema {path} has no "columns"; write one with: truthound schema infer FILE -o {path}')
        problems = [f"{path}:{node.line}:{node.column}: {message}" for node, message in mistakes]
        try:
            found = cls.from_dict(value)
        except OptionErrors as error:
            problems += [_placed(path, root, place, message) for place, message in error.found]
        else:
            if not problems:
                return found
        raise ConfigError(problems)

    def to_yaml(self, comments: Comments = MappingProxyType({})) -> str:
        """The text of a schema file, with a comment on each property that has one."""

        def comment(column: str, prop: str) -> str:
            note = comments.get((column, prop))
            return f"  # {escape_terminal(note)}" if note else ""

        first = comment("", "").strip()
        lines = [first] if first else []
        lines.append("# The expected schema of a table. Check against it with `schema: FILE` in a checkpoint.")
        bounds = comment("", "bounds").strip()
        lines += [bounds, "columns:"] if bounds else ["columns:"]
        document = self.to_dict()
        for name, kept in document.pop("columns").items():
            column = kept
            lines.append(_key(name))
            if (name, "nullable") in comments:  # written even where it is the default
                column = {"type": kept["type"], "nullable": self.columns[name].nullable} | kept
            lines += [f"    {prop}: {yaml_line(value)}{comment(name, prop)}" for prop, value in column.items()]
        lines += [f"{prop}: {yaml_line(value)}{comment('', prop)}" for prop, value in document.items()]
        return "\n".join(lines) + "\n"

    def save(self, path: str | Path, comments: Comments = MappingProxyType({})) -> None:
        """Writes the file of `to_yaml`, completely or not at all."""
        with atomic_replacement(Path(path)) as temporary:
            temporary.write_text(self.to_yaml(comments), encoding="utf-8")


def _value(node: Node) -> Any:
    """The plain value of a node."""
    from truthound._internal.yaml_nodes import Scalar, Sequence

    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [_value(item) for item in node.items]
    return {name: _value(child) for name, (_, child) in node.pairs.items()}  # type: ignore[attr-defined]


def _placed(path: str | Path, root: Node, place: str, message: str) -> str:
    """A mistake as `file:line:column: path: message`."""
    from truthound._internal.yaml_nodes import locate

    node, _, found = locate(root, place)
    shown = found.lstrip(".")
    return f"{path}:{node.line}:{node.column}: {shown}{': ' if shown else ''}{message}"


def _key(name: str) -> str:
    """A column's name as a YAML key; a long key needs a mark."""
    return f"  {yaml_line(name)}:" if len(name) <= LONG else f"  ? {yaml_line(name)}\n  :"
