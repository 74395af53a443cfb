"""Profiles a table: statistics of each column, and anomalies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
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
from truthound.profiling.text_patterns import VALIDATOR_FORMATS, common_formats
from truthound.results import now
from truthound.schema import DataType
from truthound.validators.base import Clock
from truthound.validators.formats import FORMATS as PREDICATES

TOP = 20
MAX_SPELLINGS = 200
"""different texts whose spellings are compared with each other"""
MAX_TOP_DISTINCT = 10_000
"""different values beyond which frequent ones are not counted, if most values occur once"""
BINS = 10
MIN_RISING = 20
"""different numbers in the first rows that may rise by design"""
_ROWS = m.RowCount()
_REPEATED_ROWS = m.Duplicates((), nulls=True)


def profile(data: Any, *, base: Path | None = None, clock: Clock = now) -> Profile:
    """Profiles a data source. Raises SourceError if the data cannot be read."""
    return with_backend(data, base, lambda backend, name: _profile(backend, name, clock))


def _profile(backend: Backend, name: str, clock: Clock) -> Profile:
    schema = backend.schema()
    types = {c: t for c, t in schema.items() if t.unreadable_reason is None}
    unreadable = [
        Anomaly(c, f"cannot be read: {t.unreadable_reason}", rule=rule_for({"null": {}}, c))
        for c, t in schema.items()
        if c not in types
    ]
    measured = _measured(
        backend, [_ROWS, _REPEATED_ROWS, *(x for c, t in types.items() for x in _basics(c, t).values())]
    )
    rows: int = measured[_ROWS]
    values = first_values(backend, types)
    scans = {c: ColumnScan.of(c, t, values[c]) for c, t in types.items()}
    for c, s in scans.items():
        s.rows, s.measured = rows, _named(_basics(c, s.type), measured)
    _measure_without_nan(backend, scans)
    anomalies = _scan_anomalies(backend, scans, clock())
    repeated = measured.get(_REPEATED_ROWS)
    return Profile(
        name,
        rows,
        tuple(map(_column_profile, scans.values())),
        repeated.rows if repeated else 0,
        tuple(c for c, s in scans.items() if rows > 1 and s.measured.get("distinct") == rows and is_identifier(s)),
        (*unreadable, *anomalies),
    )


def _scan_anomalies(backend: Backend, scans: Mapping[str, ColumnScan], today: datetime) -> tuple[Anomaly, ...]:
    """The anomalies. Adds further measures to the scans, which depend on what is known of a column."""
    further = {c: _further(s) for c, s in scans.items()}
    probes = [probe for s in scans.values() for probe in anomaly_probes(s, today)]
    wanted = [x for each in further.values() for x in each.values()]
    measured = _measured(backend, [*wanted, *(x for probe in probes for x in probe.measures)])
    for c, s in scans.items():
        s.measured |= _named(further[c], measured)
    found = list(confirmed(scans, probes, measured))
    bounds = {c: _usual_bounds(c, [probe for probe, _ in found if probe.column == c]) for c in scans}
    usual = _measured(backend, [x for each in bounds.values() for x in each])
    for c, s in scans.items():
        s.measured["usual"] = tuple(usual[x] for x in bounds[c] if usual.get(x) is not None)
    return describe_anomalies(backend, scans, found)


def _measured(backend: Backend, wanted: Iterable[m.Measure]) -> dict[m.Measure, Any]:
    """The values of measures; a profile leaves out those that cannot be evaluated."""
    return {x: v for x, v in backend.measure(wanted).items() if not isinstance(v, ValidatorError)}


def _named(measures: Mapping[str, m.Measure], measured: Mapping[m.Measure, Any]) -> dict[str, Any]:
    return {name: measured.get(x) for name, x in measures.items()}


def _basics(c: str, t: DataType) -> dict[str, m.Measure]:
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


def _measure_without_nan(backend: Backend, scans: Mapping[str, ColumnScan]) -> None:
    """Replaces the statistics of columns with NaN by those of their other values."""
    real = {c: _statistics(c, s.type, m.Not(m.IsNan(c))) for c, s in scans.items() if s.measured.get("nan")}
    measured = _measured(backend, [x for each in real.values() for x in each.values()])
    for c, each in real.items():
        scans[c].measured |= _named(each, measured)


def _further(s: ColumnScan) -> dict[str, m.Measure]:
    """The measures that the basic ones and the first values make useful."""
    out: dict[str, m.Measure] = {}
    distinct = s.measured.get("distinct") or 0
    rare = distinct > MAX_TOP_DISTINCT and distinct > s.present / 2  # most values occur once: none is frequent
    if s.scalar and distinct and not rare:
        out["top"] = m.TopValues(s.name, MAX_SPELLINGS if s.type.of("text") and distinct <= MAX_SPELLINGS else TOP)
    if nearly_unique(s) and is_identifier(s):
        out["repeats"] = m.Duplicates((s.name,))
    first = s.first_values
    if s.type.of("numeric") and len(set(first)) >= MIN_RISING and first == sorted(first):
        out["falls"] = m.CountWhere(m.OutOfOrder(s.name))
    low, high = s.measured.get("min"), s.measured.get("max")
    if s.type.of("numeric") and low is not None and high is not None:
        lo, hi = float(low), float(high)
        if lo < hi and math.isfinite(hi - lo):
            out["histogram"] = m.Histogram(s.name, tuple(lo + (hi - lo) * i / BINS for i in range(1, BINS)))
    if s.type.of("text"):
        for name in common_formats(first):
            if known := VALIDATOR_FORMATS.get(name):
                out[f"format {known}"] = m.CountWhere(m.Not(PREDICATES[known].predicate(s.name)))
        for _, pattern in s.patterns:
            out[f"pattern {pattern}"] = m.CountWhere(m.Not(m.Matches(s.name, pattern)))
    return out


def _usual_bounds(c: str, found: list[AnomalyProbe]) -> tuple[m.Measure, ...]:
    """The smallest and the largest value without the anomalies of the column."""
    odd = tuple(s.predicate for s in found if s.predicate and s.what in (PLACEHOLDER, OUTLIER, FUTURE, NAN))
    if not odd or any(isinstance(p, m.Matches) for p in odd):
        return ()
    usual = m.Not(m.Or(odd))
    return m.Aggregate(c, "min", usual), m.Aggregate(c, "max", usual)


def _column_profile(s: ColumnScan) -> ColumnProfile:
    got = s.measured
    form, nonconforming = _format(got, s.present)
    return ColumnProfile(
        name=s.name,
        type=str(s.type),
        nulls=got["nulls"],
        distinct=got.get("distinct"),
        min=to_json_value(got.get("min")),
        max=to_json_value(got.get("max")),
        mean=to_json_value(got.get("mean")),
        std=to_json_value(got.get("std")),
        quartiles=tuple(to_json_value(got[q]) for q in ("q25", "q50", "q75") if got.get(q) is not None),
        top=tuple((to_json_value(v), n) for v, n in (got.get("top") or ())[:TOP]),
        histogram=got.get("histogram") or (),
        format=form,
        nonconforming=nonconforming,
        pattern=next((p for _, p in s.patterns if got.get(f"pattern {p}") == 0), None),
        nan=got.get("nan") or 0,
        usual=tuple(map(to_json_value, got["usual"])),
        rising=got.get("falls") == 0,
    )


def _format(got: Mapping[str, Any], present: int) -> tuple[str | None, int]:
    """The format with the fewest nonconforming values, if they are few."""
    counts = sorted((n, k.removeprefix("format ")) for k, n in got.items() if k.startswith("format ") and n is not None)
    if not counts or counts[0][0] > present * 0.05:
        return None, 0
    return counts[0][1], counts[0][0]
