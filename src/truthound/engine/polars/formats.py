"""Text formats beyond regular expressions, as Polars expressions."""

from __future__ import annotations

import json
from collections.abc import Callable
from string import ascii_uppercase

import polars as pl
from pydantic_core import from_json

from truthound.engine.polars.short_circuit import per_distinct_value, quick_then_slow

_EVERY_YEAR = (
    r"^[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r".(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?:[^:]|$)"
)
"""a time on a day that exists in every year"""


_LETTERS = {a + b: f"{ord(a) - 55}{ord(b) - 55}" for a in ascii_uppercase for b in ascii_uppercase}
"""two letters as ISO 13616 counts them: A is 10, Z is 35"""


def _four_digits() -> pl.Series:
    """The contribution of each group of four digits (0 to 9,999) to the checksum of ISO/IEC 7812-1."""
    digits = [pl.int_range(10_000, eager=True) // 10**i % 10 for i in range(4)]
    counted = [d * 2 - (d > 4).cast(pl.Int64) * 9 if i % 2 else d for i, d in enumerate(digits)]
    return pl.Series(sum(counted), dtype=pl.Int64)


def _luhn(text: pl.Expr, _: str) -> pl.Expr:
    """ISO/IEC 7812-1, annex B: from the right, every second digit doubled, its digits added; the sum divides by ten."""

    def check(values: pl.Series) -> pl.Series:
        compact = values.str.replace_all(r"[ -]", "")
        shaped = compact.str.contains(r"^[0-9]{2,}$")
        known, total = _four_digits(), pl.zeros(len(values), pl.Int64, eager=True)
        for start in range(0, int(compact.str.len_bytes().max() or 0), 16):  # type: ignore[arg-type]  # a length
            number = compact.str.head(-start).str.tail(16) if start else compact.str.tail(16)
            whole = number.cast(pl.Int64, strict=False).fill_null(0)
            for i in range(4):
                total += known.gather(whole // 10_000**i % 10_000)
        return (shaped & (total % 10 == 0)).alias(values.name)

    return text.map_batches(check, return_dtype=pl.Boolean, is_elementwise=True)


def _iban(text: pl.Expr, _: str) -> pl.Expr:
    """ISO 13616: the first four characters moved to the end, letters as numbers from 10, the remainder by 97 is one."""
    return quick_then_slow(text, _iban_of_digits, _iban_with_letters)


def _iban_of_digits(text: pl.Expr) -> pl.Expr:
    """The check for account numbers of digits only, which fit in 128 bits; null for others."""
    compact = text.str.replace_all(" ", "", literal=True)
    account = compact.str.slice(4).cast(pl.Int128, strict=False) % 97
    country = compact.str.slice(0, 2).replace_strict(_LETTERS, default=None, return_dtype=pl.String).cast(pl.Int128)
    rest = (account * 1_000_000 + country * 100 + compact.str.slice(2, 2).cast(pl.Int128, strict=False)) % 97
    return pl.when(compact.str.contains(r"^[A-Z]{2}[0-9]{13,32}$")).then(rest == 1)


def _iban_with_letters(text: pl.Expr) -> pl.Expr:
    compact = text.str.replace_all(" ", "", literal=True).str.to_uppercase()
    moved = compact.str.slice(4) + compact.str.slice(0, 4)
    digits = moved.str.replace_many(list(ascii_uppercase), [str(n) for n in range(10, 36)])
    rest = pl.lit("")
    for start in range(0, 70, 35):  # 34 characters are at most 68 digits; 37 digits at a time fit 128 bits
        piece = rest + digits.str.slice(start, 35)
        rest = (piece.cast(pl.Int128, strict=False) % 97).cast(pl.String).fill_null("")
    return compact.str.contains(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$") & (rest == "1")


def _is_json(value: str) -> bool:
    """Whether text is JSON: if pydantic's parser rejects it, as it does deep nesting, the standard library decides."""
    try:
        from_json(value, allow_inf_nan=False)
    except ValueError:
        return _is_strange_json(value)
    return True


def _is_strange_json(value: str) -> bool:
    try:
        json.loads(value, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _reject_constant(word: str) -> None:
    """Rejects NaN and Infinity, which Python reads and RFC 8259 does not allow."""
    raise ValueError(word)


def _json(text: pl.Expr, _: str) -> pl.Expr:
    def parse(values: pl.Series) -> pl.Series:
        found = [None if v is None else _is_json(v) for v in values.to_list()]
        return pl.Series(values.name, found, dtype=pl.Boolean)

    return per_distinct_value(text, parse)


def _strptime(text: pl.Expr, pattern: str) -> pl.Expr:
    if not any(d in pattern for d in ("%H", "%I", "%M", "%S", "%T", "%R", "%X", "%c", "%s", "%f", "%p")):
        parsed = text.str.to_date(pattern, strict=False)
    elif not any(d in pattern for d in ("%d", "%D", "%F", "%j", "%x", "%c", "%s", "%e")):
        parsed = text.str.to_time(pattern, strict=False)
    else:
        zone = "UTC" if any(d in pattern for d in ("%z", "%:z", "%#z")) else None
        parsed = text.str.to_datetime(pattern, strict=False, time_zone=zone)
    return pl.when(text.is_not_null()).then(parsed.is_not_null())


def _datetime(text: pl.Expr, _: str) -> pl.Expr:
    """The calendar part of ISO 8601: the day and the time of day exist. A regular expression checks the syntax."""

    def parsed(text: pl.Expr) -> pl.Expr:
        day, clock = _strptime(text.str.slice(0, 10), "%Y-%m-%d"), text.str.slice(11, 8)
        return day & clock.str.contains(r"^([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60))?")

    return quick_then_slow(text, lambda text: pl.when(text.str.contains(_EVERY_YEAR)).then(pl.lit(value=True)), parsed)


FORMATS: dict[str, Callable[[pl.Expr, str], pl.Expr]] = {
    "luhn": _luhn,
    "iban": _iban,
    "json": _json,
    "strptime": _strptime,
    "date": lambda text, _: _strptime(text, "%Y-%m-%d"),
    "datetime": _datetime,
}
