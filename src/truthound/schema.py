"""Column types, and a table's expected shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from truthound.errors import ConfigError
from truthound.models import Model
from truthound.objects import replacing
from truthound.text import terminal, yaml_line

_INTEGERS = ("int8", "int16", "int32", "int64", "int128", "uint8", "uint16", "uint32", "uint64", "uint128")
FAMILIES: dict[str, tuple[str, ...]] = {
    "integer": _INTEGERS,
    "float": ("float16", "float32", "float64"),
    "numeric": (*_INTEGERS, "float16", "float32", "float64", "decimal"),
    "text": ("string", "categorical", "enum"),
    "date": ("date",),
    "datetime": ("datetime",),
    "time": ("time",),
    "temporal": ("date", "datetime", "time", "duration"),
    "boolean": ("boolean",),
    "nested": ("list", "array", "struct"),
    "binary": ("binary",),
}


class DataType(str):
    """A column's type as text, engine-neutral: `int64`, `string`, `decimal(15,2)`, `datetime[us,UTC]`, `list[int64]`."""

    __slots__ = ()

    @property
    def base(self) -> str:
        """The type without its parameters."""
        return self.partition("[")[0].partition("(")[0].partition("{")[0]

    def of(self, *families: str) -> bool:
        """Whether it belongs to one of these families (see `FAMILIES`)."""
        return any(self.base in FAMILIES[f] for f in families)

    def matches(self, wanted: str) -> bool:
        """Whether it is the type, the type without parameters, or in the family that `wanted` names."""
        wanted = ALIASES.get(wanted.strip().lower(), wanted.strip().lower()).replace(" ", "")
        return wanted in (self.replace(" ", "").lower(), self.base) or self.base in FAMILIES.get(wanted, ())


# words of SQL, pandas and people for the same types
ALIASES: dict[str, str] = {
    "str": "string", "text": "text", "varchar": "string", "object": "string", "utf8": "string", "char": "string",
    "int": "integer", "integer": "integer", "bigint": "int64", "smallint": "int16", "tinyint": "int8",
    "double": "float64", "real": "float32", "number": "numeric", "bool": "boolean", "timestamp": "datetime",
    "category": "categorical", "bytes": "binary",
}  # fmt: skip


# --- a table's expected shape --------------------------------------------------------------------------------------


class ColumnSchema(Model):
    """What a column should be like. What is left out is not looked at."""

    type: str
    """A type (`int64`), a type without parameters (`decimal`) or a family (`numeric`)."""
    nullable: bool = True
    """Whether nulls are fine."""
    unique: bool = False
    """Whether no value may occur twice."""
    min: Any = None
    """The smallest value allowed: a number, or a date or time in ISO format."""
    max: Any = None
    """The largest value allowed."""
    values: tuple[Any, ...] | None = None
    """The only values allowed."""
    pattern: str | None = None
    """A regular expression that every value matches."""
    min_length: int | None = Field(default=None, ge=0)
    """The fewest characters."""
    max_length: int | None = Field(default=None, ge=0)
    """The most characters."""
    description: str | None = None
    """What the column means."""


class Schema(Model):
    """A table's expected shape: its columns in order, and what is known of them."""

    columns: dict[str, ColumnSchema] = Field(min_length=1)
    """Column names, each with what it should be like."""
    primary_key: tuple[str, ...] = ()
    """Columns that together tell a row from the others."""
    extra: Literal["allow", "forbid"] = "forbid"
    """Whether columns that are not listed are allowed."""
    order: bool = False
    """Whether the columns must come in this order."""

    _notes: dict[tuple[str, str], str] = PrivateAttr(default_factory=dict)

    def noted(self, notes: Mapping[tuple[str, str], str]) -> Schema:
        """The same, with comments for its file: (column, property) -> how it was found."""
        self._notes.update(notes)
        return self

    def to_dict(self) -> dict[str, Any]:
        """What was set, as plain values."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Schema:
        """The schema that a document describes; ConfigError names every mistake."""
        return cls(**{str(k): v for k, v in data.items()})

    @classmethod
    def load(cls, path: str | Path) -> Schema:
        """A schema file. ConfigError says what is wrong with it."""
        import yaml

        try:
            document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ConfigError(f"schema {path} cannot be read: {reason}") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"schema {path} is not YAML: {' '.join(str(error).split())}") from None
        if not isinstance(document, dict):
            raise ConfigError(f'schema {path} has no "columns"; write one with: truthound schema infer FILE -o {path}')
        try:
            return cls.from_dict(document)
        except ConfigError as error:
            raise ConfigError([f"{path}: {p.removeprefix('Schema: ')}" for p in error.problems]) from None

    def to_yaml(self) -> str:
        """The file's text, each property with its comment."""
        document = self.to_dict()
        lines = ["# The expected shape of a table. Check against it with `schema: FILE` in a checkpoint.", "columns:"]
        for name, column in document.pop("columns").items():
            lines.append(f"  {yaml_line(name)}:{self._comment(name, '')}")
            lines += [f"    {key}: {yaml_line(value)}{self._comment(name, key)}" for key, value in column.items()]
        lines += [f"{key}: {yaml_line(value)}{self._comment('', key)}" for key, value in document.items()]
        return "\n".join(lines) + "\n"

    def _comment(self, column: str, key: str) -> str:
        note = self._notes.get((column, key))
        return f"  # {terminal(note)}" if note else ""

    def save(self, path: str | Path) -> None:
        """Writes the file, whole or not at all."""
        with replacing(Path(path)) as temporary:
            temporary.write_text(self.to_yaml(), encoding="utf-8")
