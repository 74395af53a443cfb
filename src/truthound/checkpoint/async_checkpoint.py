"""Checkpoints on asyncio: the same run, its actions concurrently, many checkpoints at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from truthound._internal.redaction import describe_exception, redact
from truthound.checkpoint.async_base import Stage, Strategy, positive, stages_of, strategy
from truthound.checkpoint.checkpoint import Checkpoint
from truthound.checkpoint.config.models import CheckpointConfig, CheckpointOptions
from truthound.errors import ConfigError
from truthound.io import flow
from truthound.io.flow import Flow
from truthound.results import CheckpointResult, CheckpointStatus, now
from truthound.validators.base import Clock
from truthound.validators.registry import ValidatorSpec

if TYPE_CHECKING:
    from truthound.validation.validate import Validation

Callback = Callable[[CheckpointResult], Awaitable[Any] | Any]
_NO_DATA: dict[str, list[Any]] = {"nothing": []}


class AsyncCheckpoint(Checkpoint):
    """A checkpoint whose run is awaited, so that other tasks run meanwhile.

    Args:
        name: as for `Checkpoint`; "async_checkpoint" by default.
        data_source: as for `Checkpoint`; a run without data is an error.
        validators: as for `Checkpoint`.
        config: as for `Checkpoint`.
        base: as for `Checkpoint`.
        clock: as for `Checkpoint`.
        max_concurrent_actions: how many actions are delivered at once.
        execution_strategy: `sequential`, `concurrent` or `pipeline`, or a strategy of `truthound.checkpoint.async_base`.
        on_complete: a function, or coroutine function, that is called with each run's result.
        on_error: the same, called before `on_complete`, with the result of a run that ended in status error.
        options: as for `Checkpoint`.
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
        max_concurrent_actions: int = 5,
        execution_strategy: str | Strategy = "concurrent",
        on_complete: Callback | None = None,
        on_error: Callback | None = None,
        **options: Unpack[CheckpointOptions],
    ) -> None:
        self.max_concurrent_actions = positive("max_concurrent_actions", max_concurrent_actions)
        for called, callback in (("on_complete", on_complete), ("on_error", on_error)):
            if callback is not None and not callable(callback):
                raise ConfigError(f"{called}: a function is expected, not {type(callback).__name__}")
        self._without_data = config is None and data_source is None
        if config is None:
            name = "async_checkpoint" if name is None else name
            data_source = _NO_DATA if data_source is None else data_source
        super().__init__(name, data_source, validators, config=config, base=base, clock=clock, **options)
        self.execution_strategy = strategy(execution_strategy)
        self.on_complete, self.on_error = on_complete, on_error

    async def run_async(self, context: Mapping[str, Any] | None = None) -> CheckpointResult:
        """`run` for a running event loop. The data are checked in a thread; cancelling it stops what can be stopped."""
        return await flow.arun(self.flow(context))

    def flow(self, context: Mapping[str, Any] | None = None) -> Flow[CheckpointResult]:
        result = yield from super().flow(context)
        if self.on_error is not None and result.status is CheckpointStatus.ERROR:
            result = yield from self._called("on_error", self.on_error, result)
        if self.on_complete is not None:
            result = yield from self._called("on_complete", self.on_complete, result)
        return result

    def _called(self, name: str, callback: Callback, result: CheckpointResult) -> Flow[CheckpointResult]:
        """The result; an error of the callback is recorded in its metadata, for the run itself is complete."""
        try:
            yield from flow.call(partial(callback, result))
        except Exception as error:  # noqa: BLE001 a callback is the user's code; the result is not lost
            message = redact(
                describe_exception(error),
                self.config.secrets_to_redact.union(*(a.secrets_to_redact for a in self.actions)),
            )
            errors = {**result.metadata.get("callback_errors", {}), name: message}
            return replace(result, metadata={**result.metadata, "callback_errors": errors})
        return result

    def _stages(self) -> list[Stage]:
        try:
            return stages_of(self.execution_strategy, self.actions, self.max_concurrent_actions)
        except ConfigError:  # reported by _validate; the actions run all the same, to report it
            return super()._stages()

    def _validate(self) -> Validation:
        if self._without_data and self.config.data_source is _NO_DATA:
            raise ConfigError("no data_source was given; there is nothing to check")
        stages_of(
            self.execution_strategy, self.actions, self.max_concurrent_actions
        )  # one that does not fit is a mistake
        return super()._validate()


async def run_checkpoints_async(
    checkpoints: Iterable[Checkpoint],
    max_concurrent: int = 10,
    context: Mapping[str, Any] | None = None,
) -> list[CheckpointResult]:
    """Runs many checkpoints, at most `max_concurrent` at once, and returns their results in the same order.

    An error of one is in its result and does not stop the others. They share their connections.

    Args:
        checkpoints: of either kind.
        max_concurrent: how many run at once.
        context: merged into the metadata of each result.
    """
    if isinstance(checkpoints, Checkpoint):
        raise ConfigError("checkpoints: a list of checkpoints is expected; one alone has run_async")
    if not isinstance(checkpoints, Iterable):
        raise ConfigError(f"checkpoints: a list of checkpoints is expected, not {type(checkpoints).__name__}")
    listed: list[Any] = list(checkpoints)
    if wrong := [c for c in listed if not isinstance(c, Checkpoint)]:
        raise ConfigError(f"checkpoints are expected, not {type(wrong[0]).__name__}")
    positive("max_concurrent", max_concurrent)
    return await flow.arun(flow.gather([c.flow(context) for c in listed], max_concurrent))
