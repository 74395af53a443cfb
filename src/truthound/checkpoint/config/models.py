"""The options of a checkpoint: one model for Python and YAML."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypedDict

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from truthound._internal.env_vars import describe_unset
from truthound._internal.options import Converted, Dictionary, Model, mistakes, option
from truthound._internal.redaction import redact
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.option_values import Resolution, resolve_variables, secret_values
from truthound.checkpoint.config.actions import as_tuple, parse_actions, resolve_action
from truthound.checkpoint.config.serialize import to_config_dict
from truthound.errors import ConfigError, OptionErrors
from truthound.results import CIExamples, Severity, SeverityName
from truthound.schema import Schema
from truthound.sources.spec import KEYS, Spec, describe, parse_spec
from truthound.validators.base import Validator
from truthound.validators.option_types import Names
from truthound.validators.registry import ValidatorSpec, parse_validators


def _ratio(value: Any) -> float:
    """A ratio from 0 to 1, or a percentage as text."""
    text = str(value).strip()
    try:
        ratio = float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
    except ValueError:
        ratio = -1.0
    if isinstance(value, bool) or not 0 <= ratio <= 1:
        raise ValueError("a percentage (5%) or a ratio from 0 to 1 (0.05) is expected")
    return ratio


def _words(value: Any) -> Any:
    """Plain values as text: a tag is a word."""
    if not isinstance(value, Mapping):
        return value
    return {
        k: str(v).lower() if isinstance(v, bool) else str(v) if isinstance(v, int | float | date) else v
        for k, v in value.items()
    }


def parse_source(value: Any) -> Spec:
    """The data source that the option `data_source` means. OptionErrors names every mistake with its location."""
    if value is None:
        raise OptionErrors([("data_source", "it is empty; give a path, a URL or a mapping")])
    try:
        return parse_spec(value)
    except ConfigError as error:
        problems = [p.removeprefix("data_source: ") for p in error.problems]
        raise OptionErrors(_source_mistake(p, value) for p in problems) from None


def _source_mistake(problem: str, source: Any) -> tuple[str, str]:
    """The location of a mistake in the data source, and what is wrong there."""
    key, colon, reason = problem.partition(": ")
    known = isinstance(source, Mapping) and (key in source or key in KEYS)
    return (f"data_source.{key}", reason) if colon and known else ("data_source", problem)


def _is_empty(value: Any) -> bool:
    return isinstance(value, list | tuple) and not value


Ratio = Annotated[float, PlainValidator(_ratio, json_schema_input_type=float | str)]

with warnings.catch_warnings():
    # pydantic 1's deprecated `schema` method gives way to the field that users know by this name
    warnings.filterwarnings("ignore", message='Field name "schema"')

    class _Expecting(Model):
        schema: Converted[Any, Schema | Mapping[str, Any] | str | Path | None] = option(default=None)
        """A schema file, or a Schema, to validate against."""


class CheckpointOptions(TypedDict, total=False):
    """The options of `CheckpointConfig` that `Checkpoint` takes by name, for type checkers."""

    validator_config: Mapping[str, Any]
    schema: Schema | Mapping[str, Any] | str | Path | None
    min_severity: Severity | SeverityName | None
    auto_schema: bool
    run_name_template: str
    tags: Mapping[str, str | int | float | date]
    metadata: Mapping[str, Any]
    fail_on_critical: bool
    fail_on_high: bool
    fail_on: Severity | SeverityName | None
    strict: bool
    timeout_seconds: float | None
    sample_size: int | None
    seed: int
    examples: int
    ci_examples: CIExamples | Literal["none", "keys", "rows"]
    pii: str | list[str] | tuple[str, ...]
    primary_key: str | list[str] | tuple[str, ...]
    severity_thresholds: Mapping[Severity | SeverityName, float | str]
    actions: Iterable[Action | Mapping[str, Any]] | None


class CheckpointConfig(_Expecting):
    """The options of a checkpoint. Unknown options are errors; all errors are reported at once."""

    name: str = Field(min_length=1, max_length=200)
    """The checkpoint's name, unique in its file."""
    data_source: Any
    """A path, glob or URL; a mapping (path, format, options, table, query, where, url); from Python also a data frame or a dict of lists."""
    validators: Converted[Annotated[tuple[Any, ...], PlainValidator(as_tuple)], Iterable[ValidatorSpec] | None] = (
        option(default=())
    )
    """Validators: names, mappings of a name to its options, or validator objects. Default: a basic set, unless there is a schema."""
    validator_config: Dictionary = option(default_factory=dict)
    """Options for validators given by name."""
    min_severity: Converted[Severity | None, Severity | SeverityName | None] = option(default=None)
    """Issues below this severity are hidden and do not count towards the status."""
    auto_schema: bool = False
    """Learn the schema on the first run, validate later runs against it."""
    run_name_template: str = "%Y%m%d_%H%M%S"
    """The time in run ids, in strftime directives."""
    tags: Converted[Annotated[dict[str, str], BeforeValidator(_words)], Mapping[str, str | int | float | date]] = (
        option(default_factory=dict)
    )
    """Tags to select checkpoints by; stored in each result."""
    metadata: Dictionary = option(default_factory=dict)
    """Arbitrary values; stored in each result."""
    fail_on_critical: bool = True
    """Whether a critical issue fails the run."""
    fail_on_high: bool = False
    """Whether a high issue fails the run."""
    fail_on: Converted[Severity | None, Severity | SeverityName | None] = option(default=None)
    """The lowest severity that fails the run; replaces `fail_on_critical` and `fail_on_high`."""
    strict: bool = False
    """Whether every issue fails the run, whatever its severity; none is hidden then."""
    timeout_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Time limit of the checks in seconds; then they are stopped."""
    sample_size: int | None = Field(default=None, ge=1)
    """Check a random sample of this many rows."""
    seed: int = 0
    """Seed of the sample: the same seed selects the same rows."""
    examples: int = Field(default=10, ge=0, le=1000)
    """Number of failing rows shown for each check, 0 for none."""
    ci_examples: Converted[CIExamples, CIExamples | Literal["none", "keys", "rows"]] = option(default=CIExamples.KEYS)
    """How much of failing rows CI systems publish (logs, summaries, JUnit, SARIF, annotations, comments): none, keys (row numbers and the
    columns of primary_key) or rows; columns marked pii are masked in any case."""
    pii: Names = option(default=())
    """Columns whose values are masked in all output."""
    primary_key: Names = option(default=())
    """Columns that identify a row; shown first."""
    severity_thresholds: Converted[dict[Severity, Ratio], Mapping[Severity | SeverityName, float | str]] = option(
        default_factory=dict
    )
    """Failing ratios above which an issue has at least this severity. Default: medium 5%, high 20%, critical 50%."""
    actions: Converted[
        Annotated[tuple[Any, ...], PlainValidator(parse_actions)], Iterable[Action | Mapping[str, Any]] | None
    ] = option(default=())
    """Actions performed with each result, in order."""

    _rules: tuple[Validator, ...] = PrivateAttr(default=())
    _source: Spec | None = PrivateAttr(default=None)
    _resolution: Resolution = PrivateAttr(default=Resolution())

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if not value.strip() or not value.isprintable():
            raise ValueError("a name has at least one letter or digit, and no control characters")
        return value.strip()

    @field_validator("schema")
    @classmethod
    def _parse_schema(cls, value: Any) -> Any:
        if value is None or isinstance(value, Schema | Path) or (isinstance(value, str) and value.strip()):
            return value
        if isinstance(value, Mapping):
            return Schema.from_dict(value)
        raise ValueError("the path of a schema file is expected, or a schema: columns: {id: {type: int64}}")

    @field_validator("run_name_template")
    @classmethod
    def _check_run_name_template(cls, value: str) -> str:
        if not value.strip() or not datetime(2000, 1, 1, tzinfo=UTC).strftime(value).strip():
            raise ValueError("give strftime directives, such as %Y%m%d_%H%M%S")
        return value

    @field_validator("severity_thresholds")
    @classmethod
    def _check_thresholds(cls, value: dict[Severity, float]) -> dict[Severity, float]:
        if Severity.LOW in value:
            raise ValueError("every issue is at least low; give medium, high, critical")
        ratios = [value[s] for s in Severity if s in value]
        if ratios != sorted(ratios):
            raise ValueError("a higher severity needs a higher ratio")
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _validate_all(cls, data: Any, handler: Any, info: ValidationInfo) -> Any:
        """The mistakes of the options, the data source and the validators together.

        The context may hold `locate`, for locations in a file, and the parsed data source as `source`.
        """
        if not isinstance(data, Mapping):
            return handler(data)
        found: list[tuple[str, str]] = []
        context = info.context or {}
        rules: tuple[Validator, ...] = ()
        made = source = None
        try:
            source = context.get("source") or (parse_source(data["data_source"]) if "data_source" in data else None)
        except OptionErrors as error:
            found += error.found
        try:
            made = handler(data)
        except ValidationError as error:
            found += mistakes(error, cls)
        auto_schema = made.auto_schema if made else data.get("auto_schema")
        if _is_empty(data.get("validators")) and data.get("schema") is None and not auto_schema:
            message = "an empty list checks nothing; name validators, or leave it out for the default ones"
            found.append(("validators", message))
        given, config = data.get("validators") or (), data.get("validator_config") or {}
        if isinstance(given, Iterable) and not isinstance(given, str | Mapping) and isinstance(config, Mapping):
            try:
                rules = parse_validators(
                    made.validators if made else tuple(given), config, locate=context.get("locate")
                )
            except ConfigError as error:
                found += (("", message) for message in error.problems)
        if found:
            raise OptionErrors(found)
        if made is not None:
            made._rules, made._source = rules, source  # noqa: SLF001 our own
        return made

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        given = ((k, v) for k, v in super().__repr_args__() if k in self.model_fields_set)
        return [(k, describe(v) if k == "data_source" else v) for k, v in given]

    @property
    def source(self) -> Spec:
        """The data source, parsed."""
        return self._source or parse_source(self.data_source)

    @property
    def rules(self) -> tuple[Validator, ...]:
        """The parsed validators; empty for the default set."""
        return self._rules

    def __repr__(self) -> str:
        return redact(super().__repr__(), self.secrets_to_redact)

    __str__ = __repr__

    @property
    def secrets_to_redact(self) -> frozenset[str]:
        """The values of variables in its options whose names mark them as secret."""
        return self._resolution.secrets

    def with_resolution(self, raw: Mapping[str, Any], env: Mapping[str, str]) -> Self:
        """A copy that knows its options before their `${VAR}` were resolved from `env`: `to_dict` returns those."""
        made = self.model_copy()
        own = {k: v for k, v in raw.items() if k != "actions"}
        made._resolution = Resolution(own, frozenset(secret_values(dict(raw), env)))  # noqa: SLF001 our own
        return made

    def with_options(self, **options: Any) -> Self:
        """A copy with other options. Validators keep the locations where they were declared."""
        given = {k: getattr(self, k) for k in self.model_fields_set}
        made = type(self)(**(given | options))
        if not {"validators", "validator_config"} & set(options):
            made._rules = self._rules  # noqa: SLF001 our own
        kept = {k: v for k, v in (self._resolution.raw or {}).items() if k not in options}
        made._resolution = Resolution(kept, self.secrets_to_redact)  # noqa: SLF001 our own
        return made

    def to_dict(self) -> dict[str, Any]:
        """The options that were set, as in a file: plain values for JSON or YAML, `${VAR}` unresolved.

        The function of a `function` validator becomes its import path (`package.module:name`). Secrets that were given as
        plain text stay plain text.

        Raises:
            ConfigError: values that a file cannot hold (data frames, callbacks, classes without a name), all at once.
        """
        raw = self._resolution.raw or {}
        given = {k: getattr(self, k) for k in type(self).model_fields if k in self.model_fields_set}
        if not all(isinstance(v, str | Mapping) for v in self.validators):  # shared options do not reach objects
            given["validators"] = self._rules
            given.pop("validator_config", None)
        made = to_config_dict({k: v for k, v in given.items() if k not in raw})
        return {k: raw[k] if k in raw else made[k] for k in given}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], env: Mapping[str, str] | None = None) -> Self:
        """The config of a checkpoint in a file, its `${VAR}` resolved from `env` (default: the process's environment).

        Raises:
            ConfigError: every mistake.
        """
        known = os.environ if env is None else env
        missing: list[str] = []
        options = {k: resolve_variables(v, known, missing) for k, v in data.items() if k != "actions"}
        listed = data.get("actions")
        items = listed if isinstance(listed, list | tuple) else ()
        if "actions" in data:
            options["actions"] = [resolve_action(i, known, missing) for i in items] if items else listed
        if missing:
            raise ConfigError(describe_unset(missing))
        made = cls(**options)
        actions = (
            a.with_resolution(Resolution(i, frozenset(secret_values(i, known)))) if isinstance(i, Mapping) else a
            for a, i in zip(made.actions, items, strict=True)
        )
        return made.model_copy(update={"actions": tuple(actions)} if items else {}).with_resolution(data, known)

    def __eq__(self, other: object) -> bool:
        """Equal rules and options, however the rules are written."""
        return isinstance(other, CheckpointConfig) and self._compared() == other._compared()

    __hash__ = None  # type: ignore[assignment]  # it holds dictionaries

    def _compared(self) -> dict[str, Any]:
        return self.__dict__ | {"validators": self._rules, "validator_config": None}
