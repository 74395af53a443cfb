"""Work in background threads, and waits that Ctrl-C ends."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, Future, wait
from typing import Any, Generic, TypeVar

from truthound.errors import TimeLimitError

T = TypeVar("T")
_SLICE = 1.0
"""seconds of one wait: a signal that arrives just before a wait is seen only after it"""


def wait_for(futures: Sequence[Future[Any]], when: str = ALL_COMPLETED, seconds: float = float("inf")) -> None:
    """Waits for futures, in slices: Ctrl-C may come a moment before a wait, and Polars' handler of it restarts endless waits."""
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        done, pending = wait(futures, max(min(left, _SLICE), 0), when)
        enough = when == FIRST_COMPLETED and bool(done)
        enough = enough or (when == FIRST_EXCEPTION and any(f.cancelled() or f.exception() for f in done))
        if enough or not pending or left <= _SLICE:
            return


def wait_result(future: Future[T]) -> T:
    """The future's value, waited for."""
    wait_for([future])
    return future.result()


def in_daemon_thread(fn: Callable[[], T]) -> Future[T]:
    """Runs a function in a daemon thread; returns the future of its value."""
    future: Future[T] = Future()
    run_in_daemon_thread(future, fn)
    return future


def run_in_daemon_thread(future: Future[T], fn: Callable[[], T]) -> None:
    """Sets the future from a daemon thread: unlike a pool's threads it does not delay the exit of the interpreter.

    If the future is cancelled before the thread starts the work, the work is not done.
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


class BackgroundTask(Generic[T]):
    """Work in the background whose value is optional: it is waited for until `seconds` after its start."""

    def __init__(self, fn: Callable[[], T], seconds: float) -> None:
        self._seconds, self._until = seconds, time.monotonic() + seconds
        self._future = in_daemon_thread(fn)

    def value(self) -> T:
        """Its value; raises TimeLimitError if it is not there in time."""
        wait_for([self._future], seconds=max(self._until - time.monotonic(), 0.0))
        if not self._future.done():
            raise TimeLimitError(f"not done within {self._seconds:g} s")
        return self._future.result()


__all__ = ["BackgroundTask", "in_daemon_thread", "run_in_daemon_thread", "wait_for", "wait_result"]
