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


def _as_text(value: Any) -> Any:
    """Numbers among null values mean their text in the file."""
    if isinstance(value, list | tuple):
        return [str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v for v in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _known_type(value: str) -> str:
    from truthound.sources.dtypes import polars_type

    polars_type(value)
    return value


def _one_byte(value: str | None) -> str | None:
    value = {"\\t": "\t", "tab": "\t"}.get(value, value) if value is not None else None
    if value is not None and (len(value.encode()) != 1 or value in "\r\n"):
        raise ValueError(f"{value!r} must be one ASCII character")
    return value


Byte = Annotated[str | None, AfterValidator(_one_byte)]
TypeName = Annotated[str, AfterValidator(_known_type)]
Columns = Annotated[list[str] | None, Field(min_length=1)]
Overrides = Annotated[
    dict[str, TypeName], Field(validation_alias=AliasChoices("schema_overrides", "dtypes"), default_factory=dict)
]
Rows = Annotated[int, Field(ge=0, strict=True)]


class FormatOptions(Model):
    columns: Columns = None
    """Read these columns only."""

    @model_validator(mode="before")
    @classmethod
    def _one_name(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and {"schema_overrides", "dtypes"} <= set(values):
            raise ValueError("schema_overrides and dtypes are the same option; give one of them")
        return values


class CsvOptions(FormatOptions):
    """Options of CSV files."""

    separator: Byte = None
    """One character. Default: tab for `.tsv` and `.tab`; otherwise detected from the header: `,` `;` `|` or tab."""
    encoding: str = "utf8"
    """utf8, utf8-lossy (invalid bytes become �), or the name of a Python codec such as latin-1, cp1252, utf-16."""
    null_values: Annotated[str | list[str] | dict[str, str] | None, BeforeValidator(_as_text)] = None
    """Texts that mean null, for all columns or by column."""
    quote_char: Byte = '"'
    """null or an empty text for files without quoting."""
    has_header: bool = True
    skip_rows: Rows = 0
    """Lines before the header."""
    skip_blank_lines: bool = True
    """Skip lines that are empty or contain only spaces; with false each is a row of nulls."""
    comment_prefix: str | None = Field(default=None, min_length=1, max_length=5)
    decimal_comma: bool = False
    truncate_ragged_lines: bool = False
    """Drop fields beyond those of the header instead of raising an error."""
    ignore_errors: bool = False
    """Read cells that do not parse as null instead of raising an error."""
    infer_schema_length: Annotated[int, Field(ge=0, strict=True)] | None = 10_000
    """Rows from which types are inferred; null for all rows, 0 to read everything as text."""
    try_parse_dates: bool = True
    missing_columns: Literal["insert", "raise"] = "raise"
    """`insert`: match the columns of several files by name; a column that a file lacks is null there."""
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


class _MultiFileOptions(FormatOptions):
    missing_columns: Literal["insert", "raise"] = "raise"
    """`insert`: a column that a file lacks is null there."""
    extra_columns: Literal["ignore", "raise"] = "raise"
    """`ignore`: leave out columns that the first file lacks."""


class ParquetOptions(_MultiFileOptions):
    hive_partitioning: bool | None = None
    """Add columns from folders named `key=value`. Default: if there are such folders."""
    schema_overrides: Overrides
    """Types by column, for files whose types have no common type, and for codes in folder names."""


class IpcOptions(ParquetOptions):
    pass


class NdjsonOptions(FormatOptions):
    infer_schema_length: Annotated[int, Field(gt=0, strict=True)] | None = None
    """Rows from which columns and types are inferred; null for all rows. Columns that appear only in later rows are left out."""
    ignore_errors: bool = False
    schema_overrides: Overrides


class JsonOptions(FormatOptions):
    schema_overrides: Overrides


class ExcelOptions(_MultiFileOptions):
    sheet: str | Annotated[int, Field(ge=1, strict=True)] | None = None
    """A sheet's name, or its number from 1. Default: the first."""
    has_header: bool = True
    """Whether a row contains the column names."""
    header_row: Annotated[int, Field(ge=1, strict=True)] | None = None
    """The number of the header row as Excel shows it; titles above it are skipped."""
    skip_rows: Rows = 0
    """Rows above the header, or above the data without a header: an alternative to `header_row`."""
    schema_overrides: Overrides
    """Types by column."""

    @model_validator(mode="after")
    def _agreed(self) -> Self:
        if self.header_row is not None and not self.has_header:
            raise ValueError("header_row is for sheets with a header; use skip_rows")
        if self.header_row is not None and self.skip_rows:
            raise ValueError("header_row and skip_rows are alternatives; give one of them")
        return self


class DeltaOptions(FormatOptions):
    version: Annotated[int, Field(ge=0, strict=True)] | str | None = None
    """A version number, or a timestamp in ISO format."""


OPTIONS: dict[str, type[FormatOptions]] = {
    "csv": CsvOptions, "parquet": ParquetOptions, "ipc": IpcOptions, "ndjson": NdjsonOptions, "json": JsonOptions,
    "excel": ExcelOptions, "delta": DeltaOptions,
}  # fmt: skip


def parse_options(fmt: str, given: Mapping[str, Any]) -> Any:
    """Parses the options of a format. Raises ConfigError with every problem."""
    model = OPTIONS[fmt]
    if not given:
        return model.model_construct()  # checking the defaults would take longer than reading a small table
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        problems = []
        for e in error.errors(include_url=False):
            at = ".".join(str(part) for part in ("options", *e["loc"][:2]))
            message = message_for(e, field_names(model))
            if e["type"] == "extra_forbidden" and (
                homes := [f for f, m in OPTIONS.items() if e["loc"][-1] in field_names(m)]
            ):
                message = f"{fmt} does not take it; it is an option of {', '.join(homes)}"
            problems.append(f"{at}: {message}")
        raise ConfigError(dict.fromkeys(problems)) from None
