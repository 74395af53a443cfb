"""A profile for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from truthound._internal.escape import escape_markdown, escape_terminal
from truthound._internal.text import percent, plural
from truthound.cli.tables import table
from truthound.reporters.terminal import Look, Span, fold

if TYPE_CHECKING:
    from truthound.profiling import Anomaly, ColumnProfile, Profile

_MOST = 3  # values shown of a column
_COLUMNS, _DOUBTS, _LINES = 10, 5, 24  # shown at a first look; of rules, lines
_WORDS = 3  # lines of what a rule is drafted for
_FEWEST_LINES = 3  # with fewer left, the other rules are counted
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)(?:\.\d+)?(?:[+-]\d\d:\d\d)?$")
_HEADER = ("COLUMN", "TYPE", "NULLS", "DISTINCT", "", "VALUES")


def page(profile: Profile, look: Look, *, drafted: bool = False) -> str:
    """The columns, what looks wrong and, at a first look, the rules that would fit, and not too much of each."""
    columns, doubts = profile.columns, profile.anomalies
    if drafted:
        columns, doubts = columns[:_COLUMNS], doubts[:_DOUBTS]
    dot = f" {look.sign('dot')} "
    lines: list[list[Span]] = [
        *look.titled(escape_terminal(profile.name), _facts(profile, look), dot),
        [],
    ]
    rows: list[list[Span]] = [[(word, "dim") for word in _HEADER]]
    rows += [_row(c, profile.rows, look) for c in columns]
    if not any(row[4][0] for row in rows):  # no histograms in plain text
        rows = [[*row[:4], row[5]] for row in rows]
    lines += table(rows, look, indent=1, whole=(2, 3))
    lines += _more(len(profile.columns) - len(columns), "column", look)
    if profile.anomalies:
        marked = [[(look.sign("warned"), "yellow"), *_doubt(s, profile.rows, look)] for s in doubts]
        lines += [[], [(" looks wrong", "bold")], *table(marked, look, indent=1, whole=(0, 3))]
        lines += _more(len(profile.anomalies) - len(doubts), "sign", look)
    if drafted and profile.rows:
        lines += [[], [(" rules that would fit", "bold")], *_rules(profile, look)]
    return "\n".join(look.paint(line) for line in lines) + "\n"


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
            f"- {escape_markdown(' '.join(t for t, _ in _doubt(s, profile.rows, look) if t))}"
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
    """A range and a mean, or the values that occur most."""
    nan = f", {c.nan:,} NaN" if c.nan else ""
    if c.min is not None and c.max is not None:
        if c.min == c.max:
            return f"{'' if nan else 'always '}{_said(c.min, look)}{nan}"
        span = f"{_said(c.min, look)} to {_said(c.max, look)}"
        return (span if c.mean is None else f"{span}, mean {_said(c.mean, look)}") + nan
    if c.distinct is not None and c.distinct == rows - c.nulls and c.top:
        return f"such as {_said(c.top[0][0], look)}"
    times = look.sign("times")
    return "  ".join(f"{look.value(v, 24)}{times}{n:,}" for v, n in c.top[:_MOST])


def _said(value: Any, look: Look) -> str:
    """A value in short: years and numbers of flights take no separators, moments no empty seconds."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str) and (moment := _MOMENT.match(value)):
        return f"{moment[1]} {moment[2]}{'' if moment[3] == ':00' else moment[3]}"
    return look.value(value)


def _doubt(s: Anomaly, rows: int, look: Look) -> list[Span]:
    count = "" if s.count is None else f"{plural(s.count, 'row')} ({percent(s.count, rows)})"
    example = "" if s.example is None else f"such as {look.value(s.example, 28)}"
    return [
        (escape_terminal(s.column) or '""', "bold"),
        (escape_terminal(s.what), ""),
        (count, "yellow"),
        (example, "dim"),
    ]


def _rules(profile: Profile, look: Look) -> Iterator[list[Span]]:
    """Rules as a configuration has them, the first of many."""
    from truthound.profiling import as_yaml, draft_rules

    rules = draft_rules(profile)
    room = _LINES
    for number, (rule, seen) in enumerate(rules):
        if room < _FEWEST_LINES:
            yield from _more(len(rules) - number, "rule", look)
            return
        words = fold(escape_terminal(seen), look.width - 5)
        lines: list[list[Span]] = [[(f"   # {line}", "dim")] for line in words[:_WORDS]]
        if len(words) > _WORDS:
            lines.append([(f"   # {look.sign('cut')}", "dim")])
        for line in as_yaml(rule):
            indent = " " * (len(line) - len(line.lstrip(" ")) + 3)
            folded = fold(escape_terminal(line.lstrip(" ")), look.width - len(indent) - 4)
            lines += [[(indent + " " * 4 * bool(i), ""), (text, "cyan")] for i, text in enumerate(folded)]
        yield from lines[:room]
        yield from _more(len(lines) - room, "line", look)
        room -= len(lines)


def _more(count: int, noun: str, look: Look) -> Iterator[list[Span]]:
    """How many are not shown."""
    if count > 0:
        yield [(f"   {look.sign('cut')} {plural(count, f'more {noun}')}", "dim")]
