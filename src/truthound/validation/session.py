"""An open validation: the table and its checks, which a run evaluates and a dry run shows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from truthound import profiling
from truthound._internal.text import plural
from truthound.engine import Backend, Failing, RowRequest
from truthound.engine.measures import CountWhere, Measure, Native, Not, Reference, RowCount, any_null, subpredicates
from truthound.errors import ConfigError, SourceError, ValidatorError
from truthound.results import CheckOutcome, CheckStatus, ValidationResult
from truthound.schema import Schema
from truthound.sources import Source, open_source
from truthound.sources.open import without_damaged_columns
from truthound.validation.bind import bind_all
from truthound.validation.evaluate import Progress, evaluate
from truthound.validation.job import Job, require_columns
from truthound.validators.base import Check, NotRunnable, Table

Started = Callable[[str, Mapping[str, Check]], None]
"""called with the source's name and the checks before these are evaluated"""
Answer = tuple[ValidationResult, dict[str, Failing]]


def run_job(job: Job, progress: Progress | None = None, started: Started | None = None) -> Answer:
    """The result of a job, and the predicates of failing rows by check.

    If the data turn out to have damaged columns, the job is run again without these: only checks that need one are errors.
    """
    try:
        return _run(job, progress, started)
    except SourceError:
        if (source := without_damaged_columns(job.data_source, job.base)) is None:
            raise
    return _run(replace(job, data_source=source), progress, started)


def _run(job: Job, progress: Progress | None, started: Started | None) -> Answer:
    begin = time.perf_counter()
    with ValidationSession(job) as session:
        checks = session.checks()
        if started:
            started(session.source.name, checks)
        outcomes, failing = evaluate(checks, session.backend, job.policy, progress, keys=session.keys())
        result = session.result(outcomes)
    return replace(result, duration_ms=round((time.perf_counter() - begin) * 1000, 3)), failing


