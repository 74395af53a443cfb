"""What a run that was killed leaves behind goes, or is taken up, at the next run; and what a full disk is called."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.made_results import HISTORY, failed_result, run
from truthound.checkpoint import Checkpoint
from truthound.checkpoint.actions import QuarantineAction, StoreValidationResult, UpdateDataDocs
from truthound.io import files
from truthound.reporters.site.records import run_key

LEFT = f".tmp-{files._host()}-99999999999999999999-0123456789abcdef"
LIVING = f".tmp-{files._host()}-1-0123456789abcdef"
DATA = {"id": [1, None, 3]}


def leave(*folders):
    """Files half-written by a process that is gone, and by one that is at work."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LEFT).write_text("half")
        (folder / LIVING).write_text("half")


def check_swept(*folders):
    for folder in folders:
        assert not (folder / LEFT).exists(), folder
        assert (folder / LIVING).exists()


@pytest.mark.parametrize("partition_by", ["date", "checkpoint", "status", None])
def test_a_store_sweeps_its_other_partitions(tmp_path, partition_by):
    folders = [tmp_path, tmp_path / "2026-11-01", tmp_path / "error", tmp_path / "other"]
    leave(*folders)
    made = StoreValidationResult(store_path=str(tmp_path), partition_by=partition_by).execute(failed_result())
    assert made.status == "success", made
    check_swept(*folders)


def test_data_docs_sweep_the_whole_site(tmp_path):
    folders = [tmp_path, *(tmp_path / part / "other" for part in ("runs", "records", "records-md"))]
    leave(*folders)
    assert UpdateDataDocs(site_path=str(tmp_path)).execute(failed_result()).status == "success"
    check_swept(*folders)


def test_quarantine_sweeps_the_folders_that_a_path_has_had(tmp_path):
    folders = [tmp_path / "q" / "2026-11-01", tmp_path / "q" / "2026-11-01" / "run", tmp_path / "good"]
    leave(*folders)
    action = QuarantineAction(bad_path="q/{date}/{run_id}/bad.parquet", good_path="good/{checkpoint}.parquet")
    made = Checkpoint(name="u", data_source=DATA, validators=["null"], actions=[action], base=tmp_path).run()
    assert made.action_results[0].status == "success", made.action_results
    check_swept(*folders)


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_run_killed_between_its_page_and_its_record_is_listed_at_the_next_run(tmp_path, form):
    first, second = HISTORY[0], HISTORY[1]
    site, records = tmp_path / "site", {"html": "records", "markdown": "records-md"}[form]
    made = UpdateDataDocs(site_path=str(site), format=form).execute(first)
    record = site / records / f"{run_key(first)}.json"
    before = record.read_bytes()
    record.unlink()  # where a run is killed there is none yet, and no index that knows it
    again = UpdateDataDocs(site_path=str(site), format=form).execute(second)
    assert record.read_bytes() == before
    index = (site / ("index.html" if form == "html" else "index.md")).read_text()
    for one in (made, again):
        assert os.path.relpath(one.details["page"], site) in index


def test_pages_of_others_are_not_taken_for_runs(tmp_path):
    folder = tmp_path / "runs" / "users"
    folder.mkdir(parents=True)
    elsewhere = UpdateDataDocs(site_path=str(tmp_path / "elsewhere")).execute(HISTORY[0]).details["page"]
    page = Path(elsewhere).read_bytes()
    for name, content in (
        ("20200101T000000-x.html", page), ("20200102T000000-x.html", b"<!-- truthound:record e30= -->"),
        ("20200103T000000-x.html", b"<!-- truthound:record !!! -->"), ("20200104T000000-x.html", b""),
    ):  # fmt: skip
        (folder / name).write_bytes(content)
    assert UpdateDataDocs(site_path=str(tmp_path)).execute(run()).status == "success"
    assert len(list((tmp_path / "records" / "users").iterdir())) == 1


FULL = """
import resource, signal, sys
import polars as pl
from truthound.checkpoint import Checkpoint
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
rows = 100_000
data = {"id": [None if i % 2 else i * 7919 % 1_000_003 for i in range(rows)], "t": [f"{i * 104729 % 1_000_003:x}" for i in range(rows)]}
action = {"type": "quarantine", "bad_path": f"{sys.argv[1]}/bad.{sys.argv[2]}", "good_path": f"{sys.argv[1]}/good.{sys.argv[2]}"}
made = Checkpoint(name="u", data_source=data, validators=["null"], actions=[action]).run().action_results[0]
print(made.status.value, made.details["attempts"], made.message)
"""


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_quarantine_on_a_full_disk_says_so(tmp_path, suffix):
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), suffix], check=False, capture_output=True, text=True, timeout=60
    )
    wanted = f"cannot write {tmp_path}/good.{suffix} and {tmp_path}/bad.{suffix}: File too large; nothing was written"
    assert ran.stdout == f"error 1 {wanted}\n", ran.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", [lambda p: StoreValidationResult(store_path=p), lambda p: UpdateDataDocs(site_path=p)])
def test_a_stored_result_and_a_page_on_a_full_disk_say_so(tmp_path, make):
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        made = make(str(tmp_path)).execute(failed_result())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert made.status == "error"
    assert made.message.startswith(f"cannot write {tmp_path}")
    assert made.message.endswith(": File too large")
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
