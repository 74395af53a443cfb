"""What looks wrong in a column: signs that are asked for together, and told where they are found."""

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
from truthound.profiling.key_columns import CODE, named
from truthound.profiling.models import ColumnScan, Suspicion
from truthound.profiling.text_patterns import DAYS, days
from truthound.validators.durations import zone_of
from truthound.validators.text import Encoding

SENTINEL_WORDS = (
    "n/a", "na", "#n/a", "null", "none", "nan", "nil", "unknown", "undefined", "missing", "-", "--", "?", "tbd", "test", "xxx",
)  # fmt: skip
SENTINEL_NUMBERS = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999, 9999999, 99999999, 999999999)
SENTINEL_DATES = (date(1, 1, 1), date(1900, 1, 1), date(1970, 1, 1), date(2099, 12, 31), date(9999, 12, 31))
_NUMERIC = r"^\s*[-+]?[0-9]+([.,][0-9]+)?\s*$"
_WORDS = rf"(?i)^\s*(?:{'|'.join(SENTINEL_WORDS).replace('?', '[?]')})\s*$"
EXAMPLES = 200
"""examples that are fetched at most"""
RARE = 0.01
"""values far from the rest are outliers only if they are few; more are a long tail"""
MISSING = "stands for a missing value?"
FAR = "far outside of the rest"
REPEATS = "nearly unique: a key with repeats?"
SPELLING = "the same word in different spelling as"
FUTURE = "in the future"
NAN = "NaN"
NUMBERS = "numbers kept as text"
NOT_NUMBERS = "numbers, but not all"
ZEROS = "zeros lost in front?"
BLANK = "empty or only blanks"
CONSTANT = "always the same value"
ENCODING = "signs of a wrong encoding"
MIXED = "days written in another way than most"
SEVERAL = 20
"""values that are listed at most"""
_PLANS = ("due", "expir", "valid", "until", "end", "plan", "sched", "deadline", "target", "birthday", "next", "renew")
"""parts of the names of columns whose days may well lie in the future"""

Keep = Callable[[int, ColumnScan], bool]


@dataclass(frozen=True, slots=True)
class AnomalyProbe:
    """Something to count in a column; told where `keep` holds for the count."""

    column: str
    what: str
    predicate: m.Predicate | None
    keep: Keep
    count: int | None = None
    """known already"""
    example: Any = None
    rule: dict[str, Any] | None = field(default=None, compare=False)
    """the options of the validator that finds it, by its name; without the columns"""
    values: tuple[Any, ...] = ()
    """known already"""

    @property
    def measures(self) -> tuple[m.Measure, ...]:
        return () if self.predicate is None else (m.CountWhere(self.predicate),)


def suspect(s: ColumnScan, begin: list[Any], today: datetime) -> Iterator[AnomalyProbe]:
    """What to look for in a column, given what is known of it and its first values."""
    nulls = s.got["nulls"]
    if not s.rows or not s.present:
        if s.rows:
            yield AnomalyProbe(s.name, "only nulls", None, _some, nulls, rule=_HALF)
        return
    if nulls > s.rows / 2:
        yield AnomalyProbe(s.name, "mostly null", None, _some, nulls, rule=_HALF)
    if s.type.of("text"):
        yield from _text(s, begin)
    if s.type.of("float"):
        yield AnomalyProbe(s.name, NAN, m.IsNan(s.name), _some, example="NaN", rule={"nan": {}})
    if s.type.of("numeric"):
        yield from _numbers(s)
    if s.type.of("date", "datetime"):
        yield from _moments(s, today)


_HALF = {"completeness": {"min_value": 0.5, "severity": "low"}}


def _some(count: int, _: ColumnScan) -> bool:
    return count > 0


def _text(s: ColumnScan, begin: list[Any]) -> Iterator[AnomalyProbe]:
    c = s.name
    zeros = m.Matches(c, "^0[0-9]")
    numeric = m.Matches(c, _NUMERIC)
    if 2 * sum(bool(re.search(_NUMERIC, v)) for v in begin) >= len(begin) and not named(c):
        typed = {"column_type": {"type": "numeric", "severity": "low"}}
        yield AnomalyProbe(c, NUMBERS, m.And((numeric, m.Not(zeros))), lambda n, s: n == s.present, rule=typed)
        number = {"regex": {"pattern": _NUMERIC}}
        yield AnomalyProbe(c, NOT_NUMBERS, m.Not(numeric), lambda n, s: 0 < n <= s.present * 0.1, rule=number)
    blank = m.Matches(c, r"^\s*$")
    yield AnomalyProbe(c, BLANK, blank, _some, rule={"blank": {}})
    yield AnomalyProbe(
        c, "blanks at an end", m.And((m.Matches(c, r"^\s|\s$"), m.Not(blank))), _some, rule={"whitespace": {}}
    )
    yield AnomalyProbe(c, MISSING, m.Matches(c, _WORDS), _some, rule={"regex": {"pattern": _WORDS, "match": False}})
    yield AnomalyProbe(c, ENCODING, m.Matches(c, Encoding.found), _some, rule={"encoding": {}})
    if usual := days(begin):
        others = tuple(m.Matches(c, p) for way, p in DAYS.items() if way != usual)
        yield AnomalyProbe(c, MIXED, m.Or(others), _some, rule={"regex": {"pattern": DAYS[usual]}})


