"""Columns and values as Polars compares them: names, bounds, dates, and types that hold two columns exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

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


def within(e: pl.Expr, low: Any, high: Any, *, low_inclusive: bool = True, high_inclusive: bool = True) -> pl.Expr:
    low, high = (pl.lit(b) if isinstance(b, str) else b for b in (low, high))  # a bare text would name a column
    if low is None and high is None:
        return pl.when(e.is_not_null()).then(pl.lit(value=True))
    if low is not None and high is not None:
        closed = {(True, True): "both", (True, False): "left", (False, True): "right", (False, False): "none"}
        return e.is_between(low, high, closed[low_inclusive, high_inclusive])  # type: ignore[arg-type]
    if low is not None:
        return e.ge(low) if low_inclusive else e.gt(low)
    return e.le(high) if high_inclusive else e.lt(high)


def temporal(value: str, dtype: pl.DataType) -> Any:
    kinds: dict[Any, Callable[[str], Any]] = {pl.Date: date.fromisoformat, pl.Time: time.fromisoformat}
    try:
        return kinds.get(dtype.base_type(), datetime.fromisoformat)(value)
    except ValueError:
        raise ValidatorError(f"{value!r} is not a {dtype} in ISO format") from None


def zoned(value: datetime, zone: str | None) -> datetime:
    """The same moment as the column tells it; a moment without a zone is taken to be in the column's."""
    if zone is None:
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return value.astimezone(ZoneInfo(zone)) if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
