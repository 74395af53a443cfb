"""Runs `w1.py` and `hand_tuned.py` in turn and prints the ratios, round by round medians.

python benchmarks/compare.py DIR [--runs N]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


def once(script, data, out):
    started = time.perf_counter()
    subprocess.run([sys.executable, str(HERE / script), "--data", str(data), "--out", str(out)], check=True)
    wall = time.perf_counter() - started
    found = json.loads(out.read_text())
    return {
        "wall": wall,
        "work": found["marks"]["run"] - found["marks"]["import"],
        "rss": found["rss_mb"],
        "counts": found["counts"],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    print(f"{'data':12s} {'wall s':>8s} {'ratio':>6s} {'work s':>8s} {'ratio':>6s} {'peak MB':>8s}  counts")
    with tempfile.TemporaryDirectory() as tmp:
        for name in ("lineitem", "dirty", "dirty_shuf"):
            data, out = args.folder / f"{name}.parquet", Path(tmp) / "out.json"
            rounds = [(once("w1.py", data, out), once("hand_tuned.py", data, out)) for _ in range(args.runs + 1)][1:]
            ratio = {k: statistics.median(a[k] / b[k] for a, b in rounds) for k in ("wall", "work")}
            ours = {k: statistics.median(a[k] for a, _ in rounds) for k in ("wall", "work", "rss")}
            same = "equal" if all(a["counts"] == b["counts"] for a, b in rounds) else "DIFFERENT"
            print(
                f"{name:12s} {ours['wall']:8.2f} {ratio['wall']:6.2f} {ours['work']:8.2f} {ratio['work']:6.2f} {ours['rss']:8.0f}  {same}"
            )


main()
