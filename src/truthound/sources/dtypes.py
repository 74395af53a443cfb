"""Type names of `truthound.schema`, the Polars types they mean, and what these types hold exactly."""

from __future__ import annotations

import re

import polars as pl

from truthound.schema.type_names import meaning

DECIMAL_DIGITS = 38
"""digits of a decimal column"""
FLOAT_INTEGERS = 1 << 53
"""integers up to here are floats without loss"""
FLOAT_DIGITS = 15
"""a decimal of so many digits is the same after a round trip through a float"""
_TYPES: dict[str, pl.DataType] = {
    **{t.__name__.lower(): t() for t in (
        pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64,
        pl.Float32, pl.Float64, pl.Boolean, pl.String, pl.Date, pl.Time, pl.Categorical, pl.Binary,
    )},
    "integer": pl.Int64(), "float": pl.Float64(), "numeric": pl.Float64(), "text": pl.String(),
    "datetime": pl.Datetime("us"), "decimal": pl.Decimal(38, 9), "duration": pl.Duration("us"),
}  # fmt: skip


def polars_type(name: str) -> pl.DataType:
    """The Polars type of a type name. Raises ValueError, with a suggestion, for an unknown name."""
    canonical = meaning(name)
    base, _, inside = re.sub(r"[)\]]$", "", canonical).replace("(", "[").partition("[")
    if not inside and base in _TYPES:
        return _TYPES[base]
    parts = inside.split(",")
    if base == "decimal":
        return pl.Decimal(*map(int, parts))
    unit = "us" if parts[0] == "*" else parts[0]
    if base == "duration":
        return pl.Duration(unit)  # type: ignore[arg-type]  # one of the three
    if base == "datetime":
        zone = {"*": "UTC"}.get(parts[1], parts[1]) if len(parts) > 1 else None
        return pl.Datetime(unit, zone)  # type: ignore[arg-type]  # one of the three
    raise ValueError(f'"{name}" is not a type that columns are read as; known are {", ".join(_TYPES)}')


def type_word(dtype: pl.DataType) -> str:
    """The name of a type, without its parameters."""
    return str(dtype.base_type()).lower()
