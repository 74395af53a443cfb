"""Effects performed in threads: `run`, without an event loop.

An event loop would do the same for 0.4 ms a run, and asyncio takes 20 to 60 ms to import. It would also lose the first
Ctrl-C during a call: asyncio takes that as a request to cancel, which is heeded once the call ends.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, Future, InvalidStateError, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from truthound.errors import TimeLimitError
from truthound.io.flow.background import in_daemon_thread, wait_for, wait_result
from truthound.io.flow.driver import CANCELLED_ELSEWHERE, Performer, drive, without_stop_iteration
from truthound.io.flow.effects import Call, Effect, Flow, Gather, Within

if TYPE_CHECKING:
    from truthound.io.http_client import Sender
    from truthound.io.request import Request, Response

T = TypeVar("T")


def run(
    flow: Flow[T],
    *,
    sleep: Callable[[float], None] | None = None,
    send: Callable[[Request], Response] | None = None,
    work: Callable[[Callable[[], Any]], Any] = lambda fn: fn(),
) -> T:
    """Performs a flow in the calling thread and returns its value.

    `sleep`, `send` and `work` (which is given a Call's function) replace the real ones.
    """
    http = _Http()
    try:
        return _run(flow, _Real(sleep, send or http.send, work), StopSignal())
    finally:
        http.close()


class FlowCancelledError(BaseException):
    """Raised in a flow that must stop because the flow that started it stops."""


class StopSignal:
    """Stops a flow at its next effect; also set if the signal of the flow that started it is set."""

    def __init__(self, outer: StopSignal | None = None) -> None:
        self._requested: Future[None] = Future()
        self.requested: list[Future[None]] = [self._requested, *(outer.requested if outer is not None else ())]

    def __bool__(self) -> bool:
        return any(f.done() for f in self.requested)

    def request(self) -> None:
        with contextlib.suppress(InvalidStateError):  # requested already
            self._requested.set_result(None)

    def pause(self, seconds: float) -> None:
        """Waits `seconds`, or until a stop is requested."""
        wait_for(self.requested, FIRST_COMPLETED, seconds)


class _Http:
    """The HTTP client, made when it is first needed; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sender: Sender | None = None

    def send(self, request: Request) -> Response:
        with self._lock:
            if self._sender is None:
                from truthound.io.http_client import Sender

                self._sender = Sender()
        return self._sender.send(request)

    def close(self) -> None:
        if self._sender is not None:
            self._sender.close()


@dataclass(frozen=True, slots=True)
class _Real:
    """What the performers of one run share."""

    sleep: Callable[[float], None] | None
    send: Callable[[Request], Response]
    work: Callable[[Callable[[], Any]], Any]


def _run(flow: Flow[T], real: _Real, stop: StopSignal) -> T:
    return _complete(drive(flow, _ThreadPerformer(real, stop)))


def _complete(coroutine: Coroutine[Any, Any, T]) -> T:
    """The value of a coroutine that never suspends, as those of `_ThreadPerformer`, which block instead."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    raise AssertionError("it waits for an event loop")


class _ThreadPerformer(Performer):
    """Blocks the calling thread. A time limit, and flows side by side, take further threads."""

    def __init__(self, real: _Real, stop: StopSignal) -> None:
        self._real, self._stop = real, stop

    async def perform(self, effect: Effect) -> Any:
        try:
            if self._stop:
                raise FlowCancelledError  # noqa: TRY301 as from an effect
            return await super().perform(effect)
        except FlowCancelledError:
            self._stop = StopSignal()  # raised once: the effects of the cleanup are performed
            raise

    async def sleep(self, seconds: float) -> None:
        (self._real.sleep or self._stop.pause)(seconds)

    async def send(self, request: Request) -> Response:
        return self._real.send(request)

    async def call(self, effect: Call) -> Any:
        try:
            value = self._real.work(partial(without_stop_iteration, effect.fn))
            return _await_here(value) if inspect.isawaitable(value) else value
        except BaseException as error:
            if _is_cancellation(error):
                raise RuntimeError(CANCELLED_ELSEWHERE) from None
            raise

    async def gather(self, effect: Gather) -> list[Any]:
        try:
            if effect.limit == 1:
                return [_run(flow, self._real, self._stop) for flow in effect.flows]
            return self._side_by_side(effect)
        finally:
            for flow in effect.flows:  # those that never started; all others have ended
                flow.close()

    def _side_by_side(self, effect: Gather) -> list[Any]:
        stop = StopSignal(self._stop)
        futures: list[Future[Any]] = []
        with ThreadPoolExecutor(min(effect.limit, len(effect.flows) or 1), "truthound") as pool:
            try:  # Ctrl-C may come between two of these
                for flow in effect.flows:
                    futures.append(pool.submit(contextvars.copy_context().run, _run, flow, self._real, stop))  # noqa: PERF401 those begun are known
                wait_for(futures, FIRST_EXCEPTION)
                if failed := [f for f in futures if f.done() and f.exception()]:
                    failed[0].result()
            except BaseException:
                stop.request()
                for future in futures:
                    future.cancel()
                wait_for(futures)
                raise
        return [f.result() for f in futures]

    async def within(self, effect: Within) -> Any:
        stop = StopSignal(self._stop)
        future = in_daemon_thread(lambda: _run(effect.flow, self._real, stop))
        try:
            wait_for([future, *self._stop.requested], FIRST_COMPLETED, effect.seconds)
        finally:
            stop.request()
        if future.done():
            return future.result()
        if self._stop:
            raise FlowCancelledError
        raise TimeLimitError(f"not done within {effect.seconds:g} s")


def _is_cancellation(error: BaseException) -> bool:
    """Whether the error is asyncio's CancelledError; asyncio is not imported here, as whoever raises it has done so."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def _await_here(value: Awaitable[T]) -> T:
    import asyncio

    async def main() -> T:
        return await value

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(main())
    return wait_result(
        in_daemon_thread(lambda: asyncio.run(main()))
    )  # in a notebook, whose running loop executes this call


__all__ = ["FlowCancelledError", "StopSignal", "run"]
