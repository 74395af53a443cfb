"""Checkpoints on an event loop: how long a big check holds the loop up, and how well many small runs overlap.

`python benchmarks/asynchronous.py [--rows 6000000] [--checkpoints 1000]`
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import polars as pl

from truthound import check
from truthound.checkpoint import AsyncCheckpoint, run_checkpoints_async
from truthound.checkpoint.actions import SlackNotification

WAIT = 0.05  # seconds that the webhook takes
SERVER = """
import asyncio, sys
async def answer(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            length = next(int(l[15:]) for l in head.lower().split(b"\\r\\n") if l.startswith(b"content-length:"))
            await reader.readexactly(length)
            await asyncio.sleep(float(sys.argv[1]))
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextlib.contextmanager
def webhook():
    """A server in a process of its own that answers after WAIT seconds."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(WAIT)], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/services/x"
    finally:
        server.kill()
        server.wait()


async def stall(rows):
    """The longest time for which the loop did nothing else while a table was checked."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        n = pl.int_range(rows, eager=True)
        pl.DataFrame({"id": n, "price": (n * 7919 % 100_000) / 7, "kind": (n % 7).cast(pl.String)}).write_parquet(path)
        rules = [
            "null",
            "unique",
            {"range": {"columns": "price", "min_value": 0}},
            {"regex": {"columns": "kind", "pattern": "^[0-9]$"}},
        ]
        checkpoint = AsyncCheckpoint(name="big", data_source=str(path), validators=rules)
        await checkpoint.run_async()  # loads the libraries
        longest, done = 0.0, False

        async def watch():
            nonlocal longest
            while not done:
                before = time.perf_counter()
                await asyncio.sleep(0.001)
                longest = max(longest, time.perf_counter() - before - 0.001)

        watching = asyncio.create_task(watch())
        started = time.perf_counter()
        result = await checkpoint.run_async()
        seconds = time.perf_counter() - started
        done = True
        await watching
        return {"rows": rows, "status": result.status.value, "seconds": seconds, "longest_stall_ms": longest * 1000}


def checkpoints(count, url):
    data = {"id": [1, 2, 3], "age": [30, None, 5]}
    actions = [SlackNotification(webhook_url=url, notify_on="always")] if url else []
    return [AsyncCheckpoint(name=f"c{i}", data_source=data, validators=["null"], actions=actions) for i in range(count)]


async def by_hand(count, most, url):
    """The same work written by hand: the check in a thread, then one POST of the same size."""
    gate, body = asyncio.Semaphore(most), json.dumps({"text": "x" * 900}).encode()
    data, limits = (
        {"id": [1, 2, 3], "age": [30, None, 5]},
        httpx2.Limits(max_connections=None, max_keepalive_connections=most),
    )
    async with httpx2.AsyncClient(limits=limits) as client:

        async def one():
            async with gate:
                await asyncio.to_thread(check, data, ["null"])
                (await client.post(url, content=body)).raise_for_status()

        await asyncio.gather(*(one() for _ in range(count)))


async def overlap(count, most):
    """Many small checkpoints with a slow webhook, against the waiting alone, the checks alone, and the work by hand."""
    with webhook() as url:
        await run_checkpoints_async(checkpoints(20, url), max_concurrent=most)
        plain, told = checkpoints(count, ""), checkpoints(count, url)
        started = time.perf_counter()
        await run_checkpoints_async(plain, max_concurrent=most)
        checks = time.perf_counter() - started
        started = time.perf_counter()
        results = await run_checkpoints_async(told, max_concurrent=most)
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        await by_hand(count, most, url)
        hand = time.perf_counter() - started
    assert all(r.action_results[0].status == "success" for r in results), results[0].action_results
    waiting = count / most * WAIT
    return {"checkpoints": count, "at_once": most, "seconds": seconds, "checks_alone": checks, "waiting_alone": waiting, "by_hand": hand,
            "times_by_hand": seconds / hand, "times_checks_and_waiting": seconds / (checks + waiting)}  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--checkpoints", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=100)
    given = parser.parse_args()
    print(json.dumps({
        "stall": asyncio.run(stall(given.rows)),
        "overlap": asyncio.run(overlap(given.checkpoints, given.at_once)),
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
