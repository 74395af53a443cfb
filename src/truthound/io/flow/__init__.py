"""I/O is written once: a flow is a generator that yields effects. One driver steps it; threads or an event loop perform its effects.

`run` performs a flow in the calling thread, `arun` on asyncio. An effect's value is sent back into the flow, and what it
raises is raised there, interrupts and cancellation included: a flow cleans up in `finally`, as any function does, and may
yield effects while it does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from truthound.io.flow.background import BackgroundTask, run_in_daemon_thread, wait_result
from truthound.io.flow.effects import (
    Call,
    Effect,
    Flow,
    Gather,
    Http,
    Sleep,
    Within,
    call,
    gather,
    http,
    retry,
    within,
)
from truthound.io.flow.threads import run

if TYPE_CHECKING:
    from truthound.io.request import Request, Response

T = TypeVar("T")


async def arun(
    flow: Flow[T],
    *,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    send: Callable[[Request], Awaitable[Response]] | None = None,
) -> T:
    """Performs a flow on the running event loop and returns its value. Cancelling it runs the flow's `finally`.

    `sleep` and `send` replace the real ones.
    """
    from truthound.io.flow.event_loop import perform  # asyncio takes 20 to 60 ms to import; `run` does not need it

    return await perform(flow, sleep, send)


__all__ = [
    "BackgroundTask",
    "Call",
    "Effect",
    "Flow",
    "Gather",
    "Http",
    "Sleep",
    "Within",
    "arun",
    "call",
    "gather",
    "http",
    "retry",
    "run",
    "run_in_daemon_thread",
    "wait_result",
    "within",
]
