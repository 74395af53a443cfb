"""Runs as a GitLab Code Quality report: a JSON list of issues, each at a line of a file.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format (read November 2026).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from truthound.reporters.ci_findings import (
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
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, Severity

_SEVERITIES = ("info", "minor", "major", "critical", "blocker")
_EXAMPLES = 3


def codequality(results: CheckpointResult | Sequence[CheckpointResult], root: str | Path | None = None) -> str:
    """The issues of all runs. `root` is the root of the repository; by default that of the current folder; files outside are not named."""
    root = repository_root(root)
    found = [(result, outcome) for result in published_runs(results) for outcome in ranked_issues(result)]
    return dump_json([_issue(r, o, f, root) for (r, o), f in zip(found, fingerprints(found), strict=True)])


def _issue(result: CheckpointResult, outcome: CheckOutcome, fingerprint: str, root: str | Path) -> dict[str, Any]:
    place = locations_of(outcome, result.validation_result, root)[0]
    rows = details(outcome, result.validation_result, _EXAMPLES)
    return {
        "description": safe_text("; ".join([issue_line(outcome), *rows])),
        "check_name": safe_text(outcome.validator, 200),
        "fingerprint": fingerprint,
        "severity": severity(outcome),
        "location": {"path": safe_text(place.file), "lines": {"begin": place.line}},
    }


def severity(outcome: CheckOutcome) -> str:
    """A failed check's severity from minor to blocker; one step less if it only warns."""
    rank = (outcome.severity or Severity.HIGH).rank
    return _SEVERITIES[rank if outcome.status is CheckStatus.WARNED else rank + 1]
