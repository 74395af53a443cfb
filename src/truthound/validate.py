"""Validation: a data source and validators come to a ValidationResult."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import polars as pl

from truthound import inference
from truthound.engine import Backend, Split
from truthound.engine.polars_backend import PolarsBackend, no_panic
from truthound.errors import ConfigError, SourceError
from truthound.measures import Reference, RowCount
from truthound.outcomes import THRESHOLDS, Failing, Policy, Progress, bound, evaluate
from truthound.results import CheckOutcome, CheckStatus, Severity, ValidationResult, now
from truthound.schema import Schema
from truthound.sources import open_source
from truthound.text import did_you_mean, plural
from truthound.validators.base import Check, Clock, Problem, Table, Validator
from truthound.validators.registry import parse_validators

DEFAULT_VALIDATORS = ("null", "nan", "duplicate", "blank", "whitespace", "encoding")
"""what is looked for when nothing is asked for"""
OF_ALL_ROWS = ("row_count", "row_count_match", "aggregate_match", "contains_values")
"""validators that a sample says nothing about"""
SAMPLE_ROW = "__truthound_sampled_row"


@dataclass(frozen=True, slots=True)
class Job:
    """All that a validation needs; it can be sent to a child process unless it holds functions or open connections."""

    data_source: Any
    validators: tuple[Validator, ...]
    policy: Policy = field(default_factory=Policy)
    schema: Schema | None = None
    auto_schema: bool = False
    sample_size: int | None = None
    seed: int = 0
    primary_key: tuple[str, ...] = ()
    base: Path | None = None
    state_dir: Path | None = None
    clock: Clock = now
    name: str = "data"


@dataclass(frozen=True, slots=True)
class Validation:
    """A result, and the way back to the rows it speaks of."""

    result: ValidationResult
    failing: Mapping[str, Failing]
    job: Job

    def split(self) -> Split:
        """All rows as good and bad ones, by the row-level checks that did not hold. The data are read again, whole also where a sample was checked."""
        with _Opened(replace(self.job, sample_size=None)) as opened:
            return opened.backend.split(self.failing)


def check(data_source: Any, validators: Iterable[Any] | None = None, **options: Any) -> ValidationResult:
    """Checks a table. Takes the options of `validate` and returns its result."""
    return validate(data_source, validators, **options).result


def require_columns(
    primary_key: Iterable[str],
    pii: Iterable[str],
    known: Collection[str],
    shape: Schema | None,
    rules: Iterable[Validator],
) -> None:
    """Raises ConfigError where a table's options name columns that it does not have.

    Those that a schema or a rule names are not meant: its own check tells that they are gone, and the others run on.
    """
    told = {*(shape.columns if shape else ()), *(name for rule in rules for name in rule.names)}
    unknown = [c for c in (*primary_key, *sorted(pii)) if c not in known and c not in told]
    if unknown:
        raise ConfigError(
            [f'column "{c}" of primary_key or pii is not in the data{did_you_mean(c, known)}' for c in unknown]
        )


def validate(
    data_source: Any,
    validators: Iterable[Any] | None = None,
    *,
    validator_config: Mapping[str, Any] | None = None,
    schema: Schema | str | Path | None = None,
    auto_schema: bool = False,
    min_severity: Severity | str | None = None,
    fail_on_critical: bool = True,
    fail_on_high: bool = False,
    fail_on: Severity | str | None = None,
    severity_thresholds: Mapping[Any, Any] | None = None,
    sample_size: int | None = None,
    seed: int = 0,
    examples: int = 10,
    pii: Iterable[str] = (),
    primary_key: Iterable[str] | str = (),
    timeout_seconds: float | None = None,
    clock: Clock = now,
    base: Path | None = None,
    state_dir: Path | None = None,
    name: str = "data",
) -> Validation:
    """Checks a table and keeps what is needed to set its bad rows aside.

    Args:
        data_source: a path, glob or URL, a mapping (`path`, `format`, `options`, `table`, `query`, `where`), a data frame or a dict of lists.
        validators: names, mappings of a name to its options, or validator objects; none: what `schema` asks for, else a default set.
        validator_config: options for validators given by name.
        schema: a Schema or the path of a schema file to validate against.
        auto_schema: learn the schema on the first run, validate later runs against it.
        min_severity: lower issues are hidden and do not count.
        fail_on: the least severity that makes the status a failure; else `fail_on_critical` and `fail_on_high` decide.
        fail_on_critical: a critical issue makes the status a failure.
        fail_on_high: so does a high one.
        severity_thresholds: failing ratios (0 to 1) above which an issue is at least medium, high, critical.
        seed: chooses the sample.
        sample_size: check a random sample of so many rows.
        examples: failing rows kept for each check, 0 for none.
        pii: columns whose values are masked in results.
        primary_key: columns that tell a row from the others; shown first.
        timeout_seconds: the work is stopped after so long; checks that had not finished are errors.
        clock: gives the present as an aware datetime.
        base: the folder that relative paths start from.
        state_dir: where learned schemas and baselines are kept; `.truthound` in `base` by default.
        name: what learned schemas and baselines are kept under.

    Raises:
        ConfigError: a mistake in the arguments, all of them at once.
        SourceError: the data could not be read.
    """
    if (
        examples < 0
        or (sample_size is not None and sample_size < 1)
        or (timeout_seconds is not None and timeout_seconds <= 0)
    ):
        raise ConfigError("examples is 0 or more, sample_size 1 or more, timeout_seconds above 0")
    loaded = schema if isinstance(schema, Schema) or schema is None else Schema.load((base or Path()) / schema)
    parsed = parse_validators(validators, validator_config)
    if validators is None and loaded is None and not auto_schema:
        parsed = parse_validators(DEFAULT_VALIDATORS, validator_config)
    policy = Policy(
        fails=_fails(fail_on, critical=fail_on_critical, high=fail_on_high),
        min_severity=None if min_severity is None else _severity(min_severity),
        thresholds=THRESHOLDS if severity_thresholds is None else _thresholds(severity_thresholds),
        examples=examples,
        pii=frozenset([pii] if isinstance(pii, str) else pii),
    )
    keys = (primary_key,) if isinstance(primary_key, str) else tuple(primary_key)
    folder = state_dir or (base or Path()) / ".truthound"
    job = Job(data_source, parsed, policy, loaded, auto_schema, sample_size, seed, keys, base, folder, clock, name)
    if timeout_seconds is None:
        return Validation(*run(job), job)
    from truthound.worker import run_in_child

    return Validation(*run_in_child(job, timeout_seconds), job)


def _near(path: Path) -> str:
    """A path as it was given, or as seen from the current folder if it lies below that."""
    with contextlib.suppress(OSError, ValueError):  # the folder has gone, or the path leads elsewhere
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def _severity(value: Any) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        raise ConfigError(
            f"{value!r} is not a severity: low, medium, high or critical{did_you_mean(str(value), Severity)}"
        ) from None


def _thresholds(given: Mapping[Any, Any]) -> dict[Severity, float]:
    wrong = [k for k, v in given.items() if isinstance(v, bool) or not isinstance(v, int | float) or not 0 <= v <= 1]
    if wrong:
        raise ConfigError([f"severity_thresholds: {k}: {given[k]!r} is not a ratio from 0 to 1" for k in wrong])
    return {_severity(k): float(v) for k, v in given.items()}


def _fails(fail_on: Severity | str | None, *, critical: bool, high: bool) -> frozenset[Severity]:
    if fail_on is not None:
        least = _severity(fail_on).rank
        return frozenset(s for s in Severity if s.rank >= least)
    return frozenset({Severity.CRITICAL} if critical else ()) | frozenset({Severity.HIGH} if high else ())


def run(
    job: Job, progress: Progress | None = None, opened_with: Announce | None = None
) -> tuple[ValidationResult, dict[str, Failing]]:
    """Does a job in this process. `opened_with` hears the source's name and the checks before the work, `progress` each outcome."""
    started = time.perf_counter()
    with no_panic(), _Opened(job) as opened:
        checks = opened.checks()
        if not checks:
            raise ConfigError("no checks: name at least one validator, or a schema")
        if opened_with:
            opened_with(opened.source.name, checks)
        outcomes, failing = evaluate(checks, opened.backend, job.policy, progress, keys=opened.keys())
        result = opened.result(outcomes)
    return replace(result, duration_ms=round((time.perf_counter() - started) * 1000, 3)), failing


