"""Validation: a data source and validators come to a ValidationResult."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, Unpack

from truthound import profiling
from truthound._internal.text import plural
from truthound.engine import Backend, RowRequest, Split
from truthound.engine.measures import CountWhere, Measure, Native, Not, Reference, RowCount, any_null, parts
from truthound.errors import ConfigError, SourceError, ValidatorError
from truthound.results import CheckOutcome, CheckStatus, ValidationResult
from truthound.schema import Schema
from truthound.sources import Source, open_source
from truthound.sources.open import without_damaged_columns
from truthound.validation.evaluate import Failing, Progress, bind_all, evaluate, problem_outcome
from truthound.validation.jobs import DEFAULT_VALIDATORS, CheckOptions, Job, job_of, require_columns
from truthound.validators.base import Check, NotRunnable, Table, Validator
from truthound.validators.registry import ValidatorSpec

UNSAMPLEABLE = ("row_count", "row_count_match", "aggregate_match", "contains_values")
"""validators that a sample says nothing about"""


@dataclass(frozen=True, slots=True)
class Plan:
    """The checks that a run would evaluate, by id, and the outcomes of those that are known to be skipped or errors."""

    source: str
    checks: Mapping[str, Check]
    outcomes: tuple[CheckOutcome, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """A result, and the way back to the rows it speaks of."""

    result: ValidationResult
    failing: Mapping[str, Failing]
    job: Job

    def split(self) -> Split:
        """All rows as good and bad ones, by the row-level checks that did not hold. The data are read again, whole also where a sample was checked."""
        job = replace(self.job, sample_size=None)
        if any("cannot be read: " in (o.error or "") for o in self.result.outcomes):  # a damaged column would end it
            job = replace(job, data_source=without_damaged_columns(job.data_source, job.base) or job.data_source)
        with ValidationSession(job) as opened:
            return opened.backend.split(self.failing)


def check(
    data_source: Any,
    validators: Iterable[ValidatorSpec] | None = None,
    *,
    timeout_seconds: float | None = None,
    **options: Unpack[CheckOptions],
) -> ValidationResult:
    """Checks a table. Takes the options of `validate` and returns its result."""
    return validate(data_source, validators, timeout_seconds=timeout_seconds, **options).result


def validate(
    data_source: Any,
    validators: Iterable[ValidatorSpec] | None = None,
    *,
    timeout_seconds: float | None = None,
    **options: Unpack[CheckOptions],
) -> Validation:
    """Checks a table and keeps what is needed to set its bad rows aside. Takes the options of `job_of`.

    Args:
        data_source: as `job_of` has it.
        validators: as `job_of` has them.
        timeout_seconds: the work is stopped after so long; checks that had not finished are errors.
        options: the others of `job_of`.

    Raises:
        ConfigError: a mistake in the arguments, all of them at once.
        SourceError: the data could not be read.
    """
    if timeout_seconds is not None and timeout_seconds <= 0:
        raise ConfigError("timeout_seconds is above 0")
    job = job_of(data_source, validators, **options)
    if timeout_seconds is None:
        return Validation(*run(job), job)
    from truthound.validation.child_process import run_in_child

    return Validation(*run_in_child(job, timeout_seconds), job)


def plan(data_source: Any, validators: Iterable[ValidatorSpec] | None = None, **options: Unpack[CheckOptions]) -> Plan:
    """The checks that `validate` would make, without making them; of the data only the columns are read, and nothing is kept.

    Takes the options of `job_of`. What is known to be wrong with a check is its problem: a column, a reference or a column of one
    that is not there, SQL that does not fit the columns, rows that a sample says nothing about.

    Raises:
        ConfigError: a mistake in the arguments, all of them at once.
        SourceError: the data could not be read.
    """
    with ValidationSession(job_of(data_source, validators, **options), rehearsal=True) as session:
        checks = session.rehearsed(session.checks())
        known = tuple(problem_outcome(key, c, session.job.policy) for key, c in checks.items() if c.problem)
        return Plan(session.source.name, checks, known, tuple(session.notes))


def _relative_to_cwd(path: Path) -> str:
    """A path as it was given, or as seen from the current folder if it lies below that."""
    with contextlib.suppress(OSError, ValueError):  # the folder has gone, or the path leads elsewhere
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def run(
    job: Job, progress: Progress | None = None, opened_with: Announce | None = None
) -> tuple[ValidationResult, dict[str, Failing]]:
    """Does a job in this process. `opened_with` hears the source's name and the checks before the work, `progress` each outcome.

    Columns of a file that turn out to be damaged are left to the checks that need them: all checks are done once more.
    """
    try:
        return _done(job, progress, opened_with)
    except SourceError:
        if (source := without_damaged_columns(job.data_source, job.base)) is None:
            raise
    return _done(replace(job, data_source=source), progress, opened_with)


def _done(
    job: Job, progress: Progress | None, opened_with: Announce | None
) -> tuple[ValidationResult, dict[str, Failing]]:
    started = time.perf_counter()
    with ValidationSession(job) as opened:
        checks = opened.checks()
        if opened_with:
            opened_with(opened.source.name, checks)
        outcomes, failing = evaluate(checks, opened.backend, job.policy, progress, keys=opened.keys())
        result = opened.result(outcomes)
    return replace(result, duration_ms=round((time.perf_counter() - started) * 1000, 3)), failing


Announce = Callable[[str, Mapping[str, Check]], None]


class ValidationSession:
    """A job's data, open.

    In a `rehearsal` only columns are read: its backends are tables without rows, of the same columns, and nothing is learned or kept.
    """

    def __init__(self, job: Job, *, rehearsal: bool = False) -> None:
        self.job, self._rehearsal = job, rehearsal
        self._references: dict[Reference, Backend] = {}
        self.source, self._whole = self._open(job.data_source)
        self.notes: list[str] = [*self.source.notes]
        types = self._whole.schema()
        self.notes += [f'column "{c}" cannot be read: {r}' for c, t in types.items() if (r := t.unreadable_reason)]
        if rehearsal:
            self.sampled_from = self._rows_beyond_sample() if self._asks_for_all_rows else None
            self.backend = self._whole.without_rows()
        else:
            self.sampled_from = self._rows_beyond_sample()
            self.backend = self._whole if self.sampled_from is None else self._sample(self.sampled_from)

    def _open(self, data_source: Any) -> tuple[Source, Backend]:
        source = open_source(data_source, base=self.job.base, whole=not self._rehearsal)
        return source, source.backend(reference=self._reference, now=self.job.clock)

    def _reference(self, reference: Reference) -> Backend:
        """The backend of another data source, opened once."""
        if reference not in self._references:
            _, found = self._open(reference.spec)
            self._references[reference] = found.without_rows() if self._rehearsal else found
        return self._references[reference]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for backend in (*self._references.values(), self.backend, self._whole):
            backend.close()

    def checks(self) -> dict[str, Check]:
        """The job's checks, bound to the data's schema."""
        job = self.job
        types = self.backend.schema()
        expected = job.schema
        learned: tuple[Validator, ...] = ()
        if job.auto_schema and job.state_dir is not None:
            found, note = self._learned(job.state_dir)
            learned = profiling.schema_validators(found, learned=True) if found else ()
            expected = expected or found
            self.notes.append(note)
        require_columns(job.primary_key, job.policy.pii, types, expected, job.validators)
        declared = profiling.schema_validators(job.schema) if job.schema else ()
        baselines = None if job.state_dir is None else profiling.Baselines(job.state_dir / "baselines", job.name)
        if baselines and job.policy.pii and not self._rehearsal:
            baselines.forget(job.policy.pii)
        table = Table(types, expected, job.clock, baselines, self._present(), job.policy.pii)
        checks = bind_all(job.validators, table, (*declared, *learned))
        if not checks and not (self._rehearsal and job.auto_schema):
            raise ConfigError("no checks: name at least one validator, or a schema")
        if self.sampled_from is None:
            return checks
        return {key: _of_all_rows(c) if c.validator.type in UNSAMPLEABLE else c for key, c in checks.items()}

    def rehearsed(self, checks: Mapping[str, Check]) -> dict[str, Check]:
        """The checks, with what their measures say of a table that has these columns and no rows."""
        asked = (x for c in checks.values() if c.problem is None for x in c.measures if not _calls_back(x))
        measured = self.backend.measure(asked)
        wrong = {x: str(v) for x, v in measured.items() if isinstance(v, ValidatorError)}
        out = {}
        for key, check in checks.items():
            said = next((wrong[x] for x in check.measures if x in wrong), "") if check.problem is None else ""
            if not said and check.doubt and self._any_value(check):
                said = check.doubt
            out[key] = replace(check, problem=NotRunnable(CheckStatus.ERROR, said)) if said else check
        return out

    def _any_value(self, check: Check) -> bool:
        """Whether the data have a row with values in all columns of the check; they are read to the first one."""
        request = RowRequest(Not(any_null(check.columns)), check.validator.row_filter, 1)
        return bool(self._whole.rows({"": request})[""].rows)

    def _learned(self, state_dir: Path) -> tuple[Schema | None, str]:
        """The learned schema, and a note on it. A rehearsal learns none."""
        job = self.job
        if not self._rehearsal:
            # of all rows: a schema learned from a sample would report the others as drift
            return profiling.auto_schema(state_dir, job.name, self._whole, pii=job.policy.pii)
        known = profiling.load_learned_schema(state_dir, job.name, job.policy.pii)
        return known, (
            "the schema is as learned on the first run"
            if known
            else "no schema: none is learned yet, the first run learns it and checks it"
        )

    @property
    def _asks_for_all_rows(self) -> bool:
        return any(v.type in UNSAMPLEABLE for v in self.job.validators)

    def keys(self) -> tuple[str, ...]:
        """What tells a row from the others: as given, else as the schema or a primary_key rule has it."""
        declared = [self.job.schema.primary_key] if self.job.schema else []
        declared += [v.names for v in self.job.validators if v.type == "primary_key"]
        known = next((names for names in declared if names and set(names) <= set(self.backend.schema())), ())
        return self._present() or known

    def _present(self) -> tuple[str, ...]:
        """The key columns that the data have."""
        return tuple(c for c in self.job.primary_key if c in self.backend.schema())

    def result(self, outcomes: tuple[CheckOutcome, ...]) -> ValidationResult:
        rows = self.backend.measure([RowCount()])[RowCount()]
        if not rows:
            self.notes.append("there are no rows: a rule about rows has nothing to fail on; row_count can ask for some")
        return ValidationResult(
            source=self.source.name,
            outcomes=self._with_source_lines(outcomes),
            row_count=rows,
            column_count=len(self.backend.schema()),
            sampled_from=self.sampled_from,
            key_columns=self.keys(),
            notes=tuple(self.notes),
            file=_relative_to_cwd(self.source.path) if self.source.path else None,
        )

    def _with_source_lines(self, outcomes: tuple[CheckOutcome, ...]) -> tuple[CheckOutcome, ...]:
        """The examples with the lines of the data file that they begin on, if it has lines."""
        lines = self.source.lines({e.row for o in outcomes for e in o.examples if e.row is not None})
        if not lines:
            return outcomes
        return tuple(
            replace(o, examples=tuple(replace(e, line=lines.get(e.row or 0)) for e in o.examples)) for o in outcomes
        )

    def _sample(self, total: int) -> Backend:
        size, seed = self.job.sample_size or total, self.job.seed
        self.notes.append(f"a sample of {plural(size, 'row')} of {total:,}, seed {seed}")
        return self._whole.sample(size, seed)

    def _rows_beyond_sample(self) -> int | None:
        """How many rows there are, if they are more than a sample takes."""
        if self.job.sample_size is None:
            return None
        total: int = self._whole.measure([RowCount()])[RowCount()]
        return total if total > self.job.sample_size else None


def _calls_back(measure: Measure) -> bool:
    """Whether it calls a function of the user's, who did not write it for a table without rows."""
    return isinstance(measure, CountWhere) and any(isinstance(p, Native) for p in parts(measure.predicate))


def _of_all_rows(check: Check) -> Check:
    problem = NotRunnable(CheckStatus.SKIPPED, "it speaks of all rows, and only a sample was checked")
    return replace(check, measures=(), judge=None, failing=None, problem=check.problem or problem)


__all__ = ["DEFAULT_VALIDATORS", "Job", "SourceError", "Validation", "check", "run", "validate"]
