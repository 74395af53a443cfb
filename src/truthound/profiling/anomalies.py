"""Anomalies in columns: probes that are measured together, and reported where their counts confirm them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from truthound._internal.extended_time import day_of, nanoseconds
from truthound._internal.text import to_json_value
from truthound.engine import Backend, RowRequest
from truthound.engine import measures as m
from truthound.profiling.key_columns import CODE_NAME, has_identifier_name
from truthound.profiling.models import Anomaly, ColumnScan
from truthound.profiling.text_patterns import DATE_STYLES, common_date_style
from truthound.validators.durations import zone_of
from truthound.validators.text import Encoding

SENTINEL_WORDS = (
    "n/a", "na", "#n/a", "null", "none", "nan", "nil", "unknown", "undefined", "missing", "-", "--", "?", "tbd", "test", "xxx",
)  # fmt: skip
SENTINEL_NUMBERS = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999, 9999999, 99999999, 999999999)
SENTINEL_DATES = (date(1, 1, 1), date(1900, 1, 1), date(1970, 1, 1), date(2099, 12, 31), date(9999, 12, 31))
_NUMERIC = r"^\s*[-+]?[0-9]+([.,][0-9]+)?\s*$"
_PLACEHOLDER_PATTERN = rf"(?i)^\s*(?:{'|'.join(SENTINEL_WORDS).replace('?', '[?]')})\s*$"
MAX_EXAMPLES = 200
"""examples that are fetched"""
OUTLIER_SHARE = 0.01
"""the share of rows up to which values far from the rest are outliers; more are a long tail"""
PLACEHOLDER = "stands for a missing value?"
OUTLIER = "far outside of the rest"
NEARLY_UNIQUE = "nearly unique: a key with repeats?"
OTHER_SPELLING = "the same word in different spelling as"
FUTURE = "in the future"
NAN = "NaN"
NUMERIC_TEXT = "numbers kept as text"
MOSTLY_NUMERIC = "numbers, but not all"
LOST_ZEROS = "zeros lost in front?"
BLANK = "empty or only blanks"
CONSTANT = "always the same value"
ENCODING = "signs of a wrong encoding"
MIXED_DATES = "days written in another way than most"
MAX_LISTED = 20
"""values that are listed"""
_FUTURE_NAMES = (
    "due",
    "expir",
    "valid",
    "until",
    "end",
    "plan",
    "sched",
    "deadline",
    "target",
    "birthday",
    "next",
    "renew",
)
"""parts of names of columns whose dates may be in the future"""

CountTest = Callable[[int, ColumnScan], bool]


@dataclass(frozen=True, slots=True)
class AnomalyProbe:
    """Counts the rows of a possible anomaly, which `is_anomaly` decides by the count."""

    column: str
    what: str
    predicate: m.Predicate | None
    is_anomaly: CountTest
    count: int | None = None
    """if known without measuring"""
    example: Any = None
    rule: dict[str, Any] | None = field(default=None, compare=False)
    """the validator that finds it, and its options without the columns"""
    values: tuple[Any, ...] = ()
    """known already"""

    @property
    def measures(self) -> tuple[m.Measure, ...]:
        return () if self.predicate is None else (m.CountWhere(self.predicate),)


def anomaly_probes(s: ColumnScan, today: datetime) -> Iterator[AnomalyProbe]:
    """The possible anomalies of a column, given what is known of it."""
    nulls = s.measured["nulls"]
    if not s.rows or not s.present:
        if s.rows:
            yield AnomalyProbe(s.name, "only nulls", None, _any_row, nulls, rule=_HALF_COMPLETE)
        return
    if nulls > s.rows / 2:
        yield AnomalyProbe(s.name, "mostly null", None, _any_row, nulls, rule=_HALF_COMPLETE)
    if s.type.of("text"):
        yield from _text_probes(s)
    if s.type.of("float"):
        yield AnomalyProbe(s.name, NAN, m.IsNan(s.name), _any_row, example="NaN", rule={"nan": {}})
    if s.type.of("numeric"):
        yield from _number_probes(s)
    if s.type.of("date", "datetime"):
        yield from _time_probes(s, today)


_HALF_COMPLETE = {"completeness": {"min_value": 0.5, "severity": "low"}}


def _any_row(count: int, _: ColumnScan) -> bool:
    return count > 0


def _text_probes(s: ColumnScan) -> Iterator[AnomalyProbe]:
    c, first = s.name, s.first_values
    zeros = m.Matches(c, "^0[0-9]")
    numeric = m.Matches(c, _NUMERIC)
    if 2 * sum(bool(re.search(_NUMERIC, v)) for v in first) >= len(first) and not has_identifier_name(c):
        typed = {"column_type": {"type": "numeric", "severity": "low"}}
        yield AnomalyProbe(c, NUMERIC_TEXT, m.And((numeric, m.Not(zeros))), lambda n, s: n == s.present, rule=typed)
        number = {"regex": {"pattern": _NUMERIC}}
        yield AnomalyProbe(c, MOSTLY_NUMERIC, m.Not(numeric), lambda n, s: 0 < n <= s.present * 0.1, rule=number)
    blank = m.Matches(c, r"^\s*$")
    yield AnomalyProbe(c, BLANK, blank, _any_row, rule={"blank": {}})
    yield AnomalyProbe(
        c, "blanks at an end", m.And((m.Matches(c, r"^\s|\s$"), m.Not(blank))), _any_row, rule={"whitespace": {}}
    )
    yield AnomalyProbe(
        c,
        PLACEHOLDER,
        m.Matches(c, _PLACEHOLDER_PATTERN),
        _any_row,
        rule={"regex": {"pattern": _PLACEHOLDER_PATTERN, "match": False}},
    )
    yield AnomalyProbe(c, ENCODING, m.Matches(c, Encoding.found), _any_row, rule={"encoding": {}})
    if usual := common_date_style(first):
        others = tuple(m.Matches(c, p) for way, p in DATE_STYLES.items() if way != usual)
        yield AnomalyProbe(c, MIXED_DATES, m.Or(others), _any_row, rule={"regex": {"pattern": DATE_STYLES[usual]}})


def _number_probes(s: ColumnScan) -> Iterator[AnomalyProbe]:
    c, low, high = s.name, s.measured.get("min"), s.measured.get("max")
    if low is None or high is None:
        return
    ends = tuple(v for v in SENTINEL_NUMBERS if v in (low, high) and low < high)
    if ends:
        # a single such value is data, and so is the end of a range without gaps
        holes = (s.measured.get("distinct") or 0) < float(high) - float(low)
        yield AnomalyProbe(
            c,
            PLACEHOLDER,
            m.In(c, ends),
            lambda n, s: holes and n > max(1, s.present / 1000),
            example=ends[0],
            rule=_forbidden_values(ends),
            values=ends,
        )
    q1, q3 = s.measured.get("q25"), s.measured.get("q75")
    if q1 is not None and q3 is not None and q3 > q1:
        reach = 3 * (float(q3) - float(q1))
        near = float(q1) - reach, float(q3) + reach
        furthest = high if float(high) - near[1] >= near[0] - float(low) else low
        few: CountTest = lambda n, s: 0 < n <= max(1, s.present * OUTLIER_SHARE)  # noqa: E731
        outside = m.Or(
            (m.Between(c, None, near[0], high_inclusive=False), m.Between(c, near[1], None, low_inclusive=False))
        )
        if max(float(high) - near[1], near[0] - float(low)) > reach:  # what is nearer is the end of a tail
            fence = (math.ceil(near[0]), math.floor(near[1])) if s.type.of("integer") else near
            rule = {"range": {"min_value": fence[0], "max_value": fence[1]}}
            yield AnomalyProbe(c, OUTLIER, outside, few, example=furthest, rule=rule)
    if s.type.of("integer") and low > 0 and 10_000 <= high < 10**15 and CODE_NAME.search(c):
        # codes of one length, some of them shorter: they lost leading zeros when text became numbers
        least = 10 ** (len(str(high)) - 1)
        shorter = m.Between(c, None, least, high_inclusive=False)
        half: CountTest = lambda n, s: 0 < n <= s.present / 2  # noqa: E731
        yield AnomalyProbe(c, LOST_ZEROS, shorter, half, example=low, rule={"range": {"min_value": least}})


def _time_probes(s: ColumnScan, today: datetime) -> Iterator[AnomalyProbe]:
    c, low, high = s.name, s.measured.get("min"), s.measured.get("max")
    if low is None or high is None:
        return
    moments, zone = s.type.of("datetime"), zone_of(s.type)
    odd = [d for d in SENTINEL_DATES if day_of(low) <= day_of(d) <= day_of(high)]
    if odd:
        spans = [m.Between(c, *_day_bounds(d, zone)) if moments else m.In(c, (d,)) for d in odd]
        at_an_end = not {day_of(low), day_of(high)}.isdisjoint(map(day_of, odd))
        yield AnomalyProbe(
            c,
            PLACEHOLDER,
            m.Or(tuple(spans)),
            lambda n, s: n > 0 and (at_an_end or n > s.present / 100),
            rule=_forbidden_values(map(to_json_value, odd)),
        )
    now: date = today if zone else today.replace(tzinfo=None) if moments else today.date()
    if (nanoseconds(high) or 0) > (nanoseconds(now) or 0) and not may_be_future(c):
        later = m.Between(c, now, None, low_inclusive=False)
        yield AnomalyProbe(c, FUTURE, later, _any_row, example=high, rule={"future": {}})


def may_be_future(column: str) -> bool:
    """Whether dates may be in the future, by the name of their column."""
    return any(word in column.casefold() for word in _FUTURE_NAMES)


def _day_bounds(day: date, zone: str | None) -> tuple[datetime, datetime]:
    """The first and the last timestamp of a day."""
    at = ZoneInfo(zone) if zone else None
    return datetime.combine(day, time(), at), datetime.combine(day, time.max, at)


# --- reported ----------------------------------------------------------------------------------------------------------


def confirmed(
    scans: Mapping[str, ColumnScan], probes: Iterable[AnomalyProbe], counted: Mapping[m.Measure, Any]
) -> Iterator[tuple[AnomalyProbe, int]]:
    """The probes whose counts confirm an anomaly, with these counts."""
    for probe in probes:
        count = probe.count if probe.predicate is None else counted.get(probe.measures[0])
        if count is not None and probe.is_anomaly(count, scans[probe.column]):
            yield probe, count


def describe_anomalies(
    backend: Backend, scans: Mapping[str, ColumnScan], found: Iterable[tuple[AnomalyProbe, int]]
) -> tuple[Anomaly, ...]:
    """The anomalies, column by column, each with a count, an example and the rule that finds it."""
    found = list(found)
    examples = _examples(backend, [probe for probe, _ in found])
    listed = _listed_values(backend, scans, [probe for probe, _ in found])
    out: dict[str, list[Anomaly]] = {c: list(_frequency_anomalies(s)) for c, s in scans.items()}
    for probe, count in found:
        values = tuple(map(to_json_value, probe.values or listed.get(probe, ())))
        rule = _forbidden_values(values) if probe.what == PLACEHOLDER and 0 < len(values) < MAX_LISTED else probe.rule
        example = to_json_value(examples.get(probe, probe.example))
        out[probe.column].append(
            Anomaly(
                probe.column, probe.what, count, example, scans[probe.column].rows, values, rule_for(rule, probe.column)
            )
        )
    return tuple(s for one in out.values() for s in one)


def rule_for(rule: dict[str, Any] | None, column: str) -> dict[str, Any] | None:
    """A rule for a column; None for a column without a name, which a configuration cannot refer to."""
    if rule is None or not column:
        return None
    ((kind, options),) = rule.items()
    return {kind: {"columns": [column], **options}}


def _forbidden_values(values: Iterable[Any]) -> dict[str, Any]:
    return {"forbidden_values": {"values": list(values)}}


def _listed_values(
    backend: Backend, scans: Mapping[str, ColumnScan], probes: list[AnomalyProbe]
) -> dict[AnomalyProbe, tuple[Any, ...]]:
    """The values of text, date and time anomalies, if they are few."""
    measures = {
        s: m.TopValues(s.column, MAX_LISTED, s.predicate)
        for s in probes
        if s.predicate is not None and not s.values and scans[s.column].type.of("text", "date", "datetime")
    }
    found = backend.measure(measures.values()) if measures else {}
    return {s: tuple(v for v, _ in found[x]) for s, x in measures.items() if isinstance(found[x], tuple)}


def nearly_unique(s: ColumnScan) -> bool:
    """Whether all values but a few differ."""
    distinct = s.measured.get("distinct") or s.present
    return s.present > 20 and 0 < s.present - distinct <= max(s.present // 50, 1)


def is_placeholder(value: str) -> bool:
    """Whether a category is blank, has blanks at an end, or stands for a missing value."""
    return value != value.strip() or not value or re.search(_PLACEHOLDER_PATTERN, value) is not None


def _examples(backend: Backend, probes: list[AnomalyProbe]) -> dict[AnomalyProbe, Any]:
    """An example value for each probe without one."""
    open_ = [s for s in probes if s.predicate is not None and s.example is None][:MAX_EXAMPLES]
    asked = {str(i): RowRequest(s.predicate, limit=1) for i, s in enumerate(open_) if s.predicate is not None}
    rows = backend.rows(asked) if asked else {}
    return {s: rows[str(i)].rows[0][1][s.column] for i, s in enumerate(open_) if rows[str(i)].rows}


def _frequency_anomalies(s: ColumnScan) -> Iterator[Anomaly]:
    """The anomalies that the most frequent values show."""
    top, distinct, present = s.measured.get("top") or (), s.measured.get("distinct"), s.present
    if distinct == 1 and present > 1:
        rule = rule_for({"cardinality": {"min_value": 2, "severity": "low"}}, s.name)
        yield Anomaly(s.name, CONSTANT, present, to_json_value(top[0][0]) if top else None, s.rows, rule=rule)
    if repeats := s.measured.get("repeats"):
        example = to_json_value(top[0][0]) if top and top[0][1] > 1 else None
        yield Anomaly(s.name, NEARLY_UNIQUE, repeats.rows, example, s.rows, rule=rule_for({"unique": {}}, s.name))
    if s.type.of("text") and distinct == len(top):  # else they are not categories
        yield from _spelling_anomalies(s, top)


def _spelling_anomalies(s: ColumnScan, top: Iterable[tuple[Any, int]]) -> Iterator[Anomaly]:
    known: dict[str, Any] = {}
    for value, count in top:
        folded = " ".join(str(value).casefold().split())
        if folded and folded in known:
            what = f"{OTHER_SPELLING} {known[folded]}"
            yield Anomaly(
                s.name,
                what,
                count,
                to_json_value(value),
                s.rows,
                (to_json_value(value),),
                rule_for(_forbidden_values([value]), s.name),
            )
        known.setdefault(folded, value)
