"""Drafts rules from a profile, which the data satisfy except for anomalies."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from truthound._internal.extended_time import day_of, parse
from truthound._internal.text import cell, percent, plural, yaml_line
from truthound.profiling.anomalies import (
    BLANK,
    CONSTANT,
    FUTURE,
    LOST_ZEROS,
    MIXED_DATES,
    MOSTLY_NUMERIC,
    NAN,
    NEARLY_UNIQUE,
    NUMERIC_TEXT,
    OTHER_SPELLING,
    OUTLIER,
    PLACEHOLDER,
    is_placeholder,
    may_be_future,
)
from truthound.profiling.key_columns import has_identifier_name
from truthound.profiling.models import Anomaly, ColumnProfile, Profile
from truthound.profiling.schema_inference import MAX_CATEGORIES, MAX_CATEGORY_LENGTH, MIN_REPETITIONS
from truthound.results import now
from truthound.schema import DataType
from truthound.validators.base import Clock

DraftedRule = tuple[dict[str, Any], str]
"""a validator as in a configuration, and a comment on what was found"""
TOLERATED_SHARE = 0.05
"""the share of failing rows up to which a rule is drafted"""
NATURAL_ENDS = frozenset({1, 12, 23, 24, 31, 52, 53, 59, 60, 90, 100, 180, 255, 360, 365, 366, 999, 1000, 2359, 2400})
"""numbers at which ranges naturally end"""
_OF_NULLS = ("only nulls", "mostly null")


_MAX_DESCRIBED = 5
"""anomalies that a comment describes"""


def draft_rules(profile: Profile, *, clock: Clock = now) -> list[DraftedRule]:
    """Validators as in a configuration, each with a comment on what was found.

    Anomalies are not allowed for in the rules, so that a run reports them; only a few nulls are tolerated.
    """
    if not profile.rows:
        return [({"duplicate": {}}, "there are no rows yet")]
    p, today = named_columns(profile), clock()
    rules = list(_rules(p, today))
    return [*rules, *_anomaly_drafts(p, [rule for rule, _ in rules], today)]


def named_columns(p: Profile) -> Profile:
    """A profile without the column that has no name, for which a configuration can have no rule."""
    return replace(
        p,
        columns=tuple(c for c in p.columns if c.name),
        keys=tuple(k for k in p.keys if k),
        anomalies=tuple(s for s in p.anomalies if s.column),
    )


def _rules(p: Profile, today: datetime) -> Iterator[DraftedRule]:
    least = _one_digit(p.rows / 2, down=True)
    yield {"row_count": {"min_value": int(least)}}, f"{plural(p.rows, 'row')} now"
    if p.duplicate_rows <= p.rows * TOLERATED_SHARE:
        repeated = f"{plural(p.duplicate_rows, 'row')} repeated today ({percent(p.duplicate_rows, p.rows)})"
        yield {"duplicate": {}}, repeated if p.duplicate_rows else "no row occurs twice"
    yield from _nulls(p)
    if p.keys:
        yield {"unique": {"columns": list(p.keys[:3])}}, "every value differs"
    for s in p.anomalies:
        if s.what == NEARLY_UNIQUE:
            yield {"unique": {"columns": [s.column]}}, f"nearly unique: {_violations(s)}"
    yield from _ranges(p)
    past = [c.name for c in p.columns if _is_past(c, p, today)]
    if past:
        odd = [s for s in p.anomalies if s.column in past and s.what == FUTURE]
        yield {"future": {"columns": past}}, "; ".join(map(describe, odd)) or "no value lies in the future"
    for c in p.columns:
        yield from _texts(c, p)


# --- anomalies ----------------------------------------------------------------------------------------------


def _anomaly_drafts(p: Profile, rules: list[dict[str, Any]], today: datetime) -> Iterator[DraftedRule]:
    """Rules for the anomalies that the drafted rules do not find; columns with the same rule share it."""
    for rule, same in _grouped(s for s in p.anomalies if not _is_covered(s, p, rules, today)):
        hints = dict.fromkeys(filter(None, (_hint(s, p) for s in same)))
        more = [f"{plural(len(same) - _MAX_DESCRIBED, 'more column')} like these"] if len(same) > _MAX_DESCRIBED else []
        yield rule, "; ".join([*map(describe, same[:_MAX_DESCRIBED]), *more, *list(hints)[:_MAX_DESCRIBED]])


def anomaly_rules(profile: Profile, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """The validators that find the anomalies, as in a configuration, except those with these names."""
    anomalies = (s for s in profile.anomalies if s.rule and _options(s.rule)[0] not in without)
    return [rule for rule, _ in _grouped(s for s in anomalies if not _is_found_by_number_rule(s, profile))]


def _grouped(anomalies: Iterable[Anomaly]) -> Iterator[tuple[dict[str, Any], list[Anomaly]]]:
    """The rules of anomalies, each with the anomalies that it finds; columns with the same rule share it."""
    groups: dict[str, list[Anomaly]] = {}
    for s in anomalies:
        if s.rule:
            groups.setdefault(repr(_options(s.rule)), []).append(s)
    for same in groups.values():
        kind, options = _options(same[0].rule or {})
        yield {kind: {"columns": list(dict.fromkeys(s.column for s in same)), **options}}, same


def _type(column: str, p: Profile) -> str:
    return next((c.type for c in p.columns if c.name == column), "")


def _options(rule: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The validator of a rule and its options without the columns."""
    ((kind, options),) = rule.items()
    return kind, {k: v for k, v in options.items() if k != "columns"}


