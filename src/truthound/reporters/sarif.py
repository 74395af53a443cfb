"""Runs as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for GitHub code scanning, Jenkins' warnings-ng and editors.

A validator is a rule and an issue a result. Each checkpoint is a run with an id of its own (`truthound/NAME/RUN`), which GitHub takes
for a category: the upload of one checkpoint closes no alerts of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from truthound._version import __version__
from truthound.reporters import wording
from truthound.reporters.check_view import check_view
from truthound.reporters.ci_findings import (
    Location,
    details,
    fingerprints,
    issue_line,
    locations_of,
    published_runs,
    ranked_issues,
    repository_root,
    safe_text,
)
from truthound.reporters.json_yaml import dump_json
from truthound.reporters.rule_descriptions import RULES
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SHOWN = 5000
"""results of a run: GitHub takes no more"""
_EXAMPLES = 3
_BASE = "%SRCROOT%"
_RULES = RULES | {
    wording.RUN: "The checkpoint can be run.",
    wording.FILE: "The configuration is valid.",
    wording.ACTION: "Every action of the checkpoint is delivered.",
}


def sarif(results: CheckpointResult | Sequence[CheckpointResult], root: str | Path | None = None) -> str:
    """A log with a run for each result. `root` is the root of the repository; by default that of the current folder; files outside are not named."""
    runs = [_run(result, repository_root(root)) for result in published_runs(results)]
    return dump_json({"$schema": SCHEMA, "version": "2.1.0", "runs": runs})


def _run(result: CheckpointResult, root: str | Path) -> dict[str, Any]:
    found = ranked_issues(result)
    shown = found[:SHOWN]
    rules = {name: i for i, name in enumerate(sorted({_id(o) for o in shown}))}
    prints = fingerprints((result, o) for o in shown)
    v = result.validation_result
    known = {"source": v and v.source, "file": v and v.file, "rows": v and v.row_count}
    return {
        "tool": {
            "driver": {
                "name": "truthound",
                "version": __version__,
                "semanticVersion": re.sub(r"^(\d+\.\d+\.\d+)\.?(?=[a-z])", r"\1-", __version__),
                "rules": [_rule(name, [_level(o) for o in shown if _id(o) == name]) for name in rules],
            }
        },
        "automationDetails": {"id": "/".join(_part(p) for p in ("truthound", result.checkpoint_name, result.run_id))},
        "invocations": [_invocation(result, len(found) - len(shown))],
        "originalUriBaseIds": {_BASE: {"description": {"text": "The repository's folder."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(result, o, rules, p, root) for o, p in zip(shown, prints, strict=True)],
        "properties": {
            "checkpoint": safe_text(result.checkpoint_name),
            "runId": safe_text(result.run_id),
            "status": result.status.value,
        }
        | {k: safe_text(x) if isinstance(x, str) else x for k, x in known.items() if x is not None}
        | {"tags": [f"{safe_text(k, 100)}={safe_text(x, 100)}" for k, x in result.tags.items()]},
    }


def _id(outcome: CheckOutcome) -> str:
    return safe_text(outcome.validator, 200)


def _rule(name: str, levels: Iterable[str]) -> dict[str, Any]:
    """A validator as a rule. Its level is that of its worst result."""
    short = _RULES.get(name, "The check passes.")
    steps = (
        "Look at the failing rows: they are wrong, or the rule is.",
        "Correct the data at their source, or set bad rows aside with a quarantine action.",
        "Change the rule where it is declared; max_fail or mostly accept some failing rows, severity weighs them.",
    )
    return {
        "id": name,
        "name": "".join(w[:1].upper() + w[1:] for w in re.split(r"[^A-Za-z0-9]+", name)) + "Check",
        "shortDescription": {"text": _message(short)},
        "fullDescription": {"text": _message(f"{short} Checked by the validator {name}.")},
        "help": {"text": _message("\n".join((short, *steps))), "markdown": f"{short}\n\n" + "\n".join(f"- {s}" for s in steps)},
        "defaultConfiguration": {"level": min(levels, key=("error", "warning", "note").index)},
        "properties": {"tags": ["data-quality"], "precision": "very-high"},
    }  # fmt: skip


def _result(
    result: CheckpointResult, outcome: CheckOutcome, rules: dict[str, int], fingerprint: str, root: str | Path
) -> dict[str, Any]:
    first, *others = locations_of(outcome, result.validation_result, root)
    text = "\n".join([issue_line(outcome), *details(outcome, result.validation_result, _EXAMPLES)])
    counts = {"failed": outcome.failed, "total": outcome.total, "judged": outcome.judged}
    made: dict[str, Any] = {
        "ruleId": _id(outcome),
        "ruleIndex": rules[_id(outcome)],
        "level": _level(outcome),
        "message": {"text": _message(text)},
        "locations": [_location(first)],
        # GitHub identifies alerts by the first
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint[:16]}:1", "truthoundCheck/v1": fingerprint},
        "properties": {"severity": check_view(outcome).severity, "check": safe_text(outcome.id)}
        | {k: n for k, n in counts.items() if n is not None},
    }
    if others:
        made["relatedLocations"] = [
            _location(place) | {"id": i, "message": {"text": place.what}} for i, place in enumerate(others, 1)
        ]
    return made


def _level(outcome: CheckOutcome) -> str:
    """`error` fails the run, `warning` and, of low severity, `note` do not."""
    if outcome.status is CheckStatus.WARNED:
        return "note" if outcome.severity is Severity.LOW else "warning"
    return "error"


def _invocation(result: CheckpointResult, left: int) -> dict[str, Any]:
    started = result.run_time.astimezone(UTC)
    ended = started + timedelta(milliseconds=max(result.duration_ms, 0))
    errors = [o for o in wording.checks(result) if o.status is CheckStatus.ERROR]
    notes = [("error", issue_line(o)) for o in errors[:100]]
    notes += [("note", safe_text(n)) for n in result.validation_result.notes] if result.validation_result else []
    if left:
        notes.append(("warning", f"{left:,} more issues are not in this file, which holds the worst {SHOWN:,}"))
    return {
        "executionSuccessful": not errors,
        "startTimeUtc": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "endTimeUtc": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [{"level": level, "message": {"text": _message(text)}} for level, text in notes],
    }


def _location(place: Location) -> dict[str, Any]:
    uri = quote(place.file, safe="/", errors="replace")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": _BASE},
            "region": {"startLine": place.line} | ({"startColumn": place.column} if place.column else {}),
        }
    }


def _message(text: str) -> str:
    """Text in which SARIF finds no link (3.11.6)."""
    return re.sub(r"([\\\[\]])", r"\\\1", text)


def _part(text: str) -> str:
    """A part of an id between slashes."""
    return quote(safe_text(text, 100), safe=" ", errors="replace")
