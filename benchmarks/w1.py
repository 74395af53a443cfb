"""The lineitem work through the public API. Writes {"marks", "counts", "samples", "stats", "cpu", "rss_mb"} as JSON."""

import time

T0 = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
from pathlib import Path  # noqa: E402

from truthound import check  # noqa: E402

IMPORTED = time.perf_counter() - T0

COLUMNS = [
    "l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount", "l_tax",
    "l_returnflag", "l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate", "l_shipinstruct", "l_shipmode", "l_comment",
]  # fmt: skip
PRICE = "l_extendedprice"
VALIDATORS = [
    {"null": {"columns": COLUMNS}},
    {"duplicate": {"columns": ["l_orderkey", "l_linenumber"]}},
    {"range": {"columns": {
        "l_quantity": {"min_value": 1, "max_value": 50},
        "l_discount": {"min_value": 0, "max_value": 0.10},
        "l_tax": {"min_value": 0, "max_value": 0.08},
    }}},
    {"regex": {"patterns": {"l_shipmode": "^(AIR|FOB|MAIL|RAIL|REG AIR|SHIP|TRUCK)$", "l_comment": "^[ -~]*$"}}},
    {"allowed_values": {"columns": {"l_returnflag": {"values": ["A", "N", "R"]}, "l_linestatus": {"values": ["O", "F"]}}}},
    {"duplicate": {"name": "rows"}},
    {"mean": {"columns": [PRICE], "min_value": 38000, "max_value": 38500}},
    {"std": {"columns": [PRICE], "min_value": 23000, "max_value": 23600}},
    {"median": {"columns": [PRICE], "min_value": 36000, "max_value": 37500}},
]  # fmt: skip
NAMES = {"null": "nn", "range": "range", "regex": "regex", "allowed_values": "isin", "foreign_key": "fk"}
STATISTICS = {"mean": "mean", "std": "std", "median": "q50"}


def growth(n):
    """N cheap checks on the wide table, in turn over its columns."""
    categories = [f"c{i:03d}" for i in range(50)]
    columns = [f"f{i:02d}" for i in range(50)] + [f"i{i:02d}" for i in range(30)] + [f"s{i:02d}" for i in range(20)]
    order = columns[::10] + [c for i, c in enumerate(columns) if i % 10]
    out = []
    for i in range(n):
        for j, c in enumerate(order):
            if len(out) == n:
                return out
            if i < 2 and (i + j) % 2:
                out.append({"null": {"columns": [c]}})
            elif c[0] == "s":
                out.append({"allowed_values": {"columns": [c], "values": [*categories, f"x{i}"]}})
            else:
                out.append(
                    {"range": {"columns": [c], "min_value": 0 - i, "max_value": (1.0 if c[0] == "f" else 999) + i}}
                )
    return out


def name(outcome):
    if outcome.validator in STATISTICS:
        return f"stat:{STATISTICS[outcome.validator]}"
    if outcome.validator == "duplicate":
        return "dup:row" if outcome.name == "rows" else "unique:key"
    return f"{NAMES[outcome.validator]}:{outcome.columns[0]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--growth", type=int, default=0)
    parser.add_argument("--orders", default="")
    args = parser.parse_args()
    validators = growth(args.growth) if args.growth else list(VALIDATORS)
    if args.orders and not args.growth and "tiny" not in args.data and "lineitem" in args.data:
        validators.append(
            {"foreign_key": {"columns": ["l_orderkey"], "reference": args.orders, "reference_columns": ["o_orderkey"]}}
        )
    result = check(args.data, validators)
    done = time.perf_counter() - T0
    errors = [o.error for o in result.outcomes if o.error]
    if errors:
        raise SystemExit("\n".join(errors))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    if args.growth:
        counts, samples, stats = {"failed": len(result.issues)}, {}, {}
    else:
        counts = {name(o): int(o.is_issue) if o.failed is None else o.failed for o in result.outcomes}
        samples = {name(o): len(o.examples) for o in result.outcomes if o.failed}
        stats = {STATISTICS[o.validator]: o.observed for o in result.outcomes if o.validator in STATISTICS}
    found = {"marks": {"import": IMPORTED, "run": done}, "counts": counts, "samples": samples, "stats": stats}
    found |= {"cpu": usage.ru_utime + usage.ru_stime, "rss_mb": usage.ru_maxrss / 1024}
    args.out.write_text(json.dumps(found))


main()