def _is_covered(s: Anomaly, p: Profile, rules: list[dict[str, Any]], today: datetime) -> bool:
    """Whether one of these rules finds the anomaly."""
    kind, _ = _options(s.rule or {})
    values = s.values or ((s.example,) if s.example is not None else ())
    missing = s.what == PLACEHOLDER or s.what.startswith(OTHER_SPELLING)
    if _is_found_by_number_rule(s, p):
        return True
    for rule in rules:
        ((drafted, options),) = rule.items()
        if s.column not in (options.get("columns") or ()):
            continue
        if drafted == kind and kind in _SELF_CONTAINED:
            return True
        match drafted:
            case "allowed_values" if missing and values and not set(values) & set(options["values"]):
                return True
            case "format" if s.what in (PLACEHOLDER, MIXED_DATES):
                return True
            case "range" if s.what == NAN or (
                s.what in (PLACEHOLDER, OUTLIER) and _outside(values, options["columns"][s.column])
            ):
                return True
            case "future" if (
                s.what == PLACEHOLDER and values and all(str(v)[:10] > today.date().isoformat() for v in values)
            ):
                return True
    return False


_SELF_CONTAINED = ("unique", "future", "blank", "whitespace", "nan", "encoding")
"""validators that need no options"""


def _is_found_by_number_rule(s: Anomaly, p: Profile) -> bool:
    """Whether the rule that values are numbers finds these placeholders."""
    return s.what == PLACEHOLDER and any(o.column == s.column and o.what == MOSTLY_NUMERIC for o in p.anomalies)


def _outside(values: tuple[Any, ...], bounds: dict[str, Any]) -> bool:
    numbers = [_float(v) for v in values]
    low, high = bounds.get("min_value", -math.inf), bounds.get("max_value", math.inf)
    return bool(numbers) and all(n is None or not low <= n <= high for n in numbers)


def _hint(s: Anomaly, p: Profile) -> str:
    """A hint at an option of the data source."""
    if s.what in (PLACEHOLDER, MOSTLY_NUMERIC):
        words = next((o.values for o in p.anomalies if o.column == s.column and o.what == PLACEHOLDER), ())
        if words and all(isinstance(v, str) for v in words) and DataType(_type(s.column, p)).of("text"):
            return f"options: {{null_values: {yaml_line(list(words))}}} of the data source reads them as missing"
    if s.what == NUMERIC_TEXT:
        return f"options: {{schema_overrides: {{{yaml_line(s.column)}: float64}}}} of the data source reads numbers"
    return "the column may have to be read as text" if s.what == LOST_ZEROS else ""


