"""Every validator against an expert's query for the same numbers: CPU, wall time and peak memory, as ratios, worst first.

    python benchmarks/mixed.py DIR [--rows N] [--rounds N] [--only NAME ...] [--examples N]

Each measurement is a process of its own, in turn, and the median counts. The expert is the better of Polars and DuckDB,
whichever needs less CPU. "CPU" begins after the imports of both; "process" has them.
"""

import argparse
import itertools
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
WAYS = ("ours", "polars", "duckdb")
TOGETHER = "all together"


def tables(folder):
    import polars as pl

    made = {name: pl.scan_parquet(folder / f"{name}.parquet") for name in ("orders", "customers", "earlier")}
    return SimpleNamespace(**made, rows=int(folder.name.partition("-")[2]))


def cases_of(name):
    from mixed_cases import CASES

    return CASES if name == TOGETHER else {name: CASES[name]}


def filled(value, folder):
    """A case's options with the paths and sizes of this table."""
    if isinstance(value, dict):
        return {k: filled(v, folder) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, folder) for v in value]
    if not isinstance(value, str):
        return value
    value = str(folder / value) if value.endswith(".parquet") else value
    return value.replace("{limit}", str(int(folder.name.partition("-")[2]) // 1000))


def ours(name, folder, examples):
    from mixed_cases import NOW

    from truthound.validation.validate import check
    from truthound.validators.registry import validator_class

    cases = cases_of(name)
    for rule in (rule for case in cases.values() for rule in case.validators):
        validator_class(next(iter(rule)))
    if {"expression", "sql"} & cases.keys():
        import duckdb  # noqa: F401
        import sqlglot.dialects.duckdb  # noqa: F401 they are imported where a rule is written in SQL
    yield
    rules = [filled(rule, folder) for case in cases.values() for rule in case.validators]
    result = check(folder / "orders.parquet", rules, examples=examples, clock=lambda: NOW)
    picks = [case.observed for case in cases.values() for _ in range(outcomes_of(case))]
    yield [number_of(o, pick) for o, pick in zip(result.outcomes, picks, strict=True)]


def outcomes_of(case):
    """How many numbers it comes to."""
    rules = [next(iter(rule.items())) for rule in case.validators]
    return sum(
        len(options["columns"]) if name in ("null", "nan") else len(options.get("determines", [0]))
        for name, options in rules
    )


def number_of(outcome, pick):
    if outcome.error:
        raise SystemExit(f"{outcome.id}: {outcome.error}")
    if outcome.failed is not None:
        return outcome.failed
    if pick:
        return outcome.observed[pick]
    known = isinstance(outcome.observed, int | float) or outcome.validator in ("most_common", "aggregate_match", "sum")
    return outcome.observed if known and outcome.validator != "column_type" else not outcome.is_issue


def by_polars(name, folder, examples):
    import mixed_cases  # noqa: F401 so that it does not count

    yield
    t, cases = tables(folder), cases_of(name)
    streaming = [e.sum() for case in cases.values() for e in case.bad] + [e for c in cases.values() for e in c.values]
    named = [e.alias(str(i)) for i, e in enumerate(streaming)]
    row = t.orders.select(named).collect(engine="streaming").row(0) if named else ()
    bad = sum(len(case.bad) for case in cases.values())
    sums, values = iter(row[:bad]), iter(row[bad:])
    found = []
    for case in cases.values():
        found += [*itertools.islice(sums, len(case.bad)), *itertools.islice(values, len(case.values))]
        found += case.query(t) if case.query else []
    if examples:
        counts = dict(zip([e for case in cases.values() for e in case.bad], row, strict=False))
        samples(t.orders, [e for e in counts if counts[e]], examples)
    yield found


def samples(frame, failing, examples):
    """Some failing rows of each: their numbers by narrow queries that stop early, then the rows in one pass."""
    import polars as pl

    numbered = frame.with_row_index("row")
    queries = [numbered.filter(e).select("row").head(examples) for e in failing]
    numbers = (
        pl.concat([f["row"] for f in pl.collect_all(queries, engine="streaming")]).unique().sort() if queries else []
    )
    if len(numbers):
        part = numbered.slice(numbers[0], numbers[-1] - numbers[0] + 1)
        part.filter(pl.col("row").is_in(numbers.implode())).collect(engine="streaming")


def by_duckdb(name, folder, _):
    import duckdb
    import mixed_cases  # noqa: F401 so that it does not count

    yield
    connection = duckdb.connect()
    for table in ("orders", "customers", "earlier"):
        connection.execute(f"create view {table} as select * from '{folder / table}.parquet'")
    connection.execute(f"set threads={os.cpu_count()}")
    found = []
    for case in cases_of(name).values():
        found += connection.execute(filled(case.sql, folder)).fetchone()
    yield found


def measure(way, name, folder, examples):
    """In a process of its own: the numbers, and what they took after the imports."""
    work = {"ours": ours, "polars": by_polars, "duckdb": by_duckdb}[way](name, folder, examples)
    next(work)
    before, started = time.process_time(), time.perf_counter()
    found = next(work)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "found": found,
                "cpu": time.process_time() - before,
                "wall": time.perf_counter() - started,
                "process": used.ru_utime + used.ru_stime,
                "rss": used.ru_maxrss / 1024,
            },
            default=str,
        )
    )


