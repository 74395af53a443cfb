"""What every action has: when it runs, retries, time limits, timing and errors. A subclass adds its options and one method."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import typing
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, Self, TypeVar, runtime_checkable
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, PrivateAttr, SecretStr, model_validator

from truthound._internal import env_vars, text
from truthound._internal.options import Model
from truthound.errors import (
    ActionError,
    ConfigError,
    RetryableError,
    TimeLimitError,
    TruthoundError,
    is_transient,
    is_uncertain,
)
from truthound.io.flow import Flow, arun, call, retry, within
from truthound.io.flow import run as perform_flow
from truthound.results import ActionResult, ActionStatus, CheckpointResult, CheckpointStatus, now

NotifyOn = Literal["always", "success", "failure", "error", "failure_or_error", "not_success", "on_change", "recovered"]
NOTIFY_ON: Mapping[str, frozenset[CheckpointStatus]] = {
    "always": frozenset(CheckpointStatus),
    "success": frozenset({CheckpointStatus.SUCCESS}),
    "failure": frozenset({CheckpointStatus.FAILURE}),
    "error": frozenset({CheckpointStatus.ERROR}),
    "failure_or_error": frozenset({CheckpointStatus.FAILURE, CheckpointStatus.ERROR}),
    "not_success": frozenset(CheckpointStatus) - {CheckpointStatus.SUCCESS},
}
"""the conditions that speak of this run alone"""
CHANGE_CONDITIONS = frozenset(typing.get_args(NotifyOn)) - frozenset(NOTIFY_ON)
"""the conditions that look at the run before too; a message of theirs that was not delivered is due again"""
UNSURE: dict[str, Any] = {"may_have_been_delivered": True}
"""the details of a result that does not know whether it was delivered"""
LOOK_BACK = 3.0
"""seconds within which earlier runs must be known: they are only nice to know, and hold up neither a check nor an alert"""
_LONGEST = 10_000  # characters of a text in an action's result

T = TypeVar("T")


def condition_met(notify_on: NotifyOn, result: CheckpointResult, previous: CheckpointResult | None) -> bool:
    """Whether the condition holds. Before the first run all was well: a first failure is a change, a first success is none.

    Two runs are compared by what their data came to: an action that failed is no change of theirs.
    """
    if notify_on in NOTIFY_ON:
        return result.status in NOTIFY_ON[notify_on]
    before = previous.data_status if previous else CheckpointStatus.SUCCESS
    well_again = notify_on == "recovered"
    return result.data_status is not before and (not well_again or result.data_status is CheckpointStatus.SUCCESS)


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action may know of the run beside its result."""

    previous: CheckpointResult | None = None
    """the checkpoint's run before this one, where it is known"""
    history: Callable[[], Sequence[CheckpointResult]] | None = None
    """gives the checkpoint's stored runs before this one, oldest first, where runs are stored"""
    split: Callable[[], Any] | None = None
    """gives the run's data as good and bad rows"""
    base: Path | None = None
    """the folder that relative paths start from; none: the current one"""
    clock: Callable[[], datetime] = now
    is_input: Callable[[Path], bool] = lambda _: False
    """whether a file is, or would be the next time, part of the run's data"""
    message_cache: dict[Any, Any] = dataclasses.field(default_factory=dict, compare=False, repr=False)
    """what there is to tell of the run, as channels share it: made once for each state of its result"""


def look_back(run: ActionContext) -> Flow[tuple[CheckpointResult, ...]]:
    """The stored runs before this one, oldest first; none where they are not known soon."""
    if run.history is None:
        return ()
    read = run.history
    try:
        return tuple((yield from within(call(read), LOOK_BACK)))
    except TimeLimitError:
        return ()


@runtime_checkable
class TextContainer(Protocol):
    """An option's value that is made of texts, and no plain data: a card that was built."""

    def iter_text(self) -> Iterable[str]:
        """Its texts."""

    def map_text(self, change: Callable[[str], str]) -> Self:
        """The same with each text changed."""


