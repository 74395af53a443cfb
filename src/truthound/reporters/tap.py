"""Runs in the Test Anything Protocol, version 14 (https://testanything.org/tap-version-14-specification.html).

One run is one list of tests, a check each. Of several runs each is a subtest: its own plan and numbers, and one line for the run in
the outer list, so that readers of the older versions see a test for each run. A check that only warns is "not ok" and
does not fail the run: it has TAP's directive TODO.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from truthound.reporters import wording
from truthound.reporters.check_view import check_view
from truthound.reporters.ci_findings import (
    WITH_EXAMPLES,
    details,
    issue_line,
    published_runs,
    safe_text,
    title,
    unique_names,
)
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus

_VERSION = "TAP version 14"


def tap(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A list of tests for one run; for a sequence a subtest for each."""
    runs = published_runs(results)
    if isinstance(results, CheckpointResult):
        return "\n".join([_VERSION, *_run(runs[0])]) + "\n"
    lines = [_VERSION, _plan(len(runs), "no checkpoint ran")]
    for number, (result, name) in enumerate(
        zip(runs, unique_names(safe_text(r.checkpoint_name) for r in runs), strict=True), 1
    ):
        lines += [f"# Subtest: {_escaped(name)}", *(f"    {line}" for line in _run(result))]
        held = not wording.fails(result)
        lines.append(f"{'ok' if held else 'not ok'} {number} - {_escaped(name)}")
    return "\n".join(lines) + "\n"


def _run(result: CheckpointResult) -> Iterator[str]:
    outcomes = wording.checks(result)
    yield _plan(len(outcomes), "no check ran")
    issues = 0
    for number, (outcome, name) in enumerate(zip(outcomes, unique_names(map(title, outcomes)), strict=True), 1):
        held = outcome.status in (CheckStatus.PASSED, CheckStatus.SKIPPED)
        directive = ""
        if outcome.status is CheckStatus.SKIPPED:
            directive = f" # SKIP {_escaped(safe_text(outcome.message or 'not checked'))}"
        elif outcome.status is CheckStatus.WARNED:
            directive = " # TODO a warning, which does not fail the run"
        yield f"{'ok' if held else 'not ok'} {number} - {_escaped(name)}{directive}"
        issues += not held
        if not held:
            yield from _diagnostics(result, outcome, short=issues > WITH_EXAMPLES)


def _plan(count: int, why_none: str) -> str:
    return f"1..{count}" if count else f"1..0 # SKIP {why_none}"


def _diagnostics(result: CheckpointResult, outcome: CheckOutcome, *, short: bool) -> Iterator[str]:
    """A block of YAML, whose values are written as JSON, which is YAML too."""
    known: dict[str, Any] = {
        "message": issue_line(outcome),
        "severity": check_view(outcome).severity,
        "validator": safe_text(outcome.validator),
        "columns": [safe_text(c) for c in outcome.columns],
        "failed": outcome.failed,
        "total": outcome.total,
        "judged": outcome.judged,
    }
    yield "  ---"
    yield from (f"  {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in known.items() if value)
    if more := details(outcome, result.validation_result, *([0] if short else [])):
        yield "  details:"
        yield from (f"    - {json.dumps(line, ensure_ascii=False)}" for line in more)
    yield "  ..."


def _escaped(text: str) -> str:
    return re.sub(r"([\\#])", r"\\\1", text)
