"""I/O is written once: a flow is a generator that yields effects; `run` performs them in this thread, `arun` on asyncio.

An effect's value is sent back into the flow, and what it raises is raised there, interrupts and cancellation included:
a flow cleans up in `finally`, as any function does, and its cleaning up may yield effects too.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import random
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    Future,
    InvalidStateError,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from truthound.errors import RetryableError, TimeLimitError

if TYPE_CHECKING:
    from truthound.io.http_client import AsyncSender, Request, Response, Sender

T = TypeVar("T")
Flow = Generator["Effect", Any, T]


@dataclass(frozen=True, slots=True)
class Sleep:
    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """Blocking work: files, a database. `arun` moves it to a thread of the loop's pool, so that not too much is done at once.

    What it returns is awaited if it can be. What only waits for something else has a thread of its own: it holds nobody up.
    """

    fn: Callable[[], Any]
    own_thread: bool = False


@dataclass(frozen=True, slots=True)
class Gather:
    """Independent flows, at most `limit` at once. The first error stops the others and is raised."""

    flows: Sequence[Flow[Any]]
    limit: int = 1


@dataclass(frozen=True, slots=True)
class Within:
    """A flow that has so many seconds. A call that blocks longer is abandoned in its thread: Python cannot stop it."""

    flow: Flow[Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Http:
    """A request, sent. Raises what `truthound.io.http_client` says; any status is an answer."""

    request: Request


_ABANDONED = "what was waited for had been cancelled"
"""said of a call that waits for something somebody else cancelled; that the flow itself is cancelled is another thing"""

Effect = Sleep | Call | Gather | Within | Http


def call(fn: Callable[[], T | Awaitable[T]], *, only_waits: bool = False) -> Flow[T]:
    """The value of blocking work, or of a coroutine function."""
    return cast("T", (yield Call(fn, only_waits)))


def http(request: Request) -> Flow[Response]:
    """The answer to a request, which has `request.seconds` from its start to its end.

    Raises UnreachableError where nothing arrived (or it may be sent again), UnansweredError where it may have arrived.
    """
    from truthound.io.http_client import Dispatch, cut_off

    request = replace(request, dispatch=Dispatch())
    try:
        return cast("Response", (yield Within(_send(request), request.seconds)))
    except TimeLimitError:
        said = f"no answer from {request.where} within {request.seconds:g} s"
    return cut_off(request, said)


def _send(request: Request) -> Flow[Response]:
    return cast("Response", (yield Http(request)))


def gather(flows: Sequence[Flow[T]], limit: int = 1) -> Flow[list[T]]:
    """The values of independent flows, in their order."""
    if limit < 1:
        raise ValueError(f"limit is {limit}; at least one flow must run at a time")
    return cast("list[T]", (yield Gather(flows, limit)))


def within(flow: Flow[T], seconds: float | None) -> Flow[T]:
    """The flow's value; raises TimeLimitError when it is not done in so many seconds. None: no limit."""
    return cast("T", (yield Within(flow, seconds))) if seconds is not None else (yield from flow)


def retry(
    make: Callable[[int], Flow[T]],
    *,
    retries: int,
    delay: float,
    retryable: Callable[[Exception], bool],
    longest: float = 60.0,
    jitter: float = 0.25,
    patience: float = 300.0,
    rng: Callable[[], float] = random.random,
) -> Flow[T]:
    """The value of `make(attempt)`, attempts counted from 1, tried again up to `retries` times after an error that may pass.

    The n-th wait is `delay * 2**(n-1)` seconds but at most `longest`, less a random part of up to `jitter` of it, so
    that many who failed together do not come back together. Where the other side named a time to come back (a
    RetryableError's `after`), the wait is not shorter than that; a time beyond `patience` is not waited for.
    """
    attempt = 1
    while True:
        try:
            return (yield from make(attempt))
        except Exception as error:
            asked = error.after if isinstance(error, RetryableError) else 0.0
            if attempt > retries or not retryable(error) or asked > patience:
                raise
        exponent = min(attempt - 1, 64)  # a float overflows long after `longest` is reached
        yield Sleep(max(min(delay * 2**exponent, longest) * (1 - jitter * rng()), asked))
        attempt += 1


# --- in the calling thread -------------------------------------------------------------------------------------------


class _Stop:
    """Set when a flow is to stop at its next effect, by itself or with the one that started it."""

    def __init__(self, outer: _Stop | None = None) -> None:
        self._asked: Future[None] = Future()
        self.asked: list[Future[None]] = [self._asked, *(outer.asked if outer is not None else ())]

    def __bool__(self) -> bool:
        return any(f.done() for f in self.asked)

    def ask(self) -> None:
        with contextlib.suppress(InvalidStateError):  # asked already
            self._asked.set_result(None)

    def pause(self, seconds: float) -> None:
        """Waits so long, or until it is asked."""
        _settled(self.asked, FIRST_COMPLETED, seconds)


_SLICE = 1.0
"""seconds of one wait: a signal that comes between two instructions just before a wait is only seen after it"""