# --- rules of the data ----------------------------------------------------------------------------------------------------


def _nulls(p: Profile) -> Iterator[DraftedRule]:
    stand_in = {s.column for s in p.anomalies if s.what in (PLACEHOLDER, BLANK)}
    full = [c.name for c in p.columns if not c.nulls and c.name not in stand_in]
    if full:
        yield {"null": {"columns": full}}, f"no null in {plural(p.rows, 'row')}"
    some = [c for c in p.columns if 0 < c.nulls <= p.rows * TOLERATED_SHARE and c.name not in stand_in]
    if len(some) == 1:
        yield {"null": {"columns": [some[0].name], **_tolerance(some[0].nulls, p.rows)}}, _nulls_of(some[0], p)
    elif some:
        counts = ", ".join(f"{c.name} {c.nulls:,} ({percent(c.nulls, p.rows)})" for c in some)
        yield {"null": {"columns": {c.name: _tolerance(c.nulls, p.rows) for c in some}}}, f"nulls: {counts}"


def _nulls_of(c: ColumnProfile, p: Profile) -> str:
    return f"{plural(c.nulls, 'null')} ({percent(c.nulls, p.rows)})"


def _texts(c: ColumnProfile, p: Profile) -> Iterator[DraftedRule]:
    """The values, the format or the pattern of a text column."""
    if not DataType(c.type).of("text") or not c.distinct:
        return
    present = p.rows - c.nulls
    of = {"columns": [c.name]}
    odd = {
        s.what: s for s in p.anomalies if s.column == c.name and s.count and s.what not in (NEARLY_UNIQUE, *_OF_NULLS)
    }
    short = all(len(str(v)) <= MAX_CATEGORY_LENGTH for v, _ in c.top)
    explained = NUMERIC_TEXT in odd or CONSTANT in odd
    if (
        short
        and not explained
        and c.distinct <= MAX_CATEGORIES
        and c.distinct * MIN_REPETITIONS <= present
        and len(c.top) == c.distinct
    ):
        wrong = {v for s in odd.values() for v in s.values}
        wrong |= {v for v, _ in c.top if is_placeholder(str(v))}
        good = sorted(str(v) for v, _ in c.top if v not in wrong)
        if 2 * sum(n for v, n in c.top if v not in wrong) > present:
            quoted = (f'"{cell(v)}"' for v in sorted(map(str, wrong)))
            left = f"; left out: {', '.join(quoted)}" if wrong else ""
            yield {"allowed_values": {**of, "values": good}}, plural(c.distinct, "different value") + left
    elif c.format:
        note = f"{c.nonconforming:,} of {plural(present, 'value')} are none today ({percent(c.nonconforming, present)})"
        yield (
            {"format": {**of, "format": c.format}},
            note if c.nonconforming else f"all of {plural(present, 'value')} are",
        )
    elif c.pattern and not odd:
        yield {"regex": {**of, "pattern": c.pattern}}, f"all of {plural(present, 'value')} match"


def describe(s: Anomaly) -> str:
    """An anomaly in words."""
    count = "" if s.count is None else f", {plural(s.count, 'row')}" + (f" ({s.percent})" if s.percent else "")
    return f"{s.column}: {s.what}{count}" + _example(s)


def _violations(s: Anomaly) -> str:
    count = s.count or 0
    return f"{plural(count, 'row')} ({s.percent}) {'breaks' if count == 1 else 'break'} it today" + _example(s)


def _example(s: Anomaly) -> str:
    return f", such as {cell(s.example)}" if s.example is not None else ""


