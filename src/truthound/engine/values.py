"""Columns as Polars compares them: names, and types that hold two columns exactly."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from truthound.errors import ValidatorError
from truthound.sqltext import restored, safe

Schema = Mapping[str, pl.DataType]


def named(name: str) -> pl.Expr:
    """A column by its own name, in a frame whose names are safe."""
    return pl.col(safe(name))


def own_names(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its columns' own names."""
    changed = {c: restored(c) for c in frame.columns if restored(c) != c}
    return frame.rename(changed) if changed else frame


def alike(mine: pl.Expr, dtype: pl.DataType, keys: pl.Series, what: str) -> tuple[pl.Expr, pl.Series]:
    """Both sides of a comparison in a type that holds the values of both exactly; a value that has no equal there becomes null."""
    other = keys.dtype
    if dtype == other:
        return mine, keys
    text = (pl.String, pl.Categorical, pl.Enum)
    common: pl.DataType | None = None
    if dtype in text and other in text:
        common = pl.String()
    elif dtype.is_integer() and other.is_integer():
        common = pl.Int128()
    elif dtype.is_float() and other.is_float():
        common = pl.Float64()
    elif {dtype.is_float(), other.is_float()} == {True, False} and (dtype.is_integer() or other.is_integer()):
        whole = pl.when(mine == mine.floor()).then(mine) if dtype.is_float() else mine
        return whole.cast(pl.Int128, strict=False), (
            keys.filter(keys == keys.floor()) if other.is_float() else keys
        ).cast(pl.Int128, strict=False)
    elif any(isinstance(t, pl.Decimal) for t in (dtype, other)) and all(
        isinstance(t, pl.Decimal) or t.is_integer() for t in (dtype, other)
    ):
        common = pl.Decimal(38, max(getattr(t, "scale", 0) for t in (dtype, other)))
    elif all(isinstance(t, pl.Datetime | pl.Date) for t in (dtype, other)):
        finest = "ns" if "ns" in (getattr(dtype, "time_unit", ""), getattr(other, "time_unit", "")) else "us"
        zones = {getattr(t, "time_zone", None) for t in (dtype, other)}
        common = pl.Datetime(finest, next(iter(zones))) if len(zones) == 1 else None  # type: ignore[arg-type]  # one of the units
    if common is None:
        raise ValidatorError(f"{what} are {dtype} and {other}: they never match; cast one")
    return mine.cast(common, strict=False), keys.cast(common, strict=False)
