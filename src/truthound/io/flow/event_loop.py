"""Effects performed on asyncio: what `arun` needs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from truthound.errors import TimeLimitError
from truthound.io.flow.background import in_daemon_thread
from truthound.io.flow.driver import CANCELLED_ELSEWHERE, Performer, drive, without_stop_iteration
from truthound.io.flow.effects import Call, Effect, Flow, Gather, Within

if TYPE_CHECKING:
    from truthound.io.http_client import AsyncSender
    from truthound.io.request import Request, Response

T = TypeVar("T")
Sleeper = Callable[[float], Awaitable[None]]
AsyncSend = Callable[["Request"], Awaitable["Response"]]
Threads = Callable[[Callable[[], Any]], Awaitable[Any]]


async def perform(flow: Flow[T], sleep: Sleeper | None, send: AsyncSend | None) -> T:
    """See `truthound.io.flow.arun`."""
    http = _Http()
    try:
        return await _run(flow, _Real(sleep or asyncio.sleep, send or http.send), asyncio.to_thread)
    finally:
        await http.close()


class _Http:
    """The HTTP client, made when it is first needed."""

    def __init__(self) -> None:
        self._sender: AsyncSender | None = None

    async def send(self, request: Request) -> Response:
        if self._sender is None:
            await asyncio.to_thread(_prepare)  # on the loop it would block everything else for a tenth of a second
        if self._sender is None:
            from truthound.io.http_client import AsyncSender

            self._sender = AsyncSender()
        return await self._sender.send(request)

    async def close(self) -> None:
        if self._sender is not None:
            await self._sender.close()


def _prepare() -> None:
    from truthound.io.http_client import prepare

    prepare()


@dataclass(frozen=True, slots=True)
class _Real:
    """What the performers of one run share."""

    sleep: Sleeper
    send: AsyncSend


async def _run(flow: Flow[T], real: _Real, threads: Threads) -> T:
    return await drive(flow, _LoopPerformer(real, threads))


async def _own_thread(fn: Callable[[], Any]) -> Any:
    return await asyncio.wrap_future(in_daemon_thread(fn))


class _LoopPerformer(Performer):
    """Awaits; calls go to threads, by default those of the loop's pool, so that not too many run at once."""

    def __init__(self, real: _Real, threads: Threads) -> None:
        self._real, self._threads = real, threads

    async def perform(self, effect: Effect) -> Any:
        try:
            return await super().perform(effect)
        except asyncio.CancelledError:
            self._threads = _own_thread  # the pool may be full of the calls that this cleanup is meant to end
            raise

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)

    async def send(self, request: Request) -> Response:
        return await self._real.send(request)

    async def call(self, effect: Call) -> Any:
        threads = _own_thread if effect.own_thread else self._threads
        try:
            value = await threads(partial(without_stop_iteration, effect.fn))
            return await value if inspect.isawaitable(value) else value
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            raise RuntimeError(CANCELLED_ELSEWHERE) from None

    async def gather(self, effect: Gather) -> list[Any]:
        gate, failed = asyncio.Semaphore(effect.limit), False

        async def one(flow: Flow[Any]) -> Any:
            nonlocal failed
            async with gate:
                if failed:  # it failed just before the group could cancel it
                    raise asyncio.CancelledError
                try:
                    return await _run(flow, self._real, self._threads)
                except BaseException:
                    failed = True
                    raise

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(flow)) for flow in effect.flows]
            return [task.result() for task in tasks]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None  # the same error as in a thread, not a group of one
        finally:
            for flow in effect.flows:
                flow.close()

    async def within(self, effect: Within) -> Any:
        # in separate threads: closing the loop would wait for the threads of its pool
        task = asyncio.ensure_future(_run(effect.flow, self._real, _own_thread))
        cancelled: asyncio.CancelledError | None = None
        late = False
        try:
            late = not (await asyncio.wait([task], timeout=effect.seconds))[0]
        except asyncio.CancelledError as error:
            cancelled = error
        while not task.done():  # let it clean up, even if this task is cancelled again
            task.cancel()
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
        if (cancelled or late) and not task.cancelled():
            task.exception()  # retrieved, so that the loop does not report it
        if cancelled:
            raise cancelled
        if late:
            raise TimeLimitError(f"not done within {effect.seconds:g} s")
        return task.result()


__all__ = ["perform"]
