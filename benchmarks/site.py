"""What it costs to add a run to data docs that have many: `python benchmarks/site.py [--runs 5000] [--checks 3000]`."""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from truthound.checkpoint.actions import UpdateDataDocs
from truthound.reporters.site import records
from truthound.results import CheckOutcome, CheckpointResult, CheckpointStatus, CheckStatus, Severity, ValidationResult


def made(number, checks):
    """A run with so many checks, a tenth of which failed."""
    outcomes = tuple(
        CheckOutcome(
            id=f"null:c{i}", validator="null", columns=(f"c{i}",), status=CheckStatus.PASSED if i % 10 else CheckStatus.FAILED,
            severity=None if i % 10 else Severity.HIGH, failed=0 if i % 10 else 7, total=1000, expected="not null",
        )
        for i in range(checks)
    )  # fmt: skip
    return CheckpointResult(
        f"orders_{number}", "orders", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number), CheckpointStatus.FAILURE,
        ValidationResult("orders.parquet", outcomes, row_count=1000, column_count=checks),
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--checks", type=int, default=3000)
    given = parser.parse_args()
    result = made(0, given.checks)
    with tempfile.TemporaryDirectory() as folder:
        action = UpdateDataDocs(site_path=folder)
        page = Path(action.execute(result).details["page"]).read_bytes()
        for i in range(1, given.runs):
            one = replace(result, run_id=f"orders_{i}", run_time=result.run_time + timedelta(hours=i))
            stem = records.run_key(one)
            (Path(folder) / "runs" / f"{stem}.html").write_bytes(page[:2000])
            (Path(folder) / "records" / f"{stem}.json").write_bytes(records.record(one, f"runs/{stem}.html").encoded())
        seconds = []
        for i in range(5):
            one = made(given.runs + i, given.checks)
            started = time.perf_counter()
            outcome = action.execute(one)
            seconds.append(time.perf_counter() - started)
            assert outcome.status == "success", outcome
        print(json.dumps({
            "runs": given.runs, "checks": given.checks, "append_s": sorted(seconds)[2],
            "page_kb": outcome.details["bytes"] / 1000, "index_kb": (Path(folder) / "index.html").stat().st_size / 1000,
        }))  # fmt: skip


if __name__ == "__main__":
    main()
