"""How an action is delivered: a list of stages, whose order is the meaning.

A stage takes an envelope (one result on its way through one action) and either passes it on or ends the delivery with an
`ActionResult`:

    condition   skips an action that is disabled or whose `notify_on` does not hold
    resolve     resolves `${VAR}` and default options from the environment
    sanitize    replaces templates that cannot be rendered for this run, and leaves out invalid links
    attempt     delivers, within the time limit, and retries transient errors

Whatever ends it, an error included, is then recorded: timing, attempts, secrets redacted. Routing, silences, deduplication,
throttling and escalation are further stages: functions in `STAGES`, before the one whose work they may spare.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from truthound._internal.redaction import describe_exception
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.notify_on import CHANGE_CONDITIONS
from truthound.checkpoint.actions.option_values import redact_value
from truthound.errors import ActionError, ConfigError, TimeLimitError, TruthoundError, is_transient, is_uncertain
from truthound.io.flow import Flow, call, retry, within
from truthound.results import ActionResult, ActionStatus, CheckpointResult

if TYPE_CHECKING:
    from truthound.checkpoint.actions.base import Action

Work = Callable[["Action", CheckpointResult, ActionContext], Flow[ActionResult]]
MAY_HAVE_BEEN_DELIVERED: dict[str, Any] = {"may_have_been_delivered": True}
"""the details of a result for which delivery is uncertain"""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One result on its way through the stages of one action."""

    action: Action
    """as configured"""
    result: CheckpointResult
    context: ActionContext
    work: Work
    """what an attempt does"""
    ready: Action
    """the action to attempt: `action` after it is resolved and sanitized"""
    secrets: frozenset[str] = frozenset()
    """to be redacted in what is recorded"""
    notes: tuple[str, ...] = ()
    """what was left out or replaced in the message"""
    errors: list[Exception] = field(default_factory=list)
    """of the failed attempts so far"""


Stage = Callable[[Envelope], Envelope | ActionResult | Flow[ActionResult]]


def condition(envelope: Envelope) -> Envelope | ActionResult:
    """Skips an action that is disabled or whose condition does not hold."""
    action, result, previous = envelope.action, envelope.result, envelope.context.previous
    if not action.enabled:
        return ActionResult(ActionStatus.SKIPPED, message="not enabled (enabled: false)")
    reason = action.skip_reason(result, previous)
    if not reason or _has_undelivered_change(action, result, previous):
        return envelope
    return ActionResult(ActionStatus.SKIPPED, message=reason)


def _has_undelivered_change(action: Action, result: CheckpointResult, previous: CheckpointResult | None) -> bool:
    """Whether the previous run had a change that this action did not deliver and that still exists."""
    if previous is None or action.notify_on not in CHANGE_CONDITIONS or result.data_status is not previous.data_status:
        return False
    return any(a.action_name == action.name and not a.delivered for a in previous.action_results)


def resolve(envelope: Envelope) -> Envelope:
    """Resolves the action's options; a missing variable or required option ends the delivery."""
    ready = envelope.action.resolve(os.environ)
    return replace(envelope, ready=ready, secrets=envelope.secrets | ready.secrets_to_redact)


def sanitize(envelope: Envelope) -> Envelope:
    """Replaces what the action cannot render for this run, so that the message is still delivered."""
    ready, notes = envelope.ready.sanitized_for(envelope.result, envelope.context)
    return replace(envelope, ready=ready, notes=tuple(notes))


def attempt(envelope: Envelope) -> Flow[ActionResult]:
    """Delivers, and retries transient errors."""
    ready, context = envelope.ready, replace(envelope.context, progress={})

    def once(_: int) -> Flow[ActionResult]:
        try:
            return (yield from within(envelope.work(ready, envelope.result, context), ready.deadline))
        except Exception as error:
            envelope.errors.append(error)
            raise

    outcome = yield from retry(once, retries=ready.retry_count, delay=ready.retry_delay_seconds, retryable=is_transient)
    return _with_details(envelope, outcome, len(envelope.errors) + 1)


STAGES: tuple[Stage, ...] = (condition, resolve, sanitize, attempt)


