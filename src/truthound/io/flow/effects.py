"""What a flow yields: sleeping, calls, requests, other flows side by side or within a time limit; and retries made of these."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from truthound.errors import RetryableError, TimeLimitError

if TYPE_CHECKING:
    from truthound.io.request import Request, Response

T = TypeVar("T")
Flow = Generator["Effect", Any, T]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Waits."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """Blocking work: files, a database. `arun` moves it to a thread of the loop's pool, which limits how many run at once.

    An awaitable that it returns is awaited. A call that only waits for something else has a thread of its own: it holds
    nobody up.
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
    """A flow with a time limit. A call that blocks longer is abandoned in its thread: Python cannot stop it."""

    flow: Flow[Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Http:
    """Sends a request. Raises what `truthound.io.http_client` says; a response of any status is a value."""

    request: Request


Effect = Sleep | Call | Gather | Within | Http


def call(fn: Callable[[], T | Awaitable[T]], *, own_thread: bool = False) -> Flow[T]:
    """The value of blocking work, or of a coroutine function."""
    return cast("T", (yield Call(fn, own_thread)))


def http(request: Request) -> Flow[Response]:
    """The response to a request, within `request.seconds` from its start to its end.

    Raises UnreachableError if nothing arrived (or it may be sent again), UnansweredError if it may have arrived.
    """
    from truthound.io.http_client import cut_off
    from truthound.io.request import Dispatch

    request = replace(request, dispatch=Dispatch())
    try:
        return cast("Response", (yield Within(_send(request), request.seconds)))
    except TimeLimitError:
        return cut_off(request, f"no answer from {request.where} within {request.seconds:g} s")


def _send(request: Request) -> Flow[Response]:
    return cast("Response", (yield Http(request)))


def gather(flows: Sequence[Flow[T]], limit: int = 1) -> Flow[list[T]]:
    """The values of independent flows, in their order."""
    if limit < 1:
        raise ValueError(f"limit is {limit}; at least one flow must run at a time")
    return cast("list[T]", (yield Gather(flows, limit)))


def within(flow: Flow[T], seconds: float | None) -> Flow[T]:
    """The flow's value; raises TimeLimitError if it is not done within so many seconds. None: no limit."""
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
    """The value of `make(attempt)`, attempts counted from 1, retried up to `retries` times after a retryable error.

    Exponential backoff with jitter: the n-th wait is `delay * 2**(n-1)` seconds but at most `longest`, less a random part
    of up to `jitter` of it. If the service said when to retry (a RetryableError's `after`), the wait is not shorter than
    that; a time beyond `patience` is not waited for.
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
