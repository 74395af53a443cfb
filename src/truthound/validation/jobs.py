"""What a validation needs, in one object, made of what people write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from truthound._internal.text import did_you_mean
from truthound.errors import ConfigError
from truthound.results import Severity, SeverityName, now
from truthound.schema import Schema
from truthound.validation.evaluate import THRESHOLDS, Policy
from truthound.validators.base import Clock, Validator
from truthound.validators.registry import ValidatorSpec, parse_validators

DEFAULT_VALIDATORS = ("null", "nan", "duplicate", "blank", "whitespace", "encoding")
"""what is looked for when nothing is asked for"""


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


class CheckOptions(TypedDict, total=False):
    """The options of `job_of`, for type checkers."""

    validator_config: Mapping[str, Any] | None
    schema: Schema | str | Path | None
    auto_schema: bool
    min_severity: Severity | SeverityName | None
    fail_on_critical: bool
    fail_on_high: bool
    fail_on: Severity | SeverityName | None
    severity_thresholds: Mapping[Severity | SeverityName, float] | None
    sample_size: int | None
    seed: int
    examples: int
    pii: Iterable[str]
    primary_key: Iterable[str]
    clock: Clock
    base: Path | None
    state_dir: Path | None
    name: str


def job_of(
    data_source: Any,
    validators: Iterable[ValidatorSpec] | None = None,
    *,
    validator_config: Mapping[str, Any] | None = None,
    schema: Schema | str | Path | None = None,
    auto_schema: bool = False,
    min_severity: Severity | SeverityName | None = None,
    fail_on_critical: bool = True,
    fail_on_high: bool = False,
    fail_on: Severity | SeverityName | None = None,
    severity_thresholds: Mapping[Severity | SeverityName, float] | None = None,
    sample_size: int | None = None,
    seed: int = 0,
    examples: int = 10,
    pii: Iterable[str] = (),
    primary_key: Iterable[str] = (),
    clock: Clock = now,
    base: Path | None = None,
    state_dir: Path | None = None,
    name: str = "data",
) -> Job:
    """All that a validation needs, from what people write.

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
        clock: gives the present as an aware datetime.
        base: the folder that relative paths start from.
        state_dir: where learned schemas and baselines are kept; `.truthound` in `base` by default.
        name: what learned schemas and baselines are kept under.

    Raises:
        ConfigError: a mistake in the arguments, all of them at once.
    """
    if examples < 0 or (sample_size is not None and sample_size < 1):
        raise ConfigError("examples is 0 or more, sample_size 1 or more")
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
    return Job(data_source, parsed, policy, loaded, auto_schema, sample_size, seed, keys, base, folder, clock, name)


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


def _fails(fail_on: Severity | SeverityName | None, *, critical: bool, high: bool) -> frozenset[Severity]:
    if fail_on is not None:
        least = _severity(fail_on).rank
        return frozenset(s for s in Severity if s.rank >= least)
    return frozenset({Severity.CRITICAL} if critical else ()) | frozenset({Severity.HIGH} if high else ())


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