def run_stages(
    action: Action, result: CheckpointResult, context: ActionContext, work: Work | None = None
) -> Flow[ActionResult]:
    """Delivers a run's result by an action; raises nothing. `work`: what an attempt does; the action's own, if not given."""
    started = context.clock()
    envelope = Envelope(action, result, context, work or work_of(action), action, action.secrets_to_redact)
    try:
        for stage in STAGES:
            passed: Any = stage(envelope)
            if isinstance(passed, Generator):
                passed = yield from passed
            if isinstance(passed, ActionResult):
                return record(envelope, passed, started)
            envelope = passed
        raise AssertionError("the last stage ends the delivery")  # noqa: TRY301 a mistake in STAGES
    except Exception as error:  # noqa: BLE001 whatever an action does, the run that called it goes on
        return record(envelope, _failure(envelope, error), started)


def record(envelope: Envelope, outcome: ActionResult, started: datetime) -> ActionResult:
    """The action's result with its name and times, and with secrets redacted."""
    action, ended = envelope.action, envelope.context.clock()
    return replace(
        outcome,
        action_name=redact_value(outcome.action_name or action.name, envelope.secrets),
        action_type=outcome.action_type or action.action_type or type(action).type,
        message=redact_value(outcome.message, envelope.secrets),
        started_at=outcome.started_at or started,
        completed_at=outcome.completed_at or ended,
        duration_ms=outcome.duration_ms or (ended - started).total_seconds() * 1000,
        details=redact_value(outcome.details, envelope.secrets),
    )


def _failure(envelope: Envelope, error: Exception) -> ActionResult:
    """The outcome of a delivery that ended with an error."""
    details: Any = getattr(error, "details", None)
    status = ActionStatus.FAILURE if isinstance(error, ActionError) else ActionStatus.ERROR
    outcome = ActionResult(
        status, message=_message(error), details=dict(details) if isinstance(details, Mapping) else {}
    )
    if any(map(is_uncertain, envelope.errors)):
        message = f"{outcome.message}; it may have been delivered anyway"
        message += "" if is_transient(error) else ", so it was not retried"
        outcome = replace(outcome, message=message, details=outcome.details | MAY_HAVE_BEEN_DELIVERED)
    return _with_details(envelope, outcome, max(len(envelope.errors), 1))


def _message(error: Exception) -> str:
    match error:
        case TimeLimitError():
            return f"{error} (timeout_seconds)"
        case ConfigError():  # several mistakes become one sentence
            return "; ".join(error.problems)
        case TruthoundError():
            return str(error)
        case _:
            return describe_exception(error)


def _with_details(envelope: Envelope, outcome: ActionResult, attempts: int) -> ActionResult:
    """The outcome with the number of attempts, the notes and the action's metadata."""
    details: dict[str, Any] = {**outcome.details, "attempts": attempts}
    if envelope.notes:
        details["notes"] = list(envelope.notes)
        if outcome.status is not ActionStatus.SKIPPED:
            outcome = replace(outcome, message="; ".join([outcome.message, *envelope.notes]))
    if envelope.action.metadata:
        details["metadata"] = envelope.action.metadata
    return replace(outcome, details=details)


# --- the work of an action -----------------------------------------------------------------------------------------


def work_of(action: Action) -> Work:
    """What an attempt calls: `deliver` or `execute`, whichever the more derived class overrides."""
    derived = next(c for c in type(action).__mro__ if "deliver" in vars(c) or "execute" in vars(c))
    return by_deliver if "deliver" in vars(derived) else by_execute


def by_deliver(action: Action, result: CheckpointResult, context: ActionContext) -> Flow[ActionResult]:
    """Runs `deliver`."""
    made: Any = action.deliver(result, context)
    if isinstance(made, Generator):
        made = yield from made
    return _checked(action, made)


def by_execute(action: Action, result: CheckpointResult, _: ActionContext) -> Flow[ActionResult]:
    """Runs an overridden `execute`, which may be a coroutine function."""
    return _checked(action, (yield from call(partial(action.execute, result))))


def _checked(action: Action, made: Any) -> ActionResult:
    if isinstance(made, ActionResult):
        return made
    raise TypeError(f"{type(action).__name__} must return an ActionResult, not {type(made).__name__}")


__all__ = ["MAY_HAVE_BEEN_DELIVERED", "STAGES", "Envelope", "Stage", "by_deliver", "record", "run_stages", "work_of"]
