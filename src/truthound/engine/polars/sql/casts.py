"""CAST and TRY_CAST as DuckDB does them: how each type becomes another, and which values cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl

from truthound.engine.polars.sql import parse_text as text
from truthound.engine.polars.sql.typed_expr import (
    INTEGERS,
    UNITS,
    TypedExpr,
    any_fault,
    decimal,
    either,
    is_decimal,
    is_int,
    is_number,
    is_text,
    limits,
    naive,
    null_of,
    plain_text,
    precision,
    scale,
    sql_name,
    ticks_unit,
    utc,
)
from truthound.errors import ValidatorError

TYPES: dict[str, pl.DataType] = {
    "BOOLEAN": pl.Boolean(), "TINYINT": pl.Int8(), "SMALLINT": pl.Int16(), "INT": pl.Int32(), "BIGINT": pl.Int64(), "INT128": pl.Int128(),
    "UTINYINT": pl.UInt8(), "USMALLINT": pl.UInt16(), "UINT": pl.UInt32(), "UBIGINT": pl.UInt64(), "FLOAT": pl.Float32(),
    "DOUBLE": pl.Float64(), "VARCHAR": pl.String(), "TEXT": pl.String(), "CHAR": pl.String(), "NVARCHAR": pl.String(), "BPCHAR": pl.String(), "DATE": pl.Date(),
    "DATETIME": pl.Datetime("us"), "TIMESTAMP": pl.Datetime("us"), "TIMESTAMPNTZ": pl.Datetime("us"), "TIMESTAMP_MS": pl.Datetime("ms"),
    "TIMESTAMP_NS": pl.Datetime("ns"), "TIMESTAMPTZ": pl.Datetime("us", "UTC"), "TIMESTAMPLTZ": pl.Datetime("us", "UTC"),
    "TIME": pl.Time(), "INTERVAL": pl.Duration("us"),
}  # fmt: skip
"""sqlglot's names of types, and those of the engine"""


def type_of(node: Any) -> pl.DataType:
    """The engine's type of a type in SQL."""
    name = str(node.this.value if hasattr(node.this, "value") else node.this).upper()
    if name == "DECIMAL":
        numbers = [int(p.name) for p in node.expressions]
        places = numbers[1] if len(numbers) > 1 else 0
        if numbers and not (0 < numbers[0] <= 38 and 0 <= places <= numbers[0]):
            raise ValidatorError(
                f"{node.sql(dialect='duckdb')} is not a type: a DECIMAL has 1 to 38 digits, and no more places than digits"
            )
        return decimal(*(numbers[0], places) if numbers else (18, 3))
    if name not in TYPES:
        known = "BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL, VARCHAR, DATE, TIMESTAMP, TIMESTAMPTZ, TIME, INTERVAL"
        raise ValidatorError(
            f"a cast to {node.sql(dialect='duckdb')} cannot be made in a condition; there are {known} and the like"
        )
    return TYPES[name]


def cast(v: TypedExpr, t: pl.DataType, *, attempt: bool = False) -> TypedExpr:
    """The value in another type; `attempt` gives NULL where it cannot be one."""
    if v.null or v.t == pl.Null:
        return null_of(t)
    if v.t == t and v.months is None:
        return replace(v, literal=False)
    v = plain_text(v)
    if v.t == pl.String and isinstance(v.const, str):
        made = constant_text(v.const, t)
        if made is not None:
            return made
        if attempt:
            return null_of(t)
        raise ValidatorError(f"{v.const!r} is not {sql_name(t)}")
    if v.months is not None:
        raise ValidatorError("an interval with months cannot be cast")
    e = _expression(v, t)
    bad = e.is_null() & v.e.is_not_null()
    if _never_fails(v, t):
        return TypedExpr(e, t, fault=v.fault, bounds=_bounds(v, t))
    return TypedExpr(e, t, fault=v.fault if attempt else either((v.fault, bad)), bounds=_bounds(v, t))


