"""From checks to outcomes: measure, judge, weigh, and fetch the rows that do not hold."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from truthound._internal.redaction import MASK
from truthound._internal.text import to_json_value
from truthound.engine import Backend, FailingRows, RowRequest
from truthound.engine.measures import IsNull, Measure, Predicate, Repeated
from truthound.errors import ReferenceDataError, SourceError, TruthoundError, ValidatorError
from truthound.results import CheckOutcome, CheckStatus, Example, Severity
from truthound.validators.base import Check, FollowUp, Judge, Table, Validator, Verdict
from truthound.validators.option_types import allowed_rows

THRESHOLDS: dict[Severity, float] = {Severity.MEDIUM: 0.05, Severity.HIGH: 0.20, Severity.CRITICAL: 0.50}
"""the failing ratio above which an issue without a severity of its own is at least this bad"""


@dataclass(frozen=True, slots=True)
class Policy:
    """How verdicts become outcomes. `fails`: the severities that make a run fail."""

    fails: frozenset[Severity] = frozenset({Severity.CRITICAL})
    min_severity: Severity | None = None
    thresholds: Mapping[Severity, float] = field(default_factory=lambda: THRESHOLDS)
    examples: int = 10
    pii: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Open:
    """A check on its way to a verdict."""

    id: str
    check: Check
    measures: tuple[Measure, ...]
    judge: Judge
    failing: Predicate | None


def bind_all(validators: Iterable[Validator], table: Table, also: Iterable[Validator] = ()) -> dict[str, Check]:
    """All checks by id. An id is stable across runs: validator, columns, and a short hash where that is not unique.

    `also`: what a schema asks; a check that a validator has made already is not made again.
    """
    checks = [c for v in validators for c in _bound(v, table)]
    known = {check_identity(c) for c in checks}
    checks += [c for v in also for c in _bound(v, table) if check_identity(c) not in known]
    names = [f"{c.validator.type}:{','.join(c.columns)}" if c.columns else c.validator.type for c in checks]
    seen = Counter(names)
    out: dict[str, Check] = {}
    for name, check in zip(names, checks, strict=True):
        unique = name
        if seen[name] > 1:
            said = f"{check.expected}|{check.validator.where}|{check.validator.name}"
            unique = f"{name}#{hashlib.sha256(said.encode()).hexdigest()[:6]}"
        serial = 2
        while unique in out:
            unique, serial = f"{unique.partition('~')[0]}~{serial}", serial + 1
        out[unique] = check
    return out


def _bound(validator: Validator, table: Table) -> list[Check]:
    try:
        found = [_unreadable(check, table) for check in validator.bind(table)]
        return found or [validator.skipped_check("there is nothing to check on these columns")]
    except (TruthoundError, ValueError, TypeError, ArithmeticError) as error:
        return [validator.error_check(str(error))]  # a validator that cannot be bound is an error of its own


def _unreadable(check: Check, table: Table) -> Check:
    """A check that fails to bind to a column that cannot be read is an error that says why it cannot be read."""
    if check.problem is None or not (unreadable := table.unreadable):
        return check
    if column := next((c for c in check.columns if c in unreadable), None):
        return check.validator.error_check(f'column "{column}" cannot be read: {unreadable[column]}', check.columns)
    return replace(check, problem=replace(check.problem, message=_reasoned(check.problem.message, unreadable)))


def _reasoned(said: str, unreadable: Mapping[str, str]) -> str:
    """An error with the reasons why columns that it names cannot be read."""
    named = {c: reason for c, reason in unreadable.items() if f'"{c}"' in said and reason not in said}
    return said + "".join(f'; column "{c}" cannot be read: {reason}' for c, reason in named.items())


def check_identity(check: Check) -> tuple[object, ...]:
    """What a check asks of which rows, and what it tolerates."""
    v = check.validator
    return (v.type, check.columns, check.expected, check.measures, check.problem, v.where, v.mostly, repr(v.max_fail))


Failing = tuple[Predicate, Predicate | None]
"""true for the rows that do not hold, among those of a row filter"""
Progress = Callable[[CheckOutcome], None]


def evaluate(
    checks: Mapping[str, Check],
    backend: Backend,
    policy: Policy,
    progress: Progress | None = None,
    *,
    keys: tuple[str, ...] = (),
) -> tuple[tuple[CheckOutcome, ...], dict[str, Failing]]:
    """Every check's outcome, in order, and what is true for the rows of those that failed. A round's measures are taken together.

    `keys`: columns that tell rows apart, which examples show.
    """
    done: dict[str, CheckOutcome] = {}
    failed: dict[str, Failing] = {}

    def finish(key: str, outcome: CheckOutcome) -> None:
        done[key] = outcome
        if progress:
            progress(outcome)

    unreadable = {c: reason for c, t in backend.schema().items() if (reason := t.unreadable_reason)}
    pending: list[_Open] = []
    for key, check in checks.items():
        if check.problem is not None:
            finish(key, problem_outcome(key, check, policy))
        elif check.judge is None:
            raise AssertionError(key)
        else:
            pending.append(_Open(key, check, check.measures, check.judge, check.failing))
    while pending:
        values: dict[Measure, Any] = {}
        waiting = pending
        for taken in _stages(backend, waiting, staged=progress is not None):
            values |= taken
            ready = [o for o in waiting if all(x in values for x in o.measures)]
            waiting = [o for o in waiting if any(x not in values for x in o.measures)]
            again: list[_Open] = []
            for one in ready:
                result = _judge(one, values)
                if isinstance(result, FollowUp):
                    again.append(_Open(one.id, one.check, result.measures, result.judge, result.failing or one.failing))
                elif isinstance(result, Exception):
                    finish(
                        one.id,
                        _outcome(
                            one.id,
                            one.check,
                            status=CheckStatus.ERROR,
                            error=redact_error(_reasoned(str(result), unreadable), policy, one.check),
                            severity=_error_severity(one.check),
                        ),
                    )
                else:
                    outcome = to_outcome(one.id, one.check, result, policy)
                    if outcome.is_issue and outcome.failed and one.failing is not None and not result.examples:
                        failed[one.id] = (one.failing, one.check.where)
                    finish(one.id, outcome)
            waiting += again
        pending = waiting
    if policy.examples:
        for key, rows in _fetch(checks, failed, backend, policy, keys).items():
            done[key] = _with_rows(done[key], checks[key], rows, policy)
    return tuple(done[key] for key in checks), failed


def _stages(backend: Backend, pending: Sequence[_Open], *, staged: bool) -> Iterable[dict[Measure, Any]]:
    """All measures at once; where progress is wanted, one answer for the cheap ones first."""
    wanted = dict.fromkeys(x for o in pending for x in o.measures)
    yield from backend.stages(wanted) if staged else [backend.measure(wanted)]


def _judge(one: _Open, values: Mapping[Measure, Any]) -> Verdict | FollowUp | Exception:
    for x in one.measures:
        if isinstance(values[x], ReferenceDataError):
            return ValidatorError(str(values[x]))
    if one.check.nothing and one.measures is one.check.measures:
        left_out, rows = (values[x] for x in one.check.nothing)
        if left_out == rows:  # what the rule says of other rows may not even be measurable
            return one.check.validator.of_nothing(rows)
    for x in one.measures:
        if isinstance(values[x], ValidatorError):
            return ValidatorError(str(values[x]))
    try:
        return one.judge(values)
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 a judge that breaks is an error of its check and must not hide the others
        return error


_QUOTED = re.compile(r"\[[^\]]*\]|\"[^\"]*\"|'[^']*'")
_NUMBER = re.compile(r"(?<!\w)[-+]?\d[\w.,:+-]*")


def redact_error(error: object, policy: Policy, check: Check) -> str:
    """An error's words; where columns are masked, without what it quotes: engines quote cells. Of such a column, without numbers too."""
    said = _QUOTED.sub(MASK, str(error)) if policy.pii else str(error)
    return _NUMBER.sub(MASK, said) if policy.pii & set(check.columns) else said


