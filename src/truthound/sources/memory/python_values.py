"""Python values as a column of a type that represents each of them exactly."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.sources.dtypes import DECIMAL_DIGITS, FLOAT_DIGITS, FLOAT_INTEGERS

MIXED = "holds float, int beyond 2^53, which no one type holds exactly; give it one type"
_SPAN = timedelta(microseconds=(1 << 63) - 1)
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "bool"), (int, "int"), (float, "float"), (str, "str"), ((bytes, bytearray), "bytes"), (datetime, "datetime"),
    (date, "date"), (time, "time"), (timedelta, "timedelta"), (Decimal, "Decimal"), (Mapping, "dict"),
    ((list, tuple, range), "list"),
)  # fmt: skip
_FAILURES = (*ENGINE_ERRORS, RuntimeError)


class UnreadableError(Exception):
    """No column type represents the values; the message says what they are."""


def column_of(name: str, values: Sequence[Any]) -> pl.Series:
    """The values as a column. None is null. Raises UnreadableError if no type represents them exactly."""
    plain = _plain(values)
    dtype = _type_of(plain)
    if isinstance(dtype, pl.Decimal):  # whole numbers among decimals
        plain = [Decimal(v) if isinstance(v, int) else v for v in plain]
    try:
        return pl.Series(name, plain, dtype=dtype, strict=True)
    except UnicodeEncodeError:
        raise UnreadableError("holds text that is not Unicode (half of a surrogate pair)") from None
    except _FAILURES as error:
        reason = str(error).partition("\n")[0]
        raise UnreadableError(f"holds {_listed(plain)}, which cannot be read: {reason}") from None


def _plain(values: Sequence[Any]) -> list[Any]:
    """The values with NumPy scalars, enumeration members and UUIDs converted to plain Python types."""
    kinds = set(map(type, values))
    if any(issubclass(k, enum.Enum) for k in kinds):
        values = [v.value if isinstance(v, enum.Enum) else v for v in values]
    if any(k.__module__ == "numpy" for k in kinds):
        values = [v.item() if _is_numpy_scalar(v) else v.tolist() if _is_array(v) else v for v in values]
    if uuid.UUID in kinds:
        values = [str(v) if isinstance(v, uuid.UUID) else v for v in values]
    if any(issubclass(k, bytearray | pl.Series) for k in kinds):
        values = [
            bytes(v) if isinstance(v, bytearray) else v.to_list() if isinstance(v, pl.Series) else v for v in values
        ]
    return list(values)


def _is_numpy_scalar(value: Any) -> bool:
    # times of NumPy may be finer than those of Python
    return type(value).__module__ == "numpy" and getattr(value, "shape", None) == () and value.dtype.kind not in "mMV"


def _is_array(value: Any) -> bool:
    return type(value).__module__ == "numpy" and bool(getattr(value, "shape", ())) and value.dtype.kind not in "mMV"


def _kind(cls: type) -> str:
    if hasattr(cls, "_fields") or hasattr(cls, "n_fields"):  # a named tuple is not a list
        return cls.__name__
    return next((word for of, word in _KINDS if issubclass(cls, of)), cls.__name__)


def _listed(values: Iterable[Any]) -> str:
    names = sorted({type(v).__name__ for v in values if v is not None})
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _type_of(values: Sequence[Any]) -> pl.DataType:
    classes = set(map(type, values))
    kinds = {_kind(k) for k in classes if k is not type(None)}
    present = [v for v in values if v is not None] if type(None) in classes else values
    match sorted(kinds):
        case []:
            return pl.Null()
        case ["bool"]:
            return pl.Boolean()
        case ["str"]:
            return pl.String()
        case ["bytes"]:
            return pl.Binary()
        case ["date"]:
            return pl.Date()
        case ["float"]:
            return pl.Float64()
        case ["int"]:
            return _integers(min(present), max(present))
        case ["float", "int"]:
            if all(-FLOAT_INTEGERS <= v <= FLOAT_INTEGERS for v in present if isinstance(v, int)):
                return pl.Float64()
            raise UnreadableError(MIXED)
        case ["Decimal"] | ["Decimal", "int"]:
            return _decimals(present)
        case ["datetime"]:
            return _timestamps(present)
        case ["time"]:
            return _times(present)
        case ["timedelta"]:
            if any(abs(v) > _SPAN for v in present):
                raise UnreadableError("holds a timedelta beyond 292,471 years")
            return pl.Duration(_unit(present))
        case ["list"]:
            return pl.List(_type_of(_plain([item for v in present for item in v])))
        case ["dict"]:
            return _objects(present)
        case [kind]:
            raise UnreadableError(f"holds {kind}, which no type of a column holds")
    raise UnreadableError(f"holds {_listed(values)}; give it one type")


def _integers(low: int, high: int) -> pl.DataType:
    for dtype, least, most in (
        (pl.Int64(), -(1 << 63), (1 << 63) - 1), (pl.UInt64(), 0, (1 << 64) - 1),
        (pl.Int128(), -(1 << 127), (1 << 127) - 1), (pl.UInt128(), 0, (1 << 128) - 1),
    ):  # fmt: skip
        if least <= low and high <= most:
            return dtype
    raise UnreadableError("holds integers beyond 128 bits")


def _decimals(values: Sequence[Decimal | int]) -> pl.DataType:
    whole = scale = 0
    finite = True
    for v in values:
        _, digits, exponent = Decimal(v).as_tuple() if isinstance(v, int) else v.as_tuple()
        if not isinstance(exponent, int):  # NaN or infinite
            finite = False
            continue
        scale, whole = max(scale, -exponent), max(whole, len(digits) + exponent)
    if finite and scale + whole <= DECIMAL_DIGITS:
        return pl.Decimal(DECIMAL_DIGITS, scale)
    if all(_is_short(Decimal(v)) for v in values):
        return pl.Float64()
    what = (
        f"decimals beyond {DECIMAL_DIGITS} digits"
        if finite
        else f"NaN or infinity among decimals of more than {FLOAT_DIGITS} digits"
    )
    raise UnreadableError(f"holds {what}, which no type of a column holds exactly")


def _is_short(value: Decimal) -> bool:
    """Whether a decimal survives a round trip through a float; NaN and infinity are floats."""
    _, digits, exponent = value.as_tuple()
    return not isinstance(exponent, int) or (
        len("".join(map(str, digits)).strip("0")) <= FLOAT_DIGITS and abs(exponent) < 250
    )


def _timestamps(values: Sequence[datetime]) -> pl.DataType:
    zones = {v.tzinfo for v in values}
    if None in zones:
        if len(zones) > 1:
            raise UnreadableError("holds times with a time zone and without; give it one type")
        return pl.Datetime(_unit(values))
    keys = {getattr(z, "key", None) for z in zones}
    key = keys.pop() if len(keys) == 1 else None
    return pl.Datetime(_unit(values), key or UTC.tzname(None))


def _unit(values: Sequence[Any]) -> Literal["ns", "us"]:
    """Nanoseconds if a pandas value has them, which limits years to 1678 to 2261; else microseconds."""
    if not any(getattr(v, "nanosecond", 0) or getattr(v, "nanoseconds", 0) for v in values):
        return "us"
    if any(not 1677 < v.year < 2262 for v in values if isinstance(v, datetime)):
        raise UnreadableError("holds nanoseconds and years before 1678 or after 2261, which no one type holds exactly")
    return "ns"


def _times(values: Iterable[time]) -> pl.DataType:
    if any(v.tzinfo is not None for v in values):
        raise UnreadableError("holds times of day with a time zone, which no type of a column holds")
    return pl.Time()


def _objects(values: Sequence[Mapping[Any, Any]]) -> pl.DataType:
    names = dict.fromkeys(k for v in values for k in v)
    if any(not isinstance(n, str) for n in names):
        raise UnreadableError("holds a dict whose keys are not all text")
    fields = {}
    for name in names:
        try:
            fields[name] = _type_of(_plain([v.get(name) for v in values]))
        except UnreadableError as error:
            raise UnreadableError(f'{error} (in its field "{name}")') from None
    return pl.Struct(fields)


def column_or_reason(name: str, values: Sequence[Any]) -> pl.Series | str:
    """A column of Python values, or the reason why it cannot be read."""
    try:
        return column_of(name, values)
    except UnreadableError as error:
        return f"it {error}"
