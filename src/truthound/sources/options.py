"""The options of each file format, checked before anything is opened."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from truthound._internal.options import Model, field_names, message_for
from truthound.errors import ConfigError


def _words(value: Any) -> Any:
    """Numbers among null values are the text that stands in the file."""
    if isinstance(value, list | tuple):
        return [str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v for v in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _type_name(value: str) -> str:
    from truthound.sources.dtypes import polars_type

    polars_type(value)
    return value


def _byte(value: str | None) -> str | None:
    value = {"\\t": "\t", "tab": "\t"}.get(value, value) if value is not None else None
    if value is not None and (len(value.encode()) != 1 or value in "\r\n"):
        raise ValueError(f"{value!r} must be one ASCII character")
    return value


Byte = Annotated[str | None, AfterValidator(_byte)]
TypeName = Annotated[str, AfterValidator(_type_name)]
Columns = Annotated[list[str] | None, Field(min_length=1)]
Overrides = Annotated[
    dict[str, TypeName], Field(validation_alias=AliasChoices("schema_overrides", "dtypes"), default_factory=dict)
]
Rows = Annotated[int, Field(ge=0, strict=True)]


class _Options(Model):
    columns: Columns = None
    """Read these columns only."""

    @model_validator(mode="before")
    @classmethod
    def _one_name(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and {"schema_overrides", "dtypes"} <= set(values):
            raise ValueError("schema_overrides and dtypes are the same option; give one of them")
        return values


class CsvOptions(_Options):
    """How text in columns is read."""

    separator: Byte = None
    """One character; without it `.tsv` and `.tab` have a tab, and others the one of `,` `;` `|` tab that the header shows."""
    encoding: str = "utf8"
    """utf8, utf8-lossy (what is not UTF-8 becomes �), or a name that Python knows, such as latin-1, cp1252, utf-16."""
    null_values: Annotated[str | list[str] | dict[str, str] | None, BeforeValidator(_words)] = None
    """Texts that mean "no value", for all columns or by column."""
    quote_char: Byte = '"'
    """Nothing (null, or an empty text) for files without quoting."""
    has_header: bool = True
    skip_rows: Rows = 0
    """Lines before the header."""
    skip_blank_lines: bool = True
    """Lines that are empty or hold only spaces are not rows; with false each is a row of nulls."""
    comment_prefix: str | None = Field(default=None, min_length=1, max_length=5)
    decimal_comma: bool = False
    truncate_ragged_lines: bool = False
    """Fields beyond those of the header are dropped, not an error."""
    ignore_errors: bool = False
    """Cells that do not parse become null, not an error."""
    infer_schema_length: Annotated[int, Field(ge=0, strict=True)] | None = 10_000
    """Rows that types are guessed from; null for all, 0 for text only."""
    try_parse_dates: bool = True
    missing_columns: Literal["insert", "raise"] = "raise"
    """`insert`: of several files, columns go by their names, and one that a file lacks is null there."""
    schema_overrides: Overrides

    @field_validator("quote_char", mode="before")
    @classmethod
    def _no_quote(cls, value: Any) -> Any:
        return value or None

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        folded = value.lower().replace("_", "-")
        if folded in ("utf8-lossy", "utf-8-lossy"):
            return "utf8-lossy"
        try:
            found = codecs.lookup(value)
        except (LookupError, ValueError):
            raise ValueError(f'"{value}" is not an encoding; use utf8, utf8-lossy, latin-1, cp1252, utf-16 …') from None
        if not found._is_text_encoding:  # noqa: SLF001 open() asks the same
            raise ValueError(f'"{value}" does not decode to text')
        return "utf8" if found.name in ("utf-8", "utf-8-sig", "ascii") else found.name

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.separator is not None and self.separator == self.quote_char:
            raise ValueError("separator and quote_char must differ")
        if self.decimal_comma and self.separator == ",":
            raise ValueError('with decimal_comma the separator cannot be ","; set separator: ";"')
        return self


class _Several(_Options):
    missing_columns: Literal["insert", "raise"] = "raise"
    """`insert`: a column that some of several files lack is null there."""
    extra_columns: Literal["ignore", "raise"] = "raise"
    """`ignore`: columns that the first of several files lacks are left out."""


class ParquetOptions(_Several):
    hive_partitioning: bool | None = None
    """Columns from folders named `key=value`; without it, where there are such folders."""
    schema_overrides: Overrides
    """Types by column, for files whose types have none in common, and for codes that folders name."""


class IpcOptions(ParquetOptions):
    pass


class NdjsonOptions(_Options):
    infer_schema_length: Annotated[int, Field(gt=0, strict=True)] | None = None
    """Rows that columns and types are learned from; null for all. What only later rows have is left out."""
    ignore_errors: bool = False
    schema_overrides: Overrides


class JsonOptions(_Options):
    schema_overrides: Overrides


class ExcelOptions(_Several):
    sheet: str | Annotated[int, Field(ge=1, strict=True)] | None = None
    """A sheet's name, or its number from 1; the first without it."""
    has_header: bool = True
    """Whether a row names the columns."""
    header_row: Annotated[int, Field(ge=1, strict=True)] | None = None
    """The number of the row that names the columns, as Excel shows it; titles above it are left out."""
    skip_rows: Rows = 0
    """Rows above the header, or above the data where there is none: another way to say `header_row`."""
    schema_overrides: Overrides
    """Types by column."""

    @model_validator(mode="after")
    def _agreed(self) -> Self:
        if self.header_row is not None and not self.has_header:
            raise ValueError("header_row is for sheets with a header; use skip_rows")
        if self.header_row is not None and self.skip_rows:
            raise ValueError("header_row and skip_rows say the same; give one of them")
        return self


class DeltaOptions(_Options):
    version: Annotated[int, Field(ge=0, strict=True)] | str | None = None
    """A version's number, or a moment in ISO format."""


OPTIONS: dict[str, type[_Options]] = {
    "csv": CsvOptions, "parquet": ParquetOptions, "ipc": IpcOptions, "ndjson": NdjsonOptions, "json": JsonOptions,
    "excel": ExcelOptions, "delta": DeltaOptions,
}  # fmt: skip


def parse_options(fmt: str, given: Mapping[str, Any]) -> Any:
    """The options of a format. Raises ConfigError with every mistake in them."""
    model = OPTIONS[fmt]
    if not given:
        return (
            model.model_construct()
        )  # the defaults need no check, which takes longer to make than a small table to check
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        problems = []
        for e in error.errors(include_url=False):
            at = ".".join(str(part) for part in ("options", *e["loc"][:2]))
            told = message_for(e, field_names(model))
            if e["type"] == "extra_forbidden" and (
                homes := [f for f, m in OPTIONS.items() if e["loc"][-1] in field_names(m)]
            ):
                told = f"{fmt} does not take it; it is an option of {', '.join(homes)}"
            problems.append(f"{at}: {told}")
        raise ConfigError(dict.fromkeys(problems)) from None
