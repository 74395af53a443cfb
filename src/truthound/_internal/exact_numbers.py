"""Numbers without rounding: floats of 16, 32 and 64 bits as fractions and as steps, decimals of any length."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from fractions import Fraction

Exact = Fraction | float
"""a number as a fraction; an infinity as a float"""
_FORMATS = {16: ("<e", "<H"), 32: ("<f", "<I"), 64: ("<d", "<Q")}


def fraction(value: Fraction | Decimal | float) -> Exact:
    """The number itself. Raises ValueError for NaN."""
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        if math.isnan(value):
            raise ValueError("NaN is not a number")
        return float(value)
    return Fraction(value)


def decimal(unscaled: int, scale: int) -> Decimal:
    """`unscaled` / 10 ** `scale`, whatever the length: arithmetic with decimals rounds to 28 digits."""
    return Decimal((int(unscaled < 0), tuple(map(int, str(abs(unscaled)))), -scale))


def rounded(value: Fraction) -> float:
    """The nearest float; an infinity beyond all of them."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def beside(value: Exact, bits: int, *, up: bool, strict: bool) -> float | None:
    """The float of so many bits that is nearest to a number from above (`up`) or from below, the number itself if it is one
    and not `strict`; None where there is none.
    """
    step = 1 if up else -1
    last = _key(math.inf, bits) * step
    at = _key(_packed(rounded(value) if isinstance(value, Fraction) else value, bits), bits)
    while at != last and not _beyond(_float(at, bits), value, up=up, strict=strict):
        at += step
    while at != -last and _beyond(_float(at - step, bits), value, up=up, strict=strict):
        at -= step
    found = _float(at, bits)
    return found if _beyond(found, value, up=up, strict=strict) else None


def shortest(value: float, bits: int) -> str:
    """How a float of so many bits, which the value is, is written: with the fewest digits that tell it from its neighbours."""
    if bits == 64:
        return repr(value)
    return next(s for digits in range(1, 18) if _packed(float(s := f"{value:.{digits}g}"), bits) == value)


def fits(value: float, bits: int) -> bool:
    """Whether it is a float of so many bits."""
    return _packed(value, bits) == value


def as_written(value: float, bits: int) -> float:
    """What a number that someone wrote means for floats of so many bits: 0.1 is the one that is shown as 0.1.

    A number that is not how any of them is shown stays what it is.
    """
    if not math.isfinite(value) or bits == 64:
        return value
    near = _packed(value, bits)
    return near if not math.isinf(near) and float(shortest(near, bits)) == value else value


def _beyond(found: float, value: Exact, *, up: bool, strict: bool) -> bool:
    if found == value:
        return not strict
    return found > value if up else found < value


def _packed(value: float, bits: int) -> float:
    form = _FORMATS[bits][0]
    try:
        return float(struct.unpack(form, struct.pack(form, value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _key(value: float, bits: int) -> int:
    """Where a float stands among all of its size: neighbours differ by one."""
    form, whole = _FORMATS[bits]
    raw = int(struct.unpack(whole, struct.pack(form, abs(value)))[0])
    return -raw if value < 0 else raw


def _float(key: int, bits: int) -> float:
    form, whole = _FORMATS[bits]
    return math.copysign(float(struct.unpack(form, struct.pack(whole, abs(key)))[0]), key)