def _bounds(v: TypedExpr, t: pl.DataType) -> tuple[int, int] | None:
    if not is_int(t):
        return None
    low, high = limits(t)
    if v.t == pl.Boolean:
        return 0, 1
    return (max(low, v.bounds[0]), min(high, v.bounds[1])) if v.bounds and is_int(v.t) else (low, high)


def _never_fails(v: TypedExpr, t: pl.DataType) -> bool:
    """Whether every value can be cast."""
    if t == pl.String or v.t in (t, pl.Boolean()):
        return True
    if t == pl.Boolean:
        return is_number(v.t)
    if is_int(t):
        low, high = limits(t)
        return is_int(v.t) and v.bounds is not None and low <= v.bounds[0] and v.bounds[1] <= high
    if t == pl.Float64:
        return is_number(v.t)
    if is_decimal(t) and (is_int(v.t) or is_decimal(v.t)):
        return precision(t) - scale(t) >= precision(v.t) - scale(v.t) and scale(t) >= scale(v.t)
    return v.t.is_temporal() and t.is_temporal() and getattr(t, "time_unit", "") != "ns"


def _expression(v: TypedExpr, t: pl.DataType) -> pl.Expr:
    """The cast, null where it cannot be made."""
    if is_text(t):
        return as_text(v)
    if v.t == pl.String:
        return _from_text(v, t)
    if t == pl.Boolean and is_number(v.t):
        return v.e != 0
    if v.t == pl.Boolean and is_decimal(t):
        return v.e.cast(pl.Int8).cast(t)
    if (v.t == pl.Boolean and is_number(t)) or (is_int(v.t) and (is_int(t) or t.is_float())):
        return v.e.cast(t, strict=False)
    if is_number(v.t) and is_number(t):
        return _number(v, t)
    if v.t.is_temporal() and t.is_temporal():
        return _temporal(v, t)
    raise ValidatorError(f"{sql_name(v.t)} cannot be cast to {sql_name(t)}")


def _number(v: TypedExpr, t: pl.DataType) -> pl.Expr:
    if t.is_float():
        e = v.e.cast(t, strict=False)
        return (
            e
            if t == pl.Float64
            else pl.when(e.is_infinite() & (v.e.cast(pl.Float64).is_infinite().not_())).then(None).otherwise(e)
        )
    if is_int(t):
        low, high = limits(t)
        whole = v.e.round(0, mode="half_to_even") if v.t.is_float() else v.e.round(0, mode="half_away_from_zero")
        if v.t.is_float():
            inside = (whole >= float(low)) & (whole < float(high + 1)) & whole.is_not_nan()
            return pl.when(inside).then(whole).cast(t, strict=False)
        return whole.cast(pl.Int128, strict=False).cast(t, strict=False)
    return _decimal(v, t)


def _decimal(v: TypedExpr, t: pl.DataType) -> pl.Expr:
    places, widest = scale(t), pl.Decimal(38, scale(t))
    most = Decimal(10) ** (precision(t) - places)
    if v.t.is_float():
        factor = float(10**places)
        shifted = (v.e.cast(pl.Float64) * factor).round(0, mode="half_away_from_zero")
        inside = (v.e.abs() < float(most)) & v.e.is_not_nan()
        ticks = pl.when(inside).then(shifted).cast(pl.Int128, strict=False)
        return unscaled(ticks, t)
    if is_int(v.t):
        return pl.when(v.e.cast(pl.Int128).is_between(-int(most) + 1, int(most) - 1)).then(v.e).cast(widest).cast(t)
    rounded = v.e.round(places, mode="half_away_from_zero") if scale(v.t) > places else v.e
    edge = Decimal(10) ** min(precision(t) - places, 38 - scale(v.t))
    low, high = (pl.lit(s * edge).cast(pl.Decimal(38, scale(v.t))) for s in (-1, 1))
    if precision(t) - places >= 38 - scale(v.t):
        return rounded.cast(t)
    return (
        pl.when((rounded.cast(pl.Decimal(38, scale(v.t))) > low) & (rounded.cast(pl.Decimal(38, scale(v.t))) < high))
        .then(rounded)
        .cast(t)
    )