def _numbers(s: ColumnScan) -> Iterator[AnomalyProbe]:
    c, low, high = s.name, s.got.get("min"), s.got.get("max")
    if low is None or high is None:
        return
    ends = tuple(v for v in SENTINEL_NUMBERS if v in (low, high) and low < high)
    if ends:
        # one value among many is data, and so is the end of a run without holes
        holes = (s.got.get("distinct") or 0) < float(high) - float(low)
        yield AnomalyProbe(
            c,
            MISSING,
            m.In(c, ends),
            lambda n, s: holes and n > max(1, s.present / 1000),
            example=ends[0],
            rule=_forbidden(ends),
            values=ends,
        )
    q1, q3 = s.got.get("q25"), s.got.get("q75")
    if q1 is not None and q3 is not None and q3 > q1:
        reach = 3 * (float(q3) - float(q1))
        near = float(q1) - reach, float(q3) + reach
        furthest = high if float(high) - near[1] >= near[0] - float(low) else low
        few: Keep = lambda n, s: 0 < n <= max(1, s.present * RARE)  # noqa: E731
        outside = m.Or(
            (m.Between(c, None, near[0], high_inclusive=False), m.Between(c, near[1], None, low_inclusive=False))
        )
        if max(float(high) - near[1], near[0] - float(low)) > reach:  # what is nearer is the end of a tail
            fence = (math.ceil(near[0]), math.floor(near[1])) if s.type.of("integer") else near
            rule = {"range": {"min_value": fence[0], "max_value": fence[1]}}
            yield AnomalyProbe(c, FAR, outside, few, example=furthest, rule=rule)
    if s.type.of("integer") and low > 0 and 10_000 <= high < 10**15 and CODE.search(c):
        # codes of one length, some of them shorter: zeros in front were lost where the text became a number
        least = 10 ** (len(str(high)) - 1)
        shorter = m.Between(c, None, least, high_inclusive=False)
        half: Keep = lambda n, s: 0 < n <= s.present / 2  # noqa: E731
        yield AnomalyProbe(c, ZEROS, shorter, half, example=low, rule={"range": {"min_value": least}})


def _moments(s: ColumnScan, today: datetime) -> Iterator[AnomalyProbe]:
    c, low, high = s.name, s.got.get("min"), s.got.get("max")
    if low is None or high is None:
        return
    moments, zone = s.type.of("datetime"), zone_of(s.type)
    odd = [d for d in SENTINEL_DATES if day_of(low) <= day_of(d) <= day_of(high)]
    if odd:
        spans = [m.Between(c, *_whole(d, zone)) if moments else m.In(c, (d,)) for d in odd]
        at_an_end = not {day_of(low), day_of(high)}.isdisjoint(map(day_of, odd))
        yield AnomalyProbe(
            c,
            MISSING,
            m.Or(tuple(spans)),
            lambda n, s: n > 0 and (at_an_end or n > s.present / 100),
            rule=_forbidden(map(to_json_value, odd)),
        )
    now: date = today if zone else today.replace(tzinfo=None) if moments else today.date()
    if (nanoseconds(high) or 0) > (nanoseconds(now) or 0) and not planned(c):
        later = m.Between(c, now, None, low_inclusive=False)
        yield AnomalyProbe(c, FUTURE, later, _some, example=high, rule={"future": {}})


def planned(column: str) -> bool:
    """Whether days may well lie in the future, by the name of their column."""
    return any(word in column.casefold() for word in _PLANS)


def _whole(day: date, zone: str | None) -> tuple[datetime, datetime]:
    """A day's first and last moment."""
    at = ZoneInfo(zone) if zone else None
    return datetime.combine(day, time(), at), datetime.combine(day, time.max, at)


# --- told ----------------------------------------------------------------------------------------------------------


