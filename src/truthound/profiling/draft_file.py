"""Writes drafted rules as a configuration file with comments."""

from __future__ import annotations

from typing import Any

from truthound._internal.escape import escape_terminal
from truthound._internal.text import plural, yaml_line
from truthound.profiling.models import Profile
from truthound.profiling.rule_drafting import describe, draft_rules, named_columns
from truthound.results import now
from truthound.schema import LONG
from truthound.validators.base import Clock


def draft_checkpoint(profile: Profile, *, data_source: str, name: str | None = None, clock: Clock = now) -> str:
    """A configuration file with one checkpoint whose rules the data satisfy, except for anomalies."""
    title = name or _name(data_source)
    lines = [
        f"# Drafted from {escape_terminal(data_source)}: {plural(profile.rows, 'row')}, {plural(len(profile.columns), 'column')}.",
        "# Read each rule, keep what should always hold, and say how bad a breach is (severity) or how much is fine (max_fail).",
        "# What looks wrong today is not allowed for, so that a run tells it.",
        f"# Run it:  truthound checkpoint run {escape_terminal(title)}",
        "checkpoints:",
        f"- name: {_written(title)}",
        f"  data_source: {_written(data_source)}",
    ]
    known = named_columns(profile)
    if known.keys:
        lines.append(f"  primary_key: {_written([known.keys[0]])}  # shown first with each failing row")
    if len(known.columns) < len(profile.columns):
        lines.append("  # there are no rules for the column without a name: give it one in the data's header")
    lines.append("  validators:")
    for rule, seen in draft_rules(profile, clock=clock):
        lines.append(f"  # {escape_terminal(seen)}")
        lines += [f"  {line}" for line in as_yaml(rule)]
    lines += [f"  # look at {escape_terminal(describe(s))}" for s in profile.anomalies if not s.rule]
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
    """A column and its options. A long YAML key needs the explicit form."""
    key = yaml_line(column)
    return [f"{key}: {value}"] if len(column) <= LONG else [f"? {key}", f": {value}"]


def _written(value: Any) -> str:
    """A value as YAML on one line. Text that looks like an environment variable is escaped."""
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
