"""Rules drafted from a profile, as a commented checkpoint that runs and that the data hold, all but what looks wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from truthound.extended import day_of, parse
from truthound.inference.identity import named
from truthound.inference.learning import CATEGORIES, OFTEN, WORD
from truthound.inference.records import ColumnProfile, Profile, Suspicion
from truthound.inference.suspicions import FAR, FUTURE, MISSING, NAN, REPEATS, SPELLING, odd_word
from truthound.results import now
from truthound.schema import LONG, DataType
from truthound.text import cell, percent, plural, terminal, yaml_line
from truthound.validators.base import Clock

Drafted = tuple[dict[str, Any], str]
"""a validator as a configuration has it, and what was seen"""
LITTLE = 0.05
"""a rule that more rows break is none of these data's"""
ENDS = frozenset({1, 12, 23, 24, 31, 52, 53, 59, 60, 90, 100, 180, 255, 360, 365, 366, 999, 1000, 2359, 2400})
"""numbers that ranges end with by their nature"""
_FUTURE = ("due", "expir", "valid", "until", "end", "plan", "sched", "deadline", "target", "birthday", "next", "renew")


def draft_rules(profile: Profile, *, clock: Clock = now) -> list[Drafted]:
    """Validators as a configuration has them, each with a comment on what was seen.

    What looks wrong is left out of the rules, so that a run tells it; only a few nulls are tolerated, in so many.
    """
    if not profile.rows:
        return [({"duplicate": {}}, "there are no rows yet")]
    return list(_rules(_named(profile), clock()))


def _named(p: Profile) -> Profile:
    """A profile without the column that has no name, for which a configuration can have no rule."""
    return replace(
        p,
        columns=tuple(c for c in p.columns if c.name),
        keys=tuple(k for k in p.keys if k),
        suspicions=tuple(s for s in p.suspicions if s.column),
    )


def _rules(p: Profile, today: datetime) -> Iterator[Drafted]:
    least = _nice(p.rows / 2, down=True)
    yield {"row_count": {"min_value": int(least)}}, f"{plural(p.rows, 'row')} now"
    if p.duplicate_rows <= p.rows * LITTLE:
        repeated = f"{plural(p.duplicate_rows, 'row')} repeated today ({percent(p.duplicate_rows, p.rows)})"
        yield {"duplicate": {}}, repeated if p.duplicate_rows else "no row occurs twice"
    yield from _nulls(p)
    if p.keys:
        yield {"unique": {"columns": list(p.keys[:3])}}, "every value differs"
    for s in p.suspicions:
        if s.what == REPEATS:
            yield {"unique": {"columns": [s.column]}}, f"nearly unique: {_broken(s)}"
    yield from _ranges(p)
    past = [c.name for c in p.columns if _past(c, p, today)]
    if past:
        odd = [s for s in p.suspicions if s.column in past and s.what == FUTURE]
        yield {"future": {"columns": past}}, "; ".join(map(_said, odd)) or "no value lies in the future"
    for c in p.columns:
        yield from _texts(c, p)


def _nulls(p: Profile) -> Iterator[Drafted]:
    full = [c.name for c in p.columns if not c.nulls]
    if full:
        yield {"null": {"columns": full}}, f"no null in {plural(p.rows, 'row')}"
    some = [c for c in p.columns if 0 < c.nulls <= p.rows * LITTLE]
    if len(some) == 1:
        yield {"null": {"columns": [some[0].name], **_tolerance(some[0].nulls, p.rows)}}, _nulls_of(some[0], p)
    elif some:
        said = ", ".join(f"{c.name} {c.nulls:,} ({percent(c.nulls, p.rows)})" for c in some)
        yield {"null": {"columns": {c.name: _tolerance(c.nulls, p.rows) for c in some}}}, f"nulls: {said}"


def _nulls_of(c: ColumnProfile, p: Profile) -> str:
    return f"{plural(c.nulls, 'null')} ({percent(c.nulls, p.rows)})"