def found(
    seen: Mapping[str, ColumnScan], signs: Iterable[AnomalyProbe], counted: Mapping[m.Measure, Any]
) -> Iterator[tuple[AnomalyProbe, int]]:
    """The signs that are there, each with its count."""
    for sign in signs:
        count = sign.count if sign.predicate is None else counted.get(sign.measures[0])
        if count is not None and sign.keep(count, seen[sign.column]):
            yield sign, count


def tell(
    backend: Backend, seen: Mapping[str, ColumnScan], there: Iterable[tuple[AnomalyProbe, int]]
) -> tuple[Suspicion, ...]:
    """What looks wrong, column by column, each with a count, an example and the rule that finds it."""
    there = list(there)
    examples = _examples(backend, [sign for sign, _ in there])
    listed = _listed(backend, seen, [sign for sign, _ in there])
    out: dict[str, list[Suspicion]] = {c: list(_frequent(s)) for c, s in seen.items()}
    for sign, count in there:
        values = tuple(map(to_json_value, sign.values or listed.get(sign, ())))
        rule = _forbidden(values) if sign.what == MISSING and 0 < len(values) < SEVERAL else sign.rule
        example = to_json_value(examples.get(sign, sign.example))
        out[sign.column].append(
            Suspicion(sign.column, sign.what, count, example, seen[sign.column].rows, values, of(rule, sign.column))
        )
    return tuple(s for one in out.values() for s in one)


def of(rule: dict[str, Any] | None, column: str) -> dict[str, Any] | None:
    """A rule for a column; none for one without a name, which no configuration can name."""
    if rule is None or not column:
        return None
    ((kind, options),) = rule.items()
    return {kind: {"columns": [column], **options}}


def _forbidden(values: Iterable[Any]) -> dict[str, Any]:
    return {"forbidden_values": {"values": list(values)}}


def _listed(
    backend: Backend, seen: Mapping[str, ColumnScan], signs: list[AnomalyProbe]
) -> dict[AnomalyProbe, tuple[Any, ...]]:
    """The values of signs of text, dates and times, where they are few."""
    measures = {
        s: m.TopValues(s.column, SEVERAL, s.predicate)
        for s in signs
        if s.predicate is not None and not s.values and seen[s.column].type.of("text", "date", "datetime")
    }
    found = backend.measure(measures.values()) if measures else {}
    return {s: tuple(v for v, _ in found[x]) for s, x in measures.items() if isinstance(found[x], tuple)}


def nearly_unique(s: ColumnScan) -> bool:
    """Whether all values but a few differ."""
    distinct = s.got.get("distinct") or s.present
    return s.present > 20 and 0 < s.present - distinct <= max(s.present // 50, 1)


def odd_word(value: str) -> bool:
    """Whether a text among categories is blank, has blanks at an end, or stands for a missing value."""
    return value != value.strip() or not value or re.search(_WORDS, value) is not None


def _examples(backend: Backend, signs: list[AnomalyProbe]) -> dict[AnomalyProbe, Any]:
    """A value for each sign that has none yet."""
    open_ = [s for s in signs if s.predicate is not None and s.example is None][:EXAMPLES]
    asked = {str(i): RowRequest(s.predicate, limit=1) for i, s in enumerate(open_) if s.predicate is not None}
    rows = backend.rows(asked) if asked else {}
    return {s: rows[str(i)].rows[0][1][s.column] for i, s in enumerate(open_) if rows[str(i)].rows}


def _frequent(s: ColumnScan) -> Iterator[Suspicion]:
    """What the most frequent values show."""
    top, distinct, present = s.got.get("top") or (), s.got.get("distinct"), s.present
    if distinct == 1 and present > 1:
        rule = of({"cardinality": {"min_value": 2, "severity": "low"}}, s.name)
        yield Suspicion(s.name, CONSTANT, present, to_json_value(top[0][0]) if top else None, s.rows, rule=rule)
    if repeats := s.got.get("repeats"):
        example = to_json_value(top[0][0]) if top and top[0][1] > 1 else None
        yield Suspicion(s.name, REPEATS, repeats.rows, example, s.rows, rule=of({"unique": {}}, s.name))
    if s.type.of("text") and distinct == len(top):  # else they are no categories
        yield from _spellings(s, top)


def _spellings(s: ColumnScan, top: Iterable[tuple[Any, int]]) -> Iterator[Suspicion]:
    known: dict[str, Any] = {}
    for value, count in top:
        folded = " ".join(str(value).casefold().split())
        if folded and folded in known:
            what = f"{SPELLING} {known[folded]}"
            yield Suspicion(
                s.name,
                what,
                count,
                to_json_value(value),
                s.rows,
                (to_json_value(value),),
                of(_forbidden([value]), s.name),
            )
        known.setdefault(folded, value)
