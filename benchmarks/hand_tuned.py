"""The lineitem work by hand: two streaming passes of Polars, and a look at failing rows. The limit to be compared with."""

import time

T0 = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
from functools import reduce  # noqa: E402
from operator import or_  # noqa: E402
from pathlib import Path  # noqa: E402

import polars as pl  # noqa: E402

IMPORTED = time.perf_counter() - T0
c = pl.col
MODES = ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"]
BOUNDS = {"l_quantity": (1.0, 50.0), "l_discount": (0.0, 0.10), "l_tax": (0.0, 0.08)}


def none_of(column, values):
    return ~reduce(or_, [c(column) == v for v in values])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    frame = pl.scan_parquet(args.data)
    bad = {f"nn:{name}": c(name).is_null() for name in frame.collect_schema()}
    bad |= {f"range:{name}": ~c(name).is_between(*b) for name, b in BOUNDS.items()}
    bad |= {"regex:l_shipmode": none_of("l_shipmode", MODES), "regex:l_comment": c("l_comment").str.contains("[^ -~]")}
    bad |= {
        "isin:l_returnflag": none_of("l_returnflag", ["A", "N", "R"]),
        "isin:l_linestatus": none_of("l_linestatus", ["O", "F"]),
    }
    price = c("l_extendedprice")
    sums = [e.sum().alias(k) for k, e in bad.items()]
    first = frame.select(pl.len().alias("n"), *sums, price.mean().alias("mean"), price.std().alias("std")).collect(
        engine="streaming"
    )
    row = first.row(0, named=True)
    key = (c("l_orderkey") * 8 + c("l_linenumber")).alias("k")
    narrow = frame.select(key, price).collect(engine="streaming")
    counts = {k: row[k] for k in bad} | {"unique:key": 0, "dup:row": 0}
    samples = {k: frame.filter(e).head(10).collect(engine="streaming").height for k, e in bad.items() if row[k]}
    if narrow["k"].n_unique() < row["n"]:
        ordered = narrow["k"].sort()
        again = ordered.filter(ordered == ordered.shift(1)).unique()
        rows = frame.filter(key.is_in(again.implode())).collect(engine="streaming")
        groups = rows.lazy().group_by(rows.columns).len().filter(c("len") > 1).collect()
        counts |= {"unique:key": rows.height, "dup:row": int(groups["len"].sum())}
        samples |= {"unique:key": rows.head(10).height, "dup:row": groups.head(10).height}
    stats = {"mean": row["mean"], "std": row["std"], "q50": narrow["l_extendedprice"].quantile(0.5, "linear")}
    limits = {"mean": (38000, 38500), "std": (23000, 23600), "q50": (36000, 37500)}
    counts |= {f"stat:{k}": int(not lo <= stats[k] <= hi) for k, (lo, hi) in limits.items()}
    done = time.perf_counter() - T0
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {
        "marks": {"import": IMPORTED, "run": done},
        "counts": counts,
        "samples": samples,
        "stats": stats,
        "rss_mb": rss,
    }
    args.out.write_text(json.dumps(found))


main()
