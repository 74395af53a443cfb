"""How verdicts become outcomes: status, severity, masked values, examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from truthound._internal.redaction import MASK
from truthound._internal.text import to_json_value
from truthound.engine import FailingRows
from truthound.results import CheckOutcome, CheckStatus, Example, Severity
from truthound.validators.base import Check, NotRunnable, Verdict
from truthound.validators.option_types import allowed_rows

THRESHOLDS: dict[Severity, float] = {Severity.MEDIUM: 0.05, Severity.HIGH: 0.20, Severity.CRITICAL: 0.50}
"""the failing ratio above which an issue without a configured severity has at least this severity"""
_QUOTED = re.compile(r"\[[^\]]*\]|\"[^\"]*\"|'[^']*'")
_NUMBER = re.compile(r"(?<!\w)[-+]?\d[\w.,:+-]*")


@dataclass(frozen=True, slots=True)
class Policy:
    """How verdicts become outcomes. `fails`: the severities that make a run fail."""

    fails: frozenset[Severity] = frozenset({Severity.CRITICAL})
    min_severity: Severity | None = None
    thresholds: Mapping[Severity, float] = field(default_factory=lambda: THRESHOLDS)
    examples: int = 10
    pii: frozenset[str] = frozenset()


def error_outcome(key: str, check: Check, message: str) -> CheckOutcome:
    """The outcome of a check that could not be evaluated."""
    v = check.validator
    severity = v.severity or check.severity or v.default_severity or Severity.MEDIUM
    return _outcome(key, check, status=CheckStatus.ERROR, error=message, severity=severity)


def problem_outcome(key: str, check: Check, problem: NotRunnable, policy: Policy) -> CheckOutcome:
    """The outcome of a check that is known to be skipped or an error before any row is read."""
    message = problem.message
    if policy.pii & set(check.columns):
        message = redact_error(message, policy, check)
    if problem.status is not CheckStatus.ERROR:
        return _outcome(key, check, status=problem.status, message=message)
    outcome = error_outcome(key, check, message)
    return replace(outcome, severity=problem.severity) if problem.severity else outcome


def to_outcome(key: str, check: Check, verdict: Verdict, policy: Policy) -> CheckOutcome:
    """The outcome of a check with a verdict."""
    if verdict.skipped:
        return _outcome(key, check, status=CheckStatus.SKIPPED, message=verdict.message)
    masked = bool(policy.pii & set(check.columns))
    observed = None if verdict.observed is None else MASK if masked else to_json_value(verdict.observed)
    message = check.expected if masked and verdict.observed is not None else verdict.message
    base = verdict.total if verdict.judged is None else verdict.judged
    allowed = check.validator.tolerated(base) if base else None
    common: dict[str, Any] = {
        "failed": verdict.failed, "total": verdict.total, "judged": verdict.judged, "allowed": allowed or None, "observed": observed, "message": message,
    }  # fmt: skip
    if verdict.ok:
        return _outcome(key, check, status=CheckStatus.PASSED, **common)
    severity = severity_of(check, verdict, policy.thresholds)
    below = policy.min_severity is not None and severity.rank < policy.min_severity.rank
    status = CheckStatus.FAILED if severity in policy.fails else CheckStatus.WARNED
    outcome = _outcome(key, check, status=status, severity=severity, hidden=below, **common)
    if verdict.examples and policy.examples:
        # a query may return a masked column under another name
        rows = tuple((None, dict.fromkeys(row, MASK) if policy.pii else row) for row in verdict.examples)
        return replace(outcome, examples=_examples(rows, policy))
    return outcome


def _outcome(key: str, check: Check, **more: Any) -> CheckOutcome:
    v = check.validator
    return CheckOutcome(
        id=key, validator=v.type, columns=check.columns, expected=check.expected, where=v.where and str(v.where),
        name=v.name, description=v.description, tags=v.tags, location=v.location, **more,
    )  # fmt: skip


def severity_of(check: Check, verdict: Verdict, thresholds: Mapping[Severity, float]) -> Severity:
    """The severity of an issue: the configured one, else the validator's default, raised by the failing ratio."""
    v = check.validator
    total, failed = (verdict.total if verdict.judged is None else verdict.judged) or 0, verdict.failed or 0
    if isinstance(v.max_fail, dict):
        over = [s for s, limit in v.max_fail.items() if failed > allowed_rows(limit, total)]
        return max(over, key=lambda s: s.rank, default=Severity.LOW)
    if v.severity:
        return v.severity
    base = check.severity or v.default_severity or (Severity.MEDIUM if v.configured else Severity.LOW)
    ratio = failed / total if total else 0.0
    return max([base, *(s for s, limit in thresholds.items() if ratio > limit)], key=lambda s: s.rank)


def redact_error(error: object, policy: Policy, check: Check) -> str:
    """An error message. Engines quote cells: with masked columns, quoted text is removed, and for a masked column numbers too."""
    message = _QUOTED.sub(MASK, str(error)) if policy.pii else str(error)
    return _NUMBER.sub(MASK, message) if policy.pii & set(check.columns) else message


def with_rows(outcome: CheckOutcome, check: Check, found: FailingRows, policy: Policy) -> CheckOutcome:
    """The outcome with its failing rows as examples."""
    top = tuple((to_json_value(value), count) for value, count in found.top_values)
    if found.error:
        error = redact_error(found.error, policy, check)
        message = f"{outcome.message or outcome.expected}; its rows could not be fetched: {error}"
        outcome = replace(outcome, message=message)
    return replace(outcome, examples=_examples(found.rows, policy), top_values=top)


def _examples(rows: Iterable[tuple[int | None, Mapping[str, Any]]], policy: Policy) -> tuple[Example, ...]:
    kept = list(rows)[: policy.examples]
    return tuple(
        Example(n, {k: MASK if k in policy.pii and v is not None else to_json_value(v) for k, v in row.items()})
        for n, row in kept
    )
