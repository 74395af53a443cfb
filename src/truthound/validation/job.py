"""The arguments of a validation, checked and in one object."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, Unpack

from truthound._internal.text import did_you_mean
from truthound.errors import ConfigError
from truthound.results import Severity, SeverityName, now
from truthound.schema import Schema
from truthound.validation.outcomes import THRESHOLDS, Policy
from truthound.validators.base import Clock, Validator
from truthound.validators.registry import ValidatorSpec, parse_validators

DEFAULT_VALIDATORS = ("null", "nan", "duplicate", "blank", "whitespace", "encoding")
"""the validators of a run without configured validators or a schema"""


class CheckOptions(TypedDict, total=False):
    """The options of a validation."""

    validator_config: Mapping[str, Any] | None
    """Options for validators given by name."""
    schema: Schema | str | Path | None
    """A Schema, or the path of a schema file, to validate against."""
    auto_schema: bool
    """Learns the schema on the first run and validates later runs against it."""
    min_severity: Severity | SeverityName | None
    """Issues of a lower severity are hidden and do not count."""
    fail_on: Severity | SeverityName | None
    """The lowest severity that makes the status a failure; by default `fail_on_critical` and `fail_on_high` decide."""
    fail_on_critical: bool
    """A critical issue makes the status a failure. Default: true."""
    fail_on_high: bool
    """A high issue makes the status a failure. Default: true."""
    severity_thresholds: Mapping[Severity, float] | Mapping[SeverityName, float] | None
    """Failing ratios (0 to 1) above which an issue is at least medium, high, critical."""
    sample_size: int | None
    """Checks a random sample of this many rows."""
    seed: int
    """Selects the sample."""
    examples: int
    """Failing rows kept for each check. Default: 10."""
    pii: Iterable[str]
    """Columns whose values are masked in results."""
    primary_key: Iterable[str]
    """Columns that identify a row; shown first."""
    clock: Clock
    """Returns the present as an aware datetime."""
    base: Path | None
    """The folder that relative paths start from."""
    state_dir: Path | None
    """Where learned schemas and baselines are kept; `.truthound` in `base` by default."""
    name: str
    """The name under which learned schemas and baselines are kept."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that a validation needs. It can be sent to another process unless it holds functions or open connections."""

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


def make_job(
    data_source: Any, validators: Iterable[ValidatorSpec] | None = None, **options: Unpack[CheckOptions]
) -> Job:
    """Validates the arguments and returns the job.

    Args:
        data_source: a path, glob or URL, a mapping (`path`, `format`, `options`, `table`, `query`, `where`), a data frame or a dict of lists.
        validators: names, mappings of a name to its options, or validator objects; by default what `schema` requires, else a default set.
        options: see `CheckOptions`.

    Raises:
        ConfigError: a mistake in the arguments; all mistakes of the validators at once.
        TypeError: an option does not exist.
    """
    if unknown := next((o for o in options if o not in _OPTIONS), None):
        raise TypeError(f"unexpected option '{unknown}'{did_you_mean(unknown, _OPTIONS)}")
    sample_size, base, schema = options.get("sample_size"), options.get("base"), options.get("schema")
    if options.get("examples", 0) < 0 or (sample_size is not None and sample_size < 1):
        raise ConfigError("examples is 0 or more, sample_size 1 or more")
    if schema is not None and not isinstance(schema, Schema):
        schema = Schema.load((base or Path()) / schema)
    auto_schema, primary_key = options.get("auto_schema", False), options.get("primary_key", ())
    config = options.get("validator_config")
    if validators is None and schema is None and not auto_schema and not config:
        validators = DEFAULT_VALIDATORS
    return Job(
        data_source=data_source,
        validators=_parsed(validators, config),
        policy=_policy(options),
        schema=schema,
        auto_schema=auto_schema,
        sample_size=sample_size,
        seed=options.get("seed", 0),
        primary_key=(primary_key,) if isinstance(primary_key, str) else tuple(primary_key),
        base=base,
        state_dir=options.get("state_dir") or (base or Path()) / ".truthound",
        clock=options.get("clock", now),
        name=options.get("name", "data"),
    )


_OPTIONS = frozenset(CheckOptions.__annotations__)


def _parsed(validators: Iterable[ValidatorSpec] | None, config: Mapping[str, Any] | None) -> tuple[Validator, ...]:
    if not config and isinstance(validators, tuple) and all(isinstance(v, Validator) for v in validators):
        return validators  # a checkpoint parsed them
    return parse_validators(validators, config)


def _policy(options: CheckOptions) -> Policy:
    minimum, thresholds = options.get("min_severity"), options.get("severity_thresholds")
    pii = options.get("pii", ())
    return Policy(
        fails=_failing_severities(options),
        min_severity=None if minimum is None else _severity(minimum),
        thresholds=THRESHOLDS if thresholds is None else _thresholds(thresholds),
        examples=options.get("examples", 10),
        pii=frozenset([pii] if isinstance(pii, str) else pii),
    )


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


def _failing_severities(options: CheckOptions) -> frozenset[Severity]:
    lowest = options.get("fail_on")
    if lowest is not None:
        return frozenset(s for s in Severity if s.rank >= _severity(lowest).rank)
    critical, high = options.get("fail_on_critical", True), options.get("fail_on_high", False)
    return frozenset({Severity.CRITICAL} if critical else ()) | frozenset({Severity.HIGH} if high else ())


def require_columns(job: Job, known: Collection[str], expected: Schema | None) -> None:
    """Raises ConfigError where `primary_key` or `pii` name columns that the data do not have.

    Columns that a schema or a validator names are left out: their own checks report that they are missing.
    """
    reported = {*(expected.columns if expected else ()), *(name for v in job.validators for name in v.names)}
    named = (*job.primary_key, *sorted(job.policy.pii))
    unknown = [c for c in named if c not in known and c not in reported]
    if unknown:
        raise ConfigError(
            [f'column "{c}" of primary_key or pii is not in the data{did_you_mean(c, known)}' for c in unknown]
        )
