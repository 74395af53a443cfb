"""The driver: steps a flow from effect to effect. How an effect is performed is a performer's business."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from truthound.io.flow.effects import Call, Effect, Flow, Gather, Http, Sleep, Within

if TYPE_CHECKING:
    from truthound.io.request import Request, Response

T = TypeVar("T")
CANCELLED_ELSEWHERE = "what was waited for had been cancelled"
"""the error of a call whose awaited work was cancelled elsewhere; the flow itself is not cancelled"""


class Performer(ABC):
    """Performs the effects of one flow."""

    async def perform(self, effect: Effect) -> Any:
        """The value of an effect."""
        match effect:
            case Sleep():
                return await self.sleep(effect.seconds)
            case Call():
                return await self.call(effect)
            case Gather():
                return await self.gather(effect)
            case Within():
                return await self.within(effect)
            case Http():
                return await self.send(effect.request)

    @abstractmethod
    async def sleep(self, seconds: float) -> None: ...

    @abstractmethod
    async def call(self, effect: Call) -> Any: ...

    @abstractmethod
    async def gather(self, effect: Gather) -> list[Any]: ...

    @abstractmethod
    async def within(self, effect: Within) -> Any: ...

    @abstractmethod
    async def send(self, request: Request) -> Response: ...


async def drive(flow: Flow[T], performer: Performer) -> T:
    """The flow's value. What an effect raises is raised in the flow, whatever it is."""
    step: Callable[[], Effect] = partial(next, flow)
    while True:
        try:
            effect = step()
        except StopIteration as done:
            return cast("T", done.value)
        try:
            value = await performer.perform(effect)
        except BaseException as error:  # noqa: BLE001 the flow decides; what it does not handle leaves through `step`
            step = partial(flow.throw, error)
        else:
            step = partial(flow.send, value)


def without_stop_iteration(fn: Callable[[], T]) -> T:
    """The value of `fn()`. A StopIteration cannot be raised from a coroutine or set on a future: it becomes a RuntimeError."""
    try:
        return fn()
    except StopIteration as error:
        raise RuntimeError("generator raised StopIteration") from error  # the error that Python raises for a generator


__all__ = ["CANCELLED_ELSEWHERE", "Performer", "drive", "without_stop_iteration"]