def _error_severity(check: Check) -> Severity:
    return check.validator.severity or check.severity or check.validator.default_severity or Severity.MEDIUM


def problem_outcome(key: str, check: Check, policy: Policy) -> CheckOutcome:
    """The outcome of a check that is known before any row is read to be skipped or not evaluable."""
    problem = check.problem
    if problem is None:
        raise AssertionError(key)
    said = redact_error(problem.message, policy, check) if policy.pii & set(check.columns) else problem.message
    if problem.status is CheckStatus.ERROR:
        severity = problem.severity or _error_severity(check)
        return _outcome(key, check, status=CheckStatus.ERROR, error=said, severity=severity)
    return _outcome(key, check, status=problem.status, message=said)


def _outcome(key: str, check: Check, **more: Any) -> CheckOutcome:
    v = check.validator
    return CheckOutcome(
        id=key, validator=v.type, columns=check.columns, expected=check.expected, where=v.where, name=v.name,
        description=v.description, tags=v.tags, location=v.location, **more,
    )  # fmt: skip


def to_outcome(key: str, check: Check, verdict: Verdict, policy: Policy) -> CheckOutcome:
    """A verdict, weighed."""
    if verdict.skipped:
        return _outcome(key, check, status=CheckStatus.SKIPPED, message=verdict.message)
    hidden = bool(policy.pii & set(check.columns))
    observed = None if verdict.observed is None else MASK if hidden else to_json_value(verdict.observed)
    message = check.expected if hidden and verdict.observed is not None else verdict.message
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
        # what a query returns may hold a masked column under another name
        rows = tuple((None, dict.fromkeys(row, MASK) if policy.pii else row) for row in verdict.examples)
        return replace(outcome, examples=_examples(rows, policy))
    return outcome


def severity_of(check: Check, verdict: Verdict, thresholds: Mapping[Severity, float]) -> Severity:
    """The severity of an issue: what the user set, or the validator's own raised by the failing ratio."""
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


def _fetch(
    checks: Mapping[str, Check], failed: Mapping[str, Failing], backend: Backend, policy: Policy, keys: tuple[str, ...]
) -> dict[str, FailingRows]:
    requests = {}
    for key, (predicate, where) in failed.items():
        check = checks[key]
        telling = (
            len(check.columns) == 1
            and not isinstance(predicate, IsNull | Repeated)
            and check.columns[0] not in policy.pii
        )
        requests[key] = RowRequest(
            predicate,
            where,
            policy.examples,
            check.columns[0] if telling else None,
            keys=keys,
            columns=check.columns,
            brief=True,
        )
    return backend.rows(requests) if requests else {}


def _with_rows(outcome: CheckOutcome, check: Check, found: FailingRows, policy: Policy) -> CheckOutcome:
    top = tuple((to_json_value(value), count) for value, count in found.top_values)
    if found.error:
        outcome = replace(
            outcome,
            message=f"{outcome.message or outcome.expected}; its rows could not be fetched: {redact_error(found.error, policy, check)}",
        )
    return replace(outcome, examples=_examples(found.rows, policy), top_values=top)


def _examples(rows: Iterable[tuple[int | None, Mapping[str, Any]]], policy: Policy) -> tuple[Example, ...]:
    kept = list(rows)[: policy.examples]
    return tuple(
        Example(n, {k: MASK if k in policy.pii and v is not None else to_json_value(v) for k, v in row.items()})
        for n, row in kept
    )