Announce = Callable[[str, Mapping[str, Check]], None]


class _Opened:
    """A job's data, open."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._others: dict[Reference, PolarsBackend] = {}
        self.source = open_source(job.data_source, base=job.base)
        self.notes: list[str] = [*self.source.notes]
        self.notes += [f'column "{c}" cannot be read: {reason}' for c, reason in self.source.unreadable.items()]
        frame, self.sampled_from = self._sampled(self.source.frame)
        sampled = SAMPLE_ROW if self.sampled_from is not None else None
        self.backend = PolarsBackend(
            frame, reference=self._other, explain=self.source.explain, row_number=sampled,
            unreadable=self.source.unreadable, now=job.clock,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for other in self._others.values():
            other.close()
        self.backend.close()

    def checks(self) -> dict[str, Check]:
        """The job's checks, bound to the data's schema."""
        job = self.job
        types = self.backend.schema()
        expected = job.schema
        learned: tuple[Validator, ...] = ()
        if job.auto_schema and job.state_dir is not None:
            found, note = inference.auto_schema(job.state_dir, job.name, self._whole(), pii=job.policy.pii)
            learned = inference.schema_validators(found, learned=True)
            expected = expected or found
            self.notes.append(note)
        require_columns(job.primary_key, job.policy.pii, types, expected, job.validators)
        declared = inference.schema_validators(job.schema) if job.schema else ()
        baselines = None if job.state_dir is None else inference.Baselines(job.state_dir / "baselines", job.name)
        if baselines and job.policy.pii:
            baselines.forget(job.policy.pii)
        table = Table(types, expected, job.clock, baselines, self._present(), job.policy.pii)
        checks = bound(job.validators, table, (*declared, *learned))
        if self.sampled_from is None:
            return checks
        return {key: _of_all_rows(c) if c.validator.type in OF_ALL_ROWS else c for key, c in checks.items()}

    def keys(self) -> tuple[str, ...]:
        """What tells a row from the others: as given, else as the schema or a primary_key rule has it."""
        declared = [self.job.schema.primary_key] if self.job.schema else []
        declared += [v.names for v in self.job.validators if v.type == "primary_key"]
        known = next((names for names in declared if names and set(names) <= set(self.backend.schema())), ())
        return self._present() or known

    def _present(self) -> tuple[str, ...]:
        """The key columns that the data have."""
        return tuple(c for c in self.job.primary_key if c in self.backend.schema())

    def _whole(self) -> PolarsBackend:
        """All rows: a schema learned from a sample would call the others drift."""
        if self.sampled_from is None:
            return self.backend
        return PolarsBackend(self.source.frame, explain=self.source.explain, unreadable=self.source.unreadable)

    def result(self, outcomes: tuple[CheckOutcome, ...]) -> ValidationResult:
        rows = self.backend.measure([RowCount()])[RowCount()]
        if not rows:
            self.notes.append("there are no rows: a rule about rows has nothing to fail on; row_count can ask for some")
        return ValidationResult(
            source=self.source.name,
            outcomes=self._lined(outcomes),
            row_count=rows,
            column_count=len(self.backend.schema()),
            sampled_from=self.sampled_from,
            key_columns=self.keys(),
            notes=tuple(self.notes),
            file=_near(self.source.path) if self.source.path else None,
        )

    def _lined(self, outcomes: tuple[CheckOutcome, ...]) -> tuple[CheckOutcome, ...]:
        """The examples with the lines of the data file that they begin on, if it has lines."""
        lines = self.source.lines({e.row for o in outcomes for e in o.examples if e.row is not None})
        if not lines:
            return outcomes
        return tuple(
            replace(o, examples=tuple(replace(e, line=lines.get(e.row or 0)) for e in o.examples)) for o in outcomes
        )

    def _sampled(self, frame: pl.LazyFrame) -> tuple[pl.LazyFrame, int | None]:
        """The rows with the smallest hashes of their number and the seed: a random sample in one pass that keeps no more than itself."""
        size = self.job.sample_size
        if size is None:
            return frame, None
        try:
            total = int(frame.select(pl.len()).collect(engine="streaming").item())
            if total <= size:
                return frame, None
            order = pl.col(SAMPLE_ROW).hash(self.job.seed)
            picked = frame.with_row_index(SAMPLE_ROW).bottom_k(size, by=order).collect(engine="streaming")
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self.source.explain(error) from None
        self.notes.append(f"a sample of {plural(size, 'row')} of {total:,}, seed {self.job.seed}")
        return picked.sort(SAMPLE_ROW).lazy(), total

    def _other(self, reference: Reference) -> Backend:
        if reference not in self._others:
            source = open_source(reference.spec, base=self.job.base)
            self._others[reference] = PolarsBackend(
                source.frame, reference=self._other, explain=source.explain, unreadable=source.unreadable
            )
        return self._others[reference]


def _of_all_rows(check: Check) -> Check:
    problem = Problem(CheckStatus.SKIPPED, "it speaks of all rows, and only a sample was checked")
    return replace(check, measures=(), judge=None, failing=None, problem=check.problem or problem)


__all__ = ["DEFAULT_VALIDATORS", "Job", "SourceError", "Validation", "check", "run", "validate"]
