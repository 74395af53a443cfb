"""Text formats beyond regular expressions, as Polars expressions."""

from __future__ import annotations

import json
from collections.abc import Callable

import polars as pl


def _luhn(text: pl.Expr, _: str) -> pl.Expr:
    """ISO/IEC 7812-1, annex B: from the right, every second digit doubled, its digits added; the sum divides by ten."""
    digits = text.str.replace_all(r"[ -]", "")
    number = pl.element().cast(pl.Int32, strict=False)
    doubled = number * 2 - pl.when(number > 4).then(9).otherwise(0)
    second = pl.int_range(pl.len()) % 2 == 1
    total = digits.str.reverse().str.split("").list.eval(pl.when(second).then(doubled).otherwise(number)).list.sum()
    return pl.when(digits.is_not_null()).then(digits.str.contains(r"^\d{2,}$") & (total % 10 == 0))


def _iban(text: pl.Expr, _: str) -> pl.Expr:
    """ISO 13616: the first four characters moved to the end, letters as numbers from 10, the remainder by 97 is one."""
    compact = text.str.replace_all(" ", "", literal=True).str.to_uppercase()
    moved = compact.str.slice(4) + compact.str.slice(0, 4)
    letters = {chr(55 + n): str(n) for n in range(10, 36)}
    digits = moved.str.replace_many(list(letters), list(letters.values()))
    rest = pl.lit("")
    for start in range(0, 70, 7):  # 34 characters are at most 68 digits; nine digits at a time fit an integer
        piece = rest + digits.str.slice(start, 7)
        rest = (piece.cast(pl.Int64, strict=False) % 97).cast(pl.String).fill_null("")
    shaped = compact.str.contains(r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$")
    return pl.when(text.is_not_null()).then(shaped & (rest == "1"))


def _is_json(value: str) -> bool:
    try:
        json.loads(value, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return False
    return True


def _no_json(word: str) -> None:
    """NaN and Infinity, which Python reads and RFC 8259 does not have."""
    raise ValueError(word)


def _json(text: pl.Expr, _: str) -> pl.Expr:
    def parse(values: pl.Series) -> pl.Series:
        return pl.Series(values.name, [None if v is None else _is_json(v) for v in values], dtype=pl.Boolean)

    return text.map_batches(parse, return_dtype=pl.Boolean, is_elementwise=True)


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
    """The calendar part of ISO 8601: the day exists and the time is on the clock; the shape is a regular expression's."""
    day, clock = _strptime(text.str.slice(0, 10), "%Y-%m-%d"), text.str.slice(11, 8)
    return day & clock.str.contains(r"^([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60))?")


FORMATS: dict[str, Callable[[pl.Expr, str], pl.Expr]] = {
    "luhn": _luhn,
    "iban": _iban,
    "json": _json,
    "strptime": _strptime,
    "date": lambda text, _: _strptime(text, "%Y-%m-%d"),
    "datetime": _datetime,
}
