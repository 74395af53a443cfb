"""Exact arithmetic: floats of 16, 32 and 64 bits as fractions, their neighbours, decimals of any length."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from fractions import Fraction

Exact = Fraction | float
"""a number as a fraction; an infinity as a float"""
_FORMATS = {16: ("<e", "<H"), 32: ("<f", "<I"), 64: ("<d", "<Q")}


def fraction(value: Fraction | Decimal | float) -> Exact:
    """The exact value. Raises ValueError for NaN."""
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        if math.isnan(value):
            raise ValueError("NaN is not a number")
        return float(value)
    return Fraction(value)


def decimal(unscaled: int, scale: int) -> Decimal:
    """`unscaled` / 10 ** `scale` of any length, because decimal arithmetic rounds to 28 digits."""
    return Decimal((int(unscaled < 0), tuple(map(int, str(abs(unscaled)))), -scale))


def rounded(value: Fraction) -> float:
    """The nearest float; an infinity if out of range."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def nearest_float(value: Exact, bits: int, *, up: bool, strict: bool) -> float | None:
    """The nearest float of this size above (`up`) or below a number, or the number itself if it is one and not `strict`.
    None if no such float exists.
    """
    step = 1 if up else -1
    last = _rank(math.inf, bits) * step
    at = _rank(_to_bits(rounded(value) if isinstance(value, Fraction) else value, bits), bits)
    while at != last and not _is_on_side(_from_rank(at, bits), value, up=up, strict=strict):
        at += step
    while at != -last and _is_on_side(_from_rank(at - step, bits), value, up=up, strict=strict):
        at -= step
    found = _from_rank(at, bits)
    return found if _is_on_side(found, value, up=up, strict=strict) else None


def shortest(value: float, bits: int) -> str:
    """The shortest text of a float of this size that distinguishes it from its neighbours."""
    if bits == 64:
        return repr(value)
    return next(s for digits in range(1, 18) if _to_bits(float(s := f"{value:.{digits}g}"), bits) == value)


def fits(value: float, bits: int) -> bool:
    """Whether the value is a float of this size."""
    return _to_bits(value, bits) == value


def as_written(value: float, bits: int) -> float:
    """The float of this size that a written number means: 0.1 is the one that prints as 0.1.

    A number that is not the shortest text of any float of this size is unchanged.
    """
    if not math.isfinite(value) or bits == 64:
        return value
    near = _to_bits(value, bits)
    return near if not math.isinf(near) and float(shortest(near, bits)) == value else value


def _is_on_side(found: float, value: Exact, *, up: bool, strict: bool) -> bool:
    if found == value:
        return not strict
    return found > value if up else found < value


def _to_bits(value: float, bits: int) -> float:
    form = _FORMATS[bits][0]
    try:
        return float(struct.unpack(form, struct.pack(form, value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _rank(value: float, bits: int) -> int:
    """The rank of a float among all of its size: neighbours differ by one."""
    form, whole = _FORMATS[bits]
    raw = int(struct.unpack(whole, struct.pack(form, abs(value)))[0])
    return -raw if value < 0 else raw


def _from_rank(key: int, bits: int) -> float:
    form, whole = _FORMATS[bits]
    return math.copysign(float(struct.unpack(form, struct.pack(whole, abs(key)))[0]), key)