class ValidationSession:
    """A job's data, open.

    A `dry_run` reads only the schema: its tables have no rows, and nothing is learned or stored.
    """

    def __init__(self, job: Job, *, dry_run: bool = False) -> None:
        self.job, self._dry_run = job, dry_run
        self._references: dict[Reference, Backend] = {}
        self.source, self._whole = self._open(job.data_source)
        types = self._whole.schema()
        self.notes: list[str] = [*self.source.notes]
        self.notes += [f'column "{c}" cannot be read: {r}' for c, t in types.items() if (r := t.unreadable_reason)]
        if dry_run:
            needs_all_rows = any(v.needs_all_rows for v in job.validators)
            self.sampled_from = self._rows_beyond_sample() if needs_all_rows else None
            self.backend = self._whole.without_rows()
        else:
            self.sampled_from = self._rows_beyond_sample()
            self.backend = self._whole if self.sampled_from is None else self._sample(self.sampled_from)
        self.types = types

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for backend in (*self._references.values(), self.backend, self._whole):
            backend.close()

    def _open(self, data_source: Any) -> tuple[Source, Backend]:
        source = open_source(data_source, base=self.job.base, whole=not self._dry_run)
        return source, source.backend(reference=self._reference, now=self.job.clock)

    def _reference(self, reference: Reference) -> Backend:
        """The backend of another data source, opened once."""
        if reference not in self._references:
            _, found = self._open(reference.spec)
            self._references[reference] = found.without_rows() if self._dry_run else found
        return self._references[reference]

    def _sample(self, total: int) -> Backend:
        size, seed = self.job.sample_size or total, self.job.seed
        self.notes.append(f"a sample of {plural(size, 'row')} of {total:,}, seed {seed}")
        return self._whole.sample(size, seed)

    def _rows_beyond_sample(self) -> int | None:
        """The number of rows, if it exceeds the sample size."""
        if self.job.sample_size is None:
            return None
        total: int = self._whole.measure([RowCount()])[RowCount()]
        return total if total > self.job.sample_size else None

    def checks(self) -> dict[str, Check]:
        """The job's checks, bound to the table, by id."""
        job = self.job
        learned = self._learned_schema()
        expected = job.schema or learned
        require_columns(job, self.types, expected)
        from_schema = profiling.schema_validators(job.schema) if job.schema else ()
        if learned:
            from_schema += profiling.schema_validators(learned, learned=True)
        table = Table(self.types, expected, job.clock, self._baselines(), self._present_keys(), job.policy.pii)
        checks = bind_all(job.validators, table, from_schema)
        if not checks and not (self._dry_run and job.auto_schema):
            raise ConfigError("no checks: name at least one validator, or a schema")
        if self.sampled_from is None:
            return checks
        return {key: _skipped_on_sample(c) if c.validator.needs_all_rows else c for key, c in checks.items()}

    def _baselines(self) -> profiling.FileBaselines | None:
        job = self.job
        if job.state_dir is None:
            return None
        baselines = profiling.FileBaselines(job.state_dir / "baselines", job.name)
        if job.policy.pii and not self._dry_run:
            baselines.forget(job.policy.pii)
        return baselines

    def _learned_schema(self) -> Schema | None:
        """The schema learned on an earlier run, else learned now; a dry run learns none."""
        job = self.job
        if not job.auto_schema or job.state_dir is None:
            return None
        if not self._dry_run:
            # from all rows: a schema learned from a sample would report other rows as drift
            schema, note = profiling.auto_schema(job.state_dir, job.name, self._whole, pii=job.policy.pii)
            self.notes.append(note)
            return schema
        known = profiling.load_learned_schema(job.state_dir, job.name, job.policy.pii)
        self.notes.append(
            "the schema is as learned on the first run"
            if known
            else "no schema: none is learned yet, the first run learns it and checks it"
        )
        return known

    def preview(self) -> dict[str, Check]:
        """The checks, each with the problem that a run would report: measures that do not fit the columns fail without rows too."""
        checks = self.checks()
        wanted = (x for c in checks.values() if c.problem is None for x in c.measures if not _calls_user_code(x))
        errors = {x: str(v) for x, v in self.backend.measure(wanted).items() if isinstance(v, ValidatorError)}
        return {key: check if check.problem else self._with_problem(check, errors) for key, check in checks.items()}

    def _with_problem(self, check: Check, errors: Mapping[Measure, str]) -> Check:
        message = next((errors[x] for x in check.measures if x in errors), "")
        if not message and check.doubt and self._has_values(check):
            message = check.doubt
        return replace(check, problem=NotRunnable(CheckStatus.ERROR, message)) if message else check

    def _has_values(self, check: Check) -> bool:
        """Whether some row has values in all columns of the check; reading stops at the first such row."""
        request = RowRequest(Not(any_null(check.columns)), check.validator.row_filter, 1)
        return bool(self._whole.rows({"": request})[""].rows)

    def keys(self) -> tuple[str, ...]:
        """The columns that identify rows: the configured ones, else those of the schema or of a primary_key validator."""
        declared = [self.job.schema.primary_key] if self.job.schema else []
        declared += [v.names for v in self.job.validators if v.type == "primary_key"]
        return self._present_keys() or next(
            (names for names in declared if names and set(names) <= set(self.types)), ()
        )

    def _present_keys(self) -> tuple[str, ...]:
        """The key columns that the data have."""
        return tuple(c for c in self.job.primary_key if c in self.types)

    def result(self, outcomes: tuple[CheckOutcome, ...]) -> ValidationResult:
        """The result of the run with these outcomes."""
        rows = self.backend.measure([RowCount()])[RowCount()]
        if not rows:
            self.notes.append("there are no rows: a rule about rows has nothing to fail on; row_count can ask for some")
        return ValidationResult(
            source=self.source.name,
            outcomes=self._with_source_lines(outcomes),
            row_count=rows,
            column_count=len(self.types),
            sampled_from=self.sampled_from,
            key_columns=self.keys(),
            notes=tuple(self.notes),
            file=_relative_to_cwd(self.source.path) if self.source.path else None,
        )

    def _with_source_lines(self, outcomes: tuple[CheckOutcome, ...]) -> tuple[CheckOutcome, ...]:
        """The outcomes; examples from a line-based file get the line on which each begins."""
        lines = self.source.lines({e.row for o in outcomes for e in o.examples if e.row is not None})
        if not lines:
            return outcomes
        return tuple(
            replace(o, examples=tuple(replace(e, line=lines.get(e.row or 0)) for e in o.examples)) for o in outcomes
        )


def _calls_user_code(measure: Measure) -> bool:
    """Whether a measure calls a user's function, which may not work on a table without rows."""
    return isinstance(measure, CountWhere) and any(isinstance(p, Native) for p in subpredicates(measure.predicate))


def _skipped_on_sample(check: Check) -> Check:
    problem = NotRunnable(CheckStatus.SKIPPED, "requires all rows; not evaluated on a sample")
    return replace(check, measures=(), judge=None, failing=None, problem=check.problem or problem)


def _relative_to_cwd(path: Path) -> str:
    """The path relative to the current folder if it is inside it, else unchanged."""
    with contextlib.suppress(OSError, ValueError):  # the folder was deleted, or the path is elsewhere
        path = path.relative_to(Path.cwd())
    return path.as_posix()