def _texts(c: ColumnProfile, p: Profile) -> Iterator[Drafted]:
    """The values, the format or the pattern of a column of text, and what little is wrong with it."""
    if not DataType(c.type).of("text") or not c.distinct:
        return
    present = p.rows - c.nulls
    of = {"columns": [c.name]}
    odd = {s.what: s for s in p.suspicions if s.column == c.name and s.count}
    short = all(len(str(v)) <= WORD for v, _ in c.top)
    if short and c.distinct <= CATEGORIES and c.distinct * OFTEN <= present and len(c.top) == c.distinct:
        wrong = {s.example for what, s in odd.items() if what.startswith(SPELLING)}
        wrong |= {v for v, _ in c.top if odd_word(str(v))}
        good = sorted(str(v) for v, _ in c.top if v not in wrong)
        if 2 * sum(n for v, n in c.top if v not in wrong) > present:
            quoted = (f'"{cell(v)}"' for v in sorted(map(str, wrong)))
            left = f"; left out: {', '.join(quoted)}" if wrong else ""
            yield {"allowed_values": {**of, "values": good}}, plural(c.distinct, "different value") + left
    elif c.format:
        said = f"{c.misfits:,} of {plural(present, 'value')} are none today ({percent(c.misfits, present)})"
        yield {"format": {**of, "format": c.format}}, said if c.misfits else f"all of {plural(present, 'value')} are"
    elif c.pattern:
        yield {"regex": {**of, "pattern": c.pattern}}, f"all of {plural(present, 'value')} match"
    for what, kind in (("empty or only blanks", "blank"), ("blanks at an end", "whitespace")):
        if (s := odd.get(what)) and s.count and s.count <= p.rows * LITTLE:
            yield {kind: of}, _said(s)


def _said(s: Suspicion) -> str:
    count = "" if s.count is None else f", {plural(s.count, 'row')}" + (f" ({s.percent})" if s.percent else "")
    return f"{s.column}: {s.what}{count}" + _such(s)


def _broken(s: Suspicion) -> str:
    count = s.count or 0
    return f"{plural(count, 'row')} ({s.percent}) {'breaks' if count == 1 else 'break'} it today" + _such(s)


def _such(s: Suspicion) -> str:
    return f", such as {cell(s.example)}" if s.example is not None else ""


def _tolerance(count: int, rows: int) -> dict[str, str]:
    """The share of rows that may fail, so that these do: in percent, rounded up to one digit that counts."""
    if not count:
        return {}
    share = Decimal(count) / rows * 100
    step = Decimal(1).scaleb(min(share.adjusted(), 0))
    return {"max_fail": f"{share.quantize(step, ROUND_CEILING):f}%"}


# --- ranges --------------------------------------------------------------------------------------------------------


def _ranges(p: Profile) -> Iterator[Drafted]:
    """Numbers that measure something, without those that look wrong. Identifiers and numbers that only rise have no range."""
    free = {*p.keys, *(s.column for s in p.suspicions if s.what == REPEATS)}
    bounded = [c for c in p.columns if c.name not in free and not c.rising and not named(c.name)]
    ranges = {c.name: found for c in bounded if (found := _range(c))}
    if not ranges:
        return
    odd = [s for s in p.suspicions if s.column in ranges and s.what in (MISSING, FAR, NAN)]
    left = f"; left out: {'; '.join(map(_said, odd))}" if odd else ""
    yield {"range": {"columns": ranges}}, f"as found, rounded outwards{left}"


def _range(c: ColumnProfile) -> dict[str, Any]:
    """Bounds a little wider than what was found; a column that is never negative gets 0, or 1."""
    if not DataType(c.type).of("numeric") or c.distinct in (None, 0, 1):
        return {}
    low, high = map(_float, c.usual if len(c.usual) == 2 else (c.min, c.max))
    if low is None or high is None:
        return {}
    out: dict[str, Any] = {"min_value": _least(low, high, whole=DataType(c.type).of("integer"))}
    if high > 0:
        out["max_value"] = _most(low, high)
    return out


