"""A profile: what is in each column of a table, and what looks wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from truthound import measures as m
from truthound.engine import Backend
from truthound.errors import ValidatorError
from truthound.inference.opening import opened
from truthound.results import Record, now
from truthound.schema import DataType
from truthound.text import plain
from truthound.validators.base import Clock

TOP = 20
BINS = 10
SENTINEL_WORDS = ("n/a", "na", "null", "none", "nan", "unknown", "undefined", "missing", "-", "?", "tbd", "test")
SENTINEL_NUMBERS = (-1, -9, -99, -999, -9999, 99, 999, 9999, 99999, 999999)
SENTINEL_DATES = (date(1900, 1, 1), date(1970, 1, 1), date(9999, 12, 31), date(2099, 12, 31))
_NUMERIC_TEXT = r"^\s*[-+]?[0-9]+([.,][0-9]+)?\s*$"


@dataclass(frozen=True, slots=True)
class ColumnProfile(Record):
    """What is in a column. `distinct` leaves nulls out; `quartiles` are the 25, 50 and 75 % quantiles; `histogram` counts ten equal bins."""

    name: str
    type: str
    nulls: int
    distinct: int | None = None
    min: Any = None
    max: Any = None
    mean: float | None = None
    std: float | None = None
    quartiles: tuple[Any, ...] = ()
    top: tuple[tuple[Any, int], ...] = ()
    """(value, count), most frequent first"""
    histogram: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspicion(Record):
    """Something that looks wrong: in how many rows, and an example."""

    column: str
    what: str
    count: int | None = None
    example: Any = None


@dataclass(frozen=True, slots=True)
class Profile(Record):
    """A table: its columns, repeated rows, columns that could be a key, and what looks wrong."""

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: int = 0
    keys: tuple[str, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()


def profile(data: Any, *, base: Path | None = None, clock: Clock = now) -> Profile:
    """Profiles a data source, or a backend. Raises SourceError if the data cannot be read."""
    backend, name = opened(data, base)
    types = backend.schema()
    first = {c: _first(c, t) for c, t in types.items()}
    whole = m.Duplicates((), nulls=True)
    values = _known(backend, [m.RowCount(), whole, *(x for found in first.values() for x in found.values())])
    rows: int = values[m.RowCount()]
    taken = {c: {k: values.get(x) for k, x in found.items()} for c, found in first.items()}
    second = {c: _second(c, types[c], taken[c]) for c in types}
    more = _known(backend, [x for found in second.values() for x in found.values()])
    columns, suspicions = [], []
    for c, t in types.items():
        got = taken[c] | {k: more.get(x) for k, x in second[c].items()}
        columns.append(_column(c, t, got))
        suspicions += list(_suspect(c, t, got, rows, clock()))
    keys = tuple(c.name for c in columns if rows > 1 and c.nulls == 0 and c.distinct == rows)
    repeated = values.get(whole)
    return Profile(name, rows, tuple(columns), repeated.rows if repeated else 0, keys, tuple(suspicions))


def _known(backend: Backend, wanted: Iterable[m.Measure]) -> dict[m.Measure, Any]:
    """The measures that can be had; a profile does without the others."""
    return {x: v for x, v in backend.measure(wanted).items() if not isinstance(v, ValidatorError)}


def _first(c: str, t: DataType) -> dict[str, m.Measure]:
    out: dict[str, m.Measure] = {"nulls": m.CountWhere(m.IsNull(c))}
    if t.of("nested", "binary") or t.base in ("null", "object"):
        return out
    out["distinct"] = m.Aggregate(c, "distinct")
    if t.of("numeric", "temporal"):
        out |= {"min": m.Aggregate(c, "min"), "max": m.Aggregate(c, "max")}
    if t.of("numeric"):
        out |= {f: m.Aggregate(c, f) for f in ("mean", "std")}
        out |= {f"q{q}": m.Quantile(c, q / 100) for q in (25, 50, 75)}
    if t.of("float"):
        out["nan"] = m.CountWhere(m.IsNan(c))
    if t.of("text"):
        out["padded"] = m.CountWhere(m.Matches(c, r"^\s|\s$"))
        out["blank"] = m.CountWhere(m.Matches(c, r"^\s*$"))
        out["numeric"] = m.CountWhere(m.Matches(c, _NUMERIC_TEXT))
        out["zeros"] = m.CountWhere(m.Matches(c, "^0[0-9]+$"))
    return out


def _second(c: str, t: DataType, got: dict[str, Any]) -> dict[str, m.Measure]:
    """What the first values make worth asking."""
    out: dict[str, m.Measure] = {}
    if not t.of("nested", "binary") and t.base not in ("null", "object"):
        out["top"] = m.TopValues(c, TOP)
    low, high = got.get("min"), got.get("max")
    if t.of("numeric") and low is not None and high is not None:
        lo, hi = float(low), float(high)
        if lo < hi and math.isfinite(hi - lo):
            out["histogram"] = m.Histogram(c, tuple(lo + (hi - lo) * i / BINS for i in range(1, BINS)))
        q1, q3 = got.get("q25"), got.get("q75")
        if q1 is not None and q3 is not None and q3 > q1:
            reach = 3 * (q3 - q1)
            out["outliers"] = m.CountWhere(m.Not(m.Between(c, float(q1 - reach), float(q3 + reach))))
    return out


def _column(c: str, t: DataType, got: dict[str, Any]) -> ColumnProfile:
    quartiles = tuple(plain(got[q]) for q in ("q25", "q50", "q75") if got.get(q) is not None)
    return ColumnProfile(
        name=c,
        type=str(t),
        nulls=got["nulls"],
        distinct=got.get("distinct"),
        min=plain(got.get("min")),
        max=plain(got.get("max")),
        mean=plain(got.get("mean")),
        std=plain(got.get("std")),
        quartiles=quartiles,
        top=tuple((plain(v), n) for v, n in got.get("top") or ()),
        histogram=got.get("histogram") or (),
    )


def _suspect(c: str, t: DataType, got: dict[str, Any], rows: int, today: datetime) -> Iterable[Suspicion]:
    present = rows - got["nulls"]
    distinct, top = got.get("distinct"), got.get("top") or ()
    if rows and not present:
        yield Suspicion(c, "only nulls", got["nulls"])
        return
    if rows and got["nulls"] > rows / 2:
        yield Suspicion(c, "mostly null", got["nulls"])
    if distinct == 1 and present > 1:
        yield Suspicion(c, "always the same value", present, plain(top[0][0]) if top else None)
    if distinct is not None and present > 20 and 0 < present - distinct <= max(present // 200, 1):
        example = top[0][0] if top and top[0][1] > 1 else None
        yield Suspicion(c, "nearly unique: a key with repeats?", present - distinct, plain(example))
    if t.of("text"):
        yield from _text(c, got, present)
    for value, count in top:
        if _is_sentinel(value, count, present, got):
            yield Suspicion(c, "stands for a missing value?", count, plain(value))
    if got.get("nan"):
        yield Suspicion(c, "NaN", got["nan"])
    if got.get("outliers"):
        furthest = got["max"] if abs(got["max"] - got["q75"]) >= abs(got["q25"] - got["min"]) else got["min"]
        yield Suspicion(c, "far outside of the rest", got["outliers"], plain(furthest))
    latest = got.get("max")
    if isinstance(latest, date):
        at = latest if isinstance(latest, datetime) else datetime(latest.year, latest.month, latest.day)  # noqa: DTZ001 compared without zones
        if at.replace(tzinfo=None) > today.replace(tzinfo=None):
            yield Suspicion(c, "in the future", None, plain(latest))


def _text(c: str, got: dict[str, Any], present: int) -> Iterable[Suspicion]:
    if present and got["numeric"] == present and not got["zeros"]:
        yield Suspicion(c, "numbers kept as text", present)
    elif present and got["numeric"] >= present * 0.9:
        yield Suspicion(c, "numbers, but not all", present - got["numeric"])
    if got["blank"]:
        yield Suspicion(c, "empty or only blanks", got["blank"])
    if got["padded"] > got["blank"]:
        yield Suspicion(c, "blanks at an end", got["padded"] - got["blank"])
    seen: dict[str, Any] = {}
    for value, count in got.get("top") or ():
        folded = str(value).strip().casefold()
        if folded in seen and seen[folded] != value:
            yield Suspicion(c, f"the same word in different spelling as {seen[folded]}", count, plain(value))
        seen.setdefault(folded, value)


def _is_sentinel(value: Any, count: int, present: int, got: dict[str, Any]) -> bool:
    """A word for nothing, a date at the end of the calendar, or a round number alone at an end of the column."""
    if isinstance(value, str):
        return value.strip().casefold() in SENTINEL_WORDS
    if isinstance(value, datetime):
        return value.date() in SENTINEL_DATES
    if isinstance(value, date):
        return value in SENTINEL_DATES
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    at_an_end = value in (got.get("min"), got.get("max"))
    return numeric and at_an_end and value in SENTINEL_NUMBERS and count > 1 and count > present / 1000
