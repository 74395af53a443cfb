"""The types of text columns, inferred from a sample."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import polars as pl

from truthound.sources.files.text_types import (
    CODES,
    DATES,
    FALSE,
    FLOAT,
    TEXT,
    TIME,
    TIMES,
    TRUE,
    ZEROS,
    ZONE,
    Reading,
    moment_formats,
    typed_column,
    with_likeliest_format_first,
)

_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?|[+-]?(inf|Infinity)|NaN")
_FINEST: tuple[Literal["us", "ns"], ...] = ("us", "ns")
_FAR = re.compile(r"(\+\d{5,6}|-\d{4,6}|\d{5,6})-\d\d-\d\d(?!\d).*")


def infer(sample: pl.DataFrame, *, dates: bool, comma: bool) -> dict[str, Reading]:
    """The narrowest reading of each column that parses every value of the sample."""
    return {c.name: _inferred(c.filter(c != "").alias("c"), dates, comma) for c in sample.iter_columns()}


def _inferred(texts: pl.Series, dates: bool, comma: bool) -> Reading:
    if texts.is_empty():
        return TEXT
    first = _first(texts)
    if _NUMBER.fullmatch(first):
        return _number(texts, comma)
    if first in TRUE + FALSE:
        return _first_that_fits([Reading(pl.Boolean())], texts)
    return _first_that_fits(_temporal(first), texts) if dates and first[:1].isdigit() else TEXT


def _first(texts: pl.Series) -> str:
    """The first text; among dates the first with a year of four digits, because longer years alone look like codes."""
    if _FAR.fullmatch(texts[0]) is None:
        return str(texts[0])
    near = texts.filter(texts.str.contains(rf"^{DATES['ymd'][0]}"))
    return str(near[0] if near.len() else texts[0])


def _number(texts: pl.Series, comma: bool) -> Reading:
    for reading in (Reading(t, codes=CODES["integer"]) for t in (pl.Int64(), pl.Int128())):
        if _fits(reading, texts).all():
            return TEXT if _shows_code(reading, texts) else reading
    decimals = texts.str.contains("," if comma else ".", literal=True).any()
    reading = Reading(FLOAT, codes=CODES["decimals" if decimals else "float"], comma=comma)
    values = typed_column(reading, texts)
    codes = Reading(FLOAT, codes=ZEROS) if reading.wide else reading  # how long numbers are is seen in all rows
    if values.null_count() or _shows_code(codes, texts):
        return TEXT
    words = texts.filter(~values.is_finite())
    words = words.filter(~words.str.contains(r"\d"))  # what is too large for a float is a number all the same
    return reading if words.str.contains(r"^(NaN|[+-]?(inf|Infinity))$").all() else TEXT


def _temporal(first: str) -> list[Reading]:
    if re.fullmatch(TIME, first):
        return [Reading(pl.Time(), TIMES)]
    for order, (date, formats) in DATES.items():
        if re.fullmatch(date, first):
            return [Reading(pl.Date(), formats)]
        if re.fullmatch(f"{date}[T ]{TIME}", first):
            return [Reading(pl.Datetime(u), moment_formats(order, "")) for u in _FINEST]
        if re.fullmatch(f"{date}[T ]{TIME}{ZONE}", first):
            return [Reading(pl.Datetime(u, "UTC"), moment_formats(order, "%#z")) for u in _FINEST]
    return []


def _first_that_fits(readings: Iterable[Reading], texts: pl.Series) -> Reading:
    for reading in readings:
        ordered = with_likeliest_format_first(reading, texts)
        if _fits(ordered, texts).all() and not (reading.codes and _shows_code(reading, texts)):
            return ordered
    return TEXT


def _fits(reading: Reading, texts: pl.Series) -> pl.Series:
    return typed_column(reading, texts).is_not_null()


def _shows_code(reading: Reading, texts: pl.Series) -> bool:
    return bool(texts.to_frame().select(reading.shows_code(pl.nth(0))).item())