def _float(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def _least(low: float, high: float, *, whole: bool) -> float | int:
    if 0 <= low <= high - low:
        return 1 if whole and low == 1 else 0
    step = _step(low, high)
    return _short(math.floor(low / step + 1e-9) * step)


def _most(low: float, high: float) -> float | int:
    if high in ENDS or high == float(f"{high:.2g}"):  # round already
        return _short(high)
    step = _step(low, high)
    return _short(math.ceil(high / step - 1e-9) * step)


def _step(low: float, high: float) -> float:
    """1, 2 or 5 times a power of ten, about a tenth of the range."""
    tenth = (high - low) / 10 or abs(high) / 10 or 1.0
    power = 10.0 ** math.floor(math.log10(tenth))
    return max(f for f in (1, 2, 5) if f * power <= tenth * (1 + 1e-9)) * power


def _nice(value: float, *, down: bool) -> float:
    """To one digit that counts."""
    power = 10.0 ** math.floor(math.log10(value)) if value >= 1 else 1.0
    return (math.floor if down else math.ceil)(value / power) * power or 1.0


def _short(value: float) -> float | int:
    rounded = float(f"{value:.6g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def _past(c: ColumnProfile, p: Profile, today: datetime) -> bool:
    """Whether a column of moments lies in the past, but for a few that look wrong, and is not one of plans by its name."""
    if not DataType(c.type).of("date", "datetime") or any(w in c.name.casefold() for w in _FUTURE):
        return False
    odd = sum(s.count or 0 for s in p.suspicions if s.column == c.name and s.what in (FUTURE, MISSING))
    high = c.usual[1] if len(c.usual) == 2 and odd <= p.rows * LITTLE else c.max
    return bool(high) and day_of(parse(str(high), "datetime")) < day_of(today) - 1


# --- as a file -----------------------------------------------------------------------------------------------------


def draft_checkpoint(profile: Profile, *, data_source: str, name: str | None = None, clock: Clock = now) -> str:
    """A configuration file with one checkpoint whose rules the data hold, all but the rows that look wrong."""
    title = name or _name(data_source)
    lines = [
        f"# Drafted from {terminal(data_source)}: {plural(profile.rows, 'row')}, {plural(len(profile.columns), 'column')}.",
        "# Read each rule, keep what should always hold, and say how bad a breach is (severity) or how much is fine (max_fail).",
        "# What looks wrong today is not allowed for, so that a run tells it.",
        f"# Run it:  truthound checkpoint run {terminal(title)}",
        "checkpoints:",
        f"- name: {_written(title)}",
        f"  data_source: {_written(data_source)}",
    ]
    known = _named(profile)
    if known.keys:
        lines.append(f"  primary_key: {_written([known.keys[0]])}  # shown first with each failing row")
    if len(known.columns) < len(profile.columns):
        lines.append("  # there are no rules for the column without a name: give it one in the data's header")
    lines.append("  validators:")
    for rule, seen in draft_rules(profile, clock=clock):
        lines.append(f"  # {terminal(seen)}")
        lines += [f"  {line}" for line in as_yaml(rule)]
    lines += [f"  # look at {terminal(_said(s))}" for s in profile.suspicions]
    lines += ["  actions:", "  - type: store_result", "    store_path: truthound_results"]
    return "\n".join(lines) + "\n"


def _name(data_source: str) -> str:
    stem = data_source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].split(".")[0]
    return "".join(ch if ch.isalnum() or ch in "_-" else "_" for ch in stem) or "data"


def as_yaml(rule: dict[str, Any]) -> list[str]:
    """A rule as the lines of a configuration."""
    ((kind, options),) = rule.items()
    each = options.get("columns")
    if not isinstance(each, dict):
        return [f"- {_written(kind)}: {_written(options)}"]
    keyed = [line for column, value in each.items() for line in _keyed(column, _written(value))]
    return [f"- {_written(kind)}:", "    columns:", *(f"      {line}" for line in keyed)]


def _keyed(column: str, value: str) -> list[str]:
    """A column and its options. YAML reads a long key only with a mark."""
    key = yaml_line(column)
    return [f"{key}: {value}"] if len(column) <= LONG else [f"? {key}", f": {value}"]


def _written(value: Any) -> str:
    """A value as YAML on one line. What looks like a variable of the environment is none."""
    return yaml_line(_escaped(value))


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return value.replace("${", "$${")
        case dict():
            return {k: _escaped(v) for k, v in value.items()}
        case list():
            return [_escaped(v) for v in value]
        case _:
            return value
