"""A run as TeamCity's service messages: a suite of tests, the build's status line, statistics."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from truthound._internal.text import shorten
from truthound.ci.report.log_commands import teamcity_message
from truthound.reporters import wording
from truthound.reporters.check_view import check_view
from truthound.reporters.ci_findings import details
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, ValidationResult

_LONGEST = 4000
_IDENTITY = 60
_COUNTED = ("total_issues", "total_checks", "passed", "failed", "warned", "errored")


def messages(result: CheckpointResult) -> Iterator[str]:
    """A test for each check; one that only warns passes with a message, one that could not be made fails."""
    suite, flow = result.checkpoint_name, _identity(result.checkpoint_name)
    yield teamcity_message("testSuiteStarted", name=suite, flowId=flow)
    outcomes = [o for o in result.validation_result.outcomes if not o.hidden] if result.validation_result else []
    seen: dict[str, int] = {}
    for outcome in outcomes:
        name = shorten(f"{outcome.validator}({', '.join(outcome.columns) or 'table'})", 500)
        seen[name] = seen.get(name, 0) + 1
        yield from _test(outcome, result.validation_result, name if seen[name] == 1 else f"{name} #{seen[name]}", flow)
    yield teamcity_message("testSuiteFinished", name=suite, flowId=flow)
    for outcome in wording.of_the_run(result):
        said = shorten(f"{suite}: {check_view(outcome).line}", _LONGEST)
        yield teamcity_message("buildProblem", description=said, identity=_identity(f"{suite}\0{outcome.id}"))


def statistics(outputs: Mapping[str, str]) -> Iterator[str]:
    """The status line's end, and numbers that TeamCity draws over builds."""
    said = f"truthound: {outputs['status']}, {outputs['total_issues']} of {outputs['total_checks']} checks are issues"
    yield teamcity_message("buildStatus", text=f"{{build.status.text}}; {said}")
    for key in _COUNTED:
        yield teamcity_message("buildStatisticValue", key=f"truthound.{key}", value=outputs[key])


def _test(outcome: CheckOutcome, validation: ValidationResult | None, name: str, flow: str) -> Iterator[str]:
    if outcome.status is CheckStatus.SKIPPED:
        yield teamcity_message(
            "testIgnored", name=name, message=shorten(outcome.message or "skipped", _LONGEST), flowId=flow
        )
        return
    yield teamcity_message("testStarted", name=name, flowId=flow)
    if outcome.status in (CheckStatus.FAILED, CheckStatus.ERROR):
        more = "\n".join(details(outcome, validation))
        yield teamcity_message(
            "testFailed",
            name=name,
            message=shorten(check_view(outcome).line, _LONGEST),
            details=shorten(more, _LONGEST),
            flowId=flow,
        )
    elif outcome.status is CheckStatus.WARNED:
        yield teamcity_message(
            "testStdOut", name=name, out=shorten(f"warning: {check_view(outcome).line}", _LONGEST), flowId=flow
        )
    yield teamcity_message("testFinished", name=name, flowId=flow)


def _identity(name: str) -> str:
    """Stable over builds, and short enough for a build problem."""
    return f"truthound_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}"[:_IDENTITY]