def unscaled(ticks: pl.Expr, t: pl.DataType) -> pl.Expr:
    """The decimal of a whole number of its last place."""
    places = scale(t)
    if not places:
        return ticks.cast(t, strict=False)
    one: int = 10**places
    last = pl.lit(Decimal(1).scaleb(-places)).cast(pl.Decimal(38, places))
    whole, rest = (e.cast(pl.Decimal(38, places)) for e in (ticks // one, ticks % one))
    return (whole + rest * last).cast(t)


def _temporal(v: TypedExpr, t: pl.DataType) -> pl.Expr:
    if isinstance(v.t, pl.Duration) and isinstance(t, pl.Duration):
        return v.e.cast(t)
    if isinstance(v.t, pl.Duration) or isinstance(t, pl.Duration) or v.t == pl.Time:
        raise ValidatorError(f"{sql_name(v.t)} cannot be cast to {sql_name(t)}")
    if t == pl.Date:
        return naive(v).e.dt.date() if isinstance(v.t, pl.Datetime) else v.e
    if t == pl.Time and isinstance(v.t, pl.Datetime) and v.t.time_zone is None:
        return v.e.dt.time()
    if not isinstance(t, pl.Datetime):
        raise ValidatorError(f"{sql_name(v.t)} cannot be cast to {sql_name(t)}")
    made = naive(v) if t.time_zone is None or getattr(v.t, "time_zone", None) is None else utc(v)
    e = _ticked(made, t.time_unit)
    return e.dt.replace_time_zone("UTC") if t.time_zone and getattr(made.t, "time_zone", None) is None else e


def _ticked(v: TypedExpr, unit: Any) -> pl.Expr:
    """In ticks of another unit; null where they are beyond 64 bits."""
    target = pl.Datetime(unit, getattr(v.t, "time_zone", None))
    mine = ticks_unit(v.t)
    if UNITS[unit] < UNITS[mine]:  # rounded, not truncated
        factor = UNITS[mine] // UNITS[unit]
        return ((v.e.to_physical() + factor // 2) // factor).cast(target)
    if unit != "ns" or mine == "ns":
        return v.e.cast(target)
    most = (2**63 - 1) // (1000 if v.t.time_unit == "us" else 1_000_000)  # type: ignore[attr-defined]
    return pl.when(v.e.to_physical().is_between(-most, most)).then(v.e).cast(target)


# --- text ----------------------------------------------------------------------------------------------------------


def constant_text(value: str, t: pl.DataType) -> TypedExpr | None:
    """A text literal as another type; None if it is not a valid value of it."""
    found: Any
    if t == pl.String:
        return TypedExpr(pl.lit(value, dtype=pl.String), t, value)
    if is_int(t):
        found = text.integer(value, t)
        return None if found is None else TypedExpr(pl.lit(found, dtype=t), t, found, bounds=(found, found))
    if isinstance(t, pl.Duration):
        span = text.interval(value)
        return None if span is None else duration(*span)
    if t == pl.Binary:
        return TypedExpr(pl.lit(value.encode()), t, value.encode())
    parse = _parser(t)
    found = parse(value) if parse else None
    if found is None:
        return None
    if t.is_temporal():
        ticks = pl.lit(found, dtype=pl.Int32 if t == pl.Date else pl.Int64)
        return TypedExpr(ticks.cast(t), t, found)
    return TypedExpr(pl.lit(found, dtype=t) if not is_decimal(t) else pl.lit(found).cast(t), t, found)


def duration(months: int, ticks: int) -> TypedExpr:
    """A constant interval."""
    t = pl.Duration("us")
    return TypedExpr(
        pl.lit(ticks, dtype=pl.Int64).cast(t),
        t,
        (months, ticks),
        months=pl.lit(months, dtype=pl.Int64) if months else None,
    )


def _parser(t: pl.DataType) -> Callable[[str], Any] | None:
    if t == pl.Boolean:
        return text.boolean
    if is_int(t):
        return lambda s: text.integer(s, t)
    if t.is_float():
        return text.real
    if is_decimal(t):
        return lambda s: text.decimal(s, t)
    if t == pl.Date:
        return text.date
    if isinstance(t, pl.Datetime):
        return lambda s: text.timestamp(s, t)
    return text.time if t == pl.Time else None


def _from_text(v: TypedExpr, t: pl.DataType) -> pl.Expr:
    parse = _parser(t)
    if parse is None:
        raise ValidatorError(f"text cannot be cast to {sql_name(t)} in a condition")
    return v.e.map_batches(text.converter(parse, _native_parser(t), t), return_dtype=t, is_elementwise=True)


def _native_parser(t: pl.DataType) -> pl.Expr:
    """What the engine reads natively in the column `text` as the database does; all else is null."""
    e = pl.col("text")
    if t == pl.Date:
        return e.str.to_date("%Y-%m-%d", strict=False)
    if isinstance(t, pl.Datetime):
        plain = e.str.contains(r"^\d{4}-\d\d-\d\d[ T]\d\d:[0-5]\d:[0-5]\d$")
        spaced = e.str.replace("T", " ", literal=True)
        read = spaced.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit=t.time_unit)
        return pl.when(plain).then(read.dt.replace_time_zone(t.time_zone))
    if t in INTEGERS or t.is_float():
        return e.cast(t, strict=False)
    return pl.lit(None, dtype=t)


def as_text(v: TypedExpr) -> pl.Expr:
    """A value as DuckDB writes it."""
    v = plain_text(v)
    if v.t in (pl.String, pl.Binary):
        return v.e.cast(pl.String)
    if v.t.is_float():
        return v.e.map_batches(_floats, return_dtype=pl.String(), is_elementwise=True)
    if v.t == pl.Date:
        return v.e.dt.strftime("%Y-%m-%d").str.strip_chars_start("+")
    if v.t == pl.Time:
        return _trimmed(v.e.dt.strftime("%H:%M:%S%.6f"))
    if isinstance(v.t, pl.Datetime):
        form = "%Y-%m-%d %H:%M:%S%.9f" if v.t.time_unit == "ns" else "%Y-%m-%d %H:%M:%S%.6f"
        text = _trimmed(naive(v).e.dt.strftime(form)).str.strip_chars_start("+")
        return text + "+00" if v.t.time_zone else text
    if v.t == pl.Boolean or is_int(v.t) or is_decimal(v.t):
        return v.e.cast(pl.String)
    raise ValidatorError(f"{sql_name(v.t)} cannot be cast to text in a condition")


def _trimmed(e: pl.Expr) -> pl.Expr:
    return e.str.strip_chars_end("0").str.strip_chars_end(".")


def _floats(s: pl.Series) -> pl.Series:
    text = s.cast(pl.String) if s.dtype == pl.Float32 else s
    return pl.Series(s.name, [None if x is None else repr(float(x)) for x in text], dtype=pl.String)


def concatenated(values: list[TypedExpr], *, skip_nulls: bool) -> TypedExpr:
    """|| and concat()."""
    parts = [
        v if v.t == pl.String else TypedExpr(pl.lit(None, dtype=pl.String) if v.null else as_text(v), pl.String())
        for v in map(plain_text, values)
    ]
    return TypedExpr(
        pl.concat_str([p.e for p in parts], ignore_nulls=skip_nulls), pl.String(), fault=any_fault(*values)
    )
