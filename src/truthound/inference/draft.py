"""Rules drafted from a profile, as a commented checkpoint that runs."""

from __future__ import annotations

import math
from typing import Any

from truthound.inference.profiling import ColumnProfile, Profile
from truthound.schema import DataType
from truthound.text import number, percent, plural, terminal, yaml_line

CATEGORIES = 12
"""at most so many values are drafted as the only ones allowed"""


def draft_rules(profile: Profile) -> list[tuple[dict[str, Any], str]]:
    """Validators as a configuration has them, each with a comment on what was seen."""
    out: list[tuple[dict[str, Any], str]] = []
    rows = profile.rows
    seen = f"{plural(profile.duplicate_rows, 'row')} repeated" if profile.duplicate_rows else "no row occurs twice"
    out.append(({"duplicate": {}}, seen))
    full = [c.name for c in profile.columns if not c.nulls]
    if full and rows:
        out.append(({"null": {"columns": full}}, f"no null in {plural(rows, 'row')}"))
    some: dict[int, list[ColumnProfile]] = {}
    for c in profile.columns:
        if 0 < c.nulls <= rows * 0.05:
            some.setdefault(math.ceil(c.nulls / rows * 100), []).append(c)
    for limit, columns in sorted(some.items()):
        found = ", ".join(f"{c.name} {plural(c.nulls, 'null')} ({percent(c.nulls, rows)})" for c in columns)
        out.append(({"null": {"columns": [c.name for c in columns], "max_fail": f"{limit}%"}}, found))
    if profile.keys:
        out.append(({"unique": {"columns": list(profile.keys[:3])}}, "every value differs"))
    numbers: dict[str, dict[str, Any]] = {}
    for c in profile.columns:
        if bounds := _bounds(c):
            numbers[c.name] = bounds
    if numbers:
        out.append(({"range": {"columns": numbers}}, "as found, rounded outwards"))
    for c in profile.columns:
        if DataType(c.type).of("text") and c.distinct and c.distinct <= CATEGORIES and c.distinct * 20 <= rows:
            values = sorted(str(v) for v, _ in c.top)
            out.append(
                (
                    {"allowed_values": {"columns": [c.name], "values": values}},
                    f"{plural(c.distinct, 'different value')}",
                )
            )
    return out


def _bounds(c: ColumnProfile) -> dict[str, Any]:
    """Bounds a little wider than what was found; a column that is never negative gets 0."""
    if (
        not DataType(c.type).of("numeric")
        or c.min in (None, "NaN")
        or c.max in (None, "NaN")
        or c.distinct in (None, 1)
    ):
        return {}
    try:
        low, high = float(c.min), float(c.max)
    except ValueError:
        return {}
    if not (math.isfinite(low) and math.isfinite(high)):
        return {}
    out: dict[str, Any] = {"min_value": 0 if low >= 0 else _outward(low)}
    if high > 0:
        out["max_value"] = _outward(high)
    return out


def _outward(value: float) -> float | int:
    """Away from zero to two significant digits."""
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    rounded = math.copysign(math.ceil(abs(value) / step - 1e-9) * step, value)
    return int(rounded) if abs(rounded) >= 1 and float(rounded).is_integer() else float(f"{rounded:.6g}")


def draft_checkpoint(profile: Profile, *, data_source: str, name: str | None = None) -> str:
    """A configuration file with one checkpoint whose rules the data mostly hold."""
    title = name or _name(data_source)
    lines = [
        f"# Drafted from {terminal(data_source)}: {plural(profile.rows, 'row')}, {plural(len(profile.columns), 'column')}.",
        "# Read each rule, keep what should always hold, and say how bad a breach is (severity) or how much is fine (max_fail).",
        f"# Run it:  truthound checkpoint run {terminal(title)}",
        "checkpoints:",
        f"- name: {yaml_line(title)}",
        f"  data_source: {yaml_line(data_source)}",
    ]
    if profile.keys:
        lines.append(f"  primary_key: {yaml_line([profile.keys[0]])}  # shown first with each failing row")
    lines.append("  validators:")
    for rule, seen in draft_rules(profile):
        ((kind, options),) = rule.items()
        lines.append(f"  # {terminal(seen)}")
        nested = options.get("columns")
        if isinstance(nested, dict):
            lines += [f"  - {yaml_line(kind)}:", "      columns:"]
            lines += [f"        {yaml_line(column)}: {yaml_line(value)}" for column, value in nested.items()]
        else:
            lines.append(f"  - {yaml_line(kind)}: {yaml_line(options)}")
    for s in profile.suspicions:
        what = f"{terminal(s.column)}: {terminal(s.what)}"
        count = f", {plural(s.count, 'row')}" if s.count is not None else ""
        lines.append(
            f"  # look at {what}{count}" + (f", such as {terminal(number(s.example))}" if s.example is not None else "")
        )
    lines += ["  actions:", "  - type: store_result", "    store_path: truthound_results"]
    return "\n".join(lines) + "\n"


def _name(data_source: str) -> str:
    stem = data_source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].split(".")[0]
    return "".join(ch if ch.isalnum() or ch in "_-" else "_" for ch in stem) or "data"
