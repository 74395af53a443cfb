"""Validates a data source: the entry points for Python and checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack

from truthound.engine import Failing, Split
from truthound.errors import ConfigError
from truthound.results import CheckOutcome, ValidationResult
from truthound.sources.open import without_damaged_columns
from truthound.validation.job import CheckOptions, Job, make_job
from truthound.validation.outcomes import problem_outcome
from truthound.validation.session import ValidationSession, run_job
from truthound.validators.base import Check
from truthound.validators.registry import ValidatorSpec


@dataclass(frozen=True, slots=True)
class Plan:
    """The checks that a run would evaluate, by id, and the outcomes of those that are known to be skipped or errors."""

    source: str
    checks: Mapping[str, Check]
    outcomes: tuple[CheckOutcome, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """A result, with what is needed to read its good and bad rows."""

    result: ValidationResult
    failing: Mapping[str, Failing]
    job: Job

    def split(self) -> Split:
        """Good and bad rows, by the failed checks that have failing rows. The data are read again, all rows even if a sample was checked."""
        job = replace(self.job, sample_size=None)
        if any(
            "cannot be read: " in (o.error or "") for o in self.result.outcomes
        ):  # reading a damaged column would fail
            job = replace(job, data_source=without_damaged_columns(job.data_source, job.base) or job.data_source)
        with ValidationSession(job) as session:
            return session.backend.split(self.failing)


def check(
    data_source: Any,
    validators: Iterable[ValidatorSpec] | None = None,
    *,
    timeout_seconds: float | None = None,
    **options: Unpack[CheckOptions],
) -> ValidationResult:
    """Checks a table. Arguments and errors are those of `validate`."""
    return validate(data_source, validators, timeout_seconds=timeout_seconds, **options).result


def validate(
    data_source: Any,
    validators: Iterable[ValidatorSpec] | None = None,
    *,
    timeout_seconds: float | None = None,
    **options: Unpack[CheckOptions],
) -> Validation:
    """Checks a table and keeps what is needed to split its rows.

    Args:
        data_source: see `make_job`.
        validators: see `make_job`.
        timeout_seconds: stops the work after so many seconds; checks without a verdict are errors.
        options: see `CheckOptions`.

    Raises:
        ConfigError: a mistake in the arguments; all mistakes of the validators at once.
        SourceError: the data cannot be read.
    """
    if timeout_seconds is not None and timeout_seconds <= 0:
        raise ConfigError("timeout_seconds is above 0")
    job = make_job(data_source, validators, **options)
    if timeout_seconds is None:
        return Validation(*run_job(job), job)
    from truthound.validation.child_process import run_in_child

    return Validation(*run_in_child(job, timeout_seconds), job)


def plan(data_source: Any, validators: Iterable[ValidatorSpec] | None = None, **options: Unpack[CheckOptions]) -> Plan:
    """The checks that `validate` would evaluate. Only the columns of the data are read, and nothing is kept.

    A check that cannot run has its problem: a missing column or reference, SQL that does not fit the columns, a check
    that is not evaluated on a sample.

    Raises:
        ConfigError: a mistake in the arguments; all mistakes of the validators at once.
        SourceError: the data cannot be read.
    """
    with ValidationSession(make_job(data_source, validators, **options), dry_run=True) as session:
        checks, policy = session.preview(), session.job.policy
        known = tuple(problem_outcome(key, c, c.problem, policy) for key, c in checks.items() if c.problem)
        return Plan(session.source.name, checks, known, tuple(session.notes))
