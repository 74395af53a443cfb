"""A profile as text for the terminal, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_markdown, escape_terminal
from truthound._internal.text import percent, plural
from truthound.reporters.terminal import Look, Span, line, wrapped

if TYPE_CHECKING:
    from rich.console import RenderableType

    from truthound.profiling import Anomaly, ColumnProfile, Profile

_MOST = 3  # frequent values shown
_COLUMNS, _ANOMALIES, _LINES = 10, 5, 24  # shown by `check`; of rules, lines
_REASON_LINES = 3  # of why a rule is drafted
_FEWEST_LINES = 3  # with fewer left, the other rules are counted
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)(?:\.\d+)?(?:[+-]\d\d:\d\d)?$")
_HEADER = ("COLUMN", "TYPE", "NULLS", "DISTINCT", "", "VALUES")


def page(profile: Profile, look: Look, *, drafted: bool = False) -> str:
    """The columns and anomalies; with `drafted` also rules that would fit, and only the first of each."""
    columns, anomalies = profile.columns, profile.anomalies
    if drafted:
        columns, anomalies = columns[:_COLUMNS], anomalies[:_ANOMALIES]
    rows: list[list[Span]] = [[(word, "dim") for word in _HEADER], *(_row(c, profile.rows, look) for c in columns)]
    if not any(row[4][0] for row in rows):  # no histograms in plain text
        rows = [[*row[:4], row[5]] for row in rows]
    parts: list[RenderableType] = [
        look.title(escape_terminal(profile.name), _facts(profile, look)),
        "",
        look.table(rows, indent=1, whole=(2, 3)),
        *_more(len(profile.columns) - len(columns), "column", look),
    ]
    if anomalies:
        marked = [[(look.sign("warned"), "yellow"), *_anomaly(s, profile.rows, look)] for s in anomalies]
        parts += ["", line((" looks wrong", "bold")), look.table(marked, indent=1, whole=(0, 3))]
        parts += _more(len(profile.anomalies) - len(anomalies), "finding", look)
    if drafted and profile.rows:
        parts += ["", line((" rules that would fit", "bold")), *_rules(profile, look)]
    return look.render(parts)


def as_markdown(profile: Profile) -> str:
    look = Look()
    out = [f"## {escape_markdown(profile.name)}", "", " · ".join(escape_markdown(f) for f in _facts(profile, look)), ""]
    out += ["| column | type | nulls | distinct | values |", "| --- | --- | --- | --- | --- |"]
    for c in profile.columns:
        name, kind, nulls, distinct, _, values = (text for text, _ in _row(c, profile.rows, look))
        out.append(f"| {' | '.join(escape_markdown(t) for t in (name, kind, nulls, distinct, values))} |")
    if profile.anomalies:
        out += ["", "Looks wrong:", ""]
        out += [
            f"- {escape_markdown(' '.join(t for t, _ in _anomaly(s, profile.rows, look) if t))}"
            for s in profile.anomalies
        ]
    return "\n".join(out) + "\n"


def _facts(profile: Profile, look: Look) -> Iterator[str]:
    yield f"{plural(profile.rows, 'row')} {look.sign('times')} {plural(len(profile.columns), 'column')}"
    if profile.duplicate_rows:
        yield f"{plural(profile.duplicate_rows, 'repeated row')} ({percent(profile.duplicate_rows, profile.rows)})"
    if profile.keys:
        yield f"key: {escape_terminal(' or '.join(profile.keys[:_MOST]))}"


def _row(c: ColumnProfile, rows: int, look: Look) -> list[Span]:
    nulls = f"{c.nulls:,} ({percent(c.nulls, rows)})" if c.nulls else "0"
    distinct = "" if c.distinct is None else f"{c.distinct:,}"
    return [
        (escape_terminal(c.name) or '""', "bold"),
        (escape_terminal(c.type), "dim"),
        (nulls, "yellow" if c.nulls else ""),
        (distinct, ""),
        (look.spark(c.histogram), "cyan"),
        (_values(c, rows, look), ""),
    ]


def _values(c: ColumnProfile, rows: int, look: Look) -> str:
    """A range and a mean, or the most frequent values."""
    nan = f", {c.nan:,} NaN" if c.nan else ""
    if c.min is not None and c.max is not None:
        if c.min == c.max:
            return f"{'' if nan else 'always '}{_short(c.min, look)}{nan}"
        span = f"{_short(c.min, look)} to {_short(c.max, look)}"
        return (span if c.mean is None else f"{span}, mean {_short(c.mean, look)}") + nan
    if c.distinct is not None and c.distinct == rows - c.nulls and c.top:
        return f"such as {_short(c.top[0][0], look)}"
    times = look.sign("times")
    return "  ".join(f"{look.value(v, 24)}{times}{n:,}" for v, n in c.top[:_MOST])


def _short(value: Any, look: Look) -> str:
    """A short value: numbers without separators, as they may be years or identifiers; moments without zero seconds."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str) and (moment := _MOMENT.match(value)):
        return f"{moment[1]} {moment[2]}{'' if moment[3] == ':00' else moment[3]}"
    return look.value(value)


def _anomaly(s: Anomaly, rows: int, look: Look) -> list[Span]:
    count = "" if s.count is None else f"{plural(s.count, 'row')} ({percent(s.count, rows)})"
    example = "" if s.example is None else f"such as {look.value(s.example, 28)}"
    return [
        (escape_terminal(s.column) or '""', "bold"),
        (escape_terminal(s.what), ""),
        (count, "yellow"),
        (example, "dim"),
    ]


def _rules(profile: Profile, look: Look) -> Iterator[RenderableType]:
    """Rules as a configuration has them, the first of many."""
    from truthound.profiling import as_yaml, draft_rules

    rules = draft_rules(profile)
    room = _LINES
    for number, (rule, reason) in enumerate(rules):
        if room < _FEWEST_LINES:
            yield from _more(len(rules) - number, "rule", look)
            return
        comment = wrapped(escape_terminal(reason), look.width - 5)
        lines = [line((f"   # {text}", "dim")) for text in comment[:_REASON_LINES]]
        if len(comment) > _REASON_LINES:
            lines.append(line((f"   # {look.sign('cut')}", "dim")))
        for text in as_yaml(rule):
            indent = len(text) - len(text.lstrip(" ")) + 3
            folded = wrapped(escape_terminal(text.lstrip(" ")), look.width - indent - 4)
            lines += [line((" " * (indent + 4 * bool(i)), ""), (part, "cyan")) for i, part in enumerate(folded)]
        yield from lines[:room]
        yield from _more(len(lines) - room, "line", look)
        room -= len(lines)


def _more(count: int, noun: str, look: Look) -> list[RenderableType]:
    """How many are not shown."""
    return [line((f"   {look.sign('cut')} {plural(count, f'more {noun}')}", "dim"))] if count > 0 else []
