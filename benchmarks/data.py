"""Makes the data: TPC-H lineitem with money as float64, clean, dirty, shuffled; 60 M rows with --sf10; a 1 M x 100 table.

    python benchmarks/data.py DIR [--sf10]

Needs `tpchgen-cli`, polars and numpy. The dirty file has 1 % null l_quantity, 0.5 % l_discount of 0.2, 0.5 % l_shipmode
of DRONE, and 0.1 % of its rows twice.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

MONEY = ["l_quantity", "l_extendedprice", "l_discount", "l_tax"]
GROUP = 122_880


def generate(folder, scale, name, orders):
    raw = folder / f"raw{scale}"
    tool = shutil.which("tpchgen-cli") or str(Path(sys.executable).with_name("tpchgen-cli"))
    subprocess.run(
        [tool, "parquet", "-s", str(scale), "-T", "lineitem,orders", "-o", str(raw), "--overwrite"], check=True
    )
    money = pl.col(MONEY).cast(pl.Float64)
    pl.scan_parquet(raw / "lineitem.parquet").with_columns(money).sink_parquet(
        folder / name, compression="snappy", row_group_size=GROUP
    )
    (raw / "orders.parquet").rename(folder / orders)
    shutil.rmtree(raw)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "lineitem.parquet").exists():
        generate(folder, 1, "lineitem.parquet", "orders.parquet")
    clean = pl.read_parquet(folder / "lineitem.parquet")
    rng = np.random.default_rng(20260101)

    def some(ratio):
        mask = np.zeros(clean.height, dtype=bool)
        mask[rng.choice(clean.height, size=round(clean.height * ratio), replace=False)] = True
        return pl.Series(mask)

    dirty = clean.with_columns(
        l_quantity=pl.when(~some(0.01)).then("l_quantity"),
        l_discount=pl.when(some(0.005)).then(0.2).otherwise("l_discount"),
        l_shipmode=pl.when(some(0.005)).then(pl.lit("DRONE")).otherwise("l_shipmode"),
    )
    twice = np.sort(rng.choice(clean.height, size=round(clean.height * 0.001), replace=False))
    dirty = pl.concat([dirty, dirty[twice]])
    dirty.write_parquet(folder / "dirty.parquet", compression="snappy", row_group_size=GROUP)
    dirty[rng.permutation(dirty.height)].write_parquet(
        folder / "dirty_shuf.parquet", compression="snappy", row_group_size=GROUP
    )
    words = np.array([f"c{i:03d}" for i in range(50)])
    rows = 1_000_000
    columns = {f"f{i:02d}": rng.random(rows) for i in range(50)} | {
        f"i{i:02d}": rng.integers(0, 1000, rows) for i in range(30)
    }
    columns |= {f"s{i:02d}": words[rng.integers(0, 50, rows)] for i in range(20)}
    pl.DataFrame(columns).write_parquet(folder / "wide.parquet", compression="snappy", row_group_size=GROUP)
    if "--sf10" in sys.argv:
        generate(folder, 10, "sf10.parquet", "orders10.parquet")


main()
