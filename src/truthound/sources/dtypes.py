"""Type names of `truthound.schema` and the Polars types they mean."""

from __future__ import annotations

import re

import polars as pl

from truthound.schema import ALIASES
from truthound.text import did_you_mean

_TYPES: dict[str, pl.DataType] = {
    **{t.__name__.lower(): t() for t in (
        pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64,
        pl.Float32, pl.Float64, pl.Boolean, pl.String, pl.Date, pl.Time, pl.Categorical, pl.Binary,
    )},
    "integer": pl.Int64(), "float": pl.Float64(), "numeric": pl.Float64(), "text": pl.String(),
    "datetime": pl.Datetime("us"), "decimal": pl.Decimal(38, 9), "duration": pl.Duration("us"),
}  # fmt: skip
_DECIMAL = re.compile(r"decimal\((\d+)(?:,(\d+))?\)")
_DATETIME = re.compile(r"(datetime|duration)\[(ns|us|ms)(?:,([\w/+:-]+))?\]", re.IGNORECASE)


def polars_type(name: str) -> pl.DataType:
    """The Polars type that a type's name means. Raises ValueError, with a suggestion, where it means none."""
    text = re.sub(r"\s", "", name)
    word = ALIASES.get(text.lower(), text.lower())
    if word in _TYPES:
        return _TYPES[word]
    if found := _DECIMAL.fullmatch(word):
        precision, scale = int(found[1]), int(found[2] or 0)
        if not 0 < precision <= 38 or scale > precision:
            raise ValueError(f'"{name}": a decimal has 1 to 38 digits, and its scale is not above them')
        return pl.Decimal(precision, scale)
    if found := _DATETIME.fullmatch(text):
        unit = found[2].lower()
        if found[1].lower() == "duration":
            return pl.Duration(unit)  # type: ignore[arg-type]  # one of the three
        return pl.Datetime(unit, found[3])  # type: ignore[arg-type]  # one of the three
    near = did_you_mean(word, [*_TYPES, *ALIASES]) or f"; known are {', '.join(_TYPES)}"
    raise ValueError(f'"{name}" is not a type{near}')


def type_word(dtype: pl.DataType) -> str:
    """The name of a type, without its parameters."""
    return str(dtype.base_type()).lower()