def spawned(way, name, folder, examples):
    command = [
        sys.executable,
        __file__,
        str(folder.parent),
        "--one",
        way,
        name,
        str(folder),
        "--examples",
        str(examples),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}, {way}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def equal(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, bool) or isinstance(b, bool):
        return bool(a) is bool(b)
    try:
        x, y = float(a), float(b)
    except (TypeError, ValueError):
        return a == b
    return math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12)


def compared(name, folder, rounds, examples):
    """One row of the table; an error where the numbers are not equal."""
    from mixed_cases import CASES

    case = CASES.get(name)
    ways = [
        w
        for w in WAYS
        if w == "ours" or case is None or (case.sql if w == "duckdb" else case.bad or case.values or case.query)
    ]
    if case is None:
        ways = ["ours", "polars"]
    taken = {w: [] for w in ways}
    for _ in range(rounds):
        for way in ways:
            taken[way].append(spawned(way, name, folder, examples))
    found = {w: runs[0]["found"] for w, runs in taken.items()}
    for way in ways[1:]:
        if case is not None and not (
            len(found[way]) == len(found["ours"]) and all(map(equal, found["ours"], found[way]))
        ):
            raise SystemExit(f"{name}: {found['ours']} here, {found[way]} by {way}")
    middle = {
        w: {k: statistics.median(r[k] for r in runs) for k in ("cpu", "wall", "process", "rss")}
        for w, runs in taken.items()
    }
    best = min(ways[1:], key=lambda w: middle[w]["cpu"])
    return name, best, middle["ours"], middle[best]


def complete():
    """Ends where the registry has a validator that no case has."""
    from mixed_cases import CASES

    from truthound.validators.registry import TABLE

    used = {next(iter(rule)) for case in CASES.values() for rule in case.validators}
    if missing := TABLE.keys() - used:
        raise SystemExit(f"no case for {', '.join(sorted(missing))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--examples", type=int, default=0, help="failing rows that are fetched too")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        measure(args.one[0], args.one[1], Path(args.one[2]), args.examples)
        return
    import mixed_data
    from mixed_cases import CASES

    complete()
    # made by another process: a child's peak memory is at least what its parent held
    subprocess.run([sys.executable, str(HERE / "mixed_data.py"), str(args.folder), str(args.rows)], check=True)
    folder = mixed_data.make(args.folder, args.rows)
    names = [n for n in (*CASES, TOGETHER) if not args.only or any(n.startswith(o) for o in args.only)]
    rows = []
    for name in names:
        rows.append(compared(name, folder, args.rounds, args.examples))
        print(f"\r{len(rows)} of {len(names)} {name:30s}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    rows.sort(key=lambda r: -r[2]["cpu"] / max(r[3]["cpu"], 0.01))
    print(
        f"{'check':24s} {'expert':7s} {'CPU s':>7s} {'expert':>7s} {'x':>6s} {'wall x':>7s} {'process x':>9s} {'MB':>6s} {'x':>5s}"
    )
    for name, best, us, them in rows:
        ratio = {k: us[k] / max(them[k], 0.01) for k in us}
        print(
            f"{name:24s} {best:7s} {us['cpu']:7.3f} {them['cpu']:7.3f} {ratio['cpu']:6.2f} {ratio['wall']:7.2f} "
            f"{ratio['process']:9.2f} {us['rss']:6.0f} {ratio['rss']:5.2f}"
        )


if __name__ == "__main__":
    main()
