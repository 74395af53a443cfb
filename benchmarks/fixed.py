"""Fixed costs: a run on 100 rows, the import, the command line's help. Prints medians in milliseconds."""

import statistics
import subprocess
import sys
import time

import polars as pl

from truthound import check

frame = pl.DataFrame({"id": range(100), "age": [30] * 100, "mail": [f"u{i}@example.com" for i in range(100)]})
rules = [
    {"null": None},
    {"range": {"columns": ["age"], "min_value": 0, "max_value": 120}},
    {"unique": {"columns": ["id"]}},
]


def median(work, runs):
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def process(*code):
    return lambda: subprocess.run([sys.executable, *code], check=True, capture_output=True)


check(frame, rules)
print(f"check() on 100 rows        {median(lambda: check(frame, rules), 200):8.2f} ms")
bare = median(process("-c", "pass"), 15)
print(f"bare interpreter           {bare:8.2f} ms")
print(f"import truthound, over it  {median(process('-c', 'import truthound'), 15) - bare:8.2f} ms")
print(f"truthound --help           {median(process('-m', 'truthound.cli.main', '--help'), 15):8.2f} ms")