class Action(Model):
    """Something done with a run's result.

    A subclass overrides `deliver`, a generator that yields effects and returns an `ActionResult`; or `execute(self,
    result)`, an ordinary function (or coroutine function) that returns one. It may raise anything: an `ActionError`
    gives status failure, anything else status error, and the run goes on. `${VAR}` and `${VAR:-default}` in its
    options are filled in from the environment when it runs.
    """

    type: ClassVar[str] = ""
    """its name in YAML"""
    action_type: ClassVar[str] = ""
    """what kind of action it is, as its results say: storage, notification, ..."""
    verbatim: ClassVar[frozenset[str]] = frozenset()
    """options in which `${VAR}` is left alone"""
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """options that are taken from the environment when they are not given: the variables, the first that is set counts"""
    last: ClassVar[bool] = False
    """whether it is done when all others are, because it needs the run's final result"""

    name: str = ""
    """A name of your own; the type, if not given."""
    enabled: bool = True
    """Whether it runs at all."""
    notify_on: NotifyOn = "always"
    """When it runs: on these statuses (a warning is among not_success and always only), when the data's status is
    another than that of the run before (on_change), or when all is well again (recovered)."""
    timeout_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """How long one attempt may take."""
    retry_count: int = Field(default=0, ge=0, le=100)
    """How often it is tried again after an error that may pass."""
    retry_delay_seconds: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    """The wait before the first retry; it doubles with each, up to a minute."""
    fail_checkpoint_on_error: bool = False
    """Whether the run's status becomes error when it is not delivered."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    """Anything of yours; kept in the details of its results."""

    _filled: bool = PrivateAttr(default=False)
    _hidden: tuple[str, ...] = PrivateAttr(default=())
    _written: Mapping[str, Any] | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.name:
            self.__dict__["name"] = type(self).type or type(self).__name__  # a default: it does not count as given
        return self

    def __repr__(self) -> str:
        return text.redact(super().__repr__(), self.secrets_to_redact)

    __str__ = __repr__

    @property
    def secrets_to_redact(self) -> frozenset[str]:
        """All that must not be shown: its secrets, those that came with its options, and those of the environment, where the
        code is not ours and may quote them.
        """
        own = type(self).__module__.partition(".")[0] != __name__.partition(".")[0]
        return frozenset((*self._hidden, *self.secrets(), *(env_vars.secrets(os.environ) if own else ())))

    def redact_and_truncate(self, said: str, width: int) -> str:
        """At most `width` characters of what another program said, without the secrets: a cut first could leave a part of one."""
        return text.shorten(text.redact(said, self.secrets_to_redact), width)

    def mark_resolved(self, secrets: Iterable[str] = (), written: Mapping[str, Any] | None = None) -> Self:
        """The same, its options taken as they are: a file's `${VAR}` are filled in when it is read, and only once.

        `secrets` came with them; they must not appear in its results. `written` is what the file has, with its type.
        """
        made = self.model_copy()
        made._hidden = tuple(secrets)  # noqa: SLF001 our own
        made._filled = True  # noqa: SLF001 our own
        made._written = written  # noqa: SLF001 our own
        return made

    @property
    def is_filled(self) -> bool:
        """Whether `${VAR}` in its options are text."""
        return self._filled

    @property
    def to_config_dict(self) -> Mapping[str, Any] | None:
        """Its options as a file has them, where it is of a file."""
        return self._written

    # --- what a subclass writes -----------------------------------------------------------------------------------

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        """Its work."""
        raise NotImplementedError(f"{type(self).__name__} has neither deliver() nor execute()")

    @property
    def deadline(self) -> float | None:
        """Seconds after which an attempt is given up; None where the action itself sees to `timeout_seconds`."""
        return self.timeout_seconds

    def runs_on(self, result: CheckpointResult, previous: CheckpointResult | None) -> bool:
        """Whether it has something to do after this run."""
        return condition_met(self.notify_on, result, previous)

    def required_options(self) -> Iterable[str]:
        """The options it cannot run without: those in `variables`."""
        return self.variables

    def check(self) -> Iterator[str]:
        """What will not work when it runs, said before it does; called on the action with its variables filled in."""
        yield from ()

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        """What it would do beside sending requests, in words, a text for each thing; called as `check` is. Does nothing."""
        yield from ()

    def secrets(self) -> Iterator[str]:
        """What must not appear in its results: each secret option (of a URL its telling parts too), and each filled-in
        variable whose name marks it as secret.
        """
        for told, secret in iter_text(dict(self)):
            if secret:
                yield told
                yield from _telling(told)
            yield from secret_values(told, os.environ)

    def sanitized_for(self, result: CheckpointResult, run: ActionContext) -> tuple[Self, list[str]]:
        """Itself as it can tell of this run, and in words what had to be left out for that."""
        return self, []

    def conflicts(self, checkpoint: str, run: ActionContext) -> Iterator[tuple[str, str]]:
        """What cannot be right in a checkpoint of this name, as far as that can be told before a run: the option, and a sentence."""
        return iter(())

    # --- what a checkpoint and people call ------------------------------------------------------------------------

    def execute(self, result: CheckpointResult, run: ActionContext | None = None) -> ActionResult:
        """Does the work and says what it came to; raises nothing."""
        return perform_flow(self._deliver(Action._by_deliver, result, run or ActionContext()))

    async def aexecute(self, result: CheckpointResult, run: ActionContext | None = None) -> ActionResult:
        """`execute` for asyncio."""
        return await arun(self.run_stages(result, run or ActionContext()))

    def run_stages(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        """The work under the action's rules: whether it runs now, retries, time limit, timing, errors."""
        return self._deliver(Action._attempt, result, run)

    def _attempt(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        """The bare work, by whichever of `deliver` and `execute` the subclass wrote."""
        wrote = next(c for c in type(self).__mro__ if "deliver" in vars(c) or "execute" in vars(c))
        if wrote is Action or "deliver" in vars(wrote):
            return (yield from self._by_deliver(result, run))
        return _checked(self, (yield from call(partial(self.execute, result))))

    def _by_deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        made: Any = self.deliver(result, run)
        if isinstance(made, Generator):
            made = yield from made
        return _checked(self, made)

    def _deliver(
        self,
        work: Callable[[Any, CheckpointResult, ActionContext], Flow[ActionResult]],
        result: CheckpointResult,
        run: ActionContext,
    ) -> Flow[ActionResult]:
        started = run.clock()
        owed = self._has_undelivered_change(result, run.previous)
        if reason := "" if owed else self._skip_reason(result, run.previous):
            skipped = ActionResult(ActionStatus.SKIPPED, message=reason)
            return self._finished(skipped, started, run.clock(), {}, self.secrets_to_redact)
        attempts, hidden, notes, unsure = 0, self.secrets_to_redact, list[str](), False

        def attempt(number: int) -> Flow[ActionResult]:
            nonlocal attempts, unsure
            attempts = number
            try:
                return (yield from within(work(ready, result, run), ready.deadline))
            except Exception as error:
                unsure = unsure or is_uncertain(error)
                raise

        try:
            ready = self.resolve(os.environ)
            hidden |= ready.secrets_to_redact
            ready, notes = ready.sanitized_for(result, run)
            outcome = yield from retry(
                attempt, retries=self.retry_count, delay=self.retry_delay_seconds, retryable=is_transient
            )
        except Exception as error:  # noqa: BLE001 whatever an action does, the run that called it goes on
            outcome = _failed(error)
            if unsure:
                said = f"{outcome.message}; it may have been delivered all the same"
                said += "" if is_transient(error) else ", so it was not tried again"
                outcome = dataclasses.replace(outcome, message=said, details=outcome.details | UNSURE)
        if notes and outcome.status is not ActionStatus.SKIPPED:
            outcome = dataclasses.replace(outcome, message="; ".join([outcome.message, *notes]))
        more = (
            {"attempts": max(attempts, 1)}
            | ({"notes": notes} if notes else {})
            | ({"metadata": self.metadata} if self.metadata else {})
        )
        return self._finished(outcome, started, run.clock(), more, hidden)

    def _has_undelivered_change(self, result: CheckpointResult, previous: CheckpointResult | None) -> bool:
        """Whether the run before had a change to tell that nobody was told, and it still stands."""
        if not self.enabled or previous is None or self.notify_on not in CHANGE_CONDITIONS:
            return False
        if result.data_status is not previous.data_status:
            return False
        return any(a.action_name == self.name and not a.delivered for a in previous.action_results)

    def _skip_reason(self, result: CheckpointResult, previous: CheckpointResult | None) -> str:
        """Why it does not run now, or an empty text."""
        if not self.enabled:
            return "not enabled (enabled: false)"
        if self.runs_on(result, previous):
            return ""
        if self.notify_on in NOTIFY_ON:
            return f"notify_on is {self.notify_on}, the status is {result.status.value}"
        before = f", before it was {previous.data_status.value}" if previous else ""
        return f"notify_on is {self.notify_on}, the data's status is {result.data_status.value}{before}"

    def resolve(self, environment: Mapping[str, str]) -> Self:
        """Itself with `${VAR}` filled in, and what is not given taken from the environment; raises ConfigError for what is missing."""
        missing: list[str] = []
        changed: dict[str, Any] = {}
        if not self._filled:
            given = {k: v for k, v in self if k not in self.verbatim and any("${" in t for t, _ in iter_text(v))}
            changed = {k: fill(v, environment, missing) for k, v in given.items()}
        problems = env_vars.unset(missing)
        for option, names in self.variables.items():
            if getattr(self, option) is None and (
                found := next((environment[n] for n in names if environment.get(n)), "")
            ):
                secret = SecretStr in kinds(type(self).model_fields[option].annotation)
                changed[option] = SecretStr(found) if secret else found
        made = self
        if changed:
            made = self.model_copy(update=changed)
            made._hidden = tuple(self.secrets_to_redact)  # noqa: SLF001 our own; filled in, it no longer names its variables
        problems += [
            _wanted(o, self.variables.get(o, ())) for o in made.required_options() if _absent(getattr(made, o))
        ]
        if problems:
            raise ConfigError(problems)
        return made

    def problems(self, environment: Mapping[str, str]) -> list[str]:
        """What would keep it from running in this environment."""
        try:
            return list(self.resolve(environment).check())
        except ConfigError as error:
            return list(error.problems)

    def _finished(
        self, outcome: ActionResult, started: datetime, ended: datetime, more: dict[str, Any], hidden: Any
    ) -> ActionResult:
        return dataclasses.replace(
            outcome,
            action_name=clean(outcome.action_name or self.name, hidden),
            action_type=outcome.action_type or self.action_type or type(self).type,
            message=clean(outcome.message, hidden),
            started_at=outcome.started_at or started,
            completed_at=outcome.completed_at or ended,
            duration_ms=outcome.duration_ms or (ended - started).total_seconds() * 1000,
            details=clean(outcome.details, hidden) | clean(more, hidden),
        )


def _wanted(option: str, names: Iterable[str]) -> str:
    others = " or ".join(names)
    return f"{option} is not given{f'; give it, or set the environment variable {others}' if others else ''}"


def _absent(value: Any) -> bool:
    return not (value.get_secret_value() if isinstance(value, SecretStr) else value)


def kinds(annotation: Any) -> Iterator[Any]:
    """A type and those it is made of, however deep."""
    yield annotation
    for inner in typing.get_args(annotation):
        yield from kinds(inner)


def _telling(secret: str) -> Iterator[str]:
    """The parts of a URL that give it away: what answers and errors may repeat."""
    if "://" not in secret:
        return
    with contextlib.suppress(ValueError):
        parts = urlsplit(secret)
        told = [p for p in parts.path.split("/") if len(p) >= 12]
        told += [v for _, v in parse_qsl(parts.query) if len(v) >= 8]
        told += [parts.password] if parts.password else []
        yield from {form for one in told for form in (one, unquote(one))}  # a header has it without the URL's escapes


def _checked(action: Action, made: Any) -> ActionResult:
    if isinstance(made, ActionResult):
        return made
    raise TypeError(f"{type(action).__name__} must return an ActionResult, not {type(made).__name__}")


def _failed(error: Exception) -> ActionResult:
    details: Any = getattr(error, "details", None)
    details = dict(details) if isinstance(details, Mapping) else {}
    if isinstance(error, ActionError):
        return ActionResult(ActionStatus.FAILURE, message=str(error), details=details)
    if isinstance(error, TimeLimitError):
        return ActionResult(ActionStatus.ERROR, message=f"{error} (timeout_seconds); it was given up", details=details)
    known = isinstance(error, TruthoundError)
    if isinstance(error, ConfigError):  # several mistakes are one sentence
        return ActionResult(ActionStatus.ERROR, message="; ".join(error.problems), details=details)
    message = str(error) if known else env_vars.describe_exception(error)
    return ActionResult(ActionStatus.ERROR, message=message, details=details)


def clean(value: Any, secrets: Any) -> Any:
    """A value that JSON can hold, without the secrets."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return text.shorten(text.redact(value, secrets), _LONGEST)
        case Mapping():
            return {clean(str(k), secrets): clean(v, secrets) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [clean(v, secrets) for v in value]
        case _:
            made = text.to_json_value(value, sys.maxsize)  # it is cut when the secrets are out of it
            return clean(made, secrets) if isinstance(made, str) else made


def fill(value: Any, environment: Mapping[str, str], missing: list[str]) -> Any:
    """An option's value with `${VAR}` filled in, however deep."""
    match value:
        case str():
            filled, unset = env_vars.expand(value, environment)
            missing += unset
            return filled
        case SecretStr():
            return SecretStr(fill(value.get_secret_value(), environment, missing))
        case dict():
            return {k: fill(v, environment, missing) for k, v in value.items()}
        case list() | tuple():
            return type(value)(fill(v, environment, missing) for v in value)
        case Path():
            return type(value)(fill(str(value), environment, missing))
        case Model():
            return value.model_copy(
                update={k: fill(v, environment, missing) for k, v in value if k in value.model_fields_set}
            )
        case TextContainer():
            return value.map_text(lambda told: str(fill(told, environment, missing)))
        case _:
            return value


def iter_text(value: Any) -> Iterator[tuple[str, bool]]:
    """Every text in an option's value, and whether it is declared secret."""
    match value:
        case SecretStr():
            yield value.get_secret_value(), True
        case str() | Path():
            yield str(value), False
        case Model():
            for _, one in value:
                yield from iter_text(one)
        case (
            None | bool() | int() | float()
        ):  # most options; whether a value has a protocol's methods takes long to see
            return
        case Mapping():
            for one in value.values():
                yield from iter_text(one)
        case list() | tuple():
            for one in value:
                yield from iter_text(one)
        case TextContainer():
            yield from ((told, False) for told in value.iter_text())


def secret_values(value: Any, environment: Mapping[str, str]) -> set[str]:
    """What the variables whose names mark them as secret hold that an option refers to."""
    found = {n for told, _ in iter_text(value) for n in env_vars.names(told) if env_vars.is_secret(n)}
    return {environment[n] for n in found if len(environment.get(n, "")) >= env_vars.SHORTEST}


__all__ = [
    "CHANGE_CONDITIONS",
    "LOOK_BACK",
    "NOTIFY_ON",
    "UNSURE",
    "Action",
    "ActionContext",
    "ActionError",
    "ActionResult",
    "ActionStatus",
    "NotifyOn",
    "RetryableError",
    "condition_met",
    "look_back",
]  # fmt: skip