def _settled(futures: Sequence[Future[Any]], when: str = ALL_COMPLETED, seconds: float = float("inf")) -> None:
    """Waits for futures, in slices: Ctrl-C may come a moment before a wait, and Polars' handler of it restarts waits without an end."""
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        done, pending = wait(futures, max(min(left, _SLICE), 0), when)
        enough = when == FIRST_COMPLETED and bool(done)
        enough = enough or (when == FIRST_EXCEPTION and any(f.cancelled() or f.exception() for f in done))
        if enough or not pending or left <= _SLICE:
            return


class _EffectRunner:
    """What performs a flow's effects in threads. The HTTP client is made when it is first needed, and shared."""

    def __init__(
        self,
        sleep: Callable[[float], None] | None,
        send: Callable[[Request], Response] | None,
        work: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self.sleep, self.work, self._send, self._lock = sleep, work, send, threading.Lock()
        self._sender: Sender | None = None

    def send(self, request: Request) -> Response:
        if self._send is None:
            with self._lock:
                if self._sender is None:
                    from truthound.io.http_client import Sender

                    self._sender = Sender()
                    self._send = self._sender.send
        return cast("Callable[[Request], Response]", self._send)(request)

    def close(self) -> None:
        if self._sender is not None:
            self._sender.close()


def run(
    flow: Flow[T],
    *,
    sleep: Callable[[float], None] | None = None,
    send: Callable[[Request], Response] | None = None,
    work: Callable[[Callable[[], Any]], Any] = lambda fn: fn(),
) -> T:
    """Performs a flow in the calling thread and returns its value.

    `sleep`, `send` and `work` (which is given what a Call is to do) stand in for the real ones.
    """
    hands = _EffectRunner(sleep, send, work)
    try:
        return _run(flow, hands, _Stop())
    finally:
        hands.close()


def _run(flow: Flow[T], hands: _EffectRunner, stop: _Stop) -> T:
    step: Callable[[], Effect] = partial(next, flow)
    while True:
        try:
            effect = step()
        except StopIteration as done:
            return cast("T", done.value)
        try:
            if stop:
                raise asyncio.CancelledError  # noqa: TRY301 a flow sees the same on both faces
            value = _perform(effect, hands, stop)
        except BaseException as error:  # noqa: BLE001 the flow decides; what it does not take leaves through `step`
            if stop and isinstance(error, asyncio.CancelledError):
                stop = _Stop()  # asked once; what the flow yields to clean up is performed
            step = partial(flow.throw, error)
        else:
            step = partial(flow.send, value)


def _perform(effect: Effect, hands: _EffectRunner, stop: _Stop) -> Any:
    match effect:
        case Sleep():
            return (hands.sleep or stop.pause)(effect.seconds)
        case Call():
            try:
                value = hands.work(effect.fn)
                return _awaited(value) if inspect.isawaitable(value) else value
            except asyncio.CancelledError:
                if stop:
                    raise
                raise RuntimeError(_ABANDONED) from None
        case Gather():
            return _gather(effect, hands, stop)
        case Within():
            return _within(effect, hands, stop)
        case Http():
            return hands.send(effect.request)


def _awaited(value: Awaitable[T]) -> T:
    async def main() -> T:
        return await value

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(main())
    return wait_result(_thread(lambda: asyncio.run(main())))  # a notebook: its loop is busy running us


def _gather(effect: Gather, hands: _EffectRunner, outer: _Stop) -> list[Any]:
    try:
        if effect.limit == 1:
            return [_run(flow, hands, outer) for flow in effect.flows]
        stop = _Stop(outer)
        futures: list[Future[Any]] = []
        with ThreadPoolExecutor(min(effect.limit, len(effect.flows) or 1), "truthound") as pool:
            try:  # Ctrl-C may come between two of these
                for flow in effect.flows:
                    futures.append(pool.submit(contextvars.copy_context().run, _run, flow, hands, stop))  # noqa: PERF401 those begun are known
                _settled(futures, FIRST_EXCEPTION)
                if failed := [f for f in futures if f.done() and f.exception()]:
                    failed[0].result()
            except BaseException:
                stop.ask()
                for future in futures:
                    future.cancel()
                _settled(futures)
                raise
        return [f.result() for f in futures]
    finally:
        for flow in effect.flows:  # those that did not start; the others are at their end
            flow.close()


def _within(effect: Within, hands: _EffectRunner, outer: _Stop) -> Any:
    stop = _Stop(outer)
    future = _thread(lambda: _run(effect.flow, hands, stop))
    try:
        _settled([future, *outer.asked], FIRST_COMPLETED, effect.seconds)
    finally:
        stop.ask()
    if future.done():
        return future.result()
    if outer:
        raise asyncio.CancelledError
    raise TimeLimitError(f"not done within {effect.seconds:g} s")


def _thread(fn: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()
    run_in_daemon_thread(future, fn)
    return future


def run_in_daemon_thread(future: Future[T], fn: Callable[[], T]) -> None:
    """Fills the future by a thread that does not keep the interpreter alive, as a pool's threads do, and sees no interrupt.

    A future cancelled before the thread came to it stays so, and nothing is done.
    """

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            value = fn()
        except BaseException as error:  # noqa: BLE001 raised again where the future is read
            future.set_exception(error)
        else:
            future.set_result(value)

    threading.Thread(target=contextvars.copy_context().run, args=(work,), name="truthound", daemon=True).start()


class Aside(Generic[T]):
    """Work beside other work whose value is only nice to have: whoever asks for it waits until `seconds` after its start."""

    def __init__(self, fn: Callable[[], T], seconds: float) -> None:
        self._seconds, self._until = seconds, time.monotonic() + seconds
        self._future = _thread(fn)

    def value(self) -> T:
        """Its value; raises TimeLimitError when it is not there in time."""
        _settled([self._future], seconds=max(self._until - time.monotonic(), 0.0))
        if not self._future.done():
            raise TimeLimitError(f"not done within {self._seconds:g} s")
        return self._future.result()


def wait_result(future: Future[T]) -> T:
    """The future's value, waited for."""
    _settled([future])
    return future.result()


# --- on asyncio ------------------------------------------------------------------------------------------------------

Threads = Callable[[Callable[[], Any]], Awaitable[Any]]


class _AsyncHands:
    """What performs a flow's effects on a loop."""

    def __init__(
        self, sleep: Callable[[float], Awaitable[None]], send: Callable[[Request], Awaitable[Response]] | None
    ) -> None:
        self.sleep, self._send = sleep, send
        self._sender: AsyncSender | None = None

    async def send(self, request: Request) -> Response:
        if self._send is None:
            await asyncio.to_thread(_prepare)  # on the loop it would hold up everything else for a tenth of a second
        if self._send is None:
            from truthound.io.http_client import AsyncSender

            self._sender = AsyncSender()
            self._send = self._sender.send
        return await self._send(request)

    async def close(self) -> None:
        if self._sender is not None:
            await self._sender.close()


def _prepare() -> None:
    from truthound.io.http_client import prepare

    prepare()


async def arun(
    flow: Flow[T],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    send: Callable[[Request], Awaitable[Response]] | None = None,
) -> T:
    """Performs a flow on the running event loop and returns its value. Cancelling it runs the flow's `finally`."""
    hands = _AsyncHands(sleep, send)
    try:
        return await _arun(flow, hands, asyncio.to_thread)
    finally:
        await hands.close()


async def _arun(flow: Flow[T], hands: _AsyncHands, threads: Threads) -> T:
    step: Callable[[], Effect] = partial(next, flow)
    while True:
        try:
            effect = step()
        except StopIteration as done:
            return cast("T", done.value)
        try:
            value = await _aperform(effect, hands, threads)
        except BaseException as error:  # noqa: BLE001 the flow decides; what it does not take leaves through `step`
            if isinstance(error, asyncio.CancelledError):
                threads = _own_thread  # the loop's pool may be full of the very calls that cleaning up is to end
            step = partial(flow.throw, error)
        else:
            step = partial(flow.send, value)


async def _aperform(effect: Effect, hands: _AsyncHands, threads: Threads) -> Any:
    match effect:
        case Sleep():
            return await hands.sleep(effect.seconds)
        case Call():
            try:
                value = await (_own_thread if effect.own_thread else threads)(partial(_stopless, effect.fn))
                return await value if inspect.isawaitable(value) else value
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) is None or task.cancelling():
                    raise
                raise RuntimeError(_ABANDONED) from None
        case Gather():
            return await _agather(effect, hands, threads)
        case Within():
            return await _awithin(effect, hands)
        case Http():
            return await hands.send(effect.request)


def _stopless(fn: Callable[[], T]) -> T:
    """Its value. A StopIteration, as of `next` without a default, cannot be put into a future: who awaits it waits for ever."""
    try:
        return fn()
    except StopIteration as error:
        raise RuntimeError("generator raised StopIteration") from error  # the words of Python, as in a thread


async def _agather(effect: Gather, hands: _AsyncHands, threads: Threads) -> list[Any]:
    gate, failed = asyncio.Semaphore(effect.limit), False

    async def one(flow: Flow[Any]) -> Any:
        nonlocal failed
        async with gate:
            if failed:  # it got in just before the group could cancel it
                raise asyncio.CancelledError
            try:
                return await _arun(flow, hands, threads)
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


async def _own_thread(fn: Callable[[], Any]) -> Any:
    return await asyncio.wrap_future(_thread(fn))


async def _awithin(effect: Within, hands: _AsyncHands) -> Any:
    # in threads of its own: those of the loop's pool would be waited for at its end
    task = asyncio.ensure_future(_arun(effect.flow, hands, _own_thread))
    cancelled: asyncio.CancelledError | None = None
    overdue = False
    try:
        overdue = not (await asyncio.wait([task], timeout=effect.seconds))[0]
    except asyncio.CancelledError as error:
        cancelled = error
    while not task.done():  # it cleans up, however often we are cancelled meanwhile
        task.cancel()
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if (cancelled or overdue) and not task.cancelled():
        task.exception()  # seen: the loop need not tell of it
    if cancelled:
        raise cancelled
    if overdue:
        raise TimeLimitError(f"not done within {effect.seconds:g} s")
    return task.result()