def _tolerance(count: int, rows: int) -> dict[str, str]:
    """`max_fail` for this many failing rows, in percent, rounded up to one significant digit."""
    if not count:
        return {}
    share = Decimal(count) / rows * 100
    step = Decimal(1).scaleb(min(share.adjusted(), 0))
    return {"max_fail": f"{share.quantize(step, ROUND_CEILING):f}%"}


# --- ranges --------------------------------------------------------------------------------------------------------


def _ranges(p: Profile) -> Iterator[DraftedRule]:
    """Ranges of numbers, without anomalies. Identifiers and numbers that only rise have no range."""
    free = {*p.keys, *(s.column for s in p.anomalies if s.what == NEARLY_UNIQUE)}
    bounded = [c for c in p.columns if c.name not in free and not c.rising and not has_identifier_name(c.name)]
    ranges = {c.name: found for c in bounded if (found := _range(c))}
    if not ranges:
        return
    odd = [s for s in p.anomalies if s.column in ranges and s.what in (PLACEHOLDER, OUTLIER, NAN)]
    left = f"; left out: {'; '.join(map(describe, odd))}" if odd else ""
    yield {"range": {"columns": ranges}}, f"as found, rounded outwards{left}"


def _range(c: ColumnProfile) -> dict[str, Any]:
    """Bounds slightly wider than the values; the minimum of a column that is never negative is 0, or 1."""
    if not DataType(c.type).of("numeric") or c.distinct in (None, 0, 1):
        return {}
    low, high = map(_float, c.usual if len(c.usual) == 2 else (c.min, c.max))
    if low is None or high is None:
        return {}
    out: dict[str, Any] = {"min_value": _lower_bound(low, high, whole=DataType(c.type).of("integer"))}
    if high > 0:
        out["max_value"] = _upper_bound(low, high)
    return out


def _float(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def _lower_bound(low: float, high: float, *, whole: bool) -> float | int:
    if 0 <= low <= high - low:
        return 1 if whole and low == 1 else 0
    step = _step(low, high)
    least = math.floor(low / step + 1e-9) * step  # a step too low where 0.3 / 0.1 is a little less than 3
    return _six_digits(least if least <= low + abs(low) * 1e-9 else least - step)


def _upper_bound(low: float, high: float) -> float | int:
    if high in NATURAL_ENDS or high == float(f"{high:.2g}"):  # round already
        return _six_digits(high)
    step = _step(low, high)
    most = math.ceil(high / step - 1e-9) * step
    return _six_digits(most if most >= high - abs(high) * 1e-9 else most + step)


def _step(low: float, high: float) -> float:
    """1, 2 or 5 times a power of ten, about a tenth of the range."""
    tenth = (high - low) / 10 or abs(high) / 10 or 1.0
    power = 10.0 ** math.floor(math.log10(tenth))
    return max(f for f in (1, 2, 5) if f * power <= tenth * (1 + 1e-9)) * power


def _one_digit(value: float, *, down: bool) -> float:
    """Rounded to one significant digit."""
    power = 10.0 ** math.floor(math.log10(value)) if value >= 1 else 1.0
    return (math.floor if down else math.ceil)(value / power) * power or 1.0


def _six_digits(value: float) -> float | int:
    rounded = float(f"{value:.6g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def _is_past(c: ColumnProfile, p: Profile, today: datetime) -> bool:
    """Whether the dates of a column are in the past, except for anomalies, and may not be in the future by its name."""
    if not DataType(c.type).of("date", "datetime") or may_be_future(c.name):
        return False
    if any(s.column == c.name and s.what == FUTURE for s in p.anomalies):
        return True
    odd = sum(s.count or 0 for s in p.anomalies if s.column == c.name and s.what in (FUTURE, PLACEHOLDER))
    high = c.usual[1] if len(c.usual) == 2 and odd <= p.rows * TOLERATED_SHARE else c.max
    return bool(high) and day_of(parse(str(high), "datetime")) < day_of(today) - 1
