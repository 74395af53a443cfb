"""A checkpoint: a data source, validators and actions. A run of it is one flow."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from truthound._internal import text
from truthound._internal.env_vars import expand, expand_or_raise
from truthound._internal.redaction import describe_exception, redact
from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import LOOK_BACK, ActionContext
from truthound.checkpoint.actions.option_values import redact_value
from truthound.checkpoint.actions.store import StoreValidationResult, load_results
from truthound.checkpoint.async_base import SequentialStrategy, Stage
from truthound.checkpoint.config.actions import conflicts
from truthound.checkpoint.config.models import CheckpointConfig, CheckpointOptions
from truthound.checkpoint.delivery import run_stages
from truthound.errors import ConfigError, OptionErrors, SourceError, TimeLimitError, TruthoundError
from truthound.io import flow
from truthound.io.files import safe_name
from truthound.io.flow import Flow
from truthound.results import ActionResult, CheckOutcome, CheckpointResult, CheckpointStatus, CheckStatus, now
from truthound.sources.files.file_set import matches
from truthound.validators.base import Clock
from truthound.validators.registry import ValidatorSpec

if TYPE_CHECKING:
    from truthound.validation.job import CheckOptions
    from truthound.validation.validate import Plan, Validation


_HISTORY = 50
"""stored runs that actions may read"""
_KINDS = (ConfigError, SourceError)


class Checkpoint:
    """A data source, validators and actions under a name, to be run repeatedly.

    Takes the options of `CheckpointConfig`, by name or as `config=`; with both, a copy of the config is changed.

    Args:
        name: the checkpoint's name.
        data_source: a path, glob or URL, a mapping, a data frame or a dict of lists.
        validators: names, mappings of a name to its options, or validator objects.
        config: all options in one object.
        base: the folder that relative paths start from; the current one, if not given.
        clock: gives the present as an aware datetime.
        options: further options of `CheckpointConfig`.

    Raises:
        ConfigError: mistakes in the options, all of them at once.
    """

    def __init__(
        self,
        name: str | None = None,
        data_source: Any = None,
        validators: Iterable[ValidatorSpec] | None = None,
        *,
        config: CheckpointConfig | None = None,
        base: str | Path | None = None,
        clock: Clock = now,
        **options: Unpack[CheckpointOptions],
    ) -> None:
        named = {"name": name, "data_source": data_source, "validators": validators}
        given: dict[str, Any] = {k: v for k, v in named.items() if v is not None} | options
        if config is not None and not isinstance(config, CheckpointConfig):
            raise ConfigError(f"config: a CheckpointConfig is expected, not {type(config).__name__}")
        try:
            if config is None:
                config = CheckpointConfig(**given)
            elif given:
                config = config.with_options(**given)
        except OptionErrors as error:
            raise OptionErrors(error.found, "Checkpoint") from None
        self.base = None if base is None else Path(base)
        self.clock = clock
        self.config = self._validate_config(config)
        self._latest: CheckpointResult | None = None

    def __repr__(self) -> str:
        return f"Checkpoint(name={self.name!r})"

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def actions(self) -> tuple[Action, ...]:
        return self.config.actions

    def add_action(self, action: Action | Mapping[str, Any]) -> Self:
        """Appends an action, and gives the checkpoint back."""
        self.config = self._validate_config(self.config.with_options(actions=(*self.actions, action)))
        return self

    def to_dict(self) -> dict[str, Any]:
        """`CheckpointConfig.to_dict`. As with a file, the folder that relative paths start from is not part of it."""
        return self.config.to_dict()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, base: str | Path | None = None, clock: Clock = now) -> Self:
        """The checkpoint that a mapping means, as `to_dict` gives it or a file has it."""
        return cls(config=CheckpointConfig.from_dict(data), base=base, clock=clock)

    def _validate_config(self, config: CheckpointConfig) -> CheckpointConfig:
        """The config, if its actions do not conflict with each other or with its data."""
        if found := list(conflicts(config.name, config.source, config.actions, self.base, self.clock)):
            raise OptionErrors(found, "Checkpoint")
        return config

    def run(self, context: Mapping[str, Any] | None = None) -> CheckpointResult:
        """Validates the data, then delivers the result by each action. `context` is merged into the result's metadata.

        Errors are in the result, never raised: data that cannot be read give status error, and actions still run.
        """
        return flow.run(self.flow(context))

    def flow(self, context: Mapping[str, Any] | None = None) -> Flow[CheckpointResult]:
        """A run as a flow, for `truthound.io.flow.run` or `arun`: validate, look back, deliver."""
        if context is not None and not isinstance(context, Mapping):
            raise ConfigError(f"context: a mapping is expected, not {type(context).__name__}")
        started = self._now()
        result = CheckpointResult(
            run_id=self._run_id(started),
            checkpoint_name=self.name,
            run_time=started,
            status=CheckpointStatus.ERROR,
            metadata=self._metadata(context or {}),
            ci_examples=self.config.ci_examples,
        )
        reading = flow.BackgroundTask(partial(self.stored_runs, 1), LOOK_BACK) if self._stores() else None
        result, validation = yield from self._validated(result)
        stored, unread = (yield from flow.call(partial(_read, reading), own_thread=True)) if reading else ([], "")
        if unread:
            secrets = self.config.secrets_to_redact.union(*(s.secrets_to_redact for s in self._stores()))
            result = replace(result, metadata={**result.metadata, "earlier_runs": redact(unread, secrets)})
        earlier = [r for r in (*stored, self._latest) if r is not None]
        run = ActionContext(
            previous=max(earlier, key=lambda r: r.run_time.timestamp(), default=None),
            history=None if unread else partial(self._history, result.run_id),
            split=validation.split if validation else None,
            base=self.base,
            clock=self.clock,
            is_input=partial(matches, self.config.source, self.base),
        )
        result = yield from self._delivered(result, run, started)
        self._latest = replace(result, duration_ms=self._since(started))
        return self._latest

    def _validated(self, result: CheckpointResult) -> Flow[tuple[CheckpointResult, Validation | None]]:
        """The result with the outcomes of the checks, or with the error that kept them from running."""
        try:
            validation = yield from flow.call(self._validate)
        except Exception as error:  # noqa: BLE001 the boundary of a run: its result has the error, and actions report it
            kind = next((c for c in _KINDS if isinstance(error, c)), type(error))
            message = _message(error, self.config.secrets_to_redact)
            return replace(result, error=message, error_type=kind.__name__), None
        if self.config.strict:
            validation = replace(validation, result=validation.result.strict())
        status, reason = verdict(validation)
        return replace(result, status=status, error=reason, validation_result=validation.result), validation

    def _delivered(self, result: CheckpointResult, run: ActionContext, started: datetime) -> Flow[CheckpointResult]:
        """The result with those of its actions, which are delivered stage by stage; each stage sees the results so far."""
        done: dict[int, ActionResult] = {}
        for stage in self._execution_stages():
            result = replace(result, duration_ms=self._since(started))
            flows = [run_stages(self.actions[i], result, run) for i in stage.actions]
            delivered = yield from flow.gather(flows, stage.limit)
            for i, one in zip(stage.actions, delivered, strict=True):
                done[i] = one
                result = _with_action(result, self.actions[i], done, i)
        return result

    def _validate(self) -> Validation:
        from truthound.validation.validate import validate

        c = self.config
        return validate(c.source, c.rules or None, timeout_seconds=c.timeout_seconds, **self._options())

    def plan(self) -> Plan:
        """The checks of a run, not evaluated; only the columns of the data are read, and nothing is delivered.

        Raises:
            ConfigError: a mistake that would end a run before its first check.
            SourceError: the data cannot be read.
        """
        from truthound.validation.validate import plan

        return plan(self.config.source, self.config.rules or None, **self._options())

    def _options(self) -> CheckOptions:
        """How its data are validated."""
        from truthound.validation.outcomes import THRESHOLDS

        c = self.config
        return {
            "schema": c.schema,
            "auto_schema": c.auto_schema,
            "min_severity": c.min_severity,
            "fail_on_critical": c.fail_on_critical,
            "fail_on_high": c.fail_on_high,
            "fail_on": c.fail_on,
            "severity_thresholds": THRESHOLDS | c.severity_thresholds,
            "sample_size": c.sample_size,
            "seed": c.seed,
            "examples": c.examples,
            "pii": c.pii,
            "primary_key": c.primary_key,
            "clock": self.clock,
            "base": self.base,
            "name": c.name,
        }

    def _stages(self) -> list[Stage]:
        """The actions in the order in which they are delivered."""
        return SequentialStrategy().stages(self.actions, 1)

    def _execution_stages(self) -> list[Stage]:
        """The stages, then the actions that need the final result; of these, first those that may still change the status."""
        last = [i for i, a in enumerate(self.actions) if a.last]
        last.sort(key=lambda i: not self.actions[i].fail_checkpoint_on_error)
        before = (replace(s, actions=tuple(i for i in s.actions if i not in last)) for s in self._stages())
        return [*(s for s in before if s.actions), *(Stage((i,)) for i in last)]

    def _stores(self) -> list[StoreValidationResult]:
        """The actions that store runs; the first is the one whose stored runs are read."""
        stores = [a for a in self.actions if a.enabled and isinstance(a, StoreValidationResult)]
        return sorted(stores, key=lambda s: s.notify_on != "always")

    def store_path(self) -> str | None:
        """The folder or bucket that runs are stored in and read from; None if no action stores them."""
        stores = self._stores()
        return expand(stores[0].store_path, os.environ)[0] if stores else None

    def stored_runs(self, limit: int, problems: list[str] | None = None) -> list[CheckpointResult]:
        """The newest stored runs, at most `limit`, oldest first. Files that cannot be read are listed in `problems`."""
        stores = self._stores()
        if not stores:
            return []
        path = expand_or_raise(stores[0].store_path, os.environ)
        found = load_results(path, self.name, limit, base=self.base, problems=[] if problems is None else problems)
        return found[::-1]

    def _history(self, before: str) -> list[CheckpointResult]:
        """The stored runs without this one, which may be stored already; none if they cannot be read."""
        with suppress(TruthoundError, OSError):  # the store action meets the same error and reports it
            return [r for r in self.stored_runs(_HISTORY) if r.run_id != before]
        return []

    def _metadata(self, context: Mapping[str, Any]) -> dict[str, Any]:
        own: dict[str, Any] = {**self.config.metadata, "tags": dict(self.config.tags)}
        if self.config.secrets_to_redact:
            own = redact_value(own, self.config.secrets_to_redact)
        merged: dict[str, Any] = {**own, **context}
        if isinstance(context.get("tags"), Mapping):
            merged["tags"] = {**own["tags"], **context["tags"]}
        return merged

    def _now(self) -> datetime:
        return self.clock().astimezone(UTC)

    def _since(self, started: datetime) -> float:
        return max((self._now() - started).total_seconds() * 1000, 0.0)

    def _run_id(self, started: datetime) -> str:
        stamp = safe_name(started.strftime(self.config.run_name_template))
        return f"{safe_name(self.name)}_{stamp}_{secrets.token_hex(4)}"


def _read(reading: flow.BackgroundTask[list[CheckpointResult]]) -> tuple[list[CheckpointResult], str]:
    """The stored runs, or why they could not be read."""
    try:
        return reading.value(), ""
    except TimeLimitError as error:
        return [], f"could not be read: {error}; what compares this run with the one before does not know it"
    except (TruthoundError, OSError) as error:
        return [], f"could not be read: {error}"


def verdict(validation: Validation) -> tuple[CheckpointStatus, str | None]:
    """The status of a run with this validation, and the reason if it is an error."""
    outcomes, status = validation.result.outcomes, validation.result.status
    skipped = all(o.status is CheckStatus.SKIPPED for o in outcomes)
    if not skipped and status is not CheckpointStatus.ERROR:
        return status, None
    return CheckpointStatus.ERROR, error_reason(outcomes, len(outcomes))


def error_reason(outcomes: Iterable[CheckOutcome], checks: int) -> str | None:
    """Why a run of so many checks is an error, by those of its outcomes that are skipped or errors; None if it is not."""
    by_status: dict[CheckStatus, list[CheckOutcome]] = {}
    for o in outcomes:
        by_status.setdefault(o.status, []).append(o)
    skipped = by_status.get(CheckStatus.SKIPPED, [])
    if checks and len(skipped) == checks:
        reasons = "; ".join(dict.fromkeys(o.message for o in skipped if o.message))
        return f"no check could be evaluated{': all were skipped: ' if reasons else ''}{text.shorten(reasons, 500)}"
    errors = [o for o in by_status.get(CheckStatus.ERROR, []) if not o.hidden]
    if not errors:
        return None
    return f"{text.plural(len(errors), 'check')} could not be evaluated; {errors[0].id}: {errors[0].error}"


def _message(error: Exception, secrets: Iterable[str]) -> str:
    message = str(error) if isinstance(error, TruthoundError) else describe_exception(error)
    return redact(message, secrets)


def _with_action(
    result: CheckpointResult, action: Action, done: Mapping[int, ActionResult], latest: int
) -> CheckpointResult:
    """The result with its action results so far, in the order of the list, and with the effect of the latest on the status."""
    made = done[latest]
    result = replace(result, action_results=[done[i] for i in sorted(done)])
    if made.delivered or not action.fail_checkpoint_on_error:
        return result
    reason = f'the action "{made.action_name}" was not delivered: {made.message}'
    return replace(result, status=CheckpointStatus.ERROR, error=f"{result.error}; {reason}" if result.error else reason)
