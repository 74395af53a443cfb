"""Evaluates checks: takes their measures, judges them, fetches failing rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from truthound.engine import Backend, Failing, FailingRows, RowRequest
from truthound.engine.measures import IsNull, Measure, Predicate, Repeated
from truthound.errors import ReferenceDataError, SourceError, ValidatorError
from truthound.results import CheckOutcome
from truthound.validation.bind import with_unreadable_reasons
from truthound.validation.outcomes import (
    Policy,
    error_outcome,
    problem_outcome,
    redact_error,
    to_outcome,
    with_rows,
)
from truthound.validators.base import Check, FollowUp, Judge, Verdict

Progress = Callable[[CheckOutcome], None]


@dataclass(frozen=True, slots=True)
class _Pending:
    """A check without a verdict yet."""

    id: str
    check: Check
    measures: tuple[Measure, ...]
    judge: Judge
    failing: Predicate | None


def evaluate(
    checks: Mapping[str, Check],
    backend: Backend,
    policy: Policy,
    progress: Progress | None = None,
    *,
    keys: tuple[str, ...] = (),
) -> tuple[tuple[CheckOutcome, ...], dict[str, Failing]]:
    """Every check's outcome in order, and for those with failing rows the predicate that finds the rows.

    Args:
        checks: by id.
        backend: the table.
        policy: how verdicts become outcomes.
        progress: called with each outcome as soon as it is known, before examples are fetched.
        keys: columns that identify rows, which examples show.
    """
    done: dict[str, CheckOutcome] = {}
    failing: dict[str, Failing] = {}

    def finish(key: str, outcome: CheckOutcome) -> None:
        done[key] = outcome
        if progress:
            progress(outcome)

    for key, check in checks.items():
        if check.problem is not None:
            finish(key, problem_outcome(key, check, check.problem, policy))
    for one, verdict in _verdicts(_pending(checks), backend, staged=progress is not None):
        if isinstance(verdict, Exception):
            unreadable = {c: reason for c, t in backend.schema().items() if (reason := t.unreadable_reason)}
            message = redact_error(with_unreadable_reasons(str(verdict), unreadable), policy, one.check)
            finish(one.id, error_outcome(one.id, one.check, message))
            continue
        outcome = to_outcome(one.id, one.check, verdict, policy)
        if outcome.is_issue and outcome.failed and one.failing is not None and not verdict.examples:
            failing[one.id] = (one.failing, one.check.where)
        finish(one.id, outcome)
    if policy.examples:
        for key, rows in _fetch(checks, failing, backend, policy, keys).items():
            done[key] = with_rows(done[key], checks[key], rows, policy)
    return tuple(done[key] for key in checks), failing


def _pending(checks: Mapping[str, Check]) -> list[_Pending]:
    return [
        _Pending(key, c, c.measures, c.judge, c.failing)
        for key, c in checks.items()
        if c.problem is None and c.judge is not None
    ]


def _verdicts(
    pending: list[_Pending], backend: Backend, *, staged: bool
) -> Iterator[tuple[_Pending, Verdict | Exception]]:
    """Yields each check with its verdict or error as soon as it is known. Measures are taken together, in rounds: verdicts may need further ones."""
    while pending:
        values: dict[Measure, Any] = {}
        for taken in _stages(backend, pending, staged=staged):
            values |= taken
            ready = [one for one in pending if all(x in values for x in one.measures)]
            pending = [one for one in pending if any(x not in values for x in one.measures)]
            for one in ready:
                result = _judge(one, values)
                if isinstance(result, FollowUp):
                    failing = result.failing or one.failing
                    pending.append(_Pending(one.id, one.check, result.measures, result.judge, failing))
                else:
                    yield one, result


def _stages(backend: Backend, pending: Sequence[_Pending], *, staged: bool) -> Iterable[dict[Measure, Any]]:
    """The values of all measures: at once, or `staged` the cheap ones first."""
    wanted = dict.fromkeys(x for one in pending for x in one.measures)
    yield from backend.stages(wanted) if staged else [backend.measure(wanted)]


def _judge(one: _Pending, values: Mapping[Measure, Any]) -> Verdict | FollowUp | Exception:
    for x in one.measures:
        if isinstance(values[x], ReferenceDataError):
            return ValidatorError(str(values[x]))
    if one.check.nothing and one.measures is one.check.measures:
        left_out, rows = (values[x] for x in one.check.nothing)
        if left_out == rows:  # no row is judged, and the other measures may not even fit
            return one.check.validator.verdict_without_rows(rows)
    for x in one.measures:
        if isinstance(values[x], ValidatorError):
            return ValidatorError(str(values[x]))
    try:
        return one.judge(values)
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 a judge that breaks is an error of its check, the others are evaluated
        return error


def _fetch(
    checks: Mapping[str, Check], failing: Mapping[str, Failing], backend: Backend, policy: Policy, keys: tuple[str, ...]
) -> dict[str, FailingRows]:
    """The failing rows of failed checks, and their most frequent values if these add to what the check says."""
    requests = {}
    for key, (predicate, where) in failing.items():
        columns = checks[key].columns
        frequent = len(columns) == 1 and not isinstance(predicate, IsNull | Repeated) and columns[0] not in policy.pii
        requests[key] = RowRequest(
            predicate, where, policy.examples, columns[0] if frequent else None, keys=keys, columns=columns, brief=True
        )
    return backend.rows(requests) if requests else {}
