"""Runs as JUnit XML, after the schema that Jenkins keeps (junit-10.xsd); GitLab, CircleCI, Azure and others read the same.

A checkpoint is a suite and a check a case. A failed check is a failure, one that could not be evaluated an error. A check that
only warns does not fail the run and is not a failure: its case passes, and its output begins with `warning:`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from xml.etree import ElementTree as ET

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

_COUNTED = {"failures": CheckStatus.FAILED, "errors": CheckStatus.ERROR, "skipped": CheckStatus.SKIPPED}


def junit(results: CheckpointResult | Sequence[CheckpointResult]) -> str:
    """A document with a suite for each run. Times are in seconds, the time of a run in UTC."""
    runs = published_runs(results)
    suites = [
        _suite(result, name)
        for result, name in zip(runs, unique_names(safe_text(r.checkpoint_name, 200) for r in runs), strict=True)
    ]
    total = {key: str(sum(int(s.attrib[key]) for s in suites)) for key in ("tests", "failures", "errors")}
    root = _element("testsuites", total | {"name": "truthound", "time": _seconds(sum(r.duration_ms for r in runs))})
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(result: CheckpointResult, name: str) -> ET.Element:
    outcomes = wording.checks(result)
    counts = {key: str(sum(o.status is status for o in outcomes)) for key, status in _COUNTED.items()}
    when = result.run_time.astimezone(UTC).isoformat(timespec="seconds")
    more = {"name": name, "tests": str(len(outcomes)), "time": _seconds(result.duration_ms), "timestamp": when}
    suite = _element("testsuite", more | counts)
    properties = _element("properties", within=suite)
    for key, value in _properties(result).items():
        _element("property", {"name": safe_text(key, 200), "value": safe_text(value)}, within=properties)
    issues = 0
    for outcome, unique in zip(outcomes, unique_names(map(title, outcomes)), strict=True):
        issues += outcome.is_issue
        suite.append(_case(result, outcome, name, unique, short=issues > WITH_EXAMPLES))
    undelivered = [f"action {a.action_name}: {a.status}: {a.message}" for a in result.action_results if not a.delivered]
    statistics = result.validation_result and wording.tally(result.validation_result.statistics)
    lines = [f"{wording.verdict(result)}: {statistics or result.error or 'no checks ran'}", *undelivered]
    _element("system-out", within=suite).text = "\n".join(map(safe_text, lines))
    return suite


def _properties(result: CheckpointResult) -> dict[str, Any]:
    v = result.validation_result
    known = {
        "run_id": result.run_id,
        "status": result.status.value,
        "source": v and v.source,
        "file": v and v.file,
        "rows": v and v.row_count,
        "columns": v and v.column_count,
        "sampled_from": v and v.sampled_from,
    }
    return {k: x for k, x in known.items() if x is not None} | {f"tag.{k}": x for k, x in result.tags.items()}


def _case(result: CheckpointResult, outcome: CheckOutcome, suite: str, name: str, *, short: bool) -> ET.Element:
    case = _element("testcase", {"classname": suite, "name": name})
    text = "\n".join([issue_line(outcome), *details(outcome, result.validation_result, *([0] if short else []))])
    match outcome.status:
        case CheckStatus.FAILED:
            _element(
                "failure", {"type": check_view(outcome).severity, "message": issue_line(outcome)}, within=case
            ).text = text
        case CheckStatus.ERROR:
            kind = safe_text(_kind(result, outcome))
            _element("error", {"type": kind, "message": issue_line(outcome)}, within=case).text = text
        case CheckStatus.SKIPPED:
            _element("skipped", {"message": safe_text(outcome.message or "not checked")}, within=case)
        case CheckStatus.WARNED:
            _element("system-out", within=case).text = f"warning: {text}"
    return case


def _kind(result: CheckpointResult, outcome: CheckOutcome) -> str:
    """What kind of error it is."""
    if wording.is_run_error(outcome):
        return "ActionError" if outcome.validator == wording.ACTION else safe_text(result.error_type or "CheckError")
    return "CheckError"


def _element(tag: str, attributes: Mapping[str, str] | None = None, *, within: ET.Element | None = None) -> ET.Element:
    element = ET.Element(tag, dict(attributes or {}))
    if within is not None:
        within.append(element)
    return element


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.3f}"
