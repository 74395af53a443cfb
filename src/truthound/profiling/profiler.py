"""A profile: what is in each column of a table, and what looks wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from truthound._internal.text import to_json_value
from truthound.engine import Backend
from truthound.engine import measures as m
from truthound.errors import ValidatorError
from truthound.profiling.anomalies import (
    FUTURE,
    NAN,
    OUTLIER,
    PLACEHOLDER,
    AnomalyProbe,
    anomaly_probes,
    confirmed,
    describe_anomalies,
    nearly_unique,
    rule_for,
)
from truthound.profiling.key_columns import is_identifier
from truthound.profiling.models import Anomaly, ColumnProfile, ColumnScan, Profile
from truthound.profiling.open import with_backend
from truthound.profiling.schema_inference import first_values
from truthound.profiling.text_patterns import VALIDATOR_FORMATS, common_formats, common_patterns
from truthound.results import now
from truthound.schema import DataType
from truthound.validators.base import Clock
from truthound.validators.formats import FORMATS as PREDICATES

TOP = 20
WORDS = 200
"""different texts that are compared with each other"""
RARELY = 10_000
BINS = 10
MANY = 20
"""different numbers in the first rows that may be taken to rise by design"""


def profile(data: Any, *, base: Path | None = None, clock: Clock = now) -> Profile:
    """Profiles a data source. Raises SourceError if the data cannot be read."""
    return with_backend(data, base, lambda backend, name: _profile(backend, name, clock))


def _profile(backend: Backend, name: str, clock: Clock) -> Profile:
    every = backend.schema()
    types = {c: t for c, t in every.items() if t.unreadable_reason is None}
    unreadable = [
        Anomaly(c, f"cannot be read: {t.unreadable_reason}", rule=rule_for({"null": {}}, c))
        for c, t in every.items()
        if c not in types
    ]
    first = {c: _first(c, t) for c, t in types.items()}
    whole = m.Duplicates((), nulls=True)
    values = _known(backend, [m.RowCount(), whole, *(x for found in first.values() for x in found.values())])
    rows: int = values[m.RowCount()]
    seen = {c: ColumnScan(c, t, rows, {k: values.get(x) for k, x in first[c].items()}) for c, t in types.items()}
    real = {c: _statistics(c, s.type, m.Not(m.IsNan(c))) for c, s in seen.items() if s.measured.get("nan")}
    known = _known(backend, [x for found_ in real.values() for x in found_.values()])
    for c, taken in real.items():
        seen[c].measured |= {k: known.get(x) for k, x in taken.items()}
    begin = first_values(backend, types)
    second = {c: _second(s, begin[c]) for c, s in seen.items()}
    signs = [sign for c, s in seen.items() for sign in anomaly_probes(s, begin[c], clock())]
    wanted = [*(x for found in second.values() for x in found.values()), *(x for sign in signs for x in sign.measures)]
    more = _known(backend, wanted)
    for c, s in seen.items():
        s.measured |= {k: more.get(x) for k, x in second[c].items()}
    there = list(confirmed(seen, signs, more))
    third = {c: _third(c, [sign for sign, _ in there if sign.column == c]) for c in seen}
    last = _known(backend, [x for wanted_ in third.values() for x in wanted_])
    for c, s in seen.items():
        s.measured["usual"] = tuple(last[x] for x in third[c] if last.get(x) is not None)
    columns = tuple(_column(s, begin[s.name]) for s in seen.values())
    keys = tuple(
        c for c, s in seen.items() if rows > 1 and s.measured.get("distinct") == rows and _by_design(s, begin[c])
    )
    repeated = values.get(whole)
    return Profile(
        name,
        rows,
        columns,
        repeated.rows if repeated else 0,
        keys,
        (*unreadable, *describe_anomalies(backend, seen, there)),
    )


def _known(backend: Backend, wanted: Iterable[m.Measure]) -> dict[m.Measure, Any]:
    """The measures that can be had; a profile does without the others."""
    return {x: v for x, v in backend.measure(wanted).items() if not isinstance(v, ValidatorError)}


def _first(c: str, t: DataType) -> dict[str, m.Measure]:
    out: dict[str, m.Measure] = {"nulls": m.CountWhere(m.IsNull(c))}
    if t.of("nested", "binary") or t.base in ("null", "object"):
        return out
    out["distinct"] = m.Aggregate(c, "distinct")
    if t.of("float"):
        out["nan"] = m.CountWhere(m.IsNan(c))
    return out | _statistics(c, t)


def _statistics(c: str, t: DataType, where: m.Predicate | None = None) -> dict[str, m.Measure]:
    out: dict[str, m.Measure] = {}
    if t.of("numeric", "temporal"):
        out |= {f: m.Aggregate(c, f, where) for f in ("min", "max")}
    if t.of("numeric"):
        out |= {f: m.Aggregate(c, f, where) for f in ("mean", "std")}
        out |= {f"q{q}": m.Quantile(c, q / 100, where) for q in (25, 50, 75)}
    return out


def _by_design(s: ColumnScan, begin: list[Any]) -> bool:
    return s.scalar and is_identifier(s.name, s.type, s.present, (s.measured.get("min"), s.measured.get("max")), begin)


def _second(s: ColumnScan, begin: list[Any]) -> dict[str, m.Measure]:
    """What the first values make worth asking."""
    out: dict[str, m.Measure] = {}
    distinct = s.measured.get("distinct") or 0
    rare = distinct > RARELY and distinct > s.present / 2  # most values occur once: none is frequent
    if s.scalar and distinct and not rare:
        out["top"] = m.TopValues(s.name, WORDS if s.type.of("text") and distinct <= WORDS else TOP)
    if nearly_unique(s) and _by_design(s, begin):
        out["repeats"] = m.Duplicates((s.name,))
    if s.type.of("numeric") and len(set(begin)) >= MANY and begin == sorted(begin):
        out["falls"] = m.CountWhere(m.OutOfOrder(s.name))
    low, high = s.measured.get("min"), s.measured.get("max")
    if s.type.of("numeric") and low is not None and high is not None:
        lo, hi = float(low), float(high)
        if lo < hi and math.isfinite(hi - lo):
            out["histogram"] = m.Histogram(s.name, tuple(lo + (hi - lo) * i / BINS for i in range(1, BINS)))
    if s.type.of("text"):
        for name in common_formats(begin):
            if known := VALIDATOR_FORMATS.get(name):
                out[f"format {known}"] = m.CountWhere(m.Not(PREDICATES[known].predicate(s.name)))
        for _, pattern in common_patterns(begin):
            out[f"pattern {pattern}"] = m.CountWhere(m.Not(m.Matches(s.name, pattern)))
    return out


def _third(c: str, there: list[AnomalyProbe]) -> tuple[m.Measure, ...]:
    """The smallest and the largest value without those that look wrong."""
    odd = tuple(s.predicate for s in there if s.predicate and s.what in (PLACEHOLDER, OUTLIER, FUTURE, NAN))
    if not odd or any(isinstance(p, m.Matches) for p in odd):
        return ()
    usual = m.Not(m.Or(odd))
    return m.Aggregate(c, "min", usual), m.Aggregate(c, "max", usual)


def _column(s: ColumnScan, begin: list[Any]) -> ColumnProfile:
    got = s.measured
    quartiles = tuple(to_json_value(got[q]) for q in ("q25", "q50", "q75") if got.get(q) is not None)
    form, misfits = _format(got, s.present)
    patterns = [p for name, p in common_patterns(begin) if got.get(f"pattern {p}") == 0] if s.type.of("text") else []
    return ColumnProfile(
        name=s.name,
        type=str(s.type),
        nulls=got["nulls"],
        distinct=got.get("distinct"),
        min=to_json_value(got.get("min")),
        max=to_json_value(got.get("max")),
        mean=to_json_value(got.get("mean")),
        std=to_json_value(got.get("std")),
        quartiles=quartiles,
        top=tuple((to_json_value(v), n) for v, n in (got.get("top") or ())[:TOP]),
        histogram=got.get("histogram") or (),
        format=form,
        nonconforming=misfits,
        pattern=patterns[0] if patterns else None,
        nan=got.get("nan") or 0,
        usual=tuple(map(to_json_value, got["usual"])),
        rising=got.get("falls") == 0,
    )


def _format(got: Mapping[str, Any], present: int) -> tuple[str | None, int]:
    """The format that the fewest values lack, if they are few."""
    counts = sorted((n, k.removeprefix("format ")) for k, n in got.items() if k.startswith("format ") and n is not None)
    if not counts or counts[0][0] > present * 0.05:
        return None, 0
    return counts[0][1], counts[0][0]
