import asyncio
import contextvars
import gc
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from truthound.errors import TimeLimitError
from truthound.io.flow import Call, Gather, Sleep, arun, call, gather, retry, run, within


def both(make, **options):
    """What a flow gives in a thread and on asyncio: the same, or the test fails."""
    in_thread = run(make(), **options)
    on_loop = asyncio.run(arun(make()))
    assert in_thread == on_loop
    return in_thread


def value(x):
    return (yield from call(lambda: x))


def test_the_values_of_effects_come_back():
    def flow():
        yield Sleep(0)
        a = yield Call(lambda: 1)
        b = yield from gather([value(2), value(3)], limit=2)
        return [a, *b]

    assert both(flow) == [1, 2, 3]


def test_an_error_of_an_effect_is_raised_in_the_flow():
    def fail():
        raise ValueError("no")

    def flow():
        try:
            yield from call(fail)
        except ValueError as error:
            return f"caught {error}"

    assert both(flow) == "caught no"


def test_an_error_that_the_flow_does_not_take_reaches_the_caller():
    def flow():
        yield from call(lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run(flow())
    with pytest.raises(ZeroDivisionError):
        asyncio.run(arun(flow()))


def test_a_coroutine_function_is_awaited_on_both_faces():
    async def work():
        await asyncio.sleep(0)
        return 5

    assert both(lambda: call(work)) == 5


def test_a_coroutine_function_is_awaited_where_a_loop_runs_already():
    async def work():
        await asyncio.sleep(0)
        return 5

    async def notebook():
        return run(call(work))

    assert asyncio.run(notebook()) == 5


def test_calls_see_the_context_of_their_caller():
    name = contextvars.ContextVar("name", default="")
    name.set("x")
    assert both(lambda: gather([call(name.get) for _ in range(3)], limit=2)) == ["x"] * 3
    assert both(lambda: within(call(name.get), 60)) == "x"


@pytest.mark.parametrize("limit", [1, 2, 8])
def test_gather_keeps_order_and_limit(limit):
    lock, now_running, most = threading.Lock(), 0, 0

    def work(i):
        nonlocal now_running, most
        with lock:
            now_running += 1
            most = max(most, now_running)
        time.sleep(0.005)
        with lock:
            now_running -= 1
        return i

    def flow():
        return (yield from gather([call(lambda i=i: work(i)) for i in range(8)], limit))

    assert both(flow) == list(range(8))
    assert most <= limit


@pytest.mark.parametrize("face", ["thread", "asyncio"])
def test_gather_overlaps(face):
    meeting = threading.Barrier(3, timeout=10)  # passes only when all three are inside at once

    def flow():
        return (yield from gather([call(meeting.wait) for _ in range(3)], limit=3))

    waited = run(flow()) if face == "thread" else asyncio.run(arun(flow()))
    assert sorted(waited) == [0, 1, 2]


def test_gather_of_nothing_and_of_a_bad_limit():
    assert both(lambda: gather([], 4)) == []
    with pytest.raises(ValueError, match="at least one"):
        run(gather([], 0))


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("face", ["thread", "asyncio"])
def test_the_first_error_in_a_gather_stops_the_others_and_is_raised_as_it_is(face, limit):
    seen = []
    failing = threading.Event()

    def bad():
        failing.set()
        raise ValueError("first")

    def slow():
        try:
            yield from call(lambda: failing.wait(10))
            yield Sleep(0.05)
            for _ in range(1000):
                yield from call(lambda: time.sleep(0.01))
            seen.append("went on")
        finally:
            seen.append("cleaned")

    def late():
        yield from call(lambda: seen.append("started late"))

    flows = [call(bad), slow(), late()] if limit == 1 else [slow(), call(bad), late()]

    with pytest.raises(ValueError, match="first"):
        run(gather(flows, limit)) if face == "thread" else asyncio.run(arun(gather(flows, limit)))
    assert "went on" not in seen
    assert ("cleaned" in seen) == (limit == 2)
    if limit == 1:
        assert seen == []


def test_an_interrupt_runs_the_flows_cleaning_up_and_passes_through():
    seen = []

    def interrupt():
        raise KeyboardInterrupt

    def flow():
        try:
            yield from call(interrupt)
        finally:
            yield from call(lambda: seen.append("cleaned"))

    with pytest.raises(KeyboardInterrupt):
        run(flow())
    assert seen == ["cleaned"]


def test_cancelling_runs_the_flows_cleaning_up():
    seen = []

    def inner():
        try:
            yield Sleep(3600)
        finally:
            yield from call(lambda: seen.append("inner"))

    def flow():
        try:
            yield Gather([inner(), inner()], 2)
        finally:
            seen.append("outer")

    async def main():
        task = asyncio.create_task(arun(flow()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["inner", "inner", "outer"]


@pytest.mark.parametrize("face", ["thread", "asyncio"])
def test_a_blocking_call_is_given_up_in_time(face):
    release, seen = threading.Event(), []

    def flow():
        try:
            yield from call(lambda: release.wait(30))
            yield from call(lambda: seen.append("went on"))
        finally:
            seen.append("cleaned")

    started = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"0\.05 s"):
        run(within(flow(), 0.05)) if face == "thread" else asyncio.run(arun(within(flow(), 0.05)))
    assert time.monotonic() - started < 10
    release.set()
    until = time.monotonic() + 10
    while "cleaned" not in seen and time.monotonic() < until:
        time.sleep(0.01)
    assert seen == ["cleaned"]


def test_within_passes_values_errors_and_time_outs_of_the_work_itself():
    def slow():
        raise TimeoutError("the server's")

    def flow():
        try:
            yield from within(call(slow), 60)
        except TimeLimitError:
            return "ours"
        except TimeoutError as error:
            return str(error)

    assert both(lambda: within(value(3), 60)) == 3
    assert both(lambda: within(value(3), None)) == 3
    assert both(flow) == "the server's"


def test_retry_waits_twice_as_long_each_time_less_the_jitter():
    slept, tried = [], []

    def make(attempt):
        tried.append(attempt)
        if attempt < 5:
            raise ConnectionError
        return (yield from value("done"))

    made = retry(make, retries=4, delay=10, longest=60, jitter=0.5, rng=lambda: 0.5, retryable=lambda e: True)
    assert run(made, sleep=slept.append) == "done"
    assert tried == [1, 2, 3, 4, 5]
    assert slept == [7.5, 15, 30, 45]


def test_retry_gives_up_after_the_last_and_at_once_on_what_will_not_pass():
    slept = []

    def make(attempt):
        yield Sleep(0)
        raise ConnectionError(attempt) if attempt < 3 else ValueError(attempt)

    with pytest.raises(ValueError, match="3"):
        run(retry(make, retries=9, delay=1, retryable=lambda e: isinstance(e, ConnectionError)), sleep=slept.append)
    with pytest.raises(ConnectionError, match="2"):
        run(retry(make, retries=1, delay=1, retryable=lambda e: True), sleep=slept.append)
    assert len([s for s in slept if s]) == 3


def test_retry_on_asyncio_with_an_injected_sleep():
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    def make(attempt):
        if attempt == 1:
            raise ConnectionError
        return (yield from value(attempt))

    assert asyncio.run(arun(retry(make, retries=1, delay=2, jitter=0, retryable=lambda e: True), sleep=sleep)) == 2
    assert slept == [2]


def test_many_retries_do_not_overflow():
    slept = []

    def make(attempt):
        yield Sleep(0)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        run(retry(make, retries=2000, delay=1, longest=60, jitter=0, retryable=lambda e: True), sleep=slept.append)
    assert max(slept) == 60


_INTERRUPTED = """
import signal, sys, threading, time
import polars  # whose handler of SIGINT restarts waits without an end
from truthound.io.flow import Call, Gather, Sleep, Within, run

signal.signal(signal.SIGINT, signal.default_int_handler)
at_work = threading.Barrier(3)
forever = threading.Event()


def pausing():
    at_work.wait()
    yield Sleep(3600)


def blocking():
    yield Call(lambda: (at_work.wait(), forever.wait()))


def within():
    yield Within(blocking(), 3600)


def flow():
    try:
        yield Gather([pausing(), within()], 2)
    finally:
        print("cleaned", flush=True)


threading.Thread(target=lambda: (at_work.wait(), print("at work", flush=True)), daemon=True).start()
try:
    run(flow())
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_pauses_and_calls_with_a_time_limit_wherever_they_are():
    process = subprocess.Popen([sys.executable, "-c", _INTERRUPTED], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert said == "cleaned\ninterrupted\n"
    assert process.returncode == 0


def test_a_flow_that_is_cancelled_again_while_it_cleans_up_is_waited_for():
    seen, cleaning = [], asyncio.Event()

    async def clean():
        cleaning.set()
        for _ in range(20):
            await asyncio.sleep(0)
        seen.append("cleaned")

    async def main():
        task = asyncio.create_task(arun(within(cleaner(), 3600)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await cleaning.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.all_tasks() - {asyncio.current_task()}

    def cleaner():
        try:
            yield Sleep(3600)
        finally:
            try:
                yield from call(clean)
            except asyncio.CancelledError:
                yield from call(clean)

    assert asyncio.run(main()) == set()
    assert seen == ["cleaned"]


def test_what_an_overdue_flow_raises_while_it_cleans_up_is_not_told_by_the_loop():
    told = []

    def flow():
        try:
            yield Sleep(3600)
        finally:
            raise ValueError("in cleaning up")

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
        with pytest.raises(TimeLimitError):
            await arun(within(flow(), 0.001))
        gc.collect()

    asyncio.run(main())
    assert told == []


def test_cleaning_up_does_not_wait_for_what_it_is_to_end():
    started, ended, seen = threading.Event(), threading.Event(), []

    def flow():
        try:
            yield from call(lambda: (started.set(), seen.append(ended.wait(60))))
        finally:
            yield from call(ended.set)

    async def main():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        task = asyncio.create_task(arun(flow()))
        while not started.is_set():  # noqa: ASYNC110 a thread sets it
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(main())
    assert seen == [True]


def test_run_does_not_load_asyncio():
    code = "import sys; from truthound.io.flow import call, run; print(run(call(lambda: 1)), 'asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


@pytest.mark.parametrize("face", ["thread", "asyncio"])
def test_a_call_that_waits_for_what_somebody_else_cancelled_is_an_error_not_a_cancellation(face):
    async def waits():
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    with pytest.raises(RuntimeError, match="had been cancelled"):
        run(call(waits)) if face == "thread" else asyncio.run(arun(call(waits)))
