"""The base class of actions: the options all of them share, and what a subclass may override."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, SecretStr, model_validator

from truthound._internal import env_vars, text
from truthound._internal.options import Dictionary, Model, option
from truthound._internal.redaction import environment_secrets, redact
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.notify_on import NotifyOn, unmet_reason
from truthound.checkpoint.actions.option_values import (
    Resolution,
    is_absent,
    iter_text,
    nested_types,
    resolve_variables,
    secret_values,
    secrets_of_url,
)
from truthound.checkpoint.delivery import by_deliver, run_stages
from truthound.errors import ActionError, ConfigError, RetryableError
from truthound.io import flow
from truthound.io.flow import Flow
from truthound.results import ActionResult, ActionStatus, CheckpointResult


class Action(Model):
    """Something done with a run's result.

    A subclass overrides `deliver`, a generator that yields effects and returns an `ActionResult`; or `execute(self,
    result)`, an ordinary function (or coroutine function) that returns one. It may raise anything: an `ActionError`
    gives status failure, anything else status error, and the run goes on. `${VAR}` and `${VAR:-default}` in its
    options are resolved from the environment when it runs.
    """

    type: ClassVar[str] = ""
    """its name in YAML"""
    action_type: ClassVar[str] = ""
    """the category of the action in its results: storage, notification, ..."""
    verbatim: ClassVar[frozenset[str]] = frozenset()
    """options in which `${VAR}` is not resolved"""
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """environment variables used when an option is not set; the first that is set counts"""
    last: ClassVar[bool] = False
    """whether it runs after all other actions, because it needs the run's final result"""

    name: str = ""
    """A name for the action. Default: its type."""
    enabled: bool = True
    """Whether it runs."""
    notify_on: NotifyOn = "always"
    """When it runs: on these statuses (a warning counts for not_success and always only), when the data's status
    differs from the previous run (on_change), or when the run passes again (recovered)."""
    timeout_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """How long one attempt may take."""
    retry_count: int = Field(default=0, ge=0, le=100)
    """The number of retries after a transient error."""
    retry_delay_seconds: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    """The wait before the first retry; it doubles with each, up to a minute."""
    fail_checkpoint_on_error: bool = False
    """Whether an undelivered action makes the run's status an error."""
    metadata: Dictionary = option(default_factory=dict)
    """Arbitrary values; kept in the details of its results."""

    _resolution: Resolution | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.name:
            self.__dict__["name"] = type(self).type or type(self).__name__  # a default: it does not count as given
        return self

    def __repr__(self) -> str:
        return redact(super().__repr__(), self.secrets_to_redact)

    __str__ = __repr__

    # --- what a subclass overrides --------------------------------------------------------------------------------

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        """Makes one attempt; `truthound.checkpoint.delivery` decides on conditions, retries and the time limit."""
        raise NotImplementedError(f"{type(self).__name__} has neither deliver() nor execute()")

    @property
    def deadline(self) -> float | None:
        """Seconds after which an attempt is given up; None if the action itself applies `timeout_seconds`."""
        return self.timeout_seconds

    def skip_reason(self, result: CheckpointResult, previous: CheckpointResult | None) -> str:
        """Why the action is skipped after this run, as a sentence; empty if it is not."""
        return unmet_reason(self.notify_on, result, previous)

    def required_options(self) -> Iterable[str]:
        """The options it cannot run without: by default those in `variables`."""
        return self.variables

    def check(self) -> Iterator[str]:
        """Problems that would keep it from being delivered, found before it runs; called on the resolved action."""
        yield from ()

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        """Describes what it would do besides sending requests, without doing it; called on the resolved action."""
        yield from ()

    def secrets(self) -> Iterator[str]:
        """Values that must not appear in its results: each secret option (and the revealing parts of a secret URL), and the values
        of variables whose names mark them as secret.
        """
        for value, secret in iter_text(dict(self)):
            if secret:
                yield value
                yield from secrets_of_url(value)
            yield from secret_values(value, os.environ)

    def sanitized_for(self, result: CheckpointResult, run: ActionContext) -> tuple[Self, list[str]]:
        """A copy without what cannot be rendered for this run, and notes on what was left out or replaced."""
        return self, []

    def conflicts(self, checkpoint: str, run: ActionContext) -> Iterator[tuple[str, str]]:
        """Mistakes in a checkpoint of this name that can be found before a run: the option, and a sentence."""
        return iter(())

    # --- what a checkpoint and people call ------------------------------------------------------------------------

    if TYPE_CHECKING:  # any further arguments, so that a subclass may take the result alone

        def execute(self, result: CheckpointResult, *args: Any, **kwargs: Any) -> ActionResult: ...

    else:

        def execute(self, result: CheckpointResult, run: ActionContext | None = None) -> ActionResult:
            """Delivers the result through all stages (see `truthound.checkpoint.delivery`); raises nothing."""
            return flow.run(run_stages(self, result, run or ActionContext(), by_deliver))

    async def aexecute(self, result: CheckpointResult, run: ActionContext | None = None) -> ActionResult:
        """`execute` for asyncio."""
        return await flow.arun(run_stages(self, result, run or ActionContext()))

    def resolve(self, environment: Mapping[str, str]) -> Self:
        """A copy with `${VAR}` resolved and options that are not set taken from the environment; raises ConfigError for what
        is missing.
        """
        missing: list[str] = []
        changed: dict[str, Any] = {}
        if self._resolution is None:
            given = {k: v for k, v in self if k not in self.verbatim and any("${" in t for t, _ in iter_text(v))}
            changed = {k: resolve_variables(v, environment, missing) for k, v in given.items()}
        changed |= self._defaults(environment)
        made = self
        if changed:
            made = self.model_copy(update=changed)
            raw = self._resolution.raw if self._resolution else None
            made._resolution = Resolution(raw, self.secrets_to_redact)  # noqa: SLF001 resolved, it no longer names its variables
        problems = env_vars.describe_unset(missing)
        problems += [
            _required(o, self.variables.get(o, ())) for o in made.required_options() if is_absent(getattr(made, o))
        ]
        if problems:
            raise ConfigError(problems)
        return made

    def _defaults(self, environment: Mapping[str, str]) -> dict[str, Any]:
        """Values from the environment for options that are not set."""
        found: dict[str, Any] = {}
        for name, names in self.variables.items():
            value = next((environment[n] for n in names if environment.get(n)), "")
            if getattr(self, name) is None and value:
                secret = SecretStr in nested_types(type(self).model_fields[name].annotation)
                found[name] = SecretStr(value) if secret else value
        return found

    def problems(self, environment: Mapping[str, str]) -> list[str]:
        """What would keep it from running in this environment."""
        try:
            return list(self.resolve(environment).check())
        except ConfigError as error:
            return list(error.problems)

    @property
    def resolution(self) -> Resolution | None:
        """How its `${VAR}` were resolved when it was made; None if `resolve` does that when it runs."""
        return self._resolution

    def with_resolution(self, resolution: Resolution) -> Self:
        """A copy whose options are resolved already: `${` in them is text."""
        made = self.model_copy()
        made._resolution = resolution  # noqa: SLF001 our own
        return made

    @property
    def secrets_to_redact(self) -> frozenset[str]:
        """All that must not be shown: its secrets, those that were resolved into its options, and those of the environment if
        the code is not ours and may quote them.
        """
        resolved = self._resolution.secrets if self._resolution else frozenset[str]()
        foreign = type(self).__module__.partition(".")[0] != __name__.partition(".")[0]
        return resolved.union(self.secrets(), environment_secrets(os.environ) if foreign else ())

    def redact_and_truncate(self, output: str, width: int) -> str:
        """At most `width` characters of another program's text. Secrets are redacted first: truncation could leave a part of one."""
        return text.shorten(redact(output, self.secrets_to_redact), width)


def _required(option: str, names: Iterable[str]) -> str:
    others = " or ".join(names)
    return f"{option} is not given{f'; give it, or set the environment variable {others}' if others else ''}"


__all__ = ["Action", "ActionContext", "ActionError", "ActionResult", "ActionStatus", "NotifyOn", "RetryableError"]
